"""Calibrated futures: what is uncertain whatever the plan does.

A future is one draw of everything that is not known: the parameters that were fitted (draws of the
posterior in `calibration/posterior.csv` beside the model), and further parameters and drivers by
the ranges of `futures.yaml`. Future k is the same for every plan, so that plans are compared under
the same luck; it hangs on the seed and on k alone, not on how many are drawn.

The draws of the posterior are dealt without putting back, in an order that the seed shuffles. Past
the last of them there is a smoothed bootstrap: a draw taken at random, pulled towards the mean and
moved by a normal step of the draws' own covariance, so that the mean and the covariance stay those
of the draws; what would leave the range of the draws is held at its end. It makes the ensemble
larger, not better known: there is no more information in it than in the draws.

Sources: Silverman (1986), Density estimation for statistics and data analysis, section 6.4
(unverified, from memory).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from haihe.errors import InputError, Location, raise_all
from haihe.model.types import FloatArray, Kind, Model
from haihe.project import show_path
from haihe.scenario.factors import Factor, find_place, list_elements, read_factors
from haihe.scenario.series import change_series, merge_series
from haihe.scenario.uniforms import draw_uniforms, mix_columns, permute
from haihe.scenario.values import Batch, Role
from haihe.scenario.vocabulary import index_vocabulary
from haihe.yaml import Mapping as MapNode
from haihe.yaml import Record, parse_yaml, read_number, read_text, validate

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue

FUTURES = "futures.yaml"
POSTERIOR = "calibration/posterior.csv"
"""Where they lie in a model's folder."""

_COLUMNS = ("draw", "log_density")
_DIGEST = "digest "
_ALIKE = 1e-4
"""Columns whose ratio varies by less were one number when they were fitted."""


class FuturesFile(Record):
    """Uncertain parameters and drivers that were not fitted, by name: see the keys of a factor."""

    vary: dict[str, object]
    """Factors by `name` or `name[element]`.

    按名称（或 `名称[元素]`）列出的不确定输入。"""


@dataclass(frozen=True, slots=True)
class Futures:
    """Draws of what is uncertain whatever the plan does."""

    constants: Mapping[str, FloatArray]
    """By variable: values (future, *dims), complete."""
    series: Mapping[str, tuple[FloatArray, FloatArray]]
    """By driver, as in `Batch`: years (point,), values (future, point)."""
    factors: tuple[str, ...]
    """Labels of what was drawn, `name` or `name[element]`. Where several numbers were fitted as
    one, the first of them stands for all."""
    values: FloatArray
    """The draws themselves (future, factor)."""
    seed: int
    digest: str
    """SHA-256 over the files that they were drawn from."""
    own: Mapping[str, FloatArray] = field(default_factory=dict)
    """By variable of `constants`: the model's own values (*dims)."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Posterior:
    """Draws of the fitted parameters."""

    columns: tuple[str, ...]
    places: tuple[tuple[str, tuple[int, ...]], ...]
    """By column: variable and index."""
    values: FloatArray
    """(draw, column)."""
    groups: tuple[tuple[int, ...], ...]
    """Columns that were fitted as one number."""
    model_digest: str
    """Of the model that they were fitted with; "" where the file does not say."""


@dataclass(frozen=True, slots=True)
class FutureSources:
    """What futures are drawn from."""

    posterior: Posterior | None
    factors: tuple[Factor, ...]
    digest: str
    warnings: tuple[str, ...]


def draw_futures(model: Model, catalogue: Catalogue, count: int, seed: int = 0) -> Futures:
    """Draw futures of a model.

    Raises
    ------
    InputErrors
        Where the model has none, where what they are drawn from is wrong, or for a count that
        cannot be.
    """
    if count < 1:
        raise InputError(f"{count} futures", None, "at least one")
    return draw_future_block(
        read_future_sources(model, catalogue), model, catalogue, 0, count, seed
    )


def draw_future_block(
    sources: FutureSources, model: Model, catalogue: Catalogue, start: int, stop: int, seed: int
) -> Futures:
    """Futures `start` to `stop`, which are the same whichever block they are drawn in."""
    return make_futures(sources, model, catalogue, *_draw_parts(sources, start, stop, seed), seed)


def make_futures(
    sources: FutureSources,
    model: Model,
    catalogue: Catalogue,
    fitted: FloatArray,
    drawn: FloatArray,
    seed: int = 0,
) -> Futures:
    """Futures in which what is uncertain has given values.

    Parameters
    ----------
    fitted : the fitted parameters (future, column); no column where the model has no draws.
    drawn : the other factors (future, factor).
    """
    vocabulary, count = index_vocabulary(model, catalogue), len(fitted)
    constants: dict[str, FloatArray] = {}
    series: dict[str, tuple[FloatArray, FloatArray]] = {}
    for (name, place), column in zip(
        sources.posterior.places if sources.posterior else (), fitted.T
    ):
        _fill(_own(constants, name, model, count), place, column)
    for factor, values in zip(sources.factors, drawn.T):
        if factor.role is Role.DRIVER:
            series[factor.name] = change_series(factor, values, vocabulary)
        else:
            change_constant(_own(constants, factor.name, model, count), factor, values, model)
    own = {name: np.asarray(model.variables[name].default, dtype=float) for name in constants}
    table = _join_values(sources, fitted, drawn)
    return Futures(constants, series, list_labels(sources), table, seed, sources.digest, own)


def draw_future_values(sources: FutureSources, start: int, stop: int, seed: int) -> FloatArray:
    """The draws themselves (future, factor), without what they make of the model's variables."""
    return _join_values(sources, *_draw_parts(sources, start, stop, seed))


def list_labels(sources: FutureSources) -> tuple[str, ...]:
    """Labels of what is drawn, in the order of the columns."""
    fitted = sources.posterior
    heads = [fitted.columns[group[0]] for group in fitted.groups] if fitted else []
    return (*heads, *(factor.label for factor in sources.factors))


def _draw_parts(
    sources: FutureSources, start: int, stop: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Draws of the fitted parameters (future, column), and of the others (future, factor)."""
    empty = np.empty((stop - start, 0))
    fitted = draw_posterior(sources.posterior, start, stop, seed) if sources.posterior else empty
    drawn = [
        factor.distribution.ppf(draw_uniforms(seed, f"future/{factor.label}", start, stop))
        for factor in sources.factors
    ]
    return fitted, np.stack(drawn, axis=1) if drawn else empty


def _join_values(sources: FutureSources, fitted: FloatArray, drawn: FloatArray) -> FloatArray:
    heads = [group[0] for group in sources.posterior.groups] if sources.posterior else []
    return np.concatenate([fitted[:, heads], drawn], axis=1)


def cross_futures(batch: Batch, futures: Futures) -> Batch:
    """Every member of a batch in every future, member by member.

    What a scenario sets itself wins: a constant, be it set to the model's own value, and a driver
    that it gives a course. Labels are `label|k`.
    """
    members, count = len(batch.members), futures.count
    labels = tuple(f"{label}|{k}" for label in batch.members for k in range(count))
    repeated = take_members(batch, np.repeat(np.arange(members), count), labels)
    return overlay_futures(repeated, futures, np.tile(np.arange(count), members))


def take_members(batch: Batch, rows: NDArray[np.int64], labels: tuple[str, ...]) -> Batch:
    """Members of a batch by place, as often as they are named."""
    return replace(
        batch,
        members=labels,
        constants={name: values[rows] for name, values in batch.constants.items()},
        series={name: (years, values[rows]) for name, (years, values) in batch.series.items()},
        initial={name: values[rows] for name, values in batch.initial.items()},
        held={name: marks[rows] for name, marks in batch.held.items()},
    )


def overlay_futures(batch: Batch, futures: Futures, rows: NDArray[np.int64]) -> Batch:
    """A batch whose members run in futures; what a scenario sets itself wins.

    Parameters
    ----------
    rows : place of each member's future (member,).
    """
    constants, series = dict(batch.constants), dict(batch.series)
    for name, drawn in futures.constants.items():
        given = constants.get(name)
        taken = drawn[rows]
        if given is None:
            constants[name] = taken
            continue
        held = batch.held.get(name)
        constants[name] = np.where(given != futures.own[name] if held is None else held,
                                   given, taken)  # fmt: skip
    for name, (years, drawn) in futures.series.items():
        series[name] = merge_series(series.get(name), (years, drawn[rows]))
    # The futures are in it now: nothing is left that a scenario could be asked for.
    return replace(batch, constants=constants, series=series, held={})


def read_future_sources(model: Model, catalogue: Catalogue) -> FutureSources:
    """Read what the futures of a model are drawn from.

    Raises
    ------
    InputErrors
        Everything that is wrong with it; also a number that is both fitted and in `futures.yaml`.
    """
    folder = model.path.parent
    paths = [folder / POSTERIOR, folder / FUTURES]
    found = [path for path in paths if path.is_file()]
    if not found:
        expected = f"{POSTERIOR} or {FUTURES} beside {show_path(model.path)}"
        raise InputError(f"{model.name} says nothing of its futures", None, expected)
    posterior = read_posterior(paths[0], model) if paths[0] in found else None
    factors = _read_file(paths[1], model, catalogue) if paths[1] in found else ()
    raise_all(_check_fitted_twice(factors, posterior, model))
    hashed = hashlib.sha256(b"".join(hashlib.sha256(p.read_bytes()).digest() for p in found))
    return FutureSources(posterior, factors, hashed.hexdigest(), _doubt(posterior, paths[0], model))


def _doubt(posterior: Posterior | None, path: Path, model: Model) -> tuple[str, ...]:
    if posterior is None:
        return (f"{model.name} has no draws of fitted parameters: its futures are ranges alone",)
    if posterior.model_digest and posterior.model_digest != model.digest:
        return (f"{show_path(path)} was drawn with another state of the model; calibrate it again",)
    return ()


def _read_file(path: Path, model: Model, catalogue: Catalogue) -> tuple[Factor, ...]:
    tree = parse_yaml(read_text(path), show_path(path))
    validate(tree, FuturesFile)
    assert isinstance(tree, MapNode)
    vary = tree.get("vary")
    factors, errors, _ = read_factors(vary, index_vocabulary(model, catalogue), path)
    raise_all([*errors, *_check_founded(factors)])
    return factors


def _check_founded(factors: Sequence[Factor]) -> Iterator[InputError]:
    for factor in factors:
        if factor.role not in {Role.DRIVER, Role.PARAMETER}:
            problem = f"{factor.label} is a {factor.role}: what a plan decides is no future"
            yield InputError(problem, factor.origin, "a parameter or a driver")
        missing = [name for name in ("grade", "source") if not _said(factor, name)]
        if missing:
            yield InputError(
                f"{factor.label} has no {' and no '.join(missing)}",
                factor.origin,
                "how well its range is founded, and on what",
            )


def _said(factor: Factor, name: str) -> str:
    return factor.grade if name == "grade" else factor.source.zh and factor.source.en


def _check_fitted_twice(
    factors: Sequence[Factor], posterior: Posterior | None, model: Model
) -> Iterator[InputError]:
    fitted = set(posterior.places) if posterior else set()
    for factor in factors:
        if factor.role is Role.DRIVER:
            continue
        dims = model.variables[factor.name].dims
        for element in list_elements(factor, model):
            place = tuple(model.dimensions[d].elements.index(e) for d, e in zip(dims, element))
            if (factor.name, place) in fitted:
                yield InputError(
                    f"{factor.label} is among the fitted parameters and has draws already",
                    factor.origin,
                    f"it in one place: {POSTERIOR} or {FUTURES}",
                )
                break


def read_posterior(path: Path, model: Model) -> Posterior:
    """Read a table of draws as `haihe calibrate` writes it.

    Raises
    ------
    InputErrors
        For columns that the model does not have, and cells that are no numbers.
    """
    shown = show_path(path)
    lines = read_text(path).splitlines()
    digest = next((x.split("digest ")[1].strip() for x in lines if _DIGEST in x), "")
    table = [(i, x) for i, x in enumerate(lines, 1) if x.strip() and not x.startswith("#")]
    rows = list(csv.reader(io.StringIO("\n".join(x for _, x in table))))
    if len(rows) < 2:
        raise InputError("holds no draws", Location(shown), "a header and rows of numbers")
    kept = [i for i, cell in enumerate(rows[0]) if cell.strip() not in _COLUMNS]
    columns = tuple(rows[0][i].strip() for i in kept)
    errors: list[InputError] = []
    places = tuple(
        _find_column_place(c, model, Location(shown, table[0][0]), errors) for c in columns
    )
    values = np.full((len(rows) - 1, len(kept)), np.nan)
    for row, (cells, (line, _)) in enumerate(zip(rows[1:], table[1:])):
        for column, i in enumerate(kept):
            number = read_number(cells[i].strip()) if i < len(cells) else None
            if number is None:
                problem = f"{columns[column]} has no number"
                errors.append(InputError(problem, Location(shown, line), "a number"))
                continue
            values[row, column] = number
    raise_all(errors[:20])
    return Posterior(columns, places, values, _group_columns(places, values), digest)


def _find_column_place(
    column: str, model: Model, where: Location, errors: list[InputError]
) -> tuple[str, tuple[int, ...]]:
    name, _, rest = column.partition("[")
    elements = [part.strip() for part in rest.rstrip("]").split(",")] if rest else []
    variable = model.variables.get(name)
    if variable is None or variable.kind is not Kind.CONSTANT:
        errors.append(InputError(f"{name} is no constant of {model.name}", where))
        return name, ()
    known = [model.dimensions[dim].elements for dim in variable.dims]
    if len(known) != len(elements) or any(e not in k for e, k in zip(elements, known)):
        errors.append(InputError(f"{column} is no element of {name}", where))
        return name, ()
    return name, tuple(k.index(e) for e, k in zip(elements, known))


def _group_columns(
    places: Sequence[tuple[str, tuple[int, ...]]], values: FloatArray
) -> tuple[tuple[int, ...], ...]:
    """Columns of one variable that keep their ratio over all draws: they were fitted as one."""
    groups: list[list[int]] = []
    for column, (name, _) in enumerate(places):
        for group in groups:
            if places[group[0]][0] == name and _is_alike(values[:, group[0]], values[:, column]):
                group.append(column)
                break
        else:
            groups.append([column])
    return tuple(tuple(group) for group in groups)


def _is_alike(first: FloatArray, second: FloatArray) -> bool:
    scale = float(first @ second) / max(float(first @ first), 1e-300)
    worst = float(np.max(np.abs(second - scale * first)))
    return worst <= _ALIKE * max(float(np.max(np.abs(second))), 1e-300)


def draw_posterior(posterior: Posterior, start: int, stop: int, seed: int) -> FloatArray:
    """Draws of the fitted parameters (future, column) for futures `start` to `stop`."""
    have = len(posterior.values)
    numbers = np.arange(start, stop)
    dealt = numbers[numbers < have]
    rows = posterior.values[permute(dealt, have, seed, "posterior")]
    if stop <= have:
        return rows
    return np.concatenate([rows, _smooth(posterior, max(start, have), stop, seed)])


def _smooth(posterior: Posterior, start: int, stop: int, seed: int) -> FloatArray:
    """Smoothed bootstrap: no wider than the draws, and with their mean and covariance."""
    from scipy.special import ndtri

    heads = [group[0] for group in posterior.groups]
    points = posterior.values[:, heads]
    have, count = points.shape
    taken = (draw_uniforms(seed, "bootstrap/draw", start, stop) * have).astype(int)
    bandwidth = (4.0 / ((count + 2) * have)) ** (1.0 / (count + 4))
    noise = np.stack(
        [ndtri(draw_uniforms(seed, f"bootstrap/{i}", start, stop)) for i in range(count)], axis=1
    )
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(points, rowvar=False)))
    steps = mix_columns(noise, (vectors * np.sqrt(np.maximum(values, 0.0))).T)
    keep, move = np.sqrt(max(1.0 - bandwidth**2, 0.0)), min(bandwidth, 1.0)
    centre = points.mean(axis=0)
    made = centre + keep * (points[taken] - centre) + move * steps
    made = np.clip(made, points.min(axis=0), points.max(axis=0))
    full = np.empty((stop - start, posterior.values.shape[1]))
    for place, group in enumerate(posterior.groups):
        first = posterior.values[:, group[0]]
        for column in group:
            ratio = float(first @ posterior.values[:, column]) / max(float(first @ first), 1e-300)
            full[:, column] = made[:, place] * ratio
    return full


def _own(constants: dict[str, FloatArray], name: str, model: Model, count: int) -> FloatArray:
    """Values (future, *dims) of a constant, made of the model's own at first use."""
    if name not in constants:
        own = np.asarray(model.variables[name].default, dtype=float)
        constants[name] = np.repeat(own[np.newaxis], count, axis=0)
    return constants[name]


def _fill(target: FloatArray, place: tuple[int, ...], column: FloatArray) -> None:
    index: tuple[Any, ...] = (slice(None), *place)
    target[index] = column


def change_constant(target: FloatArray, factor: Factor, values: FloatArray, model: Model) -> None:
    index: tuple[Any, ...] = (slice(None), *find_place(factor, model))
    part = target[index]
    spread = values.reshape(-1, *(1,) * (part.ndim - 1))
    if factor.change == "scale":
        target[index] = part * spread
    elif factor.change == "shift":
        target[index] = part + spread
    else:
        target[index] = spread
