"""The catalogue of a model: what may be set, what drives it, what is shown, in both languages.

It stands in `catalogue.yaml` beside the model and is written by hand. Units, limits and defaults
stay in the model; the catalogue says how people see them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from haihe import yaml
from haihe.errors import InputError, Location, raise_all
from haihe.model.catalogue_schema import CatalogueRecord, OutcomeRecord
from haihe.model.find import fold_name, near_names
from haihe.model.types import Model
from haihe.project import show_path
from haihe.text import Text

FILE_NAME = "catalogue.yaml"
POLICY_GROUP = "policy group"
IN_FORCE = " in force"

_NOWHERE = Location("")


@dataclass(frozen=True, slots=True)
class DimensionTitles:
    """Words for a dimension and its elements."""

    title: Text
    elements: Mapping[str, Text]
    """By element, as the model spells it."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A constant of the model that a plan can move."""

    name: str
    title: Text
    group: str
    """Element of `policy group`: whose schedule it follows."""
    shown: str
    """Unit that people see."""
    articles: tuple[str, ...]
    """Articles of the plan that ask for it."""
    note: Text
    where: Location = _NOWHERE


@dataclass(frozen=True, slots=True)
class Driver:
    """A variable that comes from outside: `D = D table(Time)`."""

    name: str
    title: Text
    shown: str
    note: Text
    where: Location = _NOWHERE


@dataclass(frozen=True, slots=True)
class History:
    """Where the observed values of an outcome stand."""

    file: str
    series: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A variable that is shown, under a short id."""

    id: str
    variable: str
    title: Text
    shown: str
    digits: int
    """Digits after the point."""
    headline: bool
    group: str
    better: str
    """"lower", "higher", or "" where neither is."""
    grade: str
    """A, B or C: how well its number is founded."""
    origin: Text
    """Where its number comes from."""
    caveat: Text
    history: History | None = None
    where: Location = _NOWHERE

    @property
    def source(self) -> str:
        """Where its number comes from, in English."""
        return self.origin.en


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that people see of a model."""

    file: str
    title: Text
    dimensions: Mapping[str, DimensionTitles]
    groups: Mapping[str, Text]
    levers: Mapping[str, Lever]
    drivers: Mapping[str, Driver]
    outcomes: Mapping[str, Outcome]


def read_catalogue(path: Path, model: Model | None = None) -> Catalogue:
    """Read a catalogue, and hold it against the model where one is given.

    Raises
    ------
    InputErrors
        With every mistake and its line.
    """
    catalogue = _read_text(yaml.read_text(path), show_path(path))
    if model is not None:
        from haihe.model.catalogue_check import check_catalogue

        raise_all(check_catalogue(model, catalogue))
    return catalogue


@functools.lru_cache(maxsize=4)
def _read_text(text: str, file: str) -> Catalogue:
    """The catalogue that stands in a text; a command opens the same one several times."""
    node = yaml.parse_yaml(text, file)
    return _freeze(yaml.validate(node, CatalogueRecord), node)


def load_catalogue(model: Model) -> Catalogue:
    """The catalogue beside a model; an empty one where the model has none.

    Raises
    ------
    InputErrors
        With every mistake and its line.
    """
    path = model.path.parent / FILE_NAME
    if path.is_file():
        return read_catalogue(path, model)
    return Catalogue("", Text(model.name, model.name), {}, {}, {}, {}, {})


def find_outcome(catalogue: Catalogue, name: str, where: Location | None = None) -> Outcome:
    """Outcome of a short id, whatever its case and blanks.

    Raises
    ------
    InputError
        Where there is none; it says which ones are near.
    """
    for known, outcome in catalogue.outcomes.items():
        if known == name or fold_name(known) == fold_name(name):
            return outcome
    near = near_names(name, catalogue.outcomes)
    raise InputError(
        Text(f"没有指标 {name}", f"there is no outcome {name}"), where, suggestions=near
    )


def name_element(catalogue: Catalogue, element: str, dim: str) -> Text:
    """Title of an element; where its dimension has none, that of every dimension that names it.

    A subrange has the elements of a dimension that the catalogue knows: `solar` is the same
    whichever list it stands in, as long as all of them say so.
    """
    own = catalogue.dimensions.get(dim)
    if own is not None and element in own.elements:
        return own.elements[element]
    said = {d.elements[element] for d in catalogue.dimensions.values() if element in d.elements}
    return said.pop() if len(said) == 1 else Text(element, element)


def _freeze(record: CatalogueRecord, node: yaml.Node) -> Catalogue:
    def where(*keys: str) -> Location:
        return _key_of(node, keys)

    levers = {
        name: Lever(
            name, r.title, r.group, r.shown, tuple(r.articles), r.note, where("levers", name)
        )
        for name, r in record.levers.items()
    }
    drivers = {
        name: Driver(name, r.title, r.shown, r.note, where("drivers", name))
        for name, r in record.drivers.items()
    }
    outcomes = {
        name: _freeze_outcome(name, r, where("outcomes", name))
        for name, r in record.outcomes.items()
    }
    dimensions = {
        name: DimensionTitles(r.title, dict(r.elements)) for name, r in record.dimensions.items()
    }
    return Catalogue(
        file=node.where.file,
        title=record.title,
        dimensions=dimensions,
        groups=dict(record.groups),
        levers=levers,
        drivers=drivers,
        outcomes=outcomes,
    )


def _freeze_outcome(name: str, record: OutcomeRecord, where: Location) -> Outcome:
    found, said = record.history, record.source
    history = History(found.file, found.series) if found else None
    return Outcome(
        id=name,
        variable=record.variable,
        title=record.title,
        shown=record.shown,
        digits=record.digits,
        headline=record.headline,
        group=record.group,
        better=record.better,
        grade=record.grade,
        origin=Text(said, said) if isinstance(said, str) else said,
        caveat=record.caveat,
        history=history,
        where=where,
    )


def _key_of(node: yaml.Node, keys: tuple[str, ...]) -> Location:
    where = node.where
    for key in keys:
        if not isinstance(node, yaml.Mapping):
            return where
        for name, value in node:
            if name.text == key:
                where, node = name.where, value
                break
    return where
