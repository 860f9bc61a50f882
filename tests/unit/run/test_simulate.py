"""simulate: outputs, members, backends, status, progress, and a light import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import haihe
from haihe.errors import InputError, InputErrors
from haihe.model.translate import read_model
from haihe.model.types import Model, TimeAxis
from haihe.results.dataset import hash_content, validate_results
from haihe.run.simulate import simulate
from haihe.scenario.values import Batch

TEXT = """{UTF-8}
d: p, q ~~|
k = 2 ~ Dmnl ~ |
level = INTEG(k, 1) ~ Mt ~ 库存
second line |
parts[d] = k * Time ~ kt ~ |
ratio = 1 / (Time - 2) ~ Dmnl ~ |
table((0,0),(9,9)) ~ Dmnl ~ |
INITIAL TIME = 0 ~ Year ~ |
FINAL TIME = 4 ~ Year ~ |
TIME STEP = 0.5 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "m.mdl").write_text(TEXT, encoding="utf-8")
    return read_model(tmp_path / "m.mdl")


@pytest.mark.parametrize("backend", ["pysd", "compiled"])
def test_layout(model: Model, backend: str) -> None:
    found = simulate(model, backend=backend)
    validate_results(found)
    assert list(found.data_vars) == ["k", "level", "parts", "ratio"]
    assert found["parts"].dims == ("member", "time", "d")
    assert found["parts"].attrs == {"units": "kt", "long_name": "parts", "kind": "auxiliary"}
    assert found["level"].attrs["long_name"] == "库存"
    assert found["d"].values.tolist() == ["p", "q"]
    assert found["time"].values.tolist() == [0, 1, 2, 3, 4]
    assert found.attrs["model_digest"] == model.digest
    assert found.attrs["backend"].startswith(backend)
    np.testing.assert_array_equal(found["level"][0], 1 + 2 * np.arange(5.0))


def test_a_member_that_leaves_the_numbers_says_when(model: Model) -> None:
    found = simulate(model, outputs=["ratio", "level"])
    assert found["status"].values.tolist() == ["ratio is not finite from 2 on"]
    assert np.isinf(found["ratio"][0, 2])
    assert np.isfinite(found["level"]).all()


def test_names_of_outputs_are_forgiven_and_doubles_are_kept_once(model: Model) -> None:
    assert list(simulate(model, outputs=["LEVEL", "Level", "parts"]).data_vars) == [
        "level",
        "parts",
    ]


def test_all_wrong_names_at_once(model: Model) -> None:
    with pytest.raises(InputErrors) as caught:
        simulate(model, outputs=["levle", "prats", "level"])
    assert len(caught.value.errors) == 2
    assert "did you mean level?" in str(caught.value)


def test_batches_clocks_and_progress(model: Model) -> None:
    batch = Batch(("a", "b"), {"k": np.array([1.0, 3.0])}, {}, {}, model.time)
    seen: list[tuple[int, int]] = []
    found = simulate(
        model,
        batch,
        ["level"],
        backend="pysd",
        time=TimeAxis(0, 2, 0.5, 0.5),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 2), (2, 2)]
    assert found["time"].size == 5
    assert found["level"].sel(member="b").values.tolist() == [1, 2.5, 4, 5.5, 7]


def test_permuted_members_are_permuted_results(model: Model) -> None:
    values = np.array([1.0, 3.0, 5.0])
    one = simulate(model, Batch(("a", "b", "c"), {"k": values}, {}, {}, model.time), ["level"])
    order = [2, 0, 1]
    other = simulate(
        model, Batch(("c", "a", "b"), {"k": values[order]}, {}, {}, model.time), ["level"]
    )
    np.testing.assert_array_equal(one["level"].values[order], other["level"].values)


def test_the_hash_is_of_content_alone(model: Model) -> None:
    one, other = simulate(model), simulate(model)
    other.attrs["created"] = "another day"
    assert hash_content(one) == hash_content(other)
    other["level"][0, 0] += 1e-9
    assert hash_content(one) != hash_content(other)


def test_nothing_runs_where_the_clock_is_wrong(model: Model) -> None:
    with pytest.raises(InputErrors, match="no multiple of the time step"):
        simulate(model, time=TimeAxis(0, 4, 0.3, 1))


def test_backends_have_names(model: Model) -> None:
    with pytest.raises(InputError, match="pysd or compiled"):
        simulate(model, backend="magic")


def test_what_the_compiler_does_not_know_goes_to_the_reference(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    from haihe.run.compiled import CompiledBackend

    def refuse(*_: object) -> None:
        raise InputErrors((InputError("QUANTUM LEAP is not supported"),))

    monkeypatch.setattr(CompiledBackend, "run", refuse)
    with pytest.warns(RuntimeWarning, match=r"pysd .* runs m: QUANTUM LEAP"):
        found = simulate(model, outputs=["level"])
    assert found.attrs["backend"].startswith("pysd")
    with pytest.raises(InputErrors, match="QUANTUM LEAP"):
        simulate(model, outputs=["level"], backend="compiled")


def test_import_is_light() -> None:
    code = (
        "import sys, haihe; haihe.__version__;"
        "heavy = {'xarray', 'pysd', 'numpy', 'pint', 'pydantic', 'bokeh'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_public_names_exist() -> None:
    assert all(getattr(haihe, name) is not None for name in haihe.__all__)
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = haihe.simulat
