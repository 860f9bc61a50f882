"""Room around the frame of a chart, so that what is written there is whole on a phone too.

Room is kept in each language on its own. Titles and notes begin at the left edge of the figure;
`templates/page.js` breaks them into lines as wide as the figure is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.models.annotations import Title
from bokeh.plotting import figure

from haihe.text import Lang, Text
from haihe_viz.bilingual import KEY, set_words, untex
from haihe_viz.place import text_width
from haihe_viz.theme import FONT, LABEL_SIZE, QUIET

NARROW = 120
"""Width of a frame on a phone beside names of rows [px]; no frame is made narrower."""
NAMES = "names of rows"
"""Name of what writes the names of rows; they move left where bars need the room."""
LANGS: tuple[Lang, ...] = ("zh", "en")
Pair = tuple[int, int]
"""Pixels in Chinese and in English."""


def border_of(fig: figure, side: str) -> Pair:
    """Room at the "left" or at the "right" of the frame, in each language [px]."""
    found = [tag[KEY] for tag in fig.tags if isinstance(tag, dict) and KEY in tag]
    own = [words[f"min_border_{side}"] for words in found if f"min_border_{side}" in words]
    if own:
        return own[-1]["zh"], own[-1]["en"]
    plain = int(getattr(fig, f"min_border_{side}") or fig.min_border or 0)
    return plain, plain


def set_border(fig: figure, side: str, room: Pair) -> None:
    """Give the frame room at a side; a figure is never so narrow that its frame has none."""
    set_words(fig, **{f"min_border_{side}": room})
    keep_frame(fig, 0)


def keep_frame(fig: figure, width: int) -> None:
    """Keep the frame at least so wide [px]; a page that is narrower lets the chart be moved."""
    asked = [tag["frame"] for tag in fig.tags if isinstance(tag, dict) and "frame" in tag]
    frame = max([NARROW, width, *asked])
    fig.tags = [*fig.tags, {"frame": frame}]
    left, right = border_of(fig, "left"), border_of(fig, "right")
    zh, en = (frame + a + b for a, b in zip(left, right, strict=True))
    set_words(fig, min_width=(zh, en))


def make_room(fig: figure, x: Sequence[float], words: Sequence[Text], *, right: bool) -> None:
    """Widen a border by what words beside bars need beyond the frame, were it narrow."""
    start, stop = fig.x_range.start, fig.x_range.end  # type: ignore[attr-defined]
    inside = [NARROW * abs((stop if right else start) - one) / (stop - start) for one in x]
    pairs = list(zip(words, inside, strict=True))
    beyond = [
        max((text_width(one.get(lang), LABEL_SIZE - 1) + 8 - own for one, own in pairs), default=0)
        for lang in LANGS
    ]
    need = (round(max(beyond[0], 0)), round(max(beyond[1], 0)))
    if right:
        had = border_of(fig, "right")
        set_border(fig, "right", (max(had[0], need[0]), max(had[1], need[1])))
    else:
        _move_names(fig, need)


def _move_names(fig: figure, need: Pair) -> None:
    """Move the names of rows left, past what was written beside bars already."""
    written: Any = fig.select_one({"name": NAMES})
    if written is None:
        return
    had = [tag["moved"] for tag in written.tags if isinstance(tag, dict) and "moved" in tag]
    before = had[-1] if had else (0, 0)
    moved = (max(before[0], need[0]), max(before[1], need[1]))
    written.tags = [*written.tags, {"moved": moved}]
    set_words(written.glyph, x_offset=({"value": -8 - moved[0]}, {"value": -8 - moved[1]}))
    zh, en = border_of(fig, "left")
    set_border(fig, "left", (zh + moved[0] - before[0], en + moved[1] - before[1]))
    align_words(fig)


def write_note(fig: figure, words: Text) -> None:
    """A line of small words below the chart; a page breaks it where it is too long."""
    note = Title(
        text=untex(words.zh),
        text_font=FONT,
        text_font_size="11px",
        text_font_style="normal",
        text_color=QUIET,
        text_line_height=1.3,
    )
    set_words(note, text=(untex(words.zh), untex(words.en)))
    fig.add_layout(note, "below")
    fig.height = (fig.height or 0) + 18
    align_words(fig)


def align_words(fig: figure) -> None:
    """Begin title and notes at the left edge of the figure, where names stand left of the frame."""
    if fig.select_one({"name": NAMES}) is None:
        return
    zh, en = border_of(fig, "left")
    for one in (fig.title, *fig.above, *fig.below):
        if isinstance(one, Title):
            set_words(one, offset=(-zh, -en))
