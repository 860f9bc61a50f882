"""`haihe solve` and `haihe compare` on a small city, as they are called."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from answers_project import MODEL, write_project
from click.testing import CliRunner, Result

from haihe.analysis.compare import Question, compare
from haihe.analysis.compare_inputs import Side
from haihe.cli.app import app
from haihe.cli.inputs import open_scenarios
from haihe.results.comparison import Comparison

TASK = """title: {zh: 减排, en: Cut}
scenario: frozen
targets:
  - {id: cut, outcome: emissions, year: 2030, relation: "<=", value: 60 Mt/yr}
levers: [saving, twin a, twin b, green power, idle]
objective: {effort: true}
packages: 1
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory):
    """The project as the working folder of every test here."""
    folder = write_project(tmp_path_factory.mktemp("city"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("HAIHE_LANG", "en")
        yield folder


def haihe(*args: str) -> Result:
    return CliRunner().invoke(app, list(args))


def haihe_json(*args: str):
    result = haihe(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


# --- solve --------------------------------------------------------------------------------------


def test_the_package_is_written_as_a_scenario_that_runs_and_meets_the_target(city: Path) -> None:
    task = write("task.yaml", TASK)
    result = haihe("solve", task, "-o", "cheapest.yaml", "--json")
    assert result.exit_code == 0, result.output
    assert "its targets are the same" in result.stderr
    told = json.loads(result.stdout)
    assert told["verdict"] == "found"
    assert "idle" in told["idle"]
    run = haihe_json("run", "cheapest.yaml", "-o", "out")
    emissions = run["indicators"]["emissions"]
    at = emissions["years"].index(2030)
    assert emissions["scenario"][at] <= 60_000 * (1 + 1e-6)
    assert emissions["scenario"][at] == pytest.approx(told["packages"][0]["reached"][0]["value"])


def test_a_confidence_holds_in_futures_that_the_search_did_not_see(city: Path) -> None:
    task = write("sure.yaml", TASK + "confidence: 80 %\nfutures: 60\n")
    told = haihe_json("solve", task)
    package = told["packages"][0]
    assert package["share_met"] >= 0.8
    assert package["check"]["futures"] == 400
    assert package["check"]["high"] >= 0.8
    # Room against bad luck costs something: the model's own future is below the target.
    assert package["reached"][0]["value"] < 59_000


def test_a_start_and_a_ramp_take_the_place_of_the_schedule(city: Path) -> None:
    text = TASK.replace(
        "[saving, twin a, twin b, green power, idle]",
        "{saving: {start: [2023, 2029], ramp: [1, 8]}}",
    )
    result = haihe("solve", write("timed.yaml", text), "-o", "timed-answer.yaml", "--json")
    assert result.exit_code == 0, result.output
    assert "its targets are the same" in result.stderr
    settings = json.loads(result.stdout)["packages"][0]["settings"]["saving"]
    assert settings[0][1] == 0
    assert settings[1][0] > settings[0][0] >= 2022


def test_the_level_of_a_course_is_turned_and_its_dates_stay(city: Path) -> None:
    text = (
        TASK.replace("scenario: frozen", "scenario: plan")
        .replace("60 Mt/yr", "30 Mt/yr")
        .replace("[saving, twin a, twin b, green power, idle]", "[green power]")
    )
    result = haihe("solve", write("course.yaml", text), "-o", "course-answer.yaml", "--json")
    assert result.exit_code == 0, result.output
    assert "its targets are the same" in result.stderr
    course = json.loads(result.stdout)["packages"][0]["settings"]["green power"]
    assert [year for year, _ in course] == [2024, 2028]
    assert course[0][1] == pytest.approx(course[1][1] / 3)


def test_targets_of_the_plan_are_known_by_their_ids(city: Path) -> None:
    text = TASK.split("targets:")[0] + "targets: [middling, easy]\n" + TASK.split("Mt/yr}\n")[1]
    told = haihe_json("solve", write("ids.yaml", text))
    assert [aim["id"] for aim in told["aims"]] == ["middling", "easy"]
    assert told["verdict"] == "found"
    wrong = haihe("solve", write("wrong.yaml", text.replace("middling", "midling")))
    assert wrong.exit_code == 2
    assert "did you mean middling" in wrong.stderr
    assert haihe("solve", write("words.yaml", text.replace("middling", "words"))).exit_code == 2


def test_the_page_holds_both_languages_and_asks_nobody(city: Path) -> None:
    result = haihe("solve", write("task.yaml", TASK), "-o", "answer.html")
    assert result.exit_code == 0, result.output
    page = Path("answer.html").read_text(encoding="utf-8")
    assert "方案与可行区间" in page
    assert "Packages and bands" in page
    assert "Content-Security-Policy" in page


def test_a_place_that_cannot_be_written_is_refused_before_anything_runs(city: Path) -> None:
    result = haihe("solve", write("task.yaml", TASK), "-o", "answer.docx")
    assert result.exit_code == 2
    assert ".yaml or .html" in result.stderr


# --- compare ------------------------------------------------------------------------------------


def sides(*names: str) -> tuple[Side, Side]:
    opened, found = open_scenarios(names)
    first, second = (Side(s.id, s.title, opened.model, opened.catalogue, s) for s in found)
    return first, second


def compared(one: str, other: str, **asked) -> Comparison:
    return compare(*sides(one, other), Question(**asked))


def test_a_scenario_against_itself_differs_in_nothing(city: Path) -> None:
    found = compared("plan", "plan")
    assert found.same
    assert (found.inputs, found.outcomes, found.trace) == ((), (), None)
    assert "Nothing differs" in haihe("compare", "plan", "plan").stdout


def test_one_lever_that_differs_is_named_first_and_brings_all_of_it(city: Path) -> None:
    write("scenarios/less.yaml", "extends: plan\nlevers: {saving: 10 %}\n")
    found = compared("plan", "less", outcome="emissions", year=2030)
    assert [one.name for one in found.inputs] == ["saving"]
    assert found.inputs[0].where_b == "scenarios/less.yaml:2"
    trace = found.trace
    assert trace is not None
    assert trace.sources[0][0] == "saving"
    assert trace.sources[0][1] == pytest.approx(trace.change, rel=1e-6)
    assert found.inputs[0].effect == pytest.approx(trace.change, rel=1e-9)
    assert "saving" in found.sentence.en.split("above all")[1].lower()


@pytest.mark.parametrize("outcome", ["emissions", "stock"])
def test_sources_sum_up_to_the_change_also_through_a_stock(city: Path, outcome: str) -> None:
    trace = compared("frozen", "late", outcome=outcome, year=2030).trace
    assert trace is not None
    told = sum(amount for _, amount in trace.sources)
    assert told + trace.rest == pytest.approx(trace.change, rel=1e-9)
    assert abs(trace.rest) < 0.01 * abs(trace.change)
    brought = dict(trace.sources)
    assert "demand" in brought
    assert brought["twin a"] < 0 < brought["demand"]
    assert "idle" not in brought


def test_each_equation_is_split_without_remainder(city: Path) -> None:
    trace = compared("frozen", "plan", outcome="emissions", year=2030).trace
    assert trace is not None
    top = [edge.amount for edge in trace.edges if edge.effect == trace.nodes[0].name]
    assert sum(top) == pytest.approx(trace.change, rel=1e-9)
    brought = dict(trace.sources)
    twin_a, twin_b = brought["twin a"], brought["twin b"]
    assert twin_a == pytest.approx(twin_b, rel=1e-9)


def test_two_versions_of_a_model_are_told_apart_by_file_and_line(city: Path) -> None:
    folder = Path("other")
    folder.mkdir(exist_ok=True)
    changed = MODEL.replace("twin a in force / 2)", "twin a in force / 3)", 1)
    assert changed != MODEL
    (folder / "city.mdl").write_text(changed, encoding="utf-8")
    catalogue = Path("models/city/catalogue.yaml").read_text(encoding="utf-8")
    (folder / "catalogue.yaml").write_text(catalogue, encoding="utf-8")
    told = haihe_json(
        "compare", "plan", "plan", "--model-a", "models/city/city.mdl", "--model-b",
        "other/city.mdl", "--outcome", "stock", "--at", "2030",
    )  # fmt: skip
    assert [(one["kind"], one["name"]) for one in told["inputs"]] == [("equation", "emissions")]
    assert told["inputs"][0]["where_b"].startswith("other/city.mdl:")
    sources = dict(told["trace"]["sources"])
    change = told["trace"]["b"] - told["trace"]["a"]
    assert sources["= emissions"] == pytest.approx(change, rel=1e-6)


def test_stores_of_results_are_compared_as_they_were_written(city: Path) -> None:
    for name in ("plan", "frozen"):
        assert haihe("run", name, "-o", f"runs/{name}").exit_code == 0
    told = haihe_json("compare", "runs/plan", "runs/frozen", "--outcome", "emissions")
    assert told["trace"] is not None
    direct = haihe_json("compare", "plan", "frozen", "--outcome", "emissions")
    assert told["outcomes"] == direct["outcomes"]
    mixed = haihe("compare", "runs/plan", "frozen")
    assert mixed.exit_code == 2
    assert "two of a kind" in mixed.stderr


def test_a_store_of_a_scenario_that_has_changed_does_not_pretend_to_know_its_inputs(
    city: Path,
) -> None:
    write("scenarios/shifting.yaml", "extends: plan\nlevers: {saving: 30 %}\n")
    assert haihe("run", "shifting", "-o", "runs/shifting").exit_code == 0
    assert haihe("run", "plan", "-o", "runs/plan").exit_code == 0
    write("scenarios/shifting.yaml", "extends: plan\nlevers: {saving: 90 %}\n")
    result = haihe("compare", "runs/plan", "runs/shifting", "--outcome", "emissions", "--json")
    assert result.exit_code == 0, result.output
    assert "its inputs are not told" in result.stderr
    told = json.loads(result.stdout)
    assert (told["inputs"], told["trace"]) == ([], None)
    assert not told["same"]


def test_a_name_that_is_wrong_is_met_with_the_right_one(city: Path) -> None:
    wrong = haihe("compare", "plan", "frozen", "--outcome", "emision")
    assert wrong.exit_code == 2
    assert "did you mean emissions" in wrong.stderr
    assert haihe("compare", "plan", "frozen", "--at", "2099").exit_code == 2
    assert "did you mean" in haihe("compare", "plan", "frozn").stderr


def test_the_page_draws_the_way_and_escapes_titles(city: Path) -> None:
    write("scenarios/odd.yaml", "title: '<b>x</b>'\nextends: plan\nlevers: {saving: 10 %}\n")
    result = haihe("compare", "plan", "odd", "--outcome", "emissions", "-o", "why.html")
    assert result.exit_code == 0, result.output
    page = Path("why.html").read_text(encoding="utf-8")
    assert "<b>x</b>" not in page
    assert "Where the change of" in page


def test_a_member_label_does_not_matter_to_the_ranking(city: Path) -> None:
    one, other = sides("frozen", "plan")
    swapped = compare(replace(other, label="x"), replace(one, label="y"), Question("emissions"))
    straight = compare(one, other, Question("emissions"))
    ours = {i.name: i.effect for i in straight.inputs}
    theirs = {i.name: i.effect for i in swapped.inputs}
    assert ours.keys() == theirs.keys()
    for name, effect in ours.items():
        assert effect is not None
        assert np.isclose(effect, -(theirs[name] or 0.0), rtol=1e-9)
