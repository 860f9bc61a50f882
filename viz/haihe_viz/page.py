"""One offline HTML file for a run: nothing is fetched, both languages are inside.

BokehJS stands in the file once; each figure is a JSON block beside it. The page's own policy
(Content-Security-Policy) allows the page's scripts by their hash and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from haihe.results.report import Report
from haihe.text import Lang, Text
from haihe_viz import findings, words
from haihe_viz.embed import encode_figure
from haihe_viz.labels import (
    NO_TEXT,
    caveat_of,
    grade_of,
    source_of,
    title_of,
    typeset_text,
    unit_of,
)
from haihe_viz.offline import bokeh_code, embed_json, read_template, write_policy
from haihe_viz.panels import (
    Panel,
    area_panel,
    bars_panel,
    compare_panel,
    has_numbers,
    is_plain,
    line_panel,
)
from haihe_viz.tables import coverage_context, group_scores, indicator_rows, make_environment

CHANGES = ("CO2", "PM2.5", "good days")
SHARES = ("energy by fuel", "power mix", "freight by mode")
EMISSIONS = ("CO2 by sector", "NOx by sector")
STANDARDS = ("good days", "good days in force")
BERTH = ("berth NOx", "berth CO2", "shore power share", "shore electricity")
FACTORS = ("grid factor", "auxiliary factor")
ANNEX_YEARS = (2021, 2025, 2030, 2035, 2060)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: a heading, a sentence, panels."""

    id: str
    title: Text
    lead: Text
    panels: tuple[Panel, ...]
    layout: str
    """"small" for many side by side, "pair" for two."""


def render_page(report: Report, lang: Lang = "zh") -> str:
    """The page of a run as one HTML text.

    Parameters
    ----------
    report
        All that the page says.
    lang
        Language that it opens in; the other one is a click away.
    """
    sections = number_panels(build_sections(report))
    charts = {panel.id: encode_figure(panel.figure) for part in sections for panel in part.panels}
    scripts = [Markup(code) for code in (bokeh_code(), read_template("page.js"))]
    return (
        make_environment()
        .get_template("page.html")
        .render(
            report=report,
            lang=lang,
            title=typeset_text(report.title),
            story=typeset_text(report.story),
            baseline_title=_member_title(report, report.baseline),
            answer=_answer(report),
            changes={
                "top": _change_rows(report, CHANGES),
                "air": _change_rows(report, STANDARDS),
                "port": _change_rows(report, (*BERTH, FACTORS[0])),
            },
            years=findings.READ_YEARS,
            sections={part.id: part for part in sections},
            groups=group_scores(report.scores, report.indicators),
            gain=findings.first_co2_gain(report),
            coverage=coverage_context(report.coverage),
            annex=indicator_rows(report, ANNEX_YEARS),
            annex_years=ANNEX_YEARS,
            grade_of=grade_of,
            unit_of=unit_of,
            caveat_of=caveat_of,
            source_of=source_of,
            style=Markup(read_template("page.css")),
            scripts=scripts,
            policy=write_policy(scripts),
            charts=embed_json(charts),
        )
    )


def write_page(report: Report, path: str | os.PathLike[str], lang: Lang = "zh") -> Path:
    """Write the page of a run; a page that was there before stays whole until it is replaced."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.part")
    beside.write_text(render_page(report, lang), encoding="utf-8")
    beside.replace(target)
    return target


def build_sections(report: Report) -> list[Section]:
    """Sections that this report has something to say in."""
    built = [
        _section("indicators", "主要指标", "Headline indicators", NO_TEXT, _headlines(report)),
        _section(
            "air",
            "空气质量：同一片空气，两把尺子",
            "Air: one sky, two standards",
            NO_TEXT,
            _standards(report),
            "pair",
        ),
        _section(
            "structure",
            "结构：能源、电力与货运",
            "Structure: energy, power, freight",
            NO_TEXT,
            _mixes(report),
            "pair",
        ),
        _section(
            "emissions",
            "排放从哪里来",
            "Where emissions come from",
            NO_TEXT,
            _bands(report),
            "pair",
        ),
        _section(
            "port",
            "港口与岸电",
            "Port and shore power",
            findings.say_berth(report, 2025),
            _port(report),
            "pair",
        ),
    ]
    return [section for section in built if section.panels]


def number_panels(sections: Sequence[Section]) -> list[Section]:
    """Give every panel an id of its own."""
    numbers = iter(range(1, 1000))
    return [
        replace(
            part,
            panels=tuple(replace(panel, id=f"chart-{next(numbers)}") for panel in part.panels),
        )
        for part in sections
    ]


def _section(
    name: str, zh: str, en: str, lead: Text, panels: Iterator[Panel], layout: str = "small"
) -> Section:
    return Section(name, Text(zh, en), lead, tuple(panels), layout)


def _headlines(report: Report) -> Iterator[Panel]:
    """Plain headline outcomes, by group; those of the port stand in their own section."""
    found = [
        str(name)
        for name, data in report.indicators.data_vars.items()
        if int(data.attrs.get("headline", 0)) and name not in (*BERTH, *FACTORS)
    ]
    order = list(dict.fromkeys(words.GROUPS.values()))
    panels = [
        line_panel(report, name)
        for name in found
        if is_plain(report, name) and has_numbers(report, name)
    ]
    yield from sorted(
        panels, key=lambda p: order.index(p.group) if p.group in order else len(order)
    )


def _standards(report: Report) -> Iterator[Panel]:
    if all(has_numbers(report, outcome) for outcome in STANDARDS):
        title = Text("优良天数比例：新旧标准", "Good-air days: old and new standard")
        yield compare_panel(report, STANDARDS, title)


def _mixes(report: Report) -> Iterator[Panel]:
    for outcome in SHARES:
        if has_numbers(report, outcome):
            yield area_panel(report, outcome, share=True)
            yield bars_panel(report, outcome)


def _bands(report: Report) -> Iterator[Panel]:
    for outcome in EMISSIONS:
        if has_numbers(report, outcome):
            yield area_panel(report, outcome, share=False)


def _port(report: Report) -> Iterator[Panel]:
    for outcome in BERTH:
        if has_numbers(report, outcome):
            yield line_panel(report, outcome)
    if all(has_numbers(report, outcome) for outcome in FACTORS):
        title = Text("岸上电网与船舶辅机的排放因子", "CO₂ per kWh: shore grid and ship's engine")
        yield compare_panel(report, FACTORS, title)
    elif has_numbers(report, FACTORS[0]):
        yield line_panel(report, FACTORS[0])


def _answer(report: Report) -> dict[str, Text]:
    count = findings.tally(report)
    outcomes = [name for name in CHANGES if has_numbers(report, name)]
    return {
        "targets": findings.say_targets(count),
        "additional": findings.say_additional(count),
        "changes": findings.say_changes(report, outcomes, 2030),
        "standards": findings.say_standards(report),
        "good_days": findings.say_good_days(report, 2030),
    }


def _change_rows(report: Report, outcomes: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of a table of changes: an outcome, and in each year its change and its numbers."""
    rows = []
    for name in outcomes:
        if not has_numbers(report, name):
            continue
        data = report.indicators[name]
        pairs = [findings.pair_at(report, name, year) for year in findings.READ_YEARS]
        rows.append(
            {
                "title": title_of(data),
                "unit": unit_of(data),
                "grade": grade_of(data),
                "cells": [
                    (findings.describe_change(data, pair), findings.show_pair(data, pair))
                    for pair in pairs
                ],
            }
        )
    return rows


def _member_title(report: Report, member: str) -> Text:
    attrs = report.indicators["member"].attrs if "member" in report.indicators.coords else {}
    title = Text(str(attrs.get(f"{member}|zh") or ""), str(attrs.get(f"{member}|en") or ""))
    return typeset_text(title)
