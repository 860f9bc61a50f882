"""A private place for what the reference backend generates.

What lies there is imported, so nobody else may be able to write to it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from haihe.errors import EnvironmentFault


def cache_folder(name: str) -> Path:
    """A folder of ours that only its owner can write to; it is made where it is missing.

    Set `HAIHE_CACHE` to have it elsewhere than in the user's cache.

    Raises
    ------
    EnvironmentFault
        Where the folder cannot be made, or belongs to somebody else.
    """
    folder = _cache_root() / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.stat()
    except OSError as error:
        raise EnvironmentFault(
            f"the cache {folder} cannot be made: {error.strerror}",
            "set HAIHE_CACHE to a folder that you can write to",
        ) from None
    if hasattr(os, "getuid"):
        if state.st_uid != os.getuid():
            raise EnvironmentFault(
                f"the cache {folder} belongs to somebody else", "set HAIHE_CACHE to one of yours"
            )
        if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            folder.chmod(0o700)
    return folder


def forget_old(folder: Path, keep: int = 24) -> None:
    """Remove all but the newest entries of a cache; another process may remove them too."""
    entries = []
    for entry in folder.iterdir():
        with contextlib.suppress(OSError):
            entries.append((entry.stat().st_mtime, entry))
    for _, entry in sorted(entries, reverse=True)[keep:]:
        shutil.rmtree(entry, ignore_errors=True)


def _cache_root() -> Path:
    chosen = os.environ.get("HAIHE_CACHE", "")
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
