"""A program as LLVM's text: a block of lanes runs the whole horizon.

Members lie side by side in the lanes of a vector, states stay in the first cache, and only what
was asked for is written, at the saved times. Nothing of the model's text comes into the code: names
are counted, numbers are written by their bits. One member is one lane with one order of
operations, so its bits do not depend on what lies beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from haihe.compile import llvm_clearing, llvm_lookup, llvm_math, llvm_order, llvm_random
from haihe.compile.ir import Program, StateKind
from haihe.compile.layout import OUTSIDE, Layout, lay_out
from haihe.compile.llvm_drive import stage_functions, write_driver
from haihe.compile.llvm_site import INTEGRATED, STEP_PARAMS, Site, pipe_history, word
from haihe.compile.llvm_text import Machine, Writer, function, splat

OWN_FRAME = 'nounwind noinline "stackrealign"'
"""A function whose values stand on whole cache lines where registers do not suffice: else every
vector put on the stack lies across two of them."""


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
    parts += llvm_random.functions_of(used, machine)
    parts += llvm_clearing.functions_of(program, machine)
    if "lookup_given" in used:
        parts.append(llvm_lookup.given_lookup_text(machine))
    parts.append(_times_function(program, layout, machine))
    parts += _start_functions(program, layout, machine)
    parts += _step_functions(program, layout, machine)
    parts += stage_functions(program, layout, machine)
    parts.append(llvm_order.order_function(machine, layout.lined))
    parts.append(write_driver(layout, machine))
    parts.append(llvm_math.bind_function(machine))
    parts.append(f"attributes #1 = {{ nounwind }}\nattributes #2 = {{ {OWN_FRAME} }}\n")
    return "\n".join(parts)


def _opened(site: Site) -> None:
    """The words of the frame that most functions read."""
    for name in ("stride", "rows"):
        address = word(site.writer, name)
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
            _write_outputs(site, list(enumerate(layout.steady)))
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
    functions = (layout.step[0],) if layout.single else (*layout.step, *layout.save)
    places = _output_places(program, layout)
    moved = _moved_by(program, functions)
    texts = []
    for part, nodes in enumerate(functions):
        site = Site(program, layout, Writer(machine), "step")
        _opened(site)
        for n in nodes:
            site.compute([n])
            if n in layout.passed_slot:
                site.keep(n, layout.passed + layout.passed_slot[n])
            _move(site, moved.pop(n, ()))
        if part == 0:
            _move(site, moved.pop(-1, ()))
        if layout.single:
            _when_saving(site, list(enumerate(layout.saved)), layout.save[0])
        elif part >= len(layout.step):
            _write_outputs(site, places[part])
        elif places[part]:
            _when_saving(site, places[part], ())
        site.writer.say("ret void")
        texts.append(function(f"define internal void @step{part}({STEP_PARAMS}) #2", site.writer))
    return texts


def _moved_by(program: Program, functions: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    """States that each node of these functions gives the next value of; the others' under -1."""
    computed = {n for nodes in functions for n in nodes}
    moved: dict[int, list[int]] = {}
    for k, register in enumerate(program.registers):
        moved.setdefault(register.next if register.next in computed else -1, []).append(k)
    return moved


def _output_places(program: Program, layout: Layout) -> list[list[tuple[int, int]]]:
    """For each function of a step the cells that it writes.

    A function writes what it computes. What no function of a step computes is spread over all,
    because LLVM's scheduler takes a time that grows with the square of a function's stores.
    """
    functions = (*layout.step, *layout.save)
    home = {n: part for part, nodes in enumerate(functions) for n in nodes}
    places: list[list[tuple[int, int]]] = [[] for _ in functions]
    elsewhere = 0
    for cell, n in enumerate(layout.saved):
        if n in home:
            places[home[n]].append((cell, n))
        else:
            places[elsewhere % len(functions)].append((cell, n))
            elsewhere += 1
    return places


def _move(site: Site, states: Sequence[int]) -> None:
    """Write states of the next step, as soon as they are known: it takes a register less each."""
    w, layout = site.writer, site.layout
    for k in states:
        register = site.program.registers[k]
        value = site.value(register.next)
        if register.kind is StateKind.PIPE:
            history = pipe_history(w, layout, layout.pipe[k])
            row = _history_row(w, layout)
            w.store(value, w.at(history, w.new(f"mul i64 {row}, {w.machine.lanes}")))
            continue
        if not layout.rk4 and register.kind in INTEGRATED:
            now = w.load(w.at("%now", k * w.machine.lanes))
            value = w.add(now, w.mul(value, w.load_one(w.at("%controls", 2))))
            if register.kind is StateKind.NONNEGATIVE:
                value = w.select(w.compare("olt", value, splat(0.0)), splat(0.0), value)
        site.set_state(k, value)


def _history_row(w: Writer, layout: Layout) -> str:
    """Where a pipe keeps what goes in: within a step of RK4 a row that nobody reads."""
    if not layout.rk4:
        return "%n"
    first = w.new(f"icmp eq i64 %i, {w.new('mul i64 %n, 2')}")
    steps = w.new(f"load i64, ptr {word(w, 'steps')}")
    return w.new(f"select i1 {first}, i64 %n, i64 {w.new(f'add i64 {steps}, 1')}")


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
    for cell, n in wanted:
        w.store(site.value(n), w.at("%out", cell * w.machine.lanes))


def _times_function(program: Program, layout: Layout, machine: Machine) -> str:
    """Values of the time axis, several times side by side."""
    w = Writer(machine)
    site = Site(program, layout, w, "times")
    w.say("entry:")
    for name in ("table", "times", "controls"):
        w.say(f"%{name} = load ptr, ptr {word(w, name)}")
    w.say(f"%rows = load i64, ptr {word(w, 'rows')}")
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
