"""One equation at a time: what each of its causes brings, by Shapley values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from haihe.model.types import FloatArray, Kind, Model, TimeAxis

if TYPE_CHECKING:
    pass


EXACT = 6
"""Causes up to which every combination is run; beyond, orders are drawn."""


ORDERS = 24
"""Orders that are drawn, each with its reverse."""


SAME = 1e-11
"""Share of a variable's size below which a difference is rounding."""


TOGETHER = 8
"""Variables whose equations are run in one program."""


_MEMORY = re.compile(r"\b(INTEG|SMOOTH\w*|DELAY\w*|TREND|FORECAST|SAMPLE IF TRUE)\b", re.IGNORECASE)


_CLOCK = {"time", "time step", "initial time", "final time", "saveper"}


Key = tuple[str, bool]
"""A variable, and whether its course counts (it was accumulated on the way) or one year alone."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Two runs, at every step up to a year."""

    model: Model
    """Whose equations are run again: A's."""
    time: TimeAxis
    a: Mapping[str, FloatArray]
    """By variable (step, *dims)."""
    b: Mapping[str, FloatArray]
    reads: Mapping[str, tuple[str, ...]]
    given: frozenset[str]
    """Variables that a scenario gives: their own equations do not count."""

    @property
    def steps(self) -> FloatArray:
        """Times of the steps."""
        count = len(next(iter(self.a.values())))
        return np.asarray(self.time.start + self.time.step * np.arange(count), dtype=float)

    def change(self, name: str) -> FloatArray:
        """B less A (step, element), rounding taken as nothing."""
        one, other = (np.reshape(run[name], (len(run[name]), -1)) for run in (self.a, self.b))
        gap = other - one
        size = np.maximum(np.abs(one), np.abs(other)).max(initial=0.0)
        return np.where(np.abs(gap) <= SAME * size, 0.0, gap)

    def changed(self, name: str) -> bool:
        """Whether a variable differs at all."""
        return bool(np.any(self.change(name)))


@dataclass(frozen=True, slots=True)
class Split:
    """What each direct cause brings to a variable, as parts of its change."""

    parts: Mapping[str, FloatArray]
    """By cause: (element of the cause, element of the variable)."""
    own: FloatArray
    """(element of the variable,): what its own equation brings, where the models differ."""


def is_clock(name: str) -> bool:
    """Whether a variable is the time axis."""
    return name.casefold() in _CLOCK


def is_leaf(runs: Runs, name: str) -> bool:
    """Whether the way ends here: an input, or a variable none of whose causes differ."""
    if name in runs.given:
        return True
    return not list(changed_causes(runs, name)) and not has_equation(runs, name)


def has_equation(runs: Runs, name: str) -> bool:
    variable = runs.model.variables.get(name)
    plain = variable is None or variable.kind in {Kind.CONSTANT, Kind.DATA}
    return not plain and bool(runs.reads.get(name))


def changed_causes(runs: Runs, name: str) -> Iterator[str]:
    """Direct causes that differ between the runs."""
    for cause in runs.reads.get(name, ()):
        if cause != name and cause in runs.a and cause in runs.b and runs.changed(cause):
            yield cause


def has_memory(runs: Runs, name: str) -> bool:
    """Whether a variable's value hangs on the past of its causes."""
    variable = runs.model.variables[name]
    return variable.kind is Kind.STOCK or bool(_MEMORY.search(variable.equation))


@dataclass(frozen=True, slots=True)
class _Job:
    """Members that one variable needs: which causes, whole or by element, are B's."""

    key: Key
    causes: tuple[str, ...]
    coalitions: tuple[frozenset[str], ...]
    elements: tuple[tuple[str, int, bool], ...]
    """Cause, element, and whether it alone is B's (or it alone is A's)."""

    @property
    def members(self) -> int:
        """How many there are."""
        return len(self.coalitions) + len(self.elements)


def split_all(runs: Runs, keys: Sequence[Key]) -> dict[Key, Split]:
    """Splits of several variables; those that do not read one another share a program."""
    found: dict[Key, Split] = {}
    names = list(dict.fromkeys(name for name, _ in keys))
    for group in group_names(runs, names):
        jobs = [_plan(runs, (name, False)) for name in group]
        values = _run_jobs(runs, jobs)
        for job, value in zip(jobs, values, strict=True):
            for key in keys:
                if key[0] == job.key[0]:
                    found[key] = _weigh(runs, replace(job, key=key), value)
    return found


def group_names(runs: Runs, names: Sequence[str]) -> list[list[str]]:
    """Groups of variables none of which is a cause of another in its group."""
    groups: list[list[str]] = []
    for name in names:
        for group in groups:
            apart = all(
                name not in runs.reads.get(one, ()) and one not in runs.reads.get(name, ())
                for one in group
            )
            if apart and len(group) < TOGETHER:
                group.append(name)
                break
        else:
            groups.append([name])
    return groups


def _plan(runs: Runs, key: Key) -> _Job:
    causes = tuple(changed_causes(runs, key[0]))
    sets = list(list_coalitions(causes))
    elements = []
    for cause in causes:
        change = runs.change(cause)
        if change.shape[1] > 1:
            for element in np.flatnonzero(np.any(change, axis=0)):
                elements += [(cause, int(element), True), (cause, int(element), False)]
    return _Job(key, causes, tuple(dict.fromkeys(sets)), tuple(elements))


def list_coalitions(causes: Sequence[str]) -> Iterator[frozenset[str]]:
    """Sets of causes that are run with B's values."""
    yield frozenset()
    yield frozenset(causes)
    if len(causes) <= EXACT:
        for number in range(2 ** len(causes)):
            yield frozenset(c for i, c in enumerate(causes) if number >> i & 1)
        return
    for order in list_orders(causes):
        for length in range(1, len(order)):
            yield frozenset(order[:length])


def list_orders(causes: Sequence[str]) -> list[tuple[str, ...]]:
    """Orders in which causes change over: all of a few, else drawn ones with their reverses."""
    if len(causes) <= 4:
        return list(permutations(causes))
    rng = np.random.default_rng(len(causes))
    drawn = [tuple(causes[i] for i in rng.permutation(len(causes))) for _ in range(ORDERS // 2)]
    return [*drawn, *(order[::-1] for order in drawn)]


def _run_jobs(runs: Runs, jobs: Sequence[_Job]) -> list[FloatArray]:
    """By job: values (member, step, element) of its variable."""
    from haihe.compile import compile_model, evaluate

    names = [job.key[0] for job in jobs]
    read = {cause for name in names for cause in runs.reads[name] if cause not in names}
    inputs = [cause for cause in sorted(read) if _is_series(runs, cause)]
    members = sum(job.members for job in jobs)
    courses = {cause: np.repeat(runs.a[cause][np.newaxis], members, axis=0) for cause in inputs}
    first = 0
    for job in jobs:
        _fill(runs, job, courses, first)
        first += job.members
    steps = runs.steps
    time = replace(runs.time, stop=float(steps[-1]), save_step=runs.time.step)
    program = compile_model(runs.model, names, series=inputs, integration=runs.time.method)
    given = {cause: (steps, values) for cause, values in courses.items()}
    values = evaluate(program, members, series=given, time=time)
    result, first = [], 0
    for job in jobs:
        rows = values[job.key[0]][first : first + job.members]
        result.append(rows.reshape(job.members, len(steps), -1))
        first += job.members
    return result


def _is_series(runs: Runs, cause: str) -> bool:
    variable = runs.model.variables.get(cause)
    known = cause in runs.a and not is_clock(cause)
    return known and variable is not None and variable.kind is not Kind.LOOKUP


def _fill(runs: Runs, job: _Job, courses: dict[str, FloatArray], first: int) -> None:
    for i, coalition in enumerate(job.coalitions):
        for cause in coalition:
            courses[cause][first + i] = runs.b[cause]
    first += len(job.coalitions)
    for i, (cause, element, alone) in enumerate(job.elements):
        if not alone:
            for other in job.causes:
                courses[other][first + i] = runs.b[other]
        source = (runs.b if alone else runs.a)[cause]
        steps = len(source)
        row = courses[cause][first + i].reshape(steps, -1).copy()
        row[:, element] = source.reshape(steps, -1)[:, element]
        courses[cause][first + i] = row.reshape(source.shape)


def _weigh(runs: Runs, job: _Job, values: FloatArray) -> Split:
    """Parts of the change: of one year, or of all years together."""
    name, over = job.key
    seen = values.sum(axis=1) if over else values[:, -1]
    change = runs.change(name)
    total = change.sum(axis=0) if over else change[-1]
    by_set = {coalition: seen[i] for i, coalition in enumerate(job.coalitions)}
    brought = share_out(job.causes, by_set)
    last = by_set[frozenset(job.causes)]
    whole = runs.b[name].reshape(len(change), -1)
    own = (whole.sum(axis=0) if over else whole[-1]) - last
    size = np.abs(total) > 0
    safe = np.where(size, total, 1.0)
    rounding = np.abs(own) <= 1e-7 * np.maximum(np.abs(total), SAME * np.abs(last))
    own = np.where(size & ~rounding, own / safe, 0.0)
    parts = {}
    for cause in job.causes:
        fraction = np.where(size, brought[cause] / safe, 0.0)
        parts[cause] = _by_element(runs, job, seen, by_set, cause) * fraction
    return Split(parts, own)


def share_out(
    causes: Sequence[str], by_set: Mapping[frozenset[str], FloatArray]
) -> dict[str, FloatArray]:
    """Shapley value of each cause, exact where every set was run, else the mean over orders."""
    count = len(causes)
    brought = {cause: np.zeros_like(by_set[frozenset()]) for cause in causes}
    if len(by_set) >= 2**count:
        for cause in causes:
            for chosen, value in by_set.items():
                if cause not in chosen:
                    weight = 1.0 / (count * math.comb(count - 1, len(chosen)))
                    brought[cause] = brought[cause] + weight * (by_set[chosen | {cause}] - value)
        return brought
    orders = list_orders(causes)
    for order in orders:
        for place, cause in enumerate(order):
            step = by_set[frozenset(order[: place + 1])] - by_set[frozenset(order[:place])]
            brought[cause] = brought[cause] + step / len(orders)
    return brought


def _by_element(
    runs: Runs,
    job: _Job,
    seen: FloatArray,
    by_set: Mapping[frozenset[str], FloatArray],
    cause: str,
) -> FloatArray:
    """(element of the cause, element of the variable): who of the cause's elements brings it."""
    width = runs.change(cause).shape[1]
    if width == 1:
        return np.ones((1, seen.shape[1]))
    none, every = by_set[frozenset()], by_set[frozenset(job.causes)]
    effect = np.zeros((width, seen.shape[1]))
    for i, (name, element, alone) in enumerate(job.elements):
        if name == cause:
            value = seen[len(job.coalitions) + i]
            effect[element] += 0.5 * (value - none if alone else every - value)
    total = effect.sum(axis=0)
    size = np.abs(effect).sum(axis=0)
    # Elements that undo one another cannot share by their sum; their sizes say enough then.
    firm = np.abs(total) > 0.05 * size
    by_sum = effect / np.where(firm, total, 1.0)
    by_size = np.abs(effect) / np.where(size > 0, size, 1.0)
    return np.where(firm, by_sum, by_size)
