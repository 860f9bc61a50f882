"""A scenario in many futures, block by block: what a set of outcomes, or of targets, comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from haihe.analysis.indicators import derive_indicators
from haihe.analysis.scorecard import find_obstacle, read_members
from haihe.analysis.targets import Target
from haihe.model.catalogue import Catalogue
from haihe.model.clock import saved_times
from haihe.model.find import find_variable
from haihe.model.types import FloatArray, Model
from haihe.results.dataset import Column, build_dataset
from haihe.run.backends import Backend, Progress, PysdBackend
from haihe.run.compiled import CompiledBackend
from haihe.run.simulate import simulate
from haihe.scenario.design import build_batch
from haihe.scenario.futures import Futures, cross_futures, draw_future_block
from haihe.scenario.futures_read import FutureSources, read_future_sources
from haihe.scenario.values import Batch, Scenario

BLOCK = 1000
"""Futures that are run at once [member]: some 50 MB for all the outcomes that targets need."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What an ensemble is run with."""

    model: Model
    catalogue: Catalogue
    batch: Batch
    """The scenario as one member."""
    outcomes: tuple[str, ...]
    backend: Backend
    sources: FutureSources


def prepare_ensemble(
    model: Model, catalogue: Catalogue, scenario: Scenario, outcomes: Sequence[str]
) -> tuple[Setup, xr.Dataset]:
    """Run the scenario as it stands, on the engine that can be trusted, and keep what it takes.

    Raises
    ------
    InputErrors
        Where the model has no futures, or what they are drawn from is wrong.
    """
    sources = read_future_sources(model, catalogue)
    known = tuple(name for name in dict.fromkeys(outcomes) if name in catalogue.outcomes)
    plain = simulate(model, scenario, known)
    compiled = str(plain.attrs["backend"]).startswith("compiled")
    backend: Backend = CompiledBackend() if compiled else PysdBackend()
    batch = build_batch(model, catalogue, [scenario])
    setup = Setup(model, catalogue, batch, known, backend, sources)
    return setup, derive_indicators(plain, catalogue)


def run_indicators(setup: Setup, batch: Batch) -> xr.Dataset:
    """Indicators of every member of a batch, as `derive_indicators` gives them."""
    model = setup.model
    found = [find_variable(model, setup.catalogue.outcomes[o].variable) for o in setup.outcomes]
    variables = {variable.name: variable for variable in found}
    values = setup.backend.run(model, batch, list(variables))
    columns = [Column(v.name, v.dims, v.units or "Dmnl", v.name, "") for v in variables.values()]
    elements = {name: dimension.elements for name, dimension in model.dimensions.items()}
    results = build_dataset(columns, values, batch.members, saved_times(batch.time), elements)
    return derive_indicators(results, setup.catalogue)


def run_futures(
    setup: Setup, count: int, seed: int, progress: Progress | None = None
) -> Iterator[tuple[Futures, xr.Dataset]]:
    """Futures 0 to `count` with the scenario's indicators in each, block by block."""
    for start in range(0, count, BLOCK):
        stop = min(start + BLOCK, count)
        futures = draw_future_block(setup.sources, setup.model, setup.catalogue, start, stop, seed)
        yield futures, run_indicators(setup, cross_futures(setup.batch, futures))
        if progress:
            progress(stop, count)


Read = Callable[[xr.Dataset], FloatArray]


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn and what was read, future by future."""

    factors: tuple[str, ...]
    draws: FloatArray
    """(future, factor)."""
    values: FloatArray
    """(future, ...): whatever `read` made of the indicators."""


def sample_futures(
    setup: Setup, count: int, seed: int, read: Read, progress: Progress | None = None
) -> Sample:
    """Run futures and keep only what `read` takes of the indicators (member, ...)."""
    kept = [
        (futures.factors, futures.values, read(indicators))
        for futures, indicators in run_futures(setup, count, seed, progress)
    ]
    draws, values = (np.concatenate([part[i] for part in kept]) for i in (1, 2))
    return Sample(kept[0][0], draws, values)


def read_targets(targets: Sequence[Target], indicators: xr.Dataset) -> FloatArray:
    """Number of each target in its year (member, target); NaN where it cannot be scored."""
    columns = [read_number(target, indicators) for target in targets]
    return np.stack(columns, axis=1)


def read_number(target: Target, indicators: xr.Dataset) -> FloatArray:
    """Number of one target in its year (member,)."""
    if find_obstacle(target, indicators) is not None:
        return np.full(indicators.sizes["member"], np.nan)
    years, values = read_members(target, indicators)
    return np.asarray(values[:, int(np.argmin(np.abs(years - target.year)))])


def list_outcomes(targets: Sequence[Target]) -> tuple[str, ...]:
    """Outcomes that targets are read from."""
    names = [name for t in targets for name in (t.indicator, t.per) if name]
    return tuple(dict.fromkeys(names))


def end_at(setup: Setup, year: float) -> Setup:
    """The same ensemble, run no longer than to a year."""
    axis = setup.batch.time
    stop = min(axis.stop, max(year, axis.start))
    return replace(setup, batch=replace(setup.batch, time=replace(axis, stop=stop)))
