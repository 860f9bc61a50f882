"""A briefing as a Word document."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from haihe.text import Lang
from haihe_viz.briefing_blocks import Block, Break, Grid, Picture, Pieces, Words
from haihe_viz.briefing_manifest import Manifest
from haihe_viz.docx_marks import add_manifest, mark_run, number_marks
from haihe_viz.docx_styles import (
    FALLBACKS,
    STYLE_NAMES,
    TEXT_WIDTH,
    faces_of,
    set_fonts,
    set_styles,
)
from haihe_viz.static_png import render_png
from haihe_viz.static_svg import draw_figure

TOGETHER = 16
"""Tables of no more rows than this stay on one page."""


def render_docx(
    blocks: Sequence[Block], manifest: Manifest, title: str, footer: str, lang: Lang
) -> bytes:
    """The whole file."""
    document = new_document(title, lang)
    for block in blocks:
        add_block(document, block, lang)
    add_note(document, footer)
    add_page_numbers(document, lang)
    add_manifest(document.part, manifest)
    return save(document)


def new_document(title: str, lang: Lang) -> Any:
    """An empty document in the look of a language."""
    import docx

    document = docx.Document()
    set_styles(document, lang)
    _name_fallbacks(document)
    document.core_properties.title = title[:250]
    document.core_properties.author = "haihe"
    document.core_properties.language = "zh-CN" if lang == "zh" else "en-GB"
    return document


def save(document: Any) -> bytes:
    """A document as bytes."""
    number_marks(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _name_fallbacks(document: Any) -> None:
    """Say in the font table what stands in for a face that a machine has not."""
    from docx.oxml.ns import qn
    from lxml import etree  # type: ignore[import-untyped]

    for relation in document.part.rels.values():
        if relation.reltype.endswith("/fontTable"):
            part = relation.target_part
            table = etree.fromstring(part.blob)
            for face, others in FALLBACKS.items():
                font = etree.SubElement(table, qn("w:font"), {qn("w:name"): face})
                etree.SubElement(font, qn("w:altName"), {qn("w:val"): others[0]})
                etree.SubElement(font, qn("w:charset"), {qn("w:val"): "86"})
                etree.SubElement(font, qn("w:family"), {qn("w:val"): "roman"})
            part._blob = etree.tostring(
                table, xml_declaration=True, encoding="UTF-8", standalone=True
            )


def add_block(document: Any, block: Block, lang: Lang) -> None:
    """Put one block at the end."""
    if isinstance(block, Break):
        document.add_page_break()
    elif isinstance(block, Grid):
        _add_grid(document, block, lang)
    elif isinstance(block, Picture):
        _add_picture(document, block)
    else:
        _add_words(document, block, lang)


def _add_words(document: Any, block: Words, lang: Lang) -> None:
    style = STYLE_NAMES[block.kind]
    if block.kind == "li" and lang == "zh":
        style = "Normal"
    add_pieces(document.add_paragraph(style=style), block.pieces)


def add_pieces(paragraph: Any, pieces: Pieces) -> None:
    """Write pieces; a bound one stands inside a bookmark of its own."""
    for piece in pieces:
        run = paragraph.add_run(piece.text)
        if piece.bold:
            run.bold = True
        if piece.id is not None:
            mark_run(run._r, piece.id)


def add_note(document: Any, text: str) -> None:
    """A closing line in small letters."""
    document.add_paragraph(text, style=STYLE_NAMES["note"])


def _add_grid(document: Any, grid: Grid, lang: Lang) -> None:
    from docx.enum.text import WD_LINE_SPACING
    from docx.shared import Mm, Pt

    if grid.caption:
        document.add_paragraph(grid.caption, style="Caption").paragraph_format.keep_with_next = True
    table = document.add_table(rows=1 + len(grid.rows), cols=len(grid.heads), style="Table Grid")
    table.autofit = False
    for column, share in zip(table.columns, grid.widths):
        column.width = Mm(TEXT_WIDTH * share)
    rows = list(table.rows)
    for column, head in enumerate(grid.heads):
        _fill(rows[0].cells[column], (head,), grid, column, True)
    for row, cells in zip(rows[1:], grid.rows):
        for column, (place, cell) in enumerate(zip(row.cells, cells)):
            _fill(place, cell, grid, column, False)
    for row in rows:
        _keep_whole(row)
    _repeat_head(rows[0])
    for row in rows[: len(rows) - 1 if len(rows) <= TOGETHER else 3]:
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True
    gap = document.add_paragraph(style=STYLE_NAMES["cell"]).paragraph_format
    gap.line_spacing_rule, gap.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(6)


def _fill(cell: Any, content: tuple[Any, ...], grid: Grid, column: int, head: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    cell.width = Mm(TEXT_WIDTH * grid.widths[column])
    paragraph = cell.paragraphs[0]
    paragraph.style = STYLE_NAMES["cell"]
    if head:
        paragraph.add_run(content[0]).bold = True
    else:
        add_pieces(paragraph, content)
    if column in grid.numeric:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _keep_whole(row: Any) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _repeat_head(row: Any) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _add_picture(document: Any, picture: Picture) -> None:
    from docx.enum.text import WD_LINE_SPACING

    figure = picture.figure
    paragraph = document.add_paragraph(style="Caption")
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    paragraph.paragraph_format.keep_with_next = True
    put_picture(paragraph.add_run(), picture)
    caption = document.add_paragraph(figure.caption, style="Caption")
    caption.paragraph_format.keep_with_next = True
    document.add_paragraph(figure.source, style=STYLE_NAMES["source"])
    if figure.show_data:
        heads, *rows = figure.data
        from haihe_viz.briefing_ledger import Piece

        cells = tuple(tuple((Piece(cell),) for cell in row) for row in rows)
        count = len(heads)
        _add_grid(
            document,
            Grid("", heads, cells, tuple([1 / count] * count), tuple(range(1, count))),
            figure.lang,
        )


def put_picture(run: Any, picture: Picture) -> None:
    """Put a picture with its alternative text into a run, and mark it."""
    from docx.shared import Mm

    image = render_png(draw_figure(picture.figure))
    shape = run.add_picture(io.BytesIO(image), width=Mm(TEXT_WIDTH))
    about = shape._inline.docPr
    about.set("descr", picture.figure.alt)
    about.set("name", f"haihe_{picture.id}")
    mark_run(run._r, picture.id)


def add_page_numbers(document: Any, lang: Lang) -> None:
    """Page numbers: between dashes in Chinese, odd pages to the right and even ones to the left."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    section = document.sections[0]
    if lang == "zh":
        document.settings.odd_and_even_pages_header_footer = True
        section.even_page_footer.is_linked_to_previous = False
        _page_number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT, lang)
        _page_number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT, lang)
    else:
        _page_number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.CENTER, lang)


def _page_number(paragraph: Any, side: Any, lang: Lang) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    face = faces_of(lang)["page"]
    paragraph.alignment = side
    dash = "— " if lang == "zh" else ""
    parts: list[Any] = [dash, ("begin", None), (None, "PAGE"), ("end", None), dash[::-1]]
    for part in parts:
        run = paragraph.add_run(part if isinstance(part, str) else "")
        run.font.size = Pt(face.size)
        set_fonts(run._r.get_or_add_rPr(), face)
        if isinstance(part, tuple):
            tag = "w:fldChar" if part[0] else "w:instrText"
            element = OxmlElement(tag)
            if part[0]:
                element.set(qn("w:fldCharType"), part[0])
            else:
                element.text = part[1]
            run._r.append(element)
