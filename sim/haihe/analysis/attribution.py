"""Which measures made the difference between two scenarios: every mixture is run, none is guessed.

Switching one measure off at a time credits none of two measures that stand in for each other, and
both of two that need each other. The Shapley value shares the whole difference instead; it is the
only sharing that is complete, symmetric, additive, and gives nothing to what does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from haihe.analysis.attribution_groups import Group
from haihe.analysis.coalitions import Mixture, mix_batch, name_of, prepare_mixture
from haihe.analysis.shapley import (
    MOST_EXACT,
    Masks,
    Unions,
    interaction_values,
    list_coalitions,
    marginal_range,
    owen_values,
    sample_values,
    shapley_values,
    switch_one_off,
    switch_one_on,
)
from haihe.errors import HaiheError, InputError
from haihe.model.catalogue import Catalogue, Outcome, find_outcome
from haihe.model.clock import saved_times
from haihe.model.find import find_variable, fold_name, near_names
from haihe.model.types import FloatArray, Model
from haihe.results.attribution import Attribution, Credit, pair_up
from haihe.run.backends import Backend, Progress, PysdBackend
from haihe.run.compiled import CompiledBackend
from haihe.run.simulate import simulate
from haihe.scenario.values import Scenario
from haihe.text import Text, list_choices
from haihe.units import convert

BLOCK = 1024
"""Members that are run at once, so that memory stays small [member]."""
PAIRS = 200
"""Pairs of orders that are drawn where there are too many groups for all coalitions."""
CLOSE = 1e-9
"""How near the mixtures' ends must come to plain runs, relative to the largest value."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One series that is attributed: an outcome, or one element of it."""

    outcome: Outcome
    variable: str
    element: tuple[str, ...]
    place: int
    """Position of the element among those of the variable, flattened."""
    units: str
    title: Text

    @property
    def name(self) -> str:
        """`CO2 by sector[steel]`."""
        return f"{self.outcome.id}[{','.join(self.element)}]" if self.element else self.outcome.id


def find_cells(model: Model, catalogue: Catalogue, names: Sequence[str]) -> tuple[Cell, ...]:
    """Series that names ask for: `CO2`, `CO2 by sector` (each element), `CO2 by sector[steel]`.

    Raises
    ------
    InputError
        Where there is no such outcome or element.
    """
    found: dict[str, Cell] = {}
    for name in names:
        head, bracket, rest = name.partition("[")
        outcome = find_outcome(catalogue, head.strip())
        wanted = rest.rstrip("] ") if bracket else ""
        found |= {cell.name: cell for cell in _cells_of(model, catalogue, outcome, wanted)}
    return tuple(found.values())


def _cells_of(model: Model, catalogue: Catalogue, outcome: Outcome, wanted: str) -> list[Cell]:
    variable = find_variable(model, outcome.variable)
    shape = [model.dimensions[dim].elements for dim in variable.dims]
    indices = list(np.ndindex(*(len(elements) for elements in shape)))
    cells = []
    for place, index in enumerate(indices):
        element = tuple(names[i] for names, i in zip(shape, index))
        title = _title(catalogue, outcome, variable.dims, element)
        cells.append(Cell(outcome, variable.name, element, place, variable.units or "Dmnl", title))
    chosen = [c for c in cells if not wanted or fold_name(",".join(c.element)) == fold_name(wanted)]
    if not chosen:
        names = [",".join(cell.element) for cell in cells if cell.element]
        near = near_names(wanted, names)
        expected = (
            list_choices(names)
            if names
            else Text("不写元素：它只有一个数", "no element: it is one number")
        )
        raise InputError(
            Text(f"{outcome.id} 没有元素 {wanted}", f"{outcome.id} has no element {wanted}"),
            None,
            expected,
            near,
        )
    return chosen


def _title(
    catalogue: Catalogue, outcome: Outcome, dims: Sequence[str], element: Sequence[str]
) -> Text:
    words = {fold_name(name): entry for name, entry in catalogue.dimensions.items()}
    titles = []
    for dim, name in zip(dims, element):
        entry = words.get(fold_name(dim))
        known = {fold_name(e): t for e, t in entry.elements.items()} if entry else {}
        titles.append(known.get(fold_name(name), Text(name, name)))
    if not titles:
        return outcome.title
    zh, en = "、".join(t.zh for t in titles), ", ".join(t.en for t in titles)
    return Text(f"{outcome.title.zh}：{zh}", f"{outcome.title.en}: {en}")


def attribute(
    model: Model,
    catalogue: Catalogue,
    scenario: Scenario,
    baseline: Scenario,
    cells: Sequence[Cell],
    groups: Sequence[Group],
    by: str,
    *,
    pairs: int = PAIRS,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Attribution, ...]:
    """Share the difference between two scenarios among groups of what they set.

    Parameters
    ----------
    cells
        What is attributed, all from the same runs.
    groups
        All differences; exact up to `MOST_EXACT` groups, else from `pairs` pairs of random orders.
    seed
        What the orders are drawn by.

    Raises
    ------
    InputError
        Where nothing differs, or a mixture gives no number.
    """
    if not groups:
        raise InputError(
            Text(
                f"{scenario.id} 与 {baseline.id} 的设定相同，没有差别",
                f"{scenario.id} and {baseline.id} set the same: nothing differs",
            )
        )
    names = tuple(dict.fromkeys(cell.variable for cell in cells))
    plain = simulate(model, [scenario, _other(baseline, scenario)], names)
    compiled = str(plain.attrs["backend"]).startswith("compiled")
    backend: Backend = CompiledBackend() if compiled else PysdBackend()
    mixture = prepare_mixture(
        model, catalogue, scenario, baseline, [group.keys for group in groups], backend
    )
    game = Game(mixture, backend, tuple(cells), progress)
    shares = _share(game, groups, pairs, seed)
    _check_ends(shares, cells, plain)
    times = saved_times(mixture.both.time)
    return tuple(
        _describe(mixture, groups, by, cell, slice(i * len(times), (i + 1) * len(times)), shares)
        for i, cell in enumerate(cells)
    )


def _other(baseline: Scenario, scenario: Scenario) -> Scenario:
    """The baseline under a name of its own."""
    from dataclasses import replace

    return replace(baseline, id=f"{baseline.id} ") if baseline.id == scenario.id else baseline


@dataclass(frozen=True, slots=True)
class Game:
    """Worth of coalitions, by running them."""

    mixture: Mixture
    backend: Backend
    cells: tuple[Cell, ...]
    progress: Progress | None

    def worth(self, masks: Masks) -> FloatArray:
        """Outcomes of coalitions (coalition, cell * year), in the units of people."""
        names = tuple(dict.fromkeys(cell.variable for cell in self.cells))
        length = len(saved_times(self.mixture.both.time))
        values = np.empty((len(masks), len(self.cells) * length))
        for start in range(0, len(masks), BLOCK):
            batch = mix_batch(self.mixture, masks[start : start + BLOCK])
            found = self.backend.run(self.mixture.model, batch, names)
            for number, cell in enumerate(self.cells):
                series = found[cell.variable].reshape(len(batch.members), length, -1)
                values[start : start + BLOCK, number * length : (number + 1) * length] = convert(
                    series[:, :, cell.place], cell.units, cell.outcome.shown
                )
            if self.progress:
                self.progress(start + len(batch.members), len(masks))
        return values


@dataclass(frozen=True, slots=True)
class Shares:
    """Values of the game for every group and column."""

    shapley: FloatArray
    owen: FloatArray | None
    off: FloatArray
    on: FloatArray
    low: FloatArray
    high: FloatArray
    error: FloatArray | None
    pairs: FloatArray | None
    ends: FloatArray
    """Worth of nobody and of all (2, column)."""
    coalitions: int


def _share(game: Game, groups: Sequence[Group], pairs: int, seed: int) -> Shares:
    count, unions = len(groups), find_unions(groups)
    if count > MOST_EXACT:
        return _share_sampled(game, count, unions, pairs, seed)
    values = game.worth(list_coalitions(count))
    low, high = marginal_range(values)
    return Shares(
        shapley_values(values),
        owen_values(values, unions) if unions else None,
        switch_one_off(values),
        switch_one_on(values),
        low,
        high,
        None,
        interaction_values(values) if count > 1 else None,
        values[[0, -1]],
        len(values),
    )


def _share_sampled(game: Game, count: int, unions: Unions | None, pairs: int, seed: int) -> Shares:
    drawn = sample_values(game.worth, count, pairs, seed)
    kept = sample_values(game.worth, count, pairs, seed + 1, unions) if unions else None
    return Shares(
        drawn.values,
        kept.values if kept else None,
        drawn.off,
        drawn.on,
        drawn.low,
        drawn.high,
        drawn.errors,
        None,
        drawn.worth,
        drawn.coalitions + (kept.coalitions if kept else 0),
    )


def find_unions(groups: Sequence[Group]) -> list[list[int]] | None:
    """Places of the groups by union; None where no two groups share one."""
    found: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        found.setdefault(group.union or f"\0{place}", []).append(place)
    unions = list(found.values())
    return unions if any(len(union) > 1 for union in unions) and len(unions) > 1 else None


def _check_ends(shares: Shares, cells: Sequence[Cell], plain: object) -> None:
    """Hold the first and the last mixture against plain runs of the two scenarios.

    Raises
    ------
    InputError
        Where a mixture gave no number.
    HaiheError
        Where they differ: the mixtures would not be mixtures of these scenarios.
    """
    import xarray as xr

    assert isinstance(plain, xr.Dataset)
    for number, cell in enumerate(cells):
        stored = plain[cell.variable].to_numpy()
        length = stored.shape[1]
        flat = stored.reshape(2, length, -1)[:, :, cell.place]
        wanted = convert(flat, cell.units, cell.outcome.shown)[::-1]
        columns = slice(number * length, (number + 1) * length)
        if not np.isfinite(shares.shapley[:, columns]).all():
            raise InputError(
                Text(
                    f"{cell.name} 在两个情景的某种混合下没有数值",
                    f"{cell.name} has no number in some mixture of the two scenarios",
                )
            )
        scale = float(np.abs(wanted).max()) or 1.0
        if float(np.abs(shares.ends[:, columns] - wanted).max()) > CLOSE * scale:
            raise HaiheError(
                Text(
                    f"各种混合的起止与两个情景不符：{cell.name}",
                    f"the mixtures do not begin and end with the scenarios: {cell.name}",
                )
            )


def _describe(
    mixture: Mixture,
    groups: Sequence[Group],
    by: str,
    cell: Cell,
    columns: slice,
    shares: Shares,
) -> Attribution:
    outcome, scenario, baseline = cell.outcome, mixture.scenario, mixture.baseline
    return Attribution(
        cell.name,
        cell.title,
        outcome.shown,
        outcome.digits,
        scenario.id,
        baseline.id,
        scenario.title,
        baseline.title,
        by,
        saved_times(mixture.both.time),
        shares.ends[1, columns],
        shares.ends[0, columns],
        tuple(_credit(group, i, columns, shares) for i, group in enumerate(groups)),
        pair_up([group.name for group in groups], shares.pairs[:, :, columns])
        if shares.pairs is not None
        else (),
        shares.coalitions,
        shares.error is None,
    )


def _credit(group: Group, i: int, columns: slice, shares: Shares) -> Credit:
    return Credit(
        group.name,
        group.title,
        group.union,
        tuple(name_of(key) for key in group.keys),
        shares.shapley[i, columns],
        None if shares.owen is None else shares.owen[i, columns],
        shares.off[i, columns],
        shares.on[i, columns],
        shares.low[i, columns],
        shares.high[i, columns],
        None if shares.error is None else shares.error[i, columns],
    )
