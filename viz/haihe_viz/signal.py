"""Early warning as charts: the observable where the target is met and missed, and its rates.

>>> show(course_chart(found))    # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from haihe.results.signal import EarlyWarning, Rate, Signal
from haihe.text import Lang, Text
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import NO_TEXT, head_with, typeset_text, unit_text, with_unit
from haihe_viz.margins import write_note
from haihe_viz.names import Name, write_names
from haihe_viz.numbers import format_number
from haihe_viz.outlook import percent
from haihe_viz.place import axis_ends, make_axis, step_digits, year_ticks
from haihe_viz.sheet import SheetPart, Table
from haihe_viz.theme import ACCENT, BRICK, INK, QUIET, new_figure, set_ticks

MET, MISSED = Text("达到目标的未来", "Target met"), Text("达不到的未来", "Target missed")
FALSE, MISS = Text("误报率", "False alarms"), Text("漏报率", "Misses")
HEIGHT = 320


def course_chart(found: EarlyWarning, *, lang: Lang = "zh", titled: bool = True) -> figure | None:
    """The observable over the years in both kinds of futures, and the alarm; None without one."""
    course = found.course
    if course is None or len(course.years) == 0:
        return None
    axis = make_axis(*axis_ends([*course.met.ravel(), *course.missed.ravel()]))
    unit = unit_text(course.unit)
    heading = head_with(course.title, unit) if titled else NO_TEXT
    years = course.years
    fig = new_figure(
        (float(years[0]) - 0.4, float(years[-1]) + 0.4),
        (axis.start, axis.stop),
        height=HEIGHT,
        title=heading,
    )
    set_ticks(fig, year_ticks(years[0], years[-1]), axis.ticks, step_digits(axis.ticks))
    names = []
    for values, colour, dash, hatch, words in (
        (course.met, ACCENT, "solid", " ", MET),
        (course.missed, BRICK, "dashed", "right_diagonal_line", MISSED),
    ):
        fig.varea(
            years,
            values[0],
            values[2],
            fill_color=colour,
            fill_alpha=0.16,
            hatch_pattern=hatch,
            hatch_color=colour,
            hatch_alpha=0.35,
            hatch_scale=9,
            hatch_weight=1,
        )
        fig.line(years, values[1], line_color=colour, line_dash=dash, line_width=2.4)
        names.append(Name(words, float(values[1][-1]), colour))
    shown = found.first or (found.by_year[-1] if found.by_year else None)
    if shown is not None and shown.outcome == course.outcome:
        names.append(_mark_alarm(fig, shown, course.digits))
    write_names(fig, names, HEIGHT)
    write_note(
        fig,
        Text(
            "线：中位数；带：5%—95% 的未来；◆ 警戒线",
            "Line: median; band: 5 to 95 % of the futures; ◆ alarm",
        ),
    )
    localise(fig, lang)
    return fig


def _mark_alarm(fig: figure, signal: Signal, digits: int) -> Name:
    fig.add_layout(Span(location=signal.year, dimension="height", line_color=QUIET, line_width=1))
    fig.segment(
        [signal.year - 0.3],
        [signal.threshold],
        [signal.year + 0.3],
        [signal.threshold],
        line_color=INK,
        line_width=3,
    )
    fig.scatter([signal.year], [signal.threshold], marker="diamond", size=13, color=INK)
    number = with_unit(format_number(signal.threshold, max(digits, 1)), unit_text(signal.unit))
    sign = ">" if signal.above else "<"
    words = Text(
        f"{signal.year:g}年 {sign} {number.zh} 报警",
        f"Alarm in {signal.year:g} if {sign} {number.en}",
    )
    return Name(words, signal.threshold, INK)


def rates_chart(found: EarlyWarning, *, lang: Lang = "zh", titled: bool = True) -> figure | None:
    """False alarms and misses of the best observable of each year; None where there is none."""
    signals = found.by_year
    if not signals:
        return None
    years = np.array([signal.year for signal in signals])
    top = max(60.0, *(100 * max(s.false_alarm.high, s.miss.high) for s in signals))
    heading = Text("每年最好的指标会错多少", "How often the best of each year is wrong")
    fig = new_figure(
        (float(years[0]) - 0.4, float(years[-1]) + 0.4),
        (0.0, top),
        height=HEIGHT,
        title=heading if titled else NO_TEXT,
    )
    ticks = tuple(float(t) for t in range(0, int(top) + 1, 20))
    set_ticks(fig, year_ticks(years[0], years[-1]), ticks, 0)
    set_words(fig.yaxis[0], axis_label=("比例 [%]", "Share [%]"))
    limit = 100 * found.limit
    fig.add_layout(Span(location=limit, dimension="width", line_color=INK, line_dash="dotted"))
    names = [Name(Text(f"上限 {limit:g}%", f"Limit {limit:g} %"), limit, INK)]
    for rates, colour, dash, marker, words in (
        ([s.false_alarm for s in signals], ACCENT, "solid", "circle", FALSE),
        ([s.miss for s in signals], BRICK, "dashed", "inverted_triangle", MISS),
    ):
        names.append(_draw_rates(fig, years, rates, colour, dash, marker, words))
    write_names(fig, names, HEIGHT)
    localise(fig, lang)
    return fig


def _draw_rates(
    fig: figure,
    years: np.ndarray,
    rates: Sequence[Rate],
    colour: str,
    dash: str,
    marker: str,
    words: Text,
) -> Name:
    shares = [100 * rate.share for rate in rates]
    low, high = [100 * rate.low for rate in rates], [100 * rate.high for rate in rates]
    fig.segment(years, low, years, high, line_color=colour, line_width=1.4)
    fig.line(years, shares, line_color=colour, line_dash=dash, line_width=2.2)
    fig.scatter(
        years,
        shares,
        marker=marker,
        size=8,
        fill_color="#ffffff",
        line_color=colour,
        line_width=1.8,
    )
    return Name(words, shares[-1], colour)


def roc_chart(found: EarlyWarning, *, lang: Lang = "zh", titled: bool = True) -> figure | None:
    """Hits over false alarms for every threshold of the chosen observable; None without one."""
    signal = found.first or (found.by_year[-1] if found.by_year else None)
    if signal is None:
        return None
    heading = title_roc(signal) if titled else NO_TEXT
    fig = new_figure((0.0, 100.0), (0.0, 102.0), height=HEIGHT, title=heading)
    set_ticks(fig, (0, 20, 40, 60, 80, 100), (0, 20, 40, 60, 80, 100), 0)
    set_words(fig.xaxis[0], axis_label=("误报率 [%]", "False alarms [%]"))
    set_words(fig.yaxis[0], axis_label=("命中率 [%]", "Hits [%]"))
    fig.line([0, 100], [0, 100], line_color=QUIET, line_dash="dotted")
    fig.step(
        100 * signal.roc[0], 100 * signal.roc[1], mode="before", line_color=ACCENT, line_width=2.2
    )
    fig.scatter(
        [100 * signal.false_alarm.share],
        [100 * (1 - signal.miss.share)],
        marker="diamond",
        size=13,
        color=INK,
    )
    write_note(
        fig,
        Text("◆ 所选警戒线；点线：全凭猜测", "◆ the alarm that is chosen; dotted: guessing"),
    )
    localise(fig, lang)
    return fig


def title_roc(signal: Signal) -> Text:
    """Observable, year and area under the curve."""
    title = typeset_text(signal.title)
    return Text(
        f"{title.zh}，{signal.year:g}年：AUC {signal.auc:.2f}",
        f"{title.en}, {signal.year:g}: AUC {signal.auc:.2f}",
    )


def warning_parts(found: EarlyWarning) -> list[SheetPart]:
    """Charts and tables of a warning, for a page."""
    course = found.course
    parts = []
    if course is not None:
        unit = unit_text(course.unit)
        head = typeset_text(
            Text(f"{course.title.zh}（{unit.zh}）", f"{course.title.en} ({unit.en})")
        )
        parts.append(SheetPart(head, figure=course_chart(found, titled=False)))
    if found.by_year:
        head = Text("每年最好的指标会错多少", "How often the best observable of each year is wrong")
        chart = rates_chart(found, titled=False)
        parts.append(SheetPart(head, figure=chart, table=tabulate_signals(found.by_year)))
        parts.append(
            SheetPart(
                Text("命中与误报", "Hits and false alarms"),
                title_roc(found.first or found.by_year[-1]),
                figure=roc_chart(found, titled=False),
            )
        )
    if found.rivals:
        head = Text("同一年的其他指标", "Others in the same year")
        parts.append(SheetPart(head, table=tabulate_signals(found.rivals)))
    return parts


def tabulate_signals(signals: Sequence[Signal]) -> Table:
    """Alarms as a table."""
    columns = (
        Text("指标", "Observable"),
        Text("年份", "Year"),
        Text("警戒线", "Alarm"),
        FALSE,
        MISS,
        Text("AUC", "AUC"),
        Text("可用", "Usable"),
    )
    return Table(columns, tuple(_cells(signal) for signal in signals))


def _cells(signal: Signal) -> tuple[Text, ...]:
    sign, unit = ">" if signal.above else "<", unit_text(signal.unit)
    digits = 0 if abs(signal.threshold) >= 1000 else 2
    plain = (
        f"{signal.year:g}",
        show_rate(signal.false_alarm),
        show_rate(signal.miss),
        f"{signal.auc:.3f}",
    )
    year, false, miss, auc = (Text(p, p) for p in plain)
    return (
        typeset_text(signal.title),
        year,
        with_unit(f"{sign} {format_number(signal.threshold, digits)}", unit),
        false,
        miss,
        auc,
        Text("是", "yes") if signal.good else Text("否", "no"),
    )


def show_rate(rate: Rate) -> str:
    """`12% (10%–14%)`."""
    return f"{percent(rate.share)} ({percent(rate.low)}–{percent(rate.high)})"
