"""What a DataArray says of itself, as words in both languages."""

from __future__ import annotations

import re
from collections.abc import Hashable

import numpy as np
import xarray as xr

from haihe.text import Text
from haihe.units.words import say_unit

FORMULAE = tuple(
    (re.compile(rf"(?<![A-Za-z0-9]){written}(?![A-Za-z0-9])"), shown)
    for written, shown in (
        (r"PM2[._]5", "PM₂.₅"),
        ("PM10", "PM₁₀"),
        ("CO2", "CO₂"),
        ("SO2", "SO₂"),
        ("NO2", "NO₂"),
        ("O3", "O₃"),
        ("NH3", "NH₃"),
        ("NOx", "NOₓ"),
    )
)
NO_TEXT = Text("", "")


def typeset(words: str) -> str:
    """Set chemical formulae with their small figures, in running text of either language."""
    for pattern, shown in FORMULAE:
        words = pattern.sub(shown, words)
    return words


def typeset_text(words: Text) -> Text:
    """`typeset` in both languages."""
    return Text(typeset(words.zh), typeset(words.en))


def title_of(data: xr.DataArray) -> Text:
    """Title of an outcome; its id where it has none."""
    name = "" if data.name is None else str(data.name)
    return typeset_text(
        Text(str(data.attrs.get("title_zh") or name), str(data.attrs.get("title_en") or name))
    )


def caveat_of(data: xr.DataArray) -> Text:
    """What a reader must know before using the outcome; empty where there is nothing."""
    attrs = data.attrs
    return typeset_text(Text(str(attrs.get("caveat_zh") or ""), str(attrs.get("caveat_en") or "")))


def source_of(data: xr.DataArray) -> Text:
    """Where the numbers of an outcome come from; empty where nothing is said."""
    plain = str(data.attrs.get("source") or "")
    return Text(
        str(data.attrs.get("source_zh") or plain), str(data.attrs.get("source_en") or plain)
    )


def unit_text(units: str) -> Text:
    """A unit as people write it; left alone where it is not known."""
    return typeset_text(say_unit(units))


def unit_of(data: xr.DataArray) -> Text:
    """Unit of an outcome as people write it."""
    return unit_text(str(data.attrs.get("units") or ""))


def with_unit(number: str, unit: Text) -> Text:
    """A written number and its unit."""
    if unit.en.startswith("%"):
        return Text(number + unit.zh, number + unit.en)
    return Text(f"{number} {unit.zh}".strip(), f"{number} {unit.en}".strip())


def head_with(title: Text, unit: Text) -> Text:
    """A title with the unit of its axis behind it."""
    zh, en = (
        f"{words}  [{own}]" if own else words
        for words, own in ((title.zh, unit.zh), (title.en, unit.en))
    )
    return Text(zh, en)


def digits_of(data: xr.DataArray) -> int:
    """Digits after the point that the outcome is shown with."""
    return int(data.attrs.get("digits", 1))


def grade_of(data: xr.DataArray) -> str:
    """Grade of the evidence: A, B, C, or "" where none is given."""
    return str(data.attrs.get("grade") or "")


def element_title(coordinate: xr.DataArray, element: Hashable) -> Text:
    """Title of one element of a dimension; its name where it has none."""
    name = str(element)
    attrs = coordinate.attrs
    return typeset_text(
        Text(str(attrs.get(f"{name}|zh") or name), str(attrs.get(f"{name}|en") or name))
    )


def value_at(data: xr.DataArray, year: float) -> float | None:
    """Value of a series in a year; None where it has none."""
    times = np.asarray(data["time"].values, dtype=float)
    (found,) = np.nonzero(np.abs(times - year) < 1e-6)
    if found.size == 0:
        return None
    value = float(data.values[found[0]])
    return value if np.isfinite(value) else None
