"""A briefing as one HTML file that asks nobody for anything, and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser
from importlib import resources

from haihe.text import Lang, Text
from haihe_viz.briefing_blocks import Block, Break, Grid, Picture, Pieces, Words
from haihe_viz.briefing_manifest import Manifest, pack_text, write_manifest
from haihe_viz.static_svg import draw_figure

DATA = Text("数据", "Data")


def render_html(
    blocks: Sequence[Block], manifest: Manifest, title: str, footer: str, lang: Lang
) -> str:
    """The whole file."""
    tag = "zh-CN" if lang == "zh" else "en"
    body = "\n".join(_block(block, lang) for block in _list_grouped(blocks))
    return (
        f'<!DOCTYPE html>\n<html lang="{tag}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{read_style()}</style>\n</head>\n<body>\n<main>\n"
        f"{body}\n</main>\n<footer><p>{escape(footer)}</p></footer>\n"
        f'<script type="application/json" id="haihe-briefing">{write_manifest(manifest)}</script>\n'
        "</body>\n</html>\n"
    )


def read_style() -> str:
    """The look of the page."""
    place = resources.files("haihe_viz") / "templates" / "briefings" / "briefing.css"
    return place.read_text(encoding="utf-8")


def _list_grouped(blocks: Sequence[Block]) -> list[Block | list[Words]]:
    """Lines of a list together."""
    found: list[Block | list[Words]] = []
    for block in blocks:
        if isinstance(block, Words) and block.kind == "li":
            if found and isinstance(found[-1], list):
                found[-1].append(block)
            else:
                found.append([block])
        else:
            found.append(block)
    return found


def _block(block: Block | list[Words], lang: Lang) -> str:
    if isinstance(block, list):
        return "<ul>" + "".join(f"<li>{_pieces(one.pieces)}</li>" for one in block) + "</ul>"
    if isinstance(block, Break):
        return "<hr>"
    if isinstance(block, Grid):
        return _grid(block)
    if isinstance(block, Picture):
        return _picture(block, lang)
    if block.kind == "note":
        return f'<p class="note">{_pieces(block.pieces)}</p>'
    return f"<{block.kind}>{_pieces(block.pieces)}</{block.kind}>"


def _pieces(pieces: Pieces) -> str:
    made = []
    for piece in pieces:
        text = escape(piece.text)
        if piece.id is not None:
            text = f'<data value="{piece.id}" class="haihe">{text}</data>'
        made.append(f"<strong>{text}</strong>" if piece.bold else text)
    return "".join(made)


def _grid(grid: Grid) -> str:
    sides = [' class="n"' if i in grid.numeric else "" for i in range(len(grid.heads))]
    heads = "".join(f'<th scope="col"{s}>{escape(h)}</th>' for h, s in zip(grid.heads, sides))
    rows = "".join(
        "<tr>" + "".join(f"<td{s}>{_pieces(cell)}</td>" for cell, s in zip(row, sides)) + "</tr>"
        for row in grid.rows
    )
    caption = f"<caption>{escape(grid.caption)}</caption>" if grid.caption else ""
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _picture(picture: Picture, lang: Lang) -> str:
    figure = picture.figure
    heads, *rows = figure.data
    numbers = "".join(
        "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows
    )
    table = (
        f"<details{' open' if figure.show_data else ''}><summary>{DATA.get(lang)}</summary>"
        "<table><thead><tr>"
        + "".join(f"<th>{escape(h)}</th>" for h in heads)
        + f"</tr></thead><tbody>{numbers}</tbody></table></details>"
    )
    return (
        f'<figure id="haihe-{picture.id}">{draw_figure(figure)}<figcaption>{escape(figure.caption)}'
        f"<small>{escape(figure.source)}</small></figcaption>{table}</figure>"
    )


class _Reader(HTMLParser):
    """Takes the manifest and every bound number out of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.manifest, self.found, self.words = "", dict[int, list[str]](), list[str]()
        self._inside: int | None = None
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        if tag == "script" and about.get("id") == "haihe-briefing":
            self._script = True
        if tag == "data" and about.get("class") == "haihe" and str(about.get("value")).isdigit():
            self._inside = int(str(about["value"]))
            self.found.setdefault(self._inside, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = False
        if tag == "data":
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._script:
            self.manifest += data
        else:
            self.words.append(data)
            if self._inside is not None:
                self.found[self._inside][-1] += data


def read_html(text: str) -> tuple[str, dict[int, list[str]], str]:
    """Manifest as JSON ("" where there is none), bound numbers as they stand, all words."""
    reader = _Reader()
    reader.feed(text)
    return reader.manifest, reader.found, "".join(reader.words)


# --- Markdown

MARK = "haihe-briefing"


def render_markdown(blocks: Sequence[Block], manifest: Manifest, footer: str, lang: Lang,
                    pictures: dict[int, str]) -> str:  # fmt: skip
    """The text; pictures lie beside it.

    Parameters
    ----------
    pictures
        By number of an entry: path of its picture, as the text refers to it.
    """
    parts = [_markdown(block, pictures, lang) for block in blocks]
    text = "\n\n".join(part for part in parts if part)
    text = re.sub(r"(?m)^(- .*)\n\n(?=- )", r"\1\n", text)
    return f"{text}\n\n---\n\n{_escape(footer)}\n\n<!-- {MARK} {pack_text(manifest)} -->\n"


def _markdown(block: Block, pictures: dict[int, str], lang: Lang) -> str:
    if isinstance(block, Break):
        return ""
    if isinstance(block, Grid):
        heads = [_escape(head) for head in block.heads]
        rows = [["".join(_escape(p.text) for p in cell) for cell in row] for row in block.rows]
        caption = f"**{_escape(block.caption)}**\n\n" if block.caption else ""
        return caption + _pipe(heads, rows, block.numeric)
    if isinstance(block, Picture):
        figure = block.figure
        heads, rows = (
            [_escape(c) for c in figure.data[0]],
            [[_escape(c) for c in r] for r in figure.data[1:]],
        )
        table = f"\n\n{_pipe(heads, rows, tuple(range(1, len(heads))))}" if figure.show_data else ""
        return (f"![{_escape(figure.alt)}]({pictures[block.id]})\n\n*{_escape(figure.caption)}* "
                f"{_escape(figure.source)}{table}")  # fmt: skip
    lead = {"h1": "# ", "h2": "## ", "h3": "### ", "li": "- ", "note": "> ", "p": ""}[block.kind]
    words = "".join(
        f"**{_escape(p.text)}**" if p.bold and p.text.strip() == p.text else _escape(p.text)
        for p in block.pieces
    )
    return lead + words


def _pipe(heads: list[str], rows: list[list[str]], numeric: Sequence[int]) -> str:
    rule = ["---:" if i in numeric else "---" for i in range(len(heads))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, rule, *rows])


def _escape(text: str) -> str:
    """Text that Markdown reads as text; HTML in it is text too."""
    text = re.sub(r"\s", " ", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]#|~$!{}])", r"\\\1", text)


def read_markdown(text: str) -> tuple[str, str]:
    """Packed manifest ("" where there is none), and the text without it."""
    found = re.search(rf"<!-- {MARK} ([A-Za-z0-9+/=]+) -->", text)
    return (found[1], text[: found.start()]) if found else ("", text)
