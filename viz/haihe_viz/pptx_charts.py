"""Charts of slides: native ones, whose numbers can be edited in PowerPoint."""

from __future__ import annotations

import re
from typing import Any

from haihe.results.export import as_text
from haihe.text import Lang
from haihe_viz.briefing_blocks import Picture
from haihe_viz.static_chart import BarChart, LineChart
from haihe_viz.static_svg import bar_spans

COLOURS = {"scenario": "0A6478", "baseline": "55636C", "observed": "1B2A33", "other": "A8502F"}
SOFT = "9CC3D5"
_ACTIVE = re.compile(r"(?i)\s*(\{=|[a-z][a-z0-9+.-]*:|[=+@\t-])")


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


def _add_lines(slide: Any, chart: LineChart, place: list[Any]) -> Any:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION

    courses = [(line.name, line.role, dict(line.points)) for line in chart.lines]
    if chart.band is not None:
        courses += [(f"{chart.band.name} 5%", "low", dict(chart.band.low)),
                    (f"{chart.band.name} 95%", "high", dict(chart.band.high))]  # fmt: skip
    if chart.marks:
        courses.append((chart.marks[0].name, "mark", {m.year: m.value for m in chart.marks}))
    data = CategoryChartData()
    years = sorted({year for _, _, points in courses for year in points})
    data.categories = [f"{year:g}" for year in years]
    for name, _, points in courses:
        data.add_series(inert(name), [points.get(year) for year in years])
    frame = slide.shapes.add_chart(XL_CHART_TYPE.LINE, *place, data)
    made = frame.chart
    made.has_legend = True
    made.legend.position, made.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    for series, (_, role, _) in zip(made.plots[0].series, courses):
        _style_line(series, role)
    _style_axes(made, chart.unit, every=10 if len(years) > 20 else 1)
    return frame


def _style_line(series: Any, role: str) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_MARKER_STYLE
    from pptx.enum.dml import MSO_LINE
    from pptx.util import Pt

    series.smooth = False
    colour = COLOURS.get(role, SOFT if role in ("low", "high") else "A8502F")
    line = series.format.line
    line.color.rgb = RGBColor.from_string(colour)
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
        series.marker.format.fill.fore_color.rgb = RGBColor.from_string(colour)
    else:
        series.marker.style = XL_MARKER_STYLE.NONE


def _style_axes(made: Any, unit: str, every: int) -> None:
    from pptx.dml.color import RGBColor
    from pptx.util import Pt

    value, category = made.value_axis, made.category_axis
    value.has_title = True
    value.axis_title.text_frame.text = unit
    value.axis_title.text_frame.paragraphs[0].runs[0].font.size = Pt(12)
    value.axis_title.text_frame.paragraphs[0].runs[0].font.bold = False
    value.major_gridlines.format.line.color.rgb = RGBColor.from_string("DFE5E8")
    value.format.line.fill.background()
    axis = category._element
    for tag in ("c:tickLblSkip", "c:tickMarkSkip"):
        _insert(axis, tag, str(every))


def _insert(axis: Any, tag: str, value: str) -> None:
    from pptx.oxml.ns import qn

    element = axis.makeelement(qn(tag), {"val": value})
    after = axis.find(qn("c:noMultiLvlLbl"))
    if after is not None:
        after.addprevious(element)
    else:
        axis.append(element)


def _add_bars(slide: Any, chart: BarChart, place: list[Any]) -> Any:
    from pptx.chart.data import CategoryChartData
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION

    data = CategoryChartData()
    data.categories = [inert(bar.name) for bar in chart.bars]
    spans = bar_spans(chart)
    if chart.chained:
        data.add_series(" ", [min(span) for span in spans])
    data.add_series(
        inert(chart.unit),
        [abs(b - a) for a, b in spans] if chart.chained else [b.value for b in chart.bars],
    )
    kind = XL_CHART_TYPE.BAR_STACKED if chart.chained else XL_CHART_TYPE.BAR_CLUSTERED
    frame = slide.shapes.add_chart(kind, *place, data)
    made, plot = frame.chart, frame.chart.plots[0]
    made.has_legend = False
    plot.gap_width = 40
    made.category_axis.reverse_order = True
    shown = plot.series[-1]
    if chart.chained:
        plot.series[0].format.fill.background()
        plot.overlap = 100
    for number, bar in enumerate(chart.bars):
        fill = shown.points[number].format.fill
        fill.solid()
        rise = bar.value > 0 and chart.chained
        fill.fore_color.rgb = RGBColor.from_string(
            "55636C" if bar.total else "A8502F" if rise else "0A6478"
        )
        label = shown.points[number].data_label
        from haihe_viz.numbers import format_number

        label.has_text_frame = True
        signed = chart.chained and not bar.total
        label.text_frame.text = format_number(bar.value, chart.digits, signed=signed) + bar.note
        label.position = (
            XL_LABEL_POSITION.INSIDE_BASE if chart.chained else XL_LABEL_POSITION.OUTSIDE_END
        )
    _style_axes(made, chart.unit, 1)
    if chart.ends is not None:
        made.value_axis.minimum_scale, made.value_axis.maximum_scale = chart.ends
    elif chart.chained:
        inner = [
            end
            for span, bar in zip(spans, chart.bars)
            for end in (span if not bar.total else span[1:])
        ]
        low, high = min(inner), max(inner)
        made.value_axis.minimum_scale = max(0.0, low - 0.3 * (high - low)) if low > 0 else None
    return frame


def _set_fonts(chart: Any, lang: Lang) -> None:
    from pptx.oxml.ns import qn
    from pptx.util import Pt

    font = chart.font
    font.size, font.name = Pt(12), "Arial"
    properties = font._element if hasattr(font, "_element") else font._rPr
    properties.append(properties.makeelement(qn("a:ea"), {"typeface": "微软雅黑"}))
