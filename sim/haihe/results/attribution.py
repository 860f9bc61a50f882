"""Which measures made a difference: what an attribution hands to charts, tables and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haihe.text import Text

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Credit:
    """What one group of settings contributed to the difference; every array is (year,)."""

    name: str
    """Short name: an article's number, a policy group, or what the user called it."""
    title: Text
    union: str
    """Title-less name of the union that it stands in; "" where there are none."""
    settings: tuple[str, ...]
    """What the group sets, by the model's names."""
    shapley: FloatArray
    """Mean of what it adds, over all orders: the shares sum to the difference."""
    owen: FloatArray | None
    """The same over the orders that keep unions together; None where there are none."""
    off: FloatArray
    """What is lost when it alone is switched off."""
    on: FloatArray
    """What is gained when it alone is switched on."""
    low: FloatArray
    """Least that it adds in any order (of those drawn, where orders were drawn)."""
    high: FloatArray
    error: FloatArray | None
    """Standard error of `shapley`; None where it is exact."""


@dataclass(frozen=True, slots=True)
class Interplay:
    """How far two groups do together more, or less, than the sum of both."""

    first: str
    second: str
    values: FloatArray
    """Shapley interaction index (year,)."""


def pair_up(names: Sequence[str], values: FloatArray) -> tuple[Interplay, ...]:
    """Every pair once, from the indices of all (group, group, year)."""
    return tuple(
        Interplay(names[i], names[j], values[i, j])
        for i in range(len(names))
        for j in range(i + 1, len(names))
    )


@dataclass(frozen=True, slots=True)
class Attribution:
    """The difference between two scenarios in one outcome, by groups; arrays are (year,)."""

    outcome: str
    """Id, with the element in brackets where the outcome has one."""
    title: Text
    unit: str
    digits: int
    scenario: str
    baseline: str
    scenario_title: Text
    baseline_title: Text
    by: str
    """"article", "chapter", "group", or the file that names the groups."""
    years: FloatArray
    value: FloatArray
    """Outcome of the scenario."""
    against: FloatArray
    """Outcome of the baseline."""
    credits: tuple[Credit, ...]
    interactions: tuple[Interplay, ...]
    """Every pair; empty where orders were drawn."""
    coalitions: int
    """How many combinations of groups were run."""
    exact: bool

    @property
    def total(self) -> FloatArray:
        """What is to be explained (year,)."""
        return self.value - self.against

    @property
    def off_residual(self) -> FloatArray:
        """What the switch-one-off wedges leave unexplained (year,)."""
        return np.asarray(self.total - np.sum([credit.off for credit in self.credits], axis=0))

    @property
    def on_residual(self) -> FloatArray:
        """What the switch-one-on wedges leave unexplained (year,)."""
        return np.asarray(self.total - np.sum([credit.on for credit in self.credits], axis=0))

    def at(self, year: float) -> int:
        """Position of a year.

        Raises
        ------
        KeyError
            Where the runs hold no such year.
        """
        found = np.flatnonzero(np.isclose(self.years, year, rtol=0, atol=1e-6))
        if found.size == 0:
            raise KeyError(year)
        return int(found[0])
