"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from haihe_viz.labels import typeset, unit_text
from haihe_viz.numbers import format_number, relative_change


@pytest.mark.parametrize(
    ("value", "digits", "signed", "written"),
    [
        (1234567.891, 1, False, "1,234,567.9"),
        (-0.04, 1, True, "0.0"),
        (-3.25, 1, False, "\u22123.2"),
        (3.0, 1, True, "+3.0"),
        (15249.6, 0, False, "15,250"),
        (15249.6, -2, False, "15,200"),
        (None, 1, False, "–"),
        (math.nan, 1, True, "–"),
        (math.inf, 1, False, "–"),
    ],
)
def test_numbers(value: float | None, digits: int, signed: bool, written: str) -> None:
    assert format_number(value, digits, signed=signed) == written


def test_a_change_is_relative_to_the_size_of_what_was() -> None:
    assert relative_change(-15, -10) == pytest.approx(-50)
    assert relative_change(1, 0) is None
    assert relative_change(None, 3) is None


def test_formulae_are_set_in_running_chinese_too() -> None:
    assert typeset("靠泊用能CO2（含电网）") == "靠泊用能CO₂（含电网）"
    assert typeset("PM2.5年均浓度，O3与NOx") == "PM₂.₅年均浓度，O₃与NOₓ"
    assert typeset("CO20 ACO2") == "CO20 ACO2"


@pytest.mark.parametrize(
    ("unit", "zh", "en"),
    [
        ("Mt/yr", "百万吨/年", "Mt/yr"),
        ("ug/m3", "µg/m³", "µg/m³"),
        ("Gyuan/yr", "十亿元/年", "bn yuan/yr"),
        ("Gm3/yr", "十亿m³/年", "bn m³/yr"),
        ("1", "", ""),
        ("10^4 t", "10^4 吨", "10^4 t"),
        ("%", "%", "%"),
        ("parsec", "parsec", "parsec"),
    ],
)
def test_units(unit: str, zh: str, en: str) -> None:
    assert (unit_text(unit).zh, unit_text(unit).en) == (zh, en)
