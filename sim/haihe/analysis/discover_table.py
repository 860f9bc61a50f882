"""Inputs of members that lie in a store: a column is read when it is asked for.

A million members of thirty factors would be 240 MB. A box is sought among some of them, and
measured by the few factors that it restricts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from haihe.analysis.select_inputs import Factor, FloatArray, IntArray, read_inputs

if TYPE_CHECKING:
    import xarray as xr

KEPT = 6
"""Columns that are kept for the next time that they are asked for."""


@dataclass(frozen=True, slots=True)
class StoredColumns:
    """Values (member, factor) of factors of a store, and of the scenario where it is one."""

    study: xr.Dataset
    factors: tuple[Factor, ...]
    rows: IntArray
    """Places of the members in the store."""
    scenario: NDArray[np.int16] | None = None
    """Codes of the scenario (member,), the last column; None where it is no factor."""
    _known: dict[int, FloatArray] = field(default_factory=dict, repr=False, compare=False)

    def take(self, rows: IntArray | NDArray[np.bool_]) -> StoredColumns:
        """Some of the members."""
        codes = None if self.scenario is None else self.scenario[rows]
        return replace(self, rows=self.rows[rows], scenario=codes, _known={})

    def column(self, factor: int) -> FloatArray:
        """Values of one factor (member,)."""
        if factor not in self._known:
            if len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[factor] = self._read(factor)
        return self._known[factor]

    def _read(self, factor: int) -> FloatArray:
        if self.scenario is not None and factor == len(self.factors):
            return self.scenario.astype(float)
        return read_inputs(self.study, self.factors[factor : factor + 1], self.rows)[:, 0]

    def load(self) -> FloatArray:
        """All values (member, factor)."""
        values = np.empty((len(self.rows), 0))
        if self.factors:
            values = read_inputs(self.study, self.factors, self.rows)
        return values if self.scenario is None else np.column_stack([values, self.scenario])
