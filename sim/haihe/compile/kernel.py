"""The compiled program: built or taken from the cache, and called.

Shapes and lengths are checked in `prepare`; here are only addresses. Each block of members goes
through the kernel from the first step to the last. Several threads take blocks in turn; ctypes
lets go of the interpreter while the kernel runs.
"""

from __future__ import annotations

import ctypes
import hashlib
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haihe.compile import cache as object_cache
from haihe.compile import layout
from haihe.compile.emit_llvm import emit
from haihe.compile.ir import Output, Program
from haihe.compile.layout import Kept, Layout, kept_of, lay_out
from haihe.compile.llvm_math import OUTSIDE
from haihe.compile.llvm_site import FRAME
from haihe.compile.llvm_text import Machine
from haihe.compile.prepare import Curve, Prepared
from haihe.compile.room import make_room
from haihe.model.types import FloatArray

IntArray = NDArray[np.int64]

MOST_AT_ONCE = 1024
"""Members of a call."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A program in machine code."""

    program: Program
    layout: Layout
    lanes: int
    run: Any
    fill_times: Any
    engine: Any
    """Keeps the code alive."""
    cached: bool
    """Was the code taken from the cache?"""


@dataclass(frozen=True, slots=True)
class Host:
    """The processor that code is made for."""

    cpu: str
    features: str
    machine: Machine
    version: str


ENTRIES = ("bind", "fill_times", "run")
"""Functions that a kernel is called by; code without them is not ours and is built again."""

_KERNELS: dict[str, Kernel] = {}
_LOCK = threading.Lock()


def available() -> bool:
    """Is llvmlite here?"""
    try:
        import llvmlite.binding  # noqa: F401
    except ImportError:
        return False
    return True


@cache
def host(lanes: int = 0) -> Host:
    """This processor; as many lanes as its vectors hold, and at least 4."""
    import llvmlite
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    found = llvm.get_host_cpu_features()
    best = 8 if found.get("avx512f", False) else 4
    wide = best == 8 and lanes in (0, 8) and bool(found.get("avx512dq", False))
    bytewise = wide and bool(found.get("avx512vbmi", False))
    fma = bool(found.get("fma", False)) or _is_arm()
    machine = Machine(lanes or best, fma, wide, bytewise)
    version = f"{llvmlite.__version__}-{'.'.join(map(str, llvm.llvm_version_info))}"
    return Host(llvm.get_host_cpu_name(), found.flatten(), machine, version)


@cache
def outside_addresses() -> IntArray:
    """Where the functions of the C library are; on Windows the process does not show them."""
    library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    found = (ctypes.cast(getattr(library, name), ctypes.c_void_p).value for name in OUTSIDE)
    return np.array(list(found), dtype=np.int64)


def _is_arm() -> bool:
    import platform

    return platform.machine().lower() in ("arm64", "aarch64")


def kernel_of(program: Program, lanes: int = 0) -> Kernel:
    """The kernel of a program: from memory, from the cache on disk, or built now."""
    target = host(lanes)
    shape = f"{target.machine.lanes} {layout.ONE_FUNCTION} {layout.CHUNK}"
    key = object_cache.key_of(
        program.digest, target.cpu, target.features, target.version, shape, EMITTER
    )
    with _LOCK:
        if key not in _KERNELS:
            _KERNELS[key] = _load_kernel(program, target, key)
        return _KERNELS[key]


def _digest_emitter() -> str:
    """SHA-256 over the modules that write code, so that no code of another version is run."""
    here = Path(__file__).parent
    files = [
        here / "kernel.py",
        here / "emit_llvm.py",
        here / "layout.py",
        here / "draws.py",
        here / "clearing.py",
        *sorted(here.glob("llvm_*.py")),
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


EMITTER = _digest_emitter()
"""Taken when the modules are: a process that outlives an upgrade keeps its own code apart."""


def _load_kernel(program: Program, target: Host, key: str) -> Kernel:
    code = object_cache.read(key)
    engine = None if code is None else _link(code, target)
    cached = engine is not None and all(map(engine.get_function_address, ENTRIES))
    if engine is None or not cached:
        code = build(program, target)
        object_cache.write(key, code)
        engine = _link(code, target)
    pointer = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    pointer(engine.get_function_address("bind"))(outside_addresses().ctypes.data)
    return Kernel(
        program=program,
        layout=lay_out(program),
        lanes=target.machine.lanes,
        run=pointer(engine.get_function_address("run")),
        fill_times=pointer(engine.get_function_address("fill_times")),
        engine=engine,
        cached=cached,
    )


def _target_machine(target: Host) -> Any:
    import llvmlite.binding as llvm

    triple = llvm.Target.from_default_triple()
    reloc, model = ("pic", "small") if _lies_together() else ("default", "jitdefault")
    return triple.create_target_machine(
        cpu=target.cpu, features=target.features, opt=1, reloc=reloc, codemodel=model
    )


def _lies_together() -> bool:
    """Can code reach its constants by short ways?

    Only where llvmlite puts all of a kernel into one piece of memory; else each constant takes an
    instruction more, which names its whole address.
    """
    import platform

    return sys.platform == "linux" and platform.machine() == "x86_64"


def build(program: Program, target: Host) -> bytes:
    """Object code of a program.

    The program is folded and shared already: LLVM's own passes over it gain nothing.
    """
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(emit(program, target.machine))
    module.verify()
    machine = _target_machine(target)
    return bytes(machine.emit_object(module))


def _link(code: bytes, target: Host) -> Any:
    import llvmlite.binding as llvm

    engine = llvm.create_mcjit_compiler(
        llvm.parse_assembly(""), _target_machine(target), _lies_together() or None
    )
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


# --- running ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """Arrays that all calls of one evaluation share; they must outlive the calls."""

    kernel: Kernel
    prepared: Prepared
    saved: FloatArray
    """(padded member, saved time, padded cell)"""
    steady: FloatArray
    """(padded member, padded cell)"""
    table: FloatArray
    """(row, padded time of the grid)"""
    words: IntArray
    """The frame, without what is each thread's own."""
    alive: tuple[Any, ...]


def simulate(program: Program, prepared: Prepared, threads: int = 1) -> list[FloatArray]:
    """Run every member.

    Returns
    -------
    list
        For each output its cells (member, saved time, cell). What is the same for all members or
        times is there once, and is not to be written to.
    """
    call = _open(kernel_of(program), prepared)
    lanes = call.kernel.lanes
    share = min(MOST_AT_ONCE, -(-prepared.members // max(threads, 1)))
    at_once = _round_up(share, lanes)
    firsts = range(0, prepared.members, at_once)
    if threads <= 1 or len(firsts) == 1:
        _run_some(call, firsts, at_once)
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = [firsts[k::threads] for k in range(threads)]
            list(pool.map(lambda part: _run_some(call, part, at_once), parts))
    return _results(call)


def _results(call: Call) -> list[FloatArray]:
    """What was kept, as a view for each output."""
    program, members, saves = call.kernel.program, call.prepared.members, call.prepared.saves
    found, places = [], {Kept.EACH_TIME: 0, Kept.ONCE: 0}
    for output in program.outputs:
        kept, count = kept_of(program, output), len(output.nodes)
        shape = (members, saves, count)
        first = places.get(kept, 0)
        if kept is Kept.EACH_TIME:
            found.append(call.saved[:members, :, first : first + count])
        elif kept is Kept.ONCE:
            once = call.steady[:members, None, first : first + count]
            found.append(np.broadcast_to(once, shape))
        else:
            found.append(np.broadcast_to(_common(call, output), shape))
        if kept in places:
            places[kept] += count
    return found


def _common(call: Call, output: Output) -> FloatArray:
    """Cells of an output that is the same for all members (saved time, cell)."""
    nodes, rows = call.kernel.program.nodes, call.kernel.layout.time_row
    every = call.prepared.every * call.prepared.per_step
    values = np.empty((call.prepared.saves, len(output.nodes)))
    for cell, n in enumerate(output.nodes):
        series = call.table[rows[n], : len(call.prepared.grid) : every] if n in rows else None
        values[:, cell] = nodes[n].value if series is None else series
    return values


def _open(kernel: Kernel, prepared: Prepared) -> Call:
    lanes, layout = kernel.lanes, kernel.layout
    padded = _round_up(prepared.members, lanes)
    inputs = _pad(prepared.inputs, padded)
    steps = len(prepared.times) - 1
    rows = _round_up(len(prepared.grid), lanes)
    times = np.full(rows, prepared.grid[-1])
    times[: len(prepared.grid)] = prepared.grid
    table = np.zeros((max(len(layout.time_row), 1), rows))
    step = layout.saved_step
    saved = make_room(padded * prepared.saves * step).reshape(padded, prepared.saves, step)
    steady = make_room(padded * layout.steady_row).reshape(padded, layout.steady_row)
    curves, alive = _curve_words(prepared, padded)
    controls = np.ascontiguousarray(prepared.controls)
    numbers = _pad(prepared.numbers, padded)
    words = np.zeros(len(FRAME), dtype=np.int64)
    given = {
        "inputs": inputs.ctypes.data,
        "controls": controls.ctypes.data,
        "table": table.ctypes.data,
        "times": times.ctypes.data,
        "numbers": numbers.ctypes.data,
        "saved": saved.ctypes.data,
        "steady": steady.ctypes.data,
        "stride": padded,
        "saved_row": prepared.saves * step,
        "saved_step": step,
        "steps": steps,
        "every": prepared.every,
        "rows": rows,
        # The same 64 bits, as the words of the frame have a sign.
        "seed": prepared.seed - (prepared.seed >> 63 << 64),
        **{name: array.ctypes.data for name, array in curves.items()},
    }
    for name, word in given.items():
        words[FRAME.index(name)] = word
    kernel.fill_times(words.ctypes.data)
    kept = (inputs, controls, times, numbers, tuple(curves.values()), alive)
    return Call(kernel, prepared, saved, steady, table, words, kept)


def _round_up(count: int, lanes: int) -> int:
    return -(-count // lanes) * lanes


def _pad(values: NDArray[Any], padded: int) -> NDArray[Any]:
    """Members up to a whole block; the last one is repeated."""
    missing = padded - values.shape[-1]
    if missing == 0:
        return np.ascontiguousarray(values)
    last = np.repeat(values[..., -1:], missing, axis=-1)
    return np.ascontiguousarray(np.concatenate([values, last], axis=-1))


def _curve_words(
    prepared: Prepared, padded: int
) -> tuple[dict[str, NDArray[Any]], tuple[Any, ...]]:
    """Addresses of the points of each curve, and where each step lies among them."""
    count = max(len(prepared.curves), 1)
    names = ("curve_y", "curve_x", "curve_count", "curve_at", "curve_weight")
    words = {name: np.zeros(count, dtype=np.int64) for name in names}
    alive = []
    for k, curve in enumerate(prepared.curves):
        x, y = _at_least_two(curve)
        points = _pad(np.ascontiguousarray(y.T), padded)
        at, weight = _places(x, prepared.grid)
        words["curve_y"][k] = points.ctypes.data
        words["curve_x"][k] = x.ctypes.data
        words["curve_count"][k] = x.size
        words["curve_at"][k] = at.ctypes.data
        words["curve_weight"][k] = weight.ctypes.data
        alive.append((x, points, at, weight))
    return dict(words), tuple(alive)


def _at_least_two(curve: Curve) -> tuple[FloatArray, FloatArray]:
    """A curve of one point is level."""
    if curve.x.size > 1:
        return np.ascontiguousarray(curve.x), curve.y
    x = np.array([curve.x[0], curve.x[0] + max(abs(float(curve.x[0])), 1.0)])
    return x, np.repeat(curve.y, 2, axis=1)


def _places(x: FloatArray, times: FloatArray) -> tuple[IntArray, FloatArray]:
    """For each step the point before it, and the weight of the point after it."""
    at = np.clip(np.searchsorted(x, times, side="right") - 1, 0, x.size - 2).astype(np.int64)
    weight = (times - x[at]) / (x[at + 1] - x[at])
    # Beyond the ends the end itself is held, exactly.
    weight[times <= x[0]] = 0.0
    weight[times >= x[-1]] = 1.0
    return at, weight


def _run_some(call: Call, firsts: Sequence[int], at_once: int) -> None:
    """The calls of one thread."""
    kernel, prepared = call.kernel, call.prepared
    steps = len(prepared.times) - 1
    scratch = make_room(kernel.layout.vectors(steps) * kernel.lanes)
    scratch[:] = 0.0
    words = call.words.copy()
    words[FRAME.index("scratch")] = scratch.ctypes.data
    for first in firsts:
        count = min(at_once, prepared.members - first)
        words[FRAME.index("first")] = first
        words[FRAME.index("blocks")] = _round_up(count, kernel.lanes) // kernel.lanes
        kernel.run(words.ctypes.data)
