"""Blocks on a Dask cluster: one of our own, or one that runs already."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import haihe
from haihe.errors import EnvironmentFault
from haihe.results.study_layout import EncodedBlock, StudyLayout
from haihe.run.executors import AHEAD, Done, Span
from haihe.run.study_block import Work, make_block

ANSWER = 20.0
"""Seconds that a scheduler may take to answer."""
LOOK = 30.0
"""Seconds after which it is looked whether there are workers still."""
PATIENCE = 600.0
"""Seconds without any worker after which a sweep gives up; queues give and take workers."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Workers of a Dask cluster. Blocks come back to us: workers need no common disk for results.

    A worker that dies is replaced by the cluster; what it ran is run again elsewhere, and comes
    back without a block where that killed as many workers as the cluster allows.
    """

    work: Work
    layout: StudyLayout
    client: Any
    content: bytes
    own: int = 0
    """Workers of a cluster of our own; 0 where it is somebody else's."""

    @property
    def workers(self) -> int:
        """Threads of the workers that are there now."""
        return max(1, sum(map(int, self.client.nthreads().values())))

    def run(self, spans: Iterable[Span]) -> Iterator[Done]:
        """Run spans on the cluster."""
        coming = iter(spans)
        waiting: dict[Any, Span] = {}
        try:
            while True:
                while len(waiting) < self.workers * (1 + AHEAD) and (span := next(coming, None)):
                    waiting[self.client.submit(_run_there, self.content, *span, pure=False)] = span
                if not waiting:
                    return
                for future in self._wait(list(waiting)):
                    yield waiting.pop(future), _take(future)
                    future.release()
        except _name_losses() as error:
            raise EnvironmentFault(
                f"the Dask cluster has gone ({type(error).__name__})",
                "start it, then run the same command again: it goes on",
            ) from None
        finally:
            for future in waiting:
                future.release()

    def _wait(self, waiting: Sequence[Any]) -> Iterable[Any]:
        """Those that are done, once there is one; not for ever where there are no workers."""
        distributed = _distributed()
        alone = 0.0
        while True:
            try:
                found = distributed.wait(waiting, timeout=LOOK, return_when="FIRST_COMPLETED")
            except TimeoutError:
                alone = 0.0 if self.client.nthreads() else alone + LOOK
                if alone and self.own:  # workers that died while they started do not come back
                    self.client.cluster.scale(0)
                    self.client.cluster.scale(self.own)
                if alone >= PATIENCE:
                    raise EnvironmentFault(
                        f"the Dask cluster has had no workers for {alone:.0f} s",
                        "start some, then run the same command again: it goes on",
                    ) from None
            else:
                done: Iterable[Any] = found.done
                return done


def _take(future: Any) -> EncodedBlock | None:
    """The block of a span; None where it killed its workers."""
    try:
        found: EncodedBlock = future.result()
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
def open_cluster(work: Work, layout: StudyLayout, address: str) -> Iterator[Cluster]:
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
            "Dask is not installed", "install haihe with its extra: pip install 'haihe[studies]'"
        ) from None
    content = pickle.dumps((work, layout))
    if address.startswith("local:"):
        quiet = {"distributed.scheduler.allowed-failures": 1, "distributed.logging.distributed": 50}
        with (
            dask.config.set(quiet),
            distributed.LocalCluster(
                n_workers=int(address.removeprefix("local:")),
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                silence_logs=50,
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield Cluster(work, layout, client, content, len(cluster.workers))
        return
    try:
        client = distributed.Client(address, timeout=ANSWER)
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            f"the Dask cluster {address} does not answer ({error})",
            "give the scheduler's address, such as tcp://127.0.0.1:8786",
        ) from None
    with client:
        _check_workers(client, address)
        yield Cluster(work, layout, client, content)


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=60)
    except TimeoutError:
        raise EnvironmentFault(
            f"the Dask cluster {address} has no workers", "start some, or scale it up"
        ) from None
    other = {found for found in client.run(_version).values() if found != haihe.__version__}
    if other:
        raise EnvironmentFault(
            f"workers of {address} have haihe {', '.join(sorted(other))}, not {haihe.__version__}",
            "install the same version on all of them",
        )


def _version() -> str:
    return haihe.__version__


def _distributed() -> Any:
    """Dask's own module; it is heavy, and has few types."""
    return importlib.import_module("distributed")


def _run_there(content: bytes, start: int, stop: int) -> EncodedBlock:
    work, layout = _unpack(content)
    return make_block(work, layout, start, stop)


@lru_cache(maxsize=2)
def _unpack(content: bytes) -> tuple[Work, StudyLayout]:
    found: tuple[Work, StudyLayout] = pickle.loads(content)
    return found
