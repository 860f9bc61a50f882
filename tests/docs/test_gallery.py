"""The gallery: its lines run, on real results, and every chart has something to show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bokeh.models import ColumnDataSource, GlyphRenderer

from haihe.cli.gallery import LISTING, make_examples
from haihe_viz.gallery import EXHIBITS, NAMES, Exhibit, draw_exhibit, render_gallery, write_listing

ROOT = Path(__file__).resolve().parents[2]


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
    by_failure = {"price_chart", "reach_chart"}  # of several targets, and of those out of reach
    assert set(NAMES) - shown - tables - by_failure == set()


def test_the_gallery_is_one_page_with_every_line(examples: Mapping[str, Any]) -> None:
    from markupsafe import escape

    text = render_gallery(examples, "en")
    assert len(text.encode()) < 5_000_000
    assert all(str(escape(exhibit.line)) in text for exhibit in EXHIBITS)
