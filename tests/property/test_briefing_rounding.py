"""What a briefing says of a number follows the number, whatever it is."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from haihe.text import Text
from haihe_viz.briefing_rounding import choose_digits, is_clear, say_change, say_share

PERCENT = Text("%", "%")
numbers = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: abs(x) > 1e-6)
widths = st.floats(1e-6, 1e6)


@given(numbers, widths, st.integers(0, 4))
def test_digits_follow_the_interval(value: float, half: float, most: int) -> None:
    digits = choose_digits(value, half, "B", most)
    assert digits <= most
    if (
        digits < most
    ):  # nothing is rounded away that the interval does not leave open, or two digits
        place = 10.0**-digits
        assert place <= max(half, abs(value)) * (1 + 1e-9)
        assert digits >= choose_digits(value, 10 * half, "B", most)


@given(numbers, st.sampled_from("ABC"))
def test_without_an_interval_the_grade_decides(value: float, grade: str) -> None:
    digits = choose_digits(value, None, grade, 12)
    rounded = round(value, digits)
    keep = {"A": 4, "B": 3, "C": 2}[grade]
    assert (
        abs(rounded - value) <= 0.5 * 10 ** (math.floor(math.log10(abs(value))) + 1 - keep) * 1.01
    )


@given(numbers, st.floats(0, 1e6), st.booleans(), st.sampled_from(["zh", "en"]))
def test_words_follow_sign_and_certainty(change: float, half: float, beside: bool, lang) -> None:
    ends = (change - half, change + half)
    said = say_change(change, ends, PERCENT, 1, lang, beside)
    down = "lower" in said or "下降" in said or "低" in said
    up = "higher" in said or "上升" in said or "高" in said
    if not is_clear(*ends):
        assert not down
        assert not up
    else:
        assert not (down and change > 0)
        assert not (up and change < 0)
        assert down or up or round(change, 1) == 0 or "same" in said or "基本" in said


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_a_share_is_certain_only_where_every_future_agrees(hits: int, count: int) -> None:
    share = min(hits, count) / count
    said = say_share(share, count)
    assert (said == "100%") == (share == 1)
    assert (said == "0%") == (share == 0)
