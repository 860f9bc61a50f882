"""A program as LLVM's text: a block of lanes runs the whole horizon.

Members lie side by side in the lanes of a vector, states stay in the first cache, and only what
was asked for is written, at the saved times. Nothing of the model's text comes into the code: names
are counted, numbers are written by their bits. One member is one lane with one order of
operations, so its bits do not depend on what lies beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from haihe.compile import llvm_clearing, llvm_lookup, llvm_math, llvm_order, llvm_random
from haihe.compile.ir import Program, Register, StateKind
from haihe.compile.layout import OUTSIDE, Layout, lay_out
from haihe.compile.llvm_drive import stage_functions, write_driver
from haihe.compile.llvm_site import INTEGRATED, STEP_PARAMS, Site, pipe_history, word
from haihe.compile.llvm_text import Machine, Writer, function, splat


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
    parts.append("attributes #1 = { nounwind }\nattributes #2 = { nounwind noinline }\n")
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
    if layout.single:
        site = Site(program, layout, Writer(machine), "step")
        _opened(site)
        site.compute(layout.step[0])
        moved = _moved(site, list(enumerate(program.registers)))
        _save_when_asked(site, layout.save[0])
        _write_moved(site, moved)
        site.writer.say("ret void")
        return [function(f"define internal void @step0({STEP_PARAMS}) #2", site.writer)]
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
    for cell, n in enumerate(layout.saved):
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
        if not site.layout.rk4 and register.kind in INTEGRATED:
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
            history = pipe_history(w, site.layout, site.layout.pipe[k])
            row = _history_row(w, site.layout)
            w.store(value, w.at(history, w.new(f"mul i64 {row}, {w.machine.lanes}")))
        else:
            site.set_state(k, value)


def _history_row(w: Writer, layout: Layout) -> str:
    """Where a pipe keeps what goes in: within a step of RK4 a row that nobody reads."""
    if not layout.rk4:
        return "%n"
    first = w.new(f"icmp eq i64 %i, {w.new('mul i64 %n, 2')}")
    steps = w.new(f"load i64, ptr {word(w, 'steps')}")
    return w.new(f"select i1 {first}, i64 %n, i64 {w.new(f'add i64 {steps}, 1')}")


def _save_when_asked(site: Site, nodes: Sequence[int]) -> None:
    _when_saving(site, list(enumerate(site.layout.saved)), nodes)


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
