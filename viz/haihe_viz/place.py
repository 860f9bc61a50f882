"""Where things go on a chart: ticks at round numbers, names that keep clear of one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

CLOSING = tuple("，。；：、！？）》】”％%")
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def round_step(span: float, count: int) -> float:
    """Least round step that cuts `span` into at most `count` pieces."""
    if not math.isfinite(span) or span <= 0:
        return 1.0
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    return next(s * power for s in STEPS if s * power >= raw * (1 - 1e-9))


def round_ticks(low: float, high: float, count: int = 4) -> tuple[float, ...]:
    """Ticks at round numbers that enclose [low, high]."""
    if high <= low:
        pad = abs(low) * 0.1 or 1.0
        low, high = low - pad, high + pad
    step = round_step(high - low, count)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def step_digits(ticks: Sequence[float]) -> int:
    """Digits after the point that write every tick exactly."""
    step = min((b - a for a, b in pairwise(ticks)), default=1.0)
    digits = 0
    while digits < 8 and abs(round(step, digits) - step) > 1e-9 * step:
        digits += 1
    return digits


def year_ticks(first: float, last: float, count: int = 5) -> tuple[float, ...]:
    """Round years inside [first, last]."""
    step = max(1.0, round_step(last - first, count))
    start = math.ceil(first / step - 1e-9)
    stop = math.floor(last / step + 1e-9)
    return tuple(i * step for i in range(start, stop + 1))


def axis_ends(values: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis for values: from zero, unless that would flatten all that there is to see."""
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if 0 <= low <= 0.6 * high:
        return 0.0, high
    if 0.6 * low <= high <= 0:
        return low, 0.0
    return low, high


@dataclass(frozen=True, slots=True)
class Axis:
    """Ends of an axis, and its ticks within them."""

    start: float
    stop: float
    ticks: tuple[float, ...]


def make_axis(low: float, high: float) -> Axis:
    """An axis for values in [low, high]: a little air beyond them, and round ticks.

    An end that is zero stays zero.
    """
    ticks = round_ticks(low, high, 5)
    air = 0.05 * (high - low)
    start = low if low == 0 else low - air
    stop = high if high == 0 else high + air
    if stop <= start:
        start, stop = ticks[0], ticks[-1]
    inside = tuple(tick for tick in ticks if start - 1e-12 <= tick <= stop + 1e-12)
    return Axis(start, stop, inside)


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Move the middles of things apart until none overlaps, staying near to where they were.

    Order is kept. Where there is not room for all between `low` and `high`, they stand close by
    equal degrees over the whole of it.

    Parameters
    ----------
    wanted
        Where the middles would like to be (thing,).
    sizes
        How much room each takes (thing,).
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    if not order:
        return []
    steps = [0.0] + [(sizes[a] + sizes[b]) / 2 for a, b in pairwise(order)]
    room = high - low
    total = sum(steps)
    if total > room:
        steps = [step * room / total for step in steps]
    placed = _pool([wanted[i] for i in order], list(accumulate(steps)), low, high)
    result = [0.0] * len(order)
    for i, value in zip(order, placed, strict=True):
        result[i] = value
    return result


def _pool(wanted: list[float], offsets: list[float], low: float, high: float) -> list[float]:
    """Least-squares places with gaps: pool neighbours that collide, as in isotonic regression."""
    blocks: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        mean, size = want - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, count = blocks.pop()
            mean = (mean * size + other * count) / (size + count)
            size += count
        blocks.append((mean, size))
    flat = [mean for mean, size in blocks for _ in range(size)]
    top = max(low, high - offsets[-1])
    return [min(max(value, low), top) + offset for value, offset in zip(flat, offsets, strict=True)]


def text_width(text: str, size: float) -> float:
    """Rough width of a text set in `size` [px]: full-width signs 1 em, others 0.56 em."""
    return sum(size if ord(sign) > 0x2E7F else 0.56 * size for sign in text)


def wrap_words(text: str, size: float, widest: float) -> str:
    """Set a name in at most two lines no wider than `widest` [px]; cut the rest, visibly."""
    words = " ".join(text.split())
    if text_width(words, size) <= widest:
        return words
    first = _fitting(words, size, widest)
    while first[:-1] and words[len(first) : len(first) + 1] in CLOSING:
        first = first[:-1]  # no line begins with a mark that closes
    rest = words[len(first) :].strip()
    if text_width(rest, size) > widest:
        while rest and text_width(rest + "…", size) > widest:
            rest = rest[:-1]
        rest += "…"
    return f"{first.strip()}\n{rest}"


def _fitting(words: str, size: float, widest: float) -> str:
    """As much of the words as fits in a line, broken at a blank where there is one."""
    end = 1
    while end < len(words) and text_width(words[: end + 1], size) <= widest:
        end += 1
    blank = words.rfind(" ", 0, end + 1)
    wide = ord(words[min(end, len(words) - 1)]) > 0x2E7F
    return words[:end] if wide or blank <= 0 else words[:blank]
