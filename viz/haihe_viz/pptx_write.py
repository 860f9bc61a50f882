"""A briefing as slides, with charts that PowerPoint can edit."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from haihe.text import Lang
from haihe_viz.briefing_blocks import Block, Break, Grid, Picture, Pieces, Words
from haihe_viz.briefing_ledger import Piece
from haihe_viz.briefing_manifest import Manifest
from haihe_viz.docx_marks import add_manifest
from haihe_viz.place import text_width
from haihe_viz.pptx_charts import add_chart, colour_of

WIDE, HIGH = 13.333, 7.5
"""Size of a slide [inch]."""
EDGE, TOP = 0.6, 1.35
BOTTOM = 0.75
FACES = {"zh": ("微软雅黑", "Arial"), "en": ("微软雅黑", "Arial")}
INK, ACCENT, QUIET = "1B2A33", "0A6478", "55636C"
CAPTION = 0.4
"""Height of a table's caption [inch]."""
CELLS = (16, 14, 12)
"""Sizes of the words of a table that are tried, largest first [pt]."""
SIZES = (24, 20, 18, 16, 14, 12)
"""Sizes of body text that are tried, largest first [pt]."""


def render_pptx(
    blocks: Sequence[Block], manifest: Manifest, title: str, footer: str, lang: Lang
) -> bytes:
    """The whole file."""
    deck = new_deck(title, lang)
    groups = split_slides(blocks)
    for number, group in enumerate(groups):
        if number == 0 and not any(isinstance(b, Picture | Grid) for b in group):
            _add_cover(deck, group, footer, lang)
        else:
            _add_slide(deck, group, number + 1, footer, lang)
    add_manifest(deck.part, manifest)
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def new_deck(title: str, lang: Lang) -> Any:
    """An empty deck of wide slides."""
    import pptx
    from pptx.util import Inches

    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDE), Inches(HIGH)
    deck.core_properties.title = title[:250]
    deck.core_properties.author = "haihe"
    deck.core_properties.language = "zh-CN" if lang == "zh" else "en-GB"
    return deck


def split_slides(blocks: Sequence[Block]) -> list[list[Block]]:
    """Blocks slide by slide: a break, a heading or a long table begins a new one."""
    slides: list[list[Block]] = [[]]
    for block in blocks:
        head = isinstance(block, Words) and block.kind in ("h1", "h2")
        full = isinstance(block, Picture | Grid) and _is_full(slides[-1], block)
        # Words after a picture lead up to the next one.
        full |= isinstance(block, Words) and any(isinstance(b, Picture) for b in slides[-1])
        full |= isinstance(block, Words) and not head and _is_long(slides[-1], block)
        if isinstance(block, Break) or ((head or full) and slides[-1]):
            slides.append([])
            if full and not head:
                slides[-1] += [
                    b for b in slides[-2] if isinstance(b, Words) and b.kind in ("h1", "h2")
                ][:1]
        if isinstance(block, Grid):
            heads = [b for b in slides[-1] if isinstance(b, Words) and b.kind in ("h1", "h2")][:1]
            lead = [b for b in slides[-1] if isinstance(b, Words) and b not in heads]
            for part, cut in enumerate(cut_grid(block, table_room(lead))):
                if part:
                    slides.append([*heads])
                slides[-1].append(cut)
        elif not isinstance(block, Break):
            slides[-1].append(block)
    return [slide for slide in slides if slide]


def table_room(lead: Sequence[Words]) -> float:
    """Height that is left for the rows of a table beside some words and its caption [inch]."""
    words = text_height(lead, WIDE - 2 * EDGE, 14) if lead else 0.0
    return HIGH - TOP - BOTTOM - CAPTION - 0.2 - words


def cut_grid(grid: Grid, room: float) -> list[Grid]:
    """A table in as few pieces as there is room for, each about as long as the others."""
    heights = [row_height(row, grid, CELLS[-1]) for row in grid.rows]
    room -= row_height(tuple((Piece(head),) for head in grid.heads), grid, CELLS[-1])
    share = sum(heights) / max(1.0, -(-sum(heights) // max(0.95 * room, 0.5)))
    parts: list[list[tuple[Pieces, ...]]] = [[]]
    taken = whole = 0.0
    for row, height in zip(grid.rows, heights):
        if parts[-1] and (taken + height > room or whole + height / 2 > share * len(parts)):
            parts.append([])
            taken = 0.0
        parts[-1].append(row)
        taken, whole = taken + height, whole + height
    return [
        Grid(grid.caption, grid.heads, tuple(rows), grid.widths, grid.numeric) for rows in parts
    ]


def row_height(row: Sequence[Pieces], grid: Grid, size: float) -> float:
    """Height of a row of a table: that of its longest cell [inch]."""
    lines = [
        -(-text_width("".join(p.text for p in cell), size) // (72 * (WIDE - 2 * EDGE) * share - 16))
        for cell, share in zip(row, grid.widths)
    ]
    return (max(1.0, *lines) * 1.25 * size + 8) / 72


def _is_full(slide: Sequence[Block], block: Block) -> bool:
    """Whether a picture or a table has no room on a slide any more."""
    words = [b for b in slide if isinstance(b, Words) and b.kind not in ("h1", "h2")]
    taken = any(isinstance(b, Picture | Grid) for b in slide)
    crowded = isinstance(block, Grid) and text_height(words, WIDE - 2 * EDGE, 14) > 1.6
    return taken or crowded


def _is_long(slide: Sequence[Block], more: Words) -> bool:
    """Whether words would no longer fit on a slide of words in letters that can be read."""
    words = [b for b in slide if isinstance(b, Words) and b.kind not in ("h1", "h2")]
    alone = not any(isinstance(b, Picture | Grid) for b in slide)
    room = HIGH - TOP - BOTTOM - 0.2
    return alone and bool(words) and text_height([*words, more], WIDE - 2 * EDGE, 14) > room


def _add_cover(deck: Any, group: Sequence[Block], footer: str, lang: Lang) -> None:
    from pptx.util import Inches

    slide = deck.slides.add_slide(deck.slide_layouts[5])
    band = slide.shapes.add_shape(1, 0, Inches(2.2), Inches(0.28), Inches(2.0))
    band.fill.solid()
    band.fill.fore_color.rgb = colour_of(ACCENT)
    band.line.fill.background()
    heads, rest = _take_head(group)
    _place(slide.shapes.title, 0.9, 2.1, WIDE - 1.8, 1.3)
    _write(slide.shapes.title.text_frame, [heads], 38, lang, True)
    _add_text(slide, rest, 0.9, 3.4, WIDE - 1.8, 2.4, lang, 20)
    _add_footer(slide, footer, "", lang)


def _add_slide(deck: Any, group: Sequence[Block], number: int, footer: str, lang: Lang) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    head, rest = _take_head(group)
    _place(slide.shapes.title, EDGE, 0.4, WIDE - 2 * EDGE, 0.85)
    _write(slide.shapes.title.text_frame, [head], 28, lang, True)
    rule = slide.shapes.add_connector(1, *_inches(EDGE, 1.25, WIDE - EDGE, 1.25))
    from pptx.util import Pt

    rule.line.color.rgb, rule.line.width = colour_of(ACCENT), Pt(1.5)
    words = [b for b in rest if isinstance(b, Words)]
    body = HIGH - TOP - BOTTOM
    pictures = [b for b in rest if isinstance(b, Picture)]
    grids = [b for b in rest if isinstance(b, Grid)]
    if pictures:
        room = 4.1 if words else 0.0
        add_chart(
            slide, pictures[0], EDGE + room, TOP + 0.1, WIDE - 2 * EDGE - room, body - 0.5, lang
        )
        _add_caption(
            slide, pictures[0], EDGE + room, HIGH - BOTTOM - 0.42, WIDE - 2 * EDGE - room, lang
        )
        _add_text(slide, words, EDGE, TOP + 0.15, room - 0.25, body - 0.3, lang, 20)
    elif grids:
        notes = [one for one in words if one.kind == "note"]
        words = [one for one in words if one not in notes]
        lead, foot = (text_height(w, WIDE - 2 * EDGE, 14) if w else 0.0 for w in (words, notes))
        _add_text(slide, words, EDGE, TOP, WIDE - 2 * EDGE, lead, lang, 14)
        _add_grid(slide, grids[0], TOP + lead + 0.1, body - lead - foot - 0.1, lang)
        _add_text(slide, notes, EDGE, HIGH - BOTTOM - foot, WIDE - 2 * EDGE, foot, lang, 14)
    else:
        _add_text(slide, words, EDGE, TOP + 0.15, WIDE - 2 * EDGE, body - 0.2, lang, 24)
    _add_footer(slide, footer, str(number), lang)


def _take_head(group: Sequence[Block]) -> tuple[Words, list[Block]]:
    heads = [b for b in group if isinstance(b, Words) and b.kind in ("h1", "h2")]
    head = heads[0] if heads else Words("h2", ())
    return head, [b for b in group if b is not head]


def _inches(*values: float) -> list[Any]:
    from pptx.util import Inches

    return [Inches(value) for value in values]


def _place(shape: Any, left: float, top: float, width: float, height: float) -> None:
    shape.left, shape.top, shape.width, shape.height = _inches(left, top, width, height)


def fit_size(words: Sequence[Words], width: float, height: float, most: float) -> float:
    """Largest of our sizes at which paragraphs fit into a box [pt]."""
    for size in SIZES:
        if size <= most and text_height(words, width, size) <= height:
            return size
    return SIZES[-1]


def text_height(words: Sequence[Words], width: float, size: float) -> float:
    """Height of paragraphs in a box of a width [inch]."""
    points = 0.0
    for one in words:
        rows = -(-text_width(one.text, size) // max(1.0, 72 * width - 20))
        points += max(1.0, rows) * size * 1.28 + 0.5 * size
    return (points + 8) / 72


def _add_text(slide: Any, words: Sequence[Block], left: float, top: float, width: float,
              height: float, lang: Lang, most: float) -> None:  # fmt: skip
    shown = [one for one in words if isinstance(one, Words)]
    if not shown or width <= 0:
        return
    box = slide.shapes.add_textbox(*_inches(left, top, width, height))
    _write(box.text_frame, shown, fit_size(shown, width, height, most), lang, False)


def _write(frame: Any, words: Sequence[Words], size: float, lang: Lang, head: bool) -> None:
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap = True
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE if head else MSO_ANCHOR.TOP
    if head:
        text = words[0].text if words else ""
        from haihe_viz.place import text_width as measure

        while size > 18 and measure(text, size) > 72 * (WIDE - 2 * EDGE) * (
            1.7 if size > 30 else 0.95
        ):
            size -= 2
    for number, one in enumerate(words):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.space_after = Pt(0 if head else 0.5 * size)
        shown = (size - 6 if size > 16 else size - 2) if one.kind == "note" else size
        _add_pieces(paragraph, one.pieces, shown, lang, head, one.kind == "li")


def _add_pieces(
    paragraph: Any, pieces: Pieces, size: float, lang: Lang, head: bool, item: bool
) -> None:
    if item:
        _set_bullet(paragraph, size)
    for piece in pieces:
        colour = ACCENT if head else INK
        _style(paragraph.add_run(), piece.text, size, lang, head or piece.bold, colour)


def _set_bullet(paragraph: Any, size: float) -> None:
    """A bullet that hangs, in the accent's colour."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    properties = paragraph._p.get_or_add_pPr()
    hang = round(12700 * size)
    properties.set("marL", str(hang))
    properties.set("indent", str(-hang))
    for part in (
        f'<a:buClr {nsdecls("a")}><a:srgbClr val="{ACCENT}"/></a:buClr>',
        f'<a:buFont {nsdecls("a")} typeface="Arial"/>',
        f'<a:buChar {nsdecls("a")} char="•"/>',
    ):
        properties.append(parse_xml(part))


def _style(run: Any, text: str, size: float, lang: Lang, bold: bool, colour: str) -> None:
    from pptx.oxml.ns import qn
    from pptx.util import Pt

    run.text = text
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = colour_of(colour)
    east, latin = FACES[lang]
    run.font.name = latin
    properties = run._r.get_or_add_rPr()
    properties.set("lang", "zh-CN" if lang == "zh" else "en-GB")
    properties.set("altLang", "en-US" if lang == "zh" else "zh-CN")
    face = properties.makeelement(qn("a:ea"), {"typeface": east})
    properties.append(face)


def _add_caption(
    slide: Any, picture: Picture, left: float, top: float, width: float, lang: Lang
) -> None:
    from pptx.enum.text import PP_ALIGN

    box = slide.shapes.add_textbox(*_inches(left, top, width, 0.4))
    box.text_frame.word_wrap = True
    paragraph = box.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.CENTER
    _style(paragraph.add_run(), f"{picture.figure.caption}  ", 12, lang, True, INK)
    _style(paragraph.add_run(), picture.figure.source, 10, lang, False, QUIET)


def _add_footer(slide: Any, footer: str, number: str, lang: Lang) -> None:
    from pptx.enum.text import PP_ALIGN

    box = slide.shapes.add_textbox(*_inches(EDGE, HIGH - 0.55, WIDE - 2 * EDGE - 0.6, 0.4))
    box.text_frame.word_wrap = True
    _style(box.text_frame.paragraphs[0].add_run(), footer, 8, lang, False, QUIET)
    place = slide.shapes.add_textbox(*_inches(WIDE - EDGE - 0.6, HIGH - 0.55, 0.6, 0.4))
    place.text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT
    _style(place.text_frame.paragraphs[0].add_run(), number, 10, lang, False, QUIET)


def _add_grid(slide: Any, grid: Grid, top: float, height: float, lang: Lang) -> None:
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Inches, Pt

    if grid.caption:
        box = slide.shapes.add_textbox(*_inches(EDGE, top, WIDE - 2 * EDGE, CAPTION))
        _style(box.text_frame.paragraphs[0].add_run(), grid.caption, 14, lang, True, INK)
        top, height = top + CAPTION, height - CAPTION
    rows, columns = len(grid.rows) + 1, len(grid.heads)
    size, taken = fit_cells(grid, height)
    frame = slide.shapes.add_table(rows, columns, *_inches(EDGE, top, WIDE - 2 * EDGE, taken))
    frame.name = grid.caption or grid.heads[0]
    table = frame.table
    for column, share in enumerate(grid.widths):
        table.columns[column].width = Inches((WIDE - 2 * EDGE) * share)
    cells = [tuple((Piece(head, bold=True),) for head in grid.heads), *grid.rows]
    for row, line in enumerate(cells):
        for column, pieces in enumerate(line):
            cell = table.cell(row, column)
            cell.margin_top = cell.margin_bottom = Pt(2)
            cell.fill.solid()
            cell.fill.fore_color.rgb = colour_of(
                "E4EEF1" if row == 0 else "FFFFFF" if row % 2 else "F4F6F7"
            )
            paragraph = cell.text_frame.paragraphs[0]
            paragraph.alignment = PP_ALIGN.RIGHT if column in grid.numeric else PP_ALIGN.LEFT
            _add_pieces(paragraph, pieces, size, lang, False, False)


def fit_cells(grid: Grid, height: float) -> tuple[float, float]:
    """Size of the words of a table [pt] and its height [inch]: as large as there is room for."""
    heads = tuple((Piece(head, bold=True),) for head in grid.heads)
    taken = 0.0
    for size in CELLS:
        rows = [row_height(row, grid, size) for row in (heads, *grid.rows)]
        taken = max(sum(rows), min(height, 0.4 * len(rows)))
        if sum(rows) <= height:
            break
    return size, taken


def read_slides(parts: dict[str, bytes]) -> str:
    """All words of the slides of a deck, one paragraph a line."""
    from haihe_viz.docx_marks import parse_xml

    space = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
    lines = []
    for name, blob in sorted(parts.items()):
        if name.startswith("ppt/slides/slide") and name.endswith(".xml"):
            for paragraph in parse_xml(blob).iter(f"{space}p"):
                lines.append("".join(text.text or "" for text in paragraph.iter(f"{space}t")))
    return "\n".join(lines)
