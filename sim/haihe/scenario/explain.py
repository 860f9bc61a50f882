"""Say where every value of a scenario comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from haihe.errors import Location
from haihe.scenario.values import Role, Scenario, Setting, Trajectory


@dataclass(frozen=True, slots=True)
class ExplainedSetting:
    """One value of a scenario, who set it, and what it took the place of."""

    role: Role
    name: str
    element: tuple[str, ...]
    value: str
    """A number, or `year: value` points."""
    unit: str
    origin: Location
    overrode: tuple[tuple[str, Location], ...]
    """Values that it took the place of, the last one first, each with who had set it."""


def explain_scenario(scenario: Scenario) -> tuple[ExplainedSetting, ...]:
    """One row for each setting, in the order of the sections and of the files."""
    order = {role: i for i, role in enumerate(Role)}
    rows = [_explain(setting) for setting in scenario.settings]
    return tuple(sorted(rows, key=lambda row: order[row.role]))


def _explain(setting: Setting) -> ExplainedSetting:
    before = tuple((show_value(old.value), old.origin) for old in _history(setting))
    value = show_value(setting.value)
    return ExplainedSetting(
        setting.role,
        setting.name,
        setting.element,
        value,
        setting.unit,
        setting.origin,
        before,
    )


def _history(setting: Setting) -> Iterator[Setting]:
    old = setting.overrode
    while old is not None:
        yield old
        old = old.overrode


def show_value(value: float | Trajectory) -> str:
    """A value as text, with as many digits as it takes to read it back."""
    if isinstance(value, Trajectory):
        return ", ".join(f"{x:g}: {y!r}" for x, y in zip(value.years, value.values))
    return repr(value)
