"""Results in order, in LLVM's text: from one vector for each cell to one row for each member.

A step leaves its results cell by cell, members side by side. Here they are turned, as many cells at
once as there are lanes, and go to where the caller wants them: nothing has to be copied after.
"""

from __future__ import annotations

from collections.abc import Sequence

from haihe.compile.layout import LINE
from haihe.compile.llvm_text import Machine, Writer, function


def turn(w: Writer, rows: Sequence[str]) -> list[str]:
    """Rows into columns: in each round pairs of rows change halves, quarters, ..."""
    lanes = w.machine.lanes
    turned = list(rows)
    apart = lanes // 2
    while apart:
        for i in range(lanes):
            if not i & apart:
                a, b = turned[i], turned[i + apart]
                low = [k if not k & apart else k - apart + lanes for k in range(lanes)]
                high = [k + apart if not k & apart else k + lanes for k in range(lanes)]
                turned[i], turned[i + apart] = _mix(w, a, b, low), _mix(w, a, b, high)
        apart //= 2
    return turned


def _mix(w: Writer, a: str, b: str, places: Sequence[int]) -> str:
    """Numbers of two vectors, by their places in both."""
    m = w.machine
    mask = ", ".join(f"i32 {place}" for place in places)
    return w.new(f"shufflevector {m.vector} {a}, {m.vector} {b}, <{m.lanes} x i32> <{mask}>")


def order_function(machine: Machine, lined: bool) -> str:
    """Cells from one vector each, to one row for each lane, `%row` numbers apart.

    Rows that fill whole cache lines (`lined`) go past the cache: nobody reads them soon.
    """
    m, w = machine, Writer(machine)
    way = f"align {8 * min(m.lanes, LINE)}, !nontemporal !0" if lined else "align 8"
    store = f"@llvm.masked.store.{m.suffix}.p0"
    w.say("entry:")
    w.say(f"%whole = and i64 %cells, {-m.lanes}")
    w.say("%some = icmp ne i64 %whole, 0")
    w.say("br i1 %some, label %body, label %rest")
    w.say("body:")
    w.say("%c = phi i64 [0, %entry], [%c2, %body]")
    for value, address in _turned(w, "%c"):
        w.say(f"store {m.vector} {value}, ptr {address}, {way}")
    w.say(f"%c2 = add i64 %c, {m.lanes}")
    w.say("%more = icmp slt i64 %c2, %whole")
    w.say("br i1 %more, label %body, label %rest")
    w.say("rest:")
    w.say("%left = sub i64 %cells, %whole")
    w.say("%none = icmp eq i64 %left, 0")
    w.say("br i1 %none, label %end, label %last")
    w.say("last:")
    lane = w.new(f"insertelement {m.bits} poison, i64 %left, i32 0")
    zeros = f"<{m.lanes} x i32> zeroinitializer"
    count = w.new(f"shufflevector {m.bits} {lane}, {m.bits} poison, {zeros}")
    numbers = ", ".join(f"i64 {k}" for k in range(m.lanes))
    mask = w.new(f"icmp ult {m.bits} <{numbers}>, {count}")
    for value, address in _turned(w, "%whole"):
        w.say(f"call void {store}({m.vector} {value}, ptr align 8 {address}, {m.mask} {mask})")
    w.say("br label %end")
    w.say("end:")
    w.say("ret void")
    head = "define internal void @order(ptr %from, ptr %to, i64 %row, i64 %cells) #2"
    declared = f"declare void {store}({m.vector}, ptr, {m.mask})\n!0 = !{{i32 1}}\n"
    return declared + function(head, w)


def _turned(w: Writer, first: str) -> list[tuple[str, str]]:
    """The next cells of each member, and where they go."""
    lanes = w.machine.lanes
    start = w.at("%from", w.new(f"mul i64 {first}, {lanes}"))
    columns = turn(w, [w.load(w.at(start, k * lanes)) for k in range(lanes)])
    to = w.at("%to", first)
    return [(column, w.at(to, w.new(f"mul i64 %row, {k}"))) for k, column in enumerate(columns)]
