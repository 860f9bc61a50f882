"""One-feature XMILE files: the engine against PySD, mended, and against PySD's own reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_reference import differences, run_engine, run_reference
from xmile_reading import FILES, XMILE_MODELS, plain_names, read_by_pysd

from haihe.model.translate import read_model

NO_REFERENCE = {
    "array_element_of_itself.xmile": "PySD computes all elements of a variable at once",
    "graph_discrete.xmile": "PySD holds the ends of every lookup, and steps only data",
    "graph_extrapolate.xmile": "PySD holds the ends of every lookup",
    "rk2_is_rk4.xmile": "PySD knows Euler's method",
    "rk4.xmile": "PySD knows Euler's method",
}
"""Held to closed forms instead, in `test_xmile_by_hand.py`."""

READ_BY_PYSD = (
    "array_apply_to_all.xmile",
    "behavior_non_negative.xmile",
    "behavior_of_flows.xmile",
    "delay_first.xmile",
    "delay_nth.xmile",
    "delay_of_fixed_time.xmile",
    "delay_third.xmile",
    "flow_non_negative.xmile",
    "forecast.xmile",
    "graph_continuous.xmile",
    "graph_flow.xmile",
    "initial_value.xmile",
    "names_quoted.xmile",
    "names_spelling.xmile",
    "pulse.xmile",
    "smooth_first.xmile",
    "smooth_nth.xmile",
    "smooth_third.xmile",
    "step_and_ramp.xmile",
    "step_reciprocal.xmile",
    "stock_flows.xmile",
    "stock_non_negative.xmile",
    "trend.xmile",
)
"""What PySD's translator reads as the standard has it."""


@pytest.fixture(autouse=True)
def cache_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIHE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path))


def test_there_are_files() -> None:
    assert len(FILES) >= 60
    assert set(NO_REFERENCE) | set(READ_BY_PYSD) <= set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_engine_equals_reference(name: str) -> None:
    model = read_model(XMILE_MODELS / name)
    plain = run_engine(model, "numpy")
    compiled = run_engine(model, "llvm")
    assert set(plain) == set(plain_names(model))
    assert differences(compiled, plain, of_scale=1e-13, of_value=0.0) == []
    if name not in NO_REFERENCE:
        assert differences(plain, run_reference(model)) == []


@pytest.mark.parametrize("name", READ_BY_PYSD)
def test_reading_equals_that_of_pysd(name: str) -> None:
    ours = run_engine(read_model(XMILE_MODELS / name), "numpy")
    theirs = run_engine(read_by_pysd(XMILE_MODELS / name), "numpy")
    assert set(ours) == set(theirs)
    assert differences(ours, theirs, of_scale=1e-15, of_value=0.0) == []
