"""What was measured, as a page: tables, the commands beside them, the bars and how they are met."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.cases import ROOT
from benchmarks.engine import Report, find, summary
from benchmarks.measure import Timing
from benchmarks.yardsticks import MissingError
from benchmarks.yardsticks.tools import need

PAGE = ROOT / "docs" / "performance.md"
TITLES = {
    "world": "World model (own, the shape of World3)",
    "freight": "Freight model (own, subscripted)",
    "tianjin": "Tianjin model",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that the engine is held to."""

    text: str
    key: str
    """Of the summary."""
    least: float
    models: tuple[str, ...]
    at_most: bool = False


REMARKS = """
## What holds it, and what was tried

**SDEverywhere's C, same outputs, freight model.** A step is 4,490 instructions for eight members,
of which 1,744 are products, sums fused with products, or scalings by powers of two. On this
processor one vector of 512 bits of that kind begins in each cycle, so that a step takes at least
1,890 cycles, its 32 divisions included; it takes some 2,500 (10.2 µs a member at 3.65 GHz, read
from a chain of additions). What would take products away changes bits: to fuse more products with
sums (`semantics.md`, rule 2), or to multiply the constants of a product with each other first
(166 products fewer; a product of constants can overflow where the model's own order does not). The
peer is at its best here too: one C file with its run-time library in it, everything that no output
needs left out.

**SDEverywhere's C, all outputs.** The engine leaves results in their final order, writes whole
cache lines past the cache, and writes 240 of the 330 numbers of the world model, 751 of 1,014 of
the freight model: the others do not change with time, or not with the member. Every way here, the
peers too, writes into memory that results of the round before have left: pages that are new to a
process are cleared by the system first, at 6 GB/s where used ones are filled at 22 GB/s.

**Two threads.** The threads share nothing but what they read. Where the cores have other work to
do, two threads cannot be seen to be faster; the number says as much about the load as about the
engine.

**Size.** Every element of an array is an operation of its own; loops are not kept. The cost of a
scalar and step is the same at 2,612 and at 10,412 scalars (table above), so that what larger models
pay is the time to compile.

What was tried on the same programs, side by side:

- Vectors that registers do not hold, on whole cache lines (the stack of a function begins at any
  8 bytes otherwise, and every such vector lies across two lines): 4 to 7 %, a quarter where the
  lookups and functions are taken out.
- Each state written as soon as it is known, into a place of its own, rather than all at the end:
  5 to 10 % on the world model.
- Constants by their distance from the code rather than by addresses of 64 bits: 9 % on the world
  model, 4 % on the freight model.
- Points of a table on an even grid of up to 128 places, whose parts one permutation of bytes tells,
  for a search by halves: 10 to 15 % on both.
- Tables in registers, for chains of selections: the world model took a quarter less.
- exp, log and pow in place, with tables of 16 numbers and instructions for scaling, exponent,
  mantissa and special values, for calls of longer polynomials: the freight model took a quarter
  less, the model of Tianjin a third, and results are nearer (0.7 units of the last place). A
  polynomial of five terms for six, and a square less: 4 % on the freight model.
- Functions of 300 operations rather than one for all: the freight model took a quarter less, as
  values stay in registers. Of 150, 200, 450 or 600: within 5 %.
- LLVM's own passes (O1): no gain, a third to a half more time to build.
- Two vectors side by side (16 lanes), with the same short ways: world within 5 %, freight a fifth
  slower; registers do not suffice.
- Other orders of instructions (bottom-up, top-down, for registers, for parallelism, none; nodes in
  the order of what needs them): within 10 %, noise included.
- Writing past the cache: 9 % on the world model with every variable kept, 1 % on the freight model.
"""
"""What the numbers cannot say; kept true by hand."""

ALL = ("world", "freight", "tianjin")
BARS = (
    Bar("times as fast as mended PySD (the reference)", "pysd_ratio", 1e5, ("tianjin",)),
    Bar("times as fast as mended PySD with PySD's own lookups", "pysd_own_lookups_ratio", 1e5,
        ("tianjin",)),
    Bar("times as fast as SDEverywhere's C, same outputs", "sde_ratio", 8.0, ("world", "freight")),
    Bar("times as fast as SDEverywhere's C, all outputs", "all_outputs_sde_ratio", 3.0,
        ("world", "freight")),
    Bar("times as fast as numba", "numba_ratio", 3.0, ALL),
    Bar("of the speed of the quickest C++ vectors", "cpp_ratio", 0.9, ALL),
    Bar("times as fast on two threads (wall clock)", "threads_2_speedup", 1.6, ALL),
    Bar("s to compile, nothing cached", "compile_s", 2.0, ("tianjin",), True),
    Bar("ms to load a cached kernel", "load_ms", 10.0, ("tianjin",), True),
)  # fmt: skip


def write(
    reports: Sequence[Report], sizes: Sequence[dict[str, float]], batch: int, quick: bool
) -> None:
    """Write `docs/performance.md`."""
    command = "python -m benchmarks.engine " + ("--quick --write" if quick else "--write")
    head = f"""# Performance

Generated by `{command}`; do not edit.

How long the engine takes, beside other ways to run the same model. Every way made the engine's
numbers first, within 1e-12 of the largest value of a series plus 1e-9 of each value; what did not
would not be here. Times are CPU time of one core for one member, everything included from the
values of the constants to the results in memory: the median of {len(reports[0].chosen[0].us)}
rounds, in each of which every way ran once, and the range in brackets. Members differ in five or
six constants by up to 5 %. Ways that are fast ran {batch:,} members in a call; the column says
where it was fewer. Differences under 10 % are noise on a shared machine.

Measured on {machine()}.

- **haihe, LLVM** and **haihe, NumPy**: `haihe.compile.evaluate`. Where every variable is kept, what
  is the same for all members or at all times stands in memory once and is given as a view; the
  peers write it out.
- **C++ vectors**: the same program printed as C++ with GCC's vector extensions, exp, log and pow
  from libmvec, `g++ -O3 -march=native`; short tables by permutations or by chains of selections.
- **SDEverywhere**: the C that `@sdeverywhere/compile` generates, `gcc -O3 -march=native`, in a loop
  over members inside one process. Asked for inputs and outputs it leaves out what is not needed;
  asked for inputs only it computes every variable. The run-time library is ours (its own is not in
  the registry): same search of tables, in the same file, so that GCC can inline it.
- **numba**: the same program printed as one Python function over scalars.
- **PySD, mended**: the reference that the engine must equal, which reads scalar lookups by
  `numpy.interp`; and the same with PySD's own lookups, timed over a short horizon and extended.
"""
    PAGE.write_text(head + "\n" + tables(reports, sizes) + REMARKS)


def machine() -> str:
    """This machine in general words."""
    parts = [f"{platform.machine()}, {_cores()}", f"{platform.system()}"]
    try:
        gcc = subprocess.run([need("gcc"), "-dumpversion"], capture_output=True, text=True)
        parts.append(f"GCC {gcc.stdout.strip()}")
    except MissingError:
        pass
    parts.append(f"Python {platform.python_version()}")
    try:
        import llvmlite.binding as llvm

        parts.insert(1, llvm.get_host_cpu_name())
        wide = llvm.get_host_cpu_features().get("avx512f", False)
        parts.insert(2, "512-bit vectors" if wide else "no 512-bit vectors")
        parts.append(f"LLVM {llvm.llvm_version_info[0]}")
    except ImportError:
        pass
    return ", ".join(parts)


def _cores() -> str:
    import os

    load = f"load average {os.getloadavg()[2]:.0f}" if hasattr(os, "getloadavg") else "load unknown"
    return f"{os.cpu_count()} cores shared with other work ({load})"


def tables(reports: Sequence[Report], sizes: Sequence[dict[str, float]]) -> str:
    """Everything that was measured, as Markdown."""
    parts = [_bars([summary(r) for r in reports])]
    parts += [_model(report) for report in reports]
    parts.append(_sizes(sizes))
    return "\n".join(parts)


def _bars(found: Sequence[dict[str, Any]]) -> str:
    lines = ["## What the engine is held to", "", "| model | measured | bar | met |",
             "|---|---|---|---|"]  # fmt: skip
    for bar in BARS:
        for model in found:
            if model["model"] not in bar.models:
                continue
            value = model.get(bar.key)
            shown = "not measured" if value is None else f"{_short(value)} {bar.text}"
            met = value is not None and (value <= bar.least if bar.at_most else value >= bar.least)
            sign = "≤" if bar.at_most else "≥"
            mark = "–" if value is None else "yes" if met else "**no**"
            lines.append(f"| {model['model']} | {shown} | {sign} {_short(bar.least)} | {mark} |")
    return "\n".join(lines) + "\n"


def _short(value: float) -> str:
    if value >= 1000:
        return f"{float(f'{value:.2g}'):,.0f}"
    return f"{value:.3g}"


def _model(report: Report) -> str:
    about = report.about
    lines = [f"## {TITLES.get(report.model, report.model)}", ""]
    lines += [f"{note}\n" for note in dict.fromkeys(report.notes)]
    if not report.chosen:
        return "\n".join(lines)
    lines += [
        f"{about['scalars']:.0f} scalars with constants and lookups, {about['states']:.0f} states,"
        f" {about['steps']:.0f} steps, {about['saves']:.0f} saved times. Reading the file"
        f" {about['read_s']:.2f} s, compiling {about['compile_s']:.2f} s, loading the kernel from"
        f" the cache {about['load_ms']:.1f} ms. Two threads: {about['threads_2_speedup']:.2f} times"
        f" as fast (best round {about['threads_2_best']:.2f}).",
        "",
        f"`python -m benchmarks.engine --models {report.model}`",
        "",
        "Five outputs kept:",
        "",
        *_timings(report.chosen),
        "",
        f"Every variable kept ({about['all_cells']:.0f} numbers at each saved time):",
        "",
        *_timings(report.all),
        "",
        *_shares(report),
    ]
    return "\n".join(lines)


def _timings(timings: Sequence[Timing]) -> list[str]:
    ours = find(timings, "haihe, LLVM")
    lines = ["| | µs a member | beside the engine | members | build [s] |", "|---|---|---|---|---|"]
    for t in sorted(timings, key=lambda t: t.median):
        beside = f"{_short(t.median / ours.median)}" if ours else ""
        took = f"{_short(t.median)} ({_short(min(t.us))}–{_short(max(t.us))})"
        note = f"; {t.note}" if t.note else ""
        lines.append(f"| {t.name}{note} | {took} | {beside} | {t.members:,} | {t.build_s:.1f} |")
    return lines


def _shares(report: Report) -> list[str]:
    lines = [
        "Where the time goes: the program runs with one class of operations taken out at a time"
        " (each leaves its mean); what that saves is its share. Shares overlap, and one below zero"
        " means that the compiler did no better without.",
        "",
        "| class | operations a step | share of the time |",
        "|---|---|---|",
    ]
    lines += [f"| {s.name} | {s.count} | {100 * s.share:.0f} % |" for s in report.shares]
    return [*lines, ""]


def _sizes(sizes: Sequence[dict[str, float]]) -> str:
    lines = [
        "## Size",
        "",
        "Generated models (`benchmarks/generate.py`): 25 variables over as many elements as it"
        " takes, 200 steps.",
        "",
        "| scalars | operations | compile [s] | load [ms] | µs a member | ns a scalar and step |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {s['scalars']:,.0f} | {s['nodes']:,.0f} | {s['compile_s']:.2f} | {s['load_ms']:.1f}"
        f" | {_short(s['us_per_member'])} | {s['ns_per_scalar_step']:.2f} |"
        for s in sizes
    ]
    return "\n".join(lines) + "\n"
