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
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from haihe.analysis.robust import BETTER, Goal
from haihe.analysis.robust_arena import Arena, cost_plans, find_share, open_arena
from haihe.analysis.robust_pareto import find_pareto
from haihe.analysis.select_inputs import FloatArray
from haihe.analysis.select_outcome import read_asked
from haihe.model.catalogue import Catalogue, find_outcome
from haihe.model.types import Model
from haihe.scenario.futures import draw_futures
from haihe.scenario.values import Scenario
from haihe.units import conversion_factor

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[int, int], None]


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
    arena = open_arena(model, catalogue, scenario, levers, goals, futures, statistic, seed)
    points, costs = _evolve(arena, population, generations, seed, progress)
    kept = find_pareto(costs)
    points, costs = points[kept], costs[kept]
    _, once = np.unique(points.round(9), axis=0, return_index=True)
    once = once[np.argsort(costs[once, 0], kind="stable")]
    base = np.array([[find_share(knob, knob.base) for knob in arena.knobs]])
    shown = np.concatenate([points[once], base])
    found = np.concatenate([costs[once], cost_plans(arena, points[:0], arena.batch)])
    other = replace(arena, futures=draw_futures(model, catalogue, futures, seed + 1_000_003))
    checked = cost_plans(other, points[once], arena.batch)
    evaluated = population * generations * futures
    return _lay_out(arena, shown, found, checked, evaluated)


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
            out["F"] = cost_plans(arena, np.asarray(x, dtype=float), None)
            done += 1
            if progress:
                progress(done, generations)

    first = np.random.default_rng([seed, width]).random((population, width))
    first[0] = np.clip([find_share(knob, knob.base) for knob in arena.knobs], 0, 1)
    algorithm = NSGA2(pop_size=population, sampling=first)
    result = minimize(Plans(), algorithm, ("n_gen", generations), seed=seed, verbose=False)
    members = result.pop
    return np.asarray(members.get("X"), dtype=float), np.asarray(members.get("F"), dtype=float)


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
