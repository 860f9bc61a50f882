"""Tables and NetCDF: the same numbers, no formulas, and no half-written files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from results_example import make

from haihe.errors import EnvironmentFault
from haihe.results.export import HEADER, as_text, write_csv, write_netcdf


def test_every_number_stands_in_the_table(tmp_path: Path) -> None:
    dataset = make()
    path = write_csv(dataset, tmp_path / "out" / "r.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == HEADER
    assert len(rows) == sum(array.size for array in dataset.data_vars.values())
    for row in rows:
        name, element = row["variable"], row["element"]
        array = dataset[name].sel(time=float(row["time"]), member=row["member"].lstrip("'"))
        value = float(array.sel({"fuel type": element}) if element else array)
        assert np.array_equal(float(row["value"]), value, equal_nan=True)
        assert row["unit"] == dataset[name].attrs["units"]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    dataset = make().rename({"GDP": "@GDP"})
    with write_csv(dataset, tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    risky = {cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}}
    assert risky
    assert all(np.isfinite(float(cell)) or cell == "-inf" for cell in risky)
    assert "'=cmd()" in cells
    assert "'@GDP" in cells


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"])
def test_texts_that_spreadsheets_would_run(text: str) -> None:
    assert as_text(text) == f"'{text}"
    assert as_text("CO2") == "CO2"


def test_a_carriage_return_ends_no_row(tmp_path: Path) -> None:
    path = write_csv(make().rename({"GDP": "a\r=1"}), tmp_path / "r.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert {len(row) for row in csv.reader(file)} == {len(HEADER)}


def test_netcdf(tmp_path: Path) -> None:
    dataset = make()
    path = write_netcdf(dataset, tmp_path / "r.nc")
    with xr.open_dataset(path) as back:
        assert back.attrs["Conventions"].startswith("CF-")
        assert back.attrs["model_digest"] == "d"
        np.testing.assert_array_equal(back["CO2_GDP"], dataset["CO2 / GDP"])
        assert back["CO2_GDP"].attrs["long_name"] == "二氧化碳"
        assert back["CO2_GDP"].attrs["model_name"] == "CO2 / GDP"
        assert back["fuel_type"].values.tolist() == ["煤炭", "gas"]
        assert back["member"].values.tolist() == ["基准", "plan", "=cmd()"]


def test_names_that_become_the_same_stay_apart(tmp_path: Path) -> None:
    dataset = make().rename({"GDP": "x y", "a:b?*": "x/y"})
    with xr.open_dataset(write_netcdf(dataset, tmp_path / "r.nc")) as back:
        names = {back[name].attrs["model_name"]: name for name in back.data_vars}
        np.testing.assert_array_equal(back[names["x y"]], dataset["x y"])
        np.testing.assert_array_equal(back[names["x/y"]], dataset["x/y"])


def test_a_failure_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.csv"
    path.write_text("older", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("haihe.results.export._rows", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        write_csv(make(), path)
    assert path.read_text(encoding="utf-8") == "older"
    assert [p.name for p in tmp_path.iterdir()] == ["r.csv"]
