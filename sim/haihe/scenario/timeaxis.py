"""The time axis of a scenario: only axes that can be walked in whole steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from haihe.errors import InputError
from haihe.model.types import TimeAxis
from haihe.yaml import Node, Scalar, explain_number, read_scalar

MAX_STEPS = 100_000
"""Most steps of one run."""

FIELDS = ("start", "stop", "step", "save_step")


def resolve_time(
    given: Mapping[str, Node], own: TimeAxis
) -> tuple[TimeAxis, list[InputError], list[str]]:
    """The model's time axis with what a scenario gives, what is wrong, and what is doubtful.

    Parameters
    ----------
    given : by field of `time`: the node that sets it last.
    own : the model's axis.
    """
    errors: list[InputError] = []
    values: dict[str, float] = {}
    for name in FIELDS:
        values[name] = getattr(own, name)
        if name in given:
            try:
                values[name] = _read(given[name])
            except InputError as error:
                errors.append(error)
    start, stop, step, save_step = (values[name] for name in FIELDS)
    axis = replace(own, start=start, stop=stop, step=step, save_step=save_step)
    errors = errors or list(check_time(axis, given))
    warnings = []
    if axis.start != own.start and not errors:
        warnings.append(
            f"{given['start'].where}: starts in {axis.start:g}, but the initial values of the "
            f"stocks are those of {own.start:g}"
        )
    return axis, errors, warnings


def _read(node: Node) -> float:
    value = read_scalar(node) if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        if isinstance(node, Scalar):
            raise explain_number(node)
        raise node.error("this is not a number", "a number")
    return float(value)


def check_time(axis: TimeAxis, given: Mapping[str, Node]) -> Iterator[InputError]:
    """What is wrong with a time axis, each with the nearest values that would do."""

    def refuse(fields: tuple[str, ...], problem: str, expected: str) -> InputError:
        node = next((given[name] for name in fields if name in given), None)
        return node.error(problem, expected) if node else InputError(problem, None, expected)

    span = axis.stop - axis.start
    if axis.step <= 0:
        yield refuse(("step",), f"the time step is {axis.step:g}", "a step above 0, such as 0.25")
        return
    if span <= 0:
        problem = f"the end {axis.stop:g} does not come after the start {axis.start:g}"
        yield refuse(("stop", "start"), problem, f"an end after {axis.start:g}")
        return
    if span / axis.step > MAX_STEPS:
        problem = f"{span / axis.step:.0f} steps are too many"
        least = f"a step of at least {span / MAX_STEPS:g}"
        yield refuse(("step", "stop", "start"), problem, least)
        return
    if not is_multiple(span, axis.step):
        steps = math.floor(span / axis.step)
        ends = [axis.start + n * axis.step for n in (steps, steps + 1) if n > 0]
        problem = f"{axis.start:g} to {axis.stop:g} is not a whole number of steps of {axis.step:g}"
        steps_too = _nearest_steps(axis, span)
        yield refuse(("step", "stop", "start"), problem, _choices("an end of", ends, steps_too))
    if axis.save_step <= 0 or not is_multiple(axis.save_step, axis.step):
        ratio = axis.save_step / axis.step
        counts = {max(1, math.floor(ratio)), max(1, math.ceil(ratio))}
        saves = [n * axis.step for n in sorted(counts)]
        problem = f"the save step {axis.save_step:g} is no whole multiple of the step {axis.step:g}"
        expected = _choices("a save step of", saves, _nearest_steps(axis, axis.save_step))
        yield refuse(("save_step", "step"), problem, expected)


def is_multiple(span: float, step: float) -> bool:
    """Is a span a whole number of steps, at least one, but for rounding?"""
    ratio = span / step
    return round(ratio) >= 1 and abs(ratio - round(ratio)) <= 1e-9 * max(1.0, ratio)


def _nearest_steps(axis: TimeAxis, span: float) -> list[float]:
    """Nearest steps below and above that divide a span, and the save step too where they can."""
    if span <= 0:
        return []
    whole = axis.save_step if is_multiple(span, axis.save_step) else span
    count = whole / axis.step
    return sorted({whole / n for n in (max(1, math.floor(count)), math.ceil(count))})


def _choices(words: str, values: list[float], steps: list[float]) -> str:
    text = f"{words} {' or '.join(f'{value:.10g}' for value in values)}"
    return text + (f", or a step of {' or '.join(f'{s:.10g}' for s in steps)}" if steps else "")
