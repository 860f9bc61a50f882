"""The loop over blocks and steps of a kernel, and the stages of RK4."""

from __future__ import annotations

from haihe.compile.ir import Program, Register, StateKind
from haihe.compile.layout import Layout
from haihe.compile.llvm_site import ADDRESSES, FRAME, INTEGRATED, STEP_ARGS, word
from haihe.compile.llvm_text import Machine, Writer, function, splat

ARGS = STEP_ARGS.replace("%out", "%stage")
"""What a step leaves goes to the stage first, to be put in order."""


def write_driver(layout: Layout, machine: Machine) -> str:
    """All blocks of a call, each over the whole horizon."""
    w = Writer(machine)
    w.say("entry:")
    for number, name in enumerate(FRAME):
        kind = "ptr" if number < ADDRESSES else "i64"
        w.say(f"%{name} = load {kind}, ptr {word(w, name)}")
    lanes = machine.lanes
    w.say(f"%first_now = getelementptr double, ptr %scratch, i64 {layout.now * lanes}")
    w.say(f"%first_then = getelementptr double, ptr %scratch, i64 {layout.then * lanes}")
    w.say(f"%stage = getelementptr double, ptr %scratch, i64 {layout.staged * lanes}")
    w.say("br label %block")
    w.say("block:")
    w.say("%b = phi i64 [0, %entry], [%b2, %block_end]")
    w.say(f"%within = mul i64 %b, {lanes}")
    w.say("%at = add i64 %first, %within")
    w.say("%before = mul i64 %at, %saved_row")
    w.say("%out0 = getelementptr double, ptr %saved, i64 %before")
    start = (ARGS.replace("%now", "%first_now").replace("%then", "%first_now")
             .replace("i64 %i,", "i64 0,").replace("i64 %n,", "i64 0,")
             .replace("%saving", "true"))  # fmt: skip
    for part in range(len(layout.start)):
        w.say(f"call void @start{part}({start})")
    if layout.steady:
        row = layout.steady_row
        to = w.at("%steady", w.new(f"mul i64 %at, {row}"))
        w.say(f"call void @order(ptr %stage, ptr {to}, i64 {row}, i64 {len(layout.steady)})")
    w.say("br label %step")
    _write_steps(w, layout)
    w.say("block_end:")
    w.say("%b2 = add i64 %b, 1")
    w.say("%another = icmp slt i64 %b2, %blocks")
    w.say("br i1 %another, label %block, label %end")
    w.say("end:")
    if layout.lined:
        w.say("fence seq_cst")  # What went past the cache is seen by other threads from here on.
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
    _call_step(w, layout, ARGS)
    w.say("br i1 %saving, label %save, label %saved_all")
    w.say("save:")
    if not layout.single:
        for part in range(len(layout.step), len(layout.step) + len(layout.save)):
            w.say(f"call void @step{part}({ARGS})")
    if layout.saved:
        w.say(f"call void @order(ptr %stage, ptr %out, i64 %saved_row, i64 {len(layout.saved)})")
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
    w.say("%out_next = getelementptr double, ptr %out, i64 %saved_step")
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
            args = ARGS.replace("i64 %i,", f"i64 {at},").replace("i1 %saving", "i1 false")
            _call_step(w, layout, args)


def _state_parts(layout: Layout) -> list[range]:
    return [range(k, min(k + 64, layout.states)) for k in range(0, layout.states, 64)]


def stage_functions(program: Program, layout: Layout, machine: Machine) -> list[str]:
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
    if register.kind not in INTEGRATED:
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
