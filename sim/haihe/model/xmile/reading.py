"""The file that is read, what was found wrong with it, and how its words are taken."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from haihe.errors import InputError, Location
from haihe.model.xmile.equation import unescape
from haihe.text import Words


@dataclass(slots=True)
class Reading:
    """The file that is read and what was found wrong with it; lives for one reading."""

    shown: str
    errors: list[InputError] = field(default_factory=list)

    def at(self, line: int) -> Location:
        """A line of the file."""
        return Location(self.shown, line)

    def fail(self, problem: Words, line: int, expected: Words = "", shown: str = "") -> None:
        """Keep an error, to be raised with all the others."""
        self.errors.append(InputError(problem, self.at(line), expected, shown=shown))


def clean_name(written: str) -> str:
    """A name as people read it: line ends and runs of blanks are one blank."""
    return " ".join(unescape(written).split())


def to_number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text) if len(text) <= 400 and "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
