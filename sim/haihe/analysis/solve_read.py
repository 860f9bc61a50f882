"""What is known while a task is read, and how its numbers and nodes are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from haihe.errors import InputError, InputErrors
from haihe.model.catalogue import Catalogue
from haihe.model.types import Model
from haihe.scenario.values import Scenario
from haihe.text import Text
from haihe.units import convert, parse_quantity
from haihe.yaml import Mapping, Node, Scalar, Sequence, read_scalar

Found = TypeVar("Found")


NO_TEXT = Text("", "")


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known while a task is read; `errors` grows."""

    model: Model
    catalogue: Catalogue
    scenario: Scenario
    errors: list[InputError] = field(default_factory=list)

    def attempt(self, read: Callable[[], Found]) -> Found | None:
        """What `read` gives; its mistakes are kept for later."""
        try:
            return read()
        except InputError as error:
            self.errors.append(error)
        except InputErrors as several:
            self.errors.extend(several.errors)
        return None


def say_span(model: Model) -> Text:
    return Text(
        f"{model.time.start:g} 到 {model.time.stop:g} 之间的年份",
        f"a year from {model.time.start:g} to {model.time.stop:g}",
    )


def read_amount(node: Node, given: float | str, unit: str) -> float:
    """A number in `unit`, or a quantity with a unit of its own."""
    if isinstance(given, int | float):
        return float(given)
    try:
        number, written = parse_quantity(given)
        return float(f"{convert(number, written or unit, unit):.15g}")
    except InputError as error:
        raise node.error(
            error.problem, error.expected or Text(f"以 {unit} 表示的值", f"a value in {unit}")
        ) from None


def read_share(tree: Mapping, key: str, given: float | str | None, none: float) -> float:
    if given is None:
        return none
    node = tree.get(key) or tree
    value = read_amount(node, given, "1") if isinstance(given, str) else float(given)
    if not 0 < value < 1:
        raise node.error(
            Text(f"`{key}` 为 {value:g}", f"`{key}` is {value:g}"),
            Text("0 与 1 之间的份额，如 80 %", "a share between 0 and 1, such as 80 %"),
        )
    return value


def find_node(tree: Mapping, *keys: str) -> Node | None:
    node: Node | None = tree
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    if isinstance(node, Scalar) and read_scalar(node) is None:
        # `lever:` with nothing behind it: the place of the key says more.
        return node
    return node


def find_item(tree: Mapping, name: str) -> Node | None:
    node = tree.get("levers")
    items = node.items if isinstance(node, Sequence) else ()
    return next((i for i in items if isinstance(i, Scalar) and i.text == name), None)
