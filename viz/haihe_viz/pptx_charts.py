"""Charts of slides: native ones, whose numbers can be edited in PowerPoint."""

from __future__ import annotations

import re
from typing import Any

from haihe.results.export import as_text
from haihe.text import Lang
from haihe_viz.briefing_blocks import Picture
from haihe_viz.numbers import format_number
from haihe_viz.place import axis_ends, round_ticks
from haihe_viz.static_chart import Bar, BarChart, LineChart
from haihe_viz.static_svg import bar_spans

COLOURS = {"scenario": "0A6478", "baseline": "55636C", "observed": "1B2A33", "other": "A8502F"}
SOFT = "9CC3D5"
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_ACTIVE = re.compile(r"(?i)\s*(\{=|[a-z][a-z0-9+.-]*:|[=+@\t-])")


def colour_of(written: str) -> Any:
    """A colour of PowerPoint from six hexadecimal digits."""
    from pptx.dml.color import RGBColor

    make: Any = RGBColor.from_string
    return make(written)


def inert(text: str) -> str:
    """A name that the workbook behind a chart takes for text, not for a formula or a link."""
    return f"'{text}" if _ACTIVE.match(text) and as_text(text) == text else as_text(text)


def add_chart(slide: Any, picture: Picture, left: float, top: float, width: float, height: float,
              lang: Lang) -> None:  # fmt: skip
    """Put a picture's chart on a slide, with its alternative text."""
    from pptx.util import Inches

    place = [Inches(value) for value in (left, top, width, height)]
    chart = picture.figure.chart
    frame = (
        _add_lines(slide, chart, place)
        if isinstance(chart, LineChart)
        else _add_bars(slide, chart, place)
    )
    about = frame._element.nvGraphicFramePr.cNvPr
    about.set("descr", picture.figure.alt)
    about.set("name", f"haihe_{picture.id}")
    _set_fonts(frame.chart, lang)


def _new_data(kind: str) -> Any:
    from pptx.chart import data

    make: Any = getattr(data, kind)
    return make()


def _add_lines(slide: Any, chart: LineChart, place: list[Any]) -> Any:
    """Courses over the years as a scatter with lines: years are numbers, gaps stay gaps."""
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION

    courses = [(line.name, line.role, line.points) for line in chart.lines if line.points]
    if chart.band is not None:
        courses += [
            (f"{chart.band.name} 5%", "low", chart.band.low),
            (f"{chart.band.name} 95%", "high", chart.band.high),
        ]
    if chart.marks:
        marks = tuple((mark.year, mark.value) for mark in chart.marks)
        courses.append((chart.marks[0].name, "mark", marks))
    data = _new_data("XyChartData")
    for name, _, points in courses:
        series = data.add_series(inert(name))
        for year, value in points:
            series.add_data_point(year, value)
    frame = slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, *place, data)
    made = frame.chart
    made.has_title = False  # PowerPoint makes one of the first series unless told not to
    made.has_legend = True
    made.legend.position, made.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    for series, (_, role, _) in zip(made.plots[0].series, courses):
        _style_line(series, role)
    _style_axes(made, chart.unit)
    years = [year for _, _, points in courses for year, _ in points]
    values = [value for _, _, points in courses for _, value in points]
    across, ticks = made.category_axis, round_ticks(*axis_ends(values), 5)
    across.minimum_scale, across.maximum_scale = min(years), max(max(years), min(years) + 1)
    across.major_unit = 10 if max(years) - min(years) > 15 else 5
    across.has_major_gridlines = False
    up = made.value_axis
    up.minimum_scale, up.maximum_scale, up.major_unit = ticks[0], ticks[-1], ticks[1] - ticks[0]
    return frame


def _style_line(series: Any, role: str) -> None:
    from pptx.enum.chart import XL_MARKER_STYLE
    from pptx.enum.dml import MSO_LINE
    from pptx.util import Pt

    series.smooth = False
    colour = COLOURS.get(role, SOFT if role in ("low", "high") else "A8502F")
    line = series.format.line
    line.color.rgb = colour_of(colour)
    line.width = Pt(2.75 if role == "scenario" else 1.75)
    if role in ("baseline", "low", "high"):
        line.dash_style = MSO_LINE.DASH if role == "baseline" else MSO_LINE.SQUARE_DOT
    if role in ("observed", "mark"):
        line.fill.background()
        series.marker.style = (
            XL_MARKER_STYLE.CIRCLE if role == "observed" else XL_MARKER_STYLE.DIAMOND
        )
        series.marker.size = 6 if role == "observed" else 11
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = colour_of(colour)
    else:
        series.marker.style = XL_MARKER_STYLE.NONE


def _style_axes(made: Any, unit: str) -> None:
    from pptx.util import Pt

    value = made.value_axis
    value.has_title = True
    value.axis_title.text_frame.text = unit
    value.axis_title.text_frame.paragraphs[0].runs[0].font.size = Pt(12)
    value.axis_title.text_frame.paragraphs[0].runs[0].font.bold = False
    value.has_major_gridlines = True
    value.major_gridlines.format.line.color.rgb = colour_of("DFE5E8")
    value.format.line.fill.background()


def _add_bars(slide: Any, chart: BarChart, place: list[Any]) -> Any:
    """Bars from the top down: PowerPoint counts from the bottom, so that they are turned over.

    The number stands behind the name: beside a short bar of a waterfall there is no place for it.
    """
    from pptx.enum.chart import XL_CHART_TYPE

    bars, spans = chart.bars[::-1], bar_spans(chart)[::-1]
    data = _new_data("CategoryChartData")
    data.categories = [inert(f"{bar.name}  {say_bar(bar, chart)}") for bar in bars]
    if chart.chained:
        data.add_series(" ", [min(span) for span in spans])
    heights = [abs(b - a) for a, b in spans] if chart.chained else [bar.value for bar in bars]
    data.add_series(inert(chart.unit), heights)
    kind = XL_CHART_TYPE.BAR_STACKED if chart.chained else XL_CHART_TYPE.BAR_CLUSTERED
    frame = slide.shapes.add_chart(kind, *place, data)
    made, plot = frame.chart, frame.chart.plots[0]
    made.has_title = made.has_legend = False
    plot.gap_width = 40
    _show_every_name(made.category_axis, len(bars))
    shown = plot.series[-1]
    if chart.chained:
        plot.series[0].format.fill.background()
        plot.overlap = 100
    for number, bar in enumerate(bars):
        fill = shown.points[number].format.fill
        fill.solid()
        fill.fore_color.rgb = colour_of(bar_colour(bar, chart.chained))
    _style_axes(made, chart.unit)
    ends = chart.ends or waterfall_ends(chart)
    made.value_axis.minimum_scale, made.value_axis.maximum_scale = ends
    return frame


def _show_every_name(axis: Any, count: int) -> None:
    """Every bar has its name, in smaller letters where there are many; else some are left out."""
    from pptx.util import Pt

    axis.tick_labels.font.size = Pt(12 if count <= 12 else 9)
    skip = axis._element.makeelement(f"{{{CHART}}}tickLblSkip", {"val": "1"})
    after = axis._element.find(f"{{{CHART}}}noMultiLvlLbl")
    if after is None:
        axis._element.append(skip)
    else:
        after.addprevious(skip)


def say_bar(bar: Bar, chart: BarChart) -> str:
    """A bar's number."""
    signed = chart.chained and not bar.total
    return format_number(bar.value, chart.digits, signed=signed) + bar.note


def bar_colour(bar: Bar, chained: bool) -> str:
    """Grey for ends, brick for what adds in a waterfall."""
    if bar.total:
        return "55636C"
    return "A8502F" if chained and bar.value > 0 else "0A6478"


def waterfall_ends(chart: BarChart) -> tuple[float, float]:
    """Round ends of the axis of a waterfall, or of bars from zero."""
    reach = [end for span in bar_spans(chart) for end in span]
    if not chart.chained:
        ticks = round_ticks(min(0.0, *reach), max(0.0, *reach))
        return ticks[0], ticks[-1]
    inner = [end for end in reach if end != 0.0]
    low, high = axis_ends(inner)
    ticks = round_ticks(low - (0.1 * (high - low) if low else 0), high, 5)
    return ticks[0], ticks[-1]


def _set_fonts(chart: Any, lang: Lang) -> None:
    from pptx.oxml.ns import qn
    from pptx.util import Pt

    font = chart.font
    font.size, font.name = Pt(12), "Arial"
    properties = font._element if hasattr(font, "_element") else font._rPr
    properties.append(properties.makeelement(qn("a:ea"), {"typeface": "微软雅黑"}))
