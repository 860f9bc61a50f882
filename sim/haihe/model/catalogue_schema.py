"""What `catalogue.yaml` may hold; the text below each field is its manual."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from haihe import yaml
from haihe.text import Text


class DimensionRecord(yaml.Record):
    """A dimension of the model."""

    title: Text
    """Its name for people."""
    elements: dict[str, Text]
    """Every element, as the model spells it, with its name for people."""


class LeverRecord(yaml.Record):
    """A lever; its key is the name of a constant of the model."""

    title: Text
    """Its name for people."""
    group: str
    """The policy group whose schedule it follows."""
    shown: str
    """Unit that people see."""
    articles: list[str] = Field(default_factory=list)
    """Articles of the plan that ask for it, such as "九"."""
    note: Text = Text("", "")
    """What it does, in one sentence."""


class DriverRecord(yaml.Record):
    """A driver; its key is the name of a variable of the form `D = D table(Time)`."""

    title: Text
    """Its name for people."""
    shown: str
    """Unit that people see."""
    note: Text = Text("", "")
    """What it stands for, in one sentence."""


class HistoryRecord(yaml.Record):
    """Where observed values stand."""

    file: str
    """File in the model's folder of data."""
    series: str
    """Name of the series in that file."""


class OutcomeRecord(yaml.Record):
    """An outcome; its key is a short id."""

    variable: str
    """Variable of the model."""
    title: Text
    """Its name for people."""
    shown: str
    """Unit that people see."""
    digits: int = Field(1, ge=0, le=9)
    """Digits after the point."""
    headline: bool = False
    """Is it among the first that a page shows?"""
    group: str
    """Part of the page that it stands in."""
    better: Literal["lower", "higher", ""] = ""
    """Which way is better; "" where neither is."""
    grade: Literal["A", "B", "C"]
    """A: official statistic or text seen; B: secondary; C: unverified."""
    source: Text | str
    """Where the number comes from, in both languages or in one text for both."""
    caveat: Text = Text("", "")
    """What a reader must know beside it."""
    history: HistoryRecord | None = None
    """Observed values, where there are any."""


class CatalogueRecord(yaml.Record):
    """The catalogue of a model."""

    title: Text
    """Name of the model for people."""
    dimensions: dict[str, DimensionRecord] = Field(default_factory=dict)
    """Dimensions of the model, with words for every element."""
    groups: dict[str, Text] = Field(default_factory=dict)
    """Policy groups, the elements of the dimension `policy group`."""
    levers: dict[str, LeverRecord] = Field(default_factory=dict)
    """What a plan can move."""
    drivers: dict[str, DriverRecord] = Field(default_factory=dict)
    """What comes from outside."""
    outcomes: dict[str, OutcomeRecord] = Field(default_factory=dict)
    """What is shown."""
