"""Plans held against each other over the same futures: regret, targets met, what is not dominated.

Layout of what `compare_plans` gives: coordinates `plan` (labels), `outcome`, `requirement`.

- (plan, outcome): `mean`, `p5`, `p95`, `best`, `worst`, `regret_max`, `regret_p90`, `regret_mean`
- (plan, requirement): `met`, share of futures in which the requirement is met; `target`
  (requirement) is the id of the target that asks for it, "" for a condition
- (plan): `met_all`, share in which all of them are; `pareto`, whether no other plan is at least as
  good in every outcome and better in one, judged by `statistic`

Regret is how much worse a plan does in a future than the best plan does in the same future, so it
needs the futures of all plans to be the same; where they are not, it is NaN and a note says so.

Sources
-------
Savage (1951), Journal of the American Statistical Association 46, 55-67,
doi:10.1080/01621459.1951.10500768 (regret). McPhail et al. (2018), Earth's Future 6, 169-191,
doi:10.1002/2017EF000649 (measures of robustness).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from haihe.analysis.robust_pareto import find_pareto
from haihe.analysis.robust_requirements import Requirement, judge_conditions, require_targets
from haihe.analysis.select_inputs import (
    FloatArray,
    IntArray,
    find_failed,
    find_members,
    list_scenarios,
    read_crossing,
    read_factors,
    read_inputs,
)
from haihe.analysis.select_outcome import select_outcome
from haihe.errors import InputError
from haihe.text import Text, list_choices

if TYPE_CHECKING:
    import xarray as xr

    from haihe.analysis.targets import Target
    from haihe.model.catalogue import Catalogue

STATISTICS = ("mean", "worst", "regret_max", "regret_p90")
"""What plans can be compared by."""
BETTER = {"lower": -1.0, "higher": 1.0}


@dataclass(frozen=True, slots=True)
class Goal:
    """An outcome, and which way is better."""

    asked: str
    better: str = ""
    """"lower", "higher", or "" for what the catalogue says."""


@dataclass(frozen=True, slots=True)
class Plans:
    """Members as plans by futures."""

    labels: tuple[str, ...]
    rows: IntArray
    """Position of each member (plan, future)."""
    matched: bool
    """Whether future k is the same for every plan."""


def compare_plans(
    study: xr.Dataset,
    goals: Sequence[Goal],
    requirements: Sequence[str] = (),
    catalogue: Catalogue | None = None,
    *,
    statistic: str = "worst",
    targets: Sequence[Target] = (),
) -> xr.Dataset:
    """Hold the plans of a study against each other.

    Parameters
    ----------
    study
        An opened store: several scenarios, or rows of a list, in many futures each.
    goals
        Outcomes to compare by.
    requirements
        Conditions as `haihe.analysis.discover_where` reads them: `PM2.5 at 2030 < 30`.
    statistic
        One of `STATISTICS`: what the plans that are not dominated are found by. The greatest of
        values that ought to be small, the least of values that ought to be great, is "worst".
    targets
        Targets that have to be met too; they need a catalogue.

    Raises
    ------
    InputError
        Where an outcome, its direction or a condition is wrong, or there is nothing to compare.
    """
    import xarray as xr

    if statistic not in STATISTICS:
        raise InputError(
            Text(f"没有统计量 {statistic}", f"no statistic {statistic}"),
            expected=list_choices(STATISTICS),
        )
    plans = find_plans(study)
    good = ~find_failed(study)
    arrays = [select_outcome(study, goal.asked, catalogue) for goal in goals]
    for goal, array in zip(goals, arrays, strict=True):
        if "time" in array.dims:
            raise InputError(
                Text(f"{goal.asked} 是随时间变化的过程", f"{goal.asked} is a course over time"),
                None,
                f"{goal.asked} at 2030",
            )
        good &= np.isfinite(array.to_numpy())
    signs = [_find_sign(goal, array) for goal, array in zip(goals, arrays, strict=True)]
    needs = list(judge_conditions(study, requirements, catalogue))
    if targets and catalogue is None:
        raise InputError(
            Text("判断目标需要模型目录", "targets need the catalogue of the model"),
            expected=Text("同时给出 --model", "--model with them"),
        )
    needs += require_targets(study, targets, catalogue) if catalogue is not None else ()
    known = np.logical_and.reduce([good, *(need.known for need in needs)])
    kept = known[plans.rows].all(axis=0)
    if not kept.any():
        raise InputError(
            Text("没有一个未来使所有方案都有结果", "no future has a result for every plan"),
            expected=Text("成功运行的成员", "members that ran"),
        )
    values = np.stack([array.to_numpy()[plans.rows][:, kept] for array in arrays])
    data = _measure(values, np.array(signs), plans.matched)
    if needs:
        held = np.stack([need.met[plans.rows][:, kept] for need in needs])
        data["met"] = (("plan", "requirement"), held.mean(axis=2).T)
        data["met_all"] = (("plan",), held.all(axis=0).mean(axis=1))
    signed = data[statistic][1] * (1.0 if statistic.startswith("regret") else -np.array(signs))
    data["pareto"] = (("plan",), find_pareto(signed))
    coords = _coordinates(plans, arrays, signs, needs)
    lost = int((~kept).sum())
    return xr.Dataset(data, coords, _describe(study, plans, statistic, int(kept.sum()), lost))


def find_plans(study: xr.Dataset) -> Plans:
    """Members of a study as plans by futures.

    A plan is a scenario; where each row of the design is run in many futures, a row of a scenario.

    Raises
    ------
    InputError
        Where scenarios have different numbers of members.
    """
    crossing = read_crossing(study)
    names = list_scenarios(study)
    parts = [find_members(study, name) for name in names]
    if len({len(part) for part in parts}) > 1:
        raise InputError(
            Text("各情景的成员数不同", "the scenarios have different numbers of members")
        )
    rows = np.stack(parts)
    labels = list(names)
    if crossing.futures > 1:
        per = rows.shape[1] // crossing.futures
        rows = rows.reshape(-1, crossing.futures)
        own = crossing.row_labels or tuple(f"row {k + 1}" for k in range(per))
        labels = [
            row if len(names) == 1 else name if per == 1 else f"{name} · {row}"
            for name in names
            for row in (own if per > 1 or len(names) == 1 else ("",))
        ]
    return Plans(tuple(labels), rows, _are_matched(study, rows, crossing.varied, crossing.futures))


def _are_matched(study: xr.Dataset, rows: IntArray, varied: int | None, futures: int) -> bool:
    """Whether every plan met the same futures, by the inputs that it was given."""
    factors = list(read_factors(study))
    if futures > 1 and varied is not None:
        factors = factors[varied:]
    factors = [factor for factor in factors if factor.role != "lever"]
    if not factors:
        return True
    looked = rows[:, np.unique(np.linspace(0, rows.shape[1] - 1, 200).astype(int))]
    inputs = [read_inputs(study, factors, part) for part in looked]
    return all(np.array_equal(inputs[0], other, equal_nan=True) for other in inputs[1:])


def _find_sign(goal: Goal, array: xr.DataArray) -> float:
    return BETTER[settle_better(goal, str(array.attrs.get("better", "")))]


def settle_better(goal: Goal, known: str) -> str:
    """Which way is better: as the goal says it, else as is known of its outcome.

    Raises
    ------
    InputError
        Where neither says it.
    """
    better = goal.better or known
    if better not in BETTER:
        raise InputError(
            Text(
                f"没有说明 {goal.asked} 是越多越好还是越少越好",
                f"nothing says whether more or less of {goal.asked} is better",
            ),
            expected=Text("用 --minimise 或 --maximise 给出", "--minimise or --maximise with it"),
        )
    return better


def _measure(values: FloatArray, signs: FloatArray, matched: bool) -> dict[str, Any]:
    """Measures (plan, outcome) of values (outcome, plan, future)."""
    up = signs[:, None] > 0
    low, high = values.min(axis=2), values.max(axis=2)
    best = np.where(up[:, :, None], values, -values).max(axis=1, keepdims=True)
    regret = best - np.where(up[:, :, None], values, -values)
    if not matched:
        regret = np.full_like(regret, np.nan)
    columns = {
        "mean": values.mean(axis=2),
        "p5": np.percentile(values, 5, axis=2),
        "p95": np.percentile(values, 95, axis=2),
        "best": np.where(up, high, low),
        "worst": np.where(up, low, high),
        "regret_max": regret.max(axis=2),
        "regret_p90": np.percentile(regret, 90, axis=2),
        "regret_mean": regret.mean(axis=2),
    }
    return {name: (("plan", "outcome"), column.T) for name, column in columns.items()}


def _coordinates(
    plans: Plans,
    arrays: Sequence[xr.DataArray],
    signs: Sequence[float],
    needs: Sequence[Requirement],
) -> dict[str, Any]:
    return {
        "plan": list(plans.labels),
        "outcome": [str(array.attrs["asked"]) for array in arrays],
        "title_zh": ("outcome", [str(array.attrs["title_zh"]) for array in arrays]),
        "title_en": ("outcome", [str(array.attrs["title_en"]) for array in arrays]),
        "unit": ("outcome", [str(array.attrs["units"]) for array in arrays]),
        "better": ("outcome", ["higher" if sign > 0 else "lower" for sign in signs]),
        **(
            {
                "requirement": [need.words.en for need in needs],
                "requirement_zh": ("requirement", [need.words.zh for need in needs]),
                "target": ("requirement", [need.target for need in needs]),
            }
            if needs
            else {}
        ),
    }


def _describe(
    study: xr.Dataset, plans: Plans, statistic: str, futures: int, lost: int
) -> dict[str, Any]:
    notes = [
        Text(
            f"{len(plans.labels)} 个方案，{futures:,} 个共同的未来。",
            f"{len(plans.labels)} plans, {futures:,} futures that they share.",
        )
    ]
    if lost:
        notes.append(
            Text(
                f"另有 {lost:,} 个未来因有方案没有结果而舍去。",
                f"{lost:,} more are left out, as a plan has no result in them.",
            )
        )
    if not plans.matched:
        notes[0] = Text(
            f"{len(plans.labels)} 个方案，各 {futures:,} 个成员。",
            f"{len(plans.labels)} plans, {futures:,} members each.",
        )
        notes.append(
            Text(
                "各方案所遇的未来不相同，因此不计算后悔值。",
                "The plans did not meet the same futures, so there is no regret.",
            )
        )
    return {
        "statistic": statistic,
        "futures": futures,
        "lost": lost,
        "notes_zh": [note.zh for note in notes],
        "notes_en": [note.en for note in notes],
    }
