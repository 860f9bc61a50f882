"""A model from the cache is the model that was read, and no entry can do anything."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haihe.compile import compile_model
from haihe.model import cache
from haihe.model.cache import StoredModel
from haihe.model.translate import read_model
from haihe.model.types import Model
from haihe.project import find_bundled

MODELS = Path(__file__).parents[2] / "conformance"
ALL = sorted(
    str(p.relative_to(MODELS))
    for p in MODELS.glob("models*/*")
    if p.suffix in (".mdl", ".xmile", ".stmx", ".itmx")
)
TIANJIN = find_bundled("models") / "tianjin" / "tianjin.mdl"
TEXT = """{UTF-8}
d: p, q ~~|
速度[d] = GET DIRECT CONSTANTS('t.csv', ',', 'A1') ~ Dmnl [0, 1] ~ a comment |
level = INTEG(速度[p] - level * 0.1, 1e-320) ~ t ~ |
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "kept"))
    (tmp_path / "m.mdl").write_text(TEXT, encoding="utf-8")
    (tmp_path / "t.csv").write_text("1,2\n")
    return tmp_path


def assert_same(one: Any, other: Any, at: str = "model") -> None:
    """The same to the last bit and the last class, all the way down."""
    if isinstance(one, Model) and isinstance(other, Model):
        for field in dataclasses.fields(Model):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{at}.{field.name}")
        return
    assert type(one) is type(other), f"{at}: {type(one)} {type(other)}"
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, at
        assert one.shape == other.shape, at
        assert one.tobytes() == other.tobytes(), at
        assert one.flags.writeable == other.flags.writeable, at
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{at}.{field.name}")
    elif isinstance(one, dict):
        assert list(one) == list(other), at
        for key in one:
            assert_same(one[key], other[key], f"{at}[{key}]")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), at
        for number, parts in enumerate(zip(one, other, strict=True)):
            assert_same(*parts, f"{at}[{number}]")
    elif isinstance(one, float):
        assert one.hex() == other.hex(), at
    else:
        assert one == other, at


def read_twice(path: Path) -> tuple[Model, Model]:
    fresh, kept = read_model(path), read_model(path)
    assert type(fresh) is Model, "an entry was there already"
    assert isinstance(kept, StoredModel), "no entry was written"
    return fresh, kept


@pytest.mark.parametrize("name", ALL)
def test_kept_model_is_the_model(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path))
    assert_same(*read_twice(MODELS / name))


def test_kept_model_of_tianjin_is_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "kept"))
    folder = tmp_path / "tianjin"
    shutil.copytree(TIANJIN.parent, folder)
    fresh, kept = read_twice(folder / "tianjin.mdl")
    assert_same(fresh, kept)
    assert compile_model(fresh, []).digest == compile_model(kept, []).digest


def test_comparison_sees_differences(place: Path) -> None:
    # Guards the guard: one bit, one class and one missing part are all differences.
    fresh, kept = read_twice(place / "m.mdl")
    level = fresh.variables["level"]
    for changed in (
        dataclasses.replace(fresh, time=dataclasses.replace(fresh.time, step=1.0000000000000002)),
        dataclasses.replace(fresh, time=dataclasses.replace(fresh.time, step=1)),
        dataclasses.replace(fresh, variables={"level": level}),
        dataclasses.replace(fresh, abstract=dataclasses.replace(fresh.abstract, sections=())),
    ):
        with pytest.raises(AssertionError):
            assert_same(changed, kept)


@pytest.mark.parametrize("file", ["m.mdl", "t.csv"])
def test_changed_file_is_read_again(place: Path, file: str) -> None:
    read_twice(place / "m.mdl")
    path = place / file
    path.write_text(path.read_text("utf-8").replace("1,2", "3,4").replace("0.1", "0.2"), "utf-8")
    model = read_model(place / "m.mdl")
    assert type(model) is Model
    default = model.variables["速度"].default
    assert default is not None
    assert default.tolist() == ([3, 4] if file == "t.csv" else [1, 2])


def test_missing_data_file_is_said_as_ever(place: Path) -> None:
    read_twice(place / "m.mdl")
    (place / "t.csv").unlink()
    with pytest.raises(Exception, match=r"m\.mdl:3.*t\.csv"):
        read_model(place / "m.mdl")


def test_changed_reader_does_not_find_its_old_work(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_twice(place / "m.mdl")
    monkeypatch.setattr(cache, "digest_readers", lambda: "another")
    assert type(read_model(place / "m.mdl")) is Model


def test_off_reads_each_time(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIHE_CACHE", "off")
    assert type(read_model(place / "m.mdl")) is Model
    assert type(read_model(place / "m.mdl")) is Model


def entry_of(place: Path) -> Path:
    (path,) = (place / "kept" / cache.FOLDER).iterdir()
    return path


def rewrite(path: Path, content: bytes) -> None:
    """An entry by somebody who knows how to make its checksum."""
    path.write_bytes(hashlib.sha256(content).digest() + content)


def test_damaged_entry_is_passed_over(place: Path) -> None:
    fresh, _ = read_twice(place / "m.mdl")
    path = entry_of(place)
    path.write_bytes(path.read_bytes().replace(b"0.1", b"0.7"))
    model = read_model(place / "m.mdl")
    assert type(model) is Model
    assert_same(fresh, model)


@pytest.mark.parametrize(
    "head", [b"{}", b"[]", b"null", b'{"data": 1}', b"not json", b"[" * 100_000]
)
def test_senseless_entry_with_a_right_checksum(place: Path, head: bytes) -> None:
    fresh, _ = read_twice(place / "m.mdl")
    path = entry_of(place)
    rewrite(path, head + b"\n" + path.read_bytes()[32:].split(b"\n", 1)[1])
    model = read_model(place / "m.mdl")
    assert_same(fresh, model)


@pytest.mark.parametrize(
    "tree",
    [
        ["Popen", ["[", "touch", "ran"]],
        ["os.system", "touch ran"],
        ["AbstractModel", ["eval", "open('ran', 'w')"], ["("]],
        ["AbstractModel", "m.mdl"],
        ["ReferenceStructure"],
        [],
        [["["]],
        {"__class__": "os.system", "args": "touch ran"},
    ],
)
def test_hostile_tree_runs_nothing(place: Path, tree: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    fresh, _ = read_twice(place / "m.mdl")
    path = entry_of(place)
    head = path.read_bytes()[32:].split(b"\n", 1)[0]
    rewrite(path, head + b"\n" + json.dumps(tree).encode())
    model = read_model(place / "m.mdl")
    assert_same(fresh, model)
    assert sorted(p.name for p in place.iterdir()) == ["kept", "m.mdl", "t.csv"]


def test_reading_from_the_cache_does_not_wait_for_pysd(place: Path) -> None:
    read_twice(place / "m.mdl")
    script = (
        "import sys; from haihe.model.translate import read_model; m = read_model(sys.argv[1]);"
        "print(len(m.variables), 'pysd' in sys.modules, m.abstract is m.abstract,"
        " 'pysd' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(place / "m.mdl")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path.cwd(),
    )
    assert done.stdout.split() == ["6", "False", "True", "True"]
