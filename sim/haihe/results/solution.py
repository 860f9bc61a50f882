"""What it would take: packages of measures that meet targets, their prices, or why none does.

Plain values, so that a chart, a table and a page say the same. Numbers of levers stand in the unit
that people see, numbers of targets in the target's own unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from haihe.text import Text


class Verdict(StrEnum):
    """How a search ended."""

    FOUND = "found"
    """A package meets every target as asked for."""
    IMPOSSIBLE = "impossible"
    """A target cannot be met: every lever only helps or only harms it wherever that was sampled,
    and with all of them at the helpful limit it is missed."""
    NOT_FOUND = "not found"
    """The search found no package; that is no proof that there is none."""
    UNDECIDED = "undecided"
    """The search was stopped, or out of budget, before it could say."""


@dataclass(frozen=True, slots=True)
class Band:
    """One number that the search may turn, and how far."""

    id: str
    """Lever, with its element and with "start" or "ramp" where that is what is turned."""
    title: Text
    unit: str
    """Unit that people see."""
    least: float
    most: float
    base: float
    """Value in the scenario that the search began from."""
    group: str
    """Policy group; "" for none."""
    priced: bool = True
    """Whether turning it changes the cost that is made least."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A target as the search sees it."""

    id: str
    title: Text
    outcome: str
    unit: str
    relation: str
    """">=" or "<="."""
    threshold: float
    first_year: float
    last_year: float
    statistic: str
    """"at" for one year, else "mean", "sum", "least" or "greatest" over the years; for a target of
    the plan the name of its measure."""
    base: float
    """Value in the scenario that the search began from, without uncertainty."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a package does for one target."""

    aim: str
    value: float
    """Value without uncertainty, in the target's unit."""
    margin: float
    """How much better than asked for; negative: worse."""
    share_met: float
    """Share of the futures that the search used in which it is met; 1 or 0 without futures."""
    binding: bool
    """No room is left: a stricter target would cost more."""


@dataclass(frozen=True, slots=True)
class Check:
    """A package on futures that the search never saw."""

    futures: int
    seed: int
    share_met: float
    """Share in which all targets are met (or, where each is asked for alone, the worst share)."""
    low: float
    high: float
    """Wilson interval at 95 %."""


@dataclass(frozen=True, slots=True)
class Package:
    """One way of meeting the targets."""

    label: str
    """"A" for the cheapest, then "B", "C" …"""
    values: tuple[float, ...]
    """One for each band, in their order."""
    cost: float
    """In the unit of the objective; mean over the futures."""
    reached: tuple[Reached, ...]
    share_met: float
    """Share of the search's futures in which all targets are met."""
    distance: float = 0.0
    """Mean difference of a lever from the cheapest package, as a share of its band."""
    check: Check | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What one target costs."""

    aim: str
    step: float
    """How much stricter the target was made, in its unit."""
    shadow: float | None
    """Cost of one more unit of it; None: no package was found that meets the stricter target."""
    saved: float | None
    """Cost that would be saved without this target; None: it was not found."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The best that the levers can do for one target alone."""

    aim: str
    best: float
    """In the target's unit; at the asked confidence where there is one."""
    possible: bool
    monotone: bool
    """Every lever only helped, or only harmed, wherever it was sampled."""
    samples: int
    """Points at which that was looked at."""
    beaten: bool
    """A search found something better than all levers at their helpful limits."""
    binding: tuple[str, ...]
    """Bands at a limit that would help further, strongest first."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A change of what was asked for that makes it possible."""

    kind: str
    """"targets": several are relaxed together; "target": one of them; "bounds": levers may go
    further than asked."""
    changes: tuple[tuple[str, float, float], ...]
    """Id of the target or band, what was asked for, what would do."""
    verified: bool
    """The package below was held against the relaxed task, and meets it."""
    package: Package | None


@dataclass(frozen=True, slots=True)
class Effort:
    """What the answer took."""

    members: int
    """Runs of the model."""
    points: int
    """Packages that were looked at."""
    seconds: float
    limit: str
    """What ended the search early: "seconds", "members", "stopped", or ""."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The answer to `what would it take?`."""

    title: Text
    scenario: str
    verdict: Verdict
    objective: Text
    """What was made least."""
    objective_unit: str
    base_cost: float
    """Of the scenario that the search began from."""
    base_meets: bool
    confidence: float
    """Share of the futures in which the targets must be met; 0 without futures."""
    each: bool
    """Each target is held to the confidence alone, not all of them together."""
    futures: int
    seed: int
    bands: tuple[Band, ...]
    aims: tuple[Aim, ...]
    packages: tuple[Package, ...]
    """Cheapest first, then different ones; the nearest miss alone where none was found."""
    prices: tuple[Price, ...]
    reaches: tuple[Reach, ...]
    relaxations: tuple[Relaxation, ...]
    idle: tuple[str, ...]
    """Levers that move no target, and were left as they are."""
    effort: Effort
    sentence: Text
    """The answer in a sentence to be read aloud."""
    notes: tuple[Text, ...] = ()
    """What a reader should know of how far the answer holds."""
