"""A program as LLVM's text: a block of lanes runs the whole horizon.

Members lie side by side in the lanes of a vector, states stay in the first cache, and only what
was asked for is written, at the saved times. Nothing of the model's text comes into the code: names
are counted, numbers are written by their bits. One member is one lane with one order of
operations, so its bits do not depend on what lies beside it.

The frame is one array of 64-bit words that the caller fills: see `FRAME`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from haihe.compile import llvm_lookup, llvm_math
from haihe.compile.builtins import TRUTHS
from haihe.compile.ir import Level, Node, Program, Register, StateKind
from haihe.compile.layout import OUTSIDE, Layout, lay_out
from haihe.compile.llvm_text import Machine, Writer, function, splat

FRAME = (
    "scratch",
    "inputs",
    "controls",
    "table",
    "saved",
    "curve_y",
    "curve_x",
    "curve_count",
    "curve_at",
    "curve_weight",
    "times",
    "stride",
    "saved_stride",
    "steps",
    "every",
    "rows",
    "blocks",
    "first",
)
"""Words of the frame: addresses first, then numbers."""
ADDRESSES = 11

STEP_PARAMS = (
    "ptr noalias %scratch, ptr %now, ptr %then, ptr noalias %table, ptr noalias %controls,"
    " ptr noalias %frame, ptr noalias %inputs, ptr noalias %out, i64 %i, i64 %n, i64 %at,"
    " i1 %saving"
)
STEP_ARGS = STEP_PARAMS.replace("noalias ", "")

_INTEGRATED = (StateKind.EULER, StateKind.NONNEGATIVE)
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


def _write_function(w: Writer, op: str, args: list[str]) -> str:
    m = w.machine
    if op == "neg":
        return w.negate(args[0])
    if op in ("abs", "sqrt", "trunc"):
        return w.unary({"abs": "fabs"}.get(op, op), args[0])
    if op == "mod":
        return _write_modulo(w, *args)
    if op in llvm_math.OWN:
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


def _word(w: Writer, name: str) -> str:
    """Address of a word of the frame."""
    return w.new(f"getelementptr i64, ptr %frame, i64 {FRAME.index(name)}")


def _curve_address(w: Writer, name: str, index: int) -> str:
    base = w.new(f"load ptr, ptr {_word(w, name)}")
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
    return w.select(ready, llvm_lookup.gather(w, _pipe_history(w, layout, number), index), first)


def _pipe_history(w: Writer, layout: Layout, number: int) -> str:
    m = w.machine
    base = w.at("%scratch", (layout.pipes + 2 * len(layout.pipe)) * m.lanes)
    steps = w.new(f"load i64, ptr {_word(w, 'steps')}")
    row = w.new(f"mul i64 {w.new(f'add i64 {steps}, 2')}, {number * m.lanes}")
    return w.at(base, row)


# --- functions ----------------------------------------------------------------------------------


def emit(program: Program, machine: Machine) -> str:
    """The whole module."""
    layout = lay_out(program)
    parts = [llvm_math.declarations(machine), llvm_lookup.declarations(machine)]
    parts.append(f"declare {machine.vector} @llvm.rint.{machine.suffix}({machine.vector})\n")
    parts += [
        llvm_lookup.table_text(points, f"@table{i}")
        for i, points in enumerate(program.tables)
        if llvm_lookup.is_long(points)
    ]
    used = {node.op for node in program.nodes}
    parts += [text(machine) for op, text in llvm_math.OWN.items() if op in used]
    if "lookup_given" in used:
        parts.append(llvm_lookup.given_lookup_text(machine))
    parts.append(_times_function(program, layout, machine))
    parts += _start_functions(program, layout, machine)
    parts += _step_functions(program, layout, machine)
    parts += _stage_functions(program, layout, machine)
    parts.append(_driver(program, layout, machine))
    parts.append("attributes #0 = { nounwind alwaysinline }\nattributes #1 = { nounwind }\n"
                 "attributes #2 = { nounwind noinline }\n")  # fmt: skip
    return "\n".join(parts)


def _attribute(single: bool) -> str:
    return "#0" if single else "#2"


def _opened(site: Site) -> None:
    """The words of the frame that most functions read."""
    for name in ("stride", "rows"):
        address = _word(site.writer, name)
        site.writer.say(f"%{name} = load i64, ptr {address}")


def _start_functions(program: Program, layout: Layout, machine: Machine) -> list[str]:
    """Values of the run and initial states."""
    texts = []
    for part, nodes in enumerate(layout.start):
        site = Site(program, layout, Writer(machine), "start")
        _opened(site)
        mine = set(nodes)
        site.compute(nodes)
        last = part + 1 == len(layout.start)
        for n, slot in layout.run_slot.items():
            if n in mine or (last and program.nodes[n].op in OUTSIDE):
                site.keep(n, slot)
        if last:
            _write_initial(site)
        site.writer.say("ret void")
        head = f"define internal void @start{part}({STEP_PARAMS}) #2"
        texts.append(function(head, site.writer))
    return texts


def _write_initial(site: Site) -> None:
    w, layout = site.writer, site.layout
    for k, register in enumerate(site.program.registers):
        value = site.value(register.initial)
        if register.kind is StateKind.PIPE:
            number = layout.pipe[k]
            step = w.load_one(w.at("%controls", 2))
            length = w.div(site.value(register.delay), step)
            length = w.select(w.compare("olt", length, splat(1.0)), splat(1.0), length)
            length = w.unary("rint", w.add(length, splat(1e-6)))
            w.store(length, w.at("%scratch", (layout.pipes + number) * w.machine.lanes))
            first = layout.pipes + len(layout.pipe) + number
            w.store(value, w.at("%scratch", first * w.machine.lanes))
        else:
            site.set_state(k, value)


def _step_functions(program: Program, layout: Layout, machine: Machine) -> list[str]:
    if layout.single:
        site = Site(program, layout, Writer(machine), "step")
        _opened(site)
        site.compute(layout.step[0])
        moved = _moved(site, list(enumerate(program.registers)))
        _save_when_asked(site, layout.save[0])
        _write_moved(site, moved)
        site.writer.say("ret void")
        return [function(f"define internal void @step0({STEP_PARAMS}) #0", site.writer)]
    places = _output_places(program, layout)
    texts = []
    for part, nodes in enumerate((*layout.step, *layout.save)):
        site = Site(program, layout, Writer(machine), "step")
        _opened(site)
        site.compute(nodes)
        for n in nodes:
            if n in layout.passed_slot:
                site.keep(n, layout.passed + layout.passed_slot[n])
        _finish_part(site, places[part], part)
        site.writer.say("ret void")
        texts.append(function(f"define internal void @step{part}({STEP_PARAMS}) #2", site.writer))
    return texts


def _output_places(program: Program, layout: Layout) -> list[list[tuple[int, int]]]:
    """For each function of a step the cells that it writes.

    A function writes what it computes. What no function of a step computes is spread over all,
    because LLVM's scheduler takes a time that grows with the square of a function's stores.
    """
    functions = (*layout.step, *layout.save)
    home = {n: part for part, nodes in enumerate(functions) for n in nodes}
    places: list[list[tuple[int, int]]] = [[] for _ in functions]
    elsewhere = 0
    for cell, n in enumerate(n for o in program.outputs for n in o.nodes):
        if n in home:
            places[home[n]].append((cell, n))
        else:
            places[elsewhere % len(functions)].append((cell, n))
            elsewhere += 1
    return places


def _finish_part(site: Site, wanted: Sequence[tuple[int, int]], part: int) -> None:
    """States and outputs that a function of many is the one to write."""
    layout = site.layout
    functions = (*layout.step, *layout.save)
    home = {n: k for k, nodes in enumerate(functions) for n in nodes}
    registers = enumerate(site.program.registers)
    moved = _moved(site, [(k, r) for k, r in registers if home.get(r.next, 0) == part])
    if part >= len(layout.step):
        _write_outputs(site, wanted)
    elif wanted:
        _when_saving(site, wanted, ())
    _write_moved(site, moved)


def _moved(site: Site, registers: Sequence[tuple[int, Register]]) -> list[tuple[int, str]]:
    """States of the next step; all are read before any is written."""
    w = site.writer
    moved = []
    step = w.load_one(w.at("%controls", 2)) if registers else ""
    for k, register in registers:
        value = site.value(register.next)
        if not site.layout.rk4 and register.kind in _INTEGRATED:
            now = w.load(w.at("%now", k * w.machine.lanes))
            value = w.add(now, w.mul(value, step))
            if register.kind is StateKind.NONNEGATIVE:
                value = w.select(w.compare("olt", value, splat(0.0)), splat(0.0), value)
        moved.append((k, value))
    return moved


def _write_moved(site: Site, moved: Sequence[tuple[int, str]]) -> None:
    w = site.writer
    for k, value in moved:
        if site.program.registers[k].kind is StateKind.PIPE:
            history = _pipe_history(w, site.layout, site.layout.pipe[k])
            row = _history_row(w, site.layout)
            w.store(value, w.at(history, w.new(f"mul i64 {row}, {w.machine.lanes}")))
        else:
            site.set_state(k, value)


def _history_row(w: Writer, layout: Layout) -> str:
    """Where a pipe keeps what goes in: within a step of RK4 a row that nobody reads."""
    if not layout.rk4:
        return "%n"
    first = w.new(f"icmp eq i64 %i, {w.new('mul i64 %n, 2')}")
    steps = w.new(f"load i64, ptr {_word(w, 'steps')}")
    return w.new(f"select i1 {first}, i64 %n, i64 {w.new(f'add i64 {steps}, 1')}")


def _save_when_asked(site: Site, nodes: Sequence[int]) -> None:
    outputs = [n for o in site.program.outputs for n in o.nodes]
    _when_saving(site, list(enumerate(outputs)), nodes)


def _when_saving(site: Site, wanted: Sequence[tuple[int, int]], nodes: Sequence[int]) -> None:
    """Outputs, and what only they need, behind a branch."""
    w = site.writer
    save, rest = w.label(), w.label()
    w.say(f"br i1 %saving, label %{save}, label %{rest}")
    w.say(f"{save}:")
    values, masks = dict(site.values), dict(site.masks)
    site.compute(nodes)
    _write_outputs(site, wanted)
    site.values, site.masks = values, masks
    w.say(f"br label %{rest}")
    w.say(f"{rest}:")


def _write_outputs(site: Site, wanted: Sequence[tuple[int, int]]) -> None:
    w = site.writer
    stride = w.new(f"load i64, ptr {_word(w, 'saved_stride')}")
    for cell, n in wanted:
        w.store(site.value(n), w.at("%out", w.new(f"mul i64 {stride}, {cell}")))


def _times_function(program: Program, layout: Layout, machine: Machine) -> str:
    """Values of the time axis, several times side by side."""
    w = Writer(machine)
    site = Site(program, layout, w, "times")
    w.say("entry:")
    for name in ("table", "times", "controls"):
        w.say(f"%{name} = load ptr, ptr {_word(w, name)}")
    w.say(f"%rows = load i64, ptr {_word(w, 'rows')}")
    w.say("br label %body")
    w.say("body:")
    w.say("%i = phi i64 [0, %entry], [%next, %body]")
    site.compute(layout.times)
    for n, row in layout.time_row.items():
        start = w.new(f"mul i64 %rows, {row}")
        w.store(site.value(n), w.at("%table", w.new(f"add i64 {start}, %i")))
    w.say(f"%next = add i64 %i, {machine.lanes}")
    w.say("%more = icmp slt i64 %next, %rows")
    w.say("br i1 %more, label %body, label %end")
    w.say("end:")
    w.say("ret void")
    return function("define void @fill_times(ptr noalias %frame) #1", w)


def _driver(program: Program, layout: Layout, machine: Machine) -> str:
    """All blocks of a call, each over the whole horizon."""
    w = Writer(machine)
    cells = sum(len(o.nodes) for o in program.outputs)
    w.say("entry:")
    for word, name in enumerate(FRAME):
        kind = "ptr" if word < ADDRESSES else "i64"
        w.say(f"%{name} = load {kind}, ptr {_word(w, name)}")
    lanes = machine.lanes
    w.say(f"%first_now = getelementptr double, ptr %scratch, i64 {layout.now * lanes}")
    w.say(f"%first_then = getelementptr double, ptr %scratch, i64 {layout.then * lanes}")
    w.say(f"%row_size = mul i64 %saved_stride, {cells}")
    w.say("br label %block")
    w.say("block:")
    w.say("%b = phi i64 [0, %entry], [%b2, %block_end]")
    w.say(f"%within = mul i64 %b, {lanes}")
    w.say("%at = add i64 %first, %within")
    w.say("%out0 = getelementptr double, ptr %saved, i64 %within")
    start = (STEP_ARGS.replace("%now", "%first_now").replace("%then", "%first_now")
             .replace("%out", "%out0").replace("i64 %i,", "i64 0,").replace("i64 %n,", "i64 0,")
             .replace("%saving", "true"))  # fmt: skip
    for part in range(len(layout.start)):
        w.say(f"call void @start{part}({start})")
    w.say("br label %step")
    _write_steps(w, layout)
    w.say("block_end:")
    w.say("%b2 = add i64 %b, 1")
    w.say("%another = icmp slt i64 %b2, %blocks")
    w.say("br i1 %another, label %block, label %end")
    w.say("end:")
    w.say("ret void")
    return function("define void @run(ptr noalias %frame) #1", w)


def _write_steps(w: Writer, layout: Layout) -> None:
    w.say("step:")
    w.say("%n = phi i64 [0, %block], [%n2, %step_end]")
    w.say("%until = phi i64 [0, %block], [%until2, %step_end]")
    w.say("%out = phi ptr [%out0, %block], [%out2, %step_end]")
    if layout.rk4:
        w.say("%now = getelementptr double, ptr %first_now, i64 0")
        w.say("%then = getelementptr double, ptr %first_then, i64 0")
    else:
        w.say("%now = phi ptr [%first_now, %block], [%then, %step_end]")
        w.say("%then = phi ptr [%first_then, %block], [%now, %step_end]")
    w.say("%saving = icmp eq i64 %until, 0")
    w.say(f"%i = mul i64 %n, {2 if layout.rk4 else 1}")
    _call_step(w, layout, STEP_ARGS)
    if not layout.single:
        w.say("br i1 %saving, label %save, label %saved_all")
        w.say("save:")
        for part in range(len(layout.step), len(layout.step) + len(layout.save)):
            w.say(f"call void @step{part}({STEP_ARGS})")
        w.say("br label %saved_all")
        w.say("saved_all:")
    w.say("%n2 = add i64 %n, 1")
    w.say("%on = icmp sle i64 %n2, %steps")
    if layout.rk4:
        w.say("br i1 %on, label %stages, label %step_end")
        w.say("stages:")
        _write_stages(w, layout)
    w.say("br label %step_end")
    w.say("step_end:")
    w.say("%out_next = getelementptr double, ptr %out, i64 %row_size")
    w.say("%out2 = select i1 %saving, ptr %out_next, ptr %out")
    w.say("%left = select i1 %saving, i64 %every, i64 %until")
    w.say("%until2 = sub i64 %left, 1")
    w.say("br i1 %on, label %step, label %block_end")


def _call_step(w: Writer, layout: Layout, args: str) -> None:
    for part in range(len(layout.step)):
        w.say(f"call void @step{part}({args})")


def _write_stages(w: Writer, layout: Layout) -> None:
    """The rest of a step of RK4: rates lie in `then` when a stage is called."""
    w.say("%middle = add i64 %i, 1")
    w.say("%ahead = add i64 %i, 2")
    for stage, at in enumerate(("%middle", "%middle", "%ahead", "")):
        for part in range(len(_state_parts(layout))):
            w.say(f"call void @stage{stage}_{part}(ptr %scratch, ptr %controls)")
        if at:
            args = STEP_ARGS.replace("i64 %i,", f"i64 {at},").replace("i1 %saving", "i1 false")
            _call_step(w, layout, args)


def _state_parts(layout: Layout) -> list[range]:
    return [range(k, min(k + 64, layout.states)) for k in range(0, layout.states, 64)]


def _stage_functions(program: Program, layout: Layout, machine: Machine) -> list[str]:
    """What lies between the evaluations of a step of RK4."""
    if not layout.rk4:
        return []
    texts = []
    for stage in range(4):
        for part, states in enumerate(_state_parts(layout)):
            w = Writer(machine)
            step = w.load_one(w.at("%controls", 2))
            for k in states:
                _write_stage(w, layout, program.registers[k], k, stage, step)
            w.say("ret void")
            head = f"define internal void @stage{stage}_{part}(ptr %scratch, ptr %controls) #2"
            texts.append(function(head, w))
    return texts


def _write_stage(
    w: Writer, layout: Layout, register: Register, k: int, stage: int, step: str
) -> None:
    """One state between evaluation `stage` and the next."""

    def place(first: int) -> str:
        return w.at("%scratch", (first + k) * w.machine.lanes)

    now, base, total = place(layout.now), place(layout.base), place(layout.base + layout.states)
    if register.kind is StateKind.PIPE:
        return
    rate = w.load(place(layout.then))
    if register.kind not in _INTEGRATED:
        # It keeps its value during the step, and then takes that of the first evaluation.
        if stage == 0:
            w.store(rate, total)
        elif stage == 3:
            w.store(w.load(total), now)
        return
    if stage == 0:
        w.store(w.load(now), base)
        w.store(rate, total)
    else:
        weighted = w.mul(rate, splat(2.0)) if stage < 3 else rate
        w.store(w.add(w.load(total), weighted), total)
    if stage == 3:
        arrived = w.add(w.load(base), w.mul(w.load(total), w.div(step, splat(6.0))))
        if register.kind is StateKind.NONNEGATIVE:
            arrived = w.select(w.compare("olt", arrived, splat(0.0)), splat(0.0), arrived)
        w.store(arrived, now)
    else:
        part = w.mul(step, splat(0.5)) if stage < 2 else step
        w.store(w.add(w.load(base), w.mul(rate, part)), now)
