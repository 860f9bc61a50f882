"""The page: whole, offline, escaped, and honest about what is missing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hostile import PAYLOADS, spoil
from report_example import make_report, make_score

from haihe.results.report import Report
from haihe.text import Text
from haihe_viz.charts import coverage_table, scorecard_table
from haihe_viz.page import render_page, write_page

SMALL = ("CO2", "berth CO2", "berth NOx", "good days", "good days in force", "power mix")


def make_small() -> Report:
    """A report with an outcome for each kind of panel."""
    report = make_report()
    return replace(
        report,
        indicators=report.indicators[list(SMALL)],
        coverage=report.coverage[:3],
    )


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(make_report())


@pytest.fixture(scope="module")
def small_page() -> str:
    return render_page(spoil(make_small(), "x"))


class Outline(HTMLParser):
    """Elements of a page and the names of their attributes, in order; data left out."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.scripts: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = tuple(name for name, _ in attrs)
        # One language or two: a unit may read alike in both, and then has no spans.
        if (tag, names) != ("span", ("class", "lang")):
            self.elements.append((tag, names))
        self._script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._script = False

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts.append(data)


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    return found


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_adds_nothing_to_the_page(small_page: str, payload: str) -> None:
    clean, spoilt = outline(small_page), outline(render_page(spoil(make_small(), payload)))
    assert spoilt.elements == clean.elements
    # The programs are the same to the letter; only the data differ.
    assert [s for s in spoilt.scripts if not s.startswith("{")] == [
        s for s in clean.scripts if not s.startswith("{")
    ]


def test_hostile_text_is_still_there_to_be_read() -> None:
    payload = PAYLOADS[0]
    html = render_page(spoil(make_small(), payload))
    assert html.count("&lt;script&gt;window.pwned=1&lt;/script&gt;") > 50
    block = re.search(r'id="charts">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    assert not set("<>&\u2028\u2029") & set(block.group(1))
    assert payload in json.dumps(json.loads(block.group(1)))


def test_templates_in_text_are_not_run() -> None:
    html = render_page(spoil(make_small(), "{{ 7*7 }}"))
    assert "{{ 7*7 }}" in html


def test_the_page_is_whole_and_small(page: str) -> None:
    assert len(page.encode()) < 3_000_000
    shown = re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", shown)
    assert "default-src 'none'" in unescape(page)
    assert "unsafe-eval" not in page


def test_both_languages_are_inside(page: str) -> None:
    for words in ("目标评分", "Targets", "二氧化碳排放（属地）", "CO₂ emissions (territorial)"):
        assert words in page
    assert '<html lang="zh-CN"' in page
    assert '<html lang="en"' in render_page(make_small(), "en")


def test_every_outcome_says_its_grade_and_its_source(page: str) -> None:
    panels = re.findall(r"<figure class=\"panel.*?</figure>", page, re.DOTALL)
    assert len(panels) >= 20
    for panel in panels:
        assert "badge grade-" in panel
        assert "synthetic example" in panel
        assert 'role="img"' in panel
        assert "<table" in panel


def test_every_panel_has_an_id_of_its_own(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_what_was_not_modelled_is_listed_with_its_reason(page: str) -> None:
    assert "方案共有 24 条措施" in page
    assert page.count("没有可用的量化依据") == 16


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_report_with_nothing_in_it_still_gives_a_page(lang: str) -> None:
    bare = Report(
        title=Text("空", "Bare"),
        story=Text("", ""),
        scenario="only",
        baseline="",
        indicators=xr.Dataset(coords={"member": ["only"], "time": np.arange(2010.0, 2013)}),
        history=xr.Dataset(),
        scores=(),
        coverage=(),
        provenance={},
    )
    html = render_page(bare, "zh" if lang == "zh" else "en")
    assert "没有可评分的量化目标" in html


def test_without_a_baseline_no_difference_is_shown() -> None:
    report = make_small()
    alone = replace(report, baseline="", indicators=report.indicators.sel(member=[report.scenario]))
    html = render_page(alone)
    assert "与基准情景之差" not in html
    assert "本情景的数值" in html


def test_an_outcome_without_numbers_gets_no_empty_chart() -> None:
    report = make_small()
    data = report.indicators.copy(deep=True)
    data["CO2"][:] = np.nan
    assert render_page(report).count('class="plot"') == 1 + render_page(
        replace(report, indicators=data)
    ).count('class="plot"')


def test_a_scorecard_shows_what_was_asked_and_what_came() -> None:
    row = make_score(threshold=11.7, value=11.66, margin=-0.04, met=False, first_year_met=None)
    html = scorecard_table([row], lang="en")
    assert "≥ 11.70%" in html
    # The margin is not rounded away: a miss must not read as zero.
    assert "\u22120.04" in html
    assert "Not met" in html
    assert "never" in html


def test_years_are_written_without_separators() -> None:
    row = make_score(unit="year", relation="<=", threshold=2030.0, value=2013.0, margin=17.0)
    html = scorecard_table([row], lang="en")
    assert "≤ 2030" in html
    assert "2,030" not in html


def test_targets_of_another_document_stand_apart() -> None:
    html = scorecard_table([make_score(), make_score(id="b", plan="另一份文件")], lang="zh")
    assert html.count("<table") == 2


def test_a_status_that_nobody_knows_is_shown_as_it_is() -> None:
    measure = replace(make_report().coverage[0], status="postponed")
    assert "postponed" in coverage_table([measure], "en")


def test_a_page_replaces_another_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "page.html"
    write_page(make_small(), path)
    assert write_page(make_small(), path, "en").read_text(encoding="utf-8").startswith("<!DOCTYPE")
    assert [p.name for p in path.parent.iterdir()] == ["page.html"]
