"""Where the values of a program live while a kernel runs, and which function computes them.

Everything that one function hands to another lies in the scratch of a block, one vector each:
values of the run, states (of this step and of the next), values from one function of a step to the
next, what is in the pipes of DELAY FIXED, and results until they are put in order
by member.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from haihe.compile.ir import Level, Output, Program, StateKind

ONE_FUNCTION = 1000
"""Operations of a step that still make one function."""
CHUNK = 300
"""Operations of a function otherwise. LLVM keeps the values of a small function in registers; of
one with thousands it puts most on the stack, which took a fifth longer on the model of Tianjin."""

WIDEST = 16
"""Most lanes of a kernel: so many results are put in order at once, the last ones with others."""

LINE = 8
"""Numbers of a cache line."""

OUTSIDE = frozenset({"const", "control", "input", "time", "state", "curve", "curve_start"})
"""Nodes that are read, not computed."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Functions of a kernel and places of values."""

    start: tuple[tuple[int, ...], ...]
    """Nodes of the run, by function."""
    times: tuple[int, ...]
    """Nodes of the time axis, with what they need."""
    step: tuple[tuple[int, ...], ...]
    """Nodes that the states need, by function."""
    save: tuple[tuple[int, ...], ...]
    """Nodes that only the outputs need, by function."""
    run_slot: dict[int, int]
    """Place of a value of the run."""
    time_row: dict[int, int]
    """Row of a value of the time axis."""
    passed_slot: dict[int, int]
    """Place of a value that goes from one function to another."""
    pipe: dict[int, int]
    """Number of a pipe, by state."""
    states: int
    """Places for states."""
    saved: tuple[int, ...]
    """Nodes that are kept at each saved time: of outputs that change with member and time."""
    steady: tuple[int, ...]
    """Nodes that are kept once for each member: of outputs that do not change over time."""
    single: bool
    """Is a step one function?"""
    rk4: bool
    """Is a step made of four?"""

    @property
    def now(self) -> int:
        """First state."""
        return len(self.run_slot)

    @property
    def then(self) -> int:
        """First state of the next step."""
        return self.now + self.states

    @property
    def base(self) -> int:
        """First state at the beginning of a step of RK4; the sums of its rates follow."""
        return self.then + self.states

    @property
    def passed(self) -> int:
        """First value from one function to the next."""
        return self.base + (2 * self.states if self.rk4 else 0)

    @property
    def lined(self) -> bool:
        """Do results fill whole cache lines? Not where that would make them much larger."""
        return len(self.saved) > 4 * LINE

    @property
    def saved_step(self) -> int:
        """Numbers of a member from one saved time to the next."""
        return _round_up(len(self.saved)) if self.lined else len(self.saved)

    @property
    def steady_row(self) -> int:
        """Numbers of a member that are kept once."""
        return _round_up(len(self.steady))

    @property
    def staged(self) -> int:
        """First result of a member; the pipes follow."""
        return self.passed + len(self.passed_slot)

    @property
    def pipes(self) -> int:
        """First length of a pipe; initial values follow, then the history."""
        return self.staged + max(len(self.saved), len(self.steady)) + WIDEST

    def vectors(self, steps: int) -> int:
        """Size of the scratch."""
        return self.pipes + len(self.pipe) * (2 + steps + 2)


def _round_up(count: int) -> int:
    return -(-count // LINE) * LINE


class Kept(Enum):
    """What is kept of an output."""

    EACH_TIME = "each time"
    """Each member, each saved time."""
    ONCE = "once"
    """Each member; the same at all times."""
    TIMES = "times"
    """Each time; the same for all members."""
    NUMBER = "number"
    """Numbers of the program."""


def kept_of(program: Program, output: Output) -> Kept:
    """What must be kept of an output, so that all of it is known."""
    levels = {program.levels[n] for n in output.nodes}
    if levels <= {Level.CONSTANT}:
        return Kept.NUMBER
    if levels <= {Level.CONSTANT, Level.COMMON, Level.RUN}:
        return Kept.ONCE
    return Kept.TIMES if levels <= {Level.CONSTANT, Level.TIME} else Kept.EACH_TIME


def _nodes_of(program: Program, kept: Kept) -> tuple[int, ...]:
    return tuple(n for o in program.outputs if kept_of(program, o) is kept for n in o.nodes)


def lay_out(program: Program) -> Layout:
    """Divide a program into functions and find a place for what they share."""
    computed = [n for n, node in enumerate(program.nodes) if node.op not in OUTSIDE]
    level, at_step, at_time = program.levels, Level.STEP, Level.TIME
    outputs = [n for o in program.outputs for n in o.nodes]
    ahead = [r.next for r in program.registers]
    urgent = _needed(program, ahead, Level.STEP)
    ahead_of = tuple(n for n in computed if n in urgent)
    only_saved = tuple(n for n in computed if level[n] is at_step and n not in urgent)
    single = len(ahead_of) + len(only_saved) <= ONE_FUNCTION
    step = (ahead_of,) if single else _cut(ahead_of)
    save = (only_saved,) if single else _cut(only_saved)
    once = (Level.COMMON, Level.RUN)
    run = tuple(n for n in computed if level[n] in once)
    start = _cut(run) if len(run) > ONE_FUNCTION else (run,)
    used = _read_in_step(program, [*(n for part in step + save for n in part), *outputs, *ahead])
    rows = [n for n in used if level[n] is at_time]
    timely = _needed(program, rows, Level.COMMON)
    shared = used | _crossing(program, start)
    kept = sorted(n for n in shared if level[n] in once)
    functions = [*step, *save]
    passed = [] if single else sorted(_crossing(program, functions))
    pipes = [k for k, r in enumerate(program.registers) if r.kind is StateKind.PIPE]
    return Layout(
        start=start,
        times=tuple(sorted(n for n in timely if program.nodes[n].op not in OUTSIDE)),
        step=step,
        save=save,
        run_slot={n: i for i, n in enumerate(kept)},
        time_row={n: i for i, n in enumerate(sorted(rows))},
        passed_slot={n: i for i, n in enumerate(passed)},
        pipe={k: i for i, k in enumerate(pipes)},
        states=len(program.registers),
        saved=_nodes_of(program, Kept.EACH_TIME),
        steady=_nodes_of(program, Kept.ONCE),
        single=single,
        rk4=program.integration == "rk4",
    )


def _needed(program: Program, roots: Iterable[int], least: Level) -> set[int]:
    """Nodes that the roots need, of one level and above."""
    seen: set[int] = set()
    pending = list(roots)
    levels, nodes = program.levels, program.nodes
    while pending:
        n = pending.pop()
        if n not in seen and levels[n] >= least:
            seen.add(n)
            pending.extend(nodes[n].args)
    return seen


def _cut(nodes: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    cuts = [tuple(nodes[i : i + CHUNK]) for i in range(0, len(nodes), CHUNK)]
    return tuple(cuts) or ((),)


def _read_in_step(program: Program, nodes: Iterable[int]) -> set[int]:
    """Everything that these nodes are or read."""
    found = set(nodes)
    return found.union(*(program.nodes[n].args for n in found))


def _crossing(program: Program, functions: Sequence[Sequence[int]]) -> set[int]:
    """Nodes that another function than their own reads, or the end of the step."""
    home = {n: k for k, part in enumerate(functions) for n in part}
    ends = {n for r in program.registers for n in (r.initial, r.delay)}
    found = {n for n in ends if n in home}
    if len(functions) > 1:
        for k, part in enumerate(functions):
            read = set().union(*(program.nodes[n].args for n in part))
            found |= {a for a in read if home.get(a, k) != k}
    return found
