"""Side by side: every yardstick once in each round, CPU time of the process, medians and ranges."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.cases import Subject, draw_inputs
from benchmarks.yardsticks import Yardstick
from haihe.model.types import FloatArray

ABSOLUTE = 1e-12
"""Of the largest value of a series."""
RELATIVE = 1e-9


class DifferentNumbersError(Exception):
    """A yardstick does not make the engine's numbers, so its time means nothing."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of one yardstick, over rounds."""

    name: str
    members: int
    build_s: float
    us: tuple[float, ...]
    """CPU time of a member in each round [us]."""
    note: str = ""

    @property
    def median(self) -> float:
        """Median [us]."""
        return statistics.median(self.us)


def check(yardstick: Yardstick, subject: Subject, truth: FloatArray, inputs: FloatArray) -> float:
    """The worst difference from `truth`, in units of what is allowed.

    Raises
    ------
    DifferentNumbersError
        Where it is more than 1, or NaN stands elsewhere.
    """
    found = yardstick.results(inputs)
    wanted = truth[: found.shape[0], : found.shape[1]]
    scale = np.nanmax(np.abs(wanted), axis=(0, 1), keepdims=True)
    allowed = ABSOLUTE * scale + RELATIVE * np.abs(wanted)
    both = np.isnan(found) & np.isnan(wanted)
    same = both | (found == wanted)
    excess = np.where(same, 0.0, np.abs(found - wanted) / np.where(allowed > 0.0, allowed, 1e-300))
    excess = np.where(np.isnan(excess), np.inf, excess)
    if excess.max(initial=0.0) > 1.0:
        cell = int(np.argmax(excess.max(axis=(0, 1))))
        names = [o.name for o in subject.program.outputs for _ in o.nodes]
        raise DifferentNumbersError(f"{yardstick.name} differs in {names[cell]}")
    return float(excess.max(initial=0.0))


def interleave(
    yardsticks: Sequence[Yardstick], inputs: Mapping[str, FloatArray], repeats: int
) -> list[Timing]:
    """Times of all yardsticks; the first round is not counted.

    Parameters
    ----------
    inputs
        By name of yardstick: values (slot, member).
    """
    found: dict[str, list[float]] = {y.name: [] for y in yardsticks}
    for round_ in range(repeats + 1):
        for yardstick in yardsticks:
            if round_ or yardstick.members > 1:
                took = _seconds(yardstick, inputs[yardstick.name])
                found[yardstick.name] += [1e6 * took] if round_ else []
    return [Timing(y.name, y.members, y.build_s, tuple(found[y.name]), y.note) for y in yardsticks]


def _seconds(yardstick: Yardstick, inputs: FloatArray) -> float:
    if yardstick.seconds is not None:
        return yardstick.seconds(inputs)
    start = time.process_time()
    yardstick.run(inputs)
    return (time.process_time() - start) / int(inputs.shape[1])


def speedup(one: Yardstick, two: Yardstick, subject: Subject, repeats: int) -> list[float]:
    """Wall clock of one thread over wall clock of two, in each round."""
    inputs = draw_inputs(subject, one.members)
    found = []
    for _ in range(repeats + 1):
        walls = []
        for yardstick in (one, two):
            start = time.perf_counter()
            yardstick.run(inputs)
            walls.append(time.perf_counter() - start)
        found.append(walls[0] / walls[1])
    return found[1:]
