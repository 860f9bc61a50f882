"""PySD, mended, as the reference of the engine's conformance tests.

Mends beyond those of the translated tree (floats for integers): the order of a SMOOTH is a whole
number again; SUM, PROD, VMIN and VMAX pass NaN on. Left alone, PySD drops NaN in silence and a sum
looks finite where a term is not.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pysd
from pysd.builders.python.python_model_builder import ModelBuilder
from pysd.py_backend import functions
from pysd.py_backend.statefuls import Smooth

from haihe.compile import compile_model, evaluate
from haihe.model.translate import read_model
from haihe.model.types import FloatArray, Kind, Model, canonical_name

MODELS = Path(__file__).parent / "models"
Values = dict[str, FloatArray]


@dataclass(frozen=True)
class Difference:
    """The worst cell of a variable."""

    variable: str
    at: tuple[int, ...]
    ours: float
    theirs: float


def load_reference(path: Path, folder: Path) -> tuple[Model, Any]:
    """Our reading of a model, and PySD's model built from it in `folder`."""
    copy = folder / path.name
    shutil.copy(path, copy)
    if (path.parent / "data").is_dir():
        shutil.copytree(path.parent / "data", folder / "data", dirs_exist_ok=True)
    model = read_model(copy)
    with warnings.catch_warnings(), mended():
        warnings.simplefilter("ignore")
        return model, pysd.load(str(ModelBuilder(model.abstract).build_model()))


def run_reference(model: Model, reference: Any) -> Values:
    """Every variable (time, *dims) as PySD computes it."""
    names = [v.name for v in model.variables.values() if v.kind is not Kind.LOOKUP]
    with warnings.catch_warnings(), mended(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        spelt = {canonical_name(name): name for name in reference.namespace}
        columns = [spelt[canonical_name(name)] for name in names]
        frame = reference.run(return_columns=columns)
    values = {}
    for name, column in zip(names, columns, strict=True):
        dims = model.variables[name].dims
        ranges = [model.dimensions[d].elements for d in dims]
        shape = tuple(len(r) for r in ranges)
        parts = [f"{column}[{','.join(e)}]" for e in itertools.product(*ranges)]
        used = parts if dims else [column]
        table = np.stack([frame[c].to_numpy(dtype=float) for c in used], axis=1)
        values[name] = table.reshape(len(frame), *shape)
    return values


@contextlib.contextmanager
def mended() -> Iterator[None]:
    """PySD as long as it is the reference."""
    started = Smooth.initialize

    def initialize(self: Any, init_val: Any = None) -> None:
        order = self.order_func
        self.order_func = lambda: int(order())
        started(self, init_val)

    with nan_passed_on(), mock.patch.object(Smooth, "initialize", initialize):
        yield


def nan_passed_on() -> Any:
    """PySD's reductions without `skipna`."""

    def reduction(method: str) -> Any:
        def reduce(x: Any, dim: Any = None) -> Any:
            if dim is None or set(x.dims) == set(dim):
                return float(getattr(x, method)(skipna=False))
            return getattr(x, method)(dim=dim, skipna=False)

        return reduce

    kinds = {"sum": "sum", "prod": "prod", "vmin": "min", "vmax": "max"}
    return mock.patch.multiple(functions, **{k: reduction(v) for k, v in kinds.items()})


def run_engine(model: Model, backend: str, members: int = 1, **given: Any) -> Values:
    """Every variable (time, *dims) of the first member."""
    program = compile_model(model, [])
    values = evaluate(program, members, backend=backend, **given)
    return {name: v[0] for name, v in values.items()}


def differences(
    ours: Mapping[str, FloatArray],
    theirs: Mapping[str, FloatArray],
    of_scale: float = 1e-12,
    of_value: float = 1e-9,
) -> list[Difference]:
    """Variables outside of |a - b| <= of_scale max|series| + of_value |b|; NaN and inf exactly."""
    found = []
    for name, b in theirs.items():
        a = ours[name]
        assert a.shape == b.shape, (name, a.shape, b.shape)
        finite = np.isfinite(b)
        scale = np.max(np.abs(np.where(finite, b, 0.0)), axis=0, keepdims=True)
        with np.errstate(invalid="ignore"):
            near = np.abs(a - b) <= of_scale * scale + of_value * np.abs(b)
        right = np.where(finite, near, (a == b) | (np.isnan(a) & np.isnan(b)))
        if not right.all():
            at = tuple(int(i) for i in np.argwhere(~right)[0])
            found.append(Difference(name, at, float(a[at]), float(b[at])))
    return found


def with_time(model: Model, **changes: float) -> Model:
    """The same model on another axis."""
    return replace(model, time=replace(model.time, **changes))
