"""Equations in the language of XMILE: what an expression of the model is called there.

What XMILE has no word for is written with what it has: `ZIDZ` and its kind become macros of the
file, a pulse of Vensim a condition on the time. What cannot be said is refused, never bent.

Sources
-------
OASIS, XML Interchange Language for System Dynamics (XMILE) Version 1.0, 2015, sections 3.2-3.5, as
`docs/xmile.md` says it was consulted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from haihe.compile.ir import Call, Cell, Expr, Lookup, Number, Points, Ref
from haihe.errors import InputError
from haihe.text import Text

OR, AND, EQUAL, LESS, ADD, MULTIPLY, POWER, WHOLE = range(8)
"""How tightly a part holds together; a sign before an operand holds no tighter than a sum."""

INFIX: Mapping[str, tuple[int, str]] = {
    "+": (ADD, "+"), "-": (ADD, "-"), "*": (MULTIPLY, "*"), "/": (MULTIPLY, "/"),
    "add": (ADD, "+"), "sub": (ADD, "-"), "mul": (MULTIPLY, "*"), "div": (MULTIPLY, "/"),
    "^": (POWER, "^"), "power": (POWER, "^"),
    "=": (EQUAL, "="), "<>": (EQUAL, "<>"), "<": (LESS, "<"), "<=": (LESS, "<="),
    ">": (LESS, ">"), ">=": (LESS, ">="),
    "lt": (LESS, "<"), "le": (LESS, "<="), "gt": (LESS, ">"), "ge": (LESS, ">="),
    "eq": (EQUAL, "="), "ne": (EQUAL, "<>"),
    ":and:": (AND, "AND"), "and": (AND, "AND"), ":or:": (OR, "OR"), "or": (OR, "OR"),
}  # fmt: skip

WORDS: Mapping[str, str] = {
    "abs": "ABS({0})", "sqrt": "SQRT({0})", "exp": "EXP({0})", "ln": "LN({0})",
    "sin": "SIN({0})", "cos": "COS({0})", "tan": "TAN({0})",
    "arcsin": "ARCSIN({0})", "arccos": "ARCCOS({0})", "arctan": "ARCTAN({0})",
    "sinh": "SINH({0})", "cosh": "COSH({0})", "tanh": "TANH({0})",
    "min": "MIN({0}, {1})", "max": "MAX({0}, {1})",
    "pi": "PI", "time": "TIME",
    "log": "(LN({0}) / LN({1}))",
    "zidz": "ZIDZ({0}, {1})", "xidz": "XIDZ({0}, {1}, {2})",
    "integer": "TRUNC({0})", "quantum": "QUANTUM({0}, {1})", "modulo": "MODULO({0}, {1})",
    "step": "STEP({0}, {1})", "ramp": "RAMP({0}, {1}, {2})", "xramp": "RAMP({0}, {1})",
    "xpulse": "PULSE({1}, {0})", "xpulse_train": "PULSE({2}, {0}, {1})",
    "pulse": "(IF {0} - 1e-06 <= TIME AND TIME < {0} + {1} THEN 1 ELSE 0)",
    "initial": "INIT({0})",
    "delay_n": "DELAYN({0}, {1}, {3}, {2})", "delay_fixed": "DELAY({0}, {1}, {2})",
    "trend": "TREND({0}, {1}, {2})", "forecast": "FORCST({0}, {1}, {2}, {3})",
    "random_0_1": "RANDOM(0, 1)", "random_uniform": "RANDOM({0}, {1}, {2})",
    "sum": "SUM({0})", "prod": "PROD({0})", "vmin": "MIN({0})", "vmax": "MAX({0})",
    "vmin_xmile": "MIN({0})", "vmax_xmile": "MAX({0})",
}  # fmt: skip
"""Functions with their arguments in the order of XMILE."""

OVER = frozenset({"sum", "prod", "vmin", "vmax", "vmin_xmile", "vmax_xmile"})
"""Functions that run over dimensions."""

MACROS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "ZIDZ": (("a", "b"), "IF ABS(b) < 1e-06 THEN 0 ELSE a / b"),
    "XIDZ": (("a", "b", "x"), "IF ABS(b) < 1e-06 THEN x ELSE a / b"),
    "TRUNC": (("a",), "IF a < 0 THEN -INT(-a) ELSE INT(a)"),
    "QUANTUM": (("a", "b"), "IF b < 1e-06 THEN a ELSE b * TRUNC(a / b)"),
    "MODULO": (("a", "b"), "a - QUANTUM(a, b)"),
}
"""Functions of Vensim that XMILE does not have: parameters and equation."""

CLOCK: Mapping[str, str] = {
    "time": "TIME",
    "time step": "DT",
    "initial time": "STARTTIME",
    "final time": "STOPTIME",
}
_RESERVED = {"if", "then", "else", "and", "or", "not", "mod", "time", "dt", "starttime", "stoptime"}
_STAGES = {("delay", 1.0): "DELAY1", ("delay", 3.0): "DELAY3",
           ("smooth", 1.0): "SMTH1", ("smooth", 3.0): "SMTH3"}  # fmt: skip


@dataclass(slots=True)
class Speech:
    """How one equation is written, and what it needs beside itself; lives for one equation."""

    owner: str
    """The variable, for messages."""
    name: Callable[[Ref | Cell], str]
    """Name of a variable with its subscripts."""
    curve: Callable[[Points], str]
    """Name of a curve that stands within an equation."""
    lookups: Mapping[str, str]
    """Lookups by the name that a call of them has."""
    macros: set[str] = field(default_factory=set)

    def error(self, what: Text) -> InputError:
        """Something that XMILE does not have."""
        return InputError(
            Text(
                f"{self.owner}：{what.zh}不能写成 XMILE",
                f"{self.owner}: {what.en} cannot be written as XMILE",
            )
        )


def spell_name(name: str) -> str:
    """A name as an equation writes it: underscores for blanks, quotes where it takes them."""
    plain = " ".join(name.strip('"').split()).replace(" ", "_")
    if re.fullmatch(r"[^\W\d]\w*", plain) and plain.casefold() not in _RESERVED:
        return plain
    return '"' + plain + '"'


def spell_number(value: float) -> str:
    """A number, to the last bit."""
    if math.isnan(value):
        return "(0 / 0)"
    if math.isinf(value):
        return "INF" if value > 0 else "(-INF)"
    return repr(float(value)).removesuffix(".0")


def spell(expr: Expr, speech: Speech, least: int = OR) -> str:
    """An expression, in brackets where it holds together less than `least`.

    Raises
    ------
    InputError
        Where XMILE has no way to say it.
    """
    text, rank = _spell(expr, speech)
    return text if rank >= least else f"({text})"


def _spell(expr: Expr, speech: Speech) -> tuple[str, int]:
    if isinstance(expr, Number):
        return spell_number(expr.value), ADD if expr.value < 0 else WHOLE
    if isinstance(expr, Ref | Cell):
        return speech.name(expr), WHOLE
    if isinstance(expr, Lookup):
        table = expr.table
        held = speech.curve(table) if isinstance(table, Points) else spell(table, speech)
        return f"LOOKUP({held}, {spell(expr.arg, speech)})", WHOLE
    if isinstance(expr, Call):
        return _spell_call(expr, speech)
    raise speech.error(Text("方程中的数表", "a table of numbers within an equation"))


def _spell_call(call: Call, speech: Speech) -> tuple[str, int]:
    function, args = call.function.casefold(), call.args
    called = speech.lookups.get(call.function.replace("_", " "))
    if called is not None and len(args) == 1:
        return f"LOOKUP({called}, {spell(args[0], speech)})", WHOLE
    if function in INFIX and len(args) > 1:
        return _spell_infix(function, args, speech)
    if function in {"negative", "neg", "-"}:
        return "-" + spell(args[0], speech, POWER), ADD
    if function in {":not:", "not"}:
        return f"(NOT ({spell(args[0], speech)}))", WHOLE
    if function in {"if_then_else", "select"}:
        test, yes, no = (spell(a, speech) for a in args)
        return f"(IF {test} THEN {yes} ELSE {no})", WHOLE
    if function in {"min", "max"} and len(args) > 2:
        folded = Call(function, (args[0], args[1]))
        for arg in args[2:]:
            folded = Call(function, (folded, arg))
        return _spell_call(folded, speech)
    if function in {"delay", "smooth"}:
        return _spell_stages(function, args, speech), WHOLE
    return _spell_word(function, args, speech), WHOLE


def _spell_infix(function: str, args: tuple[Expr, ...], speech: Speech) -> tuple[str, int]:
    rank, sign = INFIX[function]
    if rank == POWER:
        left = right = WHOLE
    else:
        # Comparisons do not follow on one another; the others are read from the left.
        left, right = (ADD, ADD) if rank in (EQUAL, LESS) else (rank, rank + 1)
    first, *others = args
    text = spell(first, speech, left)
    if isinstance(first, Call) and rank > ADD and text.startswith("-"):
        text = f"({text})"
    return f" {sign} ".join([text, *(spell(a, speech, right) for a in others)]), rank


def _spell_stages(function: str, args: tuple[Expr, ...], speech: Speech) -> str:
    """A delay or a smooth of some stages."""
    value, time, initial, order = args
    stages = _STAGES.get((function, order.value)) if isinstance(order, Number) else None
    x, length, start = (spell(a, speech) for a in (value, time, initial))
    if stages:
        return f"{stages}({x}, {length}, {start})"
    many = "DELAYN" if function == "delay" else "SMTHN"
    return f"{many}({x}, {length}, {spell(order, speech)}, {start})"


def _spell_word(function: str, args: tuple[Expr, ...], speech: Speech) -> str:
    pattern = WORDS.get(function)
    if pattern is None:
        raise speech.error(
            Text(
                f"函数 {function.replace('_', ' ').upper()} ",
                f"the function {function.replace('_', ' ').upper()}",
            )
        )
    least = ADD if function in {"pulse"} else OR
    _need_macros(pattern.partition("(")[0], speech)
    return pattern.format(*(spell(a, speech, least) for a in args))


def _need_macros(name: str, speech: Speech) -> None:
    if name in MACROS and name not in speech.macros:
        speech.macros.add(name)
        for other in MACROS:
            if f"{other}(" in MACROS[name][1]:
                _need_macros(other, speech)
