"""Each mend of the reference: what PySD does, and what is right.

Every test has two halves. The first holds PySD as it is installed against the truth and expects it
to be wrong; were PySD to be mended upstream it fails, and the mend can go. The second holds the
reference against the same truth.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pysd
import pytest
import xarray as xr

from haihe.errors import InputError, InputErrors
from haihe.model.translate import read_model
from haihe.model.types import FloatArray, TimeAxis
from haihe.run.backends import PysdBackend, _hasten_lookups
from haihe.run.compiled import CompiledBackend
from haihe.scenario.values import Batch

CLOCK = """
INITIAL TIME = 0 ~ Year ~ |
FINAL TIME = 4 ~ Year ~ |
TIME STEP = {step} ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "cache"))


def write(folder: Path, text: str, step: str = "0.5") -> Path:
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text + CLOCK.format(step=step), encoding="utf-8")
    return path


def run(path: Path, *names: str, **inputs: Any) -> dict[str, FloatArray]:
    model = read_model(path)
    batch = Batch(("one",), **({"constants": {}, "series": {}, "initial": {}} | inputs),
                  time=model.time)  # fmt: skip
    return {n: v[0] for n, v in PysdBackend().run(model, batch, names).items()}


def run_pysd(path: Path, name: str) -> FloatArray:
    """PySD as it is installed, in a folder of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pysd.read_vensim(str(path)).run(return_columns=[name])[name].to_numpy()


def smooth(start: float, goal: float, time: float, step: float, saves: int) -> list[float]:
    state, saved = start, []
    for i in range(round((saves - 1) / step) + 1):
        if i % round(1 / step) == 0:
            saved.append(state)
        state += (goal - state) / time * step
    return saved


def test_a_whole_number_at_the_start_does_not_cut_the_input(tmp_path: Path) -> None:
    path = write(tmp_path, "x = 0.5 ~~|\ns = SMOOTHI(x, 2, 0) ~~|\n")
    truth = smooth(0.0, 0.5, 2.0, 0.5, 5)
    assert not np.allclose(run_pysd(path, "s"), truth)
    np.testing.assert_allclose(run(path, "s")["s"], truth, rtol=1e-14)


@pytest.mark.parametrize(
    "delay", ["DELAY1I(x, 2, 0)", "DELAY3I(x, 2, 0)", "DELAY N(x, 2, 0, 3)", "SMOOTH N(x, 2, 0, 3)"]
)
def test_delays_of_every_kind_start_as_floats(tmp_path: Path, delay: str) -> None:
    whole = write(tmp_path, f"x = 0.5 ~~|\ns = {delay} ~~|\n")
    first = run(whole, "s")["s"]
    real = write(tmp_path, f"x = 0.5 ~~|\ns = {delay.replace(' 0', ' 1e-300')} ~~|\n")
    np.testing.assert_allclose(first, run(real, "s")["s"], rtol=1e-12, atol=1e-200)
    assert first[-1] > 0


def test_division_and_powers_follow_ieee(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "zero = 0*Time ~~|\na = 1/zero ~~|\nb = zero/zero ~~|\nc = (zero-8)^(1/3) ~~|\n"
        "d = zero^(-1) ~~|\ne = (10+zero)^400 ~~|\n",
    )
    with pytest.raises(ZeroDivisionError):
        run_pysd(path, "a")
    found = run(path, "a", "b", "c", "d", "e")
    assert np.isposinf(found["a"]).all()
    assert np.isnan(found["b"]).all()
    assert np.isnan(found["c"]).all()
    assert np.isposinf(found["d"]).all()
    assert np.isposinf(found["e"]).all()


def test_tables_keep_their_digits(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "f((0,0.123456789012345),(10,0.123456789012345)) ~~|\ny = f(Time) ~~|\n"
        "d: p, q ~~|\nk[d] = 0.123456789012345, 1e9 ~~|\nz = k[p] ~~|\n",
    )
    truth = np.full(5, 0.123456789012345)
    assert not np.array_equal(run_pysd(path, "y"), truth)
    found = run(path, "y", "z")
    np.testing.assert_array_equal(found["y"], truth)
    np.testing.assert_array_equal(found["z"], truth)


def test_numbers_of_tables_beside_the_model_are_read_exactly(tmp_path: Path) -> None:
    numbers = ["0.1234567890123456", "2.2250738585072014e-308", "123456.78901234567"]
    (tmp_path / "t.csv").write_text("\n".join(["v", "", *numbers]) + "\n", encoding="utf-8")
    lines = [f"k{i} = GET DIRECT CONSTANTS('t.csv', ',', 'A{i + 3}') ~~|\n" for i in range(3)]
    path = write(tmp_path, "".join(lines))
    found = run(path, "k0", "k1", "k2")
    assert [float(found[f"k{i}"][0]) for i in range(3)] == [float(n) for n in numbers]


def test_a_table_that_changed_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("1\n", encoding="utf-8")
    path = write(tmp_path, "k = GET DIRECT CONSTANTS('t.csv', ',', 'A1') ~~|\n")
    assert run(path, "k")["k"][0] == 1.0
    (tmp_path / "t.csv").write_text("22\n", encoding="utf-8")
    assert run(path, "k")["k"][0] == 22.0


def test_a_table_that_changed_under_a_model_is_no_part_of_it(tmp_path: Path) -> None:
    """Else numbers of another day would be kept under the digest of this one."""
    (tmp_path / "t.csv").write_text("1\n", encoding="utf-8")
    model = read_model(write(tmp_path, "k = GET DIRECT CONSTANTS('t.csv', ',', 'A1') ~~|\n"))
    (tmp_path / "t.csv").write_text("2\n", encoding="utf-8")
    batch = Batch(("one",), {}, {}, {}, model.time)
    for backend in (PysdBackend(), CompiledBackend()):
        with pytest.raises(InputError, match="changed after the model was read"):
            backend.run(model, batch, ["k"])


def test_time_is_no_running_sum(tmp_path: Path) -> None:
    path = write(tmp_path, "t = Time ~~|\nlate = IF THEN ELSE(Time >= 1, 1, 0) ~~|\n", "0.1")
    assert sum([0.1] * 10) < 1
    assert run_pysd(path, "late")[1] == 0.0
    found = run(path, "t", "late")
    np.testing.assert_array_equal(found["t"], [0, 1, 2, 3, 4])
    assert found["late"][1] == 1.0


def test_a_parameter_is_gone_with_its_member(tmp_path: Path) -> None:
    path = write(tmp_path, "k = 1 ~~|\ny = k * Time ~~|\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = pysd.read_vensim(str(path))
        loaded.run(params={"k": 5})
        assert loaded.run()["y"].iloc[-1] != 4.0
    model = read_model(path)
    batch = Batch(
        ("set", "not"),
        {},
        {"k": (np.array([0.0, 1.0]), np.array([[5.0, 5.0], [np.nan, np.nan]]))},
        {},
        model.time,
    )
    found = PysdBackend().run(model, batch, ["y"])["y"]
    assert found[:, -1].tolist() == [20.0, 4.0]
    assert run(path, "y")["y"][-1] == 4.0


def test_nothing_is_written_beside_the_model(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    path = write(folder, "y = Time ~~|\n")
    (folder / "model.py").write_text("mine", encoding="utf-8")
    run(path, "y")
    assert sorted(p.name for p in folder.iterdir()) == ["model.mdl", "model.py"]
    assert (folder / "model.py").read_text(encoding="utf-8") == "mine"


def test_the_cache_is_ours_alone(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / "reference").mkdir(parents=True)
    (cache / "reference").chmod(0o777)
    run(write(tmp_path, "y = Time ~~|\n"), "y")
    assert (cache / "reference").stat().st_mode & 0o022 == 0


def test_names_that_python_cannot_tell_apart(tmp_path: Path) -> None:
    names = ['"a b!"', '"a b?"', '"for"', '"Ä"', '"a"', "价格", "价值", '"x\'y"', '"1st"']
    text = "".join(f"{name} = {i} * Time ~~|\n" for i, name in enumerate(names))
    text += "total = " + " + ".join(names) + " ~~|\n"
    path = write(tmp_path, text)
    wanted = [name.strip('"') for name in names]
    found = run(path, "total", *wanted)
    for i, name in enumerate(wanted):
        np.testing.assert_array_equal(found[name], i * np.arange(5.0))
    np.testing.assert_array_equal(found["total"], sum(range(9)) * np.arange(5.0))


def test_quick_lookups_have_the_bits_of_slow_ones() -> None:
    from pysd.py_backend.lookups import HardcodedLookups

    class Model:
        components: Any = type("Components", (), {})()

    generator = np.random.default_rng(5)
    for count in (2, 3, 10, 50):
        x = np.cumsum(generator.uniform(0.01, 3, count)).tolist()
        y = generator.normal(0, 10, count).tolist()
        slow = HardcodedLookups(x, y, {}, "interpolate", {}, "f")
        quick = HardcodedLookups(x, y, {}, "interpolate", {}, "f")
        slow.initialize()
        quick.initialize()
        Model.components.f = quick
        _hasten_lookups(Model)
        points = [*x, *generator.uniform(x[0] - 1, x[-1] + 1, 50).tolist()]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert [slow(p) for p in points] == [quick(p) for p in points]
            coords = {"d": ["a", "b", "c"]}
            array = xr.DataArray(generator.uniform(x[0], x[-1], 3), coords, ["d"])
            xr.testing.assert_identical(slow(array, coords), quick(array, coords))
        assert type(quick) is not type(slow)


# --- inputs


INPUTS = (
    "d: p, q ~~|\nk = 2 ~~|\nv[d] = 1, 10 ~~|\n"
    "stock = INTEG(k, 100) ~~|\nparts[d] = INTEG(v[d], 3) ~~|\n"
    "aux = k * Time ~~|\nseen = aux + stock ~~|\nall = SUM(parts[d!]) ~~|\n"
    "given :INTERPOLATE: := GET DIRECT DATA('d.csv', ',', 'A', 'B1') ~~|\ntwice = given*2 ~~|\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "d.csv").write_text("0,1\n4,5\n", encoding="utf-8")
    return write(tmp_path, INPUTS)


def test_without_inputs(path: Path) -> None:
    found = run(path, "stock", "all", "seen", "given", "v")
    np.testing.assert_array_equal(found["stock"], 100 + 2 * np.arange(5.0))
    np.testing.assert_array_equal(found["all"], 6 + 11 * np.arange(5.0))
    np.testing.assert_array_equal(found["given"], 1 + np.arange(5.0))
    np.testing.assert_array_equal(found["v"], np.tile([1.0, 10.0], (5, 1)))


def test_constants(path: Path) -> None:
    found = run(path, "stock", "all",
                constants={"k": np.array([7.0]), "v": np.array([[2.0, 3.0]])})  # fmt: skip
    np.testing.assert_array_equal(found["stock"], 100 + 7 * np.arange(5.0))
    np.testing.assert_array_equal(found["all"], 6 + 5 * np.arange(5.0))


def test_series_take_the_place_of_equations(path: Path) -> None:
    years = np.array([1.0, 3.0])
    found = run(
        path, "aux", "k", "twice", "v", "seen",
        series={
            "aux": (years, np.array([[10.0, 30.0]])),
            "k": (years, np.array([[0.0, 4.0]])),
            "given": (years, np.array([[1.0, 3.0]])),
            "v": (years, np.array([[[1.0, 2.0], [3.0, 6.0]]])),
        },
    )  # fmt: skip
    np.testing.assert_array_equal(found["aux"], [10, 10, 20, 30, 30])
    np.testing.assert_array_equal(found["k"], [0, 0, 2, 4, 4])
    np.testing.assert_array_equal(found["twice"], [2, 2, 4, 6, 6])
    np.testing.assert_array_equal(found["v"], [[1, 2], [1, 2], [2, 4], [3, 6], [3, 6]])


def test_initial_values_also_of_single_elements(path: Path) -> None:
    initial = {"stock": np.array([0.5]), "parts": np.array([[np.nan, 50.0]])}
    found = run(path, "stock", "parts", initial=initial)
    np.testing.assert_array_equal(found["stock"], 0.5 + 2 * np.arange(5.0))
    np.testing.assert_array_equal(found["parts"][0], [3.0, 50.0])
    np.testing.assert_array_equal(found["parts"][4], [7.0, 90.0])


def test_another_clock(path: Path) -> None:
    model = read_model(path)
    batch = Batch(("one",), {}, {}, {}, TimeAxis(1.0, 3.0, 0.25, 0.5))
    found = PysdBackend().run(model, batch, ["stock", "aux"])
    np.testing.assert_array_equal(found["stock"][0], 100 + np.arange(5.0))
    np.testing.assert_array_equal(found["aux"][0], 2 * np.arange(1, 3.1, 0.5))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"constants": {"k": [np.nan]}}, "k is NaN or infinite"),
        ({"constants": {"k": [np.inf]}}, "k is NaN or infinite"),
        ({"constants": {"k": [[1.0]]}}, r"k have shape \(1, 1\); expected \(1,\)"),
        ({"constants": {"kk": [1.0]}}, "kk is no variable"),
        ({"constants": {"aux": [1.0]}}, "aux is no constant but a auxiliary"),
        ({"initial": {"aux": [1.0]}}, "aux is no stock"),
        ({"initial": {"stock": [np.inf]}}, "initial value of stock is infinite"),
        ({"series": {"aux": ([1.0, 1.0], [[1.0, 1.0]])}}, "years of aux do not increase"),
        ({"series": {"aux": ([np.nan], [[1.0]])}}, "years of aux are no list"),
        ({"series": {"aux": ([1.0, 2.0], [[1.0, np.nan]])}}, "aux is NaN in part"),
        ({"series": {"aux": ([1.0, 2.0], [[1.0]])}}, "aux have shape"),
    ],
)
def test_inputs_that_the_model_cannot_take(path: Path, inputs: Any, message: str) -> None:
    def arrays(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(np.array(part) for part in value)
        return np.array(value)

    given = {kind: {n: arrays(v) for n, v in values.items()} for kind, values in inputs.items()}
    with pytest.raises(InputErrors, match=message):
        run(path, "seen", **given)


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ((0, 4, 0.3, 1), r"save step 1 is no multiple of the time step 0.3; expected 0.9 or 1.2"),
        ((0, 4, 0, 1), "time step is 0"),
        ((0, 4, -1, 1), "time step is -1"),
        ((4, 4, 0.5, 1), "the end 4 is not after the start 4"),
        ((0, 4, 0.5, 0), "the save step is 0"),
        ((0, 4, float("nan"), 1), "NaN or infinity"),
        ((0, 1e9, 1e-3, 1e-3), "time steps"),
        ((0, 4.1, 0.5, 0.5), r"the end 4.1 is no whole number .* expected 4 or 4.5"),
    ],
)
def test_clocks_that_cannot_run(path: Path, axis: Sequence[float], message: str) -> None:
    model = read_model(path)
    batch = Batch(("one",), {}, {}, {}, TimeAxis(*axis))
    with pytest.raises(InputErrors, match=message):
        PysdBackend().run(model, batch, ["stock"])


def test_outputs_must_exist(path: Path) -> None:
    with pytest.raises(InputErrors, match=r"stok is no variable of model; did you mean stock\?"):
        run(path, "stok")


def test_runge_kutta_is_refused_not_ignored(path: Path) -> None:
    model = read_model(path)
    batch = Batch(("one",), {}, {}, {}, TimeAxis(0, 4, 0.5, 1, method="rk4"))
    with pytest.raises(InputError, match="Euler"):
        PysdBackend().run(model, batch, ["stock"])


def test_a_macro(tmp_path: Path) -> None:
    text = (
        ":MACRO: GROW(start, rate)\nGROW = INTEG(GROW*rate, start)\n~~|\n:END OF MACRO:\n"
        "a = GROW(10, 0.1) ~~|\nb = GROW(1, 0) + a ~~|\n"
    )
    found = run(write(tmp_path, text, "1"), "a", "b")
    np.testing.assert_allclose(found["a"], 10 * 1.1 ** np.arange(5))
    np.testing.assert_allclose(found["b"], 1 + 10 * 1.1 ** np.arange(5))


def test_a_fixed_delay_takes_its_input_before_any_stock_moves(tmp_path: Path) -> None:
    path = write(tmp_path, "a = DELAY3I(1, 3, 0.5) ~~|\nd = DELAY FIXED(a, 1.5, 0.25) ~~|\n")
    went_in = delay_of_third_order(1.0, 3.0, 0.5, 0.5, 9)
    truth = [0.25, 0.25, went_in[1], went_in[3], went_in[5]]
    assert not np.allclose(run_pysd(path, "d"), truth)
    np.testing.assert_allclose(run(path, "d")["d"], truth, rtol=1e-14)


def test_a_sample_is_taken_before_any_stock_moves(tmp_path: Path) -> None:
    text = "a = DELAY3I(1, 3, 0.5) ~~|\ns = SAMPLE IF TRUE(Time < 2, a, 0) ~~|\n"
    path = write(tmp_path, text)
    went_in = delay_of_third_order(1.0, 3.0, 0.5, 0.5, 9)
    truth = [went_in[0], went_in[2], went_in[3], went_in[3], went_in[3]]
    assert not np.allclose(run_pysd(path, "s"), truth)
    np.testing.assert_allclose(run(path, "s")["s"], truth, rtol=1e-14)


def delay_of_third_order(
    goal: float, time: float, start: float, step: float, steps: int
) -> list[float]:
    """What comes out of a delay of three stages at each step."""
    stages, out = [start] * 3, []
    for _ in range(steps):
        out.append(stages[2])
        inflows = [goal, *stages[:2]]
        stages = [s + (i - s) / (time / 3) * step for s, i in zip(stages, inflows)]
    return out
