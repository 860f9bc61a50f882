"""Hold a batch of inputs against the model before anything runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from haihe.errors import InputError
from haihe.model.clock import check_time
from haihe.model.find import near_names
from haihe.model.types import FloatArray, Kind, Model, Variable
from haihe.scenario.values import Batch


def shape_of(model: Model, variable: Variable) -> tuple[int, ...]:
    """Lengths of a variable's dimensions."""
    return tuple(len(model.dimensions[name].elements) for name in variable.dims)


def check_batch(model: Model, batch: Batch, outputs: Sequence[str]) -> Iterator[InputError]:
    """Everything in a batch that the model cannot take."""
    yield from check_time(batch.time)
    if not batch.members:
        yield InputError("the batch has no members", None, "at least one")
    counts = Counter(batch.members)
    for label in sorted(label for label, count in counts.items() if count > 1):
        yield InputError(f"two members are called {label}", None, "labels that differ")
    for name, values in batch.constants.items():
        yield from _check_constant(model, batch, name, values)
    for name, values in batch.initial.items():
        yield from _check_initial(model, batch, name, values)
    for name, (years, values) in batch.series.items():
        yield from _check_series(model, batch, name, years, values)
    for name in outputs:
        yield from _check_output(model, name)


def _find(model: Model, name: str, what: str) -> Iterator[InputError]:
    if name not in model.variables:
        near = near_names(name, model.variables)
        yield InputError(f"{what} {name} is no variable of {model.name}", None, "", near)


def _check_constant(
    model: Model, batch: Batch, name: str, values: FloatArray
) -> Iterator[InputError]:
    errors = list(_find(model, name, "constant"))
    yield from errors
    if errors:
        return
    variable = model.variables[name]
    if variable.kind is not Kind.CONSTANT:
        yield InputError(f"{name} is no constant but a {variable.kind}", None, "a constant")
    yield from _check_shape(model, batch, variable, np.shape(values))
    if not np.all(np.isfinite(values)):
        yield InputError(f"{name} is NaN or infinite", None, "finite numbers")


def _check_initial(
    model: Model, batch: Batch, name: str, values: FloatArray
) -> Iterator[InputError]:
    errors = list(_find(model, name, "stock"))
    yield from errors
    if errors:
        return
    variable = model.variables[name]
    if variable.kind is not Kind.STOCK:
        yield InputError(f"{name} is no stock but a {variable.kind}", None, "a stock")
    yield from _check_shape(model, batch, variable, np.shape(values))
    if np.any(np.isinf(values)):
        yield InputError(f"the initial value of {name} is infinite", None, "finite numbers")


def _check_series(
    model: Model, batch: Batch, name: str, years: FloatArray, values: FloatArray
) -> Iterator[InputError]:
    errors = list(_find(model, name, "series"))
    yield from errors
    if errors:
        return
    variable = model.variables[name]
    if variable.kind is Kind.LOOKUP:
        yield InputError(f"{name} is a lookup, not a variable over time", None, "the variable")
    points = np.shape(years)
    if len(points) != 1 or points[0] < 1 or not np.all(np.isfinite(years)):
        yield InputError(f"the years of {name} are no list of numbers", None, "at least one year")
        return
    if np.any(np.diff(years) <= 0):
        yield InputError(f"the years of {name} do not increase", None, "years in order")
    yield from _check_shape(model, batch, variable, np.shape(values), points)
    if np.shape(values)[:1] == (len(batch.members),):
        missing = np.isnan(values).reshape(len(batch.members), -1)
        if np.any(missing.any(axis=1) & ~missing.all(axis=1)) or np.any(np.isinf(values)):
            yield InputError(f"{name} is NaN in part, or infinite", None, "finite numbers")


def _check_shape(
    model: Model,
    batch: Batch,
    variable: Variable,
    shape: tuple[int, ...],
    points: tuple[int, ...] = (),
) -> Iterator[InputError]:
    wanted = (len(batch.members), *points, *shape_of(model, variable))
    if shape != wanted:
        yield InputError(f"the values of {variable.name} have shape {shape}", None, str(wanted))


def _check_output(model: Model, name: str) -> Iterator[InputError]:
    yield from _find(model, name, "output")
    if name in model.variables and model.variables[name].kind is Kind.LOOKUP:
        yield InputError(f"{name} is a lookup and has no value over time", None, "a variable")
