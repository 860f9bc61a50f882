"""Forecasts that can be wrong: fit to some years, predict the next, beside guesses without a model.

A *conditional* forecast takes every driver as the model has it, also after the split: it tests the
structure, given what happened around it. A *blind* one holds the drivers at their value of the
split year: it knows no more than somebody who stood there, but for what was set by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from haihe.analysis.calibrate import Fit, Progress, fit
from haihe.analysis.errors_of_fit import Errors, follow_trend, measure_errors, persist
from haihe.analysis.fit_problem import Problem, Seen, predict
from haihe.model.types import FloatArray

METHODS = ("model", "blind", "carried", "persistence", "trend")
"""What is compared: the model with its drivers, with drivers held, with the last error carried on;
the last observation held; a straight line through the observations."""
LEAST = 3
"""Observations that a forecast must have seen."""


@dataclass(frozen=True, slots=True)
class Course:
    """One series with what was observed and what was said, in the unit of the observations."""

    seen: Seen
    said: FloatArray
    """Model with its drivers (year,), from the model's first year on."""
    blind: FloatArray
    first: int
    """Year of their first value."""

    def at(self, values: FloatArray, years: FloatArray) -> FloatArray:
        """Values of some years."""
        return np.asarray(values[(years - self.first).astype(int)])


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of one series before and after the split."""

    seen: Seen
    within: Errors | None
    """In the years that the fit saw."""
    before: float
    """Mean absolute error of the value of the year before, in those years [%]; NaN for none."""
    after: Mapping[str, Errors]
    """By method: errors in the years that the fit did not see; empty where there are none."""

    @property
    def counted(self) -> bool:
        """Whether it says something about skill."""
        return bool(self.after) and not self.seen.series.consistency

    @property
    def beats(self) -> bool:
        """Whether the conditional forecast is nearer than naive persistence."""
        return self.after["model"].mape < self.after["persistence"].mape


@dataclass(frozen=True, slots=True)
class Split:
    """A fit to the years up to a split, and what it says about later ones."""

    fit: Fit
    courses: tuple[Course, ...]
    scores: tuple[Score, ...]


def follow(problem: Problem, fitted: Fit) -> tuple[Course, ...]:
    """Courses of all series with fitted parameters, drivers as they are and held."""
    values = fitted.values[None]
    said = predict(problem, values)
    blind = predict(problem, values, held_from=fitted.until)
    first = int(problem.time.start)
    return tuple(
        Course(seen, said[seen.series.name][0], blind[seen.series.name][0], first)
        for seen in problem.seen
    )


def score_split(problem: Problem, fitted: Fit) -> Split:
    """Errors within and after the years of a fit."""
    courses = follow(problem, fitted)
    return Split(fitted, courses, tuple(score(course, fitted.until) for course in courses))


def score(course: Course, until: int) -> Score:
    """Errors of one series, before and after a year."""
    years = np.array(course.seen.years, dtype=float)
    known = years <= until
    within = None
    if known.any():
        within = measure_errors(course.at(course.said, years[known]), course.seen.values[known])
    values = course.seen.values[known]
    earlier = np.abs(values[:-1] / values[1:] - 1)
    before = float(100 * earlier.mean()) if len(earlier) else float("nan")
    after = {}
    if known.sum() >= LEAST and (~known).any():
        later = course.seen.values[~known]
        said = forecast(course, until)
        after = {name: measure_errors(values, later) for name, values in said.items()}
    return Score(course.seen, within, before, after)


def forecast(course: Course, until: int) -> dict[str, FloatArray]:
    """What each method says of the years observed after a year."""
    years = np.array(course.seen.years, dtype=float)
    known = years <= until
    past, values, later = years[known], course.seen.values[known], years[~known]
    said = course.at(course.said, later)
    last = past.max()
    error = float(np.log(values[-1] / course.at(course.said, past)[-1]))
    carried = said * np.exp(error * course.seen.series.memory ** (later - last))
    return {
        "model": said,
        "blind": course.at(course.blind, later),
        "carried": carried,
        "persistence": persist(past, values, later),
        "trend": follow_trend(past, values, later),
    }


@dataclass(frozen=True, slots=True)
class Rolled:
    """Errors of one series over several split years together."""

    seen: Seen
    forecasts: int
    """Number of years predicted, over all splits."""
    mape: Mapping[str, float]
    """By method [%]."""


def roll(
    problem: Problem,
    splits: tuple[int, ...],
    horizon: int,
    seed: int | None = None,
    progress: Progress | None = None,
) -> tuple[Rolled, ...]:
    """Fit to the years up to each split, and predict the next few.

    Two years after one split are two chances; the same over several splits say more.
    """
    misses: dict[str, list[Mapping[str, float]]] = {}
    for number, until in enumerate(splits):
        for course in follow(problem, fit(problem, until, seed)):
            misses.setdefault(course.seen.series.name, []).extend(miss(course, until, horizon))
        if progress:
            progress(number + 1, len(splits))
    return tuple(
        Rolled(
            seen=seen,
            forecasts=len(found),
            mape={name: float(np.mean([row[name] for row in found])) for name in METHODS},
        )
        for seen in problem.seen
        if (found := misses[seen.series.name])
    )


def miss(course: Course, until: int, horizon: int) -> Iterator[Mapping[str, float]]:
    """Absolute errors of each method [%], for each year observed within the horizon."""
    years = np.array(course.seen.years, dtype=float)
    if (years <= until).sum() < LEAST or not (years > until).any():
        return
    said = forecast(course, until)
    for place, year in enumerate(years[years > until]):
        if year <= until + horizon:
            seen = course.seen.values[years == year][0]
            yield {name: float(100 * abs(said[name][place] / seen - 1)) for name in METHODS}


def draw_range(problem: Problem, fitted: Fit, count: int, seed: int) -> dict[str, FloatArray]:
    """Interval of 90 % of each series (2, year) over Laplace's draws of a fit."""
    from haihe.analysis.fit_problem import find_box, to_values

    low, high = find_box(problem.parameters)
    draw = np.random.default_rng(seed)
    places = draw.multivariate_normal(fitted.coordinates, fitted.covariance, count)
    values = to_values(problem.parameters, np.clip(places, low, high))
    said = predict(problem, values)
    return {name: np.percentile(rows, [5, 95], axis=0) for name, rows in said.items()}
