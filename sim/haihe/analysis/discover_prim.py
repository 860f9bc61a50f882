"""The patient rule induction method: boxes in which cases are dense, peeled a little at a time.

From all members, the twentieth part is taken off that raises the share of cases most for what it
costs, again and again: that gives a way from large to pure. Of the boxes on it one is chosen, the
restrictions that do not matter are lifted, and its walls are moved out again where that loses
nothing.

Sources
-------
Friedman, Fisher (1999), Statistics and Computing 9, 123-143, doi:10.1023/A:1008894516817.
Bryant, Lempert (2010), Technological Forecasting and Social Change 77, 34-49,
doi:10.1016/j.techfore.2009.08.002 (coverage, density, quasi-p-values).
Kwakkel, Jaxa-Rozen (2016), Environmental Modelling & Software 79, 311-321,
doi:10.1016/j.envsoft.2015.11.020 (a gain for each member that is given up, so that factors with few
values have no advantage).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from haihe.analysis.discover_table import StoredColumns
from haihe.analysis.select_inputs import FloatArray

Mask = NDArray[np.bool_]

PEEL = 0.05
"""Part of a box that is peeled or pasted at a time."""
LEAST_MASS = 0.03
"""No box is smaller than this part of all members."""
MATTERS = 0.05
"""A restriction whose quasi-p-value is not below this is lifted."""


@dataclass(frozen=True, slots=True)
class Region:
    """A box: ends of intervals (factor,), and which codes of a factor of names are inside."""

    low: tuple[float, ...]
    high: tuple[float, ...]
    only: tuple[frozenset[int] | None, ...]
    """None for a factor of numbers."""

    def restricted(self, sample: Samples) -> tuple[int, ...]:
        """Factors that are restricted."""
        return tuple(f for f in range(len(self.low)) if self.restricts(f, sample))

    def restricts(self, factor: int, sample: Samples) -> bool:
        """Whether the box restricts a factor."""
        only = self.only[factor]
        if only is not None:
            return len(only) < sample.codes[factor]
        return bool(np.isfinite(self.low[factor]) or np.isfinite(self.high[factor]))

    def free(self, factor: int, sample: Samples) -> Region:
        """The same without its restriction of one factor."""
        codes = frozenset(range(sample.codes[factor])) if sample.codes[factor] else None
        return self.narrow(factor, -np.inf, np.inf, codes)

    def narrow(self, factor: int, low: float, high: float, only: frozenset[int] | None) -> Region:
        """The same with another restriction of one factor."""
        return Region(
            _put(self.low, factor, low),
            _put(self.high, factor, high),
            _put(self.only, factor, only),
        )


def _put(values: tuple, place: int, value: object) -> tuple:  # type: ignore[type-arg]
    return (*values[:place], value, *values[place + 1 :])


@dataclass(frozen=True, slots=True)
class Samples:
    """Members among which boxes are sought."""

    x: FloatArray | StoredColumns
    """(member, factor); a factor of names as codes from 0. Boxes are peeled from an array; what is
    only measured may lie in a store."""
    case: Mask
    """(member,)"""
    codes: tuple[int, ...]
    """How many names a factor has; 0 for a factor of numbers."""

    def take(self, rows: NDArray[np.int64] | Mask) -> Samples:
        """Some of the members."""
        x = self.x[rows] if isinstance(self.x, np.ndarray) else self.x.take(rows)
        return replace(self, x=x, case=self.case[rows])

    def load(self) -> Samples:
        """The same with its values in memory."""
        return self if isinstance(self.x, np.ndarray) else replace(self, x=self.x.load())

    def column(self, factor: int) -> FloatArray:
        """Values of one factor (member,)."""
        return self.x[:, factor] if isinstance(self.x, np.ndarray) else self.x.column(factor)

    def whole(self) -> Region:
        """The box that holds every member."""
        count = len(self.codes)
        names = tuple(frozenset(range(n)) if n else None for n in self.codes)
        return Region((-np.inf,) * count, (np.inf,) * count, names)


def find_inside(region: Region, sample: Samples, skip: int = -1) -> Mask:
    """Which members are inside (member,), one factor left out of account if asked.

    Only the factors that the box restricts are looked at.
    """
    inside = np.ones(len(sample.case), dtype=bool)
    for factor in region.restricted(sample):
        if factor == skip:
            continue
        column, only = sample.column(factor), region.only[factor]
        if only is not None:
            inside &= np.isin(column, list(only))
            continue
        if np.isfinite(region.low[factor]):
            inside &= column >= region.low[factor]
        if np.isfinite(region.high[factor]):
            inside &= column <= region.high[factor]
    return inside


def peel_boxes(sample: Samples, part: float = PEEL, least: float = LEAST_MASS) -> list[Region]:
    """Every box on the way from all members to the smallest, the largest first."""
    region = sample.whole()
    found = [region]
    values = sample.load().x
    assert isinstance(values, np.ndarray)
    rows = np.arange(len(sample.case))
    floor = max(least * len(rows), 2)
    while not sample.case[rows].all():
        x, case = values[rows], sample.case[rows]
        best = _best_peel(region, sample, x, case, part, floor)
        if best is None:
            break
        region, kept = best
        rows = rows[kept]
        found.append(region)
    return found


def _best_peel(
    region: Region, sample: Samples, x: FloatArray, case: Mask, part: float, floor: float
) -> tuple[Region, Mask] | None:
    """The peel that gains most for each member given up; None where none gains anything."""
    best: tuple[Region, Mask] | None = None
    most = 0.0
    before = float(case.mean())
    for factor in range(x.shape[1]):
        for candidate, kept in _peels(region, factor, sample.codes[factor], x[:, factor], part):
            size = int(kept.sum())
            if size < floor or size == len(kept):
                continue
            gain = (float(case[kept].mean()) - before) / (len(kept) - size)
            if gain > most * (1 + 1e-12):
                best, most = (candidate, kept), gain
    return best


def _peels(
    region: Region, factor: int, codes: int, x: FloatArray, part: float
) -> Iterator[tuple[Region, Mask]]:
    only = region.only[factor]
    low, high = region.low[factor], region.high[factor]
    if codes and only is not None:
        for code in sorted(only):
            if len(only) > 1:
                yield region.narrow(factor, low, high, only - {code}), x != code
        return
    cut = max(1, round(part * len(x)))
    if cut >= len(x):
        return
    ordered = np.partition(x, (0, cut, len(x) - 1 - cut, len(x) - 1))
    bottom, top = ordered[0], ordered[-1]
    if bottom == top:
        return
    # Ties at an end go all together, or not at all.
    edge = ordered[cut]
    kept = x >= edge if edge > bottom else x > bottom
    yield region.narrow(factor, _between(x, kept, up=True), high, None), kept
    edge = ordered[len(x) - 1 - cut]
    kept = x <= edge if edge < top else x < top
    yield region.narrow(factor, low, _between(x, kept, up=False), None), kept


FEW = 12
"""A factor with at most so many values has its limits at one of them."""


def _between(x: FloatArray, kept: Mask, up: bool) -> float:
    """A wall between what is kept and what is not: midway, or at a value where there are few."""
    inner = float(x[kept].min() if up else x[kept].max())
    outer = float(x[~kept].max() if up else x[~kept].min())
    few = len(np.unique(x[:1000])) <= FEW
    return inner if few else (inner + outer) / 2


def paste_box(region: Region, sample: Samples, part: float = PEEL) -> Region:
    """Move walls out again as long as the share of cases does not fall."""
    while True:
        wider = _best_paste(region, sample, part)
        if wider is None:
            return region
        region = wider


def _best_paste(region: Region, sample: Samples, part: float) -> Region | None:
    inside = find_inside(region, sample)
    density = float(sample.case[inside].mean())
    best: Region | None = None
    most = 0.0
    for factor in region.restricted(sample):
        if region.only[factor] is not None:
            continue
        near = find_inside(region, sample, skip=factor)
        x, case = sample.column(factor)[near], sample.case[near]
        for low, high in _pastes(region.low[factor], region.high[factor], x, part):
            wider = (x >= low) & (x <= high)
            added = int(wider.sum()) - int(inside.sum())
            better = float(case[wider].mean())
            if added > 0 and better >= density and better * wider.sum() > most:
                best, most = region.narrow(factor, low, high, None), better * wider.sum()
    return best


def _pastes(low: float, high: float, x: FloatArray, part: float) -> Iterator[tuple[float, float]]:
    count = max(1, round(part * ((x >= low) & (x <= high)).sum()))
    below, above = np.sort(x[x < low])[::-1], np.sort(x[x > high])
    if len(below):
        yield (float(below[count - 1]) if count < len(below) else -np.inf), high
    if len(above):
        yield low, (float(above[count - 1]) if count < len(above) else np.inf)


def find_p_value(region: Region, factor: int, sample: Samples) -> float:
    """Chance of as many cases in the box, were they as rare as without this restriction."""
    from scipy.stats import binom

    inside = find_inside(region, sample)
    wide = find_inside(region, sample, skip=factor)
    chance = float(sample.case[wide].mean())
    return float(binom.sf(int(sample.case[inside].sum()) - 1, int(inside.sum()), chance))


def find_box(sample: Samples, density: float = 0.0) -> tuple[Region, list[Region]]:
    """A box, and the way to it.

    Parameters
    ----------
    density
        Take the largest box on the way with at least this share of cases; 0 takes the one with the
        best balance of coverage and density (their harmonic mean).
    """
    sample = sample.load()
    way = peel_boxes(sample)
    region = paste_box(_lift(choose_box(way, sample, density), sample), sample)
    return _lift(region, sample), way


def choose_box(way: list[Region], sample: Samples, density: float) -> Region:
    """One of the boxes on a way."""
    total = max(int(sample.case.sum()), 1)
    scores = []
    for region in way:
        case = sample.case[find_inside(region, sample)]
        pure, cover = float(case.mean()), float(case.sum()) / total
        if density and pure >= density:
            return region
        scores.append(2 * pure * cover / max(pure + cover, 1e-12))
    return way[-1] if density else way[int(np.argmax(scores))]


def _lift(region: Region, sample: Samples) -> Region:
    """Without the restrictions that do not matter, the least telling lifted first."""
    while True:
        values = {f: find_p_value(region, f, sample) for f in region.restricted(sample)}
        worst = max(values, key=lambda f: values[f], default=-1)
        if worst < 0 or values[worst] < MATTERS:
            return region
        region = region.free(worst, sample)
