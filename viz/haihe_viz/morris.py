"""The Morris plane: how much each factor moves an outcome, and how unevenly."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.models.renderers import GlyphRenderer
from bokeh.plotting import figure

from haihe.text import Lang, Text
from haihe_viz.bilingual import localise, set_words
from haihe_viz.indices import factor_titles, head_of, order_factors
from haihe_viz.labels import NO_TEXT, unit_text
from haihe_viz.margins import LANGS, make_room, write_note
from haihe_viz.names import ROOM, WIDEST
from haihe_viz.place import make_axis, spread, step_digits, wrap_words
from haihe_viz.rows import label_axis
from haihe_viz.theme import ACCENT, FONT, INK, LABEL_SIZE, QUIET, new_figure, set_ticks


def morris_plane(
    found: xr.Dataset, *, named: int = 8, lang: Lang = "zh", height: int = 380, titled: bool = True
) -> figure:
    """Each factor at (mu_star, sigma); above the line its effect is far from straight.

    Parameters
    ----------
    found
        What `measure_sensitivity` gives with the method morris, of one year.
    named
        How many factors have their name written; the others show it under the pointer.
    """
    star, sigma = found["mu_star"].to_numpy(), found["sigma"].to_numpy()
    conf = found["mu_star_conf"].to_numpy()
    reach = float(np.nanmax(star + conf, initial=1e-12))
    x = make_axis(0.0, 1.35 * reach)
    y = make_axis(0.0, 1.08 * float(np.nanmax(sigma, initial=0.1 * reach)))
    fig = new_figure(
        (x.start, x.stop),
        (y.start, y.stop),
        height=height,
        title=head_of(found) if titled else NO_TEXT,
    )
    set_ticks(fig, x.ticks, y.ticks, step_digits(y.ticks))
    unit = unit_text(str(found.attrs["units"]))
    label_axis(
        fig,
        Text(f"影响大小 μ*（{unit.zh}）", f"Size of the effect, mu* [{unit.en}]"),
        Text(f"影响随处境的变化 σ（{unit.zh}）", f"How it varies, sigma [{unit.en}]"),
    )
    end = min(x.stop, y.stop)
    fig.line([0, end], [0, end], color=QUIET, line_dash="dashed", line_width=1)
    titles = factor_titles(found)
    source = ColumnDataSource(
        {
            "x": star.tolist(),
            "y": sigma.tolist(),
            "low": (star - conf).tolist(),
            "high": (star + conf).tolist(),
            "zh": [title.zh for title in titles],
            "en": [title.en for title in titles],
            "shown": [f"{m:.3g} ± {c:.2g}" for m, c in zip(star, conf)],
            "spread": [f"{s:.3g}" for s in sigma],
        }
    )
    fig.segment("low", "y", "high", "y", source=source, line_color=QUIET)
    dots = fig.scatter("x", "y", source=source, size=9, fill_color=ACCENT, line_color="#ffffff")
    _hover(fig, dots)
    _name_dots(fig, found, titles, named, (y.stop - y.start) / (height - 110))
    write_note(
        fig,
        Text(
            "横线为μ*的95%区间；虚线以上：影响很不均匀（非线性或与其他因素相互作用）",
            "Lines: 95 % intervals of mu*; above the dashed line effects are far from straight or"
            " hang on other factors",
        ),
    )
    localise(fig, lang)
    return fig


def _hover(fig: figure, dots: GlyphRenderer[Any]) -> None:
    tool = HoverTool(renderers=[dots])
    set_words(
        tool,
        tooltips=(
            [["因素", "@zh"], ["μ*", "@shown"], ["σ", "@spread"]],
            [["Factor", "@en"], ["mu*", "@shown"], ["sigma", "@spread"]],
        ),
    )
    fig.add_tools(tool)


def _name_dots(
    fig: figure, found: xr.Dataset, titles: list[Text], named: int, pixel: float
) -> None:
    """Names at the right of the greatest dots, moved apart upwards and downwards."""
    chosen = [int(i) for i in order_factors(found)[:named]]
    ys = [float(found["sigma"][i]) for i in chosen]
    low, high = float(fig.y_range.start), float(fig.y_range.end)  # type: ignore[attr-defined]
    names = [
        Text(*(wrap_words(titles[i].get(g), LABEL_SIZE, WIDEST) for g in LANGS)) for i in chosen
    ]
    rooms = [ROOM[1 + max(name.zh.count("\n"), name.en.count("\n"))] * pixel for name in names]
    edge = max(rooms, default=0.0) / 2
    placed = spread(ys, rooms, low + edge, high - edge)
    conf = found["mu_star_conf"].to_numpy()
    ends = [float(found["mu_star"][i]) + float(np.nan_to_num(conf[i])) for i in chosen]
    source = ColumnDataSource(
        {
            "x": ends,
            "y": placed,
            "zh": [name.zh for name in names],
            "en": [name.en for name in names],
        }
    )
    written = fig.text(
        x="x",
        y="y",
        text="zh",
        x_offset=8,
        text_line_height=1.15,
        text_baseline="middle",
        text_color=INK,
        text_font=value(FONT),
        text_font_size=f"{LABEL_SIZE}px",
        source=source,
    )
    set_words(written.glyph, text=({"field": "zh"}, {"field": "en"}))
    widest = [Text(*(max(n.get(g).split("\n"), key=len) for g in LANGS)) for n in names]
    make_room(fig, ends, widest, right=True)
