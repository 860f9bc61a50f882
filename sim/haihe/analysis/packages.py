"""Several packages, not one: what else would do at nearly the same cost.

Modelling to generate alternatives: among all packages that meet the targets within a little more
than the least cost, go as far as possible in many directions, and keep those that lie farthest from
one another.

Sources: Brill, Chang & Hopkins (1982), Management Science 28, 221; Berntsen & Trutnevyte (2017),
Energy 135, 1021 (both unverified, from memory).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from haihe.analysis.solve_evaluate import OutOfBudget
from haihe.analysis.solve_problem import Problem
from haihe.analysis.solve_search import Assess, Best, polish
from haihe.model.types import FloatArray

STEPS = 12
"""Steps of each walk: a direction is followed, it need not be followed to its very end."""
APART = 0.02
"""Packages whose levers differ by less, on the mean share of their bands, are one package."""


def find_alternatives(
    problem: Problem, optimum: FloatArray, least: float, within: float, count: int, seed: int
) -> list[FloatArray]:
    """Points (active,) that differ from the optimum and from one another, farthest first.

    Parameters
    ----------
    least
        What the optimum comes to.
    within
        How much more an alternative may, as a share of it.
    """
    allowed = least + within * abs(least)
    found: list[FloatArray] = []
    try:
        for weights in list_directions(optimum, 3 * count + 2, seed):
            best = Best()
            polish(_lean(problem, weights, allowed), optimum, best, STEPS)
            if best.point is not None:
                found.append(best.point)
    except (OutOfBudget, KeyboardInterrupt):
        problem.evaluate.ledger.limit = problem.evaluate.ledger.limit or "stopped"
    return pick_farthest([optimum, *found], count)


def list_directions(optimum: FloatArray, count: int, seed: int) -> Iterator[FloatArray]:
    """Directions (active,) to be made least: first away from what the optimum uses."""
    rng = np.random.default_rng([seed, 11])
    away = np.where(optimum > 0.5, 1.0, -1.0)
    yield away
    for _ in range(count - 1):
        keep = rng.random(len(optimum)) < 0.5
        yield np.where(keep, away * rng.random(len(optimum)), rng.normal(size=len(optimum)))


def _lean(problem: Problem, weights: FloatArray, allowed: float) -> Assess:
    scale = max(abs(allowed), 1e-9)

    def assess(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, constraints = problem.assess(points)
        room = (allowed - values)[:, None] / scale
        return points @ weights / len(weights), np.hstack([constraints, room])

    return assess


def pick_farthest(points: Sequence[FloatArray], count: int) -> list[FloatArray]:
    """Of points, the first left out, those that lie farthest from it and from one another."""
    chosen, rest = [points[0]], list(points[1:])
    while rest and len(chosen) < count:
        gaps = [min(distance(point, one) for one in chosen) for point in rest]
        far = int(np.argmax(gaps))
        if gaps[far] < APART:
            break
        chosen.append(rest.pop(far))
    return chosen[1:]


def distance(one: FloatArray, other: FloatArray) -> float:
    """Mean difference of two points, as a share of the bands."""
    return float(np.mean(np.abs(one - other)))


def tidy(problem: Problem, point: FloatArray, allowed: float) -> FloatArray:
    """The same package in numbers that can be said, where it stays a package and costs no more.

    Each lever goes to the nearest hundredth of its band that keeps the targets, the scenario's own
    value first where it is near; the costs may rise to `allowed`.
    """
    base = problem.extract(np.array([_share(problem, i) for i in range(_width(problem))]))
    try:
        for knob in range(len(point)):
            tries = np.repeat(point[np.newaxis], 4, axis=0)
            low = np.floor(point[knob] * 100) / 100
            near = abs(base[knob] - point[knob]) < 0.005
            options = [base[knob] if near else point[knob], low, min(low + 0.01, 1.0), point[knob]]
            tries[:, knob] = options
            values, constraints = problem.assess(tries)
            good = (constraints.min(axis=1) >= 0) & (values <= allowed)
            order = [0, 1, 2] if near else ([1, 2] if point[knob] - low < 0.005 else [2, 1])
            pick = next((i for i in order if good[i]), 3)
            point = tries[pick]
    except (OutOfBudget, KeyboardInterrupt):
        problem.evaluate.ledger.limit = problem.evaluate.ledger.limit or "stopped"
    return point


def _width(problem: Problem) -> int:
    return len(problem.evaluate.task.knobs)


def _share(problem: Problem, knob: int) -> float:
    from haihe.analysis.solve_evaluate import to_share

    one = problem.evaluate.task.knobs[knob]
    return to_share(one, one.base)


def without(problem: Problem, goal: int) -> Problem:
    """The problem with one target left out."""
    return replace(problem, held=tuple(h and i != goal for i, h in enumerate(problem.held)))
