"""The functions of XMILE, in the words of the translator's structures.

`INT` rounds down and `a MOD b` has the sign of `b`, as the standard says; `PULSE` gives a volume
within one step. Where the standard gives no formula (smooths, delays, trends) the structures are
those of Vensim, which the conformance tests hold to closed forms.

Sources
-------
OASIS, XMILE Version 1.0, 2015, section 3.5. `SAFEDIV`, `LOOKUP`, and the end of `RAMP` are
extensions that Stella and converters from Vensim write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pysd.translators.structures import abstract_expressions as ae

from haihe.model.xmile.parts import Graph
from haihe.text import Text

Build = Callable[..., Any]


def call(name: str, *arguments: Any) -> Any:
    """A function that the translator knows under `name`."""
    return ae.CallStructure(ae.ReferenceStructure(name), tuple(arguments))


def chain(operators: list[str], *arguments: Any) -> Any:
    """Arithmetic from the left."""
    return ae.ArithmeticStructure(operators, list(arguments))


def test(operator: str, *arguments: Any) -> Any:
    """A comparison, or truths joined."""
    return ae.LogicStructure([operator], list(arguments))


def choose(condition: Any, yes: Any, no: Any) -> Any:
    """IF condition THEN yes ELSE no."""
    return call("if_then_else", condition, yes, no)


def clock(name: str) -> Any:
    """A variable of the model's clock."""
    return ae.ReferenceStructure(name)


def points_of(graph: Graph) -> Any:
    """A graphical function as the translator has it."""
    return ae.LookupsStructure(
        x=graph.x,
        y=graph.y,
        x_limits=(min(graph.x), max(graph.x)),
        y_limits=(min(graph.y), max(graph.y)),
        type=graph.kind,
    )


def floor(x: Any) -> Any:
    """The whole number at or below `x`."""
    whole = call("integer", x)
    return chain(["-"], whole, choose(test("<", x, whole), 1.0, 0.0))


def modulo(a: Any, b: Any) -> Any:
    """`a MOD b`, with the sign of `b`."""
    return chain(["-"], a, chain(["*"], b, floor(chain(["/"], a, b))))


def safe_division(a: Any, b: Any, otherwise: Any = 0.0) -> Any:
    """a / b, and `otherwise` where `b` is 0."""
    return choose(test("=", b, 0.0), otherwise, chain(["/"], a, b))


def _pulse(magnitude: Any, first: Any, interval: Any = None) -> Any:
    if interval is None:
        return call("Xpulse", first, magnitude)
    return call("Xpulse_train", first, interval, magnitude)


def _ramp(slope: Any, start: Any, end: Any = None) -> Any:
    return call("Xramp", slope, start) if end is None else call("ramp", slope, start, end)


def _extreme(name: str) -> Build:
    def build(*arguments: Any) -> Any:
        whole = arguments[0]
        for argument in arguments[1:]:
            whole = call(name, whole, argument)
        return whole

    return build


def _delay(order: float) -> Build:
    return lambda x, time, start=None: ae.DelayStructure(
        x, time, x if start is None else start, order
    )


def _smooth(order: float) -> Build:
    return lambda x, time, start=None: ae.SmoothStructure(
        x, time, x if start is None else start, order
    )


def _delay_fixed(x: Any, time: Any, start: Any = None) -> Any:
    return ae.DelayFixedStructure(x, time, x if start is None else start)


def _delay_n(x: Any, time: Any, order: Any, start: Any = None) -> Any:
    return ae.DelayNStructure(x, time, x if start is None else start, order)


def _smooth_n(x: Any, time: Any, order: Any, start: Any = None) -> Any:
    return ae.SmoothNStructure(x, time, x if start is None else start, order)


def _previous(x: Any, start: Any = 0.0) -> Any:
    return ae.DelayFixedStructure(x, clock("TIME STEP"), start)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of XMILE."""

    least: int
    most: int
    build: Build
    """The structure, of the structures of its arguments."""


def _same(name: str, count: int) -> Function:
    return Function(count, count, lambda *arguments: call(name, *arguments))


_MANY = 50

FUNCTIONS: Mapping[str, Function] = {
    **{
        name: _same(name, 1)
        for name in (
            "abs", "sqrt", "exp", "ln", "sin", "cos", "tan", "arcsin", "arccos", "arctan",
            "sinh", "cosh", "tanh",
        )
    },
    **{name: _same(name, 2) for name in ("zidz", "quantum", "power")},
    "xidz": _same("xidz", 3),
    "if then else": Function(3, 3, choose),
    "int": Function(1, 1, floor),
    "mod": Function(2, 2, modulo),
    "log10": Function(1, 1, lambda x: call("log", x, 10.0)),
    "min": Function(2, _MANY, _extreme("min")),
    "max": Function(2, _MANY, _extreme("max")),
    "safediv": Function(2, 3, safe_division),
    "step": _same("step", 2),
    "pulse": Function(2, 3, _pulse),
    "ramp": Function(2, 3, _ramp),
    "delay": Function(2, 3, _delay_fixed),
    "delay1": Function(2, 3, _delay(1)),
    "delay3": Function(2, 3, _delay(3)),
    "delayn": Function(3, 4, _delay_n),
    "smth1": Function(2, 3, _smooth(1)),
    "smth3": Function(2, 3, _smooth(3)),
    "smthn": Function(3, 4, _smooth_n),
    "trend": Function(2, 3, lambda x, time, start=0.0: ae.TrendStructure(x, time, start)),
    "forcst": Function(
        3, 4, lambda x, time, ahead, start=0.0: ae.ForecastStructure(x, time, ahead, start)
    ),
    "init": Function(1, 1, lambda x: ae.InitialStructure(x)),
    "previous": Function(1, 2, _previous),
    "random": Function(2, 3, lambda low, high, seed=0.0: call("random_uniform", low, high, seed)),
}  # fmt: skip

REDUCTIONS: Mapping[str, str] = {
    "sum": "sum", "mean": "sum", "prod": "prod", "min": "vmin", "max": "vmax", "size": "sum",
}  # fmt: skip
"""Functions over the elements of an array, each with the translator's."""

NOT_SUPPORTED: Mapping[str, Text] = {
    **dict.fromkeys(
        ("exprnd", "lognormal", "normal", "poisson", "beta", "gamma", "binomial", "triangular"),
        Text("不支持这种随机分布", "this distribution of random numbers is not supported"),
    ),
    **dict.fromkeys(
        ("rank", "stddev"), Text("不支持这个数组函数", "this function of arrays is not supported")
    ),
    **dict.fromkeys(
        ("history", "lookupinv", "endval", "npv", "counter", "sinwave", "coswave"),
        Text("这是 Stella 专有的函数，不支持", "this function is Stella's own and not supported"),
    ),
}

CONSTANTS: Mapping[str, Callable[[], Any]] = {
    "time": lambda: ae.ReferenceStructure("time"),
    "dt": lambda: clock("TIME STEP"),
    "starttime": lambda: clock("INITIAL TIME"),
    "stoptime": lambda: clock("FINAL TIME"),
    "pi": lambda: call("pi"),
    "inf": lambda: chain(["/"], 1.0, 0.0),
}
"""Names that XMILE itself gives a value."""
