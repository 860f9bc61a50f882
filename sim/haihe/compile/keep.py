"""A compiled program kept on disk, so that the next call does not compile the model again.

An entry is data: JSON of the program's nodes and tables, numbers to the last bit. Nothing that
stands in it is executed. Its name is the hash of the model with its data, of what was asked for,
and of the sources that read and compile models; the entry carries the program's own digest as well,
and is not used unless it comes out again.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from haihe.cache import cache_root, read_entry, write_entry
from haihe.compile.ir import (
    Input,
    Level,
    Node,
    Output,
    Points,
    Program,
    Register,
    Slot,
    StateKind,
)
from haihe.compile.prune import digest_of
from haihe.model.cache import digest_readers
from haihe.model.types import TimeAxis

FOLDER = "programs"
FORMAT = "haihe-program-1"


def key_of(model_digest: str, *asked: object) -> str:
    """Name of an entry; empty where nothing is kept."""
    if cache_root() is None:
        return ""
    parts = (FORMAT, digest_readers(), _compilers(), model_digest, repr(asked))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@functools.cache
def _compilers() -> str:
    """Hash over all that compiles models."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def recall(key: str) -> Program | None:
    """The program of an entry; None where there is none that can be used."""
    content = read_entry(FOLDER, key) if key else None
    if content is None:
        return None
    try:
        program = thaw(json.loads(content))
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None
    return program if digest_of(program) == program.digest else None


def keep(key: str, program: Program) -> None:
    """Keep a program."""
    if key:
        text = json.dumps(freeze(program), ensure_ascii=False, separators=(",", ":"))
        write_entry(FOLDER, key, text.encode())


def freeze(program: Program) -> dict[str, Any]:
    """A program as lists and numbers."""
    nodes = program.nodes
    return {
        "ops": [n.op for n in nodes],
        "args": [n.args for n in nodes],
        "values": {i: n.value for i, n in enumerate(nodes) if n.op == "const"},
        "indices": [n.index for n in nodes],
        "levels": program.levels,
        "tables": [astuple(t) for t in program.tables],
        "slots": [astuple(s) for s in program.slots],
        "curves": program.curves,
        "registers": [astuple(r) for r in program.registers],
        "outputs": [astuple(o) for o in program.outputs],
        "inputs": [
            _freeze_inputs(group)
            for group in (program.constants, program.series, program.initial, program.lookups)
        ],
        "time": astuple(program.time),
        "integration": program.integration,
        "digest": program.digest,
    }


def _freeze_inputs(group: Mapping[str, Input]) -> list[Any]:
    return [
        [key, i.name, i.key, i.dims, i.shape,
         None if i.defaults is None else i.defaults.ravel().tolist()]
        for key, i in group.items()
    ]  # fmt: skip


def thaw(found: Mapping[str, Any]) -> Program:
    """The program that was frozen."""
    values = {int(i): float(v) for i, v in found["values"].items()}
    nodes = tuple(
        Node(op, tuple(args), values.get(i, 0.0), index)
        for i, (op, args, index) in enumerate(
            zip(found["ops"], found["args"], found["indices"], strict=True)
        )
    )
    constants, series, initial, lookups = (_thaw_inputs(group) for group in found["inputs"])
    levels = tuple(Level)
    return Program(
        nodes=nodes,
        levels=tuple(levels[level] for level in found["levels"]),
        tables=tuple(Points(tuple(x), tuple(y), mode) for x, y, mode in found["tables"]),
        slots=tuple(Slot(*slot) for slot in found["slots"]),
        curves=tuple((key, position) for key, position in found["curves"]),
        registers=tuple(
            Register(StateKind(kind), first, following, (owner[0], owner[1]), delay)
            for kind, first, following, owner, delay in found["registers"]
        ),
        outputs=tuple(
            Output(name, tuple(dims), tuple(shape), tuple(cells))
            for name, dims, shape, cells in found["outputs"]
        ),
        constants=constants,
        series=series,
        initial=initial,
        lookups=lookups,
        time=TimeAxis(*found["time"]),
        integration=found["integration"],
        digest=found["digest"],
    )


def _thaw_inputs(group: Sequence[Sequence[Any]]) -> dict[str, Input]:
    return {
        key: Input(name, own, tuple(dims), tuple(shape),
                   None if defaults is None else np.array(defaults, dtype=float).reshape(shape))
        for key, name, own, dims, shape, defaults in group
    }  # fmt: skip
