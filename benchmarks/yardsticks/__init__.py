"""What the engine is measured against; each makes the engine's numbers by other means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from haihe.model.types import FloatArray

Run = Callable[[FloatArray], FloatArray]
"""Inputs (slot, member) to results (member, saved time, cell)."""


class MissingError(Exception):
    """A tool that a yardstick needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """One way to run a case."""

    name: str
    run: Callable[[FloatArray], object]
    """What is timed: inputs (slot, member) to whatever the yardstick returns to its caller."""
    results: Run
    """The same, as (member, saved time, cell)."""
    members: int
    """Members of a timed call."""
    build_s: float
    """Time from the model to the first call [s], wall clock."""
    seconds: Callable[[FloatArray], float] | None = None
    """CPU time of a member [s], where it is not that of `run`."""
    note: str = ""
