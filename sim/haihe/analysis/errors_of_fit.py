"""How far a model is from what was observed, and from what one could have guessed without it.

Sources: Theil (1966), Applied Economic Forecasting; Sterman (1984), Dynamica 10(II), for the shares
of the mean square error (unverified, from memory).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from haihe.model.types import FloatArray


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of one series over some years."""

    years: int
    mape: float
    """Mean absolute error [% of the observation]."""
    rmse: float
    """Root mean square error [unit of the observations]."""
    bias: float
    """Mean error, model less observation [% of the mean observation]."""
    r2: float
    """Part of the variance that is explained; NaN under three years. Negative where the mean of
    the observations would have done better."""
    theil_bias: float
    """Part of the mean square error that comes of different means."""
    theil_variance: float
    """… of different standard deviations."""
    theil_covariance: float
    """… of imperfect correlation: what is left where level and swing are right."""


def measure_errors(said: FloatArray, seen: FloatArray) -> Errors:
    """Errors of predictions (year,) against observations (year,)."""
    off = said - seen
    square = float(np.mean(off**2))
    total = float(np.sum((seen - seen.mean()) ** 2))
    bias, variance, covariance = split_error(said, seen)
    return Errors(
        years=len(seen),
        mape=float(100 * np.mean(np.abs(off / seen))),
        rmse=square**0.5,
        bias=float(100 * off.mean() / seen.mean()),
        r2=1 - square * len(seen) / total if len(seen) > 2 and total > 0 else float("nan"),
        theil_bias=bias,
        theil_variance=variance,
        theil_covariance=covariance,
    )


def split_error(said: FloatArray, seen: FloatArray) -> tuple[float, float, float]:
    """Shares of the mean square error from bias, variance and covariance; they sum to one.

    All NaN where there is no error to be split.
    """
    square = float(np.mean((said - seen) ** 2))
    if square <= 1e-24 * float(np.mean(seen**2)):
        return (float("nan"),) * 3
    one, other = float(said.std()), float(seen.std())
    together = float(np.mean((said - said.mean()) * (seen - seen.mean())))
    return (
        float((said.mean() - seen.mean()) ** 2) / square,
        (one - other) ** 2 / square,
        2 * (one * other - together) / square,
    )


def persist(years: FloatArray, values: FloatArray, wanted: FloatArray) -> FloatArray:
    """Naive forecast: the last value observed is held."""
    return np.full(len(wanted), values[int(np.argmax(years))])


def follow_trend(years: FloatArray, values: FloatArray, wanted: FloatArray) -> FloatArray:
    """Straight line by least squares through all that was observed, carried on; the value itself
    where there is only one."""
    if len(years) < 2:
        return persist(years, values, wanted)
    slope, level = np.polyfit(years - years.mean(), values, 1)
    return np.asarray(level + slope * (wanted - years.mean()))
