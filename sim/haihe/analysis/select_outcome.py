"""One outcome of a study, in people's words and unit: all years, one year, a period, its peak.

::

    PM2.5 at 2030
    CO2 peak
    CO2 peak year
    CO2 2025-2035 mean          (or sum, min, max)
    power mix[solar] at 2035

Only the variable that is asked for is read, whatever the size of the store. What a study saved as a
summary is taken from there; otherwise it is made from the years that it saved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from haihe.analysis.indicators import describe_outcome
from haihe.errors import InputError
from haihe.model.catalogue import name_element
from haihe.model.find import fold_name, near_names
from haihe.model.types import canonical_name
from haihe.text import Text, join_all, list_choices
from haihe.units import convert

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue, Outcome

MEMBER, TIME = "member", "time"
_YEAR = r"\d{4}(?:\.\d+)?"
_REDUCED = re.compile(
    rf"""^(?P<name>.+?)(?:\s+at\s+(?P<year>{_YEAR})
    |\s+(?P<first>{_YEAR})\s*[-–]\s*(?P<last>{_YEAR})\s+(?P<over>mean|sum|min|max)
    |\s+(?P<peak>peak(?:\s+year)?))$""",
    re.VERBOSE | re.IGNORECASE,
)
_ELEMENTS = re.compile(r"^(?P<name>[^\[\]]+?)\s*\[(?P<elements>[^\[\]]+)\]$")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a study."""

    name: str
    """Outcome, variable or title, as written."""
    elements: tuple[str, ...] = ()
    how: str = ""
    """"at", "mean", "sum", "min", "max", "peak", "peak year", or "" for all saved years."""
    years: tuple[float, ...] = ()

    @property
    def reduction(self) -> str:
        """How a name of a summary ends."""
        if self.how == "at":
            return f"at {self.years[0]:g}"
        if self.years:
            return f"{self.years[0]:g}-{self.years[1]:g} {self.how}"
        return self.how


def read_asked(text: str) -> Asked:
    """Take an outcome, its elements and its reduction apart."""
    words = " ".join(text.replace('"', " ").split())
    found = _REDUCED.match(words)
    name = found["name"] if found else words
    elements: tuple[str, ...] = ()
    if inner := _ELEMENTS.match(name):
        name = inner["name"]
        elements = tuple(part.strip() for part in inner["elements"].split(","))
    if found is None:
        return Asked(name, elements)
    if found["year"]:
        return Asked(name, elements, "at", (float(found["year"]),))
    if found["peak"]:
        return Asked(name, elements, " ".join(found["peak"].casefold().split()))
    years = (float(found["first"]), float(found["last"]))
    return Asked(name, elements, found["over"].casefold(), years)


def select_outcome(
    study: xr.Dataset, asked: str | Asked, catalogue: Catalogue | None = None
) -> xr.DataArray:
    """Values of an outcome, float64 in the unit for people, with titles in its attributes.

    Parameters
    ----------
    study
        A study's store, opened lazily; only the variable asked for is read.
    asked
        As the docstring of this module writes it.
    catalogue
        Gives short ids, titles and units for people; without one the names of the model stand.

    Returns
    -------
    xarray.DataArray
        Dims (member, time) where no reduction is asked for, else (member,).

    Raises
    ------
    InputError
        Where the study does not hold it; it says what is near.
    """
    wanted = read_asked(asked) if isinstance(asked, str) else asked
    outcome = _find_outcome(catalogue, wanted.name)
    found = _find_array(study, wanted, outcome, catalogue)
    summary = found.attrs.get("kind") == "summary"
    array = _pick_elements(found, wanted)
    values = array.load() if summary or not wanted.how else _reduce(array, wanted)
    return _present(values, found, wanted, outcome, catalogue)


def _find_outcome(catalogue: Catalogue | None, name: str) -> Outcome | None:
    """Outcome of an id or a title; None where the name is the model's own."""
    wanted = fold_name(name)
    for outcome in catalogue.outcomes.values() if catalogue else ():
        if wanted in {fold_name(n) for n in (outcome.id, outcome.title.zh, outcome.title.en)}:
            return outcome
    return None


def _find_array(
    study: xr.Dataset, asked: Asked, outcome: Outcome | None, catalogue: Catalogue | None
) -> xr.DataArray:
    names = {canonical_name(asked.name)}
    names |= {canonical_name(n) for n in (outcome.id, outcome.variable)} if outcome else set()
    for array in study.data_vars.values():
        kind = array.attrs.get("kind")
        if kind == "summary":
            of = {canonical_name(str(array.attrs.get(key, ""))) for key in ("outcome", "variable")}
            if asked.how and of & names and str(array.attrs["reduction"]) == asked.reduction:
                return array
    for name, array in study.data_vars.items():
        own = {canonical_name(str(n)) for n in (name, array.attrs.get("outcome", name))}
        if TIME in array.dims and own & names:
            return array
    if not asked.how and (years := _find_years(study, names)):
        return _join_years(years)
    raise _not_held(study, asked, names, catalogue)


def _find_years(study: xr.Dataset, names: set[str]) -> list[tuple[float, xr.DataArray]]:
    """What was saved of an outcome in single years, in their order."""
    found = []
    for array in study.data_vars.values():
        how = str(array.attrs.get("reduction", ""))
        of = {canonical_name(str(array.attrs.get(key, ""))) for key in ("outcome", "variable")}
        if how.startswith("at ") and of & names:
            found.append((float(how.removeprefix("at ")), array))
    return sorted(found, key=lambda pair: pair[0])


def _join_years(years: list[tuple[float, xr.DataArray]]) -> xr.DataArray:
    """Single years as a course over time."""
    import xarray as xr

    arrays = [array.reset_coords(drop=True) for _, array in years]
    joined = xr.concat(arrays, TIME, coords="minimal", combine_attrs="override")
    attrs = {k: v for k, v in years[0][1].attrs.items() if k != "reduction"} | {"kind": "years"}
    named = joined.assign_coords({TIME: [year for year, _ in years], **dict(years[0][1].coords)})
    return named.transpose(MEMBER, TIME, ...).assign_attrs(attrs)


def _not_held(
    study: xr.Dataset, asked: Asked, names: set[str], catalogue: Catalogue | None
) -> InputError:
    """Why an outcome cannot be had: never saved, or saved in another form."""
    summaries = [
        str(name)
        for name, array in study.data_vars.items()
        if array.attrs.get("kind") == "summary"
        and {canonical_name(str(array.attrs.get(k, ""))) for k in ("outcome", "variable")} & names
    ]
    if summaries:
        shown = f"{asked.name} {asked.reduction}".strip()
        return InputError(
            Text(f"该研究没有保存 {shown}", f"the study did not save {shown}"),
            expected=f"{', '.join(summaries)}",
        )
    held = list_outcomes(study, catalogue)
    return InputError(
        Text(f"该研究没有保存 {asked.name}", f"the study saved no {asked.name}"),
        expected=list_choices(held),
        suggestions=near_names(asked.name, held),
    )


def list_outcomes(study: xr.Dataset, catalogue: Catalogue | None = None) -> tuple[str, ...]:
    """What a study saved: ids of outcomes where a catalogue has them, else names of the model."""
    ids: Mapping[str, str] = (
        {canonical_name(o.variable): o.id for o in catalogue.outcomes.values()} if catalogue else {}
    )
    found: dict[str, None] = {}
    for name, array in study.data_vars.items():
        if array.attrs.get("kind") == "summary":
            found[str(array.attrs["outcome"])] = None
        elif TIME in array.dims:
            own = str(array.attrs.get("outcome", name))
            found[ids.get(canonical_name(str(name)), own)] = None
    return tuple(found)


def _pick_elements(array: xr.DataArray, asked: Asked) -> xr.DataArray:
    dims = [str(dim) for dim in array.dims if dim not in (MEMBER, TIME)]
    if len(dims) != len(asked.elements):
        needed = [list_choices(map(str, array[dim].to_numpy())) for dim in dims]
        shape = Text("{outcome}[元素]，{needed}", "{outcome}[element], {needed}")
        raise InputError(
            Text(
                f"{asked.name} 有 {len(dims)} 个维度（{'、'.join(dims) or '无'}）",
                f"{asked.name} has {len(dims)} dimensions ({', '.join(dims) or 'none'})",
            ),
            expected=shape.fill(outcome=asked.name, needed=join_all(needed))
            if dims
            else asked.name,
        )
    for dim, element in zip(dims, asked.elements, strict=True):
        known = [str(name) for name in array[dim].to_numpy()]
        folded = [fold_name(name) for name in known]
        if fold_name(element) not in folded:
            near = near_names(element, known)
            expected = list_choices(known)
            raise InputError(
                Text(f"{dim} 没有元素 {element}", f"{dim} has no element {element}"),
                None,
                expected,
                near,
            )
        array = array.isel({dim: folded.index(fold_name(element))}, drop=True)
    return array


def _reduce(array: xr.DataArray, asked: Asked) -> xr.DataArray:
    years = np.asarray(array[TIME].to_numpy(), dtype=float)
    if asked.how == "at":
        (place,) = np.nonzero(np.abs(years - asked.years[0]) < 1e-6)
        if not place.size:
            near = years[np.argsort(np.abs(years - asked.years[0]), kind="stable")[:2]]
            raise InputError(
                Text(
                    f"该研究没有保存 {asked.years[0]:g} 年",
                    f"the study did not save the year {asked.years[0]:g}",
                ),
                expected=Text(
                    f"{years[0]:g} 到 {years[-1]:g} 之间的年份",
                    f"a year from {years[0]:g} to {years[-1]:g}",
                ),
                suggestions=tuple(f"{year:g}" for year in sorted(near)),
            )
        return array.isel({TIME: int(place[0])}, drop=True).load()
    first, last = asked.years or (years[0], years[-1])
    (inside,) = np.nonzero((years >= first - 1e-6) & (years <= last + 1e-6))
    if not inside.size:
        raise InputError(
            Text(
                f"该研究没有保存 {first:g} 到 {last:g} 之间的任何年份",
                f"the study saved no year from {first:g} to {last:g}",
            )
        )
    part = array.isel({TIME: slice(int(inside[0]), int(inside[-1]) + 1)}).load()
    data = part.transpose(MEMBER, TIME).to_numpy()
    reduced = _REDUCTIONS[asked.how](data.astype(float), years[inside])
    return array.isel({TIME: 0}, drop=True).copy(data=reduced)


def _peak_year(data: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Year of the greatest value; NaN for a member without numbers."""
    broken = ~np.isfinite(data).all(axis=1)
    found = years[np.argmax(np.where(np.isfinite(data), data, -np.inf), axis=1)]
    return np.where(broken, np.nan, found)


_REDUCTIONS = {
    "mean": lambda data, years: data.mean(axis=1),
    "sum": lambda data, years: data.sum(axis=1),
    "min": lambda data, years: data.min(axis=1),
    "max": lambda data, years: data.max(axis=1),
    "peak": lambda data, years: data.max(axis=1),
    "peak year": _peak_year,
}


def _present(
    values: xr.DataArray,
    stored: xr.DataArray,
    asked: Asked,
    outcome: Outcome | None,
    catalogue: Catalogue | None,
) -> xr.DataArray:
    """Units, titles and the precision that the store kept."""
    units = str(stored.attrs.get("units", ""))
    data = values.to_numpy().astype(float)
    plain = str(stored.attrs.get("long_name") or asked.name)
    attrs: dict[str, str | int | float] = {"title_zh": plain, "title_en": plain, "units": units}
    attrs |= {k: stored.attrs[k] for k in ("title_zh", "title_en") if k in stored.attrs}
    if outcome is not None:
        attrs = dict(describe_outcome(outcome))
        if asked.how != "peak year":
            data = convert(data, units, outcome.shown)
    if asked.how == "peak year":
        attrs["units"], attrs["digits"] = "year", 0
    if asked.how == "sum":  # of yearly values: a rate becomes an amount
        attrs["units"] = str(attrs["units"]).removesuffix("/yr").removesuffix("/Year")
    elements = f"[{', '.join(asked.elements)}]" if asked.elements else ""
    called = _name_elements(asked, stored, catalogue)
    label = f"{outcome.id if outcome else asked.name}{elements}"
    words = say_reduction(asked)
    attrs["title_zh"] = f"{attrs['title_zh']}{called.zh}{words.zh}"
    attrs["title_en"] = f"{attrs['title_en']}{called.en}{words.en}"
    attrs["asked"] = f"{label} {asked.reduction}".strip()
    attrs["resolution"] = float(np.finfo(values.dtype).eps) if values.dtype.kind == "f" else 0.0
    shown = values.copy(data=data)
    shown.name, shown.attrs = label, attrs
    return shown


def _name_elements(asked: Asked, stored: xr.DataArray, catalogue: Catalogue | None) -> Text:
    """Titles of the elements, as they follow the title of the outcome."""
    if not asked.elements:
        return Text("", "")
    if catalogue is None:
        return Text(*(f"[{', '.join(asked.elements)}]",) * 2)
    dims = [str(dim) for dim in stored.dims if dim not in (MEMBER, TIME)]
    titles = [name_element(catalogue, e, d) for e, d in zip(asked.elements, dims, strict=True)]
    zh, en = "、".join(t.zh for t in titles), ", ".join(t.en for t in titles)
    return Text(f"（{zh}）", f" ({en})")


def say_reduction(asked: Asked) -> Text:
    """A reduction in words that follow a title."""
    if not asked.how:
        return Text("", "")
    if asked.how == "at":
        return Text(f"（{asked.years[0]:g}年）", f" in {asked.years[0]:g}")
    if asked.how == "peak":
        return Text("（峰值）", ", peak")
    if asked.how == "peak year":
        return Text("（达峰年份）", ", year of the peak")
    words = {
        "mean": Text("均值", "mean"),
        "sum": Text("合计", "sum"),
        "min": Text("最小值", "least"),
        "max": Text("最大值", "greatest"),
    }[asked.how]
    first, last = asked.years
    return Text(f"（{first:g}–{last:g}年{words.zh}）", f", {words.en} of {first:g}–{last:g}")
