"""a / b as a * (1 / b), so that one division serves all that share the divisor.

A division takes a processor as long as ten multiplications. Written so, what divides by a constant
divides once a member, and what divides by the same total divides once a step. The product is off
by at most one unit of the last place more than the quotient.

Where the value decides something it is left as it was: 49 * (1 / 49) is less than 1, and INTEGER
of it would be 0. So whatever a comparison, a condition, INTEGER or MODULO reads within a step keeps
its divisions. (ZIDZ's own comparison is with 0.000001; nothing hits that exactly.)

The choice is made on the equations as they stand, before any number is known, so that the bits of a
member do not depend on which constants come with it or which outputs are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from haihe.compile.builtins import SMALL
from haihe.compile.ir import Call, Cell, Elements, Expr, Given, Lookup, Number, Place, Points, Read
from haihe.compile.rewrite import ONE, div, mul

_DECIDING = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "trunc", "mod"})


def share_divisions(elements: Elements) -> Elements:
    """The same model with its divisions written as products where nothing hangs on the last bit."""
    exact = _Exact(elements)
    fixed = _Fixed(elements)

    def rewritten(expr: Expr, whole: bool) -> Expr:
        return expr if whole else _Rewriting(exact, fixed).visit(expr)

    variables = {
        key: replace(
            variable,
            exprs=tuple(
                rewritten(expr, (key, position) in exact.cells)
                for position, expr in enumerate(variable.exprs)
            ),
        )
        for key, variable in elements.variables.items()
    }
    states = tuple(replace(s, next=rewritten(s.next, False)) for s in elements.states)
    return Elements(variables, states)


class _Exact:
    """Cells and expressions on whose last bit something hangs."""

    def __init__(self, elements: Elements) -> None:
        self.cells: set[Place] = set()
        self.parts: set[int] = set()
        roots = [e for v in elements.variables.values() for e in v.exprs]
        roots += [e for s in elements.states for e in (s.next, s.initial)]
        pending = [part for root in roots for part in _deciding(root)]
        pending += [s.delay for s in elements.states]
        while pending:
            for part in _walk(pending.pop(), self.parts):
                self.parts.add(id(part))
                if isinstance(part, Cell) and (part.name, part.position) not in self.cells:
                    self.cells.add((part.name, part.position))
                    pending.append(elements.variables[part.name].exprs[part.position])


class _Fixed:
    """Which cells do not change during a run."""

    def __init__(self, elements: Elements) -> None:
        self.elements = elements
        self.known: dict[Place, bool] = {}

    def holds(self, expr: Expr) -> bool:
        """Does an expression keep its value during a run?"""
        return all(self._part(part) for part in _walk(expr, frozenset()))

    def _part(self, part: Expr) -> bool:
        if isinstance(part, Read):
            return False
        if isinstance(part, Given):
            return part.kind in ("constant", "control")
        if isinstance(part, Call):
            return part.function not in ("time", "draw")
        if isinstance(part, Cell):
            return self._cell((part.name, part.position))
        return True

    def _cell(self, place: Place) -> bool:
        if place not in self.known:
            # A loop, which `order` will refuse, does not run for ever here.
            self.known[place] = False
            expr = self.elements.variables[place[0]].exprs[place[1]]
            self.known[place] = isinstance(expr, Points) or self.holds(expr)
        return self.known[place]


class _Rewriting:
    """One expression; the same object is rewritten once."""

    def __init__(self, exact: _Exact, fixed: _Fixed) -> None:
        self.exact = exact
        self.fixed = fixed
        self.done: dict[int, tuple[Expr, Expr]] = {}

    def visit(self, expr: Expr) -> Expr:
        """The expression with products for quotients."""
        if id(expr) in self.exact.parts:
            return expr
        if id(expr) not in self.done:
            self.done[id(expr)] = (expr, self._visit(expr))
        return self.done[id(expr)][1]

    def _visit(self, expr: Expr) -> Expr:
        if isinstance(expr, Lookup):
            return replace(expr, arg=self.visit(expr.arg))
        if not isinstance(expr, Call):
            return expr
        args = tuple(self.visit(a) for a in expr.args)
        if expr.function == "div" and expr.args[0] != ONE and not self.fixed.holds(expr):
            return mul(args[0], div(ONE, args[1]))
        return Call(expr.function, args)


def _walk(expr: Expr, known: Mapping[int, object] | frozenset[int] | set[int]) -> Iterator[Expr]:
    """Parts of an expression, each object once, without those that are known."""
    pending: list[Expr] = [expr]
    seen: set[int] = set()
    while pending:
        part = pending.pop()
        if id(part) in seen or id(part) in known:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, Lookup):
            pending += (part.table, part.arg)
        elif isinstance(part, Call):
            pending += part.args


def _deciding(root: Expr) -> Iterator[Expr]:
    """Arguments that decide something."""
    for part in _walk(root, frozenset()):
        if isinstance(part, Lookup) and isinstance(part.table, Points):
            if part.table.mode not in ("interpolate", "extrapolate"):
                yield part.arg
        elif isinstance(part, Call):
            if part.function in _DECIDING and Number(SMALL) not in part.args:
                yield from part.args
            elif part.function == "select":
                yield part.args[0]


__all__ = ["share_divisions"]
