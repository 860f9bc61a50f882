"""Figures and tables of a briefing, from its facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from haihe.errors import InputError
from haihe.results.attribution import Attribution
from haihe.results.facts import Facts
from haihe.results.outlook import Outlook
from haihe.text import Lang, Text
from haihe_viz.briefing_numbers import find_outcome
from haihe_viz.briefing_rounding import TAILS
from haihe_viz.labels import digits_of, title_of, typeset, unit_of, unit_text
from haihe_viz.numbers import format_number
from haihe_viz.static_chart import (
    Band,
    Bar,
    BarChart,
    Figure,
    Line,
    LineChart,
    Mark,
    Points,
)

OBSERVED = Text("观测", "Observed")
TARGET = Text("目标", "Target")
RANGE = Text("九成未来的范围（本情景）", "Nine futures in ten (scenario)")
MODEL = Text("来源：haihe 模型计算", "Source: haihe model")
SHAPLEY = Text("来源：haihe 模型计算，夏普利值", "Source: haihe model, Shapley values")
GRADE = Text("证据等级 {}", "evidence grade {}")
YEAR = Text("年份", "Year")
LOW, HIGH = Text("5%", "5%"), Text("95%", "95%")
CHANCE = Text("达标概率", "Chance of being met")
SHARES = Text("达标未来占比，%", "Futures that meet it, %")
FINAL = 2060.0


def member_title(facts: Facts, member: str) -> Text:
    """Title of a run."""
    attrs = facts.report.indicators["member"].attrs
    return Text(str(attrs.get(f"{member}|zh") or member), str(attrs.get(f"{member}|en") or member))


def make_course(
    facts: Facts, outcome: str, lang: Lang, start: float, stop: float, caption: str, show: bool
) -> Figure:
    """The course of an outcome: scenario, baseline, what nine futures in ten hold, observations.

    Raises
    ------
    InputError
        Where the outcome has no numbers in these years.
    """
    array, report = find_outcome(facts, outcome), facts.report
    members = [report.scenario, *([report.baseline] if report.baseline else [])]
    roles = ("scenario", "baseline")
    lines = [
        Line(
            typeset(member_title(facts, m).get(lang)),
            _points(array.sel(member=m), start, stop),
            role,
        )
        for m, role in zip(members, roles)
    ]
    if outcome in report.history:
        seen = _points(report.history[outcome], start, stop)
        lines += [Line(OBSERVED.get(lang), seen, "observed")] if seen else []
    if not lines[0].points:
        raise InputError(
            Text(
                f"{outcome} 在 {start:g} 至 {stop:g} 年没有数值",
                f"{outcome} has no numbers from {start:g} to {stop:g}",
            )
        )
    band = _band(facts, outcome, lang, start, stop)
    marks = _marks(facts, outcome, str(array.attrs.get("units", "")), lang, start, stop)
    title, unit = title_of(array).get(lang), unit_of(array).get(lang)
    chart = LineChart(unit, tuple(lines), band, marks)
    return Figure(
        name=outcome,
        chart=chart,
        caption=typeset(caption)
        if caption
        else Text(f"{title}（{unit}）", f"{title} ({unit})").get(lang),
        alt=describe_course(title, chart, digits_of(array), lang),
        source=_source(array, lang),
        lang=lang,
        data=_tabulate(chart, digits_of(array), lang),
        show_data=show,
    )


def _points(series: xr.DataArray, start: float, stop: float) -> Points:
    times = series["time"].to_numpy().astype(float)
    values = series.to_numpy().astype(float)
    keep = np.isfinite(values) & (times >= start) & (times <= stop)
    return tuple((float(t), float(v)) for t, v in zip(times[keep], values[keep]))


def _band(facts: Facts, outcome: str, lang: Lang, start: float, stop: float) -> Band | None:
    if facts.sample is None or outcome not in facts.sample:
        return None
    drawn = facts.sample[outcome].sel(member=facts.report.scenario)
    if not np.isfinite(drawn.to_numpy()).any():
        return None
    low, high = (_points(drawn.quantile(q, "future"), start, stop) for q in TAILS)
    return Band(RANGE.get(lang), low, high)


def _marks(
    facts: Facts, outcome: str, unit: str, lang: Lang, start: float, stop: float
) -> tuple[Mark, ...]:
    """Targets that ask for a level of the outcome itself, in its own unit."""
    found = []
    for one in facts.outlooks:
        score = one.score
        if score.indicator != outcome or score.unit != unit or score.threshold is None:
            continue
        reached = score.value
        own = find_outcome(facts, outcome).sel(member=facts.report.scenario)
        at = dict(_points(own, score.year, score.year)).get(float(score.year))
        # A target of another measure (a change, a ratio) is not a level of this outcome.
        alike = (
            reached is not None and at is not None and abs(reached - at) < 1e-6 * max(1, abs(at))
        )
        if alike and start <= score.year <= stop:
            found.append(Mark(TARGET.get(lang), float(score.year), score.threshold))
    return tuple(dict.fromkeys(found))


def _source(array: xr.DataArray, lang: Lang) -> str:
    grade = str(array.attrs.get("grade") or "")
    said = MODEL.get(lang)
    if grade:
        said += Text("；", "; ").get(lang) + GRADE.get(lang).format(grade)
    return said


def describe_course(title: str, chart: LineChart, digits: int, lang: Lang) -> str:
    """What a reader who does not see the picture must know of it."""
    parts = [title]
    for line in chart.lines:
        if line.points:
            first, last = line.points[0], line.points[-1]
            ends = [f"{format_number(value, digits)}" for _, value in (first, last)]
            parts.append(
                Text(
                    f"{line.name}：{first[0]:g}年{ends[0]}，{last[0]:g}年{ends[1]}",
                    f"{line.name}: {ends[0]} in {first[0]:g}, {ends[1]} in {last[0]:g}",
                ).get(lang)
            )
    unit = Text(f"单位：{chart.unit}", f"unit: {chart.unit}").get(lang)
    return Text("；", "; ").get(lang).join([*parts, unit])


def _tabulate(chart: LineChart, digits: int, lang: Lang) -> tuple[tuple[str, ...], ...]:
    """Every fifth year, and the last one."""
    columns = [(line.name, dict(line.points)) for line in chart.lines]
    if chart.band is not None:
        columns += [(LOW.get(lang), dict(chart.band.low)), (HIGH.get(lang), dict(chart.band.high))]
    years = sorted({year for _, points in columns for year in points})
    chosen = [year for year in years if year % 5 == 0 or year == years[-1]]
    rows = [
        (f"{y:g}", *(format_number(points.get(y), digits) for _, points in columns)) for y in chosen
    ]
    return ((YEAR.get(lang), *(name for name, _ in columns)), *rows)


def make_waterfall(found: Attribution, year: float, lang: Lang, caption: str, show: bool) -> Figure:
    """From the baseline to the scenario, step by step."""
    at = found.at(year)
    ranked = sorted(found.credits, key=lambda c: -abs(float(c.shapley[at])))
    shown = [c for c in ranked if abs(float(c.shapley[at])) > 1e-9][:10]
    rest = float(sum(float(c.shapley[at]) for c in ranked if c not in shown))
    steps = [Bar(typeset(c.title.get(lang)), float(c.shapley[at])) for c in shown]
    if abs(rest) > 1e-9:
        steps.append(Bar(Text("其他", "Others").get(lang), rest))
    against, value = float(found.against[at]), float(found.value[at])
    bars = (
        Bar(typeset(found.baseline_title.get(lang)), against, total=True),
        *steps,
        Bar(typeset(found.scenario_title.get(lang)), value, total=True),
    )
    title, unit = typeset(found.title.get(lang)), unit_text(found.unit).get(lang)
    chart = BarChart(unit, bars, found.digits, chained=True)
    said = Text(f"{title}：哪些措施造成了差别（{year:g}年，{unit}）",
                f"{title}: which measures made the difference ({year:g}, {unit})")  # fmt: skip
    return Figure(
        f"{found.outcome} causes", chart, caption or said.get(lang),
        describe_bars(said.get(lang), bars, found.digits, lang),
        SHAPLEY.get(lang), lang,
        ((Text("组成", "Part").get(lang), unit), *_list_bars(bars, found.digits)), show,
    )  # fmt: skip


def _list_bars(bars: Sequence[Bar], digits: int) -> Iterator[tuple[str, str]]:
    for bar in bars:
        yield bar.name, format_number(bar.value, digits, signed=not bar.total)


def describe_bars(title: str, bars: Sequence[Bar], digits: int, lang: Lang) -> str:
    """The bars in words."""
    colon = Text("：", ": ").get(lang)
    said = [f"{bar.name} {format_number(bar.value, digits)}" for bar in bars]
    return title + colon + Text("；", "; ").get(lang).join(said)


def make_chances(outlooks: Sequence[Outlook], lang: Lang, caption: str, show: bool) -> Figure:
    """How likely each target is met.

    Raises
    ------
    InputError
        Where no target has a chance: nothing was run in futures.
    """
    bars = []
    for one in outlooks:
        if one.chance is not None:
            title = f"{typeset(one.score.title.get(lang))} {one.score.year}"
            ends = (100 * one.chance.low, 100 * one.chance.high)
            bars.append(Bar(title, 100 * one.chance.probability, *ends, note="%"))
    if not bars:
        raise InputError(
            Text("没有一个目标有达标概率", "no target has a probability"),
            None,
            Text("--futures 大于 0，或一项研究", "--futures above 0, or a study"),
        )
    unit = SHARES.get(lang)
    source = Text(
        "来源：haihe 模型计算；须线为抽样误差（95%）",
        "Source: haihe model; whiskers: sampling error (95%)",
    )
    return Figure(
        "chances", BarChart(unit, tuple(bars), 0, ends=(0.0, 100.0)),
        caption or CHANCE.get(lang), describe_bars(CHANCE.get(lang), bars, 0, lang),
        source.get(lang), lang,
        ((TARGET.get(lang), unit), *((b.name, format_number(b.value, 0)) for b in bars)), show,
    )  # fmt: skip
