"""What the page of a study shows: summaries of all members, and the few that are drawn one by one.

Nothing here grows with the study: a million members give arrays as large as a thousand do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haihe.text import Text

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PERCENTILES = (5, 25, 50, 75, 95)
SCORED, SOUGHT = 16_384, 49_152
"""Members of a scenario that targets are scored on, and that conditions are sought among."""


@dataclass(frozen=True, slots=True)
class Group:
    """Members that are shown as one: those of a scenario, or of a row of a list."""

    label: str
    title: Text
    members: int
    failed: int


@dataclass(frozen=True, slots=True)
class Course:
    """An outcome over all saved years."""

    id: str
    title: Text
    unit: str
    """As people see it."""
    digits: int
    grade: str
    source: Text
    caveat: Text
    better: str
    """"lower", "higher" or ""."""
    years: FloatArray
    """(time,)"""
    percentiles: FloatArray
    """`PERCENTILES` of all members (group, percentile, time)."""
    counts: IntArray
    """How many members of all stand between two edges (group, time, bin)."""
    edges: FloatArray
    """Least and greatest value among all (time, 2); bins are of equal width between them."""
    drawn: FloatArray
    """Values of the members that are drawn (drawn, time)."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A factor that the study varied, for members that are drawn."""

    label: str
    title: Text
    unit: str
    role: str
    drawn: FloatArray
    """(drawn,)"""


@dataclass(frozen=True, slots=True)
class StudyPage:
    """A study in the size of a page."""

    title: Text
    story: Text
    design: str
    members: int
    failed: int
    groups: tuple[Group, ...]
    paired: bool
    """Whether drawn member k of every group met the same future."""
    group_of: IntArray
    """Group of each drawn member (drawn,)."""
    courses: tuple[Course, ...]
    axes: tuple[Axis, ...]
    """The most telling first."""
    left_out: Mapping[str, int]
    """How many groups, outcomes and factors there was no room for."""
    provenance: Mapping[str, str]
    exact: bool
    """Whether percentiles are exact; else read off histograms of `FINE` bins."""
