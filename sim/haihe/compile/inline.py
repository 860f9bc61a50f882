"""Macros: each call gets its own copy of the macro's equations.

The copy stands under names that no model can write, with the subscripts of the equation that
calls. Arguments become variables of the copy. A name that ends with `$` is one of the model's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from haihe.compile.ir import Call, Equation, Expr, Lookup, Macro, Ref, Role, Source, Sub
from haihe.errors import InputError
from haihe.text import Text

DEEPEST = 20
"""Macros within macros."""


@dataclass(frozen=True, slots=True)
class Copied:
    """An equation without macro calls, and the equations that its calls brought along."""

    equation: Equation
    brought: tuple[Equation, ...]


def inline(source: Source) -> Source:
    """The same model without macro calls.

    Raises
    ------
    InputError
        Where a macro calls itself, or gets another number of arguments.
    """
    if not source.macros:
        return source
    equations: dict[str, tuple[Equation, ...]] = {}
    counter = iter(range(10**9))
    for key, group in source.equations.items():
        done = [_inline_equation(e, source.macros, counter.__next__, 0) for e in group]
        equations[key] = tuple(d.equation for d in done)
        for copied in done:
            for equation in copied.brought:
                equations[equation.key] = (*equations.get(equation.key, ()), equation)
    return replace(source, equations=equations, macros={})


def _inline_equation(
    equation: Equation, macros: Mapping[str, Macro], number: Callable[[], int], depth: int
) -> Copied:
    if depth > DEEPEST:
        raise InputError(
            Text(
                f"{equation.name}：宏无休止地相互调用",
                f"{equation.name}: macros call each other without end",
            ),
            equation.where,
        )
    brought: list[Equation] = []

    def visit(expr: Expr) -> Expr:
        if isinstance(expr, Lookup):
            return replace(expr, arg=visit(expr.arg))
        if not isinstance(expr, Call):
            return expr
        args = tuple(visit(a) for a in expr.args)
        macro = macros.get(expr.function.replace("_", " "))
        if macro is None:
            return Call(expr.function, args)
        copied = _copy(macro, args, equation, number())
        for part in copied:
            done = _inline_equation(part, macros, number, depth + 1)
            brought.extend((done.equation, *done.brought))
        result = next(e for e in copied if e.key.endswith(f"\0{macro.key}"))
        return Ref(result.key, tuple(Sub(s) for s in equation.subs))

    return Copied(replace(equation, expr=visit(equation.expr)), tuple(brought))


def _copy(
    macro: Macro, args: tuple[Expr, ...], caller: Equation, number: int
) -> tuple[Equation, ...]:
    """The equations of a macro for one call."""
    if len(args) != len(macro.params):
        raise InputError(
            Text(
                f"{caller.name}：宏 {macro.key} 有 {len(macro.params)} 个参数，这里给了 "
                f"{len(args)} 个",
                f"{caller.name}: the macro {macro.key} takes {len(macro.params)} arguments,"
                f" not {len(args)}",
            ),
            caller.where,
            shown=caller.text,
        )
    local = {*macro.params, *(e.key for e in macro.equations)}
    if macro.key not in local:
        raise InputError(
            Text(
                f"宏 {macro.key} 中没有与其同名的方程",
                f"the macro {macro.key} has no equation of its own name",
            )
        )
    prefix = f"{macro.key}\0{number}\0"
    own = tuple(Sub(s) for s in caller.subs)

    def within(expr: Expr) -> Expr:
        if isinstance(expr, Ref):
            if expr.name in local:
                return Ref(prefix + expr.name, own + expr.subs)
            return replace(expr, name=expr.name.rstrip("$"))
        if isinstance(expr, Lookup):
            return Lookup(within(expr.table), within(expr.arg))
        if isinstance(expr, Call):
            return Call(expr.function, tuple(within(a) for a in expr.args))
        return expr

    template = replace(caller, excepts=(), role=Role.AUXILIARY)
    given = [
        replace(template, name=prefix + name, key=prefix + name, expr=arg)
        for name, arg in zip(macro.params, args, strict=True)
    ]
    copied = [
        replace(
            equation,
            name=prefix + equation.key,
            key=prefix + equation.key,
            subs=caller.subs + equation.subs,
            excepts=(),
            expr=within(equation.expr),
        )
        for equation in macro.equations
    ]
    return (*given, *copied)
