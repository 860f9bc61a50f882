"""SMOOTH, DELAY, TREND, FORECAST, SAMPLE IF TRUE into states and plain expressions.

After this pass an expression holds operations of `PRIMITIVES`, cells, reads of states, lookups,
"time", "initial" and "active_initial", nothing else.

Sources
-------
The structures behind the functions: Vensim reference manual, "SMOOTH", "DELAY1", "DELAY3",
"DELAY N", "DELAY FIXED", "TREND", "FORECAST", "SAMPLE IF TRUE" (www.vensim.com/documentation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from haihe.compile.builtins import FUNCTIONS, How
from haihe.compile.clearing import ANY, FIELDS, KINDS, allocate
from haihe.compile.draws import DISTRIBUTIONS, stream_of
from haihe.compile.ir import (
    Call,
    Cell,
    Elements,
    Expr,
    Given,
    Lookup,
    Number,
    Place,
    Points,
    Read,
    Shaped,
    State,
    StateKind,
)
from haihe.compile.rewrite import ONE, RULES, ZERO, add, div, mul, sub, zidz
from haihe.errors import InputError, Refused
from haihe.text import Text, Words, lead


class Expansion:
    """The states that were met so far; lives for one call of `expand`."""

    def __init__(self, variables: Mapping[str, Shaped]) -> None:
        self.variables = variables
        self.states: list[State | None] = []
        self.owner: Place = ("", 0)
        self.done: dict[int, tuple[Expr, Expr]] = {}
        """Calls that are expanded, by identity; kept, so that no other takes their place."""
        self._draws: dict[Place, int] = {}

    def reserve(self) -> int:
        """Room for a state whose expression may read it."""
        self.states.append(None)
        return len(self.states) - 1

    def fill(
        self, index: int, kind: StateKind, initial: Expr, follow: Expr, delay: Expr | None = None
    ) -> None:
        """Define the state for which room was made."""
        length = delay if delay is not None else Number(0.0)
        self.states[index] = State(self.owner, kind, initial, follow, length)

    def draw(self, noise: Expr) -> Expr:
        """A random number of its own for a call in the cell at hand."""
        occurrence = self._draws.get(self.owner, 0)
        self._draws[self.owner] = occurrence + 1
        low, high = stream_of(self.owner, occurrence)
        return Call("draw", (Number(float(low)), Number(float(high)), noise))

    def error(self, problem: Words) -> InputError:
        """A mistake in the variable at hand."""
        variable = self.variables[self.owner[0]]
        return InputError(lead(variable.name, problem), variable.where, shown=variable.text)


def expand(variables: Mapping[str, Shaped]) -> Elements:
    """Take every state out of the equations.

    Raises
    ------
    InputError
        Where the order of a delay is not a whole constant number.
    """
    expansion = Expansion(variables)
    plain: dict[str, Shaped] = {}
    for key, variable in variables.items():
        exprs = []
        for position, expr in enumerate(variable.exprs):
            expansion.owner = (key, position)
            exprs.append(_expand(expr, expansion))
        plain[key] = replace(variable, exprs=tuple(exprs))
    return Elements(plain, tuple(s for s in expansion.states if s is not None))


def _expand(expr: Expr, expansion: Expansion) -> Expr:
    if isinstance(expr, Lookup):
        return Lookup(expr.table, _expand(expr.arg, expansion))
    if not isinstance(expr, Call):
        return expr
    known = expansion.done.get(id(expr))
    if known is None:
        # What stands in several places, as in a matrix, is expanded once.
        known = (expr, _expand_call(expr, expansion))
        expansion.done[id(expr)] = known
    return known[1]


def _expand_call(expr: Call, expansion: Expansion) -> Expr:
    args = tuple(_expand(a, expansion) for a in expr.args)
    function = FUNCTIONS.get(expr.function)
    if function is None or function.how is How.MODE:
        return Call(expr.function, args)
    if function.how is How.PRIMITIVE:
        return Call(function.primitive, args)
    if function.how is How.REWRITE:
        return _rewrite(expr.function, args, expansion)
    if function.how is How.RANDOM:
        # The last argument names a stream of random numbers.
        u = expansion.draw(args[-1] if args else ZERO)
        return DISTRIBUTIONS[expr.function](u, *args[:-1])
    if function.how is How.VECTOR:
        return _allocate(expansion, *args)
    return STATES[expr.function](expansion, *args)


def _allocate(expansion: Expansion, own: Expr, *cells: Expr) -> Expr:
    """ALLOCATE AVAILABLE as `vectors` leaves it, its kinds of curves known where they can be."""
    assert isinstance(own, Number)
    *targets, supply = cells
    kinds = []
    for named in targets[::FIELDS]:
        kind = constant_value(named, expansion.variables)
        if kind is not None and kind not in KINDS:
            raise expansion.error(
                Text(
                    "优先级设定的类型只能是 1、2、3 或 4",
                    "a priority profile has the kind 1, 2, 3 or 4",
                )
            )
        kinds.append(ANY if kind is None else int(kind))
    return allocate(int(own.value), kinds, targets, supply)


def _rewrite(function: str, args: tuple[Expr, ...], expansion: Expansion) -> Expr:
    try:
        return RULES[function](*args)
    except Refused as error:
        raise expansion.error(error.problem) from None


# --- states -------------------------------------------------------------------------------------


def _integ(expansion: Expansion, rate: Expr, initial: Expr) -> Expr:
    index = expansion.reserve()
    expansion.fill(index, StateKind.EULER, initial, rate)
    return Read(index)


def _integ_nonnegative(expansion: Expansion, rate: Expr, initial: Expr) -> Expr:
    index = expansion.reserve()
    expansion.fill(index, StateKind.NONNEGATIVE, initial, rate)
    return Read(index)


def _order(expr: Expr, expansion: Expansion) -> int:
    """A delay's order, which shapes the program and so must be known now."""
    value = constant_value(expr, expansion.variables)
    if value is None or value < 1 or value != int(value) or value > 1000:
        raise expansion.error(
            Text(
                "延迟的阶数必须是不小于 1 的整数常数",
                "the order of a delay must be a whole constant number from 1",
            )
        )
    return int(value)


def constant_value(expr: Expr, variables: Mapping[str, Shaped], depth: int = 0) -> float | None:
    """Value of an expression of numbers and constants; None where it is something else."""
    if isinstance(expr, Number):
        return expr.value
    if isinstance(expr, Cell) and expr.name in variables and depth < 20:
        return constant_value(variables[expr.name].exprs[expr.position], variables, depth + 1)
    return None


def _is_fixed(expr: Expr, variables: Mapping[str, Shaped], depth: int = 0) -> bool:
    """Is it sure that an expression does not change during a run?"""
    if isinstance(expr, Number):
        return True
    if isinstance(expr, Given):
        return expr.kind == "constant"
    if isinstance(expr, Cell) and expr.name in variables and depth < 20:
        return _is_fixed(variables[expr.name].exprs[expr.position], variables, depth + 1)
    if isinstance(expr, Call) and expr.function != "draw" and (expr.args or expr.function == "pi"):
        return all(_is_fixed(a, variables, depth + 1) for a in expr.args)
    return False


def _smooth(expansion: Expansion, target: Expr, time: Expr, initial: Expr, order: Expr) -> Expr:
    stages = Number(float(_order(order, expansion)))
    indices = [expansion.reserve() for _ in range(int(stages.value))]
    for index in indices:
        state = Read(index)
        rate = div(mul(sub(target, state), stages), time)
        expansion.fill(index, StateKind.EULER, initial, rate)
        target = state
    return target


def _delay(expansion: Expansion, inflow: Expr, time: Expr, initial: Expr, order: Expr) -> Expr:
    """A chain of levels; each holds its outflow times the whole delay time."""
    stages = Number(float(_order(order, expansion)))
    indices = [expansion.reserve() for _ in range(int(stages.value))]
    for index in indices:
        outflow = div(Read(index), time)
        rate = mul(sub(inflow, outflow), stages)
        expansion.fill(index, StateKind.EULER, mul(initial, time), rate)
        inflow = outflow
    return inflow


def _delay_n(expansion: Expansion, inflow: Expr, time: Expr, initial: Expr, order: Expr) -> Expr:
    """As `_delay`, but each stage keeps the delay time that its content came in with."""
    if _is_fixed(time, expansion.variables):
        return _delay(expansion, inflow, time, initial, order)
    count = _order(order, expansion)
    stages = Number(float(count))
    levels = [expansion.reserve() for _ in range(count)]
    times = [expansion.reserve() for _ in range(count)]
    entering = time
    for level, kept in zip(levels, times):
        outflow = div(Read(level), entering)
        rate = mul(sub(inflow, outflow), stages)
        expansion.fill(level, StateKind.EULER, mul(initial, time), rate)
        expansion.fill(kept, StateKind.ASSIGN, time, entering)
        inflow, entering = outflow, Read(kept)
    return div(Read(levels[-1]), Read(times[0]))


def _delay_fixed(expansion: Expansion, inflow: Expr, time: Expr, initial: Expr) -> Expr:
    index = expansion.reserve()
    expansion.fill(index, StateKind.PIPE, initial, inflow, time)
    return Read(index)


def _trend(expansion: Expansion, value: Expr, time: Expr, initial: Expr) -> Expr:
    index = expansion.reserve()
    average = Read(index)
    start = div(value, add(ONE, mul(initial, time)))
    expansion.fill(index, StateKind.EULER, start, div(sub(value, average), time))
    return zidz(sub(value, average), mul(time, Call("abs", (average,))))


def _forecast(expansion: Expansion, value: Expr, time: Expr, horizon: Expr, initial: Expr) -> Expr:
    index = expansion.reserve()
    average = Read(index)
    start = div(value, add(ONE, initial))
    expansion.fill(index, StateKind.EULER, start, div(sub(value, average), time))
    trend = zidz(sub(value, average), mul(time, average))
    return mul(value, add(ONE, mul(trend, horizon)))


def _sample_if_true(expansion: Expansion, condition: Expr, value: Expr, initial: Expr) -> Expr:
    index = expansion.reserve()
    sample = Call("select", (condition, value, Read(index)))
    expansion.fill(index, StateKind.ASSIGN, initial, sample)
    return sample


STATES: Mapping[str, Callable[..., Expr]] = {
    "integ": _integ,
    "integ_nonnegative": _integ_nonnegative,
    "smooth": _smooth,
    "delay": _delay,
    "delay_n": _delay_n,
    "delay_fixed": _delay_fixed,
    "trend": _trend,
    "forecast": _forecast,
    "sample_if_true": _sample_if_true,
}

__all__ = ["Points", "constant_value", "expand"]
