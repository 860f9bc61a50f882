"""The time step, and stocks as the sum of their flows."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from haihe.model.catalogue import Catalogue

EARLY, LATE = 0.01, 0.01
SMALLEST = 0.1
"""Part of its largest value below which an outcome is judged against that part: changes from a
base year pass through zero."""


@pytest.fixture(scope="module")
def halved(run, cases: dict, catalogue: Catalogue) -> xr.Dataset:
    headline = [o.variable for o in catalogue.outcomes.values() if o.headline]
    chosen = {label: cases[label] for label in ("base", "strong")}
    return run(chosen, headline, step=0.125)


def test_half_the_time_step_hardly_moves_headlines(
    runs: xr.Dataset, halved: xr.Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under 1 % in all years, the early, fast ones too."""
    found = {}
    for name, fine in halved.data_vars.items():
        coarse = runs[name].sel(member=fine.member)
        scale = np.maximum(abs(fine), SMALLEST * abs(fine).max())
        error = abs(coarse - fine) / scale
        early = float(error.sel(time=slice(None, 2034)).max())
        late = float(error.sel(time=slice(2035, None)).max())
        found[str(name)] = (early, late)
    with capsys.disabled():
        worst = sorted(found.items(), key=lambda item: -item[1][1])[:4]
        print("\nlargest change by half the step:", *(f"{n} {e:.2%}" for n, (_, e) in worst))
    assert {name: e for name, e in found.items() if e[0] >= EARLY or e[1] >= LATE} == {}


def test_stocks_are_the_sum_of_their_flows(run) -> None:
    flows = {
        "rail capacity": ("rail completion", "rail retirement"),
        "rail under construction": ("rail starts", "rail completion"),
        "capital": ("investment", "depreciation"),
        "high tech firms": ("recognition", "firm exit"),
        "vre capacity": ("vre completion", "vre retirement"),
        "vre under construction": ("vre orders", "vre completion"),
        "storage capacity": ("storage building", "storage retirement"),
    }
    names = [*flows, *(name for pair in flows.values() for name in pair)]
    found = run({"base": {}}, names, save_step=0.25).isel(member=0)
    for stock, (gain, loss) in flows.items():
        change = found[stock].diff("time", label="lower")
        net = (found[gain] - found[loss]).isel(time=slice(None, -1)) * 0.25
        scale = float(abs(found[stock]).max())
        assert float(abs(change - net).max()) < 1e-9 * scale, stock


def test_freight_comes_to_rest_when_nothing_grows(run) -> None:
    """Constant trade, no ban, no works: shares and rail capacity drift under 0.1 % a year."""
    held = {
        **dict.fromkeys(("container trade growth", "bulk trade growth", "rail programme"), 0.0),
        **dict.fromkeys(("bulk truck ban", "carbon price"), 0.0),
    }
    found = run({"base": {}}, ["mode share", "rail capacity"], held=held).isel(member=0)
    for name, scale in (("mode share", 1.0), ("rail capacity", 100.0)):
        drift = abs(found[name].sel(time=2060) - found[name].sel(time=2040)) / 20
        assert float(drift.max()) < 0.001 * scale, name
