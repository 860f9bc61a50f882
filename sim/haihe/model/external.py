"""Read the numbers that a model keeps in tables beside it: csv, and xlsx where there is openpyxl.

`GET DIRECT CONSTANTS('data/costs.csv', ',', 'B2')` and its relatives (`LOOKUPS`, `DATA`,
`SUBSCRIPT`, and the `XLS` spellings) name a file, a tab or a delimiter, and a cell. A model may
read inside its own folder only. What a cell holds is a number or a mistake: nothing is guessed.

Rows are counted as a spreadsheet counts them, blank lines included.

Sources
-------
Vensim reference manual, "GET DIRECT CONSTANTS", "GET DIRECT LOOKUPS", "GET DIRECT DATA" and
"GET DIRECT SUBSCRIPT" (www.vensim.com/documentation).
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal

import numpy as np

from haihe.errors import InputError, Location
from haihe.model.types import FloatArray

Cell = str | float | None
Grid = tuple[tuple[Cell, ...], ...]
Filling = Literal["interpolate", "hold_backward", "look_forward", "raw"]

_CELL = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_WORKBOOKS = {".xlsx", ".xlsm"}


def resolve_data(folder: Path, file: str, where: Location | None = None) -> Path:
    """Path of a data file that a model names, inside the model's folder.

    Raises
    ------
    InputError
        Where the file does not exist, or lies outside of `folder`, also by way of a link.
    """
    name = file.replace("\\", "/")
    problem = ""
    if not name.strip() or "\0" in name:
        problem = "the name of a data file is empty or holds a NUL"
    elif name.startswith("?"):
        problem = "data files named through a Vensim control panel (?name) are not supported"
    elif PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive:
        problem = "a model may not read a data file by an absolute path"
    if problem:
        raise InputError(problem, where, "a path relative to the model's folder", shown=file)
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise InputError(
            "a model may not read outside of its own folder",
            where,
            "a file inside the folder of the model",
            shown=file,
        )
    if not path.is_file():
        raise InputError(
            f"data file {file} does not exist", where, suggestions=_near_files(root, path)
        )
    return path


def read_constant(
    folder: Path,
    file: str,
    tab: str,
    cell: str,
    shape: Sequence[int] = (),
    where: Location | None = None,
) -> FloatArray:
    """Values of a constant.

    Parameters
    ----------
    folder
        Folder of the model; nothing outside of it is read.
    file, tab, cell
        As the model writes them: `tab` is the delimiter of a csv file, the sheet of a workbook;
        `cell` is the upper left cell (`B2`), the same with `*` for a table that is read
        downwards, or the name of a range in a workbook.
    shape
        Lengths of the dimensions; at most two may be longer than one.

    Returns
    -------
    FloatArray
        (*shape)

    Raises
    ------
    InputError
        Where the file, the cell or the number is wrong.
    """
    path = resolve_data(folder, file, where)
    rows, columns = _table_shape(shape, where)
    downwards = cell.endswith("*") and rows * columns > 1
    if downwards:
        rows, columns = columns, rows
    grid = read_grid(path, tab, where)
    row, column = _upper_left(path, tab, cell.rstrip("*"), (rows, columns), where)
    values = np.array(
        [
            [_number(_at(grid, r, c), path, r, c, where) for c in range(column, column + columns)]
            for r in range(row, row + rows)
        ],
        dtype=np.float64,
    )
    return np.ascontiguousarray(values.T if downwards else values).reshape(tuple(shape))


def read_series(
    folder: Path,
    file: str,
    tab: str,
    x_row_or_col: str,
    cell: str,
    shape: Sequence[int] = (),
    filling: Filling = "interpolate",
    where: Location | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Points of a lookup, or values of a data variable over time.

    Parameters
    ----------
    x_row_or_col
        A number: x stands in that row, and the series run to the right; a letter: x stands in
        that column, and the series run downwards; otherwise the name of a range in a workbook.
    shape
        Lengths of the dimensions; at most one may be longer than one.
    filling
        What an empty cell of a series becomes; "raw" leaves it NaN.

    Returns
    -------
    tuple of FloatArray
        x (point,), increasing, and y (point, *shape).

    Raises
    ------
    InputError
        Where the file, the cells or the numbers are wrong, or an x comes twice.
    """
    path = resolve_data(folder, file, where)
    width = _series_width(shape, where)
    x, y = _read_points(path, tab, x_row_or_col.strip(), cell.strip(), width, where)
    if x.size == 0:
        raise InputError(f"no numbers stand in {x_row_or_col} of {file}", where)
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    if np.any(np.diff(x) == 0):
        twice = float(x[int(np.argmax(np.diff(x) == 0))])
        raise InputError(f"x = {twice:g} stands twice in {x_row_or_col} of {file}", where)
    if np.isnan(y).all(axis=0).any():
        raise InputError(f"a series of {file} has no number at all", where)
    for column in range(width):
        y[:, column] = _fill_gaps(x, y[:, column], filling)
    return x, y.reshape((x.size, *shape))


def read_elements(
    folder: Path,
    file: str,
    tab: str,
    first: str,
    last: str,
    prefix: str = "",
    where: Location | None = None,
) -> tuple[str, ...]:
    """Names of the elements of a dimension, row by row.

    `last` is the lower right cell, a row, a column, or empty (to the end of the table).

    Raises
    ------
    InputError
        Where the file or the cells are wrong, or no name is found.
    """
    path = resolve_data(folder, file, where)
    grid = read_grid(path, tab, where)
    row, column = _upper_left(path, tab, first, None, where)
    end_row, end_column = len(grid), max((len(r) for r in grid), default=0)
    match = _CELL.fullmatch(last)
    if match:
        end_row, end_column = int(match[2]), column_number(match[1]) + 1
    elif last.isdigit():
        end_row = int(last)
    elif last:
        end_column = column_number(last) + 1
    cells = [_at(grid, r, c) for r in range(row, end_row) for c in range(column, end_column)]
    names = tuple(prefix + _element(c) for c in cells if not _is_empty(c))
    if not names:
        raise InputError(f"no element stands in {file} from {first} to {last or 'the end'}", where)
    return names


@lru_cache(maxsize=256)
def _read_grid(path: Path, tab: str, stamp: tuple[int, int]) -> Grid:
    if path.suffix.lower() in _WORKBOOKS:
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
            "the data file is not UTF-8", Location(path.name, line), "a file saved as UTF-8"
        ) from None
    lines = io.StringIO(text, newline="")
    try:
        return tuple(tuple(row) for row in csv.reader(lines, delimiter=delimiter_of(path, tab)))
    except csv.Error as error:
        raise InputError(f"{path.name} cannot be read as a table: {error}") from None


def _read_sheet(path: Path, tab: str) -> Grid:
    book = _open_book(path)
    try:
        names = {name.casefold(): name for name in book.sheetnames}
        if tab.casefold() not in names:
            raise InputError(
                f"{path.name} has no sheet {tab}", None, f"one of {', '.join(names.values())}"
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
            f"{path.name} is a workbook, and openpyxl is not installed",
            None,
            "a csv file, or `pip install openpyxl`",
        ) from None
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever zipfile and the XML reader raise
        raise InputError(f"{path.name} cannot be read as a workbook: {error}") from None


def _plain(cell: object) -> Cell:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return str(cell)
    return float(cell)


def _upper_left(
    path: Path, tab: str, cell: str, shape: tuple[int, int] | None, where: Location | None
) -> tuple[int, int]:
    match = _CELL.fullmatch(cell.strip())
    if match:
        return int(match[2]) - 1, column_number(match[1])
    if path.suffix.lower() not in _WORKBOOKS:
        raise InputError(f"{cell} is no cell of {path.name}", where, "a cell such as B2")
    row, column, rows, columns = _named_range(path, tab, cell.strip(), where)
    if shape is not None and shape != (rows, columns):
        raise InputError(
            f"range {cell} of {path.name} has {rows} rows and {columns} columns",
            where,
            f"{shape[0]} rows and {shape[1]} columns",
        )
    return row, column


def _named_range(
    path: Path, tab: str, name: str, where: Location | None
) -> tuple[int, int, int, int]:
    book = _open_book(path)
    try:
        sheets = {sheet.casefold(): sheet for sheet in book.sheetnames}
        local = book[sheets[tab.casefold()]].defined_names if tab.casefold() in sheets else {}
        named = local.get(name) or book.defined_names.get(name)
        places = list(named.destinations) if named is not None else []
    finally:
        book.close()
    for sheet, cells in places:
        corners = [_CELL.fullmatch(corner) for corner in cells.replace("$", "").split(":")]
        first, last = corners[0], corners[-1]
        if sheet.casefold() == tab.casefold() and first and last:
            row, column = int(first[2]) - 1, column_number(first[1])
            return row, column, int(last[2]) - row, column_number(last[1]) + 1 - column
    raise InputError(f"sheet {tab} of {path.name} has neither a cell nor a range {name}", where)


def _table_shape(shape: Sequence[int], where: Location | None) -> tuple[int, int]:
    long = [length for length in shape if length > 1]
    if len(long) > 2:
        raise InputError(
            f"a table cannot hold a constant of {len(long)} dimensions",
            where,
            "one equation for each element of the outer dimensions",
        )
    rows, columns = [1] * (2 - len(long)) + long
    return rows, columns


def _series_width(shape: Sequence[int], where: Location | None) -> int:
    long = [length for length in shape if length > 1]
    if len(long) > 1:
        raise InputError(
            f"a table cannot hold series of {len(long)} dimensions",
            where,
            "one equation for each element of the outer dimensions",
        )
    return long[0] if long else 1


def _read_points(
    path: Path, tab: str, x_place: str, cell: str, width: int, where: Location | None
) -> tuple[FloatArray, FloatArray]:
    grid = read_grid(path, tab, where)
    if x_place.isdigit() or (_CELL.fullmatch(cell) and re.fullmatch("[A-Za-z]{1,3}", x_place)):
        row, column = _upper_left(path, tab, cell, None, where)
        if x_place.isdigit():
            length = max((len(r) for r in grid), default=0) - column
            x_cells = [(int(x_place) - 1, column + i) for i in range(length)]
            y_cells = [[(row + j, column + i) for j in range(width)] for i in range(length)]
        else:
            length = len(grid) - row
            x_cells = [(row + i, column_number(x_place)) for i in range(length)]
            y_cells = [[(row + i, column + j) for j in range(width)] for i in range(length)]
    else:
        x_cells, y_cells = _named_cells(path, tab, x_place, cell, width, where)
    x = np.array([_optional(grid, place, path, where) for place in x_cells], dtype=np.float64)
    # A point without an x says nothing: spreadsheets end in empty rows.
    kept = [i for i in range(len(x)) if not math.isnan(x[i])]
    y = [[_optional(grid, place, path, where) for place in y_cells[i]] for i in kept]
    return x[kept], np.array(y, dtype=np.float64).reshape(len(kept), width)


def _named_cells(
    path: Path, tab: str, x_name: str, y_name: str, width: int, where: Location | None
) -> tuple[list[tuple[int, int]], list[list[tuple[int, int]]]]:
    if path.suffix.lower() not in _WORKBOOKS:
        raise InputError(
            f"{x_name} and {y_name} are no cells of {path.name}", where, "a row or a column"
        )
    row, column, rows, columns = _named_range(path, tab, x_name, where)
    y_row, y_column, y_rows, y_columns = _named_range(path, tab, y_name, where)
    if min(rows, columns) != 1:
        raise InputError(f"range {x_name} of {path.name} is a table", where, "a row or a column")
    across = columns > 1
    length = columns if across else rows
    if (y_rows, y_columns) != ((width, length) if across else (length, width)):
        raise InputError(
            f"range {y_name} of {path.name} has {y_rows} rows and {y_columns} columns",
            where,
            f"{length} points of {width} series",
        )
    if across:
        x_cells = [(row, column + i) for i in range(length)]
        return x_cells, [[(y_row + j, y_column + i) for j in range(width)] for i in range(length)]
    x_cells = [(row + i, column) for i in range(length)]
    return x_cells, [[(y_row + i, y_column + j) for j in range(width)] for i in range(length)]


def _fill_gaps(x: FloatArray, y: FloatArray, filling: Filling) -> FloatArray:
    gaps = np.isnan(y)
    if filling == "raw" or not gaps.any():
        return y
    known_x, known_y = x[~gaps], y[~gaps]
    filled = y.copy()
    if filling == "interpolate":
        filled[gaps] = np.interp(x[gaps], known_x, known_y)
    else:
        # The gap's own x is no known one, so both sides of the search agree.
        at = np.searchsorted(known_x, x[gaps]) - (0 if filling == "look_forward" else 1)
        filled[gaps] = known_y[np.clip(at, 0, known_x.size - 1)]
    return filled


def _at(grid: Grid, row: int, column: int) -> Cell:
    if row < len(grid) and column < len(grid[row]):
        return grid[row][column]
    return None


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _element(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _optional(grid: Grid, place: tuple[int, int], path: Path, where: Location | None) -> float:
    cell = _at(grid, *place)
    return math.nan if _is_empty(cell) else _number(cell, path, *place, where)


def _number(cell: Cell, path: Path, row: int, column: int, where: Location | None) -> float:
    place = f"cell {column_letters(column)}{row + 1} of {path.name}"
    if cell is None or _is_empty(cell):
        raise InputError(f"{place} is empty", where, "a number")
    try:
        number = float(cell) if len(str(cell)) <= 64 and "_" not in str(cell) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{place} is not a number", where, "a number", shown=str(cell)[:80])
    return number


def _near_files(root: Path, path: Path) -> tuple[str, ...]:
    if not path.parent.is_dir():
        return ()
    names = [p.name for p in path.parent.iterdir() if p.is_file()]
    near = difflib.get_close_matches(path.name, names, n=2)
    return tuple((path.parent / name).relative_to(root).as_posix() for name in near)
