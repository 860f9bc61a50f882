"""From results in the model's words to indicators in people's words and units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from haihe.errors import InputError
from haihe.model.catalogue import Catalogue, Outcome
from haihe.model.types import canonical_name
from haihe.text import Text
from haihe.units import convert

MEMBER = "member"
TIME = "time"


def derive_indicators(results: xr.Dataset, catalogue: Catalogue) -> xr.Dataset:
    """Give every outcome that the results hold its short id, its unit for people and its words.

    Parameters
    ----------
    results
        Dims (member, time, <dimensions>), one variable for each variable of the model.
    catalogue
        What people see of the model.

    Returns
    -------
    xarray.Dataset
        As the docstring of `haihe.results.report.Report` says. Outcomes whose variable the
        results do not hold are left out.

    Raises
    ------
    InputError
        Where the unit for people is not one for the variable.
    """
    stored = {canonical_name(str(name)): str(name) for name in results.data_vars}
    arrays = {
        short: make_indicator(results[stored[canonical_name(outcome.variable)]], short, outcome)
        for short, outcome in catalogue.outcomes.items()
        if canonical_name(outcome.variable) in stored
    }
    # A model without a catalogue has no indicators, and members and years all the same.
    kept = {name: results[name] for name in ("member", "time") if name in results.coords}
    indicators = xr.Dataset(arrays, kept)
    return indicators.assign_coords(title_coordinates(indicators, catalogue))


def make_indicator(array: xr.DataArray, short: str, outcome: Outcome) -> xr.DataArray:
    """One outcome in its unit for people, with all that a figure says about it."""
    stored = str(array.attrs.get("units", ""))
    try:
        values = convert(array.to_numpy().astype(float), stored, outcome.shown)
    except InputError as fault:
        raise InputError(
            Text(
                f"指标 {short!r}：{outcome.variable!r} 的单位是 {stored!r}",
                f"outcome {short!r}: {outcome.variable!r} is in {stored!r}",
            ),
            expected=Text(
                f"可换算为 {outcome.shown!r} 的单位",
                f"a unit that {outcome.shown!r} can be made from",
            ),
        ) from fault
    shown = array.copy(data=np.asarray(values, dtype=float))
    shown.name = short
    shown.attrs = describe_outcome(outcome)
    return shown


def describe_outcome(outcome: Outcome) -> dict[str, str | int]:
    """Attributes of an indicator; plain texts and whole numbers, so that any store keeps them."""
    return {
        "units": outcome.shown,
        "long_name": outcome.title.en,
        "title_zh": outcome.title.zh,
        "title_en": outcome.title.en,
        "digits": outcome.digits,
        "grade": outcome.grade,
        "source": outcome.source,
        "source_zh": outcome.origin.zh,
        "source_en": outcome.origin.en,
        "better": outcome.better,
        "headline": int(outcome.headline),
        "group": outcome.group,
        "caveat_zh": outcome.caveat.zh,
        "caveat_en": outcome.caveat.en,
        "variable": outcome.variable,
    }


def title_coordinates(indicators: xr.Dataset, catalogue: Catalogue) -> Mapping[str, xr.DataArray]:
    """Coordinates of the model's dimensions, with the titles of their elements as attributes."""
    known = {canonical_name(name): entry for name, entry in catalogue.dimensions.items()}
    titled: dict[str, xr.DataArray] = {}
    for name in map(str, indicators.coords):
        entry = known.get(canonical_name(name))
        if name in (MEMBER, TIME) or entry is None:
            continue
        titles = {canonical_name(element): title for element, title in entry.elements.items()}
        attrs = {"title_zh": entry.title.zh, "title_en": entry.title.en}
        for element in map(str, indicators[name].to_numpy()):
            title = titles.get(canonical_name(element))
            attrs[f"{element}|zh"] = title.zh if title else element
            attrs[f"{element}|en"] = title.en if title else element
        titled[name] = indicators[name].assign_attrs(attrs)
    return titled


def pick_headlines(indicators: xr.Dataset) -> tuple[str, ...]:
    """Ids of the headline indicators, in the order of the catalogue."""
    return tuple(
        str(name) for name, array in indicators.data_vars.items() if array.attrs.get("headline")
    )
