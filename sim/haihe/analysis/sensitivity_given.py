"""Sensitivity from any sample: PAWN, RBD-FAST, and the regression of ranks.

PAWN asks how far the distribution of the outcome moves when one factor is held within a slice of
its range: the Kolmogorov-Smirnov distance between the two, the median over slices. RBD-FAST finds
the first-order index from the spectrum of the outcome ordered by the factor. The regression gives a
sign, and its R2 says how much of the story a monotone sum of effects is.

A factor that does nothing gets an index above zero too; shuffled factors say how far above.

Sources
-------
Pianosi, Wagener (2015), Environmental Modelling & Software 67, 1-11,
doi:10.1016/j.envsoft.2015.01.004, and (2018), Environmental Modelling & Software 108, 197-207,
doi:10.1016/j.envsoft.2018.07.019 (PAWN for a given sample, the dummy factor).
Tarantola, Gatelli, Mara (2006), Reliability Engineering & System Safety 91, 717-727,
doi:10.1016/j.ress.2005.06.003 (RBD-FAST); Tissot, Prieur (2012), Reliability Engineering & System
Safety 107, 205-213, doi:10.1016/j.ress.2012.06.010 (its bias).
Saltelli, Sobol' (1995), Reliability Engineering & System Safety 50, 225-239,
doi:10.1016/0951-8320(95)00099-2 (standardised rank regression).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from haihe.analysis.select_inputs import FloatArray
from haihe.analysis.sensitivity_sobol import Z95

SLICES = 10
HARMONICS = 10
SPLITS = 6
DUMMIES = 20

Measure = Callable[[FloatArray, FloatArray], FloatArray]
"""From outcomes (member, time) and inputs (member, factor) to indices (factor, time)."""


@dataclass(frozen=True, slots=True)
class GivenIndices:
    """An index of a sample (factor, time)."""

    index: FloatArray
    conf: FloatArray
    """Half-width of a 95 % interval, from random halves of the sample."""
    halves: FloatArray
    """From the halves of the first split (half, factor, time)."""
    noise: FloatArray
    """What the index of a factor without any influence stays below, 19 times in 20 (time,)."""


def estimate_given(
    measure: Measure, values: FloatArray, inputs: FloatArray, seed: int = 0, splits: int = SPLITS
) -> GivenIndices:
    """An index with its precision: half samples against each other, shuffled factors for the noise.

    Two halves that know nothing of each other differ by twice the standard error of the whole.
    """
    generator = np.random.default_rng([seed, len(values)])
    index = measure(values, inputs)
    gaps, halves = [], np.full((2, *index.shape), np.nan)
    for split in range(splits):
        order = generator.permutation(len(values))
        parts = np.array_split(order, 2)
        one, other = (measure(values[part], inputs[part]) for part in parts)
        gaps.append(one - other)
        halves = np.stack([one, other]) if split == 0 else halves
    conf = (
        Z95 * np.sqrt(np.mean(np.square(gaps), axis=0)) / 2 if gaps else np.full_like(index, np.nan)
    )
    dummies = np.stack(
        [inputs[generator.permutation(len(values)), i % inputs.shape[1]] for i in range(DUMMIES)],
        axis=1,
    )
    return GivenIndices(index, conf, halves, np.quantile(measure(values, dummies), 0.95, axis=0))


def measure_pawn(values: FloatArray, inputs: FloatArray, slices: int = SLICES) -> FloatArray:
    """Median distance over slices of each factor (factor, time).

    A factor with few values has a slice for each.
    """
    ordered = np.sort(values, axis=0)
    found = np.empty((inputs.shape[1], values.shape[1]))
    for factor in range(inputs.shape[1]):
        parts = slice_members(inputs[:, factor], slices)
        for time in range(values.shape[1]):
            distances = [find_distance(values[part, time], ordered[:, time]) for part in parts]
            found[factor, time] = np.median(distances)
    return found


def slice_members(x: FloatArray, slices: int) -> list[np.ndarray]:
    """Members in slices of a factor that hold equal numbers of them."""
    levels = np.unique(x)
    if len(levels) <= slices:
        return [np.flatnonzero(x == level) for level in levels]
    edges = np.quantile(x, np.linspace(0, 1, slices + 1)[1:-1])
    label = np.searchsorted(edges, x, side="right")
    return [part for i in range(slices) if (part := np.flatnonzero(label == i)).size]


def find_distance(part: FloatArray, ordered: FloatArray) -> float:
    """Kolmogorov-Smirnov distance between a part of a sample and the whole, which is in order."""
    own = np.sort(part)
    gap = 0.0
    for side in ("left", "right"):
        inner = np.searchsorted(own, own, side=side) / len(own)
        outer = np.searchsorted(ordered, own, side=side) / len(ordered)
        gap = max(gap, float(np.abs(inner - outer).max()))
    return gap


def measure_rbd_fast(
    values: FloatArray, inputs: FloatArray, harmonics: int = HARMONICS
) -> FloatArray:
    """First-order indices from spectra (factor, time), less their bias.

    NaN where there are no more members than the harmonics take: nothing is left to tell noise by.
    """
    count = len(values)
    found = np.full((inputs.shape[1], values.shape[1]), np.nan)
    if count <= 2 * harmonics:
        return found
    for factor in range(inputs.shape[1]):
        order = np.argsort(inputs[:, factor], kind="stable")
        triangle = np.concatenate([order[::2], order[1::2][::-1]])
        spectrum = np.abs(np.fft.rfft(values[triangle], axis=0)[1 : (count + 1) // 2]) ** 2
        raw = spectrum[:harmonics].sum(axis=0) / spectrum.sum(axis=0)
        share = 2 * harmonics / count
        found[factor] = raw - share / (1 - share) * (1 - raw)
    return found


@dataclass(frozen=True, slots=True)
class Regression:
    """A straight line through ranks."""

    srrc: FloatArray
    """Standardised coefficients (factor, time)."""
    conf: FloatArray
    r2: FloatArray
    """Share of the variance of the ranks that the line explains (time,)."""


def regress_ranks(values: FloatArray, inputs: FloatArray) -> Regression:
    """Regression of the ranks of the outcomes on the ranks of the factors.

    A factor without variation has the coefficient NaN.
    """
    from scipy.stats import rankdata

    x, y = _standardise(rankdata(inputs, axis=0)), _standardise(rankdata(values, axis=0))
    varies = np.isfinite(x).all(axis=0)
    x = x[:, varies]
    count, factors = x.shape
    inverse = np.linalg.pinv(x.T @ x)
    found = inverse @ (x.T @ y)
    rest = np.square(y - x @ found).sum(axis=0)
    free = max(count - factors - 1, 1)
    conf = Z95 * np.sqrt(np.outer(np.diag(inverse), rest / free))
    whole, width = (np.full((inputs.shape[1], values.shape[1]), np.nan) for _ in range(2))
    whole[varies], width[varies] = found, conf
    return Regression(whole, width, 1 - rest / np.square(y).sum(axis=0))


def _standardise(ranks: FloatArray) -> FloatArray:
    spread = ranks.std(axis=0)
    with np.errstate(all="ignore"):
        return np.where(spread > 0, (ranks - ranks.mean(axis=0)) / spread, np.nan)


def correlate_inputs(inputs: FloatArray, most: int = 5000) -> FloatArray:
    """Rank correlations between factors (factor, factor); 0 for one that does not vary."""
    from scipy.stats import rankdata

    ranks = _standardise(rankdata(inputs[:most], axis=0))
    ranks = np.nan_to_num(ranks)
    return np.asarray(ranks.T @ ranks / len(ranks))
