"""Who a reality check runs: members at the ends of their ranges, draws, and test inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from haihe.analysis.checks_schema import Draw, DrawRules, Extreme, Times, Whole
from haihe.analysis.expressions import Name, names_in, parse_statement
from haihe.model.catalogue import Catalogue
from haihe.model.parameters import collect_parameters
from haihe.model.types import FloatArray, Kind, Model, TimeAxis, Variable, canonical_name

_CLOCK = {
    "initial time": "start",
    "final time": "stop",
    "time step": "step",
    "saveper": "save_step",
}
Input = float | tuple[tuple[float, float], ...] | Times | Extreme


@dataclass(frozen=True, slots=True)
class Range:
    """A constant that members differ in, element by element."""

    name: str
    lever: bool
    default: FloatArray
    """(*dims)"""
    low: FloatArray
    high: FloatArray
    share_axis: int | None
    """Axis over which the sum stays that of the model; None for most."""

    def at(self, extreme: Extreme) -> FloatArray:
        """Values at an end of the range, or the model's own."""
        ends = {"default": self.default, "minimum": self.low, "maximum": self.high}
        return self.rescale(ends[extreme])

    def rescale(self, values: FloatArray) -> FloatArray:
        """Shares with the sum that they have in the model; anything else as it is."""
        if self.share_axis is None:
            return values
        axis = self.share_axis - self.default.ndim
        total = values.sum(axis=axis, keepdims=True)
        whole = self.default.sum(axis=self.share_axis, keepdims=True)
        # A row of zeros has nothing to share out: the model's own shares stand.
        return np.where(
            total > 0.0, values * whole / np.where(total > 0.0, total, 1.0), self.default
        )


@dataclass(frozen=True, slots=True)
class Members:
    """Labels, and values of each constant that they differ in."""

    labels: tuple[str, ...]
    constants: Mapping[str, FloatArray]
    """(member, *dims)"""


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that one evaluation is given."""

    constants: Mapping[str, FloatArray]
    series: Mapping[str, tuple[FloatArray, FloatArray]]
    """Lookups and held variables: points (point,) and values (member, point, *dims)."""
    time: TimeAxis


def collect_ranges(model: Model, catalogue: Catalogue, rules: DrawRules) -> tuple[Range, ...]:
    """Every lever, and every parameter that has a range, in the order of the model."""
    levers = {canonical_name(name) for name in catalogue.levers}
    limits = dict(_table_limits(model, catalogue))
    given = {canonical_name(name): pair for name, pair in rules.ranges.items()}
    shares = {canonical_name(name): dim for name, dim in rules.shares.items()}
    kept = [canonical_name(pattern) for pattern in rules.keep]
    found = []
    for variable in model.variables.values():
        key = canonical_name(variable.name)
        if variable.kind is not Kind.CONSTANT or variable.default is None or key in _CLOCK:
            continue
        if any(fnmatchcase(key, pattern) for pattern in kept):
            continue
        default = np.asarray(variable.default, dtype=float)
        low, high = limits.get(key) or _own_limits(variable, default)
        if key in given:
            low, high = (np.full_like(default, end) for end in given[key])
        if not np.array_equal(low, high):
            axis = _axis(variable, shares[key]) if key in shares else None
            found.append(Range(variable.name, key in levers, default, low, high, axis))
    return tuple(found)


def _table_limits(
    model: Model, catalogue: Catalogue
) -> Mapping[str, tuple[FloatArray, FloatArray]]:
    """Ranges of parameters, element by element, where a table of the model gives all of them."""
    rows: dict[str, list[tuple[float, float]]] = {}
    for one in collect_parameters(model, catalogue, model.path.parent / "data"):
        bounds = (one.low, one.high)
        pair = (
            (math.nan, math.nan) if None in bounds else (float(one.low or 0), float(one.high or 0))
        )
        rows.setdefault(canonical_name(one.name), []).append(pair)
    found = {}
    for variable in model.variables.values():
        pairs = np.array(rows.get(canonical_name(variable.name), []), dtype=float)
        shape = np.shape(variable.default) if variable.default is not None else None
        if shape is None or len(pairs) != math.prod(shape) or not np.isfinite(pairs).all():
            continue
        found[canonical_name(variable.name)] = (
            pairs[:, 0].reshape(shape),
            pairs[:, 1].reshape(shape),
        )
    return found


def _own_limits(variable: Variable, default: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Limits that the model file writes; no range where it lacks one of them."""
    low, high = variable.limits
    if low is None or high is None:
        return default, default
    return np.full_like(default, low), np.full_like(default, high)


def _axis(variable: Variable, dim: str) -> int:
    return [canonical_name(d) for d in variable.dims].index(canonical_name(dim))


def build_members(
    ranges: Sequence[Range], wanted: Sequence[Extreme | Draw], seed: int, most: int | None = None
) -> Members:
    """Members of a check.

    Parameters
    ----------
    most
        Most draws; None: as many as are wanted.
    """
    labels: list[str] = []
    parts: dict[str, list[FloatArray]] = {one.name: [] for one in ranges}
    for item in wanted:
        if isinstance(item, Draw):
            count = min(item.hypercube, most) if most is not None else item.hypercube
            labels += [f"draw {number}" for number in range(1, count + 1)]
            for one, values in zip(ranges, draw_hypercube(ranges, count, seed), strict=True):
                parts[one.name].append(values)
        else:
            labels.append(item)
            for one in ranges:
                parts[one.name].append(one.at(item)[np.newaxis])
    return Members(tuple(labels), {name: np.concatenate(part) for name, part in parts.items()})


def draw_hypercube(ranges: Sequence[Range], count: int, seed: int) -> list[FloatArray]:
    """Latin hypercube: each number visits each of `count` equal strata of its range once."""
    random = np.random.default_rng(seed)
    found = []
    for one in ranges:
        size = math.prod(one.default.shape)
        strata = random.permuted(np.tile(np.arange(count), (size, 1)), axis=1).T
        unit = ((strata + random.random((count, size))) / count).reshape(count, *one.default.shape)
        found.append(one.rescale(one.low + unit * (one.high - one.low)))
    return found


def set_inputs(
    model: Model, ranges: Sequence[Range], members: Members, inputs: Mapping[str, Input]
) -> Setup:
    """Put test inputs upon members; what is set later wins."""
    constants = dict(members.constants)
    series: dict[str, tuple[FloatArray, FloatArray]] = {}
    time = model.time
    count = len(members.labels)
    for name, value in inputs.items():
        if name in Whole:
            extreme: Extreme = value if isinstance(value, str) else "default"
            chosen = [one for one in ranges if one.lever == (name == "levers")]
            constants |= {o.name: np.repeat(o.at(extreme)[np.newaxis], count, 0) for o in chosen}
            continue
        variable, index = find_input(model, name)
        if (part := _CLOCK.get(canonical_name(variable.name))) and isinstance(value, int | float):
            time = _set_clock(time, part, float(value))
        elif variable.kind is Kind.CONSTANT:
            constants[variable.name] = _set(variable, index, value, constants, ranges, count)
        else:
            target, points = _course(model, variable, value)
            shape = (count, len(points[0]), *_shape(model, target))
            values = np.asarray(points[1]).reshape(1, -1, *([1] * len(target.dims)))
            series[target.name] = (
                np.asarray(points[0], float),
                np.broadcast_to(values, shape).copy(),
            )
    return Setup(constants, series, time)


def _set_clock(time: TimeAxis, part: str, value: float) -> TimeAxis:
    """A clock with another start, stop or step."""
    given: dict[str, Any] = {part: value}
    return replace(time, **given)


def find_input(model: Model, text: str) -> tuple[Variable, tuple[list[int], ...]]:
    """Variable of an input, and the elements that are set."""
    name = next(iter(names_in(parse_statement(f"{text} = 0"))))
    assert isinstance(name, Name)
    wanted = canonical_name(name.text)
    variable = next(v for v in model.variables.values() if canonical_name(v.name) == wanted)
    index: list[list[int]] = []
    subscripts = [s.name for s in name.subscripts] if name.subscripts else variable.dims
    for text_of, dim in zip(subscripts, variable.dims, strict=True):
        elements = [canonical_name(e) for e in model.dimensions[dim].elements]
        one = canonical_name(text_of)
        ranges = {canonical_name(n): d.elements for n, d in model.dimensions.items()}
        chosen = [one] if one in elements else [canonical_name(e) for e in ranges[one]]
        index.append([elements.index(e) for e in chosen])
    return variable, tuple(index)


def _set(
    variable: Variable,
    index: tuple[list[int], ...],
    value: Input,
    constants: Mapping[str, FloatArray],
    ranges: Sequence[Range],
    count: int,
) -> FloatArray:
    """Values of a constant with an input in it (member, *dims)."""
    default = np.asarray(variable.default, dtype=float)
    own = constants.get(variable.name, np.repeat(default[np.newaxis], count, axis=0)).copy()
    place = np.ix_(range(count), *index)
    if isinstance(value, Times):
        own[place] *= value.times
    elif isinstance(value, str):
        known = {one.name: one for one in ranges}
        end = known[variable.name].at(value) if variable.name in known else default
        own[place] = end[np.ix_(*index)] if index else end
    elif isinstance(value, int | float):
        own[place] = value
    return own


def _course(
    model: Model, variable: Variable, value: Input
) -> tuple[Variable, tuple[Sequence[float], Sequence[float]]]:
    """What an input of something that moves replaces, and its points."""
    table = _table(model, variable)
    target = table or variable
    if isinstance(value, Times) and table is not None and table.points is not None:
        return target, (table.points.x, [y * value.times for y in table.points.y])
    if isinstance(value, tuple):
        return target, ([x for x, _ in value], [y for _, y in value])
    number = float(value) if isinstance(value, int | float) else math.nan
    return target, ([model.time.start], [number])


def _table(model: Model, variable: Variable) -> Variable | None:
    """Table that a driver reads, or the table itself; None for anything else."""
    if variable.kind is Kind.LOOKUP:
        return variable
    table = model.variables.get(f"{variable.name} table")
    read = f"{variable.name} table(Time)".replace(" ", "").casefold()
    same = variable.equation.replace(" ", "").casefold() == read
    return table if table is not None and table.points is not None and same else None


def _shape(model: Model, variable: Variable) -> tuple[int, ...]:
    return tuple(len(model.dimensions[dim].elements) for dim in variable.dims)
