"""The answer of `haihe compare` in words, to be read aloud in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterator

from haihe.results.comparison import Comparison, InputChange, Trace, TraceNode
from haihe.text import Text
from haihe.units.words import say_unit


def number(value: float, signed: bool = False) -> str:
    """A number as it is said: four digits, or all of a whole number."""
    text = f"{value:+.4g}" if signed else f"{value:.4g}"
    if "e" in text:
        text = f"{value:+,.0f}" if signed and abs(value) >= 1 else text
    return text.replace("-", "−")


def say_comparison(found: Comparison) -> Text:
    """The whole answer in a sentence or two."""
    if found.same:
        return Text(
            f"{found.a} 与 {found.b} 没有差别：输入和结果完全相同。",
            f"Nothing differs between {found.a} and {found.b}: neither an input nor a number.",
        )
    count = len(found.inputs)
    if not found.outcomes:
        return Text(
            f"有 {count} 项输入不同，但没有一项指标因此改变。",
            f"{count} input{_s(count)} differ{'s' if count == 1 else ''}, and no outcome moves.",
        )
    if found.trace is None or not found.outcomes:
        move = found.outcomes[0]
        return Text(
            f"变化最大的指标是{move.title.zh}：{move.year:g} 年由 {number(move.a)} 变为 "
            f"{number(move.b)} {say_unit(move.unit).zh}。",
            f"What moved most is {move.title.en}: in {move.year:g} from {number(move.a)} to "
            f"{number(move.b)} {say_unit(move.unit).en}.",
        )
    return _say_trace(found, found.trace)


def _say_trace(found: Comparison, trace: Trace) -> Text:
    count = len(found.inputs)
    word = ("增加", "rises") if trace.change > 0 else ("减少", "falls")
    unit = say_unit(trace.unit)
    size = number(abs(trace.change))
    if trace.change == 0:
        zh = f"{trace.year:g} 年{trace.title.zh}没有变化"
        en = f"In {trace.year:g} {trace.title.en} is the same"
    else:
        a, b = number(trace.a), number(trace.b)
        zh = f"{trace.year:g} 年{trace.title.zh}{word[0]} {size} {unit.zh}（由 {a} 到 {b}）"
        en = f"In {trace.year:g} {trace.title.en} {word[1]} by {size} {unit.en}, from {a} to {b}"
    if found.inputs:
        zh += f"；共有 {count} 项输入不同"
        en += f"; {count} input{_s(count)} differ{'s' if count == 1 else ''}"
        first = found.inputs[:3]
        zh += "，影响最大的是" + "、".join(_say_input(one).zh for one in first)
        en += ", above all " + ", ".join(_say_input(one).en for one in first)
    ways = _find_ways(trace)
    if ways:
        zh += "；主要经由" + "、".join(f"{n.title.zh}（{number(n.through, True)}）" for n in ways)
        en += "; it comes by way of " + ", ".join(
            f"{n.title.en} ({number(n.through, True)})" for n in ways
        )
    return Text(zh + "。", en + ".")


def _find_ways(trace: Trace) -> list[TraceNode]:
    """The first place, seen from the outcome, at which the change comes by more than one way."""
    inner = [n for n in trace.nodes if n.kind in {"variable", "stock"}]
    large = [n for n in inner if abs(n.through) >= 0.1 * abs(trace.change)]
    for distance in sorted({n.distance for n in large}):
        here = [n for n in large if n.distance == distance]
        if len(here) > 1:
            return here[:3]
    return large[:1]


def _say_input(one: InputChange) -> Text:
    if len(one.a) + len(one.b) >= 40:
        return one.title
    unit = say_unit(one.unit)
    zh, en = (f"{one.a} → {one.b} {word}".strip() for word in (unit.zh, unit.en))
    return Text(f"{one.title.zh}（{zh}）", f"{one.title.en} ({en})")


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def explain_limits(found: Comparison) -> Iterator[Text]:
    """What a reader should know of how far the answer holds."""
    trace = found.trace
    if trace is not None and trace.change:
        left = abs(trace.rest) / abs(trace.change)
        yield Text(
            f"回溯在每个方程内按夏普利值分摊，跨方程按比例传递；未追到输入的部分占 {left:.1%}。",
            "The trace splits each equation by Shapley values and passes on in proportion from one "
            f"to the next; {left:.1%} of the change was not followed to an input.",
        )
    if any(one.effect is not None for one in found.inputs) and len(found.inputs) > 1:
        yield Text(
            "输入按“单独换入”和“最后换入”影响的平均排序；各措施的份额请用 haihe attribute。",
            "Inputs are ranked by the mean of what each does alone and as the last one; for shares "
            "of the change there is `haihe attribute`.",
        )
