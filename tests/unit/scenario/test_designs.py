"""Designs: the rows that the literature describes, whichever block they are drawn in."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol
from scipy import stats
from scipy.stats import qmc

from haihe.scenario.designs import Design, count_rows, draw_cube, draw_rows, find_mixing
from haihe.scenario.distributions import Distribution

UNIT = Distribution("uniform", (0.0, 1.0))
THREE = tuple((name, UNIT) for name in "abc")
PI = tuple((name, Distribution("uniform", (-np.pi, np.pi))) for name in "abc")
NAMES = {"num_vars": 3, "names": list("abc"), "bounds": [[-np.pi, np.pi]] * 3}


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def everything(design: Design) -> np.ndarray:
    return draw_rows(design, 0, count_rows(design))


def test_grid_is_every_combination_with_the_last_fastest():
    levels = Distribution("levels", (3.0, 1.0, 2.0))
    design = Design("grid", (("a", levels), ("b", UNIT)), levels=3)
    wanted = list(itertools.product((3, 1, 2), (0, 0.5, 1)))
    np.testing.assert_array_equal(everything(design), wanted)


def test_one_at_a_time_begins_with_the_base():
    levels = Distribution("levels", (1.0, 2.0, 5.0))
    design = Design("one-at-a-time", (("a", levels), ("b", UNIT)), quantiles=(0.25, 0.75))
    nan = np.nan
    wanted = [[nan, nan], [1, nan], [2, nan], [5, nan], [nan, 0.25], [nan, 0.75]]
    np.testing.assert_array_equal(everything(design), wanted)


@pytest.mark.parametrize("samples", [1, 2, 7, 64, 1000])
def test_latin_hypercube_has_one_row_in_each_part(samples):
    cube = draw_cube(Design("latin-hypercube", THREE, samples, seed=3), 0, samples)
    for column in cube.T:
        assert sorted((column * samples).astype(int)) == list(range(samples))
    if samples > 2:
        assert abs(np.corrcoef(cube.T)[0, 1]) < 1


@pytest.mark.parametrize("second_order", [False, True])
def test_sobol_rows_are_those_of_scipy_and_saltelli(second_order):
    design = Design("sobol", THREE, 16, seed=5, second_order=second_order)
    size = 8 if second_order else 5
    rows = everything(design).reshape(16, size, 3)
    points = qmc.Sobol(6, scramble=True, rng=np.random.default_rng(5)).random(16)
    a, b = points[:, :3], points[:, 3:]
    np.testing.assert_array_equal(rows[:, 0], a)
    np.testing.assert_array_equal(rows[:, -1], b)
    for i in range(3):
        mixed = a.copy()
        mixed[:, i] = b[:, i]
        np.testing.assert_array_equal(rows[:, 1 + i], mixed)
        if second_order:
            other = b.copy()
            other[:, i] = a[:, i]
            np.testing.assert_array_equal(rows[:, 4 + i], other)


def test_salib_finds_the_known_indices_in_our_rows():
    """Ishigami's function has indices that can be written down: the order of rows is SALib's."""
    rows = everything(Design("sobol", PI, 4096, seed=1, second_order=True))
    found = salib_sobol.analyze(NAMES, ishigami(rows), calc_second_order=True, seed=1)
    np.testing.assert_allclose(found["S1"], [0.3139, 0.4424, 0], atol=0.02)
    np.testing.assert_allclose(found["ST"], [0.5576, 0.4424, 0.2437], atol=0.02)
    assert found["S2"][0, 2] == pytest.approx(0.2437, abs=0.03)


def test_trajectories_move_one_input_at_a_time_by_half_the_levels():
    design = Design("morris", THREE, 50, seed=2, levels=6)
    cube = draw_cube(design, 0, count_rows(design))
    trips = cube.reshape(50, 4, 3)
    steps = np.diff(trips, axis=1)
    np.testing.assert_array_equal((steps != 0).sum(axis=2), 1)
    np.testing.assert_array_equal((steps != 0).sum(axis=1), 1)
    np.testing.assert_allclose(np.abs(steps).max(axis=2), 3 / 5)
    np.testing.assert_allclose(np.unique(cube * 5), np.arange(6), atol=1e-12)
    # Orders differ from trip to trip, or every factor would see the same state of the others.
    assert len({tuple(np.argmax(step != 0, axis=1)) for step in steps}) == 6


def test_salib_reads_our_trajectories():
    design = Design("morris", tuple((n, Distribution("uniform", (0.0, 1.0))) for n in "abc"), 60)
    rows = everything(design)
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}
    found = salib_morris.analyze(
        problem, rows, 5 * rows[:, 0] - 2 * rows[:, 1], num_levels=4, seed=1
    )
    np.testing.assert_allclose(found["mu"], [5, -2, 0], atol=1e-9)


@pytest.mark.parametrize("method", ["monte-carlo", "latin-hypercube"])
def test_rank_correlation_is_reached_and_distributions_kept(method):
    factors = (
        ("a", Distribution("lognormal", (1.0, 1.0))),
        ("b", UNIT),
        ("c", Distribution("triangular", (0, 0, 1))),
    )
    mixing = find_mixing(list("abc"), {("a", "b"): 0.7, ("b", "c"): -0.3})
    design = Design(method, factors, 20_000, seed=1, mixing=mixing)
    rows = everything(design)
    ranks = stats.spearmanr(rows).statistic
    assert ranks[0, 1] == pytest.approx(0.7, abs=0.02)
    assert ranks[1, 2] == pytest.approx(-0.3, abs=0.02)
    assert abs(ranks[0, 2]) < 0.03
    for column, (_, distribution) in zip(rows.T, factors):
        assert stats.kstest(column, distribution.cdf).statistic < 0.012


def test_correlations_that_contradict_each_other_are_refused():
    pairs = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}
    assert find_mixing(list("abc"), pairs) is None
    assert find_mixing(list("abc"), {}) == ()


def test_another_seed_is_another_draw_and_another_name_another_column():
    def draw(seed: int) -> np.ndarray:
        return everything(Design("monte-carlo", THREE, 100, seed=seed))

    assert not np.any(draw(0) == draw(1))
    rows = draw(0)
    assert len(np.unique(rows)) == rows.size
    less = everything(Design("monte-carlo", THREE[::2], 100, seed=0))
    np.testing.assert_array_equal(less, rows[:, ::2])


def test_a_thousand_million_rows_are_counted_and_drawn_in_part():
    design = Design("latin-hypercube", THREE, 10**9)
    assert count_rows(design) == 10**9
    assert draw_rows(design, 10**9 - 3, 10**9).shape == (3, 3)
    grid = Design("grid", tuple((str(i), UNIT) for i in range(30)), levels=10)
    assert count_rows(grid) == 10**30
