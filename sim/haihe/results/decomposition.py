"""What drove a change: effects of the factors of an identity, year by year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haihe.text import Text

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one factor did from each year to the next."""

    factor: str
    title: Text
    values: FloatArray
    """(year,): change since the year before; 0 in the first year."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A total over the years, and the effects that add up to its change."""

    identity: str
    title: Text
    outcome: str
    outcome_title: Text
    unit: str
    digits: int
    source: Text
    """Whose numbers: a scenario's, or what was observed."""
    years: FloatArray
    total: FloatArray
    effects: tuple[Effect, ...]

    def between(self, start: float, stop: float) -> dict[str, float]:
        """Effect of every factor from one year to another."""
        inside = (self.years > start + 1e-6) & (self.years < stop + 1e-6)
        return {effect.factor: float(effect.values[inside].sum()) for effect in self.effects}

    def change(self, start: float, stop: float) -> float:
        """Change of the total from one year to another.

        Raises
        ------
        KeyError
            Where one of the years is not there.
        """
        at = [np.flatnonzero(np.abs(self.years - year) < 1e-6) for year in (start, stop)]
        if any(found.size == 0 for found in at):
            raise KeyError(f"{start:g}-{stop:g}")
        return float(self.total[at[1][0]] - self.total[at[0][0]])
