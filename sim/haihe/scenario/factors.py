"""Inputs that vary: read from YAML, held against the model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from haihe import yaml
from haihe.errors import InputError, InputErrors, Location
from haihe.model.catalogue import name_element
from haihe.model.types import FloatArray, Kind, Model, Variable
from haihe.project import show_text
from haihe.scenario.distributions import (
    Distribution,
    describe_distribution,
)
from haihe.scenario.factor_numbers import FACTOR_UNIT, read_distribution, read_paths
from haihe.scenario.factor_schema import FactorFields
from haihe.scenario.names import index_names
from haihe.scenario.quantities import say_model_unit
from haihe.scenario.schema import read_words
from haihe.scenario.settings import ALLOWED, find_element, find_table, say_allowed
from haihe.scenario.values import POLICY_START, Role, Trajectory
from haihe.scenario.vocabulary import Vocabulary, find_setting
from haihe.text import Text, Words

_NO_WORDS = Text("", "")


@dataclass(frozen=True, slots=True)
class Factor:
    """One input that varies, in the unit of the model."""

    label: str
    """`name`, or `name[element]`."""
    role: Role
    name: str
    element: tuple[str, ...]
    """() for a scalar, or for all elements of a subscripted variable together."""
    unit: str
    """Unit of the drawn number: the model's, or `Dmnl` for a scale or a place in a list."""
    distribution: Distribution
    title: Text
    origin: Location
    change: str = ""
    """"" where the number is the value itself; else "scale", "shift" or "path"."""
    since: float = POLICY_START
    """Year [Year] up to which a driver is not changed."""
    paths: tuple[Trajectory, ...] = ()
    """Courses of a driver, of which the number is the place."""
    grade: str = ""
    source: Text = _NO_WORDS


def describe_factor(factor: Factor) -> dict[str, Any]:
    """Plain values that say all of a factor, for JSON."""
    low, high = factor.distribution.support
    return {
        "label": factor.label,
        "role": str(factor.role),
        "name": factor.name,
        "element": list(factor.element),
        "unit": factor.unit,
        "distribution": describe_distribution(factor.distribution),
        "low": low if math.isfinite(low) else None,
        "high": high if math.isfinite(high) else None,
        "title": {"zh": factor.title.zh, "en": factor.title.en},
        "change": factor.change,
        **({"since": factor.since} if factor.role is Role.DRIVER else {}),
        **({"paths": [[p.years, p.values] for p in factor.paths]} if factor.paths else {}),
        **({"grade": factor.grade} if factor.grade else {}),
        **(
            {"source": {"zh": factor.source.zh, "en": factor.source.en}} if factor.source.en else {}
        ),
    }


def read_factors(
    node: yaml.Node | None, vocabulary: Vocabulary, path: Path, allowed: bool = False
) -> tuple[tuple[Factor, ...], list[InputError], list[Words]]:
    """Factors under a mapping, what is wrong with them, and what is doubtful.

    Parameters
    ----------
    path : the file that they stand in; what they name is looked for beside it.
    allowed : values outside the model's limits are doubtful, not wrong.
    """
    factors: list[Factor] = []
    errors: list[InputError] = []
    warnings: list[Words] = []
    for key, value in node if isinstance(node, yaml.Mapping) else ():
        try:
            factor = read_factor(key, value, vocabulary, path)
        except InputErrors as several:
            errors += several.errors
            continue
        except InputError as error:
            errors.append(error)
            continue
        excess = find_excess(factor, vocabulary, value)
        if excess and allowed:
            warnings.append(say_allowed(excess, ALLOWED))
        elif excess:
            errors.append(excess)
        factors.append(factor)
    errors += _check_overlaps(factors, vocabulary.model)
    return tuple(factors), errors, warnings


def read_factor(key: yaml.Scalar, node: yaml.Node, vocabulary: Vocabulary, path: Path) -> Factor:
    """Read one factor.

    Raises
    ------
    InputError, InputErrors
        For a name, an element, a distribution or a number that does not fit.
    """
    variable, element, role = find_target(key, vocabulary)
    fields = yaml.validate(node, FactorFields)
    assert isinstance(node, yaml.Mapping)
    _check_change(fields, role, variable, key, node)
    drawn = replace(variable, units=FACTOR_UNIT) if fields.change == "scale" else variable
    paths: tuple[Trajectory, ...] = ()
    if fields.paths is not None:
        paths = read_paths(node, variable, vocabulary, path)
        drawn = replace(variable, units=FACTOR_UNIT)
    distribution = read_distribution(fields, node, drawn, path, len(paths))
    title = read_words(fields.title, "")
    return Factor(
        label=f"{variable.name}[{', '.join(element)}]" if element else variable.name,
        role=role,
        name=variable.name,
        element=element,
        unit=drawn.units or FACTOR_UNIT,
        distribution=distribution,
        title=title if title.en else name_factor(variable, element, vocabulary),
        origin=key.where,
        change="path" if paths else fields.change or "",
        since=POLICY_START if fields.since is None else fields.since,
        paths=paths,
        grade=fields.grade or "",
        source=read_words(fields.source, ""),
    )


def _find_no_input(key: yaml.Scalar, vocabulary: Vocabulary) -> InputError:
    """Whatever a study may vary may have been meant: a lever as well as a parameter."""
    catalogue = vocabulary.catalogue
    titles = {name: entry.title for name, entry in catalogue.levers.items()}
    titles |= {name: entry.title for name, entry in catalogue.drivers.items()}
    varied = {
        name: titles.get(name) for name, role in vocabulary.roles.items() if role is not Role.FORCED
    }
    close = index_names(varied).suggest(key.text)
    shown = show_text(key.text)
    return key.error(
        Text(f"未知的输入 {shown}", f"unknown input {shown}"),
        "" if close else Text("政策杠杆、驱动或参数的名称", "a lever, driver or parameter"),
        close,
    )


def find_target(key: yaml.Scalar, vocabulary: Vocabulary) -> tuple[Variable, tuple[str, ...], Role]:
    """Variable, element and role of a key such as `policy delay[freight]`.

    Raises
    ------
    InputError
        For a name or an element that the model does not have, and what cannot vary.
    """
    text, _, rest = key.text.partition("[")
    bare = replace(key, text=text.strip())
    name = vocabulary.names.find(bare.text)
    if name is None and vocabulary.outcomes.find(bare.text) is None:
        raise _find_no_input(bare, vocabulary)
    role = vocabulary.roles.get(name or "", Role.PARAMETER)
    if role is Role.FORCED and name is not None:
        raise key.error(
            Text(
                f"{name} 由模型计算，不能作为变化的输入",
                f"{name} is computed by the model and cannot vary",
            ),
            Text("政策杠杆、驱动或参数", "a lever, driver or parameter"),
        )
    variable = find_setting(vocabulary, bare, role)
    if not rest:
        return variable, (), role
    if not rest.endswith("]"):
        shown = show_text(key.text)
        raise key.error(
            Text(f"{shown} 缺少右方括号", f"{shown} has no closing bracket"),
            Text("`名称[元素]`", "`name[element]`"),
        )
    parts = [replace(key, text=part.strip()) for part in rest[:-1].split(",")]
    if len(parts) != len(variable.dims):
        raise key.error(
            _say_dimensions(variable, len(parts)),
            Text("每个维度写一个元素", "one element for each"),
        )
    element = tuple(
        find_element(part, dim, variable, vocabulary) for part, dim in zip(parts, variable.dims)
    )
    return variable, element, role


def _say_dimensions(variable: Variable, given: int) -> Text:
    name, dims = variable.name, variable.dims
    return Text(
        f"{name} 有 {len(dims)} 个维度（{'、'.join(dims) or '无'}），而不是 {given} 个",
        f"{name} has {len(dims)} dimensions ({', '.join(dims) or 'none'}), not {given}",
    )


def name_factor(variable: Variable, element: tuple[str, ...], vocabulary: Vocabulary) -> Text:
    """Title of an input: that of the catalogue, else what the model says of it."""
    catalogue = vocabulary.catalogue
    found = catalogue.levers.get(variable.name) or catalogue.drivers.get(variable.name)
    words = variable.doc.splitlines()
    plain = Text(variable.name, variable.name)
    title = found.title if found else split_words(words[0]) if words else plain
    if not element:
        return title
    titles = [name_element(catalogue, one, dim) for one, dim in zip(element, variable.dims)]
    zh, en = "、".join(t.zh for t in titles), ", ".join(t.en for t in titles)
    return Text(f"{title.zh}（{zh}）", f"{title.en} ({en})")


def split_words(comment: str) -> Text:
    """Comment of the model in two languages: English first, then Chinese to the end."""
    start = next((i for i, letter in enumerate(comment) if "\u4e00" <= letter <= "\u9fff"), None)
    if not start:
        return Text(comment.strip(), comment.strip())
    begin = comment.rfind(" ", 0, start) + 1
    english, chinese = comment[:begin].strip(), comment[begin:].strip()
    return Text(chinese, english or chinese)


def find_excess(
    factor: Factor, vocabulary: Vocabulary, node: yaml.Node, base: FloatArray | None = None
) -> InputError | None:
    """Error for a factor that can leave the limits of the model.

    Parameters
    ----------
    base : values that are scaled or shifted; None: the model's own.
    """
    variable = vocabulary.model.variables[factor.name]
    least, most = variable.limits
    if least is None and most is None:
        return None
    low, high = _reach(factor, variable, vocabulary, base)
    # A range is written in decimals, and so is a limit; a scaled value is not.
    slack = 1e-12 * max(abs(end) for end in (low, high, 1e-300) if math.isfinite(end))
    if (least is None or low >= least - slack) and (most is None or high <= most + slack):
        return None
    span = _say_span(variable)
    if math.isinf(low) or math.isinf(high):
        return node.error(*_say_endless(factor, variable, span))
    problem = Text(
        f"{factor.label} 的取值将从 {low:g} 到 {high:g}",
        f"{factor.label} would reach from {low:g} to {high:g}",
    )
    return node.error(problem, span)


def _say_span(variable: Variable) -> Text:
    low, high = (None if end is None else f"{end:g}" for end in variable.limits)
    unit = say_model_unit(variable)
    return Text(
        f"{low or '无下限'} 至 {high or '无上限'} {unit.zh}".rstrip(),
        f"{low or 'no lower limit'} to {high or 'no upper limit'} {unit.en}",
    )


def _say_endless(factor: Factor, variable: Variable, span: Text) -> tuple[Text, Text]:
    shape = factor.distribution.shape
    low, high = ("…" if end is None else f"{end:g}" for end in variable.limits)
    cut = f"`within: [{low}, {high}]`"
    return (
        Text(
            f"{factor.label}：{shape} 分布没有端点，而模型有限值（{span.zh}）",
            f"{factor.label}: a {shape} distribution has no end, the model has ({span.en})",
        ),
        Text(f"用 {cut} 截断的分布", f"it cut off by {cut}"),
    )


def _reach(
    factor: Factor, variable: Variable, vocabulary: Vocabulary, base: FloatArray | None
) -> tuple[float, float]:
    """Least and greatest value that a factor gives its variable."""
    if factor.paths:
        values = [value for path in factor.paths for value in path.values]
        return min(values), max(values)
    ends = np.asarray(factor.distribution.support)
    if not factor.change:
        return float(ends[0]), float(ends[1])
    if base is None:
        base = _find_base(factor, variable, vocabulary)
    reached = (
        np.multiply.outer(base, ends) if factor.change == "scale" else np.add.outer(base, ends)
    )
    return float(np.min(reached)), float(np.max(reached))


def _find_base(factor: Factor, variable: Variable, vocabulary: Vocabulary) -> FloatArray:
    """The model's own values that a factor changes."""
    if factor.role is Role.DRIVER:
        table = find_table(variable, vocabulary)
        if table is None:
            return np.zeros(1)
        later = [year for year in table.years if year > factor.since]
        return np.array([table.at(year) for year in (factor.since, *later)])
    own = np.asarray(0.0 if variable.default is None else variable.default, dtype=float)
    return np.asarray(own[find_place(factor, vocabulary.model)]).reshape(-1)


def find_place(factor: Factor, model: Model) -> tuple[int, ...] | tuple[()]:
    """Index of a factor's element among its variable's values; () for all of them."""
    dims = model.variables[factor.name].dims
    return tuple(
        model.dimensions[dim].elements.index(one) for dim, one in zip(dims, factor.element)
    )


def _check_overlaps(factors: list[Factor], model: Model) -> Iterator[InputError]:
    """Two factors that change the same number."""
    seen: dict[tuple[str, tuple[str, ...]], Factor] = {}
    for factor in factors:
        for element in list_elements(factor, model):
            first = seen.setdefault((factor.name, element), factor)
            if first is not factor:
                one, other = first.origin.line, factor.origin.line
                yield InputError(
                    Text(
                        f"{first.label} 与 {factor.label} 改变同一个数"
                        f"（第 {one} 行和第 {other} 行）",
                        f"{first.label} and {factor.label} change the same number, "
                        f"in lines {one} and {other}",
                    ),
                    factor.origin,
                    Text("只用一个输入", "one factor for it"),
                )
                break


def list_elements(factor: Factor, model: Model) -> list[tuple[str, ...]]:
    """Elements that a factor changes."""
    if factor.element:
        return [factor.element]
    dims = model.variables[factor.name].dims
    return list(product(*(model.dimensions[dim].elements for dim in dims)))


def say_no_course(variable: Variable) -> Text:
    """A driver is given one number where it needs a course."""
    return Text(
        f"{variable.name} 是驱动，一个数不能说明其变化过程",
        f"{variable.name} is a driver: one number is not a course",
    )


def _check_change(
    fields: FactorFields, role: Role, variable: Variable, key: yaml.Scalar, node: yaml.Mapping
) -> None:
    driver = role is Role.DRIVER
    if driver and fields.paths is None and fields.change is None:
        raise key.error(
            say_no_course(variable),
            Text(
                "在分布之外写 `change: scale` 或 `change: shift`，或改用 `paths`",
                "`change: scale` or `change: shift` beside the distribution, or `paths`",
            ),
        )
    if fields.paths is not None and (not driver or fields.change is not None):
        why = Text("没有 change", "has no change") if driver else Text("不是驱动", "is no driver")
        raise (node.get("paths") or node).error(
            Text(
                f"{variable.name} {why.zh}，此处不能用 paths",
                f"{variable.name} {why.en}, so that paths do not fit here",
            ),
            Text("仅用于驱动的 `paths`", "`paths` of a driver alone"),
        )
    if fields.since is not None and not driver:
        raise (node.get("since") or node).error(
            Text(
                f"{variable.name} 不是驱动，不随时间变化",
                f"{variable.name} is no driver: it does not change over time",
            ),
            Text("不写 `since`", "no `since`"),
        )
    if role is not Role.DRIVER and variable.default is None and variable.kind is not Kind.STOCK:
        raise key.error(
            Text(f"{variable.name} 没有自身的数值", f"{variable.name} has no value of its own"),
            Text("模型的常量", "a constant of the model"),
        )
    if variable.kind is Kind.STOCK and fields.change:
        raise (node.get("change") or node).error(
            Text(
                f"{variable.name} 是存量，其初值由模型计算",
                f"{variable.name} is a stock, whose initial value the model computes",
            ),
            Text("初值本身", "the value itself"),
        )
