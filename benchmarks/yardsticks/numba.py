"""numba: the same program printed as one Python function over scalars, compiled by numba."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.cases import Subject
from benchmarks.printed import divide, slopes_of
from benchmarks.yardsticks import Yardstick
from benchmarks.yardsticks.tools import python_package
from haihe.compile.builtins import TRUTHS
from haihe.compile.ir import Program, StateKind
from haihe.compile.room import make_room
from haihe.model.types import FloatArray

VERSION = "0.68.1"
_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "mod": "%"}
_TESTS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_CALLS = {
    "abs": "abs", "min": "min", "max": "max", "sqrt": "math.sqrt", "exp": "math.exp",
    "log": "math.log", "trunc": "np.trunc", "sin": "math.sin", "cos": "math.cos",
    "tan": "math.tan", "asin": "math.asin", "acos": "math.acos", "atan": "math.atan",
    "sinh": "math.sinh", "cosh": "math.cosh", "tanh": "math.tanh",
}  # fmt: skip


def _look(x: float, xs: Any, ys: Any, slopes: Any, first: int, last: int) -> Any:
    """A table between two places of the arrays, read at x."""
    if x <= xs[first]:
        return ys[first]
    if x >= xs[last]:
        return ys[last]
    j = first
    while x >= xs[j + 1]:
        j += 1
    return ys[j] + slopes[j] * (x - xs[j])


def _name(program: Program, n: int) -> str:
    node = program.nodes[n]
    reads = {"control": "controls", "input": "given"}
    if node.op == "const":
        return f"({node.value!r})" if math.isfinite(node.value) else f"float('{node.value}')"
    if node.op in reads:
        return f"{reads[node.op]}[{node.index}]"
    return {"state": f"s{node.index}", "time": "time"}.get(node.op, f"n{n}")


def _truth(program: Program, n: int) -> str:
    node = program.nodes[n]
    if node.op in _TESTS:
        a, b = (_name(program, x) for x in node.args)
        return f"({a} {_TESTS[node.op]} {b})"
    if node.op in TRUTHS:
        truths = [_truth(program, x) for x in node.args]
        return f"(not {truths[0]})" if node.op == "not" else f"({f' {node.op} '.join(truths)})"
    return f"({_name(program, n)} != 0.0)"


def _expression(program: Program, n: int, places: Sequence[tuple[int, int]]) -> str:
    node = program.nodes[n]
    args = [_name(program, a) for a in node.args]
    if node.op in _SIGNS:
        return f"{args[0]} {_SIGNS[node.op]} {args[1]}"
    if node.op in TRUTHS:
        return f"1.0 if {_truth(program, n)} else 0.0"
    if node.op == "neg":
        return f"-{args[0]}"
    if node.op == "select":
        return f"{args[1]} if {_truth(program, node.args[0])} else {args[2]}"
    if node.op == "lookup":
        first, last = places[node.index]
        return f"look({args[0]}, xs, ys, slopes, {first}, {last})"
    return f"{_CALLS[node.op]}({', '.join(args)})"


def print_source(subject: Subject) -> str:
    """The function's text; all that comes from the model are numbers."""
    program = subject.program
    parts = divide(program)
    places, first = [], 0
    for table in program.tables:
        places.append((first, first + len(table.x) - 1))
        first += len(table.x)

    def lines(nodes: Sequence[int], indent: int) -> list[str]:
        return [f"{' ' * indent}n{n} = {_expression(program, n, places)}" for n in nodes]

    outputs = [n for output in program.outputs for n in output.nodes]
    timed = {n: row for row, n in enumerate(parts.time)}
    text = ["def fill(controls, times, rows, xs, ys, slopes):", *lines(parts.common, 1)]
    text += [" for i in range(times.size):", "  time = times[i]", *lines(parts.time, 2)]
    text += [f"  rows[i, {row}] = n{n}" for n, row in timed.items()]
    text += [
        "def run(inputs, controls, times, rows, xs, ys, slopes, results):",
        " dt = controls[2]",
    ]
    text += [*lines(parts.common, 1), " for m in range(inputs.shape[1]):", "  given = inputs[:, m]"]
    text += lines(parts.run, 2)
    text += [f"  s{k} = {_name(program, r.initial)}" for k, r in enumerate(program.registers)]
    text += [f"  for i in range({subject.steps + 1}):", "   time = times[i]"]
    text += [f"   n{n} = rows[i, {row}]" for n, row in timed.items()]
    text += [*lines(parts.ahead, 3), f"   if i % {subject.every} == 0:", *lines(parts.save, 4)]
    kept = f"results[m, i // {subject.every}"
    text += [f"    {kept}, {c}] = {_name(program, n)}" for c, n in enumerate(outputs)] or [
        "    pass"
    ]
    text += [f"   m{k} = {_moved(program, k)}" for k in range(len(program.registers))]
    text += [f"   s{k} = m{k}" for k in range(len(program.registers))]
    return "\n".join(text)


def _moved(program: Program, k: int) -> str:
    register = program.registers[k]
    value = _name(program, register.next)
    if register.kind is StateKind.ASSIGN:
        return value
    moved = f"s{k} + {value} * dt"
    return moved if register.kind is StateKind.EULER else f"max({moved}, 0.0)"


def build(subject: Subject, members: int) -> Yardstick:
    """The function, compiled before it is timed."""
    start = time.perf_counter()
    jit = python_package("numba", VERSION).njit(error_model="numpy")
    space: dict[str, Any] = {"math": math, "np": np, "look": jit(_look)}
    exec(print_source(subject), space)
    fill: Callable[..., None] = jit(space["fill"])
    function: Callable[..., None] = jit(space["run"])
    tables = subject.program.tables
    xs = np.array([v for t in tables for v in t.x] or [0.0])
    ys = np.array([v for t in tables for v in t.y] or [0.0])
    slopes = np.array([v for t in tables for v in slopes_of(t.x, t.y)] or [0.0])
    controls, times = subject.controls, subject.times
    rows = np.zeros((times.size, max(len(divide(subject.program).time), 1)))

    def run(inputs: FloatArray) -> FloatArray:
        shape = (inputs.shape[1], subject.saves, subject.cells)
        results = make_room(math.prod(shape)).reshape(shape)
        fill(controls, times, rows, xs, ys, slopes)
        function(inputs, controls, times, rows, xs, ys, slopes, results)
        return results

    run(np.ascontiguousarray(np.array([[slot.default] for slot in subject.program.slots])))
    return Yardstick("numba, same program", run, run, members, time.perf_counter() - start)
