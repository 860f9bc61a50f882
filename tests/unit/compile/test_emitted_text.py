"""What is generated holds nothing that a model's author wrote, and NumPy stands in for LLVM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_models import model_of

from haihe.compile import compile_model, evaluate, kernel
from haihe.compile.emit_llvm import emit
from haihe.compile.llvm_text import Machine, hexadecimal

HOSTILE = """
"zzname; ret void }" = 3
zzdim: zzone, zztwo
zzlevel[zzdim] = INTEG("zzname; ret void }" * EXP(-zzlevel[zzdim]), 1)
zztable((0,0),(1,2),(2,4),(3,1),(4,1),(5,1),(6,2),(7,1),(8,1),(9,2),(10,1),(11,1),(12,1),(13,1),(14,2),(15,1))
zzseen = zztable(SUM(zzlevel[zzdim!]))
"""


@pytest.mark.parametrize(("lanes", "wide"), [(4, False), (8, False), (16, False), (8, True)])
def test_no_text_of_the_model_is_in_the_code(tmp_path: Path, lanes: int, wide: bool) -> None:
    program = compile_model(model_of(tmp_path, HOSTILE), [], ["zzname; ret void }"])
    text = emit(program, Machine(lanes, True, wide))
    assert "zz" not in text
    assert "; ret" not in text


def test_numbers_keep_their_bits() -> None:
    assert hexadecimal(0.1) == "0x3FB999999999999A"
    assert hexadecimal(-0.0) == "0x8000000000000000"
    assert hexadecimal(float("inf")) == "0x7FF0000000000000"


def test_without_llvmlite_numpy_runs_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = compile_model(model_of(tmp_path, "a = Time ^ 2"), ["a"])
    compiled = evaluate(program, 2)
    monkeypatch.setattr(kernel, "available", lambda: False)
    with pytest.warns(RuntimeWarning, match="llvmlite is not installed"):
        plain = evaluate(program, 2)
    np.testing.assert_array_equal(plain["a"], compiled["a"])
