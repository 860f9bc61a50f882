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

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from haihe.errors import InputError, Location
from haihe.model.tables import (
    CELL,
    WORKBOOKS,
    Cell,
    Grid,
    cell_at,
    column_letters,
    column_number,
    delimiter_of,
    is_empty,
    named_range,
    number_of,
    read_grid,
    resolve_data,
    upper_left,
)
from haihe.model.types import FloatArray
from haihe.text import Text

__all__ = [
    "column_letters",
    "column_number",
    "delimiter_of",
    "read_constant",
    "read_elements",
    "read_grid",
    "read_series",
    "resolve_data",
]

Filling = Literal["interpolate", "hold_backward", "look_forward", "raw"]


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
    row, column = upper_left(path, tab, cell.rstrip("*"), (rows, columns), where)
    values = np.array(
        [
            [
                number_of(cell_at(grid, r, c), path, r, c, where)
                for c in range(column, column + columns)
            ]
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
        raise InputError(
            Text(
                f"{file} 的 {x_row_or_col} 中没有数字",
                f"no numbers stand in {x_row_or_col} of {file}",
            ),
            where,
        )
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    if np.any(np.diff(x) == 0):
        twice = float(x[int(np.argmax(np.diff(x) == 0))])
        raise InputError(
            Text(
                f"x = {twice:g} 在 {file} 的 {x_row_or_col} 中出现两次",
                f"x = {twice:g} stands twice in {x_row_or_col} of {file}",
            ),
            where,
        )
    if np.isnan(y).all(axis=0).any():
        raise InputError(
            Text(f"{file} 的一个序列中没有任何数字", f"a series of {file} has no number at all"),
            where,
        )
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
    row, column = upper_left(path, tab, first, None, where)
    end_row, end_column = len(grid), max((len(r) for r in grid), default=0)
    match = CELL.fullmatch(last)
    if match:
        end_row, end_column = int(match[2]), column_number(match[1]) + 1
    elif last.isdigit():
        end_row = int(last)
    elif last:
        end_column = column_number(last) + 1
    cells = [cell_at(grid, r, c) for r in range(row, end_row) for c in range(column, end_column)]
    names = tuple(prefix + _element(c) for c in cells if not is_empty(c))
    if not names:
        raise InputError(
            Text(
                f"{file} 中从 {first} 到{last or '末尾'}没有元素",
                f"no element stands in {file} from {first} to {last or 'the end'}",
            ),
            where,
        )
    return names


def _table_shape(shape: Sequence[int], where: Location | None) -> tuple[int, int]:
    long = [length for length in shape if length > 1]
    if len(long) > 2:
        raise InputError(
            Text(
                f"表格不能存放 {len(long)} 维的常数",
                f"a table cannot hold a constant of {len(long)} dimensions",
            ),
            where,
            Text(
                "外层维度的每个元素各有一个方程",
                "one equation for each element of the outer dimensions",
            ),
        )
    rows, columns = [1] * (2 - len(long)) + long
    return rows, columns


def _series_width(shape: Sequence[int], where: Location | None) -> int:
    long = [length for length in shape if length > 1]
    if len(long) > 1:
        raise InputError(
            Text(
                f"表格不能存放 {len(long)} 维的序列",
                f"a table cannot hold series of {len(long)} dimensions",
            ),
            where,
            Text(
                "外层维度的每个元素各有一个方程",
                "one equation for each element of the outer dimensions",
            ),
        )
    return long[0] if long else 1


def _read_points(
    path: Path, tab: str, x_place: str, cell: str, width: int, where: Location | None
) -> tuple[FloatArray, FloatArray]:
    grid = read_grid(path, tab, where)
    if x_place.isdigit() or (CELL.fullmatch(cell) and re.fullmatch("[A-Za-z]{1,3}", x_place)):
        row, column = upper_left(path, tab, cell, None, where)
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
    if path.suffix.lower() not in WORKBOOKS:
        raise InputError(
            Text(
                f"{x_name} 和 {y_name} 不是 {path.name} 的单元格",
                f"{x_name} and {y_name} are no cells of {path.name}",
            ),
            where,
            Text("一行或一列", "a row or a column"),
        )
    row, column, rows, columns = named_range(path, tab, x_name, where)
    y_row, y_column, y_rows, y_columns = named_range(path, tab, y_name, where)
    if min(rows, columns) != 1:
        raise InputError(
            Text(
                f"{path.name} 的区域 {x_name} 是多行多列",
                f"range {x_name} of {path.name} is a table",
            ),
            where,
            Text("一行或一列", "a row or a column"),
        )
    across = columns > 1
    length = columns if across else rows
    if (y_rows, y_columns) != ((width, length) if across else (length, width)):
        raise InputError(
            Text(
                f"{path.name} 的区域 {y_name} 有 {y_rows} 行 {y_columns} 列",
                f"range {y_name} of {path.name} has {y_rows} rows and {y_columns} columns",
            ),
            where,
            Text(f"{width} 个序列，各 {length} 个点", f"{length} points of {width} series"),
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


def _element(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _optional(grid: Grid, place: tuple[int, int], path: Path, where: Location | None) -> float:
    cell = cell_at(grid, *place)
    return math.nan if is_empty(cell) else number_of(cell, path, *place, where)
