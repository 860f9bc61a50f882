"""A model explained, as values: what its documentation says, in whichever form it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from haihe.results.stock_flow import Picture
from haihe.text import Text


@dataclass(frozen=True, slots=True)
class EquationLine:
    """One equation of a variable."""

    subs: tuple[str, ...]
    math: Text
    """MathML; the model's text in it is escaped."""
    words: Text
    """Plain text."""


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One number of a constant."""

    element: tuple[str, ...]
    value: float
    unit: str
    low: float | None
    high: float | None
    grade: str
    source: str
    file: str


@dataclass(frozen=True, slots=True)
class OutcomeMark:
    """An outcome that a variable is shown under."""

    id: str
    title: Text
    grade: str
    source: Text
    caveat: Text


@dataclass(frozen=True, slots=True)
class VariableEntry:
    """One variable."""

    name: str
    title: Text
    kind: str
    """"stock", "flow", "auxiliary", "constant", "lookup", "data", or "lever", "driver"."""
    units: str
    dims: tuple[str, ...]
    limits: tuple[float | None, float | None]
    doc: Text
    equation: str
    """As the model writes it."""
    lines: tuple[EquationLine, ...]
    values: tuple[ValueRow, ...]
    reads: tuple[str, ...]
    read_by: tuple[str, ...]
    outcomes: tuple[OutcomeMark, ...]
    where: str

    @property
    def grade(self) -> str:
        """Worst grade of its numbers; empty where it has none of its own."""
        return max((row.grade for row in self.values), default="")

    @property
    def slug(self) -> str:
        """Its name as an anchor."""
        letters = (c if c.isalnum() else "-" for c in self.name.casefold())
        return "v-" + "".join(letters)


@dataclass(frozen=True, slots=True)
class LoopEntry:
    """One feedback loop that the model can switch off."""

    id: str
    """R1, B2, …"""
    title: Text
    reinforcing: bool
    switch: str
    on: bool
    variables: tuple[str, ...]
    """From cause to effect: the shortest way round through the link that the switch cuts; ()
    where the switch cuts none."""
    direction: Text
    """What happens when it is cut, where a check of the model says it."""


@dataclass(frozen=True, slots=True)
class SubsystemEntry:
    """One group of the model file."""

    name: str
    slug: str
    title: Text
    variables: tuple[VariableEntry, ...]
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class ModelDocument:
    """All of it."""

    name: str
    title: Text
    digest: str
    time: Text
    """Years and step, in a sentence."""
    subsystems: tuple[SubsystemEntry, ...]
    loops: tuple[LoopEntry, ...]
    outcomes: Mapping[str, tuple[OutcomeMark, ...]]
    """By grade, the worst first."""
    grades: Mapping[str, int]
    """Numbers by grade."""
