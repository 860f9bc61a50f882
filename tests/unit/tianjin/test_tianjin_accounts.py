"""Money, waste, steel and lives in the Tianjin model: what must add up, whatever the levers."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr


def worst(total: xr.DataArray, parts: xr.DataArray) -> float:
    return float((abs(total - parts) / np.maximum(abs(total), 1e-6)).max())


def test_payers_bear_what_measures_cost(runs: xr.Dataset) -> None:
    """Transfers cancel: all payers together pay the outlays on works, no more and no less."""
    outlay = runs["outlay"].sum("costed")
    assert worst(runs["total cost"], runs["cost by payer"].sum("payer")) < 1e-9
    assert worst(runs["total cost"], outlay) < 1e-9
    assert worst(runs["total cost"], runs["cost by group"].sum("policy group")) < 1e-9
    assert float(abs(runs["payer share"].sum("payer") - 1).max()) < 1e-9
    assert float(runs["outlay"].min()) >= 0


def test_subsidies_stay_within_the_budget(runs: xr.Dataset) -> None:
    kept = [m for m in runs["member"].values if not m.endswith(("B11 fiscal budget", "cut B11"))]
    held = runs.sel(member=kept)
    assert float((held["subsidies paid"] - held["budget available"]).max()) < 1e-9
    assert worst(held["budget payments"], held["subsidies paid"]) < 1e-9
    assert float(held["budget"].min()) >= 0
    assert float(held["funding paid"].sel(member="most, small budget", time=2035)) < 0.5
    assert float(held["subsidies paid"].sel(member="strong", time=2035)) > 0.5


def test_promises_were_kept_before_the_plan(runs: xr.Dataset) -> None:
    base = runs["funding paid"].sel(member="base", time=slice(None, 2022))
    assert bool((base == 1).all())


def test_carbon_revenue_is_price_times_auctioned(runs: xr.Dataset) -> None:
    revenue = runs["carbon price"] * runs["auctioned allowances"] * runs["carbon conversion"]
    assert worst(runs["carbon revenue"], revenue) < 1e-9
    paid = runs["charge"].sel(charged="carbon auctions")
    assert worst(runs["carbon revenue"], paid) < 1e-9
    assert float(runs["carbon revenue"].sel(member="strong", time=2035)) > 0


def test_costs_are_summed_from_2022_at_present_value(runs: xr.Dataset) -> None:
    base = runs["discounted cost"].sel(member="base")
    assert float(abs(base.sel(time=slice(None, 2022))).max()) == 0
    yearly = runs["cost by payer"].sel(member="base", time=slice(2022, 2059))
    years = yearly["time"] - 2022
    rough = (yearly * np.exp(-0.05 * (years + 0.5))).sum("time")
    assert float(abs(base.sel(time=2060) / rough - 1).max()) < 0.05


def test_waste_goes_by_three_routes(runs: xr.Dataset) -> None:
    parts = runs["waste recycled"] + runs["waste incinerated"] + runs["waste landfilled"]
    assert worst(runs["waste generated"], parts) < 1e-9
    for name in ("waste recycled", "waste incinerated", "waste landfilled"):
        assert float(runs[name].min()) >= -1e-12, name
    assert worst(runs["straw available"], runs["straw used"] + runs["straw left"]) < 1e-9


def test_steel_is_of_ore_or_of_scrap_that_there_is(runs: xr.Dataset) -> None:
    parts = runs["blast furnace steel"] + runs["electric furnace steel"]
    assert worst(runs["crude steel"], parts) < 1e-9
    kept = [m for m in runs["member"].values if not m.endswith(("B8 scrap limit", "cut B8"))]
    held = runs.sel(member=kept)
    assert float((held["scrap used"] - held["scrap available"]).max()) < 1e-9


def test_ship_inventories_stand_side_by_side(runs: xr.Dataset) -> None:
    """The range does not move with the inventory that is chosen; the model's own count does."""
    found = runs["ship NOx by inventory"].sel(member="base")
    assert float(found.sel(inventory="tracking count", time=2014)) == pytest.approx(41.3, rel=0.02)
    assert float(found.sel(inventory="nonroad count", time=2015)) == pytest.approx(21.4, rel=0.02)
    own = found.sel(inventory="model count") * runs["ship inventory scale"].sel(member="base")
    assert worst(runs["ship NOx"].sel(member="base"), own) < 1e-9


def test_cleaner_air_saves_lives_within_an_interval(runs: xr.Dataset) -> None:
    deaths = runs["deaths from PM25"]
    low, central, high = (deaths.sel(bound=b) for b in ("low", "central", "high"))
    assert bool((low < central).all())
    assert bool((central < high).all())
    share = central.sel(member="base", time=2015) / (14.39 * 0.775 * 7000)
    assert 0.15 < float(share) < 0.5
    at = runs.sel(time=2035)
    base, strong = at.sel(member="base"), at.sel(member="strong")
    assert bool((strong["deaths from PM25"] < base["deaths from PM25"]).all())
    assert bool((strong["avoided deaths"] > base["avoided deaths"]).all())
