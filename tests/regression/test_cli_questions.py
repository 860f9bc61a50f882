"""`haihe sensitivity`, `discover`, `robust` and `compare` on the stores of a small city."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from answers_project import write_project
from click.testing import CliRunner, Result

from haihe.cli.app import app
from haihe.results.study_store import open_study

STUDIES = {
    "which": (
        "scenarios: [frozen, plan]\n"
        "design: {method: sobol, samples: 64, seed: 1}\n"
        "vary: {luck: {uniform: [0.9, 1.1]}, quirk: {uniform: [0.9, 1.1]}}\n"
        "save: {outcomes: [emissions], years: [2025, 2030]}\n"
    ),
    "many": (
        "scenarios: [frozen, plan]\n"
        "design: {method: posterior, samples: 300, seed: 1}\n"
        "save: {outcomes: [emissions, stock]}\n"
    ),
    "other": (
        "scenarios: [plan]\n"
        "design: {method: posterior, samples: 300, seed: 2}\n"
        "save: {outcomes: [emissions]}\n"
    ),
}


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def ask(*words: str) -> dict:
    done = call(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def refused(*words: str) -> str:
    done = call(*words)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    return done.stderr


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = write_project(tmp_path_factory.mktemp("city"))
    before = Path.cwd()
    os.chdir(folder)
    for name, text in STUDIES.items():
        path = Path("scenarios/studies") / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        done = call("sweep", name, "-o", f"{name}.zarr")
        assert done.exit_code == 0, done.output
    yield folder
    os.chdir(before)


# --- sensitivity --------------------------------------------------------------------------------


def test_sensitivity_names_what_matters(city: Path):
    found = ask("sensitivity", "which.zarr", "--outcome", "emissions", "--at", "2030")
    assert [one["scenario"] for one in found["sensitivity"]] == ["frozen", "plan"]
    for one in found["sensitivity"]:
        assert one["factors"] == ["luck", "quirk"]
        # emissions = luck * quirk ^ 0.1 * …: the variances stand like 1 to 0.01.
        assert one["indices"]["ST"][0] == pytest.approx(0.99, abs=0.02)
        assert one["indices"]["ST"][1] == pytest.approx(0.01, abs=0.01)
        assert one["method"] == "sobol"
        assert one["notes_zh"]
        assert one["notes_en"]


def test_sensitivity_speaks_both_languages(city: Path):
    words = ("sensitivity", "which.zarr", "--outcome", "emissions", "--scenario", "plan")
    assert "运气" in call(*words, "--lang", "zh").stdout
    table = call(*words, "--lang", "en").stdout
    assert "Uncertain share" in table
    assert table.index("Uncertain share") < table.index("Matters little")


def test_sensitivity_over_time_goes_into_a_table_and_a_chart(city: Path, tmp_path: Path):
    table, chart = tmp_path / "all.csv", tmp_path / "all.html"
    done = call("sensitivity", "which.zarr", "--outcome", "emissions", "--over-time",
                "--csv", str(table), "--chart", str(chart))  # fmt: skip
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    keys = {(row["scenario"], row["factor"], float(row["year"])) for row in rows}
    assert len(rows) == len(keys) == 2 * 2 * 2
    assert all(0 <= float(row["ST"]) <= 1.1 for row in rows)
    assert "<html" in chart.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--outcome", "emission"], "did you mean emissions"),
        (["--outcome", "emissions", "--at", "2031"], "2031"),
        (["--outcome", "emissions", "--at", "2030", "--over-time"], "exclude each other"),
        (["--outcome", "emissions at 2030", "--at", "2030"], "says when"),
        (["--outcome", "emissions", "--scenario", "plam"], "did you mean plan"),
        (["--outcome", "emissions", "--method", "morris"], "morris"),
        (["--outcome", "emissions", "--method", "sobel"], "sobol"),
    ],
)
def test_sensitivity_refuses(city: Path, words: list[str], said: str):
    assert said in refused("sensitivity", "which.zarr", *words)


@pytest.mark.parametrize("command", ["sensitivity", "discover", "robust"])
def test_what_is_no_store_is_refused(city: Path, command: str):
    option = "--where" if command == "discover" else "--outcome"
    asked = "emissions at 2030 > 1" if command == "discover" else "emissions at 2030"
    for place in ("nowhere.zarr", "scenarios"):
        assert place in refused(command, place, option, asked)


# --- discovery ----------------------------------------------------------------------------------


def test_discovery_finds_the_planted_condition(city: Path):
    luck = open_study("many.zarr")["input: luck"].values
    where = "emissions at 2030 > 105000 kt/yr"
    found = ask("discover", "many.zarr", "--where", where, "--scenario", "frozen")["discovery"]
    assert found["members"] == 300
    (limit,) = (one for one in found["boxes"][0]["limits"] if one["factor"] == "luck")
    # Frozen, emissions are 100 Mt times luck, and little else.
    assert limit["low"] == pytest.approx(1.05, abs=0.02)
    assert limit["high"] is None
    assert found["cases"] == pytest.approx((luck[:300] > 1.05).sum(), abs=30)
    assert "运气" in found["sentences"][0]["zh"]
    assert "Uncertain share" in found["sentences"][0]["en"]


def test_discovery_tells_that_there_is_nothing_to_look_for(city: Path):
    done = call("discover", "many.zarr", "--where", "emissions at 2030 > 900 Mt/yr")
    assert done.exit_code == 0
    assert "None of 600 members" in done.stdout
    chinese = call("discover", "many.zarr", "--where", "emissions at 2030 > 900 Mt/yr",
                   "--lang", "zh")  # fmt: skip
    assert "600 个成员中没有一个" in chinese.stdout


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("emisions at 2030 > 30", "did you mean emissions"),
        ("emissions at 2030", "expected <"),
        ("emissions > 30", "course over time"),
        ("emissions at 2030 > 30 kg", "kg"),
        ("emissions at 2030 == 30", "no test"),
        ("", "outcome"),
    ],
)
def test_discovery_refuses(city: Path, where: str, said: str):
    assert said in refused("discover", "many.zarr", "--where", where)


# --- robustness ---------------------------------------------------------------------------------


def test_plans_and_targets_of_the_file(city: Path):
    study = open_study("many.zarr")
    values = study["emissions"].sel(time=2030.0).values.reshape(2, 300)
    found = ask("robust", "many.zarr", "--outcome", "emissions at 2030", "--target", "middling",
                "--require", "emissions at 2030 <= 40 Mt/yr")["robust"]  # fmt: skip
    assert found["plan"] == ["frozen", "plan"]
    assert found["target"] == ["", "middling"]
    want = [[np.mean(row <= 40), np.mean(row <= 37)] for row in values]
    np.testing.assert_allclose(found["met"], want)
    np.testing.assert_allclose(found["met_all"], np.array(want)[:, 1])
    np.testing.assert_allclose(found["regret_max"][1], 0)
    np.testing.assert_allclose(
        found["regret_max"][0], 1000 * (values[0] - values[1]).max(), rtol=1e-6
    )
    assert found["pareto"] == [False, True]


def test_every_target_that_the_store_can_judge(city: Path):
    done = call("robust", "many.zarr", "--outcome", "emissions at 2030", "--targets", "--json")
    assert done.exit_code == 0, done.output
    names = json.loads(done.stdout)["robust"]["target"]
    assert names == ["middling", "easy", "hopeless", "old-basis", "new-basis"]
    assert "can judge 5 of 6 targets" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["many.zarr"], "no outcome is given"),
        (["--outcome", "emissions at 2030"], "STORE or --search"),
        (["many.zarr", "--outcome", "emissions"], "course over time"),
        (["many.zarr", "--outcome", "emissions at 2030", "--target", "midling"], "mean middling"),
        (["many.zarr", "--outcome", "emissions at 2030", "--target", "words"], "no indicator"),
        (["many.zarr", "--outcome", "emissions at 2030", "--target", "easy", "--targets"],
         "exclude each other"),
        (["many.zarr", "--outcome", "emissions at 2030", "--lever", "saving"], "--search"),
        (["many.zarr", "--outcome", "emissions at 2030", "--require", "emissions < 3"],
         "course over time"),
        (["--search", "--outcome", "emissions at 2030", "--targets"], "haihe solve"),
        (["--search", "--outcome", "emissions at 2030", "--lever", "savin"], "saving"),
        (["--search", "--outcome", "emissions at 2030"], "needs levers"),
        (["--search", "--scenario", "plam", "--outcome", "emissions at 2030"], "plan"),
    ],
)  # fmt: skip
def test_robust_refuses(city: Path, words: list[str], said: str):
    assert said in refused("robust", *words)


def test_search_says_what_it_did(city: Path):
    found = ask("robust", "--search", "--scenario", "plan", "--lever", "saving", "--lever", "idle",
                "--outcome", "emissions at 2030", "--futures", "5", "--population", "8",
                "--generations", "4")["robust"]  # fmt: skip
    assert found["plan"][-1] == "as it stands"
    assert found["lever"] == ["saving", "idle"]
    assert found["runs"] == 8 * 4 * 5
    best = np.array(found["found"])[:-1, 0]
    assert best.min() < found["found"][-1][0]  # more saving than the plan has is better
    assert all(0 <= value <= 100 for plan in found["values"] for value in plan)  # in per cent


# --- comparison ---------------------------------------------------------------------------------


def test_store_against_itself_and_another(city: Path):
    assert "Nothing differs" in call("compare", "many.zarr", "many.zarr").stdout
    assert "没有差别" in call("compare", "many.zarr", "many.zarr", "--lang", "zh").stdout
    found = ask("compare", "many.zarr", "other.zarr")
    kinds = {(one["kind"], one["name"]) for one in found["changes"]}
    assert ("scenario", "frozen") in kinds
    assert ("design", "seed") in kinds
    assert ("saved", "stock") in kinds
    (move,) = found["moves"]
    assert move["scenario"] == "plan"
    assert not move["beyond_noise"]
    rows = list(csv.DictReader(call("compare", "many.zarr", "other.zarr", "--csv").stdout
                               .splitlines()))  # fmt: skip
    assert float(rows[-1]["superiority"]) == move["superiority"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["many.zarr", "plan"], "two of a kind"),
        (["many.zarr", "scenarios"], "two of a kind"),
        (["many.zarr", "other.zarr", "-o", "page.html"], "-o says nothing"),
        (["many.zarr", "other.zarr", "--model-a", "city"], "--model-a says nothing"),
        (["many.zarr", "other.zarr", "--outcome", "emisions"], "did you mean emissions"),
        (["many.zarr", "other.zarr", "--at", "2031.5"], "2031.5"),
    ],
)
def test_compare_refuses(city: Path, words: list[str], said: str):
    assert said in refused("compare", *words)
