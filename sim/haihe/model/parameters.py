"""Constants of a model with how well each is founded, from the tables that hold them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from haihe.model.catalogue import Catalogue
from haihe.model.types import Kind, Model, Variable, canonical_name
from haihe.project import show_path

COLUMNS = frozenset({"variable", "element", "unit", "value", "low", "high", "grade", "source"})
CLOCK = frozenset({"initial time", "final time", "time step", "saveper"})
UNFOUNDED = "C"
"""Grade of a number that no table gives a source for."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the model that is not a lever."""

    name: str
    element: tuple[str, ...]
    unit: str
    value: float
    low: float | None
    high: float | None
    grade: str
    source: str
    file: str
    """Table and line that it stands in, or the model's own line."""


def collect_parameters(model: Model, catalogue: Catalogue, folder: Path) -> tuple[Parameter, ...]:
    """Every constant but the levers and the clock, in the order of the model.

    Parameters
    ----------
    folder
        Folder of the tables, `variable,element,unit,value,low,high,grade,source`.
    """
    levers = {canonical_name(name) for name in catalogue.levers}
    rows: dict[str, list[Parameter]] = {}
    for path in sorted(folder.glob("*.csv")):
        for row in read_table(path):
            rows.setdefault(canonical_name(row.name), []).append(row)
    found: list[Parameter] = []
    for variable in model.variables.values():
        key = canonical_name(variable.name)
        if variable.kind is Kind.CONSTANT and key not in levers | CLOCK:
            found += rows.get(key) or read_variable(variable, model)
    return tuple(found)


def read_table(path: Path) -> Iterator[Parameter]:
    """Rows of one table; nothing where it is a table of another kind."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if not set(reader.fieldnames or ()) >= COLUMNS:
            return
        for row in reader:
            element = tuple(part.strip() for part in row["element"].split("|") if part.strip())
            yield Parameter(
                row["variable"],
                element,
                row["unit"],
                float(row["value"]),
                read_bound(row["low"]),
                read_bound(row["high"]),
                row["grade"] or UNFOUNDED,
                row["source"],
                f"{show_path(path)}:{reader.line_num}",
            )


def read_bound(text: str) -> float | None:
    """Low or high end of a range; None where it is not given."""
    return float(text) if text.strip() else None


def read_variable(variable: Variable, model: Model) -> list[Parameter]:
    """Elements of a constant whose numbers stand in the model itself, without a grade of theirs."""
    if variable.default is None:
        return []
    names = [model.dimensions[dim].elements for dim in variable.dims]
    low, high = variable.limits
    return [
        Parameter(
            variable.name,
            tuple(names[axis][place] for axis, place in enumerate(index)),
            variable.units,
            float(value),
            low,
            high,
            UNFOUNDED,
            variable.doc,
            str(variable.location),
        )
        for index, value in np.ndenumerate(variable.default)
    ]
