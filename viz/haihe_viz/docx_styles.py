"""The look of a Word document: the layout of Chinese official documents, and a plain English one.

Sources
-------
GB/T 9704-2012, Layout key for official documents of party and government organs: A4, head 37 mm,
left 28 mm, area of 156 by 225 mm, title 2 hao (22 pt), body 3 hao 仿宋 (16 pt), 22 lines a page of
28 characters, page number 4 hao between dashes (unverified, from memory).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from haihe.text import Lang


@dataclass(frozen=True, slots=True)
class Face:
    """Fonts, size and place of one kind of words."""

    east: str
    latin: str
    size: float
    """[pt]"""
    bold: bool = False
    centre: bool = False
    indent: bool = False
    before: float = 0.0
    """Room above [pt]."""
    line: float | None = None
    """Exact line spacing [pt]; None: single."""


XIAOBIAOSONG, HEITI, KAITI, FANGSONG = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"
ROMAN = "Times New Roman"
FALLBACKS = {
    XIAOBIAOSONG: ("方正小标宋_GBK", "SimSun", "Noto Serif CJK SC"),
    HEITI: ("SimHei", "Noto Sans CJK SC"),
    KAITI: ("KaiTi", "Noto Serif CJK SC"),
    FANGSONG: ("FangSong", "Noto Serif CJK SC"),
}
"""Written into the font table of the document: what to take where a face is missing."""

CHINESE = {
    "h1": Face(XIAOBIAOSONG, ROMAN, 22, centre=True, line=34),
    "h2": Face(HEITI, ROMAN, 16, indent=True, line=28),
    "h3": Face(KAITI, ROMAN, 16, indent=True, line=28),
    "p": Face(FANGSONG, ROMAN, 16, indent=True, line=28),
    "li": Face(FANGSONG, ROMAN, 16, indent=True, line=28),
    "note": Face(KAITI, ROMAN, 10, line=14),
    "caption": Face(HEITI, ROMAN, 12, centre=True, line=22),
    "source": Face(KAITI, ROMAN, 10.5, centre=True, line=18),
    "cell": Face(FANGSONG, ROMAN, 10.5, line=15),
    "page": Face("宋体", ROMAN, 14),
}
SANS = "Calibri"
ENGLISH = {
    "h1": Face(HEITI, SANS, 20, bold=True, centre=True, line=None),
    "h2": Face(HEITI, SANS, 14, bold=True, before=12),
    "h3": Face(HEITI, SANS, 12, bold=True, before=8),
    "p": Face(FANGSONG, SANS, 11, before=4),
    "li": Face(FANGSONG, SANS, 11, before=2),
    "note": Face(KAITI, SANS, 9.5, before=4),
    "caption": Face(HEITI, SANS, 10, bold=True, centre=True, before=6),
    "source": Face(KAITI, SANS, 9, centre=True),
    "cell": Face(FANGSONG, SANS, 9),
    "page": Face("宋体", SANS, 10),
}
MARGINS = {"top": 37, "bottom": 35, "left": 28, "right": 26}
"""[mm]"""
TEXT_WIDTH = 210 - MARGINS["left"] - MARGINS["right"]
"""[mm]"""


def faces_of(lang: Lang) -> dict[str, Face]:
    """Faces of a language."""
    return CHINESE if lang == "zh" else ENGLISH


STYLE_NAMES = {
    "h1": "Title", "h2": "Heading 1", "h3": "Heading 2", "p": "Normal", "li": "List Bullet",
    "note": "Haihe Note", "caption": "Caption", "source": "Haihe Source", "cell": "Haihe Cell",
}  # fmt: skip


def set_styles(document: Any, lang: Lang) -> None:
    """Page, margins, language and styles of a new document."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(MARGINS["top"]), Mm(MARGINS["bottom"])
    section.left_margin, section.right_margin = Mm(MARGINS["left"]), Mm(MARGINS["right"])
    section.footer_distance = Mm(MARGINS["bottom"] - 14)
    styles = document.styles
    held = {style.name for style in styles}
    for kind, name in STYLE_NAMES.items():
        if name not in held:
            styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        if name != "Normal" and kind not in ("h1", "h2", "h3", "caption", "li"):
            styles[name].base_style = styles["Normal"]
        _set_style(styles[name], faces_of(lang)[kind], kind)
    _set_language(styles.element, lang)


def _set_style(style: Any, face: Face, kind: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    font, shape = style.font, style.paragraph_format
    font.size, font.bold, font.italic = Pt(face.size), face.bold, False
    font.color.rgb = RGBColor(0, 0, 0)
    set_fonts(style.element.get_or_add_rPr(), face)
    borders = style.element.get_or_add_pPr().find(qn("w:pBdr"))
    if borders is not None:
        style.element.pPr.remove(borders)
    shape.space_before, shape.space_after = Pt(face.before), Pt(0)
    shape.alignment = WD_ALIGN_PARAGRAPH.CENTER if face.centre else (
        WD_ALIGN_PARAGRAPH.JUSTIFY if face.indent else WD_ALIGN_PARAGRAPH.LEFT
    )  # fmt: skip
    if face.line is not None:
        shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        shape.line_spacing = Pt(face.line)
    if kind in ("h1", "h2", "h3"):
        shape.keep_with_next = True
    if face.indent or style.name != "List Bullet":  # whose hanging indent is its own
        set_indent(style.element.get_or_add_pPr(), face)


def set_fonts(properties: Any, face: Face) -> None:
    """Name the faces of both scripts in run properties; themes are taken out."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    fonts.attrib.clear()
    for slot, name in (
        ("ascii", face.latin),
        ("hAnsi", face.latin),
        ("cs", face.latin),
        ("eastAsia", face.east),
    ):
        fonts.set(qn(f"w:{slot}"), name)


def set_indent(properties: Any, face: Face) -> None:
    """Two characters at the beginning, said in characters and in points."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    indent = properties.find(qn("w:ind"))
    if indent is None:
        indent = OxmlElement("w:ind")
        properties.append(indent)
    indent.attrib.clear()
    indent.set(qn("w:firstLineChars"), "200" if face.indent else "0")
    indent.set(qn("w:firstLine"), str(round(2 * face.size * 20)) if face.indent else "0")


def _set_language(root: Any, lang: Lang) -> None:
    """Chinese punctuation sits right only where the document says that it is Chinese.

    Latin letters and figures are never said to be Chinese: a reader would then break a year or a
    unit anywhere, as it breaks Chinese.
    """
    from docx.oxml.ns import qn

    for found in root.iter(qn("w:lang")):
        found.set(qn("w:eastAsia"), "zh-CN")
        found.set(qn("w:val"), "en-US" if lang == "zh" else "en-GB")
