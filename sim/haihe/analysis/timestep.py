"""Is the time step small enough? The same run with the step, half of it and a quarter of it.

Where the step is small enough for it, the error of a method of order p is a constant times step^p.
Then the differences between the three runs shrink by 2^p, which gives the order that is observed,
and the error of the first run is its difference from the second times 2^p / (2^p - 1).

Sources
-------
L. F. Richardson, "The approximate arithmetical solution by finite differences of physical problems
involving differential equations", Phil. Trans. R. Soc. A 210 (1911).
P. J. Roache, "Perspective: a method for uniform reporting of grid refinement studies", J. Fluids
Eng. 116 (1994).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from haihe.model.types import FloatArray, TimeAxis
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue
    from haihe.model.types import Model
    from haihe.scenario.values import Scenario

REFINEMENTS = (1, 2, 4)
"""How often the model's step is divided."""
SPLIT = 2035.0
"""Last year of the early part."""
WARNING = 0.01
"""Error that is warned of, as a share of the outcome's largest value."""
ROUNDING = 1e-11
"""Differences that say nothing about the step, as a share of the outcome's largest value."""


class Finding(StrEnum):
    """What three runs say about an outcome."""

    EXACT = "exact"
    """It does not hang on the step."""
    CONVERGES = "converges"
    """The differences shrink as they should; the error is an estimate."""
    SLOW = "slow"
    """The differences shrink by less than half an order: the error is at least what is said."""
    UNDEFINED = "undefined"
    """A run is not finite."""


@dataclass(frozen=True, slots=True)
class Refinement:
    """One outcome in one part of the run."""

    outcome: str
    title: Text
    early: bool
    finding: Finding
    order: float | None
    """Observed order; None where there is none."""
    error: float | None
    """Error of the run with the model's own step [share of the largest value of the series]."""
    time: float | None
    """Where the error is largest."""
    element: tuple[str, ...]

    @property
    def warned(self) -> bool:
        """Is the error more than a reader should have to live with?"""
        return self.finding is Finding.UNDEFINED or (self.error or 0.0) > WARNING


def refine(
    model: Model,
    catalogue: Catalogue,
    scenario: Scenario | None = None,
    split: float = SPLIT,
) -> tuple[Refinement, ...]:
    """Run a model, or a scenario of it, with three steps and compare its outcomes.

    Parameters
    ----------
    split
        Last time of the early part, in the model's time.

    Raises
    ------
    InputErrors
        Where the engine cannot compile the model.
    """
    from haihe.analysis.indicators import derive_indicators
    from haihe.run.simulate import simulate

    axis = (scenario.time if scenario else None) or model.time
    runs = []
    for times in REFINEMENTS:
        results = simulate(model, scenario, backend="compiled", time=divide_step(axis, times))
        runs.append(derive_indicators(results, catalogue) if catalogue.outcomes else results)
    return tuple(row for name in runs[0].data_vars for row in compare_runs(runs, str(name), split))


def divide_step(axis: TimeAxis, times: int) -> TimeAxis:
    """The same axis with a step that is smaller by a whole number of times."""
    return replace(axis, step=axis.step / times)


def compare_runs(runs: Sequence[xr.Dataset], name: str, split: float) -> Iterator[Refinement]:
    """Findings about one outcome, for the early and the later part."""
    arrays = [run[name].isel(member=0) for run in runs]
    times = arrays[0]["time"].to_numpy()
    values = [array.to_numpy().astype(np.float64) for array in arrays]
    title = Text(arrays[0].attrs.get("title_zh", name), arrays[0].attrs.get("title_en", name))
    elements = [
        tuple(map(str, arrays[0][dim].to_numpy())) for dim in arrays[0].dims if dim != "time"
    ]
    with np.errstate(invalid="ignore"):
        scale = np.max(np.abs(values[2]), axis=0)
    for early in (True, False):
        rows = times <= split if early else times > split
        if rows.any():
            part = [value[rows] for value in values]
            yield _judge(name, title, early, part, scale, times[rows], elements)


def _judge(
    name: str,
    title: Text,
    early: bool,
    values: Sequence[FloatArray],
    scale: FloatArray,
    times: FloatArray,
    elements: Sequence[tuple[str, ...]],
) -> Refinement:
    nothing = Refinement(name, title, early, Finding.UNDEFINED, None, None, None, ())
    if not all(np.isfinite(value).all() for value in values):
        return nothing
    shares = np.where(scale > 0, scale, 1.0)
    first = np.abs(values[0] - values[1]) / shares
    second = np.abs(values[1] - values[2]) / shares
    if max(first.max(), second.max()) <= ROUNDING:
        return replace(nothing, finding=Finding.EXACT, error=0.0)
    order = observed_order(first, second)
    if order is None or order < 0.5:
        # No law to go by: the first run is off by what is seen at least.
        error = np.maximum(np.abs(values[0] - values[2]) / shares, first)
        finding = Finding.SLOW
    else:
        error, finding = first * 2**order / (2**order - 1), Finding.CONVERGES
    at = np.unravel_index(int(np.argmax(error)), error.shape)
    place = tuple(names[int(i)] for names, i in zip(elements, at[1:], strict=True))
    return Refinement(
        name, title, early, finding, order, float(error[at]), float(times[at[0]]), place
    )


def observed_order(first: FloatArray, second: FloatArray) -> float | None:
    """Order of convergence from the differences of three runs; None where they do not shrink."""
    coarse, fine = float(np.sqrt(np.mean(first**2))), float(np.sqrt(np.mean(second**2)))
    if coarse == 0 or coarse <= fine:
        return None
    return float(np.log2(coarse / fine)) if fine > 0 else float("inf")


def describe_refinement(row: Refinement) -> Mapping[str, object]:
    """A finding as JSON holds it."""
    finite = row.order is not None and np.isfinite(row.order)
    return {
        "outcome": row.outcome,
        "title": {"zh": row.title.zh, "en": row.title.en},
        "period": "early" if row.early else "late",
        "finding": str(row.finding),
        "order": row.order if finite else None,
        "error": row.error,
        "time": row.time,
        "element": list(row.element),
        "warned": row.warned,
    }
