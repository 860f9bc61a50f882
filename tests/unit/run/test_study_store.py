"""A study's store: what it keeps, what it refuses, and that nothing else is touched."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from study_toy import Toy, lay_out, sweep_toy

from haihe.errors import EnvironmentFault, InputError
from haihe.results import study_disk, study_store
from haihe.results.study_layout import INPUTS, decode_chunk, encode_chunk
from haihe.results.study_lock import FILE as LOCK
from haihe.results.study_store import commit_block, open_study, open_writer, read_store
from haihe.results.study_verify import verify_store
from haihe.run.retry import list_spans
from haihe.run.study_block import make_block

TRUTH = Toy().run(0, 40).rows


def test_what_was_computed_is_read_back(tmp_path):
    sweep_toy(tmp_path / "s")
    study = open_study(tmp_path / "s")
    assert study.attrs["content_hash"] == verify_store(tmp_path / "s").content_hash
    assert study["CO2"].dtype == np.float32
    np.testing.assert_array_equal(study["CO2"], TRUTH["CO2"].astype(np.float32))
    np.testing.assert_array_equal(study["a/b at 2030"], TRUTH["a/b at 2030"])
    np.testing.assert_array_equal(study["input: y"], TRUTH[INPUTS][:, 1])
    assert study["scenario"].values[:3].tolist() == ["plan", "bau", "plan"]
    assert study.sel(member=7, time=2021.0, sector="B")["CO2"] == np.float32(TRUTH["CO2"][7, 1, 1])


def test_opening_reads_no_numbers(tmp_path):
    sweep_toy(tmp_path / "s")
    for chunk in (tmp_path / "s" / "CO2").glob("c.*"):
        chunk.write_bytes(bytes(chunk.stat().st_size))  # whoever reads them would know
    study = open_study(tmp_path / "s")
    assert study.sizes["member"] == 40
    with pytest.raises(Exception, match=r"(?i)crc|checksum"):
        study["CO2"].load()


def test_any_reader_of_zarr_opens_it(tmp_path):
    sweep_toy(tmp_path / "s")
    with pytest.warns(UserWarning, match="not recognized"):
        plain = xr.open_zarr(tmp_path / "s", consolidated=False)
    np.testing.assert_array_equal(plain["CO2"], TRUTH["CO2"].astype(np.float32))
    assert plain["time"].values.tolist() == [2020.0, 2021.0, 2022.0]


@pytest.mark.parametrize("block", [1, 7, 10, 39, 64])
def test_hash_does_not_depend_on_blocks(tmp_path, block):
    whole, _, _ = sweep_toy(tmp_path / "whole", lay_out(block=40))
    cut, _, _ = sweep_toy(tmp_path / "cut", lay_out(block=block))
    assert cut.content_hash == whole.content_hash == verify_store(tmp_path / "cut").content_hash


def test_hash_sees_every_number(tmp_path):
    """A member that differs in its last bit, and a shift by one member, are other contents."""

    class Other(Toy):
        def run(self, start, stop):
            ran = super().run(start, stop)
            values = ran.rows["a/b at 2030"].copy()
            values[np.arange(start, stop) == 39] = np.nextafter(13.0, 14.0)
            return replace(ran, rows={**ran.rows, "a/b at 2030": values})

    one, _, _ = sweep_toy(tmp_path / "one")
    two, _, _ = sweep_toy(tmp_path / "two", work=Other())
    assert one.content_hash != two.content_hash


def test_failed_members_keep_their_inputs_and_say_why(tmp_path):
    swept, _, _ = sweep_toy(tmp_path / "s", work=Toy(refused=(5, 39), nan=(7,)))
    assert swept.failed == 3
    study = open_study(tmp_path / "s")
    status = study["status"].values
    assert [place for place, why in enumerate(status) if why] == [5, 7, 39]
    assert status[7] == "CO2 is not finite from 2021 on"
    assert status[5] == "the engine refused it: ArithmeticError: no such member"
    assert np.isnan(study["CO2"].values[[5, 7, 39]]).all()
    assert np.isnan(study["a/b at 2030"].values[[5, 7, 39]]).all()
    np.testing.assert_array_equal(study["input: x"], TRUTH[INPUTS][:, 0])
    good = np.setdiff1d(np.arange(40), [5, 7, 39])
    np.testing.assert_array_equal(study["a/b at 2030"][good], TRUTH["a/b at 2030"][good])


def test_failed_members_are_run_again_when_asked(tmp_path):
    clean, _, _ = sweep_toy(tmp_path / "clean")
    bad, _, _ = sweep_toy(tmp_path / "s", work=Toy(refused=(5, 39)))
    same, executor, _ = sweep_toy(tmp_path / "s")
    assert (same.content_hash, executor.asked) == (bad.content_hash, [])
    mended, executor, _ = sweep_toy(tmp_path / "s", retry_failed=True)
    assert executor.asked == [(5, 6), (39, 40)]
    assert (mended.content_hash, mended.failed, mended.ran) == (clean.content_hash, 0, 2)
    assert verify_store(tmp_path / "s").whole


def test_members_that_fail_again_change_nothing(tmp_path):
    work = Toy(refused=(5, 6, 8, 39), nan=(7,))
    bad, _, _ = sweep_toy(tmp_path / "s", work=work)
    before = open_study(tmp_path / "s")["status"].values.tolist()
    again, executor, told = sweep_toy(tmp_path / "s", work=work, retry_failed=True)
    assert executor.asked == [(5, 9), (39, 40)]
    assert (again.content_hash, again.failed) == (bad.content_hash, 5)
    assert open_study(tmp_path / "s")["status"].values.tolist() == before
    assert told == ["5 failed members are run again"]


def test_failed_members_of_a_damaged_block_are_run_with_all_of_it(tmp_path):
    clean, _, _ = sweep_toy(tmp_path / "clean")
    sweep_toy(tmp_path / "s", work=Toy(refused=(5,)))
    chunk = tmp_path / "s" / "CO2" / "c.0.0.0"
    content = chunk.read_bytes()
    chunk.write_bytes(content[:30] + bytes([content[30] ^ 1]) + content[31:])
    mended, executor, _ = sweep_toy(tmp_path / "s", retry_failed=True)
    assert executor.asked == [(0, 10)]
    assert mended.content_hash == clean.content_hash


def test_many_failed_members_are_run_as_one_span():
    failed = np.zeros(200, dtype=bool)
    failed[10:190:2] = True
    assert list_spans(failed, 1000) == [(1010, 1189)]
    failed[:] = False
    failed[[0, 1, 7]] = True
    assert list_spans(failed, 50) == [(50, 52), (57, 58)]


def test_what_a_killed_maker_left_is_removed_and_nothing_else(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stale = tmp_path / study_store._name_part(tmp_path / "s", dead.pid)
    kept = [
        tmp_path / study_store._name_part(tmp_path / "s", os.getpid()),
        tmp_path / study_store._name_part(tmp_path / "other", dead.pid),
        tmp_path / ".s.making-elsewhere-1-x",
        tmp_path / ".s.mine",
    ]
    for folder in (stale, *kept):
        (folder / "new").mkdir(parents=True)
    sweep_toy(tmp_path / "s")
    assert {place.name for place in tmp_path.iterdir()} == {"s", *(place.name for place in kept)}


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"study_digest": "t"}, "another study"),
        ({"model_digest": "n"}, "another model"),
        ({"engine": "pysd"}, "another engine"),
        ({"haihe_version": "2", "engine": "pysd"}, "another engine .* and another version"),
    ],
)
def test_store_of_something_else_is_refused(tmp_path, other, named):
    sweep_toy(tmp_path / "s")
    before = read_all(tmp_path)
    with pytest.raises(InputError, match=named):
        sweep_toy(tmp_path / "s", lay_out(**other))
    assert read_all(tmp_path) == before


@pytest.mark.parametrize("kind", ["folder", "file", "link", "results", "group"])
def test_what_is_not_ours_is_never_touched(tmp_path, kind):
    place = tmp_path / "mine"
    if kind == "file":
        place.write_text("mine")
    elif kind == "link":
        (tmp_path / "there").mkdir()
        place.symlink_to(tmp_path / "there")
    else:
        place.mkdir()
        (place / "thesis.txt").write_text("three years")
    if kind == "results":
        (place / "zarr.json").write_text('{"attributes": {"format": "haihe results 1"}}')
    if kind == "group":
        (place / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
    before = read_all(tmp_path)
    with pytest.raises(InputError, match="left alone"):
        sweep_toy(place)
    assert read_all(tmp_path) == before


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "s").mkdir()
    sweep_toy(tmp_path / "s")
    assert verify_store(tmp_path / "s").whole
    assert [place.name for place in tmp_path.iterdir()] == ["s"]


def test_unfinished_store_says_so(tmp_path):
    layout = lay_out()
    with open_writer(tmp_path / "s", layout) as writer:
        commit_block(writer, make_block(Toy(), layout, 10, 20))
    with pytest.raises(InputError, match="not finished: 10 of 40"):
        open_study(tmp_path / "s")
    study = open_study(tmp_path / "s", unfinished=True)
    assert (study["status"].values != "").sum() == 30
    assert set(study["status"].values[:10]) == {"it was not run"}
    np.testing.assert_array_equal(study["CO2"][10:20], TRUTH["CO2"][10:20].astype(np.float32))


def test_missing_chunk_is_no_nan(tmp_path):
    sweep_toy(tmp_path / "s")
    (tmp_path / "s" / "CO2" / "c.2.0.0").unlink()
    with pytest.raises(InputError, match="damaged"):
        open_study(tmp_path / "s")


def test_resume_uses_the_block_of_the_store(tmp_path):
    layout = lay_out()
    with open_writer(tmp_path / "s", layout) as writer:
        commit_block(writer, make_block(Toy(), layout, 0, 10))
    swept, executor, _ = sweep_toy(tmp_path / "s", lay_out(block=16))
    assert executor.asked == [(10, 20), (20, 30), (30, 40)]
    assert swept.ran == 30


def test_torn_last_line_means_nothing(tmp_path):
    whole, _, _ = sweep_toy(tmp_path / "s")
    journal = tmp_path / "s" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:3]) + lines[3][:-9])
    swept, executor, told = sweep_toy(tmp_path / "s")
    assert executor.asked == [(20, 30), (30, 40)]
    assert swept.content_hash == whole.content_hash
    assert any("torn" in line for line in told)
    assert verify_store(tmp_path / "s").whole


def test_lost_and_damaged_chunks_are_run_again(tmp_path):
    whole, _, _ = sweep_toy(tmp_path / "s")
    (tmp_path / "s" / "CO2" / "c.1.0.0").unlink()
    cut = tmp_path / "s" / "member inputs" / "c.3.0"
    cut.write_bytes(cut.read_bytes()[:-1])
    swept, executor, told = sweep_toy(tmp_path / "s")
    assert executor.asked == [(10, 20), (30, 40)]
    assert swept.content_hash == whole.content_hash
    assert len(told) == 2


def test_metadata_that_changed_are_put_back(tmp_path):
    whole, _, _ = sweep_toy(tmp_path / "s")
    file = tmp_path / "s" / "CO2" / "zarr.json"
    file.write_text(file.read_text().replace("float32", "float64"))
    assert not verify_store(tmp_path / "s").whole
    swept, executor, _ = sweep_toy(tmp_path / "s")
    assert (executor.asked, swept.content_hash) == ([], whole.content_hash)
    assert verify_store(tmp_path / "s").whole


def test_second_writer_is_refused(tmp_path):
    with open_writer(tmp_path / "s", lay_out()):
        before = read_all(tmp_path)
        with pytest.raises(EnvironmentFault, match=rf"written by process {os.getpid()} on"):
            sweep_toy(tmp_path / "s")
        assert read_all(tmp_path) == before
    sweep_toy(tmp_path / "s")


def test_lock_of_a_dead_process_is_taken_over(tmp_path):
    with open_writer(tmp_path / "s", lay_out()):
        pass
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    holder = {"pid": dead.pid, "host": socket.gethostname(), "since": "2026-01-01"}
    (tmp_path / "s" / LOCK).write_text(json.dumps(holder))
    _, _, told = sweep_toy(tmp_path / "s")
    assert any(f"process {dead.pid}" in line and "taken over" in line for line in told)


def test_lock_of_another_machine_is_respected(tmp_path):
    with open_writer(tmp_path / "s", lay_out()):
        pass
    holder = {"pid": 1, "host": "elsewhere", "since": "2026-01-01"}
    (tmp_path / "s" / LOCK).write_text(json.dumps(holder))
    with pytest.raises(EnvironmentFault, match="process 1 on elsewhere") as caught:
        sweep_toy(tmp_path / "s")
    assert LOCK in caught.value.mend.en


@pytest.mark.parametrize("members", [1, 5, 10])
def test_chunks_are_filled_up_as_zarr_asks(members):
    array = lay_out().arrays[0]
    values = np.random.default_rng(0).normal(size=(members, 3, 2)).astype(np.float32)
    rows = decode_chunk(array, encode_chunk(array, values, 10), 10)
    assert rows.shape == (10, 3, 2)
    np.testing.assert_array_equal(rows[:members], values)


def test_damage_while_it_is_written_is_found_before_the_seal(tmp_path, monkeypatch):
    """A disk that keeps other bytes than it was given, once."""
    truth, _, _ = sweep_toy(tmp_path / "truth")
    write, spoilt = study_disk.write_file, []

    def spoil(path, content):
        if path.name == "c.2.0.0" and not spoilt:
            spoilt.append(path)
            content = content[:20] + bytes([content[20] ^ 1]) + content[21:]
        write(path, content)

    monkeypatch.setattr("haihe.results.study_store.write_file", spoil)
    swept, executor, told = sweep_toy(tmp_path / "s")
    assert executor.asked[-1] == (20, 30)
    assert swept.ran == 50
    assert any("CO2, members 20–29" in line for line in told)
    assert swept.content_hash == truth.content_hash


def test_layout_survives_its_files(tmp_path):
    sweep_toy(tmp_path / "s")
    layout, _ = read_store(tmp_path / "s")
    assert layout == lay_out()


def read_all(folder):
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): (path.lstat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }
