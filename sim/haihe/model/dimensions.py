"""Do the units of both sides of every equation agree?

Dimension and scale are both followed, so `kt + Mt` is found as well as `kt + GW`. A bare number is
a plain number; only 0 goes with everything. What is not known (a function without a rule, a unit
that is none) agrees with everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from haihe.errors import InputError, Location
from haihe.model.scan import Definition
from haihe.model.tree import is_number, kind_of
from haihe.model.types import Kind, Model, canonical_name
from haihe.text import Text, lead
from haihe.units import ONE, Unit, parse_unit, say_dimension

Found = Unit | None
"""A unit; None goes with everything."""

_SLACK = 1e-9


class Disagreement(Exception):
    """Two units that should be the same."""

    def __init__(self, problem: Text) -> None:
        super().__init__(problem.en)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Names:
    """Units of everything that an equation may name."""

    units: Mapping[str, Found]
    time: Found

    def of(self, reference: str) -> Found:
        """Unit of a variable; dimensions and elements stand for their number."""
        name = canonical_name(reference)
        return self.time if name == "time" else self.units.get(name, ONE)


def check_dimensions(
    model: Model, places: Mapping[str, list[Definition]]
) -> Iterator[tuple[Location, Text]]:
    """Every equation whose sides do not agree, with its place and what is wrong."""
    names = Names(
        {canonical_name(v.name): _unit_of(v.units) for v in model.variables.values()},
        _unit_of(model.time.units),
    )
    kinds = {canonical_name(v.name): v for v in model.variables.values()}
    for element in model.abstract.sections[0].elements:
        name = canonical_name(element.name)
        variable = kinds[name]
        if variable.kind in {Kind.CONSTANT, Kind.LOOKUP, Kind.DATA}:
            continue
        found = places[name]
        for number, component in enumerate(element.components):
            line = found[min(number, len(found) - 1)].line
            message = _check_equation(names.units[name], component.ast, names, variable.units)
            if message:
                yield Location(variable.location.file, line), lead(variable.name, message)


def _check_equation(left: Found, tree: Any, names: Names, written: str) -> Text | None:
    try:
        right = unit_of_tree(tree, names)
    except Disagreement as error:
        return error.problem
    if left is None or right is None or _agree(left, right):
        return None
    if left.dimension == right.dimension:
        return Text(
            f"左边为 {written or 'Dmnl'}，右边是它的 {right.factor / left.factor:.6g} 倍",
            f"left has {written or 'Dmnl'}, right has {right.factor / left.factor:.6g} times it",
        )
    sides = Text("左边为 {left}，右边为 {right}", "left has {left}, right has {right}")
    return sides.fill(left=_say(left), right=_say(right))


def unit_of_tree(tree: Any, names: Names) -> Found:
    """Unit of an expression.

    Raises
    ------
    Disagreement
        Where parts of it that should have one unit have two.
    """
    if is_number(tree):
        return ONE if float(tree) else None
    kind = kind_of(tree)
    if kind == "ReferenceStructure":
        return names.of(tree.reference)
    rule = _STRUCTURES.get(kind)
    return rule(tree, names) if rule else None


def _arithmetic(tree: Any, names: Names) -> Found:
    units = [unit_of_tree(part, names) for part in tree.arguments]
    operators = list(tree.operators)
    if operators[0] in {"+", "-", "negative"}:
        return _same(units, Text("求和各项", "terms of a sum"))
    if operators[0] == "^":
        return _raise(units[0], tree.arguments[1], units[1])
    product = units[0]
    for operator, unit in zip(operators, units[1:]):
        if product is None or unit is None:
            return None
        product = product * unit if operator == "*" else product / unit
    return product


def _logic(tree: Any, names: Names) -> Found:
    units = [unit_of_tree(part, names) for part in tree.arguments]
    if tree.operators[0] in {"=", "<>", "<", "<=", ">", ">="}:
        _same(units, Text("比较的两边", "sides of a comparison"))
    return ONE


def _call(tree: Any, names: Names) -> Found:
    name = canonical_name(tree.function.reference)
    units = [unit_of_tree(part, names) for part in tree.arguments]
    if name in names.units:
        return names.units[name]
    rule = _FUNCTIONS.get(name)
    return rule(units, tree.arguments, names) if rule else None


def _stock(tree: Any, names: Names) -> Found:
    flow, initial = unit_of_tree(tree.flow, names), unit_of_tree(tree.initial, names)
    gained = None if flow is None or names.time is None else flow * names.time
    return _same(
        [gained, initial], Text("变化率乘以时间与初值", "the rate times time and the initial value")
    )


def _delayed(span: str) -> Callable[[Any, Names], Found]:
    def rule(tree: Any, names: Names) -> Found:
        _same(
            [unit_of_tree(getattr(tree, span), names), names.time],
            Text("延迟时长与时间", "a delay and time"),
        )
        parts = [unit_of_tree(tree.input, names), unit_of_tree(tree.initial, names)]
        return _same(parts, Text("延迟的输入与初值", "input and initial value of a delay"))

    return rule


def _trend(tree: Any, names: Names) -> Found:
    unit_of_tree(tree.input, names)
    return None if names.time is None else ONE / names.time


def _sample(tree: Any, names: Names) -> Found:
    unit_of_tree(tree.condition, names)
    return _same(
        [unit_of_tree(tree.input, names), unit_of_tree(tree.initial, names)],
        Text("输入与初值", "input and initial"),
    )


_STRUCTURES: dict[str, Callable[[Any, Names], Found]] = {
    "ArithmeticStructure": _arithmetic,
    "LogicStructure": _logic,
    "CallStructure": _call,
    "IntegStructure": _stock,
    "SmoothStructure": _delayed("smooth_time"),
    "SmoothNStructure": _delayed("smooth_time"),
    "DelayStructure": _delayed("delay_time"),
    "DelayNStructure": _delayed("delay_time"),
    "DelayFixedStructure": _delayed("delay_time"),
    "TrendStructure": _trend,
    "ForecastStructure": lambda tree, names: unit_of_tree(tree.input, names),
    "SampleIfTrueStructure": _sample,
    "InitialStructure": lambda tree, names: unit_of_tree(tree.initial, names),
    "GameStructure": lambda tree, names: unit_of_tree(tree.expression, names),
}

Rule = Callable[[Sequence[Found], Sequence[Any], Names], Found]


def _plain(units: Sequence[Found], trees: Sequence[Any], names: Names) -> Found:
    for unit in units:
        _same([unit, ONE], Text("函数的参数与无量纲数", "what a function takes and a plain number"))
    return ONE


def _all(what: Text) -> Rule:
    return lambda units, trees, names: _same(list(units), what)


def _choice(units: Sequence[Found], trees: Sequence[Any], names: Names) -> Found:
    return _same(list(units[1:3]), Text("条件选择的两个结果", "what a choice gives"))


def _quotient(units: Sequence[Found], trees: Sequence[Any], names: Names) -> Found:
    above, below = units[0], units[1]
    ratio = None if above is None or below is None else above / below
    return _same([ratio, *units[2:3]], Text("商与其替代值", "a quotient and what stands in for it"))


def _root(units: Sequence[Found], trees: Sequence[Any], names: Names) -> Found:
    return units[0] and units[0].power(Fraction(1, 2))


def _ramp(units: Sequence[Found], trees: Sequence[Any], names: Names) -> Found:
    return None if units[0] is None or names.time is None else units[0] * names.time


def _power(units: Sequence[Found], trees: Sequence[Any], names: Names) -> Found:
    return _raise(units[0], trees[1], units[1])


def _first(units: Sequence[Found], trees: Sequence[Any], names: Names) -> Found:
    return units[0]


_FUNCTIONS: dict[str, Rule] = {
    **dict.fromkeys(("exp", "ln", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh"), _plain),
    **dict.fromkeys(("arcsin", "arccos", "arctan"), _plain),
    **dict.fromkeys(("min", "max"), _all(Text("MIN 或 MAX 的参数", "what MIN or MAX compares"))),
    **dict.fromkeys(("abs", "sum", "vmin", "vmax", "integer", "step"), _first),
    **dict.fromkeys(("quantum", "modulo", "vector reorder"), _first),
    **dict.fromkeys(("elmcount", "pi", "pulse", "pulse train", "random 0 1"), lambda *_: ONE),
    "if then else": _choice,
    "active initial": _all(Text("ACTIVE INITIAL 的两个值", "both values of ACTIVE INITIAL")),
    "zidz": _quotient,
    "xidz": _quotient,
    "sqrt": _root,
    "ramp": _ramp,
    "power": _power,
}  # fmt: skip


def _raise(base: Found, exponent: Any, unit: Found) -> Found:
    _same([unit, ONE], Text("指数与无量纲数", "an exponent and a plain number"))
    if base is None:
        return None
    if is_number(exponent):
        return base.power(Fraction(float(exponent)).limit_denominator(1000))
    _same(
        [base, ONE],
        Text("变指数幂的底数与无量纲数", "the base of a power that varies and a plain number"),
    )
    return ONE


def _same(units: Sequence[Found], what: Text) -> Found:
    known = [unit for unit in units if unit is not None]
    for unit in known[1:]:
        if not _agree(known[0], unit):
            sides = Text("{what}单位不一致：{one} 与 {other}", "{what} differ: {one} and {other}")
            raise Disagreement(sides.fill(what=what, one=_say(known[0]), other=_say(unit)))
    return known[0] if known else None


def _agree(one: Unit, other: Unit) -> bool:
    return one.dimension == other.dimension and (
        abs(one.factor - other.factor) <= _SLACK * max(one.factor, other.factor)
    )


def _say(unit: Unit) -> Text:
    scale = "" if unit.factor == 1 else f"{unit.factor:.6g} "
    return Text("{scale}{unit}", "{scale}{unit}").fill(
        scale=scale, unit=say_dimension(unit.dimension)
    )


def _unit_of(text: str) -> Found:
    """Unit of a text; a name that is no unit is one of the model's own."""
    own = frozenset(word.casefold() for word in re.findall(r"[^\W\d][\w ]*", text))
    own |= frozenset(part for word in own for part in word.split())
    try:
        return parse_unit(text, own)
    except InputError:
        return None
