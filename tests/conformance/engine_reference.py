"""PySD, mended as `haihe.run` mends it, as the reference of the engine's conformance tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

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
    values = PysdBackend().run(model, batch, names)
    return {name: v[0] for name, v in values.items()}


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
