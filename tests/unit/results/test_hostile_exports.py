"""Words of whoever wrote a scenario, in every file that is handed over: 31 of them, each alone."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from haihe.results.export import as_text, write_csv, write_netcdf
from haihe.results.export_netcdf import write_netcdf_blocks
from haihe.results.export_rocrate import write_crate
from haihe.results.export_tables import write_table
from haihe.text import Text

sys.path.insert(0, str(Path(__file__).parents[1] / "viz"))
from hostile import PAYLOADS, _spoil
from study_page_example import make_page

FORMULAE = ("=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠x")
WORDS = (*PAYLOADS, *FORMULAE)
ACTIVE = tuple("=+-@\t\r＝＋－＠")


def make_study() -> xr.Dataset:
    """One member, one variable with its unit, and one element for each of the words."""
    count = len(WORDS)
    names = [f"v{k} {word}" if k % 2 else f"{word} v{k}" for k, word in enumerate(WORDS)]
    numbers = np.arange(count * 2.0).reshape(count, 2)
    data = {
        name: (("member", "time"), numbers, {"units": word, "long_name": word})
        for name, word in zip(names, WORDS, strict=True)
    }
    data["by kind"] = (("member", "time", "kind"), np.ones((count, 2, count)), {"units": "t"})
    return xr.Dataset(
        data,
        {
            "member": np.arange(count),
            "time": [2021.0, 2030.0],
            "kind": np.array(WORDS, dtype=object),
            "scenario": ("member", np.array(WORDS, dtype=object)),
            "status": ("member", np.array(["", *WORDS[1:]], dtype=object)),
        },
        {"model": WORDS[0], "study": json.dumps({"title": WORDS})},
    )


def plain(word: str) -> str:
    """Without what keeps a cell from being a formula, and with ends of lines alike."""
    bare = word[1:] if word.startswith("'") and word[1:].startswith((*ACTIVE, "\n")) else word
    return bare.replace("\r", "\n")


def read_csv(path: Path) -> list[list[str]]:
    """Rows as a spreadsheet would read them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def is_number(cell: str) -> bool:
    """May stand there with its sign."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("wide", [False, True])
def test_words_of_a_study_stay_words_in_csv(tmp_path: Path, wide: bool) -> None:
    """No cell is a formula, no row falls apart, and every one of the words is still there."""
    study = make_study()
    if not wide:
        study["status"] = ("member", np.full(len(WORDS), "", dtype=object))
    write_table(study, tmp_path / "t.csv", form="csv", wide=wide)
    rows = read_csv(tmp_path / "t.csv")
    assert {len(row) for row in rows} == {len(rows[0])}
    cells = {cell for row in rows for cell in row}
    assert not [one for one in cells if one.startswith(ACTIVE) and not is_number(one)]
    shown = {plain(cell) for cell in cells}
    for word in WORDS:
        assert plain(word) in shown, word


def test_words_of_a_run_stay_words_in_csv(tmp_path: Path) -> None:
    study = make_study().drop_vars(["scenario", "status"])
    labelled = study.assign_coords(member=("member", np.array(WORDS, dtype=object)))
    write_csv(labelled, tmp_path / "t.csv")
    rows = read_csv(tmp_path / "t.csv")
    assert {len(row) for row in rows} == {6}
    for column in (0, 2, 3, 5):
        assert not [row[column] for row in rows if row[column].startswith(ACTIVE)]
    for column in (0, 3, 5):
        shown = {plain(row[column]) for row in rows}
        for word in WORDS:
            assert plain(word) in shown, (column, word)


@pytest.mark.parametrize("wide", [False, True])
def test_words_of_a_study_are_unchanged_in_parquet(tmp_path: Path, wide: bool) -> None:
    """It holds data with a type: nothing there is ever a formula, and nothing needs a mark."""
    import pyarrow.parquet as pq

    write_table(make_study(), tmp_path / "t.parquet", form="parquet", wide=wide)
    table = pq.read_table(tmp_path / "t.parquet")
    scenarios = set(table["scenario"].to_pylist())
    statuses = set(table["status"].to_pylist()) if wide else set(WORDS[1:])
    for word in WORDS[: 1 if not wide else None]:
        assert word in scenarios, word
    for word in WORDS[1:]:
        assert word in statuses, word
    assert str(table.schema.field("scenario").type) in (
        "string",
        "dictionary<values=string, indices=int32, ordered=0>",
    )


@pytest.mark.parametrize("blocks", [False, True])
def test_words_of_a_study_are_unchanged_in_netcdf(tmp_path: Path, blocks: bool) -> None:
    """Names become plain ones; words of attributes and coordinates are what was written."""
    study = make_study()
    write = write_netcdf_blocks if blocks else write_netcdf
    write(study, tmp_path / "t.nc")
    with xr.open_dataset(tmp_path / "t.nc", engine="h5netcdf") as read:
        assert all(str(name).isidentifier() for name in read.variables)
        units = {str(array.attrs.get("units")) for array in read.data_vars.values()}
        kinds = {str(kind) for kind in read["kind"].to_numpy()}
        scenarios = {str(one) for one in read["scenario"].to_numpy()}
        for word in WORDS:
            assert word in units, word
            assert word in kinds, word
            assert word in scenarios, word


@pytest.mark.parametrize("word", WORDS)
def test_words_of_a_study_stay_words_in_a_crate(tmp_path: Path, word: str) -> None:
    """The package has the files that it always has, and its graph names nothing outside it."""
    pages = [make_page(), _spoil(make_page(), word)]
    graphs = []
    for number, page in enumerate(pages):
        table, store = tmp_path / "t.csv", tmp_path / "store.zarr"
        table.write_text("model\n")
        store.mkdir(exist_ok=True)
        study = {"id": "s", "title": word if number else "x", "seed": 4}
        path = write_crate(page, study, store, table, tmp_path / f"crate{number}")
        graphs.append(json.loads((path / "ro-crate-metadata.json").read_text("utf-8"))["@graph"])
        files = {p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()}
        assert all(name.isascii() for name in files)
    clean, spoilt = ({entity["@id"] for entity in graph} for graph in graphs)
    assert {one for one in spoilt - clean if not one.startswith("#")} == set()
    root = next(entity for entity in graphs[1] if entity["@id"] == "./")
    assert word in root["name"]
    outside = [v for e in graphs[1] for v in e.values() if isinstance(v, dict) and "@id" in v]
    known = {entity["@id"] for entity in graphs[1]}
    foreign = {one["@id"] for one in outside} - known
    assert not [one for one in foreign if word.strip() and word.strip() in one]


@pytest.mark.parametrize("start", ACTIVE)
def test_every_sign_that_begins_a_formula_is_marked(start: str) -> None:
    assert as_text(f"{start}x") == f"'{start}x"
    assert as_text(f"x{start}") == f"x{start}"


def test_words_of_a_file_hold_nothing_that_a_terminal_obeys() -> None:
    from haihe.scenario.schema import Words, read_words

    assert read_words("a\x1b[31m\x07\x00\u202eb\u2066c\x9b", "x") == Text("a[31mbc", "a[31mbc")
    assert read_words(Words(zh="\x00", en="one\ntwo"), "x") == Text("one\ntwo", "one\ntwo")
