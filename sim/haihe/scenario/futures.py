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

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from haihe.errors import InputError
from haihe.model.types import FloatArray, Model
from haihe.scenario.factors import Factor, find_place
from haihe.scenario.futures_posterior import draw_posterior
from haihe.scenario.futures_read import FutureSources, read_future_sources
from haihe.scenario.series import change_series, merge_series
from haihe.scenario.uniforms import draw_uniforms
from haihe.scenario.values import Batch, Role
from haihe.scenario.vocabulary import index_vocabulary
from haihe.text import Text

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue


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


def draw_futures(model: Model, catalogue: Catalogue, count: int, seed: int = 0) -> Futures:
    """Draw futures of a model.

    Raises
    ------
    InputErrors
        Where the model has none, where what they are drawn from is wrong, or for a count that
        cannot be.
    """
    if count < 1:
        raise InputError(
            Text(f"未来数为 {count}", f"{count} futures"), None, Text("至少一个", "at least one")
        )
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
