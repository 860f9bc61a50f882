"""What a briefing says, expression by expression: every number keeps the call that made it.

While a template is filled in, each value stands in the text as a token, two private characters
around a number. Text of any writer is thus never read as markup of any format: the token is
resolved where the text is written, and there it is text. Words that hold such characters lose them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

OPEN, CLOSE = "\ue000", "\ue001"
TOKEN = re.compile(f"{OPEN}([0-9]+){CLOSE}")
_PRIVATE = re.compile(
    "[\ue000-\uf8ff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
"""Also what no XML may hold, halves of signs, and what turns the direction of writing."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A value in the text: its words, and the token that stands for them."""

    id: int
    text: str

    def __str__(self) -> str:
        return f"{OPEN}{self.id}{CLOSE}"

    def __html__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Entry:
    """One value and how it was made."""

    id: int
    text: str
    call: str = ""
    """Function of the template; "" for words that are not bound to a number."""
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    block: object = None
    """A figure or a table that stands in the token's place."""
    place: str = ""

    @property
    def expression(self) -> str:
        """As one would write it in a template."""
        options = [f"{key}={value!r}" for key, value in self.options.items()]
        return f"{self.call}({', '.join([*map(repr, self.args), *options])})"


class Ledger:
    """All values of one briefing, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, text: str, call: str = "", args: tuple[Any, ...] = (),
            options: Mapping[str, Any] | None = None, block: object = None) -> Phrase:  # fmt: skip
        """Take a value in and give what stands for it."""
        entry = Entry(len(self.entries), clean_text(text), call, args, dict(options or {}), block)
        self.entries.append(entry)
        return Phrase(entry.id, entry.text)

    def resolve(self, text: str) -> str:
        """Text with every token replaced by its words."""
        return "".join(piece.text for piece in self.split(text))

    def split(self, text: str) -> Iterator[Piece]:
        """Text cut at its tokens."""
        end = 0
        for match in TOKEN.finditer(text):
            if match.start() > end:
                yield Piece(clean_text(text[end : match.start()]))
            number = int(match[1])
            if number < len(self.entries):
                entry = self.entries[number]
                yield Piece(entry.text, entry.id if entry.call else None)
            end = match.end()
        if end < len(text):
            yield Piece(clean_text(text[end:]))


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and the entry that it comes from where it is bound to one."""

    text: str
    id: int | None = None
    bold: bool = False


Value = TypeVar("Value")


def clean_value(value: Value) -> Value:
    """A frozen value in which every text is clean."""
    made: Any = value
    if isinstance(value, str):
        made = clean_text(value)
    elif isinstance(value, tuple):
        made = tuple(clean_value(one) for one in value)
    elif is_dataclass(value) and not isinstance(value, type):
        own = {one.name: clean_value(getattr(value, one.name)) for one in fields(value)}
        made = replace(value, **own)
    result: Value = made
    return result


def clean_text(text: str) -> str:
    """Text without private characters, without what XML refuses, without turned writing."""
    return _PRIVATE.sub("", text)
