"""Sobol' indices of a Saltelli design, for every saved year at once, with bootstrap intervals.

With A and B two independent samples, AB_i the sample A with factor i taken from B, BA_i the other
way round, f centred, and V the variance over A and B together:

    S1_i  = E[f(B) (f(AB_i) - f(A))] / V               (Saltelli et al. 2010, table 2, row b)
    ST_i  = E[(f(A) - f(AB_i))^2] / 2V                 (Jansen 1999)
    S2_ij = E[f(BA_i) f(AB_j) - f(A) f(B)] / V - S1_i - S1_j        (Saltelli 2002)

Every estimate is a quotient of means over base samples, so a bootstrap is one product of matrices.

Sources
-------
Saltelli et al. (2010), Computer Physics Communications 181, 259-270, doi:10.1016/j.cpc.2009.09.018.
Jansen (1999), Computer Physics Communications 117, 35-43, doi:10.1016/S0010-4655(98)00154-4.
Saltelli (2002), Computer Physics Communications 145, 280-297, doi:10.1016/S0010-4655(02)00280-1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from haihe.analysis.select_inputs import FloatArray, IntArray, Table
from haihe.errors import InputError
from haihe.text import Text

RESAMPLES = 200
PART = 8192
"""Base samples whose weights are made at once."""
Z95 = 1.959964
"""Half-width of a 95 % interval in standard errors."""


@dataclass(frozen=True, slots=True)
class SaltelliRows:
    """Where each sample of a Saltelli design stands among the members."""

    a: IntArray
    b: IntArray
    ab: IntArray
    """(factor, base sample)"""
    ba: IntArray | None
    """(factor, base sample); None where the design has no second order."""

    @property
    def base(self) -> int:
        """Number of base samples."""
        return len(self.a)

    def keep(self, good: np.ndarray) -> SaltelliRows:
        """Only some base samples (base sample,)."""
        ba = None if self.ba is None else self.ba[:, good]
        return SaltelliRows(self.a[good], self.b[good], self.ab[:, good], ba)

    def all(self) -> IntArray:
        """Rows of each base sample (sample, base sample)."""
        parts = [self.a[None], self.b[None], self.ab]
        return np.concatenate(parts if self.ba is None else [*parts, self.ba])


def find_saltelli_rows(inputs: Table) -> SaltelliRows:
    """Recognise a Saltelli design by what it is, whatever the order of its members.

    Parameters
    ----------
    inputs
        Values of the factors (member, factor), of which some hundreds of base samples are looked
        at.

    Raises
    ------
    InputError
        Where no order of the rows makes the members a Saltelli design.
    """
    members, factors = inputs.shape
    for rows in _layouts(members, factors):
        if _fits(inputs, rows):
            return rows
    raise InputError(
        Text(
            f"这 {members} 个成员不是 {factors} 个因素的 Saltelli 设计",
            f"the {members} members are no Saltelli design of {factors} factors",
        ),
        expected=Text(
            "sobol 设计的研究，或 --method pawn、rbd-fast、regression",
            "a study of the design sobol, or --method pawn, rbd-fast or regression",
        ),
    )


def _layouts(members: int, factors: int) -> Iterator[SaltelliRows]:
    for second in (False, True):
        width = factors * (2 if second else 1) + 2
        if factors < 1 or members % width:
            continue
        base = members // width
        by_sample = np.arange(members, dtype=np.int64).reshape(base, width).T
        by_block = np.arange(members, dtype=np.int64).reshape(width, base)
        for grid in (by_sample, by_block):
            ba = grid[factors + 1 : -1] if second else None
            yield SaltelliRows(grid[0], grid[-1], grid[1 : factors + 1], ba)
            ba = grid[factors + 2 :] if second else None
            yield SaltelliRows(grid[0], grid[1], grid[2 : factors + 2], ba)


def _fits(inputs: Table, rows: SaltelliRows) -> bool:
    looked = np.unique(np.linspace(0, rows.base - 1, min(rows.base, 400)).astype(int))
    # Everything at once: a store is read by blocks, and each holds rows of every sample.
    found: FloatArray = inputs[rows.all()[:, looked]]
    a, b = found[0], found[1]
    if np.array_equal(a, b):
        return False
    count = len(rows.ab)
    for place, mixed in enumerate(found[2:]):
        base, other = (a, b) if place < count else (b, a)
        wanted = base.copy()
        wanted[:, place % count] = other[:, place % count]
        if not np.array_equal(wanted, mixed):
            return False
    return True


@dataclass(frozen=True, slots=True)
class SobolIndices:
    """Indices (factor, time) with the half-widths of their 95 % intervals."""

    first: FloatArray
    first_conf: FloatArray
    total: FloatArray
    total_conf: FloatArray
    second: FloatArray | None
    """(factor, factor, time), above the diagonal; NaN elsewhere."""
    second_conf: FloatArray | None
    halves: FloatArray
    """Total indices from each half of the base samples (half, factor, time)."""
    constant: np.ndarray
    """Where the outcome does not vary, so that there is nothing to share out (time,)."""


def estimate_sobol(
    values: FloatArray, rows: SaltelliRows, seed: int = 0, resolution: float = 0.0
) -> SobolIndices:
    """Sobol' indices of outcomes.

    Parameters
    ----------
    values
        Outcomes (member, time).
    rows
        The design; base samples with a failed member have been taken out.
    seed
        Of the bootstrap.
    resolution
        Relative precision with which the outcomes were kept; variation below it counts as none.
    """
    a, b = values[rows.a], values[rows.b]
    constant = find_constant(np.concatenate([a, b]), resolution)
    centre = (a.mean(axis=0) + b.mean(axis=0)) / 2
    a, b = a - centre, b - centre
    mean = _Means(rows.base, seed)
    spread = mean((a * a + b * b) / 2) - mean((a + b) / 2) ** 2
    spread[:, constant] = np.nan

    def mixed(which: IntArray, factor: int) -> FloatArray:
        return np.asarray(values[which[factor]] - centre)

    count = len(rows.ab)
    first = np.stack([mean(b * (mixed(rows.ab, i) - a)) / spread for i in range(count)])
    total = np.stack([mean((a - mixed(rows.ab, i)) ** 2) / spread / 2 for i in range(count)])
    second = None if rows.ba is None else _estimate_pairs(a, b, rows, mixed, mean, first, spread)
    joint, joint_conf = (None, None) if second is None else _summarise(second)
    return SobolIndices(
        *_summarise(first),
        *_summarise(total),
        joint,
        joint_conf,
        total[:, 1:3].swapaxes(0, 1),
        constant,
    )


def _estimate_pairs(
    a: FloatArray,
    b: FloatArray,
    rows: SaltelliRows,
    mixed: Callable[[IntArray, int], FloatArray],
    mean: _Means,
    first: FloatArray,
    spread: FloatArray,
) -> FloatArray:
    """Second-order indices (factor, factor, resample, time)."""
    assert rows.ba is not None
    count = len(first)
    found = np.full((count, *first.shape), np.nan)
    for i, j in combinations(range(count), 2):
        joint = mean(mixed(rows.ba, i) * mixed(rows.ab, j) - a * b) / spread
        found[i, j] = joint - first[i] - first[j]
    return found


def find_constant(values: FloatArray, resolution: float) -> np.ndarray:
    """Where outcomes (member, time) vary by no more than they were kept with (time,)."""
    scale = np.abs(values).max(axis=0)
    limit = np.maximum(4 * resolution, 1e-12) * scale
    return np.asarray(np.ptp(values, axis=0) <= limit)


def _summarise(estimates: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The estimate, and the half-width of its interval, from (…, resample, time)."""
    return np.asarray(estimates[..., 0, :]), Z95 * estimates[..., 3:, :].std(axis=-2, ddof=1)


class _Means:
    """Means over base samples: of all, of each half, and of bootstrap resamples.

    A resample is kept as how often it has each base sample, in two bytes, and becomes weights a
    part at a time: with many base samples the weights would need more room than the study.
    """

    def __init__(self, base: int, seed: int):
        generator = np.random.default_rng([seed, base])
        self.base = base
        self.counts = np.zeros((RESAMPLES, base), dtype=np.uint16)
        for row in range(RESAMPLES):
            drawn = generator.integers(0, base, base)
            self.counts[row] = np.bincount(drawn, minlength=base)

    def __call__(self, terms: FloatArray) -> FloatArray:
        """Means (resample, time) of terms (base sample, time)."""
        half = self.base // 2
        halves = (terms[:half], terms[half:])
        whole = [part.mean(axis=0) if half else terms[0] * np.nan for part in halves]
        drawn = np.zeros((RESAMPLES, terms.shape[1]))
        for start in range(0, self.base, PART):
            part = slice(start, start + PART)
            drawn += self.counts[:, part].astype(float) @ terms[part]
        return np.concatenate([[terms.mean(axis=0)], whole, drawn / self.base])
