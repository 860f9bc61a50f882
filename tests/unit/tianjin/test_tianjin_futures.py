"""The Tianjin futures: wide where we do not know, true to the past that we know."""

from __future__ import annotations

import numpy as np

from haihe.analysis.calibration_load import FILE_NAME, load_calibration
from haihe.model.catalogue import Catalogue
from haihe.model.types import Model
from haihe.run.simulate import simulate
from haihe.scenario.distributions import Distribution
from haihe.scenario.factors import find_place
from haihe.scenario.futures import cross_futures, draw_futures
from haihe.scenario.futures_read import read_future_sources
from haihe.scenario.values import Batch, Role

HELD = ("CO2", "energy", "coal", "PM2.5", "good days", "O3", "sea-rail TEU", "GDP")


def test_no_range_moves_the_fitted_past_by_more_than_its_error(
    model: Model, catalogue: Catalogue
) -> None:
    """Otherwise a future would no longer be a course of the city whose past was observed."""
    factors = [f for f in read_future_sources(model, catalogue).factors if f.role is Role.PARAMETER]
    assert len(factors) >= 15
    constants = {}
    for name in {f.name for f in factors}:
        own = np.asarray(model.variables[name].default, dtype=float)
        constants[name] = np.repeat(own[np.newaxis], 2 * len(factors), axis=0)
    for i, factor in enumerate(factors):
        constants[factor.name][(slice(2 * i, 2 * i + 2), *find_place(factor, model))] = np.array(
            factor.distribution.support
        )
    members = tuple(f"{f.label} {end}" for f in factors for end in ("low", "high"))
    runs = simulate(model, Batch(members, constants, {}, {}, model.time), list(HELD))
    calibration = load_calibration(model.path.parent / FILE_NAME, model, catalogue)
    errors = {series.name: series.error for series in calibration.series}
    for outcome in HELD:
        past = runs[catalogue.outcomes[outcome].variable].sel(time=slice(2018, 2021)).values
        low, high = past[0::2], past[1::2]
        moved = np.abs(np.log(high / low)).max(axis=1)
        worst = int(np.argmax(moved))
        assert moved[worst] <= errors[outcome], (outcome, factors[worst].label, moved[worst])


def test_futures_run_and_leave_the_past_of_drivers_alone(
    model: Model, catalogue: Catalogue
) -> None:
    futures = draw_futures(model, catalogue, 60, seed=3)
    batch = Batch(("frozen",), {}, {}, {}, model.time)
    runs = simulate(model, cross_futures(batch, futures), ["CO2", "PM2.5", "demand growth"])
    assert bool(np.isfinite(runs["territorial CO2 emissions"]).all())
    growth = runs["demand growth"]
    assert float(growth.sel(time=slice(None, 2022)).std("member").max()) < 1e-15
    spread = runs["territorial CO2 emissions"].std("member")
    assert float(spread.sel(time=2050)) > float(spread.sel(time=2020))


def test_ranges_stand_around_the_models_own_value(model: Model, catalogue: Catalogue) -> None:
    for factor in read_future_sources(model, catalogue).factors:
        own = _find_own(
            factor.change, np.asarray(model.variables[factor.name].default), factor, model
        )
        low, high = factor.distribution.support
        assert low <= own <= high, factor.label
        assert factor.grade in {"A", "B", "C"}
        assert isinstance(factor.distribution, Distribution)


def _find_own(change: str, default: np.ndarray, factor, model: Model) -> float:
    if change:
        return 1.0 if change == "scale" else 0.0
    return float(default[find_place(factor, model)])
