"""One look for every chart: colours, dashes, hatches, fonts, and a bare figure that wears them.

Colour is never the only carrier. Lines differ by dash too, neighbouring bands differ by lightness
(they stay apart in a grey print), and names stand beside what they name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from bokeh.models import FixedTicker, Range1d
from bokeh.models.annotations import Title
from bokeh.plotting import figure

from haihe.text import Text, Words
from haihe_viz.bilingual import set_words, untex
from haihe_viz.numbers import format_number

FONT = (
    '"Source Han Sans SC", "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", '
    '"Hiragino Sans GB", "WenQuanYi Micro Hei", "Segoe UI", "Helvetica Neue", Arial, sans-serif'
)
"""Chinese faces first, so that Chinese punctuation keeps its width; all of them hold Latin too."""

INK = "#1b2a33"
QUIET = "#55636c"
HAIR = "#dfe5e8"
ACCENT = "#0a6478"
BRICK = "#a8502f"
PAST = "#f4f6f7"

BANDS = (
    "#1f3a4d",
    "#9cc3d5",
    "#0f7f93",
    "#ecd08f",
    "#a8502f",
    "#cfd6d9",
    "#6d5f8d",
    "#dfb9a0",
    "#4d6b3c",
    "#e6e2c8",
    "#8a7a2f",
    "#b9d3b4",
)
"""Bands of a stack, dark and light in turn."""

HATCHES = (
    *(" ", " ", "right_diagonal_line", " ", " ", "dot"),
    *("left_diagonal_line", " ", " ", "right_diagonal_line", "dot", "left_diagonal_line"),
)
"""A second mark for bands whose lightness comes near that of another."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a line is drawn."""

    colour: str
    dash: str
    width: float


LINES = (
    Stroke(ACCENT, "solid", 2.6),
    Stroke(QUIET, "dashed", 1.8),
    Stroke(BRICK, "dotdash", 2.2),
    Stroke(INK, "dotted", 2.0),
    Stroke("#6d5f8d", "dashdot", 1.8),
)
"""Lines of a chart in their order: the scenario first, the baseline second."""

FIRST_LINES = (Stroke(ACCENT, "solid", 2.6), Stroke(ACCENT, "dashed", 1.6))
"""Scenario and baseline of the first of two outcomes on one chart."""

SECOND_LINES = (Stroke(BRICK, "dotdash", 2.4), Stroke(BRICK, "dotted", 1.8))
"""Scenario and baseline of a second outcome on the same chart."""

LABEL_SIZE = 12
"""Size of names and ticks in a chart [px]."""

BORDER_TOP = 10
BORDER_BOTTOM = 28


def band_colour(index: int) -> str:
    """Colour of the band at a place in its stack."""
    return BANDS[index % len(BANDS)]


def ink_on(colour: str) -> str:
    """Text colour, dark or white, that can be read on `colour` (#rrggbb)."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 150 else "#ffffff"


def new_figure(
    x: tuple[float, float], y: tuple[float, float], *, height: int, title: Words = ""
) -> figure:
    """A figure without toolbar, as wide as the place that it is put in.

    Parameters
    ----------
    x, y
        Ends of the axes, in data units.
    height
        Height of the whole figure [px].
    title
        In one language or in both; never read as TeX, for that would make the page fetch a
        typesetter.
    """
    fig = figure(
        height=height + (26 if has_words(title) else 0),
        sizing_mode="stretch_width",
        min_width=200,
        x_range=Range1d(start=x[0], end=x[1]),
        y_range=Range1d(start=y[0], end=y[1]),
        toolbar_location=None,
        output_backend="svg",
        min_border_left=8,
        min_border_top=BORDER_TOP,
        min_border_bottom=BORDER_BOTTOM,
        outline_line_color=None,
        background_fill_color="#ffffff",
        border_fill_color="#ffffff",
    )
    fig.toolbar.tools = []
    _style_title(fig, title)
    _style_axes(fig)
    return fig


def ends_of(fig: figure) -> tuple[float, float, float]:
    """Right end of the x axis, and both ends of the y axis, in data units."""
    x, y = cast(Range1d, fig.x_range), cast(Range1d, fig.y_range)  # new_figure made them
    return cast(float, x.end), cast(float, y.start), cast(float, y.end)


def set_ticks(fig: figure, x: Sequence[float], y: Sequence[float], y_digits: int) -> None:
    """Put ticks at given places, y written with separators and a true minus sign."""
    fig.xaxis.ticker = FixedTicker(ticks=list(x))
    fig.xaxis.major_label_overrides = {tick: f"{tick:g}" for tick in x}
    fig.yaxis.ticker = FixedTicker(ticks=list(y))
    fig.yaxis.major_label_overrides = {tick: format_number(tick, y_digits) for tick in y}


def has_words(title: Words) -> bool:
    """Whether there is anything to write."""
    return bool(title.zh or title.en) if isinstance(title, Text) else bool(title)


def _style_title(fig: figure, title: Words) -> None:
    if not has_words(title):
        fig.title = None
        return
    words = title if isinstance(title, Text) else Text(title, title)
    fig.title = Title(text=untex(words.zh), text_font=FONT, text_font_size="14px", text_color=INK)
    set_words(fig.title, text=(untex(words.zh), untex(words.en)))


def _style_axes(fig: figure) -> None:
    for axis in (*fig.xaxis, *fig.yaxis):
        axis.axis_label_text_font = FONT
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = f"{LABEL_SIZE}px"
        axis.axis_label_text_color = QUIET
        axis.major_label_text_font = FONT
        axis.major_label_text_font_size = f"{LABEL_SIZE}px"
        axis.major_label_text_color = QUIET
        axis.major_label_standoff = 6
        axis.minor_tick_line_color = None
        axis.major_tick_in = 0
        axis.axis_line_color = "#9aa6ad"
    fig.yaxis.axis_line_color = None
    fig.yaxis.major_tick_line_color = None
    fig.xaxis.major_tick_out = 4
    fig.xgrid.grid_line_color = None
    fig.ygrid.grid_line_color = HAIR
