"""Where an equation stands: which names it sees and which elements it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from haihe.errors import InputError, Location
from haihe.model.types import canonical_name
from haihe.model.xmile.equation import EquationError, Tree, parse_equation
from haihe.model.xmile.flatten import Path
from haihe.model.xmile.parts import Written
from haihe.text import Text, Words, lead


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension under the names that the file gives it."""

    name: str
    elements: tuple[str, ...]

    def element(self, written: str) -> str | None:
        """An element by its name or by its number, from 1."""
        wanted = canonical_name(written)
        for element in self.elements:
            if canonical_name(element) == wanted:
                return element
        number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 0
        return self.elements[number - 1] if 1 <= number <= len(self.elements) else None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression is read."""

    owner: str
    """The variable whose equation it is."""
    path: Path
    """The model that names are sought in."""
    shown: str
    text: Written
    binding: Mapping[str, str | None] = field(default_factory=dict)
    """Element of each dimension of the left-hand side; None where it is for all of them."""
    parameters: Mapping[str, tuple[Tree, Scope]] = field(default_factory=dict)
    """Arguments of a macro that is only an expression."""
    macros: tuple[str, ...] = ()
    """Macros that the expression stands in."""
    reducing: bool = False
    """Does it stand in a function over the elements of an array?"""
    home: tuple[Path, str] = ((), "")
    """Place and folded name of the variable: what SELF means."""

    def error(
        self, problem: Words, expected: Words = "", suggestions: tuple[str, ...] = ()
    ) -> InputError:
        """A mistake in this equation."""
        return InputError(
            lead(self.owner, problem),
            Location(self.shown, self.text.line),
            expected,
            suggestions,
            " ".join(self.text.text.split())[:120],
        )

    def reduced(self) -> Scope:
        """The same place, within a function over the elements of an array."""
        return replace(self, reducing=True)

    def parse(self) -> Tree | None:
        """The tree of the equation; None where it says nothing.

        Raises
        ------
        InputError
            With the line of what cannot be read.
        """
        try:
            return parse_equation(self.text.text)
        except EquationError as error:
            raise InputError(
                lead(self.owner, error.problem),
                Location(self.shown, self.text.line_at(error.position)),
                error.expected or Text("XMILE 方程", "an equation of XMILE"),
                shown=" ".join(self.text.text.split())[:120],
            ) from None
