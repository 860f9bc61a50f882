"""INVERT MATRIX: random matrices, pivots, singular ones, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_models import BACKENDS, model_of

from haihe.compile import compile_model, evaluate
from haihe.compile.ir import Program
from haihe.compile.matrix import LARGEST
from haihe.errors import InputError, InputErrors


def inverting(folder: Path, size: int) -> Program:
    rows, columns = (", ".join(f"{c}{i}" for i in range(size)) for c in "rc")
    body = f"""row: {rows}
    column: {columns}
    given[row, column] = 1
    inverse[row, column] = INVERT MATRIX(given[row, column], {size})"""
    return compile_model(model_of(folder, body, (0, 0, 1, 1)), ["inverse"], ["given"])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [2, 5])
def test_random_matrices_of_members(tmp_path: Path, backend: str, size: int) -> None:
    given = np.random.default_rng(size).normal(size=(20, size, size))
    # Rows that must change places, and columns of very different sizes.
    given[0] = np.eye(size)[::-1]
    given[1, 0, 0] = 1e-14
    given[2, :, 0] *= 1e9
    found = evaluate(inverting(tmp_path, size), 20, {"given": given}, backend=backend)
    for matrix, ours in zip(given, found["inverse"][:, 0], strict=True):
        exact = np.linalg.inv(matrix)
        bar = 1e-14 * np.linalg.cond(matrix) * np.abs(exact).max()
        assert np.abs(ours - exact).max() <= bar


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_inverse_is_not_finite_and_touches_nobody(tmp_path: Path, backend: str) -> None:
    given = np.array([[[1.0, 2.0], [2.0, 4.0]], [[2.0, 0.0], [0.0, 4.0]], [[0.0] * 2] * 2])
    found = evaluate(inverting(tmp_path, 2), 3, {"given": given}, backend=backend)
    inverse = found["inverse"][:, 0]
    assert not np.isfinite(inverse[0]).any()
    assert not np.isfinite(inverse[2]).any()
    assert inverse[1].tolist() == [[0.5, 0.0], [0.0, 0.25]]


def test_largest_and_larger(tmp_path: Path) -> None:
    size = LARGEST
    given = np.random.default_rng(1).normal(size=(4, size, size))
    found = evaluate(inverting(tmp_path, size), 4, {"given": given}, backend="numpy")["inverse"]
    np.testing.assert_allclose(found[:, 0] @ given, [np.eye(size)] * 4, atol=1e-11)
    with pytest.raises((InputError, InputErrors), match=f"at most {LARGEST} rows"):
        inverting(tmp_path, LARGEST + 1)
