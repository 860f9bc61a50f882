"""PySD with its faults mended: the reference that the engine must equal.

The reference has a quicker way to read lookups than PySD's own; both are measured. With its own a
member takes minutes, so it is timed over two short horizons: what a further step costs, times the
steps that are left, is added.
"""

from __future__ import annotations

import time
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
    """One member after the other, with quick lookups."""
    start = time.perf_counter()
    one = np.array([[slot.default] for slot in subject.program.slots])
    results_of(subject, one, 2)

    def results(inputs: FloatArray) -> FloatArray:
        return results_of(subject, inputs, subject.saves)

    return Yardstick("PySD, mended", results, results, 1, time.perf_counter() - start)


def build_slow(subject: Subject) -> Yardstick:
    """The same with PySD's own lookups."""

    def run(inputs: FloatArray, saves: int) -> FloatArray:
        with mock.patch.object(backends, "_hasten_lookups"):
            return results_of(subject, inputs, saves)

    def seconds(inputs: FloatArray) -> float:
        short, long = (_seconds(run, inputs, 1 + part * SHORT) for part in (1, 2))
        return short + (long - short) * (subject.saves - 1 - SHORT) / SHORT

    def results(inputs: FloatArray) -> FloatArray:
        return run(inputs, 1 + 2 * SHORT)

    note = f"timed over {2 * SHORT} of {subject.saves - 1} saved times"
    return Yardstick("PySD, mended, its own lookups", results, results, 1, 0.0, seconds, note)


def _seconds(run, inputs: FloatArray, saves: int) -> float:  # type: ignore[no-untyped-def]
    start = time.process_time()
    run(inputs, saves)
    return (time.process_time() - start) / inputs.shape[1]
