"""Exports of studies: the same numbers whatever the block, in forms that others read."""

from __future__ import annotations

import csv
import json
import re
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from haihe.errors import InputError
from haihe.results import export_netcdf, export_tables
from haihe.results.export_netcdf import write_netcdf_blocks
from haihe.results.export_rocrate import write_crate
from haihe.results.export_tables import LONG, write_table
from haihe.results.iamc import HEAD, NAMES, Row, name_variable, rows_of_study, write_iamc
from haihe.results.study_page import StudyPage

sys.path.insert(0, str(Path(__file__).parents[1] / "viz"))
from hostile import PAYLOADS
from study_page_example import make_page

FORMULAE = ("=1+1", "+1", "-1", "@x", "\t=1", "\r=1")


def make_study(names: tuple[str, ...] = ("bau", "plan")) -> xr.Dataset:
    """Six members, one of them failed; a course, one with elements, a summary, an input."""
    generator = np.random.default_rng(5)
    courses = generator.normal(size=(6, 3)).astype(np.float32)
    courses[4] = np.nan
    return xr.Dataset(
        {
            "input: growth": ("member", generator.uniform(size=6), {"units": "1/Year"}),
            "CO2": (("member", "time"), courses, {"units": "Mt/Year", "long_name": "二氧化碳"}),
            "by fuel": (("member", "time", "fuel"), generator.normal(size=(6, 3, 2))),
            "CO2 peak": ("member", generator.normal(size=6), {"units": "Mt/Year"}),
        },
        {
            "member": np.arange(6),
            "time": [2021.0, 2030.0, 2035.0],
            "fuel": ["煤", "gas"],
            "scenario": ("member", np.array([names[k % 2] for k in range(6)], dtype=object)),
            "status": ("member", np.array(["", "", "", "", "CO2 is not finite", ""], dtype=object)),
        },
        {"model": "tiny", "study": json.dumps({"id": "s"})},
    )


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("wide", [False, True])
def test_tables_hold_every_number_whatever_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, wide: bool
) -> None:
    study = make_study()
    whole, parts = tmp_path / f"whole.{form}", tmp_path / f"parts.{form}"
    rows = write_table(study, whole, form=form, wide=wide)
    monkeypatch.setattr(export_tables, "CELLS", 25)  # two members at a time
    assert write_table(study, parts, form=form, wide=wide) == rows
    read = pd.read_csv if form == "csv" else pd.read_parquet
    order = ["member", "time"] if wide else ["variable", "element", "member", "time"]
    a, b = (read(path).sort_values(order).reset_index(drop=True) for path in (whole, parts))
    pd.testing.assert_frame_equal(a, b, check_categorical=False)
    if wide:
        assert rows == 18
        kept = a["member"] != 4
        np.testing.assert_array_equal(a.loc[~kept, "CO2 [Mt/Year]"], [np.nan] * 3)
        assert set(a.loc[~kept, "status"]) == {"CO2 is not finite"}
        one = a[(a["member"] == 3) & (a["time"] == 2030)].iloc[0]
        assert one["by fuel[煤]"] == pytest.approx(float(study["by fuel"][3, 1, 0]), rel=1e-12)
        assert one["CO2 peak [Mt/Year]"] == pytest.approx(float(study["CO2 peak"][3]), rel=1e-12)
    else:
        assert list(read(whole).columns) == list(LONG)
        assert rows == 5 * (1 + 3 + 6 + 1)
        one = a[(a["variable"] == "CO2") & (a["member"] == 3) & (a["time"] == 2030)]["value"]
        # single precision, with the digits that it has
        assert float(one.iloc[0]) == float(str(study["CO2"].values[3, 1]))


@pytest.mark.parametrize("wide", [False, True])
def test_no_text_of_a_table_is_a_formula(tmp_path: Path, wide: bool) -> None:
    study = make_study((FORMULAE[0], FORMULAE[3])).rename({"CO2": "=cmd()", "by fuel": "@x"})
    study["status"][4] = "-1+1"
    study = study.assign_coords(fuel=["+1", "\t=1"])
    path = tmp_path / "t.csv"
    write_table(study, path, wide=wide)
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=1+1" in cells
    risky = [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell]
    assert all(re.fullmatch(r"-\d[\d.e-]*", cell) for cell in risky), risky[:5]


def test_netcdf_is_the_same_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_netcdf, "BYTES", 64)
    study = make_study()
    with xr.open_dataset(write_netcdf_blocks(study, tmp_path / "s.nc"), decode_times=False) as back:
        assert back.attrs["Conventions"].startswith("CF-")
        np.testing.assert_array_equal(back["CO2"], study["CO2"])
        np.testing.assert_array_equal(back["by_fuel"], study["by fuel"])
        assert back["CO2"].dtype == np.float32
        assert back["by_fuel"].dims == ("member", "time", "fuel")
        assert back["scenario"].values.tolist() == study["scenario"].values.tolist()
        assert back["fuel"].values.tolist() == ["煤", "gas"]
        assert back["input_growth"].attrs["model_name"] == "input: growth"
        assert back["member"].attrs["standard_name"] == "realization"


# --- IAMC


def read_iamc(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False)


def test_the_iamc_table_keeps_its_rules(tmp_path: Path) -> None:
    page = make_page()
    count = write_iamc(rows_of_study(page), tmp_path / "i.csv", model="haihe tiny", region="Tiny")
    table = read_iamc(tmp_path / "i.csv")
    assert count == len(table) == 2 * 2 * 5
    assert list(table.columns[:5]) == list(HEAD)
    years = [int(name) for name in table.columns[5:]]  # whole years, each once, in order
    assert years == sorted(set(years)) == [int(year) for year in page.courses[0].years]
    index = table[list(HEAD)]
    assert not index.duplicated().any()  # pyam refuses two rows of the same index
    assert (index.map(lambda cell: cell.strip()) != "").all().all()
    assert not index["variable"].str.contains(r"\*|\|\||^\||\|$|  ").any()
    assert (table.groupby("variable")["unit"].nunique() == 1).all()
    row = table[(table.scenario == "plan") & (table.variable == "Emissions|CO2|Median")].iloc[0]
    assert row["unit"] == "Mt CO2/yr"
    assert float(row["2030"]) == pytest.approx(page.courses[0].percentiles[1, 2, 9], rel=1e-8)


def test_pyam_reads_it(tmp_path: Path) -> None:
    pyam = pytest.importorskip("pyam")
    write_iamc(rows_of_study(make_page()), tmp_path / "i.csv", model="haihe tiny", region="Tiny")
    frame = pyam.IamDataFrame(tmp_path / "i.csv")
    assert set(frame.scenario) == {"bau", "plan"}
    assert "Emissions|CO2|Median" in frame.variable


def test_names_that_are_not_in_the_hierarchy_are_not_taken_for_it() -> None:
    assert name_variable("x", "A | B *", "1") == ("Haihe|A / B x", "1")
    assert all(not name.startswith("Haihe|") for name, _ in NAMES.values())


def test_the_table_of_names_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "study-page.md").read_text(encoding="utf-8")
    for outcome, (variable, unit) in NAMES.items():
        shown = variable.replace("|", "\\|")
        line = next(row for row in page.splitlines() if row.startswith(f"| `{outcome}` |"))
        assert f"`{shown}`" in line
        assert line.endswith(f"| {unit} |")


def test_gaps_are_empty_and_rows_without_numbers_are_left_out(tmp_path: Path) -> None:
    years = np.array([2020.0, 2020.5, 2021.0])
    rows = [
        Row("=a", "V", "", years, np.array([1.0, 9.0, np.nan])),
        Row("b", "V", "u", years, np.full(3, np.nan)),
    ]
    assert write_iamc(rows, tmp_path / "i.csv", model="m", region="r") == 1
    lines = (tmp_path / "i.csv").read_text().splitlines()
    assert lines == ["model,scenario,region,variable,unit,2020,2021", "m,'=a,r,V,dimensionless,1,"]


@pytest.mark.parametrize("payload", [*PAYLOADS, *FORMULAE])
def test_hostile_words_stay_words_in_the_iamc_table(tmp_path: Path, payload: str) -> None:
    years, values = np.array([2020.0]), np.array([1.0])
    variable, _ = name_variable("x", payload, payload)
    rows = [Row(payload, variable, payload, years, values)]
    write_iamc(rows, tmp_path / "i.csv", model=payload, region=payload)
    with (tmp_path / "i.csv").open(encoding="utf-8", newline="") as file:
        head, row = list(csv.reader(file))
    assert len(head) == len(row) == 6
    assert not [cell for cell in row if cell[:1] in "=+-@\t\r"]
    assert row[1].lstrip("'") == " ".join(payload.split()).lstrip("'")


# --- RO-Crate


def crate(tmp_path: Path, place: str, page: StudyPage | None = None, **more: object) -> Path:
    table = tmp_path / "t.csv"
    table.write_text("model\n")
    (tmp_path / "store.zarr").mkdir(exist_ok=True)
    (tmp_path / "store.zarr" / "zarr.json").write_text("{}")
    given = SimpleNamespace(page=page or make_page(), study={"id": "s", "seed": 4})
    return write_crate(
        given.page, given.study, tmp_path / "store.zarr", table, tmp_path / place, **more
    )  # type: ignore[arg-type]


def test_a_crate_says_where_the_numbers_came_from(tmp_path: Path) -> None:
    source = tmp_path / "s.yaml"
    source.write_text("title: t\n")
    path = crate(tmp_path, "crate", source=source)
    graph = json.loads((path / "ro-crate-metadata.json").read_text())["@graph"]
    by_id = {entity["@id"]: entity for entity in graph}
    assert by_id["./"]["name"] == "How sure"
    assert by_id["#model"]["identifier"] == "sha256:mmm"
    assert by_id["#store"]["identifier"] == "sha256:ccc"
    action = next(entity for entity in graph if entity["@type"] == "CreateAction")
    assert action["instrument"] == {"@id": "#haihe"}
    assert {"@id": "#store"} in action["result"]
    files = {part["@id"] for part in by_id["./"]["hasPart"]}
    assert files == {"study.json", "study.yaml", "percentiles.csv"}
    assert all((path / name).is_file() for name in files)
    assert json.loads((path / "study.json").read_text()) == {"id": "s", "seed": 4}


def test_a_crate_replaces_a_crate_and_nothing_else(tmp_path: Path) -> None:
    path = crate(tmp_path, "crate")
    (path / "stale").write_text("x")
    crate(tmp_path, "crate", whole=True)
    assert not (path / "stale").exists()
    assert (path / "store.zarr" / "zarr.json").is_file()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="no RO-Crate"):
        crate(tmp_path, "mine")
    assert (mine / "thesis.txt").read_text() == "x"


def test_a_crate_may_be_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(crate(tmp_path, "c.zip")) as packed:
        assert "ro-crate-metadata.json" in packed.namelist()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
