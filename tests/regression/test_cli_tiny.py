"""The commands on a project of a few lines: a model, its catalogue, a plan, two scenarios."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from haihe.cli.app import app

MODEL = """{UTF-8}
fuel: coal, gas
	~
	~	Fuels.
	|

saving = 0
	~	Dmnl [0,1]
	~	Share of fuel use that the measure saves, from 2023 on.
	|

saving in force = saving * STEP(1, 2022.5)
	~	Dmnl
	~	What is saved now.
	|

demand = demand table(Time)
	~	Mt/Year
	~	Demand before saving.
	|

demand table((2015,100),(2030,100))
	~	Mt/Year
	~	A constant demand.
	|

split[fuel] = 0.75, 0.25
	~	Dmnl
	~	Share of each fuel.
	|

use[fuel] = demand * split[fuel] * (1 - saving in force)
	~	Mt/Year
	~	Fuel use.
	|

total use = SUM(use[fuel!])
	~	Mt/Year
	~	Use of all fuels.
	|

burnt = INTEG(total use, 0)
	~	Mt
	~	Burnt since the start.
	|

INITIAL TIME = 2015
	~	Year
	~	Start.
	|

FINAL TIME = 2030
	~	Year
	~	Stop.
	|

TIME STEP = 0.25
	~	Year
	~	Step.
	|

SAVEPER = 1
	~	Year
	~	Saved.
	|
"""
CATALOGUE = """
title: {zh: 小模型, en: Tiny model}
dimensions:
  fuel:
    title: {zh: 燃料, en: Fuel}
    elements: {coal: {zh: 煤, en: Coal}, gas: {zh: 气, en: Gas}}
groups:
  energy: {zh: 能源, en: Energy}
levers:
  saving: {group: energy, shown: "%", articles: ["十四"], title: {zh: 节能, en: Saving}, note: {zh: 无, en: none}}
drivers:
  demand: {shown: Mt/yr, title: {zh: 需求, en: Demand}, note: {zh: 外生, en: exogenous}}
outcomes:
  use: {variable: total use, shown: kt/yr, title: {zh: 用量, en: Use}, digits: 0, headline: true, group: energy, better: lower, grade: B, source: "here", caveat: {zh: 无, en: none}, history: {file: history.csv, series: use}}
  use by fuel: {variable: use, shown: Mt/yr, title: {zh: 分燃料, en: By fuel}, digits: 1, headline: false, group: energy, better: "", grade: C, source: "here", caveat: {zh: 无, en: none}}
"""  # noqa: E501
TARGETS = """
targets:
- id: use-2025
  title: {zh: 用量, en: Use}
  indicator: use
  relation: "<="
  value: 80
  unit: Mt/yr
  year: 2025
  strength: binding
  plan: 计划
  quote: 不超过80
  source: 出处
- id: words
  title: {zh: 更好, en: Better}
  year: 2025
  strength: qualitative
  plan: 计划
  quote: 更好
  source: 出处
  reason: {zh: 没有指标, en: no indicator}
"""
ARTICLES = """
articles:
- {id: L001, article: 十四, title: {zh: 节能, en: Saving}, quote: 持续推进节能, levers: [saving], status: modelled}
- {id: L002, article: 十五, title: {zh: 污水, en: Sewage}, quote: 推进城镇污水, status: not_modelled, reason: {zh: 范围外, en: outside}}
"""  # noqa: E501
PARAMETERS = """variable,element,unit,value,low,high,grade,source,note
split,coal,Dmnl,0.75,0.6,0.9,B,"yearbook, table 3",
split,gas,Dmnl,0.25,,,,,
saving,,Dmnl,0,0,1,C,assumption,
"""
HISTORY = """series,unit,year,value,grade,source,url,note
use,10^4 t,2015,9000,C,guess,,
use,10^4 t,2015,9900,A,yearbook,,
use,10^4 t,2016,10100,B,paper,,
"""
FROZEN = "title: {zh: 冻结, en: Frozen}\nmodel: tiny\n"
PLAN = "title: {zh: 规划, en: Plan}\nextends: frozen\nlevers:\n  saving: 25 %\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, which is also the working folder."""
    files = {
        "models/tiny/tiny.mdl": MODEL,
        "models/tiny/catalogue.yaml": CATALOGUE,
        "models/tiny/targets.yaml": TARGETS,
        "models/tiny/articles.yaml": ARTICLES,
        "models/tiny/data/history.csv": HISTORY,
        "models/tiny/data/energy.csv": PARAMETERS,
        "scenarios/frozen.yaml": FROZEN,
        "scenarios/plan.yaml": PLAN,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HAIHE_LANG", "en")
    return tmp_path


def haihe(*args: str) -> Result:
    """Call the command line in this process."""
    return CliRunner().invoke(app, list(args))


def haihe_json(*args: str):
    """Call it with --json and read what it says."""
    result = haihe(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_run_writes_page_table_and_store_and_prints_the_scorecard(project: Path) -> None:
    result = haihe("run", "scenarios/plan.yaml", "--against", "scenarios/frozen.yaml")
    assert result.exit_code == 0, result.output
    folder = project / "output" / "plan"
    assert sorted(path.name for path in folder.iterdir()) == [
        "indicators.csv",
        "page.html",
        "results.zarr",
    ]
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "规划" in page
    assert "Targets of the plan" in result.stdout
    assert "75.0 Mt/yr" in result.stdout
    assert "2 measures: modelled 1" in result.stdout
    assert [path.name for path in (project / "output").iterdir()] == ["plan"]


def test_run_json_holds_both_runs_year_by_year_and_every_target(project: Path) -> None:
    data = haihe_json("run", "plan", "--against", "frozen", "-o", "here")
    assert (data["scenario"], data["baseline"]) == ("plan", "frozen")
    use = data["indicators"]["use"]
    assert use["unit"] == "kt/yr"
    assert use["years"] == list(range(2015, 2031))
    expected = [100_000 if year <= 2022 else 75_000 for year in use["years"]]
    assert use["scenario"] == pytest.approx(expected)
    assert use["baseline"] == pytest.approx([100_000] * 16)
    scored, unscored = data["targets"]
    assert scored["value"] == pytest.approx(75)
    assert scored["baseline"] == pytest.approx(100)
    assert (scored["threshold"], scored["margin"]) == (80, pytest.approx(5))
    assert (scored["met"], scored["first_year_met"], scored["met_in_base_year"]) == (
        True,
        2023,
        False,
    )
    assert (unscored["met"], unscored["reason"]["en"]) == (None, "no indicator")
    assert (project / "here" / "results.zarr").is_dir()


def test_indicators_table_holds_what_the_json_says(project: Path) -> None:
    haihe_json("run", "plan", "--against", "frozen", "--netcdf")
    folder = project / "output" / "plan"
    assert (folder / "results.nc").is_file()
    text = (folder / "indicators.csv").read_text(encoding="utf-8-sig")
    assert "plan" in text
    assert "75000" in text
    assert len(list(csv.reader(text.splitlines()))) > 16


def test_page_is_made_again_from_the_store(project: Path) -> None:
    haihe_json("run", "plan", "--against", "frozen")
    page = project / "output" / "plan" / "page.html"
    first = page.read_bytes()
    page.unlink()
    made = haihe_json("page", "output/plan", "--model", "tiny")
    assert Path(made["page"]) == Path("output/plan/page.html")
    assert len(page.read_bytes()) == pytest.approx(len(first), rel=0.01)
    assert haihe("page", "scenarios").exit_code == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("levers:\n  savin: 1\nmodel: tiny\n", "did you mean saving"),
        ("levers:\n  saving: 150 %\nmodel: tiny\n", "saving"),
        ("extends: bad\n", "circle"),
        ("extends: ../../../x.yaml\n", "project"),
        ("levers: {saving: 1\n", "bad.yaml"),
    ],
)
def test_wrong_input_leaves_with_2_and_writes_nothing(project: Path, text: str, says: str) -> None:
    (project / "scenarios" / "bad.yaml").write_text(text, encoding="utf-8")
    result = haihe("run", "scenarios/bad.yaml", "--against", "frozen")
    assert result.exit_code == 2
    assert says in result.stderr
    assert "bad.yaml:" in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert not (project / "output").exists()
    assert haihe("validate", "scenarios/bad.yaml").exit_code == 2


def test_mistakes_in_both_scenarios_are_told_at_once(project: Path) -> None:
    for name in ("one", "two"):
        text = f"model: tiny\nlevers:\n  {name}: 1\n"
        (project / "scenarios" / f"{name}.yaml").write_text(text, encoding="utf-8")
    result = haihe("run", "one", "--against", "two")
    assert result.exit_code == 2
    assert "one.yaml:3" in result.stderr
    assert "two.yaml:3" in result.stderr


def test_output_that_is_a_file_is_refused_before_anything_runs(project: Path) -> None:
    (project / "taken").write_text("mine")
    result = haihe("run", "plan", "-o", "taken")
    assert result.exit_code == 2
    assert (project / "taken").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder without rights")
def test_output_without_rights_is_the_environments_fault(project: Path) -> None:
    (project / "shut").mkdir(mode=0o500)
    assert haihe("run", "plan", "-o", "shut/here").exit_code == 3


def test_validate_explains_who_set_what(project: Path) -> None:
    data = haihe_json("validate", "plan", "--explain")
    assert data["valid"] is True
    (row,) = [row for row in data["explained"] if row["name"] == "saving"]
    assert row["origin"].startswith("scenarios/plan.yaml:4")
    plain = haihe("validate", "plan", "--explain", "--lang", "zh")
    assert "没有错误" in plain.stdout
    assert "scenarios/plan.yaml:4" in plain.stdout


def test_lists(project: Path) -> None:
    levers = haihe_json("list", "levers", "--model", "tiny")["levers"]
    assert levers == [
        {
            "name": "saving",
            "unit": "%",
            "default": 0.0,
            "low": 0.0,
            "high": 100.0,
            "title": {"zh": "节能", "en": "Saving"},
            "group": "energy",
            "articles": ["十四"],
            "note": {"zh": "无", "en": "none"},
        }
    ]
    outcomes = haihe_json("list", "outcomes", "--model", "tiny", "--grade", "C")["outcomes"]
    assert [row["id"] for row in outcomes] == ["use by fuel"]
    scenarios = haihe_json("list", "scenarios")["scenarios"]
    assert {"frozen", "plan"} <= {row["id"] for row in scenarios}
    drivers = haihe_json("list", "drivers", "--model", "tiny")["drivers"]
    assert [row["name"] for row in drivers] == ["demand"]
    parameters = haihe_json("list", "parameters", "--model", "tiny")["parameters"]
    assert [(row["name"], row["element"], row["grade"]) for row in parameters] == [
        ("split", ["coal"], "B"),
        ("split", ["gas"], "C"),  # no source seen: grade C
    ]
    assert (parameters[0]["low"], parameters[0]["source"]) == (0.6, "yearbook, table 3")
    assert parameters[0]["file"] == "models/tiny/data/energy.csv:2"
    (project / "models/tiny/data/energy.csv").unlink()
    bare = haihe_json("list", "parameters", "--model", "tiny", "--grade", "C")["parameters"]
    assert [(row["element"], row["value"]) for row in bare] == [(["coal"], 0.75), (["gas"], 0.25)]
    targets = haihe_json("list", "targets", "--model", "tiny")["targets"]
    assert [row["scored"] for row in targets] == [True, False]


@pytest.mark.parametrize("kind", ["scenarios", "levers", "outcomes", "targets", "articles",
                                  "drivers", "parameters"])  # fmt: skip
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_lists_for_people(project: Path, kind: str, lang: str) -> None:
    result = haihe("list", kind, "--model", "tiny", "--lang", lang)
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) > 3


def test_articles_have_the_shape_that_is_promised(project: Path) -> None:
    articles = haihe_json("list", "articles", "--model", "tiny")["articles"]
    promised = {"id", "article", "quote", "levers", "status", "reason"}
    assert all(promised <= set(row) for row in articles)
    assert articles[1]["reason"] == "outside"
    chinese = haihe_json("list", "articles", "--model", "tiny", "--lang", "zh")["articles"]
    assert chinese[1]["reason"] == "范围外"


def test_grade_is_refused_where_there_is_none(project: Path) -> None:
    assert haihe("list", "levers", "--model", "tiny", "--grade", "C").exit_code == 2


def test_model_check(project: Path) -> None:
    data = haihe_json("model", "check", "tiny")
    assert data["valid"] is True
    assert data["variables"] == 12  # eight of ours and the clock
    assert "0 errors" in haihe("model", "check", "models/tiny/tiny.mdl").stdout
    (project / "models/tiny/articles.yaml").write_text("articles: []\n")
    unnamed = haihe("model", "check", "tiny")
    assert unnamed.exit_code == 2
    assert "no measure of the plan names the lever saving" in unnamed.stdout
    broken = MODEL.replace("total use = SUM(use[fuel!])", "total use = SUM(usage[fuel!])")
    (project / "models/tiny/tiny.mdl").write_text(broken, encoding="utf-8")
    result = haihe("model", "check", "tiny", "--json")
    assert result.exit_code == 2
    (finding,) = [f for f in json.loads(result.stdout)["findings"] if "usage" in f["message"]]
    assert finding["where"].startswith("models/tiny/tiny.mdl:")


def test_a_model_that_is_not_there(project: Path) -> None:
    result = haihe("model", "check", "tyni")
    assert result.exit_code == 2
    assert "tiny" in result.stderr


def test_data_goes_to_stdout_and_nothing_else(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "haihe", "run", "plan", "--against", "frozen", "--json"],
        capture_output=True,
        cwd=project,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["targets"]
    assert done.stderr == b""


def test_exit_code_of_wrong_input_in_a_real_process(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "haihe", "run", "plna"], capture_output=True, cwd=project
    )
    assert done.returncode == 2
    assert b"did you mean plan" in done.stderr
    assert b"Traceback" not in done.stderr
