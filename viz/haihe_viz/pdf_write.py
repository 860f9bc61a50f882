"""A briefing as a PDF, set by Typst; every word is given to it as a string, never as markup."""

from __future__ import annotations

import re
import tempfile
import zlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from haihe.errors import EnvironmentFault
from haihe.text import Lang, Text
from haihe_viz.briefing_blocks import Block, Break, Grid, Picture, Pieces
from haihe_viz.briefing_ledger import Piece
from haihe_viz.briefing_manifest import Manifest, write_manifest
from haihe_viz.static_png import require_chinese_font
from haihe_viz.static_svg import draw_figure

ATTACHED = "haihe-briefing.json"
TOGETHER = 14
"""Longest table that stays on one page [rows]."""
SONG = (
    '("Times New Roman", "Liberation Serif", "FangSong", "仿宋_GB2312", "Noto Serif CJK SC", '
    '"Source Han Serif SC", "SimSun")'
)
HEI = (
    '("Arial", "Liberation Sans", "SimHei", "Noto Sans CJK SC", "Source Han Sans SC", '
    '"Microsoft YaHei")'
)


def render_pdf(
    blocks: Sequence[Block], manifest: Manifest, title: str, footer: str, lang: Lang
) -> bytes:
    """The whole file.

    Raises
    ------
    EnvironmentFault
        Where Typst is not installed, or Chinese would be boxes.
    """
    try:
        import typst
    except ImportError as fault:
        raise EnvironmentFault(
            Text("生成 PDF 需要 typst", "a PDF needs typst"),
            Text(
                "安装 haihe 时加上 `briefings`，或改用 .html",
                "install haihe with the extra `briefings`, or ask for .html",
            ),
        ) from fault
    if lang == "zh":
        require_chinese_font()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / ATTACHED).write_text(write_manifest(manifest), encoding="ascii")
        parts = [_head(title, lang), *(_block(block, root, lang) for block in blocks)]
        parts.append(f"#note({_string(footer)})")
        (root / "main.typ").write_text("\n\n".join(parts), encoding="utf-8")
        made: bytes = typst.compile(str(root / "main.typ"), root=folder)
        return made


def _head(title: str, lang: Lang) -> str:
    """Sizes and faces of a language, then the look that uses them."""
    zh = lang == "zh"
    values = {
        "title": _string(title),
        "attached": _string(ATTACHED),
        "body": SONG if zh else HEI,
        "heads": HEI,
        "size": "14pt" if zh else "10.5pt",
        "second": "15pt" if zh else "13pt",
        "third": "14pt" if zh else "11.5pt",
        "lang": _string(lang),
        "region": _string("cn" if zh else "gb"),
        "leading": "0.95em" if zh else "0.7em",
        "indent": "2em" if zh else "0em",
        "dash": _string("—" if zh else ""),
    }
    place = resources.files("haihe_viz") / "templates" / "briefings" / "briefing.typ"
    lets = "\n".join(f"#let haihe-{name} = {value}" for name, value in values.items())
    return f"{lets}\n{place.read_text(encoding='utf-8')}"


def _string(text: str) -> str:
    """A text as a string of Typst."""
    out = ['"']
    for sign in " ".join(text.split("\n")):
        if sign in '"\\':
            out.append("\\" + sign)
        elif ord(sign) < 32 or sign in "\u2028\u2029":
            out.append(" ")
        else:
            out.append(sign)
    return "".join([*out, '"'])


def _pieces(pieces: Pieces) -> str:
    """Words as content: one string after the other."""
    made = [f"strong({_string(p.text)})" if p.bold else _string(p.text) for p in pieces]
    return "{ " + "; ".join(made) + " }" if made else "[]"


def _block(block: Block, root: Path, lang: Lang) -> str:
    if isinstance(block, Break):
        return "#pagebreak(weak: true)"
    if isinstance(block, Grid):
        return _grid(block)
    if isinstance(block, Picture):
        return _picture(block, root)
    words = _pieces(block.pieces)
    if block.kind.startswith("h"):
        return f"#heading(level: {block.kind[1]}, {words})"
    if block.kind == "note":
        return f"#note({words})"
    if block.kind == "li":
        return f"#list({words})" if lang == "en" else f"#par({words})"
    return f"#par({words})"


def _grid(grid: Grid) -> str:
    columns = ", ".join(f"{width:.4f}fr" for width in grid.widths)
    sides = ", ".join("right" if i in grid.numeric else "left" for i in range(len(grid.heads)))
    heads = ", ".join(f"strong({_string(head)})" for head in grid.heads)
    rows = ",\n".join(", ".join(_pieces(cell) for cell in row) for row in grid.rows)
    table = f"table(columns: ({columns}), align: ({sides}), table.header({heads}),\n{rows})"
    caption = "none"
    if grid.caption:
        caption = (
            "block(above: 1.2em, sticky: true, width: 100%, { set par(first-line-indent: 0pt); "
            f"set align(center); text(size: 10pt, strong({_string(grid.caption)})) }})"
        )
    together = "true" if len(grid.rows) > TOGETHER else "false"
    return f"#block(breakable: {together}, width: 100%, {{\n{caption}\ncells({table})\n}})"


def _picture(picture: Picture, root: Path) -> str:
    figure = picture.figure
    name = f"picture-{picture.id}.svg"
    (root / name).write_text(draw_figure(figure), encoding="utf-8")
    data = ""
    if figure.show_data:
        heads, *rows = figure.data
        cells = tuple(tuple((Piece(cell),) for cell in row) for row in rows)
        count = len(heads)
        data = "\n\n" + _grid(
            Grid("", heads, cells, tuple([1 / count] * count), tuple(range(1, count)))
        )
    return (
        "#block(breakable: false, above: 1.2em, below: 1.2em, width: 100%, {\n"
        "set par(first-line-indent: 0pt, leading: .6em)\nset align(center)\n"
        f'image("{name}", width: 100%, alt: {_string(figure.alt)})\n'
        f"text(size: 10pt, strong({_string(figure.caption)}))\nlinebreak()\n"
        f"text(size: 8.5pt, fill: luma(90), {_string(figure.source)})\n}}){data}"
    )


def read_pdf(content: bytes) -> str:
    """The manifest that is attached to a PDF, as JSON; "" where there is none."""
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", content, re.S):
        blob = match[1]
        try:
            opened = zlib.decompressobj()
            text = opened.decompress(blob, 50_000_000)
        except zlib.error:
            text = blob
        if text[:40].startswith(b'{"format":"haihe briefing'):
            return text.decode("ascii", errors="replace")
    return ""
