"""Marks in a Word document: a bookmark around every bound number, the manifest as a custom part."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from xml.sax.saxutils import escape

from haihe.errors import InputError
from haihe.text import Text
from haihe_viz.briefing_ledger import TOKEN, Ledger
from haihe_viz.briefing_manifest import NAMESPACE, Manifest, write_manifest

NAME = "haihe_"
XML_PART = "/customXml/haihe1.xml"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml"
FIRST = 100_000
"""Ids of bookmarks begin above those that a planner's own document has."""
MOST = 200_000_000
"""Largest content of a file that is read [bytes]: a small archive can hold a large lie."""


def mark_run(run: Any, number: int) -> None:
    """Put a bookmark around a run; `number_marks` gives it its id at the end."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    start.set(qn("w:name"), f"{NAME}{number}")
    run.addprevious(start)
    run.addnext(end)


def number_marks(document: Any) -> None:
    """Give every bookmark of ours an id, and those of the same number names of their own.

    In one pass at the end: looking for what is taken at each mark costs the square of their count.
    """
    from docx.oxml.ns import qn

    roots = [document.element]
    roots += [part.element for part in document.part.package.iter_parts()
              if re.search(r"/(header|footer)\d*\.xml$", str(part.partname))]  # fmt: skip
    seen: set[str] = set()
    count = FIRST
    for root in roots:
        for start in root.iter(qn("w:bookmarkStart")):
            name = start.get(qn("w:name")) or ""
            if not re.fullmatch(rf"{NAME}[0-9]+", name) or start.get(qn("w:id")) is not None:
                continue
            end = start.getnext().getnext()
            count += 1
            start.set(qn("w:id"), str(count))
            end.set(qn("w:id"), str(count))
            if name in seen:
                start.set(qn("w:name"), f"{name}_{count}")
            seen.add(name)


def resolve_tokens(root: Any, ledger: Ledger) -> list[int]:
    """Replace tokens in the text of a part by their words, each bound one in a bookmark.

    Returns
    -------
    list of int
        Entries that were found, in order.
    """
    from docx.oxml.ns import qn

    found: list[int] = []
    for run in list(root.iter(qn("w:r"))):
        texts = [t for t in run.iter(qn("w:t")) if TOKEN.search(t.text or "")]
        if not texts or run.getparent() is None:
            continue
        if len(list(run.iter(qn("w:t")))) > 1:  # breaks and tabs between: words without bookmarks
            for text in texts:
                text.text = ledger.resolve(text.text)
            continue
        for piece in ledger.split(texts[0].text):
            copy = deepcopy(run)
            (words,) = copy.iter(qn("w:t"))
            words.text = piece.text
            words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            run.addprevious(copy)
            if piece.id is not None:
                mark_run(copy, piece.id)
                found.append(piece.id)
        run.getparent().remove(run)
    return found


def add_manifest(part: Any, manifest: Manifest) -> None:
    """Put the manifest into a Word or PowerPoint file as a custom XML part, which they keep."""
    from docx.opc.packuri import PackURI as WordURI
    from docx.opc.part import Part as WordPart

    text = f'<briefing xmlns="{NAMESPACE}">{escape(write_manifest(manifest))}</briefing>'
    blob = f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()
    made: Any = WordPart(WordURI(XML_PART), "application/xml", blob, part.package)
    if not part.__class__.__module__.startswith("docx"):
        from pptx.opc.package import Part as SlidePart
        from pptx.opc.packuri import PackURI as SlideURI

        made = SlidePart(SlideURI(XML_PART), "application/xml", part.package, blob)
    part.relate_to(made, RELATION)


def read_archive(content: bytes, file: str) -> Mapping[str, bytes]:
    """Parts of an Office file.

    Raises
    ------
    InputError
        Where it is none, or holds more than any briefing.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST:
                raise InputError(
                    Text(f"{file} 的内容多于任何简报", f"{file} holds more than any briefing")
                )
            return {info.filename: archive.read(info) for info in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as fault:
        raise InputError(
            Text(
                f"{file} 不是 Word 或 PowerPoint 文件，或已损坏",
                f"{file} is no Word or PowerPoint file, or is damaged",
            )
        ) from fault


def parse_xml(blob: bytes) -> Any:
    """A part as XML; nothing that it refers to is fetched or expanded."""
    from lxml import etree  # type: ignore[import-untyped]

    return etree.fromstring(
        blob, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    )


def find_manifest(parts: Mapping[str, bytes]) -> str:
    """The manifest of an Office file as JSON; "" where there is none."""
    for name, blob in parts.items():
        if name.startswith("customXml/") and NAMESPACE.encode() in blob and name.endswith(".xml"):
            root = parse_xml(blob)
            if root.tag == f"{{{NAMESPACE}}}briefing":
                return root.text or ""
    return ""


def read_marks(parts: Mapping[str, bytes]) -> dict[int, list[str]]:
    """What now stands inside every bookmark of ours, by number of its entry."""
    from docx.oxml.ns import qn

    found: dict[int, list[str]] = {}
    for name, blob in parts.items():
        if not re.fullmatch(r"word/(document|footer\d*|header\d*)\.xml", name):
            continue
        opened: dict[str, tuple[int, list[str]]] = {}
        for element in parse_xml(blob).iter():
            if element.tag == qn("w:bookmarkStart"):
                named = re.fullmatch(rf"{NAME}([0-9]+)(_[0-9]+)?", element.get(qn("w:name")) or "")
                if named:
                    opened[element.get(qn("w:id"))] = (int(named[1]), [])
            elif element.tag == qn("w:bookmarkEnd") and element.get(qn("w:id")) in opened:
                number, words = opened.pop(element.get(qn("w:id")))
                found.setdefault(number, []).append("".join(words))
            elif element.tag == qn("w:t"):
                for _, words in opened.values():
                    words.append(element.text or "")
    return found
