"""What a sweep would take, before it begins: a few members are run and measured."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from haihe.errors import EnvironmentFault, InputError, InputErrors
from haihe.project import show_path
from haihe.results.study_layout import StudyLayout, bytes_per_member
from haihe.run.study_block import Work, make_block
from haihe.text import Text

LARGEST = 100_000_000
"""Members that are run without being asked for expressly."""
PROBE = 512
"""Members of a probe, where they are fast."""
SLOW = 0.5
"""Seconds of a member from which on one is enough."""
ROOM = 1.1
"""Times the estimated size that must be free."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a sweep would take."""

    members: int
    left: int
    """Members that are not on disk yet."""
    block: int
    blocks: int
    workers: int
    member_seconds: float
    """CPU time of a member [s]."""
    seconds: float
    """[s], where every worker has a core of its own."""
    member_bytes: float
    """On disk, compressed [byte]."""
    size: int
    """Of the members that are left, on disk [byte]."""
    raw: int
    """Of all members, before compression [byte]."""
    free: int
    """Where the store is to lie [byte]."""


def check_size(members: int, allow_large: bool) -> None:
    """Refuse what nobody means to ask for, before anything is built.

    Raises
    ------
    InputError
        Where a study has more than `LARGEST` members, or none.
    """
    if members < 1:
        raise InputError(
            Text("研究没有成员", "the study has no members"),
            None,
            Text("至少一个", "at least one"),
        )
    if members > LARGEST and not allow_large:
        raise InputError(
            Text(
                f"研究有 {members:,} 个成员，超过 {LARGEST:,} 个",
                f"the study has {members:,} members, more than {LARGEST:,}",
            ),
            None,
            Text(
                "较小的研究；如确有需要，请加 --allow-large",
                "a smaller study, or --allow-large if you mean it",
            ),
        )


def estimate(work: Work, layout: StudyLayout, left: int, workers: int, path: Path) -> Estimate:
    """Run a few members to see what all of them would take.

    Raises
    ------
    InputErrors
        Where the engine refuses the first member, one in the middle and the last: the study does
        not fit the model.
    """
    seconds, size = _probe(work, layout)
    useful = max(min(workers, layout.blocks), 1)
    return Estimate(
        members=layout.members,
        left=left,
        block=layout.block,
        blocks=layout.blocks,
        workers=workers,
        member_seconds=seconds,
        seconds=left * seconds / useful,
        member_bytes=size,
        size=int(left * size),
        raw=layout.members * bytes_per_member(layout),
        free=shutil.disk_usage(_nearest(path)).free,
    )


def check_room(found: Estimate, path: Path) -> None:
    """Refuse to begin what the disk cannot hold.

    Raises
    ------
    EnvironmentFault
        Where it cannot.
    """
    if found.size * ROOM > found.free:
        raise EnvironmentFault(
            Text(
                f"{show_path(path)} 约需 {found.size / 1e9:.1f} GB，"
                f"而可用空间为 {found.free / 1e9:.1f} GB",
                f"{show_path(path)} would take about {found.size / 1e9:.1f} GB,"
                f" and {found.free / 1e9:.1f} GB are free",
            ),
            Text(
                "用 -o 选择其他位置，或少保存一些指标或年份",
                "choose another place with -o, or save fewer outcomes or years",
            ),
        )


def count_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _nearest(path: Path) -> Path:
    """The folder that is there already."""
    place = path.absolute()
    return next((each for each in (place, *place.parents) if each.is_dir()), Path.cwd())


def _probe(work: Work, layout: StudyLayout) -> tuple[float, float]:
    """CPU seconds and bytes of a member."""
    first = _warm_up(work, layout.members)
    begun = time.process_time()
    work.run(first, first + 1)
    once = time.process_time() - begun
    count = 1 if once > SLOW else min(PROBE, layout.members, layout.block)
    begun = time.process_time()
    block = make_block(work, layout, 0, count)
    took = (time.process_time() - begun) / count
    return took, sum(map(len, block.chunks.values())) / count


def _warm_up(work: Work, members: int) -> int:
    """Let the engine compile; the first of three members that it takes."""
    places = dict.fromkeys((0, members // 2, members - 1))
    refused: Exception | None = None
    for member in places:
        try:
            work.run(member, member + 1)
        except (InputError, InputErrors) as error:
            refused = refused or error
        else:
            return member
    assert refused is not None
    raise refused
