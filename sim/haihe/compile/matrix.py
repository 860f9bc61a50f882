"""INVERT MATRIX, written out: Gauss and Jordan's elimination with a pivot sought in each column.

Which row is the pivot is known during a run only, so rows change places by selection. That makes
about 4 n^3 operations, each of them shared by all elements of the inverse; larger matrices than
`LARGEST` are refused. A matrix without an inverse gives infinities or NaN (PySD stops the run).

Sources
-------
G. H. Golub, C. F. Van Loan, Matrix Computations, 4th ed., Johns Hopkins 2013, section 3.4.
"""

from __future__ import annotations

from functools import reduce

from haihe.compile.ir import Call, Expr
from haihe.compile.rewrite import ONE, ZERO, div, mul, select, sub

LARGEST = 10
"""Rows of a matrix that is inverted."""

Rows = list[list[Expr]]


def invert(matrix: Rows) -> Rows:
    """The inverse of a square matrix."""
    count = len(matrix)
    rows = [
        [*row, *(ONE if i == j else ZERO for j in range(count))] for i, row in enumerate(matrix)
    ]
    for column in range(count):
        rows = _eliminate(_with_pivot(rows, column), column)
    return [row[count:] for row in rows]


def _with_pivot(rows: Rows, column: int) -> Rows:
    """The row whose number in the column is the greatest in size, in the place of the column's."""
    below = range(column, len(rows))
    sizes = [Call("abs", (rows[i][column],)) for i in below]
    if len(sizes) == 1:
        return rows
    greatest: Expr = reduce(lambda a, b: Call("max", (a, b)), sizes)
    is_it: list[Expr] = [Call("eq", (size, greatest)) for size in sizes]
    # Of several as great the first one.
    chosen = is_it[:1] + [
        Call("and", (own, Call("not", (reduce(_either, is_it[:k]),))))
        for k, own in enumerate(is_it)
        if k > 0
    ]
    held = rows[column]
    pivot = [
        reduce(lambda got, k: select(chosen[k], rows[column + k][j], got), _others(chosen), held[j])
        for j in range(len(held))
    ]
    moved = [
        [select(chosen[k], held[j], rows[column + k][j]) for j in range(len(held))]
        for k in _others(chosen)
    ]
    return [*rows[:column], pivot, *moved]


def _others(chosen: list[Expr]) -> range:
    """Places under the first."""
    return range(1, len(chosen))


def _either(a: Expr, b: Expr) -> Expr:
    return Call("or", (a, b))


def _eliminate(rows: Rows, column: int) -> Rows:
    """The column becomes that of the unit matrix; what is known to be 0 or 1 is not computed."""
    count = len(rows)
    width = range(column + 1, 2 * count)
    pivot = rows[column]
    scaled = {j: div(pivot[j], pivot[column]) for j in width}
    done = []
    for i, row in enumerate(rows):
        known: list[Expr] = [ONE if i == j else ZERO for j in range(column + 1)]
        if i == column:
            done.append(known + [scaled[j] for j in width])
        else:
            done.append(known + [sub(row[j], mul(row[column], scaled[j])) for j in width])
    return done
