"""PySD, mended, as the reference of the engine's conformance tests.

On top of what `haihe.run.backends` mends: SUM, PROD, VMIN and VMAX pass NaN on (left alone, PySD
drops NaN in silence and a sum looks finite where a term is not); a NumPy scalar is spread over
dimensions like a Python one, and the states of all stocks are kept apart (left alone, PySD packs
them into one array, which stops it where shapes are alike by half).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import xarray as xr
from pysd.py_backend import functions
from pysd.py_backend.model import Macro
from pysd.py_backend.statefuls import Stateful

from haihe.compile import compile_model, evaluate
from haihe.model.types import FloatArray, Kind, Model
from haihe.run.backends import PysdBackend
from haihe.scenario.values import Batch

MODELS = Path(__file__).parent / "models"
Values = dict[str, FloatArray]


@dataclass(frozen=True)
class Difference:
    """The worst cell of a variable."""

    variable: str
    at: tuple[int, ...]
    ours: float
    theirs: float


def run_reference(model: Model) -> Values:
    """Every variable (time, *dims) as PySD computes it."""
    names = [v.name for v in model.variables.values() if v.kind is not Kind.LOOKUP]
    batch = Batch(("default",), {}, {}, {}, model.time)
    with mended(), np.errstate(all="ignore"):
        values = PysdBackend().run(model, batch, names)
    return {name: v[0] for name, v in values.items()}


@contextlib.contextmanager
def mended() -> Iterator[None]:
    """PySD as long as it is the reference."""
    started = xr.DataArray.__init__

    def initialize(self: Any, data: Any = np.nan, *args: Any, **named: Any) -> None:
        started(self, float(data) if isinstance(data, np.floating) else data, *args, **named)

    def set_state(self: Any, value: Any) -> None:
        if self.shape_info:
            numbers = np.asarray(value, dtype=np.float64)
            self._state = xr.DataArray(data=numbers, **self.shape_info)
        else:
            self._state = value

    def apart(values: list[Any]) -> Any:
        packed = np.empty(len(values), dtype=object)
        for i, value in enumerate(values):
            packed[i] = np.asarray(value, dtype=np.float64) if np.ndim(value) else value
        return packed

    def ddt(self: Any) -> Any:
        return apart([s.ddt() for s in self._dynamicstateful_elements])

    def states(self: Any) -> Any:
        return apart([s.state for s in self._dynamicstateful_elements])

    state = Stateful.state.setter(set_state)
    with (
        mock.patch.object(Macro, "ddt", ddt),
        mock.patch.object(Macro, "state", Macro.state.getter(states)),
        nan_passed_on(),
        mock.patch.object(xr.DataArray, "__init__", initialize),
        mock.patch.object(Stateful, "state", state),
    ):
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
