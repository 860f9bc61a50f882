"""Jobs: words that cannot be turned, a queue that ends, processes that are ended."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from haihe.cli.app import COMMANDS
from haihe.errors import InputError, InputErrors
from haihe.serve import jobs as module
from haihe.serve.asks import ASKS, read_ask
from haihe.serve.jobs import MOST_WAITING, Job, Jobs
from haihe.serve.places import Project

STUBBORN = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); "
STUBBORN += "print(1, file=__import__('sys').stderr, flush=True); "
STUBBORN += "time.sleep(60)"


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """A queue whose jobs are lines of Python."""

    def begin(root: Path, words: tuple[str, ...], answer: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", words[0]],
            cwd=root,
            stdout=answer,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    monkeypatch.setattr(module, "begin_process", begin)
    monkeypatch.setattr(module, "GRACE", 0.5)
    monkeypatch.setattr(module, "PACE", 0.05)
    made = Jobs(tmp_path)
    yield made
    made.close()


def wait(job: Job, done: Callable[[Job], bool] = lambda job: job.over) -> Job:
    """Until something is so."""
    until = time.monotonic() + 20
    while not done(job):
        assert time.monotonic() < until, job
        time.sleep(0.02)
    return job


def ask(queue: Jobs, code: str) -> Job:
    """Put a line of Python into the queue."""
    return queue.add("run", {}, [code], "")


def test_answer_and_last_words_are_kept(queue: Jobs) -> None:
    """JSON on stdout, lines on stderr, without what a terminal would obey."""
    code = "import sys; print('{\"a\": 1}'); print('\\x1b[31m' + 'x' * 5000, file=sys.stderr)"
    job = wait(ask(queue, code))
    assert (job.state, job.answer) == ("done", {"a": 1})
    assert "\x1b" not in "".join(job.lines)
    assert max(map(len, job.lines)) <= module.LINE


@pytest.mark.parametrize(
    "code", ["raise SystemExit(2)", "import os; os.abort()", "print('{' * 99999)", "1/0"]
)
def test_a_job_that_dies_takes_nothing_with_it(queue: Jobs, code: str) -> None:
    """The next one runs."""
    job = wait(ask(queue, code))
    assert job.state == ("done" if code.startswith("print") else "failed")
    assert job.answer is None
    assert wait(ask(queue, "print(2)")).answer == 2


def test_a_job_that_cannot_begin_is_said(queue: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the worker goes on."""
    with monkeypatch.context() as broken:
        broken.setattr(module, "begin_process", lambda *given: 1 / 0)
        assert wait(ask(queue, "print(1)")).state == "failed"
    assert wait(ask(queue, "print(2)")).state == "done"


def test_stopping_ends_the_process_even_a_stubborn_one(queue: Jobs) -> None:
    """Asked first, made to in the end; one that waits never begins."""
    job, next_one = ask(queue, STUBBORN), ask(queue, "print(3)")
    wait(job, lambda job: bool(job.lines))
    queue.stop(next_one.id)
    queue.stop(job.id)
    assert wait(job).state == "stopped"
    assert job.process is not None
    assert job.process.poll() is not None
    assert (next_one.state, next_one.process) == ("stopped", None)


def test_closing_ends_everything(queue: Jobs) -> None:
    """Nothing is left running."""
    job = wait(ask(queue, "import time; time.sleep(60)"), lambda job: job.process is not None)
    waiting = ask(queue, "print(1)")
    queue.close()
    assert job.process is not None
    assert job.process.poll() is not None
    assert (job.state, waiting.state) == ("stopped", "stopped")
    assert not any(thread.is_alive() for thread in queue.threads)


def test_queue_has_an_end_and_a_job_is_not_doubled(queue: Jobs) -> None:
    """The same words twice are one job while it lasts."""
    first = ask(queue, "import time; time.sleep(60)")
    assert ask(queue, "import time; time.sleep(60)") is first
    wait(first, lambda job: job.state == "running")
    for number in range(MOST_WAITING):
        ask(queue, f"print({number})")
    with pytest.raises(InputError):
        ask(queue, "print('more')")


# --- words ---------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a store."""
    (tmp_path / "output" / "s.zarr").mkdir(parents=True)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "-rf.yaml").write_text("title: x\n")
    return Project(tmp_path)


WELL = {
    "scenario": "plan",
    "against": "frozen-2021",
    "study": "plan-uncertainty",
    "store": "s.zarr",
    "outcome": "CO2",
    "target": "x",
    "where": "PM2.5 at 2030 > 30",
    "by": "chapter",
    "form": "docx",
    "template": "report",
    "task": "co2-and-air-2030",
    "lever": "dust control",
    "lever2": "dust control",
    "lever3": "",
    "other": "PM2.5",
    "statistic": "worst",
}


WELL_ASKED = {"scenario": "plan", "against": "bau", "outcome": "CO2"}


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: ask.id)
def test_every_ask_makes_a_command_that_is_understood(project: Project, ask: Any) -> None:
    """Its command has the options that are written, and the result lies in `output/`."""
    import importlib.util

    import click

    if ask.command not in COMMANDS:
        assert importlib.util.find_spec(f"haihe.cli.{ask.command}") is None
        pytest.skip(f"no command {ask.command}")
    given = {field.id: WELL.get(field.id, "2030") for field in ask.fields}
    words, result = read_ask(project, ask.id, given, "zh")
    assert result == "" or result.startswith("output/")
    module = importlib.import_module(COMMANDS[words[0]][0])
    with click.Context(module.command, info_name=words[0]) as context:
        module.command.parse_args(context, words[1:])


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("run", {}),
        ("run", {"scenario": "../plan"}),
        ("run", {"scenario": "--help"}),
        ("run", {"scenario": "plan", "against": "--output=x"}),
        ("run", {"scenario": "plan", "output": "/tmp/x"}),
        ("run", {"scenario": ["plan"]}),
        ("run", {"scenario": True}),
        ("run", {"scenario": "plan\0"}),
        ("sweep", {"study": "million", "limit": "-1"}),
        ("sweep", {"study": "million", "limit": "１"}),
        ("sweep", {"study": "/etc/passwd"}),
        ("verify", {"store": "../x.zarr"}),
        ("verify", {"store": "other.zarr"}),
        (
            "attribute",
            {"scenario": "plan", "against": "bau", "outcome": "CO2", "by": "/etc/x.yaml"},
        ),
        ("discover", {"store": "s.zarr", "where": "x" * 201}),
        ("solve", {"task": "../solve/co2-and-air-2030"}),
        ("solve", {"task": "co2-and-air-2030", "seconds": "0"}),
        ("solve", {"task": "plan"}),
        ("study-page", {"store": "/etc"}),
        ("study-briefing", {"store": "s.zarr", "template": "/etc/x.docx", "form": "docx"}),
        ("briefing", {"scenario": "plan", "template": "brief", "form": "exe"}),
        ("search", {"scenario": "plan", "lever": "", "outcome": "CO2", "at": "2030"}),
        ("cache", {}),
        ("serve", {}),
        ("__class__", {}),
    ],
)
def test_what_is_not_offered_cannot_be_asked(project: Project, kind: str, given: Any) -> None:
    """No other command, no other option, no other file."""
    with pytest.raises((InputErrors, InputError)):
        read_ask(project, kind, given)


def test_values_that_look_like_options_stay_values(project: Project) -> None:
    """They stand in one word with their option, or behind `--`."""
    words, _ = read_ask(project, "run", {"scenario": "-rf", "against": "plan"})
    assert words[-2:] == ["--", "-rf"]
    words, _ = read_ask(project, "discover", {"store": "s.zarr", "where": "--chart=/etc/x"})
    assert "--where=--chart=/etc/x" in words


def test_jobs_over_the_interface(start: Any) -> None:
    """A command that fails at once: asked for, seen, its last words, gone with the server."""
    client = start()
    (client.root / "output" / "s.zarr").mkdir(parents=True)
    given = {"kind": "verify", "given": {"store": "s.zarr"}, "lang": "en"}
    status, job = client.post("/api/jobs", given)
    assert status == 200
    until = time.monotonic() + 60
    while job["state"] not in ("done", "failed", "stopped"):
        assert time.monotonic() < until
        time.sleep(0.1)
        job = client.get(f"/api/jobs/{job['id']}")
    assert (job["state"], job["code"]) == ("failed", 2)
    assert "holds no study" in json.dumps(job["lines"])
    assert client.post("/api/jobs/99/stop", {})[0] == 400
    assert client.post("/api/jobs", {**given, "kind": "cache"})[0] == 400
