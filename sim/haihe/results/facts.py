"""All that a briefing may say: a report, how sure its numbers are, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from haihe.results.outlook import Outlook
from haihe.results.report import Report
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that was put in, not found out."""

    title: Text
    value: Text
    origin: str
    """File and line that set it; "" where it stands in the model."""
    grade: str
    """A, B or C; "" where nobody graded it."""
    source: Text


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentences, numbers and pictures of a briefing are made from."""

    report: Report
    sample: xr.Dataset | None
    """Outcomes without dimensions in many futures, (member, future, time), under their ids and in
    the units of `report.indicators`; future k is the same for every member. None: nothing is known
    of how sure the numbers are."""
    outlooks: tuple[Outlook, ...]
    """Targets, in the order of the report."""
    sentences: Mapping[str, Text]
    """By target id."""
    summary: Text
    """The scorecard in a sentence."""
    settings: tuple[Assumption, ...]
    """What the scenario sets."""
    uncertain: tuple[Assumption, ...]
    """What was drawn, and from what."""
    digests: Mapping[str, str]
    """Of model, data, scenarios and store, by name."""
    source: Mapping[str, object] = field(default_factory=dict)
    """How the same facts are found again; plain JSON."""
    kind: str = "scenario"
    """"scenario" (run now), "run" (a store of results) or "study" (a store of members, of which
    the report holds the medians)."""

    @property
    def futures(self) -> int:
        """How many futures stand behind the intervals; 0: none."""
        return 0 if self.sample is None else int(self.sample.sizes["future"])
