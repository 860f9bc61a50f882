"""Functions over a whole vector, written element by element: sorting, ranking, selecting.

Sorting needs no sorting: the place of an element is the number of elements that come before it.
Ties keep the order of the elements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import TYPE_CHECKING

from haihe.compile.clearing import rank_starts
from haihe.compile.ir import Call, Expr, Number, Ref, Sub
from haihe.compile.matrix import LARGEST, invert
from haihe.text import Text

if TYPE_CHECKING:
    from haihe.compile.subscripts import Scope

ONE, ZERO = Number(1.0), Number(0.0)


def _chain(operation: str, terms: list[Expr]) -> Expr:
    return terms[0] if len(terms) == 1 else Call(operation, tuple(terms))


def _direction(call: Call, scope: Scope) -> bool:
    """Is the order from the least to the greatest?"""
    from haihe.compile.subscripts import bind

    value = bind(call.args[1], scope)
    if isinstance(value, Call) and value.function == "negative":
        (inner,) = value.args
        value = Number(-inner.value) if isinstance(inner, Number) else value
    if not isinstance(value, Number):
        raise scope.error(
            Text("排序方向必须直接写成数字", "the direction of a sort must be a number as written")
        )
    return value.value > 0.0


def _vector(arg: Expr, scope: Scope) -> tuple[list[Expr], int]:
    """All elements along the last dimension of an argument, and the place of the one meant."""
    from haihe.compile.subscripts import bind

    if not isinstance(arg, Ref) or not arg.subs or arg.subs[-1].name not in scope.binding:
        raise scope.error(
            Text(
                "此处应是向量，即最后一个下标位于等号左边的变量",
                "a vector is expected: a variable whose last subscript is on the left",
            )
        )
    dim = arg.subs[-1].name
    elements = scope.names.source.dimensions[dim]
    values = [bind(arg, scope.bound({dim: e})) for e in elements]
    return values, elements.index(scope.binding[dim])


def _before(a: Expr, b: Expr, tie: bool, upward: bool) -> Expr:
    """Does `a` come before `b`?"""
    if upward:
        return Call("<=" if tie else "<", (a, b))
    # PySD turns the upward order round, ties with it.
    return Call(">=" if tie else ">", (a, b))


def _places(values: list[Expr], upward: bool) -> list[Expr]:
    """Place, from 0, of each element in the sorted vector."""
    count = range(len(values))
    return [
        _chain(
            "add",
            [_before(values[j], values[i], (j < i) is upward, upward) for j in count if j != i]
            or [ZERO],
        )
        for i in count
    ]


def _order_at(values: list[Expr], upward: bool, at: Expr) -> Expr:
    """Which element stands at a place of the sorted vector."""
    places = _places(values, upward)
    terms: list[Expr] = [
        Call("*", (Number(float(i)), Call("=", (place, at)))) for i, place in enumerate(places)
    ]
    return _chain("add", terms)


def _sort_order(call: Call, scope: Scope) -> Expr:
    values, own = _vector(call.args[0], scope)
    return _order_at(values, _direction(call, scope), Number(float(own)))


def _rank(call: Call, scope: Scope) -> Expr:
    values, own = _vector(call.args[0], scope)
    return Call("+", (_places(values, _direction(call, scope))[own], ONE))


def _reorder(call: Call, scope: Scope) -> Expr:
    from haihe.compile.subscripts import bind

    values, _ = _vector(call.args[0], scope)
    wanted = Call("integer", (bind(call.args[1], scope),))
    picked: Expr = Number(float("nan"))
    for i, value in enumerate(values):
        picked = Call("if_then_else", (Call("=", (wanted, Number(float(i)))), value, picked))
    return picked


_ACTIONS = {0: "add", 1: "mul", 2: "min", 3: "max", 4: "add", 5: "mul"}
_ACTIONS |= {k + 6: v for k, v in {0: "add", 1: "mul", 2: "min", 3: "max", 4: "add"}.items()}


def _select(call: Call, scope: Scope) -> Expr:
    """VECTOR SELECT: an operation over the elements whose selection is not 0."""
    from haihe.compile.subscripts import bind, runs_over

    selection, expression, missing, action, complaint = call.args
    number = bind(action, scope)
    if not isinstance(number, Number) or number.value not in _ACTIONS:
        raise scope.error(
            Text(
                "VECTOR SELECT 的数值操作必须是不大于 10 的整数",
                "the numerical action of VECTOR SELECT must be a whole number to 10",
            )
        )
    kind = int(number.value)
    refused = bind(complaint, scope)
    if not isinstance(refused, Number) or refused.value not in (0, 1, 2, 3):
        raise scope.error(
            Text(
                "VECTOR SELECT 的出错处理必须是不大于 3 的整数",
                "the error action of VECTOR SELECT must be a whole number to 3",
            )
        )
    pairs = [
        (bind(selection, scope.bound(b)), bind(expression, scope.bound(b)))
        for b in runs_over(Call("pair", (selection, expression)), scope)
    ]
    chosen = [Call("<>", (s, ZERO)) for s, _ in pairs]
    weighted = [_weighted(kind, s, e) for s, e in pairs]
    operation = _ACTIONS[kind]
    whole = _over_chosen(operation, chosen, weighted)
    count = _chain("add", list(chosen))
    if kind in (4, 10):
        whole = Call("/", (whole, count))
    found = Call("if_then_else", (Call("=", (count, ZERO)), bind(missing, scope), whole))
    return _unless_refused(int(refused.value), count, found)


def _unless_refused(action: int, count: Expr, found: Expr) -> Expr:
    """NaN where the error action forbids that nothing (1), several (2) or either (3) is chosen."""
    if action in (1, 3):
        found = Call("if_then_else", (Call("=", (count, ZERO)), Number(float("nan")), found))
    if action in (2, 3):
        found = Call("if_then_else", (Call(">", (count, ONE)), Number(float("nan")), found))
    return found


def _weighted(kind: int, selection: Expr, expression: Expr) -> Expr:
    if kind == 5:
        return Call("^", (expression, selection))
    return Call("*", (selection, expression)) if kind < 5 else expression


def _over_chosen(operation: str, chosen: list[Call], values: list[Expr]) -> Expr:
    neutral = {"add": 0.0, "mul": 1.0, "min": float("inf"), "max": float("-inf")}[operation]
    terms: list[Expr] = [
        Call("if_then_else", (c, v, Number(neutral))) for c, v in zip(chosen, values, strict=True)
    ]
    return reduce(lambda a, b: Call(operation, (a, b)), terms)


def _requests(call: Call, scope: Scope) -> tuple[Ref, str, list[Expr], int]:
    """Who asks: the reference, its last dimension, its values, and the place of the one meant."""
    request = call.args[0]
    values, own = _vector(request, scope)
    assert isinstance(request, Ref)
    return request, request.subs[-1].name, values, own


def _allocate_available(call: Call, scope: Scope) -> Expr:
    """Flat: the place of the one meant; kind, quantity, middle and width of each; the supply."""
    from haihe.compile.subscripts import bind

    _, dim, quantities, own = _requests(call, scope)
    profile = call.args[1]
    if not isinstance(profile, Ref) or len(profile.subs) < 2 or profile.subs[-2].name != dim:
        raise scope.error(
            Text(
                f"优先级设定必须带有下标 {dim} 和另一个下标",
                f"the priority profiles must have the subscripts {dim} and another",
            )
        )
    fields = scope.names.source.dimensions[scope.names.dims[profile.name][-1]]
    if len(fields) < 3:
        raise scope.error(
            Text(
                "优先级设定须有类型、优先级和宽度",
                "a priority profile has a kind, a priority and a width",
            )
        )
    flat: list[Expr] = []
    for element, quantity in zip(scope.names.source.dimensions[dim], quantities, strict=True):
        place = scope.bound({dim: element})
        kind, middle, width = (
            bind(Ref(profile.name, (*profile.subs[:-1], Sub(field))), place) for field in fields[:3]
        )
        flat += [kind, quantity, middle, width]
    supply = bind(call.args[2], scope)
    return Call("allocate_available", (Number(float(own)), *flat, supply))


def _allocate_by_priority(call: Call, scope: Scope) -> Expr:
    """The same with straight curves of width 1, whose middles are the times of filling."""
    from haihe.compile.subscripts import bind

    _, dim, quantities, own = _requests(call, scope)
    elements = scope.names.source.dimensions[dim]
    priorities = [bind(call.args[1], scope.bound({dim: e})) for e in elements]
    width, supply = bind(call.args[3], scope), bind(call.args[4], scope)
    flat: list[Expr] = []
    for quantity, start in zip(quantities, rank_starts(quantities, priorities, width), strict=True):
        flat += [ONE, quantity, Call("neg", (Call("add", (start, Number(0.5))),)), ONE]
    found = Call("allocate_available", (Number(float(own)), *flat, supply))
    return Call("select", (Call("gt", (width, ZERO)), found, Number(float("nan"))))


def _invert_matrix(call: Call, scope: Scope) -> Expr:
    """One element of the inverse; all elements share the elimination."""
    from haihe.compile.subscripts import bind

    matrix = call.args[0]
    if not isinstance(matrix, Ref) or len(matrix.subs) < 2:
        raise scope.error(
            Text(
                "INVERT MATRIX 的参数应是末尾有两个下标的变量",
                "INVERT MATRIX takes a variable with two subscripts at the end",
            )
        )
    dims = [s.name for s in matrix.subs[-2:]]
    if any(dim not in scope.binding or dim not in scope.names.source.dimensions for dim in dims):
        raise scope.error(
            Text(
                "矩阵的下标必须是等号左边的下标范围",
                "the subscripts of a matrix must be ranges of the left-hand side",
            )
        )
    rows, columns = (scope.names.source.dimensions[dim] for dim in dims)
    if len(rows) != len(columns) or len(rows) > LARGEST or dims[0] == dims[1]:
        raise scope.error(
            Text(
                f"INVERT MATRIX 的参数应是不超过 {LARGEST} 行的方阵",
                f"INVERT MATRIX takes a square matrix of at most {LARGEST} rows",
            )
        )
    others = tuple(sorted((k, v) for k, v in scope.binding.items() if k not in dims))
    key = (id(call), others)
    if key not in scope.names.shared:
        elements = [
            [bind(matrix, scope.bound({dims[0]: r, dims[1]: c})) for c in columns] for r in rows
        ]
        scope.names.shared[key] = (call, invert(elements))
    inverse = scope.names.shared[key][1]
    return inverse[rows.index(scope.binding[dims[0]])][columns.index(scope.binding[dims[1]])]


VECTORS: Mapping[str, Callable[[Call, Scope], Expr]] = {
    "vector_sort_order": _sort_order,
    "vector_rank": _rank,
    "vector_reorder": _reorder,
    "vector_select": _select,
    "invert_matrix": _invert_matrix,
    "allocate_available": _allocate_available,
    "allocate_by_priority": _allocate_by_priority,
}
