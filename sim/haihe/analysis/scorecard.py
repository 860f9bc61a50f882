"""Hold the targets of a plan against a run: value, margin, met or not, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from haihe.analysis.targets import BASE_YEAR, Measure, Target
from haihe.model.types import FloatArray
from haihe.results.report import Score
from haihe.text import Text
from haihe.units import convert

GRADES = "ABC"
ROUNDING = 1e-9
"""Relative width within which a value counts as equal to its threshold."""

NO_OUTPUT = Text("本次运行没有输出该指标", "The run did not put out this indicator")
NO_YEAR = Text("目标年份不在本次运行的时段内", "The target's year lies outside the run")
NO_BASE = Text("基准年不在本次运行的时段内", "The base year lies outside the run")
NO_NUMBER = Text("本次运行在该年没有得出数值", "The run has no number in that year")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a target sees of a run: one number a year, in the target's unit."""

    years: FloatArray
    values: FloatArray
    """(year,); NaN where the measure is not defined."""

    def at(self, year: float) -> float | None:
        """Number of a year, or None."""
        found = np.flatnonzero(np.isclose(self.years, year, rtol=0, atol=1e-6))
        if found.size == 0 or not np.isfinite(self.values[found[0]]):
            return None
        return float(self.values[found[0]])


def score_targets(
    targets: Sequence[Target],
    indicators: xr.Dataset,
    scenario: str,
    baseline: str = "",
) -> tuple[Score, ...]:
    """Score every target, in the order given.

    Parameters
    ----------
    targets
        Targets of the plan and of its siblings.
    indicators
        Dims (member, time, ...), in the units shown to people.
    scenario
        Member label of the run to be scored.
    baseline
        Member label of the run to compare with; "" for none.
    """
    return tuple(score_target(target, indicators, scenario, baseline) for target in targets)


def score_target(target: Target, indicators: xr.Dataset, scenario: str, baseline: str) -> Score:
    """Score one target."""
    why_not = find_obstacle(target, indicators)
    if why_not is not None:
        return blank_score(target, why_not)
    reading = read_target(target, indicators, scenario)
    against = read_target(target, indicators, baseline).at(target.year) if baseline else None
    return score_reading(target, reading, indicators, against)


def score_reading(
    target: Target, reading: Reading, indicators: xr.Dataset, against: float | None = None
) -> Score:
    """Score one target by what it sees.

    Parameters
    ----------
    indicators
        What grades the numbers.
    against
        Value of a baseline in the target's year.
    """
    value = reading.at(target.year)
    if value is None:
        return blank_score(target, NO_NUMBER)
    return blank_score(
        target,
        Text("", ""),
        value=value,
        baseline=against,
        margin=margin_of(target, value),
        met=meets(target, value),
        first_year_met=find_first_year(target, reading),
        met_in_base_year=was_met(target, reading),
        grade=worst_grade(target, indicators),
    )


def find_obstacle(target: Target, indicators: xr.Dataset) -> Text | None:
    """Why a target cannot be scored on this run; None where it can."""
    if not target.scorable:
        return target.reason
    wanted = [name for name in (target.indicator, target.per) if name]
    if any(name not in indicators for name in wanted):
        return NO_OUTPUT
    years = indicators["time"].to_numpy().astype(float)
    if not np.any(np.isclose(years, target.year, rtol=0, atol=1e-6)):
        return NO_YEAR
    if target.measure.looks_back and not np.any(
        np.isclose(years, target.base_year or 0, atol=1e-6)
    ):
        return NO_BASE
    return None


def read_target(target: Target, indicators: xr.Dataset, member: str) -> Reading:
    """Series that the target is about in one run, through its measure and in its unit."""
    years, values = read_members(target, indicators.sel(member=[member]))
    return Reading(years, values[0])


def read_members(target: Target, indicators: xr.Dataset) -> tuple[FloatArray, FloatArray]:
    """Years (time,) and what a target sees of every run at once (member, time)."""
    years = indicators["time"].to_numpy().astype(float)
    values = read_series(indicators, target.indicator, target.elements)
    if target.per:
        values = values / read_series(indicators, target.per, ())
    elif target.measure in (Measure.LEVEL, Measure.DIFFERENCE):
        shown = str(indicators[target.indicator].attrs.get("units", ""))
        values = in_unit(values, shown, target.unit)
    return years, measure_series(years, values, target.measure, target.base_year) + target.offset


def in_unit(values: FloatArray, shown: str, wanted: str) -> FloatArray:
    """Values in the target's unit; nothing is done where the two are written alike."""
    if shown == wanted:
        return values
    return np.asarray(convert(values, shown, wanted), dtype=float)


def read_series(indicators: xr.Dataset, outcome: str, elements: tuple[str, ...]) -> FloatArray:
    """One number a year (member, time): the outcome itself, or the sum of some of its elements."""
    array = indicators[outcome]
    extra = [dim for dim in array.dims if dim not in ("member", "time")]
    if extra and elements:
        array = array.sel({extra[0]: list(elements)})
    if extra:
        array = array.sum(extra, skipna=False)
    return np.asarray(array.transpose("member", "time").to_numpy(), dtype=float)


def measure_series(
    years: FloatArray, values: FloatArray, measure: Measure, base_year: int | None
) -> FloatArray:
    """The measure in every year (..., time); NaN in years up to the base where it looks back."""
    if measure is Measure.LEVEL:
        return values
    if measure is Measure.PEAK_YEAR:
        known = np.isfinite(values).all(axis=-1, keepdims=True)
        peaks = years[np.argmax(values, axis=-1)][..., np.newaxis]
        return np.broadcast_to(np.where(known, peaks, np.nan), values.shape)
    base = float(base_year or 0)
    start = int(np.argmin(np.abs(years - base)))
    first = values[..., start, np.newaxis]
    if measure is Measure.CHANGE:
        return np.asarray(100.0 * (values / first - 1.0))
    if measure is Measure.DIFFERENCE:
        return np.asarray(values - first)
    after = years > base
    result = np.full(values.shape, np.nan)
    if measure is Measure.GROWTH:
        span = years[after] - base
        result[..., after] = 100.0 * ((values[..., after] / first) ** (1.0 / span) - 1.0)
        return result
    steps = 100.0 * (values[..., 1:] / values[..., :-1] - 1.0)
    result[..., start + 1 :] = np.maximum.accumulate(steps[..., start:], axis=-1)
    return result


def meets(target: Target, value: float) -> bool:
    """Whether a value is at least as good as the threshold."""
    return margin_of(target, value) >= -ROUNDING * max(1.0, abs(target.value or 0.0))


def margin_of(target: Target, value: float) -> float:
    """How much better than asked for, in the target's unit; negative: worse."""
    gap = value - (target.value or 0.0)
    return gap if target.better == "higher" else -gap


def find_first_year(target: Target, reading: Reading) -> int | None:
    """First year from the plan's base year on in which the target is met; None: never.

    A back-test looks from its own base year on. A peak, and "it never rose", are properties of a
    stretch of years and have no such year.
    """
    if target.measure in (Measure.PEAK_YEAR, Measure.LARGEST_RISE):
        return None
    since = BASE_YEAR if target.year >= BASE_YEAR else (target.base_year or 0)
    for year, value in zip(reading.years, reading.values, strict=True):
        whole = abs(year - round(year)) < 1e-6
        if whole and year >= since and np.isfinite(value) and meets(target, float(value)):
            return round(float(year))
    return None


def was_met(target: Target, reading: Reading) -> bool | None:
    """Whether the target was met before the plan began; None where that cannot be said."""
    if target.year < BASE_YEAR:
        return None
    if target.measure.looks_back and (target.base_year or 0) >= BASE_YEAR:
        return None
    value = reading.at(BASE_YEAR)
    if value is None:
        return None
    if target.measure is Measure.PEAK_YEAR:
        return value <= BASE_YEAR
    return meets(target, value)


def worst_grade(target: Target, indicators: xr.Dataset) -> str:
    """Worst grade among the outcomes that the value rests on; C where one has none."""
    names = [name for name in (target.indicator, target.per) if name]
    grades = [str(indicators[name].attrs.get("grade") or "C") for name in names]
    return max(grades, key=lambda grade: GRADES.find(grade) if grade in GRADES else len(GRADES))


def blank_score(
    target: Target,
    reason: Text,
    *,
    value: float | None = None,
    baseline: float | None = None,
    margin: float | None = None,
    met: bool | None = None,
    first_year_met: int | None = None,
    met_in_base_year: bool | None = None,
    grade: str = "",
) -> Score:
    """A score with what the target says, and with what was found, if anything was."""
    return Score(
        id=target.id,
        title=target.title,
        indicator=target.indicator,
        unit=target.unit,
        year=target.year,
        relation=target.relation,
        threshold=target.value,
        value=value,
        baseline=baseline,
        margin=margin,
        met=met,
        first_year_met=first_year_met,
        met_in_base_year=met_in_base_year,
        strength=target.strength,
        standard=target.standard,
        plan=target.plan,
        quote=target.quote,
        source=target.source,
        grade=grade,
        reason=reason,
        rule=target.rule,
        scope=str(target.scope),
    )
