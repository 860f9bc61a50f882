"""The design of a study: whether it fits its inputs, and what its scenarios have themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from haihe import yaml
from haihe.model.find import fold_name
from haihe.model.types import Kind
from haihe.scenario.designs import MAX_SOBOL, RANDOM, Design, find_mixing
from haihe.scenario.factors import Factor, find_excess, list_elements
from haihe.scenario.settings import ALLOWED, read_default, say_allowed
from haihe.scenario.study_source import Reading, StudySource
from haihe.scenario.values import Role, Scenario, Setting, Trajectory
from haihe.text import Text, lead, say
from haihe.yaml import WHOLE

_NEEDS_SAMPLES = {"latin-hypercube": 1, "sobol": 2, "morris": 2, "monte-carlo": 1, "posterior": 1}
"""Least number of samples of the methods that take one."""
_INDICES = {"sobol", "morris"}
_QUANTILES = Text("[0.05, 0.95] 之类的列表", "[0.05, 0.95], say")
_CUT_OFF = Text(
    "`levels`，或用 `within: [下限, 上限]` 截断的分布",
    "`levels`, or the distribution cut off by `within: [low, high]`",
)


def check_design(factors: Sequence[Factor], futures: bool, reading: Reading) -> Design:
    """Rule of the design, without its inputs; what does not fit is put among the errors."""
    source = reading.source
    given = source.fields.design
    method = given.method
    samples = given.samples
    least = _NEEDS_SAMPLES.get(method)
    at = source.at("design", "samples")
    if least is None and samples is not None:
        reading.refuse(
            at,
            Text(f"{method} 设计没有样本数", f"a {method} design has no samples"),
            Text("不写 `samples`", "no `samples`"),
        )
    if least is not None and samples is None:
        reading.refuse(at, Text(f"{method} 须写 `samples`", f"{method} needs `samples`"), WHOLE)
    elif least is not None and samples is not None and samples < least:
        reading.refuse(
            at,
            Text(f"样本数 {samples} 过少", f"{samples} samples are too few"),
            Text(f"不少于 {least}", f"at least {least}"),
        )
    if method == "sobol" and samples is not None and samples > MAX_SOBOL:
        reading.refuse(
            at,
            Text(f"基础样本数为 {samples}", f"{samples} base samples"),
            Text(f"不超过 {MAX_SOBOL}", f"at most {MAX_SOBOL}"),
        )
    if method in _INDICES and futures:
        reading.refuse(
            source.at("futures"),
            Text(
                f"{method} 指数只针对研究自身的输入，不能另加未来",
                f"{method} indices are those of its own inputs, without futures beside them",
            ),
            Text(
                "用 `include: [futures]` 把它们作为输入",
                "`include: [futures]`, which makes them inputs",
            ),
        )
    if source.fields.futures == "each" and method not in RANDOM:
        problem = Text(
            f"{method} 设计的各行不是抽样，每行各取一个未来会使两者混淆",
            f"the rows of a {method} design are no draws: a future each would mix the two",
        )
        reading.refuse(source.at("futures"), problem, Text("未来的个数", "a number of futures"))
    # An input that could not be read has an error of its own.
    if not factors and not (futures and method in RANDOM) and not reading.errors:
        reading.refuse(
            source.at("design"),
            Text("没有任何变化的输入", "nothing varies"),
            Text("`vary` 之下的输入", "inputs under `vary`"),
        )
    _check_levels(factors, reading)
    _check_quantiles(reading)
    return Design(
        method=method,
        factors=(),
        samples=samples or 0,
        seed=given.seed,
        levels=given.levels,
        quantiles=tuple(given.quantiles),
        second_order=given.second_order,
    )


def _check_levels(factors: Sequence[Factor], reading: Reading) -> None:
    source = reading.source
    given = source.fields.design
    at = source.at("design", "levels")
    levels = Text(f"水平数为 {given.levels}", f"{given.levels} levels")
    if given.method == "morris" and (given.levels < 2 or given.levels % 2):
        reading.refuse(at, levels, Text("偶数，如 4", "an even number, such as 4"))
    if given.method == "grid" and given.levels < 2:
        reading.refuse(at, levels, Text("不少于 2", "at least 2"))
    if given.method not in {"grid", "morris"}:
        return
    for factor in factors:
        if all(math.isfinite(end) for end in factor.distribution.support):
            continue
        node = _node_of(reading.source, factor)
        what = Text("网格", "a grid") if given.method == "grid" else Text("morris ", "morris")
        problem = Text(
            f"{factor.label} 没有端点，而{what.zh}从一端取到另一端",
            f"{factor.label} has no end, and {what.en} goes from end to end",
        )
        reading.refuse(node, problem, _CUT_OFF)


def _check_quantiles(reading: Reading) -> None:
    source = reading.source
    quantiles = source.fields.design.quantiles
    at = source.at("design", "quantiles")
    if not quantiles or any(not 0 <= q <= 1 for q in quantiles):
        problem = Text("分位数须在 0 与 1 之间", "quantiles lie between 0 and 1")
        reading.refuse(at, problem, _QUANTILES)
    elif list(quantiles) != sorted(set(quantiles)):
        problem = Text("这些分位数不是由小到大", "these quantiles do not rise")
        reading.refuse(at, problem, _QUANTILES)


def _node_of(source: StudySource, factor: Factor) -> yaml.Node:
    """What a factor was written as; the whole of `include` for one that was not."""
    vary = source.tree.get("vary")
    for key, value in vary if isinstance(vary, yaml.Mapping) else ():
        if key.where == factor.origin:
            return value
    return source.at("include")


def correlate(factors: Sequence[Factor], reading: Reading) -> tuple[tuple[float, ...], ...]:
    """Triangle that makes the inputs go together as the study asks."""
    source = reading.source
    node = source.tree.get("correlations")
    items = node.items if isinstance(node, yaml.Sequence) else ()
    method = source.fields.design.method
    if items and method not in RANDOM | _INDICES:
        assert node is not None
        reading.errors.append(
            node.error(
                Text(
                    f"{method} 设计的各行是给定的，不是抽样",
                    f"the rows of a {method} design are given, not drawn",
                ),
                Text("不写 `correlations`", "no `correlations`"),
            )
        )
        return ()
    labels = {fold_name(factor.label): factor.label for factor in factors}
    pairs: dict[tuple[str, str], float] = {}
    for item, given in zip(items, source.fields.correlations):
        found = [labels.get(fold_name(name)) for name in given.between]
        if len(found) != 2 or None in found or found[0] == found[1]:
            unknown = [n for n, f in zip(given.between, found) if f is None]
            close = yaml.suggest(unknown[0], [*labels.values()]) if unknown else ()
            problem = Text("相关须在两个输入之间", "a correlation is between two")
            if unknown:
                problem = Text(f"{unknown[0]} 不是变化的输入", f"{unknown[0]} does not vary")
            two = Text("`vary` 中的两个输入", "two inputs of `vary`")
            reading.refuse(item, problem, two, close)
            continue
        first, second = sorted(str(name) for name in found)
        if (first, second) in pairs:
            problem = Text(f"{first} 与 {second} 出现两次", f"{first} and {second} stand twice")
            reading.refuse(item, problem, Text("只出现一次", "once"))
        pairs[first, second] = given.rank
    mixing = find_mixing([factor.label for factor in factors], pairs)
    if mixing is None:
        assert node is not None
        reading.errors.append(
            node.error(
                Text(
                    "这些相关系数相互矛盾，没有数能同时满足",
                    "these correlations contradict each other: no numbers can go together so",
                ),
                Text(
                    "较弱的相关（若甲与乙、乙与丙相关，则甲与丙并不自由）",
                    "weaker ones (if a goes with b, and b with c, then a and c are not free)",
                ),
            )
        )
    return mixing or ()


def warn_design(design: Design, reading: Reading) -> None:
    """Doubts about a design that will run."""
    where = str(reading.source.at("design").where)
    if design.mixing and design.method in _INDICES:
        reading.warnings.append(
            lead(
                where,
                Text(
                    f"{design.method} 指数假定各输入相互独立；有相关时，方差如何分摊没有定义",
                    f"{design.method} indices assume that inputs are independent; with "
                    "correlations they share out the variance in ways that nothing defines",
                ),
            )
        )
    if design.mixing and design.method == "latin-hypercube":
        reading.warnings.append(
            lead(
                where,
                Text(
                    "相关的输入保持各自的分布，但不再恰好每一等份一行",
                    "correlated inputs keep their distributions, but no longer have exactly one "
                    "row in each part of them",
                ),
            )
        )
    samples = design.samples
    if design.method == "sobol" and samples & (samples - 1):
        below = 2 ** int(math.log2(samples))
        reading.warnings.append(
            lead(
                where,
                Text(
                    f"基础样本数 {samples} 不是 2 的幂，序列不够均匀；"
                    f"取 {below} 或 {2 * below} 更合算",
                    f"{samples} base samples are no power of two, at which the sequence is even; "
                    f"{below} or {2 * below} give better indices for their cost",
                ),
            )
        )


def find_own(
    factors: Sequence[Factor], scenarios: Sequence[Scenario], reading: Reading
) -> tuple[tuple[float, ...], ...]:
    """What each scenario has for each input; NaN where that is not one number."""
    for factor in factors:
        _check_courses(factor, scenarios, reading)
        _check_scaled(factor, scenarios, reading)
    return tuple(
        tuple(_find_one(factor, scenario, reading) for factor in factors) for scenario in scenarios
    )


def _find_one(factor: Factor, scenario: Scenario, reading: Reading) -> float:
    if factor.change:
        return {"scale": 1.0, "shift": 0.0}.get(factor.change, math.nan)
    values = {_single(value) for value in _list_values(factor, scenario, reading)}
    return values.pop() if len(values) == 1 else math.nan


def _single(value: float | Trajectory) -> float:
    if not isinstance(value, Trajectory):
        return value
    return value.values[0] if len(value.values) == 1 else math.nan


def _list_values(factor: Factor, scenario: Scenario, reading: Reading) -> list[float | Trajectory]:
    """What a scenario has for each element of an input, else the model."""
    model = reading.vocabulary.model
    variable = model.variables[factor.name]
    if variable.kind is Kind.STOCK:
        return []
    given = _index_settings(scenario, factor.name)
    return [
        given[element].value if element in given else read_default(variable, element, model)
        for element in list_elements(factor, model)
    ]


def _index_settings(scenario: Scenario, name: str) -> dict[tuple[str, ...], Setting]:
    return {s.element: s for s in scenario.settings if s.name == name}


def _check_courses(factor: Factor, scenarios: Sequence[Scenario], reading: Reading) -> None:
    """One number cannot take the place of a course with several points."""
    if factor.role is not Role.LEVER or factor.change:
        return
    for scenario in scenarios:
        moving = [
            setting
            for setting in _index_settings(scenario, factor.name).values()
            if factor.element in {(), setting.element}
            and isinstance(setting.value, Trajectory)
            and len(setting.value.values) > 1
        ]
        if moving:
            node = _node_of(reading.source, factor)
            reading.refuse(node, *_say_course(factor, scenario, moving[0]))
            return


def _say_course(factor: Factor, scenario: Scenario, setting: Setting) -> tuple[Text, Text]:
    return (
        Text(
            f"{factor.label} 在 {scenario.id} 中是多年的变化过程（{setting.origin}），"
            "一个数不能说明是哪一过程",
            f"{factor.label} follows a course of several years in {scenario.id} "
            f"({setting.origin}): one number does not say which course",
        ),
        Text(
            "`change: scale` 或 `change: shift`，或只给一个值的情景",
            "`change: scale` or `change: shift`, or a scenario with one value",
        ),
    )


def _check_scaled(factor: Factor, scenarios: Sequence[Scenario], reading: Reading) -> None:
    """A change of what a scenario has must stay within the limits too."""
    if not factor.change or factor.role is Role.DRIVER:
        return
    for scenario in scenarios:
        listed = _list_values(factor, scenario, reading)
        ends = [
            end
            for value in listed
            for end in (value.values if isinstance(value, Trajectory) else (value,))
        ]
        node = _node_of(reading.source, factor)
        excess = find_excess(factor, reading.vocabulary, node, np.asarray(ends))
        if excess is None:
            continue
        if reading.source.fields.allow_out_of_range:
            reading.warnings.append(say_allowed(replace(excess, expected=""), ALLOWED))
        elif not any(str(error) == str(excess) for error in reading.errors):
            zh, en = say(excess.problem, "zh"), say(excess.problem, "en")
            inside = Text(f"{zh}（情景 {scenario.id}）", f"{en} in {scenario.id}")
            reading.errors.append(replace(excess, problem=inside))
        return
