"""What a study costs: time, memory and disk of a member, from a thousand to a million of them.

    python -m benchmarks.studies --sizes 1000 10000 100000
    python -m benchmarks.studies --sizes 1000000 --place /tmp
    python -m benchmarks.studies --codecs

Each size is swept in a process of its own, from an empty place to a sealed store, which is then
verified and removed. CPU time is what counts where other work shares the machine; the fixed start
(imports, reading, compiling, the few hundred members that the command measures before it begins, an
empty store) is given apart from the members.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from haihe.cli.sweep import Where, open_executor, open_work
from haihe.compile import kernel
from haihe.results.study_layout import bytes_per_member
from haihe.results.study_store import open_writer
from haihe.results.study_verify import verify_store
from haihe.run.estimate import count_cores, estimate
from haihe.run.study_work import StudyWork, lay_out_study, plan_work
from haihe.run.sweep import sweep


def make_work(study: str, members: int) -> StudyWork:
    """Work of a study with another number of members."""
    work = open_work(study, True)
    design = replace(work.study.design, samples=members)
    return plan_work(replace(work.study, design=design), work.backend)


def measure(study: str, members: int, place: Path, where: Where) -> dict[str, Any]:
    """Sweep into a new store; everything in the units that the keys say."""
    work = make_work(study, members)
    layout = lay_out_study(work)
    store = Path(tempfile.mkdtemp(prefix="haihe-bench-", dir=place)) / "study.zarr"
    try:
        # As the command does: it compiles, runs a few members and says what all would take.
        estimate(work, layout, members, where.workers, store)
        inside = time_kernel()
        with open_writer(store, layout) as writer, open_executor(where, work, layout) as executor:
            start, begun = time.process_time(), time.perf_counter()
            swept = sweep(writer, work, executor, threads=count_cores())
        wall, cpu = time.perf_counter() - begun, time.process_time() - start
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        begun = time.perf_counter()
        whole = verify_store(store, threads=count_cores()).whole
        size = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
        return {
            "study": study,
            "members": members,
            "outcomes": len(work.columns),
            "blocks": layout.blocks,
            "members_of_a_block": layout.block,
            "fixed_start_cpu_s": start,
            "wall_s": wall,
            "cpu_s": cpu,
            "members_per_wall_s": members / wall,
            "cpu_us_per_member": 1e6 * cpu / members,
            "cpu_us_per_member_by_part": {
                part: 1e6 * took / members for part, took in swept.cpu.items()
            },
            "kernel_us_per_member": 1e6 * sum(inside.values()) / members,
            "share_outside_kernel": 1 - sum(inside.values()) / cpu,
            "storing_to_computing": _share(swept.cpu),
            "peak_memory_MB": own,
            "bytes_per_member": size / members,
            "bytes_per_member_uncompressed": bytes_per_member(layout),
            "failed": swept.failed,
            "content_hash": swept.content_hash,
            "whole": whole,
            "verify_wall_s": time.perf_counter() - begun,
        }
    finally:
        shutil.rmtree(store.parent, ignore_errors=True)


def _share(cpu: Any) -> float:
    storing = sum(cpu.get(part, 0.0) for part in ("reduce", "encode", "write", "seal"))
    return float(storing / sum(cpu.get(part, 0.0) for part in ("draw", "engine")))


def time_kernel() -> dict[int, float]:
    """From now on: CPU seconds inside the compiled program, by thread."""
    spent: dict[int, float] = defaultdict(float)
    inner = kernel._run_some

    def timed(call: kernel.Call, firsts: Sequence[int], at_once: int) -> None:
        begun = time.thread_time()
        try:
            inner(call, firsts, at_once)
        finally:
            spent[threading.get_ident()] += time.thread_time() - begun

    kernel._run_some = timed
    return spent


def compare_codecs(study: str) -> list[dict[str, Any]]:
    """Time and size of a block of results under several codecs."""
    from numcodecs.blosc import Blosc
    from numcodecs.zstd import Zstd

    work = make_work(study, 4096)
    rows = work.run(0, 4096).rows
    arrays = [np.ascontiguousarray(rows[c.name], dtype=c.dtype) for c in work.columns]
    codecs = {f"zstd {level}": Zstd(level=level) for level in (1, 3)}
    for name in ("lz4", "zstd"):
        for level in (1, 5):
            for shuffle in (1, 2):
                label = f"blosc {name} {level}, {'bytes' if shuffle == 1 else 'bits'} shuffled"
                codecs[label] = Blosc(cname=name, clevel=level, shuffle=shuffle)
    found = []
    for label, codec in codecs.items():
        begun = time.process_time()
        packed = [codec.encode(array) for array in arrays]
        middle = time.process_time()
        for chunk in packed:
            codec.decode(chunk)
        found.append(
            {
                "codec": label,
                "write_us_per_member": 1e6 * (middle - begun) / 4096,
                "read_us_per_member": 1e6 * (time.process_time() - middle) / 4096,
                "bytes_per_member": sum(map(len, packed)) / 4096,
            }
        )
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--study", default="million")
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--threads", type=int, default=count_cores())
    parser.add_argument("--codecs", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.codecs:
        print(json.dumps(compare_codecs(asked.study), indent=1))
    elif asked.one:
        print(json.dumps(measure(asked.study, asked.one, asked.place, Where(asked.threads))))
    else:
        print(json.dumps([_in_process(asked, size) for size in asked.sizes], indent=1))


def _in_process(asked: argparse.Namespace, size: int) -> Any:
    command = [sys.executable, "-m", "benchmarks.studies", "--one", str(size)]
    command += ["--study", asked.study, "--place", str(asked.place)]
    command += ["--threads", str(asked.threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
