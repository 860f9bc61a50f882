"""What is kept of a course: all of it, a year, a period, its peak."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from haihe.model.types import FloatArray
from haihe.scenario.study import Savings


@dataclass(frozen=True, slots=True)
class Reduction:
    """How a course becomes one number, or stays what it is."""

    how: str = ""
    """"at", "mean", "sum", "min", "max", "peak", "peak year"; "" for the whole course."""
    years: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """How the name of a summary ends; "" for the whole course."""
        if self.how == "at":
            return f"at {self.years[0]:g}"
        if self.years:
            return f"{self.years[0]:g}-{self.years[1]:g} {self.how}"
        return self.how


def list_reductions(savings: Savings) -> Iterator[Reduction]:
    """What a study saves of each outcome."""
    if savings.years is None:
        yield Reduction()
    for year in savings.years or ():
        yield Reduction("at", (year,))
    for period in savings.periods:
        yield Reduction(period.statistic, (period.start, period.stop))
    if savings.peak:
        yield Reduction("peak")
        yield Reduction("peak year")


def reduce_values(values: FloatArray, times: FloatArray, reduction: Reduction) -> FloatArray:
    """Reduce values (member, time, *dims) to (member, *dims), or leave them as they are.

    Years are added up one after the other, so that a member has the same bits alone.
    """
    if reduction.how == "":
        return values
    if reduction.how == "peak":
        return np.asarray(values.max(axis=1))
    if reduction.how == "peak year":
        return np.asarray(times[values.argmax(axis=1)])
    if reduction.how == "at":
        return np.asarray(values[:, _find(times, reduction.years[0])])
    first, last = (_find(times, year) for year in reduction.years)
    span = values[:, first : last + 1]
    if reduction.how in ("min", "max"):
        return np.asarray(span.min(axis=1) if reduction.how == "min" else span.max(axis=1))
    total = np.zeros_like(span[:, 0])
    for place in range(span.shape[1]):
        total += span[:, place]
    return total / span.shape[1] if reduction.how == "mean" else total


def _find(times: FloatArray, year: float) -> int:
    return int(np.abs(times - year).argmin())
