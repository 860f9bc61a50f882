"""Tables of yearly numbers that people bring: a column of years, a column for each series.

The unit stands in the heading, `name [unit]`, or in a row of units below it. Empty cells are
years that are not known. Every number keeps the line that it stands in.
"""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path

from haihe.errors import InputError, Location, raise_all
from haihe.model.find import fold_name
from haihe.project import show_path, show_text
from haihe.scenario.relative import IN_ORDER, say_no_csv
from haihe.text import Text, lead
from haihe.units import convert
from haihe.yaml import explain_cell, read_number, read_text

MAX_TABLE = 1024 * 1024
"""Largest table [byte]."""
YEAR = frozenset({"year", "time", "年", "年份"})
UNIT = frozenset({"", "unit", "units", "单位"})
_YEAR = Text("年份，如 2019", "a year, such as 2019")
_HEADING = re.compile(r"(?P<name>[^\[［]+?)\s*(?:[\[［](?P<unit>[^\]］]*)[\]］])?\s*")
EXPECTED = Text(
    "表头（如 year,coal price [yuan/tce]）和各行的年份与数字",
    "a heading such as year,coal price [yuan/tce] and rows of years and numbers",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of a table."""

    year: float
    value: float
    """As it is written, in the unit of its column."""
    where: Location


@dataclass(frozen=True, slots=True)
class Column:
    """One series of a table."""

    name: str
    """As it is written."""
    unit: str | None
    """As it is written; None where the table says none."""
    entries: tuple[Entry, ...]
    where: Location
    """The heading."""

    def convert(self, entry: Entry, unit: str) -> float:
        """A number of this column in another unit.

        Raises
        ------
        InputError
            Where the units do not fit.
        """
        if self.unit is None:
            return entry.value
        try:
            value = convert(entry.value, self.unit, unit)
        except InputError as fault:
            raise InputError(
                lead(self.name, fault.problem),
                self.where,
                fault.expected
                or Text(f"能换算成 {unit} 的单位", f"a unit that {unit} can be made from"),
                fault.suggestions,
            ) from fault
        if not math.isfinite(value):
            number = f"{entry.value:g}"
            words = Text(f"{number} 不是有限的数", f"{number} is not finite")
            raise InputError(lead(self.name, words), entry.where)
        # 15 digits, so that `7 %` is 0.07 and not the next double.
        return float(f"{value:.15g}")


def read_yearly(path: Path) -> tuple[Column, ...]:
    """Read a table.

    Raises
    ------
    InputError, InputErrors
        Everything that is wrong with it, with its lines.
    """
    shown = show_path(path)
    try:
        text = read_text(path, MAX_TABLE)
        rows = [
            (number, [cell.strip() for cell in row])
            for number, row in _number_rows(text)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as fault:
        raise InputError(say_no_csv(fault), Location(shown)) from fault
    if not rows:
        raise InputError(Text("文件为空", "is empty"), Location(shown), EXPECTED)
    (line, head), *body = rows
    if fold_name(head[0]) not in YEAR:
        raise InputError(
            Text(f"第一列是 {show_text(head[0])}", f"the first column is {show_text(head[0])}"),
            Location(shown, line),
            Text("year、年或年份", "year, 年 or 年份"),
        )
    units: list[str] | None = None
    if body and fold_name(body[0][1][0]) in UNIT:
        units, body = body[0][1], body[1:]
    return _read_columns(head, units, body, Location(shown, line))


def _number_rows(text: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    return [(reader.line_num, row) for row in reader]


def _read_columns(
    head: list[str], units: list[str] | None, body: list[tuple[int, list[str]]], where: Location
) -> tuple[Column, ...]:
    errors: list[InputError] = []
    if len(head) < 2 or not body:
        missing = Text("没有数据行", "has no rows")
        if len(head) < 2:
            missing = Text("没有数据列", "has no series")
        raise InputError(missing, where, EXPECTED)
    for line, row in body:
        if any(row[len(head) :]):
            more = InputError(
                Text(
                    f"表头有 {len(head)} 列，此行却有 {len(row)} 格",
                    f"{len(row)} cells under {len(head)} headings",
                ),
                Location(where.file, line),
                Text(
                    "格数与表头列数相同；数字中的逗号会另占一格",
                    "as many cells as headings; a comma within a number takes a cell of its own",
                ),
            )
            errors.append(more)
    years = _read_years(body, where.file, errors)
    columns = [
        _read_column(place, name, units, body, years, where, errors)
        for place, name in enumerate(head)
        if place
    ]
    raise_all(errors)
    return tuple(column for column in columns if column is not None)


def _read_years(
    body: list[tuple[int, list[str]]], file: str, errors: list[InputError]
) -> list[float]:
    years: list[float] = []
    for line, row in body:
        number = _read_cell(row[0], Location(file, line), errors, _YEAR)
        year = math.nan if number is None else number
        known = [y for y in years if not math.isnan(y)]
        if known and year <= known[-1]:
            problem = Text(
                f"{year:g} 年排在 {known[-1]:g} 年之后",
                f"the year {year:g} comes after {known[-1]:g}",
            )
            errors.append(InputError(problem, Location(file, line), IN_ORDER))
        years.append(year)
    return years


def _read_column(
    place: int,
    heading: str,
    units: list[str] | None,
    body: list[tuple[int, list[str]]],
    years: list[float],
    where: Location,
    errors: list[InputError],
) -> Column | None:
    match = _HEADING.fullmatch(heading)
    if match is None:
        shown = show_text(heading)
        problem = Text(
            f"第 {place + 1} 列的表头无法识别：{shown}",
            f"column {place + 1} has no heading that can be read: {shown}",
        )
        errors.append(
            InputError(problem, where, Text("名称，或 名称 [单位]", "a name, or name [unit]"))
        )
        return None
    below = units[place] if units is not None and place < len(units) else ""
    unit = match["unit"] if match["unit"] is not None else below or None
    entries = []
    for (line, row), year in zip(body, years, strict=True):
        cell = row[place] if place < len(row) else ""
        at = Location(where.file, line)
        wanted = Text(f"{match['name']} 的数值", f"a number for {match['name']}")
        value = _read_cell(cell, at, errors, wanted) if cell else None
        if value is not None:
            entries.append(Entry(year, value, at))
    return Column(match["name"].strip(), unit, tuple(entries), where)


def _read_cell(
    cell: str, where: Location, errors: list[InputError], expected: Text
) -> float | None:
    number = read_number(cell)
    if number is None:
        errors.append(explain_cell(cell, where, expected))
        return None
    return float(number)
