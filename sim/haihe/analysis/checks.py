"""Run the reality checks of a model on the compiled engine and say what failed, where and when."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haihe.analysis.check_members import (
    Members,
    Range,
    Setup,
    build_members,
    collect_ranges,
    set_inputs,
)
from haihe.analysis.checks_schema import Check, CheckEntry, CheckList, Claim
from haihe.analysis.courses import Course, Gap, Runs, Scope, align, compare, join
from haihe.analysis.expressions import ExpressionError, names_in
from haihe.errors import InputError, InputErrors
from haihe.model.catalogue import Catalogue
from haihe.model.types import FloatArray, Kind, Model
from haihe.text import Text, Words

LARGEST_CHUNK = 20_000_000
"""Numbers that one evaluation may keep."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Worst:
    """Where a check comes closest to failing, or fails most."""

    claim: str
    """The statement, with the variable in the place of `it`."""
    member: str
    year: float
    """NaN where the statement is about the run as a whole."""
    element: tuple[str, ...]
    left: float
    right: float
    sign: str
    """How the sides should stand to each other."""
    excess: float
    """Gap beyond the tolerance; NaN where a side is not finite."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a check."""

    entry: CheckEntry
    passed: bool | None
    """None where nothing was run."""
    worst: Worst | None
    failures: int
    """Members that fail."""
    broken: int
    """Members among them for whom a side is no finite number."""
    members: int
    points: int
    """Comparisons that were made."""
    problem: Words = ""
    """Why it could not be run, where it could not."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A model ready for checks."""

    model: Model
    scope: Scope
    ranges: tuple[Range, ...]
    outputs: tuple[str, ...]
    varying: tuple[str, ...]
    tables: tuple[str, ...]
    """Lookups that some check replaces; every run brings their points, so that one program does."""
    threads: int


def run_checks(
    model: Model,
    catalogue: Catalogue,
    checks: CheckList,
    only: Sequence[str] = (),
    most_draws: int | None = None,
    progress: Progress | None = None,
) -> tuple[Verdict, ...]:
    """Run checks, each in the order of the file.

    Parameters
    ----------
    only
        Ids of checks; none: all.
    most_draws
        Most draws of a hypercube; None: as many as the check asks for.
    """
    chosen = [check for check in checks.checks if not only or check.entry.id in only]
    ranges = collect_ranges(model, catalogue, checks.draws)
    engine = _build_engine(model, ranges, chosen)
    drawn: dict[str, Members] = {}
    found: dict[str, Verdict] = {}
    for group in _group(chosen):
        if progress:
            progress(len(found), len(chosen))
        wanted = group[0].entry.members
        if (key := repr(wanted)) not in drawn:
            drawn[key] = build_members(ranges, wanted, checks.draws.seed, most_draws)
        found |= {v.entry.id: v for v in run_group(engine, group, drawn[key])}
    if progress:
        progress(len(chosen), len(chosen))
    return tuple(found[check.entry.id] for check in chosen)


def _group(checks: Sequence[Check]) -> list[list[Check]]:
    """Checks that need the same runs."""
    groups: dict[str, list[Check]] = {}
    for check in checks:
        entry = check.entry
        key = repr((entry.members, entry.inputs, entry.against, entry.every_step))
        groups.setdefault(key if entry.status == "active" else entry.id, []).append(check)
    return list(groups.values())


def _build_engine(model: Model, ranges: tuple[Range, ...], checks: Sequence[Check]) -> Engine:
    """Gather what all checks need, so that one program serves them."""
    scope = Scope(model)
    active = [check for check in checks if check.entry.status == "active"]
    outputs = {v for check in active for claim in check.claims for v in _needs(claim, scope)}
    varying, tables = {one.name for one in ranges}, set[str]()
    for check in active:
        for inputs in (check.entry.inputs, check.entry.against or {}):
            setup = set_inputs(model, ranges, Members((), {}), inputs)
            varying |= set(setup.constants)
            tables |= {name for name in setup.series if model.variables[name].kind is Kind.LOOKUP}
    return Engine(
        model,
        scope,
        ranges,
        tuple(sorted(outputs)),
        tuple(sorted(varying)),
        tuple(sorted(tables)),
        os.cpu_count() or 1,
    )


def _needs(claim: Claim, scope: Scope) -> Iterator[str]:
    for name in names_in(claim.statement):
        yield scope.find(name, claim.it).name


def run_group(engine: Engine, group: Sequence[Check], members: Members) -> list[Verdict]:
    """Run checks that need the same runs on their members."""
    entry = group[0].entry
    if entry.status != "active":
        return [Verdict(check.entry, None, None, 0, 0, 0, 0) for check in group]
    tallies = [_Tally(check.entry, members, engine.scope) for check in group]
    size = _chunk_size(engine, entry)
    try:
        for first in range(0, len(members.labels), size):
            runs = _run(engine, entry, _part(members, slice(first, first + size)))
            for check, tally in zip(group, tallies, strict=True):
                tally.read(check, runs, first)
    except (InputError, InputErrors) as error:
        for tally in tallies:
            tally.problem = error.words
    return [tally.verdict() for tally in tallies]


def _chunk_size(engine: Engine, entry: CheckEntry) -> int:
    """Members whose values fit into memory together."""
    model, time = engine.model, engine.model.time
    step = time.step if entry.every_step else time.save_step
    cells = sum(
        math.prod(len(model.dimensions[dim].elements) for dim in model.variables[name].dims)
        for name in engine.outputs
    )
    return max(8, int(LARGEST_CHUNK / (((time.stop - time.start) / step + 1) * max(cells, 1))))


def _part(members: Members, part: slice) -> Members:
    return Members(
        members.labels[part], {name: values[part] for name, values in members.constants.items()}
    )


def _run(engine: Engine, entry: CheckEntry, members: Members) -> Runs:
    """Values of the members, and of the same members under the other inputs."""
    setup = set_inputs(engine.model, engine.ranges, members, entry.inputs)
    if entry.every_step:
        setup = replace(setup, time=replace(setup.time, save_step=setup.time.step))
    values, years = _evaluate(engine, setup, len(members.labels))
    against = None
    if entry.against is not None:
        other = set_inputs(engine.model, engine.ranges, members, entry.against)
        if entry.every_step:
            other = replace(other, time=replace(other.time, save_step=setup.time.save_step))
        against, _ = _evaluate(engine, other, len(members.labels))
    return Runs(values, against, years, setup.time.save_step)


def _evaluate(
    engine: Engine, setup: Setup, count: int
) -> tuple[Mapping[str, FloatArray], FloatArray]:
    """Values of every output (member, time, *dims), and the saved times."""
    from haihe.compile import compile_model, evaluate
    from haihe.compile.prepare import saved_times

    series = {name: _own_points(engine.model, name, count) for name in engine.tables}
    series |= setup.series
    key = (engine.model.digest, engine.outputs, engine.varying, tuple(sorted(series)))
    if key not in _PROGRAMS:
        _PROGRAMS[key] = compile_model(engine.model, engine.outputs, engine.varying, sorted(series))
    constants = {name: setup.constants[name] for name in engine.varying if name in setup.constants}
    values = evaluate(
        _PROGRAMS[key], count, constants, series, None, setup.time, threads=engine.threads
    )
    return values, saved_times(setup.time)


def _own_points(model: Model, name: str, count: int) -> tuple[FloatArray, FloatArray]:
    """Points of a table as the model has them."""
    points = model.variables[name].points
    assert points is not None
    return np.array(points.x), np.tile(np.array(points.y), (count, 1))


_PROGRAMS: dict[Any, Any] = {}


def _judge(claim: Claim, entry: CheckEntry, runs: Runs, scope: Scope) -> list[Gap]:
    """Gaps of every comparison that is claimed."""
    tolerance = (entry.allowed.absolute, entry.allowed.relative)
    premises = [compare(p, runs, scope, claim.it, tolerance) for p in claim.statement.premises]
    gaps = [compare(c, runs, scope, claim.it, tolerance) for c in claim.statement.claims]
    return [_under(gap, premises) for gap in gaps]


def _under(gap: Gap, premises: Sequence[Gap]) -> Gap:
    """A gap that counts only where its premises hold; -inf marks where nothing is claimed."""
    for premise in premises:
        dims = join(gap.dims, premise.dims)
        # A premise that is no number holds: it must not hide a failure.
        holds = ~(align(Course(premise.dims, premise.excess), dims) > 0.0)
        sides = (align(Course(gap.dims, x), dims) for x in (gap.left, gap.right, gap.excess))
        left, right, excess, holds = np.broadcast_arrays(*sides, holds)
        missing = max(gap.missing, premise.missing)
        gap = Gap(dims, left, right, np.where(holds, excess, -np.inf), missing, gap.sign)
    return gap


class _Tally:
    """What is known of a check so far, chunk by chunk."""

    def __init__(self, entry: CheckEntry, members: Members, scope: Scope):
        self.entry, self.labels, self.scope = entry, members.labels, scope
        self.failing: set[int] = set()
        self.broken: set[int] = set()
        self.points = 0
        self.worst: Worst | None = None
        self.height = (0, -np.inf)
        self.problem: Words = ""

    def read(self, check: Check, runs: Runs, first: int) -> None:
        """Take in a chunk; `first` is the number of its first member."""
        try:
            for claim in check.claims:
                for gap in _judge(claim, self.entry, runs, self.scope):
                    self._add(claim, gap, runs.years, first)
        except (InputError, ExpressionError) as error:
            self.problem = error.words

    def _add(self, claim: Claim, gap: Gap, years: FloatArray, first: int) -> None:
        kept = _in_scope(self.entry, years, gap.missing)
        if gap.excess.shape[1] == 1 and len(years) > 1:
            kept = np.array([0])  # a statement about the run as a whole
        excess = gap.excess[:, kept]
        rows = excess.reshape(excess.shape[0], -1)
        self.points += int((rows != -np.inf).sum())
        self.broken |= {first + int(row) for row in np.flatnonzero(~_claimed(rows))}
        self.failing |= {first + int(row) for row in np.flatnonzero((rows > 0.0).any(axis=1))}
        # A number that fails says most, then one that is missing, then one that passes.
        rank = np.where(np.isnan(excess), 1, np.where(excess > 0.0, 2, 0))
        best = int(rank.max(initial=0))
        height = np.where(rank == best, np.where(best == 1, 0.0, excess), -np.inf)
        if not (best, float(height.max(initial=-np.inf))) > self.height:
            return
        self.height = (best, float(height.max()))
        spot = np.unravel_index(int(height.argmax()), height.shape)
        place = (int(spot[0]), int(kept[spot[1]]), *(int(i) for i in spot[2:]))
        self.worst = self._describe(claim, gap, place, years, first)

    def _describe(
        self, claim: Claim, gap: Gap, place: tuple[int, ...], years: FloatArray, first: int
    ) -> Worst:
        left, right = float(gap.left[place]), float(gap.right[place])
        whole = gap.left.shape[1] == 1 and len(years) > 1
        return Worst(
            claim=re.sub(r"\bit\b", claim.it, claim.text) if claim.it else claim.text,
            member=self.labels[first + place[0]],
            year=float("nan") if whole else float(years[place[1]]),
            element=self.scope.elements(gap.dims, place[2:]),
            left=left,
            right=right,
            sign=gap.sign,
            excess=float(gap.excess[place]),
        )

    def verdict(self) -> Verdict:
        """The end of it."""
        if not self.points and not self.problem:
            self.problem = Text(
                "前提从未成立，没有检验任何内容", "its premise never held, so nothing was tested"
            )
        failures = self.failing | self.broken
        return Verdict(
            self.entry,
            not failures and not self.problem,
            self.worst,
            len(failures),
            len(self.broken),
            len(self.labels),
            self.points,
            self.problem,
        )


def _claimed(rows: FloatArray) -> NDArray[np.bool_]:
    """Members all of whose numbers are numbers (member,)."""
    return np.asarray(~np.isnan(rows).any(axis=1))


def _in_scope(entry: CheckEntry, years: FloatArray, missing: int) -> NDArray[np.intp]:
    """Positions of the saved times at which a check must hold.

    Raises
    ------
    InputError
        Where the run saves none of them.
    """
    inside: NDArray[np.bool_] = np.ones(len(years), dtype=bool)
    for number, year in enumerate(entry.at):
        near = np.abs(years - year) < 1e-9
        inside = near if number == 0 else inside | near
    if entry.since is not None:
        inside = inside & (years >= entry.since - 1e-9)
    if entry.until is not None:
        inside = inside & (years <= entry.until + 1e-9)
    inside = inside & (np.arange(len(years)) >= missing)
    if not inside.any():
        raise InputError(
            Text(
                f"检验 {entry.id}：运行没有保存其中任何一年",
                f"check {entry.id}: the run saves none of its years",
            )
        )
    return np.flatnonzero(inside)
