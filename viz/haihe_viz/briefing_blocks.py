"""A filled-in text as the parts of a document.

What is read as markup is the template's own: values are still tokens here. Known are `#` headings,
`-` lists, `>` notes, `**bold**`, `---` for a new page or slide, and a figure or a table on a line
of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from haihe_viz.briefing_ledger import TOKEN, Ledger, Piece
from haihe_viz.static_chart import Figure, Sheet

BOLD = re.compile(r"\*\*(.+?)\*\*", re.S)
HEAD = re.compile(r"(#{1,3})\s+(.*)")
WIDE = re.compile("[\u2e80-\u9fff\uff00-\uffef]")

Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A heading, a paragraph, a line of a list or a note."""

    kind: str
    """"h1", "h2", "h3", "p", "li" or "note"."""
    pieces: Pieces

    @property
    def text(self) -> str:
        """Without what it is bound to."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Pieces, ...], ...]
    widths: tuple[float, ...]
    numeric: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure, and the entry that it is bound to."""

    id: int
    figure: Figure


@dataclass(frozen=True, slots=True)
class Break:
    """A new page or slide."""


Block = Words | Grid | Picture | Break


def read_blocks(text: str, ledger: Ledger) -> tuple[Block, ...]:
    """Cut a filled-in text into blocks."""
    return tuple(_read(text, ledger))


def _read(text: str, ledger: Ledger) -> Iterator[Block]:
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        bare = line.strip()
        token = TOKEN.fullmatch(bare)
        entry = (
            ledger.entries[int(token[1])] if token and int(token[1]) < len(ledger.entries) else None
        )
        own = entry is not None and entry.block is not None
        head, item = HEAD.fullmatch(bare), bare.startswith(("- ", "> "))
        if (not bare or own or head or item or bare == "---") and lines:
            yield _words("p", _join(lines), ledger)
            lines = []
        if own and entry is not None:
            yield _block(entry.id, entry.block, ledger)
        elif bare == "---":
            yield Break()
        elif head:
            yield _words(f"h{len(head[1])}", head[2], ledger)
        elif item:
            yield _words("li" if bare[0] == "-" else "note", bare[2:].strip(), ledger)
        elif bare:
            lines.append(bare)


def _join(lines: Sequence[str]) -> str:
    """Lines of a paragraph: a blank between them, but for Chinese."""
    text = lines[0]
    for line in lines[1:]:
        text += ("" if WIDE.match(text[-1]) or WIDE.match(line[0]) else " ") + line
    return text


def _words(kind: str, text: str, ledger: Ledger) -> Words:
    return Words(kind, split_bold(text, ledger))


def split_bold(text: str, ledger: Ledger) -> Pieces:
    """Pieces of a text; what stands between two pairs of stars is bold."""
    pieces: list[Piece] = []
    for number, part in enumerate(BOLD.split(text)):
        bold = number % 2 == 1
        pieces += [replace(piece, bold=bold) for piece in ledger.split(_plain(part))]
    return tuple(piece for piece in pieces if piece.text)


def _plain(text: str) -> str:
    """What autoescape did to the template's own words is undone; tokens are no markup."""
    for written, meant in (
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#34;", '"'),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ):
        text = text.replace(written, meant)
    return text


def _block(number: int, block: object, ledger: Ledger) -> Block:
    if isinstance(block, Figure):
        return Picture(number, block)
    assert isinstance(block, Sheet)
    rows = tuple(tuple(tuple(ledger.split(cell)) for cell in row) for row in block.rows)
    count = len(block.heads)
    widths = block.widths or tuple([1 / count] * count)
    return Grid(block.caption, block.heads, rows, widths, block.numeric)


def list_pieces(blocks: Sequence[Block]) -> Iterator[tuple[int, Piece]]:
    """Every bound piece with the number of its block; pictures count as such."""
    for number, block in enumerate(blocks):
        if isinstance(block, Words):
            yield from ((number, piece) for piece in block.pieces if piece.id is not None)
        elif isinstance(block, Grid):
            for row in block.rows:
                yield from ((number, p) for cell in row for p in cell if p.id is not None)
        elif isinstance(block, Picture):
            yield number, Piece(block.figure.caption, block.id)
