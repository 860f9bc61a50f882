"""The boundary of target files for `haihe solve`: what may stand in one, and the manual of it.

The docstring below each field is its entry in the manual: a paragraph of English, one of Chinese.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from haihe.errors import Refused
from haihe.scenario.schema import Words
from haihe.text import Text
from haihe.yaml import Record

Quantity = float | str


class AimFields(Record):
    """A target of one's own."""

    id: str = ""
    """Short name in the answer; made from the outcome and the year where it is not given.

    答案中使用的短名；不写则由指标和年份组成。"""
    outcome: str
    """Outcome: a short id that `haihe list outcomes` shows, or a title.

    指标：`haihe list outcomes` 所列短编号或标题。"""
    elements: list[str] = Field(default_factory=list)
    """Elements that are summed, where the outcome has a dimension; all of them by default.

    指标带维度时相加的元素；默认全部。"""
    year: int | None = None
    """Year in which it is to be met; or a period by `from` and `to`.

    达标年份；或用 `from`、`to` 给出时段。"""
    first: int | None = Field(default=None, alias="from")
    """First year of a period.

    时段首年。"""
    last: int | None = Field(default=None, alias="to")
    """Last year of a period.

    时段末年。"""
    statistic: Literal["mean", "sum", "least", "greatest"] = "mean"
    """Number that is made of a period: mean, sum, least or greatest.

    时段的统计量：平均、合计、最小、最大。"""
    relation: Literal[">=", "<="]
    """At least, or at most.

    不低于，或不高于。"""
    value: Quantity
    """Number in the outcome's unit for people, or a quantity with its unit: `150 Mt/yr`.

    数值（指标的展示单位），或带单位的量。"""
    weight: float = Field(default=1.0, gt=0)
    """How unwilling one is to relax it, where the task is impossible: twice the weight, half the
    relaxation.

    任务不可行时的放宽代价：权重越大，放宽越少。"""

    @model_validator(mode="after")
    def _one_time(self) -> AimFields:
        period = self.first is not None or self.last is not None
        if period and self.year is not None:
            raise Refused(
                Text(
                    "目标只能写 `year`，或写 `from` 和 `to`",
                    "a target has either `year` or `from` and `to`",
                )
            )
        if period and (self.first is None or self.last is None or self.first > self.last):
            raise Refused(
                Text("时段须写 `from` 和其后的 `to`", "a period needs `from` and a later `to`")
            )
        if not period and self.year is None:
            raise Refused(
                Text(
                    "目标须写 `year`，或 `from` 和 `to`",
                    "a target needs `year`, or `from` and `to`",
                )
            )
        return self


class BandFields(Record):
    """How far a lever may be turned."""

    least: Quantity | None = None
    """Least value; the model's limit where it is not given.

    最小值；不写则取模型限值。"""
    most: Quantity | None = None
    """Greatest value; the model's limit where it is not given.

    最大值；不写则取模型限值。"""
    start: tuple[float, float] | None = None
    """First and last year in which the measure may begin. With it (or `ramp`) the measure follows
    its own dates instead of the model's schedule: straight from its value of 2021.

    措施最早、最晚起始年。给出后措施按自身时间表由 2021 年水平直线推进，不再用模型的实施进度。"""
    ramp: tuple[float, float] | None = None
    """Fewest and most years from the beginning to full strength.

    从起始到完全落实的最短、最长年数。"""
    weight: float = Field(default=1.0, ge=0)
    """How much effort a step of this lever is, where effort is made least.

    以“最小努力”为目标时该杠杆的权重。"""


class ObjectiveFields(Record):
    """What is made least."""

    cost: str | None = None
    """Outcome to be made least; `discounted cost` where the model has it and nothing else is said.

    要最小化的指标；模型有 `discounted cost` 时默认取它。"""
    elements: list[str] = Field(default_factory=list)
    """Elements of it that count, for instance one payer; all of them by default.

    计入的元素（如某一付费方）；默认全部。"""
    year: int | None = None
    """Year in which it is read; the last year of the targets by default.

    读数年份；默认取目标的最后一年。"""
    effort: bool = False
    """Make the effort least instead: the weighted sum of how far each lever is moved away from the
    scenario, each as a share of its band.

    改为最小化努力：各杠杆偏离情景的幅度（占可行区间的份额）的加权和。"""

    @model_validator(mode="after")
    def _one_of_two(self) -> ObjectiveFields:
        if self.effort and (self.cost or self.year or self.elements):
            raise Refused(
                Text(
                    "以 `effort` 为目标时不能再写费用",
                    "either `effort` or a cost is made least, not both",
                )
            )
        return self


class SolveFile(Record):
    """A task for `haihe solve`: targets to be met together, and the levers that may be turned."""

    title: Words | str | None = None
    """Title, in one language or both.

    标题。"""
    story: Words | str | None = None
    """What the task asks, for a reader.

    说明。"""
    scenario: str = "plan"
    """Scenario to begin from; what the levers below do not name stays as it is there.

    起点情景；未列出的设定保持不变。"""
    targets: list[str | AimFields] = Field(min_length=1)
    """Targets to be met together: ids that `haihe list targets` shows, or targets of one's own.

    需同时达到的目标：`haihe list targets` 的编号，或自定目标。"""
    levers: dict[str, BandFields | None] | list[str] | None = None
    """Levers that may be turned, and how far; every lever of the model where nothing is said.
    `policy delay` and `policy completion` may be named too; they move all their groups together.

    可调杠杆及区间；不写则为模型的全部杠杆。"""
    never_weaker: bool = False
    """Keep every lever at least as far from the state of 2021 as the scenario has it: what would it
    take on top.

    不弱于起点情景：在其基础上还需要什么。"""
    confidence: Quantity | None = None
    """Share of the calibrated futures in which the targets must be met, for instance `80 %`;
    without it the model's own values are taken for certain.

    须达标的未来份额，如 `80 %`；不写则不考虑不确定性。"""
    each: bool = False
    """Hold each target to the confidence alone; by default all of them must be met in the same
    futures.

    逐项而非同时满足置信度。"""
    futures: int = Field(default=60, ge=5, le=5000)
    """Futures that every candidate is run through; the same for all of them.

    每个候选方案所用的未来数；各方案相同。"""
    objective: ObjectiveFields = ObjectiveFields()
    """What is made least.

    最小化的目标。"""
    packages: int = Field(default=3, ge=1, le=12)
    """How many distinct packages to look for.

    要找的不同方案数。"""
    within: Quantity = "10 %"
    """How much more than the cheapest a distinct package may cost.

    其他方案的成本可比最低者高出的幅度。"""
    seed: int = Field(default=0, ge=0)
    """Fixes every random draw.

    随机种子。"""
    members: int = Field(default=400_000, ge=100)
    """Most runs of the model.

    模型运行次数上限。"""
    seconds: float = Field(default=120.0, gt=0)
    """Most time [s]; what was found by then is the answer.

    时间上限（秒）。"""
