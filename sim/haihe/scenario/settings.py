"""Turn one scenario file into settings in the units of the model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np

from haihe.errors import InputError, InputErrors, Location, raise_all
from haihe.model.types import Kind, Model, Variable
from haihe.project import show_text
from haihe.scenario.extend import ScenarioSource
from haihe.scenario.names import index_names
from haihe.scenario.quantities import PAIRS, read_quantity, read_trajectory, say_model_unit
from haihe.scenario.relative import read_driver_source
from haihe.scenario.values import POLICY_START, Role, Setting, Trajectory
from haihe.scenario.vocabulary import SECTIONS, Vocabulary, find_setting
from haihe.text import Text, say
from haihe.yaml import (
    Mapping,
    Node,
    Place,
    Scalar,
    Sequence,
)

NO_UNIT = Text("", "")
ONE_VALUE = Text("一个值", "one value")
DEFAULT = "default"
"""Word for the model's own value of a constant."""

_TRAJECTORIES = {Role.LEVER, Role.DRIVER, Role.FORCED}


@dataclass(frozen=True, slots=True)
class FileSettings:
    """Settings of one file, and what is wrong in it."""

    settings: list[Setting] = field(default_factory=list)
    errors: list[InputError] = field(default_factory=list)
    excesses: list[InputError] = field(default_factory=list)
    """Values outside the limits of the model: errors, unless the scenario allows them."""


def read_settings(source: ScenarioSource, vocabulary: Vocabulary) -> FileSettings:
    """Read every section of a scenario file."""
    found = FileSettings()
    seen: dict[tuple[Role, str, tuple[str, ...]], Setting] = {}
    for role, section in SECTIONS.items():
        node = source.tree.get(section)
        for key, value in node if isinstance(node, Mapping) else ():
            try:
                settings = read_setting(key, value, role, vocabulary, source.path)
            except InputError as error:
                found.errors.append(error)
                continue
            except InputErrors as errors:
                found.errors.extend(errors.errors)
                continue
            for setting in settings:
                place = (role, setting.name, setting.element)
                if place in seen:
                    found.errors.append(_refuse_twice(key, setting, seen[place]))
                seen[place] = setting
            found.excesses.extend(_check_limits(settings, value, vocabulary))
            found.settings.extend(settings)
    return found


def _refuse_twice(key: Scalar, setting: Setting, other: Setting) -> InputError:
    one, two = other.origin.line, setting.origin.line
    return key.error(
        Text(
            f"{setting.name} 设定了两次（第 {one} 行和第 {two} 行）",
            f"{setting.name} is set twice, in lines {one} and {two}",
        )
    )


def read_setting(
    key: Scalar, value: Node, role: Role, vocabulary: Vocabulary, path: Path
) -> tuple[Setting, ...]:
    """Settings that one key makes: one for each element of the variable.

    Raises
    ------
    InputError, InputErrors
        For a name, a value, a unit or an element that does not fit.
    """
    variable = find_setting(vocabulary, key, role)
    if role is Role.DRIVER:
        return (_read_driver(variable, value, vocabulary, path),)
    errors: list[InputError] = []
    settings = tuple(_read_elements(variable, value, role, vocabulary, (), errors))
    raise_all(errors)
    return settings


def _read_driver(variable: Variable, value: Node, vocabulary: Vocabulary, path: Path) -> Setting:
    if isinstance(value, Mapping):
        table = find_table(variable, vocabulary)
        trajectory = read_driver_source(value, variable, table, path)
    elif isinstance(value, Sequence):
        trajectory = read_trajectory(value, variable)
    else:
        raise value.error(
            Text(
                f"{variable.name} 是驱动，只给一个数不够",
                f"{variable.name} is a driver: one number is not enough",
            ),
            Text(
                f"{PAIRS.zh}；或 {{file: x.csv}}、{{scale: 1.1}}、{{shift: …}}",
                f"{PAIRS.en}; or {{file: x.csv}}, {{scale: 1.1}}, {{shift: …}}",
            ),
        )
    return Setting(variable.name, (), trajectory, Role.DRIVER, value.where, variable.units)


def find_table(variable: Variable, vocabulary: Vocabulary) -> Trajectory | None:
    """The model's own values of a driver; None where it has no table."""
    name = vocabulary.names.find(f"{variable.name} table")
    points = None if name is None else vocabulary.model.variables[name].points
    return None if points is None else Trajectory(points.x, points.y)


def _read_elements(
    variable: Variable,
    value: Node,
    role: Role,
    vocabulary: Vocabulary,
    element: tuple[str, ...],
    errors: list[InputError],
) -> Iterator[Setting]:
    """Settings below one element; a number for a whole dimension counts for each element."""
    dims = variable.dims[len(element) :]
    if isinstance(value, Mapping):
        if not dims:
            problem = Text(f"{variable.name} 没有这些元素", f"{variable.name} has no such elements")
            errors.append(value.error(problem, ONE_VALUE))
            return
        for key, item in value:
            try:
                below = (*element, find_element(key, dims[0], variable, vocabulary))
            except InputError as error:
                errors.append(error)
                continue
            yield from _read_elements(variable, item, role, vocabulary, below, errors)
        return
    try:
        read = _read_value(value, variable, role)
    except InputError as error:
        errors.append(error)
        return
    except InputErrors as found:
        errors.extend(found.errors)
        return
    ranges = (vocabulary.model.dimensions[dim].elements for dim in dims)
    for rest in product(*ranges):
        full = (*element, *rest)
        own = read_default(variable, full, vocabulary.model) if read is None else read
        yield Setting(variable.name, full, own, role, value.where, variable.units)


def find_element(key: Scalar, dim: str, variable: Variable, vocabulary: Vocabulary) -> str:
    """Element of a dimension that a key names.

    Raises
    ------
    InputError
        Where the dimension has none of that name or title.
    """
    elements = vocabulary.model.dimensions[dim].elements
    known = vocabulary.catalogue.dimensions.get(dim)
    titles = known.elements if known is not None else {}
    names = index_names({element: titles.get(element) for element in elements})
    found = names.find(key.text)
    if found is None:
        raise key.error(
            Text(
                f"{variable.name} 没有元素 {show_text(key.text)}",
                f"{variable.name} has no element {show_text(key.text)}",
            ),
            Text(
                f"{dim} 的元素之一：{'、'.join(elements)}",
                f"an element of {dim}: {', '.join(elements)}",
            ),
            names.suggest(key.text),
        )
    return found


def _read_value(value: Node, variable: Variable, role: Role) -> float | Trajectory | None:
    """A number or a trajectory; None for the word `default`."""
    if isinstance(value, Scalar) and not value.quoted and value.text.casefold() == DEFAULT:
        if variable.default is None:
            raise value.error(
                Text(
                    f"{variable.name} 没有自身的默认值",
                    f"{variable.name} has no default of its own",
                ),
                Text("一个值", "a value"),
            )
        return None
    if isinstance(value, Scalar):
        return read_quantity(value, variable)
    assert isinstance(value, Sequence)
    if role not in _TRAJECTORIES:
        raise value.error(
            Text(f"{variable.name} 不随时间变化", f"{variable.name} does not change over time"),
            ONE_VALUE,
        )
    trajectory = read_trajectory(value, variable)
    if role is Role.LEVER and trajectory.years[0] < POLICY_START:
        first = value.items[0]
        raise first.error(
            Text(
                f"政策杠杆在 {POLICY_START:g} 年以前不起作用",
                f"a lever does nothing before {POLICY_START:g}",
            ),
            Text(f"{POLICY_START:g} 年及以后的年份", f"years from {POLICY_START:g} on"),
        )
    return trajectory


def read_default(variable: Variable, element: tuple[str, ...], model: Model) -> float:
    """The model's own value of a constant's element; NaN where it has none."""
    if variable.default is None:
        return math.nan
    ranges = (model.dimensions[dim].elements for dim in variable.dims)
    index = tuple(names.index(one) for names, one in zip(ranges, element))
    return float(np.asarray(variable.default)[index])


def _check_limits(
    settings: tuple[Setting, ...], node: Node, vocabulary: Vocabulary
) -> Iterator[InputError]:
    """One error for each place in the file, not for each element."""
    seen: set[Location] = set()
    for setting in settings:
        variable = vocabulary.model.variables[setting.name]
        worst = next((v for v in _values(setting.value) if not _within(v, variable)), None)
        if worst is None or setting.origin in seen:
            continue
        seen.add(setting.origin)
        element = f"[{', '.join(setting.element)}]" if setting.element else ""
        said = f"{setting.name}{element} = {worst:g}"
        problem = Text(f"{said} 超出模型限值", f"{said} is outside the limits of the model")
        place = Place(node.place.source, setting.origin.line, setting.origin.column)
        yield InputError(problem, setting.origin, say_limits(variable), (), place.shown)


def _values(value: float | Trajectory) -> tuple[float, ...]:
    return value.values if isinstance(value, Trajectory) else (value,)


def _within(value: float, variable: Variable) -> bool:
    low, high = variable.limits
    return (low is None or value >= low) and (high is None or value <= high)


def say_limits(variable: Variable) -> Text:
    """Limits of a variable, as an error expects them."""
    low, high = variable.limits
    unit = say_model_unit(variable)
    text = say_range(low, high, unit)
    share = variable.kind is Kind.CONSTANT and high == 1 and unit.en.casefold() in {"dmnl", "1"}
    return Text(f"{text.zh}（0.8 即 80 %）", f"{text.en} (0.8 is 80 %)") if share else text


def say_range(low: float | None, high: float | None, unit: Text = NO_UNIT) -> Text:
    """What lies between two ends, one of which may be missing."""
    zh, en = (f" {words}".rstrip() for words in (unit.zh, unit.en))
    if low is not None and high is not None:
        return Text(f"{low:g} 至 {high:g}{zh}", f"{low:g} to {high:g}{en}")
    if low is not None:
        return Text(f"不小于 {low:g}{zh}", f"at least {low:g}{en}")
    return Text(f"不大于 {high:g}{zh}", f"at most {high:g}{en}")


ALLOWED = Text("已允许", "allowed")


def say_allowed(excess: InputError, why: Text) -> Text:
    """A value outside of the limits as a doubt: it was allowed."""
    expected = f"；应为{say(excess.expected, 'zh')}" if excess.expected else ""
    english = f"; {say(excess.expected, 'en')}" if excess.expected else ""
    return Text(
        f"{excess.where}: {say(excess.problem, 'zh')}{expected}（{why.zh}）",
        f"{excess.where}: {say(excess.problem, 'en')}{english} ({why.en})",
    )
