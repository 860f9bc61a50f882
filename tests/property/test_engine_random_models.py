"""Random models: compiled, NumPy and PySD agree; a member alone has the bits it has in a batch."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
from engine_random_models import vensim_models
from engine_reference import differences, run_engine, run_reference

from haihe.compile import compile_model, evaluate
from haihe.model.translate import read_model

EXAMPLES = int(os.environ.get("HAIHE_EXAMPLES", "25"))
LIMITS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIHE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path))


def written(text: str, factory: pytest.TempPathFactory) -> Path:
    path = factory.mktemp("random") / "model.mdl"
    path.write_text(text, encoding="utf-8")
    return path


@LIMITS
@given(text=vensim_models())
def test_compiled_numpy_and_reference_agree(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = read_model(written(text, tmp_path_factory))
    try:
        theirs = run_reference(model)
    except (AttributeError, ValueError):
        # PySD stops: it forgets what SAMPLE IF TRUE needs at the start, and spreads some scalars
        # over dimensions wrongly. Where it goes on, it must agree.
        reject()
    plain, compiled = run_engine(model, "numpy"), run_engine(model, "llvm")
    assert differences(plain, theirs) == [], text
    assert differences(compiled, theirs) == [], text


@LIMITS
@given(text=vensim_models())
def test_members_alone_equal_members_together(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = read_model(written(text, tmp_path_factory))
    program = compile_model(model, [], varying=["k0"])
    default = program.constants["k0"].defaults
    assert default is not None
    members = default + np.arange(5.0).reshape(5, *(1,) * default.ndim) / 3
    together = evaluate(program, 5, {"k0": members})
    for m in range(5):
        alone = evaluate(program, 1, {"k0": members[m : m + 1]})
        for name, values in alone.items():
            np.testing.assert_array_equal(values[0], together[name][m], err_msg=f"{name}\n{text}")
    unset = evaluate(compile_model(model, []), 1)
    for name, values in unset.items():
        np.testing.assert_array_equal(values[0], together[name][0], err_msg=f"{name}\n{text}")
