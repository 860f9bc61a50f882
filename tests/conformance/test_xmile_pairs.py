"""The same model as `.mdl` and as XMILE gives the same numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_reference import differences, run_engine
from xmile_reading import PAIRS, plain_names

from haihe.model.translate import read_model

NAMES = sorted(path.stem for path in PAIRS.glob("*.mdl"))


@pytest.fixture(autouse=True)
def cache_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIHE_CACHE_DIR", str(tmp_path))


def test_there_are_pairs() -> None:
    assert len(NAMES) >= 8
    assert {path.stem for path in PAIRS.glob("*.xmile")} == set(NAMES)


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
@pytest.mark.parametrize("name", NAMES)
def test_vensim_equals_xmile(name: str, backend: str) -> None:
    vensim, xmile = (read_model(PAIRS / f"{name}{suffix}") for suffix in (".mdl", ".xmile"))
    assert xmile.time == vensim.time
    assert xmile.dimensions == vensim.dimensions
    assert set(plain_names(vensim)) <= set(plain_names(xmile))
    theirs = run_engine(vensim, backend)
    assert differences(run_engine(xmile, backend), theirs, of_scale=1e-14, of_value=0.0) == []
