"""Every function of the table at arguments that break functions: both backends say the same.

Zero of both signs, the greatest numbers, infinities, NaN, negative numbers, break points of a
lookup and what lies outside of it.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
from engine_models import model_of

from haihe.compile import compile_model, evaluate
from haihe.compile.builtins import FUNCTIONS, How

ARGUMENTS = [
    0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.5, 1e-7, -1e-7, 1e308, -1e308, 1e-300,
    math.inf, -math.inf, math.nan, 2.0**53, 49.0, 7.25,
]  # fmt: skip
UNARY = {
    "negative": "-x", "not": "IF THEN ELSE(:NOT: x, 1, 0)", "condition": "IF THEN ELSE(x, 1, 0)",
    "abs": "ABS(x)", "sqrt": "SQRT(x)", "exp": "EXP(x)", "ln": "LN(x)", "integer": "INTEGER(x)",
    "sin": "SIN(x)", "cos": "COS(x)", "tan": "TAN(x)", "arcsin": "ARCSIN(x)",
    "arccos": "ARCCOS(x)", "arctan": "ARCTAN(x)", "sinh": "SINH(x)", "cosh": "COSH(x)",
    "tanh": "TANH(x)", "lookup": "short(x)", "long lookup": "long(x)", "square": "x ^ 2",
    "cube": "x ^ 3", "inverse": "x ^ -1", "inline": "WITH LOOKUP(x, ((-1,5),(0,0),(2,1)))",
    "step": "STEP(x, 0)", "ramp": "RAMP(x, -2, 5)",
}  # fmt: skip
BINARY = {
    "+": "x + y", "-": "x - y", "*": "x * y", "/": "x / y", "^": "x ^ y",
    "=": "IF THEN ELSE(x = y, 1, 0)", "<>": "IF THEN ELSE(x <> y, 1, 0)",
    "<": "IF THEN ELSE(x < y, 1, 0)", "<=": "IF THEN ELSE(x <= y, 1, 0)",
    ">": "IF THEN ELSE(x > y, 1, 0)", ">=": "IF THEN ELSE(x >= y, 1, 0)",
    "and": "IF THEN ELSE(x :AND: y, 1, 0)", "or": "IF THEN ELSE(x :OR: y, 1, 0)",
    "min": "MIN(x, y)", "max": "MAX(x, y)", "min with a number": "MIN(x, 2)",
    "max with a number": "MAX(0, y)", "zidz": "ZIDZ(x, y)", "xidz": "XIDZ(x, y, 9)",
    "power": "POWER(x, y)", "log": "LOG(x, y)", "quantum": "QUANTUM(x, y)",
    "modulo": "MODULO(x, y)", "if": "IF THEN ELSE(x > 0, x, y)", "pulse": "PULSE(x, y)",
    "train": "PULSE TRAIN(x, 1, y, 50)",
}  # fmt: skip
LOOKUPS = """
short((-1, 3), (0, -2), (0.5, 2), (3, 1), (49, 8))
long((-8,1),(-7,2),(-6,3),(-5,1),(-4,0),(-3,2),(-2,5),(-1,4),(0,7),(0.5,1),(1,2),(2,9),(3,1),(4,0),
""".strip()
LOOKUPS = LOOKUPS.rstrip(",") + ",(5,6),(6,1),(7.25,3),(49,1))"


def evaluate_all(tmp_path: Path, forms: dict[str, str], values: dict[str, np.ndarray]):
    """Each form at each argument, within a step, by both backends."""
    names = {f"out {i}": name for i, name in enumerate(forms)}
    lines = [
        "given x = 1",
        "given y = 1",
        *LOOKUPS.replace("\n", "").replace("long", "\nlong").strip().splitlines(),
    ]
    lines += ["x = INTEG(0, given x)", "y = INTEG(0, given y)"]
    lines += [f"out {i} = {form}" for i, form in enumerate(forms.values())]
    model = model_of(tmp_path, "\n".join(lines), (0, 1, 1, 1))
    program = compile_model(model, list(names), ["given x", "given y"])
    members = len(values["given x"])
    found = []
    for backend in ("llvm", "numpy"):
        got = evaluate(program, members, values, backend=backend)
        found.append({names[k]: v[:, -1] for k, v in got.items()})
    return found


def assert_same(forms: dict[str, str], compiled, plain, x: np.ndarray, y: np.ndarray) -> None:
    for name in forms:
        a, b = compiled[name], plain[name]
        with np.errstate(all="ignore"):
            same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= 4e-15 * np.abs(b))
        wrong = [(x[i], y[i], a[i], b[i]) for i in np.flatnonzero(~same)]
        assert not wrong, f"{forms[name]} at (x, y, compiled, numpy): {wrong[:5]}"


def test_functions_of_one_argument(tmp_path: Path) -> None:
    x = np.array(ARGUMENTS)
    compiled, plain = evaluate_all(tmp_path, UNARY, {"given x": x, "given y": np.ones_like(x)})
    assert_same(UNARY, compiled, plain, x, x)


def test_functions_of_two_arguments(tmp_path: Path) -> None:
    pairs = np.array(list(itertools.product(ARGUMENTS, ARGUMENTS)))
    x, y = pairs[:, 0].copy(), pairs[:, 1].copy()
    compiled, plain = evaluate_all(tmp_path, BINARY, {"given x": x, "given y": y})
    assert_same(BINARY, compiled, plain, x, y)


def test_known_values(tmp_path: Path) -> None:
    # What NumPy says is held against the rules themselves.
    x = np.array([0.0, -1.0, math.nan, math.inf, -0.5, 2.0, 49.0, 60.0])
    _, plain = evaluate_all(tmp_path, UNARY, {"given x": x, "given y": np.ones_like(x)})
    nan, inf = math.nan, math.inf
    expected = {
        "ln": [-inf, nan, nan, inf, nan, math.log(2), math.log(49), math.log(60)],
        "lookup": [-2, 3, nan, 8, 0.5, 1.4, 8, 8],
        "condition": [0, 1, 1, 1, 1, 1, 1, 1],
        "integer": [0, -1, nan, inf, 0, 2, 49, 60],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(plain[name], values, rtol=1e-15, err_msg=name)


def test_no_function_of_one_step_is_left_out() -> None:
    tested = set(UNARY) | set(BINARY)
    aliases = {":and:": "and", ":or:": "or", ":not:": "not", "if_then_else": "if"}
    plain = {
        aliases.get(f.name, f.name)
        for f in FUNCTIONS.values()
        if f.how in (How.PRIMITIVE, How.REWRITE)
    }
    elsewhere = {"pi", "pulse_train", "Xpulse", "Xpulse_train", "Xramp", "get_time_value"}
    assert plain - elsewhere <= tested
