"""Object code on disk, so that a program is compiled once.

The files are executable code. They lie in a folder that only the user can enter, under a name that
is the hash of the program, the processor and the compiler; each begins with the hash of the rest
and is not used unless it fits. A file is written beside and renamed, so that several processes may
write the same one. What was used longest ago is deleted first.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from haihe.cache import cache_root, is_private

LARGEST = 256 << 20
"""Bytes that the cache may hold."""
FORMAT = "haihe-kernel-1"
_DIGEST = hashlib.sha256().digest_size


def folder() -> Path:
    """Where the kernels lie: `HAIHE_CACHE_DIR`, or the folder of everything that haihe keeps."""
    given = os.environ.get("HAIHE_CACHE_DIR")
    root = Path(given) if given else cache_root()
    # Nothing can be read or written under a device, which is what "keep nothing" asks for.
    return (root or Path(os.devnull)) / "kernels"


def key_of(*parts: str) -> str:
    """Name of an entry."""
    return hashlib.sha256("\0".join((FORMAT, *parts)).encode()).hexdigest()


def read(key: str) -> bytes | None:
    """Code of an entry; None where there is none that can be trusted."""
    path = folder() / f"{key}.o"
    try:
        if not is_private(path.parent):
            return None
        content = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    digest, code = content[:_DIGEST], content[_DIGEST:]
    return code if code and hashlib.sha256(code).digest() == digest else None


def write(key: str, code: bytes) -> None:
    """Keep an entry. A cache that cannot be written is no error."""
    with contextlib.suppress(OSError):
        place = folder()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_private(place):
            return
        handle, beside = tempfile.mkstemp(dir=place, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(code).digest() + code)
            Path(beside).replace(place / f"{key}.o")
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise
        trim(LARGEST)


def entries() -> list[tuple[Path, int, float]]:
    """Files of the cache with size [byte] and time of last use, the oldest first."""
    found = []
    place = folder()
    for path in place.glob("*") if place.is_dir() else ():
        with contextlib.suppress(OSError):
            about = path.stat()
            found.append((path, about.st_size, about.st_mtime))
    return sorted(found, key=lambda entry: entry[2])


def trim(largest: int) -> int:
    """Delete what was used longest ago until the rest fits; number of files deleted."""
    found = entries()
    total = sum(size for _, size, _ in found)
    deleted = 0
    for path, size, _ in found:
        if total <= largest:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            deleted += 1
        total -= size
    return deleted
