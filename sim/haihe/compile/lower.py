"""PySD's abstract model into our equations: the only module that knows PySD's structures.

Nothing of PySD's leaves this module: its NumPy scalars become floats, its names are compared the
way Vensim compares them, its tables are read. What is not supported is refused with the text of
the equation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from pysd.translators.structures import abstract_expressions as ae
from pysd.translators.structures import abstract_model as am

from haihe.compile.ir import (
    Array,
    Call,
    Equation,
    Expr,
    Lookup,
    Macro,
    Mode,
    Number,
    Points,
    Ref,
    Role,
    Source,
    Sub,
    Tables,
)
from haihe.errors import InputError, Location
from haihe.model.external import Filling, read_constant, read_elements, read_series
from haihe.model.types import Model, canonical_name
from haihe.text import Text, Words

Dimensions = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Context:
    """What the lowering of one equation must know."""

    folder: Path
    dimensions: Dimensions
    subs: tuple[str, ...]
    keyword: str
    where: Location | None
    text: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths along the left-hand side; 1 for a single element."""
        return tuple(len(self.dimensions.get(sub, ("",))) for sub in self.subs)


def lower(model: Model) -> Source:
    """Read the translator's tree into equations.

    Raises
    ------
    InputError
        Where the model uses something that is not supported, or a table is wrong.
    """
    main, *others = model.abstract.sections
    folder = model.path.resolve().parent
    dimensions, mappings = _lower_dimensions(main.subscripts, folder)
    texts = {canonical_name(name): v for name, v in model.variables.items()}
    equations = {}
    for element in main.elements:
        known = texts.get(canonical_name(element.name))
        lowered = _lower_element(
            element,
            folder,
            dimensions,
            known.name if known else element.name.strip('"'),
            known.location if known else Location(model.path.name),
            known.equation if known else "",
        )
        equations[lowered[0].key] = lowered
    macros = [_lower_macro(section, folder, dimensions, model.path.name) for section in others]
    return Source(
        dimensions=dimensions,
        mappings=mappings,
        equations=equations,
        macros={m.key: m for m in macros},
        time=model.time,
        dims={key: tuple(canonical_name(d) for d in v.dims) for key, v in texts.items()},
    )


def _lower_dimensions(
    ranges: Sequence[Any], folder: Path
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Elements of each dimension, subranges and copies resolved."""
    written: dict[str, list[str]] = {}
    copies: dict[str, str] = {}
    mappings: dict[str, tuple[str, ...]] = {}
    for entry in ranges:
        name = canonical_name(entry.name)
        mappings[name] = tuple(canonical_name(m) for m in entry.mapping)
        if isinstance(entry.subscripts, str):
            copies[name] = canonical_name(entry.subscripts)
            mappings[name] += (copies[name],)
        elif isinstance(entry.subscripts, dict):
            place = entry.subscripts
            found = read_elements(
                folder,
                place["file"],
                place["tab"],
                place["firstcell"],
                place["lastcell"],
                place.get("prefix") or "",
            )
            written[name] = [canonical_name(e) for e in found]
        else:
            written[name] = [canonical_name(e) for e in entry.subscripts]
    for name, original in copies.items():
        written[name] = written[_follow(original, copies)]
    order = [canonical_name(entry.name) for entry in ranges]
    return {name: tuple(_flatten(name, written, ())) for name in order}, mappings


def _follow(name: str, copies: Mapping[str, str]) -> str:
    """The range at the end of a chain of copies."""
    seen = {name}
    while name in copies:
        name = copies[name]
        if name in seen:
            raise InputError(
                Text(
                    f"下标范围 {name} 是其自身的副本", f"subscript range {name} is a copy of itself"
                )
            )
        seen.add(name)
    return name


def _flatten(name: str, written: Mapping[str, list[str]], above: tuple[str, ...]) -> list[str]:
    """Elements of a range, the names of ranges in it replaced by their elements."""
    if name in above:
        raise InputError(
            Text(
                f"下标范围 {name} 包含自身：{' → '.join(above)} → {name}",
                f"subscript range {name} contains itself: {' → '.join(above)} → {name}",
            )
        )
    flat: list[str] = []
    for element in written[name]:
        flat += _flatten(element, written, (*above, name)) if element in written else [element]
    return flat


def _lower_element(
    element: Any,
    folder: Path,
    dimensions: Dimensions,
    name: str,
    where: Location | None,
    text: str,
) -> tuple[Equation, ...]:
    """All equations of one variable."""
    return tuple(
        _lower_component(component, folder, dimensions, name, where, text or name)
        for component in element.components
    )


def _lower_component(
    component: Any,
    folder: Path,
    dimensions: Dimensions,
    name: str,
    where: Location | None,
    text: str,
) -> Equation:
    subs, excepts = component.subscripts
    context = Context(
        folder=folder,
        dimensions=dimensions,
        subs=tuple(canonical_name(s) for s in subs),
        keyword=getattr(component, "keyword", None) or "interpolate",
        where=where,
        text=text,
    )
    expr = _lower_expression(component.ast, context)
    return Equation(
        name=name,
        key=canonical_name(name),
        subs=context.subs,
        excepts=tuple(tuple(canonical_name(s) for s in group) for group in excepts),
        role=_role(component, expr),
        expr=expr,
        where=where,
        text=text,
    )


def _role(component: Any, expr: Expr) -> Role:
    if isinstance(component, am.AbstractData) or isinstance(component.ast, ae.GetDataStructure):
        return Role.DATA
    if isinstance(component, am.AbstractLookup) or isinstance(expr, Tables | Points):
        return Role.LOOKUP
    if isinstance(expr, Number | Array):
        return Role.CONSTANT
    if isinstance(expr, Call) and expr.function in ("integ", "integ_nonnegative"):
        return Role.STOCK
    return Role.AUXILIARY


def _lower_macro(section: Any, folder: Path, dimensions: Dimensions, file: str) -> Macro:
    """A macro; its own ranges are those of the model."""
    where = Location(file)
    found = [_lower_element(e, folder, dimensions, e.name, where, "") for e in section.elements]
    key = canonical_name(section.name)
    return Macro(
        key=key,
        params=tuple(canonical_name(p) for p in section.params),
        returns=tuple(canonical_name(r) for r in section.returns) or (key,),
        equations=tuple(equation for group in found for equation in group),
    )


# --- expressions --------------------------------------------------------------------------------


def _lower_expression(ast: Any, context: Context) -> Expr:
    """One tree of PySD's."""
    if isinstance(ast, bool | int | float | np.integer | np.floating):
        return Number(float(ast))
    if isinstance(ast, np.ndarray):
        return _lower_array(ast, context)
    rule = _RULES.get(type(ast).__name__)
    if rule is None:
        shown = ast if isinstance(ast, str) else type(ast).__name__
        raise _unsupported(Text(f"不支持 {shown}", f"{shown} is not supported"), context)
    return rule(ast, context)


def _unsupported(problem: Words, context: Context) -> InputError:
    return InputError(problem, context.where, shown=context.text)


def _lower_array(values: Any, context: Context) -> Expr:
    numbers = tuple(float(v) for v in np.asarray(values, dtype=np.float64).ravel())
    wanted = int(np.prod(context.shape))
    if len(numbers) == 1:
        return Number(numbers[0])
    if len(numbers) != wanted:
        raise _unsupported(
            Text(
                f"需要 {wanted} 个数，给了 {len(numbers)} 个",
                f"{len(numbers)} numbers given where {wanted} are needed",
            ),
            context,
        )
    return Array(numbers)


def _lower_reference(ast: Any, context: Context) -> Ref:
    written = ast.subscripts.subscripts if ast.subscripts else ()
    subs = tuple(
        Sub(canonical_name(s.strip().rstrip("!")), s.strip().endswith("!")) for s in written
    )
    return Ref(canonical_name(ast.reference), subs)


def _lower_operators(ast: Any, context: Context) -> Expr:
    """A chain of operators of equal rank: from the left, `^` from the right."""
    args = [_lower_expression(a, context) for a in ast.arguments]
    operators = [str(o).lower() for o in ast.operators]
    if len(args) == 1:
        return Call(operators[0], (args[0],))
    if len({*operators} & {":and:", ":or:"}) == 2:
        raise _unsupported(
            Text(":AND: 与 :OR: 并用时须加括号", ":AND: and :OR: side by side need parentheses"),
            context,
        )
    if operators[0] == "^":
        whole = args.pop()
        for operator in reversed(operators):
            whole = Call(operator, (args.pop(), whole))
        return whole
    whole = args[0]
    for operator, arg in zip(operators, args[1:], strict=True):
        whole = Call(operator, (whole, arg))
    return whole


def _lower_call(ast: Any, context: Context) -> Expr:
    """A function, a macro or a lookup; `subscripts` tells which, knowing all the names."""
    args = tuple(_lower_expression(a, context) for a in ast.arguments)
    if not isinstance(ast.function, ae.ReferenceStructure):
        raise _unsupported(
            Text("( 之前应是函数名", "a function's name is expected before ("), context
        )
    target = _lower_reference(ast.function, context)
    if target.subs:
        if len(args) != 1:
            raise _unsupported(
                Text(
                    f"表函数 {target.name} 只有一个自变量",
                    f"the lookup {target.name} takes one argument",
                ),
                context,
            )
        return Lookup(target, args[0])
    return Call(str(ast.function.reference).lower().replace(" ", "_"), args)


def _lower_points(ast: Any, context: Context) -> Points:
    mode = cast(Mode, str(ast.type))
    if mode not in ("interpolate", "extrapolate", "hold_backward"):
        raise _unsupported(
            Text(f"不支持 {mode} 类型的表函数", f"lookups of type {mode} are not supported"),
            context,
        )
    x = tuple(float(v) for v in ast.x)
    y = tuple(float(v) for v in ast.y)
    if len(x) != len(y) or not x:
        raise _unsupported(
            Text(
                "表函数的 x 与 y 须同样多，且至少各有一个",
                "a lookup needs as many x as y, and at least one",
            ),
            context,
        )
    return Points(x, y, mode)


def _lower_inline_lookup(ast: Any, context: Context) -> Expr:
    points = _lower_points(ast.lookups, context)
    return Lookup(points, _lower_expression(ast.argument, context))


def _lower_file_constant(ast: Any, context: Context) -> Expr:
    values = read_constant(
        context.folder, ast.file, ast.tab, ast.cell, context.shape, context.where
    )
    return Array(tuple(float(v) for v in values.ravel())) if values.ndim else Number(float(values))


def _lower_file_series(ast: Any, context: Context) -> Expr:
    place = ast.x_row_or_col if isinstance(ast, ae.GetLookupsStructure) else ast.time_row_or_col
    filling = cast(Filling, context.keyword)
    x, y = read_series(
        context.folder, ast.file, ast.tab, place, ast.cell, context.shape, filling, context.where
    )
    axis = tuple(float(v) for v in x)
    columns = y.reshape(len(axis), -1).T
    mode = cast(Mode, context.keyword)
    return Tables(tuple(Points(axis, tuple(float(v) for v in c), mode) for c in columns))


def _lower_data(ast: Any, context: Context) -> Expr:
    """Data without a table: it must be given as a series."""
    return Call("missing_data", ())


def _arguments(*names: str, function: str) -> Callable[[Any, Context], Expr]:
    """Rule for a structure that is a function of its fields."""

    def rule(ast: Any, context: Context) -> Expr:
        args = tuple(_lower_expression(getattr(ast, name), context) for name in names)
        return Call(function, args)

    return rule


def _lower_stock(ast: Any, context: Context) -> Expr:
    args = (_lower_expression(ast.flow, context), _lower_expression(ast.initial, context))
    return Call("integ_nonnegative" if ast.non_negative else "integ", args)


def _lower_initial_trend(ast: Any, context: Context) -> Expr:
    trend = _arguments("input", "average_time", "initial_trend", function="trend")
    return trend(ast, context)


_RULES: dict[str, Callable[[Any, Context], Expr]] = {
    "ReferenceStructure": _lower_reference,
    "ArithmeticStructure": _lower_operators,
    "LogicStructure": _lower_operators,
    "CallStructure": _lower_call,
    "GameStructure": lambda ast, context: _lower_expression(ast.expression, context),
    "LookupsStructure": _lower_points,
    "InlineLookupsStructure": _lower_inline_lookup,
    "GetConstantsStructure": _lower_file_constant,
    "GetLookupsStructure": _lower_file_series,
    "GetDataStructure": _lower_file_series,
    "DataStructure": _lower_data,
    "IntegStructure": _lower_stock,
    "InitialStructure": _arguments("initial", function="initial"),
    "DelayStructure": _arguments("input", "delay_time", "initial", "order", function="delay"),
    "DelayNStructure": _arguments("input", "delay_time", "initial", "order", function="delay_n"),
    "DelayFixedStructure": _arguments("input", "delay_time", "initial", function="delay_fixed"),
    "SmoothStructure": _arguments("input", "smooth_time", "initial", "order", function="smooth"),
    "SmoothNStructure": _arguments("input", "smooth_time", "initial", "order", function="smooth"),
    "TrendStructure": _lower_initial_trend,
    "ForecastStructure": _arguments(
        "input", "average_time", "horizon", "initial_trend", function="forecast"
    ),
    "SampleIfTrueStructure": _arguments("condition", "input", "initial", function="sample_if_true"),
    "AllocateAvailableStructure": _arguments(
        "request", "pp", "avail", function="allocate_available"
    ),
    "AllocateByPriorityStructure": _arguments(
        "request", "priority", "size", "width", "supply", function="allocate_by_priority"
    ),
}


def rename(equation: Equation, key: str) -> Equation:
    """The same equation under another name."""
    return replace(equation, name=key, key=key)
