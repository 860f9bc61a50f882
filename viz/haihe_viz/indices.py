"""Sensitivity indices: bars with their intervals for one year, lines over time."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.models.annotations import Span
from bokeh.plotting import figure
from numpy.typing import NDArray

from haihe.text import Lang, Text
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import NO_TEXT, typeset, typeset_text, unit_text
from haihe_viz.lines import Drawing, Line, draw_lines
from haihe_viz.margins import write_note
from haihe_viz.rows import row_figure
from haihe_viz.theme import ACCENT, BRICK, INK, LINES

NAMES = {
    "ST": Text("总效应指数 ST", "Total index ST"),
    "S1": Text("一阶指数 S1", "First-order index S1"),
    "PAWN": Text("PAWN 指数", "PAWN index"),
    "mu_star": Text("基本效应 μ*", "Elementary effect mu*"),
    "SRRC": Text("秩回归系数", "Rank regression coefficient"),
    "swing": Text("摆幅", "Swing"),
}
FEWEST, NEGLIGIBLE = 5, 0.01
"""Factors beyond the first few are left out below this part of the greatest index."""
WHOLE = "#9cc3d5"
"""Fill of a total index, of which the first-order index is a part."""


def index_bars(
    found: xr.Dataset, *, most: int = 12, lang: Lang = "zh", titled: bool = True
) -> figure:
    """Indices of one year as bars with 95 % intervals, the most important factor on top.

    Parameters
    ----------
    found
        What `measure_sensitivity` gives, of one year.
    most
        Most factors.
    """
    name = str(found.attrs["importance"])
    order = _worth_showing(found, most)
    index = found[name].to_numpy()[order]
    conf = _interval(found, name)[order]
    inner = "S1" if name == "ST" and "S1" in found else ""
    edge = [0.0, *np.nan_to_num(index + conf), *np.nan_to_num(index - conf)]
    axis = NAMES[name]
    if name in ("mu_star", "swing"):
        unit = unit_text(str(found.attrs["units"]))
        axis = Text(f"{axis.zh}（{unit.zh}）", f"{axis.en} [{unit.en}]")
    fig = row_figure(
        [factor_titles(found)[i] for i in order],
        (min(edge), max(edge) or 1.0),
        title=head_of(found) if titled else NO_TEXT,
        axis=axis,
    )
    _bars(fig, name, index, conf, 0.58, WHOLE if inner else ACCENT)
    if inner:
        _bars(
            fig, inner, found["S1"].to_numpy()[order], _interval(found, "S1")[order], 0.26, ACCENT
        )
    noise = f"{name}_noise"
    if noise in found:
        level = float(found[noise])
        fig.add_layout(
            Span(location=level, dimension="height", line_color=BRICK, line_dash="dashed")
        )
    write_note(fig, _note(found, inner, noise in found, found.sizes["factor"] - len(order)))
    localise(fig, lang)
    return fig


def _bars(
    fig: figure,
    name: str,
    index: NDArray[np.float64],
    conf: NDArray[np.float64],
    height: float,
    colour: str,
) -> None:
    rows = -np.arange(len(index), dtype=float)
    source = ColumnDataSource(
        {
            "y": rows.tolist(),
            "index": index.tolist(),
            "low": (index - conf).tolist(),
            "high": (index + conf).tolist(),
            "shown": [f"{i:.3g} ± {c:.2g}" for i, c in zip(index, conf)],
        }
    )
    drawn = fig.hbar(
        y="y", left=0, right="index", height=height, source=source, fill_color=colour,
        line_color=INK, line_width=0.5,
    )  # fmt: skip
    fig.segment("low", "y", "high", "y", source=source, line_color=INK, line_width=1.2)
    tool = HoverTool(renderers=[drawn])
    words = NAMES[name]
    set_words(tool, tooltips=([[words.zh, "@shown"]], [[words.en, "@shown"]]))
    fig.add_tools(tool)


def _note(found: xr.Dataset, inner: str, noise: bool, left: int) -> Text:
    zh, en = ["横线为95%区间"], ["lines: 95 % intervals"]
    if inner:
        zh.insert(0, "浅色宽条：总效应；深色窄条：一阶")
        en.insert(0, "light: total; dark: first order")
    if noise:
        zh.append("虚线：无影响的因素低于此值")
        en.append("dashed: a factor without influence stays below")
    if found.attrs["converged"] == "no":
        zh.append("尚未收敛")
        en.append("not converged")
    if left:
        zh.append(f"另有 {left} 个因素")
        en.append(f"{left} more factors")
    whole = "; ".join(en)
    return Text("；".join(zh), whole[0].upper() + whole[1:])


def index_course(
    found: xr.Dataset,
    *,
    most: int = 5,
    lang: Lang = "zh",
    height: int = 280,
    titled: bool = True,
) -> figure:
    """Indices of the most important factors over time, one line for each.

    Parameters
    ----------
    found
        What `measure_sensitivity` gives, over time. Years in which the outcome does not vary have
        no index, and the lines begin after them.
    """
    name = str(found.attrs["importance"])
    titles = factor_titles(found)
    years = found["time"].to_numpy().astype(float)
    values = found[name].to_numpy()
    known = np.isfinite(values).any(axis=0)
    years, values = (years[known], values[:, known]) if known.any() else (years, values)
    lines = tuple(
        Line(titles[i], years, values[i], LINES[place % len(LINES)])
        for place, i in enumerate(order_factors(found)[:most])
    )
    words = NAMES[name]
    about = Text(*(typeset(str(found.attrs[f"title_{g}"])) for g in ("zh", "en")))
    title = Text(f"{about.zh}：{words.zh}", f"{about.en}: {words.en}")
    plain = name not in ("mu_star", "swing")
    unit = Text("", "") if plain else unit_text(str(found.attrs["units"]))
    return draw_lines(Drawing(title, unit, 2, lines), lang=lang, height=height, titled=titled)


def order_factors(found: xr.Dataset) -> NDArray[np.int64]:
    """Positions of the factors, the most important first; over time by the mean over years."""
    values = np.abs(found[str(found.attrs["importance"])].to_numpy())
    if values.ndim > 1:
        values = np.nan_to_num(values).mean(axis=1)
    return np.argsort(-np.nan_to_num(values, nan=-1.0), kind="stable").astype(np.int64)


def _worth_showing(found: xr.Dataset, most: int) -> NDArray[np.int64]:
    """Factors that a bar can be seen of, the most important first."""
    order = order_factors(found)[:most]
    size = np.abs(np.nan_to_num(found[str(found.attrs["importance"])].to_numpy()))[order]
    seen = size > NEGLIGIBLE * (size[0] if len(size) else 0.0)
    return np.asarray(order[seen | (np.arange(len(order)) < FEWEST)])


def factor_titles(found: xr.Dataset) -> list[Text]:
    """Titles of the factors, formulae set."""
    pairs = zip(found["title_zh"].values, found["title_en"].values)
    return [typeset_text(Text(str(zh), str(en))) for zh, en in pairs]


def head_of(found: xr.Dataset) -> Text:
    """What a chart of sensitivity is of."""
    zh, en = (typeset(str(found.attrs[f"title_{g}"])) for g in ("zh", "en"))
    scenario = str(found.attrs.get("scenario") or "")
    mark = f" · {scenario}" if scenario else ""
    return Text(f"{zh}取决于什么{mark}", f"What decides: {en}{mark}")


def _interval(found: xr.Dataset, name: str) -> NDArray[np.float64]:
    conf = f"{name}_conf"
    size = found.sizes["factor"]
    return np.asarray(found[conf].to_numpy() if conf in found else np.zeros(size), dtype=float)
