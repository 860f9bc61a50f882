"""Why did it change? What differs between two runs, what moved, and through which variables.

Plain values, so that a chart, a table and a page say the same. `A` is the first run, `B` the
second; a change is B less A.
"""

from __future__ import annotations

from dataclasses import dataclass

from haihe.text import Text

KINDS = {
    "lever": Text("杠杆", "lever"),
    "driver": Text("驱动", "driver"),
    "parameter": Text("参数", "parameter"),
    "initial": Text("初值", "initial value"),
    "forced": Text("强制给定", "forced"),
    "time": Text("时间轴", "time axis"),
    "constant": Text("常数", "constant"),
    "equation": Text("方程", "equation"),
    "table": Text("表函数", "table"),
    "unit": Text("单位", "unit"),
    "limits": Text("限值", "limits"),
    "added": Text("新增", "added"),
    "removed": Text("删除", "removed"),
    "data": Text("数据", "data"),
}
"""Kinds of inputs, in words."""


@dataclass(frozen=True, slots=True)
class InputChange:
    """One input that differs."""

    name: str
    """Variable of the model, or file of its data."""
    title: Text
    kind: str
    """"lever", "driver", "parameter", "initial", "forced", "time"; for models "constant",
    "equation", "table", "unit", "limits", "added", "removed", "data"."""
    unit: str
    a: str
    """What A has, as it is shown; with the elements that differ."""
    b: str
    where_a: str
    """file:line that says so; "" where it is the model's own value."""
    where_b: str
    alone: float | None = None
    """Change of the traced outcome where this input alone is B's and all else is A's."""
    last: float | None = None
    """Change of it where this input is the last to be made B's."""

    @property
    def effect(self) -> float | None:
        """Mean of the two: a first ranking, not an attribution."""
        if self.alone is None or self.last is None:
            return None
        return 0.5 * (self.alone + self.last)


@dataclass(frozen=True, slots=True)
class OutcomeMove:
    """How far one outcome moved."""

    id: str
    title: Text
    unit: str
    digits: int
    headline: bool
    year: float
    """Year that the numbers below are of."""
    a: float
    b: float
    size: float
    """Greatest difference of any element in the year, as a share of the greatest value that either
    run ever has."""
    peak: float
    """The same over all years."""
    peak_year: float
    years: tuple[float, ...] = ()
    values_a: tuple[float, ...] = ()
    """(year,): summed over elements (shares: their mean), for a chart."""
    values_b: tuple[float, ...] = ()

    @property
    def change(self) -> float:
        """B less A, in the unit for people."""
        return self.b - self.a


@dataclass(frozen=True, slots=True)
class TraceNode:
    """A variable on the way from inputs to the outcome."""

    name: str
    title: Text
    unit: str
    kind: str
    """"outcome", "stock", "variable", "input" or "equation"."""
    a: float
    """Value in A in the year: the sum over its elements, the mean of shares."""
    b: float
    through: float
    """Change of the outcome, in its unit, that passes through this variable."""
    distance: int
    """Links to the outcome, by the shortest way that matters."""


@dataclass(frozen=True, slots=True)
class TraceEdge:
    """What one variable passes on to another, in the outcome's unit."""

    cause: str
    effect: str
    amount: float


@dataclass(frozen=True, slots=True)
class Trace:
    """Where the change of one outcome in one year comes from."""

    outcome: str
    title: Text
    unit: str
    year: float
    a: float
    b: float
    nodes: tuple[TraceNode, ...]
    """The outcome first, then by how much passes through them."""
    edges: tuple[TraceEdge, ...]
    sources: tuple[tuple[str, float], ...]
    """Changed inputs and what each brings, greatest first; with `rest` they sum up to the
    change."""
    rest: float
    """What was not followed to an input: branches too small, loops cut short."""

    @property
    def change(self) -> float:
        """B less A."""
        return self.b - self.a


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer to `why did it change?`."""

    a: str
    b: str
    title_a: Text
    title_b: Text
    same: bool
    """No input differs and no number."""
    inputs: tuple[InputChange, ...]
    """Those that matter most first, where that was looked at."""
    outcomes: tuple[OutcomeMove, ...]
    """Those that moved most first; what did not move is left out."""
    unmoved: int
    """Outcomes that are the same in both, to the last digit."""
    trace: Trace | None
    sentence: Text
    notes: tuple[Text, ...] = ()
