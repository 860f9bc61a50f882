"""A member's bits depend on the member alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haihe.compile import compile_model, evaluate, kernel
from haihe.model.translate import read_model
from haihe.model.types import Model

BODY = """
kind: a, b, c
rate[kind] = 0.1, 0.2, 0.3
power = 1.3
length = 2
table((0, 1), (1, 3), (2, 2.5), (5, 4), (9, 0))
level[kind] = INTEG(inflow[kind] - rate[kind] * level[kind] ^ power, 5)
inflow[kind] = EXP(-level[kind] / 10) + LN(1 + total) * table(level[kind])
total = SUM(level[kind!])
late = DELAY FIXED(total, length, 3)
smooth = SMOOTH3(total, length + 1)
share[kind] = level[kind] / total
best = VMAX(share[kind!]) + MAX(late, smooth)
INITIAL TIME = 0
FINAL TIME = 12
TIME STEP = 0.5
SAVEPER = 1
"""
NAMES = ("level", "late", "share", "best", "smooth")


def write(folder: Path, lines: list[str]) -> Model:
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + "\n".join(f"{line} ~~|" for line in lines), encoding="utf-8")
    return read_model(path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    patch = pytest.MonkeyPatch()
    patch.setenv("HAIHE_CACHE_DIR", str(tmp_path_factory.mktemp("kernels")))
    return write(tmp_path_factory.mktemp("model"), BODY.strip().splitlines())


def draw_constants(members: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "rate": rng.uniform(0.01, 0.6, (members, 3)),
        "power": rng.uniform(0.5, 1.8, members),
        "length": rng.uniform(0.5, 6, members),
    }


def run(model: Model, constants: dict[str, np.ndarray], backend: str, threads: int = 1):
    program = compile_model(model, NAMES, ["rate", "power", "length"])
    members = len(constants["power"])
    return evaluate(program, members, constants, backend=backend, threads=threads)


@pytest.mark.parametrize("backend", ["llvm", "numpy"])
@settings(max_examples=15, deadline=None)
@given(members=st.integers(1, 300), seed=st.integers(0, 2**31), data=st.data())
def test_bits_do_not_depend_on_the_batch(
    model: Model, backend: str, members: int, seed: int, data: st.DataObject
) -> None:
    constants = draw_constants(members, seed)
    whole = run(model, constants, backend)
    chosen = data.draw(st.lists(st.integers(0, members - 1), min_size=1, max_size=20))
    part = run(model, {name: v[chosen] for name, v in constants.items()}, backend)
    for name in NAMES:
        np.testing.assert_array_equal(part[name], whole[name][chosen], err_msg=name)


def test_bits_do_not_depend_on_threads_and_calls(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = draw_constants(200, 5)
    whole = run(model, constants, "llvm")
    monkeypatch.setattr(kernel, "MOST_AT_ONCE", 16)
    for threads in (1, 2, 5):
        other = run(model, constants, "llvm", threads)
        for name in NAMES:
            np.testing.assert_array_equal(other[name], whole[name], err_msg=name)


def test_bits_do_not_depend_on_lanes(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = draw_constants(20, 6)
    found = kernel.host(4), kernel.host(16)
    assert not any(target.machine.wide for target in found)
    results = []
    for target in found:
        monkeypatch.setattr(kernel, "host", lambda lanes=0, target=target: target)
        results.append(run(model, constants, "llvm"))
    for name in NAMES:
        np.testing.assert_array_equal(results[0][name], results[1][name], err_msg=name)


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(list(range(1, len(BODY.strip().splitlines())))))
def test_bits_do_not_depend_on_the_order_of_equations(
    model: Model, order: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = BODY.strip().splitlines()
    shuffled = [lines[0], *(lines[i] for i in order)]
    other = write(tmp_path_factory.mktemp("shuffled"), shuffled)
    constants = draw_constants(3, 1)
    for backend in ("llvm", "numpy"):
        a, b = run(model, constants, backend), run(other, constants, backend)
        for name in NAMES:
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def test_bits_do_not_depend_on_what_else_is_asked_for(model: Model) -> None:
    everything = evaluate(compile_model(model, []), 1)
    for name in NAMES:
        alone = evaluate(compile_model(model, [name]), 1)
        np.testing.assert_array_equal(alone[name], everything[name], err_msg=name)


def test_bits_do_not_depend_on_what_may_vary(model: Model) -> None:
    fixed = evaluate(compile_model(model, NAMES), 1)
    for varying in (["rate"], ["power"], ["length"], ["rate", "power", "length"]):
        free = evaluate(compile_model(model, NAMES, varying), 1)
        for name in NAMES:
            np.testing.assert_array_equal(free[name], fixed[name], err_msg=f"{name} {varying}")


def test_splitting_a_run_equals_the_whole(model: Model) -> None:
    # SMOOTH3 and DELAY FIXED carry more than a stock, so the plain part is split.
    from dataclasses import replace

    program = compile_model(model, ["level"], initial=["level"])
    names = program.initial["level"]
    whole = evaluate(compile_model(model, ["level"]), 1)["level"]
    first = replace(model.time, stop=6.0)
    then = replace(model.time, start=6.0)
    start = {"level": whole[:, 0]}
    half = evaluate(program, 1, initial=start, time=first)["level"]
    rest = evaluate(program, 1, initial={"level": half[:, -1]}, time=then)["level"]
    assert names.shape == (3,)
    np.testing.assert_array_equal(np.concatenate([half, rest[:, 1:]], axis=1), whole)
