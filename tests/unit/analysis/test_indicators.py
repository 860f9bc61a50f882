"""Results become indicators: units for people, words, elements; and observations beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from haihe.analysis.history import collect_history
from haihe.analysis.indicators import derive_indicators, pick_headlines
from haihe.analysis.report import build_report, label_results, load_background
from haihe.errors import InputError, Location
from haihe.model.catalogue import Catalogue, read_catalogue
from haihe.scenario.values import Scenario
from haihe.text import Text

CATALOGUE = """
title: {zh: 小模型, en: Tiny}
dimensions:
  fuel:
    title: {zh: 燃料, en: Fuel}
    elements: {raw coal: {zh: 煤, en: Coal}, gas: {zh: 气, en: Gas}}
outcomes:
  CO2: {variable: territorial CO2, shown: Mt/yr, title: {zh: 碳, en: Carbon}, digits: 2, headline: true, group: e, better: lower, grade: B, source: s, caveat: {zh: 甲, en: a}, history: {file: h.csv, series: co2}}
  share: {variable: clean share, shown: "%", title: {zh: 份额, en: Share}, headline: true, group: e, better: higher, grade: A, source: s}
  energy by fuel: {variable: energy use, shown: Mtce/yr, title: {zh: 能源, en: Energy}, group: e, grade: C, source: s}
  energy: {variable: energy use total, shown: Mtce/yr, title: {zh: 总量, en: Total}, group: e, grade: C, source: s, history: {file: h.csv, series: energy}}
"""  # noqa: E501
HISTORY = """series,unit,year,value,grade,source,url,note
co2,Mt CO2,2019,158.5,B,CEADs,,
co2,Mt CO2,2020,150,C,guess,,
co2,Mt CO2,2020,155,B,old edition,,
co2,Mt CO2,2020,157,B,new edition,,
co2,Mt CO2,2020,99,C,late guess,,
energy,10^4 tce,2020,8104.6,B,yearbook,,
other,%,2020,1,A,x,,
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    path = tmp_path / "catalogue.yaml"
    path.write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "h.csv").write_text(HISTORY, encoding="utf-8")
    return read_catalogue(path)


def make_results() -> xr.Dataset:
    """Two members, three years, in units of the model."""
    ones = np.ones((2, 3))
    return xr.Dataset(
        {
            "territorial CO2": (("member", "time"), 150_000 * ones, {"units": "kt/Year"}),
            "Clean_Share": (("member", "time"), 0.25 * ones, {"units": "Dmnl"}),
            "energy use": (
                ("member", "time", "fuel"),
                1000 * np.ones((2, 3, 2)),
                {"units": "PJ/Year"},
            ),
        },
        coords={
            "member": ["plan", "frozen"],
            "time": [2019.0, 2020.0, 2021.0],
            "fuel": ["raw coal", "gas"],
        },
        attrs={"model": "abc"},
    )


def test_values_come_in_the_units_for_people(catalogue: Catalogue) -> None:
    indicators = derive_indicators(make_results(), catalogue)
    assert indicators["CO2"].to_numpy() == pytest.approx(150.0)
    assert indicators["share"].to_numpy() == pytest.approx(25.0)
    assert indicators["energy by fuel"].to_numpy() == pytest.approx(1000 / 29.3076)
    assert "energy" not in indicators  # the results do not hold it


def test_attributes_say_what_a_figure_needs(catalogue: Catalogue) -> None:
    attrs = derive_indicators(make_results(), catalogue)["CO2"].attrs
    assert attrs["units"] == "Mt/yr"
    assert (attrs["title_zh"], attrs["title_en"]) == ("碳", "Carbon")
    assert (attrs["digits"], attrs["grade"], attrs["headline"]) == (2, "B", 1)
    assert (attrs["better"], attrs["caveat_zh"], attrs["caveat_en"]) == ("lower", "甲", "a")


def test_elements_carry_their_titles(catalogue: Catalogue) -> None:
    fuel = derive_indicators(make_results(), catalogue)["energy by fuel"]["fuel"]
    assert list(fuel.to_numpy()) == ["raw coal", "gas"]
    assert fuel.attrs["raw coal|zh"] == "煤"
    assert fuel.attrs["gas|en"] == "Gas"


def test_a_unit_that_does_not_fit_names_the_outcome(catalogue: Catalogue) -> None:
    results = make_results()
    results["territorial CO2"].attrs["units"] = "GW"
    with pytest.raises(InputError, match="CO2"):
        derive_indicators(results, catalogue)


def test_results_are_left_as_they_were(catalogue: Catalogue) -> None:
    results = make_results()
    before = results.copy(deep=True)
    derive_indicators(results, catalogue)
    xr.testing.assert_identical(results, before)


def test_headlines_keep_the_order_of_the_catalogue(catalogue: Catalogue) -> None:
    assert pick_headlines(derive_indicators(make_results(), catalogue)) == ("CO2", "share")


def test_history_takes_the_best_grade_then_the_newest(catalogue: Catalogue, tmp_path: Path) -> None:
    history = collect_history(catalogue, tmp_path / "data")
    assert list(history["time"].to_numpy()) == [2019.0, 2020.0]
    assert history["CO2"].to_numpy() == pytest.approx([158.5, 157.0])
    assert history["CO2"].attrs["grade"] == "B"
    assert "guess" not in history["CO2"].attrs["source"]
    assert np.isnan(history["energy"].to_numpy()[0])
    assert history["energy"].to_numpy()[1] == pytest.approx(81.046)
    assert history["energy"].attrs["units"] == "Mtce/yr"


def test_history_that_is_no_number_is_refused_with_its_line(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "h.csv"
    path.write_text(HISTORY + "co2,Mt CO2,2021,n/a,B,x,,\n", encoding="utf-8")
    with pytest.raises(InputError, match="not a number") as caught:
        collect_history(catalogue, tmp_path / "data")
    assert caught.value.where is not None
    assert caught.value.where.line == 9


def test_history_that_is_missing_is_said_by_the_catalogue(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    (tmp_path / "data" / "h.csv").unlink()
    with pytest.raises(InputError, match=r"catalogue.yaml:8:.*h.csv"):
        collect_history(catalogue, tmp_path / "data")


def make_scenario(name: str, zh: str, en: str) -> Scenario:
    empty = Text("", "")
    return Scenario(
        name, Text(zh, en), empty, Path("m.mdl"), (), None, (), (), "", Location("s.yaml")
    )


def test_report_knows_its_runs_from_the_results_alone(catalogue: Catalogue, tmp_path: Path) -> None:
    runs = [make_scenario("plan", "规划", "Plan"), make_scenario("frozen", "冻结", "Frozen")]
    background = load_background(catalogue, tmp_path)
    report = build_report(label_results(make_results(), runs), background)
    assert (report.scenario, report.baseline) == ("plan", "frozen")
    assert report.title == Text("规划", "Plan")
    assert report.indicators["member"].attrs["frozen|zh"] == "冻结"
    assert report.provenance == {"model": "abc"}
    assert (report.scores, report.coverage) == ((), ())
    alone = build_report(label_results(make_results(), runs[:1]), background)
    assert alone.baseline == ""
