"""Everything that `docs/validation.md` says, measured in one go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from haihe.analysis.calibrate import Fit, Progress, fit
from haihe.analysis.fit_problem import Problem, Seen
from haihe.analysis.forecasts import Course, Rolled, Score, Split, draw_range, roll, score_split
from haihe.model.types import FloatArray

SPLITS = 5
"""Split years of the rolling forecast, the last of them the calibration's own."""
HORIZON = 2
PSEUDO = 2017
"""Year from which the freight loops are forecast: the last before the shift to rail."""


@dataclass(frozen=True, slots=True)
class Later:
    """One observation after the pseudo-forecast's start, and the range that was foreseen."""

    seen: Seen
    year: int
    observed: float
    said: float
    low: float
    high: float
    earlier: int
    """Observations up to the start."""


@dataclass(frozen=True, slots=True)
class Validation:
    """Fits, forecasts and errors."""

    split: Split
    whole: Fit
    whole_split: Split
    """Errors of the fit to all years, in those years."""
    rolled: tuple[Rolled, ...]
    horizon: int
    splits: tuple[int, ...]
    pseudo_from: int
    pseudo: tuple[Later, ...]
    seed: int


def validate_model(
    problem: Problem, seed: int | None = None, progress: Progress | None = None
) -> Validation:
    """Fit to the split year and predict, roll, forecast freight, and fit to all years."""
    seed = problem.calibration.seed if seed is None else seed
    calibration = problem.calibration
    splits = tuple(range(calibration.split - SPLITS + 1, calibration.split + 1))
    stages = 4

    def tell(done: int) -> None:
        if progress:
            progress(done, stages)

    split = score_split(problem, fit(problem, calibration.split, seed))
    tell(1)
    rolled = roll(problem, splits, HORIZON, seed)
    tell(2)
    pseudo = foresee_freight(problem, seed)
    tell(3)
    whole = fit(problem, calibration.years[1], seed)
    tell(4)
    return Validation(
        split=split,
        whole=whole,
        whole_split=score_split(problem, whole),
        rolled=rolled,
        horizon=HORIZON,
        splits=splits,
        pseudo_from=PSEUDO,
        pseudo=pseudo,
        seed=seed,
    )


def foresee_freight(problem: Problem, seed: int) -> tuple[Later, ...]:
    """What a fit to the years up to 2017 says of the freight that was observed later.

    Empty where the calibration has no block `freight`.
    """
    names = dict(problem.calibration.blocks).get("freight", ())
    if not names or problem.calibration.years[0] >= PSEUDO:
        return ()
    fitted = fit(problem, PSEUDO, seed)
    ranges = draw_range(problem, fitted, 500, seed)
    split = score_split(problem, fitted)
    return tuple(
        later
        for course in split.courses
        if course.seen.series.name in names
        for later in list_later(course, ranges[course.seen.series.name])
    )


def list_later(course: Course, ends: FloatArray) -> list[Later]:
    """Observations after the start with the forecast beside them."""
    seen, said, first = course.seen, course.said, course.first
    return [
        Later(
            seen=seen,
            year=year,
            observed=float(value),
            said=float(said[year - first]),
            low=float(ends[0][year - first]),
            high=float(ends[1][year - first]),
            earlier=int(np.sum(np.array(seen.years) <= PSEUDO)),
        )
        for year, value in zip(seen.years, seen.values)
        if year > PSEUDO
    ]


def count_beaten(scores: tuple[Score, ...], method: str = "model") -> tuple[int, int, list[str]]:
    """Series that count, how many of them beat persistence, and the names of those that do not.

    Those count that are fitted to and whose drivers were not drawn through them.
    """
    counted = [score for score in scores if score.counted and score.seen.series.weight > 0]
    lost = [
        score.seen.series.name
        for score in counted
        if score.after[method].mape >= score.after["persistence"].mape
    ]
    return len(counted) - len(lost), len(counted), lost
