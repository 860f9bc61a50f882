"""What plans have to meet: conditions that a person writes, and targets of the plan's own file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from haihe.analysis.discover_where import Quantity, judge_members, read_condition
from haihe.analysis.ensemble import list_outcomes, read_number
from haihe.analysis.probability import are_met
from haihe.analysis.scorecard import find_obstacle
from haihe.analysis.select_outcome import MEMBER, TIME, select_outcome
from haihe.analysis.tables import show_threshold
from haihe.analysis.targets import Measure, Target
from haihe.errors import InputError, InputErrors
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue

SIGNS = {"higher": "≥", "lower": "≤"}
NO_COURSE = Text(
    "需要逐年的数值，研究没有逐年保存", "it needs every year, and the study did not save them"
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """Which members meet one thing that is asked for."""

    words: Text
    met: NDArray[np.bool_]
    """(member,)"""
    known: NDArray[np.bool_]
    """(member,): False where a number is missing."""
    target: str = ""
    """Id of the target; "" for a condition."""


def judge_conditions(
    study: xr.Dataset, conditions: Sequence[str], catalogue: Catalogue | None
) -> Iterator[Requirement]:
    """Which members meet conditions as `haihe.analysis.discover_where` reads them.

    Raises
    ------
    InputError
        Where a condition cannot be read, or the study does not hold what it asks for.
    """

    def look(text: str) -> Quantity:
        array = select_outcome(study, text, catalogue)
        if TIME in array.dims:
            raise InputError(
                Text(f"{text} 是随时间变化的过程", f"{text} is a course over time"),
                None,
                f"`{text} at 2030`",
            )
        title = Text(str(array.attrs["title_zh"]), str(array.attrs["title_en"]))
        return Quantity(array.to_numpy(), str(array.attrs["units"]), title)

    for text in conditions:
        found = judge_members(read_condition(text), look)
        yield Requirement(found.words, found.case, found.known)


def judge_targets(
    study: xr.Dataset, targets: Sequence[Target], catalogue: Catalogue
) -> tuple[tuple[Requirement, ...], tuple[tuple[Target, Text], ...]]:
    """Which members meet targets, and which targets the study cannot judge, with the reason."""
    judged: list[Requirement] = []
    left: list[tuple[Target, Text]] = []
    for target in targets:
        if not target.scorable:
            left.append((target, target.reason))
            continue
        indicators = _read_courses(study, target, catalogue)
        why_not = find_obstacle(target, indicators) or _find_gap(target, indicators)
        if why_not is not None:
            left.append((target, why_not))
            continue
        met = are_met(target, read_number(target, indicators))
        judged.append(Requirement(name_target(target), met == 1.0, np.isfinite(met), target.id))
    return tuple(judged), tuple(left)


def require_targets(
    study: xr.Dataset, targets: Sequence[Target], catalogue: Catalogue
) -> tuple[Requirement, ...]:
    """Which members meet targets.

    Raises
    ------
    InputErrors
        With every target that the study cannot judge, and why.
    """
    judged, left = judge_targets(study, targets, catalogue)
    if left:
        raise InputErrors(
            tuple(
                InputError(
                    Text(
                        f"该研究不能判断目标 {target.id}：{why.zh}",
                        f"the study cannot judge the target {target.id}: {why.en}",
                    )
                )
                for target, why in left
            )
        )
    return judged


def name_target(target: Target) -> Text:
    """A target in words: its title, and what it asks for."""
    asked = f"{SIGNS[target.better]} {show_threshold(target.value, target.unit)}"
    title = target.title
    return Text(f"{title.zh}（{asked}，{target.year}年）", f"{title.en} ({asked}, {target.year})")


def _read_courses(study: xr.Dataset, target: Target, catalogue: Catalogue) -> xr.Dataset:
    """Outcomes that a target is read from, in the years that were saved, as far as they were."""
    import xarray as xr

    found = {}
    for name in list_outcomes([target]):
        elements = target.elements if name == target.indicator else ()
        try:
            found[name] = _sum_course(study, name, elements, catalogue)
        except InputError:
            continue  # not saved, or only as a summary: `find_obstacle` says so
    return xr.Dataset(found) if found else xr.Dataset(coords={TIME: np.empty(0)})


def _sum_course(
    study: xr.Dataset, name: str, elements: Sequence[str], catalogue: Catalogue
) -> xr.DataArray:
    """Course of an outcome, summed over the elements that a target names, or over all of them."""
    import xarray as xr

    variable = catalogue.outcomes[name].variable if name in catalogue.outcomes else name
    dims = _find_dims(study, {name, variable})
    if not dims:
        return select_outcome(study, name, catalogue)
    places = [list(elements) or list(dims[0][1]), *(known for _, known in dims[1:])]
    parts = [
        select_outcome(study, f"{name}[{', '.join(one)}]", catalogue) for one in product(*places)
    ]
    whole = np.sum([part.transpose(MEMBER, TIME).to_numpy() for part in parts], axis=0)
    shown = {TIME: parts[0][TIME].to_numpy()}
    return xr.DataArray(whole, shown, (MEMBER, TIME), attrs=parts[0].attrs)


def _find_dims(study: xr.Dataset, names: set[str]) -> list[tuple[str, list[str]]]:
    """Dimensions of an outcome beside members and time, with their elements."""
    for name, array in study.data_vars.items():
        own = {str(name), str(array.attrs.get("outcome")), str(array.attrs.get("variable"))}
        if own & names:
            dims = [str(dim) for dim in array.dims if dim not in (MEMBER, TIME)]
            return [(dim, [str(one) for one in array[dim].to_numpy()]) for dim in dims]
    return []


def _find_gap(target: Target, indicators: xr.Dataset) -> Text | None:
    """Why a measure over a stretch of years cannot be made of the years that were saved."""
    if target.measure not in (Measure.LARGEST_RISE, Measure.PEAK_YEAR):
        return None
    years = indicators[TIME].to_numpy().astype(float)
    since = years[0] if target.base_year is None else float(target.base_year)
    inside = years[(years >= since - 1e-6) & (years <= target.year + 1e-6)]
    whole = len(inside) > 1 and bool(np.all(np.diff(inside) <= 1 + 1e-6))
    return None if whole else NO_COURSE
