"""Parallel coordinates: members, or plans, as lines across several axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from numpy.typing import NDArray

from haihe.text import Lang, Text, Words
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import title_of, typeset_text, unit_of, unit_text, with_unit
from haihe_viz.margins import keep_frame, write_note
from haihe_viz.place import wrap_words
from haihe_viz.rows import write_within
from haihe_viz.theme import ACCENT, BRICK, FONT, INK, LABEL_SIZE, QUIET, new_figure

MOST_LINES = 250
"""Most lines of each kind; of more, some are drawn at random."""
WIDEST = 120
PLAN_COLOURS = (ACCENT, BRICK, "#6d5f8d", "#8a7a2f", INK)


def parallel_chart(
    columns: Sequence[xr.DataArray],
    chosen: NDArray[np.bool_] | None = None,
    *,
    title: Words = "",
    what: Text | None = None,
    lang: Lang = "zh",
    height: int = 340,
    seed: int = 0,
) -> figure:
    """Members as lines from axis to axis; those that are chosen stand out.

    Parameters
    ----------
    columns
        What the axes show (member,), factors or outcomes, each with its own scale.
    chosen
        Members that stand out (member,); none by default.
    what
        What the chosen ones are.
    seed
        Of the draw where there are too many members to draw a line for each.
    """
    table = np.stack([np.asarray(column.values, dtype=float) for column in columns], axis=1)
    whole = np.isfinite(table).all(axis=1)
    marked = np.zeros(len(table), dtype=bool) if chosen is None else np.asarray(chosen)
    low = np.min(table[whole], axis=0, initial=np.inf)
    high = np.max(table[whole], axis=0, initial=-np.inf)
    titles = [title_of(column) for column in columns]
    ends = [[_write(v, b - a, column) for v in (a, b)] for a, b, column in zip(low, high, columns)]
    fig = _axes(titles, ends, title, height)
    span = np.where(high > low, high - low, 1.0)
    generator = np.random.default_rng([seed, len(table)])
    drawn = []
    for mask, colour, alpha in ((whole & ~marked, "#9aa6ad", 0.35), (whole & marked, BRICK, 0.5)):
        rows = np.flatnonzero(mask)
        if len(rows) > MOST_LINES:
            rows = np.sort(generator.choice(rows, MOST_LINES, replace=False))
        drawn.append(len(rows))
        _lines(fig, (table[rows] - low) / span, colour, alpha)
    write_note(fig, _say(drawn, int((whole & ~marked).sum()), int((whole & marked).sum()), what))
    localise(fig, lang)
    return fig


def plan_lines(
    found: xr.Dataset,
    values: xr.DataArray,
    *,
    title: Words = "",
    lang: Lang = "zh",
    height: int = 340,
) -> figure:
    """Plans as lines across outcomes, the better end of each axis on top.

    Parameters
    ----------
    found
        What `compare_plans` gives.
    values
        One of its measures (plan, outcome). Plans that are not dominated are solid, the others
        dashed.
    """
    better = np.where(found["better"].values == "higher", 1.0, -1.0)
    table = np.asarray(values.transpose("plan", "outcome").values, dtype=float)
    signed = table * better
    low, high = signed.min(axis=0), signed.max(axis=0)
    pairs = zip(found["title_zh"].values, found["title_en"].values)
    titles = [typeset_text(Text(str(zh), str(en))) for zh, en in pairs]
    units = [str(unit) for unit in found["unit"].values]
    ends = [
        [with_unit(write_within(v * b, c - a), unit_text(u)) for v in (a, c)]
        for a, c, b, u in zip(low, high, better, units)
    ]
    fig = _axes(titles, ends, title, height)
    span = np.where(high > low, high - low, 1.0)
    names = []
    for place, row in enumerate((signed - low) / span):
        colour = PLAN_COLOURS[place % len(PLAN_COLOURS)]
        solid = bool(found["pareto"].values[place])
        fig.line(
            list(range(len(row))),
            row.tolist(),
            color=colour,
            line_width=2.2 if solid else 1.4,
            line_dash="solid" if solid else "dashed",
        )
        names.append((str(found["plan"].values[place]), float(row[-1]), colour))
    _name_plans(fig, names, height)
    write_note(
        fig,
        Text(
            "各轴上端为好；实线：不被其他方案支配",
            "The better end of each axis is on top; solid: no other plan is better in everything",
        ),
    )
    localise(fig, lang)
    return fig


def _name_plans(fig: figure, names: Sequence[tuple[str, float, str]], height: int) -> None:
    from haihe_viz.names import Name, write_names

    write_names(fig, [Name(Text(n, n), y, colour) for n, y, colour in names], height)


def _axes(
    titles: Sequence[Text], ends: Sequence[Sequence[Text]], title: Words, height: int
) -> figure:
    count = len(titles)
    fig = new_figure((-0.45, count - 0.55), (-0.13, 1.22), height=height, title=title)
    fig.xaxis.visible = fig.yaxis.visible = False
    fig.xgrid.grid_line_color = fig.ygrid.grid_line_color = None
    keep_frame(fig, round(count * WIDEST * 1.05))
    places = list(range(count))
    fig.segment(places, [0.0] * count, places, [1.0] * count, color=INK, line_width=1)
    wrapped = [Text(_wrap(words.zh), _wrap(words.en)) for words in titles]
    _write_words(fig, places, [1.07] * count, wrapped, "bottom", INK)
    _write_words(fig, places, [1.015] * count, [end[1] for end in ends], "bottom", QUIET)
    _write_words(fig, places, [-0.015] * count, [end[0] for end in ends], "top", QUIET)
    return fig


def _lines(fig: figure, rows: NDArray[np.float64], colour: str, alpha: float) -> None:
    if not len(rows):
        return
    xs = [list(range(rows.shape[1]))] * len(rows)
    ys = [[round(float(v), 4) for v in row] for row in rows]
    source = ColumnDataSource({"xs": xs, "ys": ys})
    fig.multi_line("xs", "ys", source=source, line_color=colour, line_alpha=alpha, line_width=0.9)


def _write_words(
    fig: figure,
    x: Sequence[float],
    y: Sequence[float],
    words: Sequence[Text],
    baseline: str,
    colour: str,
) -> None:
    source = ColumnDataSource(
        {"x": list(x), "y": list(y), "zh": [w.zh for w in words], "en": [w.en for w in words]}
    )
    written = fig.text(
        x="x",
        y="y",
        text="zh",
        text_align="center",
        text_baseline=baseline,
        text_color=colour,
        text_font=value(FONT),
        text_font_size=f"{LABEL_SIZE if colour == INK else LABEL_SIZE - 1}px",
        text_line_height=1.15,
        source=source,
    )
    set_words(written.glyph, text=({"field": "zh"}, {"field": "en"}))


def _write(number: float, span: float, column: xr.DataArray) -> Text:
    return with_unit(write_within(number, span), unit_of(column))


def _wrap(text: str) -> str:
    return wrap_words(text, LABEL_SIZE, WIDEST)


def _say(drawn: Sequence[int], rest: int, marked: int, what: Text | None) -> Text:
    zh = f"灰线：{rest:,} 个成员" + (f"中的 {drawn[0]} 个" if drawn[0] < rest else "")
    en = f"Grey: {drawn[0]:,}" + (f" of {rest:,}" if drawn[0] < rest else "") + " members"
    if marked:
        name = what or Text("选出的成员", "chosen members")
        zh += f"；红线：{name.zh}，{marked:,} 个" + (
            f"中的 {drawn[1]} 个" if drawn[1] < marked else ""
        )
        en += f"; red: {name.en}, {drawn[1]:,}" + (f" of {marked:,}" if drawn[1] < marked else "")
    return Text(zh, en)
