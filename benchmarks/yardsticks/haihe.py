"""The engine itself: LLVM and NumPy, through `evaluate` as users call it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.cases import Subject, by_name, draw_inputs
from benchmarks.yardsticks import Yardstick
from haihe.compile import evaluate
from haihe.model.types import FloatArray


def results_of(
    subject: Subject, inputs: FloatArray, backend: str, threads: int = 1
) -> list[FloatArray]:
    """What the engine returns, output by output."""
    found = evaluate(
        subject.program, inputs.shape[1], by_name(subject, inputs), backend=backend, threads=threads
    )
    return list(found.values())


def joined(parts: list[FloatArray]) -> FloatArray:
    """Outputs side by side (member, saved time, cell)."""
    flat = [p.reshape(*p.shape[:2], -1) for p in parts]
    return np.concatenate(flat, axis=2)


def build(subject: Subject, backend: str, members: int, threads: int = 1) -> Yardstick:
    """The engine with one of its backends."""
    start = time.perf_counter()
    results_of(subject, draw_inputs(subject, 1), backend)
    took = time.perf_counter() - start
    name = {"llvm": "haihe, LLVM", "numpy": "haihe, NumPy"}[backend]
    return Yardstick(
        name=name if threads == 1 else f"{name}, {threads} threads",
        run=lambda inputs: results_of(subject, inputs, backend, threads),
        results=lambda inputs: joined(results_of(subject, inputs, backend, threads)),
        members=members,
        build_s=took,
    )


def build_and_load_times(subject: Subject, repeats: int = 5) -> tuple[float, float]:
    """Median time to make machine code [s], and to load it from the cache [ms]."""
    from unittest import mock

    from haihe.compile import cache, kernel

    builds, loads = [], []
    with tempfile.TemporaryDirectory() as place:
        for repeat in range(repeats):
            here = Path(place) / str(repeat)
            with mock.patch.object(cache, "folder", lambda here=here: here):
                for took in (builds, loads):
                    start = time.process_time()
                    made = kernel._load_kernel(subject.program, kernel.host())
                    took.append(time.process_time() - start)
                    assert made.cached is (took is loads)
    return float(np.median(builds)), 1000.0 * float(np.median(loads))
