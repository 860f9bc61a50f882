"""Numbers, quantities and trajectories as a scenario writes them, in the unit of a variable."""

from __future__ import annotations

import math
import re

from haihe.errors import InputError, InputErrors
from haihe.model.types import Variable
from haihe.project import show_text
from haihe.scenario.values import Trajectory
from haihe.units import convert, parse_quantity
from haihe.yaml import (
    Node,
    Scalar,
    Sequence,
    explain_number,
    read_number,
    read_scalar,
    suggest_number,
)

PAIRS = "[year, value] pairs, as in [[2025, 0.5], [2035, 1]]"

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
        raise node.error(f"{variable.name} has an empty trajectory", PAIRS)
    if not any(isinstance(item, Sequence) for item in node.items):
        raise node.error(f"{variable.name} needs a list of points", PAIRS)
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
        meant = "[{}, {}.{}]".format(*comma) if comma else PAIRS
        raise item.error("this is not a point of a trajectory", meant)
    year_node, value_node = scalars
    year = read_scalar(year_node)
    if isinstance(year, bool) or not isinstance(year, int | float):
        raise explain_number(year_node, "a year")
    if before and year == before[-1][0]:
        raise item.error(f"the year {year:g} stands twice", "every year once")
    if before and year < before[-1][0]:
        raise item.error(f"{year:g} comes after {before[-1][0]:g}", "years in order")
    return float(year), read_quantity(value_node, variable)


def read_quantity(node: Node, variable: Variable) -> float:
    """Read a number or a quantity, in the unit of a variable.

    Raises
    ------
    InputError
        For anything else, and for a unit that cannot be converted.
    """
    if not isinstance(node, Scalar):
        raise node.error(
            f"{variable.name} takes one value here", f"a number in {show_unit(variable)}"
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
        problem = f"{variable.name} = {show_text(node.text)}: {fault.problem}"
        expected = f"a value in {show_unit(variable)}"
        raise node.error(problem, expected, fault.suggestions) from fault
    if not math.isfinite(value):
        raise node.error(f"{show_text(node.text)} is not finite", "a finite number")
    # 15 digits, so that `7 %` is 0.07 and not the next double.
    return float(f"{value:.15g}")


def _explain_quantity(node: Scalar, variable: Variable, guess: str) -> InputError:
    """Say why a text is no quantity, with the spelling that would work."""
    if node.quoted and read_number(node.text) is not None:
        return explain_number(node)
    written = f", written {guess}" if guess else f", in {show_unit(variable)} or with its unit"
    return node.error(f"{show_text(node.text, 40)} is not a number", f"a number{written}")


def show_unit(variable: Variable) -> str:
    """Unit of a variable as a message names it."""
    return variable.units or "Dmnl"
