"""Charts with a row for each thing: names at the left, bars beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, FixedTicker
from bokeh.plotting import figure

from haihe.text import Text, Words
from haihe_viz.bilingual import set_words, untex
from haihe_viz.labels import unit_text
from haihe_viz.margins import NAMES, align_words, make_room, set_border
from haihe_viz.numbers import MISSING, format_number
from haihe_viz.place import make_axis, step_digits, text_width, wrap_words
from haihe_viz.theme import FONT, HAIR, INK, LABEL_SIZE, QUIET, new_figure, set_ticks

ROW = 40
"""Height of a row [px]."""
WIDEST = 190
"""No name is wider than this [px]; longer ones take two lines."""
FRAME = 62
"""Height of what is not rows [px]."""


def row_figure(
    names: Sequence[Text],
    reach: tuple[float, float],
    *,
    title: Words,
    axis: Text,
    margin: float = 0.0,
) -> figure:
    """A figure with a row for each name, the first on top: row i is at y = -i.

    Parameters
    ----------
    reach
        Least and greatest value that is drawn.
    axis
        What the horizontal axis shows.
    margin
        Room beyond both ends of the axis.
    """
    ends = make_axis(*reach)
    fig = new_figure(
        (ends.start - margin, ends.stop + margin),
        (-len(names) + 0.45, 0.55),
        height=FRAME + ROW * max(len(names), 1),
        title=title,
    )
    set_ticks(fig, ends.ticks, (), step_digits(ends.ticks))
    fig.xaxis.ticker = FixedTicker(ticks=list(ends.ticks))
    fig.xgrid.grid_line_color = HAIR
    fig.ygrid.grid_line_color = None
    fig.yaxis.visible = False
    label_axis(fig, axis)
    write_row_names(fig, names)
    return fig


def label_axis(fig: figure, words: Text, other: Text | None = None) -> None:
    """Name the horizontal axis, and the vertical one."""
    set_words(fig.xaxis[0], axis_label=(untex(words.zh), untex(words.en)))
    if other is not None:
        set_words(fig.yaxis[0], axis_label=(untex(other.zh), untex(other.en)))


def write_row_names(fig: figure, names: Sequence[Text]) -> None:
    """Write names left of the frame, and make room for them."""
    shown = [Text(_wrap(name.zh), _wrap(name.en)) for name in names]
    source = ColumnDataSource(
        {
            "y": [-i for i in range(len(names))],
            "zh": [name.zh for name in shown],
            "en": [name.en for name in shown],
        }
    )
    start = fig.x_range.start  # type: ignore[attr-defined]
    written = fig.text(
        x=value(start),
        y="y",
        text="zh",
        text_align="right",
        text_baseline="middle",
        text_color=INK,
        text_font=value(FONT),
        text_font_size=f"{LABEL_SIZE}px",
        text_line_height=1.15,
        x_offset=-8,
        level="annotation",
        source=source,
        name=NAMES,
    )
    set_words(written.glyph, text=({"field": "zh"}, {"field": "en"}))
    widths = [
        max(
            (text_width(line, LABEL_SIZE) for n in shown for line in n.get(g).split("\n")),
            default=0,
        )
        for g in ("zh", "en")
    ]
    set_border(fig, "left", (round(widths[0]) + 14, round(widths[1]) + 14))
    align_words(fig)


def write_beside(
    fig: figure, x: Sequence[float], y: Sequence[float], words: Sequence[Text], *, right: bool
) -> None:
    """Write short texts beside points, at their right or at their left, with room for them."""
    source = ColumnDataSource(
        {"x": list(x), "y": list(y), "zh": [w.zh for w in words], "en": [w.en for w in words]}
    )
    written = fig.text(
        x="x",
        y="y",
        text="zh",
        text_align="left" if right else "right",
        text_baseline="middle",
        text_color=QUIET,
        text_font=value(FONT),
        text_font_size=f"{LABEL_SIZE - 1}px",
        x_offset=5 if right else -5,
        level="annotation",
        source=source,
    )
    set_words(written.glyph, text=({"field": "zh"}, {"field": "en"}))
    make_room(fig, x, words, right=right)


def plain_unit(unit: str) -> Text:
    """A unit behind a number; years and plain numbers as people write them."""
    if unit in ("Year", "year", "yr"):
        return Text("年", "years")
    return unit_text(unit)


def write_within(number: float, span: float) -> str:
    """A number with three digits of the range that it lies in."""
    if not math.isfinite(number):
        return MISSING
    digits = 2 - math.floor(math.log10(abs(span))) if span and math.isfinite(span) else 2
    return format_number(number, min(max(digits, 0), 12))


def _wrap(text: str) -> str:
    return wrap_words(text, LABEL_SIZE, WIDEST)
