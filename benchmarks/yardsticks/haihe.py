"""The engine itself: LLVM and NumPy, through `evaluate` as users call it."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from unittest import mock

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
    from haihe.compile import kernel

    builds: list[float] = []
    loads: list[float] = []
    with tempfile.TemporaryDirectory() as place:
        for repeat in range(repeats):
            home = {"HAIHE_CACHE_DIR": str(Path(place) / str(repeat))}
            for took in (builds, loads):
                # As in a process that has not seen the program yet.
                with (
                    mock.patch.dict(os.environ, home),
                    mock.patch.dict(kernel._KERNELS, clear=True),
                ):
                    start = time.process_time()
                    made = kernel.kernel_of(subject.program)
                    took.append(time.process_time() - start)
                assert made.cached is (took is loads)
    return float(np.median(builds)), 1000.0 * float(np.median(loads))
