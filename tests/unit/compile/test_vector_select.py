"""VECTOR SELECT's error action: what it forbids is not a number, for that member alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_models import BACKENDS, model_of

from haihe.compile import compile_model, evaluate
from haihe.errors import InputError, InputErrors

TEXT = """item: p, q, r
chosen[item] = 1
value[item] = item * 10
found = VECTOR SELECT(chosen[item!], value[item!], -1, 6, {action})"""
MEMBERS = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (0, [-1, 20, 40]),
        (1, [np.nan, 20, 40]),
        (2, [-1, 20, np.nan]),
        (3, [np.nan, 20, np.nan]),
    ],
)
def test_error_action(tmp_path: Path, backend: str, action: int, expected: list[float]) -> None:
    model = model_of(tmp_path, TEXT.format(action=action), (0, 0, 1, 1))
    program = compile_model(model, ["found"], ["chosen"])
    found = evaluate(program, 3, {"chosen": MEMBERS}, backend=backend)["found"]
    np.testing.assert_array_equal(found[:, 0], expected)


def test_other_actions_are_refused(tmp_path: Path) -> None:
    with pytest.raises((InputError, InputErrors), match="error action of VECTOR SELECT"):
        compile_model(model_of(tmp_path, TEXT.format(action=4)), ["found"])
