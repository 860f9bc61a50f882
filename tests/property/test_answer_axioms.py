"""What attribution, decomposition and probabilities promise, on anything."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from haihe.analysis.early_warning import trace_roc, try_alarms
from haihe.analysis.lmdi import decompose
from haihe.analysis.probability import find_interval
from haihe.analysis.shapley import (
    Unions,
    interaction_values,
    list_coalitions,
    marginal_range,
    owen_values,
    sample_values,
    shapley_values,
    switch_one_off,
    switch_one_on,
)
from haihe.errors import InputError

NUMBERS = st.floats(-1e3, 1e3, allow_nan=False).map(lambda x: round(x, 6))


@st.composite
def games(draw: st.DrawFn, least: int = 1, most: int = 6) -> np.ndarray:
    """A set function (2^n, 2)."""
    players = draw(st.integers(least, most))
    return draw(arrays(float, (1 << players, 2), elements=NUMBERS))


@st.composite
def games_with_unions(draw: st.DrawFn) -> tuple[np.ndarray, Unions]:
    values = draw(games(2, 5))
    players = len(values).bit_length() - 1
    labels = draw(st.lists(st.integers(0, 2), min_size=players, max_size=players))
    unions = [[p for p in range(players) if labels[p] == u] for u in sorted(set(labels))]
    return values, unions


def by_orders(values: np.ndarray, unions: Unions | None = None) -> np.ndarray:
    """The mean marginal over every order that keeps unions together: the definition itself."""
    players = len(values).bit_length() - 1
    home = {p: u for u, union in enumerate(unions or [range(players)]) for p in union}
    total, count = np.zeros((players, values.shape[1])), 0
    for order in permutations(range(players)):
        homes = [home[p] for p in order]
        if sum(a != b for a, b in pairwise(homes)) != len(set(homes)) - 1:
            continue
        count, row = count + 1, 0
        for player in order:
            total[player] += values[row | 1 << player] - values[row]
            row |= 1 << player
    return total / count


@settings(max_examples=40)
@given(games(most=5))
def test_shapley_is_the_mean_over_all_orders_and_sums_to_the_total(values: np.ndarray) -> None:
    found = shapley_values(values)
    np.testing.assert_allclose(found, by_orders(values), atol=1e-9)
    np.testing.assert_allclose(found.sum(axis=0), values[-1] - values[0], atol=1e-9)
    low, high = marginal_range(values)
    assert np.all(low <= found + 1e-9)
    assert np.all(found <= high + 1e-9)


@settings(max_examples=30)
@given(games_with_unions())
def test_owen_is_the_mean_over_orders_that_keep_unions_together(
    game: tuple[np.ndarray, Unions],
) -> None:
    values, unions = game
    found = owen_values(values, unions)
    np.testing.assert_allclose(found, by_orders(values, unions), atol=1e-9)
    players = len(found)
    np.testing.assert_allclose(
        owen_values(values, [[p] for p in range(players)]), shapley_values(values), atol=1e-9
    )


@settings(max_examples=40)
@given(games(least=2), st.data())
def test_a_player_without_effect_gets_exactly_nothing(
    values: np.ndarray, data: st.DataObject
) -> None:
    players = len(values).bit_length() - 1
    dummy = data.draw(st.integers(0, players - 1))
    rows = np.arange(len(values))
    values = values[rows & ~(1 << dummy)]
    assert np.all(shapley_values(values)[dummy] == 0.0)
    assert np.all(owen_values(values, [list(range(players))])[dummy] == 0.0)
    np.testing.assert_allclose(interaction_values(values)[dummy], 0.0, atol=1e-9)
    assert np.all(switch_one_off(values)[dummy] == 0.0)


@settings(max_examples=40)
@given(games(least=2), st.data())
def test_twins_share_alike(values: np.ndarray, data: st.DataObject) -> None:
    players = len(values).bit_length() - 1
    first, second = data.draw(
        st.lists(st.integers(0, players - 1), min_size=2, max_size=2, unique=True)
    )
    rows = np.arange(len(values))
    bits = rows >> first & 1, rows >> second & 1
    swapped = rows & ~(1 << first | 1 << second) | bits[1] << first | bits[0] << second
    values = (values + values[swapped]) / 2
    found = shapley_values(values)
    np.testing.assert_allclose(found[first], found[second], atol=1e-9)


@settings(max_examples=40)
@given(games(least=3, most=3), games(least=3, most=3), NUMBERS)
def test_values_are_linear(one: np.ndarray, other: np.ndarray, factor: float) -> None:
    for value in (shapley_values, interaction_values, switch_one_on):
        np.testing.assert_allclose(
            value(one + factor * other), value(one) + factor * value(other), atol=1e-5
        )


@settings(max_examples=40)
@given(arrays(float, (5, 2), elements=NUMBERS))
def test_where_nothing_interacts_every_way_agrees(worths: np.ndarray) -> None:
    values = list_coalitions(5).astype(float) @ worths
    for found in (shapley_values(values), switch_one_off(values), switch_one_on(values)):
        np.testing.assert_allclose(found, worths, atol=1e-9)
    np.testing.assert_allclose(interaction_values(values), 0.0, atol=1e-9)


def test_the_interaction_of_a_pair_is_what_only_both_together_bring() -> None:
    values = np.array([[0.0], [1.0], [2.0], [10.0]])
    assert interaction_values(values)[0, 1, 0] == pytest.approx(7.0)


@settings(max_examples=15)
@given(games(least=3, most=6), st.integers(0, 99))
def test_sampled_values_sum_to_the_total_and_lie_within_their_error(
    values: np.ndarray, seed: int
) -> None:
    players = len(values).bit_length() - 1
    weights = 1 << np.arange(players)
    found = sample_values(lambda masks: values[masks @ weights], players, 60, seed)
    np.testing.assert_allclose(found.values.sum(axis=0), values[-1] - values[0], atol=1e-9)
    gap = np.abs(found.values - shapley_values(values))
    # Six standard errors: one in 10^9 by chance, and far less than what a biased draw would give.
    assert np.all(gap <= 6 * found.errors + 0.05 * np.abs(values).max() + 1e-9)
    again = sample_values(lambda masks: values[masks @ weights], players, 60, seed)
    np.testing.assert_array_equal(found.values, again.values)


def test_sampling_draws_without_bias() -> None:
    """With many orders the estimate comes as near as its error says; unions are kept."""
    values = np.random.default_rng(3).normal(size=(1 << 6, 3))
    weights = 1 << np.arange(6)
    unions = [[0, 4], [1], [2, 3, 5]]
    for kept, exact in ((None, shapley_values(values)), (unions, owen_values(values, unions))):
        found = sample_values(lambda masks: values[masks @ weights], 6, 4000, 7, kept)
        scores = (found.values - exact) / found.errors
        assert np.abs(scores).max() < 4.5
        assert 0.5 < np.sqrt(np.mean(scores**2)) < 1.6


POSITIVE = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))


@settings(max_examples=60)
@given(arrays(float, (3, 4, 5), elements=POSITIVE))
def test_lmdi_leaves_no_remainder_even_with_zeros(factors: np.ndarray) -> None:
    effects = decompose(list(factors))
    total = factors.prod(axis=0).sum(axis=0)
    scale = max(float(total.max()), 1e-12)
    np.testing.assert_allclose(effects[:, 1:].sum(axis=0), np.diff(total), atol=1e-9 * scale)
    assert np.all(effects[:, 0] == 0)


def test_lmdi_gives_a_vanishing_part_to_the_factor_that_vanished() -> None:
    size, share = np.full((1, 2), 10.0), np.array([[0.5, 0.0]])
    rate = np.array([[2.0, np.nan]])  # 0/0: the intensity of what is not there
    effects = decompose([size, share, rate])
    assert effects[:, 1] == pytest.approx([0.0, -10.0, 0.0], abs=1e-9)


def test_lmdi_of_one_factor_that_moves_gives_it_all() -> None:
    effects = decompose([np.full((1, 3), 7.0), np.array([[1.0, 2.0, 0.5]])])
    assert effects[0] == pytest.approx([0, 0, 0])
    assert effects[1] == pytest.approx([0, 7, -10.5])


def test_lmdi_refuses_negative_factors() -> None:
    with pytest.raises(InputError, match="negative"):
        decompose([np.array([[1.0, -1.0]])])


@given(st.integers(1, 10_000), st.data())
def test_the_interval_holds_the_share_and_narrows(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    low, high = find_interval(hits, count)
    assert 0 <= low <= hits / count <= high <= 1
    assert high > low
    more = find_interval(100 * hits, 100 * count)
    assert more[1] - more[0] < high - low


def test_the_interval_is_wilsons() -> None:
    # 8 of 10 at z = 1.96: 0.490 to 0.943 (textbook value, to three figures).
    assert find_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=2e-4)


@settings(max_examples=40)
@given(arrays(float, (30,), elements=st.integers(0, 8).map(float)), arrays(bool, (30,)))
def test_the_best_alarm_is_the_best_of_all_thresholds(
    values: np.ndarray, missed: np.ndarray
) -> None:
    missed[0], missed[1] = True, False
    found = try_alarms(values[:, None, None], missed)
    best = np.inf
    for threshold in np.unique(values)[:-1] + 0.5:
        for raised in (values > threshold, values < threshold):
            best = min(best, max(np.mean(raised[~missed]), np.mean(~raised[missed])))
    assert found.error[0, 0] == pytest.approx(best)
    if np.isfinite(best):
        above, threshold = found.above[0, 0], found.threshold[0, 0]
        raised = values > threshold if above else values < threshold
        assert max(np.mean(raised[~missed]), np.mean(~raised[missed])) == pytest.approx(best)


@settings(max_examples=40)
@given(arrays(float, (25,), elements=st.integers(0, 6).map(float)), arrays(bool, (25,)))
def test_the_area_under_the_curve_counts_pairs(values: np.ndarray, missed: np.ndarray) -> None:
    missed[0], missed[1] = True, False
    roc = trace_roc(values, missed)
    pairs = values[missed][:, None] - values[~missed][None]
    wanted = np.mean((pairs > 0) + 0.5 * (pairs == 0))
    assert np.trapezoid(roc[1], roc[0]) == pytest.approx(wanted)
