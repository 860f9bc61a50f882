"""Distributions: their quantiles are those of scipy, and truncation keeps what lies inside."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from haihe.scenario.distributions import Distribution, explain_problem, show_distribution

U = np.concatenate([[1e-9, 1e-4], np.linspace(0.01, 0.99, 99), [1 - 1e-4, 1 - 1e-9]])


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (Distribution("uniform", (2, 5)), stats.uniform(2, 3)),
        (Distribution("triangular", (1, 2, 5)), stats.triang(0.25, 1, 4)),
        (Distribution("triangular", (1, 1, 5)), stats.triang(0, 1, 4)),
        (Distribution("triangular", (1, 5, 5)), stats.triang(1, 1, 4)),
        (Distribution("normal", (3, 2)), stats.norm(3, 2)),
        (Distribution("lognormal", (3, 0.4)), stats.lognorm(0.4, scale=3)),
        (Distribution("normal", (3, 2), within=(2, 4)), stats.truncnorm(-0.5, 0.5, 3, 2)),
        (Distribution("normal", (0, 1), within=(1, 3)), stats.truncnorm(1, 3)),
    ],
)
def test_quantiles_are_those_of_scipy(mine, theirs):
    np.testing.assert_allclose(mine.ppf(U), theirs.ppf(U), rtol=1e-9, atol=1e-12)
    x = theirs.ppf(U[2:-2])
    np.testing.assert_allclose(mine.cdf(x), U[2:-2], rtol=1e-9)


@pytest.mark.parametrize(
    "mine",
    [
        Distribution("uniform", (0, 10), within=(2, 3)),
        Distribution("triangular", (0, 1, 10), within=(0.5, 4)),
        Distribution("lognormal", (1, 1), within=(0.5, 2)),
        Distribution("data", (1.0, 1.5, 4.0, 9.0), within=(1.2, 6)),
    ],
)
def test_truncation_keeps_the_shape_inside(mine):
    drawn = mine.ppf(U)
    low, high = mine.support
    assert drawn.min() >= low
    assert drawn.max() <= high
    np.testing.assert_allclose(mine.cdf(drawn)[1:-1], U[1:-1], atol=1e-9)
    plain = Distribution(mine.shape, mine.numbers)
    inside = plain.cdf(drawn)
    part = (inside - plain.cdf(np.array(low))) / (
        plain.cdf(np.array(high)) - plain.cdf(np.array(low))
    )
    np.testing.assert_allclose(part[1:-1], U[1:-1], atol=1e-9)


def test_levels_are_equally_likely_and_choices_by_weight():
    even = (np.arange(1000) + 0.5) / 1000
    levels = Distribution("levels", (5.0, 1.0)).ppf(even)
    assert [int((levels == value).sum()) for value in (5, 1)] == [500, 500]
    chosen = Distribution("choice", (5.0, 1.0, 2.0), (0.5, 0.2, 0.3)).ppf(even)
    assert [int((chosen == value).sum()) for value in (5, 1, 2)] == [500, 200, 300]
    assert Distribution("levels", (5.0, 1.0)).cdf(np.array([0, 1, 4, 5])).tolist() == [
        0,
        0.5,
        0.5,
        1,
    ]


def test_data_give_their_empirical_quantiles():
    values = np.sort(np.random.default_rng(1).gamma(2.0, size=50))
    mine = Distribution("data", tuple(values))
    np.testing.assert_allclose(mine.ppf(U), np.quantile(values, U), rtol=1e-12)


def test_support_says_what_has_no_end():
    assert Distribution("normal", (0, 1)).support == (-math.inf, math.inf)
    assert Distribution("lognormal", (1, 1)).support == (0, math.inf)
    assert Distribution("lognormal", (1, 1), within=(-5, 3)).support == (0, 3)


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        (Distribution("uniform", (1,)), "uniform takes 2 numbers: low, high"),
        (Distribution("uniform", (2, 1)), "do not rise"),
        (Distribution("uniform", (1, 1)), "nothing varies"),
        (Distribution("triangular", (1, 3, 2)), "do not rise"),
        (Distribution("normal", (1, 0)), "is not above 0"),
        (Distribution("lognormal", (0, 1)), "is not above 0"),
        (Distribution("data", (1, 1)), "fewer than two different values"),
        (Distribution("levels", ()), "lists no value"),
        (Distribution("choice", (1, 1), (0.5, 0.5)), "twice"),
        (Distribution("choice", (1, 2), (1.0,)), "1 weights for 2 values"),
        (Distribution("normal", (0, 1), within=(9, 12)), "lies within 9 to 12"),
        (Distribution("normal", (0, 1), within=(1, -1)), "does not come before"),
        (Distribution("levels", (1, 2), within=(0, 1)), "nothing can be cut off"),
    ],
)
def test_numbers_that_do_not_fit_are_named(mine, said):
    problem = explain_problem(mine)
    assert problem is not None
    assert said in problem.en


def test_one_line_for_people():
    assert show_distribution(Distribution("triangular", (1, 2, 4))) == "triangular 1, 2, 4"
    shown = show_distribution(Distribution("normal", (0, 1), within=(-1, 2)))
    assert shown == "normal 0, 1 within -1 to 2"
