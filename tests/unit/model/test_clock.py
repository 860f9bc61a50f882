"""The clock: saved times, steps, and what cannot run."""

from __future__ import annotations

import numpy as np
import pytest

from haihe.model.clock import check_time, count_steps, is_multiple, saved_times, steps_per_save
from haihe.model.types import TimeAxis
from haihe.text import say


@pytest.mark.parametrize(
    ("axis", "saves", "steps", "every"),
    [
        (TimeAxis(2010, 2060, 0.25, 1), 51, 200, 4),
        (TimeAxis(0, 1, 0.1, 0.1), 11, 10, 1),
        (TimeAxis(0, 10, 0.1, 0.3), 34, 100, 3),
        (TimeAxis(-5, 5, 2.5, 5), 3, 4, 2),
        (TimeAxis(0, 1, 1 / 3, 1), 2, 3, 3),
    ],
)
def test_times(axis: TimeAxis, saves: int, steps: int, every: int) -> None:
    times = saved_times(axis)
    assert (len(times), count_steps(axis), steps_per_save(axis)) == (saves, steps, every)
    np.testing.assert_array_equal(times, [axis.start + k * axis.save_step for k in range(saves)])
    assert not list(check_time(axis))


def test_a_save_step_that_misses_names_its_neighbours() -> None:
    error = next(check_time(TimeAxis(2010, 2060, 0.3, 1)))
    assert say(error.expected, "en") == "0.9 or 1.2"


@pytest.mark.parametrize("count", range(1, 2000, 37))
@pytest.mark.parametrize("step", [0.1, 1 / 3, 0.7, 1 / 64])
def test_multiples_survive_rounding(step: float, count: int) -> None:
    assert is_multiple(step * count, step)
    assert not is_multiple(step * (count + 0.5), step)
