"""Boxes of scenario discovery: what they restrict, and the way that led to them."""

from __future__ import annotations

from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure

from haihe.results.discovery import Box, Discovery, Limit
from haihe.text import Lang, Text
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import NO_TEXT, typeset_text, unit_text
from haihe_viz.margins import write_note
from haihe_viz.rows import label_axis, row_figure, write_beside, write_within
from haihe_viz.theme import ACCENT, BRICK, INK, QUIET, new_figure, set_ticks

REACH = "#dfe5e8"
BAR = 0.42
STEP = (
    (Text("覆盖", "Coverage"), "@x{0}%"),
    (Text("密度", "Density"), "@y{0}%"),
    (Text("占全部成员", "Of all members"), "@mass"),
    (Text("限制的因素", "Factors restricted"), "@count"),
)
"""What is said of a step of peeling."""


def box_chart(
    found: Discovery, number: int = 0, *, lang: Lang = "zh", titled: bool = True
) -> figure:
    """What a box restricts: each factor's whole range in grey, what is inside in colour.

    Parameters
    ----------
    found
        What `discover` gives.
    number
        Which box, from 0.

    Raises
    ------
    ValueError
        Where there is no such box.
    """
    if not 0 <= number < len(found.boxes):
        raise ValueError(f"there is no box {number}: {len(found.boxes)} were found")
    box = found.boxes[number]
    fig = row_figure(
        [_name(limit) for limit in box.limits],
        (0.0, 1.0),
        title=typeset_text(found.where) if titled else NO_TEXT,
        axis=Text("", ""),
        margin=0.14,
    )
    fig.xaxis.visible = False
    fig.xgrid.grid_line_color = None
    for row, limit in enumerate(box.limits):
        _draw_limit(fig, -row, limit)
    write_note(fig, say_measures(box))
    localise(fig, lang)
    return fig


def _name(limit: Limit) -> Text:
    unit = unit_text(limit.unit)
    title = typeset_text(limit.title)
    return Text(
        f"{title.zh}（{unit.zh}）" if unit.zh else title.zh,
        f"{title.en} [{unit.en}]" if unit.en else title.en,
    )


def _draw_limit(fig: figure, y: int, limit: Limit) -> None:
    fig.hbar(y=[y], left=[0], right=[1], height=BAR, fill_color=REACH, line_color=None)
    if limit.only:
        write_beside(fig, [0.0], [y], [Text(*[", ".join(limit.only)] * 2)], right=True)
        return
    low, high = limit.reach
    span = high - low or 1.0
    start = 0.0 if limit.low is None else (limit.low - low) / span
    stop = 1.0 if limit.high is None else (limit.high - low) / span
    source = ColumnDataSource(
        {"y": [y], "left": [start], "right": [stop], "p": [f"{limit.p_value:.2g}"]}
    )
    drawn = fig.hbar(
        y="y", left="left", right="right", height=BAR, source=source, fill_color=ACCENT,
        line_color=INK, line_width=0.6,
    )  # fmt: skip
    tool = HoverTool(renderers=[drawn])
    set_words(tool, tooltips=([["准 p 值", "@p"]], [["Quasi-p-value", "@p"]]))
    fig.add_tools(tool)
    write_beside(fig, [0.0], [y], [_end(low, span)], right=False)
    write_beside(fig, [1.0], [y], [_end(high, span)], right=True)
    for end, place in ((limit.low, start), (limit.high, stop)):
        if end is not None:
            write_beside(fig, [place], [y + 0.36], [_end(end, span)], right=place < 0.5)


def _end(number: float, span: float) -> Text:
    shown = write_within(number, span)
    return Text(shown, shown)


def say_measures(box: Box) -> Text:
    """Density and coverage of a box, in one line."""
    dense, cover, held = (
        f"{100 * share:.0f}%" for share in (box.density, box.coverage, box.held_density)
    )
    return Text(
        f"灰条为样本范围；盒内出现的比例 {dense}（未参与寻找的成员 {held}）；"
        f"覆盖全部此类情形的 {cover}；{box.members:,} 个成员",
        f"Grey: range of the sample. Share of cases inside {dense} ({held} among members not"
        f" searched); covers {cover} of all cases; {box.members:,} members",
    )


def trade_off_chart(
    found: Discovery, number: int = 0, *, lang: Lang = "zh", height: int = 300, titled: bool = True
) -> figure:
    """The way to a box: how much purer it grew for what it no longer covers.

    Parameters
    ----------
    number
        Which box; its way is drawn also where no box was kept (0).
    """
    kept = number < len(found.boxes)
    way = found.boxes[number].trade_off if kept else found.trade_off
    fig = new_figure(
        (0.0, 105.0),
        (0.0, 108.0),
        height=height,
        title=typeset_text(found.where) if titled else NO_TEXT,
    )
    set_ticks(fig, (0, 25, 50, 75, 100), (0, 25, 50, 75, 100), 0)
    label_axis(
        fig,
        Text("覆盖：全部情形中的份额（%）", "Coverage: share of all cases, %"),
        Text("密度：盒内情形的比例（%）", "Density: share inside, %"),
    )
    source = ColumnDataSource(
        {
            "x": [100 * step.coverage for step in way],
            "y": [100 * step.density for step in way],
            "mass": [f"{100 * step.mass:.1f}%" for step in way],
            "count": [step.restricted for step in way],
        }
    )
    fig.line("x", "y", source=source, color=QUIET, line_width=1)
    dots = fig.scatter("x", "y", source=source, size=7, fill_color=ACCENT, line_color="#ffffff")
    tool = HoverTool(renderers=[dots])
    set_words(
        tool,
        tooltips=(
            [[label.zh, column] for label, column in STEP],
            [[label.en, column] for label, column in STEP],
        ),
    )
    fig.add_tools(tool)
    words = Text("点：剥离的每一步", "Dots: steps of peeling")
    if kept:
        box = found.boxes[number]
        fig.scatter(
            [100 * box.coverage],
            [100 * box.density],
            marker="diamond",
            size=15,
            fill_color=BRICK,
            line_color=INK,
        )
        words = Text(f"{words.zh}；菱形：选定的盒", f"{words.en}; diamond: the box that was kept")
    write_note(fig, words)
    localise(fig, lang)
    return fig
