"""A delay shorter than its stages keeps them: it is the chain of stocks that it stands for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_models import BACKENDS, model_of

from haihe.compile import compile_model, evaluate


@pytest.mark.parametrize("backend", BACKENDS)
def test_order_is_not_lowered(tmp_path: Path, backend: str) -> None:
    # Three steps of 0.5 are longer than the delay of 1; PySD would make it a delay of order 2.
    body = """
    inflow = 3 + SIN(Time)
    late = DELAY3(inflow, 1)
    a = INTEG(inflow - a / (1 / 3), 1)
    b = INTEG((a - b) / (1 / 3), 1)
    c = INTEG((b - c) / (1 / 3), 1)
    """
    program = compile_model(model_of(tmp_path, body, (0, 5, 0.5, 0.5)), ["late", "c"])
    got = evaluate(program, 1, backend=backend)
    # The chain of the model starts from 3 a year, as DELAY3 does: a = b = c = 3 / 3.
    np.testing.assert_allclose(got["late"], got["c"] * 3, rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_content_is_conserved(tmp_path: Path, backend: str) -> None:
    body = """
    pulse = PULSE(2, 1)
    after = INTEG(DELAY3I(pulse, 2, 0), 0)
    """
    program = compile_model(model_of(tmp_path, body, (0, 60, 0.125, 60)), ["after"])
    got = evaluate(program, 1, backend=backend)
    # What went in came out.
    np.testing.assert_allclose(got["after"][0, -1], 1.0, rtol=1e-9)
