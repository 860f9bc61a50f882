"""The commands about the engine: its verdict, its functions, its time step, and the cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from haihe.cli.app import app
from haihe.run.compiled import CompiledBackend

MODEL = """{UTF-8}
level = INTEG(-level * rate, 80) ~ t ~ Cooling. |
rate = 0.9 ~ 1/Year [0.1, 1] ~ How fast. |
INITIAL TIME = 2030 ~ Year ~|
FINAL TIME = 2040 ~ Year ~|
TIME STEP = 0.5 ~ Year ~|
SAVEPER = 1 ~ Year ~|
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "kept"))
    monkeypatch.setenv("HAIHE_LANG", "en")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.mdl").write_text(MODEL, encoding="utf-8")
    return tmp_path


def call(*words: str) -> Result:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert "Traceback" not in result.stderr
    return result


def call_json(*words: str) -> Any:
    result = call(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def break_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    right = CompiledBackend.run

    def run(self: Any, *given: Any) -> Any:
        values = dict(right(self, *given))
        values["level"] = values["level"] * 1.001
        return values

    monkeypatch.setattr(CompiledBackend, "run", run)


def test_verdict_is_shown_and_written(place: Path) -> None:
    result = call("model", "check", "m.mdl", "--engine", "--write")
    assert result.exit_code == 0, result.output
    assert "6 members (1 constants drawn)" in result.stdout
    assert "the engine equals the reference" in result.stdout
    written = json.loads((place / "engine-check.json").read_text("utf-8"))
    shown = call_json("model", "check", "m.mdl", "--engine")["engine"]
    assert written["equal"] is shown["equal"] is True
    assert written["cells"] == shown["cells"] == 6 * 11 * 6
    assert shown["through"] == 2040
    assert "引擎与参照一致" in call("model", "check", "m.mdl", "--engine", "--lang", "zh").stdout


def test_disagreement_shows_its_cell_and_its_equation(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_engine(monkeypatch)
    result = call("model", "check", "m.mdl", "--engine")
    assert result.exit_code == 4
    assert "the engine differs, first at level at 2030 of as it stands: 80.0" in result.stdout
    assert "level = INTEG(-level * rate, 80)" in result.stdout
    assert "ulp" in result.stdout


def test_write_alone_is_refused(place: Path) -> None:
    assert call("model", "check", "m.mdl", "--write").exit_code == 2


def test_functions(place: Path) -> None:
    rows = {row["name"]: row for row in call_json("model", "functions")}
    assert rows["exp"]["compiled"] is True
    assert (
        rows["exp"]["tests"][0] == "test_engine_models.py::test_engine_equals_reference[fn_exp.mdl]"
    )
    assert {"zh", "en"} == set(rows["exp"]["how"])
    assert "taken over the dimensions" in call("model", "functions").stdout


def test_time_step(place: Path) -> None:
    data = call_json("check", "--dt", "m.mdl")
    rows = {(row["outcome"], row["period"]): row for row in data["outcomes"]}
    assert data["step"] == 0.5
    early = rows["level", "early"]
    assert early["finding"] == "converges"
    assert early["warned"] is True
    assert rows["rate", "early"]["finding"] == "exact"
    result = call("check", "--dt", "m.mdl")
    assert "more than 1 %" in result.stderr
    assert "Order ≤ 2035" in result.stdout
    assert "误差最大处" in call("check", "--dt", "m.mdl", "--lang", "zh").stdout
    assert call("check", "m.mdl").exit_code == 2


def test_time_step_of_what_is_not_there(place: Path) -> None:
    result = call("check", "--dt", "nothing")
    assert result.exit_code == 2
    assert "nothing" in result.stderr


def test_cache_is_shown_and_cleared(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call("check", "--dt", "m.mdl")
    about = call_json("cache")
    assert about["folder"] == str(place / "kept")
    assert about["kinds"]["models"]["entries"] == 1
    assert about["bytes"] == sum(kind["bytes"] for kind in about["kinds"].values()) > 0
    assert str(place / "kept") in call("cache").stdout
    cleared = call_json("cache", "--clear")
    assert cleared["cleared"] == about["entries"]
    assert cleared["entries"] == 0
    monkeypatch.setenv("HAIHE_CACHE", "off")
    assert call_json("cache")["folder"] is None
    assert "off" in call("cache").stdout
