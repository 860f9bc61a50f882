"""A briefing as a PDF, set by Typst; every word is given to it as a string, never as markup."""

from __future__ import annotations

import re
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from haihe.errors import EnvironmentFault
from haihe.text import Lang
from haihe_viz.briefing_blocks import Block, Break, Grid, Picture, Pieces
from haihe_viz.briefing_ledger import Piece
from haihe_viz.briefing_manifest import Manifest, write_manifest
from haihe_viz.static_png import require_chinese_font
from haihe_viz.static_svg import draw_figure

ATTACHED = "haihe-briefing.json"
SONG = '("Times New Roman", "Liberation Serif", "FangSong", "仿宋_GB2312", "Noto Serif CJK SC", "Source Han Serif SC", "SimSun")'
HEI = '("Arial", "Liberation Sans", "SimHei", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei")'
HEAD = """
#set document(title: {title}, author: "haihe")
#set page(paper: "a4", margin: (top: 37mm, bottom: 35mm, left: 28mm, right: 26mm),
  footer: context align({side}, text(size: 10.5pt)[{dash}#counter(page).display(){dash}]))
#set text(font: {body}, size: {size}pt, lang: "{lang}", region: "{region}")
#set par(leading: {leading}em, spacing: {leading}em, justify: true, first-line-indent: (amount: {indent}em, all: true))
#show heading: set text(font: {heads})
#show heading: set par(first-line-indent: 0pt)
#show heading.where(level: 1): it => align(center, block(below: 1.4em, text(size: 20pt, it.body)))
#show heading.where(level: 2): it => block(above: 1.5em, below: .9em, text(size: {h2}pt, it.body))
#show heading.where(level: 3): it => block(above: 1.2em, below: .8em, text(size: {h3}pt, it.body))
#show figure: set block(breakable: false)
#set table(stroke: (x, y) => (bottom: if y == 0 {{ 0.8pt }} else {{ 0.3pt + gray }}), inset: (x: 4pt, y: 4pt))
#let cells(body) = {{ set text(size: 9pt); set par(first-line-indent: 0pt, leading: .5em, justify: false); body }}
#let note(body) = block(above: 1em, {{ set text(size: 9pt, fill: luma(90)); set par(first-line-indent: 0pt, leading: .55em); body }})
#pdf.attach("{attached}", relationship: "data", mime-type: "application/json", description: "haihe briefing")
"""


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
            "a PDF needs typst", "install haihe with the extra `briefings`, or ask for .html"
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
    zh = lang == "zh"
    return HEAD.format(
        title=_string(title), side="center", dash="— " if zh else "", body=SONG if zh else HEI,
        heads=HEI, size=14 if zh else 10.5, lang=lang, region="cn" if zh else "gb",
        leading=0.95 if zh else 0.7, indent=2 if zh else 0, h2=15 if zh else 13, h3=14 if zh else 11.5,
        attached=ATTACHED,
    ).replace('display()— ]', 'display() —]')  # fmt: skip


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
    return f"#{caption}\n#cells({table})"


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
