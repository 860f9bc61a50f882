"""Index decomposition: how much of a change each factor of a product made, without a remainder.

Additive LMDI-I: with V = sum over parts of x1 * x2 * ..., the effect of factor k from one year to
the next is the sum over parts of L(V1, V0) * ln(xk1 / xk0), where L is the logarithmic mean. The
effects add up to V1 - V0. Years are chained.

Zeros: a factor of 0 stands for a limit towards 0, which is taken by a tiny value, as Ang and Liu
advise; a factor that is 0/0 (the intensity of a sector that is not there) is taken to be what it is
in the other year, so that the change belongs to the factor that made the part vanish.

Sources: Ang (2005), Energy Policy 33:867; Ang and Liu (2007), Energy Policy 35:1426, on zeros
(unverified, from memory).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from haihe.errors import InputError
from haihe.model.types import FloatArray
from haihe.text import Text

TINY = 1e-100
"""What stands for 0; the result hangs on its logarithm only, and not where the parts are 0."""


def log_mean(first: FloatArray, second: FloatArray) -> FloatArray:
    """Logarithmic mean of numbers that are not negative; 0 where one is 0, a where both are a."""
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(first) - np.log(second)
        # Near 1 the quotient loses its digits; the series of the mean does not.
        close = np.abs(ratio) < 1e-4
        mean = np.where(
            close, np.sqrt(first * second) * (1 + ratio**2 / 24), (first - second) / ratio
        )
    return np.where((first <= 0) | (second <= 0), 0.0, mean)


def decompose(factors: Sequence[FloatArray]) -> FloatArray:
    """Effects of factors (factor, year): change since the year before, 0 in the first year.

    Parameters
    ----------
    factors
        Each (part, year); NaN where a factor is 0/0.

    Raises
    ------
    InputError
        Where a factor is negative or infinite.
    """
    stacked = np.stack([np.asarray(factor, dtype=float) for factor in factors])
    if np.any(stacked < 0) or np.any(np.isinf(stacked)):
        raise InputError(
            Text(
                "恒等式的某个因子为负或无穷大", "a factor of the identity is negative or infinite"
            ),
            None,
            Text("不小于 0", "0 or more"),
        )
    before, after = stacked[..., :-1], stacked[..., 1:]
    before, after = _same_where_unknown(before, after), _same_where_unknown(after, before)
    gone = np.isnan(before)  # unknown in both years: nothing can be said, and nothing is there
    before, after = (np.where(gone, 1.0, np.maximum(x, TINY)) for x in (before, after))
    # Products of logarithms' sums: tiny values multiplied would underflow to 0.
    logs = np.log(after) - np.log(before)
    first, last = np.log(before).sum(axis=0), np.log(after).sum(axis=0)
    weights = np.where(gone.any(axis=0), 0.0, log_mean(np.exp(last), np.exp(first)))
    thin = (weights == 0) & ~gone.any(axis=0)
    span = np.where(last == first, 1.0, last - first)
    weights = np.where(thin, (np.exp(last) - np.exp(first)) / span, weights)
    effects = np.zeros(stacked.shape[:1] + stacked.shape[2:])
    effects[:, 1:] = (weights * logs).sum(axis=1)
    return effects


def _same_where_unknown(values: FloatArray, others: FloatArray) -> FloatArray:
    return np.where(np.isnan(values), others, values)
