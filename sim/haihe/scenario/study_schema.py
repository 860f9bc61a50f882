"""The boundary of study files: what may stand in one, and the manual of it.

The docstring below each field is its entry in the manual and in `scenarios/studies/schema.json`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from haihe.scenario.designs import Method
from haihe.scenario.factor_schema import DataFields, FactorFields, PathFields
from haihe.scenario.schema import TimeFields, Words, dump_record, write_manual
from haihe.scenario.study_values import Precision, Statistic
from haihe.text import Lang
from haihe.yaml import Record


class DesignFields(Record):
    """Which combinations of inputs are run."""

    method: Method
    """`grid`: every combination of levels. `list`: the rows of a table. `one-at-a-time`: the base,
    then each input alone at its levels or quantiles. `latin-hypercube`: as many rows as `samples`,
    spread evenly over each input. `sobol`: rows for Sobol' indices, `samples` × (inputs + 2).
    `morris`: rows for a screening, `samples` × (inputs + 1). `monte-carlo`: independent draws.
    `posterior`: each row is a future of its own.

    `grid` 各取值的全部组合；`list` 表中各行；`one-at-a-time` 基准，然后逐一改变单个输入；
    `latin-hypercube` 拉丁超立方抽样；`sobol` 用于 Sobol' 指数，行数为 `samples` ×（输入数 + 2）；
    `morris` 用于筛选，行数为 `samples` ×（输入数 + 1）；`monte-carlo` 独立抽样；
    `posterior` 每行为一个未来。"""
    samples: int | None = None
    """Rows of the random designs, base rows of sobol (best a power of two), trajectories of morris.

    随机设计的行数；sobol 的基础样本数（宜为 2 的幂）；morris 的轨迹数。"""
    seed: int = 0
    """A whole number that fixes every draw.

    随机种子，固定全部抽样。"""
    second_order: bool = False
    """sobol: rows for the indices of pairs too, `samples` × (2 × inputs + 2).

    sobol：同时计算两两交互，行数为 `samples` ×（2 × 输入数 + 2）。"""
    levels: int = 4
    """Levels of morris, an even number; in a grid, of inputs that are not given levels.

    morris 的水平数（偶数）；网格中未列取值的输入的等分点数。"""
    quantiles: tuple[float, ...] = (0.05, 0.95)
    """one-at-a-time: where in its distribution an input is tried that is not given levels; 0 and 1
    are its ends.

    one-at-a-time：未列取值的输入所取的分位数；0 与 1 为两端。"""
    file: str | None = None
    """list: a CSV file inside the project, relative to this file. Its head names inputs (`name`,
    `name[element]`, `driver (scale)`, `driver (shift)`), and `label` for the names of rows; an
    empty cell keeps what the scenario has.

    list：项目内的 CSV 文件，相对于本文件。表头为输入名（`名称`、`名称[元素]`、`驱动 (scale)`、
    `驱动 (shift)`），`label` 列为各行名称；空格表示保留情景自身的值。"""


class CorrelationFields(Record):
    """Two inputs that go together."""

    between: list[str]
    """The two inputs.

    两个输入。"""
    rank: float = Field(gt=-1, lt=1)
    """Their rank correlation (Spearman), above -1 and below 1.

    秩相关系数（Spearman），大于 -1 且小于 1。"""


class PeriodFields(Record):
    """A number made of a span of years."""

    start: float = Field(alias="from")
    """First year that counts.

    起始年份。"""
    stop: float = Field(alias="to")
    """Last year that counts.

    终止年份。"""
    statistic: Statistic = "mean"
    """Mean, sum, least or greatest of the saved values.

    对已保存数值取均值、总和、最小或最大。"""


class SaveFields(Record):
    """What is kept of every member."""

    outcomes: list[str] | None = None
    """Ids such as `CO2`, titles, or names of variables; the headline outcomes where nothing is
    said.

    结果指标的编号、标题或变量名；默认为主要指标。"""
    years: Literal["all"] | list[float] = "all"
    """`all`, or the years alone that are wanted.

    `all`（全部年份），或只保存所列年份。"""
    periods: tuple[PeriodFields, ...] = ()
    """Numbers made of spans of years, such as `{from: 2025, to: 2035, statistic: mean}`.

    时段统计量，如 `{from: 2025, to: 2035, statistic: mean}`。"""
    peak: bool = False
    """The greatest value of each outcome and its year.

    各指标的最大值及其年份。"""
    precision: Precision = "float32"
    """`float32`, seven digits, half the disk; or `float64`. The model computes in float64.

    `float32`（七位有效数字，省一半磁盘）或 `float64`；模型始终以 float64 计算。"""


class StudyFile(Record):
    """One study: scenarios, what is varied about them, and what is kept. Its id is the name of the
    file without `.yaml`."""

    title: Words | str | None = None
    """Title in both languages, `{zh: …, en: …}`; the id where there is none.

    中英文标题；不写则用文件名。"""
    story: Words | str | None = None
    """The question that the study answers, and what a reader should know of it.

    研究所回答的问题，以及读者应知的要点。"""
    model: str | None = None
    """Model that it runs: an id or a path; that of the scenarios where nothing is said.

    所用模型；默认为情景的模型。"""
    scenarios: str | list[str]
    """Scenario, or list of scenarios: ids, or paths relative to this file. Each runs every row of
    the design with the same draws.

    情景（编号或相对路径），一个或多个；各情景使用相同的抽样。"""
    design: DesignFields
    """Which combinations of inputs are run.

    输入的组合方式。"""
    vary: dict[str, FactorFields] | None = None
    """Inputs by name (`name` or `name[element]`, or a title) with their distributions: levers,
    drivers, parameters, initial values of stocks. `policy delay[freight]` and `policy
    completion[freight]` are when and how fully the measures of a policy group come.

    变化的输入，按名称（`名称`、`名称[元素]` 或标题）：政策杆、驱动、参数、存量初值。
    `policy delay[…]`、`policy completion[…]` 为政策组推迟的年数与完成程度。"""
    include: tuple[Literal["futures", "ranges"], ...] = ()
    """Inputs beside those under `vary`: `futures` takes those of the model's `futures.yaml`,
    `ranges` every parameter of grade B or C with a range in the model's tables, evenly over that
    range.

    另外加入的输入：`futures` 为模型 `futures.yaml` 中的输入；`ranges` 为参数表中等级为 B、C
    且有取值范围的全部参数，在范围内均匀取值。"""
    futures: int | Literal["each"] | None = None
    """Calibrated futures (`calibration/posterior.csv` and `futures.yaml` of the model): a number
    runs every row in that many; `each` gives every row one of its own.

    校准后的未来（模型的 `calibration/posterior.csv` 与 `futures.yaml`）：写数字则每行都在这么多个
    未来中运行；`each` 则每行各取一个未来。"""
    correlations: tuple[CorrelationFields, ...] = ()
    """Inputs that go together.

    相互关联的输入。"""
    save: SaveFields = SaveFields()
    """What is kept.

    保存的内容。"""
    time: TimeFields | None = None
    """The time axis, where it differs from that of the scenarios.

    时间轴（与情景不同时）。"""
    allow_out_of_range: bool = False
    """Turn inputs that can leave the model's limits from errors into recorded warnings.

    允许输入超出模型限值：由错误改为记录在案的警告。"""


RECORDS: tuple[tuple[type[Record], str], ...] = (
    (StudyFile, "keys"),
    (DesignFields, "design"),
    (FactorFields, "factor"),
    (DataFields, "data"),
    (PathFields, "paths"),
    (CorrelationFields, "correlations"),
    (SaveFields, "save"),
    (PeriodFields, "periods"),
)


def dump_study_schema() -> str:
    """Text of `scenarios/studies/schema.json`."""
    return dump_record(StudyFile, "haihe study")


def study_manual(lang: Lang) -> str:
    """Manual of a study file in Markdown, made of the field docstrings."""
    return write_manual("study", RECORDS, _TITLES[lang], lang)


_TITLES = {
    "en": {
        "study": "Study files",
        "intro": (
            "A study is one YAML 1.2 file: many runs of one or more scenarios. Its id is the name "
            "of the file. `haihe validate FILE` says what it would be, and runs nothing."
        ),
        "keys": "Keys",
        "design": "Under `design`",
        "factor": "Under one input of `vary`",
        "data": "Under `data`",
        "paths": "Under one of `paths`",
        "correlations": "Under one of `correlations`",
        "save": "Under `save`",
        "periods": "Under one of `periods`",
    },
    "zh": {
        "study": "研究文件",
        "intro": (
            "一项研究是一个 YAML 1.2 文件：对一个或多个情景的多次运行，编号即文件名。"
            "`haihe validate 文件` 说明它将运行什么，但不运行。"
        ),
        "keys": "键",
        "design": "`design` 之下",
        "factor": "`vary` 的单个输入之下",
        "data": "`data` 之下",
        "paths": "`paths` 的单项之下",
        "correlations": "`correlations` 的单项之下",
        "save": "`save` 之下",
        "periods": "`periods` 的单项之下",
    },
}
