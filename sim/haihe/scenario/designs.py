"""Designs: which combinations of inputs a study runs, one row for each.

A design is a rule, not a table: any block of rows is drawn alone, so that memory does not grow with
the study. Row numbers mean, in this order:

grid
    The last factor changes fastest.
list
    The rows of the table.
one-at-a-time
    Row 0 is the base, where nothing is varied; then each factor in turn goes through its levels, or
    through its quantiles, with the others at the base.
latin-hypercube
    Each factor has exactly one row in each of N equal parts of its distribution.
sobol
    For each base row i: A_i, then A_i with column 1, 2, … of B_i, then (for second order) B_i with
    column 1, 2, … of A_i, then B_i: N (K + 2) or N (2 K + 2) rows, the order of SALib.
morris
    For each trajectory: its start, then one factor after the other moved by half of the levels:
    N (K + 1) rows, the order of SALib.
monte-carlo, posterior
    Rows that know nothing of each other.

Sources: McKay, Beckman and Conover (1979), Technometrics 21:239; Saltelli et al. (2010), Computer
Physics Communications 181:259; Morris (1991), Technometrics 33:161; order of rows: SALib,
`salib.readthedocs.io` (all but the last unverified, from memory).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from haihe.model.types import FloatArray
from haihe.scenario.distributions import Distribution
from haihe.scenario.uniforms import draw_uniforms, mix_columns, permute

Method = Literal[
    "grid",
    "list",
    "one-at-a-time",
    "latin-hypercube",
    "sobol",
    "morris",
    "monte-carlo",
    "posterior",
]
RANDOM: frozenset[Method] = frozenset({"latin-hypercube", "monte-carlo", "posterior"})
"""Designs whose rows are draws of the distributions, so that inputs may be correlated."""
MAX_SOBOL = 2**30
"""Base rows after which the sequence has no more points."""

_LEAST = 2.0**-31


@dataclass(frozen=True, slots=True)
class Design:
    """A rule for rows."""

    method: Method
    factors: tuple[tuple[str, Distribution], ...]
    """Label and distribution of what is varied."""
    samples: int = 0
    """Rows of the random designs, base rows of sobol, trajectories of morris."""
    seed: int = 0
    levels: int = 4
    """Levels of morris; of continuous factors in a grid."""
    quantiles: tuple[float, ...] = (0.05, 0.95)
    """Of continuous factors, one at a time."""
    second_order: bool = False
    """sobol: rows for pairs of factors too."""
    table: tuple[tuple[float, ...], ...] = ()
    """list: the rows; NaN keeps what the scenario has."""
    mixing: tuple[tuple[float, ...], ...] = ()
    """Lower triangle that makes independent normal numbers correlated; () where none are."""


def count_rows(design: Design) -> int:
    """How many rows a design has; nothing is drawn."""
    varied = len(design.factors)
    if design.method == "grid":
        return math.prod(len(levels) for levels in list_levels(design))
    if design.method == "list":
        return len(design.table)
    if design.method == "one-at-a-time":
        return 1 + sum(len(levels) for levels in list_levels(design))
    if design.method == "sobol":
        return design.samples * ((2 if design.second_order else 1) * varied + 2)
    if design.method == "morris":
        return design.samples * (varied + 1)
    return design.samples


def draw_rows(design: Design, start: int, stop: int) -> FloatArray:
    """Rows `start` to `stop` (row, factor), in the units of the factors; NaN where not set."""
    if design.method in {"grid", "one-at-a-time"}:
        return (_walk_grid if design.method == "grid" else _walk_single)(design, start, stop)
    if design.method == "list":
        return np.array(design.table[start:stop], dtype=float).reshape(-1, len(design.factors))
    cube = draw_cube(design, start, stop)
    made = [dist.ppf(cube[:, i]) for i, (_, dist) in enumerate(design.factors)]
    return np.stack(made, axis=1) if made else np.empty((stop - start, 0))


def draw_cube(design: Design, start: int, stop: int) -> FloatArray:
    """Rows of the unit cube, before the distributions stretch it (row, factor)."""
    return _correlate(_DRAWS[design.method](design, start, stop), design.mixing)


def find_mixing(
    labels: Sequence[str], correlations: Mapping[tuple[str, str], float]
) -> tuple[tuple[float, ...], ...] | None:
    """Lower triangle for rank correlations; None where they contradict each other.

    A rank correlation r is reached by normal numbers with a correlation of 2 sin(π r / 6).

    Sources: Pearson (1907), On further methods of determining correlation (unverified, from
    memory).
    """
    if not correlations:
        return ()
    matrix = np.eye(len(labels))
    for (first, second), rank in correlations.items():
        i, j = labels.index(first), labels.index(second)
        matrix[i, j] = matrix[j, i] = 2 * math.sin(math.pi * rank / 6)
    if float(np.linalg.eigvalsh(matrix)[0]) < 1e-9:
        return None
    return tuple(tuple(float(x) for x in row) for row in np.linalg.cholesky(matrix))


def list_levels(design: Design) -> list[FloatArray]:
    """Values that each factor takes in a grid, or one at a time."""
    return [_find_levels(design, distribution) for _, distribution in design.factors]


def _find_levels(design: Design, distribution: Distribution) -> FloatArray:
    if distribution.discrete:
        return np.asarray(distribution.numbers, dtype=float)
    if design.method == "grid":
        low, high = distribution.support
        return np.linspace(low, high, design.levels)
    return distribution.ppf(np.asarray(design.quantiles, dtype=float))


def _walk_grid(design: Design, start: int, stop: int) -> FloatArray:
    rest = np.arange(start, stop)
    columns = []
    for levels in reversed(list_levels(design)):
        rest, place = np.divmod(rest, len(levels))
        columns.append(levels[place])
    return np.stack(columns[::-1], axis=1)


def _walk_single(design: Design, start: int, stop: int) -> FloatArray:
    levels = list_levels(design)
    rows = np.full((stop - start, len(levels)), np.nan)
    # First row of each factor; row 0 is the base.
    first = 1 + np.concatenate([[0], np.cumsum([len(one) for one in levels])])
    numbers = np.arange(start, stop)
    factor = np.searchsorted(first, numbers, side="right") - 1
    for i, one in enumerate(levels):
        chosen = factor == i
        rows[chosen, i] = one[numbers[chosen] - first[i]]
    return rows


def _draw_random(design: Design, start: int, stop: int) -> FloatArray:
    columns = [draw_uniforms(design.seed, label, start, stop) for label, _ in design.factors]
    return np.stack(columns, axis=1) if columns else np.empty((stop - start, 0))


def _draw_latin(design: Design, start: int, stop: int) -> FloatArray:
    inside = _draw_random(design, start, stop)
    places = np.arange(start, stop)
    strata = [permute(places, design.samples, design.seed, label) for label, _ in design.factors]
    return (np.stack(strata, axis=1) + inside) / design.samples


def _draw_sobol(design: Design, start: int, stop: int) -> FloatArray:
    from scipy.stats import qmc

    varied = len(design.factors)
    size = (2 if design.second_order else 1) * varied + 2
    first, last = start // size, -(-stop // size)
    sequence = qmc.Sobol(2 * varied, scramble=True, rng=np.random.default_rng(design.seed))
    if first:
        sequence.fast_forward(first)
    points = _draw_points(sequence, last - first)
    both = points[:, :varied], points[:, varied:]
    rows = np.repeat(both[0][:, np.newaxis], size, axis=1)
    rows[:, varied + 1 :] = both[1][:, np.newaxis]
    for i in range(varied):
        rows[:, 1 + i, i] = both[1][:, i]
        if design.second_order:
            rows[:, 1 + varied + i, i] = both[0][:, i]
    made = rows.reshape(-1, varied)[start - first * size : stop - first * size]
    # The scrambled sequence may hit 0, where a normal distribution has no value.
    return np.asarray(np.clip(made, _LEAST, 1 - _LEAST))


def _draw_points(sequence: object, count: int) -> FloatArray:
    import warnings

    with warnings.catch_warnings():
        # Blocks are seldom powers of two; the whole study is checked when it is read.
        warnings.filterwarnings("ignore", message=".*balance properties.*")
        return np.asarray(sequence.random(count))  # type: ignore[attr-defined]


def _draw_morris(design: Design, start: int, stop: int) -> FloatArray:
    varied, size, half = len(design.factors), len(design.factors) + 1, design.levels // 2
    first, last = start // size, -(-stop // size)
    begins, order = [], []
    for label, _ in design.factors:
        begins.append(draw_uniforms(design.seed, f"start/{label}", first, last) * design.levels)
        order.append(draw_uniforms(design.seed, f"order/{label}", first, last))
    begin = np.floor(np.stack(begins, axis=1)).astype(int)
    # A factor that begins in the lower half goes up, else down: every move stays inside.
    end = np.where(begin < half, begin + half, begin - half)
    turn = np.argsort(np.argsort(np.stack(order, axis=1), axis=1), axis=1)
    moved = turn[:, np.newaxis, :] < np.arange(size)[np.newaxis, :, np.newaxis]
    places = np.where(moved, end[:, np.newaxis], begin[:, np.newaxis])
    rows = places.reshape(-1, varied) / (design.levels - 1)
    return np.asarray(rows[start - first * size : stop - first * size])


def _correlate(cube: FloatArray, mixing: tuple[tuple[float, ...], ...]) -> FloatArray:
    """Gaussian copula: correlated numbers, each still uniform by itself."""
    if not mixing or not len(cube):
        return cube
    from scipy.special import ndtr, ndtri

    mixed = np.asarray(ndtr(mix_columns(ndtri(cube), np.asarray(mixing).T)))
    return np.asarray(np.clip(mixed, _LEAST, 1 - _LEAST))


_DRAWS: Mapping[Method, Callable[[Design, int, int], FloatArray]] = {
    "latin-hypercube": _draw_latin,
    "sobol": _draw_sobol,
    "morris": _draw_morris,
    "monte-carlo": _draw_random,
    "posterior": _draw_random,
}
