"""Equations as MathML: presentation markup that stands alone, everything of the model escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from haihe.compile.explain_tree import (
    COMPARE,
    INFIX,
    MULTIPLY,
    NOT,
    OR,
    POWER,
    UNARY,
    WHOLE,
    Shown,
    Spelling,
    decimal,
    marked,
)
from haihe.compile.ir import Array, Call, Equation, Expr, Lookup, Number, Points, Ref, Sub, Tables
from haihe.text import Text

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
MOST_NUMBERS = 12
"""Numbers of a table that are written out; the rest is dots."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIGNS = {
    "+": "+", "-": "−", "*": "⋅", "=": "=", "<>": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥",
    ":and:": "∧", "and": "∧", ":or:": "∨", "or": "∨",
}  # fmt: skip
_NAMES = {
    "ln": "ln", "min": "min", "max": "max", "sin": "sin", "cos": "cos", "tan": "tan",
    "arcsin": "arcsin", "arccos": "arccos", "arctan": "arctan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh",
}  # fmt: skip
_REDUCTIONS = {"sum": "∑", "prod": "∏"}
_EXTREMES = {"vmin": "min", "vmax": "max", "vmin_xmile": "min", "vmax_xmile": "max"}


def equation_math(equation: Equation, names: Spelling) -> Text:
    """One equation as a whole `<math>` element, its few words in either language."""
    return Text(_math(equation, replace(names, lang="zh")), _math(equation, names))


def _math(equation: Equation, names: Spelling) -> str:
    left = _named(names.variable(equation.key), [Sub(s) for s in equation.subs], names)
    expr = equation.expr
    if isinstance(expr, Call) and expr.function in ("integ", "integ_nonnegative"):
        body = _stock(left, expr, names)
    else:
        body = left + _sign("=") + show(expr, names).text
    if equation.excepts:
        groups = [_row([names.subscript(s) for s in group], tag="mi") for group in equation.excepts]
        body += _sign(",") + _sign("∉") + _between("{", _sign(",").join(groups), "}")
    return f'<math xmlns="{NAMESPACE}" display="block"><mrow>{body}</mrow></math>'


def _stock(left: str, call: Call, names: Spelling) -> str:
    rate, initial = (show(a, names).text for a in call.args)
    change = f"<mfrac><mrow><mi>d</mi>{left}</mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>"
    start = left + _between("(", "<msub><mi>t</mi><mn>0</mn></msub>", ")")
    parts = [change + _sign("=") + rate, start + _sign("=") + initial]
    if call.function == "integ_nonnegative":
        parts.append(left + _sign("≥") + "<mn>0</mn>")
    return f'{_sign(",")}<mspace width="1em"/>'.join(f"<mrow>{part}</mrow>" for part in parts)


def show(expr: Expr, names: Spelling) -> Shown:
    """A part of an equation."""
    if isinstance(expr, Number):
        return Shown(_tag("mn", decimal(expr.value)), UNARY if expr.value < 0.0 else WHOLE)
    if isinstance(expr, Ref):
        return Shown(_reference(expr, names))
    if isinstance(expr, Array):
        return Shown(_between("(", _listed(map(decimal, expr.values), len(expr.values)), ")"))
    if isinstance(expr, Points):
        return Shown(_points(expr))
    if isinstance(expr, Tables):
        return Shown(_between("(", _sign(",").join(_points(p) for p in expr.points), ")"))
    if isinstance(expr, Lookup):
        return Shown(_applied(show(expr.table, names).text, (expr.arg,), names))
    if isinstance(expr, Call):
        return _call(expr, names)
    raise TypeError(f"{type(expr).__name__} is no part of an equation as written")


def _reference(ref: Ref, names: Spelling) -> str:
    if ref.name == "time" and not ref.subs:
        return "<mi>t</mi>"
    # A subscript may stand for its number.
    name = names.variables.get(ref.name) or names.subscript(ref.name)
    return _named(name, ref.subs, names)


def _named(name: str, subs: Sequence[Sub], names: Spelling) -> str:
    base = f'<mi mathvariant="normal">{_escape(name)}</mi>'
    if not subs:
        return base
    return f"<msub>{base}{_row([names.subscript(s.name) for s in subs], tag='mi')}</msub>"


def _points(points: Points) -> str:
    pairs = [
        _between("(", _row([decimal(x), decimal(y)], tag="mn"), ")")
        for x, y in zip(points.x[:MOST_NUMBERS], points.y)
    ]
    if len(points.x) > MOST_NUMBERS:
        pairs.append("<mi>…</mi>")
    return _between("[", _sign(",").join(pairs), "]")


def _listed(texts: map[str], count: int) -> str:
    shown = [text for text, _ in zip(texts, range(MOST_NUMBERS))]
    dots = _sign(",") + "<mi>…</mi>" if count > MOST_NUMBERS else ""
    return _row(shown, tag="mn") + dots


# --- functions ----------------------------------------------------------------------------------


def _call(call: Call, names: Spelling) -> Shown:
    table = names.lookup(call)
    if table is not None:
        return Shown(_applied(_reference(table, names), call.args, names))
    special = _SPECIAL.get(call.function)
    if special is not None:
        return special(call.args, names)
    if call.function in _SIGNS and len(call.args) == 2:
        return _infix(call, names)
    if call.function in _REDUCTIONS:
        return _reduction(call, names)
    if call.function in _EXTREMES:
        under = _under(_tag("mo", _EXTREMES[call.function]), call, names)
        return Shown(under + _between("(", show(call.args[0], names).text, ")"))
    name = _NAMES.get(call.function) or call.function.replace("_", " ").upper()
    return Shown(_applied(_tag("mi", name), call.args, names))


def _infix(call: Call, names: Spelling) -> Shown:
    rank = INFIX[call.function]
    left, right = call.args
    first = _held(show(left, names), rank)
    part = show(right, names)
    # Two signs side by side would look like one.
    second = _held(part, WHOLE if part.rank == UNARY else rank + 1)
    return Shown(first + _sign(_SIGNS[call.function]) + second, rank)


def _reduction(call: Call, names: Spelling) -> Shown:
    sign = _under(_tag("mo", _REDUCTIONS[call.function]), call, names)
    return Shown(sign + _held(show(call.args[0], names), MULTIPLY), MULTIPLY)


def _under(sign: str, call: Call, names: Spelling) -> str:
    dims = [names.subscript(d) for d in marked(call.args[0])]
    return f"<munder>{sign}{_row(dims, tag='mi')}</munder>"


Show = Callable[[tuple[Expr, ...], Spelling], Shown]


def _fraction(args: tuple[Expr, ...], names: Spelling) -> Shown:
    over, under = (show(a, names).text for a in args)
    return Shown(f"<mfrac><mrow>{over}</mrow><mrow>{under}</mrow></mfrac>", POWER)


def _power(args: tuple[Expr, ...], names: Spelling) -> Shown:
    base, exponent = show(args[0], names), show(args[1], names).text
    return Shown(f"<msup><mrow>{_held(base, WHOLE)}</mrow><mrow>{exponent}</mrow></msup>", POWER)


def _exponential(args: tuple[Expr, ...], names: Spelling) -> Shown:
    return Shown(f"<msup><mi>e</mi><mrow>{show(args[0], names).text}</mrow></msup>", POWER)


def _root(args: tuple[Expr, ...], names: Spelling) -> Shown:
    return Shown(f"<msqrt>{show(args[0], names).text}</msqrt>")


def _size(args: tuple[Expr, ...], names: Spelling) -> Shown:
    return Shown(_between("|", show(args[0], names).text, "|"))


def _negative(args: tuple[Expr, ...], names: Spelling) -> Shown:
    return Shown(_sign("−") + _held(show(args[0], names), UNARY), UNARY)


def _not(args: tuple[Expr, ...], names: Spelling) -> Shown:
    return Shown(_sign("¬") + _held(show(args[0], names), POWER), NOT)


def _logarithm(args: tuple[Expr, ...], names: Spelling) -> Shown:
    base = f"<msub><mi>log</mi><mrow>{show(args[1], names).text}</mrow></msub>"
    return Shown(_applied(base, args[:1], names))


def _choice(args: tuple[Expr, ...], names: Spelling) -> Shown:
    condition, yes, no = (show(a, names) for a in args)
    return _cases(yes.text, _held(condition, OR), no.text, names)


def _guarded(args: tuple[Expr, ...], names: Spelling) -> Shown:
    """A quotient that is something else where the denominator is nearly 0."""
    otherwise = show(args[2], names).text if len(args) == 3 else "<mn>0</mn>"
    condition = _held(show(args[1], names), COMPARE + 1) + _sign("≠") + "<mn>0</mn>"
    return _cases(_fraction(args[:2], names).text, condition, otherwise, names)


def _cases(value: str, condition: str, otherwise: str, names: Spelling) -> Shown:
    rest = _tag("mtext", names.word("否则", "otherwise"))
    rows = "".join(
        f'<mtr><mtd columnalign="left"><mrow>{left}</mrow></mtd>'
        f'<mtd columnalign="left"><mrow>{right}</mrow></mtd></mtr>'
        for left, right in ((value, condition), (otherwise, rest))
    )
    return Shown(f"<mrow>{_sign('{')}<mtable>{rows}</mtable></mrow>", OR)


def _outside(args: tuple[Expr, ...], names: Spelling) -> Shown:
    return Shown(_tag("mtext", names.word("外部数据", "data")))


_SPECIAL: Mapping[str, Show] = {
    "/": _fraction,
    "^": _power,
    "power": _power,
    "exp": _exponential,
    "sqrt": _root,
    "abs": _size,
    "negative": _negative,
    "not": _not,
    ":not:": _not,
    "log": _logarithm,
    "if_then_else": _choice,
    "zidz": _guarded,
    "xidz": _guarded,
    "pi": lambda args, names: Shown("<mi>π</mi>"),
    "missing_data": _outside,
}


# --- markup -------------------------------------------------------------------------------------


def _applied(function: str, args: Sequence[Expr], names: Spelling) -> str:
    inner = _sign(",").join(f"<mrow>{show(a, names).text}</mrow>" for a in args)
    return function + "<mo>&#x2061;</mo>" + _between("(", inner, ")")


def _held(part: Shown, rank: int) -> str:
    return part.text if part.rank >= rank else _between("(", part.text, ")")


def _between(opening: str, inner: str, closing: str) -> str:
    return f"<mrow>{_sign(opening)}{inner}{_sign(closing)}</mrow>"


def _row(texts: Sequence[str], tag: str) -> str:
    return f"<mrow>{_sign(',').join(_tag(tag, text) for text in texts)}</mrow>"


def _sign(text: str) -> str:
    return _tag("mo", text)


def _tag(tag: str, text: str) -> str:
    return f"<{tag}>{_escape(text)}</{tag}>"


def _escape(text: str) -> str:
    """Text that is text in XML and HTML; what XML cannot hold becomes a replacement character."""
    return html.escape(_NOT_XML.sub("�", text), quote=True)
