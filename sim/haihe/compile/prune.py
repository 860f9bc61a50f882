"""What no output needs is left out, and each node learns how often it must be computed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from haihe.compile.ir import Level, Node, Program, Register


def prune(program: Program) -> Program:
    """The same program with nothing but what its outputs need, with levels and digest."""
    wanted = [n for o in program.outputs for n in o.nodes]
    alive, used = _alive(program.nodes, program.registers, wanted)
    node_of = {old: new for new, old in enumerate(alive)}
    kept = [program.nodes[old] for old in alive]
    tables = list(dict.fromkeys(node.index for node in kept if node.op == "lookup"))
    index_of = {
        "state": {old: new for new, old in enumerate(used)},
        "lookup": {old: new for new, old in enumerate(tables)},
    }
    nodes = tuple(_moved_node(node, node_of, index_of) for node in kept)
    smaller = replace(
        program,
        nodes=nodes,
        levels=tuple(levels_of(nodes)),
        tables=tuple(program.tables[old] for old in tables),
        registers=tuple(_moved_register(program.registers[old], node_of) for old in used),
        outputs=tuple(
            replace(o, nodes=tuple(node_of[n] for n in o.nodes)) for o in program.outputs
        ),
    )
    return replace(smaller, digest=digest_of(smaller))


def _moved_node(
    node: Node, node_of: Mapping[int, int], index_of: Mapping[str, Mapping[int, int]]
) -> Node:
    args = tuple(node_of[a] for a in node.args)
    return replace(node, args=args, index=index_of.get(node.op, {}).get(node.index, node.index))


def _moved_register(register: Register, node_of: Mapping[int, int]) -> Register:
    return replace(
        register,
        initial=node_of[register.initial],
        next=node_of[register.next],
        delay=node_of[register.delay],
    )


def _alive(
    nodes: Sequence[Node], registers: Sequence[Register], roots: Iterable[int]
) -> tuple[list[int], list[int]]:
    """Nodes and states that the roots need.

    Nodes come depth first, each right after what it uses, so that few values are waiting at any
    moment: what one state needs comes together.
    """
    roots = list(roots)
    used = _used_states(nodes, registers, roots)
    ends = [n for k in used for n in (registers[k].initial, registers[k].delay)]
    ends += [registers[k].next for k in used] + roots
    order: list[int] = []
    done: set[int] = set()
    for end in ends:
        pending = [end]
        while pending:
            n = pending[-1]
            waiting = [a for a in reversed(nodes[n].args) if a not in done]
            if n in done or not waiting:
                pending.pop()
                if n not in done:
                    done.add(n)
                    order.append(n)
            else:
                pending += waiting
    return order, used


def _used_states(
    nodes: Sequence[Node], registers: Sequence[Register], roots: Sequence[int]
) -> list[int]:
    """States that the roots need, directly or through other states."""
    seen: set[int] = set()
    states: set[int] = set()
    pending = list(roots)
    while pending:
        index = pending.pop()
        if index in seen:
            continue
        seen.add(index)
        node = nodes[index]
        pending += node.args
        if node.op == "state" and node.index not in states:
            states.add(node.index)
            register = registers[node.index]
            pending += (register.initial, register.next, register.delay)
    return sorted(states)


_OWN_LEVEL = {
    "const": Level.CONSTANT,
    "control": Level.COMMON,
    "input": Level.RUN,
    "curve_start": Level.RUN,
    "time": Level.TIME,
    "state": Level.STEP,
    "curve": Level.STEP,
}


def levels_of(nodes: Sequence[Node]) -> list[Level]:
    """How often each node must be computed."""
    levels: list[Level] = []
    for node in nodes:
        found = {levels[a] for a in node.args}
        if not node.args:
            found.add(_OWN_LEVEL[node.op])
        elif node.op == "lookup_given":
            found.add(Level.RUN)
        elif node.op == "draw":
            found.add(Level.STEP)
        elif node.op == "draw_start":
            found.add(Level.RUN)
        elif found == {Level.CONSTANT}:
            # Left over because it is not exact: once, in the kernel's own arithmetic.
            found = {Level.COMMON}
        if Level.RUN in found and Level.TIME in found:
            levels.append(Level.STEP)
        else:
            levels.append(max(found))
    return levels


def digest_of(program: Program) -> str:
    """SHA-256 over all that changes a result."""
    hasher = hashlib.sha256()
    for node in program.nodes:
        hasher.update(repr((node.op, node.args, node.value.hex(), node.index)).encode())
    for points in program.tables:
        hasher.update(repr((points.x, points.y, points.mode)).encode())
    for register in program.registers:
        hasher.update(
            repr((register.kind, register.initial, register.next, register.delay)).encode()
        )
    for output in program.outputs:
        hasher.update(repr((output.name, output.shape, output.nodes)).encode())
    hasher.update(repr([(s.key, s.position) for s in program.slots]).encode())
    hasher.update(repr((program.curves, program.integration)).encode())
    return hasher.hexdigest()
