"""PySD with its faults mended: the reference that the engine must equal.

The reference has a quicker way to read lookups than PySD's own; both are measured. A member takes
seconds to minutes, so it is timed over two short horizons: what a further step costs, times the
steps that are left, is added.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from unittest import mock

import numpy as np

from benchmarks.cases import Subject
from benchmarks.yardsticks import Yardstick
from haihe.model.types import FloatArray
from haihe.run import backends
from haihe.scenario.values import Batch

SHORT = 4
"""Saved times after the first of the shorter horizon; the longer one has twice as many."""
QUICK_PART = 5
"""With quick lookups the shorter horizon is this part of the whole, for a steadier difference."""


def results_of(subject: Subject, inputs: FloatArray, saves: int) -> FloatArray:
    """The first saved times of each member (member, saved time, cell)."""
    names = [output.name for output in subject.program.outputs]
    axis = subject.program.time
    batch = Batch(
        members=tuple(str(i) for i in range(inputs.shape[1])),
        constants={s.name: row for s, row in zip(subject.program.slots, inputs)},
        series={},
        initial={},
        time=replace(axis, stop=axis.start + (saves - 1) * axis.save_step),
    )
    found = backends.PysdBackend().run(subject.model, batch, names)
    return np.concatenate([found[n].reshape(*found[n].shape[:2], -1) for n in names], axis=2)


def build(subject: Subject) -> Yardstick:
    """One member after the other, with quick lookups; all saved times are compared."""
    return _yardstick(subject, "PySD, mended", True)


def build_slow(subject: Subject) -> Yardstick:
    """The same with PySD's own lookups; the saved times that are timed are compared."""
    return _yardstick(subject, "PySD, mended, its own lookups", False)


def _yardstick(subject: Subject, name: str, quick: bool) -> Yardstick:
    start = time.perf_counter()
    one = np.array([[slot.default] for slot in subject.program.slots])
    results_of(subject, one, 2)

    last = subject.saves - 1
    short = max(SHORT, last // QUICK_PART) if quick else SHORT

    def run(inputs: FloatArray, saves: int) -> FloatArray:
        with nullcontext() if quick else mock.patch.object(backends, "_hasten_lookups"):
            return results_of(subject, inputs, saves)

    def seconds(inputs: FloatArray) -> float:
        first, both = (_seconds(run, inputs, 1 + part * short) for part in (1, 2))
        return first + (both - first) * (last - short) / short

    def results(inputs: FloatArray) -> FloatArray:
        return run(inputs, subject.saves if quick else 1 + 2 * short)

    took = time.perf_counter() - start
    note = f"timed over {2 * short} of {last} saved times"
    return Yardstick(name, results, results, 1, took, seconds, note)


def _seconds(run: Callable[[FloatArray, int], FloatArray], inputs: FloatArray, saves: int) -> float:
    start = time.process_time()
    run(inputs, saves)
    return (time.process_time() - start) / int(inputs.shape[1])
