"""The model's clock: which times exist, which are saved, and which settings make sense."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from haihe.errors import InputError, Location
from haihe.model.types import FloatArray, TimeAxis
from haihe.text import Text, join_all

MAX_STEPS = 10_000_000
"""Longest run, in time steps."""

_SLACK = 1e-9


def check_time(time: TimeAxis, where: Location | None = None) -> Iterator[InputError]:
    """Everything that is wrong with a time axis, each with the nearest values that work."""
    values = (time.start, time.stop, time.step, time.save_step)
    if not all(math.isfinite(value) for value in values):
        yield InputError(
            Text("时间轴中有 NaN 或无穷大", "the time axis holds NaN or infinity"),
            where,
            Text("数字", "numbers"),
        )
    elif time.step <= 0:
        yield InputError(
            Text(f"时间步长为 {time.step:g}", f"the time step is {time.step:g}"),
            where,
            Text("大于 0 的数", "more than 0"),
        )
    elif time.stop <= time.start:
        yield InputError(
            Text(
                f"终点 {time.stop:g} 不在起点 {time.start:g} 之后",
                f"the end {time.stop:g} is not after the start {time.start:g}",
            ),
            where,
            Text("更晚的终点", "a later end"),
        )
    elif (time.stop - time.start) / time.step > MAX_STEPS:
        yield InputError(
            Text(
                f"运行共 {(time.stop - time.start) / time.step:.0g} 个时间步",
                f"the run has {(time.stop - time.start) / time.step:.0g} time steps",
            ),
            where,
            Text(f"不超过 {MAX_STEPS}", f"at most {MAX_STEPS}"),
        )
    elif time.save_step <= 0:
        yield InputError(
            Text(f"保存间隔为 {time.save_step:g}", f"the save step is {time.save_step:g}"),
            where,
            Text(f"不小于 {time.step:g}", f"{time.step:g} or more"),
        )
    else:
        yield from _check_multiples(time, where)


def _check_multiples(time: TimeAxis, where: Location | None) -> Iterator[InputError]:
    if not is_multiple(time.save_step, time.step):
        yield InputError(
            Text(
                f"保存间隔 {time.save_step:g} 不是时间步长 {time.step:g} 的整数倍",
                f"the save step {time.save_step:g} is no multiple of the time step {time.step:g}",
            ),
            where,
            _say_either(_near_multiples(time.save_step, time.step)),
        )
    span = time.stop - time.start
    if not is_multiple(span, time.step):
        near = [time.start + value for value in _near_multiples(span, time.step)]
        yield InputError(
            Text(
                f"从 {time.start:g} 到终点 {time.stop:g} 不是步长 {time.step:g} 的整数倍",
                f"the end {time.stop:g} is no whole number of steps of {time.step:g}"
                f" after {time.start:g}",
            ),
            where,
            _say_either(near),
        )


def is_multiple(value: float, step: float) -> bool:
    """Is `value` a whole number of steps, but for rounding?"""
    return abs(value / step - round(value / step)) <= _SLACK * max(1.0, abs(value / step))


def count_steps(time: TimeAxis) -> int:
    """Number of time steps of a run."""
    return round((time.stop - time.start) / time.step)


def steps_per_save(time: TimeAxis) -> int:
    """Number of time steps from one saved time to the next."""
    return round(time.save_step / time.step)


def saved_times(time: TimeAxis) -> FloatArray:
    """Times that are saved (time,): `start + k * save_step`, the end included where it is one."""
    count = count_steps(time) // steps_per_save(time) + 1
    return np.asarray(time.start + np.arange(count) * time.save_step, dtype=np.float64)


def _say_either(values: list[float]) -> Text:
    return join_all([f"{value:g}" for value in values], " 或 ", " or ")


def _near_multiples(value: float, step: float) -> list[float]:
    below = math.floor(value / step)
    return [n * step for n in (below, below + 1) if n > 0]
