"""The time axis of a scenario: only axes that can be walked in whole steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from haihe.errors import InputError
from haihe.model.types import TimeAxis
from haihe.text import Text, Words, lead
from haihe.yaml import NUMBER, Node, Scalar, explain_number, read_scalar

MAX_STEPS = 100_000
"""Most steps of one run."""

FIELDS = ("start", "stop", "step", "save_step")


def resolve_time(
    given: Mapping[str, Node], own: TimeAxis
) -> tuple[TimeAxis, list[InputError], list[Words]]:
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
    warnings: list[Words] = []
    if axis.start != own.start and not errors:
        warnings.append(
            lead(
                str(given["start"].where),
                Text(
                    f"从 {axis.start:g} 年开始，但存量的初值是 {own.start:g} 年的",
                    f"starts in {axis.start:g}, but the initial values of the stocks are those "
                    f"of {own.start:g}",
                ),
            )
        )
    return axis, errors, warnings


def _read(node: Node) -> float:
    value = read_scalar(node) if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        if isinstance(node, Scalar):
            raise explain_number(node)
        raise node.error(Text("这不是数字", "this is not a number"), NUMBER)
    return float(value)


def check_time(axis: TimeAxis, given: Mapping[str, Node]) -> Iterator[InputError]:
    """What is wrong with a time axis, each with the nearest values that would do."""

    def refuse(fields: tuple[str, ...], problem: Text, expected: Text) -> InputError:
        node = next((given[name] for name in fields if name in given), None)
        return node.error(problem, expected) if node else InputError(problem, None, expected)

    span = axis.stop - axis.start
    if axis.step <= 0:
        problem = Text(f"时间步长为 {axis.step:g}", f"the time step is {axis.step:g}")
        above = Text("大于 0 的步长，如 0.25", "a step above 0, such as 0.25")
        yield refuse(("step",), problem, above)
        return
    if span <= 0:
        problem = Text(
            f"终止时间 {axis.stop:g} 不在起始时间 {axis.start:g} 之后",
            f"the end {axis.stop:g} does not come after the start {axis.start:g}",
        )
        after = Text(f"晚于 {axis.start:g} 的终止时间", f"an end after {axis.start:g}")
        yield refuse(("stop", "start"), problem, after)
        return
    if span / axis.step > MAX_STEPS:
        count, step = span / axis.step, span / MAX_STEPS
        problem = Text(f"{count:.0f} 步过多", f"{count:.0f} steps are too many")
        least = Text(f"不小于 {step:g} 的步长", f"a step of at least {step:g}")
        yield refuse(("step", "stop", "start"), problem, least)
        return
    if not is_multiple(span, axis.step):
        steps = math.floor(span / axis.step)
        ends = [axis.start + n * axis.step for n in (steps, steps + 1) if n > 0]
        problem = Text(
            f"{axis.start:g} 至 {axis.stop:g} 不是步长 {axis.step:g} 的整数倍",
            f"{axis.start:g} to {axis.stop:g} is not a whole number of steps of {axis.step:g}",
        )
        expected = _choices(Text("终止时间", "an end of"), ends, _nearest_steps(axis, span))
        yield refuse(("step", "stop", "start"), problem, expected)
    if axis.save_step <= 0 or not is_multiple(axis.save_step, axis.step):
        ratio = axis.save_step / axis.step
        counts = {max(1, math.floor(ratio)), max(1, math.ceil(ratio))}
        saves = [n * axis.step for n in sorted(counts)]
        problem = Text(
            f"保存间隔 {axis.save_step:g} 不是步长 {axis.step:g} 的整数倍",
            f"the save step {axis.save_step:g} is no whole multiple of the step {axis.step:g}",
        )
        steps_too = _nearest_steps(axis, axis.save_step)
        expected = _choices(Text("保存间隔", "a save step of"), saves, steps_too)
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


def _choices(words: Text, values: list[float], steps: list[float]) -> Text:
    shown, other = ([f"{value:.10g}" for value in listed] for listed in (values, steps))
    text = Text(f"{words.zh} {' 或 '.join(shown)}", f"{words.en} {' or '.join(shown)}")
    if not steps:
        return text
    return Text(
        f"{text.zh}，或步长 {' 或 '.join(other)}",
        f"{text.en}, or a step of {' or '.join(other)}",
    )
