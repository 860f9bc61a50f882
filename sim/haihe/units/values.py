"""A unit as a value: a factor and exponents of base units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from haihe.text import Text

Dimension = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as a multiple of a product of base units."""

    text: str
    """As it was written."""
    factor: float
    """How many of the base units it is."""
    dimension: Dimension
    """Exponent of each base unit, by name; () for a plain number."""

    def __mul__(self, other: Unit) -> Unit:
        return _combine(self, other, 1)

    def __truediv__(self, other: Unit) -> Unit:
        return _combine(self, other, -1)

    def power(self, exponent: Fraction | int) -> Unit:
        """The unit raised to a power."""
        powers = tuple((name, power * exponent) for name, power in self.dimension if exponent)
        try:
            factor = self.factor ** float(exponent)
        except OverflowError:
            factor = math.inf
        return Unit(f"({self.text})^{exponent}", factor, powers)


ONE = Unit("1", 1.0, ())


def show_dimension(dimension: Dimension) -> str:
    """Base units of a dimension in words: `kg m^2 / s^2`; "a plain number" for none."""
    if not dimension:
        return "a plain number"
    above = [_show_power(name, power) for name, power in dimension if power > 0]
    below = [_show_power(name, -power) for name, power in dimension if power < 0]
    return " ".join(above or ["1"]) + ("" if not below else " / " + " ".join(below))


def say_dimension(dimension: Dimension) -> Text:
    """Base units of a dimension in words, in both languages."""
    return Text(show_dimension(dimension) if dimension else "1（纯数）", show_dimension(dimension))


def _show_power(name: str, power: Fraction) -> str:
    return name if power == 1 else f"{name}^{power}"


def _combine(one: Unit, other: Unit, sign: int) -> Unit:
    powers = dict(one.dimension)
    for name, power in other.dimension:
        powers[name] = powers.get(name, Fraction(0)) + sign * power
    factor = one.factor * other.factor if sign > 0 else one.factor / other.factor
    mark = "*" if sign > 0 else "/"
    return Unit(
        f"{one.text}{mark}{other.text}",
        factor,
        tuple(sorted((name, power) for name, power in powers.items() if power)),
    )
