"""Each feedback loop acts in the direction that the model's documentation says."""

from __future__ import annotations

import pytest
import xarray as xr

from haihe.model.types import Model

EFFECTS = [
    # loop, outcome, year, does cutting the loop raise it?
    ("switch B1 congestion", "rail share of freight", 2035, True),
    ("switch B2 rail investment", "rail capacity", 2035, False),
    ("switch B2 rail investment", "rail share of freight", 2050, False),
    ("switch B3 curtailment", "renewable capacity", 2050, True),
    ("switch B4 storage", "curtailment", 2050, True),
    ("switch B5 carbon market", "territorial CO2 emissions", 2035, True),
    ("switch B6 rebound", "primary energy consumption", 2035, False),
    ("switch B7 policy pressure", "PM25 concentration", 2018, True),
    ("switch B9 site saturation", "renewable capacity", 2050, True),
    ("switch B10 electricity price", "electricity consumption", 2050, True),
    ("switch B10 electricity price", "shore electricity", 2050, True),
    ("switch B12 firm saturation", "high tech firms", 2035, True),
    ("switch R1 learning", "renewable capacity", 2035, False),
    ("switch R2 berth and ship", "shore electricity", 2035, False),
    ("switch R3 charging", "new energy share of car sales", 2028, False),
    ("switch R4 rail scale", "rail share of freight", 2035, False),
    ("switch R5 innovation", "emerging share of industry", 2035, False),
    ("switch R6 green finance", "renewable capacity", 2035, False),
    ("switch R7 growth and investment", "GDP", 2035, False),
]


@pytest.mark.parametrize(("switch", "outcome", "year", "rises"), EFFECTS)
def test_a_cut_loop_acts_as_documented(
    runs: xr.Dataset, switch: str, outcome: str, year: int, rises: bool
) -> None:
    values = runs[outcome].sel(time=year)
    for whole, cut in (("base", f"cut {switch}"), ("strong", f"strong, cut {switch}")):
        change = float(values.sel(member=cut) / values.sel(member=whole)) - 1
        assert (change > 1e-5) if rises else (change < -1e-5), (whole, change)


def test_dual_control_saves_energy_where_it_is_enforced(runs: xr.Dataset) -> None:
    """B13 sleeps unless the lever is set."""
    values = runs["primary energy consumption"].sel(time=2035)
    base, idle = (float(values.sel(member=m)) for m in ("base", "cut switch B13 energy control"))
    assert base == idle
    whole, cut = (
        float(values.sel(member=m)) for m in ("strong", "strong, cut switch B13 energy control")
    )
    assert cut >= whole


def test_without_learning_cost_moves_with_curtailment_and_finance_alone(runs: xr.Dataset) -> None:
    cut = runs.sel(member="cut switch R1 learning")
    before = cut["effective cost"] * (1 - cut["curtailment"]) / cut["capital cost factor"]
    spread = before.max("time") - before.min("time")
    assert float(spread.max()) < 1e-9


def test_scrap_limits_electric_steel_when_there_is_little(runs: xr.Dataset, model: Model) -> None:
    """B8: the scrap of the city cannot feed furnaces for 60 % of steel; cut, it need not."""
    bound, free = (runs.sel(member=m) for m in ("little scrap", "little scrap, cut B8"))
    late = {"time": 2035}
    assert float(bound["electric furnace share"].sel(late)) < 0.9 * float(
        free["electric furnace share"].sel(late)
    )
    over = bound["scrap used"] - bound["scrap available"]
    assert float(over.max()) < 1e-9
    # Furnaces that ignore the limit eat what converters would have charged.
    each = float(model.variables["scrap for each tonne"].default)  # type: ignore[arg-type]
    charge, left = (
        (run["scrap used"] - each * run["electric furnace steel"]) / run["blast furnace steel"]
        for run in (bound, free)
    )
    assert float((left - charge).min()) < -0.01


def test_subsidised_measures_do_less_without_a_budget(runs: xr.Dataset) -> None:
    """B11: promises that are not paid move no freight; cut, they are kept."""
    bound, free = (runs.sel(member=m, time=2035) for m in ("no budget", "no budget, cut B11"))
    assert float(bound["funding paid"]) < 0.1
    assert float(free["funding paid"]) == 1
    for name in ("rail share of freight", "emerging share of industry"):
        assert float(bound[name]) < float(free[name]) - 1e-4, name


def test_eroding_goals_leave_more_pollution(runs: xr.Dataset) -> None:
    """R8 is off unless asked for."""
    for year in (2016, 2018):
        at = runs["PM25 concentration"].sel(time=year)
        assert float(at.sel(member="goals erode")) > float(at.sel(member="base")) * (1 + 1e-5)


def test_rebound_takes_back_less_than_half(runs: xr.Dataset) -> None:
    """Retrofits and savings still save: under 50 % comes back, and never less than nothing."""
    effect = runs["rebound effect"]
    assert float(effect.min()) >= 1
    assert float(effect.max()) < 1.2
    off = runs["primary energy consumption"].sel(member="strong, cut switch B6 rebound", time=2035)
    on, base = (
        runs["primary energy consumption"].sel(member=m, time=2035) for m in ("strong", "base")
    )
    assert float(on - off) < 0.5 * float(base - off)
