"""Run the failed members of a block again, and leave the others as they lie on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haihe.results.study_layout import (
    STATUS,
    EncodedBlock,
    StudyLayout,
    chunk_file,
    decode_chunk,
    encode_chunk,
    folder_of,
)
from haihe.run.executors import Span

Run = Callable[[Iterable[Span]], Iterator[EncodedBlock]]
"""Gives the blocks of spans, in whatever order they are done."""

MOST = 32
"""Spans of failed members, from which on a whole block is as quick: each is encoded by itself."""


def mend_block(path: Path, layout: StudyLayout, block: int, run: Run) -> EncodedBlock:
    """A block of a store with its failed members run again. Nothing is written.

    Raises
    ------
    OSError, ValueError, RuntimeError
        Where what lies on disk cannot be read.
    """
    start, stop = layout.range_of(block)
    rows = {array.name: _read(path, layout, array, block) for array in layout.arrays}
    parts = list(run(list_spans(rows[STATUS][: stop - start] != 0, start)))
    for part in parts:
        here = slice(part.start - start, part.stop - start)
        for array in layout.arrays:
            again = decode_chunk(array, part.chunks[array.name], layout.block)
            rows[array.name][here] = again[: part.stop - part.start]
    chunks = {
        array.name: encode_chunk(array, rows[array.name][: stop - start], layout.block)
        for array in layout.arrays
    }
    notes = {member: note for part in parts for member, note in part.notes.items()}
    failed = int((rows[STATUS][: stop - start] != 0).sum())
    return EncodedBlock(start, stop, chunks, failed, notes)


def list_spans(failed: NDArray[np.bool_], start: int) -> list[Span]:
    """Spans of members that hold all failed ones (member,) and, but for too many of them, no other.

    Parameters
    ----------
    start : number of the first member.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], failed, [False]])))
    spans = [(start + int(a), start + int(b)) for a, b in edges.reshape(-1, 2)]
    return spans if len(spans) <= MOST else [(spans[0][0], spans[-1][1])]


def _read(path: Path, layout: StudyLayout, array: Any, block: int) -> NDArray[Any]:
    content = (path / folder_of(array) / chunk_file(array, block)).read_bytes()
    return np.array(decode_chunk(array, content, layout.block))
