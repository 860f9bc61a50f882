"""A model that is written as XMILE and read back gives the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_reference import MODELS, differences, run_engine
from xmile_reading import PAIRS, XMILE_MODELS

from haihe.compile.xmile_export import write_xmile
from haihe.errors import InputError, InputErrors
from haihe.model.translate import read_model
from haihe.model.types import Kind, Model, Variable, canonical_name

REFUSED = {
    "active_initial", "active_initial_loop", "allocate_by_priority", "allocate_by_priority_regions",
    "allocate_by_priority_ties", "allocate_exponential", "allocate_mixed", "allocate_normal",
    "allocate_rectangular", "allocate_regions", "allocate_triangular", "file_data_modes",
    "fn_get_time_value", "fn_pulse_train", "invert_matrix", "invert_matrix_pivots",
    "invert_matrix_regions", "sample_if_true", "sub_active_initial", "sub_sample",
}  # fmt: skip
"""Models that use what XMILE has no word for."""

CLOCK = {"initial time", "final time", "time step", "saveper"}
SMALL = sorted(MODELS.glob("*.mdl"))
OTHERS = [
    path
    for path in sorted([*PAIRS.glob("*.mdl"), *XMILE_MODELS.glob("*.xmile")])
    if "random" not in path.read_text(encoding="utf-8").casefold()
]
TIANJIN = Path(__file__).parents[2] / "models/tianjin/tianjin.mdl"


def read_back(model: Model, folder: Path) -> Model:
    file = folder / "written.xmile"
    file.write_text(write_xmile(model), encoding="utf-8")
    return read_model(file)


def check_same(model: Model, back: Model, of_scale: float) -> None:
    """Same clock, names, dimensions, units and comments; same numbers."""
    assert back.time == model.time
    assert {k: v.elements for k, v in back.dimensions.items()} == {
        k: v.elements for k, v in model.dimensions.items()
    }
    found = {canonical_name(name): v for name, v in back.variables.items()}
    for name, variable in model.variables.items():
        if canonical_name(name) in CLOCK:
            continue
        other = found[canonical_name(name)]
        assert elements_of(back, other) == elements_of(model, variable), name
        assert (other.units, other.limits) == (variable.units, variable.limits), name
        assert other.doc.split() == variable.doc.split(), name
        if variable.kind is Kind.STOCK:
            assert other.kind is Kind.STOCK, name
    ours = {canonical_name(n): v for n, v in run_engine(back, "numpy").items()}
    theirs = {canonical_name(n): v for n, v in run_engine(model, "numpy").items()}
    assert set(theirs) <= set(ours)
    assert differences(ours, theirs, of_scale=of_scale, of_value=0.0) == []


def elements_of(model: Model, variable: Variable) -> list[tuple[str, ...]]:
    return [model.dimensions[dim].elements for dim in variable.dims]


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_small_model_comes_back_to_the_last_bit(path: Path, tmp_path: Path) -> None:
    model = read_model(path)
    if path.stem in REFUSED:
        with pytest.raises((InputError, InputErrors), match="cannot be written as XMILE"):
            write_xmile(model)
        return
    check_same(model, read_back(model, tmp_path), of_scale=0.0)


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_model_of_two_formats_comes_back_to_the_last_bit(path: Path, tmp_path: Path) -> None:
    model = read_model(path)
    check_same(model, read_back(model, tmp_path), of_scale=0.0)


def test_tianjin_comes_back(tmp_path: Path) -> None:
    model = read_model(TIANJIN)
    text = write_xmile(model)
    back = read_back(model, tmp_path)
    # Numbers from tables stand in the file, so that it can be sent to somebody.
    assert "GET DIRECT" not in text
    assert back.data_files == ()
    # Terms of some rates of change come back in another order: inflows first.
    check_same(model, back, of_scale=1e-12)
    groups = {v.group for v in model.variables.values()} - {"Control"}
    assert {v.group for v in back.variables.values()} >= groups


def test_text_of_the_author_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "odd.mdl"
    path.write_text(
        "{UTF-8}\n"
        '"profit & <loss>" = income * 2 ~ yuan/Year ~ 5 < 6 & "quoted" 利润 |\n'
        "income = 3 ~ yuan/Year ~ <script>alert(1)</script> |\n"
        "INITIAL TIME = 0 ~ Year ~ |\nFINAL TIME = 2 ~ Year ~ |\n"
        "TIME STEP = 1 ~ Year ~ |\nSAVEPER = 1 ~ Year ~ |\n",
        encoding="utf-8",
    )
    model = read_model(path)
    back = read_back(model, tmp_path)
    assert back.variables["income"].doc == "<script>alert(1)</script>"
    assert "<script>" not in write_xmile(model)
    assert np.all(run_engine(back, "numpy")["profit & <loss>"] == 6.0)
