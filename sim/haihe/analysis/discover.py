"""Under which conditions something happens in a study: boxes of factors, from the store alone.

A box is kept only where it holds on members that it was not found on: the search is done again on
one half of the members and measured on the other, both ways round, and the share of cases in there
must be more than chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from haihe.analysis.discover_prim import (
    MATTERS,
    Region,
    Samples,
    find_box,
    find_inside,
    find_p_value,
)
from haihe.analysis.discover_table import StoredColumns
from haihe.analysis.discover_where import Quantity, judge_members, read_condition
from haihe.analysis.discover_words import say_boxes, say_notes
from haihe.analysis.select_inputs import (
    Factor,
    find_failed,
    find_members,
    list_scenarios,
    read_factors,
    thin_members,
)
from haihe.analysis.select_outcome import read_asked, select_outcome
from haihe.errors import InputError
from haihe.results.discovery import Box, Discovery, Limit, Peel
from haihe.text import Text, list_choices

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue

MOST = 50_000
"""Most members among which a box is sought; it is then measured on all."""
FEWEST = 10
"""Fewest cases, and fewest of the others, that a search makes sense with."""
SCENARIO = "scenario"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Which members of a study are cases, and what was varied in them."""

    sample: Samples
    factors: tuple[Factor, ...]
    """One for each column; the last is the scenario where there are several."""
    names: tuple[str, ...]
    """Scenarios, where they are a factor."""
    where: Text
    failed: int


def discover(
    study: xr.Dataset,
    where: str,
    catalogue: Catalogue | None = None,
    *,
    scenario: str = "",
    boxes: int = 3,
    density: float = 0.0,
    seed: int = 0,
) -> Discovery:
    """Find conditions under which members are cases.

    Parameters
    ----------
    study
        An opened store of a study.
    where
        What makes a case: `PM2.5 at 2030 > 30`.
    catalogue
        For ids, titles and units that people use.
    scenario
        Only this scenario; without it, which scenario a member is of counts as a factor.
    boxes
        Most boxes.
    density
        Least share of cases in a box; 0 balances it against coverage.
    seed
        Of the halves, and of the thinning of large studies.

    Raises
    ------
    InputError
        Where the condition cannot be read, or asks for what the study does not hold.
    """
    judged = judge_study(study, where, catalogue, scenario)
    found, way = _find_boxes(judged, boxes, density, seed)
    sample = judged.sample
    result = Discovery(
        where=judged.where,
        members=len(sample.case),
        cases=int(sample.case.sum()),
        failed=judged.failed,
        boxes=found,
        trade_off=way,
        sentences=(),
        notes=(),
    )
    notes = say_notes(result, len(sample.case) > MOST, MOST)
    return replace(result, sentences=say_boxes(result, FEWEST), notes=notes)


def judge_study(
    study: xr.Dataset, where: str, catalogue: Catalogue | None, scenario: str
) -> Judgement:
    """Which members are cases, with the values of their factors."""

    def look(text: str) -> Quantity:
        array = select_outcome(study, _with_reduction(study, text, catalogue), catalogue)
        title = Text(str(array.attrs["title_zh"]), str(array.attrs["title_en"]))
        return Quantity(array.to_numpy(), str(array.attrs["units"]), title)

    judged = judge_members(read_condition(where), look)
    rows = find_members(study, scenario)
    known = judged.known[rows] & ~find_failed(study)[rows]
    factors = read_factors(study, catalogue)
    names = () if scenario else list_scenarios(study)
    kept = rows[known]
    x = StoredColumns(study, factors, kept)
    codes = [0] * len(factors)
    if len(names) > 1:
        labels = study["scenario"].to_numpy()[kept]
        which = np.zeros(len(kept), dtype=np.int16)
        for code, name in enumerate(names):
            which[labels == name] = code
        x = replace(x, scenario=which)
        factors = (*factors, Factor(SCENARIO, Text("情景", "Scenario"), "", "", SCENARIO, {}))
        codes.append(len(names))
    if not factors:
        raise InputError(
            Text("研究没有变动任何因素", "the study varies nothing"),
            expected=Text("有变动因素的研究", "a study with factors"),
        )
    sample = Samples(x, judged.case[kept], tuple(codes))
    return Judgement(sample, factors, names, judged.words, int((~known).sum()))


def _with_reduction(study: xr.Dataset, text: str, catalogue: Catalogue | None) -> str:
    asked = read_asked(text)
    if not asked.how:
        raise InputError(
            Text(f"{asked.name} 是随时间变化的过程", f"{asked.name} is a course over time"),
            expected=list_choices(
                f"`{asked.name} {how}`" for how in ("at 2030", "peak", "2025-2035 mean")
            ),
        )
    return text


def _find_boxes(
    judged: Judgement, most: int, density: float, seed: int
) -> tuple[tuple[Box, ...], tuple[Peel, ...]]:
    """Boxes one after another, each among the members that are in none before it."""
    sample = judged.sample
    left = np.ones(len(sample.case), dtype=bool)
    boxes: list[Box] = []
    first: tuple[Peel, ...] = ()
    total = int(sample.case.sum())
    for number in range(most):
        here = sample.take(left)
        if min(int(here.case.sum()), int((~here.case).sum())) < FEWEST:
            break
        some = here.take(thin_members(np.arange(len(here.case)), MOST, seed)).load()
        region, way = find_box(some, density)
        steps = tuple(_weigh(step, some) for step in way)
        first = steps if number == 0 else first
        held = _hold_out(here, density, seed)
        if not region.restricted(sample) or held is None:
            break
        box = _describe_box(region, judged, here, total, steps, held)
        if min(box.density, box.held_density) <= judged.sample.case.mean():
            break  # no better than taking members at random
        boxes.append(box)
        left &= ~find_inside(region, sample)
    return tuple(boxes), first


def _weigh(region: Region, sample: Samples) -> Peel:
    inside = find_inside(region, sample)
    cases = int(sample.case[inside].sum())
    return Peel(
        coverage=cases / max(int(sample.case.sum()), 1),
        density=cases / max(int(inside.sum()), 1),
        mass=float(inside.mean()),
        restricted=len(region.restricted(sample)),
    )


def _hold_out(sample: Samples, density: float, seed: int) -> tuple[float, float] | None:
    """Density and coverage on members that the search did not see; None where it is chance."""
    from scipy.stats import binom

    order = np.random.default_rng([seed, len(sample.case)]).permutation(len(sample.case))
    halves = np.array_split(order[: 2 * MOST], 2)
    inside = cases = 0
    for seen, unseen in (halves, halves[::-1]):
        region, _ = find_box(sample.take(np.sort(seen)), density)
        if not region.restricted(sample):
            continue
        held = find_inside(region, sample.take(unseen).load())
        inside += int(held.sum())
        cases += int(sample.case[unseen][held].sum())
    both = np.concatenate(halves)
    rate = float(sample.case[both].mean())
    if inside == 0 or binom.sf(cases - 1, inside, rate) >= MATTERS:
        return None
    return cases / inside, cases / int(sample.case[both].sum())


def _describe_box(
    region: Region,
    judged: Judgement,
    here: Samples,
    total: int,
    steps: Sequence[Peel],
    held: tuple[float, float],
) -> Box:
    inside = find_inside(region, here)
    cases = int(here.case[inside].sum())
    limits = [_describe_limit(region, f, judged, here) for f in region.restricted(here)]
    return Box(
        limits=tuple(sorted(limits, key=lambda limit: limit.p_value)),
        coverage=cases / total,
        density=cases / int(inside.sum()),
        mass=int(inside.sum()) / len(judged.sample.case),
        members=int(inside.sum()),
        cases=cases,
        held_density=held[0],
        held_coverage=held[1],
        trade_off=tuple(steps),
    )


def _describe_limit(region: Region, number: int, judged: Judgement, here: Samples) -> Limit:
    factor = judged.factors[number]
    column = judged.sample.column(number)
    only = region.only[number]

    def end(value: float) -> float | None:
        return factor.convert(value) if np.isfinite(value) else None

    return Limit(
        factor=factor.label,
        title=factor.title,
        unit=factor.shown or factor.unit,
        low=end(region.low[number]),
        high=end(region.high[number]),
        reach=(factor.convert(float(column.min())), factor.convert(float(column.max()))),
        only=() if only is None else tuple(judged.names[code] for code in sorted(only)),
        p_value=find_p_value(region, number, here),
    )
