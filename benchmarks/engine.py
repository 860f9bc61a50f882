"""`python -m benchmarks.engine`: the engine beside its peers, in one interleaved run.

Every yardstick makes the engine's numbers first; only then is it timed. What is not installed on
this machine (gcc, g++, node, the registries) is left out, and the notes say so.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import generate
from benchmarks.cases import (
    FREIGHT,
    TIANJIN,
    WORLD,
    Case,
    Subject,
    draw_inputs,
    find_tianjin,
    subject_of,
)
from benchmarks.measure import DifferentNumbersError, Timing, check, interleave, speedup
from benchmarks.printed import NotPrintedError
from benchmarks.profile import Share, profile
from benchmarks.yardsticks import (
    MissingError,
    Yardstick,
    cpp,
    haihe,
    numba,
    reference,
    sdeverywhere,
)
from haihe.compile import compile_model
from haihe.errors import InputError, InputErrors
from haihe.model.translate import read_model
from haihe.model.types import FloatArray

CHECKED = 5
"""Members whose numbers are compared."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure."""

    batch: int
    """Members of a timed call of what is fast."""
    slow_batch: int
    """Members of a timed call of NumPy, and with every variable kept."""
    repeats: int
    pysd: bool
    own_lookups: bool
    """Measure PySD with its own lookups too."""
    sizes: tuple[int, ...]
    """Scalars of the generated models."""


FULL = Effort(10_000, 1_000, 5, True, True, (2_500, 10_000))
QUICK = Effort(1_000, 256, 3, True, False, (2_500, 10_000))


@dataclass(slots=True)
class Report:
    """What was found about one model."""

    model: str
    about: dict[str, float] = field(default_factory=dict)
    chosen: list[Timing] = field(default_factory=list)
    """Five outputs kept."""
    all: list[Timing] = field(default_factory=list)
    """Every variable kept."""
    shares: list[Share] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print or write what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="fewer members and rounds")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--models", default="world,freight,tianjin", help="some of them")
    chosen = parser.parse_args(arguments)
    effort = QUICK if chosen.quick else FULL
    reports = [measure_model(name, effort) for name in chosen.models.split(",")]
    sizes = [measure_size(scalars, effort) for scalars in effort.sizes]
    found = {"models": [summary(r) for r in reports], "sizes": sizes}
    if chosen.json:
        print(json.dumps(found, indent=1))
    from benchmarks import report

    if chosen.write:
        report.write(reports, sizes, effort.batch, chosen.quick)
    if not chosen.json:
        print(report.tables(reports, sizes))


# --- one model ----------------------------------------------------------------------------------


def find_case(name: str) -> tuple[Case, Any]:
    """A case by name, and its model."""
    by_name = {"world": WORLD, "freight": FREIGHT, "tianjin": TIANJIN}
    if name not in by_name:
        raise SystemExit(f"there is no model {name}; there are {', '.join(by_name)}")
    model = read_model(by_name[name].path)
    return (find_tianjin(model) if name == "tianjin" else by_name[name]), model


def measure_model(name: str, effort: Effort) -> Report:
    """All yardsticks on one model."""
    found = Report(name)
    try:
        _fill(found, effort)
    except (InputError, InputErrors) as error:
        found.notes.append(f"Not measured: {error}.")
    return found


def _fill(found: Report, effort: Effort) -> None:
    start = time.process_time()
    case, model = find_case(found.model)
    found.about["read_s"] = time.process_time() - start
    start = time.process_time()
    subject = subject_of(case, model)
    program_s = time.process_time() - start
    build_s, load_ms = haihe.build_and_load_times(subject)
    found.about |= _facts(subject) | {"compile_s": program_s + build_s, "load_ms": load_ms}
    _say(f"{found.model}: five outputs")
    found.chosen = _compare(subject, _chosen(subject, effort), effort, found.notes)
    one, two = (haihe.build(subject, "llvm", effort.batch, threads) for threads in (1, 2))
    ratios = speedup(one, two, subject, effort.repeats)
    found.about |= {"threads_2_speedup": float(np.median(ratios)), "threads_2_best": max(ratios)}
    found.shares = profile(subject, effort.slow_batch, effort.repeats)
    _say(f"{found.model}: every variable")
    everything = subject_of(case, model, all_outputs=True)
    found.about["all_cells"] = everything.cells
    found.all = _compare(everything, _all(everything, effort), effort, found.notes)


def _facts(subject: Subject) -> dict[str, float]:
    counts: dict[str, float] = {
        "nodes": len(subject.program.nodes),
        "states": len(subject.program.registers),
    }
    scalars = [
        int(np.prod([len(subject.model.dimensions[d].elements) for d in v.dims]))
        for v in subject.model.variables.values()
    ]
    return counts | {"scalars": sum(scalars), "steps": subject.steps, "saves": subject.saves}


def _chosen(subject: Subject, effort: Effort) -> list[Callable[[], Yardstick]]:
    """Ways to build the yardsticks of five outputs."""
    many, some = effort.batch, effort.slow_batch
    built: list[Callable[[], Yardstick]] = [
        lambda: haihe.build(subject, "llvm", many),
        lambda: cpp.build(subject, 4, many),
        lambda: cpp.build(subject, 8, many),
        lambda: cpp.build(subject, 8, many, chain=True),
        lambda: sdeverywhere.build(subject, many, pruned=True),
        lambda: sdeverywhere.build(subject, many, pruned=False),
        lambda: numba.build(subject, many),
        lambda: haihe.build(subject, "numpy", some),
    ]
    if effort.pysd:
        built.append(lambda: reference.build(subject))
    if effort.own_lookups:
        built.append(lambda: reference.build_slow(subject))
    return built


def _all(subject: Subject, effort: Effort) -> list[Callable[[], Yardstick]]:
    some = effort.slow_batch
    return [
        lambda: haihe.build(subject, "llvm", some),
        lambda: cpp.build(subject, 8, some),
        lambda: sdeverywhere.build_all(subject, some),
    ]


def _compare(
    subject: Subject, ways: list[Callable[[], Yardstick]], effort: Effort, notes: list[str]
) -> list[Timing]:
    """Build, check and time; what cannot be built is noted."""
    inputs = draw_inputs(subject, effort.batch)
    few = _first(inputs, CHECKED)
    truth = haihe.joined(haihe.results_of(subject, few, "numpy"))
    ready = []
    for way in ways:
        try:
            yardstick = way()
            check(yardstick, subject, truth, _first(few, min(CHECKED, yardstick.members)))
        except (MissingError, NotPrintedError, DifferentNumbersError) as error:
            notes.append(f"Left out: {error}.")
            continue
        _say(f"  {yardstick.name}")
        ready.append(yardstick)
    given = {y.name: _first(inputs, y.members) for y in ready}
    return interleave(ready, given, effort.repeats)


def _first(inputs: FloatArray, members: int) -> FloatArray:
    return np.ascontiguousarray(inputs[:, :members])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- size ---------------------------------------------------------------------------------------


def measure_size(scalars: int, effort: Effort) -> dict[str, float]:
    """Cost of a generated model."""
    _say(f"generated model of {scalars} scalars")
    members = max(effort.slow_batch // 4, 64)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "generated.mdl"
        path.write_text(generate.print_model(scalars))
        model = read_model(path)
    case = Case("generated", path, generate.OUTPUTS, generate.VARYING)
    start = time.process_time()
    program = compile_model(model, case.outputs, case.varying)
    program_s = time.process_time() - start
    subject = Subject(case, model, program)
    build_s, load_ms = haihe.build_and_load_times(subject, repeats=1)
    ours = haihe.build(subject, "llvm", members)
    few = draw_inputs(subject, CHECKED)
    check(ours, subject, haihe.joined(haihe.results_of(subject, few, "numpy")), few)
    inputs = {ours.name: draw_inputs(subject, members)}
    timing = interleave([ours], inputs, effort.repeats)[0]
    facts = _facts(subject)
    return {
        "scalars": facts["scalars"],
        "nodes": facts["nodes"],
        "compile_s": program_s + build_s,
        "load_ms": load_ms,
        "us_per_member": timing.median,
        "ns_per_scalar_step": 1000.0 * timing.median / facts["scalars"] / subject.steps,
    }


# --- numbers ------------------------------------------------------------------------------------


def find(timings: Sequence[Timing], start: str) -> Timing | None:
    """The quickest timing whose name begins so."""
    found = [t for t in timings if t.name.startswith(start)]
    return min(found, key=lambda t: t.median, default=None)


def ratio(timings: Sequence[Timing], start: str) -> float | None:
    """How many times as long as the engine; None where it was left out."""
    ours, theirs = find(timings, "haihe, LLVM"), find(timings, start)
    return theirs.median / ours.median if ours and theirs else None


def summary(report: Report) -> dict[str, Any]:
    """What the issue of the day is held to, and all timings."""
    ours, kept = find(report.chosen, "haihe, LLVM"), find(report.all, "haihe, LLVM")
    pruned = [t for t in report.chosen if t.name == "SDEverywhere, gcc"]
    ours_only = [t for t in report.chosen if t.name == "haihe, LLVM"]
    return {
        "model": report.model,
        "us_per_member": ours.median if ours else None,
        "sde_ratio": ratio([*ours_only, *pruned], "SDEverywhere"),
        "sde_unpruned_ratio": ratio(report.chosen, "SDEverywhere, gcc, every"),
        "pysd_ratio": ratio(report.chosen, "PySD"),
        "pysd_own_lookups_ratio": ratio(report.chosen, "PySD, mended, its own"),
        "numba_ratio": ratio(report.chosen, "numba"),
        "cpp_ratio": ratio(report.chosen, "C++"),
        "numpy_ratio": ratio(report.chosen, "haihe, NumPy"),
        "all_outputs_us": kept.median if kept else None,
        "all_outputs_sde_ratio": ratio(report.all, "SDEverywhere"),
        "all_outputs_cpp_ratio": ratio(report.all, "C++"),
        **report.about,
        "timings": [_plain(t) for t in (*report.chosen, *(named_all(t) for t in report.all))],
        "profile": [asdict(share) for share in report.shares],
        "notes": report.notes,
    }


def named_all(timing: Timing) -> Timing:
    """A timing with every variable kept, under a name that says so."""
    return replace(timing, name=f"{timing.name.removesuffix(', every variable kept')}, all kept")


def _plain(timing: Timing) -> dict[str, Any]:
    return {
        "name": timing.name, "members": timing.members, "median_us": timing.median,
        "least_us": min(timing.us), "most_us": max(timing.us), "rounds": len(timing.us),
        "build_s": timing.build_s, "note": timing.note,
    }  # fmt: skip


if __name__ == "__main__":
    main()
