"""A step cut into many functions gives the bits of a step in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_reference import MODELS

from haihe.compile import compile_model, evaluate, layout
from haihe.model.translate import read_model


@pytest.mark.parametrize(
    "name", ["whole_inventory", "sub_smooth", "delay_fixed", "file_lookups", "sample_if_true"]
)
def test_cut_step_has_same_bits(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIHE_CACHE_DIR", str(tmp_path))
    program = compile_model(read_model(MODELS / f"{name}.mdl"), [])
    whole = evaluate(program, 3)
    monkeypatch.setattr(layout, "ONE_FUNCTION", -1)
    monkeypatch.setattr(layout, "CHUNK", 3)
    assert not layout.lay_out(program).single
    cut = evaluate(program, 3)
    for variable, values in whole.items():
        np.testing.assert_array_equal(values, cut[variable], err_msg=variable)
