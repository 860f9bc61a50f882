"""Drivers from a table of the user's, or relative to the model's own table."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from haihe.errors import InputError, InputErrors, Location
from haihe.model.find import fold_name
from haihe.model.types import Variable
from haihe.project import find_project_root, resolve_inside, show_path, show_text
from haihe.scenario.schema import DriverSource
from haihe.scenario.values import POLICY_START, Trajectory
from haihe.units import convert, parse_quantity
from haihe.yaml import Mapping, Node, read_number, read_text, suggest_number, validate

MAX_TABLE = 1024 * 1024
"""Largest table [byte]."""
RAMP = 1.0
"""Years over which a relative change sets in."""

_FORMS = "{file: x.csv, year: column, value: column}, {scale: 1.1} or {shift: …}"


def read_driver_source(
    node: Mapping, variable: Variable, table: Trajectory | None, path: Path
) -> Trajectory:
    """Read `{file: …}`, `{scale: …}` or `{shift: …}` under a driver.

    Raises
    ------
    InputError, InputErrors
        For anything else, and for a table that cannot be used.
    """
    source = validate(node, DriverSource)
    given = [name for name in ("file", "scale", "shift") if getattr(source, name) is not None]
    if len(given) != 1:
        raise node.error(f"{variable.name} needs one of file, scale and shift", _FORMS)
    if source.file is not None:
        return _read_file(source, variable, path, node.get("file") or node)
    if table is None:
        raise node.error(f"{variable.name} has no table that could be changed", "a trajectory")
    since = POLICY_START if source.since is None else source.since
    if source.scale is not None:
        return change_table(table, since, source.scale, 0.0)
    return change_table(table, since, 1.0, _read_shift(source, variable, node.get("shift") or node))


def change_table(table: Trajectory, since: float, scale: float, shift: float) -> Trajectory:
    """The model's own values up to `since`, and `scale * value + shift` from a year later on."""
    full = since + RAMP
    later = [(x, y) for x, y in zip(table.years, table.values) if x > full]
    points = [(since, table.at(since)), (full, table.at(full) * scale + shift)]
    points += [(x, y * scale + shift) for x, y in later]
    return Trajectory(tuple(x for x, _ in points), tuple(y for _, y in points))


def join_table(table: Trajectory | None, given: Trajectory) -> Trajectory:
    """The model's own points before the first given one, then the given points."""
    if table is None:
        return given
    kept = [(x, y) for x, y in zip(table.years, table.values) if x < given.years[0]]
    return Trajectory((*(x for x, _ in kept), *given.years), (*(y for _, y in kept), *given.values))


def _read_shift(source: DriverSource, variable: Variable, node: Node) -> float:
    if isinstance(source.shift, str):
        try:
            return convert(*parse_quantity(source.shift), variable.units)
        except InputError as fault:
            expected = fault.expected or f"an amount in {variable.units}"
            raise node.error(fault.problem, expected, fault.suggestions) from fault
    return float(source.shift or 0.0)


def _read_file(source: DriverSource, variable: Variable, path: Path, node: Node) -> Trajectory:
    name = str(source.file)
    table = resolve_inside(find_project_root(path), name, path.parent, node.where)
    if not table.is_file():
        raise node.error(f"there is no table {show_text(name)}", "a CSV file beside the scenario")
    shown = show_path(table)
    try:
        rows = list(csv.reader(io.StringIO(read_text(table, MAX_TABLE), newline=""), strict=True))
    except csv.Error as fault:
        raise InputError(f"is no CSV table: {fault}", Location(shown)) from fault
    if not rows:
        raise InputError("is empty", Location(shown), "a header and rows of years and values")
    columns = [_find_column(rows[0], name, shown) for name in (source.year, source.value)]
    points: list[tuple[float, float]] = []
    errors: list[InputError] = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            points.append(_read_row(row, columns, Location(shown, line), points))
        except InputError as error:
            errors.append(error)
    if errors:
        raise InputErrors(tuple(errors[:20]))
    if not points:
        raise InputError("has no rows", Location(shown), "rows of years and values")
    years, values = zip(*points)
    if source.unit:
        values = tuple(_convert(value, source.unit, variable, node) for value in values)
    return Trajectory(years, values)


def _find_column(header: list[str], name: str, shown: str) -> int:
    folded = [fold_name(cell) for cell in header]
    if folded.count(fold_name(name)) != 1:
        raise InputError(
            f"has no column {show_text(name)}, or more than one",
            Location(shown, 1),
            "one of " + ", ".join(cell.strip() for cell in header)[:200],
        )
    return folded.index(fold_name(name))


def _read_row(
    row: list[str], columns: list[int], where: Location, before: list[tuple[float, float]]
) -> tuple[float, float]:
    cells = [row[column].strip() if column < len(row) else "" for column in columns]
    for cell in cells:
        if read_number(cell) is None:
            guess = suggest_number(cell)
            expected = f"a number, written {guess}" if guess else "a number"
            raise InputError(f"{show_text(cell)} is not a number", where, expected)
    year, value = map(float, cells)
    if before and year <= before[-1][0]:
        raise InputError(f"{year:g} comes after {before[-1][0]:g}", where, "years in order, once")
    return year, value


def _convert(value: float, unit: str, variable: Variable, node: Node) -> float:
    try:
        converted = convert(value, unit, variable.units)
    except InputError as fault:
        raise node.error(fault.problem, fault.expected, fault.suggestions) from fault
    if not math.isfinite(converted):
        raise node.error(f"{value:g} {unit} is not finite", "a finite number")
    return converted
