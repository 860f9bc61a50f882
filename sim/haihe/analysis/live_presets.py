"""Scenarios as presets of a live page: what each sets, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from haihe.errors import InputError
from haihe.model.types import Model
from haihe.project import show_text
from haihe.scenario.design import build_batch
from haihe.scenario.settings import find_table
from haihe.scenario.values import Role, Scenario, Setting, Trajectory
from haihe.scenario.vocabulary import Vocabulary
from haihe.text import Text


@dataclass(frozen=True, slots=True)
class Preset:
    """A scenario that a live page offers."""

    id: str
    title: Text
    story: Text
    levers: Mapping[str, Any]
    """By slider: a number, or points [year, value], in the model's unit."""
    constants: Mapping[str, list[float]]
    """Parameters that it sets, whole arrays in C order."""
    series: Mapping[str, Mapping[str, list[float]]]
    """Drivers that it sets: `x` and `y`."""
    written: Mapping[str, Any]
    """Sections `drivers` and `parameters` of a scenario file that say the same."""


def slider_id(name: str, element: Sequence[str]) -> str:
    """Name of one number among the levers: the variable, with its element where it has any."""
    return f"{name}[{','.join(element)}]" if element else name


def find_hindrance(scenario: Scenario, vocabulary: Vocabulary) -> Text | None:
    """Why a live page cannot carry a scenario; None where it can."""
    for setting in scenario.settings:
        if setting.role in (Role.FORCED, Role.INITIAL):
            who, forced = show_text(scenario.id), setting.role is Role.FORCED
            what = "forces" if forced else "sets the initial value of"
            return Text(
                f"情景 {who} {'直接给定' if forced else '设定初值：'} {setting.name}",
                f"the scenario {who} {what} {setting.name}",
            )
        if setting.role is Role.DRIVER:
            variable = vocabulary.model.variables[setting.name]
            if variable.dims or find_table(variable, vocabulary) is None:
                return Text(
                    f"外生驱动 {setting.name} 没有自己的数据表",
                    f"the driver {setting.name} has no table of its own",
                )
    return None


def make_preset(scenario: Scenario, vocabulary: Vocabulary) -> Preset:
    """What a scenario sets, as a live page needs it.

    Raises
    ------
    InputError
        Where a live page cannot carry it.
    """
    if hindrance := find_hindrance(scenario, vocabulary):
        raise InputError(
            hindrance,
            scenario.origin,
            Text(
                "只含政策杠杆、外生驱动和参数，才能放入交互页面",
                "levers, drivers and parameters only, on a live page",
            ),
        )
    batch = build_batch(vocabulary.model, vocabulary.catalogue, [scenario])
    roles = {setting.name: setting.role for setting in scenario.settings}
    return Preset(
        id=scenario.id,
        title=scenario.title,
        story=scenario.story,
        levers={
            slider_id(s.name, s.element): _plain(s.value)
            for s in scenario.settings
            if s.role is Role.LEVER
        },
        constants={
            name: np.ravel(values[0]).tolist()
            for name, values in batch.constants.items()
            if roles[name] is Role.PARAMETER
        },
        series={
            name: {"x": years.tolist(), "y": np.ravel(values[0]).tolist()}
            for name, (years, values) in batch.series.items()
            if roles.get(name) is Role.DRIVER
        },
        written=_write_sections(scenario.settings, vocabulary.model),
    )


def _plain(value: float | Trajectory) -> Any:
    if isinstance(value, Trajectory):
        return [list(point) for point in zip(value.years, value.values, strict=True)]
    return value


def _write_sections(settings: Iterable[Setting], model: Model) -> dict[str, Any]:
    """Drivers and parameters as a scenario file writes them, values by element where needed."""
    sections: dict[str, Any] = {"drivers": {}, "parameters": {}}
    for setting in settings:
        if setting.role not in (Role.DRIVER, Role.PARAMETER):
            continue
        place = sections["drivers" if setting.role is Role.DRIVER else "parameters"]
        keys = (setting.name, *setting.element)
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = _plain(setting.value)
    return {name: section for name, section in sections.items() if section}
