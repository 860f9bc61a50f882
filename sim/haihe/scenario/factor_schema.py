"""What may stand under a factor: an input that varies, in a study or among the futures."""

from __future__ import annotations

from typing import Literal

from haihe.scenario.schema import Words
from haihe.yaml import Record

Quantity = float | str
Change = Literal["scale", "shift"]


class DataFields(Record):
    """A column of observed values."""

    file: str
    """A CSV file inside the project, relative to this file.

    项目内的 CSV 文件，相对于本文件。"""
    column: str
    """Name of the column.

    列名。"""
    unit: str = ""
    """Unit of the values; the model's where it is not given.

    数值单位；不写则为模型单位。"""


class PathFields(Record):
    """One course that a driver may take."""

    file: str
    """A CSV file inside the project, relative to this file.

    项目内的 CSV 文件，相对于本文件。"""
    year: str = "year"
    """Its column of years.

    年份列名。"""
    value: str = "value"
    """Its column of values.

    数值列名。"""
    unit: str = ""
    """Unit of the values; the model's where it is not given.

    数值单位；不写则为模型单位。"""


class FactorFields(Record):
    """One input that varies. Exactly one distribution is named; numbers are in the model's unit, or
    are quantities such as `5 %`."""

    uniform: list[Quantity] | None = None
    """`[low, high]`: every value between them equally likely.

    `[下限, 上限]`：其间各值等可能。"""
    triangular: list[Quantity] | None = None
    """`[low, mode, high]`.

    `[下限, 众数, 上限]`。"""
    normal: list[Quantity] | None = None
    """`[mean, standard deviation]`; cut it off by `within` where the model has limits.

    `[均值, 标准差]`；模型有限值时须用 `within` 截断。"""
    lognormal: list[Quantity] | None = None
    """`[median, standard deviation of the logarithm]`.

    `[中位数, 对数标准差]`。"""
    levels: list[Quantity] | None = None
    """Values that are taken, all equally likely; what a grid and a one-at-a-time design go through.

    等可能的若干取值；用于网格与单因素设计。"""
    choice: list[Quantity] | None = None
    """Values that are taken, by `weights`.

    按 `weights` 取的若干值。"""
    weights: list[float] | None = None
    """Of `choice` or `paths`: how likely each is, relative to the others.

    `choice` 或 `paths` 各项的相对可能性。"""
    data: DataFields | None = None
    """Observed values: straight lines between their quantiles.

    观测值：分位数之间线性插值。"""
    paths: list[PathFields | list[list[Quantity]]] | None = None
    """Of a driver: whole courses, one of which is taken: `[[2025, 3 %], [2035, 2 %]]`, or
    `{file: x.csv, year: column, value: column}`. The input is the place in this list, from 0.

    驱动的若干条完整路径，取其一；输入值为在此列表中的序号（从 0 起）。"""
    within: list[Quantity] | None = None
    """`[low, high]`: what lies outside is cut off.

    `[下限, 上限]`：截去其外部分。"""
    change: Change | None = None
    """What the number does: nothing said, it is the value itself; `scale` multiplies what the
    scenario, else the model, has, `shift` is added to it. A driver needs one of them: up to `since`
    nothing changes, a year later the change is in full force.

    数值的作用：不写则为取值本身；`scale` 为乘数，`shift` 为增量（相对于情景或模型的取值）。
    驱动必须写明其一：`since` 年及以前不变，一年后完全生效。"""
    since: float | None = None
    """Year up to which the change of a driver does nothing; 2022 where it is not given.

    驱动的变化起作用之前的年份；默认 2022。"""
    title: Words | str | None = None
    """Title in both languages; that of the model where there is none.

    中英文标题；不写则用模型的。"""
    source: Words | str | None = None
    """Where the range comes from.

    取值范围的来源。"""
    grade: Literal["A", "B", "C"] | None = None
    """How well it is founded: A official or seen, B secondary or derived, C unverified.

    依据等级：A 官方或原文，B 二手或推算，C 未核实。"""


SHAPES = ("uniform", "triangular", "normal", "lognormal", "levels", "choice", "data")
