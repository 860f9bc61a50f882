"""A folder of results is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from haihe.cli.output import write_beside
from haihe.errors import EnvironmentFault, InputError


def write_pair(draft: Path, text: str) -> None:
    (draft / "page.html").write_text(text)
    (draft / "results.zarr").mkdir()
    (draft / "results.zarr" / f"chunk-{text}").write_text(text)


def test_new_folder(tmp_path: Path) -> None:
    with write_beside(tmp_path / "a" / "b") as draft:
        write_pair(draft, "one")
        assert not (tmp_path / "a" / "b").exists()
    assert (tmp_path / "a" / "b" / "page.html").read_text() == "one"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_second_run_replaces_what_it_wrote_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with write_beside(folder) as draft:
        write_pair(draft, "one")
    (folder / "notes.txt").write_text("mine")
    with write_beside(folder) as draft:
        write_pair(draft, "two")
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "page.html").read_text() == "two"
    assert [path.name for path in (folder / "results.zarr").iterdir()] == ["chunk-two"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failure_on_the_way_leaves_everything_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with write_beside(folder) as draft:
        write_pair(draft, "one")

    def write_half() -> None:
        with write_beside(folder) as draft:
            write_pair(draft, "two")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert (folder / "page.html").read_text() == "one"
    assert [path.name for path in (folder / "results.zarr").iterdir()] == ["chunk-one"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match="is a file"), write_beside(tmp_path / "out"):
        pass


def test_a_place_that_cannot_be_written_to_is_the_environments_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(EnvironmentFault, match="-o"), write_beside(tmp_path / "file" / "out"):
        pass
