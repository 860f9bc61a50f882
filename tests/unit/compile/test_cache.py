"""The cache of object code: private, whole or not at all, limited."""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path

import pytest
from engine_models import model_of

from haihe.compile import cache, compile_model, evaluate, kernel


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAIHE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kernels"


def test_what_is_written_is_read(place: Path) -> None:
    key = cache.key_of("a", "b")
    assert cache.read(key) is None
    cache.write(key, b"code")
    assert cache.read(key) == b"code"
    assert cache.key_of("ab", "") != cache.key_of("a", "b")


@pytest.mark.skipif(sys.platform == "win32", reason="rights are kept in another way")
def test_only_the_user_may_enter(place: Path) -> None:
    key = cache.key_of("a")
    cache.write(key, b"code")
    assert place.stat().st_mode & 0o077 == 0
    place.chmod(0o777)
    # Somebody else could have put code here.
    assert cache.read(key) is None


@pytest.mark.parametrize("change", ["torn", "flipped", "empty"])
def test_a_damaged_entry_is_not_run(place: Path, change: str) -> None:
    key = cache.key_of("a")
    cache.write(key, b"code of some length")
    path = place / f"{key}.o"
    content = bytearray(path.read_bytes())
    if change == "torn":
        content = content[:-3]
    elif change == "flipped":
        content[-1] ^= 1
    else:
        content = bytearray()
    path.write_bytes(bytes(content))
    assert cache.read(key) is None


def test_what_was_used_longest_ago_goes_first(place: Path) -> None:
    for age, name in enumerate(["new", "middle", "old"]):
        cache.write(cache.key_of(name), b"x" * 968)
        path = place / f"{cache.key_of(name)}.o"
        os.utime(path, (1e9 - age, 1e9 - age))
    assert cache.trim(2000) == 1
    assert cache.read(cache.key_of("old")) is None
    assert cache.read(cache.key_of("new")) is not None


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("HAIHE_CACHE_DIR", str(blocked))
    cache.write(cache.key_of("a"), b"code")
    assert cache.read(cache.key_of("a")) is None


def _write_often(folder: str) -> None:
    os.environ["HAIHE_CACHE_DIR"] = folder
    for _ in range(50):
        cache.write(cache.key_of("same"), b"y" * 50_000)
        found = cache.read(cache.key_of("same"))
        assert found == b"y" * 50_000


def test_processes_may_write_the_same_entry(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_often, args=(str(tmp_path),)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert not list((tmp_path / "kernels").glob("*.part"))


def test_a_kernel_comes_back_from_the_cache(place: Path, tmp_path: Path) -> None:
    program = compile_model(model_of(tmp_path, "a = EXP(Time / 7)"), ["a"])
    first = evaluate(program, 1)["a"]
    assert len(list(place.glob("*.o"))) == 1
    kernel._KERNELS.clear()
    assert kernel.kernel_of(program).cached
    assert (evaluate(program, 1)["a"] == first).all()


def test_code_that_lacks_a_function_is_built_again(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that outlives an upgrade may have left code of the version before."""
    program = compile_model(model_of(tmp_path, "y = 2 * Time"), ["y"], [])
    whole = kernel.build

    def older(program, target):
        monkeypatch.setattr(kernel, "build", whole)
        import llvmlite.binding as llvm

        module = llvm.parse_assembly("define void @run(ptr %frame) { ret void }")
        return bytes(kernel._target_machine(target).emit_object(module))

    monkeypatch.setattr(kernel, "build", older)
    target = kernel.host(0)
    cache.write("older", kernel.build(program, target))
    made = kernel._load_kernel(program, target, "older")
    assert not made.cached
    assert kernel._load_kernel(program, target, "older").cached
