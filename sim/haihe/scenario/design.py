"""Turn scenarios into the arrays that a backend runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from haihe.errors import InputError, raise_all
from haihe.model.types import FloatArray, Model, TimeAxis, Variable
from haihe.scenario.relative import join_table
from haihe.scenario.schedule import Timing, carry_out, read_timings
from haihe.scenario.settings import find_table
from haihe.scenario.values import POLICY_START, Batch, Role, Scenario, Setting, Trajectory
from haihe.scenario.vocabulary import Vocabulary, index_vocabulary
from haihe.text import Text, join_all

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue

Group = Sequence[Setting]
"""Settings of one variable in one scenario."""


def build_batch(
    model: Model,
    catalogue: Catalogue,
    scenarios: Sequence[Scenario],
    time: TimeAxis | None = None,
) -> Batch:
    """Lay scenarios out as a batch with one member for each.

    Parameters
    ----------
    time : the axis of all members; None: what the scenarios say, who must agree.

    Raises
    ------
    InputErrors
        Where there is no scenario, ids repeat, or time axes differ.
    """
    axis = time or _agree_on_time(model, scenarios)
    raise_all(_check_members(scenarios))
    vocabulary = index_vocabulary(model, catalogue)
    constants: dict[str, FloatArray] = {}
    series: dict[str, tuple[FloatArray, FloatArray]] = {}
    initial: dict[str, FloatArray] = {}
    held: dict[str, NDArray[np.bool_]] = {}
    for (role, name), groups in _group_settings(scenarios).items():
        variable = model.variables[name]
        moving = _is_moving(role, groups)
        if moving:
            target, rule = _series_of(role, variable, vocabulary, scenarios)
            series[target] = _fill_series(variable, model, groups, rule)
        if role in {Role.LEVER, Role.PARAMETER}:
            constants[name] = _fill(variable, model, groups)
            held[name] = _mark(variable, model, groups)
        if role is Role.INITIAL:
            initial[name] = _fill(variable, model, groups)
    members = tuple(scenario.id for scenario in scenarios)
    return Batch(members, constants, series, initial, axis, held)


def _agree_on_time(model: Model, scenarios: Sequence[Scenario]) -> TimeAxis:
    axes = {scenario.time or model.time: scenario for scenario in scenarios}
    if len(axes) > 1:
        shown = join_all(_describe_axis(scenario, axis) for axis, scenario in axes.items())
        problem = Text("时间轴不一致（{axes}）", "the time axes differ ({axes})").fill(axes=shown)
        raise_all(
            [InputError(problem, None, Text("同一批情景使用同一时间轴", "one axis for a batch"))]
        )
    return next(iter(axes), model.time)


def _describe_axis(scenario: Scenario, axis: TimeAxis) -> Text:
    span = f"{scenario.id}: {axis.start:g}–{axis.stop:g}"
    return Text(
        f"{span}，步长 {axis.step:g}，每 {axis.save_step:g} 年保存一次",
        f"{span} by {axis.step:g}, saved every {axis.save_step:g}",
    )


def _check_members(scenarios: Sequence[Scenario]) -> list[InputError]:
    if not scenarios:
        return [InputError(Text("没有可运行的情景", "there is no scenario to run"))]
    ids = [scenario.id for scenario in scenarios]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    return [
        InputError(Text(f"有两个情景都叫 {name}", f"two scenarios are called {name}"))
        for name in twice
    ]


def _group_settings(scenarios: Sequence[Scenario]) -> dict[tuple[Role, str], list[Group]]:
    """By role and variable: the settings of each member, in the order of the members."""
    grouped: dict[tuple[Role, str], list[list[Setting]]] = {}
    for i, scenario in enumerate(scenarios):
        for setting in scenario.settings:
            key = (setting.role, setting.name)
            groups = grouped.setdefault(key, [[] for _ in scenarios])
            groups[i].append(setting)
    return {key: list(groups) for key, groups in grouped.items()}


def _is_moving(role: Role, groups: Sequence[Group]) -> bool:
    if role is Role.LEVER:
        return any(_moves(group) for group in groups)
    return role in {Role.DRIVER, Role.FORCED}


def _moves(group: Group) -> bool:
    return any(isinstance(setting.value, Trajectory) for setting in group)


def _fill(variable: Variable, model: Model, groups: Sequence[Group]) -> FloatArray:
    """Values (member, *dims): the model's own, or NaN where it has none, under the settings."""
    own = np.full(_shape(variable, model), np.nan)
    if variable.default is not None:
        own[...] = variable.default
    values = np.repeat(own[np.newaxis], len(groups), axis=0)
    for member, group in enumerate(groups):
        for setting in group:
            if not isinstance(setting.value, Trajectory):
                values[(member, *_index(setting, variable, model))] = setting.value
    return values


def _mark(variable: Variable, model: Model, groups: Sequence[Group]) -> NDArray[np.bool_]:
    """Which elements each member sets (member, *dims)."""
    marks = np.zeros((len(groups), *_shape(variable, model)), dtype=bool)
    for member, group in enumerate(groups):
        for setting in group:
            marks[(member, *_index(setting, variable, model))] = True
    return marks


Rule = Callable[[int, Setting | None, float], Trajectory]
"""Trajectory of one element: from the member, its setting if there is one, and the default."""


def _series_of(
    role: Role, variable: Variable, vocabulary: Vocabulary, scenarios: Sequence[Scenario]
) -> tuple[str, Rule]:
    """Variable whose equation a setting takes the place of, and how its points come about."""
    if role is Role.LEVER:
        timings = read_timings(variable.name, scenarios, vocabulary.model, vocabulary.catalogue)
        return vocabulary.in_force[variable.name], _lever_rule(timings)
    if role is Role.FORCED:
        return variable.name, _hold
    return variable.name, _driver_rule(find_table(variable, vocabulary))


def _lever_rule(timings: Sequence[Timing]) -> Rule:
    def rule(member: int, setting: Setting | None, default: float) -> Trajectory:
        if setting is None or not isinstance(setting.value, Trajectory):
            return Trajectory((POLICY_START,), (default,))
        return carry_out(setting.value, default, timings[member])

    return rule


def _driver_rule(table: Trajectory | None) -> Rule:
    def rule(member: int, setting: Setting | None, default: float) -> Trajectory:
        assert setting is not None
        assert isinstance(setting.value, Trajectory)
        return join_table(table, setting.value)

    return rule


def _hold(member: int, setting: Setting | None, default: float) -> Trajectory:
    assert setting is not None
    value = setting.value
    return value if isinstance(value, Trajectory) else Trajectory((POLICY_START,), (value,))


def _fill_series(
    variable: Variable, model: Model, groups: Sequence[Group], rule: Rule
) -> tuple[FloatArray, FloatArray]:
    """Years (point,) and values (member, point, *dims); NaN for members that set nothing."""
    shape = _shape(variable, model)
    default = np.zeros(shape) if variable.default is None else np.asarray(variable.default)
    made: dict[tuple[int, int], Trajectory] = {}
    for member, group in enumerate(groups):
        lever = bool(group) and group[0].role is Role.LEVER
        if not group or (lever and not _moves(group)):
            continue
        by_index = {_index(setting, variable, model): setting for setting in group}
        for column, index in enumerate(np.ndindex(shape)):
            made[member, column] = rule(member, by_index.get(index), float(default[index]))
    years = np.array(sorted({year for trajectory in made.values() for year in trajectory.years}))
    values = np.full((len(groups), len(years), math.prod(shape)), np.nan)
    for (member, column), trajectory in made.items():
        values[member, :, column] = np.interp(years, trajectory.years, trajectory.values)
    return years, values.reshape(len(groups), len(years), *shape)


def _shape(variable: Variable, model: Model) -> tuple[int, ...]:
    return tuple(len(model.dimensions[dim].elements) for dim in variable.dims)


def _index(setting: Setting, variable: Variable, model: Model) -> tuple[int, ...]:
    ranges = (model.dimensions[dim].elements for dim in variable.dims)
    return tuple(names.index(one) for names, one in zip(ranges, setting.element))
