"""Tables in registers: the part that a value lies in is told exactly, by product or by search."""

from __future__ import annotations

import math

import numpy as np
import pytest
from engine_models import model_of
from hypothesis import given, settings
from hypothesis import strategies as st

from haihe.compile import compile_model, evaluate
from haihe.compile.ir import Points
from haihe.compile.llvm_wide import BYTES, LARGEST, find_grid

steps = st.sampled_from([0.1, 0.2, 0.25, 0.3, 1 / 3, 0.7, 1.0, 5.0, 1e-9, 1e9])


@settings(max_examples=200, deadline=None)
@given(
    first=st.sampled_from([0.0, -0.04, 0.1, 1900.0, -1e6]),
    step=steps,
    gaps=st.lists(st.integers(1, 12), min_size=1, max_size=12),
    most=st.sampled_from([LARGEST, BYTES, 2 * BYTES]),
)
def test_a_grid_tells_the_part_of_every_number(
    first: float, step: float, gaps: list[int], most: int
) -> None:
    starts = tuple(first + step * k for k in np.cumsum([0, *gaps]).tolist())
    grid = find_grid(starts, most)
    if grid is None:
        return
    assert len(grid.places) <= most
    near = [math.nextafter(s, side) for s in starts for side in (-math.inf, math.inf)]
    inside = [x for x in (*starts, *near) if starts[0] <= x <= starts[-1]]
    middle = np.random.default_rng(1).uniform(starts[0], starts[-1], 100).tolist()
    for x in (*inside, *middle):
        place = int((x - grid.first) * grid.per)
        assert grid.places[place] == np.searchsorted(starts, x, side="right") - 1


def test_an_even_table_has_a_grid_and_a_geometric_one_has_none() -> None:
    assert find_grid((0.0, 0.5, 1.0, 2.0)) is not None
    doubled = (0.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0)
    assert find_grid(doubled) is None
    grid = find_grid(doubled, 2 * BYTES)
    assert grid is not None
    assert len(grid.places) == 33
    assert find_grid((0.0, 0.0, 1.0)) is None


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7, 8, 9, 12, 14, 15, 16, 17, 20, 40])
@pytest.mark.parametrize("spaced", ["evenly", "by steps", "anyhow"])
def test_every_size_of_table_has_the_bits_of_numpy(tmp_path, count: int, spaced: str) -> None:
    rng = np.random.default_rng(count)
    x = {
        "evenly": np.arange(count) * 0.2 - 1,
        "by steps": np.cumsum(rng.integers(1, 12, count)) * 0.05,
        "anyhow": np.sort(rng.uniform(-3, 5, count)),
    }[spaced]
    points = Points(tuple(x.tolist()), tuple(rng.uniform(-1, 1, count).tolist()))
    pairs = ", ".join(f"({a!r}, {b!r})" for a, b in zip(points.x, points.y))
    model = model_of(tmp_path, f"t({pairs})\nat = 0\ny = t(at + Time * 0)")
    program = compile_model(model, ["y"], ["at"])
    near = [np.nextafter(x, -np.inf), x, np.nextafter(x, np.inf), rng.uniform(-4, 6, 200)]
    given_x = np.concatenate([*near, [np.nan, np.inf, -np.inf, -0.0, 0.0]])
    found = [
        evaluate(program, given_x.size, {"at": given_x}, backend=backend)["y"]
        for backend in ("llvm", "numpy")
    ]
    np.testing.assert_array_equal(*found)
