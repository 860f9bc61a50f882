"""Targets of a plan: what is asked for, of which indicator, by when, and in whose words.

`targets.yaml` is read here. The file is hand-written; its fields are documented by `TargetEntry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from haihe.errors import Refused
from haihe.results.report import Strength
from haihe.text import Text
from haihe.yaml import Record, read_yaml, validate

BASE_YEAR = 2021
"""Year before the plan: levers are inert up to its end, and observations stop with it."""


class Measure(StrEnum):
    """How a number is made from an indicator's series before it is held against a target."""

    LEVEL = "level"
    """Value in the target's year."""
    CHANGE = "change"
    """Change against `base_year` [%]."""
    DIFFERENCE = "difference"
    """Value less the value of `base_year`, in the target's unit."""
    GROWTH = "growth"
    """Mean yearly growth since `base_year` [%/yr]."""
    LARGEST_RISE = "largest rise"
    """Largest change from one year to the next since `base_year` [%]: not above zero means that
    it never rose."""
    PEAK_YEAR = "peak year"
    """Year of the greatest value of the whole run."""

    @property
    def looks_back(self) -> bool:
        """Whether it needs a base year."""
        return self not in (Measure.LEVEL, Measure.PEAK_YEAR)


class Scope(StrEnum):
    """Which document a target comes from, seen from the plan."""

    PLAN = "plan"
    SIBLING = "sibling"
    """A plan of the same city with a target of its own, often a stricter one."""
    BACKTEST = "backtest"
    """A target whose year is past: it tests the model, not the plan."""


@dataclass(frozen=True, slots=True)
class Target:
    """One target of a plan."""

    id: str
    title: Text
    scope: Scope
    indicator: str
    """Outcome id; "" where the model cannot score it."""
    elements: tuple[str, ...]
    """Elements to be summed where the outcome has a dimension; () for a scalar outcome."""
    per: str
    """Outcome id to divide by; "" for none."""
    measure: Measure
    base_year: int | None
    offset: float
    """Added to the value: the difference between two accounting bases, in the target's unit."""
    relation: str
    """">=", "<=", "=", or "" for a target without a number and without a rule."""
    better: Literal["higher", "lower", ""]
    value: float | None
    unit: str
    year: int
    strength: Strength
    standard: str
    plan: str
    article: str
    quote: str
    source: str
    rule: Text
    """How words were turned into a number, where the document gives none."""
    reason: Text
    """Why it is not scored; empty where it is."""

    @property
    def scorable(self) -> bool:
        """Whether there is an indicator and a threshold to hold it against."""
        return bool(self.indicator) and self.value is not None


class TargetEntry(Record):
    """One entry of `targets.yaml`."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    title: Text
    scope: Scope = Scope.PLAN
    indicator: str = ""
    elements: tuple[str, ...] = ()
    per: str = ""
    measure: Measure = Measure.LEVEL
    base_year: int | None = None
    offset: float = 0.0
    relation: Literal[">=", "<=", "="] | None = None
    better: Literal["higher", "lower"] | None = None
    value: float | None = None
    unit: str = ""
    year: int
    strength: Strength
    standard: str = ""
    plan: str = Field(min_length=1)
    article: str = ""
    quote: str = Field(min_length=1)
    source: str = Field(min_length=1)
    rule: Text | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _hold_together(self) -> TargetEntry:
        problem = find_contradiction(self)
        if problem:
            raise Refused(problem)
        return self

    def target(self) -> Target:
        """The same as a frozen value."""
        empty = Text("", "")
        return Target(
            id=self.id,
            title=self.title,
            scope=self.scope,
            indicator=self.indicator,
            elements=self.elements,
            per=self.per,
            measure=self.measure,
            base_year=self.base_year,
            offset=self.offset,
            relation=self.relation or "",
            better=self.better or better_side(self.relation),
            value=self.value,
            unit=self.unit,
            year=self.year,
            strength=self.strength,
            standard=self.standard,
            plan=self.plan,
            article=self.article,
            quote=self.quote,
            source=self.source,
            rule=self.rule or empty,
            reason=self.reason or empty,
        )


class TargetFile(Record):
    """The whole of `targets.yaml`."""

    targets: tuple[TargetEntry, ...]

    @model_validator(mode="after")
    def _name_once(self) -> TargetFile:
        ids = [entry.id for entry in self.targets]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise Refused(
                Text(f"编号 {'、'.join(twice)} 重复", f"the ids {', '.join(twice)} stand twice")
            )
        return self


def better_side(relation: str | None) -> Literal["higher", "lower", ""]:
    """Which side of the threshold is the good one, as far as the relation says."""
    return {">=": "higher", "<=": "lower"}.get(relation or "", "")  # type: ignore[return-value]


def find_contradiction(entry: TargetEntry) -> Text | None:
    """First thing in an entry that cannot stand together; None where all can."""
    scored = bool(entry.indicator)
    windowed = entry.measure.looks_back
    if scored and entry.reason:
        return Text(
            "写有 `indicator` 的目标可以评分，不写 `reason`",
            "a target with an `indicator` is scored, so it has no `reason`",
        )
    if not scored and not entry.reason:
        return Text(
            "没有 `indicator` 的目标须写 `reason`",
            "a target without an `indicator` needs a `reason`",
        )
    if scored and (entry.value is None or entry.relation is None):
        return Text(
            "写有 `indicator` 的目标须写 `value` 和 `relation`",
            "a target with an `indicator` needs `value` and `relation`",
        )
    if entry.relation == "=" and entry.better is None and scored:
        return Text(
            "`=` 按“不差于”评分，须用 `better` 写明哪一侧为好",
            "`=` is scored as at least as good, so `better` must say which side is good",
        )
    if scored and windowed and entry.base_year is None:
        return Text(
            f"指标口径 `{entry.measure}` 须写 `base_year`",
            f"measure `{entry.measure}` needs `base_year`",
        )
    if scored and windowed and entry.base_year is not None and entry.base_year >= entry.year:
        return Text("`base_year` 必须早于 `year`", "`base_year` must lie before `year`")
    if scored and entry.strength is Strength.QUALITATIVE and entry.rule is None:
        return Text(
            "可评分的定性目标须写 `rule`", "a qualitative target that is scored needs a `rule`"
        )
    return None


def load_targets(path: Path) -> tuple[Target, ...]:
    """Read `targets.yaml`.

    Raises
    ------
    InputErrors
        Everything that is wrong with the file, each with its line.
    """
    document = read_yaml(path)
    found = validate(document, TargetFile)
    return tuple(entry.target() for entry in found.targets)


def order_targets(targets: Sequence[Target]) -> tuple[Target, ...]:
    """The plan's own first, then its siblings', then the back-tests; each as in the file."""
    scopes = list(Scope)
    return tuple(sorted(targets, key=lambda target: scopes.index(target.scope)))
