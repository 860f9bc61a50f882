"""What is to be said of indices: how far they can be trusted, and what more members would do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from haihe.analysis.select_inputs import FloatArray
from haihe.text import Text

NARROW = 0.1
"""Converged: no interval reaches further to either side than this part of the largest index."""
APART = 3.0
"""Halves of a sample agree where no index differs by more than this many half-widths of its
interval; the difference has half-widths of two."""


@dataclass(frozen=True, slots=True)
class Convergence:
    """How settled indices are."""

    width: float
    """Greatest half-width of an interval, as part of the largest index."""
    agree: bool
    """Whether the two halves of the sample give the same."""

    @property
    def converged(self) -> bool:
        """Whether more members would change nothing that matters."""
        return self.width <= NARROW and self.agree

    @property
    def more(self) -> float:
        """How many times as many members would make the intervals narrow enough."""
        return (self.width / NARROW) ** 2


@dataclass(frozen=True, slots=True)
class Sample:
    """What the indices were made from."""

    unit: Text
    """What is counted: base samples, trajectories, members."""
    drawn: int
    used: int
    members_each: int
    failed: int
    """Members without a result."""
    constant: int
    """Years in which the outcome does not vary."""
    years: int
    correlated: tuple[tuple[Text, Text, float], ...] = ()
    partial: bool = False
    """What a failed member leaves whole of its trajectory is used."""
    doubling: bool = False
    """The sample may only grow to a power of two."""
    averaged: bool = False
    """Swings are means over tenths of a sample."""
    dummies: int = 0


def judge_convergence(
    index: FloatArray, conf: FloatArray, halves: FloatArray | None
) -> Convergence:
    """Hold intervals against the largest index of their year; the worst year counts.

    Parameters
    ----------
    index, conf
        (factor, time)
    halves
        (half, factor, time), or None where halves say nothing more than the intervals.
    """
    known = np.isfinite(index).any(axis=0) & np.isfinite(conf).any(axis=0)
    if not known.any():
        return Convergence(math.nan, False)
    largest = np.nanmax(np.abs(index[:, known]), axis=0)
    widest = np.nanmax(conf[:, known], axis=0)
    # Where no factor does anything, an interval without width is settled, any other is not.
    none = np.where(widest > 0, np.inf, 0.0)
    width = float(np.max(np.divide(widest, largest, out=none, where=largest > 0)))
    if halves is None:
        return Convergence(width, True)
    gap = np.abs(halves[0] - halves[1])[:, known]
    apart = gap > APART * conf[:, known] + 1e-9 * largest
    return Convergence(width, not apart.any())


def write_notes(method: str, sample: Sample, judged: Convergence | None) -> tuple[Text, ...]:
    """Everything that a reader of the table must know, one sentence each."""
    return (
        *_say_sample(sample),
        *_say_constant(sample),
        *(_say_convergence(sample, judged) if judged else ()),
        *_say_correlated(method, sample),
        *_say_method(method, sample),
    )


def _say_sample(sample: Sample) -> Iterator[Text]:
    yield Text(
        f"使用 {sample.used:,} {sample.unit.zh}"
        + (f"（{sample.used * sample.members_each:,} 个成员）" if sample.members_each > 1 else "")
        + "。",
        f"{sample.used:,} {sample.unit.en}"
        + (f" ({sample.used * sample.members_each:,} members)" if sample.members_each > 1 else "")
        + " used.",
    )
    if sample.failed and sample.partial:
        yield Text(
            f"{sample.failed} 个成员没有结果；涉及它们的效应不计。",
            f"{sample.failed} members have no result; the effects that touch them are left out.",
        )
    elif sample.failed:
        lost = sample.drawn - sample.used
        yield Text(
            f"{sample.failed} 个成员没有结果，因此舍去 {lost} {sample.unit.zh}；"
            "若失败集中在某一区域，指数会有偏差。",
            f"{sample.failed} members have no result, so {lost} {sample.unit.en} are left out;"
            " where failures crowd in one corner the indices are biased.",
        )


def _say_constant(sample: Sample) -> Iterator[Text]:
    if sample.constant == 0:
        return
    if sample.years == 1:
        yield Text(
            "该指标在各成员间没有变化：这些因素都不影响它，指数无定义。",
            "The outcome is the same in every member: none of the factors moves it, and there are"
            " no indices.",
        )
    else:
        yield Text(
            f"有 {sample.constant} 个年份该指标没有变化，指数无定义。",
            f"In {sample.constant} years the outcome does not vary; there are no indices then.",
        )


def _say_convergence(sample: Sample, judged: Convergence) -> Iterator[Text]:
    if not math.isfinite(judged.width):
        return
    width = f"{100 * judged.width:.3g} %"
    if judged.converged:
        yield Text(
            f"指数已收敛：最宽的95%区间为最大指数的 ±{width}，两半样本结果一致。",
            f"Converged: the widest 95 % interval is ±{width} of the largest index, and the two"
            " halves of the sample agree.",
        )
        return
    if judged.width <= NARROW:
        yield Text(
            "指数尚未收敛：区间虽窄，两半样本的结果却不一致。",
            "Not converged: the intervals are narrow, but the two halves of the sample disagree.",
        )
        return
    needed = math.ceil(sample.used * judged.more)
    if sample.doubling:
        needed = 2 ** math.ceil(math.log2(needed))
    members = needed * sample.members_each
    goal = f"{100 * NARROW:.0f} %"
    zh, en = f"（{members:,} 个成员）", f" ({members:,} members)"
    if members == needed:
        zh = en = ""
    yield Text(
        f"指数尚未收敛：最宽的95%区间为最大指数的 ±{width}。误差按 1/√N 缩小，"
        f"约需 {needed:,} {sample.unit.zh}{zh}才能到 ±{goal}。",
        f"Not converged: the widest 95 % interval is ±{width} of the largest index. As errors"
        f" shrink with 1/√N, ±{goal} would take about {needed:,} {sample.unit.en}{en}.",
    )


def _say_correlated(method: str, sample: Sample) -> Iterator[Text]:
    if not sample.correlated:
        return
    found = sample.correlated[:3]
    pairs_zh = "、".join(f"{a.zh} ~ {b.zh}（{r:+.2f}）" for a, b, r in found)
    pairs_en = ", ".join(f"{a.en} ~ {b.en} ({r:+.2f})" for a, b, r in found)
    more = len(sample.correlated) - 3
    zh = f" 等 {more + 3} 对" if more > 0 else ""
    en = f" and {more} more pairs" if more > 0 else ""
    yield Text(
        f"警告：因素之间相关：{pairs_zh}{zh}。这些指数以因素相互独立为前提；"
        "相关时，一个因素的指数含有其他因素的影响。",
        f"Warning: factors are correlated: {pairs_en}{en}. These indices assume independence; the"
        " index of a factor then carries what belongs to others.",
    )


def _say_method(method: str, sample: Sample) -> Iterator[Text]:
    if sample.averaged:
        yield Text(
            "不是逐一变动的设计：低、高是该因素处于最低和最高十分之一时指标的均值。",
            "Not a one-at-a-time design: low and high are the means of the outcome where the factor"
            " is in its lowest and its highest tenth.",
        )
    if method in ("given data", "pawn", "rbd-fast"):
        yield Text(
            "低于“噪声”一行的因素与毫无影响的因素分辨不开（由打乱顺序的因素得出）。",
            "A factor below the noise cannot be told from one without influence (found by shuffling"
            " factors).",
        )
