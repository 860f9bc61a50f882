"""What may be fitted, on which prior belief, and against what: `calibration.yaml` of a model.

The file is hand-written; its fields are documented by the records below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from haihe.errors import Location, Refused
from haihe.model.types import Variable
from haihe.text import Text
from haihe.yaml import Record

MOST_PARAMETERS = 14
"""More would let the model follow anything."""

PriorKind = Literal["normal", "lognormal", "uniform"]
Skill = Literal["skill", "consistency"]


class ParameterEntry(Record):
    """One free parameter."""

    variable: str = Field(min_length=1)
    """Constant of the model."""
    elements: tuple[str, ...] = ()
    """Elements of its dimension; all of them where nothing is said."""
    by: Literal["value", "factor"] = "value"
    """Whether the parameter is the value itself, or a factor on the model's own values."""
    prior: PriorKind
    """Shape of the belief before the data."""
    centre: float | None = None
    """Mean of a normal prior, median of a lognormal one."""
    spread: float | None = Field(default=None, gt=0)
    """Standard deviation; of the logarithm for a lognormal prior."""
    bounds: tuple[float, float]
    """Hard limits."""
    source: str = Field(min_length=1)
    """Where the prior comes from."""

    @model_validator(mode="after")
    def _hold_together(self) -> ParameterEntry:
        if problem := find_contradiction(self):
            raise Refused(problem)
        return self


class SeriesEntry(Record):
    """One observed series."""

    outcome: str = ""
    """Outcome of the catalogue, which names its observations."""
    variable: str = ""
    """Variable of the model, where it is no outcome."""
    elements: tuple[str, ...] = ()
    """Elements that are summed."""
    file: str = ""
    """Table of observations in the model's `data/`."""
    series: str = ""
    """Series in that table."""
    factor: float | None = Field(default=None, gt=0)
    """Observed units for each unit of the model, where the two are of different kinds."""
    error: float = Field(gt=0, le=2)
    """Standard deviation of the logarithm that is believed of model and statistics together."""
    memory: float = Field(default=0.0, ge=0, le=0.95)
    """Part of a year's error that is left in the next."""
    weight: float = Field(default=1.0, ge=0, le=10)
    """Factor on the squared misfit; 0 reports without fitting."""
    years: tuple[int, int] | None = None
    """First and last year that count, where they differ from the file's."""
    skip: tuple[int, ...] = ()
    """Years that are not fitted to; their errors are still reported."""
    skill: Skill = "skill"
    """`consistency` where the drivers were drawn through the observations."""
    aim: float | None = Field(default=None, gt=0)
    """Largest mean absolute error that is asked for [%]."""
    aim_rmse: float | None = Field(default=None, gt=0)
    """Largest root mean square error that is asked for [unit of the observations]."""
    note: str = ""

    @model_validator(mode="after")
    def _name_one(self) -> SeriesEntry:
        if bool(self.outcome) == bool(self.variable):
            raise Refused(
                Text(
                    "一个序列须写 `outcome` 或 `variable`，二者取一",
                    "a series has an `outcome` or a `variable`, one of them",
                )
            )
        if self.variable and not (self.file and self.series):
            raise Refused(
                Text(
                    "写 `variable` 的序列还须写 `file` 和 `series`",
                    "a series with a `variable` needs `file` and `series`",
                )
            )
        return self


class BlockEntry(Record):
    """Parameters that are fitted together, before those of later blocks."""

    name: str = Field(min_length=1)
    series: tuple[str, ...] = Field(min_length=1)
    parameters: dict[str, ParameterEntry] = Field(min_length=1)


class BlindEntry(Record):
    """How drivers go on where a forecast may not know them."""

    known: tuple[str, ...] = ()
    """Drivers that were decided and known before; they stay as in the model."""
    set: dict[str, float] = Field(default_factory=dict)
    """Drivers that are put at a number."""


class PseudoEntry(Record):
    """A forecast from long before, of the series of one block."""

    since: int
    """Last year that its fit sees."""
    block: str = Field(min_length=1)
    note: str = ""
    """What a reader must know of it."""


class CalibrationFile(Record):
    """The whole of `calibration.yaml`."""

    years: tuple[int, int]
    split: int
    """Last year that a split-sample fit may see."""
    seed: int = Field(ge=0)
    blocks: tuple[BlockEntry, ...] = Field(min_length=1)
    series: dict[str, SeriesEntry] = Field(min_length=1)
    blind: BlindEntry = BlindEntry()
    pseudo: PseudoEntry | None = None

    @model_validator(mode="after")
    def _limit(self) -> CalibrationFile:
        names = [name for block in self.blocks for name in block.parameters]
        if len(names) > MOST_PARAMETERS:
            raise Refused(
                Text(
                    f"有 {len(names)} 个自由参数，至多 {MOST_PARAMETERS} 个",
                    f"{len(names)} free parameters; at most {MOST_PARAMETERS}",
                )
            )
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise Refused(
                Text(
                    f"{'、'.join(twice)} 出现在两个分块中",
                    f"{', '.join(twice)} stands in two blocks",
                )
            )
        if not self.years[0] < self.split < self.years[1]:
            raise Refused(
                Text("`split` 必须在 `years` 之间", "`split` must lie between the `years`")
            )
        if self.pseudo and not self.years[0] < self.pseudo.since < self.years[1]:
            raise Refused(
                Text(
                    "`pseudo` 的 `since` 必须在 `years` 之间",
                    "`since` of `pseudo` must lie between the `years`",
                )
            )
        return self


@dataclass(frozen=True, slots=True)
class FreeParameter:
    """A free parameter, bound to the model."""

    name: str
    block: str
    variable: Variable
    elements: tuple[str, ...]
    """Elements of its only dimension that it moves; () for a scalar."""
    places: tuple[int, ...]
    """Their places in the array."""
    factor: bool
    prior: PriorKind
    centre: float
    spread: float
    bounds: tuple[float, float]
    source: str


@dataclass(frozen=True, slots=True)
class ScoredSeries:
    """An observed series, bound to the model."""

    name: str
    variable: Variable
    places: tuple[int, ...]
    """Places of the elements that are summed; () for a scalar."""
    file: str
    series: str
    unit: str
    """Unit that its values are shown in; "" for that of the observations."""
    factor: float | None
    error: float
    memory: float
    weight: float
    years: tuple[int, int]
    skip: tuple[int, ...]
    consistency: bool
    aim: float | None
    aim_rmse: float | None
    note: str
    where: Location


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration file, held against its model."""

    years: tuple[int, int]
    split: int
    seed: int
    parameters: tuple[FreeParameter, ...]
    """In the order of the blocks."""
    blocks: tuple[tuple[str, tuple[str, ...]], ...]
    """Name of each block, and the series that it is fitted to."""
    series: tuple[ScoredSeries, ...]
    known: tuple[str, ...]
    """Drivers that a blind forecast knows."""
    fixed: tuple[tuple[str, float], ...]
    """Drivers that a blind forecast puts at a number."""
    pseudo: PseudoEntry | None


def find_contradiction(entry: ParameterEntry) -> Text | None:
    """First thing in a free parameter that cannot stand together; None where all can."""
    low, high = entry.bounds
    if low >= high:
        return Text("`bounds` 的下界必须小于上界", "the lower of `bounds` must be below the upper")
    if entry.prior == "uniform":
        given = entry.centre is not None or entry.spread is not None
        return (
            Text(
                "uniform 先验不写 `centre` 和 `spread`",
                "a uniform prior has no `centre` and no `spread`",
            )
            if given
            else None
        )
    if entry.centre is None or entry.spread is None:
        return Text(
            f"{entry.prior} 先验须写 `centre` 和 `spread`",
            f"a {entry.prior} prior needs `centre` and `spread`",
        )
    if not low <= entry.centre <= high:
        return Text("`centre` 在 `bounds` 之外", "`centre` lies outside `bounds`")
    if entry.prior == "lognormal" and low <= 0:
        return Text(
            "lognormal 先验的 `bounds` 必须为正", "a lognormal prior needs positive `bounds`"
        )
    return None
