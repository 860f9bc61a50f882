"""How likely a target is met, and what would flip it: plain values for tables and pages."""

from __future__ import annotations

from dataclasses import dataclass

from haihe.results.report import Score
from haihe.text import Text


@dataclass(frozen=True, slots=True)
class Chance:
    """How often a target is met over futures."""

    futures: int
    """How many gave a number."""
    met: int
    probability: float
    low: float
    """Wilson's interval at 95 %: what the number of futures leaves open, no more."""
    high: float
    least: float
    """Value that one future in twenty lies below, in the target's unit."""
    middle: float
    most: float
    """Value that one future in twenty lies above."""
    calibrated: bool = True
    """Whether they are calibrated futures; else members of a study, however that drew them."""


@dataclass(frozen=True, slots=True)
class Flip:
    """The least change of one assumption that turns the verdict over."""

    factor: str
    """Label of the uncertain input."""
    title: Text
    own: float
    """Value that the scenario is run with."""
    value: float
    """Value at which the verdict is the other one."""
    unit: str
    distance: float
    """Distance on the scale of a normal distribution [standard deviations], with its sign."""
    quantile: float
    """Place of `value` in the distribution, 0 to 1."""
    reached: float
    """Value of the target's indicator there, in the target's unit; it was run."""
    grade: str = ""
    """How well the distribution is founded; "" for draws of a fitted parameter."""
    by_data: bool = False
    """Found in the members of a store instead of by running it: around `value` most members have
    the other verdict; `reached` is the median of the target there."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """One target: how it is scored, how likely it is, and what would flip it."""

    score: Score
    chance: Chance | None
    """None where it cannot be scored, or no futures were asked for."""
    flip: Flip | None
    """None where no single assumption within its range flips it, or none was looked for."""
    searched: bool = False
    """Whether a flip was looked for."""
