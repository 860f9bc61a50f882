"""Sentences that a report says by itself: how many targets, how far from the baseline.

Nothing here is typed in: a word that compares follows the sign and the size of its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from haihe.results.report import Report, Score, Strength
from haihe.text import Text
from haihe_viz.labels import digits_of, title_of, typeset_text, unit_of, value_at, with_unit
from haihe_viz.lines import BASE_YEAR
from haihe_viz.numbers import format_number, relative_change

READ_YEARS = (2025, 2030, 2035)
NOT_MET = ("未达到", "not met")
POINTS = Text("个百分点", "percentage points")


@dataclass(frozen=True, slots=True)
class Tally:
    """How the plan's own targets end.

    A target that is measured by two standards counts once, by the standard that is listed first:
    the one that it was set under. Targets without a number of their own ("keeps falling") are
    counted apart: a direction is easier to meet than a number.
    """

    scored: int
    met: int
    met_in_base_year: int
    met_by_baseline: int | None
    """Of those scored, how many the baseline meets too; None without a baseline."""
    directions: int
    """Qualitative targets that were scored."""
    directions_met: int
    unscored: int
    years: tuple[int, ...]
    """Years of those scored with a number."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An outcome in one year: scenario and baseline."""

    year: float
    scenario: float | None
    baseline: float | None

    @property
    def change(self) -> float | None:
        """Scenario less baseline, in the outcome's unit."""
        if self.scenario is None or self.baseline is None:
            return None
        return self.scenario - self.baseline


def is_scored(score: Score) -> bool:
    """Whether there is a verdict."""
    return score.met is not None


def own_targets(scores: Sequence[Score]) -> list[Score]:
    """Targets that the first document sets for years after the base year."""
    ahead = [score for score in scores if score.year > BASE_YEAR]
    return [score for score in ahead if score.plan == ahead[0].plan]


def same_target(score: Score) -> tuple[object, ...]:
    """What two scores share where they hold one target against two standards."""
    if not score.standard:
        return (score.id,)
    return (score.plan, score.quote, score.threshold, score.unit)


def tally(report: Report) -> Tally:
    """Count the plan's own targets."""
    first: dict[tuple[object, ...], Score] = {}
    for score in own_targets(report.scores):
        first.setdefault(same_target(score), score)
    judged = [score for score in first.values() if is_scored(score)]
    scored = [score for score in judged if score.strength is not Strength.QUALITATIVE]
    directions = [score for score in judged if score.strength is Strength.QUALITATIVE]
    by_baseline = [baseline_meets(score, report.indicators) for score in scored]
    return Tally(
        scored=len(scored),
        met=sum(score.met is True for score in scored),
        met_in_base_year=sum(score.met_in_base_year is True for score in scored),
        met_by_baseline=sum(met is True for met in by_baseline) if report.baseline else None,
        directions=len(directions),
        directions_met=sum(score.met is True for score in directions),
        unscored=len(first) - len(judged),
        years=tuple(sorted({score.year for score in scored})),
    )


def baseline_meets(score: Score, indicators: xr.Dataset) -> bool | None:
    """Whether the baseline run meets a target; None where that cannot be said."""
    if score.baseline is None or score.threshold is None:
        return None
    over = score.baseline - score.threshold
    tolerance = 1e-9 * max(abs(score.threshold), 1e-12)
    return over * _sense(score, indicators) >= -tolerance


def _sense(score: Score, indicators: xr.Dataset) -> int:
    """+1 where more is better, -1 where less is."""
    if score.relation == ">=":
        return 1
    if score.relation == "<=":
        return -1
    if score.margin and score.value is not None and score.threshold is not None:
        return 1 if score.margin * (score.value - score.threshold) > 0 else -1
    known = indicators.get(score.indicator)
    return -1 if known is not None and known.attrs.get("better") == "lower" else 1


def pair_at(report: Report, outcome: str, year: float) -> Pair:
    """An outcome (member, time) in one year."""
    data = report.indicators[outcome]
    baseline = value_at(data.sel(member=report.baseline), year) if report.baseline else None
    return Pair(year, value_at(data.sel(member=report.scenario), year), baseline)


def is_share(data: xr.DataArray) -> bool:
    """Whether differences are percentage points."""
    return str(data.attrs.get("units", "")).strip().startswith("%")


def describe_change(data: xr.DataArray, pair: Pair) -> Text:
    """A change as a signed number: points for shares, per cent for everything else."""
    if pair.change is None:
        return Text("–", "–")
    if is_share(data):
        number = format_number(pair.change, max(digits_of(data), 1), signed=True)
        return Text(f"{number} {POINTS.zh}", f"{number} pp")
    number = format_number(relative_change(pair.scenario, pair.baseline), 1, signed=True)
    return Text(f"{number}%", f"{number}%")


def describe_year(data: xr.DataArray, pair: Pair) -> Text:
    """One reading of a chart: value in a year, and how far it is from the baseline."""
    shown = with_unit(format_number(pair.scenario, digits_of(data)), unit_of(data))
    zh, en = f"{pair.year:g} 年 {shown.zh}", f"{pair.year:g}: {shown.en}"
    if pair.change is None:
        return Text(zh, en)
    change = describe_change(data, pair)
    return Text(f"{zh}，较基准 {change.zh}", f"{en}, {change.en} against baseline")


def compare_words(data: xr.DataArray, pair: Pair) -> Text:
    """Title, direction and size in running words, for instance "CO₂ lower by 3.1 %"."""
    title = title_of(data)
    change = pair.change if is_share(data) else relative_change(pair.scenario, pair.baseline)
    if change is None:
        return Text("", "")
    digits = max(digits_of(data), 1) if is_share(data) else 1
    size = format_number(abs(change), digits)
    if float(f"{abs(change):.{digits}f}") == 0:
        return Text(f"{title.zh}基本不变", f"{title.en} practically unchanged")
    much = with_unit(size, POINTS if is_share(data) else Text("%", "%"))
    higher = change > 0
    return Text(
        f"{title.zh}{'高' if higher else '低'} {much.zh}",
        f"{title.en} {'higher' if higher else 'lower'} by {much.en}",
    )


def say_targets(count: Tally) -> Text:
    """How many of the plan's targets are met."""
    if count.scored == 0:
        return Text("本次运行没有可评分的量化目标。", "This run has no number to be held to.")
    when = (
        Text(f"到 {count.years[0]} 年", f"by {count.years[0]}")
        if len(count.years) == 1
        else Text("到各自的目标年", "by their years")
    )
    return Text(
        f"{when.zh}，方案 {count.scored} 项可评分的量化目标中达成 {count.met} 项。",
        f"The plan meets {count.met} of the {count.scored} quantified targets "
        f"that can be scored, {when.en}.",
    )


def say_additional(count: Tally) -> Text:
    """How many of them owe nothing to new policy."""
    if count.scored == 0:
        return Text("", "")
    before = count.met_in_base_year
    were = "was" if before == 1 else "were"
    zh = f"其中 {before} 项在 {BASE_YEAR} 年已经达到"
    en = f"{before} of them {were} met in {BASE_YEAR} already"
    if count.met_by_baseline is not None:
        zh += f"，{count.met_by_baseline} 项在基准情景下也能达到"
        en += f"; the baseline alone meets {count.met_by_baseline}"
    if count.directions:
        n, m = count.directions, count.directions_met
        zh += f"。另有 {n} 项定性要求可以核对方向，其中 {m} 项相符"
        en += f". Of {n} qualitative aims whose direction can be checked, {m} hold"
    return Text(zh + "。", en + ".")


def say_standards(report: Report) -> Text:
    """Where another standard turns the verdict on a target."""
    zh, en = [], []
    seen: dict[tuple[object, ...], Score] = {}
    for score in filter(is_scored, own_targets(report.scores)):
        first = seen.setdefault(same_target(score), score)
        if score.met is first.met:
            continue
        title, verdict = typeset_text(first.title), ("达到", "met") if score.met else NOT_MET
        zh.append(f"{title.zh}若按 {score.standard} 衡量则{verdict[0]}")
        en.append(f"{title.en} is {verdict[1]} if measured by {score.standard}")
    return Text("；".join(zh) + "。", "; ".join(en) + ".") if zh else Text("", "")


def say_good_days(report: Report, year: float) -> Text:
    """What the same air is worth by the old standard and by the one in force."""
    if not {"good days", "good days in force"} <= set(report.indicators):
        return Text("", "")
    old, new = (
        pair_at(report, name, year).scenario for name in ("good days", "good days in force")
    )
    if old is None or new is None:
        return Text("", "")
    digits = digits_of(report.indicators["good days"])
    unit = unit_of(report.indicators["good days"])
    old_words, new_words = (with_unit(format_number(v, digits), unit) for v in (old, new))
    return Text(
        f"{year:g} 年优良天数按 HJ 633-2012 为 {old_words.zh}，按现行标准为 {new_words.zh}。",
        f"Good-air days in {year:g}: {old_words.en} by HJ 633-2012, "
        f"{new_words.en} by the standard in force.",
    )


def say_changes(report: Report, outcomes: Sequence[str], year: float) -> Text:
    """The run against its baseline in one year, in a sentence."""
    if not report.baseline:
        return Text("", "")
    found = [
        compare_words(report.indicators[name], pair_at(report, name, year)) for name in outcomes
    ]
    found = [words for words in found if words.zh]
    if not found:
        return Text("", "")
    return Text(
        f"与基准相比，{year:g} 年" + "，".join(words.zh for words in found) + "。",
        f"Against the baseline, in {year:g}: " + "; ".join(words.en for words in found) + ".",
    )


def say_berth(report: Report, year: float) -> Text:
    """Whether shore power moves NOx and CO2 at berth the same way, and what the grid has to do."""
    if not report.baseline or not {"berth NOx", "berth CO2"} <= set(report.indicators):
        return Text("", "")
    nox, co2 = (pair_at(report, name, year) for name in ("berth NOx", "berth CO2"))
    changes = [relative_change(pair.scenario, pair.baseline) for pair in (nox, co2)]
    if changes[0] is None or changes[1] is None:
        return Text("", "")
    falls, rises = round(changes[0], 1) < 0, round(changes[1], 1) > 0
    nox_words, co2_words = (format_number(c, 1, signed=True) for c in changes)
    zh = f"{year:g} 年靠泊 NOₓ 较基准 {nox_words}%，靠泊 CO₂（含电网）{co2_words}%"
    en = f"In {year:g}, NOₓ at berth {nox_words}%, CO₂ at berth incl. grid {co2_words}%"
    if falls and rises:
        zh += "：岸电此时减少空气污染，却增加碳排放"
        en += ": shore power then cleans the air but adds carbon"
    return Text(zh + "。", en + ".")


def first_co2_gain(report: Report) -> float | None:
    """First year from which CO2 at berth stays below the baseline; None where it never does."""
    if not report.baseline or "berth CO2" not in report.indicators:
        return None
    data = report.indicators["berth CO2"]
    change = np.asarray(
        data.sel(member=report.scenario).values - data.sel(member=report.baseline).values
    )
    years = np.asarray(data["time"].values, dtype=float)
    tolerance = 1e-9 * float(np.nanmax(np.abs(data.values), initial=1e-300))
    below = change < -tolerance
    if not below.size or not below[-1]:
        return None
    start = int(np.nonzero(~below)[0][-1]) + 1 if (~below).any() else 0
    return float(years[start])


def show_pair(data: xr.DataArray, pair: Pair) -> str:
    """Baseline and scenario as numbers, for instance "165.2 → 158.0"."""
    digits = digits_of(data)
    scenario = format_number(pair.scenario, digits)
    if pair.baseline is None:
        return scenario
    return f"{format_number(pair.baseline, digits)} → {scenario}"
