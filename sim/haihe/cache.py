"""The private cache: what was costly to make and can be made again.

One folder for everything that haihe keeps between calls: compiled kernels, translated models,
modules of the reference, verdicts about the engine. Only its owner can write to it. An entry is
written beside its place and renamed, so several processes may write the same one; it begins with
the hash of the rest and is not read unless it fits. What was used longest ago is forgotten first.

`HAIHE_CACHE` says where it lies; `off` keeps nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from haihe.errors import EnvironmentFault, describe_refusal
from haihe.text import Text

LARGEST = 256 << 20
"""Bytes that the whole cache may hold."""
OFF = "off"
_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that is kept: a file, or a folder of generated files."""

    path: Path
    size: int
    """[byte]"""
    used: float
    """When it was last used [seconds since 1970]."""


def cache_root() -> Path | None:
    """Folder of the cache; None where nothing is to be kept."""
    chosen = os.environ.get("HAIHE_CACHE", "")
    if chosen.casefold() == OFF:
        return None
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "haihe" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "haihe"
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "haihe"
    except RuntimeError:  # no home
        return Path(tempfile.gettempdir()) / f"haihe-{os.getpid()}"


def cache_folder(name: str) -> Path:
    """A folder of ours that only its owner can write to; it is made where it is missing.

    Where nothing is to be kept it is a temporary one, which goes when the process ends.

    Raises
    ------
    EnvironmentFault
        Where the folder cannot be made, or belongs to somebody else.
    """
    folder = (cache_root() or _passing_root()) / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.stat()
    except OSError as error:
        raise EnvironmentFault(
            Text(
                f"无法建立缓存文件夹 {folder}：{describe_refusal(error).zh}",
                f"the cache {folder} cannot be made: {describe_refusal(error).en}",
            ),
            Text(
                "请把 HAIHE_CACHE 设为可写入的文件夹",
                "set HAIHE_CACHE to a folder that you can write to",
            ),
        ) from None
    if hasattr(os, "getuid"):
        if state.st_uid != os.getuid():
            raise EnvironmentFault(
                Text(
                    f"缓存文件夹 {folder} 属于其他用户",
                    f"the cache {folder} belongs to somebody else",
                ),
                Text("请把 HAIHE_CACHE 设为自己的文件夹", "set HAIHE_CACHE to one of yours"),
            )
        if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            folder.chmod(0o700)
    return folder


@functools.cache
def _passing_root() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="haihe-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def read_entry(kind: str, key: str) -> bytes | None:
    """Content of an entry; None where there is none that can be trusted."""
    root = cache_root()
    if root is None:
        return None
    path = root / kind / key
    try:
        if not is_private(path.parent):
            return None
        content = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    digest, kept = content[:_DIGEST], content[_DIGEST:]
    return kept if hashlib.sha256(kept).digest() == digest else None


def write_entry(kind: str, key: str, content: bytes) -> None:
    """Keep an entry. A cache that cannot be written is no error."""
    if cache_root() is None:
        return
    with contextlib.suppress(OSError, EnvironmentFault):
        place = cache_folder(kind)
        handle, beside = tempfile.mkstemp(dir=place, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            Path(beside).replace(place / key)
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise
        trim(LARGEST)


def is_private(place: Path) -> bool:
    """Is it a folder of ours that nobody else can write to?"""
    if sys.platform == "win32":
        return place.is_dir()
    found = place.stat()
    others = stat.S_IWGRP | stat.S_IWOTH
    return (
        stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & others
    )


def list_entries() -> list[Entry]:
    """Everything that is kept, what was used longest ago first."""
    root = cache_root()
    found = []
    for path in root.glob("*/*") if root is not None and root.is_dir() else ():
        with contextlib.suppress(OSError):
            found.append(_measure(path))
    return sorted(found, key=lambda entry: entry.used)


def _measure(path: Path) -> Entry:
    about = path.lstat()
    if not stat.S_ISDIR(about.st_mode):
        return Entry(path, about.st_size, about.st_mtime)
    size = sum(part.lstat().st_size for part in path.rglob("*") if part.is_file())
    return Entry(path, size, about.st_mtime)


def trim(largest: int) -> int:
    """Forget what was used longest ago until the rest fits; number of entries forgotten."""
    entries = list_entries()
    total = sum(entry.size for entry in entries)
    forgotten = 0
    for entry in entries:
        if total <= largest:
            break
        forget(entry.path)
        forgotten += 1
        total -= entry.size
    return forgotten


def forget(path: Path) -> None:
    """Remove an entry; another process may have removed it already."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        path.unlink()


def forget_old(folder: Path, keep: int = 24) -> None:
    """Remove all but the newest entries of a folder of the cache."""
    entries = []
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            entries.append((path.stat().st_mtime, path))
    for _, path in sorted(entries, reverse=True)[keep:]:
        forget(path)
