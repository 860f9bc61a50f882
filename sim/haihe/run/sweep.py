"""Run a study into its store: from whatever is missing to a content hash."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from haihe.errors import EnvironmentFault, InputError
from haihe.project import show_path
from haihe.results.study_layout import EncodedBlock, StudyLayout
from haihe.results.study_store import (
    Tell,
    Writer,
    commit_block,
    read_store,
    seal_store,
    withdraw_block,
)
from haihe.results.study_verify import combine, read_arrays
from haihe.run.executors import Executor, Span
from haihe.run.retry import mend_block
from haihe.run.study_block import Work, fail_member, join_blocks
from haihe.text import Text

Progress = Callable[[int, int], None]
Open = Callable[[StudyLayout], Executor]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    content_hash: str
    """Empty where it stopped at its limit."""
    members: int
    ran: int
    """Members that were run this time."""
    failed: int
    """Members that failed, this time or before."""
    seconds: float
    """From the first block to the seal [s]."""
    cpu: Mapping[str, float]
    """CPU time of the workers by what they did, and of writing and sealing [s]."""
    stored: int
    """Bytes of the chunks that were written."""


def sweep(
    writer: Writer,
    work: Work,
    executor: Executor,
    progress: Progress | None = None,
    tell: Tell = lambda message: None,
    threads: int = 1,
    limit: int | None = None,
) -> Swept:
    """Run the blocks that a store lacks, write them, and seal it.

    Parameters
    ----------
    threads
        That hash what is on disk.
    limit
        Members after which it stops, at the end of a block; the store is not sealed then.

    Raises
    ------
    EnvironmentFault
        Where disk or cluster say no. What is committed is safe; the next sweep goes on from there.
    """
    begun = time.perf_counter()
    cpu: dict[str, float] = defaultdict(float)
    layout = writer.layout
    missing = sorted(set(range(layout.blocks)) - writer.committed)
    if not missing and not writer.retry and writer.content_hash:
        return Swept(writer.content_hash, layout.members, 0, writer.failed, 0.0, {}, 0)
    now = missing if limit is None else missing[: -(-limit // layout.block)]
    ran, stored = _retry_failed(writer, work, executor, cpu)
    more = _run_missing(writer, work, executor, now, cpu, progress)
    ran, stored = ran + more[0], stored + more[1]
    if len(now) < len(missing):
        took = time.perf_counter() - begun
        return Swept("", layout.members, ran, _count_failed(writer), took, dict(cpu), stored)
    sealing = time.process_time()
    content_hash, again = _hash_or_withdraw(writer, tell, threads)
    if again:
        more = _run_missing(writer, work, executor, again, cpu, None)
        ran, stored = ran + more[0], stored + more[1]
        content_hash, again = _hash_or_withdraw(writer, tell, threads)
        if again:
            raise EnvironmentFault(
                Text(
                    f"写入 {show_path(writer.path)} 的内容没有被保存下来",
                    f"{show_path(writer.path)} does not keep what is written to it",
                ),
                Text("请检查磁盘", "look at the disk"),
            )
    seal_store(writer, content_hash)
    cpu["seal"] += time.process_time() - sealing
    took = time.perf_counter() - begun
    return Swept(content_hash, layout.members, ran, _count_failed(writer), took, dict(cpu), stored)


def _count_failed(writer: Writer) -> int:
    return sum(found.failed for found in read_store(writer.path)[1].blocks.values())


def _run_missing(
    writer: Writer,
    work: Work,
    executor: Executor,
    missing: list[int],
    cpu: dict[str, float],
    progress: Progress | None,
) -> tuple[int, int]:
    """Members that were run, and bytes that were written."""
    layout = writer.layout
    done = find_done(writer.path)
    ran = stored = 0
    if progress:
        progress(done, layout.members)
    for block in run_blocks(work, layout, executor, map(layout.range_of, missing)):
        writing = time.thread_time()
        commit_block(writer, block)
        for what, took in block.seconds.items():
            cpu[what] += took
        cpu["write"] += time.thread_time() - writing
        ran += block.stop - block.start
        stored += sum(map(len, block.chunks.values()))
        if progress:
            progress(done + ran, layout.members)
    return ran, stored


def _retry_failed(
    writer: Writer, work: Work, executor: Executor, cpu: dict[str, float]
) -> tuple[int, int]:
    """Run failed members again; how many, and bytes that were written.

    A block stays as it is until its failed members have been run; one that cannot be read is run
    as a whole.
    """
    layout = writer.layout
    ran = stored = 0

    def run(spans: Iterable[Span]) -> Iterator[EncodedBlock]:
        nonlocal ran
        for part in run_blocks(work, layout, executor, spans):
            ran += part.stop - part.start
            for what, took in part.seconds.items():
                cpu[what] += took
            yield part

    for number in sorted(writer.retry):
        try:
            block = mend_block(writer.path, layout, number, run)
        except (OSError, ValueError, RuntimeError):
            [block] = run([layout.range_of(number)])
        writing = time.thread_time()
        withdraw_block(writer, number, "its failed members were run again")
        commit_block(writer, block)
        cpu["write"] += time.thread_time() - writing
        stored += sum(map(len, block.chunks.values()))
    return ran, stored


def run_blocks(
    work: Work, layout: StudyLayout, executor: Executor, spans: Iterable[Span]
) -> Iterator[EncodedBlock]:
    """Blocks of spans, as they are done.

    Where a worker died, every span that was under way with it is run again, alone. One that kills
    its worker even so is run in halves, down to the member that does it, which is a failed member.
    """
    suspects = []
    for span, block in executor.run(spans):
        if block is None:
            suspects.append(span)
        else:
            yield block
    for span in suspects:
        parts = list(_rescue(work, layout, executor, span))
        yield parts[0] if len(parts) == 1 else join_blocks(layout, parts)


def _rescue(
    work: Work, layout: StudyLayout, executor: Executor, span: Span
) -> Iterator[EncodedBlock]:
    [(_, block)] = executor.run([span])
    if block is not None:
        yield block
        return
    start, stop = span
    if stop - start == 1:
        yield fail_member(work, layout, start)
        return
    middle = (start + stop) // 2
    yield from _rescue(work, layout, executor, (start, middle))
    yield from _rescue(work, layout, executor, (middle, stop))


def _hash_or_withdraw(writer: Writer, tell: Tell, threads: int) -> tuple[str, list[int]]:
    """Content hash of what is on disk; or blocks that are not there as they were written."""
    layout, journal = read_store(writer.path)
    damage, digests = read_arrays(writer.path, writer.layout, journal, None, threads)
    for found in damage:
        tell(Text(f"{found}；这些成员将重新运行", f"{found}; these members are run again"))
    blocks = sorted({found.block for found in damage})
    for block in blocks:
        withdraw_block(writer, block, "its chunks are not as they were written")
    return ("" if blocks else combine(layout, digests)), blocks


def find_done(path: Path) -> int:
    """Members that are in a store, as far as its journal says; 0 where there is no store."""
    try:
        journal = read_store(path)[1]
    except InputError:
        return 0
    return sum(found.stop - found.start for found in journal.blocks.values())


def sweep_path(study_id: str) -> Path:
    """Where the store of a study lies unless somebody says otherwise."""
    return Path("output") / f"{study_id}.zarr"
