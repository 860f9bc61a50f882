"""A search problem: which knobs are turned, which targets hold, at which confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from haihe.analysis.solve_evaluate import Evaluator, Values, base_point
from haihe.analysis.solve_search import Assess
from haihe.model.types import FloatArray
from haihe.results.solution import Reached


@dataclass(frozen=True, slots=True)
class Problem:
    """What is searched: frozen, so that a price is another problem and not a changed one."""

    evaluate: Evaluator
    active: tuple[int, ...]
    """Knobs that are turned; the others stay as in the scenario."""
    thresholds: tuple[float, ...]
    """One for each goal of the task, in its unit."""
    held: tuple[bool, ...]
    """Goals that count."""
    scales: tuple[float, ...]
    """What a margin is divided by, so that targets of different units compare."""
    confidence: float
    """Share of the futures; 0: there is one future, the model's own."""
    each: bool
    tie: float
    """Cost of one unit of effort where two packages cost the same; 0 where effort is the cost."""

    def embed(self, points: FloatArray) -> FloatArray:
        """Points of the searched cube (point, active) as points of all knobs (point, knob)."""
        points = np.atleast_2d(points)
        full = np.repeat(base_point(self.evaluate.task.knobs)[np.newaxis], len(points), axis=0)
        full[:, list(self.active)] = points
        return full

    def extract(self, full: FloatArray) -> FloatArray:
        """The way back (…, active), held inside."""
        return np.asarray(np.clip(np.asarray(full)[..., list(self.active)], 0.0, 1.0))

    def run(self, points: FloatArray) -> Values:
        """Values of points of the searched cube."""
        return self.evaluate(self.embed(points))

    def margins(self, values: Values) -> FloatArray:
        """(point, goal, future): how much better than asked for, in each target's unit."""
        signs = np.array([goal.sign for goal in self.evaluate.task.goals])[None, :, None]
        limits = np.array(self.thresholds)[None, :, None]
        return np.asarray(signs * (values.numbers - limits))

    def constraints(self, values: Values, relief: FloatArray | None = None) -> FloatArray:
        """(point, constraint): met where not negative; scaled.

        Parameters
        ----------
        relief
            (point, goal): what is let off each target, in scales.
        """
        kept = [i for i, held in enumerate(self.held) if held]
        scaled = self.margins(values)[:, kept] / np.array(self.scales)[kept][None, :, None]
        if relief is not None:
            scaled = scaled + relief[:, kept, None]
        if self.confidence == 0:
            return np.asarray(scaled[:, :, 0])
        if not self.each and kept:
            scaled = scaled.min(axis=1, keepdims=True)
        return at_confidence(scaled, self.confidence)

    def worth(self, points: FloatArray, values: Values) -> FloatArray:
        """What is made least (point,): the cost, and effort where costs are equal."""
        if self.tie == 0:
            return values.cost
        return values.cost + self.tie * self.evaluate.effort(self.embed(points))

    def assess(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What is made least, and the constraints."""
        values = self.run(points)
        return self.worth(points, values), self.constraints(values)


def at_confidence(margins: FloatArray, confidence: float) -> FloatArray:
    """Margin (…,) that is reached in the asked share of the futures (last axis).

    It is an order statistic: not negative exactly where enough futures have a margin that is not.
    """
    count = margins.shape[-1]
    needed = min(count, max(1, int(np.ceil(confidence * count - 1e-9))))
    safe = np.where(np.isfinite(margins), margins, -np.inf)
    ordered = -np.partition(-safe, needed - 1, axis=-1)
    return np.asarray(ordered[..., needed - 1])


def holding(problem: Problem, goals: Sequence[int]) -> Problem:
    """The problem with these goals alone."""
    return replace(problem, held=tuple(i in goals for i in range(len(problem.held))))


def shifting(problem: Problem, shifts: Sequence[float]) -> Problem:
    """The problem with thresholds moved: positive is stricter, in each target's unit."""
    signs = [goal.sign for goal in problem.evaluate.task.goals]
    moved = (t + s * d for t, s, d in zip(problem.thresholds, signs, shifts, strict=True))
    return replace(problem, thresholds=tuple(moved))


def worst_margin(problem: Problem) -> Assess:
    """Make the greatest the worst of the constraints, as a smooth task with one more knob.

    The last knob is the level that every constraint is held above, from -5 to 5 scales.
    """

    def assess(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        rows = problem.constraints(problem.run(points[:, :-1]))
        level = 10.0 * points[:, -1:] - 5.0
        return -level[:, 0], rows - level

    return assess


def best_of(problem: Problem, goal: int) -> Assess:
    """Make one target's margin the greatest, the constraints that are held kept."""

    def assess(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        values = problem.run(points)
        scaled = problem.margins(values)[:, goal] / problem.scales[goal]
        margin = at_confidence(scaled, problem.confidence) if problem.confidence else scaled[:, 0]
        held = any(problem.held)
        none = np.zeros((len(points), 0))
        return -margin, problem.constraints(values) if held else none

    return assess


def describe_reached(
    problem: Problem, nominal: Values, values: Values, at: int, tolerance: float = 1e-2
) -> tuple[tuple[Reached, ...], float]:
    """What a point does for every target, and the share of futures in which all are met."""
    margins = problem.margins(values)[at]
    plain = problem.margins(nominal)[at, :, 0]
    met = margins >= -1e-9 * np.maximum(1.0, np.abs(np.array(problem.thresholds)))[:, None]
    rows = []
    for i, goal in enumerate(problem.evaluate.task.goals):
        tight = (
            at_confidence(margins[i] / problem.scales[i], problem.confidence)
            if problem.confidence
            else margins[i, 0] / problem.scales[i]
        )
        rows.append(
            Reached(
                goal.aim.id,
                float(nominal.numbers[at, i, 0]),
                float(plain[i]),
                float(met[i].mean()),
                bool(tight < tolerance),
            )
        )
    share = met.all(axis=0).mean() if len(rows) else 1.0
    return tuple(rows), float(share)
