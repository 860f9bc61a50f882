"""What `haihe solve` is asked: frozen values in the model's units, ready for the search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from haihe.analysis.scorecard import measure_series
from haihe.analysis.targets import Measure
from haihe.model.types import FloatArray
from haihe.results.solution import Aim, Band
from haihe.text import Text
from haihe.units import convert

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue
    from haihe.model.types import Model
    from haihe.scenario.values import Scenario

Part = Literal["value", "start", "ramp"]


@dataclass(frozen=True, slots=True)
class Knob:
    """One number that the search may turn, in the model's unit."""

    lever: str
    part: Part
    places: tuple[tuple[int, ...], ...]
    """Elements of the lever's array that it moves together; ((),) for a scalar."""
    least: float
    most: float
    base: float
    weight: float
    band: Band
    """How people see it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number is read: an outcome in the unit for people, summed over some elements."""

    outcome: str
    variable: str
    units: str
    shown: str
    places: tuple[int, ...]
    """Positions on the first dimension that are summed; () for all of them."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A target: how its number is made of a run, and what it is held against."""

    aim: Aim
    source: Source
    per: Source | None
    measure: Measure
    base_year: int | None
    offset: float
    unit: str
    """Unit of the threshold."""
    sign: float
    """+1 where more is better, -1 where less is."""
    weight: float


@dataclass(frozen=True, slots=True)
class Task:
    """Everything that a search needs."""

    title: Text
    story: Text
    model: Model
    catalogue: Catalogue
    scenario: Scenario
    knobs: tuple[Knob, ...]
    goals: tuple[Goal, ...]
    cost: Source | None
    """None: effort is made least."""
    cost_year: float
    confidence: float
    """0: no futures."""
    each: bool
    futures: int
    packages: int
    within: float
    seed: int
    members: int
    seconds: float
    where: str
    """The file that asks, as it should be shown."""


def read_source(source: Source, values: Mapping[str, FloatArray]) -> FloatArray:
    """Numbers (member, time) of an outcome, in the unit for people."""
    array = values[source.variable]
    if source.places:
        array = array[:, :, list(source.places)]
    summed = np.asarray(array.reshape(*array.shape[:2], -1).sum(axis=2))
    return convert(summed, source.units, source.shown)


def read_goal(goal: Goal, values: Mapping[str, FloatArray], years: FloatArray) -> FloatArray:
    """Number (member,) that a target is held against, in its own unit."""
    series = read_source(goal.source, values)
    if goal.per is not None:
        series = series / read_source(goal.per, values)
    elif goal.measure in (Measure.LEVEL, Measure.DIFFERENCE):
        series = convert(series, goal.source.shown, goal.unit)
    aim = goal.aim
    if goal.measure is not Measure.LEVEL:
        at = int(np.argmin(np.abs(years - aim.last_year)))
        return measure_series(years, series, goal.measure, goal.base_year)[:, at] + goal.offset
    inside = (years >= aim.first_year - 1e-6) & (years <= aim.last_year + 1e-6)
    return _sum_up(series[:, inside], aim.statistic) + goal.offset


def _sum_up(values: FloatArray, statistic: str) -> FloatArray:
    if statistic == "sum":
        return np.asarray(values.sum(axis=1))
    if statistic == "least":
        return np.asarray(values.min(axis=1))
    if statistic == "greatest":
        return np.asarray(values.max(axis=1))
    return np.asarray(values.mean(axis=1))
