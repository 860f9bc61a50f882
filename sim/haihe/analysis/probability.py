"""How likely a target is met: shares of futures, with the error that their number leaves.

Source: Wilson (1927), Journal of the American Statistical Association 22:209, for the interval
(unverified, from memory).
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from haihe.analysis.scorecard import ROUNDING
from haihe.analysis.targets import Target
from haihe.model.types import FloatArray
from haihe.results.outlook import Chance

Z = 1.959963984540054
"""Standard deviations on either side that hold 95 % of a normal distribution."""
TAILS = (0.05, 0.5, 0.95)


def are_met(target: Target, values: FloatArray) -> FloatArray:
    """1.0 where a value is at least as good as the threshold, 0.0 where not, NaN without number."""
    threshold = target.value or 0.0
    gap = values - threshold if target.better == "higher" else threshold - values
    met = gap >= -ROUNDING * max(1.0, abs(threshold))
    return np.where(np.isfinite(values), met, np.nan)


def find_chance(target: Target, values: FloatArray, calibrated: bool = True) -> Chance | None:
    """Chance of a target from its numbers in many futures (future,); None without any number.

    Parameters
    ----------
    calibrated
        Whether they are calibrated futures; else members of a study.
    """
    known = values[np.isfinite(values)]
    if not target.scorable or known.size == 0:
        return None
    met = int(np.sum(are_met(target, known)))
    low, high = find_interval(met, known.size)
    least, middle, most = (float(v) for v in np.quantile(known, TAILS))
    share = met / known.size
    return Chance(known.size, met, share, low, high, least, middle, most, calibrated)


def find_interval(hits: int, count: int, z: float = Z) -> tuple[float, float]:
    """Wilson's interval of a share: it stays inside [0, 1] and has a width also at 0 and 1."""
    share, loose = hits / count, z * z / count
    middle = (share + loose / 2) / (1 + loose)
    half = z / (1 + loose) * sqrt(share * (1 - share) / count + loose / (4 * count))
    # At the ends the formula gives 0 and 1 but for rounding.
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return low, 1.0 if hits == count else min(1.0, middle + half)
