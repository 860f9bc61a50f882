"""Tables as HTML: the scorecard, what was and was not modelled, the numbers of a chart.

Every word that a user can write goes through Jinja's autoescape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import xarray as xr
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from haihe.results.report import Coverage, Report, Score
from haihe.text import Lang, Text
from haihe_viz import words
from haihe_viz.findings import (
    POINTS,
    baseline_meets,
    is_scored,
    same_target,
)
from haihe_viz.labels import (
    digits_of,
    element_title,
    title_of,
    typeset_text,
    unit_of,
    unit_text,
    with_unit,
)
from haihe_viz.lines import BASE_YEAR
from haihe_viz.numbers import MISSING, format_number


def both(words: Text) -> Markup:
    """Words in both languages; the page's style shows one of them."""
    if words.zh == words.en:
        return escape(words.zh)
    return Markup(
        '<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>'
    ).format(words.zh, words.en)


def make_environment() -> Environment:
    """Templates of this package; everything escaped, an unknown name is an error."""
    environment = Environment(
        loader=PackageLoader("haihe_viz"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["both"] = both
    environment.filters["groupby_order"] = _group_in_order
    environment.globals["words"] = words
    environment.globals["Text"] = Text
    return environment


def _group_in_order(things: Sequence[Any], name: str) -> list[tuple[Any, list[Any]]]:
    """Runs of things that share an attribute, in the order that they come in."""
    return [(key, list(run)) for key, run in groupby(things, lambda thing: getattr(thing, name))]


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A score as it is printed."""

    score: Score
    title: Text
    again: bool
    """The target of the row above, by another standard."""
    asked: Text
    value: Text
    baseline: str
    baseline_met: bool | None
    margin: str
    margin_unit: Text
    first_year: str


@dataclass(frozen=True, slots=True)
class ScoreGroup:
    """Scores of one document."""

    plan: str
    tested: bool
    """Their years are past: they test the model, not the plan."""
    rows: tuple[ScoreRow, ...]
    unscored: tuple[Score, ...]

    @property
    def met(self) -> int:
        """How many of the scored ones are met."""
        return sum(row.score.met is True for row in self.rows)


def group_scores(scores: Sequence[Score], indicators: xr.Dataset) -> tuple[ScoreGroup, ...]:
    """Scores by document, in the order given; targets whose year is past come last."""
    ahead = [score for score in scores if score.year > BASE_YEAR]
    past = [score for score in scores if score.year <= BASE_YEAR]
    plans = list(dict.fromkeys(score.plan for score in ahead))
    groups = [_group([s for s in ahead if s.plan == plan], False, indicators) for plan in plans]
    if past:
        groups += [
            _group(list(rows), True, indicators) for _, rows in groupby(past, lambda s: s.plan)
        ]
    return tuple(groups)


def _group(scores: list[Score], tested: bool, indicators: xr.Dataset) -> ScoreGroup:
    order = list(dict.fromkeys(same_target(score) for score in scores))
    scored = sorted(filter(is_scored, scores), key=lambda s: order.index(same_target(s)))
    rows = tuple(
        print_score(score, above, indicators)
        for above, score in zip([None, *scored], scored, strict=False)
    )
    return ScoreGroup(scores[0].plan, tested, rows, tuple(s for s in scores if not is_scored(s)))


def print_score(score: Score, above: Score | None, indicators: xr.Dataset) -> ScoreRow:
    """Write the numbers of a score as people read them."""
    digits = _digits(score, indicators)
    is_year = score.unit.strip() in ("year", "Year", "年")
    show = _plain_year if is_year else lambda value: format_number(value, digits)
    share = score.unit.strip().startswith("%")
    unit = Text("", "") if is_year else unit_text(score.unit)
    relation = words.RELATIONS.get(score.relation, score.relation)
    return ScoreRow(
        score=score,
        title=typeset_text(score.title),
        again=above is not None and same_target(above) == same_target(score),
        asked=with_unit(f"{relation} {show(score.threshold)}", unit),
        value=with_unit(show(score.value), unit),
        baseline=show(score.baseline),
        baseline_met=baseline_meets(score, indicators),
        margin=format_number(score.margin, digits, signed=True),
        margin_unit=Text("年", "years") if is_year else POINTS if share else unit,
        first_year=_plain_year(score.first_year_met),
    )


def _plain_year(year: float | None) -> str:
    return MISSING if year is None else f"{year:.0f}".replace("-", "\u2212")


def _digits(score: Score, indicators: xr.Dataset) -> int:
    """Digits of the indicator, but enough to write the threshold and to show the margin."""
    known = indicators.get(score.indicator)
    same = known is not None and str(known.attrs.get("units", "")) == score.unit
    digits = digits_of(known) if same and known is not None else 1
    for number in (score.threshold, score.margin):
        while number and digits < 4 and round(number, digits) == 0:
            digits += 1
    while (
        score.threshold is not None
        and digits < 4
        and round(score.threshold, digits) != (score.threshold)
    ):
        digits += 1
    return digits


def scorecard_table(
    scores: Sequence[Score], indicators: xr.Dataset | None = None, lang: Lang | None = None
) -> str:
    """The scorecard as an HTML fragment.

    Parameters
    ----------
    indicators
        Outcomes (member, time, ...), for the digits of the numbers.
    lang
        One language; None for both, with classes "zh" and "en".
    """
    known = xr.Dataset() if indicators is None else indicators
    return _render("scorecard.html", lang, groups=group_scores(scores, known))


def coverage_table(coverage: Sequence[Coverage], lang: Lang | None = None) -> str:
    """What became of each measure, as an HTML fragment: not modelled first."""
    return _render("coverage.html", lang, **coverage_context(coverage))


def coverage_context(coverage: Sequence[Coverage]) -> dict[str, Any]:
    """Measures by status, with their counts."""
    order = ("not_modelled", "partly_modelled", "modelled")
    statuses = [*order, *sorted({c.status for c in coverage} - set(order))]
    by_status = {
        status: [measure for measure in coverage if measure.status == status] for status in statuses
    }
    return {"by_status": by_status, "total": len(coverage)}


def data_table(data: xr.DataArray, lang: Lang | None = None) -> str:
    """An outcome (member, time) or (time,) as an HTML table."""
    rows: Mapping[Text, xr.DataArray] = {title_of(data): data}
    if "member" in data.dims:
        rows = {
            element_title(data["member"], member): data.sel(member=member)
            for member in data["member"].values
        }
    table = {
        "columns": (words.YEAR, *rows),
        "rows": [
            (
                f"{float(t):g}",
                *(format_number(float(r.values[i]), digits_of(data)) for r in rows.values()),
            )
            for i, t in enumerate(data["time"].values)
        ],
    }
    return _render("table.html", lang, table=table, caption=title_of(data), unit=unit_of(data))


def indicator_rows(report: Report, years: Sequence[float]) -> list[dict[str, Any]]:
    """Every plain outcome in some years, for the annex."""
    rows = []
    for name, data in report.indicators.data_vars.items():
        if set(data.dims) != {"member", "time"}:
            continue
        members = [report.scenario, *([report.baseline] if report.baseline else [])]
        times = data["time"].values.astype(float)
        cells = []
        for year in years:
            at = abs(times - year) < 1e-6
            cells.append(
                [
                    format_number(float(data.sel(member=m).values[at][0]), digits_of(data))
                    if at.any()
                    else MISSING
                    for m in members
                ]
            )
        rows.append({"id": str(name), "data": data, "title": title_of(data), "cells": cells})
    return rows


def _render(template: str, lang: Lang | None, **context: Any) -> str:
    environment = make_environment()
    if lang is not None:
        environment.filters["both"] = lambda text: escape(text.get(lang))
    return environment.get_template(template).render(**context)
