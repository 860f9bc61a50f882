"""The shipped scenarios of Tianjin stand to each other as their stories say."""

from __future__ import annotations

import pytest
import xarray as xr

from haihe.model.catalogue import load_catalogue
from haihe.model.translate import read_model
from haihe.project import find_bundled
from haihe.run.simulate import simulate
from haihe.scenario.load import load_scenario

MODEL = find_bundled("models") / "tianjin" / "tianjin.mdl"
NAMES = ("frozen-2021", "plan", "accelerated", "plan-delayed", "no-feedback", "regional-only")
NAMES += ("neutrality-2060",)
OUTPUTS = ["territorial CO2 emissions", "net CO2 emissions", "NOx emissions", "PM25 concentration"]
OUTPUTS += ["population", "stringency", "regional PM25", "local PM25", "total captured CO2"]


@pytest.fixture(scope="module")
def runs() -> dict[str, xr.Dataset]:
    model = read_model(MODEL)
    catalogue = load_catalogue(model)
    folder = find_bundled("scenarios")
    return {
        name: simulate(
            model, load_scenario(folder / f"{name}.yaml", model, catalogue), OUTPUTS
        ).isel(member=0)
        for name in NAMES
    }


def burden(run: xr.Dataset, what: str) -> float:
    """Sum since 2022 of an outcome; of people times PM2.5 for exposure."""
    later = run.sel(time=slice(2022, None))
    if what == "exposure":
        return float((later["PM25 concentration"] * later["population"]).sum())
    return float(later[what].sum())


BURDENS = ("territorial CO2 emissions", "NOx emissions", "exposure")


@pytest.mark.parametrize("what", BURDENS)
def test_faster_is_never_worse_and_later_never_better(runs: dict, what: str) -> None:
    fast, plan, late = (
        burden(runs[name], what) for name in ("accelerated", "plan", "plan-delayed")
    )
    assert fast < plan < late < burden(runs["frozen-2021"], what)


def test_accelerated_emits_no_more_co2_in_any_year(runs: dict) -> None:
    more = runs["accelerated"] - runs["plan"]
    assert float(more["territorial CO2 emissions"].max()) < 1e-9


def test_the_past_is_the_same_in_all(runs: dict) -> None:
    for name in NAMES:
        for what in ("territorial CO2 emissions", "NOx emissions"):
            past = runs[name][what].sel(time=slice(None, 2022))
            same = past == runs["frozen-2021"][what].sel(time=slice(None, 2022))
            # The switch of policy pressure has no date.
            assert bool(same.all()) or name == "no-feedback", (name, what)


def test_a_cleaner_region_cleans_the_air_and_no_local_source(runs: dict) -> None:
    frozen, region = runs["frozen-2021"], runs["regional-only"]
    assert burden(region, "exposure") < burden(frozen, "exposure")
    gain = (frozen["regional PM25"] - region["regional PM25"]).sel(time=2035)
    drop = (frozen["PM25 concentration"] - region["PM25 concentration"]).sel(time=2035)
    # Less pressure (B7) gives a little of it back.
    assert 0.9 * float(gain) < float(drop) <= float(gain) + 1e-9
    past = {"time": slice(2022, None)}
    assert float((region["NOx emissions"] - frozen["NOx emissions"]).sel(past).min()) > -1e-9


def test_without_feedback_stringency_rests(runs: dict) -> None:
    assert float(abs(runs["no-feedback"]["stringency"] - 1).max()) < 1e-12
    assert burden(runs["no-feedback"], "exposure") >= burden(runs["plan"], "exposure")


def test_the_back_cast_leaves_less_than_any_other_and_says_how_much(runs: dict) -> None:
    """Its goal, 5 % of 2020, is not met by the model's levers; it must not be forced."""
    end = {name: float(run["net CO2 emissions"].sel(time=2060)) for name, run in runs.items()}
    assert min(end, key=lambda name: end[name]) == "neutrality-2060"
    assert end["neutrality-2060"] < 0.5 * end["accelerated"]
    assert float(runs["neutrality-2060"]["total captured CO2"].max()) > 0
    assert all(float(runs[n]["total captured CO2"].max()) == 0 for n in NAMES[:-1])
