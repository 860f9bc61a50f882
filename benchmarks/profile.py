"""Where the time goes: the program is run with one class of operations taken out at a time.

An operation that is taken out leaves its mean over the model's own run, so that all other values
stay where they were; what depended on its argument still does. Time saved, over the time of the
whole program, is the share of the class. Shares need not add up to 1: the processor overlaps them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.cases import Subject, by_name, draw_inputs
from benchmarks.measure import Timing, interleave
from benchmarks.yardsticks import Yardstick
from haihe.compile import evaluate
from haihe.compile.fold import digest_of, levels_of
from haihe.compile.ir import Level, Node, Output, Program
from haihe.model.types import FloatArray

CLASSES: Mapping[str, frozenset[str]] = {
    "lookups": frozenset({"lookup"}),
    "divisions": frozenset({"div"}),
    "exp, log, pow": frozenset({"exp", "log", "pow"}),
    "choices (min, max, if)": frozenset({"min", "max", "select"}),
}
"""What is taken out, by the name of the class."""


@dataclass(frozen=True, slots=True)
class Share:
    """One class of operations."""

    name: str
    count: int
    """Operations of a step."""
    share: float
    """Part of the time that goes when they go."""


def profile(subject: Subject, members: int, repeats: int) -> list[Share]:
    """Shares of each class, of writing results, and what is left."""
    whole = _yardstick("whole", subject, members)
    counts = count_operations(subject.program)
    runs = [whole, _unsaved(subject, members)]
    for name, ops in CLASSES.items():
        if any(counts[op] for op in ops):
            less = replace(subject, program=take_out(subject, ops))
            runs.append(_yardstick(name, less, members))
    everything = frozenset().union(*CLASSES.values())
    runs.append(_yardstick("all", replace(subject, program=take_out(subject, everything)), members))
    inputs = draw_inputs(subject, members)
    times = {t.name: t for t in interleave(runs, {y.name: inputs for y in runs}, repeats)}
    total = times["whole"].median
    saves = subject.cells * subject.saves / (subject.steps + 1)
    shares = [Share("results written", round(saves), _gone(times["results written"], total))]
    for name, ops in CLASSES.items():
        if name in times:
            number = sum(counts[op] for op in ops)
            shares.insert(-1, Share(name, number, _gone(times[name], total)))
    rest = sum(counts.values()) - sum(counts[op] for op in everything)
    left = times["all"].median / total - max(_gone(times["results written"], total), 0.0)
    return [*shares, Share("sums, products, states", rest, left)]


def _gone(timing: Timing, total: float) -> float:
    return 1.0 - timing.median / total


def count_operations(program: Program) -> Counter[str]:
    """Operations of a step for each member, by kind."""
    pairs = zip(program.nodes, program.levels)
    return Counter(n.op for n, level in pairs if level is Level.STEP and n.args)


def _yardstick(name: str, subject: Subject, members: int) -> Yardstick:
    def run(inputs: FloatArray) -> object:
        return evaluate(subject.program, inputs.shape[1], by_name(subject, inputs))

    return Yardstick(name, run, lambda inputs: np.empty(0), members, 0.0)


def _unsaved(subject: Subject, members: int) -> Yardstick:
    """Nothing is kept but the first and the last value."""
    time = subject.program.time
    axis = replace(time, save_step=subject.steps * time.step)

    def run(inputs: FloatArray) -> object:
        return evaluate(subject.program, inputs.shape[1], by_name(subject, inputs), time=axis)

    return Yardstick("results written", run, lambda inputs: np.empty(0), members, 0.0)


def take_out(subject: Subject, ops: frozenset[str]) -> Program:
    """The program without these operations in its steps."""
    program = subject.program
    gone = [
        n for n, node in enumerate(program.nodes)
        if node.op in ops and program.levels[n] is Level.STEP
    ]  # fmt: skip
    means = _means(subject, [m for n in gone for m in (n, program.nodes[n].args[-1])])
    nodes: list[Node] = []
    moved: list[int] = []

    def add(node: Node) -> int:
        nodes.append(node)
        return len(nodes) - 1

    for n, node in enumerate(program.nodes):
        here = replace(node, args=tuple(moved[a] for a in node.args))
        if n not in means or n not in set(gone):
            moved.append(add(here))
        elif node.op == "div":
            factor = add(Node("const", (), 1.0 / (means[node.args[-1]] or 1.0)))
            moved.append(add(Node("mul", (here.args[0], factor))))
        else:
            nothing = add(Node("mul", (here.args[0], add(Node("const", (), 0.0)))))
            moved.append(add(Node("add", (nothing, add(Node("const", (), means[n]))))))
    return _renumbered(program, tuple(nodes), moved)


def _renumbered(program: Program, nodes: tuple[Node, ...], moved: list[int]) -> Program:
    registers = tuple(
        replace(r, initial=moved[r.initial], next=moved[r.next], delay=moved[r.delay])
        for r in program.registers
    )
    outputs = tuple(replace(o, nodes=tuple(moved[n] for n in o.nodes)) for o in program.outputs)
    changed = replace(program, nodes=nodes, levels=tuple(levels_of(nodes)), registers=registers,
                      outputs=outputs)  # fmt: skip
    return replace(changed, digest=digest_of(changed))


def _means(subject: Subject, wanted: list[int]) -> dict[int, float]:
    """Mean of each node over the model's own run."""
    kept = tuple(dict.fromkeys(wanted))
    if not kept:
        return {}
    output = Output("kept", ("node",), (len(kept),), kept)
    shown = replace(subject.program, outputs=(output,))
    found = evaluate(replace(shown, digest=digest_of(shown)), 1, backend="numpy")["kept"]
    return dict(zip(kept, np.nanmean(found[0], axis=0).tolist()))
