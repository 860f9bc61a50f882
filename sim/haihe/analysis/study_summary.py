"""A study in a table: median and 5–95 % of each outcome, from some of its members."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from haihe.analysis.select_outcome import select_outcome
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue

SAMPLE = 16_384
"""Members that a table is made from, at most."""
SLICES = 16
"""Places in the study that they are taken from, evenly spread, so that few chunks are read."""
YEAR = 2035.0
"""Shown where all years are saved; the last one where it is not among them."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How an outcome is spread over members."""

    outcome: str
    """As `select_outcome` reads it."""
    title: Text
    unit: str
    scenario: str
    members: int
    """That it was made from."""
    low: float
    """5 %"""
    median: float
    high: float
    """95 %"""


def sample_members(count: int) -> NDArray[np.int64]:
    """Members that stand for a study: all of a small one, even slices of a large one."""
    if count <= SAMPLE:
        return np.arange(count)
    length = SAMPLE // SLICES
    starts = np.linspace(0, count - length, SLICES).astype(np.int64)
    return np.unique((starts[:, np.newaxis] + np.arange(length)).ravel())


def summarise_study(study: xr.Dataset, catalogue: Catalogue | None = None) -> Iterator[Spread]:
    """Spread of every outcome without dimensions, by scenario."""
    # A screening has a thousand inputs, which are no part of this and cost a read each.
    inputs = [name for name, array in study.data_vars.items() if array.attrs.get("kind") == "input"]
    kept = study.drop_vars(inputs)
    sample = kept.isel(member=sample_members(study.sizes["member"])).load()
    good = sample["status"].to_numpy() == ""
    scenarios = sample["scenario"].to_numpy()
    for asked in _list_asked(sample):
        array = select_outcome(sample, asked, catalogue)
        if array.ndim != 1:
            continue
        for scenario in dict.fromkeys(scenarios.tolist()):
            values = array.to_numpy()[good & (scenarios == scenario)]
            if values.size:
                low, median, high = np.quantile(values, (0.05, 0.5, 0.95)).tolist()
                title = Text(array.attrs["title_zh"], array.attrs["title_en"])
                unit = str(array.attrs.get("units", ""))
                yield Spread(asked, title, unit, scenario, values.size, low, median, high)


def _list_asked(study: xr.Dataset) -> Iterator[str]:
    times = study["time"].to_numpy()
    year = YEAR if YEAR in times else times[-1]
    for name, array in study.data_vars.items():
        if set(array.dims) - {"member", "time"} or array.attrs.get("kind") == "input":
            continue
        if array.attrs.get("kind") == "summary":
            yield f"{array.attrs['outcome']} {array.attrs['reduction']}"
        else:
            yield f"{array.attrs.get('outcome', name)} at {year:g}"
