"""What tells early that a target will be missed: plain values for tables and charts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haihe.text import Text

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with Wilson's interval at 95 %."""

    share: float
    low: float
    high: float
    count: int
    """Of how many."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One observable in one year with a threshold; rates are of futures that did not choose it."""

    outcome: str
    title: Text
    unit: str
    year: float
    threshold: float
    """In the unit shown to people."""
    above: bool
    """Whether values above the threshold raise the alarm; else those below."""
    false_alarm: Rate
    """Share of the futures that meet the target in which it is raised."""
    miss: Rate
    """Share of the futures that miss the target in which it is not raised."""
    auc: float
    """Chance that a miss looks worse than a hit: 0.5 tells nothing, 1 all."""
    roc: FloatArray
    """False-alarm and hit rate (2, point) for every threshold."""
    good: bool
    """Whether both rates are within the limit."""


@dataclass(frozen=True, slots=True)
class Course:
    """An observable over time in the futures that meet a target, and in those that miss it."""

    outcome: str
    title: Text
    unit: str
    digits: int
    years: FloatArray
    met: FloatArray
    """5 %, 50 % and 95 % of the futures (3, year)."""
    missed: FloatArray


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """All that can be said in time about one target."""

    target: str
    title: Text
    year: int
    """Year of the target."""
    asked: Text
    """`at least 16%`."""
    scenario: Text
    futures: int
    probability: float
    """Share of the futures that meet the target."""
    limit: float
    """Rates above it are not accepted."""
    first: Signal | None
    """The earliest signal with both rates within the limit; None where there is none."""
    by_year: tuple[Signal, ...]
    """The best observable of each year, by the futures that choose."""
    rivals: tuple[Signal, ...]
    """Other observables in the year of `first`, or in the last year, best first."""
    course: Course | None
    """Of the observable of `first`, or of the best in the last year."""
    reason: Text
    """Why nothing can tell; empty where something can."""
