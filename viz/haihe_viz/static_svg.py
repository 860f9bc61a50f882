"""Charts as SVG text: the same value gives the same picture, without a browser.

Fonts are named, not embedded: Chinese faces first. Everything is text that was escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from haihe.text import Lang, Text
from haihe_viz.numbers import format_number
from haihe_viz.place import (
    axis_ends,
    round_ticks,
    spread,
    step_digits,
    text_width,
    wrap_words,
    year_ticks,
)
from haihe_viz.static_chart import Bar, BarChart, Chart, Figure, Line, LineChart

FONTS = (
    "Source Han Sans SC",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "Noto Sans",
    "DejaVu Sans",
    "Arial",
    "sans-serif",
)
INK, QUIET, HAIR = "#1b2a33", "#55636c", "#dfe5e8"
ACCENT, BRICK, SOFT = "#0a6478", "#a8502f", "#9cc3d5"
SIZE = 13
"""Size of all words [px]."""
WIDTH, HEIGHT = 760, 320
TOP, BOTTOM, LEFT = 34, 34, 64
NAMES = 168
"""Room for names right of the lines [px]."""
STYLES = {
    "scenario": (ACCENT, 2.8, ""),
    "baseline": (QUIET, 2.0, "7 5"),
    "observed": (INK, 0.0, ""),
    "other": (BRICK, 2.0, "10 4 2 4"),
}
"""Colour, width, dashes."""
NOT_FROM_ZERO_BARS = Text("横轴不从零开始", "axis not from zero")
NOT_FROM_ZERO = Text("纵轴不从零开始", "axis not from zero")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where data fall on the picture."""

    x: tuple[float, float]
    y: tuple[float, float]
    left: float
    right: float
    top: float
    bottom: float

    def across(self, value: float) -> float:
        """Horizontal place [px]."""
        return self.left + (value - self.x[0]) / (self.x[1] - self.x[0]) * (self.right - self.left)

    def down(self, value: float) -> float:
        """Vertical place [px]."""
        part = (value - self.y[0]) / (self.y[1] - self.y[0])
        return self.bottom - part * (self.bottom - self.top)


def draw_figure(figure: Figure) -> str:
    """A figure's chart as SVG, with its alternative text inside."""
    return draw_chart(figure.chart, figure.lang, figure.alt)


def draw_chart(chart: Chart, lang: Lang, alt: str = "") -> str:
    """A chart as one SVG text."""
    if isinstance(chart, LineChart):
        height, drawn = HEIGHT, _draw_lines(chart, lang)
    else:
        height, drawn = _bars_height(chart), _draw_bars(chart, lang)
    family = quoteattr(", ".join(FONTS))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" font-family={family} font-size="{SIZE}">'
        f"<title>{escape(alt)}</title>"
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>{"".join(drawn)}</svg>'
    )


def _text(x: float, y: float, words: str, colour: str = INK, anchor: str = "start",
          weight: str = "") -> str:  # fmt: skip
    bold = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"{bold}>'
        f"{escape(words)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}"/>'
    )


# --- lines


def _draw_lines(chart: LineChart, lang: Lang) -> list[str]:
    everything = [p for line in chart.lines for p in line.points]
    everything += [(mark.year, mark.value) for mark in chart.marks]
    if chart.band is not None:
        everything += [*chart.band.low, *chart.band.high]
    low, high = axis_ends([value for _, value in everything])
    ticks = round_ticks(low, high, 5)
    years = [year for year, _ in everything] or [0.0, 1.0]
    first, last = min(years), max(max(years), min(years) + 1)
    frame = Frame((first, last), (ticks[0], ticks[-1]), LEFT, WIDTH - NAMES, TOP, HEIGHT - BOTTOM)
    drawn = _draw_axes(frame, ticks, chart.unit, lang)
    if chart.band is not None:
        drawn.append(_draw_band(frame, chart))
    for line in chart.lines:
        drawn += _draw_line(frame, line)
    for mark in chart.marks:
        drawn.append(_draw_mark(frame, mark.year, mark.value))
    return drawn + _name_lines(frame, chart)


def _draw_axes(frame: Frame, ticks: Sequence[float], unit: str, lang: Lang) -> list[str]:
    digits = step_digits(ticks)
    drawn = [_text(8, 20, unit, QUIET)]
    if ticks[0] > 0:
        drawn.append(_text(frame.right, 20, NOT_FROM_ZERO.get(lang), QUIET, "end"))
    for tick in ticks:
        y = frame.down(tick)
        drawn.append(_line(frame.left, y, frame.right, y, HAIR))
        drawn.append(_text(frame.left - 8, y + 4.5, format_number(tick, digits), QUIET, "end"))
    for year in year_ticks(*frame.x, count=6):
        x = frame.across(year)
        drawn.append(_line(x, frame.bottom, x, frame.bottom + 5, QUIET))
        drawn.append(_text(x, frame.bottom + 20, f"{year:g}", QUIET, "middle"))
    return [*drawn, _line(frame.left, frame.bottom, frame.right, frame.bottom, "#9aa6ad")]


def _draw_band(frame: Frame, chart: LineChart) -> str:
    assert chart.band is not None
    around = [*chart.band.high, *reversed(chart.band.low)]
    points = " ".join(f"{frame.across(x):.1f},{frame.down(y):.1f}" for x, y in around)
    return f'<polygon points="{points}" fill="{SOFT}" fill-opacity="0.45"/>'


def _draw_line(frame: Frame, line: Line) -> list[str]:
    colour, width, dash = STYLES[line.role]
    places = [(frame.across(x), frame.down(y)) for x, y in line.points]
    if line.role == "observed":
        return [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#ffffff" stroke="{colour}" '
                f'stroke-width="1.4"/>' for x, y in places]  # fmt: skip
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return [f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width:g}"'
            f'{dashes} stroke-linejoin="round"/>']  # fmt: skip


def _draw_mark(frame: Frame, year: float, value: float) -> str:
    x, y = frame.across(year), frame.down(value)
    return (
        f'<path d="M{x - 6:.1f} {y:.1f}L{x:.1f} {y - 6:.1f}L{x + 6:.1f} {y:.1f}L{x:.1f} '
        f'{y + 6:.1f}Z" fill="{BRICK}" stroke="#ffffff" stroke-width="1.2"/>'
    )


def _name_lines(frame: Frame, chart: LineChart) -> list[str]:
    """Names beside the ends of the lines; dots, band and targets in a legend below the unit."""
    ends = [line for line in chart.lines if line.role != "observed" and line.points]
    shown = [wrap_words(line.name, SIZE, NAMES - 16).split("\n") for line in ends]
    wanted = [frame.down(line.points[-1][1]) for line in ends]
    places = spread(wanted, [17.0 * len(words) + 3 for words in shown], frame.top, frame.bottom)
    drawn = []
    for line, words, place in zip(ends, shown, places):
        for row, word in enumerate(words):
            y = place + 4.5 + 17 * (row - (len(words) - 1) / 2)
            drawn.append(_text(frame.right + 9, y, word, STYLES[line.role][0], weight="bold"))
    return drawn + _draw_legend(frame, chart)


def _draw_legend(frame: Frame, chart: LineChart) -> list[str]:
    x, y, drawn = frame.left + 60.0, 20.0, []
    for line in chart.lines:
        if line.role == "observed" and line.points:
            drawn.append(f'<circle cx="{x}" cy="{y - 4.5}" r="3" fill="#fff" stroke="{INK}" '
                         f'stroke-width="1.4"/>')  # fmt: skip
            drawn.append(_text(x + 8, y, line.name, QUIET))
            x += 28 + text_width(line.name, SIZE)
    if chart.band is not None:
        drawn.append(f'<rect x="{x}" y="{y - 11}" width="16" height="12" fill="{SOFT}" '
                     f'fill-opacity="0.6"/>')  # fmt: skip
        drawn.append(_text(x + 21, y, chart.band.name, QUIET))
        x += 41 + text_width(chart.band.name, SIZE)
    if chart.marks:
        drawn.append(f'<path d="M{x} {y - 4.5}l6 -6l6 6l-6 6Z" fill="{BRICK}"/>')
        drawn.append(_text(x + 17, y, chart.marks[0].name, QUIET))
    return drawn


# --- bars

ROW = 30
LABELS = 250
"""Room for names left of the bars [px]."""


def _bars_height(chart: BarChart) -> int:
    return 30 + ROW * max(1, len(chart.bars)) + 14


def bar_spans(chart: BarChart) -> list[tuple[float, float]]:
    """Where each bar begins and ends, in data units."""
    if not chart.chained:
        return [(0.0, bar.value) for bar in chart.bars]
    spans, reached = [], 0.0
    for bar in chart.bars:
        spans.append((0.0, bar.value) if bar.total else (reached, reached + bar.value))
        reached = bar.value if bar.total else reached + bar.value
    return spans


def _draw_bars(chart: BarChart, lang: Lang) -> list[str]:
    spans = bar_spans(chart)
    reach = [end for span in spans for end in span]
    if chart.chained:  # the whole stands on an axis that need not begin at zero
        inner = [e for s, bar in zip(spans, chart.bars) for e in (s if not bar.total else s[1:])]
        low, high = axis_ends(inner)
        ends = (low - 0.08 * (high - low) if low else 0.0, high)
    else:
        ends = chart.ends or (min(0.0, *reach), max(0.0, *reach))
    if ends[1] <= ends[0]:
        ends = (ends[0], ends[0] + 1)
    frame = Frame(ends, (0, 1), LABELS, WIDTH - 130, 30, _bars_height(chart) - 10)
    drawn = [_text(8, 18, chart.unit, QUIET)]
    if ends[0] > 0:
        drawn.append(_text(WIDTH - 8, 18, NOT_FROM_ZERO_BARS.get(lang), QUIET, "end"))
    zero = frame.across(min(max(0.0, ends[0]), ends[1]))
    drawn.append(_line(zero, frame.top, zero, frame.bottom, "#9aa6ad"))
    for row, (bar, span) in enumerate(zip(chart.bars, spans)):
        drawn += _draw_bar(frame, bar, span, frame.top + ROW * row, chart)
    return drawn


def _draw_bar(frame: Frame, bar: Bar, span: tuple[float, float], top: float,
              chart: BarChart) -> list[str]:  # fmt: skip
    ends = sorted(frame.across(min(max(end, frame.x[0]), frame.x[1])) for end in span)
    colour = QUIET if bar.total else (ACCENT if bar.value < 0 or not chart.chained else BRICK)
    middle = top + ROW / 2
    drawn = [f'<rect x="{ends[0]:.1f}" y="{top + 5:.1f}" width="{max(ends[1] - ends[0], 1):.1f}" '
             f'height="{ROW - 10}" fill="{colour}"/>']  # fmt: skip
    right = ends[1]
    if bar.low is not None and bar.high is not None:
        low, high = frame.across(bar.low), frame.across(bar.high)
        drawn.append(_line(low, middle, high, middle, INK, 1.6))
        drawn += [_line(x, middle - 4, x, middle + 4, INK, 1.6) for x in (low, high)]
        right = max(right, high)
    words = wrap_words(bar.name, SIZE, LABELS - 20).split("\n")
    for line, word in enumerate(words):
        y = middle + 4.5 + 14 * (line - (len(words) - 1) / 2)
        drawn.append(_text(LABELS - 10, y, word, INK, "end"))
    signed = chart.chained and not bar.total
    number = format_number(bar.value, chart.digits, signed=signed) + bar.note
    drawn.append(_text(right + 7, middle + 4.5, number, INK))
    return drawn
