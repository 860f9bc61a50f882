"""Run candidate packages: from points of the unit cube to costs and margins, in whole batches."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from haihe.analysis.solve_task import Goal, Knob, Source, Task, read_goal, read_source
from haihe.analysis.targets import Measure
from haihe.errors import HaiheError
from haihe.model.clock import saved_times
from haihe.model.types import FloatArray, TimeAxis
from haihe.run.compiled import CompiledBackend
from haihe.scenario.values import POLICY_START, Batch, Scenario, Setting, Trajectory

if TYPE_CHECKING:
    from haihe.scenario.futures import Futures

BLOCK = 6_000
"""Members that run at once: about 50 MB of results for a handful of outcomes."""
SMOOTH = 0.01
"""Share of a band within which effort is counted by its square: a kink there would stop a search
that follows slopes."""
TIE = 1e-3
"""Weight of effort beside a cost: of two packages that cost the same, the smaller one."""


class OutOfBudget(HaiheError):
    """The members or the seconds that a task allows are used up."""


@dataclass(slots=True)
class Ledger:
    """What a search has used; it grows."""

    members_limit: int
    seconds_limit: float
    part: float = 1.0
    """Share of both limits that may be used up by now."""
    members: int = 0
    points: int = 0
    began: float = field(default_factory=clock.monotonic)
    limit: str = ""
    cut: str = ""
    """What ended a part of the search before its own end, so that the others had their turn."""

    @property
    def seconds(self) -> float:
        """Time since the search began [s]."""
        return clock.monotonic() - self.began

    def charge(self, members: int, points: int) -> None:
        """Count what is about to run.

        Raises
        ------
        OutOfBudget
            Where nothing is left.
        """
        if self.members >= self.members_limit * self.part:
            self.limit = "members"
        elif self.seconds > self.seconds_limit * self.part:
            self.limit = "seconds"
        if self.limit:
            raise OutOfBudget(self.limit)
        self.members += members
        self.points += points


@dataclass(frozen=True, slots=True)
class Values:
    """What candidates came to."""

    cost: FloatArray
    """(point,): objective, mean over the futures."""
    numbers: FloatArray
    """(point, goal, future): in each target's unit; NaN where the model failed."""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Runs points (point, knob) of the unit cube."""

    task: Task
    base: Batch
    """The scenario as one member."""
    lasting: frozenset[str]
    """Levers that the scenario gives as a trajectory: their level is turned, their dates stay."""
    futures: Futures | None
    ledger: Ledger
    threads: int = 1

    def __call__(self, points: FloatArray) -> Values:
        """Cost and numbers of every point.

        Raises
        ------
        OutOfBudget
            Where the task allows no more runs.
        """
        points = np.atleast_2d(points)
        count = self.futures.count if self.futures is not None else 1
        step = max(1, BLOCK // count)
        parts = [self._run(points[i : i + step], count) for i in range(0, len(points), step)]
        return Values(
            np.concatenate([part.cost for part in parts]),
            np.concatenate([part.numbers for part in parts]),
        )

    def run_scenario(self) -> Values:
        """Values of the scenario itself, with the dates that it has."""
        point = base_point(self.task.knobs)[np.newaxis]
        return self._run(point, self.futures.count if self.futures else 1, self.base)

    def _run(self, points: FloatArray, count: int, batch: Batch | None = None) -> Values:
        self.ledger.charge(len(points) * count, len(points))
        batch = batch or build_members(self.task, self.base, self.lasting, points)
        if self.futures is not None:
            from haihe.scenario.futures import cross_futures

            batch = cross_futures(batch, self.futures)
        names = list(dict.fromkeys(source.variable for source in list_sources(self.task)))
        backend = CompiledBackend(threads=self.threads)
        values = backend.run(self.task.model, batch, names)
        years = saved_times(batch.time)
        numbers = np.stack([read_goal(g, values, years) for g in self.task.goals], axis=1)
        numbers = numbers.reshape(len(points), count, len(self.task.goals)).swapaxes(1, 2)
        cost = self.effort(points)
        if self.task.cost is not None:
            at = int(np.argmin(np.abs(years - self.task.cost_year)))
            paid = read_source(self.task.cost, values)[:, at].reshape(len(points), count)
            cost = paid.mean(axis=1)
        return Values(cost, numbers)

    def effort(self, points: FloatArray) -> FloatArray:
        """Weighted sum (point,) of how far knobs are from the scenario, in shares of bands."""
        knobs = self.task.knobs
        away = np.abs(points - base_point(knobs))
        # Below SMOOTH a parabola, above it the distance itself: no jump and no kink.
        bent = np.where(away < SMOOTH, away**2 / (2 * SMOOTH), away - SMOOTH / 2)
        return np.asarray(bent @ np.array([knob.weight for knob in knobs]))


def make_evaluator(
    task: Task, ledger: Ledger, futures: Futures | None, threads: int = 1
) -> Evaluator:
    """An evaluator for a task, whose runs end with the last year that anybody reads."""
    from haihe.scenario.design import build_batch

    batch = build_batch(task.model, task.catalogue, [task.scenario])
    batch = replace(batch, time=shorten(task, batch.time))
    lasting = frozenset(
        knob.lever for knob in task.knobs if f"{knob.lever} in force" in batch.series
    )
    return Evaluator(task, batch, lasting, futures, ledger, threads)


def shorten(task: Task, time: TimeAxis) -> TimeAxis:
    """The time axis up to the last year that is read."""
    last = max(goal.aim.last_year for goal in task.goals)
    if task.cost is not None:
        last = max(last, task.cost_year)
    if any(goal.measure is Measure.PEAK_YEAR for goal in task.goals):
        last = time.stop
    saves = np.ceil((last - time.start) / time.save_step - 1e-9)
    return replace(time, stop=min(time.stop, time.start + float(saves) * time.save_step))


def list_sources(task: Task) -> Iterator[Source]:
    """Every outcome that a task reads."""
    for goal in task.goals:
        yield from _goal_sources(goal)
    if task.cost is not None:
        yield task.cost


def _goal_sources(goal: Goal) -> Iterator[Source]:
    yield goal.source
    if goal.per is not None:
        yield goal.per


# --- points and members -------------------------------------------------------------------------


def base_point(knobs: tuple[Knob, ...]) -> FloatArray:
    """The scenario as a point of the unit cube (knob,)."""
    return np.array([to_share(knob, knob.base) for knob in knobs])


def to_share(knob: Knob, value: float) -> float:
    """A value of a knob as a share of its band."""
    width = knob.most - knob.least
    return 0.0 if width == 0 else (value - knob.least) / width


def to_values(knobs: tuple[Knob, ...], points: FloatArray) -> FloatArray:
    """Points of the unit cube in the model's units (point, knob); ends are met exactly."""
    least = np.array([knob.least for knob in knobs])
    most = np.array([knob.most for knob in knobs])
    inside = least + points * (most - least)
    return np.where(points >= 1, most, np.where(points <= 0, least, inside))


def build_members(task: Task, base: Batch, lasting: frozenset[str], points: FloatArray) -> Batch:
    """One member for each point: the scenario, with the knobs turned."""
    count = len(points)
    values = to_values(task.knobs, points)
    constants = {name: np.repeat(v, count, axis=0) for name, v in base.constants.items()}
    series = {name: (y, np.repeat(v, count, axis=0)) for name, (y, v) in base.series.items()}
    by_lever: dict[str, dict[str, FloatArray]] = {}
    for column, knob in enumerate(task.knobs):
        by_lever.setdefault(knob.lever, {})[knob.part] = values[:, column]
        if knob.part == "value":
            own = np.asarray(task.model.variables[knob.lever].default, dtype=float)
            if knob.lever not in constants:
                constants[knob.lever] = np.repeat(own[np.newaxis], count, axis=0)
            spread = values[:, column].reshape(-1, *(1,) * own.ndim)
            constants[knob.lever] = np.broadcast_to(spread, (count, *own.shape)).copy()
    for lever, parts in by_lever.items():
        target = f"{lever} in force"
        default = float(np.asarray(task.model.variables[lever].default).mean())
        if "start" in parts:
            series[target] = _ramps(default, parts, base.time)
        elif lever in lasting:
            known = _level_of(task.scenario, lever)
            scaled = _rescale(series[target], default, known, parts["value"])
            if scaled is not None:
                series[target] = scaled
            else:
                del series[target]
    members = tuple(str(i) for i in range(count))
    initial = {name: np.repeat(v, count, axis=0) for name, v in base.initial.items()}
    return Batch(members, constants, series, initial, base.time)


def _ramps(
    default: float, parts: dict[str, FloatArray], time: TimeAxis
) -> tuple[FloatArray, FloatArray]:
    """A straight rise from the level of 2021, at every step of the model: nothing is lost."""
    steps = int(np.ceil((time.stop - POLICY_START) / time.step))
    years = np.asarray(POLICY_START + time.step * np.arange(steps + 1), dtype=float)
    start, ramp = parts["start"][:, None], np.maximum(parts["ramp"][:, None], 1e-9)
    share = np.clip((years[None] - start) / ramp, 0.0, 1.0)
    return years, default + (parts["value"][:, None] - default) * share


def _rescale(
    given: tuple[FloatArray, FloatArray], default: float, level: float, values: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """A course with its dates kept and its last level changed; None: it never left its level."""
    years, course = given
    if level == default:
        return None
    share = (values - default) / (level - default)
    return years, default + (course - default) * share.reshape(-1, *(1,) * (course.ndim - 1))


def _level_of(scenario: Scenario, lever: str) -> float:
    for setting in scenario.settings:
        if setting.name == lever and isinstance(setting.value, Trajectory):
            return setting.value.values[-1]
    raise AssertionError(lever)


def write_settings(
    task: Task, lasting: frozenset[str], point: FloatArray
) -> dict[str, float | list[list[float]]]:
    """What a point sets, by lever, as a scenario file says it: numbers and trajectories."""
    values = to_values(task.knobs, np.atleast_2d(point))[0]
    parts: dict[str, dict[str, float]] = {}
    for knob, value in zip(task.knobs, values, strict=True):
        # 12 digits, so that 0.9 is not 0.9000000000000001.
        parts.setdefault(knob.lever, {})[knob.part] = float(f"{value:.12g}")
    written: dict[str, float | list[list[float]]] = {}
    for lever, given in parts.items():
        default = float(np.asarray(task.model.variables[lever].default).mean())
        if "start" in given:
            end = given["start"] + given["ramp"]
            begin = max(given["start"], POLICY_START + 1e-6)
            written[lever] = [[begin, default], [end, given["value"]]]
        elif lever in lasting and (setting := _moving(task.scenario, lever)) is not None:
            level = setting.values[-1]
            share = 0.0 if level == default else (given["value"] - default) / (level - default)
            if level == default:
                written[lever] = given["value"]
            else:
                written[lever] = [
                    [year, default + (value - default) * share]
                    for year, value in zip(setting.years, setting.values, strict=True)
                ]
        else:
            written[lever] = given["value"]
    return written


def _moving(scenario: Scenario, lever: str) -> Trajectory | None:
    found: list[Setting] = [s for s in scenario.settings if s.name == lever]
    return next((s.value for s in found if isinstance(s.value, Trajectory)), None)
