"""Work that takes time: commands of haihe as processes of their own, a few at a time.

A process of its own can be stopped, and one that dies takes nothing with it; it ends with the
server, however that ends. What it prints is kept in part: the last lines that it says, and its
answer where that is not too long.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from haihe.errors import EXIT_SOME_FAILED, EXIT_STOPPED, InputError
from haihe.text import Text

State = Literal["waiting", "running", "stopping", "done", "failed", "stopped"]
MOST_WAITING = 20
"""Jobs that may wait; more are refused."""
MOST_KEPT = 100
"""Jobs that are remembered; the oldest that ended are forgotten."""
LINES = 200
LINE = 2_000
"""Longest line that is kept [character]."""
ANSWER = 8_000_000
"""Longest answer that is read [byte]."""
GRACE = 10.0
"""From asking a process to stop until it is made to [s]."""
PACE = 0.5
"""Between two looks at how far a job is [s]."""

Measure = Callable[[], tuple[int, int]]
"""How much is done, and of how much."""


@dataclass(slots=True)
class Job:
    """One command that was asked for."""

    id: int
    kind: str
    given: dict[str, Any]
    words: tuple[str, ...]
    """The command, without `haihe`."""
    result: str
    state: State = "waiting"
    asked: float = field(default_factory=time.time)
    begun: float = 0.0
    ended: float = 0.0
    code: int | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))
    answer: Any = None
    done: int = 0
    total: int = 0
    first: int | None = None
    """How much was done when it was first looked at."""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def over(self) -> bool:
        """Has it ended, one way or another?"""
        return self.state in ("done", "failed", "stopped")

    @property
    def left(self) -> float | None:
        """Seconds that it is likely to take still; None where nobody can tell."""
        if self.state != "running" or self.first is None or self.done <= self.first:
            return None
        took = time.time() - self.begun
        return took * (self.total - self.done) / (self.done - self.first)


def describe_job(job: Job, whole: bool = False) -> dict[str, Any]:
    """A job as JSON; whole: with its answer."""
    found = {
        "id": job.id,
        "kind": job.kind,
        "given": job.given,
        "command": show_command(job.words),
        "result": job.result,
        "state": job.state,
        "asked": job.asked,
        "begun": job.begun,
        "ended": job.ended,
        "code": job.code,
        "done": job.done,
        "total": job.total,
        "left": job.left,
        "lines": list(job.lines)[-(LINES if whole else 4) :],
    }
    return {**found, "answer": job.answer} if whole else found


def show_command(words: tuple[str, ...]) -> str:
    """The command as a person would type it."""
    import shlex

    return shlex.join(["haihe", *(word for word in words if word not in ("--json", "--"))])


class Jobs:
    """The queue, its workers, and all jobs that are remembered."""

    def __init__(
        self, root: Path, workers: int = 1, measure: Callable[[Job], Measure | None] | None = None
    ) -> None:
        """Begin without any work; `measure` tells how far a job is."""
        self.root = root
        self.measure = measure or (lambda job: None)
        self.jobs: dict[int, Job] = {}
        self.changed = threading.Condition()
        self.closed = False
        self.count = 0
        self.threads = [
            threading.Thread(target=self._work, name=f"jobs-{n}", daemon=True)
            for n in range(workers)
        ]
        for thread in self.threads:
            thread.start()

    def add(self, kind: str, given: dict[str, Any], words: list[str], result: str) -> Job:
        """Put a job at the end of the queue; one that waits or runs already is given back.

        Raises
        ------
        InputError
            Where too many wait.
        """
        with self.changed:
            same = next(
                (j for j in self.jobs.values() if not j.over and j.words == (*words,)), None
            )
            if same is not None:
                return same
            if sum(job.state == "waiting" for job in self.jobs.values()) >= MOST_WAITING:
                raise InputError(
                    Text(
                        f"已有 {MOST_WAITING} 项作业在等待，请稍后再试",
                        f"{MOST_WAITING} jobs are waiting already: try again later",
                    )
                )
            self.count += 1
            job = Job(self.count, kind, given, (*words,), result)
            self.jobs[job.id] = job
            ended = [one for one in self.jobs.values() if one.over]
            for old in ended[: max(0, len(self.jobs) - MOST_KEPT)]:
                del self.jobs[old.id]
            self.changed.notify_all()
            return job

    def find(self, number: int) -> Job:
        """A job by its number.

        Raises
        ------
        InputError
            Where there is none.
        """
        job = self.jobs.get(number)
        if job is None:
            raise InputError(Text(f"没有编号为 {number} 的作业", f"there is no job {number}"))
        return job

    def stop(self, number: int) -> Job:
        """Stop a job: one that waits never begins, one that runs is asked to end, then made to."""
        job = self.find(number)
        with self.changed:
            if job.state == "waiting":
                job.state, job.ended = "stopped", time.time()
            elif job.state == "running":
                job.state = "stopping"
                threading.Thread(target=end_process, args=(job,), daemon=True).start()
        return job

    def close(self) -> None:
        """Stop everything and wait for it."""
        with self.changed:
            self.closed = True
            numbers = [job.id for job in self.jobs.values() if not job.over]
            self.changed.notify_all()
        for number in numbers:
            self.stop(number)
        for thread in self.threads:
            thread.join(GRACE + 10)

    def _work(self) -> None:
        while True:
            with self.changed:
                job = self._next()
                while job is None:
                    if self.closed:
                        return
                    self.changed.wait()
                    job = self._next()
                job.state, job.begun = "running", time.time()
            try:
                self._run(job)
            except Exception as fault:  # a job that cannot begin must not end the worker
                job.lines.append(f"{type(fault).__name__}: {fault}")
                job.state = "failed"
            job.ended = time.time()

    def _next(self) -> Job | None:
        if self.closed:
            return None
        return next((job for job in self.jobs.values() if job.state == "waiting"), None)

    def _run(self, job: Job) -> None:
        with tempfile.TemporaryFile() as answer:
            with self.changed:
                job.process = begin_process(self.root, job.words, answer)
            assert job.process.stderr is not None
            reader = threading.Thread(
                target=keep_lines, args=(job.process.stderr, job.lines), daemon=True
            )
            reader.start()
            self._watch(job, job.process)
            if job.process.stdin is not None:
                job.process.stdin.close()
            reader.join(5)
            job.answer = read_answer(answer)
        job.code = job.process.returncode
        job.state = judge(job.state, job.code, job.answer is not None)

    def _watch(self, job: Job, process: subprocess.Popen[bytes]) -> None:
        """Wait for the end, and look now and then how far it is."""
        measure = self.measure(job)
        while True:
            try:
                process.wait(PACE)
                ended = True
            except subprocess.TimeoutExpired:
                ended = False
            if measure is not None:
                try:
                    job.done, job.total = measure()
                except Exception:  # a store that is being written may not be readable yet
                    job.done = job.done
                if job.first is None and job.total:
                    job.first = job.done
            if ended:
                return


def judge(state: State, code: int, answered: bool) -> State:
    """What became of a job that ended."""
    # Members that failed are a result; an interpreter that broke ends so too, but says nothing.
    if code == 0 or (code == EXIT_SOME_FAILED and answered):
        return "done"
    return "stopped" if state == "stopping" or code == EXIT_STOPPED else "failed"


def begin_process(root: Path, words: tuple[str, ...], answer: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start haihe in the project's folder, in a group of its own so that it can be ended whole.

    It ends with this process: it watches its stdin, whose other end nobody else holds.
    """
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        [sys.executable, "-m", "haihe.serve.job", *words],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        **apart,
    )


def end_process(job: Job) -> None:
    """Ask a process to stop, as Ctrl-C does; after a while, make it."""
    process = job.process
    if process is None:
        return
    for sign, wait in _signs():
        if process.poll() is not None:
            return
        send(process, sign)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            continue
        return


def _signs() -> tuple[tuple[int, float], ...]:
    if sys.platform == "win32":
        return ((signal.CTRL_BREAK_EVENT, GRACE), (signal.SIGTERM, 5.0))
    return ((signal.SIGINT, GRACE), (signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0))


def send(process: subprocess.Popen[bytes], sign: int) -> None:
    """Send a signal to a process and to all that it began."""
    try:
        if sys.platform == "win32":
            process.send_signal(sign)
        else:
            os.killpg(process.pid, sign)
    except (ProcessLookupError, PermissionError):
        return


def keep_lines(stream: IO[bytes], lines: deque[str]) -> None:
    """Keep the last lines that a process says, each no longer than `LINE`."""
    while data := stream.readline(LINE):
        text = data.decode("utf-8", errors="replace").rstrip()
        if text:
            lines.append("".join(c if c.isprintable() else " " for c in text))
    stream.close()


def read_answer(answer: IO[bytes]) -> Any:
    """What a process printed as JSON; None where it printed none, or too much."""
    answer.seek(0, os.SEEK_END)
    if not 0 < answer.tell() <= ANSWER:
        return None
    answer.seek(0)
    try:
        return json.loads(answer.read())
    except (ValueError, RecursionError):
        return None
