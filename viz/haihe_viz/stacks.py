"""What a total is made of: bands over time, and bars of a scenario beside its baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool
from bokeh.models.renderers import GlyphRenderer
from bokeh.plotting import figure
from numpy.typing import NDArray

from haihe.text import Lang, Text
from haihe_viz import words
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import NO_TEXT, digits_of, element_title, head_with, title_of, unit_of
from haihe_viz.lines import RUNS
from haihe_viz.names import Name, write_names, write_swatched
from haihe_viz.numbers import format_number
from haihe_viz.place import Axis, make_axis, step_digits, wrap_words, year_ticks
from haihe_viz.theme import (
    BORDER_BOTTOM,
    BORDER_TOP,
    FONT,
    HATCHES,
    INK,
    LABEL_SIZE,
    band_colour,
    ink_on,
    new_figure,
    set_ticks,
)

MIX_YEARS = (2021, 2025, 2030, 2035, 2060)
BAR_HEIGHT = 24
"""Height of a bar with its gap [px]."""
YEAR_GAP = 0.4
"""Distance between the bars of one year and the next, beyond a bar's own [bars]."""
KEY_STEP = 0.8
"""Height of a row of the key [bars]."""
KEY_WIDTH = 100
"""Room for a name in the key [px]; two of them fit beside each other on a phone."""
LEAST_WRITTEN = 9
"""Shares below this have no room for their number on a phone [%]."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of a total over time, values (time, part)."""

    title: Text
    unit: Text
    digits: int
    names: tuple[Text, ...]
    years: NDArray[np.float64]
    values: NDArray[np.float64]

    def shares(self) -> Parts:
        """The same as shares of the total [%]; parts below zero count as they are."""
        total = self.values.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(total != 0, 100 * self.values / total, np.nan)
        return Parts(self.title, words.SHARE_UNIT, 1, self.names, self.years, values)


def part_dimension(data: xr.DataArray) -> str:
    """The one dimension of an outcome that is neither member nor time.

    Raises
    ------
    ValueError
        Where there is not exactly one.
    """
    own = [str(dim) for dim in data.dims if dim not in ("member", "time")]
    if len(own) != 1:
        raise ValueError(f"{data.name}: one dimension of parts expected, found {own}")
    return own[0]


def parts_of(data: xr.DataArray, member: str | None = None) -> Parts:
    """Parts of an outcome (member, time, part), in one member."""
    one = data
    if "member" in data.dims:
        one = data.isel(member=0) if member is None else data.sel(member=member)
    dim = part_dimension(one)
    names = tuple(element_title(one[dim], element) for element in one[dim].values)
    return Parts(
        title_of(data),
        unit_of(data),
        digits_of(data),
        names,
        np.asarray(one["time"].values, dtype=float),
        np.asarray(one.transpose("time", dim).values, dtype=float),
    )


def stacked_area(
    data: xr.DataArray,
    *,
    member: str | None = None,
    share: bool = False,
    lang: Lang = "zh",
    height: int = 300,
    titled: bool = True,
) -> figure:
    """Parts of a total over time as bands, named at the right.

    Parameters
    ----------
    data
        Outcome (member, time, part) or (time, part).
    member
        Which member; the first by default.
    share
        Show shares of the total instead of amounts.
    """
    parts = parts_of(data, member)
    parts = parts.shares() if share else parts
    tops, bottoms = stack(parts.values)
    low, high = min(0.0, float(np.nanmin(bottoms))), float(np.nanmax(tops))
    axis = Axis(0, 100, (0, 25, 50, 75, 100)) if share and low == 0 else make_axis(low, high)
    title = head_with(parts.title, parts.unit) if titled else NO_TEXT
    years = parts.years
    fig = new_figure(
        (float(years[0]), float(years[-1])), (axis.start, axis.stop), height=height, title=title
    )
    set_ticks(fig, year_ticks(years[0], years[-1]), axis.ticks, step_digits(axis.ticks))
    _draw_bands(fig, parts, tops)
    middle = (tops[-1] + bottoms[-1]) / 2
    write_names(
        fig,
        [
            Name(name, float(middle[i]), band_colour(i), swatch=True)
            for i, name in enumerate(parts.names)
        ],
        height,
    )
    localise(fig, lang)
    return fig


def stack(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tops and bottoms of bands (time, part): what is above zero goes up, what is below, down."""
    up = np.cumsum(np.clip(values, 0, None), axis=1)
    down = np.cumsum(np.clip(values, None, 0), axis=1)
    above = values >= 0
    zero = np.zeros((values.shape[0], 1))
    tops = np.where(above, up, np.hstack([zero, down[:, :-1]]))
    bottoms = np.where(above, np.hstack([zero, up[:, :-1]]), down)
    return tops, bottoms


def _draw_bands(fig: figure, parts: Parts, tops: NDArray[np.float64]) -> None:
    columns: dict[str, Any] = {
        "year": parts.years.tolist(),
        "year_text": [f"{year:g}" for year in parts.years],
        "total": tops.max(axis=1).tolist(),
        "total_text": [format_number(v, parts.digits) for v in parts.values.sum(axis=1)],
    }
    bands = []
    for i in range(len(parts.names)):
        columns[f"v{i}"] = [format_number(v, parts.digits) for v in parts.values[:, i]]
        for side, outer, inner in _sides(parts.values, i):
            columns[f"o{i}{side}"], columns[f"i{i}{side}"] = outer.tolist(), inner.tolist()
            bands.append((i, side))
    source = ColumnDataSource(columns)
    for i, side in bands:
        edges = (f"i{i}{side}", f"o{i}{side}")
        fig.varea("year", *edges, source=source, fill_color=band_colour(i), **_hatch(i))
        fig.line("year", edges[1], source=source, color="#ffffff", line_width=1)
    fig.add_tools(_band_hover(parts, fig.line("year", "total", source=source, line_alpha=0)))


def _sides(
    values: NDArray[np.float64], i: int
) -> Iterator[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    """Outer and inner edge (time,) of what a part has above zero, and of what it has below.

    They are two bands: one that went from the one stack over to the other would cut through all
    that lies between them.
    """
    for side, ends in (("u", (0.0, None)), ("d", (None, 0.0))):
        own = np.clip(values, *ends)
        if own[:, i].any():
            edges = np.cumsum(own, axis=1)
            yield side, edges[:, i], edges[:, i] - own[:, i]


def _hatch(i: int, alpha: float = 0.4) -> dict[str, Any]:
    return {
        "hatch_pattern": HATCHES[i % len(HATCHES)],
        "hatch_color": "#ffffff" if ink_on(band_colour(i)) != INK else "#7c8a92",
        "hatch_alpha": alpha,
        "hatch_scale": 8,
        "hatch_weight": 1,
    }


def _band_hover(parts: Parts, renderer: GlyphRenderer[Any]) -> HoverTool:
    rows = [(words.YEAR, "@year_text")]
    rows += [(name, f"@v{i}") for i, name in reversed(list(enumerate(parts.names)))]
    if parts.unit != words.SHARE_UNIT:
        rows.append((words.TOTAL, "@total_text"))
    tool = HoverTool(renderers=[renderer], mode="vline", line_policy="nearest")
    set_words(
        tool,
        tooltips=(
            [[label.zh, column] for label, column in rows],
            [[label.en, column] for label, column in rows],
        ),
    )
    return tool


def mix_bars(
    data: xr.DataArray,
    scenario: str | None = None,
    baseline: str | None = None,
    *,
    years: Sequence[float] = MIX_YEARS,
    lang: Lang = "zh",
    titled: bool = True,
    key: bool = True,
) -> figure:
    """Shares of a total in some years, the scenario above its baseline, under a key.

    Years up to the base year, where both are the same, have one bar.
    """
    members = [m for m in (scenario, baseline) if m]
    bars = _bars(data, members, years)
    names = parts_of(data, scenario).names
    top = 0.7 + (KEY_STEP * -(-len(names) // 2) if key else 0)
    low = bars[-1].y - 0.6
    fig = new_figure(
        (0, 100),
        (low, top),
        height=round(BAR_HEIGHT * (top - low)) + BORDER_TOP + BORDER_BOTTOM,
        title=head_with(title_of(data), words.SHARE_UNIT) if titled else NO_TEXT,
    )
    set_ticks(fig, (0, 25, 50, 75, 100), (), 0)
    fig.ygrid.grid_line_color = None
    _name_bars(fig, bars)
    _draw_bars(fig, bars)
    if key:
        _write_key(fig, names, top)
    localise(fig, lang)
    return fig


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its place from the top down, its shares [%]."""

    label: Text
    y: float
    shares: NDArray[np.float64]


def _bars(data: xr.DataArray, members: Sequence[str], years: Sequence[float]) -> list[Bar]:
    chosen: Sequence[str | None] = members or [None]
    mixes = [parts_of(data, member).shares() for member in chosen]
    bars: list[Bar] = []
    for year in years:
        (at,) = np.nonzero(np.abs(mixes[0].years - year) < 1e-6)
        if at.size == 0:
            continue
        shares = [mix.values[at[0]] for mix in mixes]
        y = bars[-1].y - 1 - YEAR_GAP if bars else 0.0
        if len(shares) == 1 or np.array_equal(shares[0], shares[1], equal_nan=True):
            bars.append(Bar(Text(f"{year:g}", f"{year:g}"), y, shares[0]))
            continue
        for place, (run, share) in enumerate(zip(RUNS, shares, strict=True)):
            label = Text(f"{year:g} {run.zh}", f"{year:g} {run.en}")
            bars.append(Bar(label, y - place, share))
    return bars


def _name_bars(fig: figure, bars: Sequence[Bar]) -> None:
    fig.yaxis.ticker = FixedTicker(ticks=[bar.y for bar in bars])
    set_words(
        fig.yaxis[0],
        major_label_overrides=(
            {bar.y: bar.label.zh for bar in bars},
            {bar.y: bar.label.en for bar in bars},
        ),
    )


def _draw_bars(fig: figure, bars: Sequence[Bar]) -> None:
    """Draw the parts of every bar, and write the shares that have room."""
    shares = np.array([bar.shares for bar in bars])
    tops, bottoms = stack(shares)
    for i in range(shares.shape[1]):
        source = ColumnDataSource(
            {
                "y": [bar.y for bar in bars],
                "left": bottoms[:, i].tolist(),
                "right": tops[:, i].tolist(),
                "middle": ((tops[:, i] + bottoms[:, i]) / 2).tolist(),
                "text": [format_number(v, 0) if v >= LEAST_WRITTEN else "" for v in shares[:, i]],
            }
        )
        fig.hbar(
            "y",
            0.78,
            "right",
            "left",
            source=source,
            fill_color=band_colour(i),
            line_color="#ffffff",
            line_width=1,
            **_hatch(i, 0.22),
        )
        fig.text(
            "middle",
            "y",
            "text",
            source=source,
            text_font=value(FONT),
            text_font_size="11px",
            text_color=ink_on(band_colour(i)),
            text_align="center",
            text_baseline="middle",
        )


def _write_key(fig: figure, names: Sequence[Text], top: float) -> None:
    """A key in two columns above the bars. (Bokeh's own legend loses its size in SVG.)"""
    source = ColumnDataSource(
        {
            "x": [50.0 * (i % 2) for i in range(len(names))],
            "y": [top - KEY_STEP * (i // 2 + 0.4) for i in range(len(names))],
            "zh": [wrap_words(name.zh, LABEL_SIZE, KEY_WIDTH).split("\n")[0] for name in names],
            "en": [wrap_words(name.en, LABEL_SIZE, KEY_WIDTH).split("\n")[0] for name in names],
            "colour": [band_colour(i) for i in range(len(names))],
        }
    )
    write_swatched(fig, source, offset=0)
