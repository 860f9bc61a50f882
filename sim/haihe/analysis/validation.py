"""Everything that `docs/validation.md` says, measured in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from haihe.analysis.calibrate import Fit, Progress, fit
from haihe.analysis.errors_of_fit import Errors, measure_errors
from haihe.analysis.fit_problem import Problem, Seen, predict_own
from haihe.analysis.forecasts import Course, Rolled, Score, Split, draw_range, roll, score_split
from haihe.model.types import FloatArray

SPLITS = 5
"""Split years of the rolling forecast, the last of them the calibration's own."""
HORIZON = 2


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
    own: Mapping[str, Errors]
    """By series: errors of the model with the values that its data hold, over all years."""
    rolled: tuple[Rolled, ...]
    horizon: int
    splits: tuple[int, ...]
    pseudo: tuple[Later, ...]
    """Empty where the calibration asks for no pseudo-forecast."""
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
    pseudo = foresee(problem, seed)
    tell(3)
    whole = fit(problem, calibration.years[1], seed)
    tell(4)
    return Validation(
        split=split,
        whole=whole,
        whole_split=score_split(problem, whole),
        own=measure_own(problem),
        rolled=rolled,
        horizon=HORIZON,
        splits=splits,
        pseudo=pseudo,
        seed=seed,
    )


def measure_own(problem: Problem) -> dict[str, Errors]:
    """Errors of the model as it stands, over all years."""
    said, first = predict_own(problem), int(problem.time.start)
    return {
        seen.series.name: measure_errors(
            said[seen.series.name][[year - first for year in seen.years]], seen.values
        )
        for seen in problem.seen
    }


def foresee(problem: Problem, seed: int) -> tuple[Later, ...]:
    """What a fit to early years says of one block's series later on."""
    asked = problem.calibration.pseudo
    if asked is None:
        return ()
    names = dict(problem.calibration.blocks)[asked.block]
    fitted = fit(problem, asked.since, seed)
    ranges = draw_range(problem, fitted, 500, seed)
    split = score_split(problem, fitted)
    return tuple(
        later
        for course in split.courses
        if course.seen.series.name in names
        for later in list_later(course, ranges[course.seen.series.name], asked.since)
    )


def list_later(course: Course, ends: FloatArray, since: int) -> list[Later]:
    """Observations after a year with the forecast beside them."""
    seen, said, first = course.seen, course.said, course.first
    return [
        Later(
            seen=seen,
            year=year,
            observed=float(value),
            said=float(said[year - first]),
            low=float(ends[0][year - first]),
            high=float(ends[1][year - first]),
            earlier=int(np.sum(np.array(seen.years) <= since)),
        )
        for year, value in zip(seen.years, seen.values)
        if year > since
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
