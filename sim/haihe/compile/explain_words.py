"""Equations as sentences in Chinese and English: plain text, for whoever does not read formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from haihe.compile.explain_tree import (
    ADD,
    AND,
    COMPARE,
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
from haihe.text import Lang, Text

MOST_NUMBERS = 12

_PHRASES: Mapping[str, tuple[int, str, str]] = {
    "+": (ADD, "{0} 加 {1}", "{0} plus {1}"),
    "-": (ADD, "{0} 减 {1}", "{0} minus {1}"),
    "*": (MULTIPLY, "{0} 乘以 {1}", "{0} times {1}"),
    "/": (MULTIPLY, "{0} 除以 {1}", "{0} divided by {1}"),
    "^": (POWER, "{0} 的 {1} 次方", "{0} to the power of {1}"),
    "power": (POWER, "{0} 的 {1} 次方", "{0} to the power of {1}"),
    "negative": (UNARY, "负的 {0}", "the negative of {0}"),
    "=": (COMPARE, "{0} 等于 {1}", "{0} equals {1}"),
    "<>": (COMPARE, "{0} 不等于 {1}", "{0} is not {1}"),
    "<": (COMPARE, "{0} 小于 {1}", "{0} is less than {1}"),
    "<=": (COMPARE, "{0} 不大于 {1}", "{0} is at most {1}"),
    ">": (COMPARE, "{0} 大于 {1}", "{0} is greater than {1}"),
    ">=": (COMPARE, "{0} 不小于 {1}", "{0} is at least {1}"),
    ":and:": (AND, "{0} 并且 {1}", "{0} and {1}"),
    "and": (AND, "{0} 并且 {1}", "{0} and {1}"),
    ":or:": (OR, "{0} 或者 {1}", "{0} or {1}"),
    "or": (OR, "{0} 或者 {1}", "{0} or {1}"),
    ":not:": (NOT, "并非 {0}", "not {0}"),
    "not": (NOT, "并非 {0}", "not {0}"),
    "if_then_else": (OR, "若 {0}，则 {1}，否则 {2}", "if {0} then {1}, otherwise {2}"),
    "zidz": (OR, "{0} 除以 {1}（{1} 为 0 时取 0）", "{0} divided by {1} (0 where {1} is 0)"),
    "xidz": (OR, "{0} 除以 {1}（{1} 为 0 时取 {2}）", "{0} divided by {1} ({2} where {1} is 0)"),
    "min": (WHOLE, "{0} 与 {1} 中较小者", "the lesser of {0} and {1}"),
    "max": (WHOLE, "{0} 与 {1} 中较大者", "the greater of {0} and {1}"),
    "abs": (WHOLE, "{0} 的绝对值", "the absolute value of {0}"),
    "sqrt": (WHOLE, "{0} 的平方根", "the square root of {0}"),
    "exp": (WHOLE, "e 的 {0} 次方", "e to the power of {0}"),
    "ln": (WHOLE, "{0} 的自然对数", "the natural logarithm of {0}"),
    "log": (WHOLE, "以 {1} 为底 {0} 的对数", "the logarithm of {0} to the base {1}"),
    "integer": (WHOLE, "{0} 的整数部分", "the whole part of {0}"),
    "modulo": (WHOLE, "{0} 除以 {1} 的余数", "the remainder of {0} by {1}"),
    "quantum": (WHOLE, "{0} 取 {1} 的整数倍", "{0} cut down to a multiple of {1}"),
    "pi": (WHOLE, "圆周率", "pi"),
    "step": (WHOLE, "自 {1} 起为 {0}、此前为 0", "0 until {1} and {0} from then on"),
    "ramp": (WHOLE, "自 {1} 起以 {0} 的斜率变化", "a slope of {0} from {1} on"),
    "pulse": (WHOLE, "自 {0} 起持续 {1} 的脉冲", "a pulse at {0} that lasts {1}"),
    "smooth": (WHOLE, "{0} 的 {3} 阶平滑（平滑时间 {1}，初值 {2}）",
               "{0} smoothed over {1} in {3} stages, from {2}"),
    "delay": (WHOLE, "{0} 的 {3} 阶延迟（延迟 {1}，初值 {2}）",
              "{0} delayed by {1} in {3} stages, from {2}"),
    "delay_n": (WHOLE, "{0} 的 {3} 阶延迟（延迟 {1}，初值 {2}）",
                "{0} delayed by {1} in {3} stages, from {2}"),
    "delay_fixed": (WHOLE, "{1} 之前的 {0}（此前为 {2}）",
                    "{0} as it was {1} ago, {2} before that"),
    "trend": (WHOLE, "{0} 在 {1} 内的趋势（初值 {2}）", "the trend of {0} over {1}, from {2}"),
    "forecast": (WHOLE, "按 {1} 内的趋势把 {0} 外推 {2}（初始趋势 {3}）",
                 "{0} carried {2} ahead by its trend over {1}, from the trend {3}"),
    "sample_if_true": (WHOLE, "{0} 成立时取 {1}，否则保持上一值（初值 {2}）",
                       "{1} when {0}, otherwise what it was, from {2}"),
    "initial": (WHOLE, "{0} 在起始时的值", "the value of {0} at the start"),
    "active_initial": (WHOLE, "{0}（起始时为 {1}）", "{0} ({1} at the start)"),
    "missing_data": (WHOLE, "模型外部给定的数据", "data from outside of the model"),
    "elmcount": (WHOLE, "{0} 的元素个数", "the number of elements of {0}"),
}  # fmt: skip

_OVER: Mapping[str, tuple[str, str]] = {
    "sum": ("{0} 对 {1} 求和", "the sum of {0} over {1}"),
    "prod": ("{0} 对 {1} 连乘", "the product of {0} over {1}"),
    "vmin": ("{0} 在 {1} 中的最小值", "the least of {0} over {1}"),
    "vmax": ("{0} 在 {1} 中的最大值", "the greatest of {0} over {1}"),
    "vmin_xmile": ("{0} 在 {1} 中的最小值", "the least of {0} over {1}"),
    "vmax_xmile": ("{0} 在 {1} 中的最大值", "the greatest of {0} over {1}"),
}
_STOCK = Text(
    zh="存量 {left}：初值为 {initial}，每 {unit} 变化 {rate}",
    en="{left} is a stock: it starts at {initial} and changes per {unit} by {rate}",
)
_FLOOR = Text(zh="；不低于 0", en="; it never falls below 0")


def equation_words(equation: Equation, names: Spelling) -> Text:
    """One equation as a sentence."""
    return Text(_sentence(equation, names, "zh"), _sentence(equation, names, "en"))


def _sentence(equation: Equation, names: Spelling, lang: Lang) -> str:
    left = _named(names.variable(equation.key), [Sub(s) for s in equation.subs], names)
    if equation.excepts:
        groups = ["[" + _listed(g, names) + "]" for g in equation.excepts]
        left += Text("（除 {0} 外）", " (but {0})").get(lang).format(", ".join(groups))
    expr = equation.expr
    if isinstance(expr, Call) and expr.function in ("integ", "integ_nonnegative"):
        rate, initial = (say(a, names, lang).text for a in expr.args)
        text = _STOCK.get(lang).format(left=left, rate=rate, initial=initial, unit=names.time_units)
        return text + (_FLOOR.get(lang) if expr.function == "integ_nonnegative" else "")
    return f"{left} = {say(expr, names, lang).text}"


def say(expr: Expr, names: Spelling, lang: Lang) -> Shown:
    """A part of an equation."""
    if isinstance(expr, Number):
        return Shown(decimal(expr.value), UNARY if expr.value < 0.0 else WHOLE)
    if isinstance(expr, Ref):
        return Shown(_reference(expr, names, lang))
    if isinstance(expr, Array):
        return Shown(_numbers(expr, lang))
    if isinstance(expr, Points):
        return Shown(_curve(expr, lang))
    if isinstance(expr, Tables):
        words = Text("{0} 条曲线：{1}", "{0} curves: {1}").get(lang)
        curves = "; ".join(_curve(p, lang) for p in expr.points[:MOST_NUMBERS])
        return Shown(words.format(len(expr.points), curves))
    if isinstance(expr, Lookup):
        return _read(say(expr.table, names, lang).text, expr.arg, names, lang)
    if isinstance(expr, Call):
        return _call(expr, names, lang)
    raise TypeError(f"{type(expr).__name__} is no part of an equation as written")


def _call(call: Call, names: Spelling, lang: Lang) -> Shown:
    table = names.lookup(call)
    if table is not None:
        return _read(_reference(table, names, lang), call.args[0], names, lang)
    if call.function in _OVER:
        dims = ", ".join(names.subscript(d) for d in marked(call.args[0]))
        inner = _held(say(call.args[0], names, lang), MULTIPLY, lang)
        return Shown(Text(*_OVER[call.function]).get(lang).format(inner, dims))
    phrase = _PHRASES.get(call.function)
    if phrase is None:
        args = ", ".join(say(a, names, lang).text for a in call.args)
        return Shown(f"{call.function.replace('_', ' ').upper()}({args})")
    rank, *words = phrase
    held = [
        # To the left equal ranks need no brackets; inside of a phrase with words around, all do.
        _held(say(a, names, lang), _inner(rank, k, call.function), lang)
        for k, a in enumerate(call.args)
    ]
    held += [""] * (4 - len(held))
    return Shown(Text(*words).get(lang).format(*held), rank)


def _inner(rank: int, position: int, function: str) -> int:
    """How tightly an argument must hold together."""
    if function == "if_then_else":
        return AND if position else OR
    if rank == WHOLE or function in ("zidz", "xidz"):
        return POWER
    return rank if position == 0 else rank + 1


def _read(table: str, arg: Expr, names: Spelling, lang: Lang) -> Shown:
    words = Text("曲线 {0} 在 {1} 处的值", "the curve {0} read at {1}").get(lang)
    return Shown(words.format(table, _held(say(arg, names, lang), POWER, lang)))


def _reference(ref: Ref, names: Spelling, lang: Lang) -> str:
    if ref.name == "time" and not ref.subs:
        return Text("时间", "the time").get(lang)
    name = names.variables.get(ref.name) or names.subscript(ref.name)
    return _named(name, ref.subs, names)


def _named(name: str, subs: Sequence[Sub], names: Spelling) -> str:
    return f"{name} [{_listed([s.name for s in subs], names)}]" if subs else name


def _listed(keys: Sequence[str], names: Spelling) -> str:
    return ", ".join(names.subscript(k) for k in keys)


def _numbers(array: Array, lang: Lang) -> str:
    shown = ", ".join(map(decimal, array.values[:MOST_NUMBERS]))
    dots = ", …" if len(array.values) > MOST_NUMBERS else ""
    count = Text("{0} 个数：", "{0} numbers: ").get(lang).format(len(array.values))
    return f"{count}{shown}{dots}"


def _curve(points: Points, lang: Lang) -> str:
    ends = (points.x[0], points.y[0], points.x[-1], points.y[-1])
    words = Text("{0} 点曲线，自 ({1}, {2}) 至 ({3}, {4})",
                 "a curve of {0} points from ({1}, {2}) to ({3}, {4})")  # fmt: skip
    return words.get(lang).format(len(points.x), *map(decimal, ends))


def _held(part: Shown, rank: int, lang: Lang) -> str:
    if part.rank >= rank:
        return part.text
    return f"（{part.text}）" if lang == "zh" else f"({part.text})"
