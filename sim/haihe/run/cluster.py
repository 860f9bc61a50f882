"""Blocks on a Dask cluster: one of our own, or one that runs already."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any

import haihe
from haihe.errors import EnvironmentFault
from haihe.results.study_layout import EncodedBlock, StudyLayout
from haihe.results.study_store import Tell
from haihe.run.executors import AHEAD, Done, Span, stay_behind
from haihe.run.study_block import Work, make_block
from haihe.text import Text

ANSWER = 20.0
"""Seconds that a scheduler may take to answer."""
REPLACE = 0.5
"""Seconds between looks whether a worker of our own has died."""
LEAVE = 2.0
"""Seconds that a worker of our own has to leave by itself."""
LOOK = 5.0
"""Seconds without a block after which it is looked whether somebody works still."""
STALL = 60.0
"""Seconds in which no worker works, though blocks are awaited, after which they are sent again."""
PATIENCE = 600.0
"""Seconds in which no worker works after which a sweep gives up; queues give and take workers."""


@dataclass(slots=True)
class Workers:
    """Worker processes of a cluster of our own; one that died is followed by another.

    Dask would start its workers under nannies. A nanny whose worker dies before it was marked as
    running starts no other, and one that the cluster drops meanwhile takes a worker along that has
    just been given a block, whose members then seem deadly (`distributed` 2026.8: `nanny.py`,
    `Nanny._on_worker_exit`; `deploy/spec.py`, `SpecCluster._update_worker_status`).
    """

    address: str
    """Of the scheduler."""
    count: int
    _alive: list[BaseProcess] = field(default_factory=list, repr=False)

    def start(self) -> None:
        """Start as many as there should be and are not."""
        self._alive = [process for process in self._alive if process.is_alive()]
        context = get_context("spawn")
        while len(self._alive) < self.count:
            process = context.Process(target=_serve, args=(self.address, os.getpid()), daemon=True)
            process.start()
            self._alive.append(process)

    def close(self) -> None:
        """End them."""
        for process in self._alive:
            process.terminate()
        for process in self._alive:
            process.join(LEAVE)
            process.kill()
            process.join()
        self._alive = []


@contextmanager
def open_workers(address: str, count: int) -> Iterator[Workers]:
    """Workers of a cluster of our own, looked after until the block ends."""
    workers, over = Workers(address, count), threading.Event()

    def look_after() -> None:
        while not over.wait(REPLACE):
            workers.start()

    keeper = threading.Thread(target=look_after, name="haihe-dask-workers", daemon=True)
    workers.start()
    keeper.start()
    try:
        yield workers
    finally:
        over.set()
        keeper.join()
        workers.close()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Workers of a Dask cluster. Blocks come back to us: workers need no common disk for results.

    What a worker ran that died is run again elsewhere, and comes back without a block where that
    killed as many workers as the cluster allows.
    """

    work: Work
    layout: StudyLayout
    client: Any
    content: bytes
    own: Workers | None = None
    """Of a cluster of our own; None where it is somebody else's."""
    tell: Tell = lambda message: None
    """Told where blocks had to be sent again."""

    @property
    def workers(self) -> int:
        """Threads of the workers that are there now."""
        least = self.own.count if self.own else 1
        return max(least, sum(map(int, self.client.nthreads().values())))

    def run(self, spans: Iterable[Span]) -> Iterator[Done]:
        """Run spans on the cluster."""
        coming = iter(spans)
        waiting: dict[Any, Span] = {}
        try:
            while True:
                while len(waiting) < self.workers * (1 + AHEAD) and (span := next(coming, None)):
                    waiting[self._submit(span)] = span
                if not waiting:
                    return
                for future in self._wait(waiting):
                    yield waiting.pop(future), _take(future)
                    future.release()
        except _name_losses() as error:
            raise EnvironmentFault(
                Text(
                    f"Dask 集群已断开（{type(error).__name__}）",
                    f"the Dask cluster has gone ({type(error).__name__})",
                ),
                Text(
                    "启动集群后再次运行同一命令即可继续",
                    "start it, then run the same command again: it goes on",
                ),
            ) from None
        finally:
            for future in waiting:
                future.release()

    def _submit(self, span: Span) -> Any:
        return self.client.submit(_run_there, self.content, *span, pure=False)

    def _wait(self, waiting: dict[Any, Span]) -> Iterable[Any]:
        """Those that are done, once there is one.

        Workers of our own that died are followed by others. Where nobody works though there are
        workers, blocks were lost on the way: they are sent again. In the end it is given up.
        """
        wait = _distributed().wait
        idle = sent = 0.0  # seconds without work, now and when blocks were last sent again
        while True:
            try:
                found = wait(list(waiting), timeout=LOOK, return_when="FIRST_COMPLETED")
            except TimeoutError:
                working = self._is_working()
                idle, sent = (0.0, 0.0) if working else (idle + LOOK, sent)
            else:
                done: Iterable[Any] = found.done
                return done
            if idle >= PATIENCE:
                raise _give_up(idle)
            if idle - sent >= STALL and self.client.nthreads():
                sent = idle
                self._send_again(waiting, idle)

    def _is_working(self) -> bool:
        """Did a worker say, when it was heard last, that it runs something?

        One that has not said anything yet counts as working.
        """
        workers = self.client.scheduler_info()["workers"].values()
        counts = [worker.get("metrics", {}).get("task_counts") for worker in workers]
        return any(count is None or count.get("executing", 0) for count in counts)

    def _send_again(self, waiting: dict[Any, Span], idle: float) -> None:
        self.tell(
            Text(
                f"已有 {idle:.0f} 秒没有工作进程在运行：重新提交 {len(waiting)} 块",
                f"no worker has run anything for {idle:.0f} s: {len(waiting)} blocks are sent"
                " again",
            )
        )
        for future, span in list(waiting.items()):
            del waiting[future]
            future.cancel(force=True)
            waiting[self._submit(span)] = span


def _give_up(idle: float) -> EnvironmentFault:
    return EnvironmentFault(
        Text(
            f"Dask 集群已有 {idle:.0f} 秒没有工作进程在运行",
            f"no worker of the Dask cluster has run anything for {idle:.0f} s",
        ),
        Text(
            "启动工作进程后再次运行同一命令即可继续",
            "start some workers, then run the same command again: it goes on",
        ),
    )


def _take(future: Any) -> EncodedBlock | None:
    """The block of a span; None where it killed its workers."""
    try:  # where the worker that holds it dies now, Dask runs the block again in here
        found: EncodedBlock = future.result(timeout=PATIENCE)
    except _distributed().KilledWorker:
        return None
    return found


def _name_losses() -> tuple[type[BaseException], ...]:
    """What is raised where scheduler or connection are lost."""
    distributed = _distributed()
    return (
        distributed.client.FutureCancelledError,
        distributed.comm.CommClosedError,
        CancelledError,
        TimeoutError,
    )


@contextmanager
def open_cluster(
    work: Work, layout: StudyLayout, address: str, tell: Tell = lambda message: None
) -> Iterator[Cluster]:
    """A cluster of our own ("local:N"), or one that runs already.

    Raises
    ------
    EnvironmentFault
        Where Dask is not installed, the cluster does not answer, has no workers, or has another
        version of haihe.
    """
    try:
        import dask

        distributed = _distributed()
    except ImportError:
        raise EnvironmentFault(
            Text("未安装 Dask", "Dask is not installed"),
            Text(
                "请安装带 studies 选项的 haihe：pip install 'haihe[studies]'",
                "install haihe with its extra: pip install 'haihe[studies]'",
            ),
        ) from None
    content = pickle.dumps((work, layout))
    if address.startswith("local:"):
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # deaths are our affair
        quiet = {"distributed.scheduler.allowed-failures": 1, "distributed.logging.distributed": 50}
        with (
            dask.config.set(quiet),
            distributed.LocalCluster(
                n_workers=0,
                host="127.0.0.1",
                dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # any port that is free
                silence_logs=50,
            ) as cluster,
            distributed.Client(cluster) as client,
            open_workers(cluster.scheduler_address, int(address.removeprefix("local:"))) as own,
        ):
            yield Cluster(work, layout, client, content, own, tell)
        return
    try:
        client = distributed.Client(address, timeout=ANSWER)
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            Text(
                f"Dask 集群 {address} 没有应答（{error}）",
                f"the Dask cluster {address} does not answer ({error})",
            ),
            Text(
                "请给出调度器地址，例如 tcp://127.0.0.1:8786",
                "give the scheduler's address, such as tcp://127.0.0.1:8786",
            ),
        ) from None
    with client:
        _check_workers(client, address)
        yield Cluster(work, layout, client, content, None, tell)


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=60)
    except TimeoutError:
        raise EnvironmentFault(
            Text(f"Dask 集群 {address} 没有工作进程", f"the Dask cluster {address} has no workers"),
            Text("启动工作进程，或扩大集群规模", "start some, or scale it up"),
        ) from None
    other = {found for found in client.run(_version).values() if found != haihe.__version__}
    if other:
        there = ", ".join(sorted(other))
        raise EnvironmentFault(
            Text(
                f"{address} 的工作进程使用 haihe {there}，而本机为 {haihe.__version__}",
                f"workers of {address} have haihe {there}, not {haihe.__version__}",
            ),
            Text("在所有工作进程上安装相同版本", "install the same version on all of them"),
        )


def _version() -> str:
    return haihe.__version__


def _distributed() -> Any:
    """Dask's own module; it is heavy, and has few types."""
    return importlib.import_module("distributed")


def _serve(address: str, parent: int) -> None:
    """Be a worker process of a cluster of our own."""
    import dask

    stay_behind(parent)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())  # tidies up, unlike a kill
    with dask.config.set({"distributed.logging.distributed": 50}):
        asyncio.run(_be_worker(address))


async def _be_worker(address: str) -> None:
    how = {"nthreads": 1, "memory_limit": 0, "host": "127.0.0.1", "dashboard": False}
    async with _distributed().Worker(address, **how, silence_logs=50) as worker:
        await worker.finished()


def _run_there(content: bytes, start: int, stop: int) -> EncodedBlock:
    work, layout = _unpack(content)
    return make_block(work, layout, start, stop)


@lru_cache(maxsize=2)
def _unpack(content: bytes) -> tuple[Work, StudyLayout]:
    found: tuple[Work, StudyLayout] = pickle.loads(content)
    return found
