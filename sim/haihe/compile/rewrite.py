"""Functions that are short for an expression: ZIDZ, STEP, PULSE, QUANTUM and their kind.

Each rule writes a call with the operations that every backend knows, so that no backend has to
know the call. Arguments come rewritten. An argument that is used twice is the same object twice;
`fold` computes it once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from haihe.compile.builtins import SMALL
from haihe.compile.ir import Call, Cell, Expr, Number
from haihe.errors import Refused
from haihe.text import Text

Rule = Callable[..., Expr]

TIME = Call("time", ())
STEP = Cell("time step", 0)
ZERO = Number(0.0)
ONE = Number(1.0)


def add(a: Expr, b: Expr) -> Expr:
    """a + b"""
    return Call("add", (a, b))


def sub(a: Expr, b: Expr) -> Expr:
    """a - b"""
    return Call("sub", (a, b))


def mul(a: Expr, b: Expr) -> Expr:
    """a * b"""
    return Call("mul", (a, b))


def div(a: Expr, b: Expr) -> Expr:
    """a / b"""
    return Call("div", (a, b))


def select(condition: Expr, yes: Expr, no: Expr) -> Expr:
    """`yes` where the condition is not 0, else `no`."""
    return Call("select", (condition, yes, no))


def _test(operation: str, a: Expr, b: Expr) -> Expr:
    return Call(operation, (a, b))


def _power(base: Expr, exponent: Expr) -> Expr:
    """A whole exponent that stands in the equation needs no logarithm."""
    if isinstance(exponent, Number):
        if exponent.value == 0.0:
            return ONE
        if exponent.value == 1.0:
            return base
        if exponent.value in (2.0, 3.0, 4.0):
            square = mul(base, base)
            return {2.0: square, 3.0: mul(square, base), 4.0: mul(square, square)}[exponent.value]
        if exponent.value == -1.0:
            return div(ONE, base)
    return Call("pow", (base, exponent))


def _logarithm(x: Expr, base: Expr) -> Expr:
    return div(Call("log", (x,)), Call("log", (base,)))


def _quantum(a: Expr, b: Expr) -> Expr:
    whole = mul(b, Call("trunc", (div(a, b),)))
    return select(_test("lt", b, Number(SMALL)), a, whole)


def _modulo(x: Expr, m: Expr) -> Expr:
    return sub(x, _quantum(x, m))


def xidz(numerator: Expr, denominator: Expr, otherwise: Expr) -> Expr:
    """numerator / denominator, and `otherwise` where the denominator is nearly zero."""
    near_zero = _test("lt", Call("abs", (denominator,)), Number(SMALL))
    return select(near_zero, otherwise, div(numerator, denominator))


def zidz(numerator: Expr, denominator: Expr) -> Expr:
    """numerator / denominator, and 0 where the denominator is nearly zero."""
    return xidz(numerator, denominator, ZERO)


def _step(height: Expr, at: Expr) -> Expr:
    return mul(height, _test("gt", add(TIME, div(STEP, Number(2.0))), at))


def _ramp(slope: Expr, start: Expr, finish: Expr | None = None) -> Expr:
    final = TIME if finish is None else Call("min", (finish, TIME))
    begun = _test("gt", add(TIME, Number(SMALL)), start)
    return mul(mul(begun, slope), sub(final, start))


def _one_pulse(start: Expr, width: Expr, height: Expr) -> Expr:
    begun = _test("le", sub(start, Number(SMALL)), TIME)
    over = _test("lt", TIME, add(start, width))
    return select(Call("and", (begun, over)), height, ZERO)


def _train(start: Expr, interval: Expr, width: Expr, height: Expr, end: Expr | None) -> Expr:
    since = add(sub(TIME, start), Number(SMALL))
    inside = _test("lt", Call("mod", (since, interval)), width)
    running = _test("le", start, TIME)
    if end is not None:
        running = Call("and", (running, _test("lt", TIME, end)))
    many = select(Call("and", (running, inside)), height, ZERO)
    return select(_test("eq", interval, ZERO), _one_pulse(start, width, height), many)


def _pulse(start: Expr, width: Expr) -> Expr:
    return _one_pulse(start, width, ONE)


def _pulse_train(start: Expr, interval: Expr, width: Expr, end: Expr) -> Expr:
    return _train(start, interval, width, ONE, end)


def _pulse_xmile(start: Expr, magnitude: Expr) -> Expr:
    return _one_pulse(start, mul(Number(0.5), STEP), div(magnitude, STEP))


def _pulse_train_xmile(start: Expr, interval: Expr, magnitude: Expr) -> Expr:
    return _train(start, interval, mul(Number(0.5), STEP), div(magnitude, STEP), None)


def _time_value(relative_to: Expr, offset: Expr, measure: Expr) -> Expr:
    if relative_to != ZERO or measure != ZERO:
        raise Refused(
            Text(
                "GET TIME VALUE 只支持以模型时间单位表示的当前时间",
                "GET TIME VALUE is supported for the current time in model units only",
            )
        )
    return add(TIME, offset)


RULES: Mapping[str, Rule] = {
    "^": _power,
    "power": _power,
    "log": _logarithm,
    "pi": lambda: Number(math.pi),
    "quantum": _quantum,
    "modulo": _modulo,
    "zidz": zidz,
    "xidz": xidz,
    "step": _step,
    "ramp": _ramp,
    "pulse": _pulse,
    "pulse_train": _pulse_train,
    "xpulse": _pulse_xmile,
    "xpulse_train": _pulse_train_xmile,
    "xramp": _ramp,
    "get_time_value": _time_value,
}
