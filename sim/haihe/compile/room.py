"""Room for results that is used again: pages that are new to a process are cleared by the system
first, which takes longer than writing results to them.

What nobody holds any more waits here, some of it, for the next call; the system is told that it may
take these pages back without asking when memory runs short. Linux only: elsewhere NumPy gives room.
"""

from __future__ import annotations

import mmap
import sys
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from haihe.compile.layout import LINE
from haihe.model.types import FloatArray

SMALLEST = 4 << 20
"""Bytes below which room comes from NumPy: the C library uses small pieces again itself."""
MOST = 1 << 30
"""Bytes that wait at most."""
ON_LINUX = sys.platform == "linux"


@dataclass(slots=True)
class _Waiting:
    """Pieces that nobody holds; the last one given back is the last one."""

    pieces: list[mmap.mmap] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)


_WAITING = _Waiting()


class _Lease:
    """What the arrays over a piece hold on to, all of them; the piece is free when it goes."""

    def __init__(self, piece: mmap.mmap, size: int) -> None:
        address = np.frombuffer(piece, dtype=np.uint8).ctypes.data
        self.__array_interface__: dict[str, Any] = {
            "data": (address, False),
            "shape": (size,),
            "typestr": "<f8",
            "version": 3,
        }


def make_room(size: int) -> FloatArray:
    """Room for `size` numbers that begins at a whole cache line; what it holds is not defined."""
    if 8 * size < SMALLEST or not ON_LINUX:
        room = np.empty(size + LINE)
        offset = (-room.ctypes.data % (8 * LINE)) // 8
        return room[offset : offset + size]
    piece = _take(8 * size)
    lease = _Lease(piece, size)
    weakref.finalize(lease, _give_back, piece).atexit = False
    return np.asarray(lease)


def _take(size: int) -> mmap.mmap:
    """A piece that waits and is not twice as large as it need be, or a new one."""
    with _WAITING.lock:
        fitting = [p for p in _WAITING.pieces if size <= len(p) <= 2 * size]
        if fitting:
            _WAITING.pieces.remove(fitting[-1])
            return fitting[-1]
    # Private: a process that forks does not share results with its child.
    try:
        piece = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as fault:
        raise MemoryError(f"no room for {size} bytes") from fault
    _advise(piece, "MADV_HUGEPAGE")
    return piece


def _give_back(piece: mmap.mmap) -> None:
    _advise(piece, "MADV_FREE")
    with _WAITING.lock:
        _WAITING.pieces.append(piece)
        while sum(map(len, _WAITING.pieces)) > MOST:
            _WAITING.pieces.pop(0)


def _advise(piece: mmap.mmap, name: str) -> None:
    """Tell the system, where it has ears for it."""
    advice = getattr(mmap, name, None)
    if advice is not None:
        with suppress(OSError):
            piece.madvise(advice)
