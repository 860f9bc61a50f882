"""A job ends with its server, also where nobody had time to say so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

SERVER = """
import sys, time
from pathlib import Path
from haihe.serve.jobs import begin_process
job = begin_process(Path("."), ("serve", "--port", "0", "--json"), open("answer", "wb"))
print(job.pid, flush=True)
time.sleep(120)
"""


def is_running(number: int) -> bool:
    """Is there such a process, one that has not ended?"""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc").is_dir()
    return state != "Z"


def wait_until(said: str, so: object) -> None:
    """Until something is so, at most 40 s."""
    until = time.monotonic() + 40
    while not so():  # type: ignore[operator]
        assert time.monotonic() < until, said
        time.sleep(0.05)


def test_a_job_ends_with_a_server_that_was_killed(tmp_path: Path) -> None:
    """The server gets SIGKILL while its job is well under way; the job is gone soon after."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=tmp_path, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        job = int(server.stdout.readline())
        try:
            wait_until("the job works", lambda: (tmp_path / "answer").stat().st_size > 0)
            assert is_running(job)
            os.kill(server.pid, signal.SIGKILL)
            server.wait(10)
            wait_until("the job ends", lambda: not is_running(job))
        finally:
            server.kill()
            if is_running(job):
                os.killpg(job, signal.SIGKILL)
