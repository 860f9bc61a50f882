"""In which order cells can be computed: once for a step, once for the start.

At the start a stock needs its initial expression, and what that needs, recursively; INITIAL and
ACTIVE INITIAL read their argument for the start. During a step a stock is known. So there are two
graphs. A loop in either is an error that carries the loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from haihe.compile.ir import Call, Cell, Elements, Expr, Lookup, Place, Read
from haihe.errors import InputError
from haihe.text import Text

STATE = "\0state"
"""Stands for the name of a variable in the place of a state, which no name can be."""


def order_step(elements: Elements) -> list[Place]:
    """Cells in an order in which a step can compute them.

    Raises
    ------
    InputError
        Where variables depend on each other within one step.
    """
    graph = {
        (key, position): sorted(set(_step_needs(expr)))
        for key, variable in elements.variables.items()
        for position, expr in enumerate(variable.exprs)
    }
    return _sort(graph, elements, Text("在同一步内", "in one step"))


def order_start(elements: Elements, roots: list[Place]) -> list[Place]:
    """Cells and states in an order in which the start can compute them.

    `roots` are the cells whose value at the start is read during the run, by INITIAL.

    Raises
    ------
    InputError
        Where initial values depend on each other.
    """
    graph: dict[Place, list[Place]] = {}
    pending = [(STATE, index) for index in range(len(elements.states))] + list(roots)
    while pending:
        place = pending.pop()
        if place in graph:
            continue
        graph[place] = sorted(set(_start_needs_of(place, elements)))
        pending += graph[place]
    return _sort(graph, elements, Text("在起始时刻", "at the start"))


def start_roots(elements: Elements) -> list[Place]:
    """Cells that the arguments of INITIAL read, anywhere in the model."""
    roots: set[Place] = set()
    exprs = [e for v in elements.variables.values() for e in v.exprs]
    exprs += [e for s in elements.states for e in (s.next, s.delay)]
    for expr in exprs:
        for argument in _frozen_arguments(expr):
            roots.update(_start_needs(argument))
    return sorted(roots)


def _start_needs_of(place: Place, elements: Elements) -> Iterator[Place]:
    name, index = place
    if name == STATE:
        yield from _start_needs(elements.states[index].initial)
        yield from _start_needs(elements.states[index].delay)
    else:
        yield from _start_needs(elements.variables[name].exprs[index])


def _walk(expr: Expr, at_start: bool) -> Iterator[Expr]:
    """Parts of an expression that are read in a step, or at the start; each object once."""
    pending: list[Expr] = [expr]
    seen: set[int] = set()
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, Lookup):
            pending += (part.table, part.arg)
        elif isinstance(part, Call):
            pending += _arguments(part, at_start)


def _arguments(call: Call, at_start: bool) -> tuple[Expr, ...]:
    if call.function == "initial" and not at_start:
        return ()
    if call.function == "active_initial":
        return call.args[1:] if at_start else call.args[:1]
    return call.args


def _frozen_arguments(expr: Expr) -> Iterator[Expr]:
    for part in _walk(expr, at_start=False):
        if isinstance(part, Call) and part.function == "initial":
            yield part.args[0]


def _step_needs(expr: Expr) -> Iterator[Place]:
    """Cells whose value in the same step an expression reads."""
    for part in _walk(expr, at_start=False):
        if isinstance(part, Cell):
            yield (part.name, part.position)


def _start_needs(expr: Expr) -> Iterator[Place]:
    """Cells and states whose value at the start an expression reads."""
    for part in _walk(expr, at_start=True):
        if isinstance(part, Cell):
            yield (part.name, part.position)
        elif isinstance(part, Read):
            yield (STATE, part.index)


def _sort(graph: Mapping[Place, list[Place]], elements: Elements, when: Text) -> list[Place]:
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise _loop_error(error.args[1], elements, when) from None


def _loop_error(loop: list[Place], elements: Elements, when: Text) -> InputError:
    """The loop, in the order in which each variable reads the next."""
    shown = " → ".join(_shown(place, elements) for place in reversed(loop))
    owners = [_owner(place, elements) for place in loop]
    where = elements.variables[owners[0][0]].where
    return InputError(
        Text(
            f"变量{when.zh}相互依赖：{shown}", f"variables depend on each other {when.en}: {shown}"
        ),
        where,
        Text("回路中至少有一个存量或延迟", "a stock or a delay somewhere in the loop"),
    )


def _owner(place: Place, elements: Elements) -> Place:
    name, index = place
    return elements.states[index].owner if name == STATE else place


def _shown(place: Place, elements: Elements) -> str:
    key, position = _owner(place, elements)
    variable = elements.variables[key]
    suffix = f"[{position + 1}]" if variable.shape else ""
    return variable.name + suffix
