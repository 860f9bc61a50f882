"""Scenarios that take some settings of one scenario and the rest of another, as one batch.

Members that replace different variables cannot share a program, so 2^n mixtures in which a measure
is a curve here and a number there would need a program each. Whatever such a measure does without
its curve is therefore computed first, at every time step, and given as a curve too: all mixtures
then replace the same variables and run side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from haihe.analysis.shapley import Masks
from haihe.model.catalogue import IN_FORCE, Catalogue
from haihe.model.clock import saved_times
from haihe.model.find import fold_name
from haihe.model.types import FloatArray, Model, TimeAxis
from haihe.run.backends import Backend
from haihe.scenario.design import build_batch
from haihe.scenario.schedule import COMPLETION, DELAY
from haihe.scenario.values import Batch, Role, Scenario, Setting

SCHEDULE = (DELAY, COMPLETION)
Key = tuple[Role, str, tuple[str, ...]]
"""What is switched as one: a variable with all its elements, but each element of the schedule."""


def key_of(setting: Setting) -> Key:
    """Key of a setting."""
    scheduled = fold_name(setting.name) in SCHEDULE
    return setting.role, setting.name, setting.element if scheduled else ()


def name_of(key: Key) -> str:
    """A key as people write it: `rail investment`, `policy delay[freight]`."""
    _, name, element = key
    return f"{name}[{','.join(element)}]" if element else name


def find_differences(scenario: Scenario, baseline: Scenario) -> tuple[Key, ...]:
    """Keys whose settings differ, in the order of the scenario, then of the baseline."""
    ours, theirs = _by_key(scenario), _by_key(baseline)
    keys = dict.fromkeys([*ours, *theirs])
    return tuple(key for key in keys if _values(ours.get(key)) != _values(theirs.get(key)))


def _by_key(scenario: Scenario) -> dict[Key, list[Setting]]:
    found: dict[Key, list[Setting]] = {}
    for setting in scenario.settings:
        found.setdefault(key_of(setting), []).append(setting)
    return found


def _values(settings: Sequence[Setting] | None) -> list[tuple[object, ...]]:
    return sorted((s.element, str(s.value), s.value) for s in settings or ())


@dataclass(frozen=True, slots=True)
class Mixture:
    """Two scenarios and the groups of their differences."""

    model: Model
    catalogue: Catalogue
    scenario: Scenario
    baseline: Scenario
    groups: tuple[tuple[Key, ...], ...]
    both: Batch
    """The scenario, then the baseline; `series` and `initial` as they stand."""
    curves: Mapping[str, Curve]
    """By variable whose equation is replaced."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What a replaced variable does in every combination of the groups that it hangs on."""

    groups: tuple[int, ...]
    years: FloatArray
    values: FloatArray
    """(combination, point, *dims); combinations count in bits, the first group the lowest."""

    def take(self, masks: Masks) -> FloatArray:
        """Values of coalitions (coalition, point, *dims)."""
        bits = 1 << np.arange(len(self.groups))
        return np.asarray(self.values[(masks[:, list(self.groups)] * bits).sum(axis=1)])


def prepare_mixture(
    model: Model,
    catalogue: Catalogue,
    scenario: Scenario,
    baseline: Scenario,
    groups: Sequence[Sequence[Key]],
    backend: Backend,
) -> Mixture:
    """Compute once what the mixtures share.

    Raises
    ------
    InputErrors
        Where the two scenarios have different time axes.
    """
    both = build_batch(model, catalogue, _pair(scenario, baseline))
    bare = Mixture(model, catalogue, scenario, baseline, _freeze(groups), both, {})
    return replace(bare, curves=_make_curves(bare, backend))


def _pair(scenario: Scenario, baseline: Scenario) -> list[Scenario]:
    return [replace(scenario, id="scenario"), replace(baseline, id="baseline")]


def _freeze(groups: Sequence[Sequence[Key]]) -> tuple[tuple[Key, ...], ...]:
    return tuple(tuple(group) for group in groups)


def mix_batch(mixture: Mixture, masks: Masks) -> Batch:
    """Coalitions as a batch: `masks` (coalition, group) says what is taken from the scenario."""
    taken = {
        (key[1], key[2]): masks[:, number]
        for number, group in enumerate(mixture.groups)
        for key in group
    }
    both = mixture.both
    return Batch(
        tuple(f"{number}" for number in range(len(masks))),
        {name: _choose(mixture.model, name, v, taken, masks) for name, v in both.constants.items()},
        {name: (curve.years, curve.take(masks)) for name, curve in mixture.curves.items()},
        {name: _choose(mixture.model, name, v, taken, masks) for name, v in both.initial.items()},
        both.time,
    )


def _choose(
    model: Model,
    name: str,
    values: FloatArray,
    taken: Mapping[tuple[str, tuple[str, ...]], np.ndarray],
    masks: Masks,
) -> FloatArray:
    """Values (coalition, *dims): the scenario's where its group is in, else the baseline's."""
    chosen = np.repeat(values[1:2], len(masks), axis=0)
    whole = taken.get((name, ()))
    if whole is not None:
        chosen[whole] = values[0]
    dims = [model.dimensions[dim].elements for dim in model.variables[name].dims]
    for place, element in enumerate(product(*dims)):
        own = taken.get((name, element)) if element else None
        if own is not None:
            chosen.reshape(len(masks), -1)[own, place] = values[0].ravel()[place]
    return chosen


# --- curves: what a replaced variable does in every mixture that matters to it


def _make_curves(mixture: Mixture, backend: Backend) -> Mapping[str, Curve]:
    needs = {name: _groups_of(mixture, name) for name in mixture.both.series}
    if not needs:
        return {}
    masks = np.unique(np.concatenate([m for _, m in _list_masks(mixture, needs)]), axis=0)
    mixed = build_batch(
        mixture.model,
        mixture.catalogue,
        [_mix_scenario(mixture, mask, str(number)) for number, mask in enumerate(masks)],
    )
    own = _run_own(mixture, mixed, tuple(needs), backend)
    index = {mask.tobytes(): row for row, mask in enumerate(masks)}
    curves: dict[str, Curve] = {}
    for name, combinations in _list_masks(mixture, needs):
        rows = [index[mask.tobytes()] for mask in combinations]
        years, values = _fill(mixed.series.get(name), own.get(name), rows, mixed.time)
        curves[name] = Curve(needs[name], years, values)
    return curves


def _groups_of(mixture: Mixture, name: str) -> tuple[int, ...]:
    """Groups that a replaced variable hangs on: its own, what its equation names, its schedule."""
    levers = mixture.catalogue.levers
    lever = next((n for n in levers if fold_name(n + IN_FORCE) == fold_name(name)), "")
    policy = fold_name(levers[lever].group) if lever else ""
    read = fold_name(f"{name} {mixture.model.variables[name].equation}")
    return tuple(
        number
        for number, group in enumerate(mixture.groups)
        if any(_matters(key, read, policy) for key in group)
    )


def _matters(key: Key, read: str, policy: str) -> bool:
    """Whether a variable that reads these names, of this policy group, may hang on a key."""
    _, own, element = key
    return fold_name(element[0]) == policy if element else fold_name(own) in read


def _list_masks(
    mixture: Mixture, needs: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, Masks]]:
    for name, groups in needs.items():
        masks = np.zeros((1 << len(groups), len(mixture.groups)), dtype=bool)
        for bit, group in enumerate(groups):
            masks[:, group] = np.arange(len(masks)) >> bit & 1
        yield name, masks


def _mix_scenario(mixture: Mixture, mask: np.ndarray, name: str) -> Scenario:
    """A scenario with the scenario's settings for the groups of a mask, else the baseline's."""
    taken = {key for inside, group in zip(mask, mixture.groups) if inside for key in group}
    ours = [s for s in mixture.scenario.settings if key_of(s) in taken]
    theirs = [s for s in mixture.baseline.settings if key_of(s) not in taken]
    return replace(mixture.scenario, id=name, settings=(*theirs, *ours))


def _run_own(
    mixture: Mixture, mixed: Batch, names: tuple[str, ...], backend: Backend
) -> Mapping[str, FloatArray]:
    """What the variables do by their own equations, at every step (member, step, *dims).

    A variable that a scenario holds by force answers to everything, so it has no such curve.
    """
    forced = {key[1] for group in mixture.groups for key in group if key[0] is Role.FORCED}
    open_ones = [
        name
        for name in names
        if name not in forced
        and (name not in mixed.series or np.isnan(mixed.series[name][1]).any())
    ]
    if not open_ones:
        return {}
    axis = replace(mixed.time, save_step=mixed.time.step)
    return backend.run(mixture.model, replace(mixed, series={}, time=axis), open_ones)


def _fill(
    given: tuple[FloatArray, FloatArray] | None,
    own: FloatArray | None,
    rows: list[int],
    axis: TimeAxis,
) -> tuple[FloatArray, FloatArray]:
    """Years and values of combinations; where a member gives no curve, what its equation does."""
    if own is None:
        assert given is not None
        return given[0], given[1][rows]
    steps = saved_times(replace(axis, save_step=axis.step))
    if given is None:
        return steps, own[rows]
    years = np.union1d(steps, given[0])
    values = np.empty((len(rows), len(years), *own.shape[2:]))
    flat = values.reshape(len(rows), len(years), -1)
    for place, row in enumerate(rows):
        missing = bool(np.isnan(given[1][row]).all())
        at, points = (steps, own[row]) if missing else (given[0], given[1][row])
        for column, line in enumerate(points.reshape(len(at), -1).T):
            flat[place, :, column] = np.interp(years, at, line)
    return years, values
