"""Courses of levers in a block of members, where an input changes them or their dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from haihe.model.find import fold_name
from haihe.model.types import FloatArray, TimeAxis, Variable
from haihe.scenario.factors import Factor
from haihe.scenario.schedule import COMPLETION, DELAY, Timing, read_timing
from haihe.scenario.series import Series
from haihe.scenario.study_draw import (
    IntArray,
)
from haihe.scenario.study_values import Study
from haihe.scenario.values import POLICY_START, Batch, Role, Scenario, Setting, Trajectory
from haihe.scenario.vocabulary import Vocabulary

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Block:
    """A block while it is being made."""

    study: Study
    vocabulary: Vocabulary
    which: IntArray
    """Place of each member's scenario."""
    batch: Batch
    constants: dict[str, FloatArray]
    """Constants of the members, written into factor by factor."""
    levers: Mapping[str, tuple[Factor, FloatArray]]
    """Factors on levers that follow a course in some scenario, or that move its dates."""


def carry_out_courses(block: Block) -> Block:
    """Make the courses of levers again where a factor changes them or their dates.

    A delay is any number, so that the dates of a course differ from member to member. What the
    model sees is the value at each of its steps: the course is given at these, exactly.
    """
    if not block.levers:
        return block
    series = dict(block.batch.series)
    for name in list_moving(block.study.scenarios):
        variable = block.vocabulary.model.variables[name]
        if not _is_touched(variable, block):
            continue
        target = block.vocabulary.in_force[name]
        series[target] = _make_courses(variable, target, block)
    return replace(block, batch=replace(block.batch, series=series))


def list_moving(scenarios: Sequence[Scenario]) -> list[str]:
    """Levers that follow a course in some scenario."""
    return sorted(
        {
            setting.name
            for scenario in scenarios
            for setting in scenario.settings
            if setting.role is Role.LEVER and isinstance(setting.value, Trajectory)
        }
    )


def _is_touched(variable: Variable, block: Block) -> bool:
    group = find_group(variable.name, block.vocabulary.catalogue)
    return any(
        factor.name == variable.name
        or (
            fold_name(factor.name) in {DELAY, COMPLETION}
            and (not factor.element or fold_name(factor.element[0]) == fold_name(group))
        )
        for factor, _ in block.levers.values()
    )


def find_group(lever: str, catalogue: Catalogue) -> str:
    """Policy group of a lever; "" where the catalogue has none."""
    entries = {fold_name(key): entry for key, entry in catalogue.levers.items()}
    entry = entries.get(fold_name(lever))
    return "" if entry is None else entry.group


def _make_courses(variable: Variable, target: str, block: Block) -> Series:
    model = block.vocabulary.model
    years = _list_times(variable, block)
    shape = tuple(len(model.dimensions[dim].elements) for dim in variable.dims)
    values = np.full((len(block.which), len(years), *shape), np.nan)
    default = np.asarray(variable.default, dtype=float)
    for place, scenario in enumerate(block.study.scenarios):
        rows = np.flatnonzero(block.which == place)
        settings = [s for s in scenario.settings if s.name == variable.name]
        if not len(rows) or not any(isinstance(s.value, Trajectory) for s in settings):
            continue
        timing = _read_timings(variable, scenario, rows, block)
        for index in np.ndindex(shape):
            element = tuple(
                model.dimensions[dim].elements[i] for dim, i in zip(variable.dims, index)
            )
            course = _vary_course(variable, element, settings, rows, block)
            made = carry_out_many(*course, float(default[index]), timing, years)
            cells: tuple[Any, ...] = (rows, slice(None), *index)
            values[cells] = made
    return years, values


def _list_times(variable: Variable, block: Block) -> FloatArray:
    """Times at which courses are given: every step where their dates vary, else the dates."""
    study, model, catalogue = block.study, block.vocabulary.model, block.vocabulary.catalogue
    if any(_moves_dates(factor, variable, block) for factor, _ in block.levers.values()):
        return list_steps(study.time)
    times = {POLICY_START}
    for scenario in study.scenarios:
        delay = read_timing(variable.name, scenario.settings, model, catalogue).delay
        times.add(POLICY_START + delay)
        for setting in scenario.settings:
            if setting.name == variable.name and isinstance(setting.value, Trajectory):
                times |= {year + delay for year in setting.value.years}
    return np.array(sorted(times))


def _moves_dates(factor: Factor, variable: Variable, block: Block) -> bool:
    group = find_group(variable.name, block.vocabulary.catalogue)
    whole = not factor.element or fold_name(factor.element[0]) == fold_name(group)
    return fold_name(factor.name) == DELAY and whole


def list_steps(time: TimeAxis) -> FloatArray:
    """Times from the start of policy on at which the model looks at its inputs."""
    step = time.step / 2 if time.method == "rk4" else time.step
    times = time.start + step * np.arange(round((time.stop - time.start) / step) + 1)
    return np.concatenate([[POLICY_START], times[times > POLICY_START]])


def _read_timings(
    variable: Variable, scenario: Scenario, rows: IntArray, block: Block
) -> tuple[FloatArray, FloatArray]:
    """Delay and completion of a lever's group, by member."""
    model, catalogue = block.vocabulary.model, block.vocabulary.catalogue
    own: Timing = read_timing(variable.name, scenario.settings, model, catalogue)
    group = find_group(variable.name, catalogue)
    found = []
    for word, value in ((DELAY, own.delay), (COMPLETION, own.completion)):
        name = next((n for n in block.constants if fold_name(n) == word), None)
        if name is None:
            found.append(np.full(len(rows), value))
            continue
        elements = model.dimensions[model.variables[name].dims[0]].elements
        place = [fold_name(one) for one in elements].index(fold_name(group))
        found.append(block.constants[name][rows, place])
    return found[0], found[1]


def _vary_course(
    variable: Variable,
    element: tuple[str, ...],
    settings: Sequence[Setting],
    rows: IntArray,
    block: Block,
) -> tuple[FloatArray, FloatArray]:
    """Years (point,) and values (member, point) that a lever is to reach."""
    setting = next((s for s in settings if s.element == element), None)
    if setting is None or not isinstance(setting.value, Trajectory):
        default = float(np.asarray(variable.default)[_index(variable, element, block)])
        return np.array([POLICY_START]), np.full((len(rows), 1), default)
    years = np.asarray(setting.value.years)
    values = np.repeat(np.asarray(setting.value.values)[np.newaxis], len(rows), axis=0)
    for factor, drawn in _touching(variable, element, block):
        given = drawn[rows][:, np.newaxis]
        if factor.change == "scale":
            changed = values * given
        else:
            changed = values + given if factor.change else np.broadcast_to(given, values.shape)
        # A course may begin by saying what holds in 2022 anyway.
        values = np.where(np.isnan(given) | (years == POLICY_START), values, changed)
    return years, values


def _touching(
    variable: Variable, element: tuple[str, ...], block: Block
) -> Iterator[tuple[Factor, FloatArray]]:
    for factor, drawn in block.levers.values():
        if factor.name == variable.name and factor.element in {(), element}:
            yield factor, drawn


def _index(variable: Variable, element: tuple[str, ...], block: Block) -> tuple[int, ...]:
    dims = block.vocabulary.model.dimensions
    return tuple(dims[dim].elements.index(one) for dim, one in zip(variable.dims, element))


def carry_out_many(
    years: FloatArray,
    values: FloatArray,
    default: float,
    timing: tuple[FloatArray, FloatArray],
    times: FloatArray,
) -> FloatArray:
    """What is in force at times (member, time): `haihe.scenario.schedule.carry_out`, many at once.

    Parameters
    ----------
    years : points of the course (point,).
    values : what it is to reach (member, point).
    timing : delay [Year] and completion (member,).
    """
    delay, completion = timing
    knots = years
    if years[0] > POLICY_START:
        knots = np.concatenate([[POLICY_START], years])
        values = np.concatenate([np.full((len(values), 1), default), values], axis=1)
    # Seen from the course, a member that is three years late lives three years earlier.
    when = np.clip(times - delay[:, np.newaxis], knots[0], knots[-1])
    place = np.clip(np.searchsorted(knots, when, side="right") - 1, 0, max(len(knots) - 2, 0))
    rows = np.arange(len(values))[:, np.newaxis]
    if len(knots) == 1:
        reached = np.repeat(values, len(times), axis=1)
    else:
        share = (when - knots[place]) / (knots[place + 1] - knots[place])
        low, high = values[rows, place], values[rows, place + 1]
        reached = low + share * (high - low)
        reached = np.where(share == 1, high, reached)
    done = completion[:, np.newaxis]
    return np.where(done == 1, reached, default + done * (reached - default))
