"""Euler and RK4 against closed forms: the error falls as the method promises."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engine_models import BACKENDS, model_of

from haihe.compile import compile_model, evaluate, saved_times

Exact = Callable[[np.ndarray], np.ndarray]

MODELS: dict[str, tuple[str, str, Exact]] = {
    "teacup": (
        "tea = INTEG((70 - tea) / 10, 180)",
        "tea",
        lambda t: 70 + 110 * np.exp(-t / 10),
    ),
    "logistic": (
        "pop = INTEG(0.8 * pop * (1 - pop / 100), 5)",
        "pop",
        lambda t: 100 / (1 + 19 * np.exp(-0.8 * t)),
    ),
    "oscillator": (
        "x = INTEG(v, 1)\nv = INTEG(-x, 0)",
        "x",
        np.cos,
    ),
    "forced": (
        # The right-hand side depends on time, so the middle of the step must be read there.
        "s = INTEG(COS(Time) - s, 0)",
        "s",
        lambda t: 0.5 * (np.cos(t) + np.sin(t) - np.exp(-t)),
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("rk4", 4)])
@pytest.mark.parametrize("name", MODELS)
def test_order_of_the_method(
    tmp_path: Path, name: str, method: str, order: int, backend: str
) -> None:
    body, variable, exact = MODELS[name]
    model = model_of(tmp_path, body, (0, 8, 0.25, 1))
    program = compile_model(model, [variable], integration=method)
    errors = []
    for step in (0.125, 0.0625, 0.03125):
        axis = replace(model.time, step=step)
        got = evaluate(program, 1, time=axis, backend=backend)[variable][0]
        errors.append(np.max(np.abs(got - exact(saved_times(axis)))))
    for coarse, fine in itertools.pairwise(errors):
        assert np.log2(coarse / fine) == pytest.approx(order, abs=0.35)


def test_rk4_is_the_same_in_both_backends(tmp_path: Path) -> None:
    body = """
    kind: a, b
    rate[kind] = 0.2, 0.5
    s[kind] = INTEG(flow[kind] - rate[kind] * s[kind], 3)
    flow[kind] = 1 + SIN(Time * rate[kind]) + 0.1 * late
    late = DELAY FIXED(SUM(s[kind!]), 1.5, 4)
    best = SAMPLE IF TRUE(s[a] > s[b], s[a], 0)
    smooth = SMOOTH3(best, 2)
    total = smooth + late
    """
    model = model_of(tmp_path, body, (0, 10, 0.25, 0.5))
    program = compile_model(model, [], integration="rk4")
    compiled = evaluate(program, 3)
    plain = evaluate(program, 3, backend="numpy")
    for name, values in plain.items():
        np.testing.assert_allclose(compiled[name], values, rtol=1e-13, atol=1e-13, err_msg=name)
    # A fixed delay gives what went in, whatever the method.
    late = plain["late"][0]
    total = plain["s"][0].sum(axis=1)
    np.testing.assert_allclose(late[3:], total[:-3], rtol=1e-14)
    np.testing.assert_array_equal(late[:3], 4.0)


def test_rk4_in_many_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from haihe.compile import layout

    body, variable, _ = MODELS["forced"]
    program = compile_model(model_of(tmp_path, body), [variable], integration="rk4")
    whole = evaluate(program, 2)[variable]
    monkeypatch.setattr(layout, "ONE_FUNCTION", -1)
    monkeypatch.setattr(layout, "CHUNK", 1)
    np.testing.assert_array_equal(evaluate(program, 2)[variable], whole)


def test_no_stock_below_zero_where_the_model_asks(tmp_path: Path) -> None:
    from haihe.compile.ir import Register, StateKind

    model = model_of(tmp_path, "s = INTEG(-3, 5)", (0, 4, 1, 1))
    for method in ("euler", "rk4"):
        program = compile_model(model, ["s"], integration=method)
        (plain,) = program.registers
        kept = Register(StateKind.NONNEGATIVE, plain.initial, plain.next, plain.owner, plain.delay)
        program = replace(program, registers=(kept,), digest=program.digest + "nonnegative")
        for backend in BACKENDS:
            got = evaluate(program, 1, backend=backend)["s"][0]
            np.testing.assert_array_equal(got, [5, 2, 0, 0, 0])
