"""Sentences follow the numbers that they are about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from report_example import FROZEN, PLAN, make_report, make_score

from haihe.results.report import Report, Strength
from haihe.text import Text
from haihe_viz.findings import (
    baseline_meets,
    compare_words,
    first_co2_gain,
    pair_at,
    say_additional,
    say_berth,
    say_changes,
    say_standards,
    say_targets,
    tally,
)


@pytest.fixture(scope="module")
def report() -> Report:
    return make_report()


def change(report: Report, outcome: str, factor: float, member: str = PLAN) -> Report:
    """The report with one outcome of one member scaled."""
    data = report.indicators.copy(deep=True)
    data[outcome].loc[{"member": member}] = factor * data[outcome].sel(member=FROZEN)
    return replace(report, indicators=data)


def test_the_tally_counts_targets_of_the_plan_once(report: Report) -> None:
    count = tally(report)
    assert (count.scored, count.met, count.unscored) == (5, 4, 2)
    assert count.met_in_base_year == 1
    assert count.years == (2025, 2030)
    assert "5 项可评分的量化目标中达成 4 项" in say_targets(count).zh
    assert "meets 4 of the 5" in say_targets(count).en


def test_one_verdict_more_or_less_changes_the_sentence(report: Report) -> None:
    turned = tuple(
        replace(score, met=False) if score.id == "firms" else score for score in report.scores
    )
    assert tally(replace(report, scores=turned)).met == 3


def test_a_direction_is_not_counted_as_a_number(report: Report) -> None:
    turned = tuple(
        replace(score, strength=Strength.QUALITATIVE) if score.id == "peak" else score
        for score in report.scores
    )
    count = tally(replace(report, scores=turned))
    assert (count.scored, count.met, count.directions, count.directions_met) == (4, 3, 1, 1)
    assert "1 项定性要求" in say_additional(count).zh


def test_a_stricter_standard_is_said_and_not_counted(report: Report) -> None:
    words = say_standards(report)
    assert "HJ 633-2026" in words.zh
    assert "未达到" in words.zh
    turned = tuple(
        replace(score, met=True) if score.id == "days-new" else score for score in report.scores
    )
    changed = replace(report, scores=turned)
    assert tally(changed).met == tally(report).met
    assert say_standards(changed) == Text("", "")


def test_without_a_baseline_nothing_is_compared(report: Report) -> None:
    alone = replace(report, baseline="")
    assert say_changes(alone, ["CO2"], 2030) == Text("", "")
    assert tally(alone).met_by_baseline is None
    assert "基准" not in say_additional(tally(alone)).zh


@pytest.mark.parametrize(
    ("factor", "zh", "en"),
    [
        (0.9, "低 10.0%", "lower by 10.0%"),
        (1.2, "高 20.0%", "higher by 20.0%"),
        (1.0001, "基本不变", "practically unchanged"),
    ],
)
def test_words_of_comparison_follow_the_sign(
    report: Report, factor: float, zh: str, en: str
) -> None:
    changed = change(report, "CO2", factor)
    words = compare_words(changed.indicators["CO2"], pair_at(changed, "CO2", 2030))
    assert zh in words.zh
    assert en in words.en


def test_shares_differ_by_points(report: Report) -> None:
    words = compare_words(report.indicators["good days"], pair_at(report, "good days", 2030))
    assert "个百分点" in words.zh
    assert "percentage points" in words.en


@pytest.mark.parametrize(
    ("relation", "better", "threshold", "met"),
    [
        (">=", "", 11.0, False),
        ("<=", "", 11.0, True),
        ("=", "lower", 11.0, True),
        ("=", "higher", 11.0, False),
    ],
)
def test_whether_the_baseline_meets_a_target(
    report: Report, relation: str, better: str, threshold: float, met: bool
) -> None:
    data = report.indicators.copy()
    data["non-fossil share"].attrs["better"] = better
    score = make_score(
        relation=relation, threshold=threshold, baseline=10.0, value=11.0, margin=0.0
    )
    assert baseline_meets(score, data) is met


def test_shore_power_that_adds_carbon_is_said_to(report: Report) -> None:
    assert "却增加碳排放" in say_berth(report, 2025).zh
    assert "adds carbon" in say_berth(report, 2025).en
    assert "却增加碳排放" not in say_berth(report, 2035).zh
    cleaner = change(report, "berth CO2", 0.8)
    assert "却增加碳排放" not in say_berth(cleaner, 2025).zh


def test_the_year_from_which_carbon_is_saved(report: Report) -> None:
    data = report.indicators["berth CO2"]
    below = data.sel(member=PLAN).values < data.sel(member=FROZEN).values
    last_not = int(np.nonzero(~below)[0][-1])
    assert first_co2_gain(report) == data["time"].values[last_not + 1]
    assert first_co2_gain(change(report, "berth CO2", 1.1)) is None
