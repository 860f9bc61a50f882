"""`haihe validate STUDY` and `haihe list studies`: what a person sees before a study runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from haihe.cli.app import app


def call(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(project: Path, text: str) -> str:
    path = project / "scenarios/studies/mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return "mine"


GOOD = """
title: {zh: 我的研究, en: Mine}
scenarios: [frozen-2021, plan]
design: {method: sobol, samples: 100, second_order: true}
vary:
  carbon price floor: {uniform: [10 yuan/t, 150 yuan/t]}
  policy delay[freight]: {triangular: [0, 1, 5]}
save: {outcomes: [CO2], years: [2030], periods: [{from: 2025, to: 2035, statistic: sum}]}
"""


@pytest.mark.parametrize("by_path", [False, True])
def test_study_says_what_it_would_be(project: Path, by_path: bool):
    name = write(project, GOOD)
    result = call("validate", f"scenarios/studies/{name}.yaml" if by_path else name)
    assert result.exit_code == 0, result.output
    assert "1,200 members: 2 scenarios (frozen-2021, plan) × 600 rows (100 × 6)" in result.output
    assert "triangular 0, 1, 5" in result.output
    assert "2030; 2025–2035 sum" in result.output
    assert "64 or 128 give better indices" in result.output
    assert "Nothing is wrong; nothing was run." in result.output


def test_study_in_chinese_and_as_json(project: Path):
    name = write(project, GOOD)
    chinese = call("validate", name, "--lang", "zh").output
    assert "1,200 个成员" in chinese
    assert "我的研究" in chinese
    said = json.loads(call("validate", name, "--json").stdout)
    assert said["study"]["members"] == 1200
    assert said["study"]["factors"][0]["high"] == 150


def test_mistakes_leave_with_two_and_a_line(project: Path):
    name = write(project, GOOD.replace("uniform", "unifrom").replace("CO2", "CO3"))
    result = call("validate", name)
    assert result.exit_code == 2
    assert "scenarios/studies/mine.yaml:6:24: unknown key `unifrom`" in result.output
    assert "did you mean uniform" in result.output


def test_name_of_neither_is_looked_for_among_both(project: Path):
    result = call("validate", "robust-package")
    assert result.exit_code == 2
    told = "no scenario, study or task `robust-package`; did you mean robust-packages"
    assert told in result.output
    assert call("validate", "frozen-2021").exit_code == 0


def test_list_has_own_and_bundled_studies(project: Path):
    write(project, GOOD)
    rows = json.loads(call("list", "studies", "--json").stdout)["studies"]
    names = [row["id"] for row in rows]
    assert "mine" in names
    assert "which-assumptions-matter" in names
    assert "我的研究" in call("list", "studies", "--lang", "zh").output
