"""A program divided as the printed yardsticks need it: what is computed when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from haihe.compile.ir import Level, Program, StateKind

READ = frozenset({"const", "control", "input", "time", "state"})
"""Nodes that are read, not computed."""
STRAIGHT = frozenset({"interpolate"})


class NotPrintedError(Exception):
    """The program has something that the printed yardsticks leave out."""


@dataclass(frozen=True, slots=True)
class Sections:
    """Nodes by the time at which they are computed, each list in order."""

    common: tuple[int, ...]
    run: tuple[int, ...]
    time: tuple[int, ...]
    ahead: tuple[int, ...]
    """Each step, for the states."""
    save: tuple[int, ...]
    """At saved times, for the outputs only."""


def divide(program: Program) -> Sections:
    """Sections of a program.

    Raises
    ------
    NotPrintedError
        Where a peer would need code that no benchmark model uses.
    """
    _check(program)
    computed = [n for n, node in enumerate(program.nodes) if node.op not in READ]
    level = program.levels
    urgent = _needed(program, (r.next for r in program.registers))
    step = [n for n in computed if level[n] is Level.STEP]
    return Sections(
        common=tuple(n for n in computed if level[n] is Level.COMMON),
        run=tuple(n for n in computed if level[n] is Level.RUN),
        time=tuple(n for n in computed if level[n] is Level.TIME),
        ahead=tuple(n for n in step if n in urgent),
        save=tuple(n for n in step if n not in urgent),
    )


def _check(program: Program) -> None:
    for node in program.nodes:
        if node.op in ("curve", "curve_start", "lookup_given"):
            raise NotPrintedError("series given for each member")
    if any(points.mode not in STRAIGHT for points in program.tables):
        raise NotPrintedError("lookups that do not interpolate")
    if any(register.kind is StateKind.PIPE for register in program.registers):
        raise NotPrintedError("DELAY FIXED")
    if program.integration != "euler":
        raise NotPrintedError("RK4")


def _needed(program: Program, roots: Iterable[int]) -> set[int]:
    seen: set[int] = set()
    pending = list(roots)
    while pending:
        n = pending.pop()
        if n not in seen:
            seen.add(n)
            pending += program.nodes[n].args
    return seen


def slopes_of(x: tuple[float, ...], y: tuple[float, ...]) -> list[float]:
    """Slope from each point to the next; 0 at the last."""
    return [(d - c) / (b - a) for a, b, c, d in zip(x, x[1:], y, y[1:])] + [0.0]
