"""ALLOCATE AVAILABLE and ALLOCATE BY PRIORITY: who gets how much of what there is.

Each target asks for a quantity, and what it gets of that falls as the price rises: a curve with a
middle (its priority) and a width. The price at which all get together what there is clears the
market. The sum falls with the price, so halving finds it: always `HALVINGS` times, so that a
member's bits depend on the member alone. Where the sum is level many prices clear the market, and
all of them give the same.

Sources
-------
Vensim reference manual, "ALLOCATE AVAILABLE", "ALLOCATE BY PRIORITY", "Priority profiles"; curves
and the order of filling as in PySD 3.14, `allocation.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from haihe.compile.ir import Call, Expr, Number
from haihe.compile.rewrite import ONE, ZERO, add, div, mul, select, sub

RECTANGULAR, TRIANGULAR, NORMAL, EXPONENTIAL, ANY = 1, 2, 3, 4, 9
KINDS = (RECTANGULAR, TRIANGULAR, NORMAL, EXPONENTIAL)
"""Curves, by the numbers that models write; `ANY` is known during a run only."""
REACH = {RECTANGULAR: 0.5, TRIANGULAR: 0.5, NORMAL: 39.0, EXPONENTIAL: 746.0, ANY: 746.0}
"""How many widths from its middle a curve still falls."""
HALVINGS = 80
FIELDS = 4
"""Numbers of a target: kind, quantity, middle, width."""


def kinds_of(index: int) -> tuple[int, ...]:
    """Kinds of curves that the index of a node "clearing" stands for."""
    return tuple(int(digit) for digit in str(index)[1:])


def index_of(kinds: Sequence[int]) -> int:
    """One number for several kinds."""
    return int("1" + "".join(map(str, kinds)))


# --- as expressions -----------------------------------------------------------------------------


def _bounded(x: Expr) -> Expr:
    return Call("min", (Call("max", (x, ZERO)), ONE))


def _rectangular(z: Expr) -> Expr:
    return _bounded(sub(Number(0.5), z))


def _triangular(z: Expr) -> Expr:
    part = _bounded(sub(Number(0.5), z))
    rest = sub(ONE, part)
    low, high = mul(Number(2.0), mul(part, part)), sub(ONE, mul(Number(2.0), mul(rest, rest)))
    return select(Call("lt", (part, Number(0.5))), low, high)


def _normal(z: Expr) -> Expr:
    return Call("phi", (Call("neg", (z,)),))


def _exponential(z: Expr) -> Expr:
    half = mul(Number(0.5), Call("exp", (Call("neg", (Call("abs", (z,)),)),)))
    return select(Call("lt", (z, ZERO)), sub(ONE, half), half)


_SHARES: Mapping[int, Callable[[Expr], Expr]] = {
    RECTANGULAR: _rectangular,
    TRIANGULAR: _triangular,
    NORMAL: _normal,
    EXPONENTIAL: _exponential,
}


def _share(kind: int, named: Expr, z: Expr) -> Expr:
    """Share of its quantity that a target gets, `z` widths above its middle."""
    if kind != ANY:
        return _SHARES[kind](z)
    whole: Expr = Number(math.nan)
    for each in KINDS:
        is_it = Call("eq", (named, Number(float(each))))
        whole = select(is_it, _SHARES[each](z), whole)
    return whole


def allocate(own: int, kinds: Sequence[int], cells: Sequence[Expr], supply: Expr) -> Expr:
    """What one target of several gets; NaN where a quantity, a width or the supply is negative."""
    targets = [cells[k : k + FIELDS] for k in range(0, len(cells), FIELDS)]
    named, quantity, middle, width = targets[own]
    head = (Number(float(len(kinds))), *(Number(float(k)) for k in kinds))
    price = Call("clearing", (*head, *cells, supply))
    share = _share(kinds[own], named, div(sub(price, middle), width))
    missing = Number(math.nan)
    widths = [Call("gt", (t[3], ZERO)) for t in targets]
    signs = [Call("ge", (x, ZERO)) for x in (*(t[1] for t in targets), supply)]
    total = reduce(add, [t[1] for t in targets])
    some = select(Call("eq", (supply, ZERO)), ZERO, mul(quantity, share))
    some = select(reduce(_both, widths), some, missing)
    whole = select(Call("ge", (supply, total)), quantity, some)
    return select(reduce(_both, signs), whole, missing)


def _both(a: Expr, b: Expr) -> Call:
    return Call("and", (a, b))


def rank_starts(quantities: Sequence[Expr], priorities: Sequence[Expr], width: Expr) -> list[Expr]:
    """When each target begins to get something, in lengths of time that fill one target.

    All that are being filled fill at the same rate. The next lower priority begins as soon as the
    one above it has got (gap / width) of its quantity, and at the latest when that one is full.
    """
    count = range(len(quantities))
    asks = [Call("gt", (q, ZERO)) for q in quantities]
    gaps: list[Expr] = []
    for k in count:
        above = [_both(asks[j], Call("gt", (priorities[j], priorities[k]))) for j in count]
        nearest = reduce(
            lambda a, b: Call("min", (a, b)),
            [select(above[j], priorities[j], Number(math.inf)) for j in count],
        )
        gap = Call("min", (div(sub(nearest, priorities[k]), width), ONE))
        twins = [_both(asks[j], Call("eq", (priorities[j], priorities[k]))) for j in range(k)]
        first = reduce(lambda a, t: _both(a, Call("not", (t,))), twins, asks[k])
        gaps.append(
            select(Call("and", (first, Call("ne", (nearest, Number(math.inf))))), gap, ZERO)
        )
    return [
        reduce(
            add,
            [select(Call("ge", (priorities[k], priorities[i])), gaps[k], ZERO) for k in count],
        )
        for i in count
    ]


# --- with NumPy ---------------------------------------------------------------------------------


def _share_of(kind: int, z: Any) -> Any:
    from scipy.special import ndtr

    if kind == NORMAL:
        return ndtr(-z)
    if kind == EXPONENTIAL:
        half = 0.5 * np.exp(-np.abs(z))
        return np.where(z < 0.0, 1.0 - half, half)
    part = np.minimum(np.maximum(0.5 - z, 0.0), 1.0)
    if kind == RECTANGULAR:
        return part
    rest = 1.0 - part
    return np.where(part < 0.5, 2.0 * (part * part), 1.0 - 2.0 * (rest * rest))


def _any_share(named: Any, z: Any) -> Any:
    shares = [_share_of(kind, z) for kind in KINDS]
    return np.select([named == kind for kind in KINDS], shares, np.nan)


def clear(kinds: Sequence[int], args: Sequence[Any]) -> Any:
    """The price at which the targets get together what there is; for each member."""
    *cells, supply = np.broadcast_arrays(*args)
    targets = [cells[k : k + FIELDS] for k in range(0, len(cells), FIELDS)]
    reaches = [REACH[kind] * t[3] for kind, t in zip(kinds, targets, strict=True)]
    low = reduce(np.minimum, [t[2] - r for t, r in zip(targets, reaches, strict=True)])
    high = reduce(np.maximum, [t[2] + r for t, r in zip(targets, reaches, strict=True)])
    for _ in range(HALVINGS):
        price = 0.5 * (low + high)
        taken: Any = 0.0
        for kind, (named, quantity, middle, width) in zip(kinds, targets, strict=True):
            z = (price - middle) / width
            share = _any_share(named, z) if kind == ANY else _share_of(kind, z)
            taken = taken + quantity * share
        more = taken > supply
        low, high = np.where(more, price, low), np.where(more, high, price)
    return 0.5 * (low + high)
