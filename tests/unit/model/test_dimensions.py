"""Units of equations: what agrees, what does not, and what is not judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from haihe.model.dimensions import check_dimensions
from haihe.model.names import definitions_by_name
from haihe.model.translate import read_model, translate

TEXT = """{{UTF-8}}
coal = 3 * Time / year ~ Mt/Year ~ |
kilo = 3 * Time / year ~ kt/Year ~ |
power = Time * 2 / year ~ GW ~ |
share = Time / year ~ Dmnl ~ |
year = 1 ~ Year ~ |
price = 2 ~ yuan/t ~ |
per = 1000 ~ kt/Mt ~ |
table((0,0),(9,9)) ~ ug/m3 ~ |
box = INTEG(coal, 0) ~ Mt ~ |
side = 2 ~ m ~ |
people = 5 ~ Widget ~ |
{equation}
INITIAL TIME = 0 ~ Year ~ |
FINAL TIME = 4 ~ Year ~ |
TIME STEP = 0.5 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""
# Time / year is a plain number, so these three are what they say only by a unit of 1; they are
# the leaves that the equations below are made of, and findings on them are not looked at.


def messages(folder: Path, equation: str) -> list[str]:
    path = folder / "m.mdl"
    path.write_text(TEXT.format(equation=equation), encoding="utf-8")
    model, translation = read_model(path), translate(path)
    found = check_dimensions(model, definitions_by_name(translation.definitions[0]))
    return [message.en for where, message in found if where.line == 13]


@pytest.mark.parametrize(
    "equation",
    [
        "x = coal + kilo / per ~ Mt/Year ~ |",
        "x = coal * per ~ kt/Year ~ |",
        "x = coal * price ~ Myuan/Year ~ |",
        "x = MAX(0, coal) ~ Mt/Year ~ |",
        "x = IF THEN ELSE(share > 0, coal, 0) ~ Mt/Year ~ |",
        "x = ZIDZ(coal, kilo) * per ~ Dmnl ~ |",
        "x = XIDZ(coal, power, 0) ~ Mt/(Year*GW) ~ |",
        "x = SMOOTH3(coal, year) ~ Mt/Year ~ |",
        "x = DELAY1I(coal, 2*year, coal) ~ Mt/Year ~ |",
        "x = INTEG(coal - box / year, box) ~ Mt ~ |",
        "x = table(share) ~ ug/m3 ~ |",
        "x = EXP(share) * LN(1 + share) ~ Dmnl ~ |",
        "x = share ^ 0.3 ~ Dmnl ~ |",
        "x = side ^ 2 ~ m2 ~ |",
        "x = SQRT(side * side) ~ m ~ |",
        "x = SQRT(side) * side ^ 0.5 ~ m ~ |",
        "x = TREND(coal, year, 0) ~ 1/Year ~ |",
        "x = RAMP(coal, 1, 3) ~ Mt ~ |",
        "x = STEP(coal, 2) ~ Mt/Year ~ |",
        "x = people * 2 ~ Widget ~ |",
        "x = INITIAL(coal) ~ Mt/Year ~ |",
        "x = -coal ~ Mt/Year ~ |",
        "x = 5 ~ GW ~ |",
    ],
)
def test_what_agrees(tmp_path: Path, equation: str) -> None:
    assert messages(tmp_path, equation) == []


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        ("x = coal ~ Mt ~ |", "left has 1e+09 kg, right has 31.7098 kg / s"),
        ("x = coal ~ kt/Year ~ |", "left has kt/Year, right has 1000 times it"),
        ("x = coal + kilo ~ Mt/Year ~ |", "terms of a sum differ"),
        ("x = coal + 1 ~ Mt/Year ~ |", "terms of a sum differ"),
        ("x = MAX(coal, power) ~ GW ~ |", "MIN or MAX"),
        ("x = IF THEN ELSE(coal > kilo, 1, 2) ~ Dmnl ~ |", "sides of a comparison"),
        ("x = IF THEN ELSE(share > 1, coal, kilo) ~ Dmnl ~ |", "what a choice gives"),
        ("x = EXP(coal) ~ Dmnl ~ |", "a plain number"),
        ("x = side ^ share ~ m ~ |", "base of a power"),
        ("x = share ^ side ~ Dmnl ~ |", "exponent"),
        ("x = INTEG(box, 0) ~ Mt ~ |", "left has"),
        ("x = INTEG(coal, kilo) ~ Mt ~ |", "initial value"),
        ("x = SMOOTH(coal, share) ~ Mt/Year ~ |", "a delay and time"),
        ("x = DELAY1I(coal, year, kilo) ~ Mt/Year ~ |", "input and initial"),
        ("x = XIDZ(coal, power, 1) ~ Mt/Year/GW ~ |", "stands in for it"),
        ("x = table(share) ~ Dmnl ~ |", "left has a plain number"),
        ("x = people + share ~ Widget ~ |", "terms of a sum differ: widget and a plain number"),
        ("x = share ~ % ~ |", "right has 100 times it"),
    ],
)
def test_what_does_not(tmp_path: Path, equation: str, words: str) -> None:
    found = messages(tmp_path, equation)
    assert len(found) == 1
    assert found[0].startswith("x: ")
    assert words in found[0]
