"""From the store of a study to the size of a page: all members summed up, a few of them drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
from haihe.analysis.select_outcome import list_outcomes, select_outcome
from haihe.analysis.study_stream import BLOCK, summarise_outcome
from haihe.errors import InputError
from haihe.results.study_page import Axis, Course, FloatArray, Group, IntArray, StudyPage
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue

MOST_GROUPS, MOST_COURSES, MOST_AXES = 12, 24, 10
ROOM = 500_000
"""Numbers of drawn members that a page has room for."""
FEWEST_DRAWN, MOST_DRAWN = 200, 1_200
MOST_RANKED = 40
"""Outcomes of a year that factors are ranked by, at most."""
PROVENANCE = (
    *("study_file", "study_digest", "content_hash", "model", "model_digest"),
    *("design", "engine", "haihe_version"),
)


def explore_study(
    study: xr.Dataset,
    catalogue: Catalogue | None = None,
    *,
    outcomes: Sequence[str] = (),
    seed: int = 0,
    block: int = BLOCK,
    most: tuple[int, int] = (MOST_GROUPS, MOST_COURSES),
) -> StudyPage:
    """Sum up a study of any size for its page.

    Parameters
    ----------
    study
        An opened store.
    outcomes
        Which of its outcomes; all that are single numbers in a year, where none are named.
    seed
        Of the draw of members.
    block
        Members that are read at once.
    most
        Most groups of members, and most outcomes.
    """
    about = read_about(study)
    failed = find_failed(study)
    group_of, labels = group_members(study, about)
    left = {"groups": len(labels) - min(len(labels), most[0])}
    group_of = np.where((group_of < most[0]) & ~failed, group_of, -1)
    labels = labels[: most[0]]
    plain = _drop_inputs(study)
    named = find_courses(study, outcomes, catalogue)
    left["outcomes"] = len(named) - min(len(named), most[1])
    named = named[: most[1]]
    rows, paired = draw_members(study, group_of, len(labels), _count_drawn(study, named), seed)
    courses = tuple(
        _make_course(plain, name, group_of, len(labels), rows, catalogue, block) for name in named
    )
    axes, spare = _make_axes(study, rows, courses, catalogue)
    left["factors"] = spare
    members = study.sizes["member"]
    return StudyPage(
        title=_words(about.get("title"), str(about.get("id") or "")),
        story=_words(about.get("story"), ""),
        design=str(study.attrs.get("design", "")),
        members=members,
        failed=int(failed.sum()),
        groups=_describe_groups(study, about, labels, group_of),
        paired=paired,
        group_of=group_of[rows],
        courses=courses,
        axes=axes,
        left_out=left,
        provenance={name: str(study.attrs[name]) for name in PROVENANCE if name in study.attrs},
        exact=members <= block,
    )


def read_about(study: xr.Dataset) -> Mapping[str, Any]:
    """What the store says of its study."""
    said = study.attrs.get("study", "{}")
    found: Mapping[str, Any] = json.loads(said) if isinstance(said, str) else said
    return found


def _words(found: object, plain: str) -> Text:
    if isinstance(found, Mapping):
        return Text(str(found.get("zh") or plain), str(found.get("en") or plain))
    return Text(str(found or plain), str(found or plain))


def _drop_inputs(study: xr.Dataset) -> xr.Dataset:
    # A screening has a thousand inputs; to carry them along costs more than to read an outcome.
    names = [name for name, array in study.data_vars.items() if array.attrs.get("kind") == "input"]
    return study.drop_vars(names)


def group_members(study: xr.Dataset, about: Mapping[str, Any]) -> tuple[IntArray, list[str]]:
    """Group of each member (member,), and their labels: scenarios, or rows of a short list.

    Rows of a design that is crossed with futures are plans, where they are few enough to be seen.
    """
    names = list_scenarios(study)
    crossing = read_crossing(study)
    rows = study.sizes["member"] // max(crossing.futures, 1)
    if crossing.futures > 1 and len(names) == 1 and 1 < rows <= MOST_GROUPS:
        labels = [*crossing.row_labels] or [f"row {k + 1}" for k in range(rows)]
        return np.repeat(np.arange(rows), crossing.futures), labels
    group_of = np.full(study.sizes["member"], -1, dtype=np.int64)
    for place, name in enumerate(names):
        group_of[find_members(study, name)] = place
    return group_of, list(names)


def find_courses(
    study: xr.Dataset, wanted: Sequence[str], catalogue: Catalogue | None
) -> tuple[str, ...]:
    """Outcomes that have a number for each saved year, those for headlines first.

    Raises
    ------
    InputError
        Where a wanted one is not there, or the study saved none.
    """
    if wanted:
        for name in wanted:
            if "time" not in _probe(study, name, catalogue).dims:
                raise InputError(
                    Text(f"{name} 不是随时间变化的指标", f"{name} is not a course over time"),
                    expected=Text("只写指标名", "an outcome alone"),
                )
        return tuple(dict.fromkeys(wanted))
    found = []
    for name in list_outcomes(study, catalogue):
        try:
            array = _probe(study, name, catalogue)
        except InputError:  # it has elements, or was saved as a mean or a peak only
            continue
        if "time" in array.dims:
            found.append((not int(array.attrs.get("headline", 0)), name))
    if not found:
        raise InputError(
            Text("该研究没有逐年保存任何指标", "the study saved no outcome year by year"),
            expected=Text(
                "save 中含年份和单值指标的研究",
                "a study whose `save` has years and outcomes that are single numbers",
            ),
        )
    return tuple(name for _, name in sorted(found, key=lambda pair: pair[0]))


def _probe(study: xr.Dataset, name: str, catalogue: Catalogue | None) -> xr.DataArray:
    return select_outcome(_drop_inputs(study).isel(member=slice(0, 1)), name, catalogue)


def _count_drawn(study: xr.Dataset, courses: Sequence[str]) -> int:
    numbers = max(len(courses) * study.sizes.get("time", 1), 1)
    return int(np.clip(ROOM // numbers, FEWEST_DRAWN, MOST_DRAWN))


def draw_members(
    study: xr.Dataset, group_of: IntArray, groups: int, count: int, seed: int
) -> tuple[IntArray, bool]:
    """Members that are drawn (drawn,), and whether member k of every group met the same future.

    Groups get equal numbers; where all have equally many members, the same places in each.
    """
    parts = [np.flatnonzero(group_of == group) for group in range(groups)]
    each = max(count // max(groups, 1), 1)
    generator = np.random.default_rng([seed, study.sizes["member"]])
    sizes = {len(part) for part in parts}
    if len(sizes) == 1 and min(sizes) > 0:
        size = sizes.pop()
        places = np.sort(generator.choice(size, min(each, size), replace=False))
        rows = np.concatenate([part[places] for part in parts])
        return rows, groups > 1 and _met_the_same(study, rows.reshape(groups, -1))
    drawn = [np.sort(generator.choice(p, min(each, len(p)), replace=False)) for p in parts]
    return np.concatenate(drawn), False


def _met_the_same(study: xr.Dataset, rows: IntArray) -> bool:
    crossing = read_crossing(study)
    factors = read_factors(study)
    if crossing.futures > 1 and crossing.varied is not None:
        factors = factors[crossing.varied :]
    if not factors:
        return False
    inputs = [read_inputs(study, factors, part) for part in rows[:, :200]]
    return all(np.array_equal(inputs[0], other, equal_nan=True) for other in inputs[1:])


def _make_course(
    study: xr.Dataset,
    name: str,
    group_of: IntArray,
    groups: int,
    rows: IntArray,
    catalogue: Catalogue | None,
    block: int,
) -> Course:
    summary = summarise_outcome(study, name, group_of, groups, catalogue, block)
    drawn = select_outcome(study.isel(member=rows), name, catalogue).transpose("member", "time")
    attrs = drawn.attrs
    return Course(
        id=str(drawn.name),
        title=Text(str(attrs["title_zh"]), str(attrs["title_en"])),
        unit=str(attrs.get("units", "")),
        digits=int(attrs.get("digits", 2)),
        grade=str(attrs.get("grade", "")),
        source=_find_source(str(drawn.name), attrs, catalogue),
        caveat=Text(str(attrs.get("caveat_zh", "")), str(attrs.get("caveat_en", ""))),
        better=str(attrs.get("better", "")),
        years=np.asarray(drawn["time"].to_numpy(), dtype=float),
        percentiles=summary.percentiles,
        counts=summary.counts,
        edges=summary.edges,
        drawn=np.asarray(drawn.to_numpy(), dtype=float),
    )


def _find_source(name: str, attrs: Mapping[str, Any], catalogue: Catalogue | None) -> Text:
    """Where the numbers come from: the store says it in English, the catalogue in both."""
    known = catalogue.outcomes.get(name) if catalogue else None
    plain = str(attrs.get("source", ""))
    return known.origin if known else Text(plain, plain)


def _make_axes(
    study: xr.Dataset, rows: IntArray, courses: Sequence[Course], catalogue: Catalogue | None
) -> tuple[tuple[Axis, ...], int]:
    """Factors of the drawn members, the most telling first, and how many are left out."""
    factors = read_factors(study, catalogue)
    if not factors:
        return (), 0
    values = read_inputs(study, factors, rows)
    order = rank_inputs(values, courses)
    order = [i for i in order if np.nanmax(values[:, i]) > np.nanmin(values[:, i])]
    axes = tuple(_make_axis(factors[i], values[:, i]) for i in order[:MOST_AXES])
    return axes, len(order) - len(axes)


def _make_axis(factor: Factor, values: FloatArray) -> Axis:
    shown = np.array([factor.convert(float(value)) for value in values])
    return Axis(factor.label, factor.title, factor.shown or factor.unit, factor.role, shown)


def rank_inputs(values: FloatArray, courses: Sequence[Course]) -> list[int]:
    """Order of inputs (member, factor) by their strongest rank correlation with any outcome."""
    from scipy.stats import rankdata

    outcomes = [c.drawn[:, place] for c in courses for place in (len(c.years) // 2, -1)]
    table = np.stack(outcomes[:MOST_RANKED], axis=1)
    good = np.isfinite(table).all(axis=1)
    if good.sum() < 3:
        return list(range(values.shape[1]))
    x = _standardise(rankdata(values[good], axis=0))
    y = _standardise(rankdata(table[good], axis=0))
    strength = np.abs(x.T @ y / good.sum()).max(axis=1)
    return [int(i) for i in np.argsort(-strength, kind="stable")]


def _standardise(ranks: FloatArray) -> FloatArray:
    spread = ranks.std(axis=0)
    return np.asarray((ranks - ranks.mean(axis=0)) / np.where(spread > 0, spread, np.inf))


def _describe_groups(
    study: xr.Dataset, about: Mapping[str, Any], labels: Sequence[str], group_of: IntArray
) -> tuple[Group, ...]:
    titles = {str(s["id"]): _words(s.get("title"), s["id"]) for s in about.get("scenarios", [])}
    failed = find_failed(study)
    whole, _ = group_members(study, about)
    return tuple(
        Group(
            label,
            titles.get(label, Text(label, label)),
            int((group_of == place).sum()),
            int((failed & (whole == place)).sum()),
        )
        for place, label in enumerate(labels)
    )
