"""Scenarios under drivers as they were observed: a conditional hindcast of any year.

What the table gives takes the place of what the scenario and the model say about those years; the
years before the first and after the last stay the scenario's own, else the model's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from haihe.errors import InputError, InputErrors, Location, raise_all
from haihe.model.catalogue import Catalogue
from haihe.model.types import Model, Variable
from haihe.project import show_text
from haihe.scenario.load import digest_settings, merge_settings
from haihe.scenario.names import Names, index_names
from haihe.scenario.relative import join_table
from haihe.scenario.settings import find_table, say_limits, say_range
from haihe.scenario.values import Role, Scenario, Setting, Trajectory
from haihe.scenario.vocabulary import Vocabulary, index_vocabulary
from haihe.scenario.yearly_table import Column, Entry, read_yearly
from haihe.text import Text
from haihe.units import convert


@dataclass(frozen=True, slots=True)
class ObservedValue:
    """One number that a run takes from a table of observed drivers."""

    driver: str
    year: float
    value: float
    """In `unit`, that of the model."""
    unit: str
    written: float
    written_unit: str
    where: Location


def read_drivers(path: Path, model: Model, catalogue: Catalogue) -> tuple[ObservedValue, ...]:
    """Read a table of observed drivers.

    Raises
    ------
    InputError, InputErrors
        Everything that is wrong with it: names, units, numbers, years.
    """
    columns = read_yearly(path)
    vocabulary = index_vocabulary(model, catalogue)
    titles = {
        name: entry.title
        for key, entry in catalogue.drivers.items()
        if (name := vocabulary.names.find(key))
    }
    names = index_names(dict(titles))
    found: dict[str, Column] = {}
    values: list[ObservedValue] = []
    errors: list[InputError] = []
    for column in columns:
        try:
            variable = _find_driver(column, names, vocabulary)
            if variable.name in found:
                raise _refuse_twice(column, found[variable.name])
            found[variable.name] = column
            values += _read_values(column, variable, model)
        except InputError as error:
            errors.append(error)
        except InputErrors as several:
            errors += several.errors
    raise_all(errors)
    return tuple(values)


def _refuse_twice(column: Column, other: Column) -> InputError:
    problem = Text(
        f"{column.name} 与 {other.name} 是同一驱动",
        f"{column.name} and {other.name} are the same driver",
    )
    return InputError(problem, column.where, Text("每个驱动只出现一次", "every driver once"))


def _find_driver(column: Column, names: Names, vocabulary: Vocabulary) -> Variable:
    name = names.find(column.name)
    if name is None:
        raise _refuse_name(column, names, vocabulary)
    variable = vocabulary.model.variables[name]
    if variable.dims:
        raise InputError(
            Text(
                f"{name} 有多个元素，而一列只是一个序列",
                f"{name} has several elements; a column is one series",
            ),
            column.where,
        )
    if column.unit is None and variable.units not in ("", "Dmnl", "1"):
        raise InputError(
            Text(f"{column.name} 没有单位", f"{column.name} has no unit"),
            column.where,
            f"{column.name} [{_example(vocabulary, variable)}]",
        )
    return variable


def _refuse_name(column: Column, names: Names, vocabulary: Vocabulary) -> InputError:
    expected = Text("`haihe list drivers` 列出的名称", "a name that `haihe list drivers` shows")
    problem = Text("{name} 不是已知的驱动", "{name} is not known as a driver")
    if vocabulary.outcomes.find(column.name):
        problem = Text("{name} 是结果，不是驱动", "{name} is a result, not a driver")
        expected = Text("用于 --observed 的结果表", "a table of results for --observed")
    elif vocabulary.names.find(column.name):
        problem = Text("{name} 不是驱动", "{name} is no driver")
    shown = problem.fill(name=show_text(column.name))
    return InputError(shown, column.where, expected, names.suggest(column.name))


def _example(vocabulary: Vocabulary, variable: Variable) -> str:
    """A unit that a column may be in: the one for people where it can be changed."""
    drivers = vocabulary.catalogue.drivers
    key = next(key for key in drivers if vocabulary.names.find(key) == variable.name)
    try:
        convert(1.0, drivers[key].shown, variable.units)
    except InputError:
        return variable.units
    return drivers[key].shown


def _read_values(column: Column, variable: Variable, model: Model) -> Iterator[ObservedValue]:
    if not column.entries:
        raise InputError(
            Text(f"{column.name} 一列没有数字", f"{column.name} has no numbers"),
            column.where,
            Text("至少一个", "at least one"),
        )
    errors = []
    low, high = variable.limits
    start, stop = model.time.start, model.time.stop
    for entry in column.entries:
        value = column.convert(entry, variable.units or "Dmnl")
        if not start <= entry.year <= stop:
            problem = Text(f"模型不含 {entry.year:g} 年", f"the model has no year {entry.year:g}")
            errors.append(InputError(problem, entry.where, say_range(start, stop)))
        elif (low is not None and value < low) or (high is not None and value > high):
            errors.append(_refuse_value(column, entry, value, variable))
        else:
            yield ObservedValue(
                variable.name,
                entry.year,
                value,
                variable.units,
                entry.value,
                column.unit or "",
                entry.where,
            )
    raise_all(errors)


def _refuse_value(column: Column, entry: Entry, value: float, variable: Variable) -> InputError:
    written = f"{variable.name} = {entry.value:g} {column.unit or ''}".rstrip()
    own = f"{value:g} {variable.units}"
    problem = Text(
        f"{written}（{own}）超出模型限值",
        f"{written} ({own}) is outside the limits of the model",
    )
    return InputError(problem, entry.where, say_limits(variable))


def observe_drivers(
    scenario: Scenario, values: Sequence[ObservedValue], model: Model, catalogue: Catalogue
) -> Scenario:
    """A scenario whose drivers are the observed ones in the years that were observed."""
    vocabulary = index_vocabulary(model, catalogue)
    own = {(s.name, s.element): s for s in scenario.settings if s.role is Role.DRIVER}
    added = []
    for name in dict.fromkeys(value.driver for value in values):
        seen = [value for value in values if value.driver == name]
        variable = model.variables[name]
        base = find_table(variable, vocabulary)
        setting = own.get((name, ()))
        if setting is not None and isinstance(setting.value, Trajectory):
            base = join_table(base, setting.value)
        added.append(
            Setting(name, (), _join(base, seen), Role.DRIVER, seen[0].where, variable.units)
        )
    settings = merge_settings([scenario.settings, added])
    time = scenario.time or model.time
    digest = digest_settings(settings, time, scenario.outputs, model)
    return replace(scenario, settings=settings, digest=digest)


def _join(base: Trajectory | None, seen: Sequence[ObservedValue]) -> Trajectory:
    """Observed values, with the points of the base before the first and after the last."""
    points = [(value.year, value.value) for value in seen]
    first, last = points[0][0], points[-1][0]
    kept = () if base is None else zip(base.years, base.values, strict=True)
    outside = [(x, y) for x, y in kept if x < first or x > last]
    years, levels = zip(*sorted([*outside, *points]), strict=True)
    return Trajectory(years, levels)
