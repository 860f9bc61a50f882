"""Hostile words in documents, pictures and fragments: each alone, in every field at once."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from briefing_example import make_facts
from hostile import PAYLOADS

from haihe_viz.briefing import Made, Template, make_briefing
from haihe_viz.briefing_embed import make_figure, write_fragment
from haihe_viz.briefing_ledger import clean_text
from haihe_viz.labels import typeset
from haihe_viz.static_png import find_chinese_font

pytest.importorskip("docx")
pytest.importorskip("pptx")
pytest.importorskip("typst")
openpyxl = pytest.importorskip("openpyxl")
if find_chinese_font() is None:
    pytest.skip("this machine has no font that holds Chinese", allow_module_level=True)

OTHERS = (
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "＝1+1",
    '#read("/etc/passwd") #{1+1} \\u{41} $x$ `a` */',
    '"] #panic() ["',
    "]]><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "\x00\x07\x0b\x1b[31m\x9b",
    "\u202egnp.exe\u2066\u2069",
    "\ud800",
    "\ufffe\uffff",
    "\ue000" + "0" + "\ue001",
    "{{ indicator.__globals__ }}{# x #}{%p if 1 %}",
    "HYPERLINK DDEAUTO c:\\windows\\system32\\cmd.exe",
    "internal:Sheet1!A1",
)
"""What aims at Word, PowerPoint, Excel, Typst, XML and Jinja rather than at a browser."""
WORDS = (*PAYLOADS, *OTHERS)

TEXTS = """# {{ title }}

{{ story }}

- {{ scenario }} / {{ baseline }}: **{{ outcome("CO2").title }}** {{ outcome("CO2").caveat }}

{{ scorecard() }}

{% for t in targets("") %}
{{ t.sentence }} {{ t.quote }}

{% endfor %}
{{ table("CO2", caption=title) }}

{{ target_table("", caption=story) }}

{{ lines_table(settings()) }}

{{ lines_table(uncertain()) }}

{{ lines_table(not_modelled(), caption="x" ~ title) }}

> {{ footer }} {{ digests }}
"""
FIGURES = "# {{ title }}\n\n{{ figure('CO2', caption=title) }}\n"


@dataclass(frozen=True)
class Document:
    """A document taken apart."""

    parts: dict[str, bytes]

    @classmethod
    def read(cls, made: Made) -> Document:
        with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
            return cls({name: archive.read(name) for name in archive.namelist()})

    def tags(self, start: str) -> Counter[str]:
        """How often each element stands in the parts whose name begins so."""
        found: Counter[str] = Counter()
        for name, blob in self.parts.items():
            if name.startswith(start) and name.endswith(".xml"):
                found.update(element.tag for element in ElementTree.fromstring(blob).iter())
        return found

    def words(self, start: str) -> str:
        """All text of them."""
        return "".join(
            "".join(ElementTree.fromstring(blob).itertext())
            for name, blob in sorted(self.parts.items())
            if name.startswith(start) and name.endswith(".xml")
        )

    @property
    def targets(self) -> set[str]:
        """What its relations point to."""
        links = [blob for name, blob in self.parts.items() if name.endswith(".rels")]
        return {e.get("Target", "") for blob in links for e in ElementTree.fromstring(blob)}


def make(suffix: str, word: str, text: str = TEXTS) -> Made:
    """A document with the word behind every text of every field."""
    return make_briefing(Template("t.md", ".md", text.encode()), make_facts(payload=word),
                         suffix, "en")  # fmt: skip


def bare(text: str) -> str:
    """As it is compared: blanks of all kinds and signs that no document can hold left out."""
    return "".join(c for c in clean_text(typeset(text)) if c.isprintable() and not c.isspace())


@pytest.fixture(scope="module")
def clean() -> dict[str, Document]:
    """The same documents with a harmless word."""
    return {s: Document.read(make(s, "harmless")) for s in (".docx", ".pptx")}


@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
@pytest.mark.parametrize(("suffix", "body"), [(".docx", "word/document"), (".pptx", "ppt/slides/")])
def test_a_word_is_a_word_in_office_files(
    clean: dict[str, Document], suffix: str, body: str, word: str
) -> None:
    """The same elements in the same parts, no link, no field, no macro, and the word is shown."""
    made, plain = Document.read(make(suffix, word)), clean[suffix]
    kinds = {kind for kind in made.tags(body) if not kind.endswith("}tab")}
    assert kinds <= set(plain.tags(body))
    assert set(made.targets) <= {*plain.targets, *(t for t in made.targets if _is_slide(t))}
    extra = {name for name in made.parts if name not in plain.parts}
    assert all(_is_slide(name) for name in extra), extra
    assert not [kind for kind in kinds if re.search(r"hlink|instrText|fldSimple|oleObj", kind)]
    assert bare(word) in bare(made.words(body))
    assert "49" not in bare(made.words(body)).partition("7*7")[0][:200]
    if suffix == ".docx":
        count = made.tags(body)
        w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
        for tag in ("tbl", "tr", "tc", "drawing", "sectPr"):
            assert count[w + tag] == plain.tags(body)[w + tag], tag


def _is_slide(name: str) -> bool:
    """A slide more, with its relations: longer words take more room."""
    return re.fullmatch(r".*slides/(_rels/)?slide\d+\.xml(\.rels)?", name) is not None


@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
def test_a_word_is_a_word_behind_a_chart(word: str) -> None:
    """In the workbook that PowerPoint opens to edit a chart nothing is a formula or a link."""
    made = Document.read(make(".pptx", word, FIGURES))
    books = [blob for name, blob in made.parts.items() if name.endswith(".xlsx")]
    assert books
    for blob in books:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            assert not [n for n in archive.namelist() if "external" in n or "vba" in n.lower()]
        for sheet in openpyxl.load_workbook(io.BytesIO(blob)):
            cells = [cell for row in sheet.iter_rows() for cell in row]
            assert {cell.data_type for cell in cells} <= {"n", "s"}
            assert not [cell for cell in cells if cell.hyperlink]
            assert not [c for c in cells if str(c.value)[:1] in tuple("=+@＝＋＠")]
    charts = [blob for name, blob in made.parts.items() if "charts/chart" in name]
    assert charts
    assert all(ElementTree.fromstring(blob) is not None for blob in charts if blob[:1] == b"<")


@pytest.fixture(scope="module")
def files() -> int:
    """How many files a PDF holds: its numbers."""
    return make(".pdf", "harmless").content.count(b"/EmbeddedFile")


@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
def test_a_word_is_a_word_in_a_pdf(files: int, word: str, tmp_path: Path) -> None:
    """No action, no link, no file beside the one of numbers; and it is shown as it is written."""
    content = make(".pdf", word).content
    assert content.startswith(b"%PDF")
    for active in (b"/JavaScript", b"/JS", b"/URI", b"/Launch", b"/AA", b"/SubmitForm", b"/GoToR"):
        assert active not in content, active
    assert content.count(b"/EmbeddedFile") == files
    if shutil.which("pdftotext") and word.isascii() and word.isprintable():
        (tmp_path / "a.pdf").write_bytes(content)
        told = subprocess.run(
            ["pdftotext", "-raw", tmp_path / "a.pdf", "-"], capture_output=True, check=True
        )
        shown = bare(told.stdout.decode()).replace("-", "")
        for part in re.findall(r"[A-Za-z]{4,}", word):
            assert part in shown, part


FORMS = ("html", "svg", "table", "csv")


def write_all(word: str) -> dict[str, str]:
    """One figure as every kind of fragment."""
    figure = make_figure(make_facts(payload=word), "en", None, "CO2", {})
    return {form: write_fragment(figure, form).decode("utf-8-sig") for form in FORMS}


@pytest.fixture(scope="module")
def fragments() -> dict[str, str]:
    """Those with a harmless word."""
    return write_all("harmless")


@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
def test_a_word_is_a_word_in_a_fragment(fragments: dict[str, str], word: str) -> None:
    """Somebody else's page gets no element, no attribute and no formula from it."""
    made = write_all(word)
    cells = [cell for line in made.pop("csv").splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.startswith(tuple("=+@\t＝＋＠"))]
    for form, text in made.items():
        tree, plain = (
            ElementTree.fromstring(f"<div>{one}</div>") for one in (text, fragments[form])
        )
        assert {e.tag for e in tree.iter()} <= {e.tag for e in plain.iter()}
        names = {name for e in tree.iter() for name in e.attrib}
        assert names <= {name for e in plain.iter() for name in e.attrib}
        assert not [n for n in names if n.startswith("on") or n in ("href", "src", "style")]
        assert bare(word) in bare("".join(tree.itertext())), form
