"""Steps from one number to another: bars that hang where the one before ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.models.renderers import GlyphRenderer
from bokeh.plotting import figure

from haihe.text import Lang, Text
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import NO_TEXT, typeset_text, unit_text, with_unit
from haihe_viz.margins import LANGS, make_room, write_note
from haihe_viz.numbers import format_number
from haihe_viz.rows import row_figure, write_beside
from haihe_viz.theme import ACCENT, BRICK, INK, QUIET

BAR = 0.5
MOST = 12
"""Most steps; the smaller ones are drawn as one."""
REST = Text("其余", "Others")


@dataclass(frozen=True, slots=True)
class Step:
    """One bar, and what stands beside it: where two simple wedges and the extremes would end."""

    label: Text
    change: float
    off: float | None = None
    """Change by switching it alone off; None: no mark."""
    on: float | None = None
    low: float | None = None
    """Least and most that it changes in any order."""
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Fall:
    """All that a waterfall shows."""

    title: Text
    unit: str
    digits: int
    begin: Text
    end: Text
    start: float
    stop: float
    steps: tuple[Step, ...]


def gather_steps(steps: Sequence[Step], most: int = MOST) -> tuple[Step, ...]:
    """The largest steps, largest first, and the sum of the others."""
    ordered = sorted(steps, key=lambda step: -abs(step.change))
    if len(ordered) <= most:
        return tuple(ordered)
    rest = ordered[most - 1 :]
    label = Text(f"{REST.zh} {len(rest)} 项", f"{len(rest)} others")
    return (*ordered[: most - 1], Step(label, sum(step.change for step in rest)))


def draw_fall(fall: Fall, *, lang: Lang = "zh", titled: bool = True) -> figure:
    """A waterfall in rows: begin on top, a bar for each step, the end below."""
    steps = gather_steps(fall.steps)
    begins = fall.start + np.cumsum([0.0, *(step.change for step in steps)])
    names = [typeset_text(n) for n in (fall.begin, *(s.label for s in steps), fall.end)]
    unit = unit_text(fall.unit)
    fig = row_figure(
        names,
        _reach(fall, steps, begins),
        title=typeset_text(fall.title) if titled else NO_TEXT,
        axis=unit,
    )
    digits = _digits(fall, steps)
    _draw_ends(fig, fall, len(steps) + 1, digits, unit)
    _draw_steps(fig, steps, begins, digits)
    if any(step.off is not None for step in steps):
        _draw_wedges(fig, steps, begins)
        write_note(
            fig,
            Text(
                "横条：沙普利值；○ 单独启用、▽ 单独关停到达处；细线：各种次序下的范围",
                "Bar: Shapley value; ○ where switching it alone on ends, ▽ alone off; thin line: "
                "range over orders",
            ),
        )
    localise(fig, lang)
    return fig


def _reach(fall: Fall, steps: Sequence[Step], begins: np.ndarray) -> tuple[float, float]:
    marks = [
        begin + mark
        for begin, step in zip(begins, steps)
        for mark in (step.change, step.off, step.on, step.low, step.high)
        if mark is not None
    ]
    edges = [fall.start, fall.stop, *marks]
    room = 0.16 * (max(edges) - min(edges) or abs(fall.start) or 1.0)
    return min(edges) - room, max(edges) + room


def _digits(fall: Fall, steps: Sequence[Step]) -> int:
    """Enough digits that the larger steps are told apart."""
    largest = max((abs(step.change) for step in steps), default=0.0)
    digits = fall.digits
    while largest and digits < 6 and round(largest / 10, digits) == 0:
        digits += 1
    return digits


def _draw_ends(fig: figure, fall: Fall, last: int, digits: int, unit: Text) -> None:
    for row, number in ((0, fall.start), (last, fall.stop)):
        fig.segment([number], [-row - 0.36], [number], [-row + 0.36], line_color=INK, line_width=4)
        words = with_unit(format_number(number, digits), unit)
        source = ColumnDataSource({"x": [number], "y": [-row], "zh": [words.zh], "en": [words.en]})
        written = fig.text(
            x="x",
            y="y",
            text="zh",
            text_baseline="middle",
            text_color=INK,
            text_font_size="12px",
            text_font_style="bold",
            x_offset=8,
            source=source,
        )
        set_words(written.glyph, text=({"field": "zh"}, {"field": "en"}))
        bold = Text(*(f"{words.get(g)}00" for g in LANGS))  # wider than plain ones
        make_room(fig, [number], [bold], right=True)


def _draw_steps(fig: figure, steps: Sequence[Step], begins: np.ndarray, digits: int) -> None:
    ends = begins[1:]
    rows = [-1.0 - i for i in range(len(steps))]
    words = [format_number(step.change, digits, signed=True) for step in steps]
    source = ColumnDataSource(
        {
            "y": rows,
            "left": begins[:-1].tolist(),
            "right": ends.tolist(),
            "colour": [ACCENT if step.change < 0 else BRICK for step in steps],
            # Up and down differ by hatch too: colour is never the only carrier.
            "hatch": [" " if step.change < 0 else "right_diagonal_line" for step in steps],
            "words": words,
            "off": [_show(step.off, digits) for step in steps],
            "on": [_show(step.on, digits) for step in steps],
            "range": [f"{_show(s.low, digits)} … {_show(s.high, digits)}" for s in steps],
        }
    )
    drawn = fig.hbar(
        y="y",
        left="left",
        right="right",
        height=BAR,
        fill_color="colour",
        line_color="colour",
        hatch_pattern="hatch",
        hatch_color="#ffffff",
        hatch_alpha=0.6,
        hatch_scale=7,
        source=source,
    )
    fig.segment(
        x0=begins.tolist(),
        x1=begins.tolist(),
        y0=[-float(i) - 0.25 for i in range(len(begins))],
        y1=[-float(i) - 0.75 for i in range(len(begins))],
        line_color=QUIET,
        line_dash="dotted",
    )
    for right in (True, False):
        here = [i for i, step in enumerate(steps) if (step.change >= 0) == right]
        far = [_outer(steps[i], float(begins[i]), right) for i in here]
        said = [Text(words[i], words[i]) for i in here]
        write_beside(fig, far, [rows[i] for i in here], said, right=right)
    _add_hover(fig, drawn, any(step.off is not None for step in steps))


def _outer(step: Step, begin: float, right: bool) -> float:
    """Where a bar and its marks end on the side of its words."""
    marks = [m for m in (step.change, step.off, step.on, step.low, step.high) if m is not None]
    return begin + (max(marks) if right else min(marks))


def _show(number: float | None, digits: int) -> str:
    return format_number(number, digits, signed=True)


def _add_hover(fig: figure, drawn: GlyphRenderer[Any], wedges: bool) -> None:
    tool = HoverTool(renderers=[drawn])
    rows = [(Text("变化", "Change"), "@words")]
    if wedges:
        rows += [
            (Text("单独关停", "Switched off alone"), "@off"),
            (Text("单独启用", "Switched on alone"), "@on"),
            (Text("各种次序", "Over orders"), "@range"),
        ]
    set_words(
        tool,
        tooltips=([[t.zh, c] for t, c in rows], [[t.en, c] for t, c in rows]),
    )
    fig.add_tools(tool)


def _draw_wedges(fig: figure, steps: Sequence[Step], begins: np.ndarray) -> None:
    rows = [-1.0 - i for i in range(len(steps))]
    here = [i for i, step in enumerate(steps) if step.low is not None and step.high is not None]
    fig.segment(
        x0=[float(begins[i]) + (steps[i].low or 0.0) for i in here],
        x1=[float(begins[i]) + (steps[i].high or 0.0) for i in here],
        y0=[rows[i] for i in here],
        y1=[rows[i] for i in here],
        line_color=INK,
        line_width=1.4,
    )
    for name, marker in (("on", "circle"), ("off", "inverted_triangle")):
        given = [(i, getattr(step, name)) for i, step in enumerate(steps)]
        found = [(i, number) for i, number in given if number is not None]
        fig.scatter(
            x=[float(begins[i]) + number for i, number in found],
            y=[rows[i] for i, _ in found],
            marker=marker,
            size=8,
            fill_color=value("#ffffff"),
            line_color=value(INK),
            line_width=1.5,
        )
