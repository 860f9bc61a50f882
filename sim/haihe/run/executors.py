"""Where blocks are run: in threads, in processes; on a Dask cluster: `haihe.run.cluster`.

An executor takes spans of members and gives back blocks, in whatever order they are done, with only
a few under way at a time. A span whose worker died comes back without a block; whoever drives the
executor decides what then (`haihe.run.sweep`).
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Protocol

from haihe.results.study_layout import EncodedBlock, StudyLayout
from haihe.run.study_block import Work, make_block

Span = tuple[int, int]
"""First member, and the one behind the last."""

Done = tuple[Span, EncodedBlock | None]
"""A span with its block; None where the worker died."""

AHEAD = 1
"""Spans that wait for each worker, so that none is idle while a block is written."""


class Executor(Protocol):
    """Runs spans of members."""

    @property
    def workers(self) -> int:
        """How many run at the same time."""

    def run(self, spans: Iterable[Span]) -> Iterator[Done]:
        """Run spans; those that come first are begun first.

        Raises
        ------
        EnvironmentFault
            Where there is nothing left to run them on.
        """


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads of this process: the kernel, the codec and the hashes let go of the interpreter."""

    work: Work
    layout: StudyLayout
    workers: int

    def run(self, spans: Iterable[Span]) -> Iterator[Done]:
        """Run spans in threads."""
        with futures.ThreadPoolExecutor(self.workers) as pool:
            yield from _keep_busy(
                lambda span: pool.submit(make_block, self.work, self.layout, *span),
                spans,
                self.workers,
            )


@dataclass(slots=True)
class Processes:
    """Processes of this machine. One that dies takes the others of its pool along."""

    work: Work
    layout: StudyLayout
    workers: int
    _pool: futures.ProcessPoolExecutor | None = field(default=None, repr=False)

    def run(self, spans: Iterable[Span]) -> Iterator[Done]:
        """Run spans in processes; after a death the others go on in a new pool."""
        yield from _keep_busy(self._submit, spans, self.workers)

    def _submit(self, span: Span) -> futures.Future[EncodedBlock]:
        if self._pool is None:
            self._pool = self._start()
        try:
            return self._pool.submit(_run_here, *span)
        except BrokenProcessPool:
            self.close()
            self._pool = self._start()
            return self._pool.submit(_run_here, *span)

    def _start(self) -> futures.ProcessPoolExecutor:
        return futures.ProcessPoolExecutor(
            self.workers,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(pickle.dumps((self.work, self.layout)), os.getpid()),
        )

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


@contextmanager
def open_processes(work: Work, layout: StudyLayout, workers: int) -> Iterator[Processes]:
    """Processes that end with the block."""
    processes = Processes(work, layout, workers)
    try:
        yield processes
    finally:
        processes.close()


def _keep_busy(
    submit: Callable[[Span], futures.Future[EncodedBlock]], spans: Iterable[Span], workers: int
) -> Iterator[Done]:
    """Submit spans, a few at a time; cancel what waits where nobody wants it any more."""
    waiting: dict[futures.Future[EncodedBlock], Span] = {}
    coming = iter(spans)
    try:
        while True:
            while len(waiting) < workers * (1 + AHEAD) and (span := next(coming, None)):
                waiting[submit(span)] = span
            if not waiting:
                return
            for done in futures.wait(waiting, return_when=futures.FIRST_COMPLETED).done:
                span = waiting.pop(done)
                try:
                    found = done.result()
                except BrokenProcessPool:
                    found = None
                yield span, found
    finally:
        for future in waiting:
            future.cancel()


# --- inside a worker ----------------------------------------------------------------------------

_HERE: list[tuple[Work, StudyLayout]] = []
"""What the spans of this worker process are of: a process has no other way to be given it once."""


def _begin(content: bytes, parent: int) -> None:
    """Prepare a worker process."""
    stay_behind(parent)
    _HERE[:] = [pickle.loads(content)]


def stay_behind(parent: int) -> None:
    """In a worker process: Ctrl-C is the parent's affair, and nobody outlives the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    """Leave once the parent is gone."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _run_here(start: int, stop: int) -> EncodedBlock:
    work, layout = _HERE[0]
    return make_block(work, layout, start, stop)
