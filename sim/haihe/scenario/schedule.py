"""How late and how fully a scenario carries out what it sets.

The schedule of the model carries levers that are one value. A lever that a scenario gives as a
trajectory has dates of its own; the delay and the completion of its policy group hold for it too,
so that "three years late, 70 % done" means the same for every measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from haihe.model.find import fold_name
from haihe.model.types import Model
from haihe.scenario.values import POLICY_START, Scenario, Setting, Trajectory

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue

DELAY = "policy delay"
COMPLETION = "policy completion"


@dataclass(frozen=True, slots=True)
class Timing:
    """How late, and how fully, the measures of one policy group come."""

    delay: float
    """Years."""
    completion: float
    """Share of the way from the default to the value."""


def read_timing(
    lever: str, settings: Sequence[Setting], model: Model, catalogue: Catalogue
) -> Timing:
    """Delay and completion of a lever's group: of the scenario, else of the model."""
    entries = {fold_name(key): entry for key, entry in catalogue.levers.items()}
    entry = entries.get(fold_name(lever))
    group = "" if entry is None else entry.group
    return Timing(
        _read(DELAY, group, settings, model, 0.0), _read(COMPLETION, group, settings, model, 1.0)
    )


def _read(name: str, group: str, settings: Sequence[Setting], model: Model, none: float) -> float:
    variable = next((v for key, v in model.variables.items() if fold_name(key) == name), None)
    if variable is None or variable.default is None or len(variable.dims) != 1:
        return none
    elements = model.dimensions[variable.dims[0]].elements
    place = next((i for i, one in enumerate(elements) if fold_name(one) == fold_name(group)), None)
    if place is None:
        return none
    for setting in settings:
        if setting.name == variable.name and setting.element == (elements[place],):
            assert not isinstance(setting.value, Trajectory)
            return setting.value
    return float(np.asarray(variable.default)[place])


def carry_out(given: Trajectory, default: float, timing: Timing) -> Trajectory:
    """What is in force: the default up to the delayed start of policy, then straight lines.

    Parameters
    ----------
    given : the trajectory of the scenario, in time and in full.
    default : value of the lever while there is no policy.
    """
    begin = POLICY_START + timing.delay
    points = [(POLICY_START, default)]
    if begin > POLICY_START:
        points.append((begin, default))
    for year, value in zip(given.years, given.values):
        # Done in full, a value is taken as it is: no rounding on the way.
        done = value if timing.completion == 1 else default + timing.completion * (value - default)
        if year + timing.delay > max(begin, POLICY_START):
            points.append((year + timing.delay, done))
    return Trajectory(tuple(x for x, _ in points), tuple(y for _, y in points))


def read_timings(
    lever: str, scenarios: Sequence[Scenario], model: Model, catalogue: Catalogue
) -> tuple[Timing, ...]:
    """Timing of a lever in each scenario."""
    return tuple(read_timing(lever, s.settings, model, catalogue) for s in scenarios)
