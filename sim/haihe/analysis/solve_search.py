"""Search the unit cube with a library's optimisers: a population first, then slopes.

Targets are constraints, never penalties: differential evolution compares candidates by
feasibility first (Lampinen 2002), SLSQP carries constraints in its steps. Whatever either of them
looked at is remembered, so the best package met on the way is the answer even when a search is
stopped.

Sources: Storn & Price (1997), Journal of Global Optimization 11, 341; Lampinen (2002), CEC 2, 1468;
Kraft (1988), DFVLR-FB 88-28 (all unverified, from memory). The optimisers are scipy's.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from haihe.model.types import FloatArray

STEP = 1e-4
"""Step of a difference quotient, as a share of a band."""
INSIDE = 1e-7
"""How far inside a constraint SLSQP aims: its own tolerance would leave it just outside."""

Assess = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""From points (point, knob) to what is made least (point,) and constraints (point, constraint);
constraints are met where they are not negative."""


@dataclass(slots=True)
class Best:
    """The best point that was looked at; it grows."""

    point: FloatArray | None = None
    value: float = np.inf
    least: float = -np.inf
    """Worst constraint of the nearest miss, as long as nothing meets all of them."""
    miss: FloatArray | None = None
    met: list[tuple[float, FloatArray]] = field(default_factory=list)
    """Points that meet all constraints, in the order of their finding; thinned out."""

    def take(self, points: FloatArray, values: FloatArray, constraints: FloatArray) -> None:
        """Remember what is better than what was known."""
        worst = constraints.min(axis=1) if constraints.shape[1] else np.zeros(len(points))
        worst = np.where(np.isfinite(worst) & np.isfinite(values), worst, -np.inf)
        inside = np.flatnonzero(worst >= 0)
        if inside.size:
            first = inside[int(np.argmin(values[inside]))]
            if values[first] < self.value:
                self.point, self.value = points[first].copy(), float(values[first])
                self.met.append((self.value, self.point))
        near = int(np.argmax(worst))
        if worst[near] > self.least:
            self.least, self.miss = float(worst[near]), points[near].copy()


def remember(assess: Assess, best: Best) -> Assess:
    """`assess`, which keeps the best of what passes through it."""

    def assessed(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, constraints = assess(points)
        best.take(points, values, constraints)
        return values, constraints

    return assessed


def evolve(
    assess: Assess,
    starts: FloatArray,
    best: Best,
    seed: int,
    generations: int,
    size: int,
) -> None:
    """Differential evolution, whole populations at once; what it finds stands in `best`.

    Parameters
    ----------
    starts
        Points (point, knob) that are in the first population.
    """
    from scipy.optimize import NonlinearConstraint, differential_evolution
    from scipy.stats.qmc import LatinHypercube

    knobs = starts.shape[1]
    looked = _Memory(remember(assess, best))
    rest = max(5, size - len(starts))
    first = np.vstack([starts, LatinHypercube(knobs, rng=np.random.default_rng(seed)).random(rest)])
    limits = NonlinearConstraint(lambda x: looked.at(x.T)[1].T, 0.0, np.inf)
    constrained = looked.at(first)[1].shape[1] > 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an infeasible end, which `best` knows
        differential_evolution(
            lambda x: looked.at(x.T)[0] if x.size else np.zeros(0),
            [(0.0, 1.0)] * knobs,
            constraints=(limits,) if constrained else (),
            maxiter=generations,
            init=first,
            rng=np.random.default_rng(seed),
            polish=False,
            vectorized=True,
            updating="deferred",
            mutation=(0.4, 0.9),
            recombination=0.8,
            tol=1e-8,
        )


class _Memory:
    """The last population: scipy asks for constraints and for values one after the other."""

    def __init__(self, assess: Assess) -> None:
        self.assess = assess
        self.known: dict[bytes, tuple[float, FloatArray]] = {}

    def at(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values and constraints; only points that are new are run."""
        points = np.atleast_2d(points)
        keys = [row.tobytes() for row in np.ascontiguousarray(points)]
        new = list({key: i for i, key in enumerate(keys) if key not in self.known}.values())
        if new:
            values, constraints = self.assess(points[new])
            if len(self.known) > 20_000:
                self.known = {key: self.known[key] for key in keys if key in self.known}
            for i, value, row in zip(new, values, constraints, strict=True):
                self.known[keys[i]] = (float(value), row)
        found = [self.known[key] for key in keys]
        values = np.array([value for value, _ in found])
        return np.asarray(np.where(np.isfinite(values), values, 1e300)), np.nan_to_num(
            np.stack([row for _, row in found]), nan=-1e6, posinf=1e6, neginf=-1e6
        )


def polish(assess: Assess, start: FloatArray, best: Best, steps: int = 40) -> FloatArray:
    """Follow slopes from a point; returns where it ended, and `best` keeps the best on the way."""
    from scipy.optimize import minimize

    looked = _Slopes(remember(assess, best))
    scale = max(abs(looked.at(start)[0]), 1e-12)
    constrained = looked.at(start)[1].size > 0
    limits = {
        "type": "ineq",
        "fun": lambda x: looked.at(x)[1] - INSIDE,
        "jac": lambda x: looked.slopes(x)[1],
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = minimize(
            lambda x: looked.at(x)[0] / scale,
            np.clip(start, 0.0, 1.0),
            jac=lambda x: looked.slopes(x)[0] / scale,
            bounds=[(0.0, 1.0)] * len(start),
            constraints=[limits] if constrained else [],
            method="SLSQP",
            options={"maxiter": steps, "ftol": 1e-9},
        )
    return np.asarray(np.clip(found.x, 0.0, 1.0), dtype=float)


class _Slopes:
    """Value, constraints and their slopes at a point, each run once."""

    def __init__(self, assess: Assess) -> None:
        self.assess = assess
        self.known: dict[bytes, tuple[float, FloatArray]] = {}
        self.slope: dict[bytes, tuple[FloatArray, FloatArray]] = {}

    def at(self, point: FloatArray) -> tuple[float, FloatArray]:
        """Value and constraints."""
        point = np.clip(point, 0.0, 1.0)
        key = point.tobytes()
        if key not in self.known:
            values, constraints = self.assess(point[np.newaxis])
            self.known[key] = (_finite(values[0]), np.nan_to_num(constraints[0], nan=-1e6))
        return self.known[key]

    def slopes(self, point: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Slopes (knob,) and (constraint, knob), by one batch of difference quotients."""
        point = np.clip(point, 0.0, 1.0)
        key = point.tobytes()
        if key not in self.slope:
            value, constraints = self.at(point)
            steps = np.where(point > 0.5, -STEP, STEP)
            values, rows = self.assess(point + np.diag(steps))
            along = (np.array([_finite(v) for v in values]) - value) / steps
            across = (np.nan_to_num(rows, nan=-1e6) - constraints) / steps[:, None]
            self.slope[key] = (along, across.T)
        return self.slope[key]


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else 1e12
