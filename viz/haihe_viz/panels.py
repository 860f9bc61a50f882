"""Panels of the page: a figure with its title, unit, grade, source, reading and data table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr
from bokeh.plotting import figure

from haihe.results.report import Report
from haihe.text import Text
from haihe_viz import words
from haihe_viz.findings import describe_year, pair_at
from haihe_viz.labels import (
    NO_TEXT,
    caveat_of,
    digits_of,
    grade_of,
    source_of,
    title_of,
    unit_of,
)
from haihe_viz.lines import RUNS, Mark, compare_chart, line_chart
from haihe_viz.numbers import format_number
from haihe_viz.stacks import mix_bars, parts_of, stacked_area
from haihe_viz.theme import band_colour, ends_of

READ_YEAR = 2030


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows as they are printed."""

    columns: tuple[Text, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """A figure and everything that must stand with it."""

    id: str
    title: Text
    unit: Text
    grade: str
    source: Text
    figure: figure
    table: Table
    reading: Text = NO_TEXT
    """One sentence: it is the figure's text alternative too."""
    notes: tuple[Text, ...] = field(default=())
    history_source: str = ""
    group: Text = NO_TEXT
    """Heading that it stands under."""
    key: tuple[tuple[Text, str], ...] = ()
    """Names and colours, where the chart does not carry them."""


def has_numbers(report: Report, outcome: str) -> bool:
    """Whether the run put out an outcome, with at least one number in it."""
    if outcome not in report.indicators:
        return False
    data = report.indicators[outcome].sel(member=report.scenario)
    return bool(np.isfinite(data.values).any())


def is_plain(report: Report, outcome: str) -> bool:
    """Whether an outcome has no dimension but member and time."""
    return set(report.indicators[outcome].dims) == {"member", "time"}


def members_of(report: Report) -> list[str]:
    """The scenario, then the baseline where there is one."""
    return [report.scenario, report.baseline] if report.baseline else [report.scenario]


def line_panel(report: Report, outcome: str, height: int = 230) -> Panel:
    """An outcome against its baseline, with what was observed and what is asked."""
    data = report.indicators[outcome]
    history = report.history.get(outcome)
    chart = line_chart(
        data,
        history,
        members=members_of(report),
        marks=marks_of(report, outcome),
        height=height,
        titled=False,
    )
    return Panel(
        id=slug(outcome),
        title=title_of(data),
        unit=unit_of(data),
        grade=grade_of(data),
        source=source_of(data),
        figure=chart,
        table=line_table(report, outcome),
        reading=describe_year(data, pair_at(report, outcome, READ_YEAR)),
        notes=_notes(chart, data),
        history_source="" if history is None else str(history.attrs.get("source", "")),
        group=group_of(data),
    )


def marks_of(report: Report, outcome: str) -> tuple[Mark, ...]:
    """Targets that are set on an outcome itself, in its unit."""
    unit = str(report.indicators[outcome].attrs.get("units", ""))
    found = {
        Mark(score.year, score.threshold)
        for score in report.scores
        if score.indicator == outcome
        and score.unit == unit
        and score.threshold is not None
        and _is_level(report, score.indicator, score.year, score.value)
    }
    return tuple(sorted(found, key=lambda mark: (mark.year, mark.value)))


def _is_level(report: Report, outcome: str, year: int, value: float | None) -> bool:
    """Whether a target speaks of the outcome's own value, not of a change made from it."""
    own = pair_at(report, outcome, year).scenario
    return own is not None and value is not None and bool(np.isclose(own, value, rtol=1e-6))


def line_table(report: Report, outcome: str) -> Table:
    """Every year of an outcome."""
    data, digits = report.indicators[outcome], digits_of(report.indicators[outcome])
    series = [np.asarray(data.sel(member=m).values, dtype=float) for m in members_of(report)]
    columns = [words.YEAR, words.SCENARIO, words.BASELINE][: len(series) + 1]
    if len(series) == 2:
        columns.append(words.CHANGE)
    seen = _observations(report, outcome)
    if seen:
        columns.append(words.OBSERVED)
    rows = []
    for i, year in enumerate(data["time"].values):
        row = [f"{float(year):g}", *(format_number(one[i], digits) for one in series)]
        if len(series) == 2:
            row.append(format_number(series[0][i] - series[1][i], digits, signed=True))
        if seen:
            row.append(format_number(seen.get(float(year)), digits))
        rows.append(tuple(row))
    return Table(tuple(columns), tuple(rows))


def _observations(report: Report, outcome: str) -> dict[float, float]:
    history = report.history.get(outcome)
    if history is None:
        return {}
    return {float(t): float(v) for t, v in zip(history["time"].values, history.values, strict=True)}


def area_panel(report: Report, outcome: str, *, share: bool) -> Panel:
    """What an outcome is made of in the scenario."""
    data = report.indicators[outcome]
    parts = parts_of(data, report.scenario)
    parts = parts.shares() if share else parts
    table = Table(
        (words.YEAR, *parts.names),
        tuple(
            (f"{year:g}", *(format_number(v, parts.digits) for v in row))
            for year, row in zip(parts.years, parts.values, strict=True)
        ),
    )
    chart = stacked_area(data, member=report.scenario, share=share, height=320, titled=False)
    reading = _largest(parts.names, parts.values, parts.years)
    return _stack_panel(data, f"{slug(outcome)}-area", parts.unit, chart, table, reading)


def bars_panel(report: Report, outcome: str) -> Panel:
    """What an outcome is made of, the scenario beside its baseline."""
    data = report.indicators[outcome]
    chart = mix_bars(data, report.scenario, report.baseline or None, titled=False, key=False)
    mixes = [(m, parts_of(data, m).shares()) for m in members_of(report)]
    rows = [
        (f"{year:g}", i, mix.values[at])
        for at, year in enumerate(mixes[0][1].years)
        for i, (_, mix) in enumerate(mixes)
        if year % 5 == 0
    ]
    table = Table(
        (words.YEAR, Text("情景", "Run"), *mixes[0][1].names),
        tuple(
            (year, f"{RUNS[i].zh} / {RUNS[i].en}", *(format_number(v, 1) for v in values))
            for year, i, values in rows
        ),
    )
    title = title_of(data)
    parts = mixes[0][1].names
    return replace(
        _stack_panel(data, f"{slug(outcome)}-bars", words.SHARE_UNIT, chart, table, NO_TEXT),
        title=Text(f"{title.zh}：与基准对比", f"{title.en}: against the baseline"),
        key=tuple((name, band_colour(i)) for i, name in enumerate(parts)),
    )


def _stack_panel(
    data: xr.DataArray, name: str, unit: Text, chart: figure, table: Table, reading: Text
) -> Panel:
    return Panel(
        id=name,
        title=title_of(data),
        unit=unit,
        grade=grade_of(data),
        source=source_of(data),
        figure=chart,
        table=table,
        reading=reading,
        notes=tuple(note for note in (caveat_of(data),) if note.zh or note.en),
    )


def _largest(
    names: Sequence[Text], values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], years: object
) -> Text:
    """Which part is largest at the base of the plan and at its end."""
    axis = np.asarray(years, dtype=float)
    found = []
    for year in (2021.0, 2035.0):
        (at,) = np.nonzero(axis == year)
        row = values[at[0]] if at.size else None
        if row is None or not np.isfinite(row).all() or row.sum() <= 0:
            return NO_TEXT
        top = int(np.argmax(row))
        share = format_number(100 * row[top] / row.sum(), 0)
        found.append((year, names[top], share))
    return Text(
        "；".join(f"{year:g} 年最大的是{name.zh}，占 {share}%" for year, name, share in found),
        "; ".join(f"largest in {year:g}: {name.en}, {share}%" for year, name, share in found),
    )


def compare_panel(report: Report, outcomes: tuple[str, str], title: Text) -> Panel:
    """Two outcomes of one unit on one chart, each beside its baseline."""
    first, second = (report.indicators[outcome] for outcome in outcomes)
    labels = (short_title(first), short_title(second))
    marks = {mark for outcome in outcomes for mark in marks_of(report, outcome)}
    chart = compare_chart(
        first,
        second,
        labels,
        title=title,
        members=members_of(report),
        marks=sorted(marks, key=lambda mark: mark.year),
        titled=False,
    )
    series, columns = [], []
    for data, label in zip((first, second), labels, strict=True):
        for member, run in zip(members_of(report), RUNS, strict=False):
            series.append(np.asarray(data.sel(member=member).values, dtype=float))
            columns.append(Text(f"{label.zh} {run.zh}", f"{label.en} {run.en}"))
    rows = tuple(
        (f"{float(year):g}", *(format_number(one[i], digits_of(first)) for one in series))
        for i, year in enumerate(first["time"].values)
    )
    sources = tuple(dict.fromkeys(source_of(data) for data in (first, second)))
    return Panel(
        id=slug("-".join(outcomes)),
        title=title,
        unit=unit_of(first),
        grade=max(grade_of(first), grade_of(second)),
        source=Text(
            "；".join(filter(None, (one.zh for one in sources))),
            "; ".join(filter(None, (one.en for one in sources))),
        ),
        figure=chart,
        table=Table((words.YEAR, *columns), rows),
        reading=words.SOLID_AND_DASHED if report.baseline else NO_TEXT,
        notes=_notes(chart, first),
    )


def short_title(data: xr.DataArray) -> Text:
    """What tells one outcome from another of the same title: the words in its brackets."""
    title = title_of(data)
    return Text(_in_brackets(title.zh, "（", "）"), _in_brackets(title.en, "(", ")"))


def _in_brackets(text: str, opening: str, closing: str) -> str:
    start, end = text.rfind(opening), text.rfind(closing)
    return text[start + 1 : end] if 0 <= start < end else text


def _notes(chart: figure, data: xr.DataArray) -> tuple[Text, ...]:
    notes = [caveat_of(data)]
    _, low, high = ends_of(chart)
    if low > 0 or high < 0:
        notes.append(words.NOT_FROM_ZERO)
    return tuple(note for note in notes if note.zh or note.en)


def group_of(data: xr.DataArray) -> Text:
    """Heading of the group of an outcome."""
    own = str(data.attrs.get("group", ""))
    return words.GROUPS.get(own, Text(own, own))


def slug(outcome: str) -> str:
    """An id that is safe in HTML."""
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in outcome).lower()
