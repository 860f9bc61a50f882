"""What scenario discovery found: boxes of conditions under which something happens."""

from __future__ import annotations

from dataclasses import dataclass

from haihe.text import Text


@dataclass(frozen=True, slots=True)
class Limit:
    """How a box restricts one factor; numbers in the unit that people see."""

    factor: str
    title: Text
    unit: str
    low: float | None
    """None: open below."""
    high: float | None
    reach: tuple[float, float]
    """Least and greatest value among all members."""
    only: tuple[str, ...] = ()
    """For a factor of names, which of them are inside."""
    p_value: float = 1.0
    """Quasi-p-value: how probable as many cases were inside, did this restriction not matter."""


@dataclass(frozen=True, slots=True)
class Peel:
    """A step on the way from all members to a small, pure box."""

    coverage: float
    """Share of all cases that are inside."""
    density: float
    """Share of the members inside that are cases."""
    mass: float
    """Share of all members that are inside."""
    restricted: int
    """Number of factors that are restricted."""


@dataclass(frozen=True, slots=True)
class Box:
    """Conditions that go with the cases."""

    limits: tuple[Limit, ...]
    """The most telling first."""
    coverage: float
    density: float
    mass: float
    members: int
    cases: int
    """Members inside that are cases."""
    held_density: float
    """Density of boxes found in the same way on one half of the members, among the other half."""
    held_coverage: float
    trade_off: tuple[Peel, ...]
    """All the boxes that were passed on the way, the largest first."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """Under which conditions members of a study are cases."""

    where: Text
    """What makes a member a case."""
    members: int
    """Members with a result."""
    cases: int
    failed: int
    boxes: tuple[Box, ...]
    """None: nothing was found that holds on members that it was not found on."""
    trade_off: tuple[Peel, ...]
    """Way to the first box, also where it was not kept."""
    sentences: tuple[Text, ...]
    """What was found, in plain words."""
    notes: tuple[Text, ...]

    @property
    def share(self) -> float:
        """Share of the members that are cases."""
        return self.cases / self.members if self.members else 0.0
