"""One block of a study, from its numbers to the bytes of its chunks: what a worker does."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from haihe.errors import EnvironmentFault
from haihe.results.study_layout import (
    DIED,
    INPUTS,
    REFUSED,
    SCENARIO,
    STATUS,
    EncodedBlock,
    StudyLayout,
    decode_chunk,
    encode_chunk,
)

Rows = Mapping[str, NDArray[Any]]
"""By array: values (member, *shape)."""


class Work(Protocol):
    """What the members of a study are made by. It is pickled to where they are run."""

    def draw(self, start: int, stop: int) -> Rows:
        """What members are given: `member inputs` and `member scenario`."""

    def run(self, start: int, stop: int) -> Ran:
        """Everything of members; a failed one may hold anything."""


@dataclass(frozen=True, slots=True)
class Ran:
    """Members that were run."""

    rows: Rows
    seconds: Mapping[str, float] = field(default_factory=dict)
    """What took how long [s of CPU], by what."""


def make_block(work: Work, layout: StudyLayout, start: int, stop: int) -> EncodedBlock:
    """Run members and encode what came out.

    Where the engine refuses them they are run in halves, so that only those fail that it refuses.
    """
    ran, notes = _run_or_halve(work, layout, start, stop)
    begun = time.thread_time()
    rows = {array.name: ran.rows[array.name] for array in layout.arrays}
    failed = rows[STATUS] != 0
    if failed.any():
        rows = _blank_failed(layout, rows, failed)
    chunks = {
        array.name: encode_chunk(array, rows[array.name], layout.block) for array in layout.arrays
    }
    took = {**ran.seconds, "encode": time.thread_time() - begun}
    return EncodedBlock(start, stop, chunks, int(failed.sum()), notes, took)


def fail_member(work: Work, layout: StudyLayout, member: int) -> EncodedBlock:
    """A member whose worker died each time it ran it."""
    rows = _failed_rows(work, layout, member, DIED)
    chunks = {
        array.name: encode_chunk(array, rows[array.name], layout.block) for array in layout.arrays
    }
    return EncodedBlock(member, member + 1, chunks, 1)


def join_blocks(layout: StudyLayout, parts: Sequence[EncodedBlock]) -> EncodedBlock:
    """One block of parts of it, in the order of the members."""
    chunks = {}
    for array in layout.arrays:
        rows = [
            decode_chunk(array, part.chunks[array.name], layout.block)[: part.stop - part.start]
            for part in parts
        ]
        chunks[array.name] = encode_chunk(array, np.concatenate(rows), layout.block)
    notes = {member: note for part in parts for member, note in part.notes.items()}
    failed = sum(part.failed for part in parts)
    return EncodedBlock(parts[0].start, parts[-1].stop, chunks, failed, notes)


def _run_or_halve(
    work: Work, layout: StudyLayout, start: int, stop: int
) -> tuple[Ran, Mapping[int, str]]:
    try:
        return work.run(start, stop), {}
    except (MemoryError, OSError, EnvironmentFault):  # of this machine, not of the members
        raise
    except Exception as error:
        if stop - start == 1:
            note = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            return Ran(_failed_rows(work, layout, start, REFUSED)), {start: note}
    middle = (start + stop) // 2
    halves = [
        _run_or_halve(work, layout, start, middle),
        _run_or_halve(work, layout, middle, stop),
    ]
    rows = {
        array.name: np.concatenate([ran.rows[array.name] for ran, _ in halves])
        for array in layout.arrays
    }
    return Ran(rows), {**halves[0][1], **halves[1][1]}


def _failed_rows(work: Work, layout: StudyLayout, member: int, code: int) -> dict[str, Any]:
    rows = {array.name: np.full((1, *array.shape), np.nan) for array in layout.arrays}
    return {**rows, **work.draw(member, member + 1), STATUS: np.array([code])}


def _blank_failed(layout: StudyLayout, rows: Rows, failed: NDArray[np.bool_]) -> dict[str, Any]:
    """Outcomes of failed members as NaN, always with the same bits; their inputs stay."""
    blanked = dict(rows)
    for array in layout.arrays:
        if array.name not in (INPUTS, SCENARIO, STATUS):
            values = np.array(rows[array.name], dtype=array.dtype)
            values[failed] = np.nan
            blanked[array.name] = values
    return blanked
