"""Percentiles and histograms of a study of any size, block by block.

A study that fits in one block is measured exactly. A larger one is read twice: once for the least
and the greatest value of each year, once to count members in `FINE` bins between them; a percentile
is then wrong by at most one bin. Memory is that of one block, whatever the size of the study.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from haihe.analysis.select_outcome import TIME, select_outcome
from haihe.results.study_page import PERCENTILES, FloatArray, IntArray

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue

BLOCK = 65_536
"""Members that are read at once."""
BINS = 32
"""Bins of a histogram on the page."""
FINE = 128 * BINS
"""Bins that percentiles of a large study are read off."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How an outcome is spread over all members, year by year."""

    percentiles: FloatArray
    """(group, percentile, time)"""
    counts: IntArray
    """(group, time, bin)"""
    edges: FloatArray
    """(time, 2)"""


def summarise_outcome(
    study: xr.Dataset,
    outcome: str,
    group_of: IntArray,
    groups: int,
    catalogue: Catalogue | None = None,
    block: int = BLOCK,
) -> Summary:
    """Spread of an outcome in every saved year, for each group of members.

    Parameters
    ----------
    group_of
        Group of each member (member,); -1 leaves a member out.
    block
        Members that are read at once.
    """
    if study.sizes["member"] <= block:
        return _measure(_read(study, outcome, catalogue), group_of, groups)
    edges = _find_edges(study, outcome, group_of, catalogue, block)
    fine = _count(study, outcome, group_of, groups, catalogue, block, edges)
    return Summary(_read_off(fine, edges), fine.reshape(*fine.shape[:2], BINS, -1).sum(-1), edges)


def _read(study: xr.Dataset, outcome: str, catalogue: Catalogue | None) -> FloatArray:
    """Values (member, time), in the unit that people see."""
    array = select_outcome(study, outcome, catalogue).transpose("member", TIME)
    return np.asarray(array.to_numpy(), dtype=float)


def _blocks(
    study: xr.Dataset, outcome: str, catalogue: Catalogue | None, block: int
) -> Iterator[tuple[slice, FloatArray]]:
    for start in range(0, study.sizes["member"], block):
        part = slice(start, min(start + block, study.sizes["member"]))
        yield part, _read(study.isel(member=part), outcome, catalogue)


def _measure(values: FloatArray, group_of: IntArray, groups: int) -> Summary:
    """All at once, exactly."""
    good = np.isfinite(values).all(axis=1) & (group_of >= 0)
    edges = _span(values[good], values.shape[1])
    percentiles = np.full((groups, len(PERCENTILES), values.shape[1]), np.nan)
    counts = np.zeros((groups, values.shape[1], BINS), dtype=np.int64)
    for group in range(groups):
        part = values[good & (group_of == group)]
        if len(part):
            percentiles[group] = np.percentile(part, PERCENTILES, axis=0)
            counts[group] = _place(part, edges, BINS)
    return Summary(percentiles, counts, edges)


def _span(values: FloatArray, years: int) -> FloatArray:
    """Least and greatest value of each year (time, 2); inverted where there is none."""
    low = np.min(values, axis=0, initial=np.inf) if len(values) else np.full(years, np.inf)
    high = np.max(values, axis=0, initial=-np.inf) if len(values) else np.full(years, -np.inf)
    return np.stack([low, high], axis=1)


def _find_edges(
    study: xr.Dataset, outcome: str, group_of: IntArray, catalogue: Catalogue | None, block: int
) -> FloatArray:
    spans = []
    for part, values in _blocks(study, outcome, catalogue, block):
        good = np.isfinite(values).all(axis=1) & (group_of[part] >= 0)
        spans.append(_span(values[good], values.shape[1]))
    stacked = np.stack(spans)
    return np.stack([stacked[:, :, 0].min(axis=0), stacked[:, :, 1].max(axis=0)], axis=1)


def _count(
    study: xr.Dataset,
    outcome: str,
    group_of: IntArray,
    groups: int,
    catalogue: Catalogue | None,
    block: int,
    edges: FloatArray,
) -> IntArray:
    """Members in each of the fine bins (group, time, bin)."""
    found = np.zeros((groups, len(edges), FINE), dtype=np.int64)
    for part, values in _blocks(study, outcome, catalogue, block):
        good = np.isfinite(values).all(axis=1)
        for group in np.unique(group_of[part][group_of[part] >= 0]):
            found[group] += _place(values[good & (group_of[part] == group)], edges, FINE)
    return found


def _place(values: FloatArray, edges: FloatArray, bins: int) -> IntArray:
    """How many values (member, time) lie in each bin (time, bin)."""
    years = values.shape[1]
    width = np.where(edges[:, 1] > edges[:, 0], edges[:, 1] - edges[:, 0], 1.0)
    places = np.minimum((values - edges[:, 0]) / width * bins, bins - 1).astype(np.int64)
    places += np.arange(years) * bins
    return np.bincount(places.ravel(), minlength=years * bins).reshape(years, bins)


def _read_off(fine: IntArray, edges: FloatArray) -> FloatArray:
    """Percentiles (group, percentile, time) from counts, even within a bin."""
    groups, years, bins = fine.shape
    found = np.full((groups, len(PERCENTILES), years), np.nan)
    width = (edges[:, 1] - edges[:, 0]) / bins
    for group in range(groups):
        for year in range(years):
            below = np.concatenate([[0], np.cumsum(fine[group, year])])
            if below[-1]:
                wanted = np.asarray(PERCENTILES) / 100 * below[-1]
                bin_of = np.clip(np.searchsorted(below, wanted, side="left") - 1, 0, bins - 1)
                inside = (wanted - below[bin_of]) / np.maximum(fine[group, year][bin_of], 1)
                found[group, :, year] = edges[year, 0] + (bin_of + inside) * width[year]
    return found
