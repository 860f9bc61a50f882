"""What a study found, for its page: chances of targets, what matters, when targets are missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from haihe.analysis.discover import discover
from haihe.analysis.outlook import outlooks_of_members
from haihe.analysis.probability import are_met
from haihe.analysis.robust import Goal, compare_plans
from haihe.analysis.select_inputs import find_failed, read_crossing
from haihe.analysis.select_outcome import select_outcome
from haihe.analysis.sensitivity import measure_sensitivity
from haihe.analysis.study_explorer import group_members, read_about
from haihe.analysis.study_summary import SLICES
from haihe.analysis.targets import Measure, Scope, Target
from haihe.errors import InputError
from haihe.results.discovery import Discovery
from haihe.results.outlook import Outlook
from haihe.results.study_page import SCORED, SOUGHT, FloatArray, IntArray, StudyPage
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue

RANDOM = ("posterior", "monte-carlo", "latin-hypercube")
"""Designs whose members are drawn one like the other, so that a part stands for the whole."""
MOST_TOLD, MOST_COMPARED = 3, 6
DOUBTFUL = (0.02, 0.98)
"""Chances between which the conditions of missing a target are worth a search."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a scenario changes against another in the same futures."""

    title: Text
    unit: str
    digits: int
    values: tuple[float, float, float]
    """5 %, median, 95 % of the differences."""
    lower: float
    """Share of the futures in which the second is lower."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the analyses of a study say on its page."""

    year: float
    outlooks: Mapping[str, tuple[Outlook, ...]]
    """Of each scenario, in the order of the study."""
    sensitivity: tuple[xr.Dataset, ...]
    discovery: Discovery | None
    plans: xr.Dataset | None
    differences: tuple[Difference, ...]
    """Of the last scenario against the first; empty where they did not meet the same futures."""


def find_findings(
    study: xr.Dataset,
    page: StudyPage,
    catalogue: Catalogue | None,
    targets: Sequence[Target] = (),
    *,
    year: float | None = None,
    where: str = "",
    scenario: str = "",
) -> Findings:
    """Run the analyses that fit the design of a study.

    Parameters
    ----------
    targets
        To be scored; none, or no catalogue: no scores.
    year
        Year that is looked at; 2035 or the last one where it is not given.
    where
        Condition that `discover` takes; else the target that is nearest to be a toss-up is taken.
    scenario
        What sensitivities and conditions are of; the last of the study where it is not given.

    Raises
    ------
    InputError
        Where what is asked for is not in the study. What is merely not possible is left out.
    """
    at = _choose_year(page, year)
    chosen = scenario or _name_last(study)
    outlooks = score_scenarios(study, page, catalogue, targets)
    condition = where or find_doubtful(page, targets)
    return Findings(
        year=at,
        outlooks=outlooks,
        sensitivity=_find_sensitivity(study, page, catalogue, at, chosen),
        discovery=_find_conditions(study, condition, catalogue, chosen, bool(where)),
        plans=_compare(study, page, catalogue, at),
        differences=find_differences(study, page, catalogue, at),
    )


def _choose_year(page: StudyPage, year: float | None) -> float:
    years = page.courses[0].years
    if year is None:
        return 2035.0 if 2035.0 in years else float(years[-1])
    if year not in years:
        span = (f"{years[0]:g}", f"{years[-1]:g}")
        raise InputError(
            Text(f"该研究没有保存 {year:g} 年", f"the study saved no year {year:g}"),
            expected=Text("{} 至 {}".format(*span), "{} to {}".format(*span)),
        )
    return year


def _name_last(study: xr.Dataset) -> str:
    return str(study["scenario"].values[-1]) if "scenario" in study.coords else ""


def take_part(study: xr.Dataset, most: int) -> xr.Dataset:
    """At most so many members of each scenario, in even slices; all where the design is a whole."""
    if study.attrs.get("design") not in RANDOM:
        return study
    group_of, labels = group_members(study, read_about(study))
    rows = [_slice(np.flatnonzero(group_of == group), most) for group in range(len(labels))]
    return study.isel(member=np.concatenate(rows))


def _slice(rows: IntArray, most: int) -> IntArray:
    if len(rows) <= most:
        return rows
    length = most // SLICES
    starts = np.linspace(0, len(rows) - length, SLICES).astype(np.int64)
    return np.asarray(rows[(starts[:, None] + np.arange(length)).ravel()])


def score_scenarios(
    study: xr.Dataset, page: StudyPage, catalogue: Catalogue | None, targets: Sequence[Target]
) -> dict[str, tuple[Outlook, ...]]:
    """Chances of targets over the members of each group; none where a design has no chances."""
    chancy = study.attrs.get("design") in RANDOM or read_crossing(study).futures > 1
    if catalogue is None or not targets or not chancy:
        return {}
    group_of, _ = group_members(study, read_about(study))
    good = ~find_failed(study)
    found = {}
    for place, group in enumerate(page.groups):
        rows = _slice(np.flatnonzero(good & (group_of == place)), SCORED)
        outlooks = outlooks_of_members(study.isel(member=rows), catalogue, targets)
        if any(outlook.chance is not None for outlook in outlooks):
            found[group.label] = outlooks
    return found


def find_doubtful(page: StudyPage, targets: Sequence[Target]) -> str:
    """Condition of missing the target that is nearest to a toss-up; "" where none is in doubt."""
    doubtful = [
        (target.scope is not Scope.PLAN, abs(share - 0.5), target)
        for target in targets
        if _is_plain(target) and DOUBTFUL[0] < (share := _share_met(page, target)) < DOUBTFUL[1]
    ]
    if not doubtful:
        return ""
    _, _, target = min(doubtful, key=lambda found: found[:2])
    sign = "<" if target.better == "higher" else ">"
    return f"{target.indicator} at {target.year} {sign} {target.value:g} {target.unit}".strip()


def _share_met(page: StudyPage, target: Target) -> float:
    """Share of the drawn members of the last group that meet a target; NaN where none can."""
    course = next((c for c in page.courses if c.id == target.indicator), None)
    if course is None or course.unit != target.unit or target.year not in course.years:
        return float("nan")
    last = page.group_of == len(page.groups) - 1
    values = course.drawn[last, int(np.argmax(course.years == target.year))]
    met = are_met(target, values)
    return float(met[np.isfinite(met)].mean()) if np.isfinite(met).any() else float("nan")


def _is_plain(target: Target) -> bool:
    """Is it a value in a year, held against a number?"""
    return (
        target.scorable
        and target.measure is Measure.LEVEL
        and not target.elements
        and not target.per
        and not target.offset
        and target.scope is not Scope.BACKTEST
    )


def _find_sensitivity(
    study: xr.Dataset, page: StudyPage, catalogue: Catalogue | None, year: float, scenario: str
) -> tuple[xr.Dataset, ...]:
    part = take_part(study, SOUGHT)
    found = []
    for course in page.courses[:MOST_TOLD] if page.axes else ():
        try:
            asked = f"{course.id} at {year:g}"
            found.append(measure_sensitivity(part, asked, catalogue, scenario=scenario))
        except InputError:  # too few members, or a design that has no indices
            continue
    return tuple(found)


def _find_conditions(
    study: xr.Dataset, where: str, catalogue: Catalogue | None, scenario: str, asked: bool
) -> Discovery | None:
    if not where:
        return None
    try:
        return discover(take_part(study, SOUGHT), where, catalogue, scenario=scenario, boxes=2)
    except InputError:
        if asked:
            raise
        return None


def _compare(
    study: xr.Dataset, page: StudyPage, catalogue: Catalogue | None, year: float
) -> xr.Dataset | None:
    goals = [Goal(f"{c.id} at {year:g}", c.better) for c in page.courses if c.better]
    if len(page.groups) < 3 or len(goals) < 2:  # two are told apart by their differences
        return None
    try:
        return compare_plans(study, goals[:MOST_COMPARED], (), catalogue)
    except InputError:
        return None


def find_differences(
    study: xr.Dataset, page: StudyPage, catalogue: Catalogue | None, year: float
) -> tuple[Difference, ...]:
    """What the last group changes against the first, future by future."""
    if not page.paired:
        return ()
    group_of, labels = group_members(study, read_about(study))
    good = ~find_failed(study)
    pairs = [
        np.flatnonzero(group_of == group) for group in (0, min(len(labels), len(page.groups)) - 1)
    ]
    kept = good[pairs[0]] & good[pairs[1]]
    found = []
    for course in page.courses:
        array = select_outcome(study, f"{course.id} at {year:g}", catalogue)
        values: FloatArray = np.asarray(array.to_numpy(), dtype=float)
        apart = (values[pairs[1]] - values[pairs[0]])[kept]
        apart = apart[np.isfinite(apart)]
        if apart.size:
            low, middle, high = (float(v) for v in np.quantile(apart, (0.05, 0.5, 0.95)))
            title = Text(str(array.attrs["title_zh"]), str(array.attrs["title_en"]))
            found.append(
                Difference(
                    title,
                    course.unit,
                    course.digits,
                    (low, middle, high),
                    float((apart < 0).mean()),
                )
            )
    return tuple(found)
