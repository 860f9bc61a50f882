"""What holds in the Tianjin model whatever its levers are."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from haihe.model.catalogue import Catalogue


@pytest.mark.parametrize(
    ("name", "over"),
    [
        ("realised share", "mode"),
        ("indicated mode share", "mode"),
        ("mode share", "mode"),
        ("value added share", "sector"),
        ("investment share", "sector"),
        ("demand share", "sector"),
        ("fuel share of user", "fuel"),
        ("marginal fuel share", "fuel"),
    ],
)
def test_shares_sum_to_one(runs: xr.Dataset, name: str, over: str) -> None:
    share = runs[name]
    assert float(share.min()) >= 0
    assert float(abs(share.sum(over) - 1).max()) < 1e-9


def test_electricity_balances(runs: xr.Dataset) -> None:
    """Supply less what leaves the city equals demand with network losses."""
    gap = abs(runs["electricity supply"] - runs["gross electricity demand"])
    assert float((gap / runs["gross electricity demand"]).max()) < 1e-9
    assert float(runs["generation"].min()) >= 0


def test_totals_are_sums_of_their_parts(runs: xr.Dataset) -> None:
    def worst(total: xr.DataArray, parts: xr.DataArray) -> float:
        return float((abs(total - parts) / abs(total)).max())

    assert worst(runs["territorial CO2 emissions"], runs["CO2 by source"].sum("source")) < 1e-9
    assert worst(runs["total emissions"], runs["emissions"].sum("source")) < 1e-9
    primary = runs["primary energy by source"].sum("primary")
    assert worst(runs["primary energy consumption"], primary) < 1e-9
    assert worst(runs["user energy"], runs["final energy"].sum("fuel")) < 1e-9


def test_nothing_is_missing_or_infinite(runs: xr.Dataset) -> None:
    bad = [name for name, values in runs.data_vars.items() if not np.isfinite(values).all()]
    assert bad == []


@pytest.mark.parametrize(
    "name",
    [
        *("control penetration", "gas heat share", "electric furnace share", "compliance"),
        *("recycled share of waste", "ship readiness", "use share", "curtailment"),
        *("rail share of freight", "good day share 2012", "good day share in force"),
    ],
)
def test_shares_stay_between_zero_and_one(runs: xr.Dataset, name: str) -> None:
    assert float(runs[name].min()) >= 0
    assert float(runs[name].max()) <= 1 + 1e-12


def test_stocks_stay_inside_their_bounds(runs: xr.Dataset) -> None:
    for name in ("truck stock", "capital", "vre capacity", "rail capacity", "final energy"):
        assert float(runs[name].min()) >= 0, name
    kept = [m for m in runs["member"].values if not m.endswith("B9 site saturation")]
    held = runs.sel(member=kept)
    assert bool((held["vre capacity"] <= held["vre potential"] + 1e-9).all())
    carried = runs["freight by mode"].sel(mode="rail")
    assert bool((carried <= runs["rail capacity"] * runs["overload"] + 1e-9).all())


def test_no_freight_no_emissions_of_freight(runs: xr.Dataset) -> None:
    none = runs.sel(member="no freight")
    for name in (
        *("freight exhaust NOx", "truck oil", "truck emissions", "ship emissions", "ship oil"),
        *("berth NOx emissions", "berth CO2 including grid", "shore electricity"),
    ):
        assert float(abs(none[name]).max()) < 1e-12, name
    assert float(none["territorial CO2 emissions"].min()) > 1


def test_full_shore_power_stops_the_engines_and_draws_on_the_grid(runs: xr.Dataset) -> None:
    """From 2035 the duty to connect is in force in full."""
    late = runs.sel(time=slice(2035, None))
    none, full = late.sel(member="no shore power"), late.sel(member="full shore power")
    assert float(abs(full["ship berth combustion"]).max()) < 1e-9
    assert float(abs(full["ship shore energy"] - full["energy at berth"]).max()) < 1e-9
    assert float(full["moving energy"].min()) > 0
    assert bool((full["gross electricity demand"] > none["gross electricity demand"]).all())
    assert float(abs(none["shore power from grid"]).max()) < 1e-12
    assert bool((full["berth NOx emissions"] < none["berth NOx emissions"]).all())


def test_with_the_grid_of_2021_shore_power_does_not_lower_co2(runs: xr.Dataset) -> None:
    base = runs.sel(member="base", time=2021)
    per_kwh = float(base["grid emission factor"] / base["shore efficiency"]) * 1000
    assert per_kwh >= float(base["aux CO2"])
    none, full = (runs.sel(member=m) for m in ("no shore power", "full shore power"))
    more = full["berth CO2 including grid"] - none["berth CO2 including grid"]
    assert float(more.sel(time=2021)) > 0
    assert float(more.sel(time=2060)) < 0


def test_oil_and_chemical_berths_are_exempt(runs: xr.Dataset) -> None:
    assert float(runs["berths with shore power"].sel(berth="oil chemical berth").max()) == 0


def test_levers_are_inert_up_to_2022(runs: xr.Dataset, catalogue: Catalogue) -> None:
    """To the last bit, with every lever at its limit."""
    early = runs.sel(time=slice(None, 2022))
    for outcome in catalogue.outcomes.values():
        for extreme in ("least", "most"):
            same = early[outcome.variable].sel(member=extreme).values
            assert np.array_equal(same, early[outcome.variable].sel(member="base").values)


@pytest.mark.parametrize("other", ["defaults said", "no schedule"])
def test_without_policy_every_outcome_is_the_baseline(
    runs: xr.Dataset, catalogue: Catalogue, other: str
) -> None:
    """To the last bit: defaults said aloud, and limits that are never put into practice."""
    for outcome in catalogue.outcomes.values():
        values = runs[outcome.variable]
        assert np.array_equal(values.sel(member=other).values, values.sel(member="base").values)


def test_levers_do_something(runs: xr.Dataset) -> None:
    """The tests above cannot pass because nothing ever changes."""
    at = runs.sel(time=2035)
    base, strong = at.sel(member="base"), at.sel(member="strong")
    for name in ("territorial CO2 emissions", "PM25 concentration", "coal consumption"):
        assert float(strong[name]) < 0.95 * float(base[name]), name
    assert float(strong["rail share of freight"]) > float(base["rail share of freight"]) + 0.02


def test_the_stricter_standard_counts_fewer_good_days(runs: xr.Dataset) -> None:
    old, new = runs["good day share 2012"], runs["good day share in force"]
    before, after = slice(None, 2026), slice(2027, None)
    assert bool((old.sel(time=before) == new.sel(time=before)).all())
    assert bool((new.sel(time=after) < old.sel(time=after)).all())
