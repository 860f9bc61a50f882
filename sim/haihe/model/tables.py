"""Tables that stand in files: csv, and xlsx where there is openpyxl.

Only files inside of a model's own folder are read. Rows are counted as a spreadsheet counts them,
blank lines included.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from haihe.errors import InputError, Location
from haihe.text import Text, Words, list_choices

Cell = str | float | None
Grid = tuple[tuple[Cell, ...], ...]

CELL = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
WORKBOOKS = {".xlsx", ".xlsm"}


def resolve_data(folder: Path, file: str, where: Location | None = None) -> Path:
    """Path of a data file that a model names, inside the model's folder.

    Raises
    ------
    InputError
        Where the file does not exist, or lies outside of `folder`, also by way of a link.
    """
    name = file.replace("\\", "/")
    problem: Words = ""
    if not name.strip() or "\0" in name:
        problem = Text(
            "数据文件名为空，或含有 NUL 字符", "the name of a data file is empty or holds a NUL"
        )
    elif name.startswith("?"):
        problem = Text(
            "不支持由 Vensim 控制面板指定的数据文件（?name）",
            "data files named through a Vensim control panel (?name) are not supported",
        )
    elif PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive:
        problem = Text(
            "模型不能用绝对路径读取数据文件", "a model may not read a data file by an absolute path"
        )
    if problem:
        raise InputError(
            problem,
            where,
            Text("相对于模型所在文件夹的路径", "a path relative to the model's folder"),
            shown=file,
        )
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise InputError(
            Text(
                "模型不能读取所在文件夹以外的文件", "a model may not read outside of its own folder"
            ),
            where,
            Text("模型文件夹内的文件", "a file inside the folder of the model"),
            shown=file,
        )
    if not path.is_file():
        raise InputError(
            Text(f"数据文件 {file} 不存在", f"data file {file} does not exist"),
            where,
            suggestions=_near_files(root, path),
        )
    return path


@lru_cache(maxsize=256)
def _read_grid(path: Path, tab: str, stamp: tuple[int, int]) -> Grid:
    if path.suffix.lower() in WORKBOOKS:
        return _read_sheet(path, tab)
    return _read_csv(path, tab)


def read_grid(path: Path, tab: str, where: Location | None = None) -> Grid:
    """All cells of a csv file or a sheet: text, number or nothing."""
    status = path.stat()
    try:
        return _read_grid(path, tab, (status.st_mtime_ns, status.st_size))
    except InputError as error:
        if where and not error.where:
            error.where = where
        raise


def column_number(letters: str) -> int:
    """Column of a spreadsheet from 0: A is 0, Z is 25, AA is 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_letters(number: int) -> str:
    """Name of the column `number`, counted from 0."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def delimiter_of(path: Path, tab: str) -> str:
    """Delimiter of a text table: the tab argument, else the habit of the suffix."""
    if tab and not tab[0].isalnum():
        return "\t" if tab.startswith("\\t") else tab[0]
    return "," if path.suffix.lower() == ".csv" else "\t"


def _read_csv(path: Path, tab: str) -> Grid:
    try:
        # A byte order mark is what spreadsheets write; it is no part of the first cell.
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise InputError(
            Text("数据文件不是 UTF-8 编码", "the data file is not UTF-8"),
            Location(path.name, line),
            Text("以 UTF-8 保存的文件", "a file saved as UTF-8"),
        ) from None
    lines = io.StringIO(text, newline="")
    try:
        return tuple(tuple(row) for row in csv.reader(lines, delimiter=delimiter_of(path, tab)))
    except csv.Error as error:
        raise InputError(
            Text(
                f"{path.name} 不能作为表格读取：{error}",
                f"{path.name} cannot be read as a table: {error}",
            )
        ) from None


def _read_sheet(path: Path, tab: str) -> Grid:
    book = _open_book(path)
    try:
        names = {name.casefold(): name for name in book.sheetnames}
        if tab.casefold() not in names:
            raise InputError(
                Text(f"{path.name} 中没有工作表 {tab}", f"{path.name} has no sheet {tab}"),
                None,
                list_choices(names.values()),
            )
        rows = book[names[tab.casefold()]].iter_rows(values_only=True)
        return tuple(tuple(_plain(cell) for cell in row) for row in rows)
    finally:
        book.close()


def _open_book(path: Path) -> Any:
    # Heavy, and needed only where a model reads a workbook.
    try:
        import openpyxl  # type: ignore[import-untyped]
    except ImportError:
        raise InputError(
            Text(
                f"{path.name} 是工作簿，而 openpyxl 没有安装",
                f"{path.name} is a workbook, and openpyxl is not installed",
            ),
            None,
            Text(
                "csv 文件，或先运行 `pip install openpyxl`", "a csv file, or `pip install openpyxl`"
            ),
        ) from None
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever zipfile and the XML reader raise
        raise InputError(
            Text(
                f"{path.name} 不能作为工作簿读取：{error}",
                f"{path.name} cannot be read as a workbook: {error}",
            )
        ) from None


def _plain(cell: object) -> Cell:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return str(cell)
    return float(cell)


def upper_left(
    path: Path, tab: str, cell: str, shape: tuple[int, int] | None, where: Location | None
) -> tuple[int, int]:
    """Row and column (from 0) of a cell, or of the upper left one of a named range.

    Raises
    ------
    InputError
        Where there is none, or the range does not have `shape` (rows, columns).
    """
    match = CELL.fullmatch(cell.strip())
    if match:
        return int(match[2]) - 1, column_number(match[1])
    if path.suffix.lower() not in WORKBOOKS:
        raise InputError(
            Text(f"{cell} 不是 {path.name} 的单元格", f"{cell} is no cell of {path.name}"),
            where,
            Text("B2 这样的单元格", "a cell such as B2"),
        )
    row, column, rows, columns = named_range(path, tab, cell.strip(), where)
    if shape is not None and shape != (rows, columns):
        raise InputError(
            Text(
                f"{path.name} 的区域 {cell} 有 {rows} 行 {columns} 列",
                f"range {cell} of {path.name} has {rows} rows and {columns} columns",
            ),
            where,
            Text(f"{shape[0]} 行 {shape[1]} 列", f"{shape[0]} rows and {shape[1]} columns"),
        )
    return row, column


def named_range(
    path: Path, tab: str, name: str, where: Location | None
) -> tuple[int, int, int, int]:
    """Row, column, rows and columns of a range of a workbook.

    Raises
    ------
    InputError
        Where the sheet has no range of that name.
    """
    book = _open_book(path)
    try:
        sheets = {sheet.casefold(): sheet for sheet in book.sheetnames}
        local = book[sheets[tab.casefold()]].defined_names if tab.casefold() in sheets else {}
        named = local.get(name) or book.defined_names.get(name)
        places = list(named.destinations) if named is not None else []
    finally:
        book.close()
    for sheet, cells in places:
        corners = [CELL.fullmatch(corner) for corner in cells.replace("$", "").split(":")]
        first, last = corners[0], corners[-1]
        if sheet.casefold() == tab.casefold() and first and last:
            row, column = int(first[2]) - 1, column_number(first[1])
            return row, column, int(last[2]) - row, column_number(last[1]) + 1 - column
    raise InputError(
        Text(
            f"{path.name} 的工作表 {tab} 中没有名为 {name} 的单元格或区域",
            f"sheet {tab} of {path.name} has neither a cell nor a range {name}",
        ),
        where,
    )


def cell_at(grid: Grid, row: int, column: int) -> Cell:
    """What stands in a cell; nothing beyond the end of the table."""
    if row < len(grid) and column < len(grid[row]):
        return grid[row][column]
    return None


def is_empty(cell: Cell) -> bool:
    """Does nothing stand in a cell?"""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def number_of(cell: Cell, path: Path, row: int, column: int, where: Location | None) -> float:
    """Number in a cell.

    Raises
    ------
    InputError
        Where it is empty, or no finite number.
    """
    cell_name = f"{column_letters(column)}{row + 1}"
    place = Text(f"{path.name} 的单元格 {cell_name} ", f"cell {cell_name} of {path.name}")
    if cell is None or is_empty(cell):
        raise InputError(
            Text("{place}为空", "{place} is empty").fill(place=place),
            where,
            Text("数字", "a number"),
        )
    try:
        number = float(cell) if len(str(cell)) <= 64 and "_" not in str(cell) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(
            Text("{place}不是数字", "{place} is not a number").fill(place=place),
            where,
            Text("数字", "a number"),
            shown=str(cell)[:80],
        )
    return number


def _near_files(root: Path, path: Path) -> tuple[str, ...]:
    if not path.parent.is_dir():
        return ()
    names = [p.name for p in path.parent.iterdir() if p.is_file()]
    near = difflib.get_close_matches(path.name, names, n=2)
    return tuple((path.parent / name).relative_to(root).as_posix() for name in near)
