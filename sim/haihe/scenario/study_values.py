"""What a study is, once it has been read: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from haihe.errors import Location
from haihe.model.types import TimeAxis
from haihe.scenario.designs import Design, Method
from haihe.scenario.factors import Factor
from haihe.scenario.futures_read import FutureSources
from haihe.scenario.values import Scenario
from haihe.text import Text, Words

Precision = Literal["float32", "float64"]
Statistic = Literal["mean", "sum", "min", "max"]


@dataclass(frozen=True, slots=True)
class Period:
    """What is saved of a span of years, both ends counted."""

    start: float
    """First saved time [Year]."""
    stop: float
    """Last saved time [Year]."""
    statistic: Statistic


@dataclass(frozen=True, slots=True)
class Savings:
    """What is saved of every member."""

    outcomes: tuple[str, ...]
    """Ids of the catalogue; names of variables where the catalogue has no such outcome."""
    years: tuple[float, ...] | None
    """None: every saved time; else the years alone that are named, which may be none."""
    periods: tuple[Period, ...] = ()
    peak: bool = False
    """The greatest value over all saved times, and its year."""


@dataclass(frozen=True, slots=True)
class StudyFutures:
    """In which futures members run."""

    sources: FutureSources
    count: int
    """Futures that every row of the design runs in; 0 where each row has one of its own."""
    factors: tuple[Factor, ...]
    """What is drawn, but for what the study varies itself."""
    columns: tuple[int, ...]
    """Places of these among all that the sources draw."""


@dataclass(frozen=True, slots=True)
class Study:
    """Scenarios, what is varied about them, and what is kept.

    Members are numbered scenario by scenario; within a scenario row by row of the design; within a
    row future by future.
    """

    id: str
    title: Text
    story: Text
    model: Path
    scenarios: tuple[Scenario, ...]
    factors: tuple[Factor, ...]
    """All inputs: those of the design, then those of the futures."""
    design: Design
    own: tuple[tuple[float, ...], ...]
    """What each scenario has for each input of the design (scenario, factor); NaN where that is
    not one number."""
    futures: StudyFutures | None
    savings: Savings
    precision: Precision
    time: TimeAxis
    digest: str
    """SHA-256 over all that the results hang on but the model: studies that mean the same have the
    same digest, whatever they are called."""
    origin: Location
    warnings: tuple[Words, ...] = ()
    row_labels: tuple[str, ...] = ()
    """list: what the rows are called; () where they have no names."""

    @property
    def method(self) -> Method:
        """Kind of design."""
        return self.design.method

    @property
    def base_sample(self) -> int:
        """Rows of a random design, base rows of sobol, trajectories of morris; 0 for the others."""
        return self.design.samples

    @property
    def seed(self) -> int:
        """What every draw hangs on."""
        return self.design.seed
