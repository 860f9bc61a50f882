"""Lines over time: a scenario against its baseline, with what was observed and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.models.annotations import BoxAnnotation
from bokeh.models.renderers import GlyphRenderer
from bokeh.plotting import figure
from numpy.typing import NDArray

from haihe.text import Lang, Text
from haihe_viz import words
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import (
    NO_TEXT,
    digits_of,
    element_title,
    grade_of,
    head_with,
    title_of,
    unit_of,
)
from haihe_viz.names import Name, write_names
from haihe_viz.numbers import format_number
from haihe_viz.place import axis_ends, make_axis, step_digits, year_ticks
from haihe_viz.theme import (
    FIRST_LINES,
    INK,
    LINES,
    PAST,
    SECOND_LINES,
    Stroke,
    new_figure,
    set_ticks,
)

RUNS = (words.SCENARIO, words.BASELINE)
BASE_YEAR = 2021
"""The last year before the plan."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart."""

    label: Text
    years: NDArray[np.float64]
    values: NDArray[np.float64]
    stroke: Stroke
    named: bool = True
    """Write the label at the line's end; a baseline of a second outcome goes without."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that is asked for in a year."""

    year: float
    value: float


@dataclass(frozen=True, slots=True)
class Observed:
    """What was measured."""

    years: NDArray[np.float64]
    values: NDArray[np.float64]
    grade: str = ""


NOTHING = Observed(np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that a chart of lines shows."""

    title: Text
    unit: Text
    digits: int
    lines: tuple[Line, ...]
    observed: Observed = NOTHING
    marks: tuple[Mark, ...] = field(default=())

    def reach(self) -> tuple[float, float]:
        """Least and greatest value, for the axis."""
        values = [line.values for line in self.lines] + [self.observed.values]
        return axis_ends([*np.concatenate(values), *(mark.value for mark in self.marks)])


def line_chart(
    data: xr.DataArray,
    history: xr.DataArray | None = None,
    *,
    members: Sequence[str] | None = None,
    marks: Sequence[Mark] = (),
    lang: Lang = "zh",
    height: int = 240,
    titled: bool = True,
) -> figure:
    """An outcome over time, one line for each member.

    Parameters
    ----------
    data
        Outcome (member, time) or (time,), with attrs title_zh, title_en, units, digits.
    history
        What was observed (time,), in the same unit.
    members
        Which members, the scenario first and the baseline second; all by default.
    marks
        Targets.
    height
        Height of the drawing [px].
    titled
        False where the page itself carries the title.
    """
    return draw_lines(
        Drawing(
            title_of(data),
            unit_of(data),
            digits_of(data),
            member_lines(data, members),
            observe(history, data),
            tuple(marks),
        ),
        lang=lang,
        height=height,
        titled=titled,
    )


def compare_chart(
    first: xr.DataArray,
    second: xr.DataArray,
    labels: tuple[Text, Text] | None = None,
    *,
    title: Text,
    members: Sequence[str] | None = None,
    marks: Sequence[Mark] = (),
    lang: Lang = "zh",
    height: int = 260,
    titled: bool = True,
) -> figure:
    """Two outcomes of one unit on one chart; the dash tells the baseline from the scenario.

    Parameters
    ----------
    first, second
        Outcomes (member, time).
    labels
        What tells them apart; their titles by default.
    members
        The scenario, and the baseline where there is one; the first two by default.
    """
    chosen = [str(m) for m in (first["member"].values[:2] if members is None else members)]
    named = labels or (title_of(first), title_of(second))
    lines = []
    for data, label, strokes in zip(
        (first, second), named, (FIRST_LINES, SECOND_LINES), strict=True
    ):
        for place, (member, run) in enumerate(zip(chosen, RUNS, strict=False)):
            one = data.sel(member=member)
            whole = Text(f"{label.zh} {run.zh}", f"{label.en} {run.en}")
            shown = label if place == 0 else whole
            lines.append(Line(shown, _years(one), _floats(one), strokes[place], place == 0))
    drawing = Drawing(title, unit_of(first), digits_of(first), tuple(lines), marks=tuple(marks))
    return draw_lines(drawing, lang=lang, height=height, titled=titled)


def member_lines(data: xr.DataArray, members: Sequence[str] | None = None) -> tuple[Line, ...]:
    """Lines of an outcome, one for each member.

    Two members that are named are the scenario and the baseline, and are called so.
    """
    if "member" not in data.dims:
        return (Line(words.SCENARIO, _years(data), _floats(data), LINES[0]),)
    chosen = [str(m) for m in (data["member"].values if members is None else members)]
    titles = (
        [element_title(data["member"], member) for member in chosen] if members is None else RUNS
    )
    return tuple(
        Line(title, _years(data), _floats(data.sel(member=member)), LINES[place % len(LINES)])
        for place, (member, title) in enumerate(zip(chosen, titles, strict=False))
    )


def observe(history: xr.DataArray | None, data: xr.DataArray) -> Observed:
    """What was observed within the years of `data`."""
    if history is None:
        return NOTHING
    years = _years(history)
    values = _floats(history)
    span = _years(data)
    keep = np.isfinite(values) & (years >= span[0]) & (years <= span[-1])
    return Observed(years[keep], values[keep], grade_of(history))


def draw_lines(drawing: Drawing, *, lang: Lang, height: int, titled: bool) -> figure:
    """Draw lines, observations and targets, with names at the ends of the lines."""
    years = np.unique(np.concatenate([line.years for line in drawing.lines]))
    axis = make_axis(*drawing.reach())
    title = head_with(drawing.title, drawing.unit) if titled else NO_TEXT
    fig = new_figure(
        (float(years[0]), float(years[-1])), (axis.start, axis.stop), height=height, title=title
    )
    set_ticks(fig, year_ticks(years[0], years[-1]), axis.ticks, step_digits(axis.ticks))
    if years[0] < BASE_YEAR < years[-1]:
        fig.add_layout(BoxAnnotation(right=BASE_YEAR, fill_color=PAST, fill_alpha=1, level="image"))
    _draw(fig, drawing, years)
    write_names(fig, _end_names(drawing.lines), height)
    localise(fig, lang)
    return fig


def _draw(fig: figure, drawing: Drawing, years: NDArray[np.float64]) -> None:
    source = _source(drawing, years)
    drawn = [
        fig.line(
            "year",
            f"y{place}",
            source=source,
            color=line.stroke.colour,
            line_dash=line.stroke.dash,
            line_width=line.stroke.width,
        )
        for place, line in reversed(list(enumerate(drawing.lines)))
    ]
    seen = drawing.observed
    if seen.years.size:
        fig.scatter(
            seen.years,
            seen.values,
            marker="x" if seen.grade == "C" else "circle",
            size=6,
            line_color=INK,
            fill_color="#ffffff",
            line_width=1.2,
        )
    if drawing.marks:
        fig.scatter(
            [mark.year for mark in drawing.marks],
            [mark.value for mark in drawing.marks],
            marker="diamond",
            size=13,
            line_color=INK,
            fill_color="#f2b705",
            line_width=1.2,
        )
    fig.add_tools(_hover(drawing, drawn[-1]))


def _source(drawing: Drawing, years: NDArray[np.float64]) -> ColumnDataSource:
    columns: dict[str, Any] = {
        "year": years.tolist(),
        "year_text": [f"{year:g}" for year in years],
    }
    full = [_on(years, line.years, line.values) for line in drawing.lines]
    for place, values in enumerate(full):
        columns[f"y{place}"] = values.tolist()
        columns[f"t{place}"] = [format_number(v, drawing.digits) for v in values]
    if len(full) == 2:
        columns["change"] = [
            format_number(v, drawing.digits, signed=True) for v in full[0] - full[1]
        ]
    seen = _on(years, drawing.observed.years, drawing.observed.values)
    columns["seen"] = [format_number(v, drawing.digits) for v in seen]
    return ColumnDataSource(columns)


def _hover(drawing: Drawing, renderer: GlyphRenderer[Any]) -> HoverTool:
    """One tooltip for a year. Words of users go into labels, which are text, never HTML."""
    rows = [(words.YEAR, "@year_text")]
    rows += [(line.label, f"@t{place}") for place, line in enumerate(drawing.lines)]
    if len(drawing.lines) == 2:
        rows.append((words.CHANGE, "@change"))
    if drawing.observed.years.size:
        rows.append((words.OBSERVED, "@seen"))
    tool = HoverTool(renderers=[renderer], mode="vline", line_policy="nearest")
    set_words(
        tool,
        tooltips=(
            [[_labelled(label.zh, drawing.unit.zh, column), column] for label, column in rows],
            [[_labelled(label.en, drawing.unit.en, column), column] for label, column in rows],
        ),
    )
    return tool


def _labelled(label: str, unit: str, column: str) -> str:
    return label if column == "@year_text" or not unit else f"{label} ({unit})"


def _end_names(lines: Sequence[Line]) -> list[Name]:
    names = []
    for line in lines:
        finite = line.values[np.isfinite(line.values)]
        if finite.size and line.named:
            names.append(Name(line.label, float(finite[-1]), line.stroke.colour))
    return names


def _floats(data: xr.DataArray) -> NDArray[np.float64]:
    return np.asarray(data.values, dtype=float)


def _years(data: xr.DataArray) -> NDArray[np.float64]:
    return np.asarray(data["time"].values, dtype=float)


def _on(
    years: NDArray[np.float64], own: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values on a common axis of years, NaN where a series has none."""
    result = np.full(years.shape, np.nan)
    _, here, there = np.intersect1d(years, own, return_indices=True)
    result[here] = values[there]
    return result
