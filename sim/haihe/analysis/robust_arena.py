"""Where a search runs its plans: levers as places in the unit cube, the same futures for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from haihe.analysis.robust import BETTER, Goal, settle_better
from haihe.analysis.select_inputs import FloatArray
from haihe.analysis.select_outcome import read_asked, select_outcome
from haihe.errors import InputError
from haihe.model.catalogue import Catalogue, find_outcome
from haihe.model.clock import saved_times
from haihe.model.find import find_variable, near_names
from haihe.model.types import Model, Variable
from haihe.run.backends import Backend, PysdBackend
from haihe.run.compiled import CompiledBackend
from haihe.run.simulate import simulate
from haihe.scenario.design import build_batch
from haihe.scenario.futures import Futures, cross_futures, draw_futures
from haihe.scenario.values import Batch, Scenario
from haihe.scenario.vocabulary import index_vocabulary
from haihe.text import Text, list_choices

if TYPE_CHECKING:
    import xarray as xr


REDUCE: dict[str, Callable[[FloatArray], FloatArray]] = {
    "mean": lambda costs: costs.mean(axis=1),
    "worst": lambda costs: costs.max(axis=1),
    "p90": lambda costs: np.asarray(np.percentile(costs, 90, axis=1)),
}
"""From costs (plan, future), the better the smaller, to one for each plan."""


LOST = 1e30
"""Cost of a plan that has no result in some future."""


@dataclass(frozen=True, slots=True)
class Knob:
    """A lever that the search moves."""

    variable: Variable
    title: Text
    shown: str
    low: float
    high: float
    base: float
    """What the scenario as it stands has."""
    in_force: str
    """The variable that a trajectory of the scenario would take the place of."""


@dataclass(frozen=True, slots=True)
class Arena:
    """Where plans are run."""

    model: Model
    catalogue: Catalogue
    batch: Batch
    """The scenario as one member."""
    knobs: tuple[Knob, ...]
    goals: tuple[Goal, ...]
    outputs: tuple[str, ...]
    futures: Futures
    statistic: str
    backend: Backend


def open_arena(
    model: Model,
    catalogue: Catalogue,
    scenario: Scenario,
    levers: Sequence[str],
    goals: Sequence[Goal],
    futures: int,
    statistic: str,
    seed: int,
) -> Arena:
    if statistic not in REDUCE:
        raise InputError(
            Text(f"没有统计量 {statistic}", f"no statistic {statistic}"),
            expected=list_choices(REDUCE),
        )
    if not levers or not goals:
        raise InputError(
            Text("搜索需要措施和指标", "a search needs levers and outcomes"),
            None,
            Text("各至少一个", "one of each at least"),
        )
    batch = build_batch(model, catalogue, [scenario])
    knobs = tuple(_find_knob(model, catalogue, batch, name) for name in levers)
    directed = tuple(_direct(goal, catalogue) for goal in goals)
    outputs = tuple(dict.fromkeys(_find_output(model, catalogue, goal) for goal in goals))
    # The first run of a model holds the engine against the reference.
    plain = simulate(model, batch, outputs)
    compiled = str(plain.attrs["backend"]).startswith("compiled")
    return Arena(
        model,
        catalogue,
        batch,
        knobs,
        directed,
        outputs,
        draw_futures(model, catalogue, futures, seed),
        statistic,
        CompiledBackend() if compiled else PysdBackend(),
    )


def _find_knob(model: Model, catalogue: Catalogue, batch: Batch, name: str) -> Knob:
    vocabulary = index_vocabulary(model, catalogue)
    found = vocabulary.names.find(name)
    entry = catalogue.levers.get(found or "")
    if found is None or entry is None:
        near = near_names(name, catalogue.levers)
        raise InputError(Text(f"没有措施 {name}", f"there is no lever {name}"), suggestions=near)
    variable = model.variables[found]
    low, high = variable.limits
    if variable.dims or low is None or high is None or variable.default is None:
        raise InputError(
            Text(f"{found} 不能搜索", f"{found} cannot be searched"),
            None,
            Text("有上下限的单一数值的措施", "a lever that is one number in limits"),
        )
    base = float(batch.constants.get(found, variable.default[np.newaxis])[0])
    force = vocabulary.in_force.get(found, "")
    return Knob(variable, entry.title, entry.shown, low, high, base, force)


def _direct(goal: Goal, catalogue: Catalogue) -> Goal:
    asked = read_asked(goal.asked)
    if not asked.how:
        raise InputError(
            Text(f"{goal.asked} 是随时间变化的过程", f"{goal.asked} is a course over time"),
            None,
            f"`{goal.asked} at 2030`",
        )
    # Asked of the catalogue only where the goal is silent: it may not know the outcome.
    known = "" if goal.better else find_outcome(catalogue, asked.name).better
    return replace(goal, better=settle_better(goal, known))


def _find_output(model: Model, catalogue: Catalogue, goal: Goal) -> str:
    name = read_asked(goal.asked).name
    return find_variable(model, find_outcome(catalogue, name).variable).name


def find_share(knob: Knob, value: float) -> float:
    return (value - knob.low) / (knob.high - knob.low)


def cost_plans(arena: Arena, points: FloatArray, plain: Batch | None) -> FloatArray:
    """Costs (plan, outcome) of points, and of the scenario as it stands behind them."""
    costs = [_run(arena, _set_levers(arena, points))] if len(points) else []
    costs += [_run(arena, plain)] if plain is not None else []
    return np.concatenate(costs)


def _set_levers(arena: Arena, points: FloatArray) -> Batch:
    """A batch with one plan for each point; a lever that is moved has no trajectory."""
    count = len(points)
    rows = np.zeros(count, dtype=int)
    batch = arena.batch
    constants = {name: values[rows] for name, values in batch.constants.items()}
    for column, knob in enumerate(arena.knobs):
        constants[knob.variable.name] = knob.low + points[:, column] * (knob.high - knob.low)
    gone = {knob.in_force for knob in arena.knobs}
    return Batch(
        tuple(f"plan {k}" for k in range(count)),
        constants,
        {n: (y, v[rows]) for n, (y, v) in batch.series.items() if n not in gone},
        {name: values[rows] for name, values in batch.initial.items()},
        batch.time,
    )


def _run(arena: Arena, batch: Batch) -> FloatArray:
    """Costs (plan, outcome) over the futures of the arena."""
    import xarray as xr

    crossed = cross_futures(batch, arena.futures)
    values = arena.backend.run(arena.model, crossed, arena.outputs)
    data = {}
    for name, array in values.items():
        variable = arena.model.variables[name]
        attrs = {"units": variable.units, "long_name": name, "kind": str(variable.kind)}
        data[name] = (("member", "time", *variable.dims), array, attrs)
    elements = {name: list(d.elements) for name, d in arena.model.dimensions.items()}
    used = {dim for dims, _, _ in data.values() for dim in dims}
    coords = {name: found for name, found in elements.items() if name in used}
    runs = xr.Dataset(data, {"time": saved_times(batch.time), **coords})
    costs = [_reduce(arena, goal, select_outcome(runs, goal.asked, arena.catalogue))
             for goal in arena.goals]  # fmt: skip
    return np.stack(costs, axis=1)


def _reduce(arena: Arena, goal: Goal, array: xr.DataArray) -> FloatArray:
    cost = -BETTER[goal.better] * array.to_numpy().reshape(-1, arena.futures.count)
    reduced = REDUCE[arena.statistic](np.nan_to_num(cost, nan=LOST))
    return np.minimum(reduced, LOST)
