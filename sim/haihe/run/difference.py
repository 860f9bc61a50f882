"""Hold what two backends computed against each other, cell by cell.

The bar is `|a - b| <= 1e-12 max|series| + 1e-9 |b|` with `b` from the reference, and exactly the
same NaN and infinities. The first part is there because a relative error says nothing where a
series passes through zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from haihe.model.types import FloatArray

OF_SCALE = 1e-12
OF_VALUE = 1e-9


@dataclass(frozen=True, slots=True)
class Cell:
    """One number that both computed."""

    variable: str
    member: int
    time: int
    """Position among the saved times."""
    element: tuple[int, ...]
    """Position along each dimension of the variable."""
    ours: float
    reference: float
    of_bar: float
    """Difference as a share of what the bar allows; infinite where one of them is not finite."""

    @property
    def difference(self) -> float:
        """`|a - b|`; NaN where one of them is not finite."""
        return abs(self.ours - self.reference)

    @property
    def relative(self) -> float:
        """`|a - b| / |b|`; infinite where `b` is 0 and `a` is not."""
        if self.difference == 0:
            return 0.0
        return self.difference / abs(self.reference) if self.reference else float("inf")

    @property
    def ulp(self) -> float:
        """Difference in units of the last place of the reference."""
        return self.difference / float(np.spacing(abs(self.reference)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far two sets of results are apart."""

    cells: int
    """Numbers that were compared."""
    equal_bits: int
    """Those of them that are the same to the last bit, NaN and infinities included."""
    worst: Cell | None
    """The cell that takes most of its bar; None where every cell is the same to the last bit."""
    beyond: tuple[Cell, ...]
    """For each variable beyond the bar, the first such cell in time."""


def compare(
    ours: Mapping[str, FloatArray], reference: Mapping[str, FloatArray], reached: Sequence[int]
) -> Comparison:
    """Compare results (member, time, *dims), for each member as many times as were reached."""
    cells, equal, worst, beyond = 0, 0, None, []
    for name, theirs in reference.items():
        for member, times in enumerate(reached):
            a, b = ours[name][member, :times], theirs[member, :times]
            if not a.size:
                continue
            share = shares_of_bar(a, b)
            cells += share.size
            equal += int(np.count_nonzero((a == b) | (np.isnan(a) & np.isnan(b))))
            at = int(np.argmax(share))
            found = _cell(name, member, a, b, share, at)
            if found.of_bar > 0 and (worst is None or found.of_bar > worst.of_bar):
                worst = found
            if found.of_bar > 1:
                first = int(np.argmax(share > 1))
                beyond.append(_cell(name, member, a, b, share, first))
    return Comparison(cells, equal, worst, _first_of_each(beyond))


def shares_of_bar(a: FloatArray, b: FloatArray) -> FloatArray:
    """How much of the bar each cell (time, *dims) takes; `b` is the reference."""
    finite = np.isfinite(a) & np.isfinite(b)
    scale = np.max(np.abs(np.where(np.isfinite(b), b, 0.0)), axis=0, keepdims=True)
    with np.errstate(all="ignore"):
        share = np.abs(a - b) / (OF_SCALE * scale + OF_VALUE * np.abs(b))
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    # A difference of the smallest numbers over a bar that has become 0 is beyond it.
    share = np.where(np.isfinite(share), share, np.inf)
    return np.where(same, 0.0, np.where(finite, share, np.inf))


def _cell(name: str, member: int, a: FloatArray, b: FloatArray, share: FloatArray, at: int) -> Cell:
    time, *element = (int(i) for i in np.unravel_index(at, share.shape))
    place = (time, *element)
    return Cell(
        name, member, time, tuple(element), float(a[place]), float(b[place]), float(share[place])
    )


def _first_of_each(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    first: dict[str, Cell] = {}
    for cell in cells:
        if cell.variable not in first or cell.time < first[cell.variable].time:
            first[cell.variable] = cell
    return tuple(sorted(first.values(), key=lambda cell: cell.time))
