"""The commands on the model that comes with the program."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from haihe.cli import inputs
from haihe.cli.app import app
from haihe.model.translate import read_model
from haihe.project import find_bundled

SCENARIOS = sorted(path.stem for path in find_bundled("scenarios").glob("*.yaml"))
PLAN_TARGETS = {
    "emerging-share-2025": 40,
    "high-tech-firms-2025": 11600,
    "non-fossil-share-2025": 11.5,
    "energy-intensity-2025": -14.5,
    "good-days-2025": 68,
}


read_once = functools.cache(read_model)


@pytest.fixture(autouse=True)
def read_the_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the model takes seconds, and these tests do not change it."""
    monkeypatch.setattr(inputs, "read_model", read_once)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work where nothing of the project lies: everything comes from the bundled data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HAIHE_LANG", "en")
    return tmp_path


def haihe_json(*args: str):
    result = CliRunner().invoke(app, [*args, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_articles_cover_all_measures_honestly() -> None:
    articles = haihe_json("list", "articles")["articles"]
    assert {f"L{number:03d}" for number in range(1, 116)} <= {row["id"] for row in articles}
    levers = {row["name"] for row in haihe_json("list", "levers")["levers"]}
    for row in articles:
        assert row["quote"]
        assert set(row["levers"]) <= levers
        if row["status"] == "not_modelled":
            assert row["levers"] == []
        if row["status"] != "modelled":
            assert len(row["reason"]) > 15


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_bundled_scenarios_are_valid(scenario: str) -> None:
    data = haihe_json("validate", scenario, "--explain")
    assert data["valid"] is True
    assert all(row["origin"] for row in data["explained"])


def test_bundled_model_is_right() -> None:
    data = haihe_json("model", "check", "--no-reality")
    assert data["valid"] is True
    assert data["variables"] > 100


def test_unverified_numbers_can_be_listed() -> None:
    rows = haihe_json("list", "parameters", "--grade", "C")["parameters"]
    assert rows
    assert {row["grade"] for row in rows} == {"C"}
    everything = haihe_json("list", "parameters")["parameters"]
    assert len(rows) < len(everything)
    assert all(row["source"] for row in everything if row["grade"] in "AB")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("levers:\n  rail investmnt: 10\n", "did you mean rail investment"),
        ("levers:\n  铁路投资: 10\n", "rail investment"),
        ("levers:\n  storage ratio: 150 %\n", "storage ratio"),
        ("extends: bad\n", "circle"),
        ("extends: ../../../etc/passwd.yaml\n", "project"),
        ("drivers:\n  demand growth: {file: /etc/passwd}\n", "project"),
    ],
)
def test_wrong_scenarios_leave_with_2_and_write_nothing(
    empty_folder: Path, text: str, says: str
) -> None:
    folder = empty_folder / "scenarios"
    folder.mkdir()
    (folder / "bad.yaml").write_text(text, encoding="utf-8")
    args = ["run", "scenarios/bad.yaml", "--against", "frozen-2021"]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 2, result.stderr
    assert result.stderr.startswith("scenarios/bad.yaml:")
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert [path.name for path in empty_folder.iterdir()] == ["scenarios"]


def test_a_wrong_scenario_in_a_real_process(empty_folder: Path) -> None:
    folder = empty_folder / "scenarios"
    folder.mkdir()
    (folder / "bad.yaml").write_text("levers:\n  rail investmnt: 10\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "haihe", "run", "scenarios/bad.yaml", "--against", "frozen-2021"],
        capture_output=True,
        cwd=empty_folder,
        encoding="utf-8",
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("scenarios/bad.yaml:2:3: unknown lever `rail investmnt`")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert [path.name for path in empty_folder.iterdir()] == ["scenarios"]


@pytest.mark.slow
def test_the_main_job(empty_folder: Path) -> None:
    read_once.cache_clear()
    data = haihe_json("run", "plan", "--against", "frozen-2021")
    folder = empty_folder / "output" / "plan"
    assert {path.name for path in folder.iterdir()} == {
        "page.html",
        "indicators.csv",
        "results.zarr",
    }
    for name in ("CO2", "NOx", "PM2.5", "good days", "energy", "non-fossil share"):
        indicator = data["indicators"][name]
        assert len(indicator["years"]) == len(indicator["scenario"]) == 51
        until = indicator["years"].index(2022) + 1
        assert indicator["scenario"][:until] == indicator["baseline"][:until]
        assert indicator["scenario"] != indicator["baseline"]
    targets = {row["id"]: row for row in data["targets"]}
    for name, threshold in PLAN_TARGETS.items():
        target = targets[name]
        assert target["threshold"] == threshold
        assert target["met"] is (target["margin"] >= -1e-9 * max(1, abs(threshold)))
        assert target["quote"]
    assert len(targets) >= 91
    assert all(row["met"] is not None or row["reason"]["en"] for row in targets.values())
    intensity = data["indicators"]["energy intensity change"]
    at = intensity["years"].index(2025)
    assert targets["energy-intensity-2025"]["value"] == pytest.approx(intensity["scenario"][at])


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_stopping_leaves_with_130_and_nothing_written(empty_folder: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "haihe", "run", "plan", "--against", "bau", "--backend", "pysd"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    time.sleep(2)  # the reference takes far longer, and loading the program takes less
    run.send_signal(signal.SIGINT)
    told, complained = run.communicate(timeout=60)
    assert run.returncode == 130
    assert told == ""
    assert complained.strip() == "stopped"
    assert list(empty_folder.iterdir()) == []
