"""What the terminal shows of scores and measures."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from haihe.analysis.tables import (
    print_coverage,
    print_scorecard,
    show_threshold,
    show_value,
)
from haihe.results.report import Coverage, Score, Strength
from haihe.text import Text


def make_score(**changes) -> Score:
    fields = {
        "id": "co2", "title": Text("二氧化碳", "CO2 [of all]"), "indicator": "CO2", "unit": "Mt/yr",
        "year": 2025, "relation": "<=", "threshold": 100.0, "value": 90.0, "baseline": 120.0,
        "margin": 10.0, "met": True, "first_year_met": 2024, "met_in_base_year": False,
        "strength": Strength.BINDING, "standard": "", "plan": "p", "quote": "q", "source": "s",
        "grade": "B", "reason": Text("", ""),
    }  # fmt: skip
    return Score(**{**fields, **changes})


def printed(action) -> str:
    stream = io.StringIO()
    action(Console(file=stream, width=160, markup=False, highlight=False))
    return stream.getvalue()


def test_scorecard_says_in_words_what_was_met() -> None:
    scores = [make_score(), make_score(id="b", met=False, value=101.0, margin=-1.0),
              make_score(id="c", scope="sibling"),
              make_score(id="d", met=None, value=None)]  # fmt: skip
    english = printed(lambda console: print_scorecard(console, scores, "en"))
    assert "CO2 [of all]" in english  # square brackets are no markup
    assert "<= 100 Mt/yr" in english
    assert "yes" in english
    assert "-1.00" in english
    assert english.index("Targets of the plan") < english.index("sibling plans")
    assert "1 more targets are not scored" in english
    chinese = printed(lambda console: print_scorecard(console, scores, "zh"))
    assert "二氧化碳" in chinese
    assert "另有 1 个目标没有打分" in chinese


def test_target_with_a_rule_is_marked() -> None:
    plain = printed(lambda console: print_scorecard(console, [make_score()], "en"))
    ruled = make_score(rule=Text("规则", "rule"))
    marked = printed(lambda console: print_scorecard(console, [ruled], "en"))
    assert "CO2 [of all] *" in marked
    assert "CO2 [of all] *" not in plain


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(11600.0, "1", "11,600"), (11.5, "%", "11.5%"), (0.0, "%", "0%"), (2030.0, "year", "2030")],
)
def test_thresholds_have_no_more_digits_than_the_document(value, unit: str, text: str) -> None:
    assert show_threshold(value, unit) == text


def test_a_near_miss_does_not_look_like_a_hit() -> None:
    assert show_value(11.48, "%", apart=11.5) == "11.48%"
    assert show_value(-0.0042, "", signed=True, apart=0.0) == "-0.004"
    assert show_value(89.99999999, "%", apart=90.0) == "90.0%"
    assert show_value(11599.8, "1", apart=11600) == "11,599.8"
    assert show_value(12.0, "%", apart=11.5) == "12.0%"


def test_coverage_sums_up() -> None:
    measures = [
        Coverage("L1", "三", Text("甲", "A"), "引文", ("rail",), "modelled", Text("", "")),
        Coverage(
            "L2", "三", Text("乙", "B"), "引文", (), "not_modelled", Text("缺数据", "no data")
        ),
    ]
    english = printed(lambda console: print_coverage(console, measures, "en"))
    assert "2 measures: modelled 1, partly modelled 0, not modelled 1" in english
    assert "no data" in english
    assert "引文" in english
    chinese = printed(lambda console: print_coverage(console, measures, "zh"))
    assert "共 2 项措施：已模拟 1，部分模拟 0，未模拟 1" in chinese


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "%", "–"),
        (68.0, "%", "68.0%"),
        (11600.0, "1", "11,600"),
        (2030.0, "year", "2030"),
        (0.731, "kg/kWh", "0.73 kg/kWh"),
        (-0.004, "GW", "0.00 GW"),
    ],
)
def test_numbers_are_written_for_people(value, unit: str, text: str) -> None:
    assert show_value(value, unit) == text
