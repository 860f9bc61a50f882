"""A YAML file as a tree that remembers where everything stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from haihe.errors import InputError, Location
from haihe.text import Words


@dataclass(frozen=True, slots=True)
class Source:
    """The text that a tree was read from."""

    file: str
    """Path as it should be shown."""
    lines: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a source, from 1."""

    source: Source
    line: int
    column: int

    @property
    def where(self) -> Location:
        """The position as an error wants it."""
        return Location(self.source.file, self.line, self.column)

    @property
    def shown(self) -> str:
        """The line itself, shortened."""
        lines = self.source.lines
        text = lines[self.line - 1].strip() if 0 < self.line <= len(lines) else ""
        text = "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in text[:200])
        return text if len(text) <= 100 else text[:99] + "…"


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a YAML file."""

    place: Place

    @property
    def where(self) -> Location:
        """Where it stands."""
        return self.place.where

    def error(
        self, problem: Words, expected: Words = "", suggestions: tuple[str, ...] = ()
    ) -> InputError:
        """An error at this place, with the line shown."""
        return InputError(problem, self.where, expected, suggestions, self.place.shown)


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A number, a text, true, false or nothing: still as written."""

    text: str
    quoted: bool
    """In quotes or a block: never a number."""


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """Keys and values, in the order of the file; no key twice."""

    pairs: tuple[tuple[Scalar, Node], ...]

    def get(self, key: str) -> Node | None:
        """Value of a key; None where it is not there."""
        return next((value for name, value in self.pairs if name.text == key), None)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.pairs)
