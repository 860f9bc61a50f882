"""Observed drivers in one command: what they replace, what is refused, what is compared."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from haihe.analysis.hindcast import compare_observed, read_observed
from haihe.analysis.indicators import derive_indicators
from haihe.cli.inputs import Opened, open_scenarios
from haihe.cli.run import command
from haihe.errors import InputError, InputErrors
from haihe.run.compiled import CompiledBackend
from haihe.run.simulate import simulate
from haihe.scenario.observed_drivers import observe_drivers, read_drivers
from haihe.scenario.values import Scenario, Trajectory


@pytest.fixture(scope="module")
def bau() -> tuple[Opened, Scenario]:
    opened, (scenario,) = open_scenarios(["bau"])
    return opened, scenario


def table(folder: Path, text: str, name: str = "given.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def run(opened: Opened, scenario: Scenario, names: list[str]) -> dict[str, np.ndarray]:
    found = simulate(opened.model, [scenario], names, CompiledBackend())
    return {name: found[name].to_numpy()[0] for name in names}


def refusal(opened: Opened, folder: Path, text: str) -> str:
    with pytest.raises((InputError, InputErrors)) as caught:
        read_drivers(table(folder, text), opened.model, opened.catalogue)
    return str(caught.value)


def test_names_units_and_lines(bau: tuple[Opened, Scenario], tmp_path: Path) -> None:
    opened, _ = bau
    path = table(
        tmp_path,
        "﻿年份,常住人口,demand_growth,PM2.5气象指数\n单位,万人,%/yr,\n\n2018,1383,3.4,1.02\n2019,,4.8,\n",
    )
    values = read_drivers(path, opened.model, opened.catalogue)
    assert [(v.driver, v.year, v.value, v.where.line) for v in values] == [
        ("population", 2018.0, 13.83, 4),
        ("demand growth", 2018.0, 0.034, 4),
        ("demand growth", 2019.0, 0.048, 5),
        ("meteorology index", 2018.0, 1.02, 4),
    ]
    assert {v.where.file for v in values} == {str(path)}


def test_own_values_change_nothing(bau: tuple[Opened, Scenario], tmp_path: Path) -> None:
    opened, scenario = bau
    own = opened.model.variables["regional background table"].points
    assert own is not None
    rows = [f"{x!r},{y!r}" for x, y in zip(own.x, own.y, strict=True) if x <= 2021]
    path = table(tmp_path, "year,regional background [ug/m3]\n" + "\n".join(rows) + "\n")
    values = read_drivers(path, opened.model, opened.catalogue)
    given = observe_drivers(scenario, values, opened.model, opened.catalogue)
    names = ["PM25", "regional background"]
    names = [name for name in names if name in opened.model.variables]
    before, after = run(opened, scenario, names), run(opened, given, names)
    for name in names:
        np.testing.assert_array_equal(before[name], after[name])


def test_only_the_given_years_change(bau: tuple[Opened, Scenario], tmp_path: Path) -> None:
    opened, scenario = bau
    path = table(tmp_path, "year,demand growth [%/yr]\n2024,9\n2025,9\n2026,9\n")
    values = read_drivers(path, opened.model, opened.catalogue)
    given = observe_drivers(scenario, values, opened.model, opened.catalogue)
    setting = next(s for s in given.settings if s.name == "demand growth")
    assert isinstance(setting.value, Trajectory)
    assert (setting.origin.file, setting.origin.line) == (str(path), 2)
    assert given.digest != scenario.digest
    own = opened.model.variables["demand growth table"].points
    assert own is not None
    outside = [(x, y) for x, y in zip(own.x, own.y, strict=True) if not 2024 <= x <= 2026]
    points = zip(setting.value.years, setting.value.values, strict=True)
    assert [p for p in points if not 2024 <= p[0] <= 2026] == outside
    before, after = run(opened, scenario, ["GDP"])["GDP"], run(opened, given, ["GDP"])["GDP"]
    last_own = max(x for x, _ in outside if x < 2024)
    same = int(last_own - 2010) + 1
    np.testing.assert_array_equal(before[:same], after[:same])
    assert after[2027 - 2010] > 1.03 * before[2027 - 2010]


def test_mistakes_are_told_together(bau: tuple[Opened, Scenario], tmp_path: Path) -> None:
    opened, _ = bau
    names = refusal(
        opened,
        tmp_path,
        "year,populaton [Mperson],demand growth,GDP [Gyuan/yr],regional background [GW]\n"
        "2019,14,1,1300,30\n2020,14,1,1300,30\n",
    )
    for word in ("populaton", "demand growth has no unit", "`GDP` is a result", "GW"):
        assert word in names
    lines = refusal(opened, tmp_path, "year,population [Mperson]\n2019,fourteen\n2018,1\n1,2,3\n")
    assert "given.csv:2: `fourteen` is not a number" in lines
    assert "given.csv:3: the year 2018 comes after 2019" in lines
    assert "given.csv:4: 3 cells under 2 headings" in lines


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("year,populaton [Mperson]\n2019,14\n", "did you mean population"),
        ("year,demand growth\n2019,4.8\n", "demand growth [%/yr]"),
        ("year,GDP [Gyuan/yr]\n2019,1300\n", "is a result, not a driver"),
        ("year,coal boiler phase out [1/yr]\n2019,0\n", "is no driver"),
        ("year,regional background [GW]\n2019,3\n", "ug/m3"),
        ("year,population [Mperson]\n1999,3\n", "2010 to 2060"),
        ("year,population [Mperson],常住人口 [Mperson]\n2019,14,14\n", "are the same driver"),
        ("region,population [Mperson]\n2019,14\n", "the first column is"),
        ("year,population [Mperson]\n2019,\n", "has no numbers"),
        ("year,population [Mperson]\n", "has no rows"),
        ("", "is empty"),
    ],
)
def test_what_is_refused(
    bau: tuple[Opened, Scenario], tmp_path: Path, text: str, words: str
) -> None:
    assert words in refusal(bau[0], tmp_path, text)


def test_errors_of_series(bau: tuple[Opened, Scenario], tmp_path: Path) -> None:
    opened, scenario = bau
    results = simulate(opened.model, [scenario], ["GDP", "coal"], CompiledBackend())
    indicators = derive_indicators(results, opened.catalogue)
    gdp = indicators["GDP"].sel(time=[2018.0, 2019.0]).to_numpy()[0]
    rows = f"2018,{float(gdp[0] / 1.1)!r},\n2019,{float(gdp[1] / 0.9)!r},0\n"
    path = table(tmp_path, "year,GDP [Gyuan/yr],coal [Mt/yr]\n" + rows)
    observed = read_observed(path, opened.catalogue)
    first, second = compare_observed(indicators, "bau", observed)
    assert first.mape == pytest.approx(10.0)
    seen = np.array([gdp[0] / 1.1, gdp[1] / 0.9])
    assert first.bias == pytest.approx(100 * (gdp - seen).mean() / seen.mean())
    assert first.lines == (f"{path}:2", f"{path}:3")
    # Against an observation of zero there is no relative error.
    assert second.mape is None
    assert second.rmse > 0.0
    with pytest.raises((InputError, InputErrors), match="the run has no year"):
        compare_observed(indicators, "bau", read_observed(
            table(tmp_path, "year,GDP [Gyuan/yr]\n1999,3\n"), opened.catalogue))  # fmt: skip


def test_one_command(tmp_path: Path) -> None:
    drivers = table(tmp_path, "year,meteorology index\n2019,1.05\n", "=drivers.csv")
    observed = table(tmp_path, "year,PM2.5 [ug/m3]\n2019,50\n2020,48\n", "seen.csv")
    out = tmp_path / "out"
    args = ["bau", "--drivers", str(drivers), "--observed", str(observed), "-o", str(out), "--json"]
    done = CliRunner().invoke(command, args)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["drivers"][0]["from"].endswith("=drivers.csv:2")
    assert said["observed"][0]["outcome"] == "PM2.5"
    assert said["observed"][0]["mape"] > 0.0
    assert "=drivers.csv" in said["provenance"]["observed_drivers"]
    with (out / "observed.csv").open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["year"] for row in rows] == ["2019.0", "2020.0"]
    assert (out / "drivers.csv").is_file()
    assert "=drivers.csv" in (out / "page.html").read_text(encoding="utf-8")
