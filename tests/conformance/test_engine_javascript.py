"""The printed JavaScript, run in Node, against the engine's NumPy path."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engine_reference import MODELS, differences
from javascript_engine import needs_node, run_javascript, run_node

from haihe.compile import compile_model, emit_javascript, evaluate
from haihe.compile.builtins import PRIMITIVES
from haihe.compile.fold import levels_of
from haihe.compile.ir import Input, Node, Output, Points, Program, Slot
from haihe.compile.javascript_text import number
from haihe.model.catalogue import read_catalogue
from haihe.model.translate import read_model
from haihe.model.types import FloatArray, Model, TimeAxis

pytestmark = needs_node

ALL = sorted(path.stem for path in MODELS.glob("*.mdl"))
TIANJIN = Path(__file__).parents[2] / "models" / "tianjin" / "tianjin.mdl"


# --- whole models -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_javascript_equals_engine(name: str, tmp_path: Path) -> None:
    program = compile_model(read_model(MODELS / f"{name}.mdl"), [])
    plain = evaluate(program, 1, backend="numpy")
    printed = run_javascript(program, tmp_path)
    a, b = ({k: v[0] for k, v in values.items()} for values in (printed, plain))
    assert differences(a, b, of_scale=1e-13, of_value=0.0) == []


@pytest.fixture(scope="module")
def tianjin() -> Model:
    return read_model(TIANJIN)


@pytest.fixture(scope="module")
def levers(tianjin: Model) -> tuple[str, ...]:
    return tuple(read_catalogue(TIANJIN.parent / "catalogue.yaml", tianjin).levers)


def test_tianjin_levers_at_random(tianjin: Model, levers: tuple[str, ...], tmp_path: Path) -> None:
    # The defaults, and 200 settings between the limits of the model; every variable.
    program = compile_model(tianjin, [], levers)
    constants = _random_levers(tianjin, levers, 201)
    plain = evaluate(program, 201, constants, backend="numpy")
    members = [{"constants": {k: v[i].ravel().tolist() for k, v in constants.items()}}
               for i in range(201)]  # fmt: skip
    printed = run_javascript(program, tmp_path, members)
    errors = {name: _errors(printed[name], plain[name]) for name in plain}
    worst = max(errors, key=lambda name: errors[name].max())
    assert errors[worst].max() <= 1e-9, worst
    # A balance that is nearly zero shows the last bits of its terms: it may be worse than 1e-13.
    assert np.mean(np.concatenate(list(errors.values())) <= 1e-13) > 0.999
    # A comparison of constants would pass as well: the levers must move something.
    moved = [n for n, v in plain.items() if np.ptp(v, axis=0).max() > 1e-6 * np.abs(v).max()]
    assert len(moved) > 100


def test_tianjin_is_small_and_fast(tianjin: Model, levers: tuple[str, ...], tmp_path: Path) -> None:
    catalogue = read_catalogue(TIANJIN.parent / "catalogue.yaml", tianjin)
    outputs = [o.variable for o in catalogue.outcomes.values()]
    for wanted, most in ((outputs, 150_000), ([], 400_000)):
        text = emit_javascript.emit_javascript(compile_model(tianjin, wanted, levers))
        assert len(text) < most
        module = tmp_path / "fast.mjs"
        module.write_text(text, "ascii")
        assert _least_milliseconds(module) < 10.0


def _least_milliseconds(module: Path) -> float:
    script = (
        f"const model=(await import({json.dumps(module.as_uri())})).default();let least=1e9;"
        "for(let i=0;i<60;i++){const a=performance.now();model.run({});"
        "least=Math.min(least,performance.now()-a)}console.log(least)"
    )
    return float(run_node("--input-type=module", "-e", script))


def _random_levers(model: Model, levers: Sequence[str], members: int) -> dict[str, FloatArray]:
    random = np.random.default_rng(20)
    values = {}
    for name in levers:
        variable = model.variables[name]
        low, high = variable.limits
        assert low is not None
        assert high is not None
        assert variable.default is not None
        values[name] = random.uniform(low, high, (members, *variable.default.shape))
        values[name][0] = variable.default
    return values


def _errors(ours: FloatArray, theirs: FloatArray) -> FloatArray:
    """Greatest error of each series, of the greatest value in that series."""
    assert np.array_equal(np.isfinite(ours), np.isfinite(theirs))
    scale = np.max(np.abs(theirs), axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.where(ours == theirs, 0.0, np.abs(ours - theirs) / scale)
    return np.asarray(errors.max(axis=1).ravel())


# --- single operations --------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.5, 3.0, 7.25, -7.25, 1e-7, -1e-300, 5e-324,
           709.0, -745.0, 1e308, -1e308, math.inf, -math.inf, math.nan]  # fmt: skip


def _program(nodes: Sequence[Node], tables: Sequence[Points] = ()) -> Program:
    """A program of two given numbers, nodes 0 and 1, whose outputs are all the other nodes."""
    names = ("a", "b")
    given = {k: Input(k, k, (), (), np.array(0.0)) for k in names}
    slots = tuple(Slot(k, k, 0, 0.0) for k in names)
    whole = (Node("input", index=0), Node("input", index=1), *nodes)
    return Program(
        nodes=whole,
        levels=tuple(levels_of(whole)),
        tables=tuple(tables),
        slots=slots,
        curves=(),
        registers=(),
        outputs=tuple(Output(f"o{n}", (), (), (n,)) for n in range(2, len(whole))),
        constants=given,
        series={},
        initial={},
        lookups={},
        time=TimeAxis(0.0, 0.0, 1.0, 1.0),
        integration="euler",
        digest="",
    )


def _both_ways(
    program: Program, pairs: FloatArray, folder: Path
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    constants = {"a": pairs[:, 0], "b": pairs[:, 1]}
    plain = evaluate(program, len(pairs), constants, backend="numpy")
    # JSON has no NaN and no infinity: the numbers go into the text of the model.
    a, b = (",".join(number(x) for x in column) for column in pairs.T)
    script = folder / "grid.mjs"
    out = folder / "grid.bin"
    script.write_text(
        emit_javascript.emit_javascript(program, form="script")
        + f"import {{writeFileSync}} from 'node:fs';const A=[{a}],B=[{b}];const m=createModel();"
        "const all=[];A.forEach((x,i)=>{const r=m.run({constants:{a:x,b:B[i]}});"
        "for(const o of m.names.outputs)all.push(r[o.name][0]);});"
        f"writeFileSync({json.dumps(str(out))},Buffer.from(Float64Array.from(all).buffer));"
    )
    run_node(script)
    raw = np.frombuffer(out.read_bytes()).reshape(len(pairs), -1)
    printed = {o.name: raw[:, k] for k, o in enumerate(program.outputs)}
    return {k: v[:, 0] for k, v in plain.items()}, printed


def test_operations_of_special_values(tmp_path: Path) -> None:
    pairs = np.array([(x, y) for x in SPECIAL for y in SPECIAL])
    nodes = [Node(op, (0, 1)[: p.arity] if p.arity < 3 else (0, 1, 0))
             for op, p in PRIMITIVES.items()]  # fmt: skip
    plain, printed = _both_ways(_program(nodes), pairs, tmp_path)
    for (op, primitive), name in zip(PRIMITIVES.items(), plain, strict=True):
        a, b = plain[name], printed[name]
        # Either side squares x once, and so loses x^2 / 2 units of exp(-x^2 / 2): 26 at -7.25,
        # beside a dozen units of a polynomial.
        most = {"phi": 2 * (26 + 12)}.get(op, 4)
        assert np.array_equal(np.isnan(a), np.isnan(b)), op
        if primitive.exact or op == "mod":
            assert np.array_equal(a, b, equal_nan=True), op
        else:
            with np.errstate(invalid="ignore"):
                assert np.all(
                    (a == b) | np.isnan(a) | (np.abs(a - b) <= most * np.spacing(np.abs(a)))
                ), op
        if op not in ("min", "max"):
            # Which zero min(0, -0) is, NumPy leaves to the machine.
            seen = ~np.isnan(a)
            assert np.array_equal(np.signbit(a[seen]), np.signbit(b[seen])), op


@pytest.mark.parametrize(
    "mode", ["interpolate", "extrapolate", "hold_backward", "look_forward", "raw"]
)
def test_lookups_at_special_values(mode: str, tmp_path: Path) -> None:
    tables = [
        Points((0.0, 1.0, 3.0, 7.25), (2.0, -1.0, 5.5, 0.1), mode),
        Points((0.5,), (4.0,), mode),
        Points((0.0, 1.0, 1.0, 2.0), (0.0, 1.0, 3.0, 4.0), mode),
        Points((0.0, 1.0, 1.0), (0.0, 1.0, 3.0), mode),
        Points(tuple(map(float, range(40))), tuple(math.sin(i) for i in range(40)), mode),
    ]
    nodes = [Node("lookup", (0,), index=k) for k in range(len(tables))]
    at = [*SPECIAL, *np.linspace(-1.0, 41.0, 337)]
    plain, printed = _both_ways(_program(nodes, tables), np.array([(x, 0.0) for x in at]), tmp_path)
    for name, expected in plain.items():
        assert np.array_equal(printed[name], expected, equal_nan=True), name


def test_brackets_and_reuse(tmp_path: Path) -> None:
    # Every pair of operations inside one another, on either side, with truths among them.
    outer = [
        "add",
        "sub",
        "mul",
        "div",
        "neg",
        "lt",
        "eq",
        "and",
        "or",
        "not",
        "select",
        "pow",
        "min",
    ]
    nodes: list[Node] = [Node("const", value=-2.0)]
    for inner in outer:
        arity = PRIMITIVES[inner].arity
        nodes.append(Node(inner, (0, 1, 2)[:arity]))
        own = len(nodes) + 1
        for op in outer:
            for side in range(PRIMITIVES[op].arity):
                args = [1, 2, 0][: PRIMITIVES[op].arity]
                args[side] = own
                nodes.append(Node(op, tuple(args)))
                # Read once only, so that it stands inside of what reads it.
                nodes.append(Node("sub", (1, len(nodes) + 1)))
    pairs = np.array([(x, y) for x in (0.0, 3.0, -0.5) for y in (0.0, 1.5, math.nan)])
    program = _program(nodes)
    ends = tuple(o for o in program.outputs if program.nodes[o.nodes[0]].op == "sub")
    program = replace(program, outputs=ends)
    plain, printed = _both_ways(program, pairs, tmp_path)
    for name, expected in plain.items():
        assert np.allclose(printed[name], expected, rtol=1e-15, atol=0.0, equal_nan=True), name


# --- chunks, inputs, steps ----------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 7])
def test_size_of_functions_changes_no_bit(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("whole_inventory", "sub_trend_forecast", "delay_fixed", "file_data", "fn_pulse"):
        model = read_model(MODELS / f"{name}.mdl")
        program = compile_model(model, [])
        whole = run_javascript(program, tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(emit_javascript, "CHUNK", chunk)
            parts = run_javascript(program, tmp_path)
        assert all(np.array_equal(parts[k], whole[k], equal_nan=True) for k in whole), name


GIVEN = """{UTF-8}
place: here, there ~~|
level[place] = INTEG(inflow[place] - level[place] / stay, first[place]) ~~|
first[place] = 10, 20 ~~|
inflow[place] = demand * effect(Time) * weight[place] ~~|
weight[place] = 1, 2 ~~|
demand = 3 + 0.1 * Time ~~|
effect((0, 1), (10, 2)) ~~|
stay = 4 ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 10 ~~|
TIME STEP = 0.5 ~~|
SAVEPER = 1 ~~|
"""


def test_everything_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "given.mdl"
    path.write_text(GIVEN)
    program = compile_model(
        read_model(path), [], ["stay", "weight"], ["demand", "effect"], ["level"]
    )
    x, y = [1.0, 2.0, 6.5], [1.0, 5.0, 2.0]
    curve, table = ([0.0, 5.0, 8.0], [1.0, 0.5, 3.0])
    given = {
        "constants": {"Stay": 2.5, "weight": [0.5, -1.0]},
        "initial": {"0": [1.0, 2.0]},
        "series": {"demand": {"x": x, "y": y}},
        "lookups": {"effect": {"x": curve, "y": table}},
    }
    printed = run_javascript(program, tmp_path, [given])
    series = {
        "demand": (np.array(x), np.array([y])),
        "effect": (np.array(curve), np.array([table])),
    }
    constants = {"stay": np.array([2.5]), "weight": np.array([[0.5, -1.0]])}
    initial = {"level": np.array([[1.0, 2.0]])}
    plain = evaluate(program, 1, constants, series, initial, backend="numpy")
    for name, expected in plain.items():
        assert np.array_equal(printed[name], expected), name
    # Curves that come with the text, and another axis.
    axis = TimeAxis(0.0, 6.0, 0.25, 0.5)
    curves = {"demand": (np.array(x), np.array(y)), "effect": (np.array(curve), np.array(table))}
    del given["series"], given["lookups"]
    printed = run_javascript(program, tmp_path, [given], curves=curves, time=axis)
    plain = evaluate(program, 1, constants, series, initial, axis, backend="numpy")
    for name, expected in plain.items():
        assert np.array_equal(printed[name], expected), name


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ("{constants:{sta:1}}", "nothing is called sta"),
        ("{constants:{map:1}}", "nothing is called map"),
        ("{constants:{weight:1}}", "weight: needs 2 numbers"),
        ("{constants:{stay:null}}", "stay: needs 1 numbers"),
        ("{constants:{weight:[1,null]}}", "weight: needs 2 numbers"),
        ("{slots:[1]}", "slots: "),
        ("{}", "demand: has no series"),
        ("{series:{demand:{x:[0,0],y:[1,1]}}}", "demand: x must be finite and increasing"),
        ("{series:{demand:{x:[0,1],y:[1]}}}", "demand: needs 1 values"),
    ],
)
def test_wrong_inputs_are_told(inputs: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "given.mdl"
    path.write_text(GIVEN)
    program = compile_model(read_model(path), [], ["stay", "weight"], ["demand"])
    script = tmp_path / "wrong.mjs"
    script.write_text(
        emit_javascript.emit_javascript(program, form="script")
        + f"try{{createModel().run({inputs});console.log('ran')}}"
        "catch(e){if(!(e instanceof RangeError))throw e;console.log(e.message)}"
    )
    assert told in run_node(script)


def test_a_run_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "given.mdl"
    path.write_text(GIVEN)
    program = compile_model(read_model(path), [], ["stay", "weight"])
    printed = run_javascript(program, tmp_path, [{}, {"constants": {"stay": 1.0}}, {}])
    assert np.array_equal(printed["level"][0], printed["level"][2])
    assert not np.array_equal(printed["level"][0], printed["level"][1])


OSCILLATOR = """{UTF-8}
position = INTEG(speed, 1) ~~|
speed = INTEG(push - position, 0) ~~|
push = 0.3 * Time ~~|
seen = DELAY FIXED(position, 1, 0) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 8 ~~|
TIME STEP = 0.5 ~~|
SAVEPER = 1 ~~|
"""


def test_runge_kutta_is_of_fourth_order(tmp_path: Path) -> None:
    # x'' = 0.3 t - x, x(0) = 1, x'(0) = 0: x = cos t + 0.3 (t - sin t).
    path = tmp_path / "oscillator.mdl"
    path.write_text(OSCILLATOR)
    program = compile_model(read_model(path), [], integration="rk4")
    errors = []
    for step in (0.5, 0.25, 0.125):
        axis = TimeAxis(0.0, 8.0, step, 1.0)
        printed = run_javascript(program, tmp_path, time=axis)
        t = np.arange(9.0)
        position = printed["position"][0]
        errors.append(np.max(np.abs(position - np.cos(t) - 0.3 * (t - np.sin(t)))))
        # A pipe carries what the whole steps had.
        assert np.array_equal(printed["seen"][0][1:], position[:-1])
    for coarse, fine in itertools.pairwise(errors):
        assert 13.0 < coarse / fine < 19.0
    assert errors[-1] < 1e-4
