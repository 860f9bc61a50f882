"""`haihe sweep`, `verify` and `reproduce` on a project of four equations, as a person uses them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from benchmarks.kills import lay_out_project
from click.testing import CliRunner, Result

from haihe.cli.app import app
from haihe.results.study_store import open_study

STORE = Path("output") / "ponds.zarr"
PLACES = (["--block", "100"], ["--threads", "1"], ["--jobs", "2"], ["--dask", "local:2"])


@pytest.fixture
def project(tmp_path, monkeypatch):
    lay_out_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def sweep(*words: str) -> dict:
    done = call("sweep", "ponds", "--json", *words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_sweep_verify_reproduce(project):
    found = sweep()
    assert (found["members"], found["failed"], found["ran"]) == (3000, 0, 3000)
    verified = call("verify", str(STORE), "--json")
    assert verified.exit_code == 0
    assert json.loads(verified.stdout)["content_hash"] == found["content_hash"]
    again = call("reproduce", str(STORE), "--member", "2999", "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["same"]
    study = open_study(STORE)
    inflow, share = study["input: inflow"].values, study["input: share"].values
    steps = np.full(3000, 20.0)
    for _ in range(80):
        steps = steps + 0.25 * (inflow - steps * share)
    np.testing.assert_allclose(study["water"][:, -1], steps, rtol=1e-6)
    assert study["water"].dtype == np.float32
    water = next(one for one in found["outcomes"] if one["outcome"] == "water at 2035")
    np.testing.assert_allclose(water["median"], np.median(study["water"].sel(time=2035.0)))


def test_places_and_blocks_change_nothing(project):
    whole = sweep()
    for number, words in enumerate(PLACES):
        found = sweep("-o", f"{number}.zarr", *words)
        assert found["content_hash"] == whole["content_hash"], words


def test_dry_run_touches_nothing(project):
    before = sorted(project.rglob("*"))
    done = call("sweep", "ponds", "--dry-run", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["members"] == 3000
    assert "3,000 members" in call("sweep", "ponds", "--dry-run").stdout
    assert sorted(project.rglob("*")) == before


def test_limit_stops_and_the_same_command_goes_on(project):
    whole = sweep("-o", "whole.zarr")
    stopped = call("sweep", "ponds", "--block", "500", "--limit", "1000")
    assert stopped.exit_code == 130
    assert "1,000 of 3,000" in stopped.stderr
    unfinished = call("verify", str(STORE))
    assert unfinished.exit_code == 1
    assert "not finished" in unfinished.stdout
    found = sweep()
    assert (found["ran"], found["content_hash"]) == (2000, whole["content_hash"])


def test_ctrl_c_stops_and_the_same_command_goes_on(project):
    study = project / "scenarios" / "studies" / "ponds.yaml"
    study.write_text(study.read_text().replace("3000", "400000"))
    command = [sys.executable, "-m", "haihe", "sweep", "ponds", "--block", "500", "--lang", "en"]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
    journal = STORE / "journal.jsonl"
    waited = time.monotonic() + 60
    while time.monotonic() < waited and not (
        journal.exists() and journal.read_bytes().count(b"\n") > 2
    ):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130, told
    assert "the same command goes on" in told
    assert "Traceback" not in told
    assert not json.loads(call("verify", str(STORE), "--json").stdout)["damage"]


def test_a_thousand_million_members_are_counted_and_refused(project):
    study = project / "scenarios" / "studies" / "ponds.yaml"
    study.write_text(study.read_text().replace("3000", "1000000000"))
    refused = call("sweep", "ponds")
    assert refused.exit_code == 2
    assert "1,000,000,000 members" in refused.stderr
    assert not STORE.parent.exists()
    allowed = call("sweep", "ponds", "--allow-large", "--dry-run", "--json")
    assert json.loads(allowed.stdout)["members"] == 10**9


def test_no_room_is_said_before_it_starts(project, monkeypatch):
    monkeypatch.setattr("haihe.run.estimate.ROOM", 1e12)
    done = call("sweep", "ponds")
    assert done.exit_code == 3
    assert "are free" in done.stderr
    assert not STORE.parent.exists()


def test_store_of_another_study_is_left_alone(project):
    sweep()
    study = project / "scenarios" / "studies" / "ponds.yaml"
    study.write_text(study.read_text().replace("seed: 1", "seed: 2"))
    done = call("sweep", "ponds")
    assert done.exit_code == 2
    assert "another study" in done.stderr
    again = call("reproduce", str(STORE), "--member", "1")
    assert again.exit_code == 2
    assert "another study" in again.stderr


def test_changed_model_is_another_model(project):
    sweep()
    model = project / "models" / "pond" / "pond.mdl"
    model.write_text(model.read_text().replace("20)", "21)"))
    done = call("sweep", "ponds")
    assert done.exit_code == 2
    assert "another model" in done.stderr


def test_damage_is_named_and_mended(project):
    whole = sweep("--block", "1000")
    chunk = STORE / "water" / "c.1.0"
    content = bytearray(chunk.read_bytes())
    content[40] ^= 4
    chunk.write_bytes(content)
    named = call("verify", str(STORE))
    assert named.exit_code == 1
    assert "water, members 1000–1999" in named.stdout
    refused = call("reproduce", str(STORE), "--member", "1500")
    assert refused.exit_code == 2
    chunk.unlink()
    assert sweep()["content_hash"] == whole["content_hash"]


def test_members_that_fail_are_counted(project):
    """A share above 8 makes the stock swing without end; the others are as they were."""
    study = project / "scenarios" / "studies" / "ponds.yaml"
    model = project / "models" / "pond" / "pond.mdl"
    model.write_text(model.read_text().replace("[0,1]", "[0,1000]").replace(
        "water * share", "water * EXP(share)"))  # fmt: skip
    study.write_text(study.read_text().replace("[5 %/Year, 50 %/Year]", "[0.1 1/Year, 900 1/Year]"))
    done = call("sweep", "ponds", "--json")
    assert done.exit_code == 1, done.stderr
    found = json.loads(done.stdout)
    assert 0 < found["failed"] < 3000
    status = open_study(STORE)["status"].values
    assert (status != "").sum() == found["failed"]
    assert "is not finite from" in next(filter(None, status))
    member = int(np.flatnonzero(status != "")[0])
    again = call("reproduce", str(STORE), "--member", str(member), "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["status"] == status[member]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["sweep", "pond"], 2, "ponds"),
        (["sweep", "ponds", "--jobs", "2", "--dask", "local:2"], 2, "one of them"),
        (["sweep", "ponds", "--dask", "local"], 2, "local:2"),
        (["sweep", "ponds", "-o", "models"], 2, "left alone"),
        (["verify", "nowhere"], 2, "does not exist"),
        (["verify", "models"], 2, "holds no study"),
        (["reproduce", "models", "--member", "0"], 2, "holds no study"),
    ],
)
def test_mistakes(project, words, code, says):
    done = call(*words)
    assert done.exit_code == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
