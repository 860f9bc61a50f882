"""Which levers move which targets, and which way: before anything is searched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from haihe.analysis.solve_evaluate import Evaluator, base_point
from haihe.model.types import FloatArray

LEVELS = (0.0, 0.5, 1.0)
NOTHING = 1e-9
"""Share of a target's spread below which a change is rounding."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What turning one knob at a time does, seen from several places."""

    up: FloatArray
    """(knob, goal): greatest gain of a target's margin per stretch of a band, in its unit; >= 0."""
    down: FloatArray
    """(knob, goal): greatest loss; <= 0."""
    cost: FloatArray
    """(knob,): greatest change of the objective, whichever way."""
    scales: FloatArray
    """(goal,): how far a target moves over all that was looked at."""
    samples: int
    """Points that were run."""

    @property
    def moves(self) -> FloatArray:
        """(knob,): greatest change of any target, as a share of its spread."""
        size = np.maximum(self.up, -self.down) / self.scales
        return np.asarray(size.max(axis=1))

    def helpful(self, goal: int) -> FloatArray:
        """The corner (knob,) at which every lever helps a target as much as it can."""
        return np.where(self.up[:, goal] >= -self.down[:, goal], 1.0, 0.0)

    def mixed(self, goal: int) -> FloatArray:
        """(knob,): both helped and harmed a target, here or there."""
        small = 1e-6 * self.scales[goal]
        return np.asarray((self.up[:, goal] > small) & (self.down[:, goal] < -small))


def screen_knobs(evaluate: Evaluator, seed: int, places: int = 6) -> Screen:
    """Turn each knob over its whole band, from the scenario, the middle, both ends and elsewhere.

    Parameters
    ----------
    evaluate
        Without futures: what a lever does at all shows in one of them.
    """
    knobs = len(evaluate.task.knobs)
    rng = np.random.default_rng([seed, 7])
    grounds = [
        base_point(evaluate.task.knobs),
        np.full(knobs, 0.5),
        np.zeros(knobs),
        np.ones(knobs),
    ]
    grounds += list(rng.random((places - 4, knobs)))
    return screen_from(evaluate, np.stack(grounds))


def screen_from(evaluate: Evaluator, grounds: FloatArray) -> Screen:
    """The same, seen from given places (place, knob)."""
    knobs = grounds.shape[1]
    points = np.repeat(grounds[:, None, None], knobs, axis=1).repeat(len(LEVELS), axis=2)
    for knob in range(knobs):
        points[:, knob, :, knob] = LEVELS
    values = evaluate(points.reshape(-1, knobs))
    shape = (len(grounds), knobs, len(LEVELS))
    signs = np.array([goal.sign for goal in evaluate.task.goals])
    margins = values.numbers[:, :, 0] * signs
    spread = np.nanmax(margins, axis=0) - np.nanmin(margins, axis=0)
    size = np.nanmax(np.abs(margins), axis=0)
    steps = np.diff(margins.reshape(*shape, -1), axis=2)
    cost = values.cost.reshape(shape)
    return Screen(
        np.nan_to_num(np.maximum(steps, 0).max(axis=(0, 2))),
        np.nan_to_num(np.minimum(steps, 0).min(axis=(0, 2))),
        np.nan_to_num((cost.max(axis=2) - cost.min(axis=2)).max(axis=0)),
        np.where(spread > NOTHING * size, spread, np.maximum(size, 1.0)),
        int(np.prod(shape)),
    )


def join(one: Screen, other: Screen) -> Screen:
    """What two looks saw together; scales stay those of the first."""
    return Screen(
        np.maximum(one.up, other.up),
        np.minimum(one.down, other.down),
        np.maximum(one.cost, other.cost),
        one.scales,
        one.samples + other.samples,
    )
