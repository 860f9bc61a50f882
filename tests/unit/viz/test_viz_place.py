"""Names keep clear of one another, ticks are round."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haihe_viz.place import (
    axis_ends,
    make_axis,
    spread,
    step_digits,
    text_width,
    wrap_words,
    year_ticks,
)

wanted = st.lists(st.floats(-50, 150), min_size=1, max_size=12)


@given(wanted, st.floats(0.5, 6))
def test_spread_things_do_not_overlap_and_keep_their_order(
    places: list[float], size: float
) -> None:
    found = spread(places, [size] * len(places), 0, 100)
    assert all(-1e-9 <= place <= 100 + 1e-9 for place in found)
    by_wish = sorted(range(len(places)), key=lambda i: places[i])
    ordered = [found[i] for i in by_wish]
    assert all(b - a >= size - 1e-9 for a, b in itertools.pairwise(ordered))


@given(st.lists(st.floats(0, 100), min_size=1, max_size=9))
def test_spread_leaves_alone_what_has_room(places: list[float]) -> None:
    apart = sorted(places)
    gap = min((b - a for a, b in itertools.pairwise(apart)), default=1)
    assert spread(places, [gap * 0.99] * len(places), 0, 100) == pytest.approx(places)


def test_spread_with_too_little_room_uses_all_of_it() -> None:
    assert spread([5, 5, 5], [60, 60, 60], 0, 100) == pytest.approx([0, 50, 100])


def test_a_large_thing_takes_more_room_than_a_small_one() -> None:
    low, high = spread([50, 50], [10, 30], 0, 100)
    assert high - low == pytest.approx(20)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_an_axis_holds_its_values_and_has_ticks_inside(low: float, span: float) -> None:
    axis = make_axis(low, low + span)
    assert axis.start <= low <= low + span <= axis.stop
    assert len(axis.ticks) >= 2
    assert all(axis.start - 1e-9 <= tick <= axis.stop + 1e-9 for tick in axis.ticks)


def test_an_axis_starts_at_zero_unless_that_hides_everything() -> None:
    assert axis_ends([3.0, 10.0]) == (0.0, 10.0)
    assert axis_ends([95.0, 100.0]) == (95.0, 100.0)
    assert axis_ends([-100.0, -3.0]) == (-100.0, 0.0)
    assert axis_ends([float("nan")]) == (0.0, 1.0)


def test_ticks_are_written_with_the_digits_that_they_need() -> None:
    assert step_digits((0, 0.25, 0.5)) == 2
    assert step_digits((0, 1000, 2000)) == 0
    assert year_ticks(2010, 2060) == (2010, 2020, 2030, 2040, 2050, 2060)


@given(st.text(max_size=60))
def test_wrapped_names_are_narrow_and_at_most_two_lines(text: str) -> None:
    lines = wrap_words(text, 12, 116).split("\n")
    assert len(lines) <= 2
    assert all(text_width(line, 12) <= 116 for line in lines)


def test_names_break_at_blanks_and_show_what_was_cut() -> None:
    assert wrap_words("Imported green power", 12, 116) == "Imported green\npower"
    assert wrap_words("水路", 12, 116) == "水路"
    assert wrap_words("非常" * 20, 12, 116).endswith("…")
