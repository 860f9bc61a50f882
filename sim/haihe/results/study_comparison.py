"""How two studies differ: what was asked of them, and where their outcomes lie.

Plain values, so that a table, a chart and a page say the same. `A` is the first study, `B` the
second.
"""

from __future__ import annotations

from dataclasses import dataclass

from haihe.text import Text

STUDY_KINDS = {
    "model": Text("模型", "model"),
    "engine": Text("引擎", "engine"),
    "version": Text("软件版本", "version"),
    "scenario": Text("情景", "scenario"),
    "design": Text("设计", "design"),
    "futures": Text("未来", "futures"),
    "factor": Text("输入", "input"),
    "saved": Text("保存的指标", "saved outcome"),
    "time": Text("时间轴", "time axis"),
    "failed": Text("失败的成员", "failed members"),
}
"""What can differ between two studies, in words."""


@dataclass(frozen=True, slots=True)
class StudyChange:
    """One thing that the two studies were made of and that differs."""

    kind: str
    """One of `STUDY_KINDS`."""
    name: str
    title: Text
    a: str
    """What A has; "" where it has none."""
    b: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the values of an outcome lie among the members of a scenario."""

    members: int
    """Members with a number."""
    median: float
    p5: float
    p95: float


@dataclass(frozen=True, slots=True)
class SpreadMove:
    """How the distribution of one outcome moved."""

    asked: str
    """Outcome with its reduction, as it can be asked for again."""
    title: Text
    unit: str
    scenario: str
    """"A" name, or "A → B" where scenarios of different names are held against each other."""
    a: Spread
    b: Spread
    superiority: float
    """Chance that a member of B, drawn by itself, has more than one of A; ties count half."""
    distance: float
    """Greatest distance between the two cumulative distributions (Kolmogorov and Smirnov)."""
    noise: float
    """Distance that two draws of one and the same distribution stay below 19 times in 20."""
    paired: float | None
    """Share of members that have more in B, ties half, where member k was given the same in both;
    None where they were not."""

    @property
    def change(self) -> float:
        """Median of B less that of A."""
        return self.b.median - self.a.median

    @property
    def beyond_noise(self) -> bool:
        """Whether the distributions differ by more than their sampling error."""
        return self.distance > self.noise


@dataclass(frozen=True, slots=True)
class StudyComparison:
    """The answer to `how do these two studies differ?`."""

    a: str
    b: str
    title_a: Text
    title_b: Text
    same: bool
    """Nothing that they were made of differs, and no number."""
    changes: tuple[StudyChange, ...]
    moves: tuple[SpreadMove, ...]
    """Those whose distribution moved furthest first; what is the same to the last bit is left
    out."""
    unmoved: int
    """Outcomes, by scenario, that are the same to the last bit."""
    sentence: Text
    notes: tuple[Text, ...] = ()
