"""The compiled backend: members side by side in vectors, thousands of times faster.

A member whose series is NaN keeps the model's own equation, so members are run in groups that
share what they replace; each group has a program of its own, made once and kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from haihe.errors import raise_all
from haihe.model.assemble import check_unchanged
from haihe.model.clock import saved_times
from haihe.model.types import FloatArray, Model, TimeAxis
from haihe.run.backends import Progress
from haihe.run.batch import check_batch, shape_of
from haihe.scenario.values import Batch


@dataclass(frozen=True, slots=True)
class CompiledBackend:
    """Compiles a model and runs all members of a batch at once."""

    engine: str = "llvm"
    """"llvm", or "numpy" for the readable second opinion."""
    threads: int = 1
    """Results do not depend on it."""
    seed: int = 0
    """What random functions draw by; a member's draws hang on it and on its number."""
    first: int = 0
    """Number of the first member of the batch, where that is a block of a larger one."""

    @property
    def name(self) -> str:
        """Name and version of the compiler."""
        if self.engine != "llvm":
            return f"compiled ({self.engine})"
        try:
            import llvmlite
        except ImportError:
            return "compiled (numpy)"
        return f"compiled (llvm, llvmlite {llvmlite.__version__})"

    def run(
        self,
        model: Model,
        batch: Batch,
        outputs: Sequence[str],
        progress: Progress | None = None,
    ) -> Mapping[str, FloatArray]:
        """Values of each output (member, time, *dims) at the saved times.

        Raises
        ------
        InputErrors
            Where the batch does not fit the model, or the compiler does not know what the model
            uses.
        """
        raise_all(check_batch(model, batch, outputs))
        times, members = len(saved_times(batch.time)), len(batch.members)
        groups = group_members(batch)
        if len(groups) == 1:
            whole = self._evaluate(model, _drop_absent(batch), outputs, groups[0])
            if progress:
                progress(members, members)
            return whole
        results = {
            name: np.full((members, times, *shape_of(model, model.variables[name])), np.nan)
            for name in outputs
        }
        done = 0
        for rows in groups:
            part = _take(batch, rows)
            for name, values in self._evaluate(model, part, outputs, rows).items():
                results[name][rows] = values
            done += len(rows)
            if progress:
                progress(done, members)
        return results

    def _evaluate(
        self, model: Model, batch: Batch, outputs: Sequence[str], rows: Sequence[int]
    ) -> Mapping[str, FloatArray]:
        """Values of members that replace the same variables."""
        mixed = [name for name, values in batch.initial.items() if np.isnan(values).any()]
        if mixed:
            batch = replace(batch, initial=self._complete(model, batch, mixed, rows))
        return self._call(model, batch, outputs, rows)

    def _complete(
        self, model: Model, batch: Batch, mixed: Sequence[str], rows: Sequence[int]
    ) -> Mapping[str, FloatArray]:
        """Initial values with the model's own in the place of NaN."""
        given = {name: values for name, values in batch.initial.items() if name not in mixed}
        short = replace(batch.time, stop=batch.time.start + batch.time.save_step)
        own = self._call(model, replace(batch, initial=given, time=short), mixed, rows)
        filled = {
            name: np.where(np.isnan(batch.initial[name]), own[name][:, 0], batch.initial[name])
            for name in mixed
        }
        return given | filled

    def _call(
        self, model: Model, batch: Batch, outputs: Sequence[str], rows: Sequence[int]
    ) -> Mapping[str, FloatArray]:
        from haihe.compile import evaluate

        names = (tuple(outputs), tuple(batch.constants), tuple(batch.series), tuple(batch.initial))
        program = _compile(_Key(model.digest, *names, batch.time.method, model))
        # The program knows the model's clock; a batch may have another.
        time: TimeAxis = batch.time
        return evaluate(
            program,
            len(batch.members),
            batch.constants,
            batch.series,
            batch.initial,
            time,
            self.engine,
            self.threads,
            self.seed,
            [self.first + row for row in rows],
        )


def group_members(batch: Batch) -> list[list[int]]:
    """Members (by position) that replace the same variables."""
    arrays = [*(values for _, values in batch.series.values()), *batch.initial.values()]
    count = len(batch.members)
    if not arrays:
        return [list(range(count))]
    absent = np.stack([np.isnan(v).reshape(count, -1).all(axis=1) for v in arrays], axis=1)
    groups: dict[bytes, list[int]] = {}
    for number, pattern in enumerate(absent):
        groups.setdefault(pattern.tobytes(), []).append(number)
    return list(groups.values())


def _drop_absent(batch: Batch) -> Batch:
    """A batch whose members all replace the same, without what they do not replace."""
    return replace(
        batch,
        series={n: (y, v) for n, (y, v) in batch.series.items() if not np.isnan(v).all()},
        initial={n: v for n, v in batch.initial.items() if not np.isnan(v).all()},
    )


def _take(batch: Batch, rows: list[int]) -> Batch:
    """Some members of a batch, who all replace the same; what they do not replace is left out."""
    return Batch(
        members=tuple(batch.members[row] for row in rows),
        constants={name: values[rows] for name, values in batch.constants.items()},
        series={
            name: (years, values[rows])
            for name, (years, values) in batch.series.items()
            if not np.isnan(values[rows]).all()
        },
        initial={
            name: values[rows]
            for name, values in batch.initial.items()
            if not np.isnan(values[rows]).all()
        },
        time=batch.time,
    )


@dataclass(frozen=True, slots=True)
class _Key:
    """What a program is made of; the model itself is known by its digest."""

    digest: str
    outputs: tuple[str, ...]
    constants: tuple[str, ...]
    series: tuple[str, ...]
    initial: tuple[str, ...]
    method: str
    model: Model = field(compare=False, repr=False)


@lru_cache(maxsize=32)
def _compile(key: _Key) -> Any:
    """The program of a model: as it was compiled before, else as it is compiled now."""
    from haihe.compile import keep

    check_unchanged(key.model)
    asked = (key.outputs, key.constants, key.series, key.initial, key.method)
    name = keep.key_of(key.digest, *asked)
    program = keep.recall(name)
    if program is None:
        from haihe.compile import compile_model

        program = compile_model(
            key.model, key.outputs, key.constants, key.series, key.initial, integration=key.method
        )
        keep.keep(name, program)
    return program
