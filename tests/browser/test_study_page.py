"""The page of a study in a real browser: charts follow one another, in both languages, quietly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import PAYLOADS
from study_page_example import make_page
from test_page_browser import MISSING_GLYPHS, TEXTS, Opened, overlaps, visit
from test_viz_study_page import hostile_part, spoil_page

from haihe.text import Text
from haihe_viz.studypage import render_study

pytestmark = pytest.mark.browser
__all__ = ["visit"]

CHARTS = ("fan", "spread", "parallel", "scatter")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("study") / "study.html"
    place.write_text(render_study(make_page(), Text("结论。", "The answer.")), encoding="utf-8")
    return place


def brush(page: Any, first: float, last: float) -> None:
    """Drag along the first axis of the parallel coordinates, in shares from its top."""
    page.locator("#parallel").scroll_into_view_if_needed()
    grip = page.locator("#parallel .grip").first.bounding_box()
    x = grip["x"] + grip["width"] / 2
    places = [grip["y"] + 4 + share * (grip["height"] - 8) for share in (first, last)]
    page.mouse.move(x, places[0])
    page.mouse.down()
    page.mouse.move(x, sum(places) / 2)
    page.mouse.move(x, places[1])
    page.mouse.up()


@pytest.mark.parametrize(("lang", "width"), [("zh", 1280), ("en", 375)])
def test_the_page_is_quiet_whole_and_legible(
    visit: Callable[..., Opened], path: Path, lang: str, width: int
) -> None:
    opened = visit(path, f"#lang={lang}", width)
    page = opened.page
    assert opened.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in CHARTS:
        texts = page.query_selector(f"#{name}").evaluate(TEXTS)
        assert len(texts) >= 3, name
        assert overlaps(texts) == [], name
        assert page.locator(f"#{name} path, #{name} circle").count() >= 2, name
        chinese = any("\u4e00" <= sign <= "\u9fff" for text in texts for sign in text["text"])
        assert chinese == (lang == "zh" and name != "spread"), name
    missing = page.evaluate(MISSING_GLYPHS)
    assert missing == [] or "中" in missing


def test_a_brush_filters_every_chart(visit: Callable[..., Opened], path: Path) -> None:
    page = visit(path, "#lang=en").page
    before = [page.inner_html(f"#{name}") for name in CHARTS]
    brush(page, 0.0, 0.5)
    assert all(page.inner_html(f"#{name}") != old for name, old in zip(CHARTS, before))
    told = page.inner_text("#told")
    passed = int(told.split()[0])
    example = make_page()
    assert 0.35 * 400 < passed < 0.65 * 400
    # The table says what passes: the medians of those whose factor is in the upper half.
    cells = page.locator("#numbers tbody tr").nth(1).locator("td").all_inner_texts()
    factor, course = example.axes[0].drawn[:200], example.courses[0]
    low = factor.min() + 0.5 * (factor.max() - factor.min())
    kept = course.drawn[:200][factor >= low][:, list(course.years).index(2035.0)]
    assert abs(int(cells[0]) - len(kept)) <= 8
    assert float(cells[2]) == pytest.approx(float(sorted(kept)[len(kept) // 2]), abs=0.6)
    page.click("#clear")
    assert [page.inner_html(f"#{name}") for name in CHARTS] == before


def test_choices_change_the_charts_and_the_language_changes_them_all(
    visit: Callable[..., Opened], path: Path
) -> None:
    opened = visit(path, "#lang=en")
    page = opened.page
    page.select_option("#pick-course", "1")
    assert "Good-air days" in page.inner_text("#explore h3 >> nth=0")
    page.locator("#pick-year").fill("3")
    assert page.inner_text("#say-year") == "2024"
    page.locator("#pick-groups input").first.uncheck()
    assert page.locator("#numbers tbody tr").count() == 1
    page.click('.switch button[data-lang="zh"]')
    page.wait_for_selector("html[data-explored=zh]")
    assert "优良天数" in page.inner_text("#explore h3 >> nth=0")
    assert "计划" in page.inner_text("#numbers")
    assert opened.complaints == []


def test_filters_work_with_the_keyboard(visit: Callable[..., Opened], path: Path) -> None:
    page = visit(path, "#lang=en").page
    page.focus("details.data summary")
    page.keyboard.press("Enter")
    page.locator("#limits input").first.fill("0.5")
    page.keyboard.press("Tab")
    assert "pass" in page.inner_text("#told")


def test_hostile_words_do_nothing(visit: Callable[..., Opened], tmp_path: Path) -> None:
    payload = " ".join(PAYLOADS)
    place = tmp_path / "hostile.html"
    words = Text("结论" + payload, "Answer" + payload)
    text = render_study(spoil_page(make_page(40), payload), words, [hostile_part(payload)])
    place.write_text(text, encoding="utf-8")
    opened = visit(place, "#lang=en")
    brush(opened.page, 0.1, 0.8)
    opened.page.click('.switch button[data-lang="zh"]')
    opened.page.wait_for_selector("html[data-explored=zh]")
    assert opened.page.evaluate("window.pwned") is None
    assert opened.complaints == []
