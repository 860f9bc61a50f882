"""The one table of functions: what the backends must know, and what models may call.

`PRIMITIVES` are the scalar operations that every backend emits. `FUNCTIONS` are what an equation
may call, how it is done, and where the meaning that we claim is written down.

Truth is a number: a comparison gives 1 or 0, a condition holds where it is not 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

Compute = Callable[..., Any]
SMALL = 1e-6
"""What Vensim takes for zero in ZIDZ, XIDZ, QUANTUM, RAMP and PULSE."""

VENSIM = "Vensim reference manual, functions"
PYSD = "PySD 3.14 source"


@dataclass(frozen=True, slots=True)
class Primitive:
    """A scalar operation of the program."""

    name: str
    arity: int
    compute: Compute
    """Its meaning over arrays of members."""
    exact: bool
    """Correctly rounded on every machine, so that it may be computed at compile time."""


def _as_number(test: Compute) -> Compute:
    return lambda *args: np.where(test(*args), 1.0, 0.0)


def _select(condition: Any, yes: Any, no: Any) -> Any:
    return np.where(np.not_equal(condition, 0.0), yes, no)


def _both(a: Any, b: Any) -> Any:
    return np.where(np.logical_and(a, b), 1.0, 0.0)


def _either(a: Any, b: Any) -> Any:
    return np.where(np.logical_or(a, b), 1.0, 0.0)


def _normal_share(x: Any) -> Any:
    """Share of the standard normal distribution below x."""
    from scipy.special import ndtr

    return ndtr(x)


def _normal_place(share: Any) -> Any:
    """Where the standard normal distribution has this share below."""
    from scipy.special import ndtri

    return ndtri(share)


_TABLE: tuple[tuple[str, int, Compute, bool], ...] = (
    ("add", 2, np.add, True),
    ("sub", 2, np.subtract, True),
    ("mul", 2, np.multiply, True),
    ("div", 2, np.divide, True),
    ("neg", 1, np.negative, True),
    ("abs", 1, np.abs, True),
    ("sqrt", 1, np.sqrt, True),
    ("min", 2, np.minimum, True),
    ("max", 2, np.maximum, True),
    ("trunc", 1, np.trunc, True),
    ("mod", 2, np.mod, False),
    ("pow", 2, np.power, False),
    ("exp", 1, np.exp, False),
    ("log", 1, np.log, False),
    ("sin", 1, np.sin, False),
    ("cos", 1, np.cos, False),
    ("tan", 1, np.tan, False),
    ("asin", 1, np.arcsin, False),
    ("acos", 1, np.arccos, False),
    ("atan", 1, np.arctan, False),
    ("sinh", 1, np.sinh, False),
    ("cosh", 1, np.cosh, False),
    ("tanh", 1, np.tanh, False),
    ("phi", 1, _normal_share, False),
    ("quantile", 1, _normal_place, False),
    ("lt", 2, _as_number(np.less), True),
    ("le", 2, _as_number(np.less_equal), True),
    ("gt", 2, _as_number(np.greater), True),
    ("ge", 2, _as_number(np.greater_equal), True),
    ("eq", 2, _as_number(np.equal), True),
    ("ne", 2, _as_number(np.not_equal), True),
    ("and", 2, _both, True),
    ("or", 2, _either, True),
    ("not", 1, _as_number(np.logical_not), True),
    ("select", 3, _select, True),
)

PRIMITIVES: Mapping[str, Primitive] = {row[0]: Primitive(*row) for row in _TABLE}

TRUTHS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})
"""Primitives whose value is a truth."""

DRAWS = frozenset({"draw", "draw_start"})
"""Random numbers of a step, and of the start; `index` is the stream."""

COMMUTING = frozenset({"add", "mul", "eq", "ne", "and", "or"})
"""Primitives that give the same bits with their arguments exchanged."""


class How(StrEnum):
    """Which pass takes a function apart."""

    PRIMITIVE = "primitive"
    """It is an operation of the program."""
    REWRITE = "rewrite"
    """`rewrite` writes it with operations of the program."""
    REDUCE = "reduce"
    """`subscripts` runs it over the dimensions marked with `!`."""
    VECTOR = "vector"
    """`vectors` writes it element by element."""
    STATE = "state"
    """`expand` turns it into states."""
    RANDOM = "random"
    """`expand` writes it with a random number of its own."""
    MODE = "mode"
    """`order` and `fold` read it differently at the start."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function that a model may call."""

    name: str
    """As PySD's translator spells it."""
    least: int
    """Least number of arguments."""
    most: int
    """Greatest number of arguments."""
    how: How
    primitive: str = ""
    """The operation, for PRIMITIVE."""
    source: str = VENSIM


def _primitives(*pairs: tuple[str, str]) -> list[Function]:
    return [
        Function(name, PRIMITIVES[p].arity, PRIMITIVES[p].arity, How.PRIMITIVE, p)
        for name, p in pairs
    ]


_FUNCTIONS: list[Function] = [
    *_primitives(
        ("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "div"), ("negative", "neg"),
        ("=", "eq"), ("<>", "ne"), ("<", "lt"), ("<=", "le"), (">", "gt"), (">=", "ge"),
        (":and:", "and"), (":or:", "or"), (":not:", "not"),
        ("and", "and"), ("or", "or"), ("not", "not"),
        ("if_then_else", "select"), ("abs", "abs"), ("sqrt", "sqrt"),
        ("exp", "exp"), ("ln", "log"), ("min", "min"), ("max", "max"), ("integer", "trunc"),
        ("sin", "sin"), ("cos", "cos"), ("tan", "tan"),
        ("arcsin", "asin"), ("arccos", "acos"), ("arctan", "atan"),
        ("sinh", "sinh"), ("cosh", "cosh"), ("tanh", "tanh"),
    ),
    Function("^", 2, 2, How.REWRITE),
    Function("power", 2, 2, How.REWRITE),
    Function("log", 2, 2, How.REWRITE),
    Function("pi", 0, 0, How.REWRITE),
    Function("quantum", 2, 2, How.REWRITE),
    Function("modulo", 2, 2, How.REWRITE),
    Function("zidz", 2, 2, How.REWRITE),
    Function("xidz", 3, 3, How.REWRITE),
    Function("step", 2, 2, How.REWRITE),
    Function("ramp", 2, 3, How.REWRITE),
    Function("pulse", 2, 2, How.REWRITE),
    Function("pulse_train", 4, 4, How.REWRITE),
    Function("Xpulse", 2, 2, How.REWRITE, source="XMILE 1.0, section 3.5.4"),
    Function("Xpulse_train", 3, 3, How.REWRITE, source="XMILE 1.0, section 3.5.4"),
    Function("Xramp", 2, 2, How.REWRITE, source="XMILE 1.0, section 3.5.4"),
    Function("get_time_value", 3, 3, How.REWRITE, source=PYSD),
    Function("sum", 1, 1, How.REDUCE),
    Function("prod", 1, 1, How.REDUCE),
    Function("vmin", 1, 1, How.REDUCE),
    Function("vmax", 1, 1, How.REDUCE),
    Function("vmin_xmile", 1, 1, How.REDUCE, source="XMILE 1.0, section 3.7"),
    Function("vmax_xmile", 1, 1, How.REDUCE, source="XMILE 1.0, section 3.7"),
    Function("elmcount", 1, 1, How.REDUCE),
    Function("vector_select", 5, 5, How.VECTOR),
    Function("vector_sort_order", 2, 2, How.VECTOR),
    Function("vector_rank", 2, 2, How.VECTOR),
    Function("vector_reorder", 2, 2, How.VECTOR),
    Function("random_0_1", 0, 0, How.RANDOM),
    Function("random_uniform", 3, 3, How.RANDOM),
    Function("random_normal", 5, 5, How.RANDOM),
    Function("random_exponential", 5, 5, How.RANDOM),
    Function("invert_matrix", 1, 2, How.VECTOR),
    Function("allocate_available", 3, 3, How.VECTOR),
    Function("allocate_by_priority", 5, 5, How.VECTOR),
    Function("integ", 2, 2, How.STATE),
    Function("integ_nonnegative", 2, 2, How.STATE, source="XMILE 1.0, section 4.2"),
    Function("delay", 4, 4, How.STATE),
    Function("delay_n", 4, 4, How.STATE),
    Function("delay_fixed", 3, 3, How.STATE),
    Function("smooth", 4, 4, How.STATE),
    Function("trend", 3, 3, How.STATE),
    Function("forecast", 4, 4, How.STATE),
    Function("sample_if_true", 3, 3, How.STATE),
    Function("initial", 1, 1, How.MODE),
    Function("active_initial", 2, 2, How.MODE),
]  # fmt: skip

FUNCTIONS: Mapping[str, Function] = {f.name.lower(): f for f in _FUNCTIONS}
