"""What both forms of an explained equation share: names as written, ranks, marked dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from haihe.compile.builtins import FUNCTIONS, How
from haihe.compile.ir import Call, Expr, Lookup, Ref, Source
from haihe.model.types import Model, canonical_name
from haihe.text import Lang, Text

OR, AND, NOT, COMPARE, ADD, MULTIPLY, UNARY, POWER, WHOLE = range(9)
"""How tightly a part holds together."""

INFIX: Mapping[str, int] = {
    "+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "^": POWER,
    "=": COMPARE, "<>": COMPARE, "<": COMPARE, "<=": COMPARE, ">": COMPARE, ">=": COMPARE,
    ":and:": AND, "and": AND, ":or:": OR, "or": OR,
}  # fmt: skip
"""Rank of what stands between its two arguments."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of an equation as it is shown."""

    text: str
    rank: int = WHOLE


@dataclass(frozen=True, slots=True)
class Spelling:
    """Names as the author wrote them, by name as compared."""

    variables: Mapping[str, str]
    subscripts: Mapping[str, str]
    time_units: str
    lang: Lang = "en"
    """Language of the few words in a formula."""

    def variable(self, key: str) -> str:
        """A variable's name."""
        return self.variables.get(key, key)

    def subscript(self, key: str) -> str:
        """Name of a dimension or of an element."""
        return self.subscripts.get(key, key)

    def word(self, zh: str, en: str) -> str:
        """A word of a formula."""
        return Text(zh, en).get(self.lang)

    def lookup(self, call: Call) -> Ref | None:
        """The lookup that is called like a function; None where it is a function."""
        key = canonical_name(call.function)
        return Ref(key) if key in self.variables and len(call.args) == 1 else None


def spelling(model: Model, source: Source) -> Spelling:
    """Names of a model."""
    written = [n for d in model.dimensions.values() for n in (d.name, *d.elements)]
    variables = {key: equations[0].name for key, equations in source.equations.items()}
    variables.update((canonical_name(n), n) for n in model.variables)
    return Spelling(variables, {canonical_name(n): n for n in written}, model.time.units)


def marked(expr: Expr) -> tuple[str, ...]:
    """Dimensions that the function around an expression runs over, in their order."""
    return tuple(dict.fromkeys(_marked(expr)))


def _marked(expr: Expr) -> Iterator[str]:
    if isinstance(expr, Ref):
        yield from (s.name for s in expr.subs if s.over)
    elif isinstance(expr, Lookup):
        yield from _marked(expr.table)
        yield from _marked(expr.arg)
    elif isinstance(expr, Call):
        function = FUNCTIONS.get(expr.function)
        if function is None or function.how is not How.REDUCE:
            for arg in expr.args:
                yield from _marked(arg)


def decimal(value: float) -> str:
    """A number as people write it."""
    text = repr(float(value)).removesuffix(".0")
    return text.replace("-", "−")
