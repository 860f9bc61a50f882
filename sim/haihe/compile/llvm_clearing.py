"""The price that clears a market (`clearing.clear`) over lanes, in LLVM's text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from haihe.compile.clearing import ANY, FIELDS, HALVINGS, KINDS, NORMAL, REACH, kinds_of
from haihe.compile.clearing import EXPONENTIAL as EXP
from haihe.compile.clearing import RECTANGULAR as RECT
from haihe.compile.ir import Node, Program
from haihe.compile.llvm_text import Machine, Writer, function, splat


def functions_of(program: Program, machine: Machine) -> list[str]:
    """One function for each row of kinds."""
    rows = dict.fromkeys(n.index for n in program.nodes if n.op == "clearing")
    return [_write_clearing(index, machine) for index in rows]


def call(w: Writer, node: Node, args: Sequence[str]) -> str:
    """The price, for the arguments of a node."""
    vector = w.machine.vector
    given = ", ".join(f"{vector} {a}" for a in args)
    return w.new(f"call {vector} @lanes_clearing{node.index}({given})")


def _write_clearing(index: int, machine: Machine) -> str:
    w, vector, kinds = Writer(machine), machine.vector, kinds_of(index)
    targets = [[f"%a{FIELDS * k + f}" for f in range(FIELDS)] for k in range(len(kinds))]
    w.say("entry:")
    reaches = [w.mul(splat(REACH[kind]), t[3]) for kind, t in zip(kinds, targets, strict=True)]
    pairs = list(zip(targets, reaches, strict=True))
    low = reduce(lambda a, b: _extreme(w, "olt", a, b), [w.sub(t[2], r) for t, r in pairs])
    high = reduce(lambda a, b: _extreme(w, "ogt", a, b), [w.add(t[2], r) for t, r in pairs])
    w.say("br label %loop")
    w.say("loop:")
    w.say("%k = phi i64 [0, %entry], [%k2, %loop]")
    w.say(f"%low = phi {vector} [{low}, %entry], [%low2, %loop]")
    w.say(f"%high = phi {vector} [{high}, %entry], [%high2, %loop]")
    price = w.mul(splat(0.5), w.add("%low", "%high"))
    taken = splat(0.0)
    for kind, (named, quantity, middle, width) in zip(kinds, targets, strict=True):
        z = w.div(w.sub(price, middle), width)
        taken = w.add(taken, w.mul(quantity, _share(w, kind, named, z)))
    more = w.compare("ogt", taken, f"%a{FIELDS * len(kinds)}")
    w.say(f"%low2 = select {machine.mask} {more}, {vector} {price}, {vector} %low")
    w.say(f"%high2 = select {machine.mask} {more}, {vector} %high, {vector} {price}")
    w.say("%k2 = add i64 %k, 1")
    w.say(f"%on = icmp slt i64 %k2, {HALVINGS}")
    w.say("br i1 %on, label %loop, label %end")
    w.say("end:")
    w.say(f"ret {vector} {w.mul(splat(0.5), w.add('%low2', '%high2'))}")
    params = ", ".join(f"{vector} %a{k}" for k in range(FIELDS * len(kinds) + 1))
    return function(f"define internal {vector} @lanes_clearing{index}({params}) #2", w)


def _extreme(w: Writer, predicate: str, a: str, b: str) -> str:
    """The lesser or the greater; NaN wins."""
    best = w.select(w.compare(predicate, a, b), a, b)
    return w.select(w.compare("uno", a, a), a, best)


def _bound(w: Writer, x: str) -> str:
    x = w.select(w.compare("olt", x, splat(0.0)), splat(0.0), x)
    return w.select(w.compare("ogt", x, splat(1.0)), splat(1.0), x)


def _share(w: Writer, kind: int, named: str, z: str) -> str:
    vector, one, half = w.machine.vector, splat(1.0), splat(0.5)
    if kind == ANY:
        whole = splat(float("nan"))
        for each in KINDS:
            is_it = w.compare("oeq", named, splat(float(each)))
            whole = w.select(is_it, _share(w, each, named, z), whole)
        return whole
    if kind == NORMAL:
        return w.new(f"call {vector} @lanes_phi({vector} {w.negate(z)})")
    if kind == EXP:
        far = w.negate(w.unary("fabs", z))
        part = w.mul(half, w.new(f"call {vector} @lanes_exp({vector} {far})"))
        return w.select(w.compare("olt", z, splat(0.0)), w.sub(one, part), part)
    part = _bound(w, w.sub(half, z))
    if kind == RECT:
        return part
    rest = w.sub(one, part)
    low = w.mul(splat(2.0), w.mul(part, part))
    high = w.sub(one, w.mul(splat(2.0), w.mul(rest, rest)))
    return w.select(w.compare("olt", part, half), low, high)
