"""Bytes on disk that are there after the power goes: every call to the system for a study's store.

Whoever writes a store calls `reach` at the named points of a commit; `watch` is empty but in tests,
which kill the writer there. The system is called through `os` alone, so that tests can let any of
its calls fail.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from haihe.errors import EnvironmentFault, cannot_write
from haihe.project import show_path
from haihe.text import Text

POINTS = (
    "store made",
    "store moved",
    "chunk opened",
    "chunk half written",
    "chunk written",
    "chunks written",
    "folders synced",
    "line half written",
    "line written",
    "line synced",
    "seal line written",
    "metadata beside",
    "metadata moved",
)
"""Where a commit can be cut, in order."""

watch: Callable[[str], None] | None = None
"""Called with the name of each point that is reached."""

_FLAGS = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
_HALF = 1 << 16
"""A chunk that is larger is written in two goes, so that it can be cut between them [byte]."""


def reach(point: str) -> None:
    """Say that a point of the commit is reached."""
    if watch is not None:
        watch(point)


def write_file(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on disk; its folder is synced by the caller."""
    handle = os.open(path, _FLAGS | os.O_TRUNC, 0o666)
    try:
        reach("chunk opened")
        half = min(len(content) // 2, _HALF)
        _write_all(handle, content[:half])
        reach("chunk half written")
        _write_all(handle, memoryview(content)[half:])
        os.fsync(handle)
    finally:
        os.close(handle)
    reach("chunk written")


def append_line(path: Path, line: bytes) -> None:
    """Append to a file and wait until it is on disk."""
    handle = os.open(path, _FLAGS | os.O_APPEND, 0o666)
    try:
        half = len(line) // 2
        _write_all(handle, line[:half])
        reach("line half written")
        _write_all(handle, line[half:])
        reach("line written")
        os.fsync(handle)
    finally:
        os.close(handle)
    reach("line synced")


def cut_file(path: Path, size: int) -> None:
    """Cut a file off behind `size` bytes."""
    handle = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    try:
        os.ftruncate(handle, size)
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in the place of another, whole."""
    beside = path.with_name(f".{path.name}.new")
    write_file(beside, content)
    reach("metadata beside")
    os.replace(beside, path)  # noqa: PTH105
    sync_folder(path.parent)
    reach("metadata moved")


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk; Windows does so by itself."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder."""
    os.mkdir(folder)  # noqa: PTH102


def move_folder(made: Path, place: Path) -> None:
    """Move a folder to its place, which is free or an empty folder."""
    if os.name != "posix" and place.is_dir():
        os.rmdir(place)  # noqa: PTH106
    os.rename(made, place)  # noqa: PTH104
    sync_folder(place.parent)


def say_fault(path: Path, error: OSError) -> EnvironmentFault:
    """What the system refused, and what the user can do about it."""
    again = Text("再次运行同一命令即可继续", "run the same command again: it goes on")
    mends = {
        errno.ENOSPC: Text(f"清理磁盘空间后{again.zh}", f"make room on the disk, then {again.en}"),
        errno.EDQUOT: Text(f"清理配额后{again.zh}", f"make room in your quota, then {again.en}"),
        errno.EACCES: Text(
            f"检查文件夹权限后{again.zh}", f"look at the rights of the folder, then {again.en}"
        ),
        errno.EROFS: Text("用 -o 选择其他位置", "choose another place with -o"),
    }
    other = Text(f"检查磁盘后{again.zh}", f"look at the disk, then {again.en}")
    return cannot_write(show_path(path), error, mends.get(error.errno or 0, other))


def _write_all(handle: int, content: bytes | memoryview) -> None:
    view = memoryview(content)
    while len(view):
        written = os.write(handle, view)
        if written <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view = view[written:]
