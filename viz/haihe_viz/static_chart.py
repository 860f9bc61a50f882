"""Charts as values: what is drawn, apart from how. One value serves SVG, slides and tables."""

from __future__ import annotations

from dataclasses import dataclass

from haihe.text import Lang, Text

Points = tuple[tuple[float, float], ...]
"""(year, value), finite, in the order of the years."""


@dataclass(frozen=True, slots=True)
class Line:
    """One course."""

    name: str
    points: Points
    role: str = "other"
    """"scenario", "baseline", "observed" or "other": how it is drawn."""


@dataclass(frozen=True, slots=True)
class Band:
    """What nine futures in ten lie within."""

    name: str
    low: Points
    high: Points


@dataclass(frozen=True, slots=True)
class Mark:
    """A target: a value in a year."""

    name: str
    year: float
    value: float


@dataclass(frozen=True, slots=True)
class LineChart:
    """Courses over the years."""

    unit: str
    lines: tuple[Line, ...]
    band: Band | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, from 0 or from where the one before it ended."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    total: bool = False
    """A sum or an end: it stands on zero, in another colour."""
    note: str = ""
    """Stands behind the number."""


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars that lie, one below the other; steps of a waterfall where `chained`."""

    unit: str
    bars: tuple[Bar, ...]
    digits: int = 1
    chained: bool = False
    ends: tuple[float, float] | None = None
    """Ends of the axis; None: from what is drawn."""
    starts: float = 0.0


Chart = LineChart | BarChart


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of a document with all that stands around it."""

    name: str
    chart: Chart
    caption: str
    alt: str
    source: str
    lang: Lang
    data: tuple[tuple[str, ...], ...]
    """Its numbers as a table, heads first."""
    show_data: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a document; a cell is text, or stands for a value by its token."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()
    """Shares of the width; () for equal ones."""
    numeric: tuple[int, ...] = ()
    """Columns that stand to the right."""


EMPTY = Text("无数据", "no data")
