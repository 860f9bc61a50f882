"""Values of expressions over members, time and dimensions, aligned by the names of dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from haihe.analysis.expressions import (
    REDUCE,
    SENTENCES,
    Binary,
    Call,
    Comparison,
    ExpressionError,
    Name,
    Number,
    Subscript,
    Term,
    names_of,
)
from haihe.model.find import near_names
from haihe.model.types import Dimension, FloatArray, Kind, Model, Variable, canonical_name
from haihe.text import Text

IT = "it"
"""Stands for each of the variables that a check goes through."""


Combine = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Course:
    """Values of a term."""

    dims: tuple[str, ...]
    data: FloatArray
    """(member or 1, time or 1, *dims)"""
    missing: int = 0
    """Saved times at the start that have no value."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What was run: values by variable, and those of the run it is held against."""

    values: Mapping[str, FloatArray]
    """By name in the model (member, time, *dims)."""
    against: Mapping[str, FloatArray] | None
    years: FloatArray
    """Saved times (time,)."""
    save_step: float


class Scope:
    """Names of a model, ready to look up."""

    def __init__(self, model: Model):
        self.model = model
        self.variables = {canonical_name(name): v for name, v in model.variables.items()}
        self.dimensions = {canonical_name(name): d for name, d in model.dimensions.items()}

    def find(self, name: Name, it: str = "") -> Variable:
        """Variable of a name.

        Raises
        ------
        ExpressionError
            Where there is none, or where it has no course over time.
        """
        text = it if it and canonical_name(name.text) == IT else name.text
        variable = self.variables.get(canonical_name(text))
        if variable is None:
            near = near_names(text, self.model.variables)
            raise ExpressionError(
                Text(f"没有变量 {text}", f"there is no variable {text}"), name.at, "", near
            )
        if variable.kind is Kind.LOOKUP:
            raise ExpressionError(
                Text(
                    f"{variable.name} 是表函数，没有数值",
                    f"{variable.name} is a lookup, without a value",
                ),
                name.at,
            )
        return variable

    def pick(
        self, name: Name, it: str = ""
    ) -> tuple[Variable, list[tuple[str, list[int]]], list[bool]]:
        """Variable of a name; for each of its dimensions the name that is left ("" where one
        element is taken) and the positions; and which are marked with `!`."""
        variable = self.find(name, it)
        if name.subscripts is None:
            whole = [(d, list(range(len(self._elements(d))))) for d in variable.dims]
            return variable, whole, [False] * len(whole)
        if len(name.subscripts) != len(variable.dims):
            shown = ", ".join(variable.dims)
            raise ExpressionError(
                Text(f"{variable.name} 的维度不同", f"{variable.name} has other dimensions"),
                name.at,
                Text(f"维度：{shown or '无'}", f"its dimensions: {shown or 'none'}"),
            )
        picks = [self._pick(s, d) for s, d in zip(name.subscripts, variable.dims, strict=True)]
        return variable, picks, [s.over for s in name.subscripts]

    def elements(self, dims: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
        """Names of the elements at positions of dimensions."""
        return tuple(self._elements(dim)[place] for dim, place in zip(dims, places, strict=True))

    def _elements(self, dim: str) -> tuple[str, ...]:
        return self.dimensions[canonical_name(dim)].elements

    def _pick(self, subscript: Subscript, dim: str) -> tuple[str, list[int]]:
        elements = [canonical_name(e) for e in self._elements(dim)]
        wanted = canonical_name(subscript.name)
        if wanted in elements and not subscript.over:
            return "", [elements.index(wanted)]
        found: Dimension | None = self.dimensions.get(wanted)
        if found is not None and all(canonical_name(e) in elements for e in found.elements):
            return found.name, [elements.index(canonical_name(e)) for e in found.elements]
        ranges = [
            d.name
            for d in self.dimensions.values()
            if all(canonical_name(e) in elements for e in d.elements)
        ]
        raise ExpressionError(
            Text(f"{subscript.name} 不属于 {dim}", f"{subscript.name} is no part of {dim}"),
            subscript.at,
            "",
            near_names(subscript.name, [*self._elements(dim), *ranges]),
        )


def dims_of(term: Term, scope: Scope, it: str = "", reduced: bool = False) -> tuple[str, ...]:
    """Dimensions that a term has, found without running anything.

    Raises
    ------
    ExpressionError
        For unknown names and elements, and a `!` outside SUM, VMIN and VMAX.
    """
    if isinstance(term, Number):
        return ()
    if isinstance(term, Name):
        _, picks, over = scope.pick(term, it)
        if any(over) and not reduced:
            raise ExpressionError(
                Text(
                    "`!` 只用来标明 SUM、VMIN 或 VMAX 所取的维度",
                    "`!` marks what SUM, VMIN or VMAX run over",
                ),
                term.at,
            )
        return tuple(name for (name, _), summed in zip(picks, over) if name and not summed)
    if isinstance(term, Binary):
        left, right = (dims_of(side, scope, it, reduced) for side in (term.left, term.right))
        return join(left, right)
    if term.function in SENTENCES:
        raise ExpressionError(
            Text(
                f"{term.function.upper()} 是一个判断，不是数值",
                f"{term.function.upper()} is a statement, not a value",
            ),
            term.at,
        )
    if term.function in REDUCE and not any(
        s.over for n in names_of(term.arguments[0]) for s in n.subscripts or ()
    ):
        raise ExpressionError(
            Text(
                f"{term.function.upper()} 没有写明所取的维度",
                f"{term.function.upper()} does not say over what",
            ),
            term.at,
            Text("其中写 x[维度!]", "x[dimension!] within it"),
        )
    inner = reduced or term.function in REDUCE
    found: tuple[str, ...] = ()
    for argument in term.arguments:
        found = join(found, dims_of(argument, scope, it, inner))
    return found


def _marked(term: Term) -> bool:
    """Whether any subscript within bears a `!`."""
    return any(s.over for name in names_of(term) for s in name.subscripts or ())


def join(left: Sequence[str], right: Sequence[str]) -> tuple[str, ...]:
    """Dimensions of both, in order of appearance."""
    return tuple(dict.fromkeys((*left, *right)))


def evaluate_term(term: Term, runs: Runs, scope: Scope, it: str = "") -> Course:
    """Values of a term that `dims_of` has accepted."""
    if isinstance(term, Number):
        return Course((), np.full((1, 1), term.value))
    if isinstance(term, Name):
        return _read(term, runs, scope, it)
    if isinstance(term, Binary):
        left = evaluate_term(term.left, runs, scope, it)
        right = evaluate_term(term.right, runs, scope, it)
        return _combine(_SIGNS[term.sign], left, right)
    if term.function == "against":
        assert runs.against is not None
        other = Runs(runs.against, runs.values, runs.years, runs.save_step)
        return evaluate_term(term.arguments[0], other, scope, it)
    values = [evaluate_term(argument, runs, scope, it) for argument in term.arguments]
    return _apply(term, values, runs)


def _read(name: Name, runs: Runs, scope: Scope, it: str) -> Course:
    variable, picks, over = scope.pick(name, it)
    data = runs.values[variable.name]
    for axis, (_, positions) in enumerate(picks, start=2):
        data = np.take(data, positions, axis=axis)
    gone = tuple(axis for axis, (left, _) in enumerate(picks, start=2) if not left)
    data = np.squeeze(data, axis=gone)
    marks = [summed for (left, _), summed in zip(picks, over) if left]
    names = [left for left, _ in picks if left]
    return Course(tuple(n + "!" * m for n, m in zip(names, marks)), data)


def _apply(call: Call, values: list[Course], runs: Runs) -> Course:
    function, first = call.function, values[0]
    if function in REDUCE:
        axes = tuple(i for i, dim in enumerate(first.dims, start=2) if dim.endswith("!"))
        kept = tuple(dim for dim in first.dims if not dim.endswith("!"))
        return Course(kept, _REDUCTIONS[function](first.data, axis=axes), first.missing)
    if function == "previous":
        moved = np.roll(_spread(first, runs), 1, axis=1)
        return Course(first.dims, moved, first.missing + 1)
    if function in _OVER_TIME:
        return _over_time(call, first, runs)
    if len(values) == 2:
        return _combine(_PAIRS[function], *values)
    with np.errstate(all="ignore"):
        return Course(first.dims, _SINGLE[function](first.data), first.missing)


def _spread(course: Course, runs: Runs) -> FloatArray:
    """Data with every saved time written out."""
    shape = list(course.data.shape)
    shape[1] = len(runs.years)
    return np.broadcast_to(course.data, shape)


def _over_time(call: Call, course: Course, runs: Runs) -> Course:
    years = [y.value for y in call.arguments[1:] if isinstance(y, Number)]
    first = years[0] if years else runs.years[course.missing]
    last = years[-1] if years else runs.years[-1]
    inside = (runs.years >= first - 1e-9) & (runs.years <= last + 1e-9)
    inside[: course.missing] = False
    if not inside.any():
        raise ExpressionError(
            Text(
                f"运行没有保存 {first:g} 到 {last:g} 之间的任何值",
                f"the run saves nothing from {first:g} to {last:g}",
            ),
            call.at,
        )
    data = _OVER_TIME[call.function](_spread(course, runs)[:, inside], axis=1, keepdims=True)
    return Course(course.dims, data * (runs.save_step if call.function == "total" else 1.0))


def _combine(function: Combine, left: Course, right: Course) -> Course:
    dims = join(left.dims, right.dims)
    with np.errstate(all="ignore"):
        data = function(align(left, dims), align(right, dims))
    return Course(dims, data, max(left.missing, right.missing))


def align(course: Course, dims: Sequence[str]) -> FloatArray:
    """Data with an axis for each of `dims`, of length one where it has none."""
    order = [0, 1, *(2 + course.dims.index(d) for d in dims if d in course.dims)]
    data = np.transpose(course.data, order)
    for axis, dim in enumerate(dims, start=2):
        if dim not in course.dims:
            data = np.expand_dims(data, axis)
    return data


def _zidz(left: FloatArray, right: FloatArray) -> FloatArray:
    safe = np.where(right == 0.0, 1.0, right)
    return np.where(right == 0.0, 0.0, left / safe)


_SIGNS: dict[str, Combine] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
}
_PAIRS: dict[str, Combine] = {"min": np.minimum, "max": np.maximum, "zidz": _zidz}
_SINGLE: dict[str, Callable[[FloatArray], FloatArray]] = {
    "abs": np.abs,
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
}
_REDUCTIONS: dict[str, Any] = {"sum": np.sum, "vmin": np.min, "vmax": np.max}
_OVER_TIME: dict[str, Any] = {
    "at": np.mean,
    "mean": np.mean,
    "total": np.sum,
    "largest": np.max,
    "smallest": np.min,
}


@dataclass(frozen=True, slots=True)
class Gap:
    """Two sides of a comparison."""

    dims: tuple[str, ...]
    left: FloatArray
    """(member, time, *dims)"""
    right: FloatArray
    excess: FloatArray
    """How far it fails beyond the tolerance; above zero, or NaN, is a failure."""
    missing: int
    sign: str


def compare(
    comparison: Comparison, runs: Runs, scope: Scope, it: str, tolerance: tuple[float, float]
) -> Gap:
    """Hold both sides against each other.

    Parameters
    ----------
    tolerance
        Absolute, and relative to the larger side.
    """
    one = evaluate_term(comparison.left, runs, scope, it)
    other = evaluate_term(comparison.right, runs, scope, it)
    dims = join(one.dims, other.dims)
    left, right = np.broadcast_arrays(align(one, dims), align(other, dims))
    with np.errstate(all="ignore"):
        allowed = tolerance[0] + tolerance[1] * np.maximum(np.abs(left), np.abs(right))
        if comparison.sign == "finite":
            excess = np.where(np.isfinite(left), -1.0, np.nan)
        elif comparison.sign == "=":
            excess = np.abs(left - right) - allowed
        else:
            below = left - right if comparison.sign.startswith("<") else right - left
            # A strict side must be passed by more than the tolerance.
            excess = below - allowed if comparison.sign.endswith("=") else _strict(below + allowed)
    excess = np.where(np.isfinite(left) & np.isfinite(right), excess, np.nan)
    missing = max(one.missing, other.missing)
    return Gap(dims, left, right, excess, missing, comparison.sign)


def _strict(short: FloatArray) -> FloatArray:
    """Zero is a failure too."""
    return np.where(short >= 0.0, np.maximum(short, np.finfo(float).tiny), short)
