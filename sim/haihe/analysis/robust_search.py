"""Search for plans that hold up: a genetic algorithm moves levers, running each in many futures.

Every candidate meets the same futures. What is found is then judged in other futures, which the
search did not see: the best of many is always a little lucky.

Layout of what `search_plans` gives: coordinates `plan`, `lever`, `outcome`; `values` (plan, lever)
in the unit that people see; `found` (plan, outcome), the statistic in the futures of the search;
`checked` (plan, outcome), the same in other futures. The last plan is the scenario as it stands.

Sources
-------
Deb, Pratap, Agarwal, Meyarivan (2002), IEEE Transactions on Evolutionary Computation 6, 182-197,
doi:10.1109/4235.996017 (NSGA-II, here pymoo's).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from haihe.analysis.robust import BETTER, Goal
from haihe.analysis.robust_pareto import find_pareto
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
from haihe.text import Text
from haihe.units import conversion_factor

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[int, int], None]
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


def search_plans(
    model: Model,
    catalogue: Catalogue,
    scenario: Scenario,
    levers: Sequence[str],
    goals: Sequence[Goal],
    *,
    futures: int = 30,
    statistic: str = "p90",
    population: int = 40,
    generations: int = 20,
    seed: int = 0,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Look for plans that no other plan beats in every outcome.

    Parameters
    ----------
    scenario
        What is kept of everything but the levers.
    levers
        Levers to move, each between its limits in the model.
    goals
        Outcomes with a reduction, such as `PM2.5 at 2030`.
    futures
        How many each plan is run in; as many others judge what was found.
    statistic
        "mean", "p90" (nine futures in ten are at least as good) or "worst".

    Raises
    ------
    InputError, InputErrors
        Where a lever or an outcome is unknown, has no limits or no direction.
    """
    arena = _open_arena(model, catalogue, scenario, levers, goals, futures, statistic, seed)
    points, costs = _evolve(arena, population, generations, seed, progress)
    kept = find_pareto(costs)
    points, costs = points[kept], costs[kept]
    _, once = np.unique(points.round(9), axis=0, return_index=True)
    once = once[np.argsort(costs[once, 0], kind="stable")]
    base = np.array([[_share(knob, knob.base) for knob in arena.knobs]])
    shown = np.concatenate([points[once], base])
    found = np.concatenate([costs[once], _cost(arena, points[:0], arena.batch)])
    other = replace(arena, futures=draw_futures(model, catalogue, futures, seed + 1_000_003))
    checked = _cost(other, points[once], arena.batch)
    evaluated = population * generations * futures
    return _lay_out(arena, shown, found, checked, evaluated)


def _open_arena(
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
        raise InputError(f"no statistic {statistic}", expected=f"one of {', '.join(REDUCE)}")
    if not levers or not goals:
        raise InputError("a search needs levers and outcomes", None, "one of each at least")
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
        raise InputError(f"there is no lever {name}", suggestions=near)
    variable = model.variables[found]
    low, high = variable.limits
    if variable.dims or low is None or high is None or variable.default is None:
        raise InputError(
            f"{found} cannot be searched", None, "a lever that is one number in limits"
        )
    base = float(batch.constants.get(found, variable.default[np.newaxis])[0])
    force = vocabulary.in_force.get(found, "")
    return Knob(variable, entry.title, entry.shown, low, high, base, force)


def _direct(goal: Goal, catalogue: Catalogue) -> Goal:
    asked = read_asked(goal.asked)
    if not asked.how:
        raise InputError(f"{goal.asked} is a course over time", None, f"`{goal.asked} at 2030`")
    better = goal.better or find_outcome(catalogue, asked.name).better
    if better not in BETTER:
        raise InputError(
            f"nothing says whether more or less of {goal.asked} is better",
            expected="--minimise or --maximise with it",
        )
    return replace(goal, better=better)


def _find_output(model: Model, catalogue: Catalogue, goal: Goal) -> str:
    name = read_asked(goal.asked).name
    return find_variable(model, find_outcome(catalogue, name).variable).name


def _share(knob: Knob, value: float) -> float:
    return (value - knob.low) / (knob.high - knob.low)


def _evolve(
    arena: Arena, population: int, generations: int, seed: int, progress: Progress | None
) -> tuple[FloatArray, FloatArray]:
    """Points (plan, lever) of the unit cube that the search ends with, and their costs."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize

    width = len(arena.knobs)
    done = 0

    class Plans(Problem):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(n_var=width, n_obj=len(arena.goals), xl=0.0, xu=1.0)

        def _evaluate(self, x: FloatArray, out: dict[str, Any], *_: Any, **__: Any) -> None:
            nonlocal done
            out["F"] = _cost(arena, np.asarray(x, dtype=float), None)
            done += 1
            if progress:
                progress(done, generations)

    first = np.random.default_rng([seed, width]).random((population, width))
    first[0] = np.clip([_share(knob, knob.base) for knob in arena.knobs], 0, 1)
    algorithm = NSGA2(pop_size=population, sampling=first)
    result = minimize(Plans(), algorithm, ("n_gen", generations), seed=seed, verbose=False)
    members = result.pop
    return np.asarray(members.get("X"), dtype=float), np.asarray(members.get("F"), dtype=float)


def _cost(arena: Arena, points: FloatArray, plain: Batch | None) -> FloatArray:
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


def _lay_out(
    arena: Arena, points: FloatArray, found: FloatArray, checked: FloatArray, evaluated: int
) -> xr.Dataset:
    import xarray as xr

    signs = np.array([-BETTER[goal.better] for goal in arena.goals])
    count = len(points)
    low = np.array([knob.low for knob in arena.knobs])
    high = np.array([knob.high for knob in arena.knobs])
    scale = [conversion_factor(knob.variable.units, knob.shown) for knob in arena.knobs]
    units = [_find_unit(arena, goal) for goal in arena.goals]
    data = {
        "values": (("plan", "lever"), (low + points * (high - low)) * scale),
        "found": (("plan", "outcome"), found * signs),
        "checked": (("plan", "outcome"), checked * signs),
        "pareto": (("plan",), np.append(find_pareto(checked[:-1]), False)),
    }
    coords = {
        "plan": [*(f"{k + 1}" for k in range(count - 1)), "as it stands"],
        "lever": [knob.variable.name for knob in arena.knobs],
        "lever_zh": ("lever", [knob.title.zh for knob in arena.knobs]),
        "lever_en": ("lever", [knob.title.en for knob in arena.knobs]),
        "lever_unit": ("lever", [knob.shown for knob in arena.knobs]),
        "outcome": [goal.asked for goal in arena.goals],
        "unit": ("outcome", units),
        "better": ("outcome", [goal.better for goal in arena.goals]),
    }
    attrs = {
        "statistic": arena.statistic,
        "futures": arena.futures.count,
        "runs": evaluated,
    }
    return xr.Dataset(data, coords, attrs)


def _find_unit(arena: Arena, goal: Goal) -> str:
    asked = read_asked(goal.asked)
    unit = find_outcome(arena.catalogue, asked.name).shown
    if asked.how == "peak year":
        return "year"
    return unit.removesuffix("/yr") if asked.how == "sum" else unit
