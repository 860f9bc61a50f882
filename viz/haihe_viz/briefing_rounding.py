"""How many digits a number deserves, and the words of a comparison."""

from __future__ import annotations

import math

from haihe.text import Lang, Text
from haihe_viz.numbers import MINUS, format_number

SIGNIFICANT = {"A": 4, "B": 3, "C": 2}
"""Digits of a number of which nothing but its grade is known."""
LEAST = 2
"""Significant digits that stay, however wide the interval."""
TAILS = (0.05, 0.95)
"""Every interval of a briefing holds nine futures in ten."""


def choose_digits(value: float, half: float | None, grade: str, most: int) -> int:
    """Digits after the point (negative: tens, hundreds) that a number is written with.

    The last digit is of the size of the interval's half width: what a future moves freely is not
    written. Without an interval the grade of the evidence decides.

    Parameters
    ----------
    half
        Half the width of the 5–95 % interval, in the unit of the value; None where unknown.
    most
        Digits that the outcome is shown with at most.
    """
    if not math.isfinite(value) or value == 0:
        return most
    first = -math.floor(math.log10(abs(value)))
    if half is None or not math.isfinite(half):
        return min(most, first + SIGNIFICANT.get(grade, 3) - 1)
    if half <= 0:
        return most
    place = -math.floor(math.log10(half))
    return min(most, max(place, first + LEAST - 1))


def is_clear(low: float | None, high: float | None) -> bool:
    """Whether an interval lies on one side of zero; an unknown one is taken to."""
    return low is None or high is None or low > 0 or high < 0


def say_percent(change: float, digits: int, lang: Lang) -> str:
    """Size of a relative change [%], without its sign."""
    return f"{format_number(abs(change), digits)}%"


DOWN, UP = Text("下降约{}", "about {} lower"), Text("上升约{}", "about {} higher")
LESS, MORE = Text("低约{}", "about {} lower"), Text("高约{}", "about {} higher")
SAME = Text("基本不变", "about the same")
EQUAL = Text("基本持平", "about the same")
UNCLEAR = Text("方向不确定（{}）", "not clearly different ({})")


def say_change(
    change: float,
    interval: tuple[float, float] | None,
    unit: Text,
    digits: int,
    lang: Lang,
    beside: bool,
) -> str:
    """Words for a change that follow its sign, its size and how sure it is.

    Parameters
    ----------
    change
        In percent, percentage points or a unit.
    interval
        5–95 %; where it holds zero, the direction is not claimed.
    unit
        What follows the number.
    beside
        Compared with another run, not with another year.
    """
    half = None if interval is None else (interval[1] - interval[0]) / 2
    shown = choose_digits(change, half, "B", digits)
    if interval is not None and not is_clear(*interval):
        ends = [_signed(end, max(shown, 0)) + unit.get(lang) for end in interval]
        return UNCLEAR.get(lang).format(Text("{} 至 {}", "{} to {}").get(lang).format(*ends))
    if round(change, shown) == 0:
        return (EQUAL if beside else SAME).get(lang)
    down, up = (LESS, MORE) if beside else (DOWN, UP)
    words = down if change < 0 else up
    return words.get(lang).format(format_number(abs(change), shown) + unit.get(lang))


def _signed(value: float, digits: int) -> str:
    return format_number(value, digits, signed=True)


def say_share(share: float, count: int) -> str:
    """A probability in whole percent; never 0 or 100 where a future says otherwise."""
    percent = round(100 * share)
    if share > 0 and percent == 0:
        return "<1%"
    if share < 1 and percent == 100:
        return ">99%"
    return f"{percent}%" if count else MINUS
