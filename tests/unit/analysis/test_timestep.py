"""Order and error from three steps, held against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from haihe.analysis.timestep import Finding, Refinement, observed_order, refine
from haihe.model.catalogue import load_catalogue
from haihe.model.translate import read_model
from haihe.model.types import Model

TEXT = """{UTF-8}
d: slow, fast ~~|
rate[d] = 0.1, 0.5 ~~|
tea = INTEG(-tea * 0.2, 80) ~~|
decay[d] = INTEG(-decay[d] * rate[d], 1) ~~|
clock = Time * 2 ~~|
edge = INTEG(IF THEN ELSE(Time >= 3.3 :AND: Time < 6.1, 1, 0), 0) ~~|
boom = INTEG(boom * boom * boom, 1) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 10 ~~|
TIME STEP = 0.25 ~~|
SAVEPER = 1 ~~|
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("m") / "m.mdl"
    path.write_text(TEXT, encoding="utf-8")
    return read_model(path)


def rows_of(model: Model, split: float = 5.0) -> dict[tuple[str, bool], Refinement]:
    rows = refine(model, load_catalogue(model), None, split)
    return {(row.outcome, row.early): row for row in rows}


def test_euler_is_of_first_order_with_the_error_that_it_has(model: Model) -> None:
    """The error that is estimated is the true one, to a tenth."""
    rows = rows_of(model)
    for name, rate, scale in (("tea", 0.2, 80.0), ("decay", 0.5, 1.0)):
        for early, years in ((True, range(6)), (False, range(6, 11))):
            row = rows[name, early]
            true = max(
                abs(scale * (1 - rate / 4) ** (4 * t) - scale * math.exp(-rate * t)) for t in years
            )
            assert row.finding is Finding.CONVERGES
            assert row.order == pytest.approx(1, abs=0.1)
            assert row.error == pytest.approx(true / scale, rel=0.1)
    assert rows["decay", True].element == ("fast",)
    assert rows["tea", True].time == 5


def test_runge_kutta_is_of_fourth_order(model: Model) -> None:
    exact = replace(model, time=replace(model.time, method="rk4"))
    row = rows_of(exact)["tea", True]
    assert row.order == pytest.approx(4, abs=0.2)
    assert row.error is not None
    assert 0 < row.error < 1e-7


def test_what_does_not_hang_on_the_step(model: Model) -> None:
    row = rows_of(model)["clock", True]
    assert (row.finding, row.error, row.warned) == (Finding.EXACT, 0.0, False)


def test_an_edge_between_steps_is_warned_of(model: Model) -> None:
    """Edges at no step of the grid: the error is real, whatever order it seems to have."""
    row = rows_of(model)["edge", False]
    true = abs(2.75 - 2.8) / 2.75
    assert row.error is not None
    assert row.error >= true / 2
    assert row.warned


def test_a_run_that_is_not_finite_is_warned_of(model: Model) -> None:
    row = rows_of(model)["boom", False]
    assert (row.finding, row.error) == (Finding.UNDEFINED, None)
    assert row.warned


def test_parts_are_split_where_asked(model: Model) -> None:
    assert ("tea", True) not in rows_of(model, -1.0)
    assert ("tea", False) not in rows_of(model, 99.0)


def test_order_of_given_differences() -> None:
    some = np.array([1.0, 2.0, 4.0])
    assert observed_order(some, some / 2) == pytest.approx(1)
    assert observed_order(some, some / 16) == pytest.approx(4)
    assert observed_order(some, some) is None
    assert observed_order(some * 0, some) is None
    assert observed_order(some, some * 0) == math.inf
