"""`calibration.yaml`: every mistake is told, with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.analysis.test_calibrate_recovery import CALIBRATION, CATALOGUE, MODEL, tell_history

from haihe.analysis.calibration_load import load_calibration
from haihe.analysis.fit_problem import state_problem
from haihe.errors import InputErrors
from haihe.model.catalogue import load_catalogue
from haihe.model.translate import read_model

GOOD = CALIBRATION.replace("GROWTH", "0.05").replace("SPREAD", "0.02")
MANY = "".join(
    f"      p{i}: {{variable: growth, prior: uniform, bounds: [0, 0.1], source: s}}\n"
    for i in range(15)
)


def complain(folder: Path, text: str) -> str:
    (folder / "tiny.mdl").write_text(MODEL, encoding="utf-8")
    (folder / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "history.csv").write_text(tell_history(1), encoding="utf-8")
    (folder / "calibration.yaml").write_text(text, encoding="utf-8")
    model = read_model(folder / "tiny.mdl")
    try:
        calibration = load_calibration(folder / "calibration.yaml", model, load_catalogue(model))
        state_problem(model, calibration, folder)
    except InputErrors as errors:
        return str(errors)
    return ""


def test_a_good_file_is_silent(tmp_path: Path) -> None:
    assert complain(tmp_path, GOOD) == ""


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("variable: growth", "variable: grwth", 8, "did you mean growth"),
        ("variable: growth", "variable: output", 8, "no constant"),
        ("prior: normal", "prior: norml", 8, "did you mean normal"),
        ("bounds: [0, 0.2]", "bounds: [0.2, 0]", 8, "lower of `bounds`"),
        ("bounds: [0, 0.2]", "bounds: [0, 0.3]", 8, "within the model's limits"),
        ("centre: 1, spread: 0.5", "centre: 3, spread: 0.5", 12, "outside `bounds`"),
        ("bounds: [0.3, 2.5]", "bounds: [0.3, 2.6]", 12, "would reach from 0.6 to 5.2"),
        ("elements: [light]", "elements: [ligth]", 13, "did you mean light"),
        ("prior: uniform,", "prior: uniform, spread: 1,", 13, "uniform prior has no"),
        ("series: [total, heavy]", "series: [total, heavi]", 10, "no series heavi"),
        ("{outcome: total, ", "{outcome: totl, ", 16, "did you mean total"),
        ("memory: 0.5", "memory: 1", 16, "<= 0.95"),
        ("error: 0.02, weight: 0", "eror: 0.02, weight: 0", 18, "did you mean error"),
        ("series: heavy, factor: 1000", "series: heavyy", 17, "no series heavyy"),
        ("split: 2009", "split: 2012", 1, "`split` must lie between"),
        ("factor: 1000, ", "", 17, ""),
        ("variable: use, ", "variable: use, outcome: total, ", 17, "one of them"),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    assert GOOD.count(old) == 1, "the test itself names one place"
    told = complain(tmp_path, GOOD.replace(old, new))
    if not says:
        assert told == "", "kt/yr and Mt/Year are of the same kind: no factor is needed"
        return
    assert says in told
    assert re.search(rf"calibration\.yaml:{line}:\d+: ", told), told


def test_a_fifteenth_parameter_is_refused(tmp_path: Path) -> None:
    told = complain(tmp_path, GOOD.replace("  - name: freight", MANY + "  - name: freight"))
    assert "at most 14" in told


def test_unknown_drivers_of_a_blind_forecast_are_told(tmp_path: Path) -> None:
    told = complain(tmp_path, GOOD + "blind: {known: [bost], set: {boots: 1}}\n")
    assert told.count("did you mean boost") == 2
    assert "calibration.yaml:19:17: there is no driver bost" in told


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    wrong = GOOD.replace("variable: growth", "variable: grwth").replace("[light]", "[ligth]")
    assert complain(tmp_path, wrong).count("did you mean") == 2


def test_a_number_that_has_no_logarithm_is_told(tmp_path: Path) -> None:
    complain(tmp_path, GOOD)
    path = tmp_path / "history.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    rows[5] = ",".join([*rows[5].split(",")[:3], "0", "B", "made"])
    path.write_text("\n".join(rows), encoding="utf-8")
    model = read_model(tmp_path / "tiny.mdl")
    calibration = load_calibration(tmp_path / "calibration.yaml", model, load_catalogue(model))
    with pytest.raises(InputErrors, match=r"history.csv:6: output is 0 in 2004"):
        state_problem(model, calibration, tmp_path)
