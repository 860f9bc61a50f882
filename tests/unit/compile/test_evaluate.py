"""Everything that may come with a member: constants, series, lookups, initial values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engine_models import BACKENDS, model_of

from haihe.compile import compile_model, evaluate, saved_times
from haihe.errors import InputErrors

TEA = """
room = 20
rate = 0.1
tea = INTEG(rate * (room - tea), 90)
"""
FLEET = """
kind: car, bus
life[kind] = 10, 5
sales = 3
fleet[kind] = INTEG(sales - fleet[kind] / life[kind], 30)
total = SUM(fleet[kind!])
effect((0, 1), (50, 2), (100, 0))
seen = effect(total)
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_constants_come_with_members(tmp_path: Path, backend: str) -> None:
    model = model_of(tmp_path, TEA)
    program = compile_model(model, ["tea"], varying=["rate"])
    got = evaluate(program, 2, {"rate": np.array([0.1, 0.3])}, backend=backend)["tea"]
    steps = np.arange(11)
    assert got.shape == (2, 11)
    np.testing.assert_allclose(got[0], 20 + 70 * 0.9**steps, rtol=1e-13)
    np.testing.assert_allclose(got[1], 20 + 70 * 0.7**steps, rtol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_subscripted_constants_come_with_members(tmp_path: Path, backend: str) -> None:
    program = compile_model(model_of(tmp_path, FLEET), ["fleet", "total"], varying=["life"])
    life = np.array([[10.0, 5.0], [4.0, 20.0], [7.0, 7.0]])
    got = evaluate(program, 3, {"life": life}, backend=backend)
    assert got["fleet"].shape == (3, 11, 2)
    np.testing.assert_allclose(got["fleet"][:, 1], 30 + 3 - 30 / life, rtol=1e-13)
    np.testing.assert_allclose(got["total"], got["fleet"].sum(axis=2), rtol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_not_given_keeps_the_models_value(tmp_path: Path, backend: str) -> None:
    model = model_of(tmp_path, TEA)
    plain = evaluate(compile_model(model, ["tea"]), 1, backend=backend)["tea"]
    program = compile_model(model, ["tea"], varying=["rate", "room"])
    unset = evaluate(program, 1, backend=backend)["tea"]
    explicit = evaluate(program, 1, {"room": np.array([20.0])}, backend=backend)["tea"]
    np.testing.assert_array_equal(plain, unset)
    np.testing.assert_array_equal(plain, explicit)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["room", "sales"])
def test_series_replaces_an_equation(tmp_path: Path, backend: str, name: str) -> None:
    body = TEA if name == "room" else "base = 2\nsales = base + Time\nstock = INTEG(sales, 0)"
    program = compile_model(model_of(tmp_path, body), [name], series=[name])
    x = np.array([2.0, 4.0, 8.0])
    y = np.array([[1.0, 5.0, 3.0], [0.0, 0.0, 9.0]])
    got = evaluate(program, 2, series={name: (x, y)}, backend=backend)[name]
    wanted = np.array([np.interp(np.arange(11.0), x, row) for row in y])
    np.testing.assert_allclose(got, wanted, rtol=1e-15)
    np.testing.assert_array_equal(got[:, [0, 2, 8, 10]], y[:, [0, 0, 2, 2]])


@pytest.mark.parametrize("backend", BACKENDS)
def test_series_of_one_point_is_level(tmp_path: Path, backend: str) -> None:
    program = compile_model(model_of(tmp_path, TEA), ["room"], series=["room"])
    series = {"room": (np.array([2030.0]), np.array([[7.0]]))}
    got = evaluate(program, 1, series=series, backend=backend)["room"]
    np.testing.assert_array_equal(got, np.full((1, 11), 7.0))


@pytest.mark.parametrize("backend", BACKENDS)
def test_subscripted_series(tmp_path: Path, backend: str) -> None:
    program = compile_model(model_of(tmp_path, FLEET), ["fleet", "life"], series=["life"])
    y = np.array([[[10.0, 5.0], [20.0, 6.0]]])
    series = {"life": (np.array([0.0, 10.0]), y)}
    got = evaluate(program, 1, series=series, backend=backend)
    np.testing.assert_allclose(got["life"][0, 5], [15.0, 5.5], rtol=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
def test_points_of_a_lookup_come_with_members(tmp_path: Path, backend: str) -> None:
    program = compile_model(model_of(tmp_path, FLEET), ["seen", "total"], series=["effect"])
    x = np.array([10.0, 40.0, 61.0, 90.0])
    y = np.array([[0.0, 1.0, 4.0, 2.0], [5.0, 5.0, 5.0, -5.0]])
    got = evaluate(program, 2, series={"effect": (x, y)}, backend=backend)
    wanted = np.array([np.interp(got["total"][m], x, y[m]) for m in range(2)])
    np.testing.assert_allclose(got["seen"], wanted, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("backend", BACKENDS)
def test_initial_values_come_with_members(tmp_path: Path, backend: str) -> None:
    body = TEA + "\nother = INTEG(0, tea * 2)"
    program = compile_model(model_of(tmp_path, body), ["tea", "other"], initial=["tea"])
    got = evaluate(program, 2, initial={"tea": np.array([50.0, 20.0])}, backend=backend)
    np.testing.assert_array_equal(got["tea"][:, 0], [50.0, 20.0])
    # What starts from the stock starts from the given value.
    np.testing.assert_array_equal(got["other"][:, 0], [100.0, 40.0])
    np.testing.assert_array_equal(got["tea"][1], np.full(11, 20.0))


@pytest.mark.parametrize("backend", BACKENDS)
def test_length_of_a_fixed_delay_comes_with_members(tmp_path: Path, backend: str) -> None:
    body = "length = 2\nlate = DELAY FIXED(Time, length, -1)"
    program = compile_model(model_of(tmp_path, body), ["late"], varying=["length"])
    got = evaluate(program, 3, {"length": np.array([1.0, 3.0, 40.0])}, backend=backend)["late"]
    np.testing.assert_array_equal(got[0], [-1, *range(10)])
    np.testing.assert_array_equal(got[1], [-1, -1, -1, *range(8)])
    np.testing.assert_array_equal(got[2], np.full(11, -1.0))


@pytest.mark.parametrize("backend", BACKENDS)
def test_another_time_axis(tmp_path: Path, backend: str) -> None:
    model = model_of(tmp_path, TEA + "\nspan = FINAL TIME - INITIAL TIME")
    axis = replace(model.time, start=5.0, stop=8.0, step=0.5, save_step=1.0)
    got = evaluate(compile_model(model, ["tea", "span"]), 1, time=axis, backend=backend)
    assert got["tea"].shape == (1, 4)
    np.testing.assert_allclose(got["tea"][0], 20 + 70 * 0.95 ** (2 * np.arange(4)), rtol=1e-13)
    np.testing.assert_array_equal(got["span"], np.full((1, 4), 3.0))
    np.testing.assert_array_equal(saved_times(axis), [5.0, 6.0, 7.0, 8.0])


def test_mistakes_are_told_all_at_once(tmp_path: Path) -> None:
    program = compile_model(model_of(tmp_path, FLEET), ["total"], ["life", "sales"])
    with pytest.raises(InputErrors) as caught:
        evaluate(program, 2, {"life": np.ones((2, 3)), "sales": np.ones(5), "rate": np.ones(2)})
    text = str(caught.value)
    assert "rate was not announced" in text
    assert "life has shape (2, 3); expected (2, 2): (member, kind)" in text
    assert "sales has shape (5,)" in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"step": 0.0}, "time step 0.0"),
        ({"step": -1.0}, "time step -1.0"),
        ({"stop": -5.0}, "before it starts"),
        ({"step": 0.3}, "not a multiple"),
        ({"step": float("nan")}, "time step nan"),
    ],
)
def test_bad_time_axes_are_refused(tmp_path: Path, changes: dict[str, float], message: str) -> None:
    model = model_of(tmp_path, TEA)
    with pytest.raises(InputErrors, match=message):
        evaluate(compile_model(model, ["tea"]), 1, time=replace(model.time, **changes))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"varying": ["raet"]}, "no variable is called raet; did you mean rate"),
        ({"varying": ["tea"]}, "tea is a stock and cannot be given as one number"),
        ({"initial": ["rate"]}, "rate is a constant and cannot be given an initial value"),
    ],
)
def test_names_that_cannot_be_given(
    tmp_path: Path, given: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(InputErrors, match=message):
        compile_model(model_of(tmp_path, TEA), ["tea"], **given)


def test_a_stock_that_is_given_as_a_series_no_longer_adds_up(tmp_path: Path) -> None:
    model = model_of(tmp_path, TEA)
    held = np.array([[50.0, 50.0]])
    times = np.array([model.time.start, model.time.stop])
    for backend in ("numpy", "llvm"):
        program = compile_model(model, ["tea"], series=["tea"])
        got = evaluate(program, 1, series={"tea": (times, held)}, backend=backend)
        assert (got["tea"] == 50.0).all()


def test_unknown_output_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputErrors, match=r"no variable is called tee; did you mean tea"):
        compile_model(model_of(tmp_path, TEA), ["tee"])


def test_names_are_compared_as_vensim_does(tmp_path: Path) -> None:
    program = compile_model(model_of(tmp_path, "Big Rate = 3"), ["big_rate"], ["BIG  RATE"])
    got = evaluate(program, 1, {"big rate": np.array([4.0])}, backend="numpy")
    assert list(got) == ["Big Rate"]
    assert got["Big Rate"][0, 0] == 4.0
