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
from haihe.text import Text


def shape_of(model: Model, variable: Variable) -> tuple[int, ...]:
    """Lengths of a variable's dimensions."""
    return tuple(len(model.dimensions[name].elements) for name in variable.dims)


def check_batch(model: Model, batch: Batch, outputs: Sequence[str]) -> Iterator[InputError]:
    """Everything in a batch that the model cannot take."""
    yield from check_time(batch.time)
    if not batch.members:
        yield InputError(
            Text("批次中没有成员", "the batch has no members"),
            None,
            Text("至少一个", "at least one"),
        )
    counts = Counter(batch.members)
    for label in sorted(label for label, count in counts.items() if count > 1):
        yield InputError(
            Text(f"有两个成员都叫 {label}", f"two members are called {label}"),
            None,
            Text("互不相同的标签", "labels that differ"),
        )
    for name, values in batch.constants.items():
        yield from _check_constant(model, batch, name, values)
    for name, values in batch.initial.items():
        yield from _check_initial(model, batch, name, values)
    for name, (years, values) in batch.series.items():
        yield from _check_series(model, batch, name, years, values)
    for name in outputs:
        yield from _check_output(model, name)


def _find(model: Model, name: str, what: Text) -> Iterator[InputError]:
    if name not in model.variables:
        near = near_names(name, model.variables)
        yield InputError(
            Text(
                f"{what.zh} {name} 不是 {model.name} 的变量",
                f"{what.en} {name} is no variable of {model.name}",
            ),
            None,
            "",
            near,
        )


def _check_constant(
    model: Model, batch: Batch, name: str, values: FloatArray
) -> Iterator[InputError]:
    errors = list(_find(model, name, Kind.CONSTANT.words))
    yield from errors
    if errors:
        return
    variable = model.variables[name]
    if variable.kind is not Kind.CONSTANT:
        yield InputError(
            Text(
                f"{name} 不是常数，而是{variable.kind.words.zh}",
                f"{name} is no constant but a {variable.kind}",
            ),
            None,
            Text("常数", "a constant"),
        )
    yield from _check_shape(model, batch, variable, np.shape(values))
    if not np.all(np.isfinite(values)):
        yield InputError(
            Text(f"{name} 为 NaN 或无穷大", f"{name} is NaN or infinite"),
            None,
            Text("有限的数", "finite numbers"),
        )


def _check_initial(
    model: Model, batch: Batch, name: str, values: FloatArray
) -> Iterator[InputError]:
    errors = list(_find(model, name, Kind.STOCK.words))
    yield from errors
    if errors:
        return
    variable = model.variables[name]
    if variable.kind is not Kind.STOCK:
        yield InputError(
            Text(
                f"{name} 不是存量，而是{variable.kind.words.zh}",
                f"{name} is no stock but a {variable.kind}",
            ),
            None,
            Text("存量", "a stock"),
        )
    yield from _check_shape(model, batch, variable, np.shape(values))
    if np.any(np.isinf(values)):
        yield InputError(
            Text(f"{name} 的初值为无穷大", f"the initial value of {name} is infinite"),
            None,
            Text("有限的数", "finite numbers"),
        )


def _check_series(
    model: Model, batch: Batch, name: str, years: FloatArray, values: FloatArray
) -> Iterator[InputError]:
    errors = list(_find(model, name, Text("序列", "series")))
    yield from errors
    if errors:
        return
    variable = model.variables[name]
    if variable.kind is Kind.LOOKUP:
        yield InputError(
            Text(
                f"{name} 是表函数，不是随时间变化的变量",
                f"{name} is a lookup, not a variable over time",
            ),
            None,
            Text("相应的变量", "the variable"),
        )
    points = np.shape(years)
    if len(points) != 1 or points[0] < 1 or not np.all(np.isfinite(years)):
        yield InputError(
            Text(f"{name} 的年份不是一列数字", f"the years of {name} are no list of numbers"),
            None,
            Text("至少一个年份", "at least one year"),
        )
        return
    if np.any(np.diff(years) <= 0):
        yield InputError(
            Text(f"{name} 的年份没有递增", f"the years of {name} do not increase"),
            None,
            Text("按顺序排列的年份", "years in order"),
        )
    yield from _check_shape(model, batch, variable, np.shape(values), points)
    if np.shape(values)[:1] == (len(batch.members),):
        missing = np.isnan(values).reshape(len(batch.members), -1)
        if np.any(missing.any(axis=1) & ~missing.all(axis=1)) or np.any(np.isinf(values)):
            yield InputError(
                Text(f"{name} 有部分为 NaN，或为无穷大", f"{name} is NaN in part, or infinite"),
                None,
                Text("有限的数", "finite numbers"),
            )


def _check_shape(
    model: Model,
    batch: Batch,
    variable: Variable,
    shape: tuple[int, ...],
    points: tuple[int, ...] = (),
) -> Iterator[InputError]:
    wanted = (len(batch.members), *points, *shape_of(model, variable))
    if shape != wanted:
        yield InputError(
            Text(
                f"{variable.name} 的数值形状为 {shape}",
                f"the values of {variable.name} have shape {shape}",
            ),
            None,
            str(wanted),
        )


def _check_output(model: Model, name: str) -> Iterator[InputError]:
    yield from _find(model, name, Text("输出", "output"))
    if name in model.variables and model.variables[name].kind is Kind.LOOKUP:
        yield InputError(
            Text(
                f"{name} 是表函数，没有随时间变化的值",
                f"{name} is a lookup and has no value over time",
            ),
            None,
            Text("变量", "a variable"),
        )
