"""`haihe calibrate` on Tianjin: it runs, its intervals are sound, and what was shipped loads."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from haihe.analysis.calibration_load import FILE_NAME, load_calibration
from haihe.cli.app import app
from haihe.model.catalogue import load_catalogue
from haihe.model.translate import read_model
from haihe.project import find_bundled
from haihe.scenario.load import load_scenario

MODEL = find_bundled("models") / "tianjin" / "tianjin.mdl"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "validation.md"
SHIPPED = MODEL.parent / "calibration"


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["calibrate", "--lang", "en", *words])


@pytest.fixture(scope="module")
def split() -> dict:
    done = call("--until", "2019", "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_split_fit_is_sound(split: dict) -> None:
    assert 1 <= len(split["parameters"]) <= 14
    for row in split["parameters"]:
        assert row["interval"][0] <= row["value"] <= row["interval"][1]
        assert 0 <= row["learned"] <= 1
    for i, row in enumerate(split["correlation"]):
        assert row[i] == pytest.approx(1)
    # The errors that are believed are about those that are seen.
    assert 0.5 < split["misfit"] / split["residuals"] < 2


def test_the_tally_holds_fitted_series_with_later_years(split: dict) -> None:
    counted = [s for s in split["series"] if s["fitted"] and not s["consistency"] and s["after"]]
    assert len(counted) >= 10
    assert "GDP" not in {s["series"] for s in counted}
    assert all(s["after"]["model"]["years"] <= 2 for s in counted)


def test_two_thirds_of_the_forecasts_beat_persistence(split: dict) -> None:
    """What the project asks of a fit to 2019; which ones do not, the page of errors says."""
    counted = [s for s in split["series"] if s["fitted"] and not s["consistency"] and s["after"]]
    beaten = [
        s["series"]
        for s in counted
        if s["after"]["model"]["mape"] < s["after"]["persistence"]["mape"]
    ]
    assert 3 * len(beaten) >= 2 * len(counted), beaten


def test_energy_stays_within_its_aim_before_and_after_the_split(split: dict) -> None:
    energy = next(s for s in split["series"] if s["series"] == "energy")
    assert energy["within"]["mape"] < 5
    assert energy["after"]["model"]["mape"] < 5


def test_the_page_of_errors_is_of_this_model(split: dict) -> None:
    """The printed forecasts are those of the model as it is: else `--report` was not run again."""
    if not PAGE.is_file():
        pytest.skip("the documentation is not here")
    part = PAGE.read_text(encoding="utf-8").partition("## Split sample")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    head = rows[0]
    printed = {re.sub(r" \*[cn]\*", "", row[0]): dict(zip(head, row)) for row in rows[2:]}
    measured = {s["series"]: s["after"] for s in split["series"] if s["after"]}
    assert printed.keys() == measured.keys()
    for name, after in measured.items():
        for method in ("model", "persistence", "trend"):
            assert float(printed[name][method]) == pytest.approx(after[method]["mape"], abs=0.15)


def test_a_written_fit_is_a_scenario(tmp_path: Path) -> None:
    path = tmp_path / "fitted.yaml"
    done = call("--write", str(path), "--json")
    assert done.exit_code == 0, done.output
    model = read_model(MODEL)
    scenario = load_scenario(path, model, load_catalogue(model))
    assert {s.role.value for s in scenario.settings} == {"parameter"}
    assert model.digest in path.read_text(encoding="utf-8")


def test_the_model_ships_with_what_was_fitted() -> None:
    """`haihe run` uses what `haihe calibrate` found: data and file agree."""
    model = read_model(MODEL)
    scenario = load_scenario(SHIPPED / "fitted.yaml", model, load_catalogue(model))
    assert len(scenario.settings) > 10
    for setting in scenario.settings:
        variable = model.variables[setting.name]
        shipped = np.asarray(variable.default, dtype=float)
        if setting.element:
            places = [model.dimensions[dim].elements for dim in variable.dims]
            where = tuple(p.index(e) for p, e in zip(places, setting.element, strict=True))
            shipped = shipped[where]
        assert setting.value == pytest.approx(float(shipped), rel=2e-3, abs=2e-5), setting


def test_held_back_years_are_in_no_file() -> None:
    with (MODEL.parent / "data" / "history.csv").open(encoding="utf-8", newline="") as stream:
        assert max(int(row["year"]) for row in csv.DictReader(stream)) <= 2021
    model = read_model(MODEL)
    calibration = load_calibration(MODEL.parent / FILE_NAME, model, load_catalogue(model))
    assert calibration.years[1] <= 2021


def test_shipped_files_say_what_they_came_of() -> None:
    model = read_model(MODEL)
    load_scenario(SHIPPED / "fitted.yaml", model, load_catalogue(model))
    lines = (SHIPPED / "posterior.csv").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("# model: tianjin, digest ") for line in lines)
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert 100 <= len(rows) <= 1000
    for name in list(rows[0])[2:]:
        assert name.split("[")[0] in model.variables
        assert len({row[name] for row in rows}) > 50, "every parameter varies"


def test_wrong_years_and_lonely_draws_are_told() -> None:
    done = call("--until", "2022")
    assert done.exit_code == 2
    assert "a year from 2012 to 2021" in done.stderr
    done = call("--draws", "x.csv")
    assert done.exit_code == 2
    assert "--posterior" in done.stderr
