"""A sweep that is killed anywhere goes on to the same content, and runs nothing twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter

import pytest
from study_toy import lay_out, sweep_toy

from haihe.results import study_disk
from haihe.results.study_journal import read_journal
from haihe.results.study_verify import verify_store

KILLS = 30
LAYOUT = lay_out(members=60)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """What a process wrote outlives its kill; only a power cut needs the disk to be waited for."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    """Content hash of a sweep that nobody disturbed, how often each point comes, how long it is."""
    reached: Counter[str] = Counter()
    study_disk.watch = lambda point: reached.update([point])
    begun = time.perf_counter()
    try:
        swept, _, _ = sweep_toy(tmp_path_factory.mktemp("truth") / "s", LAYOUT)
    finally:
        study_disk.watch = None
    assert set(reached) == set(study_disk.POINTS)
    return swept.content_hash, reached, time.perf_counter() - begun


def sweep_and_die(path, point="", count=0, delay=0.0):
    """Sweep in a process that is killed at a point, or after a while."""
    child = os.fork()
    if child == 0:
        left = [count]

        def die(reached):
            left[0] -= reached == point
            if reached == point and left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

        study_disk.watch = die if point else None
        sweep_toy(path, LAYOUT)
        os._exit(0)
    if not point:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")
@pytest.mark.parametrize("number", range(KILLS))
def test_killed_anywhere(tmp_path, truth, number):
    content_hash, reached, took = truth
    chance = random.Random(number)
    path = tmp_path / "s"
    if number < 2 * len(study_disk.POINTS):
        point = study_disk.POINTS[number % len(study_disk.POINTS)]
        count = 1 if number < len(study_disk.POINTS) else chance.randint(1, reached[point])
        assert sweep_and_die(path, point, count) == -signal.SIGKILL
    else:
        sweep_and_die(path, delay=chance.uniform(0, 1.5 * took))
    there = set()
    if (path / "journal.jsonl").exists():
        there = set(read_journal(path / "journal.jsonl").blocks)
    swept, executor, _ = sweep_toy(path, LAYOUT)
    assert swept.content_hash == content_hash
    assert verify_store(path).whole
    assert [place.name for place in tmp_path.iterdir()] == ["s"]
    run_again = {start // LAYOUT.block for start, _ in executor.asked}
    assert not run_again & there
    assert run_again | there == set(range(LAYOUT.blocks))
