"""Which variables fill and drain each stock, read from the equations of the stocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from haihe.compile.ir import Call, Expr, Number, Ref, Role, Source
from haihe.model.types import Kind, Model, canonical_name


@dataclass(frozen=True, slots=True)
class Flow:
    """One term of a stock's rate of change."""

    sign: str
    """"+" or "-"."""
    name: str
    """The variable; "" where the term is no variable by itself."""


def terms_of(rate: Expr, sign: str = "+") -> Iterator[tuple[str, Expr]]:
    """Terms of a sum with their signs, from left to right; brackets to the right stay whole."""
    turned = {"+": "-", "-": "+"}
    if isinstance(rate, Call) and rate.function in {"+", "-"} and len(rate.args) == 2:
        yield from terms_of(rate.args[0], sign)
        yield (sign if rate.function == "+" else turned[sign]), rate.args[1]
    elif isinstance(rate, Call) and rate.function == "negative":
        yield turned[sign], rate.args[0]
    else:
        yield sign, rate


def find_flows(model: Model) -> Mapping[str, tuple[Flow, ...]]:
    """Flows of every stock, by its name.

    Raises
    ------
    InputError
        Where an equation is not supported.
    """
    from haihe.compile.lower import lower

    source = lower(model)
    stocks = (n for n, v in model.variables.items() if v.kind is Kind.STOCK)
    names = {canonical_name(n): n for n in model.variables}
    return {name: _flows(canonical_name(name), source, names) for name in stocks}


def _flows(key: str, source: Source, names: Mapping[str, str]) -> tuple[Flow, ...]:
    found: dict[Flow, None] = {}
    for equation in source.equations[key]:
        expr = equation.expr
        if not isinstance(expr, Call) or not expr.function.startswith("integ"):
            continue
        for sign, term in terms_of(expr.args[0]):
            if isinstance(term, Number) and term.value == 0.0:
                continue
            found[Flow(sign, _name_of(term, source, names))] = None
    return tuple(found)


def _name_of(term: Expr, source: Source, names: Mapping[str, str]) -> str:
    """Name of the variable that a term is; "" where it is more than one."""
    if not isinstance(term, Ref) or term.name not in source.equations:
        return ""
    role = source.equations[term.name][0].role
    return names.get(term.name, "") if role is Role.AUXILIARY else ""
