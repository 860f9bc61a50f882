"""One quantity against another over many members: dots, or where there are many, their density."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure
from numpy.typing import NDArray

from haihe.text import Lang, Text, Words
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import title_of, unit_of
from haihe_viz.margins import write_note
from haihe_viz.place import make_axis, step_digits
from haihe_viz.rows import label_axis
from haihe_viz.theme import ACCENT, BRICK, new_figure, set_ticks

MOST_DOTS = 1500
"""More members than this are counted in cells."""
CELLS = (48, 36)
SHADES = ("#e3edf1", "#c2dae3", "#9cc3d5", "#6aa5b8", "#3a859b", "#0f6479", "#0b4152")
"""From few members to many, ever darker."""


def density_chart(
    x: xr.DataArray,
    y: xr.DataArray,
    *,
    title: Words = "",
    trend: bool = True,
    lang: Lang = "zh",
    height: int = 340,
) -> figure:
    """An outcome against a factor, or against another outcome.

    Parameters
    ----------
    x, y
        Values of the same members (member,). Members with a missing number are left out.
    trend
        Draw the median of y in twelve equal parts of the members along x.
    """
    one, other = (np.asarray(data.values, dtype=float) for data in (x, y))
    known = np.isfinite(one) & np.isfinite(other)
    one, other = one[known], other[known]
    across, up = (_axis(values) for values in (one, other))
    fig = new_figure((across.start, across.stop), (up.start, up.stop), height=height, title=title)
    set_ticks(fig, across.ticks, up.ticks, step_digits(up.ticks))
    label_axis(fig, _label(x), _label(y))
    if len(one) <= MOST_DOTS:
        fig.scatter(one, other, size=4, fill_color=ACCENT, fill_alpha=0.45, line_color=None)
        said = Text(f"{len(one):,} 个成员", f"{len(one):,} members")
    else:
        said = _draw_cells(fig, one, other, (across.start, across.stop), (up.start, up.stop))
    if trend and len(np.unique(one[:1000])) > 1:
        _draw_trend(fig, one, other)
        said = Text(f"{said.zh}；红线：中位数", f"{said.en}; red: median")
    write_note(fig, said)
    localise(fig, lang)
    return fig


def _axis(values: NDArray[np.float64]):  # type: ignore[no-untyped-def]
    if not len(values):
        return make_axis(0.0, 1.0)
    return make_axis(float(values.min()), float(values.max()))


def _label(data: xr.DataArray) -> Text:
    title, unit = title_of(data), unit_of(data)
    return Text(
        f"{title.zh}（{unit.zh}）" if unit.zh else title.zh,
        f"{title.en} [{unit.en}]" if unit.en else title.en,
    )


def _draw_cells(
    fig: figure,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    across: tuple[float, float],
    up: tuple[float, float],
) -> Text:
    counts, xs, ys = np.histogram2d(x, y, bins=CELLS, range=(across, up))
    column, row = np.nonzero(counts)
    number = counts[column, row].astype(int)
    # Shades go by the square root: a cell of one is still seen beside one of ten thousand.
    level = np.sqrt(number / number.max()) * len(SHADES)
    shade = [SHADES[min(int(v), len(SHADES) - 1)] for v in level]
    source = ColumnDataSource(
        {
            "left": xs[column].tolist(),
            "right": xs[column + 1].tolist(),
            "bottom": ys[row].tolist(),
            "top": ys[row + 1].tolist(),
            "shade": shade,
            "number": [f"{n:,}" for n in number],
        }
    )
    drawn = fig.quad(
        left="left", right="right", bottom="bottom", top="top", source=source, fill_color="shade",
        line_color=None,
    )  # fmt: skip
    tool = HoverTool(renderers=[drawn])
    set_words(tool, tooltips=([["成员数", "@number"]], [["Members", "@number"]]))
    fig.add_tools(tool)
    return Text(
        f"{len(x):,} 个成员，颜色越深越多（最深的格 {number.max():,} 个）",
        f"{len(x):,} members; the darker the more (darkest cell: {number.max():,})",
    )


def _draw_trend(fig: figure, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    edges = np.unique(np.quantile(x, np.linspace(0, 1, 13)))
    label = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, max(len(edges) - 2, 0))
    parts = [label == k for k in range(len(edges) - 1)]
    points = [(np.median(x[part]), np.median(y[part])) for part in parts if part.any()]
    fig.line(*zip(*points), color=BRICK, line_width=2)
