"""`haihe validate TASK`, `haihe list tasks`: what a person sees before a search runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from haihe.cli.app import app

GOOD = """
title: {zh: 我的任务, en: Mine}
scenario: plan
targets:
  - good-days-2025
  - {id: co2-2030, outcome: CO2, year: 2030, relation: "<=", value: 110 Mt/yr}
confidence: 80 %
levers:
  carbon price floor: {least: 10 yuan/t, most: 150 yuan/t}
  wind and solar auctions: {start: [2023, 2026]}
"""
WRONG = """
scenario: plan
targets:
  - good-days-2125
  - {outcome: CO2 emision, year: 2030, relation: "<=", value: 110 Mt/yr}
levers:
  carbon price flor: {}
"""


def call(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(project: Path, text: str, folder: str = "scenarios/solve") -> str:
    path = project / folder / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return f"{folder}/mine.yaml"


@pytest.mark.parametrize("by_path", [False, True])
def test_task_says_what_it_would_ask(project: Path, by_path: bool):
    path = write(project, GOOD)
    result = call("validate", path if by_path else "mine")
    assert result.exit_code == 0, result.output
    assert "2 targets to be met together by 4 numbers" in result.output
    assert "all of them met in at least 80 % of 60 calibrated futures" in result.output
    assert "≤ 110 Mt/yr" in result.output
    assert "wind and solar auctions start" in result.output
    assert "nothing was run" in result.output


def test_task_in_chinese_and_as_json(project: Path):
    write(project, GOOD)
    assert "我的任务" in call("validate", "mine", "--lang", "zh").output
    said = json.loads(call("validate", "mine", "--json").stdout)["task"]
    assert [target["id"] for target in said["targets"]] == ["good-days-2025", "co2-2030"]
    floor = said["levers"][0]
    assert (floor["id"], floor["least"], floor["most"]) == ("carbon price floor", 10, 150)
    assert said["confidence"] == pytest.approx(0.8)
    assert said["objective_year"] == 2030


def test_every_mistake_of_a_task_with_its_line(project: Path):
    result = call("validate", write(project, WRONG))
    assert result.exit_code == 2
    for line, word, meant in (
        (4, "good-days-2125", "good-days-2025"),
        (5, "CO2 emision", "CO2"),
        (7, "carbon price flor", "carbon price floor"),
    ):
        told = next(row for row in result.output.splitlines() if f"mine.yaml:{line}:" in row)
        assert word in told
        assert meant in told


def test_kind_is_read_from_the_file_not_from_its_folder(project: Path):
    assert "Nothing is wrong" in call("validate", write(project, GOOD, "elsewhere")).output


def test_broken_task_is_held_to_be_a_task_by_its_folder(project: Path):
    result = call("validate", write(project, GOOD.replace("targets:", "target:")))
    assert result.exit_code == 2
    assert "targets" in result.output
    assert "lever `target`" not in result.output


def test_misspelled_id_names_the_nearest_of_any_kind(project: Path):
    result = call("validate", "air-to-far")
    assert result.exit_code == 2
    assert "there is no scenario, study or task" in result.output
    assert "did you mean air-too-far" in result.output
    assert "did you mean air-too-far" in call("solve", "air-to-far").output


def test_own_task_hides_a_shipped_one_in_the_list(project: Path):
    write(project, GOOD)
    (project / "scenarios/solve/mine.yaml").rename(project / "scenarios/solve/air-too-far.yaml")
    rows = json.loads(call("list", "tasks", "--json").stdout)["tasks"]
    titles = {row["id"]: row["title"]["en"] for row in rows}
    assert titles["air-too-far"] == "Mine"
    assert "co2-and-air-2030" in titles
    assert "air-too-far" in call("list", "tasks", "--lang", "zh").output
