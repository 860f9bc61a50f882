"""Pages of answers: hostile text stays text, both languages are inside, odd answers draw too."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hostile import PAYLOADS

from haihe.results.attribution import Attribution, Credit, Interplay
from haihe.results.outlook import Chance, Flip, Outlook
from haihe.results.report import Score, Strength
from haihe.results.signal import Course, EarlyWarning, Rate, Signal
from haihe.text import Text
from haihe_viz.attribution import attribution_chart, attribution_parts, interaction_chart
from haihe_viz.outlook import outlook_chart, outlook_parts, percent
from haihe_viz.sheet import render_sheet
from haihe_viz.signal import course_chart, warning_parts
from haihe_viz.waterfall import MOST, Step, gather_steps

YEARS = np.arange(2020.0, 2031.0)


def make_attribution(payload: str = "", groups: int = 3, exact: bool = True) -> Attribution:
    ramp = np.clip(YEARS - 2022, 0, None)
    titles = [Text(f"组{i}{payload}", f"Group {i}{payload}") for i in range(groups)]
    sizes = [-(i + 1) * ramp * (-1) ** (i // 2) for i in range(groups)]
    credits = tuple(
        Credit(
            f"g{i}", title, "u", ("lever",), size, None, 0.5 * size, 1.5 * size,
            np.minimum(0.5 * size, 1.5 * size), np.maximum(0.5 * size, 1.5 * size),
            None if exact else 0.1 + 0 * size,
        )
        for i, (title, size) in enumerate(zip(titles, sizes))
    )  # fmt: skip
    against = np.full(YEARS.shape, 100.0)
    pairs = (Interplay("g0", "g1", 0.1 * ramp), Interplay("g0", "g2", -0.2 * ramp))
    return Attribution(
        f"CO2{payload}", Text(f"排放{payload}", f"Emissions{payload}"), "Mt/yr", 1, "plan", "base",
        Text(f"规划{payload}", f"Plan{payload}"), Text("基线", "Baseline"), "group", YEARS,
        against + np.sum(sizes, axis=0), against, credits, pairs if exact else (), 8, exact,
    )  # fmt: skip


def make_outlook(payload: str = "", **changes) -> Outlook:
    words = Text(f"目标{payload}", f"Target{payload}")
    score = Score(
        id="t", title=words, indicator="CO2", unit="Mt/yr", year=2030, relation="<=",
        threshold=90.0, value=88.0, baseline=None, margin=2.0, met=True, first_year_met=2029,
        met_in_base_year=False, strength=Strength.BINDING, standard=f"GB{payload}", plan="p",
        quote="q", source="s", grade="C", reason=Text("", ""),
    )  # fmt: skip
    flip = Flip(
        "f", Text(f"因素{payload}", f"Factor{payload}"), 1.0, 1.2, f"x{payload}", 0.9, 0.8, 91.0
    )
    chance = Chance(1000, 770, 0.77, 0.74, 0.80, 85.0, 88.0, 92.0)
    return replace(Outlook(score, chance, flip, True), **changes)


def make_warning(payload: str = "") -> EarlyWarning:
    words = Text(f"指标{payload}", f"Observable{payload}")
    rate = Rate(0.1, 0.05, 0.2, 100)
    roc = np.array([[0.0, 0.2, 1.0], [0.0, 0.9, 1.0]])
    signals = tuple(
        Signal("o", words, f"kt{payload}", year, 5.0, True, rate, rate, 0.85, roc, True)
        for year in (2023.0, 2024.0)
    )
    years = np.array([2022.0, 2023.0, 2024.0])
    band = np.array([[1.0] * 3, [2.0] * 3, [3.0] * 3])
    return EarlyWarning(
        "t", words, 2025, Text("不高于 5", "at most 5"), words, 400, 0.5, 0.2, signals[0], signals,
        signals[1:], Course("o", words, "kt", 1, years, band, band + 1), Text("", ""),
    )  # fmt: skip


@pytest.mark.parametrize("payload", [" ".join(PAYLOADS[i::5]) for i in range(5)])
def test_hostile_text_stays_text(payload: str) -> None:
    parts = [
        *attribution_parts([make_attribution(payload)], [2030]),
        *outlook_parts([make_outlook(payload)]),
        *warning_parts(make_warning(payload)),
    ]
    page = render_sheet(Text(payload, payload), Text(payload, payload), parts)
    outside = without_scripts(page)
    for sign in (
        "<img src=x",
        "<svg",
        "<iframe",
        "<base",
        "<meta http-equiv=refresh",
        "<link rel=s",
    ):
        assert sign not in outside
    assert page.count("<script") == page.count("</script>") == 3
    charts = re.search(r'id="charts">(.*?)</script>', page, flags=re.S)
    assert charts is not None
    assert len(json.loads(charts[1])) >= 5


def test_both_languages_and_nothing_from_elsewhere() -> None:
    parts = attribution_parts([make_attribution()], [2030])
    page = render_sheet(Text("标题", "Title"), Text("一句话", "One sentence"), parts, "en")
    assert 'data-lang="en"' in page
    for words in ("一句话", "One sentence", "沙普利值", "Shapley", "没有解释的差额"):
        assert words in page
    assert not re.search(r'(src|href)="(?!data:|#)', without_scripts(page))


def without_scripts(page: str) -> str:
    return re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.S)


def test_a_waterfall_ends_where_the_scenario_is_however_many_groups() -> None:
    steps = gather_steps([Step(Text("a", "a"), float(i)) for i in range(-9, 11)])
    assert len(steps) == MOST
    assert sum(step.change for step in steps) == pytest.approx(10.0)
    figure = attribution_chart(make_attribution(groups=20), 2030)
    assert figure.height > 300


def test_what_was_not_found_is_not_drawn() -> None:
    assert interaction_chart(make_attribution(exact=False), 2030) is None
    assert interaction_chart(make_attribution(), 2021) is None
    assert outlook_chart([make_outlook(chance=None)]) is None
    nothing = replace(make_warning(), first=None, by_year=(), rivals=(), course=None)
    assert course_chart(nothing) is None
    assert warning_parts(nothing) == []


def test_a_chance_is_never_shown_as_certain_unless_it_is() -> None:
    assert percent(1.0) == "100%"
    assert percent(0.9999) == ">99.9%"
    assert percent(0.0) == "0%"
    assert percent(0.0004) == "<0.1%"
    assert percent(0.956) == "95.6%"
