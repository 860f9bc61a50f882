"""How uncertain an outcome is over time: percentiles of many members as a fan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure
from numpy.typing import NDArray

from haihe.text import Lang, Text
from haihe_viz import words
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import NO_TEXT, digits_of, element_title, head_with, title_of, unit_of
from haihe_viz.margins import write_note
from haihe_viz.names import Name, write_names
from haihe_viz.numbers import format_number
from haihe_viz.place import axis_ends, make_axis, step_digits, year_ticks
from haihe_viz.theme import LINES, Stroke, new_figure, set_ticks

PERCENTILES = (5, 25, 50, 75, 95)
MOST = 4
"""Most scenarios on one chart."""
ALL = Text("全部成员", "All members")


@dataclass(frozen=True, slots=True)
class Fan:
    """Percentiles of one scenario."""

    label: Text
    values: NDArray[np.float64]
    """(percentile, time)"""
    members: int
    stroke: Stroke


def fan_chart(
    data: xr.DataArray,
    *,
    lang: Lang = "zh",
    height: int = 280,
    titled: bool = True,
) -> figure:
    """Median, middle half and middle nine tenths of an outcome, a fan for each scenario.

    Parameters
    ----------
    data
        Outcome (member, time); with the coordinate `scenario` (member) there is a fan for each
        scenario. Members with a missing number are left out.
    height
        Height of the drawing [px].
    titled
        False where the page itself carries the title.
    """
    fans = make_fans(data)
    years = np.asarray(data["time"].values, dtype=float)
    axis = make_axis(*axis_ends(list(np.concatenate([fan.values.ravel() for fan in fans]))))
    fig = new_figure(
        (float(years[0]), float(years[-1])),
        (axis.start, axis.stop),
        height=height,
        title=head_with(title_of(data), unit_of(data)) if titled else NO_TEXT,
    )
    set_ticks(fig, year_ticks(years[0], years[-1]), axis.ticks, step_digits(axis.ticks))
    for fan in reversed(fans):
        _draw(fig, fan, years, digits_of(data), inner=len(fans) <= 2)
    ends = [Name(f.label, float(f.values[2, -1]), f.stroke.colour) for f in fans]
    write_names(fig, ends if len(fans) > 1 else _name_ends(fans[0]), height)
    write_note(fig, say_fans(fans))
    localise(fig, lang)
    return fig


def make_fans(data: xr.DataArray) -> list[Fan]:
    """Percentiles of each scenario, the first `MOST` of them."""
    values = np.asarray(data.transpose("member", "time").values)
    groups = _group(data)
    fans = []
    for place, (label, rows) in enumerate(groups[:MOST]):
        part = values[rows]
        part = part[np.isfinite(part).all(axis=1)]
        found = np.full((len(PERCENTILES), values.shape[1]), np.nan)
        for time in range(values.shape[1] if len(part) else 0):
            found[:, time] = np.percentile(part[:, time].astype(float), PERCENTILES)
        fans.append(Fan(label, found, len(part), LINES[place % len(LINES)]))
    return fans


def _group(data: xr.DataArray) -> list[tuple[Text, NDArray[np.int64]]]:
    if "scenario" not in data.coords:
        return [(ALL, np.arange(data.sizes["member"]))]
    labels = np.asarray(data["scenario"].values).astype(str)
    names, first = np.unique(labels, return_index=True)
    ordered = [str(names[i]) for i in np.argsort(first)]
    return [(element_title(data["scenario"], n), np.flatnonzero(labels == n)) for n in ordered]


def _draw(fig: figure, fan: Fan, years: NDArray[np.float64], digits: int, inner: bool) -> None:
    columns: dict[str, Any] = {"year": years.tolist(), "year_text": [f"{year:g}" for year in years]}
    for percent, row in zip(PERCENTILES, fan.values, strict=True):
        columns[f"p{percent}"] = row.tolist()
        columns[f"t{percent}"] = [format_number(v, digits) for v in row]
    source = ColumnDataSource(columns)
    colour = fan.stroke.colour
    bands = [("p5", "p95", 0.13)] + ([("p25", "p75", 0.26)] if inner else [])
    for low, high, alpha in bands:
        fig.varea(x="year", y1=low, y2=high, source=source, fill_color=colour, fill_alpha=alpha)
    for name in ("p5", "p95"):
        fig.line("year", name, source=source, color=colour, line_width=0.8, line_dash="dotted")
    line = fig.line(
        "year",
        "p50",
        source=source,
        color=colour,
        line_dash=fan.stroke.dash,
        line_width=fan.stroke.width,
    )
    tool = HoverTool(renderers=[line], mode="vline", line_policy="nearest")
    rows = [[f"{name} %", f"@t{name}"] for name in reversed(PERCENTILES)]
    set_words(
        tool,
        tooltips=(
            [[words.YEAR.zh, "@year_text"], *rows],
            [[words.YEAR.en, "@year_text"], *rows],
        ),
    )
    fig.add_tools(tool)


def _name_ends(fan: Fan) -> list[Name]:
    said = {
        0: Text("5%", "5 %"),
        2: Text("中位数", "Median"),
        4: Text("95%", "95 %"),
    }
    return [Name(text, float(fan.values[i, -1]), fan.stroke.colour) for i, text in said.items()]


def say_fans(fans: list[Fan]) -> Text:
    """What the bands are, and of how many members."""
    count = "、".join(f"{fan.members:,}" for fan in fans)
    en = ", ".join(f"{fan.members:,}" for fan in fans)
    if len(fans) <= 2:
        return Text(
            f"线为中位数，深带为中间50%，浅带为中间90%；成员数 {count}",
            f"Line: median; dark: middle 50 %; light: middle 90 %; members: {en}",
        )
    return Text(
        f"线为中位数，带为中间90%；成员数 {count}",
        f"Line: median; band: middle 90 %; members: {en}",
    )
