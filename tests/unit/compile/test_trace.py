"""A member that fails says where it began."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from haihe.compile.trace import trace_failure
from haihe.model.translate import read_model

CONTROL = """
INITIAL TIME = 0 ~~|
FINAL TIME = 20 ~~|
TIME STEP = 1 ~~|
SAVEPER = 4 ~~|
"""


def write(folder: Path, body: str) -> Path:
    path = folder / "model.mdl"
    lines = [line.strip() for line in body.strip().splitlines()]
    path.write_text("{UTF-8}\n" + "\n".join(f"{line} ~~|" for line in lines) + CONTROL)
    return path


def test_first_value_that_is_not_finite_is_named(tmp_path: Path) -> None:
    model = read_model(
        write(
            tmp_path,
            """
            dim: a, b
            ahead[dim] = ratio[dim] + 1
            level[dim] = INTEG(ahead[dim], 0)
            ratio[a] = 1
            ratio[b] = 1 / (7 - Time)
            """,
        )
    )
    failure = trace_failure(model)
    assert failure is not None
    assert (failure.variable, failure.element, failure.time) == ("ratio", ("b",), 7.0)
    assert "ratio[b] is inf at 7" in str(failure)


def test_overflow_of_a_stock_depends_on_the_member(tmp_path: Path) -> None:
    model = read_model(
        write(tmp_path, "power = 3\nlevel = INTEG(level ^ power, 1)\nother = level * 0 + 1")
    )
    failure = trace_failure(model)
    assert failure is not None
    assert failure.variable == "level"
    assert trace_failure(model, {"power": np.array([0.5])}) is None


def test_members_do_not_notice_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from haihe.compile import compile_model, evaluate

    monkeypatch.setenv("HAIHE_CACHE_DIR", str(tmp_path))
    model = read_model(write(tmp_path, "power = 3\nlevel = INTEG(level ^ power, 1)"))
    program = compile_model(model, ["level"], ["power"])
    values = evaluate(program, 3, {"power": np.array([0.5, 3.0, 0.25])})["level"]
    assert not np.isfinite(values[1, -1])
    alone = evaluate(program, 1, {"power": np.array([0.25])})["level"]
    np.testing.assert_array_equal(values[2], alone[0])
