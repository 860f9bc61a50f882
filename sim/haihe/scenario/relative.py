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
from haihe.text import Text, list_choices
from haihe.units import convert, parse_quantity
from haihe.yaml import Mapping, Node, explain_cell, read_number, read_text, suggest, validate

MAX_TABLE = 1024 * 1024
"""Largest table [byte]."""
RAMP = 1.0
"""Years over which a relative change sets in."""

_FORMS = Text(
    "{file: x.csv, year: 列名, value: 列名}、{scale: 1.1} 或 {shift: …}",
    "{file: x.csv, year: column, value: column}, {scale: 1.1} or {shift: …}",
)
FINITE = Text("有限的数字", "a finite number")


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
        problem = Text(
            f"{variable.name} 须在 file、scale、shift 中选其一",
            f"{variable.name} needs one of file, scale and shift",
        )
        raise node.error(problem, _FORMS)
    if source.file is not None:
        return _read_file(source, variable, path, node.get("file") or node)
    if table is None:
        problem = Text(
            f"{variable.name} 没有可供调整的数表",
            f"{variable.name} has no table that could be changed",
        )
        raise node.error(problem, Text("轨迹", "a trajectory"))
    since = POLICY_START if source.since is None else source.since
    if source.scale is not None:
        return change_table(table, since, source.scale, 0.0)
    return change_table(table, since, 1.0, _read_shift(source, variable, node.get("shift") or node))


IN_ORDER = Text("年份由早到晚且不重复", "years in order, once")


def say_disorder(year: float, before: float) -> Text:
    """A year does not come after the one above it."""
    return Text(f"{year:g} 排在 {before:g} 之后", f"{year:g} comes after {before:g}")


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
            amount = Text(f"以 {variable.units} 计的数量", f"an amount in {variable.units}")
            raise node.error(fault.problem, fault.expected or amount, fault.suggestions) from fault
    return float(source.shift or 0.0)


def _read_file(source: DriverSource, variable: Variable, path: Path, node: Node) -> Trajectory:
    name = str(source.file)
    table = resolve_inside(find_project_root(path), name, path.parent, node.where)
    if not table.is_file():
        raise node.error(
            say_no_table(name), Text("情景旁的 CSV 文件", "a CSV file beside the scenario")
        )
    shown = show_path(table)
    try:
        rows = list(csv.reader(io.StringIO(read_text(table, MAX_TABLE), newline=""), strict=True))
    except csv.Error as fault:
        raise InputError(say_no_csv(fault), Location(shown)) from fault
    if not rows:
        raise InputError(
            Text("文件为空", "is empty"),
            Location(shown),
            Text("表头和各行的年份与数值", "a header and rows of years and values"),
        )
    at = Location(shown, 1)
    columns = [find_column(rows[0], name, at) for name in (source.year, source.value)]
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
        raise InputError(
            Text("没有数据行", "has no rows"),
            Location(shown),
            Text("各行的年份与数值", "rows of years and values"),
        )
    years, values = zip(*points)
    if source.unit:
        values = tuple(_convert(value, source.unit, variable, node) for value in values)
    return Trajectory(years, values)


def say_no_table(name: str) -> Text:
    """There is no table of a name."""
    return Text(f"没有数据表 {show_text(name)}", f"there is no table {show_text(name)}")


def say_no_csv(fault: csv.Error) -> Text:
    """A file is no table at all; why, as the reader says it."""
    return Text("不是 CSV 数据表", f"is no CSV table: {fault}")


def find_column(header: list[str], column: str, where: Location) -> int:
    """Place of a column.

    Raises
    ------
    InputError
        Where there is none of that name, or more than one.
    """
    folded = [fold_name(cell) for cell in header]
    if folded.count(fold_name(column)) != 1:
        shown = show_text(column)
        problem = Text(f"没有列 {shown}，或有多个", f"has no column {shown}, or more than one")
        known = list_choices(cell.strip()[:40] for cell in header[:20])
        raise InputError(problem, where, known, suggest(column, header))
    return folded.index(fold_name(column))


def _read_row(
    row: list[str], columns: list[int], where: Location, before: list[tuple[float, float]]
) -> tuple[float, float]:
    cells = [row[column].strip() if column < len(row) else "" for column in columns]
    for cell in cells:
        if read_number(cell) is None:
            raise explain_cell(cell, where)
    year, value = map(float, cells)
    if before and year <= before[-1][0]:
        raise InputError(say_disorder(year, before[-1][0]), where, IN_ORDER)
    return year, value


def _convert(value: float, unit: str, variable: Variable, node: Node) -> float:
    try:
        converted = convert(value, unit, variable.units)
    except InputError as fault:
        raise node.error(fault.problem, fault.expected, fault.suggestions) from fault
    if not math.isfinite(converted):
        problem = Text(f"{value:g} {unit} 不是有限的数", f"{value:g} {unit} is not finite")
        raise node.error(problem, FINITE)
    return converted
