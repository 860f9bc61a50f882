"""Each call to the system fails once: a clear error, nothing lost, and the next sweep goes on."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest
from study_toy import lay_out, sweep_toy

from haihe.errors import EXIT_ENVIRONMENT, EnvironmentFault
from haihe.results import study_disk, study_lock
from haihe.results.study_journal import read_journal
from haihe.results.study_verify import verify_store

LAYOUT = lay_out(members=14, block=10)
CALLS = ("open", "write", "fsync", "ftruncate", "mkdir", "rename", "replace")


class Failing:
    """The module `os`, one call of which fails."""

    def __init__(self, at: int, code: int | None) -> None:
        self.at, self.code, self.calls = at, code, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name not in CALLS:
            return found

        def call(*args: Any) -> Any:
            self.calls += 1
            if self.calls != self.at:  # the tests survive without waiting for the disk
                return None if name == "fsync" else found(*args)
            if self.code is None:  # a short write; other calls cannot be short
                return (
                    found(args[0], args[1][: len(args[1]) // 2])
                    if name == "write"
                    else (found(*args))
                )
            raise OSError(self.code, os.strerror(self.code), str(args[0]))

        return call


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    """Content hash of a sweep that nothing failed, and how many calls it makes."""
    counting = Failing(0, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study_disk, "os", counting)
        patch.setattr(study_lock, "os", counting)
        swept, _, _ = sweep_toy(tmp_path_factory.mktemp("truth") / "s", LAYOUT)
    assert counting.calls > 100
    return swept.content_hash, counting.calls


@pytest.mark.parametrize(
    "code", [errno.ENOSPC, errno.EIO, errno.EACCES, None], ids=["space", "io", "rights", "short"]
)
def test_every_call_fails_once(tmp_path, monkeypatch, truth, code):
    content_hash, calls = truth
    faults = []
    for at in range(1, calls + 1):
        path = tmp_path / str(at) / "s"
        with monkeypatch.context() as patch:
            failing = Failing(at, code)
            patch.setattr(study_disk, "os", failing)
            patch.setattr(study_lock, "os", failing)
            try:
                swept, _, _ = sweep_toy(path, LAYOUT)
            except EnvironmentFault as fault:
                faults.append(fault)
            else:
                assert swept.content_hash == content_hash
        there = set()
        if (path / "journal.jsonl").exists():
            there = set(read_journal(path / "journal.jsonl").blocks)
        swept, executor, _ = sweep_toy(path, LAYOUT)
        assert swept.content_hash == content_hash
        assert not {start // LAYOUT.block for start, _ in executor.asked} & there
    assert verify_store(path).whole
    # What may fail without harm: clearing one's own name from the lock at the end.
    assert len(faults) == (0 if code is None else calls - 1)
    for fault in faults:
        assert fault.exit_code == EXIT_ENVIRONMENT
        assert os.strerror(code) in str(fault)
        assert fault.mend
        assert fault.say("zh") != str(fault)
