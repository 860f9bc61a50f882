"""What was discovered, in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from haihe.results.discovery import Box, Discovery, Limit
from haihe.text import Text
from haihe.units.words import say_unit as name_unit

PLAIN_UNITS = ("", "1", "Dmnl", "dmnl")


def write_number(value: float, reach: tuple[float, float]) -> str:
    """A number with three digits of the range that it lies in."""
    span = max(abs(reach[1] - reach[0]), 1e-300)
    places = min(max(0, 2 - math.floor(math.log10(span))), 12)
    return f"{value:,.{places}f}"


def say_after(unit: str) -> Text:
    """A unit as it follows a number in a sentence."""
    if unit in PLAIN_UNITS:
        return Text("", "")
    if unit in ("Year", "year", "yr"):
        return Text(" 年", " years")
    words = name_unit(unit)
    return Text(*(word if word.startswith("%") else f" {word}" for word in (words.zh, words.en)))


def say_limit(limit: Limit) -> Text:
    """A restriction as a condition."""
    if limit.only:
        return Text(
            f"{limit.title.zh}为{'或'.join(limit.only)}",
            f"{limit.title.en} is {' or '.join(limit.only)}",
        )
    unit = say_after(limit.unit)
    low, high = (
        None if end is None else write_number(end, limit.reach) for end in (limit.low, limit.high)
    )
    if low is not None and high is not None:
        return Text(
            f"{limit.title.zh}在 {low} 到 {high}{unit.zh} 之间",
            f"{limit.title.en} is between {low} and {high}{unit.en}",
        )
    zh, en = ("不低于", "at least") if low is not None else ("不高于", "at most")
    end = low if low is not None else high
    return Text(f"{limit.title.zh}{zh} {end}{unit.zh}", f"{limit.title.en} is {en} {end}{unit.en}")


def write_share(share: float) -> str:
    """A share in per cent; one that is not all is never written as all."""
    if 0.995 <= share < 1 or 0 < share < 0.005:
        return f"{100 * min(max(share, 0.001), 0.999):.1f}%"
    return f"{100 * share:.0f}%"


def say_box(box: Box, found: Discovery, number: int) -> Text:
    """A box in a sentence or two."""
    conditions = [say_limit(limit) for limit in box.limits]
    dense, share = write_share(box.density), write_share(found.share)
    cover, held = write_share(box.coverage), write_share(box.held_density)
    again = Text("其余情形中，", "Of the rest, ") if number else Text("", "")
    where = "where" if number else "Where"
    zh = (
        f"{again.zh}当{'，且'.join(c.zh for c in conditions)}时，{dense} 的情形出现"
        f"“{found.where.zh}”（总体为 {share}）；它覆盖全部此类情形的 {cover}，"
        f"用未参与寻找的成员检验，比例为 {held}。"
    )
    en = (
        f"{again.en}{where} {', and '.join(c.en for c in conditions)}, {dense} of the members have"
        f" “{found.where.en}” ({share} of all do). That covers {cover} of all such members; on"
        f" members that the search did not see, the share is {held}."
    )
    return Text(zh, en)


def say_boxes(found: Discovery, fewest: int) -> tuple[Text, ...]:
    """What was found, or that nothing was, and why."""
    if found.boxes:
        return tuple(say_box(box, found, number) for number, box in enumerate(found.boxes))
    rest = found.members - found.cases
    if found.cases == 0:
        return (
            Text(
                f"{found.members:,} 个成员中没有一个出现“{found.where.zh}”，无可寻找。",
                f"None of {found.members:,} members has “{found.where.en}”: there is nothing to"
                " look for.",
            ),
        )
    if rest == 0:
        return (
            Text(
                f"全部 {found.members:,} 个成员都出现“{found.where.zh}”，与所变动的因素无关。",
                f"All of {found.members:,} members have “{found.where.en}”, whatever the factors"
                " are.",
            ),
        )
    if min(found.cases, rest) < fewest:
        return (
            Text(
                f"{found.members:,} 个成员中有 {found.cases:,} 个出现“{found.where.zh}”，"
                f"两类至少各需 {fewest} 个才能寻找条件。",
                f"{found.cases:,} of {found.members:,} members have “{found.where.en}”; a search"
                f" needs at least {fewest} with it and {fewest} without.",
            ),
        )
    return (
        Text(
            f"{found.cases:,} 个成员（{write_share(found.share)}）出现“{found.where.zh}”，"
            "但没有找到在其他成员上也成立的条件：所变动的因素不能以区间的形式解释它，或成员太少。",
            f"{found.cases:,} members ({write_share(found.share)}) have “{found.where.en}”, but no"
            " conditions were found that hold on members outside the search: ranges of these"
            " factors do not explain it, or there are too few members.",
        ),
    )


def say_notes(found: Discovery, thinned: bool, most: int) -> tuple[Text, ...]:
    """Everything that a reader must know besides."""
    return tuple(_notes(found, thinned, most))


def _notes(found: Discovery, thinned: bool, most: int) -> Iterator[Text]:
    if found.failed:
        yield Text(
            f"{found.failed:,} 个成员没有结果，未计入。",
            f"{found.failed:,} members have no result and are left out.",
        )
    if thinned:
        yield Text(
            f"条件在随机抽取的 {most:,} 个成员中寻找，在全部成员上计量。",
            f"Conditions were sought among {most:,} members drawn at random, and measured on all.",
        )
    if found.boxes:
        yield Text(
            "比例是所设计样本中的比例，只有当各因素按其真实可能性抽取时才是概率。",
            "Shares are shares of the sample; they are probabilities only where the factors were"
            " drawn as probable as they are.",
        )
