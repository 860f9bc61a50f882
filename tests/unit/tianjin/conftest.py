"""Runs of the Tianjin model that its tests share: one batch, each member a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from haihe.model.catalogue import Catalogue, load_catalogue
from haihe.model.translate import read_model
from haihe.model.types import Model, TimeAxis
from haihe.project import find_bundled
from haihe.run.simulate import simulate
from haihe.scenario.values import Batch

if TYPE_CHECKING:
    import xarray as xr

Case = Mapping[str, float]
Run = Callable[..., "xr.Dataset"]

SWITCHES = (
    "switch B1 congestion",
    "switch B2 rail investment",
    "switch B3 curtailment",
    "switch B4 storage",
    "switch B5 carbon market",
    "switch B6 rebound",
    "switch B7 policy pressure",
    "switch B8 scrap limit",
    "switch B9 site saturation",
    "switch B10 electricity price",
    "switch B11 fiscal budget",
    "switch B12 firm saturation",
    "switch B13 energy control",
    "switch R1 learning",
    "switch R2 berth and ship",
    "switch R3 charging",
    "switch R4 rail scale",
    "switch R5 innovation",
    "switch R6 green finance",
    "switch R7 growth and investment",
)


@pytest.fixture(scope="session")
def model() -> Model:
    return read_model(find_bundled("models") / "tianjin" / "tianjin.mdl")


@pytest.fixture(scope="session")
def catalogue(model: Model) -> Catalogue:
    return load_catalogue(model)


@pytest.fixture(scope="session")
def run(model: Model) -> Run:
    """Run cases of constants; `held` keeps variables at one value in every case."""

    def run_cases(
        cases: Mapping[str, Case],
        outputs: list[str],
        step: float | None = None,
        save_step: float | None = None,
        held: Case | None = None,
    ) -> xr.Dataset:
        names = sorted({name for case in cases.values() for name in case})
        constants = {
            name: np.stack([spread(model, name, case) for case in cases.values()]) for name in names
        }
        time = clock(model.time, step, save_step)
        years = np.array([time.start])
        series = {
            name: (years, np.full((len(cases), 1), value)) for name, value in (held or {}).items()
        }
        batch = Batch(tuple(cases), constants, series, {}, time)
        return simulate(model, batch, outputs)

    return run_cases


def spread(model: Model, name: str, case: Case) -> np.ndarray:
    """Value of a constant in a case, in the shape of its dimensions; the default where unset."""
    default = np.asarray(model.variables[name].default, dtype=float)
    return np.broadcast_to(np.asarray(case.get(name, default), dtype=float), default.shape)


def clock(time: TimeAxis, step: float | None, save_step: float | None) -> TimeAxis:
    return replace(time, step=step or time.step, save_step=save_step or time.save_step)


def limits(model: Model, name: str) -> tuple[float, float]:
    low, high = model.variables[name].limits
    assert low is not None
    assert high is not None
    return low, high


@pytest.fixture(scope="session")
def cases(model: Model, catalogue: Catalogue) -> dict[str, dict[str, float]]:
    """The model as it stands, its extremes, draws between them, and each loop cut."""
    levers = list(catalogue.levers)
    default = {name: float(np.asarray(model.variables[name].default)) for name in levers}
    least = {name: limits(model, name)[0] for name in levers}
    most = {name: limits(model, name)[1] for name in levers}
    strong = {name: default[name] + 0.4 * (most[name] - default[name]) for name in levers}
    found: dict[str, dict[str, float]] = {
        "base": {},
        "defaults said": default,
        "least": least,
        "most": most,
        "strong": strong,
        "no schedule": {**most, "policy completion": 0.0},
        "no freight": {"freight demand scale": 0.0},
        "no shore power": {"harbour craft electrification": 0.0, "connection sensitivity": 0.0}
        | {"readiness potential": 0.0, "initial readiness": 0.0},
        "full shore power": {"harbour craft electrification": 1.0, "least readiness": 1.0}
        | {"shore power use obligation": 1.0, "least equipped share": 1.0},
    }
    scrap = {"steel scrap share": 0.6, "net scrap purchases": 0.0}
    poor = {**strong, "green budget": 0.0, "auction share": 0.0}
    found |= {
        "goals erode": {"switch R8 goal erosion": 1.0},
        "little scrap": scrap,
        "little scrap, cut B8": {**scrap, "switch B8 scrap limit": 0.0},
        "most, small budget": {**most, "green budget": 0.001, "auction share": 0.02},
        "no budget": poor,
        "no budget, cut B11": {**poor, "switch B11 fiscal budget": 0.0},
    }
    draw = np.random.default_rng(20220325)
    for number in range(24):
        found[f"draw {number}"] = {name: draw.uniform(least[name], most[name]) for name in levers}
    for switch in SWITCHES:
        found[f"cut {switch}"] = {switch: 0.0}
        found[f"strong, cut {switch}"] = {**strong, switch: 0.0}
    return found


OUTPUTS = [
    *("realised share", "indicated mode share", "mode share", "value added share"),
    *("investment share", "demand share", "fuel share of user", "marginal fuel share"),
    *("electricity supply", "gross electricity demand", "power surplus", "truck stock"),
    *("freight exhaust NOx", "truck oil", "truck emissions", "ship emissions", "ship oil"),
    *("ship berth combustion", "shore power from grid", "berth CO2 including grid"),
    *(
        "energy at berth",
        "ship shore energy",
        "berths with shore power",
        "ship readiness",
        "use share",
    ),
    *("berth NOx emissions", "moving energy", "grid emission factor", "shore efficiency"),
    *("emissions", "total emissions", "NOx by source", "CO2 by source"),
    *("territorial CO2 emissions", "vre capacity", "vre potential", "curtailment"),
    *("freight by mode", "rail capacity", "rail wanted", "overload", "renewable capacity"),
    *("control penetration", "gas heat share", "electric furnace share", "compliance"),
    *("recycled share of waste", "rail share of freight", "shore electricity", "stringency"),
    *("PM25 concentration", "good day share 2012", "good day share in force", "carbon price"),
    *("emerging share of industry", "effective cost", "capital", "generation", "high tech firms"),
    *("coal consumption", "gas consumption", "electricity consumption", "GDP", "aux CO2"),
    *("primary energy by source", "primary energy consumption", "final energy", "user energy"),
    *("outlay", "cost", "cost by payer", "cost by group", "cost of measures", "total cost"),
    *("subsidies paid", "budget", "budget available", "budget payments", "funding paid"),
    *("carbon revenue", "auctioned allowances", "carbon conversion", "no outlay", "charge"),
    *("waste generated", "waste recycled", "waste incinerated", "waste landfilled"),
    *("crude steel", "blast furnace steel", "electric furnace steel", "scrap used"),
    *("scrap available", "storage capacity", "deaths from PM25", "avoided deaths"),
    *(
        "rebound effect",
        "capital cost factor",
        "straw used",
        "straw left",
        "straw available",
        "payer share",
    ),
    *("new energy share of car sales", "tariff index", "cost of capital", "green share of credit"),
    *("discounted cost", "port CO2", "ship NOx", "ship NOx by inventory", "ship inventory scale"),
]


@pytest.fixture(scope="session")
def runs(run: Run, cases: dict[str, dict[str, float]], catalogue: Catalogue) -> xr.Dataset:
    shown = {outcome.variable for outcome in catalogue.outcomes.values()}
    return run(cases, sorted(shown | set(OUTPUTS)))
