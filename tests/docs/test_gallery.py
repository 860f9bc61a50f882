"""The gallery: its lines run, on real results, and every chart has something to show."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bokeh.models import ColumnDataSource, GlyphRenderer

from haihe.cli.gallery import LISTING, make_examples
from haihe_viz.gallery import EXHIBITS, NAMES, Exhibit, draw_exhibit, render_gallery, write_listing

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    return make_examples(tmp_path_factory.mktemp("gallery"))


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda e: e.line.partition("(")[0])
def test_a_line_gives_a_chart_with_something_in_it(
    exhibit: Exhibit, examples: Mapping[str, Any]
) -> None:
    drawn = draw_exhibit(exhibit, examples)
    glyphs = [part for part in drawn.renderers if isinstance(part, GlyphRenderer)]
    numbers = [
        np.asarray(column, dtype=float)
        for part in glyphs
        if isinstance(part.data_source, ColumnDataSource)
        for column in part.data_source.data.values()
        if len(column) and isinstance(column[0], int | float)
    ]
    assert any(np.isfinite(column).any() for column in numbers)
    assert drawn.x_range.start < drawn.x_range.end
    assert drawn.y_range.start < drawn.y_range.end


def test_the_listing_is_that_of_the_exhibits() -> None:
    assert (ROOT / LISTING).read_text(encoding="utf-8") == write_listing()


def test_every_chart_of_the_library_is_shown() -> None:
    shown = {exhibit.line.partition("(")[0] for exhibit in EXHIBITS}
    tables = {"coverage_table", "data_table", "scorecard_table", "localise", "Mark", "Text"}
    assert set(NAMES) - shown - tables == set()


def test_the_gallery_is_one_page_with_every_line(examples: Mapping[str, Any]) -> None:
    from markupsafe import escape

    text = render_gallery(examples, "en")
    assert len(text.encode()) < 5_000_000
    assert all(str(escape(exhibit.line)) in text for exhibit in EXHIBITS)


def load(name: str) -> Any:
    """A module beside the tests in a browser, by its path: there are several of one name."""
    sys.path[:0] = [str(ROOT / "tests" / "unit" / "viz")]
    place = ROOT / "tests" / "browser" / f"{name}.py"
    found = importlib.util.spec_from_file_location(f"browser_{name}", place)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


@pytest.mark.browser
def test_charts_are_whole_and_their_words_apart(
    examples: Mapping[str, Any], tmp_path: Path
) -> None:
    browser, page_tests = load("conftest"), load("test_page_browser")
    if browser.find_chromium() is None:
        pytest.skip("no Chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    place = tmp_path / "gallery.html"
    place.write_text(render_gallery(examples), encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=browser.find_chromium(), args=browser.FLAGS
        )
        for lang, width in product(("zh", "en"), (1280, 375)):
            page = opened.new_page(viewport={"width": width, "height": 900})
            page.goto(f"{place.as_uri()}#lang={lang}")
            page.wait_for_selector("html[data-drawn]", timeout=60_000)
            page.wait_for_timeout(300)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            plots = page.query_selector_all(".plot")
            assert len(plots) == len(EXHIBITS)
            for exhibit, plot in zip(EXHIBITS, plots, strict=True):
                said = f"{exhibit.line} {lang} {width}"
                texts, box = plot.evaluate(page_tests.TEXTS), plot.bounding_box()
                whole = plot.evaluate("plot => plot.scrollWidth")  # a wide chart can be moved
                assert plot.evaluate(page_tests.MARKS) >= 1, said
                assert len(texts) >= 3, said
                assert page_tests.overlaps(texts) == [], said
                outside = [
                    t["text"]
                    for t in texts
                    if t["x1"] > box["x"] + whole + 1
                    or t["x0"] < box["x"] - 1
                    or t["y0"] < box["y"] - 4
                    or t["y1"] > box["y"] + box["height"] + 4
                ]
                assert outside == [], said
                if lang == "en":
                    assert not [t["text"] for t in texts if CHINESE.search(t["text"])], said
            missing = page.evaluate(page_tests.MISSING_GLYPHS)
            assert missing == [] or "中" in missing
            page.close()
        opened.close()
