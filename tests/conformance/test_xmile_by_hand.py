"""XMILE files held to closed forms and to loops written by hand, where no program is a judge.

The numbers of the headings are those of the statements in `docs/xmile.md`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from xmile_reading import values_of

T = 0.5 * np.arange(13)
"""Years of most of the files: 0 to 6 in steps of a half."""
S = 3 * np.sin(T) - 0.5
EXACT = {"rtol": 0, "atol": 1e-14}
BACKENDS = ["numpy", "llvm"]


@pytest.fixture(autouse=True)
def cache_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIHE_CACHE_DIR", str(tmp_path))


def test_names() -> None:  # 4
    names = values_of("names_spelling.xmile")
    assert set(names) >= {"Room Temperature", "Größe 河", "over all"}
    assert (names["over all"] == 80).all()
    assert (values_of("names_quoted.xmile")["b"] == 2).all()
    assert (values_of("comments.xmile")["b"] == 10).all()


def test_operators() -> None:  # 6
    got = values_of("operator_precedence.xmile")
    fixed = {"a": -4, "b": 512, "d": 3, "e": 3, "f": 8, "h": 0.5, "j": 1}
    for name, value in fixed.items():
        np.testing.assert_array_equal(got[name], value, err_msg=name)
    np.testing.assert_allclose(got["c"], -(S**2), **EXACT)
    np.testing.assert_allclose(got["g"], -2 * S, **EXACT)
    np.testing.assert_array_equal(got["i"], ((S > 0) & (S < 2)) | (T == 3))
    np.testing.assert_array_equal(got["k"], (S <= 0) & (T > 1))
    np.testing.assert_allclose(got["l"], S - 2, **EXACT)


def test_modulo_has_the_sign_of_the_divisor() -> None:  # 7
    got = values_of("modulo.xmile")
    for name, value in {"a": 1, "b": 2, "c": -2, "e": 2}.items():
        np.testing.assert_array_equal(got[name], value, err_msg=name)
    np.testing.assert_allclose(got["d"], S % 1, **EXACT)
    np.testing.assert_array_equal(got["f"], T % 2)


def test_integer_part_rounds_down() -> None:  # 7
    got = values_of("integer_part.xmile")
    np.testing.assert_array_equal(got["a"], np.floor(S))
    for name, value in {"b": -3, "c": 2, "d": -2}.items():
        np.testing.assert_array_equal(got[name], value, err_msg=name)


def test_conditions() -> None:  # 6
    got = values_of("conditions.xmile")
    np.testing.assert_array_equal(got["a"], np.where(S > 0, 1, S))
    later = np.where(T > 5, 7, S)
    np.testing.assert_array_equal(got["b"], np.where((S > 0) & (T < 4), 1, later))
    np.testing.assert_allclose(got["c"], 2 * np.where(S > 0, 1, S) + 1, **EXACT)
    np.testing.assert_array_equal(got["d"], np.where(S != 0, 1, 0))
    np.testing.assert_array_equal(got["e"], np.where((T == 2) | (T == 3), 2, 3))
    np.testing.assert_array_equal(got["f"], np.where(S >= 1, S, 1))


def test_safe_division_is_exact_at_zero_only() -> None:  # 8
    got = values_of("safe_division.xmile")
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(got["a"], np.where(T == 3, 0, 5 / (T - 3)), rtol=1e-15)
        np.testing.assert_allclose(got["b"], np.where(T == 2, 9, 1 / (T - 2)), rtol=1e-15)
    np.testing.assert_array_equal(got["c"], np.where(T == 1, 0, 1))
    np.testing.assert_allclose(got["d"], 0.1, rtol=1e-15)


def test_clock_and_constants() -> None:  # 9
    got = values_of("clock_names.xmile")
    assert (got["a"] == 6.5).all()
    np.testing.assert_array_equal(got["c"], 6 - T)
    infinite = values_of("infinity.xmile")
    assert np.isposinf(infinite["a"]).all()
    np.testing.assert_array_equal(infinite["c"], T)


def test_pulse_is_a_volume() -> None:  # 10
    got = values_of("pulse.xmile")
    t = 0.25 * np.arange(25)
    np.testing.assert_array_equal(got["once"], np.where(t == 2, 24, 0))
    np.testing.assert_array_equal(got["taken"], np.where(t > 2, 6, 0))
    times = np.isin(t, [1, 3, 5])
    np.testing.assert_array_equal(got["often"], np.where(times, 24, 0))
    np.testing.assert_array_equal(got["never again"], np.where(t == 1, 24, 0))


def test_steps_and_ramps() -> None:  # 10
    got = values_of("step_and_ramp.xmile")
    np.testing.assert_array_equal(got["a"], np.where(T >= 2, 3, 0))
    np.testing.assert_array_equal(got["b"], np.where(T > 3, 2 * (T - 3), 0))
    np.testing.assert_array_equal(got["c"], np.clip(T - 1, 0, 3))


def test_smooths_by_hand() -> None:  # 11
    got = values_of("smooth_third.xmile")["b"]
    stages = np.ones(3)
    for i, value in enumerate(S):
        assert got[i] == pytest.approx(stages[2], rel=1e-13)
        stages += 0.5 * (np.array([value, *stages[:2]]) - stages) / (3 / 3)


def test_delays_by_hand() -> None:  # 11
    got = values_of("delay_third.xmile")["b"]
    levels = np.full(3, 0.5 * 3 / 3)
    for i, value in enumerate(S):
        out = levels / (3 / 3)
        assert got[i] == pytest.approx(out[2], rel=1e-13)
        levels += 0.5 * (np.array([value, *out[:2]]) - out)
    fixed = values_of("delay_of_fixed_time.xmile")
    np.testing.assert_array_equal(fixed["b"], [7] * 3 + S[:-3].tolist())
    np.testing.assert_array_equal(fixed["a"], [S[0]] * 3 + S[:-3].tolist())


def test_previous_and_initial() -> None:  # 12
    got = values_of("previous_value.xmile")
    np.testing.assert_array_equal(got["a"], [9, *S[:-1]])
    np.testing.assert_array_equal(got["b"], 2.0 ** np.arange(1, 14))
    np.testing.assert_array_equal(got["c"], [0, *S[:-1]])
    start = values_of("initial_value.xmile")
    np.testing.assert_allclose(start["a"], 3.5 - 0.5, **EXACT)
    assert (start["b"] == 3).all()


def test_non_negative_stock_ends_at_zero() -> None:  # 14
    got = values_of("stock_non_negative.xmile")
    level, levels = 5.0, []
    for t in T:
        levels.append(level)
        level = max(level - 0.5 * (2 + t), 0)
    np.testing.assert_array_equal(got["water"], levels)
    # The flow is what its equation says, also where the stock holds less.
    np.testing.assert_array_equal(got["use"], 2 + T)
    assert got["free"][-1] < 0


def test_non_negative_flow() -> None:  # 13
    got = values_of("flow_non_negative.xmile")
    np.testing.assert_array_equal(got["one way"], np.maximum(np.sin(T), 0))
    assert got["both ways"].min() < 0
    behavior = values_of("behavior_non_negative.xmile")
    np.testing.assert_array_equal(behavior["use"], np.maximum(np.cos(T), 0))
    np.testing.assert_array_equal(behavior["back"], np.cos(T))
    assert behavior["b"].min() < 0 <= behavior["a"].min()
    flows = values_of("behavior_of_flows.xmile")
    assert flows["swing"].min() == 0
    assert flows["a"].min() < 0


def test_clock_of_the_file() -> None:  # 2
    eighth = values_of("step_reciprocal.xmile")["level"]
    np.testing.assert_allclose(eighth, 1.0125 ** np.arange(49), rtol=1e-13)
    np.testing.assert_allclose(
        values_of("step_default.xmile")["level"], 1.1 ** np.arange(7), rtol=1e-13
    )
    saved = values_of("save_interval.xmile")["level"]
    np.testing.assert_allclose(saved, 1.1 ** (4 * np.arange(7)), rtol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_rk4(backend: str) -> None:  # 15
    got = values_of("rk4.xmile", backend)
    t = 0.1 * np.arange(61)
    h = 0.1
    turn = np.array([[0, h], [-h, 0]])
    step = sum(np.linalg.matrix_power(turn, k) / [1, 1, 2, 6, 24][k] for k in range(5))
    states = [np.array([1.0, 0.0])]
    for _ in t[1:]:
        states.append(step @ states[-1])
    np.testing.assert_allclose(got["x"], [s[0] for s in states], atol=1e-14)
    assert 1e-7 < np.abs(got["x"] - np.cos(t)).max() < 1e-5
    other = values_of("rk2_is_rk4.xmile", backend)["x"]
    factor = 1 - 1 / 8 + 1 / 128 - 1 / 3072 + 1 / 98304
    np.testing.assert_allclose(other, factor ** np.arange(25), rtol=1e-13)


X, Y = np.array([0.0, 1, 3, 5]), np.array([0.0, 2, 3, -1])


@pytest.mark.parametrize("backend", BACKENDS)
def test_graphs(backend: str) -> None:  # 16
    at = T * 1.3 - 1
    continuous = values_of("graph_continuous.xmile", backend)
    np.testing.assert_allclose(continuous["a"], np.interp(at, X, Y), **EXACT)
    beyond = np.where(at < 0, 2 * at, np.where(at > 5, -1 - 2 * (at - 5), np.interp(at, X, Y)))
    np.testing.assert_allclose(
        values_of("graph_extrapolate.xmile", backend)["a"], beyond, atol=1e-13
    )
    steps = np.array([0.0, 2, 3, 3])[np.clip(np.searchsorted(X, at, "right") - 1, 0, 3)]
    np.testing.assert_array_equal(values_of("graph_discrete.xmile", backend)["a"], steps)


def test_graphs_as_functions() -> None:  # 17
    scale = values_of("graph_scale.xmile")
    np.testing.assert_allclose(scale["a"], np.interp(T, [1, 2, 3, 4], Y), **EXACT)
    np.testing.assert_allclose(scale["b"], np.interp(T, [0, 2, 4], [1, 5, 2]), **EXACT)
    got = values_of("graph_function.xmile")
    np.testing.assert_allclose(got["a"], np.interp(T, X, Y) + 1, **EXACT)
    np.testing.assert_allclose(got["b"], np.interp(T / 2, X, Y), **EXACT)
    np.testing.assert_allclose(got["c"], 2.5, **EXACT)
    np.testing.assert_allclose(got["d"], np.interp(T, X, Y), **EXACT)
    table = values_of("graph_lookup.xmile")
    np.testing.assert_allclose(table["a"], np.interp(T, X, Y), **EXACT)
    assert (table["b"] == 0).all()


def test_arrays() -> None:  # 18
    elements = values_of("array_elements.xmile")
    np.testing.assert_array_equal(elements["base"].T, [2 + 0 * T, T, 3 * T])
    np.testing.assert_array_equal(elements["level"][0], [1, 2, 0])
    level = elements["level"]
    np.testing.assert_allclose(elements["first"], 2 * T + level[:, 1] + level[:, 2], **EXACT)
    itself = values_of("array_element_of_itself.xmile")["base"]
    np.testing.assert_array_equal(itself.T, [2 + T, 6 + 3 * T, -4 - 2 * T])
    two = values_of("array_two_dimensions.xmile")
    base = np.array([2.0, 5, 7])
    load = base[:, None] * np.array([2, 3]) + np.array([[1], [2], [3]])
    np.testing.assert_array_equal(two["load"][5], load)
    np.testing.assert_array_equal(two["mixed"][4], [[1, 2], [load[1, 1], load[1, 1]], [7, 6]])
    assert (two["one"] == load[2, 1] + load[1, 1]).all()


def test_sums_over_arrays() -> None:  # 19
    got = values_of("array_sums.xmile")
    base = np.stack([2 + 0 * T, T, -7 + 0 * T], axis=1)
    load = base[:, :, None] * np.array([1, 2])
    expected = {
        "share": base / base.sum(axis=1, keepdims=True),
        "by kind": load.sum(axis=2) + load.max(axis=2),
        "a": base.sum(axis=1),
        "b": base.sum(axis=1),
        "c": load.sum(axis=(1, 2)),
        "d": base.mean(axis=1),
        "e": base.max(axis=1) - base.min(axis=1),
        "f": np.full(13, 6.0),
        "g": (base**2).sum(axis=1),
        "h": load[:, :, 0].sum(axis=1),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-14, err_msg=name)


def test_numbered_dimensions() -> None:  # 18
    got = values_of("array_numbered.xmile")
    assert (got["a"] == 15).all()
    assert (got["b"] == 38).all()


def test_graphs_of_arrays() -> None:  # 18
    got = values_of("array_graphs.xmile")
    curves = [Y, [9, 8, 7, 6], [1, 1, 2, 2]]
    a = np.stack([np.interp(T, X, curve) for curve in curves], axis=1)
    np.testing.assert_allclose(got["a"], a, **EXACT)
    np.testing.assert_allclose(got["b"], np.interp(a + 1, X, Y), **EXACT)


def test_non_negative_arrays() -> None:  # 14
    got = values_of("array_non_negative.xmile")
    use = np.maximum(2 - np.where(T >= 4, 3, 0), 0)
    np.testing.assert_array_equal(got["use"][:, 0], use)
    level, levels = np.array([1.0, 9, 4]), []
    for rate in use:
        levels.append(level)
        level = np.maximum(level - 0.5 * rate, 0)
    np.testing.assert_array_equal(got["level"], levels)


def test_modules() -> None:  # 20
    got = values_of("modules.xmile")
    assert set(got) >= {"Herd.animals", "Herd.rate", "Sky.rain", "rate", "Herd.grass"}
    animals = 100.0
    for i, t in enumerate(T):
        assert got["Herd.animals"][i] == pytest.approx(animals, rel=1e-13)
        assert got["all"][i] == pytest.approx(animals + np.sin(t) + 7, rel=1e-13)
        grass, rate = 50 + animals / 10, 0.1 + np.sin(t) / 100
        animals += 0.5 * (animals * rate * grass / 100 + np.sin(t) - 7)


def test_modules_within_modules() -> None:  # 20
    got = values_of("module_nested.xmile")
    level = 1.0
    for i, t in enumerate(T):
        assert got["outer.inner.level"][i] == pytest.approx(level, rel=1e-14)
        assert got["outer.seen"][i] == pytest.approx(2 * level, rel=1e-14)
        level += 0.5 * 2 * t
    np.testing.assert_array_equal(got["outer.x"], T)


def test_inputs_of_modules() -> None:  # 21
    got = values_of("module_input_of_root.xmile")
    np.testing.assert_array_equal(got["Root_Input"], (T + 1) ** 2)
    assert (values_of("module_alone.xmile")["a"] == 6).all()
    arrays = values_of("module_arrays.xmile")
    np.testing.assert_array_equal(arrays["a"], (6 + T) + (T + 1))


def test_modules_as_stella_writes_them() -> None:  # 21
    got = values_of("module_stella.stmx")
    hares, lynxes = 50000.0, 1250.0
    for i in range(13):
        assert got["hares.hares"][i] == pytest.approx(hares, rel=1e-12)
        assert got["hares.lynxes"][i] == pytest.approx(lynxes, rel=1e-12)
        density = hares / 1000
        loss = np.interp(density, [0, 10, 20, 40, 100], [1, 0.61, 0.37, 0.14, 0.01])
        hares, lynxes = (
            max(hares + 0.5 * (hares * 1.25 - lynxes * density), 0),
            max(lynxes + 0.5 * (lynxes * 0.25 - lynxes * loss), 0),
        )


def test_macros() -> None:  # 22
    got = values_of("macro_expression.xmile")
    np.testing.assert_allclose(got["a"], np.log10(100 + T), rtol=1e-15)
    np.testing.assert_array_equal(got["b"], 4 * T + 1)
    np.testing.assert_array_equal(got["c"], np.clip(T - 3, 0, 1))
    np.testing.assert_array_equal(got["d"], np.clip(T, 0, 4))


def test_macros_with_stocks() -> None:  # 23
    got = values_of("macro_stock.xmile")
    np.testing.assert_allclose(got["a"], got["own"], **EXACT)
    stocks = [name for name in got if name.endswith("Smooth of Input")]
    assert len(stocks) == 4
    twice = got["b"] - 2 * got["own"]
    smooth, source = 0.0, got["own"]
    for i in range(13):
        assert twice[i] == pytest.approx(smooth, abs=1e-14)
        smooth += 0.5 * (source[i] - smooth) / 3
    arrays = values_of("macro_array.xmile")
    np.testing.assert_allclose(arrays["a"], arrays["b"], **EXACT)
    assert values_of("macro_in_module.xmile")["a"][-1] > 5


def test_files_as_others_write_them() -> None:  # 1
    old = values_of("older_namespace.xmile")["water"]
    np.testing.assert_allclose(old, 5 * 0.875 ** np.arange(13), rtol=1e-13)
    np.testing.assert_array_equal(values_of("prefix_undeclared.stmx")["a"], T)
    np.testing.assert_array_equal(values_of("prefix_own.xml")["a"], 2 * np.arange(4.0))
    assert (values_of("groups_and_words.itmx")["a"] == 1).all()
    assert values_of("flow_names.xmile")["level"][-1] == 6
