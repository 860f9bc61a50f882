"""Run one member of a store again, alone, and hold it against what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haihe.errors import InputError
from haihe.project import show_path
from haihe.results.study_layout import (
    INPUTS,
    SCENARIO,
    STATUS,
    StudyArray,
    StudyLayout,
    chunk_file,
    decode_chunk,
    explain_status,
    folder_of,
)
from haihe.results.study_store import check_identity, read_store
from haihe.run.study_block import make_block
from haihe.run.study_work import StudyWork, lay_out_study
from haihe.text import Text


@dataclass(frozen=True, slots=True)
class Reproduced:
    """A member that was run again."""

    member: int
    scenario: str
    status: str
    """What went wrong when it was stored; "" where nothing did."""
    inputs: Mapping[str, float | None]
    """By factor; None where the member keeps what its scenario has."""
    differs: tuple[str, ...]
    """Arrays whose bits are not the same."""

    @property
    def same(self) -> bool:
        """Are all bits the same?"""
        return not self.differs


def reproduce_member(store: Path, work: StudyWork, member: int) -> Reproduced:
    """Run a member again.

    Raises
    ------
    InputError
        Where the store was made from something else, has no such member, or is damaged there.
    """
    layout, journal = read_store(store)
    check_identity(store, journal.head, lay_out_study(work).attrs)
    if member >= layout.members:
        raise InputError(
            Text(
                f"{show_path(store)} 中没有成员 {member}",
                f"{show_path(store)} has no member {member}",
            ),
            None,
            Text(f"0 至 {layout.members - 1}", f"0 to {layout.members - 1}"),
        )
    block = member // layout.block
    if block not in journal.blocks:
        raise InputError(
            Text(
                f"{show_path(store)} 中尚无成员 {member}",
                f"member {member} is not in {show_path(store)} yet",
            ),
            None,
            Text("先用 `haihe sweep` 继续运行", "`haihe sweep` to go on"),
        )
    stored = {array.name: _read(store, layout, array, member) for array in layout.arrays}
    again = make_block(work, layout, member, member + 1)
    made = {
        array.name: decode_chunk(array, again.chunks[array.name], layout.block)[:1]
        for array in layout.arrays
    }
    note = journal.blocks[block].notes.get(str(member), "")
    values = stored[INPUTS][0].tolist()
    return Reproduced(
        member=member,
        scenario=layout.scenarios[int(stored[SCENARIO][0])],
        status=explain_status(layout, int(stored[STATUS][0]), note),
        inputs={name: v if np.isfinite(v) else None for name, v in zip(layout.factors, values)},
        differs=tuple(n for n in stored if stored[n].tobytes() != made[n].tobytes()),
    )


def _read(store: Path, layout: StudyLayout, array: StudyArray, member: int) -> NDArray[Any]:
    """Row (1, *shape) of a member."""
    block, place = divmod(member, layout.block)
    file = store / folder_of(array) / chunk_file(array, block)
    try:
        rows = decode_chunk(array, file.read_bytes(), layout.block)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            Text(f"{show_path(file)} 已损坏（{error}）", f"{show_path(file)} is damaged ({error})"),
            None,
            Text("先用 `haihe verify` 查看全部损坏", "`haihe verify` shows all of it"),
        ) from None
    return rows[place : place + 1]
