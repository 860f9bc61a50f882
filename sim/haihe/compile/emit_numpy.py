"""A program run with NumPy: one array of members for each node.

Slow and plain, and so the second opinion on the kernel that LLVM makes. A step is a list of
(function, arguments); no text is generated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from haihe.compile.builtins import DRAWS, PRIMITIVES
from haihe.compile.clearing import clear, kinds_of
from haihe.compile.draws import draw
from haihe.compile.ir import Level, Node, Points, Program, Register, StateKind
from haihe.compile.prepare import Curve, Prepared
from haihe.model.types import FloatArray

Values = list[Any]
Operation = tuple[int, Callable[..., Any], tuple[int, ...]]

MEMBERS_AT_ONCE = 256
"""Members of a block; nodes times members stays in the cache."""


@dataclass(slots=True)
class Clock:
    """The step that members are in; the stages of RK4 share it."""

    step: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A program sorted by how often its nodes are computed."""

    program: Program
    common: tuple[Operation, ...]
    run: tuple[Operation, ...]
    time: tuple[Operation, ...]
    step: tuple[Operation, ...]
    clock: Clock
    sources: tuple[tuple[int, Node], ...]
    """Nodes that are read, not computed, in each step."""


def simulate(program: Program, prepared: Prepared) -> FloatArray:
    """Run every member.

    Returns
    -------
    FloatArray
        (member, saved time, cell): the cells of all outputs, one after the other.
    """
    cells = sum(len(o.nodes) for o in program.outputs)
    saved = np.empty((prepared.members, prepared.saves, cells))
    with np.errstate(all="ignore"):
        for first in range(0, prepared.members, MEMBERS_AT_ONCE):
            part = slice(first, min(first + MEMBERS_AT_ONCE, prepared.members))
            _simulate_block(program, prepared.part(part), saved[part])
    return saved


def _simulate_block(program: Program, prepared: Prepared, saved: FloatArray) -> None:
    block = _open(program, prepared)
    wanted = [n for output in program.outputs for n in output.nodes]
    for n in range(len(prepared.times)):
        block.plan.clock.step = n
        block.evaluate(block.states, n * prepared.per_step)
        if n % prepared.every == 0:
            for cell, node in enumerate(wanted):
                saved[:, n // prepared.every, cell] = block.values[node]
        if n + 1 < len(prepared.times):
            if program.integration == "rk4":
                _step_rk4(block, n)
            else:
                _step_euler(block, n)


@dataclass(slots=True)
class Block:
    """Members on their way through the horizon."""

    program: Program
    prepared: Prepared
    plan: Plan
    values: Values
    states: Values
    pipes: list[Pipe | None]
    over_time: list[tuple[int, FloatArray]]
    """Nodes of the time axis, at each time of the grid."""

    def evaluate(self, states: Sequence[Any], g: int) -> None:
        """Compute every node of a step at one time of the grid."""
        for node, row in self.over_time:
            self.values[node] = row[g]
        time = float(self.prepared.grid[g])
        _read_sources(self.plan, self.values, states, self.prepared, time)
        _compute(self.plan.step, self.values)

    def following(self) -> Values:
        """Rate or value that carries each state on."""
        return [self.values[r.next] for r in self.program.registers]


def _open(program: Program, prepared: Prepared) -> Block:
    values: Values = [None] * len(program.nodes)
    plan = _plan(program, prepared)
    _fill_literals(program, prepared, values)
    for operations in (plan.common, plan.run, plan.time):
        _compute(operations, values)
    shape = prepared.grid.shape
    over_time = [n for n, level in enumerate(program.levels) if level is Level.TIME]
    return Block(
        program=program,
        prepared=prepared,
        plan=plan,
        values=values,
        states=[_spread(values[r.initial], prepared.members) for r in program.registers],
        pipes=[_pipe(r, values, prepared) for r in program.registers],
        over_time=[(n, np.broadcast_to(values[n], shape)) for n in over_time],
    )


def _plan(program: Program, prepared: Prepared) -> Plan:
    by_level: dict[Level, list[Operation]] = {level: [] for level in Level}
    sources = []
    clock = Clock()
    for index, (node, level) in enumerate(zip(program.nodes, program.levels)):
        if node.op in ("state", "curve"):
            sources.append((index, node))
        elif node.args:
            function = _function(node, program, prepared, clock)
            by_level[level].append((index, function, node.args))
    return Plan(
        program=program,
        common=tuple(by_level[Level.COMMON]),
        run=tuple(by_level[Level.RUN]),
        time=tuple(by_level[Level.TIME]),
        step=tuple(by_level[Level.STEP]),
        clock=clock,
        sources=tuple(sources),
    )


def _function(node: Node, program: Program, prepared: Prepared, clock: Clock) -> Callable[..., Any]:
    if node.op == "lookup":
        points = program.tables[node.index]
        return lambda x: read_points(points, x)
    if node.op == "lookup_given":
        curve = prepared.curves[node.index]
        return lambda x: read_curve(curve, x)
    if node.op == "clearing":
        kinds = kinds_of(node.index)
        return lambda *args: clear(kinds, args)
    if node.op in DRAWS:
        start = node.op == "draw_start"
        return lambda noise: draw(
            prepared.seed, prepared.numbers, node.index, noise, 0 if start else clock.step
        )
    return PRIMITIVES[node.op].compute


def _fill_literals(program: Program, prepared: Prepared, values: Values) -> None:
    for index, node in enumerate(program.nodes):
        if node.op == "const":
            values[index] = np.float64(node.value)
        elif node.op == "control":
            values[index] = prepared.controls[node.index]
        elif node.op == "input":
            values[index] = prepared.inputs[node.index]
        elif node.op == "time":
            values[index] = prepared.grid
        elif node.op == "curve_start":
            values[index] = curve_at(prepared.curves[node.index], float(prepared.times[0]))


def _compute(operations: Sequence[Operation], values: Values) -> None:
    for index, function, args in operations:
        values[index] = function(*[values[a] for a in args])


def _read_sources(
    plan: Plan, values: Values, states: Sequence[Any], prepared: Prepared, time: float
) -> None:
    for index, node in plan.sources:
        if node.op == "state":
            values[index] = states[node.index]
        else:
            values[index] = curve_at(prepared.curves[node.index], time)


def _spread(value: Any, members: int) -> FloatArray:
    return np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), (members,)))


# --- states -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Pipe:
    """What went into a DELAY FIXED, step by step."""

    length: FloatArray
    """Steps (member,)."""
    initial: FloatArray
    history: FloatArray
    """(step, member)"""


def _pipe(register: Register, values: Values, prepared: Prepared) -> Pipe | None:
    if register.kind is not StateKind.PIPE:
        return None
    delay = _spread(values[register.delay], prepared.members)
    return Pipe(
        length=pipe_length(delay, prepared.controls[2]),
        initial=_spread(values[register.initial], prepared.members),
        history=np.empty((len(prepared.times), prepared.members)),
    )


def pipe_length(delay: FloatArray, step: float) -> FloatArray:
    """Number of steps of a DELAY FIXED: at least one; a half is rounded up."""
    return np.rint(np.maximum(delay / step, 1.0) + 1e-6)


_INTEGRATED = (StateKind.EULER, StateKind.NONNEGATIVE)


def _step_euler(block: Block, n: int) -> None:
    """From step `n` to the next by its rates at the start."""
    step = block.prepared.controls[2]
    moved = [
        state + rate * step if register.kind in _INTEGRATED else rate
        for register, state, rate in zip(block.program.registers, block.states, block.following())
    ]
    _arrive(block, moved, n)


def _step_rk4(block: Block, n: int) -> None:
    """From step `n` to the next by the classical method of fourth order.

    What is remembered otherwise than by a rate stays as it is during the step.
    """
    step = block.prepared.controls[2]
    base, first = block.states, block.following()
    rates, total = first, list(first)
    for part, weight, g in ((0.5, 2.0, 1), (0.5, 2.0, 1), (1.0, 1.0, 2)):
        ahead = [
            state + rate * (step * part) if register.kind in _INTEGRATED else state
            for register, state, rate in zip(block.program.registers, base, rates)
        ]
        block.evaluate(ahead, n * block.prepared.per_step + g)
        rates = block.following()
        total = [t + r * weight for t, r in zip(total, rates)]
    moved = [
        state + t * (step / 6.0) if register.kind in _INTEGRATED else value
        for register, state, t, value in zip(block.program.registers, base, total, first)
    ]
    _arrive(block, moved, n)


def _arrive(block: Block, moved: Sequence[Any], n: int) -> None:
    """Take over the states of the next step."""
    states = []
    for register, value, pipe in zip(block.program.registers, moved, block.pipes):
        if pipe is not None:
            states.append(_through(pipe, value, n))
        elif register.kind is StateKind.NONNEGATIVE:
            states.append(np.maximum(value, 0.0))
        else:
            states.append(_spread(value, block.prepared.members))
    block.states = states


def _through(pipe: Pipe, value: Any, i: int) -> FloatArray:
    """Put a value in at step `i`; what comes out at step `i + 1`."""
    pipe.history[i] = value
    due = i + 1 - pipe.length
    # A NaN length never comes due.
    ready = due >= 0.0
    row = np.where(ready, due, 0.0).astype(np.int64)
    return np.where(ready, pipe.history[row, np.arange(pipe.length.size)], pipe.initial)


# --- lookups ------------------------------------------------------------------------------------


def read_points(points: Points, x: Any) -> Any:
    """A lookup read at `x`; ends are held, or continued where the lookup says so."""
    axis = np.asarray(points.x)
    y = np.asarray(points.y)
    at = np.asarray(x, dtype=np.float64)
    if len(axis) == 1:
        return np.where(np.isnan(at), at, y[0])
    segment = np.clip(np.searchsorted(axis, at, side="right") - 1, 0, len(axis) - 2)
    if points.mode == "hold_backward":
        inside = y[segment]
    elif points.mode == "look_forward":
        inside = np.where(at == axis[segment], y[segment], y[segment + 1])
    elif points.mode == "raw":
        inside = np.where(at == axis[segment], y[segment], np.nan)
    else:
        slope = (y[1:] - y[:-1]) / (axis[1:] - axis[:-1])
        inside = y[segment] + slope[segment] * (at - axis[segment])
    if points.mode == "extrapolate":
        return np.where(at == axis[-1], y[-1], inside)
    outside = np.nan if points.mode == "raw" else None
    inside = np.where(at > axis[-1], y[-1] if outside is None else outside, inside)
    inside = np.where(at < axis[0], y[0] if outside is None else outside, inside)
    return np.where(at == axis[-1], y[-1], inside)


def curve_at(curve: Curve, time: float) -> Any:
    """A series at one time, for each member; ends are held."""
    if time <= curve.x[0]:
        return curve.y[:, 0]
    if time >= curve.x[-1]:
        return curve.y[:, -1]
    j = int(np.searchsorted(curve.x, time, side="right")) - 1
    weight = (time - curve.x[j]) / (curve.x[j + 1] - curve.x[j])
    return curve.y[:, j] + (curve.y[:, j + 1] - curve.y[:, j]) * weight


def read_curve(curve: Curve, x: Any) -> FloatArray:
    """A lookup whose points come with each member, read at `x`; ends are held."""
    members = np.arange(curve.y.shape[0])
    at = np.broadcast_to(np.asarray(x, dtype=np.float64), members.shape)
    if len(curve.x) == 1:
        return np.where(np.isnan(at), at, curve.y[:, 0])
    j = np.clip(np.searchsorted(curve.x, at, side="right") - 1, 0, len(curve.x) - 2)
    low, high = curve.y[members, j], curve.y[members, j + 1]
    slope = (high - low) / (curve.x[j + 1] - curve.x[j])
    inside = low + slope * (at - curve.x[j])
    inside = np.where(at >= curve.x[-1], curve.y[:, -1], inside)
    return np.where(at < curve.x[0], curve.y[:, 0], inside)
