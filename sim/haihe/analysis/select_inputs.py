"""What a study varied: its factors, its members, and the values that each member was given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from haihe.errors import InputError
from haihe.model.find import fold_name, near_names
from haihe.text import Text, list_choices
from haihe.units import conversion_factor

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PREFIX = "input: "
"""Begins the name of every variable that holds a factor's values."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that a study varies."""

    label: str
    """`name` or `name[element]`."""
    title: Text
    unit: str
    """Unit of the model, in which the values are kept."""
    shown: str
    """Unit that people see."""
    role: str
    """`lever`, `driver`, `parameter`, …"""
    distribution: Mapping[str, Any]

    def convert(self, value: float) -> float:
        """A value in the unit that people see."""
        return value * conversion_factor(self.unit, self.shown) if self.shown else value


@dataclass(frozen=True, slots=True)
class Crossing:
    """How the members of a scenario are made of rows of the design and of futures."""

    futures: int
    """Futures that every row runs in, one after another; 1 where rows are not crossed with any."""
    varied: int | None
    """How many of the factors, the first ones, are of the design; None: all of them."""
    row_labels: tuple[str, ...]


def read_crossing(study: xr.Dataset) -> Crossing:
    """How a study crosses its design with futures, as far as its store says so."""
    said = study.attrs.get("study", "{}")
    about: Mapping[str, Any] = json.loads(said) if isinstance(said, str) else said
    futures = (about.get("futures") or {}).get("count") or 1
    varied = about.get("varied")
    return Crossing(int(futures), varied, tuple(map(str, about.get("row_labels") or ())))


def read_factors(study: xr.Dataset, catalogue: Catalogue | None = None) -> tuple[Factor, ...]:
    """Factors of a study, in its order; a catalogue gives levers and drivers their own units."""
    return tuple(
        _read_factor(study, str(name), catalogue)
        for name, array in study.data_vars.items()
        if array.attrs.get("kind") == "input"
    )


def _read_factor(study: xr.Dataset, name: str, catalogue: Catalogue | None) -> Factor:
    attrs = study[name].attrs
    label = str(attrs.get("factor", name.removeprefix(PREFIX)))
    unit = str(attrs.get("units", ""))
    plain = str(attrs.get("long_name") or label)
    title = Text(str(attrs.get("title_zh") or plain), str(attrs.get("title_en") or plain))
    drawn = attrs.get("distribution") or "{}"
    return Factor(
        label,
        title,
        unit,
        _shown_unit(label, unit, catalogue),
        str(attrs.get("role", "")),
        json.loads(drawn) if isinstance(drawn, str) else drawn,
    )


def _shown_unit(label: str, unit: str, catalogue: Catalogue | None) -> str:
    """Unit that people see; the model's where the catalogue's cannot be made from it."""
    base = label.partition("[")[0]
    if catalogue is None:
        return ""
    entry = catalogue.levers.get(base) or catalogue.drivers.get(base)
    shown = entry.shown if entry else ""
    try:
        conversion_factor(unit, shown)
    except InputError:
        return ""
    return shown


def read_inputs(study: xr.Dataset, factors: Sequence[Factor], rows: IntArray) -> FloatArray:
    """Values of factors (row, factor) in the unit of the model."""
    from haihe.results.study_open import read_member_inputs

    return read_member_inputs(study, [factor.label for factor in factors], rows)


class Table(Protocol):
    """Values of factors (member, factor) that may be asked for by the row: an array, or a store."""

    @property
    def shape(self) -> tuple[int, ...]:
        """How many members and factors there are."""

    def __getitem__(self, rows: Any, /) -> Any:
        """Values of some members (row, factor)."""


@dataclass(frozen=True, slots=True)
class StoredInputs:
    """Inputs of members that are read from the store when a row is asked for."""

    study: xr.Dataset
    factors: tuple[Factor, ...]
    rows: IntArray

    @property
    def shape(self) -> tuple[int, ...]:
        """How many members and factors there are."""
        return len(self.rows), len(self.factors)

    def __getitem__(self, rows: IntArray, /) -> FloatArray:
        """Values of some members (row, factor); rows may be of any shape."""
        places = self.rows[rows]
        found = read_inputs(self.study, self.factors, places.reshape(-1))
        return found.reshape(*places.shape, len(self.factors))


def list_scenarios(study: xr.Dataset) -> tuple[str, ...]:
    """Scenarios of a study in their order; ("",) where it does not say."""
    if "scenario" not in study.coords:
        return ("",)
    labels = study["scenario"].to_numpy()
    _, first = np.unique(labels, return_index=True)
    return tuple(str(labels[place]) for place in sorted(first))


def find_members(study: xr.Dataset, scenario: str = "") -> IntArray:
    """Positions of the members of a scenario; of all where none is named.

    Raises
    ------
    InputError
        Where the study has no such scenario.
    """
    if not scenario:
        return np.arange(study.sizes["member"], dtype=np.int64)
    known = list_scenarios(study)
    if scenario not in known:
        raise InputError(
            Text(f"该研究没有情景 {scenario}", f"the study has no scenario {scenario}"),
            expected=list_choices(known),
            suggestions=near_names(scenario, known),
        )
    return np.flatnonzero(study["scenario"].to_numpy() == scenario).astype(np.int64)


def find_failed(study: xr.Dataset) -> NDArray[np.bool_]:
    """Which members ended without a result (member,)."""
    if "status" not in study.coords:
        return np.zeros(study.sizes["member"], dtype=bool)
    return np.asarray(study["status"].to_numpy() != "", dtype=bool)


def find_factor(factors: Sequence[Factor], name: str) -> Factor:
    """Factor of a label or of a title in either language.

    Raises
    ------
    InputError
        Where there is none.
    """
    wanted = fold_name(name)
    for factor in factors:
        names = (factor.label, factor.title.zh, factor.title.en)
        if wanted in map(fold_name, names):
            return factor
    labels = [factor.label for factor in factors]
    raise InputError(
        Text(f"该研究没有变动 {name}", f"the study varies no {name}"),
        suggestions=near_names(name, labels),
    )


def thin_members(rows: IntArray, limit: int, seed: int) -> IntArray:
    """At most `limit` of the members, drawn without replacement, in their order."""
    if len(rows) <= limit:
        return rows
    generator = np.random.default_rng([seed, len(rows)])
    return np.sort(generator.choice(rows, limit, replace=False))
