"""One function of a kernel while it is written: what it has at hand, and its operations.

The frame is one array of 64-bit words that the caller fills: see `FRAME`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from haihe.compile import llvm_clearing, llvm_lookup, llvm_math, llvm_random, llvm_wide
from haihe.compile.builtins import DRAWS, TRUTHS
from haihe.compile.ir import Level, Node, Program, StateKind
from haihe.compile.layout import Layout
from haihe.compile.llvm_text import Writer, splat

FRAME = (
    "scratch",
    "inputs",
    "controls",
    "table",
    "saved",
    "steady",
    "curve_y",
    "curve_x",
    "curve_count",
    "curve_at",
    "curve_weight",
    "times",
    "numbers",
    "stride",
    "saved_row",
    "saved_step",
    "steps",
    "every",
    "rows",
    "blocks",
    "first",
    "seed",
)
"""Words of the frame: addresses first, then numbers."""
ADDRESSES = 13

STEP_PARAMS = (
    "ptr noalias %scratch, ptr noalias %now, ptr noalias %then, ptr noalias %table,"
    " ptr noalias %controls, ptr noalias %frame, ptr noalias %inputs, ptr noalias %out,"
    " i64 %i, i64 %n, i64 %at, i1 %saving"
)
STEP_ARGS = STEP_PARAMS.replace("noalias ", "")

INTEGRATED = (StateKind.EULER, StateKind.NONNEGATIVE)
_ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_COMPARISONS = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}


@dataclass(slots=True)
class Site:
    """The function that is being written: where it stands, and what it has at hand."""

    program: Program
    layout: Layout
    writer: Writer
    place: str
    """Which function: start, times or step."""
    values: dict[int, str] = field(default_factory=dict)
    masks: dict[int, str] = field(default_factory=dict)

    def value(self, n: int) -> str:
        """A node as a number."""
        node = self.program.nodes[n]
        if node.op == "const":
            return splat(node.value)
        if n not in self.values:
            if n in self.masks:
                self.values[n] = self.writer.select(self.masks[n], splat(1.0), splat(0.0))
            else:
                self.values[n] = self._read(n, node)
        return self.values[n]

    def truth(self, n: int) -> str:
        """A node as a truth."""
        if n not in self.masks:
            self.masks[n] = self.writer.compare("une", self.value(n), splat(0.0))
        return self.masks[n]

    def _read(self, n: int, node: Node) -> str:
        """A node that this function does not compute."""
        w = self.writer
        level = self.program.levels[n]
        if self.place == "step":
            if level in (Level.COMMON, Level.RUN):
                return w.load(self._vector("%scratch", self.layout.run_slot[n]))
            if level is Level.TIME:
                row = w.new(f"mul i64 %rows, {self.layout.time_row[n]}")
                return w.load_one(w.at("%table", w.new(f"add i64 {row}, %i")))
            if node.op == "state":
                return self._state(node.index)
            if node.op == "curve":
                return read_curve(w, node.index, "%i")
            return w.load(self._vector("%scratch", self._passed(n)))
        if node.op == "control":
            return w.load_one(w.at("%controls", node.index))
        if node.op == "time":
            return w.load(w.at("%times", "%i"))
        if node.op == "input":
            row = w.new(f"mul i64 %stride, {node.index}")
            return w.load(w.at("%inputs", w.new(f"add i64 {row}, %at")))
        if node.op == "curve_start":
            return read_curve(w, node.index, "0")
        return w.load(self._vector("%scratch", self.layout.run_slot[n]))

    def _vector(self, base: str, index: int) -> str:
        return self.writer.at(base, index * self.writer.machine.lanes)

    def _passed(self, n: int) -> int:
        return self.layout.passed + self.layout.passed_slot[n]

    def _state(self, k: int) -> str:
        if self.program.registers[k].kind is StateKind.PIPE:
            return read_pipe(self, k)
        return self.writer.load(self._vector("%now", k))

    def compute(self, nodes: Sequence[int]) -> None:
        """Write the operations of these nodes."""
        for n in nodes:
            write_operation(self, n)

    def keep(self, n: int, slot: int) -> None:
        """Put a value where another function finds it."""
        self.writer.store(self.value(n), self._vector("%scratch", slot))

    def set_state(self, k: int, value: str) -> None:
        """Put a state where the next step finds it."""
        self.writer.store(value, self._vector("%then", k))


# --- operations ---------------------------------------------------------------------------------


def write_operation(site: Site, n: int) -> None:
    """One operation of the program."""
    node, w = site.program.nodes[n], site.writer
    op, args = node.op, node.args
    if op in TRUTHS:
        site.masks[n] = _write_truth(site, op, args)
    elif op in _ARITHMETIC:
        site.values[n] = w.binary(_ARITHMETIC[op], site.value(args[0]), site.value(args[1]))
    elif op == "select":
        yes, no = site.value(args[1]), site.value(args[2])
        site.values[n] = w.select(site.truth(args[0]), yes, no)
    elif op in ("min", "max"):
        site.values[n] = _write_extreme(site, op, args)
    elif op in ("lookup", "lookup_given"):
        site.values[n] = _write_lookup(site, node)
    elif op == "clearing":
        site.values[n] = llvm_clearing.call(w, node, [site.value(a) for a in args])
    elif op in DRAWS:
        site.values[n] = _write_draw(site, node)
    elif w.machine.wide and op in ("exp", "log", "pow"):
        site.values[n] = _write_wide(site, node)
    else:
        site.values[n] = _write_function(w, op, [site.value(a) for a in args])


def _write_truth(site: Site, op: str, args: tuple[int, ...]) -> str:
    w = site.writer
    if op in _COMPARISONS:
        return w.compare(_COMPARISONS[op], site.value(args[0]), site.value(args[1]))
    if op == "not":
        return w.logic("xor", site.truth(args[0]), "splat (i1 true)")
    return w.logic(op, site.truth(args[0]), site.truth(args[1]))


def _write_extreme(site: Site, op: str, args: tuple[int, ...]) -> str:
    """Least or greatest; NaN wins, as with NumPy."""
    w = site.writer
    predicate = "olt" if op == "min" else "ogt"
    a, b = (site.value(x) for x in args)
    if site.program.nodes[args[1]].op == "const":
        a, b = b, a
    # Where the comparison fails for a NaN in b, b is taken.
    best = w.select(w.compare(predicate, a, b), a, b)
    if a.startswith("splat"):
        return best
    return w.select(w.compare("uno", a, a), a, best)


def _write_lookup(site: Site, node: Node) -> str:
    w = site.writer
    x = site.value(node.args[0])
    if node.op == "lookup":
        name = f"@table{node.index}"
        return llvm_lookup.read_lookup(w, site.program.tables[node.index], x, name)
    m = w.machine
    xs = _curve_word(w, "curve_x", node.index)
    ys = w.at(_curve_word(w, "curve_y", node.index), "%at")
    count = w.new(f"load i64, ptr {_curve_address(w, 'curve_count', node.index)}")
    args = f"{m.vector} {x}, ptr {xs}, ptr {ys}, i64 {count}, i64 %stride"
    return w.new(f"call {m.vector} @lanes_lookup({args})")


def _write_draw(site: Site, node: Node) -> str:
    """A random number for each lane; `%n` is the step, also within a step of RK4."""
    w = site.writer
    m = w.machine
    numbers = w.new(f"load ptr, ptr {word(w, 'numbers')}")
    number = w.new(f"load {m.bits}, ptr {w.at(numbers, '%at')}, align 8")
    seed = w.new(f"load i64, ptr {word(w, 'seed')}")
    noise = f"{m.vector} {site.value(node.args[0])}"
    given = f"{m.bits} {number}, i64 %n, i64 {node.index}, {noise}, i64 {seed}"
    return w.new(f"call {m.vector} @lanes_draw({given})")


def _write_wide(site: Site, node: Node) -> str:
    """What is short enough to stand where it is needed."""
    w, x = site.writer, site.value(node.args[0])
    if node.op in ("exp", "log"):
        return {"exp": llvm_wide.exponential, "log": llvm_wide.logarithm}[node.op](w, x)
    exponent = site.program.nodes[node.args[1]]
    if exponent.op == "const" and llvm_wide.is_simple(exponent.value):
        return llvm_wide.power(w, x, exponent.value)
    return _write_function(w, "pow", [x, site.value(node.args[1])])


def _write_function(w: Writer, op: str, args: list[str]) -> str:
    m = w.machine
    if op == "neg":
        return w.negate(args[0])
    if op in ("abs", "sqrt", "trunc"):
        return w.unary({"abs": "fabs"}.get(op, op), args[0])
    if op == "mod":
        return _write_modulo(w, *args)
    if op in llvm_random.OWN:
        given = ", ".join(f"{m.vector} {a}" for a in args)
        return w.new(f"call {m.vector} @lanes_{op}({given})")
    return llvm_math.by_lanes(w, llvm_math.LIBRARY[op], tuple(args))


def _write_modulo(w: Writer, a: str, b: str) -> str:
    """Remainder with the sign of the divisor, as NumPy's `mod`."""
    rest = llvm_math.by_lanes(w, "fmod", (a, b))
    nonzero = w.compare("une", rest, splat(0.0))
    below = w.compare("olt", w.select(w.compare("olt", b, splat(0.0)), w.negate(rest), rest),
                      splat(0.0))  # fmt: skip
    return w.select(w.logic("and", nonzero, below), w.add(rest, b), rest)


# --- what comes with members --------------------------------------------------------------------


def word(w: Writer, name: str) -> str:
    """Address of a word of the frame."""
    return w.new(f"getelementptr i64, ptr %frame, i64 {FRAME.index(name)}")


def _curve_address(w: Writer, name: str, index: int) -> str:
    base = w.new(f"load ptr, ptr {word(w, name)}")
    return w.new(f"getelementptr i64, ptr {base}, i64 {index}")


def _curve_word(w: Writer, name: str, index: int) -> str:
    return w.new(f"load ptr, ptr {_curve_address(w, name, index)}")


def read_curve(w: Writer, index: int, i: str) -> str:
    """A series at step `i`: its points before and after, and the weight of the latter."""
    points = w.at(_curve_word(w, "curve_y", index), "%at")
    at = _curve_word(w, "curve_at", index)
    before = w.new(f"load i64, ptr {w.new(f'getelementptr i64, ptr {at}, i64 {i}')}")
    weight = w.load_one(w.at(_curve_word(w, "curve_weight", index), i))
    here = w.new(f"mul i64 {before}, %stride")
    low = w.load(w.at(points, here))
    high = w.load(w.at(points, w.new(f"add i64 {here}, %stride")))
    return w.add(low, w.mul(w.sub(high, low), weight))


def read_pipe(site: Site, k: int) -> str:
    """What went into a DELAY FIXED its length ago, or its initial value."""
    w, m, layout = site.writer, site.writer.machine, site.layout
    number = layout.pipe[k]
    length = w.load(w.at("%scratch", (layout.pipes + number) * m.lanes))
    first = w.load(w.at("%scratch", (layout.pipes + len(layout.pipe) + number) * m.lanes))
    one = w.new("sitofp i64 %n to double")
    lane = w.new(f"insertelement {m.vector} poison, double {one}, i32 0")
    zeros = f"<{m.lanes} x i32> zeroinitializer"
    i = w.new(f"shufflevector {m.vector} {lane}, {m.vector} poison, {zeros}")
    due = w.sub(i, length)
    ready = w.compare("oge", due, splat(0.0))
    index = w.new(f"fptosi {m.vector} {w.select(ready, due, splat(0.0))} to {m.bits}")
    lanes = ", ".join(f"i64 {lane}" for lane in range(m.lanes))
    index = w.new(f"add {m.bits} {w.integer('mul', index, m.lanes)}, <{lanes}>")
    return w.select(ready, llvm_lookup.gather(w, pipe_history(w, layout, number), index), first)


def pipe_history(w: Writer, layout: Layout, number: int) -> str:
    m = w.machine
    base = w.at("%scratch", (layout.pipes + 2 * len(layout.pipe)) * m.lanes)
    steps = w.new(f"load i64, ptr {word(w, 'steps')}")
    row = w.new(f"mul i64 {w.new(f'add i64 {steps}, 2')}, {number * m.lanes}")
    return w.at(base, row)
