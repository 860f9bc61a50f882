"""The private cache: what is kept, what is refused, what is forgotten."""

from __future__ import annotations

import multiprocessing
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from haihe import cache
from haihe.errors import EnvironmentFault


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_what_was_written_is_read(root: Path) -> None:
    cache.write_entry("things", "a", b"\x00content")
    assert cache.read_entry("things", "a") == b"\x00content"
    assert cache.read_entry("things", "b") is None
    assert cache.read_entry("others", "a") is None
    assert not list((root / "things").glob("*.part"))


def test_damaged_entry_is_no_entry(root: Path) -> None:
    cache.write_entry("things", "a", b"a number: 1")
    path = root / "things" / "a"
    whole = path.read_bytes()
    for damaged in (whole[:-1] + b"2", whole[:-3], whole[:20], b"", whole + b" "):
        path.write_bytes(damaged)
        assert cache.read_entry("things", "a") is None
    path.write_bytes(whole)
    assert cache.read_entry("things", "a") == b"a number: 1"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_folder_is_private_or_not_read(root: Path) -> None:
    cache.write_entry("things", "a", b"1")
    place = root / "things"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    place.chmod(0o777)
    assert cache.read_entry("things", "a") is None
    cache.write_entry("things", "a", b"1")
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_off_keeps_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HAIHE_CACHE", "off")
    monkeypatch.chdir(tmp_path)
    cache.write_entry("things", "a", b"1")
    assert cache.cache_root() is None
    assert cache.read_entry("things", "a") is None
    assert cache.list_entries() == []
    assert list(tmp_path.iterdir()) == []
    # What must have a place has one that passes.
    assert cache.cache_folder("reference").is_dir()


def test_oldest_is_forgotten_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for age, name in enumerate(("new", "middle", "old")):
        cache.write_entry("things", name, b"x" * 1000)
        when = time.time() - 1000 * age
        os.utime(root / "things" / name, (when, when))
    assert cache.read_entry("things", "old") is not None, "used again, so it is the newest"
    assert cache.trim(2200) == 1
    assert {entry.path.name for entry in cache.list_entries()} == {"new", "old"}
    monkeypatch.setattr(cache, "LARGEST", 1100)
    cache.write_entry("others", "last", b"x" * 1000)
    assert [entry.path.name for entry in cache.list_entries()] == ["last"]


def test_folders_count_as_one_entry(root: Path) -> None:
    made = cache.cache_folder("reference") / "key"
    made.mkdir()
    (made / "one.py").write_bytes(b"x" * 300)
    (made / "two.csv").write_bytes(b"x" * 200)
    (entry,) = cache.list_entries()
    assert entry.size == 500
    assert cache.trim(100) == 1
    assert not made.exists()


def test_place_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "file"))
    cache.write_entry("things", "a", b"1")
    assert cache.read_entry("things", "a") is None
    with pytest.raises(EnvironmentFault, match="HAIHE_CACHE"):
        cache.cache_folder("reference")


def write_often(number: int) -> int:
    wrong = 0
    for i in range(60):
        cache.write_entry("things", f"{i % 5}", bytes([65 + i % 5]) * 5000)
        found = cache.read_entry("things", f"{(i + number) % 5}")
        wrong += found is not None and len(set(found)) != 1
    return wrong


def test_several_processes_write_the_same_entries(root: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert sum(pool.map(write_often, range(3))) == 0
    assert len(cache.list_entries()) == 5
    assert all(cache.read_entry("things", f"{i}") for i in range(5))
