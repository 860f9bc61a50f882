"""Templates of the planner's own: Word, PowerPoint and HTML files with expressions in them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Any

from haihe.errors import InputError, Location
from haihe.text import Lang, Text
from haihe_viz.briefing import Made, Template, decode
from haihe_viz.briefing_blocks import Picture, read_blocks
from haihe_viz.briefing_fill import Fill
from haihe_viz.briefing_html import _block as write_block
from haihe_viz.briefing_ledger import TOKEN, Entry, Ledger
from haihe_viz.briefing_manifest import Manifest, make_bound, write_manifest
from haihe_viz.static_chart import Figure

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
ALONE = re.compile(r"(?m)^[ \t]*\{%[^\n]*?%\}[ \t]*$")
INSIDE = re.compile(r"(?is)<(script|style)\b[^>]*>.*?</\1\s*>")


# --- HTML


def fill_html(text: str, fill: Fill, manifest: Manifest) -> Made:
    """An HTML template: a number in the text becomes a `data` element, in an attribute plain words.

    Raises
    ------
    InputError
        Where an expression stands in a script or a style, where no escaping is right.
    """
    filled, ledger = fill.text(text), fill.ledger
    for match in INSIDE.finditer(filled):
        if TOKEN.search(match[0]):
            raise InputError(
                Text(f"表达式位于 <{match[1]}> 之内", f"an expression stands inside <{match[1]}>"),
                Location(fill.file),
                Text("正文中的表达式", "it in the text"),
            )
    seen: list[int] = []
    parts = re.split(r"(<[^<>]*>)", filled)
    made = "".join(
        _attribute(p, ledger) if p[:1] == "<" else _content(p, ledger, seen) for p in parts
    )
    manifest = replace(manifest, bound=make_bound(ledger, ((number, "") for number in seen)))
    script = (
        f'<script type="application/json" id="haihe-briefing">{write_manifest(manifest)}</script>'
    )
    at = made.lower().rfind("</body>")
    made = made + script if at < 0 else made[:at] + script + made[at:]
    return Made(made.encode(), {}, manifest)


def _attribute(tag: str, ledger: Ledger) -> str:
    return TOKEN.sub(lambda m: escape(ledger.entries[int(m[1])].text), tag)


def _content(text: str, ledger: Ledger, seen: list[int]) -> str:
    def write(match: re.Match[str]) -> str:
        entry = ledger.entries[int(match[1])]
        if entry.block is not None:
            (block,) = read_blocks(match[0], ledger)
            if isinstance(block, Picture):
                seen.append(entry.id)
            else:
                seen.extend(p.id for row in block.rows for c in row for p in c if p.id is not None)  # type: ignore[union-attr]
            return write_block(block, "zh" if fill_lang(entry) == "zh" else "en")
        if not entry.call:
            return escape(entry.text)
        seen.append(entry.id)
        return f'<data value="{entry.id}" class="haihe">{escape(entry.text)}</data>'

    return TOKEN.sub(write, text)


def fill_lang(entry: Entry) -> Lang:
    """Language of an entry's picture."""
    return entry.block.lang if isinstance(entry.block, Figure) else "en"


# --- Word


def fill_docx(content: bytes, fill: Fill, manifest: Manifest) -> Made:
    """A Word template, filled in by docxtpl; a figure or a table replaces its paragraph."""
    import docx.opc.exceptions
    from docxtpl import DocxTemplate

    from haihe_viz.docx_marks import add_manifest, read_archive, resolve_tokens
    from haihe_viz.docx_write import save

    read_archive(content, fill.file)  # before anything is unpacked: is it one, and how large?
    try:
        template = DocxTemplate(io.BytesIO(content))
        template.init_docx()
    except (docx.opc.exceptions.PackageNotFoundError, KeyError, ValueError) as fault:
        raise InputError(
            Text(f"{fill.file} 不是 Word 文档", f"{fill.file} is no Word document")
        ) from fault
    _check_word(template, fill)
    template.render(fill.names, jinja_env=fill.environment, autoescape=True)
    document = template.docx
    placed = list(_put_blocks(document, fill))
    roots = [document.element, *_list_margins(document)]
    for root in roots:
        placed += resolve_tokens(root, fill.ledger)
    manifest = replace(manifest, bound=make_bound(fill.ledger, ((number, "") for number in placed)))
    add_manifest(document.part, manifest)
    return Made(save(document), {}, manifest)


def _check_word(template: Any, fill: Fill) -> None:
    """Fill in the text alone first, for messages that say what is wrong where."""
    xml = template.patch_xml(template.get_xml())
    fill.text(re.sub(r"(?s)<w:p[ >]", "\n<w:p ", xml))


def _list_margins(document: Any) -> Iterator[Any]:
    for section in document.sections:
        heads = (section.header, section.first_page_header, section.even_page_header)
        feet = (section.footer, section.first_page_footer, section.even_page_footer)
        for part in (*heads, *feet):
            if not part.is_linked_to_previous:
                yield part._element


def _put_blocks(document: Any, fill: Fill) -> Iterator[int]:
    """Figures and tables, in the place of the paragraph that holds their token."""
    from docx.oxml.ns import qn

    from haihe_viz.docx_write import add_block

    lang = fill.names["lang"]
    _name_styles(document, lang)
    body = document.element.body
    for paragraph in list(body.iter(qn("w:p"))):
        text = "".join(t.text or "" for t in paragraph.iter(qn("w:t"))).strip()
        token = TOKEN.fullmatch(text)
        if token is None or fill.ledger.entries[int(token[1])].block is None:
            continue
        (block,) = read_blocks(text, fill.ledger)
        end = body.index(body.sectPr) if body.sectPr is not None else len(body)
        add_block(document, block, lang)
        stop = body.index(body.sectPr) if body.sectPr is not None else len(body)
        for element in list(body)[end:stop]:
            paragraph.addprevious(element)
        paragraph.getparent().remove(paragraph)
        if isinstance(block, Picture):
            yield block.id
        else:
            yield from (p.id for row in block.rows for c in row for p in c if p.id is not None)  # type: ignore[union-attr]


def _name_styles(document: Any, lang: Lang) -> None:
    """Styles that figures and tables need, where the planner's document has none of the name."""
    from docx.enum.style import WD_STYLE_TYPE

    from haihe_viz.docx_styles import STYLE_NAMES, _set_style, faces_of

    held = {style.name for style in document.styles}
    for kind, name in STYLE_NAMES.items():
        if name not in held:
            made = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            _set_style(made, faces_of(lang)[kind], kind)
    if "Table Grid" not in held:
        document.styles.add_style("Table Grid", WD_STYLE_TYPE.TABLE)


# --- PowerPoint


def fill_pptx(content: bytes, fill: Fill, manifest: Manifest) -> Made:
    """A PowerPoint template: a box that holds a figure alone becomes a chart."""
    import pptx
    import pptx.exc

    from haihe_viz.docx_marks import add_manifest, read_archive

    read_archive(content, fill.file)
    try:
        deck = pptx.Presentation(io.BytesIO(content))
    except (pptx.exc.PythonPptxError, KeyError, ValueError) as fault:
        raise InputError(
            Text(f"{fill.file} 不是 PowerPoint 文件", f"{fill.file} is no PowerPoint file")
        ) from fault
    placed: list[tuple[int, str]] = []
    for number, slide in enumerate(deck.slides):
        for shape in list(slide.shapes):
            placed += [(entry, f"slide {number + 1}") for entry in _fill_shape(slide, shape, fill)]
    manifest = replace(manifest, bound=make_bound(fill.ledger, placed))
    add_manifest(deck.part, manifest)
    stream = io.BytesIO()
    deck.save(stream)
    return Made(stream.getvalue(), {}, manifest)


def _fill_shape(slide: Any, shape: Any, fill: Fill) -> Iterator[int]:
    from haihe_viz.pptx_charts import add_chart

    frames = [shape.text_frame] if shape.has_text_frame else []
    if getattr(shape, "has_table", False) and shape.has_table:
        frames += [cell.text_frame for row in shape.table.rows for cell in row.cells]
    for frame in frames:
        for paragraph in frame.paragraphs:
            text = "".join(run.text for run in paragraph.runs)
            if "{{" not in text and "{%" not in text:
                continue
            filled = fill.text(text)
            token = TOKEN.fullmatch(filled.strip())
            entry = fill.ledger.entries[int(token[1])] if token else None
            if entry is not None and isinstance(entry.block, Figure):
                place = (shape.left, shape.top, shape.width, shape.height)
                left, top, width, height = (value / 914400 for value in place)
                picture = Picture(entry.id, entry.block)
                add_chart(slide, picture, left, top, width, height, entry.block.lang)
                shape._element.getparent().remove(shape._element)
                yield entry.id
                return
            pieces = list(fill.ledger.split(filled))
            paragraph.runs[0].text = "".join(piece.text for piece in pieces)
            for run in paragraph.runs[1:]:
                run._r.getparent().remove(run._r)
            yield from (piece.id for piece in pieces if piece.id is not None)


# --- a template to begin with


def make_own_template(template: Template, suffix: str, lang: Lang) -> bytes:
    """A template of ours as a Word document with its expressions, to be changed in Word.

    Raises
    ------
    InputError
        Where there is no such form.
    """
    if suffix == template.suffix:
        return template.content
    if template.suffix != ".md" or suffix != ".docx":
        raise InputError(
            Text(
                f"{template.name} 不能写成 {suffix}", f"{template.name} is not written as {suffix}"
            ),
            None,
            Text(".docx 或 .md", ".docx or .md"),
        )
    from haihe_viz.docx_write import add_block, add_note, add_page_numbers, new_document, save

    ledger = Ledger()
    apart = ALONE.sub(r"\n\n\g<0>\n\n", decode(template))
    kept = TAG.sub(lambda m: str(ledger.add(_word_tag(m, apart))), apart)
    document = new_document(template.name, lang)
    for block in read_blocks(kept, ledger):
        add_block(document, block, lang)
    add_note(document, "{{ footer }}")
    add_page_numbers(document, lang)
    return save(document)


def _word_tag(match: re.Match[str], text: str) -> str:
    """A tag as docxtpl wants it: a control tag that stands alone removes its paragraph."""
    before = text[: match.start()].rpartition("\n")[2].strip()
    after = text[match.end() :].partition("\n")[0].strip()
    control = match[0].startswith("{%") and not before and not after
    return match[0].replace("{%", "{%p", 1) if control else match[0]
