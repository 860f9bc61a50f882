"""Lookups over lanes, in LLVM's text.

A short table is a chain of selections; a long one is searched by halves, the same number of steps
for every lane. Both give the bits of `emit_numpy.read_points`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from haihe.compile import llvm_wide
from haihe.compile.ir import Points
from haihe.compile.llvm_text import Machine, Writer, function, hexadecimal, splat

LONGEST_CHAIN = 14
"""Points of a table that is still read by a chain."""


def segments(points: Points) -> tuple[list[float], list[float], list[float]]:
    """Start, value at the start and slope of each segment; the last one holds the end."""
    x, y = list(points.x), list(points.y)
    rise = [_quotient(b - a, d - c) for a, b, c, d in zip(y, y[1:], x, x[1:])]
    if points.mode == "extrapolate":
        return x[:-1], y[:-1], rise
    return x, y, [*rise, 0.0]


def _quotient(a: float, b: float) -> float:
    """a / b as the processor divides."""
    if b == 0.0:
        return math.nan if a == 0.0 or math.isnan(a) else math.copysign(math.inf, a)
    return a / b


def read_lookup(w: Writer, points: Points, x: str, table: str) -> str:
    """A lookup read at `x`. `table` names the constant that `table_text` declares."""
    if len(points.x) == 1:
        return w.select(w.compare("uno", x, x), x, splat(points.y[0]))
    if points.mode in ("raw", "look_forward", "hold_backward"):
        return _read_steps(w, points, x)
    if points.mode == "interpolate":
        first, last = splat(points.x[0]), splat(points.x[-1])
        x = w.select(w.compare("ogt", x, last), last, x)
        x = w.select(w.compare("olt", x, first), first, x)
    starts, values, slopes = segments(points)
    if w.machine.wide and len(starts) <= llvm_wide.LARGEST:
        value = llvm_wide.read_table(w, (starts, values, slopes), x, points.mode)
    elif is_long(points):
        value = _search(w, len(starts), x, table)
    else:
        value = _chain(w, starts, values, slopes, x)
    if points.mode == "extrapolate":
        return w.select(w.compare("oeq", x, splat(points.x[-1])), splat(points.y[-1]), value)
    return value


def is_long(points: Points) -> bool:
    """Is the table searched by halves?"""
    straight = points.mode in ("interpolate", "extrapolate")
    return straight and len(points.x) > LONGEST_CHAIN


def _chain(
    w: Writer, starts: Sequence[float], values: Sequence[float], slopes: Sequence[float], x: str
) -> str:
    start, value, slope = splat(starts[0]), splat(values[0]), splat(slopes[0])
    for a, b, c in zip(starts[1:], values[1:], slopes[1:]):
        beyond = w.compare("oge", x, splat(a))
        start = w.select(beyond, splat(a), start)
        value = w.select(beyond, splat(b), value)
        slope = w.select(beyond, splat(c), slope)
    return w.add(value, w.mul(slope, w.sub(x, start)))


def _read_steps(w: Writer, points: Points, x: str) -> str:
    """Data without straight lines between its points."""
    held = points.mode == "hold_backward"
    value = splat(math.nan) if points.mode == "raw" else splat(points.y[0])
    for i in range(len(points.x)):
        at = splat(points.x[i])
        if points.mode == "raw":
            value = w.select(w.compare("oeq", x, at), splat(points.y[i]), value)
        elif held:
            value = w.select(w.compare("oge", x, at), splat(points.y[i]), value)
        elif i + 1 < len(points.x):
            value = w.select(w.compare("ogt", x, at), splat(points.y[i + 1]), value)
    if points.mode == "raw":
        return value
    return w.select(w.compare("uno", x, x), x, value)


def table_text(points: Points, name: str) -> str:
    """Declaration of a long table: starts, values and slopes, each padded to a power of two."""
    starts, values, slopes = segments(points)
    size = _padded(len(starts))
    rows = [
        [*starts, *([math.inf] * (size - len(starts)))],
        [*values, *([0.0] * (size - len(values)))],
        [*slopes, *([0.0] * (size - len(slopes)))],
    ]
    numbers = ", ".join(f"double {hexadecimal(v)}" for row in rows for v in row)
    return f"{name} = internal constant [{3 * size} x double] [{numbers}], align 64\n"


def _padded(count: int) -> int:
    size = 1
    while size < count:
        size *= 2
    return size


def _search(w: Writer, count: int, x: str, table: str) -> str:
    """Index of the last start that is not beyond x, found from the greatest power of two down."""
    m = w.machine
    size = _padded(count)
    index = "zeroinitializer"
    half = size // 2
    while half:
        tried = w.integer("add", index, half)
        start = gather(w, table, tried)
        beyond = w.compare("oge", x, start)
        index = w.new(f"select {m.mask} {beyond}, {m.bits} {tried}, {m.bits} {index}")
        half //= 2
    start = gather(w, table, index)
    value = gather(w, table, w.integer("add", index, size))
    slope = gather(w, table, w.integer("add", index, 2 * size))
    return w.add(value, w.mul(slope, w.sub(x, start)))


def gather(w: Writer, base: str, index: str) -> str:
    """A number for each lane."""
    m = w.machine
    pointers = f"<{m.lanes} x ptr>"
    address = w.new(f"getelementptr double, ptr {base}, {m.bits} {index}")
    return w.new(
        f"call {m.vector} @llvm.masked.gather.{m.suffix}.v{m.lanes}p0({pointers} align 8 {address},"
        f" {m.mask} splat (i1 true), {m.vector} poison)"
    )


def declarations(machine: Machine) -> str:
    """The gather that `gather` calls."""
    m = machine
    return (
        f"declare {m.vector} @llvm.masked.gather.{m.suffix}.v{m.lanes}p0"
        f"(<{m.lanes} x ptr>, {m.mask}, {m.vector})\n"
    )


def given_lookup_text(machine: Machine) -> str:
    """A lookup of two points or more that come with each member: y (point, member), a stride."""
    m, w = machine, Writer(machine)
    ends = ("xl", "xh", "yl", "yh")
    w.say("entry:")
    first = {"xl": w.load_one("%xs"), "xh": w.load_one(w.at("%xs", 1))}
    first |= {"yl": w.load("%ys"), "yh": w.load(w.at("%ys", "%stride"))}
    w.say("%last = sub i64 %n, 1")
    w.say("br label %head")
    w.say("head:")
    w.say("%j = phi i64 [1, %entry], [%next, %body]")
    for end in ends:
        w.say(f"%{end} = phi {m.vector} [{first[end]}, %entry], [%{end}2, %body]")
    w.say("%more = icmp slt i64 %j, %last")
    w.say("br i1 %more, label %body, label %end")
    w.say("body:")
    w.say("%next = add i64 %j, 1")
    here, there = w.new("mul i64 %j, %stride"), w.new("mul i64 %next, %stride")
    new = {"xl": w.load_one(w.at("%xs", "%j")), "xh": w.load_one(w.at("%xs", "%next"))}
    new |= {"yl": w.load(w.at("%ys", here)), "yh": w.load(w.at("%ys", there))}
    beyond = w.compare("oge", "%x", new["xl"])
    for end in ends:
        w.say(f"%{end}2 = select {m.mask} {beyond}, {m.vector} {new[end]}, {m.vector} %{end}")
    w.say("br label %head")
    w.say("end:")
    slope = w.div(w.sub("%yh", "%yl"), w.sub("%xh", "%xl"))
    value = w.add("%yl", w.mul(slope, w.sub("%x", "%xl")))
    x_last = w.load_one(w.at("%xs", "%last"))
    y_last = w.load(w.at("%ys", w.new("mul i64 %last, %stride")))
    value = w.select(w.compare("oge", "%x", x_last), y_last, value)
    value = w.select(w.compare("olt", "%x", first["xl"]), first["yl"], value)
    w.say(f"ret {m.vector} {value}")
    params = f"{m.vector} %x, ptr %xs, ptr %ys, i64 %n, i64 %stride"
    return function(f"define internal {m.vector} @lanes_lookup({params}) #1", w)
