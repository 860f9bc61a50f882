"""What is not dominated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def find_pareto(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of several things no other is at least as good as in all, and better than in one.

    Parameters
    ----------
    costs
        (thing, objective), each the better the smaller; a thing with a NaN is never chosen.
    """
    kept: NDArray[np.bool_] = np.asarray(np.isfinite(costs).all(axis=1))
    for place, cost in enumerate(costs):
        if kept[place]:
            others = costs[kept]
            better = np.all(others <= cost, axis=1) & np.any(others < cost, axis=1)
            kept[place] = not better.any()
    return kept
