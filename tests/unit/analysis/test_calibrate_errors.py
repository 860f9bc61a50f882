"""Measures of error: Theil's shares, R², naive forecasts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haihe.analysis.errors_of_fit import follow_trend, measure_errors, persist, split_error

numbers = st.lists(st.floats(1, 1000), min_size=2, max_size=12)


@given(numbers, st.data())
def test_theils_shares_sum_to_one(seen: list[float], data: st.DataObject) -> None:
    size = len(seen)
    said = data.draw(st.lists(st.floats(1, 1000), min_size=size, max_size=size))
    shares = split_error(np.array(said), np.array(seen))
    if math.isnan(shares[0]):
        assert np.allclose(said, seen)
        return
    # The shares divide by the square error, so that rounding grows as the error shrinks.
    square = np.mean((np.array(said) - np.array(seen)) ** 2)
    assert sum(shares) == pytest.approx(1, abs=1e-13 * np.mean(np.square(seen)) / square + 1e-9)


def test_each_share_has_its_cause() -> None:
    seen = np.array([1.0, 2.0, 3.0, 4.0])
    assert split_error(seen + 1, seen) == pytest.approx((1, 0, 0))
    assert split_error(2.5 + 2 * (seen - 2.5), seen) == pytest.approx((0, 1, 0))
    assert split_error(np.array([4.0, 3.0, 2.0, 1.0]), seen) == pytest.approx((0, 0, 1))


def test_errors_by_hand() -> None:
    errors = measure_errors(np.array([110.0, 180.0, 300.0]), np.array([100.0, 200.0, 300.0]))
    assert errors.mape == pytest.approx(20 / 3)
    assert errors.rmse == pytest.approx((500 / 3) ** 0.5)
    assert errors.bias == pytest.approx(100 * (-10 / 3) / 200)
    assert errors.r2 == pytest.approx(1 - 500 / 20000)


def test_two_years_have_no_r2_and_a_perfect_fit_no_shares() -> None:
    assert math.isnan(measure_errors(np.array([1.0, 2.0]), np.array([1.0, 3.0])).r2)
    assert math.isnan(measure_errors(np.array([1.0, 3.0]), np.array([1.0, 3.0])).theil_bias)


def test_guesses_without_a_model() -> None:
    years, values = np.array([2000.0, 2001, 2003]), np.array([1.0, 2.0, 4.0])
    wanted = np.array([2004.0, 2010])
    np.testing.assert_array_equal(persist(years, values, wanted), [4, 4])
    np.testing.assert_allclose(follow_trend(years, values, wanted), [5, 11])
    np.testing.assert_array_equal(follow_trend(years[:1], values[:1], wanted), [1, 1])
