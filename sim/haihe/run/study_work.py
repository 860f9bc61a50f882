"""What a study's members are made by: draw, run, reduce; and the layout of what comes out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import haihe
from haihe.errors import EnvironmentFault
from haihe.model.catalogue import Catalogue, load_catalogue
from haihe.model.clock import saved_times
from haihe.model.translate import read_model
from haihe.model.types import FloatArray, Model, Variable
from haihe.project import show_path
from haihe.results.study_layout import INPUTS, SCENARIO, STATUS, StudyArray, StudyLayout
from haihe.run.batch import shape_of
from haihe.run.compiled import CompiledBackend
from haihe.run.reductions import Reduction, list_reductions, reduce_values
from haihe.run.simulate import choose_backend, find_output
from haihe.run.study_block import Ran, Rows
from haihe.scenario.study import (
    Study,
    build_block,
    count_members,
    describe_study,
    draw_inputs,
    member_scenarios,
)
from haihe.text import Text

BLOCK_BYTES = 64 << 20
"""Results of a block, in double precision, that a worker holds [byte]."""
SMALLEST_BLOCK = 2048
"""Members: below it what a block costs besides its members begins to show."""
BLOCKS = 4
"""A study has at least as many, so that there is something to share out."""


@dataclass(frozen=True, slots=True)
class StudyWork:
    """Members of a study. It carries no model: that is read where they are run."""

    study: Study
    model_digest: str
    """Of the model that is meant: where members are run, another file may lie in its place."""
    backend: str = "compiled"
    columns: tuple[Column, ...] = field(default=(), repr=False)

    def draw(self, start: int, stop: int) -> Rows:
        """What members are given."""
        inputs = np.array(draw_inputs(self.study, start, stop), dtype=np.float64)
        inputs[np.isnan(inputs)] = np.nan  # one NaN, whatever its bits
        return {INPUTS: inputs, SCENARIO: member_scenarios(self.study, start, stop)}

    def run(self, start: int, stop: int) -> Ran:
        """Everything of members."""
        model, catalogue = open_model(self)
        clock = [time.thread_time()]
        drawn = self.draw(start, stop)
        batch = build_block(self.study, model, catalogue, start, stop, drawn[INPUTS])
        clock.append(time.thread_time())
        names = list(dict.fromkeys(column.variable for column in self.columns))
        values = self._choose(start).run(model, batch, names)
        clock.append(time.thread_time())
        times = saved_times(self.study.time)
        rows = {c.name: _cast(c, reduce_values(values[c.variable], times, c.reduction))
                for c in self.columns}  # fmt: skip
        status = find_statuses([values[name] for name in names], self.study.precision)
        clock.append(time.thread_time())
        took = dict(zip(("draw", "engine", "reduce"), np.diff(clock).tolist()))
        return Ran({**drawn, **rows, STATUS: status}, took)

    def _choose(self, start: int) -> Any:
        if self.backend == "compiled":
            return CompiledBackend(seed=self.study.seed, first=start)
        return choose_backend(self.backend)


@dataclass(frozen=True, slots=True)
class Column:
    """One array of outcomes."""

    name: str
    variable: str
    reduction: Reduction
    dtype: str


_OPENED: dict[tuple[Path, str], tuple[Model, Catalogue]] = {}
"""The model of this process's work, so that it is read once and not for each block."""


def open_model(work: StudyWork) -> tuple[Model, Catalogue]:
    """Model of a study and its catalogue, read once in each process.

    Raises
    ------
    EnvironmentFault
        Where another model lies in its place.
    """
    path, digest = work.study.model, work.model_digest
    if (path, digest) not in _OPENED:
        model = _read_model(path)
        if model.digest != digest:
            raise EnvironmentFault(
                Text(
                    f"{show_path(path)} 不是开始运行时所用的模型",
                    f"{show_path(path)} is not the model that the sweep was begun with",
                ),
                Text(
                    "凡是运行成员的地方，都须使用同样的文件",
                    "the same files wherever members are run",
                ),
            )
    return _OPENED[path, digest]


def _read_model(path: Path) -> Model:
    model = read_model(path)
    _OPENED.clear()
    _OPENED[path, model.digest] = (model, load_catalogue(model))
    return model


def _cast(column: Column, values: FloatArray) -> NDArray[Any]:
    with np.errstate(over="ignore"):
        return values.astype(column.dtype)


def find_statuses(values: list[FloatArray], precision: str) -> NDArray[np.int32]:
    """Status (member,): 0, or which variable is not finite first, and from which time on.

    Parameters
    ----------
    values
        Of each variable (member, time, *dims).
    precision
        What is saved: a number that is too large for it is not finite.
    """
    members, times = values[0].shape[:2]
    first = np.empty((len(values), members), dtype=np.int32)
    for place, array in enumerate(values):
        first[place] = _first_bad(array, precision)
    variable = first.argmin(axis=0)
    when = first.min(axis=0)
    return np.where(when == times, 0, 1 + variable * times + when).astype(np.int32)


def _first_bad(array: FloatArray, precision: str) -> NDArray[np.int32]:
    """First time that is not finite (member,); the number of times where all are."""
    largest = np.finfo(precision).max
    cells: NDArray[np.bool_] = np.less_equal(np.abs(array), largest)
    good: NDArray[np.bool_] = np.all(cells, axis=tuple(range(2, cells.ndim)))
    first: NDArray[np.int64] = np.where(np.all(good, axis=1), array.shape[1], good.argmin(axis=1))
    return first.astype(np.int32)


# --- layout -------------------------------------------------------------------------------------


def plan_work(study: Study, backend: str = "compiled") -> StudyWork:
    """What makes the members of a study.

    Raises
    ------
    InputErrors
        Where an outcome is none.
    """
    model = _read_model(study.model)
    _, catalogue = _OPENED[study.model, model.digest]
    columns = [
        Column(_name(outcome, variable, reduction), variable.name, reduction, study.precision)
        for outcome, variable in list_outcomes(study, model, catalogue)
        for reduction in list_reductions(study.savings)
    ]
    return StudyWork(study, model.digest, backend, tuple(columns))


def list_outcomes(
    study: Study, model: Model, catalogue: Catalogue
) -> Iterator[tuple[str, Variable]]:
    """Ids and variables of what is saved."""
    for name in study.savings.outcomes or tuple(catalogue.outcomes):
        yield name, find_output(model, catalogue, name)


def _name(outcome: str, variable: Variable, reduction: Reduction) -> str:
    return f"{outcome} {reduction.label}" if reduction.label else variable.name


def lay_out_study(work: StudyWork, block: int = 0) -> StudyLayout:
    """Layout of a study's store.

    Parameters
    ----------
    block
        Members of a block; 0: as many as fit comfortably.
    """
    study = work.study
    model, catalogue = open_model(work)
    times = tuple(map(float, saved_times(study.time)))
    outcomes = {v.name: name for name, v in list_outcomes(study, model, catalogue)}
    arrays = [
        *(_describe_column(column, model, len(times), outcomes) for column in work.columns),
        StudyArray(INPUTS, "float64", ("factor",), (len(study.factors),), _describe_inputs(study)),
        StudyArray(SCENARIO, "int32"),
        StudyArray(STATUS, "int32"),
    ]
    members = count_members(study)
    cells = sum(int(np.prod(shape_of(model, model.variables[name]))) for name in outcomes)
    return StudyLayout(
        members=members,
        block=block or choose_block(members, 8 * cells * len(times)),
        arrays=tuple(arrays),
        times=times,
        elements={name: found.elements for name, found in model.dimensions.items()},
        factors=tuple(factor.label for factor in study.factors),
        scenarios=tuple(scenario.id for scenario in study.scenarios),
        checked=tuple(dict.fromkeys(column.variable for column in work.columns)),
        attrs=_describe(work, model),
    )


def choose_block(members: int, size: int) -> int:
    """Members of a block, where the results of a member have `size` bytes."""
    fitting = max(BLOCK_BYTES // max(size, 1), 1)
    wanted = max(-(-members // BLOCKS), SMALLEST_BLOCK)
    return max(min(fitting, wanted, members), 1)


def _describe(work: StudyWork, model: Model) -> Mapping[str, Any]:
    study = work.study
    return {
        "study": json.dumps(describe_study(study), ensure_ascii=False, allow_nan=False),
        "study_file": study.origin.file,
        "study_digest": study.digest,
        "model": model.name,
        "model_digest": model.digest,
        "design": str(study.method),
        "base_sample": study.base_sample,
        "engine": choose_backend(work.backend).name,
        "haihe_version": haihe.__version__,
    }


def _describe_inputs(study: Study) -> Mapping[str, Any]:
    described = describe_study(study)["factors"]
    return {
        "factors": [
            {
                "factor": factor.label,
                "role": str(factor.role),
                "units": factor.unit or "Dmnl",
                "long_name": factor.name,
                "title_zh": factor.title.zh,
                "title_en": factor.title.en,
                "distribution": json.dumps(words, ensure_ascii=False, allow_nan=False),
            }
            for factor, words in zip(study.factors, described)
        ]
    }


def _describe_column(
    column: Column, model: Model, times: int, outcomes: Mapping[str, str]
) -> StudyArray:
    variable = model.variables[column.variable]
    shape, dims = shape_of(model, variable), variable.dims
    doc = variable.doc.splitlines()
    attrs = {"units": variable.units or "Dmnl", "long_name": doc[0] if doc else variable.name}
    if not column.reduction.label:
        whole = {"kind": str(variable.kind), "outcome": outcomes[column.variable], **attrs}
        return StudyArray(column.name, column.dtype, ("time", *dims), (times, *shape), whole)
    if column.reduction.how == "peak year":
        attrs["units"] = "Year"
    summary = {
        "kind": "summary",
        "outcome": outcomes[column.variable],
        "variable": column.variable,
        "reduction": column.reduction.label,
    }
    return StudyArray(column.name, column.dtype, dims, shape, {**summary, **attrs})
