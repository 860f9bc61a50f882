"""Courses of drivers for many members at once."""

from __future__ import annotations

import numpy as np

from haihe.model.types import FloatArray
from haihe.scenario.factors import Factor
from haihe.scenario.relative import RAMP
from haihe.scenario.settings import find_table
from haihe.scenario.values import Trajectory
from haihe.scenario.vocabulary import Vocabulary

Series = tuple[FloatArray, FloatArray]
"""Years (point,) and values (member, point), as a batch has them."""


def change_series(
    factor: Factor, values: FloatArray, vocabulary: Vocabulary, base: Trajectory | None = None
) -> Series:
    """Courses that draws of a driver's factor make.

    Parameters
    ----------
    values : draws (member,).
    base : what is scaled or shifted; None: the model's own table.
    """
    if factor.paths:
        return _choose_paths(factor, values)
    table = base or find_table(vocabulary.model.variables[factor.name], vocabulary)
    assert table is not None, f"{factor.name} has no table"
    full = factor.since + RAMP
    # Nothing at all up to `since`, and a straight line from there to the changed value.
    kept = (year for year in table.years if not factor.since < year < full)
    years = np.array(sorted({factor.since, full, *kept}))
    own = np.interp(years, table.years, table.values)
    drawn = values[:, np.newaxis]
    changed = own * drawn if factor.change == "scale" else own + drawn
    return years, np.where(years > factor.since, changed, own)


def _choose_paths(factor: Factor, values: FloatArray) -> Series:
    years = np.array(sorted({year for path in factor.paths for year in path.years}))
    courses = np.array([np.interp(years, path.years, path.values) for path in factor.paths])
    return years, courses[values.astype(int)]


def merge_series(given: Series | None, other: Series) -> Series:
    """Courses of `given`, and those of `other` for members that have none."""
    if given is None:
        return other
    years = np.union1d(given[0], other[0])
    first, second = (_resample(years, series) for series in (given, other))
    return years, np.where(np.isnan(first), second, first)


def _resample(years: FloatArray, series: Series) -> FloatArray:
    """Values at more years: straight lines between points, so that nothing changes."""
    points, values = series
    if np.array_equal(points, years):
        return values
    place = np.clip(np.searchsorted(points, years, side="right") - 1, 0, max(len(points) - 2, 0))
    if len(points) == 1:
        return np.repeat(values, len(years), axis=1)
    low, high = points[place], points[place + 1]
    share = np.clip((years - low) / (high - low), 0.0, 1.0).reshape(-1, *(1,) * (values.ndim - 2))
    # The points themselves stay exact.
    mixed = values[:, place] * (1 - share) + values[:, place + 1] * share
    return np.asarray(mixed)
