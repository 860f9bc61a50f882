"""When it cannot be done: how far each target can be brought, what binds, what would do instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from haihe.analysis.solve_evaluate import OutOfBudget, base_point
from haihe.analysis.solve_problem import (
    Problem,
    at_confidence,
    best_of,
    holding,
    shifting,
)
from haihe.analysis.solve_screen import Screen, join, screen_from
from haihe.analysis.solve_search import Assess, Best, evolve, polish
from haihe.analysis.solve_task import Knob, Task
from haihe.model.types import FloatArray
from haihe.results.solution import Band, Reach

TOLERANCE = 1e-6
"""Scaled margin above which a search has beaten a corner."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A change that would do, before it is told to people."""

    kind: str
    shifts: tuple[float, ...]
    """(goal,): how much is let off each target, in its unit; not negative."""
    point: FloatArray
    """(active,)."""
    knobs: tuple[Knob, ...] = ()
    """Knobs with the bands that would do; () where bands stay."""


def find_reach(problem: Problem, plain: Problem, screen: Screen, goal: int, seed: int) -> Reach:
    """The best that the levers can do for one target alone.

    Where every lever only helps or only harms, wherever it was sampled and also from the helpful
    corner, that corner is the best there is. A search that begins there may beat it all the same,
    and then says so.

    Parameters
    ----------
    plain
        The problem without futures, for sampling.
    """
    task = problem.evaluate.task
    corner = screen.helpful(goal)
    seen = join(screen, screen_from(plain.evaluate, _around(corner, seed)))
    alone = holding(problem, ())
    assess = best_of(alone, goal)
    start = alone.extract(corner)
    at_corner = -float(assess(start[np.newaxis])[0][0])
    best = Best()
    mixed = seen.mixed(goal)
    if at_corner < 0:
        polish(assess, start, best, 15)
        evolve(assess, start[np.newaxis], best, seed, 12, max(20, len(start)))
    top = max(at_corner, -best.value if best.point is not None else -np.inf)
    point = start if best.point is None or top == at_corner else best.point
    margin = top * problem.scales[goal]
    sign = task.goals[goal].sign
    return Reach(
        task.goals[goal].aim.id,
        problem.thresholds[goal] + sign * margin,
        top >= 0,
        not mixed.any(),
        seen.samples,
        top > at_corner + TOLERANCE,
        tuple(_binding(alone, seen, goal, point)),
    )


def _around(corner: FloatArray, seed: int) -> FloatArray:
    """The corner and two places on the way to it."""
    rng = np.random.default_rng([seed, 13])
    near = corner + (rng.random((2, len(corner))) - corner) * 0.3
    return np.vstack([corner[np.newaxis], near])


def _binding(problem: Problem, screen: Screen, goal: int, point: FloatArray) -> Iterator[str]:
    """Bands at the end at which they help, strongest first."""
    knobs = problem.evaluate.task.knobs
    effect = np.maximum(screen.up[:, goal], -screen.down[:, goal])
    rising = screen.up[:, goal] >= -screen.down[:, goal]
    full = problem.embed(point)[0]
    for knob in np.argsort(-effect):
        at_end = full[knob] >= 1 - 1e-6 if rising[knob] else full[knob] <= 1e-6
        if effect[knob] > 1e-3 * effect.max() and at_end and knob in problem.active:
            yield knobs[int(knob)].band.id


def relax_targets(problem: Problem, start: FloatArray) -> Relaxed | None:
    """The smallest weighted relaxation of the targets together."""
    weights = np.array([goal.weight for goal in problem.evaluate.task.goals])
    goals = len(weights)
    values = problem.run(start)
    missed = -_alone(problem, problem.margins(values))[0] / np.array(problem.scales)
    reach = np.maximum(2.0 * np.maximum(missed, 0.0), 0.5)
    first = np.concatenate([start, np.clip(np.maximum(missed, 0.0) * 1.05 / reach, 0.0, 1.0)])

    def assess(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        inner, relief = points[:, :-goals], points[:, -goals:] * reach
        rows = problem.constraints(problem.run(inner), relief)
        return relief @ weights, rows

    best = Best()
    _walk(assess, first, best)
    if best.point is None:
        return None
    relief = best.point[-goals:] * reach
    wanted = [
        float(r * s) if r > 1e-5 else 0.0 for r, s in zip(relief, problem.scales, strict=True)
    ]
    return _settle(problem, "targets", wanted, best.point[:-goals])


def relax_one(problem: Problem, goal: int, start: FloatArray, seed: int) -> Relaxed | None:
    """How much has to be let off one target while all others stay as asked."""
    others = holding(problem, [i for i, h in enumerate(problem.held) if h and i != goal])
    best = Best()
    _walk(best_of(others, goal), start, best)
    if best.point is None and any(others.held):
        evolve(best_of(others, goal), start[np.newaxis], best, seed, 15, max(30, len(start)))
    if best.point is None:
        return None
    values = problem.run(best.point)
    margin = float(_alone(problem, problem.margins(values))[0, goal])
    for extra in (1.0, 1.01, 1.03, 1.1, 1.3):
        # Together, the futures that fail one target may not be those that fail another.
        wanted = [0.0] * len(problem.held)
        wanted[goal] = max(-margin, 0.0) * extra
        found = _settle(problem, "target", wanted, best.point)
        if found is not None:
            return found
    return None


def relax_bounds(problem: Problem, start: FloatArray) -> Relaxed | None:
    """The smallest widening of the bands, within the model's own limits, that meets all targets."""
    task = problem.evaluate.task
    wide = tuple(_widen(task, knob) for knob in task.knobs)
    if all(one.least == k.least and one.most == k.most for one, k in zip(wide, task.knobs)):
        return None
    wider = replace(problem, evaluate=replace(problem.evaluate, task=replace(task, knobs=wide)))
    old = [task.knobs[i] for i in problem.active]
    new = [wide[i] for i in problem.active]
    width = np.array([max(k.most - k.least, 1e-12) for k in old])
    span = np.array([one.most - one.least for one in new])
    low = np.array([k.least - one.least for k, one in zip(old, new, strict=True)])
    high = np.array([k.most - one.least for k, one in zip(old, new, strict=True)])

    def beyond(points: FloatArray) -> FloatArray:
        turned = points * span
        out = np.maximum(low - turned, 0.0) + np.maximum(turned - high, 0.0)
        return np.asarray(out / width)

    def assess(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        return beyond(points).sum(axis=1), problem_rows(wider, points)

    first = np.clip((low + start * np.array([k.most - k.least for k in old])) / span, 0.0, 1.0)
    best = Best()
    for begin in (first, np.where(start > 0.5, 1.0, 0.0)):
        _walk(assess, begin, best)
    if best.point is None:
        return None
    reached = [k.least + p * s for k, p, s in zip(new, best.point, span, strict=True)]
    knobs = list(task.knobs)
    for place, value in zip(problem.active, reached, strict=True):
        knob = knobs[place]
        small = 1e-4 * max(knob.most - knob.least, 1e-12)
        least = value if value < knob.least - small else knob.least
        most = value if value > knob.most + small else knob.most
        band = _stretch(knob, least, most)
        knobs[place] = replace(knob, least=least, most=most, band=band)
    final = replace(
        problem, evaluate=replace(problem.evaluate, task=replace(task, knobs=tuple(knobs)))
    )
    turned = np.array([knobs[i] for i in problem.active], dtype=object)
    shares = np.array(
        [(v - k.least) / max(k.most - k.least, 1e-300) for v, k in zip(reached, turned)]
    )
    point = np.clip(shares, 0.0, 1.0)
    rows = problem_rows(final, point[np.newaxis])
    if rows.min() < 0:
        return None
    return Relaxed("bounds", (0.0,) * len(problem.held), point, tuple(knobs))


def _stretch(knob: Knob, least: float, most: float) -> Band:
    """The band as people see it, with other ends."""
    band = knob.band
    width = knob.most - knob.least
    factor = (band.most - band.least) / width if width else 1.0
    return replace(
        band,
        least=band.least + (least - knob.least) * factor,
        most=band.most + (most - knob.most) * factor,
    )


def _widen(task: Task, knob: Knob) -> Knob:
    """A knob that may go to the model's own limits."""
    if knob.part != "value":
        return knob
    low, high = task.model.variables[knob.lever].limits
    least = knob.least if low is None else min(float(low), knob.least)
    most = knob.most if high is None else max(float(high), knob.most)
    return replace(knob, least=least, most=most)


def problem_rows(problem: Problem, points: FloatArray) -> FloatArray:
    """Constraints of points."""
    return problem.constraints(problem.run(points))


def _alone(problem: Problem, margins: FloatArray) -> FloatArray:
    """(point, goal): margin of each target at the asked confidence."""
    if problem.confidence == 0:
        return np.asarray(margins[:, :, 0])
    return at_confidence(margins, problem.confidence)


def _walk(assess: Assess, start: FloatArray, best: Best) -> None:
    end = polish(assess, start, best, 25)
    polish(assess, best.point if best.point is not None else end, best, 15)


def _round_up(shift: float, extra: int = 0) -> float:
    """Three digits, upwards: a relaxation is said in round numbers."""
    if shift <= 1e-12:
        return 0.0
    step = 10.0 ** (np.floor(np.log10(shift)) - 2)
    # A search stops a hair outside; that is no reason for a step more.
    return float((np.ceil(shift / step - 1e-2) + extra) * step)


def _settle(
    problem: Problem, kind: str, wanted: Sequence[float], point: FloatArray
) -> Relaxed | None:
    """Round numbers that are enough, as small as they can be."""
    for extra in (0, 1, 2):
        found = _verify(problem, kind, [_round_up(shift, extra) for shift in wanted], point)
        if found is not None:
            return found
    return None


def _verify(problem: Problem, kind: str, shifts: list[float], point: FloatArray) -> Relaxed | None:
    """The relaxation, if the point meets the relaxed task."""
    easier = shifting(problem, [-shift for shift in shifts])
    if problem_rows(easier, point[np.newaxis]).min() < 0:
        return None
    return Relaxed(kind, tuple(shifts), point)


def starts_for(problem: Problem, screen: Screen) -> FloatArray:
    """Places (place, active) to begin from: the scenario, each target's corner, their consensus."""
    goals = [i for i, held in enumerate(problem.held) if held]
    corners = [screen.helpful(goal) for goal in goals]
    base = base_point(problem.evaluate.task.knobs)
    points = [
        base,
        *corners,
        np.mean(corners, axis=0) if corners else base,
        np.full(len(base), 0.5),
    ]
    return np.unique(np.stack([problem.extract(point) for point in points]), axis=0)


__all__ = [
    "OutOfBudget",
    "Relaxed",
    "find_reach",
    "relax_bounds",
    "relax_one",
    "relax_targets",
    "starts_for",
]
