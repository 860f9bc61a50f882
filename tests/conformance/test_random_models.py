"""Random functions: three backends alike to the bit, and distributed as PySD has them.

Draws cannot be compared with another generator's; distributions can. Both samples are larger than
any difference that a wrong limit or a wrong spread could hide in, and both are fixed by a seed, so
that the test answers the same every time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from javascript_engine import needs_node, run_javascript
from scipy import stats

from haihe.compile import compile_model, evaluate
from haihe.compile.draws import draw, philox
from haihe.model.translate import read_model
from haihe.model.types import FloatArray, Kind, Model
from haihe.run.backends import PysdBackend
from haihe.scenario.values import Batch

MODELS = Path(__file__).parent / "models" / "random"
ALL = sorted(path.name for path in MODELS.glob("*.mdl"))
SEED = 2**63 + 17
CLOCK = ("TIME STEP", "SAVEPER", "INITIAL TIME", "FINAL TIME")

DRAWN = [
    ("random_0_1", "drawn"),
    ("random_uniform", "drawn"),
    ("random_uniform_array", "drawn"),
    ("random_normal", "drawn"),
    ("random_normal", "free"),
    ("random_normal_tail", "drawn"),
    ("random_normal_tail", "below"),
    ("random_exponential", "drawn"),
    ("random_exponential", "cut"),
    ("random_exponential_shift", "drawn"),
]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIHE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path))


def drawn_by_pysd(model: Model, name: str, members: int) -> FloatArray:
    labels = tuple(map(str, range(members)))
    # What PySD draws from.
    np.random.seed(7)  # noqa: NPY002
    return PysdBackend().run(model, Batch(labels, {}, {}, {}, model.time), [name])[name]


@pytest.mark.parametrize(("file", "name"), DRAWN)
def test_distributed_as_in_the_reference(file: str, name: str) -> None:
    model = read_model(MODELS / f"{file}.mdl")
    theirs = drawn_by_pysd(model, name, 40).ravel()
    ours = evaluate(compile_model(model, [name]), 4000, seed=5)[name].ravel()
    assert len(set(ours)) > 0.999 * ours.size
    assert stats.ks_2samp(ours, theirs).pvalue > 0.01
    # Nobody leaves the limits, and both come near them.
    assert ours.min() <= theirs.min()
    assert ours.max() >= theirs.max()


def test_closed_forms_of_many_draws() -> None:
    # 84,000 draws each: wrong by 0.6 % anywhere and this fails.
    def check(file: str, name: str, distribution: object) -> None:
        program = compile_model(read_model(MODELS / f"{file}.mdl"), [name])
        ours = evaluate(program, 4000, seed=11)[name].ravel()
        assert stats.kstest(ours, distribution.cdf).pvalue > 0.01, (file, name)  # type: ignore[attr-defined]

    check("random_uniform", "drawn", stats.uniform(-2.0, 7.0))
    check("random_normal", "drawn", stats.truncnorm(-1.0, 4.0 / 3.0, 2.0, 3.0))
    check("random_normal_tail", "drawn", stats.truncnorm(5.0, 9.0))
    check("random_exponential", "cut", stats.truncexpon(1.0, 1.0, 2.0))
    check("random_exponential_shift", "drawn", stats.truncexpon(4.0, 2.0, 1.5))


def test_a_spread_of_zero_gives_the_mean() -> None:
    program = compile_model(read_model(MODELS / "random_normal_tail.mdl"), ["level"])
    assert np.all(evaluate(program, 3)["level"] == 3.0)


@pytest.mark.parametrize("file", ALL)
def test_compiled_equals_numpy(file: str) -> None:
    program = compile_model(read_model(MODELS / file), [])
    plain = evaluate(program, 50, backend="numpy", seed=SEED)
    compiled = evaluate(program, 50, seed=SEED)
    for name, values in plain.items():
        scale = np.abs(values).max()
        assert np.abs(values - compiled[name]).max() <= 1e-13 * scale, name
    for name in ("drawn",) if file in ("random_0_1.mdl", "random_uniform.mdl") else ():
        np.testing.assert_array_equal(plain[name], compiled[name])


@needs_node
@pytest.mark.parametrize("file", ALL)
def test_javascript_equals_numpy(file: str, tmp_path: Path) -> None:
    seed = 2**52 + 12345
    program = compile_model(read_model(MODELS / file), [])
    plain = evaluate(program, 3, backend="numpy", seed=seed)
    printed = run_javascript(program, tmp_path, [{"seed": seed, "member": i} for i in range(3)])
    for name, values in plain.items():
        scale = np.abs(values).max()
        assert np.abs(values - printed[name]).max() <= 1e-13 * scale, name


def test_draws_hang_on_the_key_alone() -> None:
    model = read_model(MODELS / "random_normal.mdl")
    names = [n for n, v in model.variables.items() if v.kind is not Kind.LOOKUP and n not in CLOCK]
    whole = evaluate(compile_model(model, []), 40, seed=3)
    for name in names:
        # Another selection of outputs, another batch, another place in it, two threads.
        program = compile_model(model, [name], ["noise time"])
        part = evaluate(program, 3, seed=3, numbers=[39, 0, 17], threads=2)
        np.testing.assert_array_equal(part[name], whole[name][[39, 0, 17]])
    assert not np.any(
        evaluate(compile_model(model, ["drawn"]), 40, seed=4)["drawn"] == whole["drawn"]
    )


def test_calls_steps_members_and_elements_differ() -> None:
    model = read_model(MODELS / "random_uniform_array.mdl")
    drawn = evaluate(compile_model(model, ["drawn"]), 500)["drawn"]
    assert np.unique(drawn).size == drawn.size
    flat = np.corrcoef(drawn.reshape(500, -1).T)
    np.fill_diagonal(flat, 0.0)
    assert np.abs(flat).max() < 0.25


def test_initial_value_is_the_first_draw() -> None:
    program = compile_model(read_model(MODELS / "random_0_1.mdl"), [])
    values = evaluate(program, 20, seed=1)
    assert np.all(values["at the start"] == values["drawn"][:, :1])


def test_a_step_of_rk4_has_one_draw() -> None:
    # A rate that is one number during a step moves a stock as Euler's method does.
    model = read_model(MODELS / "random_0_1.mdl")
    euler, rk4 = (
        evaluate(compile_model(model, ["level"], integration=method), 5, backend=backend)["level"]
        for method, backend in (("euler", "llvm"), ("rk4", "llvm"))
    )
    plain = evaluate(compile_model(model, ["level"], integration="rk4"), 5, backend="numpy")
    np.testing.assert_allclose(rk4, euler, rtol=0.0, atol=1e-13)
    np.testing.assert_allclose(plain["level"], rk4, rtol=0.0, atol=1e-13)


def test_known_answers_of_the_generator() -> None:
    # From the test vectors that the authors of the generator publish.
    def run(counter: tuple[int, ...], seed: int) -> list[int]:
        words = tuple(np.array([c], dtype=np.uint64) for c in counter)
        return [int(w[0]) for w in philox(words, seed)]  # type: ignore[arg-type]

    assert run((0, 0, 0, 0), 0) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    ones = 0xFFFFFFFF
    assert run((ones,) * 4, 2**64 - 1) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    pi = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)
    assert run(pi, 0x299F31D0_A4093822) == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


def test_draws_lie_between_zero_and_one() -> None:
    numbers = np.arange(200_000, dtype=np.uint64)
    values = draw(1, numbers, 2**63 + 9, np.array(0.0), 3)
    assert 0.0 < values.min() < 1e-4
    assert 1.0 - 1e-4 < values.max() < 1.0
