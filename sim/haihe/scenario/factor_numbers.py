"""Numbers of an input that varies: its distribution, its paths, and tables of observed values."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from haihe import yaml
from haihe.errors import InputError, Location, raise_all
from haihe.model.types import Variable
from haihe.project import find_project_root, resolve_inside, show_path
from haihe.scenario.distributions import (
    Distribution,
    Shape,
    explain_problem,
)
from haihe.scenario.factor_schema import SHAPES, FactorFields
from haihe.scenario.quantities import read_quantity, read_trajectory
from haihe.scenario.relative import (
    find_column,
    join_table,
    read_driver_source,
    say_no_csv,
    say_no_table,
)
from haihe.scenario.settings import find_table
from haihe.scenario.values import Trajectory
from haihe.scenario.vocabulary import Vocabulary
from haihe.text import Text, list_choices

MAX_DATA = 1024 * 1024
"""Largest table of observed values [byte]."""


FACTOR_UNIT = "Dmnl"


def read_distribution(
    fields: FactorFields, node: yaml.Mapping, variable: Variable, path: Path, paths: int
) -> Distribution:
    given = [name for name in (*SHAPES, "paths") if getattr(fields, name) is not None]
    if len(given) != 1:
        raise node.error(
            Text(
                f"须给出一个分布，现为 {'、'.join(given) or '无'}",
                f"one distribution is needed, {' and '.join(given) or 'none'} is given",
            ),
            list_choices((*SHAPES, "paths")),
        )
    shape = given[0]
    at = node.get(shape)
    assert at is not None
    if fields.weights is not None and shape not in {"choice", "paths"}:
        raise (node.get("weights") or node).error(
            Text(f"{shape} 没有权重", f"{shape} has no weights"), "`choice`"
        )
    found = Distribution(
        *_read_numbers(shape, at, fields, variable, path, paths),
        weights=_read_weights(fields, node),
        within=_read_within(node, variable),
    )
    if problem := explain_problem(found):
        raise at.error(problem, Text("相互协调的数", "numbers that fit each other"))
    return found


def _read_numbers(
    shape: str,
    at: yaml.Node,
    fields: FactorFields,
    variable: Variable,
    path: Path,
    paths: int,
) -> tuple[Shape, tuple[float, ...]]:
    if shape == "paths":
        return "choice", tuple(float(i) for i in range(paths))
    if shape == "data":
        assert fields.data is not None
        values = read_column(fields.data.file, fields.data.column, path, at)
        unit = fields.data.unit
        return "data", tuple(sorted(_convert_all(values, unit, variable, at)))
    assert isinstance(at, yaml.Sequence)
    plain = replace(variable, units=FACTOR_UNIT)
    errors: list[InputError] = []
    numbers: list[float] = []
    for i, item in enumerate(at.items):
        try:
            # The spread of a lognormal is that of a logarithm: it has no unit.
            spread = shape == "lognormal" and i == 1
            numbers.append(read_quantity(item, plain if spread else variable))
        except InputError as error:
            errors.append(error)
    raise_all(errors)
    return shape, tuple(numbers)  # type: ignore[return-value]


def _read_weights(fields: FactorFields, node: yaml.Mapping) -> tuple[float, ...]:
    if fields.weights is None:
        return ()
    total = sum(fields.weights)
    if total <= 0 or min(fields.weights) <= 0:
        raise (node.get("weights") or node).error(
            Text("有权重不大于 0", "a weight is not above 0"),
            Text("大于 0 的权重", "weights above 0"),
        )
    return tuple(weight / total for weight in fields.weights)


def _read_within(node: yaml.Mapping, variable: Variable) -> tuple[float, float] | None:
    at = node.get("within")
    if not isinstance(at, yaml.Sequence):
        return None
    if len(at.items) != 2:
        raise at.error(
            Text("within 需要两个数", "within takes two numbers"),
            Text("[下限, 上限]", "[low, high]"),
        )
    low, high = (read_quantity(item, variable) for item in at.items)
    return low, high


def read_paths(
    node: yaml.Mapping, variable: Variable, vocabulary: Vocabulary, path: Path
) -> tuple[Trajectory, ...]:
    listed = node.get("paths")
    assert isinstance(listed, yaml.Sequence)
    table = find_table(variable, vocabulary)
    found = [
        read_driver_source(item, variable, table, path)
        if isinstance(item, yaml.Mapping)
        else read_trajectory(item, variable)
        for item in listed.items
        if isinstance(item, yaml.Mapping | yaml.Sequence)
    ]
    return tuple(join_table(table, one) for one in found)


def read_column(name: str, column: str, path: Path, node: yaml.Node) -> tuple[float, ...]:
    """Numbers of one column of a CSV file that a study or a list of futures names.

    Raises
    ------
    InputError, InputErrors
        For a file outside the project, none at all, and cells that are no numbers.
    """
    header, rows = read_rows(name, path, node)
    shown = Location(show_path(resolve_inside(find_project_root(path), name, path.parent)), 1)
    place = find_column(header, column, shown)
    return tuple(float(_read_cell(row, place, replace(shown, line=line))) for line, row in rows)


def read_rows(
    name: str, path: Path, node: yaml.Node, limit: int = MAX_DATA
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and numbered rows of a CSV file beside another file."""
    table = resolve_inside(find_project_root(path), name, path.parent, node.where)
    if not table.is_file():
        raise node.error(
            say_no_table(name), Text("本文件旁的 CSV 文件", "a CSV file beside this one")
        )
    shown = show_path(table)
    text = yaml.read_text(table, limit)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as fault:
        raise InputError(say_no_csv(fault), Location(shown)) from fault
    numbered = [(i, row) for i, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    kept = [(i, row) for i, row in numbered if not row[0].lstrip().startswith("#")]
    if len(kept) < 2:
        raise InputError(
            Text("没有数据行", "has no rows"),
            Location(shown),
            Text("表头和各行的数", "a header and rows of numbers"),
        )
    return kept[0][1], kept[1:]


def _read_cell(row: list[str], place: int, where: Location) -> float:
    cell = row[place].strip() if place < len(row) else ""
    number = yaml.read_number(cell)
    if number is None:
        raise yaml.explain_cell(cell, where)
    return float(number)


def _convert_all(
    values: tuple[float, ...], unit: str, variable: Variable, node: yaml.Node
) -> tuple[float, ...]:
    if not unit:
        return values
    from haihe.units import convert

    try:
        return tuple(convert(value, unit, variable.units) for value in values)
    except InputError as fault:
        raise node.error(fault.problem, fault.expected, fault.suggestions) from fault
