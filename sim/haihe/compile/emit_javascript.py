"""A program as JavaScript: one member in a browser, a worker or Node, with nothing to load.

The printed text holds numbers, operators and counted names. What the model's author wrote stands
in one JSON text, in which no character is left that means something to HTML: the text is safe
between `<script>` and `</script>`.

What the text defines is a factory without arguments that gives an object:

`run(inputs)`
    One member. `inputs` may have `constants` and `initial` (by name: a number, or numbers in
    C order), `series` and `lookups` (by name: `{x, y}`, y point by point, in C order within),
    `seed` and `member` (whole numbers that random functions draw by, 0 where left out), and `slots`
    (all numbers in the order of `names`, in place of the defaults). Names fold as in the model; a
    number as name is the position in `names`. Gives a Float64Array (time, *dims) in
    C order for each output, by name. Throws a RangeError where something does not fit.
`times`
    The saved times.
`slots`
    The defaults, all in one.
`names`
    Outputs, inputs, their dimensions and shapes; `digest` of the program.

The time axis is that of the program, or the one given when it is printed. Meaning, operation by
operation: `emit_numpy`. Runge and Kutta's step evaluates series and the time at the half steps;
what is not a stock stands still within a step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import numpy as np

from haihe.compile.builtins import DRAWS
from haihe.compile.ir import Input, Level, Node, Program, StateKind
from haihe.compile.javascript_text import Writer, count_uses, number, numbers
from haihe.compile.llvm_random import (
    PHI_TERMS,
    QUANTILE_FAR,
    QUANTILE_MIDDLE,
    QUANTILE_NEAR,
)
from haihe.compile.prepare import saved_times
from haihe.errors import InputError
from haihe.model.types import FloatArray, TimeAxis, canonical_name
from haihe.text import Text

CHUNK = 250
"""Operations, or stores, of a function; an engine gives up optimising far longer ones."""

OUTSIDE = frozenset({"const", "control", "input", "time", "state", "curve", "curve_start"})
"""Nodes that are read, not computed."""

KINDS = {StateKind.EULER: 0, StateKind.NONNEGATIVE: 1, StateKind.ASSIGN: 2, StateKind.PIPE: 3}

Form = Literal["module", "script"]
Store = tuple[str, int]
"""Where a node is stored."""


def emit_javascript(
    program: Program,
    *,
    form: Form = "module",
    name: str = "createModel",
    time: TimeAxis | None = None,
    curves: Mapping[str, tuple[FloatArray, FloatArray]] | None = None,
) -> str:
    """Print a program.

    Parameters
    ----------
    form
        "module": an ES module whose default export is the factory. "script": a classic script
        that defines the factory as a variable.
    name
        Name of the factory.
    time
        None: the model's own axis.
    curves
        Series and lookups that are used where a run is given none: x (point,), y (point, *dims).

    Raises
    ------
    InputErrors
        Where the time axis does not fit, a curve does not, or the name is no name.
    """
    if not re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", name, re.ASCII):
        raise InputError(
            Text(f"{name!r} 不能作 JavaScript 的名称", f"{name!r} is no name in JavaScript"),
            expected=Text("字母和数字", "letters and digits"),
        )
    axis = time or program.time
    layout = _lay_out(program)
    body = "\n".join(
        (
            _head(program, layout, axis, curves or {}),
            *_random(program),
            _runtime("runtime.js"),
            *_functions(program, layout, axis),
        )
    )
    # The run-time text ends with `return`: functions behind it are known before it all the same.
    whole = f'function {name}(){{"use strict";\n{body}\n}}\n'
    return f"{whole}export default {name};\n" if form == "module" else whole


def _random(program: Program) -> list[str]:
    """Random numbers and the normal distribution, where the program has them."""
    used = {node.op for node in program.nodes}
    if not used & {*DRAWS, "phi", "quantile", "clearing"}:
        return []
    tables = (*QUANTILE_MIDDLE, *QUANTILE_NEAR, *QUANTILE_FAR)
    quantile = ",".join(f"[{numbers(terms)}]" for terms in tables)
    terms = f"const PHI=[{numbers(PHI_TERMS)}],QUANTILE=[{quantile}];"
    market = [_runtime("runtime_clearing.js")] if "clearing" in used else []
    return [terms, _runtime("runtime_random.js"), *market]


def _runtime(file: str) -> str:
    """A part that programs share, without comments and indentation."""
    text = files("haihe.compile").joinpath(file).read_text("utf-8")
    lines = (re.sub(r"(^|\s)// .*", "", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


# --- what goes where ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A function: operations, and what it stores besides."""

    phase: str
    nodes: tuple[int, ...]
    stores: tuple[Store, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Functions of a program, and places for what they hand on."""

    parts: tuple[Part, ...]
    place: dict[int, int]
    """Index into `v` of a node that another function reads."""
    row: dict[int, int]
    """Index into a row of `T` of a node that only the time decides."""


PARAMS = {"common": "", "begin": "", "clock": "t,o", "step": "o,c", "save": "o,c,q"}
"""Phases and what their functions are given: time, places in `T`, `C` and `O`."""


def _lay_out(program: Program) -> Layout:
    phase_of = _phases(program)
    wanted = [n for output in program.outputs for n in output.nodes]
    row = _rows(program, phase_of, wanted)
    stores: dict[str, list[Store]] = {phase: [] for phase in PARAMS}
    stores["clock"] = [(f"T[o+{k}]", n) for n, k in row.items()]
    for k, register in enumerate(program.registers):
        stores["begin"].append((f"s[{k}]", register.initial))
        if register.kind is StateKind.PIPE:
            stores["begin"].append((f"d[{k}]", register.delay))
        stores["step"].append((f"r[{k}]", register.next))
    stores["save"] = [(f"O[q+{cell}]", n) for cell, n in enumerate(wanted)]
    parts = tuple(
        part for phase in PARAMS for part in _parts(phase, phase_of, tuple(stores[phase]))
    )
    crossing = sorted(_crossing(program.nodes, parts, row))
    return Layout(parts, {n: k for k, n in enumerate(crossing)}, row)


def _phases(program: Program) -> dict[int, str]:
    """When each node is computed; outputs wait for the saved times."""
    urgent = _needed(program, [r.next for r in program.registers])
    by_level = {Level.COMMON: "common", Level.RUN: "begin", Level.TIME: "clock"}
    return {
        n: by_level.get(level) or ("step" if n in urgent else "save")
        for n, (node, level) in enumerate(zip(program.nodes, program.levels))
        if node.op not in OUTSIDE
    }


def _needed(program: Program, roots: Iterable[int]) -> set[int]:
    """Nodes of every step that the roots need."""
    seen: set[int] = set()
    pending = list(roots)
    while pending:
        n = pending.pop()
        if n not in seen and program.levels[n] is Level.STEP:
            seen.add(n)
            pending += program.nodes[n].args
    return seen


def _rows(program: Program, phase_of: Mapping[int, str], wanted: Iterable[int]) -> dict[int, int]:
    """Rows for the nodes of the time axis that the steps read."""
    read = {a for n, p in phase_of.items() if p in ("step", "save") for a in program.nodes[n].args}
    read.update(wanted, (r.next for r in program.registers))
    on_axis = sorted(n for n in read if program.levels[n] is Level.TIME)
    return {n: k for k, n in enumerate(on_axis)}


def _parts(phase: str, phase_of: Mapping[int, str], stores: Sequence[Store]) -> list[Part]:
    """Functions of a phase; a store stands where its node is computed, or in one of its own."""
    own = [n for n, p in phase_of.items() if p == phase]
    parts = []
    for first in range(0, len(own), CHUNK):
        nodes = tuple(own[first : first + CHUNK])
        here = set(nodes)
        parts.append(Part(phase, nodes, tuple(s for s in stores if s[1] in here)))
    rest = [s for s in stores if phase_of.get(s[1]) != phase]
    for first in range(0, len(rest), CHUNK):
        parts.append(Part(phase, (), tuple(rest[first : first + CHUNK])))
    return parts


def _crossing(nodes: Sequence[Node], parts: Sequence[Part], row: Mapping[int, int]) -> set[int]:
    """Nodes that are computed in one function and read in another."""
    home = {n: k for k, part in enumerate(parts) for n in part.nodes}
    found = set()
    for k, part in enumerate(parts):
        read = {a for n in part.nodes for a in nodes[n].args} | {n for _, n in part.stores}
        if part.phase in ("step", "save"):
            read -= row.keys()
        found |= {a for a in read if home.get(a, k) != k}
    return found


# --- text ---------------------------------------------------------------------------------------


def _functions(program: Program, layout: Layout, axis: TimeAxis) -> list[str]:
    """One function for each part, and one for each phase that calls its parts."""
    texts = []
    calls: dict[str, list[str]] = {phase: [] for phase in PARAMS}
    for k, part in enumerate(layout.parts):
        params = PARAMS[part.phase]
        texts.append(f"function f{k}({params}){{{_body(program, layout, axis, part)}}}")
        calls[part.phase].append(f"f{k}({params})")
    for phase, params in PARAMS.items():
        texts.append(f"function {phase}({params}){{{';'.join(calls[phase])}}}")
    return texts


def _body(program: Program, layout: Layout, axis: TimeAxis, part: Part) -> str:
    own = set(part.nodes)
    stores: dict[int, list[str]] = {}
    for target, n in part.stores:
        stores.setdefault(n, []).append(target)
    foreign = [n for n in stores if n not in own]
    writer = Writer(
        nodes=program.nodes,
        tables=program.tables,
        outside=lambda n: _outside(program, layout, axis, part.phase, n),
        uses=count_uses(program.nodes, part.nodes, foreign),
    )
    for n in part.nodes:
        kept = [f"v[{layout.place[n]}]"] if n in layout.place else []
        writer.compute(n, [*stores.get(n, ()), *kept])
    for n in foreign:
        writer.put(n, stores[n])
    return writer.text()


def _outside(program: Program, layout: Layout, axis: TimeAxis, phase: str, n: int) -> str:
    """Text that reads a node which this function does not compute."""
    node = program.nodes[n]
    if phase in ("step", "save") and n in layout.row:
        return f"T[o+{layout.row[n]}]"
    if node.op == "control":
        given = number((axis.start, axis.stop, axis.step, axis.save_step)[node.index])
        return f"({given})" if given.startswith("-") else given
    reads = {"input": "n[{}]", "state": "s[{}]", "curve": "C[c+{}]", "curve_start": "C[{}]"}
    if node.op in reads:
        return reads[node.op].format(node.index)
    return "t" if node.op == "time" else f"v[{layout.place[n]}]"


def _head(
    program: Program,
    layout: Layout,
    axis: TimeAxis,
    curves: Mapping[str, tuple[FloatArray, FloatArray]],
) -> str:
    """Numbers that the run-time text reads, and the tables."""
    saves = saved_times(axis).size
    every = round(axis.save_step / axis.step)
    stages = 2 if program.integration == "rk4" else 1
    sizes = {
        "START": number(axis.start),
        "STEP": number(axis.step),
        "GRID": number(axis.step / stages),
        "STAGES": stages,
        "EVERY": every,
        "SAVES": saves,
        "STEPS": (saves - 1) * every,
        "TIMES": (saves - 1) * every * stages + 1,
        "ROWS": len(layout.row),
        "CURVES": len(program.curves),
        "CELLS": sum(len(o.nodes) for o in program.outputs),
        "VALUES": len(layout.place),
        "KINDS": f"Uint8Array.of({numbers(KINDS[r.kind] for r in program.registers)})",
        "DEFAULTS": f"Float64Array.of({numbers(s.default for s in program.slots)})",
        "CURVE_DEFAULTS": f"[{','.join(_curve_defaults(program, curves))}]",
        "NAMES": _quoted(_names(program, axis)),
        **{
            f"L{k}": f"points([{numbers(t.x)}],[{numbers(t.y)}])"
            for k, t in enumerate(program.tables)
        },
    }
    return "const " + ",\n".join(f"{name}={text}" for name, text in sizes.items()) + ";"


def _curve_defaults(
    program: Program, curves: Mapping[str, tuple[FloatArray, FloatArray]]
) -> list[str]:
    by_key = {canonical_name(name): curve for name, curve in curves.items()}
    known = {**program.series, **program.lookups}
    if unknown := by_key.keys() - known.keys():
        raise InputError(
            Text(
                f"编译模型时没有声明 {min(unknown)}",
                f"{min(unknown)} was not announced when the model was compiled",
            )
        )
    texts = []
    for key, position in program.curves:
        if key not in by_key:
            texts.append("null")
            continue
        x, y = (np.asarray(part, dtype=np.float64) for part in by_key[key])
        if y.shape != (x.size, *known[key].shape):
            raise InputError(
                Text(
                    f"{known[key].name} 的形状为 {y.shape}",
                    f"{known[key].name} has shape {y.shape}",
                ),
                expected=f"{(x.size, *known[key].shape)}",
            )
        own = y.reshape(x.size, -1)[:, position]
        texts.append(f"points([{numbers(x.tolist())}],[{numbers(own.tolist())}])")
    return texts


# --- names --------------------------------------------------------------------------------------


def _names(program: Program, axis: TimeAxis) -> dict[str, Any]:
    """The side table: everything that is known by a name."""
    slot: dict[str, int] = {}
    for k, s in enumerate(program.slots):
        slot.setdefault(s.key, k)
    curve: dict[str, int] = {}
    for k, (key, _) in enumerate(program.curves):
        curve.setdefault(key, k)
    outputs, first = [], 0
    for o in program.outputs:
        outputs.append(_entry(o.name, o.dims, o.shape, first))
        first += len(o.nodes)
    return {
        "digest": program.digest,
        "time": {"start": axis.start, "stop": axis.stop, "step": axis.step,
                 "saveStep": axis.save_step, "units": axis.units},
        "outputs": outputs,
        "constants": [_input(i, slot) for i in program.constants.values()],
        "initial": [_input(i, slot) for i in program.initial.values()],
        "series": [_input(i, curve) for i in program.series.values()],
        "lookups": [_input(i, curve) for i in program.lookups.values()],
    }  # fmt: skip


def _entry(name: str, dims: tuple[str, ...], shape: tuple[int, ...], first: int) -> dict[str, Any]:
    count = int(np.prod(shape))
    return {"name": name, "dims": dims, "shape": shape, "first": first, "count": count}


def _input(given: Input, first: Mapping[str, int]) -> dict[str, Any]:
    entry = _entry(given.name, given.dims, given.shape, first[given.key])
    return {**entry, "key": given.key, "has": given.defaults is not None}


def _quoted(value: Any) -> str:
    """JSON as a literal of JavaScript, without a character that HTML could read."""
    inner = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&'`":
        inner = inner.replace(sign, f"\\u{ord(sign):04x}")
    return json.dumps(inner)
