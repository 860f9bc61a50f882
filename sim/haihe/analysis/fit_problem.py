"""A calibration as numbers: free parameters in, weighted residuals of many members out.

A parameter is searched in the coordinate in which its prior is normal: the logarithm where the
prior is lognormal, the value itself otherwise. The densities of this package are densities of that
coordinate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from haihe.analysis.calibration_schema import Calibration, FreeParameter, ScoredSeries
from haihe.analysis.history import Observation, pick_best, read_observations
from haihe.errors import InputError, raise_all
from haihe.model.assemble import check_unchanged
from haihe.model.types import FloatArray, Model, TimeAxis, canonical_name
from haihe.text import Text
from haihe.units import convert

NOWHERE_NEAR = 1e3
"""Logarithm of a misfit where the model gives no positive number."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Observations of one series."""

    series: ScoredSeries
    years: tuple[int, ...]
    values: FloatArray
    """Observed (year,), in `unit`."""
    unit: str
    per_model: float
    """How many of `unit` one unit of the model is."""
    grades: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A calibration with its model compiled and its observations at hand."""

    model: Model
    calibration: Calibration
    seen: tuple[Seen, ...]
    tables: Mapping[str, tuple[FloatArray, FloatArray]]
    """Points of each table over time that the model reads: years and values."""
    time: TimeAxis
    """From the model's start to the last year observed."""

    @property
    def parameters(self) -> tuple[FreeParameter, ...]:
        """Free parameters, in order."""
        return self.calibration.parameters


def state_problem(model: Model, calibration: Calibration, folder: Path) -> Problem:
    """Read the observations of a calibration.

    Parameters
    ----------
    folder
        Where the tables of observations lie.

    Raises
    ------
    InputErrors
        Where a table or a series is missing, or its unit does not fit the model.
    """
    errors: list[InputError] = []
    tables: dict[str, tuple[Observation, ...]] = {}
    seen = []
    for series in calibration.series:
        try:
            seen.append(observe(series, folder, tables))
        except InputError as error:
            errors.append(error)
    raise_all(errors)
    stop = float(calibration.years[1])
    return Problem(
        model=model,
        calibration=calibration,
        seen=tuple(seen),
        tables=dict(collect_tables(model)),
        time=replace(model.time, stop=stop, save_step=1.0),
    )


def observe(series: ScoredSeries, folder: Path, tables: dict[str, tuple[Observation, ...]]) -> Seen:
    """Best observation of each year of a series."""
    if series.file not in tables:
        if not (folder / series.file).is_file():
            raise InputError(
                Text(
                    f"没有观测数据表 {series.file}",
                    f"there is no table {series.file} of observations",
                ),
                series.where,
            )
        tables[series.file] = read_observations(folder / series.file)
    rows = pick_best(row for row in tables[series.file] if row.series == series.series)
    first, last = series.years
    kept = {year: row for year, row in sorted(rows.items()) if first <= year <= last}
    if not kept:
        problem = Text(
            f"{series.file} 中没有 {first}-{last} 年的序列 {series.series}",
            f"{series.file} has no series {series.series} in {first}-{last}",
        )
        raise InputError(problem, series.where)
    if bad := [row for row in kept.values() if row.value <= 0]:
        raise InputError(
            Text(
                f"{series.series} 在 {bad[0].year} 年为 {bad[0].value:g}",
                f"{series.series} is {bad[0].value:g} in {bad[0].year}",
            ),
            bad[0].where,
            Text("正数，因为拟合取对数", "positive numbers, as fits are made in logarithms"),
        )
    unit = next(iter(kept.values())).unit
    return Seen(
        series=series,
        years=tuple(kept),
        values=np.array([row.value for row in kept.values()]),
        unit=unit,
        per_model=series.factor or find_factor(series, unit),
        grades="".join(row.grade for row in kept.values()),
        sources=tuple(dict.fromkeys(row.source for row in kept.values() if row.source)),
    )


def find_factor(series: ScoredSeries, unit: str) -> float:
    """Observed units for each unit of the model; a yearly total is a flow over that year."""
    for candidate in (unit, f"{unit}/yr"):
        try:
            return float(convert(1.0, series.variable.units or "1", candidate))
        except InputError:
            continue
    raise InputError(
        Text(
            f"{series.series} 的单位是 {unit!r}，{series.variable.name} 的单位是 "
            f"{series.variable.units!r}",
            f"{series.series} is in {unit!r}, {series.variable.name} in {series.variable.units!r}",
        ),
        series.where,
        Text("同类的单位，或写明 `factor`", "units of the same kind, or a `factor`"),
    )


def collect_tables(model: Model) -> Iterator[tuple[str, tuple[FloatArray, FloatArray]]]:
    """Points of every table that some equation reads at `Time`, drivers or not."""
    read = "\n".join(canonical_name(variable.equation) for variable in model.variables.values())
    for variable in model.variables.values():
        called = re.escape(canonical_name(variable.name)) + r"\s*\(\s*time\b"
        if variable.points is not None and re.search(called, read):
            yield variable.name, (np.array(variable.points.x), np.array(variable.points.y))


def to_coordinates(parameters: Sequence[FreeParameter], values: FloatArray) -> FloatArray:
    """Coordinates in which the priors are normal; values (…, parameter)."""
    logged = is_logged(parameters)
    return np.where(logged, np.log(np.where(logged, values, 1.0)), values)


def to_values(parameters: Sequence[FreeParameter], coordinates: FloatArray) -> FloatArray:
    """Values of parameters, from their coordinates (…, parameter)."""
    logged = is_logged(parameters)
    return np.where(logged, np.exp(np.where(logged, coordinates, 0.0)), coordinates)


def is_logged(parameters: Sequence[FreeParameter]) -> Any:
    """Which parameters are searched by their logarithm (parameter,)."""
    return np.array([parameter.prior == "lognormal" for parameter in parameters])


def find_box(parameters: Sequence[FreeParameter]) -> tuple[FloatArray, FloatArray]:
    """Bounds in coordinates: low and high (parameter,)."""
    low = np.array([parameter.bounds[0] for parameter in parameters])
    high = np.array([parameter.bounds[1] for parameter in parameters])
    return to_coordinates(parameters, low), to_coordinates(parameters, high)


def prior_residuals(parameters: Sequence[FreeParameter], coordinates: FloatArray) -> FloatArray:
    """Distance from the prior in standard deviations (member, parameter); 0 where it is flat."""
    centre = to_coordinates(parameters, np.array([p.centre for p in parameters]))
    spread = np.array([p.spread for p in parameters])
    flat = np.array([p.prior == "uniform" for p in parameters])
    return np.where(flat, 0.0, (coordinates - centre) / spread)


def predict(
    problem: Problem, values: FloatArray, held_from: int | None = None
) -> dict[str, FloatArray]:
    """What members say about every series.

    Parameters
    ----------
    values
        Values of the free parameters (member, parameter).
    held_from
        Year from which drivers are held, as a blind forecast would; None: as in the model.

    Returns
    -------
    dict
        By series: (member, year) from the model's first year on, in the unit of the observations.
    """
    from haihe.compile import evaluate

    members = len(values)
    series = {} if held_from is None else hold_tables(problem, held_from, members)
    program = _compile(_Key(problem.model.digest, problem, tuple(series)))
    constants = place_values(problem.parameters, values)
    results = evaluate(program, members, constants, series, time=problem.time)
    return {seen.series.name: read_series(seen, results) for seen in problem.seen}


def predict_own(problem: Problem) -> dict[str, FloatArray]:
    """What the model says of every series (year,) with the values that its own data hold."""
    from haihe.compile import evaluate

    program = _compile(_Key(problem.model.digest, problem, ()))
    results = evaluate(program, 1, time=problem.time)
    return {seen.series.name: read_series(seen, results)[0] for seen in problem.seen}


def read_series(seen: Seen, results: Mapping[str, FloatArray]) -> FloatArray:
    """Values of one series (member, year) in the unit of its observations."""
    values = results[seen.series.variable.name]
    if seen.series.places:
        values = values[:, :, list(seen.series.places)].sum(axis=2)
    return np.asarray(values * seen.per_model)


def place_values(parameters: Sequence[FreeParameter], values: FloatArray) -> dict[str, FloatArray]:
    """Constants of the model (member, *dims) for values of free parameters (member, parameter)."""
    placed: dict[str, FloatArray] = {}
    for number, parameter in enumerate(parameters):
        own = parameter.variable.default
        assert own is not None
        name = parameter.variable.name
        if name not in placed:
            placed[name] = np.repeat(own[None], len(values), axis=0)
        column = values[:, number]
        if not parameter.places:
            placed[name] = np.array(column * own if parameter.factor else column)
            continue
        for place in parameter.places:
            placed[name][:, place] = column * own[place] if parameter.factor else column
    return placed


def hold_tables(
    problem: Problem, year: int, members: int
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Every table that was not known before: as in the model up to a year, then held."""
    known = {canonical_name(f"{name} table") for name in problem.calibration.known}
    fixed = {canonical_name(f"{name} table"): v for name, v in problem.calibration.fixed}
    held: dict[str, tuple[FloatArray, FloatArray]] = {}
    for name, (years, values) in problem.tables.items():
        key = canonical_name(name)
        if key in known:
            continue
        kept = years < year
        times = np.append(years[kept], float(year))
        points = np.append(values[kept], np.interp(year, years, values))
        if key in fixed:
            step = problem.time.step
            times, points = np.append(times, year + step), np.append(points, fixed[key])
        held[name] = (times, np.repeat(points[None], members, axis=0))
    return held


@dataclass(frozen=True, slots=True)
class Whitener:
    """Turns the misfit of one series into independent residuals of unit variance."""

    name: str
    columns: tuple[int, ...]
    """Places of its years among those of the model."""
    logs: FloatArray
    """Logarithms of the observations (year,)."""
    matrix: FloatArray
    """(residual, year)"""

    def residuals(self, predicted: FloatArray) -> FloatArray:
        """Residuals (member, residual) of predictions (member, year)."""
        said = predicted[:, list(self.columns)]
        sound = np.isfinite(said) & (said > 0)
        misfit = np.where(sound, np.log(np.where(sound, said, 1.0)) - self.logs, NOWHERE_NEAR)
        return np.asarray(misfit @ self.matrix.T)


def whiten(
    problem: Problem, until: int, names: Sequence[str] | None = None
) -> tuple[Whitener, ...]:
    """Whiteners of the series that are fitted, over the years up to `until`.

    Errors of a series are taken as normal in logarithms with standard deviation `error` and a
    correlation of `memory` to the power of the years between.
    """
    found = []
    for seen in problem.seen:
        series = seen.series
        if series.weight == 0 or (names is not None and series.name not in names):
            continue
        kept = [i for i, y in enumerate(seen.years) if y <= until and y not in series.skip]
        if not kept:
            continue
        years = np.array([seen.years[i] for i in kept], dtype=float)
        apart = np.abs(years[:, None] - years[None, :])
        matrix = np.linalg.inv(np.linalg.cholesky(series.error**2 * series.memory**apart))
        found.append(
            Whitener(
                name=series.name,
                columns=tuple(int(year - problem.time.start) for year in years),
                logs=np.log(seen.values[kept]),
                matrix=np.sqrt(series.weight) * matrix,
            )
        )
    return tuple(found)


def find_residuals(
    problem: Problem, whiteners: Sequence[Whitener], coordinates: FloatArray
) -> FloatArray:
    """Residuals of the data, then of the priors: (member, residual)."""
    values = to_values(problem.parameters, coordinates)
    predicted = predict(problem, values)
    parts = [whitener.residuals(predicted[whitener.name]) for whitener in whiteners]
    return np.concatenate([*parts, prior_residuals(problem.parameters, coordinates)], axis=1)


@dataclass(frozen=True, slots=True)
class _Key:
    """What a program is made of; the problem is known by its model and its names."""

    digest: str
    problem: Problem
    series: tuple[str, ...]

    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Outputs and constants that vary."""
        outputs = dict.fromkeys(seen.series.variable.name for seen in self.problem.seen)
        varying = dict.fromkeys(p.variable.name for p in self.problem.parameters)
        return tuple(outputs), tuple(varying)

    def __hash__(self) -> int:
        return hash((self.digest, self.names(), self.series))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Key)
            and self.digest == other.digest
            and self.names() == other.names()
            and self.series == other.series
        )


@lru_cache(maxsize=8)
def _compile(key: _Key) -> Any:
    from haihe.compile import compile_model

    check_unchanged(key.problem.model)
    outputs, varying = key.names()
    return compile_model(key.problem.model, outputs, varying, key.series)
