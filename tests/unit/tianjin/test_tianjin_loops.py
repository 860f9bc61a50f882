"""Each feedback loop acts in the direction that the model's documentation says."""

from __future__ import annotations

import pytest
import xarray as xr

EFFECTS = [
    # loop, outcome, year, does cutting the loop raise it?
    ("switch B1 congestion", "rail share of freight", 2035, True),
    ("switch B2 rail investment", "rail capacity", 2035, False),
    ("switch B2 rail investment", "rail share of freight", 2050, False),
    ("switch B3 curtailment", "renewable capacity", 2050, True),
    ("switch B5 carbon market", "territorial CO2 emissions", 2035, True),
    ("switch B7 policy pressure", "PM25 concentration", 2018, True),
    ("switch R1 learning", "renewable capacity", 2035, False),
    ("switch R2 berth and ship", "shore electricity", 2035, False),
    ("switch R4 rail scale", "rail share of freight", 2035, False),
    ("switch R5 innovation", "emerging share of industry", 2035, False),
]


@pytest.mark.parametrize(("switch", "outcome", "year", "rises"), EFFECTS)
def test_a_cut_loop_acts_as_documented(
    runs: xr.Dataset, switch: str, outcome: str, year: int, rises: bool
) -> None:
    values = runs[outcome].sel(time=year)
    for whole, cut in (("base", f"cut {switch}"), ("strong", f"strong, cut {switch}")):
        change = float(values.sel(member=cut) / values.sel(member=whole)) - 1
        assert (change > 1e-5) if rises else (change < -1e-5), (whole, change)


def test_without_learning_cost_moves_with_curtailment_alone(runs: xr.Dataset) -> None:
    cut = runs.sel(member="cut switch R1 learning")
    before = cut["effective cost"] * (1 - cut["curtailment"])
    spread = before.max("time") - before.min("time")
    assert float(spread.max()) < 1e-9
