"""How two studies differ, in words to be read aloud in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterator

from haihe.analysis.compare_words import number
from haihe.results.study_comparison import STUDY_KINDS, SpreadMove, StudyChange, StudyComparison
from haihe.text import Text
from haihe.units.words import say_unit


def say_comparison(found: StudyComparison) -> Text:
    """The whole answer in a sentence or two."""
    if found.same:
        return Text(
            f"{found.a} 与 {found.b} 没有差别：所用的模型、情景、输入和全部结果都相同。",
            f"Nothing differs between {found.a} and {found.b}: neither model, scenarios, inputs "
            "nor any number.",
        )
    made = _say_changes(found.changes)
    if not found.moves:
        return Text(
            f"{made.zh}；比较的全部结果逐位相同。",
            f"{made.en}; the outcomes that were compared are the same to the last bit.",
        )
    moved = _say_move(found.moves[0])
    return Text(f"{made.zh}。{moved.zh}", f"{made.en}. {moved.en}")


def _say_changes(changes: tuple[StudyChange, ...]) -> Text:
    if not changes:
        return Text("两项研究的做法相同", "The two studies were made alike")
    kinds: dict[str, list[StudyChange]] = {}
    for change in changes:
        kinds.setdefault(change.kind, []).append(change)
    said = [_name_kind(kind, found) for kind, found in kinds.items()]
    head, last = [name.en for name in said[:-1]], said[-1].en
    en = f"{', '.join(head)} and {last}" if head else last
    zh = "、".join(name.zh for name in said)
    return Text(f"两项研究不同在：{zh}", f"The two studies differ in {en}")


def _name_kind(kind: str, changes: list[StudyChange]) -> Text:
    """The one thing of a kind that differs, or how many do."""
    words = STUDY_KINDS[kind]
    if kind in {"scenario", "factor", "saved"} and len(changes) > 1:
        return Text(f"{len(changes)} 项{words.zh}", f"{len(changes)} {words.en}s")
    titles = [change.title for change in changes]
    zh, en = "、".join(t.zh for t in titles), ", ".join(t.en for t in titles)
    if kind in {"scenario", "factor", "saved"}:
        return Text(f"{words.zh}“{zh}”", f"the {words.en} “{en}”")
    if kind == "design":
        return Text(f"设计（{zh}）", f"the design ({en})")
    return Text(zh, f"the {en}")


def _say_move(move: SpreadMove) -> Text:
    unit = say_unit(move.unit)
    spans = [f"{number(s.p5)}–{number(s.p95)}" for s in (move.a, move.b)]
    medians = [number(s.median) for s in (move.a, move.b)]
    chance = f"{100 * move.superiority:.0f} %"
    zh = (
        f"移动最大的是{move.title.zh}（情景 {move.scenario}）：中位数由 {medians[0]} 变为 "
        f"{medians[1]} {unit.zh}，5%–95% 区间由 {spans[0]} 变为 {spans[1]}；"
        f"从 B 任取一个成员高于从 A 任取一个成员的概率为 {chance}"
    )
    en = (
        f"What moved furthest is {move.title.en} (scenario {move.scenario}): the median from "
        f"{medians[0]} to {medians[1]} {unit.en}, the range from 5 to 95 % from {spans[0]} to "
        f"{spans[1]}; a member of B has more than a member of A with a chance of {chance}"
    )
    if move.paired is not None:
        zh += f"，在输入相同的成对成员中占 {100 * move.paired:.0f} %"
        en += f", and in {100 * move.paired:.0f} % of the pairs that were given the same inputs"
    if not move.beyond_noise and move.paired is None:
        zh += "；这没有超出抽样误差"
        en += "; that is within the error of sampling"
    return Text(zh + "。", en + ".")


def explain_limits(found: StudyComparison) -> Iterator[Text]:
    """What a reader should know of how far the answer holds."""
    if not found.moves:
        return
    loose = [m for m in found.moves if not m.beyond_noise and m.paired is None]
    if loose:
        yield Text(
            f"{len(loose)} 项的差别在抽样误差之内（标 ≈）。",
            f"{len(loose)} of the moves {'is' if len(loose) == 1 else 'are'} within the error of "
            "sampling (marked ≈).",
        )
    if found.unmoved:
        yield Text(
            f"另有 {found.unmoved} 项结果逐位相同。",
            f"{found.unmoved} other {'outcome is' if found.unmoved == 1 else 'outcomes are'} the "
            "same to the last bit.",
        )
    if any(m.paired is None for m in found.moves):
        yield Text(
            "两项研究的成员所得输入不同，只能比较分布，不能逐个成员比较。",
            "Members of the two were given different inputs: distributions are compared, not "
            "member by member.",
        )
