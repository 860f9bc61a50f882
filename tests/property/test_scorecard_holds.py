"""What holds for the score of any target on any run."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from haihe.analysis.scorecard import score_target
from haihe.analysis.targets import Measure, Scope, Target
from haihe.results.report import Strength
from haihe.text import Text

YEARS = np.arange(2018.0, 2031.0)
numbers = st.floats(0.5, 1e4, allow_nan=False)
runs = st.lists(numbers, min_size=len(YEARS), max_size=len(YEARS))
relations = st.sampled_from([(">=", "higher"), ("<=", "lower"), ("=", "higher"), ("=", "lower")])
years = st.integers(2019, 2030)


def make_run(values: list[float], units: str = "Mt/yr") -> xr.Dataset:
    data = np.array([values, values[::-1]])
    attrs = {"units": units, "grade": "B"}
    coords = {"member": ["plan", "other"], "time": YEARS}
    return xr.Dataset({"CO2": (("member", "time"), data, attrs)}, coords)


def make_target(relation: tuple[str, str], value: float, year: int, **changes) -> Target:
    words = Text("", "")
    fields = {
        "id": "t", "title": words, "scope": Scope.PLAN, "indicator": "CO2", "elements": (),
        "per": "", "measure": Measure.LEVEL, "base_year": None, "offset": 0.0,
        "relation": relation[0], "better": relation[1], "value": value, "unit": "Mt/yr",
        "year": year, "strength": Strength.BINDING, "standard": "", "plan": "", "article": "",
        "quote": "", "source": "", "rule": words, "reason": words,
    }  # fmt: skip
    return Target(**{**fields, **changes})


@given(runs, relations, numbers, years)
def test_met_is_the_sign_of_the_margin(values, relation, threshold: float, year: int) -> None:
    score = score_target(make_target(relation, threshold, year), make_run(values), "plan", "")
    assert score.value == values[int(year - YEARS[0])]
    assert score.met is (score.margin >= -1e-9 * max(1.0, threshold))
    assert abs(score.margin) == pytest.approx(abs(score.value - threshold))


@given(runs, relations, numbers, years)
def test_a_target_met_in_its_year_was_first_met_by_then(values, relation, threshold, year) -> None:
    score = score_target(make_target(relation, threshold, year), make_run(values), "plan", "")
    if score.met and year >= 2021:
        assert score.first_year_met is not None
        assert 2021 <= score.first_year_met <= year
    if score.met_in_base_year:
        assert score.first_year_met == 2021


@given(runs, relations, numbers, years)
def test_the_unit_does_not_decide(values, relation, threshold: float, year: int) -> None:
    here = score_target(make_target(relation, threshold, year), make_run(values), "plan", "other")
    there = score_target(
        make_target(relation, 1000.0 * threshold, year, unit="kt/yr"),
        make_run(values),
        "plan",
        "other",
    )
    if abs(here.margin) > 1e-6 * threshold:  # on the threshold itself rounding may decide
        assert there.met is here.met
    assert there.margin == pytest.approx(1000.0 * here.margin, abs=1e-6 * threshold)
    assert there.baseline == pytest.approx(1000.0 * here.baseline)


@given(runs, relations, numbers, years)
def test_a_weaker_target_is_met_where_the_stronger_is(values, relation, threshold, year) -> None:
    strong = score_target(make_target(relation, threshold, year), make_run(values), "plan", "")
    easier = threshold * (0.9 if relation[1] == "higher" else 1.1)
    weak = score_target(make_target(relation, easier, year), make_run(values), "plan", "")
    assert weak.met or not strong.met
    if strong.first_year_met is not None:
        assert weak.first_year_met is not None
        assert weak.first_year_met <= strong.first_year_met


@given(runs, st.sampled_from(list(Measure)), relations, years)
def test_what_never_changes_has_no_change(values, measure: Measure, relation, year: int) -> None:
    flat = [values[0]] * len(YEARS)
    unit = "year" if measure is Measure.PEAK_YEAR else "Mt/yr"
    target = make_target(relation, 1.0, year, measure=measure, base_year=2018, unit=unit)
    score = score_target(target, make_run(flat), "plan", "")
    if measure is Measure.LEVEL:
        assert score.value == values[0]
    elif measure is Measure.PEAK_YEAR:
        assert score.value == YEARS[0]
    else:
        assert score.value == pytest.approx(0.0, abs=1e-9)
