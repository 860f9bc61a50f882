"""Arithmetic of the scorecard, on runs of a few years."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from haihe.analysis.scorecard import measure_series, score_target, score_targets
from haihe.analysis.targets import Measure, Scope, Target
from haihe.results.report import Strength
from haihe.text import Text

YEARS = np.arange(2019.0, 2027.0)
#                    2019  2020  2021  2022  2023  2024  2025  2026
SHARE = np.array([30.0, 32.0, 34.0, 36.0, 38.0, 40.0, 42.0, 44.0])
CO2 = np.array([90.0, 100.0, 110.0, 105.0, 99.0, 95.0, 90.0, 80.0])
GDP = np.array([100.0, 100.0, 110.0, 120.0, 130.0, 140.0, 150.0, 160.0])
MIX = np.stack([SHARE, 2 * SHARE, 3 * SHARE], axis=1)


def make_run() -> xr.Dataset:
    """A run and a baseline that stays where it was in 2021."""
    held = np.where(YEARS > 2021, SHARE[2], SHARE)

    def pair(values: np.ndarray, other: np.ndarray | None = None) -> np.ndarray:
        return np.stack([values, values if other is None else other])

    return xr.Dataset(
        {
            "share": (("member", "time"), pair(SHARE, held), {"units": "%", "grade": "B"}),
            "CO2": (("member", "time"), pair(CO2), {"units": "Mt/yr", "grade": "C"}),
            "GDP": (("member", "time"), pair(GDP), {"units": "Gyuan/yr", "grade": "A"}),
            "mix": (("member", "time", "plant"), pair(MIX), {"units": "GW", "grade": "B"}),
        },
        coords={"member": ["plan", "frozen"], "time": YEARS, "plant": ["coal", "sun", "wind"]},
    )


TARGET = Target(
    id="share-2025",
    title=Text("份额", "Share"),
    scope=Scope.PLAN,
    indicator="share",
    elements=(),
    per="",
    measure=Measure.LEVEL,
    base_year=None,
    offset=0.0,
    relation=">=",
    better="higher",
    value=40.0,
    unit="%",
    year=2025,
    strength=Strength.BINDING,
    standard="",
    plan="plan",
    article="二",
    quote="达到40%",
    source="plan",
    rule=Text("", ""),
    reason=Text("", ""),
)


def score(**changes):
    return score_target(replace(TARGET, **changes), make_run(), "plan", "frozen")


def test_at_least() -> None:
    found = score()
    assert (found.value, found.baseline, found.margin) == (42.0, 34.0, 2.0)
    assert (found.met, found.first_year_met, found.met_in_base_year) == (True, 2024, False)
    assert found.grade == "B"
    assert found.reason.zh == ""


def test_at_most_has_the_margin_the_other_way() -> None:
    found = score(indicator="CO2", relation="<=", better="lower", value=95.0, unit="Mt/yr")
    assert (found.value, found.margin, found.met) == (90.0, 5.0, True)
    # It was below 95 in 2019, which is before the plan: the first year is looked for from 2021.
    assert (found.first_year_met, found.met_in_base_year) == (2024, False)


@pytest.mark.parametrize(
    ("better", "value", "met", "margin"),
    [
        ("higher", 40.0, True, 2.0),
        ("higher", 42.0, True, 0.0),
        ("higher", 43.0, False, -1.0),
        ("lower", 40.0, False, -2.0),
        ("lower", 44.0, True, 2.0),
    ],
)
def test_equal_means_at_least_as_good(better: str, value: float, met: bool, margin: float) -> None:
    found = score(relation="=", better=better, value=value)
    assert (found.met, found.margin) == (met, margin)
    assert found.relation == "="


def test_rounding_does_not_decide() -> None:
    assert score(value=42.0 + 1e-10).met is True
    assert score(value=42.0 + 1e-6).met is False


def test_never_met() -> None:
    found = score(value=50.0)
    assert (found.met, found.first_year_met, found.met_in_base_year) == (False, None, False)
    assert found.margin == -8.0


def test_met_in_the_base_year_already() -> None:
    found = score(value=33.0)
    assert (found.met, found.first_year_met, found.met_in_base_year) == (True, 2021, True)


def test_missed_in_its_year_and_met_later() -> None:
    found = score(value=44.0)
    assert (found.met, found.first_year_met) == (False, 2026)


def test_change_against_a_base_year() -> None:
    found = score(
        indicator="CO2", measure=Measure.CHANGE, base_year=2020, relation="<=", better="lower",
        value=-10.0, unit="%",
    )  # fmt: skip
    assert found.value == pytest.approx(-10.0)
    assert (found.met, found.first_year_met) == (True, 2025)
    assert found.met_in_base_year is False


def test_ratio_of_two_outcomes_takes_the_worse_grade() -> None:
    found = score(
        indicator="CO2", per="GDP", measure=Measure.CHANGE, base_year=2020, relation="<=",
        better="lower", value=0.0, unit="%",
    )  # fmt: skip
    assert found.value == pytest.approx(100 * (90 / 150 - 1))
    assert found.met_in_base_year is True  # 110/110 against 100/100 is no rise
    assert found.grade == "C"


def test_difference_in_the_targets_own_unit() -> None:
    found = score(
        indicator="CO2", measure=Measure.DIFFERENCE, base_year=2020, relation="<=",
        better="lower", value=-10_000.0, unit="kt/yr",
    )  # fmt: skip
    assert found.value == pytest.approx(-10_000.0)
    assert found.met is True


def test_level_is_converted_into_the_targets_unit() -> None:
    found = score(indicator="CO2", relation="<=", better="lower", value=89_000.0, unit="kt/yr")
    assert found.value == pytest.approx(90_000.0)
    assert found.margin == pytest.approx(-1_000.0)


def test_growth_is_a_mean_rate() -> None:
    values = 100.0 * 1.15 ** (YEARS - 2020)
    series = measure_series(YEARS, values, Measure.GROWTH, 2020)
    assert np.isnan(series[:2]).all()
    assert series[2:] == pytest.approx(15.0)


def test_largest_rise_remembers_every_year_since_the_base() -> None:
    series = measure_series(YEARS, CO2, Measure.LARGEST_RISE, 2020)
    assert np.isnan(series[:2]).all()
    assert series[2:] == pytest.approx(10.0)
    later = measure_series(YEARS, CO2, Measure.LARGEST_RISE, 2021)
    assert later[-1] == pytest.approx(100 * (95 / 99 - 1))  # the smallest of the falls
    found = score(
        indicator="CO2", measure=Measure.LARGEST_RISE, base_year=2020, relation="<=",
        better="lower", value=0.0, unit="%",
    )  # fmt: skip
    assert (found.met, found.first_year_met) == (False, None)


def test_peak_year() -> None:
    found = score(
        indicator="CO2", measure=Measure.PEAK_YEAR, relation="<=", better="lower", value=2025.0,
        unit="year",
    )  # fmt: skip
    assert (found.value, found.margin, found.met) == (2021.0, 4.0, True)
    assert (found.met_in_base_year, found.first_year_met) == (True, None)


def test_a_peak_at_the_end_of_the_run_is_no_peak_before_it() -> None:
    found = score(
        measure=Measure.PEAK_YEAR, relation="<=", better="lower", value=2025.0, unit="year"
    )
    assert (found.value, found.met) == (2026.0, False)
    assert found.met_in_base_year is False


def test_offset_moves_the_value_to_another_basis() -> None:
    found = score(offset=-1.6, value=41.0)
    assert found.value == pytest.approx(40.4)
    assert found.baseline == pytest.approx(32.4)
    assert (found.met, found.first_year_met) == (False, 2026)


def test_elements_are_summed() -> None:
    found = score(indicator="mix", elements=("sun", "wind"), value=200.0, unit="GW")
    assert found.value == pytest.approx(5 * 42.0)


def test_backtest_looks_from_its_own_base_year() -> None:
    found = score(
        year=2020, scope=Scope.BACKTEST, measure=Measure.DIFFERENCE, base_year=2019, value=2.0
    )
    assert (found.value, found.met, found.first_year_met) == (2.0, True, 2020)
    assert found.met_in_base_year is None
    assert found.scope == "backtest"


def test_base_year_after_the_plan_began_leaves_2021_open() -> None:
    found = score(measure=Measure.CHANGE, base_year=2022, value=10.0)
    assert found.met_in_base_year is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"indicator": "PM2.5"}, "did not put out"),
        ({"per": "PM2.5"}, "did not put out"),
        ({"year": 2060}, "outside the run"),
        ({"measure": Measure.CHANGE, "base_year": 2005}, "base year"),
        ({"indicator": "", "value": None, "reason": Text("无", "no indicator")}, "no indicator"),
    ],
)
def test_what_cannot_be_scored_says_why(changes, says: str) -> None:
    found = score(**changes)
    assert (found.met, found.value, found.margin) == (None, None, None)
    assert says in found.reason.en
    assert found.reason.zh


def test_a_member_without_numbers_is_not_scored() -> None:
    run = make_run()
    run["share"][0, :] = np.nan
    found = score_target(TARGET, run, "plan", "frozen")
    assert found.met is None
    assert "no number" in found.reason.en


def test_no_baseline_leaves_its_value_open() -> None:
    (found,) = score_targets([TARGET], make_run(), "plan")
    assert found.baseline is None
    assert found.met is True
