"""The store: what is written is what is read, damage is found, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from results_example import make

from haihe.errors import EnvironmentFault, InputError, InputErrors
from haihe.results.dataset import hash_content
from haihe.results.store import HASH, open_results, write_results


def test_round_trip(tmp_path: Path) -> None:
    dataset = make()
    write_results(dataset, tmp_path / "out" / "r.zarr")
    back = open_results(tmp_path / "out" / "r.zarr")
    assert back.attrs[HASH] == hash_content(dataset)
    assert list(back.data_vars) == list(dataset.data_vars)
    xr.testing.assert_identical(back.drop_attrs(deep=False), dataset.drop_attrs(deep=False))
    assert {k: back.attrs[k] for k in dataset.attrs} == dataset.attrs


def test_it_is_zarr_3_with_checksums_and_a_chunk_for_a_member(tmp_path: Path) -> None:
    import json

    write_results(make(), tmp_path / "r.zarr")
    meta = json.loads((tmp_path / "r.zarr" / "GDP" / "zarr.json").read_text(encoding="utf-8"))
    assert meta["zarr_format"] == 3
    assert meta["codecs"][-1]["name"] == "crc32c"
    assert meta["chunk_grid"]["configuration"]["chunk_shape"] == [1, 5]


def test_others_can_read_it(tmp_path: Path) -> None:
    write_results(make(), tmp_path / "r.zarr")
    with xr.open_zarr(tmp_path / "r.zarr", consolidated=False) as plain:
        np.testing.assert_array_equal(plain["GDP"], make()["GDP"])
        assert plain["member"].values.tolist() == ["基准", "plan", "=cmd()"]


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    path = write_results(make(), tmp_path / "r.zarr")
    chunk = next(p for p in (path / "GDP" / "c").rglob("*") if p.is_file())
    whole = chunk.read_bytes()
    for bit in range(0, 8 * len(whole), 5):
        spoilt = bytearray(whole)
        spoilt[bit // 8] ^= 1 << (bit % 8)
        chunk.write_bytes(bytes(spoilt))
        with pytest.raises(InputError, match="is damaged"):
            open_results(path)
    chunk.write_bytes(whole)
    open_results(path)


def test_a_lost_chunk_is_found(tmp_path: Path) -> None:
    path = write_results(make(), tmp_path / "r.zarr")
    next(p for p in (path / "GDP" / "c").rglob("*") if p.is_file()).unlink()
    with pytest.raises(InputError, match="is damaged"):
        open_results(path)
    open_results(path, verify=False)


def test_an_older_store_is_replaced_whole(tmp_path: Path) -> None:
    path = write_results(make(1), tmp_path / "r.zarr")
    write_results(make(2)[["GDP"]], path)
    assert list(open_results(path).data_vars) == ["GDP"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.zarr"]


def test_what_is_no_store_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work", encoding="utf-8")
    (tmp_path / "link").symlink_to(folder)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for place in ("mine", "link", "file"):
        with pytest.raises(InputError, match="is left alone"):
            write_results(make(), tmp_path / place)
    assert (folder / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_a_failure_leaves_the_older_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_results(make(1), tmp_path / "r.zarr")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_zarr", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        write_results(make(2), path)
    monkeypatch.undo()
    assert hash_content(open_results(path)) == hash_content(make(1))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.zarr"]


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        open_results(tmp_path / "no.zarr")
    with pytest.raises(InputError, match="holds no results"):
        open_results(tmp_path)


def test_only_the_written_layout_is_stored(tmp_path: Path) -> None:
    dataset = make()
    for spoil, words in (
        (dataset.assign_attrs(format="other"), "of the format other"),
        (dataset.drop_attrs(deep=False), "lack the attribute format"),
        (dataset.transpose("time", "member", "fuel type"), "has dims"),
        (dataset.astype("float32"), "float32"),
        (dataset.isel(time=slice(None, None, -1)), "do not increase"),
        (dataset.isel(member=[0, 0]), "same label"),
    ):
        with pytest.raises(InputErrors, match=words):
            write_results(spoil, tmp_path / "r.zarr")
    assert not (tmp_path / "r.zarr").exists()
