"""Ordered cells into a `Program`: one list of operations, without repetition.

Equal operations on equal arguments become one node. Operations on numbers are done here when they
are exact, so that a number computed here has the bits that the kernel would give it. What no
output needs is left out. Each node learns how often it must be computed.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from haihe.compile.builtins import COMMUTING, PRIMITIVES
from haihe.compile.clearing import index_of
from haihe.compile.give import CONTROLS, Gifts
from haihe.compile.ir import (
    Call,
    Cell,
    Elements,
    Expr,
    Given,
    Lookup,
    Node,
    Number,
    Output,
    Place,
    Points,
    Program,
    Read,
    Register,
    Slot,
    State,
    StateKind,
)
from haihe.compile.order import STATE, order_start, order_step, start_roots
from haihe.compile.prune import digest_of, levels_of, prune
from haihe.errors import InputError
from haihe.model.types import TimeAxis
from haihe.text import Text

Known = dict[Place, int]


class Graph:
    """Nodes so far, each once; lives for one call of `fold`."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.tables: list[Points] = []
        self._seen: dict[tuple[object, ...], int] = {}
        self._tables: dict[Points, int] = {}

    def number(self, value: float) -> int:
        """A literal; -0.0 is not 0.0."""
        key = ("const", struct.pack("<d", value))
        return self._keep(key, Node("const", (), value))

    def source(self, op: str, index: int = 0) -> int:
        """Something read from outside."""
        return self._keep((op, index), Node(op, (), 0.0, index))

    def table(self, points: Points) -> int:
        """Index of a table."""
        if points not in self._tables:
            self._tables[points] = len(self.tables)
            self.tables.append(points)
        return self._tables[points]

    def lookup(self, op: str, x: int, index: int) -> int:
        """A table read at a node."""
        return self._keep((op, x, index), Node(op, (x,), 0.0, index))

    def clearing(self, args: tuple[int, ...], index: int) -> int:
        """The price that clears a market."""
        return self._keep(("clearing", args, index), Node("clearing", args, 0.0, index))

    def operation(self, op: str, args: tuple[int, ...]) -> int:
        """An operation, done here where that is exact."""
        simple = self._simplify(op, args)
        if simple is not None:
            return simple
        if op in COMMUTING:
            args = tuple(sorted(args))
        return self._keep((op, *args), Node(op, args))

    def _keep(self, key: tuple[object, ...], node: Node) -> int:
        if key not in self._seen:
            self._seen[key] = len(self.nodes)
            self.nodes.append(node)
        return self._seen[key]

    def _literal(self, index: int) -> float | None:
        node = self.nodes[index]
        return node.value if node.op == "const" else None

    def _simplify(self, op: str, args: tuple[int, ...]) -> int | None:
        """The node that has the same bits for every value of the arguments; None for none."""
        values = [self._literal(a) for a in args]
        primitive = PRIMITIVES[op]
        if primitive.exact and all(v is not None for v in values):
            with np.errstate(all="ignore"):
                return self.number(float(primitive.compute(*map(np.float64, values))))
        if op == "mul" and 1.0 in values:
            return args[1] if values[0] == 1.0 else args[0]
        if op in ("div", "pow") and values[1] == 1.0:
            return args[0]
        if op == "pow" and values[1] == 0.0:
            return self.number(1.0)
        if op == "select":
            if args[1] == args[2]:
                return args[1]
            if values[0] is not None:
                return args[1] if values[0] != 0.0 else args[2]
        if op == "neg" and self.nodes[args[0]].op == "neg":
            return self.nodes[args[0]].args[0]
        return None


class Translation:
    """Expressions into nodes, at the start or during a step; lives for one call of `fold`."""

    def __init__(self, graph: Graph, elements: Elements, slots: Mapping[Place, int],
                 curves: Mapping[Place, int], starting: Translation | None) -> None:  # fmt: skip
        self.graph = graph
        self.elements = elements
        self.slots = slots
        self.curves = curves
        self.starting = starting
        """Translation for the start; None where this is the one."""
        self.known: Known = {}
        self._memo: dict[int, tuple[Expr, int]] = {}

    def node(self, expr: Expr) -> int:
        """Node of an expression; the same object is translated once."""
        kept = self._memo.get(id(expr))
        if kept is None:
            kept = (expr, self._node(expr))
            self._memo[id(expr)] = kept
        return kept[1]

    def _node(self, expr: Expr) -> int:
        if isinstance(expr, Number):
            return self.graph.number(expr.value)
        if isinstance(expr, Cell):
            return self._cell(expr)
        if isinstance(expr, Read):
            if self.starting is None:
                return self.known[(STATE, expr.index)]
            return self.graph.source("state", expr.index)
        if isinstance(expr, Given):
            return self._given(expr)
        if isinstance(expr, Lookup):
            return self._lookup(expr)
        if isinstance(expr, Call):
            return self._call(expr)
        raise InputError(
            Text("需要数值之处出现了表函数", "a lookup stands where a number is needed")
        )

    def _cell(self, cell: Cell) -> int:
        place = (cell.name, cell.position)
        if place not in self.known:
            raise InputError(
                Text(
                    f"{cell.name} 是表函数，却用在需要数值之处",
                    f"{cell.name} is a lookup and stands where a number is needed",
                )
            )
        return self.known[place]

    def _given(self, given: Given) -> int:
        place = (given.name, given.position)
        if given.kind == "control":
            return self.graph.source("control", CONTROLS.index(given.name))
        if given.kind in ("constant", "initial"):
            return self.graph.source("input", self.slots[place])
        op = "curve_start" if self.starting is None else "curve"
        return self.graph.source(op, self.curves[place])

    def _lookup(self, expr: Lookup) -> int:
        table = expr.table
        x = self.node(expr.arg)
        if isinstance(table, Cell):
            table = self.elements.variables[table.name].exprs[table.position]
        if isinstance(table, Given):
            return self.graph.lookup("lookup_given", x, self.curves[(table.name, table.position)])
        if isinstance(table, Points):
            return self.graph.lookup("lookup", x, self.graph.table(table))
        raise InputError(
            Text("不是表函数的量被当作表函数调用", "something that is no lookup is called like one")
        )

    def _call(self, expr: Call) -> int:
        if expr.function == "time":
            if self.starting is None:
                return self.graph.source("control", CONTROLS.index("initial time"))
            return self.graph.source("time")
        if expr.function == "initial":
            return (self.starting or self).node(expr.args[0])
        if expr.function == "active_initial":
            return self.node(expr.args[1] if self.starting is None else expr.args[0])
        if expr.function == "missing_data":
            raise InputError(
                Text(
                    "没有数据表的数据变量须以序列给出",
                    "data without a table must be given as a series",
                )
            )
        if expr.function == "draw":
            return self._draw(*expr.args)
        if expr.function == "clearing":
            return self._clearing(expr.args)
        args = [self.node(a) for a in expr.args]
        whole = tuple(args[: PRIMITIVES[expr.function].arity])
        node = self.graph.operation(expr.function, whole)
        for arg in args[len(whole) :]:
            # A chain over a dimension: from the first element to the last.
            node = self.graph.operation(expr.function, (node, arg))
        return node

    def _clearing(self, args: tuple[Expr, ...]) -> int:
        """The price that clears a market; how many targets and their kinds stand before them."""
        numbers = [int(a.value) for a in args if isinstance(a, Number)]
        count = numbers[0]
        cells = tuple(self.node(a) for a in args[1 + count :])
        return self.graph.clearing(cells, index_of(numbers[1 : 1 + count]))

    def _draw(self, low: Expr, high: Expr, noise: Expr) -> int:
        """A random number: at the start that of the first step."""
        assert isinstance(low, Number)
        assert isinstance(high, Number)
        op = "draw_start" if self.starting is None else "draw"
        return self.graph.lookup(op, self.node(noise), int(high.value) << 32 | int(low.value))


def fold(
    elements: Elements, gifts: Gifts, outputs: Sequence[str], time: TimeAxis, integration: str
) -> Program:
    """The program that computes `outputs`, given by key.

    Raises
    ------
    InputError
        Where variables depend on each other within one step or at the start.
    """
    slots = _slots(gifts)
    slot_of = {(s.key, s.position): i for i, s in enumerate(slots)}
    curves = _curves(gifts)
    curve_of = {place: i for i, place in enumerate(curves)}
    graph = Graph()
    elements = _give_initial(elements, gifts)
    start = Translation(graph, elements, slot_of, curve_of, None)
    for place in order_start(elements, start_roots(elements)):
        _translate(place, start)
    step = Translation(graph, elements, slot_of, curve_of, start)
    for place in order_step(elements):
        _translate(place, step)
    registers = tuple(
        Register(
            state.kind,
            start.known[(STATE, index)],
            step.node(state.next),
            state.owner,
            start.node(state.delay),
        )
        for index, state in enumerate(elements.states)
    )
    wanted = tuple(
        Output(v.name, v.dims, v.shape, tuple(step.known[(key, p)] for p in range(len(v.exprs))))
        for key, v in ((key, elements.variables[key]) for key in outputs)
    )
    return prune(
        Program(
            nodes=tuple(graph.nodes),
            levels=(),
            tables=tuple(graph.tables),
            slots=slots,
            curves=curves,
            registers=registers,
            outputs=wanted,
            constants=gifts.constants,
            series=gifts.series,
            initial=gifts.initial,
            lookups=gifts.lookups,
            time=time,
            integration="rk4" if integration == "rk4" else "euler",
            digest="",
        )
    )


def _translate(place: Place, translation: Translation) -> None:
    """Make a cell or the initial value of a state known."""
    name, index = place
    elements = translation.elements
    if name == STATE:
        translation.known[place] = translation.node(elements.states[index].initial)
        return
    expr = elements.variables[name].exprs[index]
    if isinstance(expr, Points) or (isinstance(expr, Given) and expr.kind == "points"):
        return
    if isinstance(expr, Call) and expr.function == "missing_data":
        variable = elements.variables[name]
        raise InputError(
            Text(
                f"{variable.name} 没有数据；请以序列给出",
                f"{variable.name} has no data; give it as a series",
            ),
            variable.where,
        )
    translation.known[place] = translation.node(expr)


def _slots(gifts: Gifts) -> tuple[Slot, ...]:
    found = []
    for group in (gifts.constants, gifts.initial):
        for key, given in group.items():
            flat = None if given.defaults is None else given.defaults.ravel()
            for position in range(int(np.prod(given.shape))):
                default = float("nan") if flat is None else float(flat[position])
                found.append(Slot(given.name, key, position, default))
    return tuple(found)


def _curves(gifts: Gifts) -> tuple[Place, ...]:
    return tuple(
        (key, position)
        for group in (gifts.series, gifts.lookups)
        for key, given in group.items()
        for position in range(int(np.prod(given.shape)))
    )


def _give_initial(elements: Elements, gifts: Gifts) -> Elements:
    """Stocks whose initial value comes with the member."""

    def given(state: State) -> State:
        kinds = (StateKind.EULER, StateKind.NONNEGATIVE)
        if state.owner[0] in gifts.initial and state.kind in kinds:
            return replace(state, initial=Given("initial", *state.owner))
        return state

    return Elements(elements.variables, tuple(given(s) for s in elements.states))


__all__ = ["digest_of", "fold", "levels_of"]
