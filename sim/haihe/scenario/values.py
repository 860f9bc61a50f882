"""What a scenario is, once it has been read: frozen values, each with its origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from haihe.errors import Location
from haihe.model.types import FloatArray, TimeAxis
from haihe.text import Text, Words

POLICY_START = 2022.0
"""Time [Year] up to which no lever does anything."""


class Role(StrEnum):
    """What a setting changes."""

    LEVER = "lever"
    DRIVER = "driver"
    PARAMETER = "parameter"
    INITIAL = "initial"
    FORCED = "forced"
    """A variable that the model computes, held to given values."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A value over time: straight lines between the points, the last value held."""

    years: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, year: float) -> float:
        """Value at a year; before the first point the first value."""
        return float(np.interp(year, self.years, self.values))


@dataclass(frozen=True, slots=True)
class Setting:
    """One value that a scenario sets, in the unit of the model."""

    name: str
    """The lever, driver or parameter that the user wrote, under its name in the model."""
    element: tuple[str, ...]
    """Which element of a subscripted variable, one name for each dimension; () for a scalar.
    A number given for the whole variable becomes one setting for each element."""
    value: float | Trajectory
    role: Role
    origin: Location
    """Who set it."""
    unit: str = ""
    """Unit of the model."""
    overrode: Setting | None = None
    """The setting of an extended scenario that this one took the place of."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with everything that it extends merged in."""

    id: str
    title: Text
    story: Text
    model: Path
    settings: tuple[Setting, ...]
    time: TimeAxis | None
    """None: the model's own."""
    outputs: tuple[str, ...]
    """Outcome ids; () for every outcome of the catalogue."""
    chain: tuple[str, ...]
    """What it extends, nearest first."""
    digest: str
    """SHA-256 over the resolved settings that differ from the model's own values, and the time
    axis: scenarios that mean the same have the same digest, whatever they are called."""
    origin: Location
    warnings: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs of a batch of members as plain arrays, ready for a backend.

    What is not named keeps the model's own value.
    """

    members: tuple[str, ...]
    """Labels, one for each member."""
    constants: Mapping[str, FloatArray]
    """By variable: values (member, *dims)."""
    series: Mapping[str, tuple[FloatArray, FloatArray]]
    """By variable: years (point,) and values (member, point, *dims); straight lines between
    points, ends held. It takes the place of the variable's own equation. A member whose values
    are all NaN keeps the equation (a member is never NaN in part)."""
    initial: Mapping[str, FloatArray]
    """By stock: initial values (member, *dims). NaN keeps the model's own initial value, also of
    single elements."""
    time: TimeAxis
    held: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    """By constant: which elements a scenario sets itself (member, *dims), be it to the model's own
    value. Of a constant that is not named here, those that differ from the model's own value."""
