"""What an analysis hands to charts, pages and tables: plain values and Datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

NO_WORDS = Text("", "")


class Strength(StrEnum):
    """How firmly a plan asks for a target."""

    BINDING = "binding"
    STRIVEN = "striven"
    QUALITATIVE = "qualitative"


@dataclass(frozen=True, slots=True)
class Score:
    """One target of a plan, held against one run.

    Values are in the target's own unit. `None` says that a thing does not exist or was never
    reached, not that it was not looked for.
    """

    id: str
    title: Text
    indicator: str
    """Outcome id; "" where the model cannot score the target."""
    unit: str
    year: int
    relation: str
    """">=", "<=", "=" (scored as "at least as good"), or "" for a qualitative target."""
    threshold: float | None
    value: float | None
    baseline: float | None
    """Value of the baseline run in the same year."""
    margin: float | None
    """Positive: better than asked for; in the target's unit."""
    met: bool | None
    """None: not scored; `reason` says why."""
    first_year_met: int | None
    met_in_base_year: bool | None
    """Was it met in 2021 already?"""
    strength: Strength
    standard: str
    """Standard that it is measured by, for example "HJ 633-2012"; "" where there is but one."""
    plan: str
    """The document that sets it."""
    quote: str
    """The document's own words."""
    source: str
    grade: str
    """Worst grade among the numbers that the value rests on: A, B or C."""
    reason: Text
    """Why it was not scored; empty where it was."""
    rule: Text = NO_WORDS
    """How words were turned into a number; empty where the document gives the number itself."""
    scope: str = "plan"
    """"plan", "sibling" (another plan of the same city) or "backtest" (its year is past: it tests
    the model, not the plan)."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """One measure of the plan, and what became of it in the model."""

    id: str
    article: str
    title: Text
    quote: str
    levers: tuple[str, ...]
    status: str
    """"modelled", "partly_modelled" or "not_modelled"."""
    reason: Text
    """Why it is not, or only partly, modelled."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a page or a briefing of one run says.

    `indicators` has dims (member, time, <dimensions>), one variable for each outcome under its
    id, in the unit shown to people. Each carries attrs: units, title_zh, title_en, digits, grade,
    source, better ("lower", "higher" or ""), headline (0 or 1), group, caveat_zh, caveat_en.
    Coordinates of model dimensions hold element names; attrs "<element>|zh" and "<element>|en" of
    the coordinate hold their titles.

    `history` has one variable for each outcome that was observed, dims (time,), same units,
    attrs source and grade.
    """

    title: Text
    story: Text
    scenario: str
    """Member label of the scenario."""
    baseline: str
    """Member label of the baseline; "" where there is none."""
    indicators: xr.Dataset
    history: xr.Dataset
    scores: tuple[Score, ...]
    coverage: tuple[Coverage, ...]
    provenance: Mapping[str, str]
    """Digests and versions, by name."""
