"""Divisions are shared where nothing hangs on the last bit, and kept where something does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_models import BACKENDS, model_of

from haihe.compile import compile_model, evaluate
from haihe.compile.ir import Level, Program


def divisions(program: Program) -> int:
    """Divisions of a step."""
    levels = zip(program.nodes, program.levels, strict=True)
    return sum(node.op == "div" and level is Level.STEP for node, level in levels)


def test_one_division_serves_all_shares(tmp_path: Path) -> None:
    body = """
    kind: (k1-k9)
    s[kind] = INTEG(0.1 * share[kind], 2)
    share[kind] = s[kind] / total
    total = SUM(s[kind!])
    slow[kind] = INTEG((s[kind] - slow[kind]) / 7, 1)
    """
    program = compile_model(model_of(tmp_path, body), ["share", "slow"])
    assert divisions(program) == 1
    got = evaluate(program, 1, backend="numpy")
    np.testing.assert_allclose(got["share"].sum(axis=2), 1.0, rtol=1e-14)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_decides_keeps_its_division(tmp_path: Path, backend: str) -> None:
    # 49 * (1 / 49) is less than one.
    body = """
    x = INTEG(0, 49)
    ratio = x / (x + 0 * Time)
    whole = INTEGER(ratio)
    equal = IF THEN ELSE(ratio >= 1, 1, 0)
    rest = MODULO(x, x + 0 * Time)
    through = IF THEN ELSE(passed = 1, 1, 0)
    passed = ratio * 1
    """
    model = model_of(tmp_path, body)
    got = evaluate(compile_model(model, []), 1, backend=backend)
    for name, wanted in (("whole", 1), ("equal", 1), ("rest", 0), ("through", 1)):
        np.testing.assert_array_equal(got[name], np.full((1, 11), float(wanted)), err_msg=name)


@pytest.mark.parametrize("backend", BACKENDS)
def test_division_by_zero_is_what_it_was(tmp_path: Path, backend: str) -> None:
    body = """
    d: up, none, down, over
    top[d] = 1, 0, -1, 2
    zero = Time - 4
    a[d] = top[d] / zero
    b[d] = top[d] / (zero * 1e+300 * 1e+300)
    c[d] = ZIDZ(top[d], zero)
    """
    got = evaluate(compile_model(model_of(tmp_path, body), []), 1, backend=backend)
    np.testing.assert_array_equal(got["a"][0, 4], [np.inf, np.nan, -np.inf, np.inf])
    np.testing.assert_array_equal(got["c"][0, 4], np.zeros(4))
    np.testing.assert_array_equal(got["b"][0, 5], np.array([0.0, 0.0, 0.0, 0.0]))
