"""Calls in equations: functions of XMILE, graphical functions, functions over arrays, macros.

A macro that is only an expression is written in the place of its call; one with variables of its
own gets a set of them for each call, under the name of the variable that calls it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from pysd.translators.structures import abstract_expressions as ae

from haihe.model.find import near_names
from haihe.model.types import canonical_name
from haihe.model.xmile.equation import Call, Name, Tree
from haihe.model.xmile.flatten import Flat
from haihe.model.xmile.functions import (
    FUNCTIONS,
    NOT_SUPPORTED,
    REDUCTIONS,
    call,
    chain,
    points_of,
)
from haihe.model.xmile.parts import Macro, Variable, Written
from haihe.model.xmile.scope import Scope
from haihe.text import Text, lead

if TYPE_CHECKING:
    from haihe.model.xmile.write import Writer

TWICE = {"int", "mod", "safediv", "delay", "delay1", "delay3", "delayn", "smth1", "smth3", "smthn"}
"""Functions that may use an argument twice: as it is, and as the value at the start."""
MOST_CALLS = 20_000
"""Of macros with variables of their own."""


# --- calls ----------------------------------------------------------------------------------


def write_call(writer: Writer, tree: Call, scope: Scope) -> Any:
    """The structure of a call: a macro goes before a function, that before a graphical function."""
    key = canonical_name(tree.name.parts[-1])
    macro = writer.macros.get(canonical_name(str(tree.name))) or writer.macros.get(key)
    if macro:
        return _macro(writer, macro, tree, scope)
    if key == "lookup" and len(tree.arguments) == 2:
        return _lookup(writer, tree.arguments[0], tree.arguments[1], scope)
    if key in REDUCTIONS and len(tree.arguments) == 1:
        return _reduction(writer, key, tree.arguments[0], scope)
    function = FUNCTIONS.get(key)
    if function is None:
        if len(tree.arguments) == 1 and writer.world.find(tree.name, scope.path):
            return _lookup(writer, tree.name, tree.arguments[0], scope)
        _unknown(writer, key, tree, scope)
    if not function.least <= len(tree.arguments) <= function.most:
        wanted = sorted({function.least, function.most})
        expected = Text(
            f"{' 或 '.join(map(str, wanted))} 个", f"{' or '.join(map(str, wanted))} of them"
        )
        raise scope.error(
            Text(
                f"{tree.name} 有 {len(tree.arguments)} 个参数",
                f"{tree.name} has {len(tree.arguments)} arguments",
            ),
            expected,
        )
    before = writer.nodes
    arguments = [_argument(writer, a, scope, key) for a in tree.arguments]
    if key in TWICE:
        writer.count(writer.nodes - before, scope)
    return function.build(*arguments)


def _argument(writer: Writer, tree: Tree, scope: Scope, function: str) -> Any:
    if isinstance(tree, Name) and canonical_name(str(tree)) == "self" and function == "previous":
        return writer.write(Name((scope.owner,)), replace(scope, path=()))
    return writer.write(tree, scope)


def _unknown(writer: Writer, key: str, tree: Call, scope: Scope) -> NoReturn:
    if key in NOT_SUPPORTED:
        raise scope.error(lead(str(tree.name), NOT_SUPPORTED[key]))
    near = near_names(str(tree.name), [*(f.upper() for f in FUNCTIONS), *writer.macros])
    raise scope.error(
        Text(f"没有函数 {tree.name}", f"there is no function {tree.name}"), suggestions=near
    )


def _reduction(writer: Writer, key: str, argument: Tree, scope: Scope) -> Any:
    if scope.reducing:
        raise scope.error(
            Text("对数组求值的函数相互嵌套", "functions over arrays stand within each other")
        )
    outer, writer.marked = writer.marked, set()
    value = writer.write(argument, scope.reduced())
    marked, writer.marked = writer.marked, outer
    count = 1.0
    for name in marked:
        count *= len(writer.dimensions[canonical_name(name)].elements)
    if key == "size":
        return count
    if not marked:
        raise scope.error(
            Text(f"{key.upper()} 的参数不是数组", f"{key.upper()} of something that is no array"),
            Text("数组，如 x[*]", "an array, x[*]"),
        )
    whole = call(REDUCTIONS[key], value)
    return chain(["/"], whole, count) if key == "mean" else whole


def _lookup(writer: Writer, table: Tree, argument: Tree, scope: Scope) -> Any:
    """A graphical function at a place that the call gives."""
    flat = writer.world.find(table, scope.path) if isinstance(table, Name) else None
    if flat is None or not isinstance(table, Name):
        raise scope.error(
            Text("LOOKUP 的第一个参数不是图形函数", "LOOKUP reads no graphical function"),
            Text("图形函数的名称", "the name of one"),
        )
    parts = flat.variable.parts
    value = writer.write(argument, scope)
    if _is_table(flat):
        dims = [writer.dimension(dim, flat) for dim in flat.variable.dims]
        target = writer.subscripted(flat, dims, table.subscripts, scope)
        return ae.CallStructure(target, (value,))
    if len(parts) != 1 or parts[0].graph is None:
        raise scope.error(
            Text(f"{table} 不是图形函数", f"{table} is no graphical function"),
            Text("图形函数", "one that is"),
        )
    return ae.InlineLookupsStructure(value, points_of(parts[0].graph))


# --- macros ---------------------------------------------------------------------------------


def _macro(writer: Writer, macro: Macro, tree: Call, scope: Scope) -> Any:
    key = canonical_name(macro.name)
    if key in scope.macros:
        raise scope.error(
            Text(
                f"宏循环调用：{' > '.join((*scope.macros, key))}",
                f"macros call each other: {' > '.join((*scope.macros, key))}",
            )
        )
    arguments = _arguments(writer, macro, tree, scope)
    inner = Scope(
        scope.owner,
        (f"\0{macro.name}",),
        writer.shown,
        macro.equation,
        scope.binding,
        arguments,
        (*scope.macros, key),
        scope.reducing,
        scope.home,
    )
    if macro.variables:
        inner = _instance(writer, macro, arguments, inner, scope)
    body = inner.parse()
    if body is None:
        raise inner.error(
            Text(f"宏 {macro.name} 没有方程", f"the macro {macro.name} has no equation"), "<eqn>"
        )
    return writer.write(body, inner)


def _arguments(
    writer: Writer, macro: Macro, tree: Call, scope: Scope
) -> dict[str, tuple[Tree, Scope]]:
    if len(tree.arguments) > len(macro.parameters):
        raise scope.error(
            Text(
                f"{macro.name} 有 {len(tree.arguments)} 个参数",
                f"{macro.name} has {len(tree.arguments)} arguments",
            ),
            Text(f"{len(macro.parameters)} 个", f"{len(macro.parameters)} of them"),
        )
    found: dict[str, tuple[Tree, Scope]] = {}
    for i, (name, default) in enumerate(macro.parameters):
        if i < len(tree.arguments):
            found[canonical_name(name)] = (tree.arguments[i], scope)
            continue
        inner = replace(scope, text=default or Written("", macro.line), path=("\0",))
        value = inner.parse() if default else None
        if value is None:
            raise scope.error(
                Text(f"调用 {macro.name} 时缺少 {name}", f"{macro.name} is called without {name}"),
                Text("给出该参数", "an argument for it"),
            )
        found[canonical_name(name)] = (value, inner)
    return found


def _instance(
    writer: Writer,
    macro: Macro,
    arguments: Mapping[str, tuple[Tree, Scope]],
    inner: Scope,
    scope: Scope,
) -> Scope:
    """Variables of a macro for one call of it."""
    if scope.reducing:
        raise scope.error(
            Text(
                f"{macro.name} 含有存量，不能放在对数组求值的函数中",
                f"{macro.name} has stocks and stands in a function over an array",
            )
        )
    writer.calls += 1
    if writer.calls > MOST_CALLS:
        raise scope.error(
            Text("宏调用次数过多", "macros are called too often"),
            Text(f"不超过 {MOST_CALLS} 次", f"at most {MOST_CALLS} calls"),
        )
    path = (f"\0{macro.name} {writer.calls}",)
    prefix = f"{scope.owner} {macro.name} {writer.calls}."
    dims = tuple(writer.dimensions[key].name for key, e in scope.binding.items() if e is None)
    flats: dict[str, Flat] = {}
    names = [(name, None) for name, _ in macro.parameters]
    for name, variable in [*names, *((v.name, v) for v in macro.variables)]:
        own = variable or _parameter(name, macro)
        own = replace(own, dims=dims, group=macro.name)
        if own.key in flats:
            raise inner.error(
                Text(
                    f"{name} 既是 {macro.name} 的参数，又是其中的变量",
                    f"{name} is a parameter and a variable of {macro.name}",
                )
            )
        flats[own.key] = Flat(prefix + name, own, path)
    for key, given in arguments.items():
        writer.given[path, key] = given
    writer.world.flats[path] = flats
    writer.waiting += flats.values()
    return replace(inner, path=path, parameters={})


def _parameter(name: str, macro: Macro) -> Variable:
    return Variable("aux", name, macro.line, (), ())


def _is_table(flat: Flat) -> bool:
    """Is it a graphical function and nothing else?"""
    return flat.source is None and all(
        part.graph and (flat.variable.kind == "gf" or _says_nothing(part.equation))
        for part in flat.variable.parts
    )


def _says_nothing(equation: Written | None) -> bool:
    return equation is None or not equation.text.strip()
