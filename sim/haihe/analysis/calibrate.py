"""Fit the free parameters of a model: block by block in causal order, then all together.

Weighted least squares in logarithms with priors: the maximum of the posterior density. Intervals
are Laplace's, from the curvature at that maximum; where a parameter rests on a bound or the
posterior is skewed, the sampler of `haihe.analysis.posterior` says more.

Sources: partial-model calibration after Homer (2012), System Dynamics Review 28(3), and Sterman
(2000), Business Dynamics, chapter 21 (both unverified, from memory).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from haihe.analysis.fit_problem import (
    Problem,
    Whitener,
    find_box,
    find_residuals,
    predict,
    to_coordinates,
    to_values,
    whiten,
)
from haihe.model.types import FloatArray

LEVEL = 0.9
"""Probability of the intervals."""
DEVIATE = 1.6448536269514722
"""Normal deviate of the upper end of that interval."""
CANDIDATES = 256
"""Latin-hypercube members from which each search starts."""
STARTS = 3
"""Best of them that are followed to the bottom."""
STEP = 1e-4
"""Step of central differences, as a part of a parameter's box."""

Progress = Callable[[int, int], None]
Residuals = Callable[[FloatArray], FloatArray]
"""Residuals (member, residual) of coordinates (member, parameter)."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One parameter after the fit, in its own unit."""

    name: str
    block: str
    unit: str
    centre: float
    """Of the prior."""
    prior: tuple[float, float]
    """Interval of the prior, within the bounds."""
    value: float
    interval: tuple[float, float]
    staged: float
    """Value after its own block, before the polish."""
    learned: float
    """Part of the prior's variance that the data took away; 0 where they say nothing."""
    at_bound: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """A fit, and what it was made of."""

    until: int
    estimates: tuple[Estimate, ...]
    coordinates: FloatArray
    """Maximum of the posterior (parameter,)."""
    covariance: FloatArray
    """Of the coordinates (parameter, parameter)."""
    correlation: FloatArray
    misfit: float
    """Sum of squared residuals of the data."""
    prior_misfit: float
    residuals: int
    """Number of data residuals."""
    spread: tuple[tuple[str, float], ...]
    """By series: root mean square of its whitened residuals; 1 where `error` is right."""
    agreed: int
    """Of the starts of the last search, how many ended in the same place."""

    @property
    def values(self) -> FloatArray:
        """Fitted values (parameter,)."""
        return np.array([estimate.value for estimate in self.estimates])


def fit(
    problem: Problem, until: int, seed: int | None = None, progress: Progress | None = None
) -> Fit:
    """Fit all free parameters to the observations up to a year.

    Parameters
    ----------
    seed
        Of the starting points; None: the calibration's own.
    """
    draw = np.random.default_rng(problem.calibration.seed if seed is None else seed)
    parameters = problem.parameters
    current = to_coordinates(parameters, np.array([p.centre for p in parameters]))
    stages = [*problem.calibration.blocks, ("", None)]
    staged = current
    agreed = 0
    for number, (block, names) in enumerate(stages):
        free = [i for i, p in enumerate(parameters) if p.block == block or not block]
        staged = current
        current, agreed = _search(problem, whiten(problem, until, names), current, free, draw)
        if progress:
            progress(number + 1, len(stages))
    return _conclude(problem, until, current, staged, agreed)


def _search(
    problem: Problem,
    whiteners: Sequence[Whitener],
    current: FloatArray,
    free: list[int],
    draw: np.random.Generator,
) -> tuple[FloatArray, int]:
    """Best coordinates with some parameters free, and how many starts ended there."""
    low, high = (ends[free] for ends in find_box(problem.parameters))

    def residuals(places: FloatArray) -> FloatArray:
        whole = np.repeat(current[None], len(places), axis=0)
        whole[:, free] = places
        return find_residuals(problem, whiteners, whole)

    found, agreed = minimise(residuals, current[free], low, high, draw)
    best = current.copy()
    best[free] = found
    return best, agreed


def minimise(
    residuals: Residuals,
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
    draw: np.random.Generator,
) -> tuple[FloatArray, int]:
    """Least squares within a box, from the start and from the best of a Latin hypercube.

    Returns
    -------
    The best place, and how many of the starts came within a thousandth of its misfit.
    """
    from scipy.optimize import least_squares

    ends = []
    for place in _choose_starts(residuals, start, low, high, draw):
        done = least_squares(
            lambda x: residuals(x[None])[0],
            place,
            jac=lambda x: find_jacobian(residuals, x, low, high),
            bounds=(low, high),
            x_scale=high - low,
            xtol=1e-10,
            ftol=1e-10,
            gtol=1e-10,
        )
        ends.append((float(done.cost), np.asarray(done.x)))
    costs = np.array([cost for cost, _ in ends])
    best = int(costs.argmin())
    return ends[best][1], int((costs <= costs[best] * 1.001 + 1e-12).sum())


def _choose_starts(
    residuals: Residuals,
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
    draw: np.random.Generator,
) -> FloatArray:
    from scipy.stats import qmc

    unit = qmc.LatinHypercube(len(start), rng=draw).random(CANDIDATES)
    places = low + unit * (high - low)
    costs = (residuals(places) ** 2).sum(axis=1)
    inside = np.clip(start, low + 1e-6 * (high - low), high - 1e-6 * (high - low))
    return np.concatenate([inside[None], places[np.argsort(costs)[: STARTS - 1]]])


def find_jacobian(
    residuals: Residuals, place: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Slopes of the residuals (residual, parameter), all members of the differences at once."""
    steps = np.diag(STEP * (high - low))
    above, below = np.minimum(place + steps, high), np.maximum(place - steps, low)
    both = residuals(np.concatenate([above, below]))
    wide = np.diag(above - below)
    return np.asarray(((both[: len(place)] - both[len(place) :]) / wide[:, None]).T)


def _conclude(
    problem: Problem, until: int, best: FloatArray, staged: FloatArray, agreed: int
) -> Fit:
    """Intervals, correlations and what was learned, at the maximum."""
    whiteners = whiten(problem, until)
    low, high = find_box(problem.parameters)

    def residuals(places: FloatArray) -> FloatArray:
        return find_residuals(problem, whiteners, places)

    slopes = find_jacobian(residuals, best, low, high)
    covariance: FloatArray = np.asarray(np.linalg.pinv(slopes.T @ slopes), dtype=np.float64)
    sd = np.sqrt(np.diag(covariance))
    at_best = residuals(best[None])[0]
    data = at_best[: len(at_best) - len(best)]
    predicted = predict(problem, to_values(problem.parameters, best[None]))
    spread = [
        (w.name, float(np.sqrt(np.mean(w.residuals(predicted[w.name]) ** 2)))) for w in whiteners
    ]
    return Fit(
        until=until,
        estimates=_estimate(problem, best, staged, sd),
        coordinates=best,
        covariance=covariance,
        correlation=covariance / np.outer(sd, sd),
        misfit=float((data**2).sum()),
        prior_misfit=float((at_best[len(data) :] ** 2).sum()),
        residuals=len(data),
        spread=tuple(spread),
        agreed=agreed,
    )


def _estimate(
    problem: Problem, best: FloatArray, staged: FloatArray, sd: FloatArray
) -> tuple[Estimate, ...]:
    parameters = problem.parameters
    low, high = find_box(parameters)
    centre = to_coordinates(parameters, np.array([p.centre for p in parameters]))
    spread = np.array([p.spread for p in parameters])
    rows = [best, best - DEVIATE * sd, best + DEVIATE * sd, staged]
    rows += [centre - DEVIATE * spread, centre + DEVIATE * spread]
    value, least, most, before, prior_low, prior_high = (
        to_values(parameters, np.clip(row, low, high)) for row in rows
    )
    margin = 1e-4 * (high - low)
    return tuple(
        Estimate(
            name=p.name,
            block=p.block,
            unit="1" if p.factor else p.variable.units,
            centre=p.centre,
            prior=(float(prior_low[i]), float(prior_high[i])),
            value=float(value[i]),
            interval=(float(least[i]), float(most[i])),
            staged=float(before[i]),
            learned=float(max(0.0, 1 - (sd[i] / spread[i]) ** 2)),
            at_bound=bool(min(best[i] - low[i], high[i] - best[i]) < margin[i]),
        )
        for i, p in enumerate(parameters)
    )
