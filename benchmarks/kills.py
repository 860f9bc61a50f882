"""Kill `haihe sweep` and resume it: is the content the same, and was nothing run twice?

    python -m benchmarks.kills --kills 300

Half of the kills come at a random moment, the others at the named points of a commit
(`haihe.results.study_disk.POINTS`), at a random one of the times that each is reached. The command
runs in a process that was forked from one that has imported and compiled everything already, so
that a kill is cheap; it is the whole command, from its arguments to its exit code.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from haihe.cli.app import app
from haihe.cli.sweep import open_work
from haihe.results import study_disk
from haihe.results.study_journal import parse_line, read_journal

MODEL = """{UTF-8}
inflow = 3 ~ m3/Year [0,10] ~ What comes in |
share = 0.1 ~ 1/Year [0,1] ~ What leaves, of what is there |
outflow = water * share ~ m3/Year ~ What leaves |
water = INTEG(inflow - outflow, 20) ~ m3 ~ What is there |
INITIAL TIME = 2020 ~ Year ~ |
FINAL TIME = 2040 ~ Year ~ |
TIME STEP = 0.25 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""
STUDY = """scenarios: base
design: {method: monte-carlo, samples: 3000, seed: 1}
vary:
  inflow: {uniform: [1 m3/Year, 9 m3/Year]}
  share: {uniform: [5 %/Year, 50 %/Year]}
save: {outcomes: [water, outflow]}
"""
BLOCK = 200
IMPORTED = (
    "dask.array",
    "zarr",
    "haihe.analysis.study_summary",
    "haihe.analysis.tables",
    "haihe.results.study_open",
    "haihe.run.study_work",
    "haihe.scenario.study_load",
)


@dataclass(frozen=True, slots=True)
class Kill:
    """When to kill."""

    point: str = ""
    count: int = 0
    """How often the point is reached before."""
    delay: float = 0.0
    """Where there is no point [s]."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a kill."""

    kill: Kill
    killed: bool
    """False where the command was done before."""
    committed: int
    """Blocks that were on disk at the kill."""
    same: bool
    """Is the content hash that of a sweep that nobody disturbed?"""
    twice: int
    """Blocks that were on disk and run again all the same."""


def lay_out_project(folder: Path) -> None:
    """A model of four equations and a study of it."""
    (folder / "models" / "pond").mkdir(parents=True)
    (folder / "models" / "pond" / "pond.mdl").write_text(MODEL)
    (folder / "scenarios" / "studies").mkdir(parents=True)
    (folder / "scenarios" / "base.yaml").write_text("model: ../models/pond/pond.mdl\n")
    (folder / "scenarios" / "studies" / "ponds.yaml").write_text(STUDY)


def run_command(store: Path, watch: Callable[[str], None] | None = None) -> int:
    """Run the command in a forked process and return that process's id."""
    child = os.fork()
    if child:
        return child
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    study_disk.watch = watch
    try:
        app.main(["sweep", "ponds", "-o", str(store), "--block", str(BLOCK), "--json"])
    except SystemExit as left:
        os._exit(left.code if isinstance(left.code, int) else 4)
    os._exit(4)


def wait(child: int) -> int:
    """Exit code of a process; negative where a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def measure(folder: Path) -> tuple[str, Counter[str], float]:
    """A sweep that nobody disturbs: content hash, how often each point is reached, seconds."""
    log = folder / "points"
    with log.open("a", buffering=1) as file:
        child = run_command(folder / "truth.zarr", lambda point: print(point, file=file))
        begun = time.perf_counter()
        if wait(child):
            raise SystemExit("the sweep that nobody disturbed failed")
        took = time.perf_counter() - begun
    reached = Counter(log.read_text().splitlines())
    return read_journal(folder / "truth.zarr" / "journal.jsonl").content_hash, reached, took


def choose(number: int, reached: Counter[str], took: float, chance: random.Random) -> Kill:
    """A kill: at a moment for even numbers, at a point for odd ones."""
    if number % 2 == 0:
        return Kill(delay=chance.uniform(0.0, 1.05 * took))
    point = study_disk.POINTS[number // 2 % len(study_disk.POINTS)]
    return Kill(point, chance.randint(1, reached[point]))


def disturb(store: Path, kill: Kill, truth: str) -> Outcome:
    """Kill the command, run it again, and look at what it left."""
    left = [kill.count]

    def die(point: str) -> None:
        left[0] -= point == kill.point
        if point == kill.point and left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    child = run_command(store, die if kill.point else None)
    if not kill.point:
        time.sleep(kill.delay)
        os.kill(child, signal.SIGKILL)
    killed = wait(child) == -signal.SIGKILL
    journal = store / "journal.jsonl"
    before = set(read_journal(journal).blocks) if journal.exists() else set()
    code = wait(run_command(store))
    after = read_journal(journal)
    lines = [parse_line(line) for line in journal.read_bytes().splitlines()]
    times = Counter(line["block"] for line in lines if line and line["kind"] == "block")
    twice = sum(times[block] > 1 for block in before)
    return Outcome(kill, killed, len(before), code == 0 and after.content_hash == truth, twice)


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill as often as asked for and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    chance = random.Random(asked.seed)
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out_project(folder)
        os.chdir(folder)
        try:
            wait(run_command(folder / "warm.zarr"))  # compiles; what it keeps is read by the rest
            _import_all()
            truth, reached, took = measure(folder)
            found = [
                disturb(folder / f"{number}.zarr", choose(number, reached, took, chance), truth)
                for number in range(asked.kills)
            ]
        finally:
            os.chdir(home)
    print(json.dumps(sum_up(found), indent=1))
    return 0 if all(one.same and not one.twice for one in found) else 1


def _import_all() -> None:
    """Import in this process what the command imports, so that a fork begins at once."""
    for name in IMPORTED:
        importlib.import_module(name)
    importlib.import_module("xarray").backends.list_engines()
    open_work("ponds", False).run(0, 8)


def sum_up(found: Sequence[Outcome]) -> dict[str, object]:
    """Counts of what came of the kills."""
    return {
        "kills": sum(one.killed for one in found),
        "done_before_the_kill": sum(not one.killed for one in found),
        "at_points": sum(bool(one.kill.point) for one in found),
        "between_first_and_last_block": sum(0 < one.committed < 3000 // BLOCK for one in found),
        "same_content_hash": sum(one.same for one in found),
        "committed_blocks": sum(one.committed for one in found),
        "committed_blocks_run_again": sum(one.twice for one in found),
    }


if __name__ == "__main__":
    sys.exit(main())
