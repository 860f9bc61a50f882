"""How do two studies differ? What they were made of, and how the outcomes' distributions moved.

Sources
-------
Vargha, Delaney (2000), Journal of Educational and Behavioral Statistics 25, 101-132,
doi:10.3102/10769986025002101 (probability of superiority; unverified, from memory).
Smirnov (1948), Annals of Mathematical Statistics 19, 279-281, doi:10.1214/aoms/1177730256 (bound of
the distance between two samples; unverified, from memory).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from haihe.analysis.compare_studies_made import compare_made, read_about
from haihe.analysis.compare_studies_words import explain_limits, say_comparison
from haihe.analysis.select_inputs import (
    FloatArray,
    IntArray,
    find_failed,
    find_members,
    list_scenarios,
    read_factors,
    read_inputs,
    thin_members,
)
from haihe.analysis.select_outcome import MEMBER, TIME, list_outcomes, read_asked, select_outcome
from haihe.errors import InputError
from haihe.model.find import fold_name
from haihe.results.study_comparison import Spread, SpreadMove, StudyComparison
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue

YEAR = 2035.0
"""Year that is told where none is asked for: the plan's second horizon."""
MOST = 100_000
"""Most members of a scenario whose distribution is looked at."""
ELEMENTS = 64
"""Most elements of an outcome that are each looked at."""
_SMIRNOV = math.sqrt(-0.5 * math.log(0.025))
"""Of the bound below which the distance of two samples stays 19 times in 20."""


@dataclass(frozen=True, slots=True)
class StudySide:
    """One of the two studies."""

    label: str
    study: xr.Dataset
    catalogue: Catalogue | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A scenario of A and the one of B that it is held against."""

    label: str
    rows: tuple[IntArray, IntArray]
    paired: bool
    """Whether member k was given the same in both."""


def compare_studies(
    a: StudySide, b: StudySide, outcome: str = "", year: float | None = None
) -> StudyComparison:
    """Hold two studies against each other.

    Parameters
    ----------
    outcome
        Only this one, with a reduction if wanted; every outcome that both saved where it is "".
    year
        Of outcomes that were saved by the year; 2035, or the last that both have, where it is None.

    Raises
    ------
    InputError
        Where one of them holds no such outcome or year, or they have nothing in common.
    """
    changes = tuple(compare_made(a.study, b.study))
    hashes = [side.study.attrs.get("content_hash") for side in (a, b)]
    moves: list[SpreadMove] = []
    unmoved = 0
    if not hashes[0] or hashes[0] != hashes[1]:
        pairs = match_scenarios(a.study, b.study)
        for asked in _list_asked(a, b, outcome, year):
            for pair in pairs:
                move = _measure_move(a, b, asked, pair)
                unmoved += move is None
                moves += [move] if move is not None else []
    moves.sort(key=lambda move: -move.distance)
    found = StudyComparison(
        a.label,
        b.label,
        _find_title(a),
        _find_title(b),
        not changes and not moves,
        changes,
        tuple(moves),
        unmoved,
        Text("", ""),
    )
    notes = tuple(explain_limits(found))
    return replace(found, sentence=say_comparison(found), notes=notes)


def _find_title(side: StudySide) -> Text:
    said = read_about(side.study).get("title") or {}
    return Text(str(said.get("zh") or side.label), str(said.get("en") or side.label))


# --- what is held against what ------------------------------------------------------------------


def match_scenarios(a: xr.Dataset, b: xr.Dataset) -> tuple[Pair, ...]:
    """Scenarios of the same name; where each study has a single one, these two.

    Raises
    ------
    InputError
        Where no scenario of one stands in the other.
    """
    names = list_scenarios(a), list_scenarios(b)
    shared = [(name, name) for name in names[0] if name in names[1]]
    if not shared and len(names[0]) == len(names[1]) == 1:
        shared = [(names[0][0], names[1][0])]
    if not shared:
        shown = [", ".join(part) for part in names]
        raise InputError(
            Text(
                f"两项研究没有共同的情景：{shown[0]}；{shown[1]}",
                f"the studies share no scenario: {shown[0]} and {shown[1]}",
            ),
            expected=Text(
                "情景相同的研究，或各只有一个情景的研究",
                "studies of the same scenarios, or of a single one each",
            ),
        )
    return tuple(_pair(a, b, one, other) for one, other in shared)


def _pair(a: xr.Dataset, b: xr.Dataset, one: str, other: str) -> Pair:
    rows = find_members(a, one), find_members(b, other)
    paired = len(rows[0]) == len(rows[1])
    if paired:
        places = thin_members(np.arange(len(rows[0])), MOST, 0)
        rows = rows[0][places], rows[1][places]
        paired = _have_same_inputs(a, b, rows)
    else:
        rows = thin_members(rows[0], MOST, 0), thin_members(rows[1], MOST, 0)
    return Pair(one if one == other else f"{one} → {other}", rows, paired)


def _have_same_inputs(a: xr.Dataset, b: xr.Dataset, rows: tuple[IntArray, IntArray]) -> bool:
    """Whether both vary the same things, and gave some hundreds of members the same of them."""
    factors = read_factors(a)
    others = {factor.label: factor for factor in read_factors(b)}
    if {factor.label for factor in factors} != set(others) or not factors:
        return False
    looked = np.unique(np.linspace(0, len(rows[0]) - 1, 500).astype(int))
    one = read_inputs(a, factors, rows[0][looked])
    other = read_inputs(b, [others[factor.label] for factor in factors], rows[1][looked])
    return np.array_equal(one, other, equal_nan=True)


# --- which outcomes -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """In which forms a study saved an outcome, or one element of it."""

    years: frozenset[float]
    others: tuple[str, ...]
    """Periods and peaks."""


def _list_asked(a: StudySide, b: StudySide, outcome: str, year: float | None) -> list[str]:
    """Outcomes that both hold, each with its elements and its reduction."""
    asked = read_asked(outcome) if outcome else None
    if asked is not None and asked.how:
        return [outcome]
    held = [list_held(side) for side in (a, b)]
    shared = [name for name in held[0] if name in held[1]]
    if asked is not None:
        wanted = find_id(asked.name, b.catalogue)
        known = [name for name in shared if read_asked(name).name == wanted]
        shared = [
            n for n in known if not asked.elements or read_asked(n).elements == asked.elements
        ]
        if not shared:  # whichever of the two does not hold it says so
            for side in (a, b):
                select_outcome(side.study, outcome, side.catalogue)
    found = [
        form for name in shared for form in _list_forms(name, held[0][name], held[1][name], year)
    ]
    if not found:
        what = Text(f"{year:g}年", f" in {year:g}") if year is not None else Text("", "")
        known_years = sorted({y for part in held for one in part.values() for y in one.years})
        expected = ", ".join(f"{y:g}" for y in known_years) or Text(
            "两者都有的指标", "outcomes that both have"
        )
        raise InputError(
            Text(f"两项研究没有共同的{what.zh}指标", f"the studies share no outcome{what.en}"),
            expected=expected,
        )
    return found


def _list_forms(name: str, one: Held, other: Held, year: float | None) -> list[str]:
    """The year that is told, and what else both saved."""
    years = sorted(one.years & other.years)
    if year is not None:
        return [f"{name} at {year:g}"] if any(abs(y - year) < 1e-6 for y in years) else []
    told = [f"{name} at {YEAR if YEAR in years else years[-1]:g}"] if years else []
    return told + [f"{name} {how}" for how in one.others if how in other.others]


def find_id(name: str, catalogue: Catalogue | None) -> str:
    """Id of an outcome by its id, its title or its variable; the name itself where it has none."""
    wanted = fold_name(name)
    for outcome in catalogue.outcomes.values() if catalogue else ():
        words = (outcome.id, outcome.variable, outcome.title.zh, outcome.title.en)
        if wanted in map(fold_name, words):
            return outcome.id
    return name


def list_held(side: StudySide) -> dict[str, Held]:
    """What a study saved, by outcome or `outcome[element]`."""
    found: dict[str, tuple[set[float], dict[str, None]]] = {}
    for name, array in side.study.data_vars.items():
        how = str(array.attrs.get("reduction", ""))
        if array.attrs.get("kind") == "input" or not (how or TIME in array.dims):
            continue
        for shown in _name_elements(list_outcomes(side.study[[name]], side.catalogue)[0], array):
            years, others = found.setdefault(shown, (set(), {}))
            if not how:
                years.update(float(year) for year in array[TIME].to_numpy())
            elif how.startswith("at "):
                years.add(float(how.removeprefix("at ")))
            else:
                others[how] = None
    return {name: Held(frozenset(years), tuple(others)) for name, (years, others) in found.items()}


def _name_elements(name: str, array: xr.DataArray) -> list[str]:
    dims = [str(dim) for dim in array.dims if dim not in (MEMBER, TIME)]
    if not dims:
        return [name]
    places = [[str(one) for one in array[dim].to_numpy()] for dim in dims]
    return [f"{name}[{', '.join(elements)}]" for elements in list(product(*places))[:ELEMENTS]]


# --- distributions ------------------------------------------------------------------------------


def _measure_move(a: StudySide, b: StudySide, asked: str, pair: Pair) -> SpreadMove | None:
    """How one outcome moved; None where it is the same to the last bit."""
    arrays = [select_outcome(side.study, asked, side.catalogue) for side in (a, b)]
    units = [str(array.attrs["units"]) for array in arrays]
    if units[0] != units[1]:
        raise InputError(
            Text(
                f"{asked} 的单位在 {a.label} 中是 {units[0]}，在 {b.label} 中是 {units[1]}",
                f"{asked} is in {units[0]} in {a.label}, in {units[1]} in {b.label}",
            )
        )
    values = [array.to_numpy()[rows] for array, rows in zip(arrays, pair.rows, strict=True)]
    failed = [find_failed(s.study)[r] for s, r in zip((a, b), pair.rows, strict=True)]
    good = [~bad & np.isfinite(one) for bad, one in zip(failed, values, strict=True)]
    alike = np.array_equal(good[0], good[1])
    if alike and np.array_equal(values[0][good[0]], values[1][good[1]]):
        return None
    one, other = (v[kept] for v, kept in zip(values, good, strict=True))
    if not len(one) or not len(other):
        return None
    both = good[0] & good[1] if pair.paired else None
    paired = both is not None and both.any()
    share = _share_above(values[0][both], values[1][both]) if paired else None
    title = Text(str(arrays[1].attrs["title_zh"]), str(arrays[1].attrs["title_en"]))
    superiority, distance = measure_distance(one, other)
    noise = _SMIRNOV * math.sqrt(1 / len(one) + 1 / len(other))
    return SpreadMove(asked, title, units[1], pair.label, _spread(one), _spread(other),
                      superiority, distance, noise, share)  # fmt: skip


def _share_above(one: FloatArray, other: FloatArray) -> float:
    return float(np.mean(other > one) + 0.5 * np.mean(other == one))


def _spread(values: FloatArray) -> Spread:
    low, middle, high = np.percentile(values, [5, 50, 95])
    return Spread(len(values), float(middle), float(low), float(high))


def measure_distance(one: FloatArray, other: FloatArray) -> tuple[float, float]:
    """Chance that a value of the second is the greater one, and Kolmogorov's distance."""
    one = np.sort(one)
    below = np.searchsorted(one, other, side="left")
    upto = np.searchsorted(one, other, side="right")
    superiority = float(np.mean(below + upto)) / (2 * len(one))
    ends = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(v), ends, side="right") / len(v) for v in (one, other)]
    return superiority, float(np.abs(shares[0] - shares[1]).max())
