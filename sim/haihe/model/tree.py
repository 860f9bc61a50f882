"""Walk and rebuild the translator's trees without knowing the translator.

The trees are dataclasses, tuples, lists, arrays, numbers and strings. A node is told by the name
of its class, so nothing here imports PySD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from haihe.model.types import FloatArray

_NUMBERS = (int, float, np.integer, np.floating)


def kind_of(node: object) -> str:
    """Name of a node's class, such as `ReferenceStructure`."""
    return type(node).__name__


def is_number(node: object) -> bool:
    """Is it a plain number?"""
    return isinstance(node, _NUMBERS) and not isinstance(node, bool | np.bool_)


def walk(node: Any) -> Iterator[Any]:
    """Every node under `node`, itself first, in the order of writing."""
    yield node
    if isinstance(node, list | tuple):
        for part in node:
            yield from walk(part)
    elif is_dataclass(node) and not isinstance(node, type):
        for field in fields(node):
            yield from walk(getattr(node, field.name))


def rebuild(node: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of a tree in which `change` was applied to every node, leaves first."""
    if isinstance(node, list):
        return [rebuild(part, change) for part in node]
    if isinstance(node, tuple):
        return tuple(rebuild(part, change) for part in node)
    if is_dataclass(node) and not isinstance(node, type):
        values = {f.name: rebuild(getattr(node, f.name), change) for f in fields(node)}
        return change(type(node)(**values))
    return change(node)


def references(node: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names that an expression reads, each with its subscripts; functions are left out."""
    for name, subscripts, called in _mentions(node):
        if not called:
            yield name, subscripts


def calls(node: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names that an expression calls: functions, macros and lookups."""
    for name, subscripts, called in _mentions(node):
        if called:
            yield name, subscripts


def _mentions(node: Any) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    called = {id(part.function) for part in walk(node) if kind_of(part) == "CallStructure"}
    for part in walk(node):
        if kind_of(part) == "ReferenceStructure":
            subscripts = tuple(part.subscripts.subscripts) if part.subscripts else ()
            yield part.reference, subscripts, id(part) in called


def evaluate(node: Any, known: Callable[[str], float | None] = lambda _: None) -> float | None:
    """Value of an arithmetic expression of numbers, or None where it is anything else.

    `known` gives the value of a name, or None.
    """
    if is_number(node):
        return float(node)
    kind = kind_of(node)
    if kind == "ReferenceStructure" and not node.subscripts:
        return known(node.reference)
    if kind != "ArithmeticStructure":
        return None
    values = [evaluate(part, known) for part in node.arguments]
    if any(value is None for value in values):
        return None
    return _apply(list(node.operators), [float(value) for value in values if value is not None])


def _apply(operators: list[str], values: list[float]) -> float | None:
    if operators == ["negative"]:
        return -values[0]
    if "^" in operators and len(operators) > 1:
        return None
    result = np.float64(values[0])
    with np.errstate(all="ignore"):
        for operator, value in zip(operators, values[1:]):
            step = _ARITHMETIC.get(operator)
            if step is None:
                return None
            result = step(result, np.float64(value))
    return float(result)


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
}


def as_float_array(value: Any) -> FloatArray:
    """Numbers of a literal as float64."""
    return np.asarray(value, dtype=np.float64)
