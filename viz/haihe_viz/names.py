"""Names beside what they name, at the right edge of a chart, clear of one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bokeh.core.properties import value
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from haihe.text import Text
from haihe_viz.bilingual import set_words
from haihe_viz.margins import set_border
from haihe_viz.place import spread, text_width, wrap_words
from haihe_viz.theme import BORDER_BOTTOM, BORDER_TOP, FONT, INK, LABEL_SIZE, ends_of

ROOM = {1: 15, 2: 37}
"""Height of a name of one and of two lines [px]."""
WIDEST = 124
"""No name is wider than this [px]; longer ones take two lines, or are whole only in the table."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name, where it would like to stand, and the colour that it explains."""

    words: Text
    y: float
    colour: str
    swatch: bool = False
    """Stand behind a small square of the colour, instead of being set in it."""


def write_names(fig: figure, names: Sequence[Name], height: int) -> None:
    """Write names right of the frame, and make room for them.

    Parameters
    ----------
    height
        Height of the figure without its title [px]; it says how far apart names must be.
    """
    if not names:
        return
    right, low, high = ends_of(fig)
    pixel = (high - low) / (height - BORDER_TOP - BORDER_BOTTOM)
    shown = [Text(_wrap(name.words.zh), _wrap(name.words.en)) for name in names]
    lines = [1 + max(words.zh.count("\n"), words.en.count("\n")) for words in shown]
    places = spread(
        [name.y for name in names],
        [ROOM[count] * pixel for count in lines],
        low + 4 * pixel,
        high - 4 * pixel,
    )
    source = ColumnDataSource(
        {
            "x": [right] * len(names),
            "y": places,
            "zh": [words.zh for words in shown],
            "en": [words.en for words in shown],
            "colour": [name.colour for name in names],
        }
    )
    swatches = any(name.swatch for name in names)
    if swatches:
        write_swatched(fig, source, offset=6)
    else:
        _write(fig, source, "colour", offset=7)
    indent = 22 if swatches else 7
    widths = [
        max(text_width(line, LABEL_SIZE) for words in shown for line in words.get(lang).split("\n"))
        for lang in ("zh", "en")
    ]
    set_border(fig, "right", (round(widths[0]) + indent + 4, round(widths[1]) + indent + 4))


def _wrap(text: str) -> str:
    return wrap_words(text, LABEL_SIZE, WIDEST)


def write_swatched(fig: figure, source: ColumnDataSource, offset: int) -> None:
    """Write the columns "zh" or "en" behind squares of "colour", at "x" and "y"."""
    fig.text(
        text=value("■"),
        text_color="colour",
        text_outline_color="#7c8a92",
        x_offset=offset,
        **_look(source),
    )
    _write(fig, source, INK, offset=offset + 16)


def _write(fig: figure, source: ColumnDataSource, colour: str, offset: int) -> None:
    written = fig.text(text="zh", text_color=colour, x_offset=offset, **_look(source))
    set_words(written.glyph, text=({"field": "zh"}, {"field": "en"}))


def _look(source: ColumnDataSource) -> dict[str, Any]:
    """Names stand above everything, beyond the frame too."""
    return {
        "x": "x",
        "y": "y",
        "text_font": value(FONT),
        "text_font_size": f"{LABEL_SIZE}px",
        "text_baseline": "middle",
        "text_line_height": 1.15,
        "level": "annotation",
        "source": source,
    }
