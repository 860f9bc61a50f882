"""What made the difference in a study: credit for the corners of a grid, or for two of its plans.

A grid holds every combination of its factors, so Shapley values from all at their lowest to all at
their highest are read from the store, exactly. Two plans of a study differ in settings that were
never run one by one: their mixtures are run now, in the model's own future, and only where model
and scenarios are still those that the study ran.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from haihe.analysis.select_inputs import (
    Factor,
    find_failed,
    find_members,
    list_scenarios,
    read_crossing,
    read_factors,
    read_inputs,
)
from haihe.analysis.select_outcome import select_outcome
from haihe.analysis.shapley import (
    interaction_values,
    marginal_range,
    shapley_values,
    switch_one_off,
    switch_one_on,
)
from haihe.errors import InputError
from haihe.results.attribution import Attribution, Credit, pair_up
from haihe.results.study_page import Course, FloatArray, IntArray, StudyPage
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue
    from haihe.model.types import Model
    from haihe.scenario.values import Scenario

MOST_FACTORS = 10
"""Factors of a grid of which every corner is read."""
MOST_OUTCOMES = 3
LOW, HIGH = Text("各因素取最低", "All factors lowest"), Text("各因素取最高", "All factors highest")
NONE = Text("", "")


@dataclass(frozen=True, slots=True)
class Plans:
    """The first and the last plan of a study, as the study ran them."""

    model: Model
    catalogue: Catalogue
    folder: Path
    baseline: Scenario
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Shared:
    """What was attributed, and how that was done or why it was not."""

    found: tuple[Attribution, ...]
    how: Text


def share_study(
    study: xr.Dataset, page: StudyPage, catalogue: Catalogue | None, plans: Plans | None
) -> Shared:
    """Attribute what the design of a study allows.

    Parameters
    ----------
    plans
        None where the study has one plan, or where model or scenarios have changed since.
    """
    courses = page.courses[:MOST_OUTCOMES]
    if study.attrs.get("design") == "grid":
        shared = share_grid(study, courses, catalogue)
        if shared is not None:
            return shared
    if plans is not None:
        return share_plans(plans, courses)
    return Shared((), say_nothing(study, page))


def say_nothing(study: xr.Dataset, page: StudyPage) -> Text:
    """Why nothing is attributed here."""
    if study.attrs.get("design") == "one-at-a-time":
        return Text(
            "本研究每次只变动一个因素，各因素单独的作用见龙卷风图；它们合起来的作用没有运行，不能分摊。",
            "This study varies one factor at a time: the tornado has what each does alone. What"
            " they do together was not run, and cannot be shared.",
        )
    if len(list_scenarios(study)) > 1:
        return Text(
            "模型或情景文件在研究之后已有改动，或各情景的设定并无不同，因此不做归因。",
            "The model or a scenario file has changed since the study was run, or its scenarios set"
            " the same: nothing is attributed.",
        )
    name = page.groups[-1].label if page.groups else "SCENARIO"
    return Text(
        "本研究只有一个方案，没有可分摊的方案之差；各因素占离散程度的多少见“取决于什么”。"
        f"方案各项措施的贡献可用 haihe attribute {name} --against 基线情景 求得。",
        "This study has one plan, so there is no difference of plans to share; how much of the"
        " spread each factor makes stands under “What decides”. What each measure of a plan"
        f" contributes: haihe attribute {name} --against BASELINE.",
    )


# --- a grid -------------------------------------------------------------------------------------


def share_grid(
    study: xr.Dataset, courses: Sequence[Course], catalogue: Catalogue | None
) -> Shared | None:
    """Shapley values between the lowest and the highest corner; None where a corner is missing."""
    crossing = read_crossing(study)
    factors = read_factors(study, catalogue)[: crossing.varied]
    rows = find_members(study, list_scenarios(study)[-1])
    rows = rows[~find_failed(study)[rows]]
    values = read_inputs(study, factors, rows)
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    moved = np.flatnonzero(high > low)
    if not 1 < len(moved) <= MOST_FACTORS:
        return None
    corners = find_corners(values[:, moved], low[moved], high[moved])
    if corners is None:
        return None
    kept = [factors[i] for i in moved]
    found = tuple(
        _share_course(study, course, [rows[own] for own in corners], kept, catalogue)
        for course in courses
    )
    many = crossing.futures > 1
    return Shared(
        found,
        Text(
            f"由本研究已运行的 {len(corners):,} 种两端组合得出沙普利值"
            + (f"，取 {crossing.futures:,} 个未来的平均" if many else "")
            + "；没有另外运行，也不是估计。",
            f"Shapley values of the {len(corners):,} combinations of ends that the study ran"
            + (f", means over {crossing.futures:,} futures" if many else "")
            + "; nothing was run for it, nothing is estimated.",
        ),
    )


def find_corners(
    values: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[IntArray, ...] | None:
    """Members (member,) of every coalition of factors at their highest; None where one has none."""
    players = values.shape[1]
    top, bottom = values == high, values == low
    corner = (top | bottom).all(axis=1)
    number = (top * (1 << np.arange(players))).sum(axis=1)
    found = tuple(np.flatnonzero(corner & (number == k)) for k in range(1 << players))
    return found if all(len(own) for own in found) else None


def _share_course(
    study: xr.Dataset,
    course: Course,
    corners: Sequence[IntArray],
    factors: Sequence[Factor],
    catalogue: Catalogue | None,
) -> Attribution:
    chosen = study.isel(member=np.concatenate(corners))
    array = select_outcome(chosen, course.id, catalogue).transpose("member", "time")
    whole = np.asarray(array.to_numpy(), dtype=float)
    ends = np.cumsum([0, *(len(own) for own in corners)])
    worth = np.array([whole[a:b].mean(axis=0) for a, b in pairwise(ends)])
    shares, off, on = shapley_values(worth), switch_one_off(worth), switch_one_on(worth)
    low, high = marginal_range(worth)
    return Attribution(
        course.id, course.title, course.unit, course.digits,
        "highest", "lowest", HIGH, LOW, "factor",
        course.years, worth[-1], worth[0],
        tuple(
            Credit(f.label, f.title, "", (f.label,), shares[i], None, off[i], on[i], low[i],
                   high[i], None)
            for i, f in enumerate(factors)
        ),
        pair_up([factor.label for factor in factors], interaction_values(worth)),
        len(corners), exact=True,
    )  # fmt: skip


# --- two plans ----------------------------------------------------------------------------------


def share_plans(plans: Plans, courses: Sequence[Course]) -> Shared:
    """Shapley values of what the last plan sets unlike the first, by chapters of the plan."""
    from haihe.analysis.attribution import attribute, find_cells
    from haihe.analysis.attribution_groups import group_differences
    from haihe.analysis.coalitions import find_differences

    keys = find_differences(plans.scenario, plans.baseline)
    names = [course.id for course in courses]
    for by in ("chapter", "group", "lever"):
        try:
            groups = group_differences(keys, plans.catalogue, by, plans.folder)
            break
        except InputError:  # the catalogue knows no chapters, or no groups
            continue
    cells = find_cells(plans.model, plans.catalogue, names)
    found = attribute(
        plans.model, plans.catalogue, plans.scenario, plans.baseline, cells, groups, by
    )
    count = f"{found[0].coalitions:,}"
    exact = Text("精确", "exact") if found[0].exact else Text("抽样", "sampled")
    return Shared(
        found,
        Text(
            f"按模型自身的参数（不含不确定性），为本页另行运行 {count} 种组合，"
            f"沙普利值{exact.zh}；模型与情景文件与研究所用的一致。",
            f"In the model's own future, without uncertainty: {count} combinations were run for"
            f" this page, Shapley values are {exact.en}. Model and scenario files are those of the"
            " study.",
        ),
    )
