"""Whatever block is drawn, it is that slice of the whole."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from haihe.scenario.designs import Design, count_rows, draw_rows, find_mixing
from haihe.scenario.distributions import Distribution
from haihe.scenario.uniforms import draw_uniforms, permute

SHAPES = st.sampled_from(
    [
        Distribution("uniform", (-1.0, 3.0)),
        Distribution("triangular", (0.0, 1.0, 4.0)),
        Distribution("normal", (0.0, 1.0), within=(-2.0, 2.0)),
        Distribution("lognormal", (1.0, 0.5), within=(0.1, 5.0)),
        Distribution("levels", (1.0, 4.0, 2.0)),
        Distribution("choice", (1.0, 4.0), (0.25, 0.75)),
        Distribution("data", (1.0, 1.5, 4.0)),
    ]
)
METHODS = st.sampled_from(
    ["grid", "one-at-a-time", "latin-hypercube", "sobol", "morris", "monte-carlo"]
)


@st.composite
def designs(draw) -> Design:
    shapes = draw(st.lists(SHAPES, min_size=1, max_size=4))
    factors = tuple((f"x{i}", shape) for i, shape in enumerate(shapes))
    method = draw(METHODS)
    mixing: tuple[tuple[float, ...], ...] = ()
    if len(factors) > 1 and method in {"latin-hypercube", "monte-carlo"} and draw(st.booleans()):
        mixing = find_mixing([name for name, _ in factors], {("x0", "x1"): 0.6}) or ()
    return Design(
        method,
        factors,
        samples=draw(st.integers(2, 40)),
        seed=draw(st.integers(0, 2**40)),
        levels=draw(st.sampled_from([2, 4])),
        second_order=draw(st.booleans()),
        mixing=mixing,
    )


@given(design=designs(), data=st.data())
def test_block_is_a_slice_of_the_whole(design, data):
    count = count_rows(design)
    start = data.draw(st.integers(0, count))
    stop = data.draw(st.integers(start, count))
    whole = draw_rows(design, 0, count)
    assert whole.shape == (count, len(design.factors))
    np.testing.assert_array_equal(draw_rows(design, start, stop), whole[start:stop])
    for column, (_, distribution) in zip(whole.T, design.factors):
        low, high = distribution.support
        given_values = column[~np.isnan(column)]
        assert np.all((given_values >= low) & (given_values <= high))


@given(seed=st.integers(0, 2**63), start=st.integers(0, 10**12), length=st.integers(0, 50))
def test_numbers_hang_on_their_place_alone(seed, start, length):
    whole = draw_uniforms(seed, "x", start, start + length)
    assert whole.shape == (length,)
    assert np.all((whole > 0) & (whole < 1))
    for i in range(0, length, 7):
        assert draw_uniforms(seed, "x", start + i, start + i + 1)[0] == whole[i]


@given(count=st.integers(1, 3000), seed=st.integers(0, 2**30))
def test_shuffle_is_one_to_one(count, seed):
    assert sorted(permute(np.arange(count), count, seed, "x")) == list(range(count))


@given(shape=SHAPES, u=st.lists(st.floats(1e-6, 1 - 1e-6), min_size=2, max_size=20))
def test_quantiles_rise_but_for_lists(shape, u):
    values = shape.ppf(np.sort(np.asarray(u)))
    if not shape.discrete:
        assert np.all(np.diff(values) >= 0)
    assert set(values) <= set(shape.numbers) or not shape.discrete
