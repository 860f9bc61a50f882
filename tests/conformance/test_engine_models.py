"""One-feature models: the engine against PySD, mended, in every cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_reference import MODELS, differences, run_engine, run_reference

from haihe.model.translate import read_model

ALL = sorted(path.name for path in MODELS.iterdir() if path.suffix in (".mdl", ".xmile"))


def test_there_are_models() -> None:
    assert len(ALL) >= 150


@pytest.mark.parametrize("name", ALL)
def test_engine_equals_reference(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAIHE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path))
    model = read_model(MODELS / name)
    theirs = run_reference(model)
    plain = run_engine(model, "numpy")
    compiled = run_engine(model, "llvm")
    assert differences(plain, theirs) == []
    assert differences(compiled, theirs) == []
    assert differences(compiled, plain, of_scale=1e-13, of_value=0.0) == []


def test_the_bar_sees_a_difference() -> None:
    # Guards the guard: a NaN too many, and an error of 2e-9, are both differences.
    good = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([1.0, np.nan, 2.0])}
    wrong = {"a": np.array([1.0, 2.0, 3.0 * (1 + 2e-9)]), "b": np.array([1.0, 5.0, 2.0])}
    assert [d.variable for d in differences(wrong, good)] == ["a", "b"]
    assert differences(good, good) == []
