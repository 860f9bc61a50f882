"""Whole variables into single elements: ranges, subranges, mappings, EXCEPT, element equations.

Every equation is copied once for each element that its left-hand side names, with the dimensions
of the left-hand side bound to that element. After this pass a reference is a `Cell`, and a
function over a dimension is a chain of operations in the order of the elements.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from haihe.compile.builtins import FUNCTIONS, How
from haihe.compile.ir import (
    Array,
    Call,
    Cell,
    Equation,
    Expr,
    Lookup,
    Number,
    Points,
    Ref,
    Role,
    Shaped,
    Source,
    Sub,
    Tables,
)
from haihe.compile.vectors import VECTORS
from haihe.errors import InputError
from haihe.text import Text, Words, lead

Binding = Mapping[str, str]
"""Element by dimension; a dimension marked with `!` stands under `name!`."""


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that a reference can mean."""

    source: Source
    dims: Mapping[str, tuple[str, ...]]
    """Dimensions of each variable."""
    elements: Mapping[str, int]
    """Position, from 1, of each element in the largest range that holds it."""
    shared: dict[tuple[object, ...], tuple[Call, list[list[Expr]]]] = field(default_factory=dict)
    """Matrices that several elements read, by call and place."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression is read."""

    names: Names
    equation: Equation
    binding: Binding

    def bound(self, binding: Binding) -> Scope:
        """The same place, with more dimensions bound."""
        return Scope(self.names, self.equation, {**self.binding, **binding})

    def error(self, problem: Words, suggestions: tuple[str, ...] = ()) -> InputError:
        """A mistake in this equation."""
        equation = self.equation
        return InputError(
            lead(equation.name, problem),
            equation.where,
            suggestions=suggestions,
            shown=equation.text,
        )


def separate(source: Source) -> dict[str, Shaped]:
    """Every variable of the model, element by element.

    Raises
    ------
    InputError
        Where a name or a subscript does not exist, or does not fit.
    """
    dims = {key: variable_dims(eqs, source) for key, eqs in source.equations.items()}
    names = Names(source, dims, _element_numbers(source.dimensions))
    return {key: _separate_variable(key, names) for key in source.equations}


def variable_dims(equations: tuple[Equation, ...], source: Source) -> tuple[str, ...]:
    """Dimensions of a variable: for each position the range that its equations fill.

    That is a range that one of the equations names, or else the first one with the same elements,
    or else the first one that holds them all; elements without an equation are NaN.
    """
    first = equations[0]
    if first.key in source.dims:
        return source.dims[first.key]
    if any(len(e.subs) != len(first.subs) for e in equations):
        raise InputError(
            Text(
                f"{first.name}：各方程的下标个数不同",
                f"{first.name}: its equations differ in the number of subscripts",
            ),
            first.where,
        )
    found: list[str] = []
    for position in range(len(first.subs)):
        written = [e.subs[position] for e in equations]
        filled = {x for sub in written for x in source.dimensions.get(sub, (sub,))}
        others = {e.subs[p] for e in equations for p in range(len(e.subs)) if p != position}
        named = [s for s in written if set(source.dimensions.get(s, ())) == filled]
        free = [d for d in source.dimensions if d not in others and d not in found]
        same = [d for d in free if set(source.dimensions[d]) == filled]
        whole = [d for d in free if set(source.dimensions[d]) >= filled]
        candidates = named or same or whole
        if not candidates:
            elements = ", ".join(sorted(filled))
            raise InputError(
                Text(
                    f"{first.name}：没有一个下标范围包含 {elements}",
                    f"{first.name}: no range holds {elements}",
                ),
                first.where,
            )
        found.append(candidates[0])
    return tuple(found)


def _element_numbers(dimensions: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for elements in sorted(dimensions.values(), key=len, reverse=True):
        for position, element in enumerate(elements, start=1):
            numbers.setdefault(element, position)
    return numbers


def _separate_variable(key: str, names: Names) -> Shaped:
    source = names.source
    equations = source.equations[key]
    dims = names.dims[key]
    shape = tuple(len(source.dimensions[d]) for d in dims)
    exprs: list[Expr] = [Number(math.nan)] * math.prod(shape)
    for equation in equations:
        for local, elements in enumerate(_elements(equation, source)):
            if _excepted(elements, equation, source):
                continue
            binding = {s: e for s, e in zip(equation.subs, elements) if s in source.dimensions}
            scope = Scope(names, equation, binding)
            place = _position(key, elements, scope)
            exprs[place] = bind(_own_part(equation, local), scope)
    lead = equations[0]
    role = lead.role if len({e.role for e in equations}) == 1 else Role.AUXILIARY
    return Shaped(lead.name, key, role, dims, shape, tuple(exprs), lead.where, lead.text)


def _elements(equation: Equation, source: Source) -> Iterator[tuple[str, ...]]:
    """Elements that the left-hand side names, in C order."""
    return itertools.product(*(source.dimensions.get(s, (s,)) for s in equation.subs))


def _excepted(elements: tuple[str, ...], equation: Equation, source: Source) -> bool:
    return any(
        len(group) == len(elements)
        and all(e in source.dimensions.get(s, (s,)) for s, e in zip(group, elements))
        for group in equation.excepts
    )


def _own_part(equation: Equation, local: int) -> Expr:
    """The number, the lookup or the data that belongs to one element of the left-hand side."""
    expr = equation.expr
    if isinstance(expr, Array):
        return Number(expr.values[local])
    own = expr.points[local] if isinstance(expr, Tables) else expr
    if equation.role is Role.DATA and isinstance(own, Points):
        return Lookup(own, Ref("time"))
    return own


def _position(key: str, elements: tuple[str, ...], scope: Scope) -> int:
    """Position of an element of a variable, in C order."""
    place = 0
    for dim, element in zip(scope.names.dims[key], elements):
        within = scope.names.source.dimensions[dim]
        if element not in within:
            raise scope.error(
                Text(
                    f"{key} 需要 {dim} 的元素，而 {element} 不是",
                    f"{element} is not an element of {dim}, as {key} needs",
                ),
                within[:3],
            )
        place = place * len(within) + within.index(element)
    return place


# --- expressions --------------------------------------------------------------------------------


def bind(expr: Expr, scope: Scope) -> Expr:
    """An expression with its references bound to single elements."""
    if isinstance(expr, Ref):
        return _bind_reference(expr, scope)
    if isinstance(expr, Lookup):
        table = _bind_reference(expr.table, scope) if isinstance(expr.table, Ref) else expr.table
        return Lookup(table, bind(expr.arg, scope))
    if isinstance(expr, Call):
        return _bind_call(expr, scope)
    if isinstance(expr, Array | Tables):
        raise scope.error(
            Text(
                "数表必须单独位于等号右边",
                "a table of numbers must stand alone on the right-hand side",
            )
        )
    return expr


def _bind_reference(ref: Ref, scope: Scope) -> Expr:
    names = scope.names
    if ref.name not in names.dims:
        return _bind_name(ref, scope)
    dims = names.dims[ref.name]
    if not ref.subs and all(dim in scope.binding for dim in dims):
        # XMILE leaves the subscripts away where they are those of the left-hand side.
        elements = tuple(scope.binding[dim] for dim in dims)
        return Cell(ref.name, _position(ref.name, elements, scope))
    if len(ref.subs) != len(dims):
        raise scope.error(
            Text(
                f"{ref.name} 有 {len(dims)} 个下标 [{', '.join(dims)}]，不是 {len(ref.subs)} 个",
                f"{ref.name} has {len(dims)} subscripts [{', '.join(dims)}], not {len(ref.subs)}",
            )
        )
    elements = tuple(element_of(sub, scope) for sub in ref.subs)
    return Cell(ref.name, _position(ref.name, elements, scope))


def _bind_name(ref: Ref, scope: Scope) -> Expr:
    """A name that is no variable: Time, or a subscript used as a number."""
    names = scope.names
    if ref.name == "time":
        return Call("time", ())
    if ref.name in names.source.dimensions:
        return Number(float(names.elements[element_of(Sub(ref.name), scope)]))
    if ref.name in names.elements:
        return Number(float(names.elements[ref.name]))
    near = tuple(get_close_matches(ref.name, [*names.dims, *names.source.dimensions], n=3))
    raise scope.error(Text(f"没有名为 {ref.name} 的变量", f"nothing is called {ref.name}"), near)


def element_of(sub: Sub, scope: Scope) -> str:
    """The element that a subscript means here."""
    source = scope.names.source
    key = sub.name + "!" if sub.over else sub.name
    if key in scope.binding:
        return scope.binding[key]
    if sub.over:
        raise scope.error(
            Text(
                f"{sub.name}! 只能用在对维度求值的函数中",
                f"{sub.name}! stands outside of a function over a dimension",
            )
        )
    if sub.name not in source.dimensions:
        if sub.name in scope.names.elements:
            return sub.name
        raise scope.error(
            Text(f"没有下标 {sub.name}", f"there is no subscript {sub.name}"),
            tuple(get_close_matches(sub.name, [*source.dimensions, *scope.names.elements], n=3)),
        )
    for target in source.mappings.get(sub.name, ()):
        if target in scope.binding:
            return _mapped(sub.name, target, scope)
    raise scope.error(
        Text(
            f"下标 {sub.name} 不在等号左边",
            f"the subscript {sub.name} is not on the left-hand side",
        )
    )


def _mapped(name: str, target: str, scope: Scope) -> str:
    own, other = scope.names.source.dimensions[name], scope.names.source.dimensions[target]
    if len(own) != len(other):
        raise scope.error(
            Text(
                f"{name} 映射到 {target}，而两者元素个数不同",
                f"{name} maps to {target}, which has another number of elements",
            )
        )
    return own[other.index(scope.binding[target])]


def _bind_call(call: Call, scope: Scope) -> Expr:
    """A function, or a lookup that was written like one."""
    name = call.function.replace("_", " ")
    if name in scope.names.dims and len(call.args) == 1:
        return Lookup(_bind_reference(Ref(name), scope), bind(call.args[0], scope))
    function = FUNCTIONS.get(call.function)
    if function is None:
        if call.function == "missing_data":
            return call
        near = tuple(get_close_matches(call.function, FUNCTIONS, n=3))
        raise scope.error(
            Text(f"不支持函数 {name.upper()}", f"the function {name.upper()} is not supported"),
            near,
        )
    if not function.least <= len(call.args) <= function.most:
        raise scope.error(
            Text(
                f"{name.upper()} 有 {function.least} 个参数，这里给了 {len(call.args)} 个",
                f"{name.upper()} takes {function.least} arguments, not {len(call.args)}",
            )
        )
    if function.how is How.REDUCE:
        return _bind_reduction(call, scope)
    if function.how is How.VECTOR:
        return VECTORS[call.function](call, scope)
    return Call(call.function, tuple(bind(a, scope) for a in call.args))


_CHAINS = {
    "sum": "add",
    "prod": "mul",
    "vmin": "min",
    "vmax": "max",
    "vmin_xmile": "min",
    "vmax_xmile": "max",
}


def _bind_reduction(call: Call, scope: Scope) -> Expr:
    """SUM and its kind as a chain from the first element to the last."""
    (arg,) = call.args
    if call.function == "elmcount":
        if not isinstance(arg, Ref) or arg.name not in scope.names.source.dimensions:
            raise scope.error(
                Text("ELMCOUNT 的参数应是下标范围的名称", "ELMCOUNT takes the name of a range")
            )
        return Number(float(len(scope.names.source.dimensions[arg.name])))
    operation = _CHAINS[call.function]
    if isinstance(arg, Ref) and not arg.subs and scope.names.dims.get(arg.name):
        # XMILE: the whole of an array.
        arg = Ref(arg.name, tuple(Sub(d, over=True) for d in scope.names.dims[arg.name]))
    terms = tuple(bind(arg, scope.bound(b)) for b in runs_over(arg, scope))
    return terms[0] if len(terms) == 1 else Call(operation, terms)


def runs_over(arg: Expr, scope: Scope) -> list[dict[str, str]]:
    """Bindings of the dimensions marked with `!`, the last one running fastest.

    Raises
    ------
    InputError
        Where no dimension is marked.
    """
    marked = list(dict.fromkeys(_marked(arg)))
    marked = [m for m in marked if m + "!" not in scope.binding]
    if not marked:
        raise scope.error(
            Text(
                "对维度求值的函数需要一个带 ! 的下标",
                "a function over a dimension needs a subscript marked with !",
            )
        )
    dimensions = scope.names.source.dimensions
    unknown = [m for m in marked if m not in dimensions]
    if unknown:
        raise scope.error(
            Text(f"没有下标范围 {unknown[0]}", f"there is no subscript range {unknown[0]}")
        )
    ranges = itertools.product(*(dimensions[m] for m in marked))
    return [{m + "!": e for m, e in zip(marked, elements)} for elements in ranges]


def _marked(expr: Expr) -> Iterator[str]:
    """Dimensions marked with `!`, but those that an inner function runs over."""
    if isinstance(expr, Ref):
        yield from (s.name for s in expr.subs if s.over)
    elif isinstance(expr, Lookup):
        if isinstance(expr.table, Ref):
            yield from _marked(expr.table)
        yield from _marked(expr.arg)
    elif isinstance(expr, Call):
        function = FUNCTIONS.get(expr.function)
        if function is None or function.how is not How.REDUCE:
            for arg in expr.args:
                yield from _marked(arg)
