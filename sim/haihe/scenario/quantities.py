"""Numbers, quantities and trajectories as a scenario writes them, in the unit of a variable."""

from __future__ import annotations

import math
import re

from haihe.errors import InputError, InputErrors
from haihe.model.types import Variable
from haihe.project import show_text
from haihe.scenario.values import Trajectory
from haihe.text import Text, Words, lead, set_apart
from haihe.units import convert, parse_quantity
from haihe.units.words import say_unit
from haihe.yaml import (
    Node,
    Scalar,
    Sequence,
    explain_number,
    read_number,
    read_scalar,
    suggest_number,
)

PAIRS = Text(
    "[年份, 数值] 数对，如 [[2025, 0.5], [2035, 1]]",
    "[year, value] pairs, as in [[2025, 0.5], [2035, 1]]",
)

_QUANTITY = re.compile(r"([-+]?[0-9.][0-9.,:_/]*(?:[eE][-+]?[0-9]+)?)\s*(.*)")


def read_trajectory(node: Sequence, variable: Variable) -> Trajectory:
    """Read a list of [year, value] pairs.

    Raises
    ------
    InputErrors
        For an empty list, something that is no pair, years that do not increase, and every value
        that is no quantity in a fitting unit.
    """
    if not node.items:
        raise node.error(
            Text(f"{variable.name} 的轨迹为空", f"{variable.name} has an empty trajectory"), PAIRS
        )
    if not any(isinstance(item, Sequence) for item in node.items):
        raise node.error(
            Text(f"{variable.name} 需要一列点", f"{variable.name} needs a list of points"), PAIRS
        )
    errors: list[InputError] = []
    points: list[tuple[float, float]] = []
    for item in node.items:
        try:
            points.append(_read_point(item, variable, points))
        except InputError as error:
            errors.append(error)
    if errors:
        raise InputErrors(tuple(errors))
    return Trajectory(tuple(year for year, _ in points), tuple(value for _, value in points))


def _read_point(
    item: Node, variable: Variable, before: list[tuple[float, float]]
) -> tuple[float, float]:
    parts = item.items if isinstance(item, Sequence) else ()
    scalars = [part for part in parts if isinstance(part, Scalar)]
    if len(scalars) != 2 or len(parts) != 2:
        comma = [part.text for part in scalars] if len(parts) == len(scalars) == 3 else None
        meant: Words = "[{}, {}.{}]".format(*comma) if comma else PAIRS
        raise item.error(Text("这不是轨迹上的点", "this is not a point of a trajectory"), meant)
    year_node, value_node = scalars
    year = read_scalar(year_node)
    if isinstance(year, bool) or not isinstance(year, int | float):
        raise explain_number(year_node, Text("年份", "a year"))
    if before and year == before[-1][0]:
        raise item.error(say_twice(year), Text("每年只出现一次", "every year once"))
    if before and year < before[-1][0]:
        last = before[-1][0]
        raise item.error(
            Text(f"{year:g} 排在 {last:g} 之后", f"{year:g} comes after {last:g}"),
            Text("年份由早到晚", "years in order"),
        )
    return float(year), read_quantity(value_node, variable)


def say_twice(year: float) -> Text:
    """A year is there more than once."""
    return Text(f"{year:g} 年出现两次", f"the year {year:g} stands twice")


def read_quantity(node: Node, variable: Variable) -> float:
    """Read a number or a quantity, in the unit of a variable.

    Raises
    ------
    InputError
        For anything else, and for a unit that cannot be converted.
    """
    if not isinstance(node, Scalar):
        raise node.error(
            Text(f"{variable.name} 在此只取一个值", f"{variable.name} takes one value here"),
            say_in_unit(Text("数字", "a number"), variable),
        )
    read = read_scalar(node)
    if isinstance(read, int | float) and not isinstance(read, bool):
        return float(read)
    match = _QUANTITY.fullmatch(node.text.strip())
    if not isinstance(read, str) or match is None or not match[2]:
        raise _explain_quantity(node, variable, suggest_number(node.text))
    if read_number(match[1]) is None:
        guess = suggest_number(match[1])
        raise _explain_quantity(node, variable, guess and f"{guess} {match[2]}")
    try:
        number, written = parse_quantity(node.text)
        value = convert(number, written, variable.units)
    except InputError as fault:
        problem = lead(f"{variable.name} = {show_text(node.text)}", fault.problem)
        expected = say_in_unit(Text("值", "a value"), variable)
        raise node.error(problem, expected, fault.suggestions) from fault
    if not math.isfinite(value):
        shown = show_text(node.text)
        raise node.error(
            Text(f"{shown} 不是有限的数", f"{shown} is not finite"),
            Text("有限的数字", "a finite number"),
        )
    # 15 digits, so that `7 %` is 0.07 and not the next double.
    return float(f"{value:.15g}")


def _explain_quantity(node: Scalar, variable: Variable, guess: str) -> InputError:
    """Say why a text is no quantity, with the spelling that would work."""
    if node.quoted and read_number(node.text) is not None:
        return explain_number(node)
    unit, shown = say_model_unit(variable), show_text(node.text, 40)
    expected = Text(
        f"{_by_unit(unit)}或带单位的数字" if unit.zh else "数字，或带 % 的数字",
        f"a number, in {unit.en} or with its unit",
    )
    if guess:
        expected = Text(f"数字，写作 {guess}", f"a number, written {guess}")
    return node.error(Text(f"{shown} 不是数字", f"{shown} is not a number"), expected)


def show_unit(variable: Variable) -> str:
    """Unit of a variable as a message names it."""
    return variable.units or "Dmnl"


def say_model_unit(variable: Variable) -> Text:
    """Unit of a variable: in Chinese as people write it, "" for none; in English as the model."""
    unit = show_unit(variable)
    return Text(say_unit(unit).zh, unit)


def say_in_unit(what: Text, variable: Variable) -> Text:
    """Something in the unit of a variable."""
    unit = say_model_unit(variable)
    zh = f"{_by_unit(unit)}的{what.zh}" if unit.zh else what.zh
    return Text(zh, f"{what.en} in {unit.en}")


def _by_unit(unit: Text) -> str:
    gap = " " if unit.zh.isascii() or unit.zh[-1].isascii() else ""
    return f"以{set_apart(unit.zh, 'zh')}{gap}计"
