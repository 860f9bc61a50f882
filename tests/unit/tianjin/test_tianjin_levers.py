"""Each lever, pulled alone, moves what it is meant to move, and the right way."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from haihe.model.catalogue import Catalogue
from haihe.model.types import Model

YEAR = 2035
EFFECTS = {
    # lever: outcomes that rise (+) or fall (-) when it is raised
    "heavy industry restraint": "-value added[sector=steel] -territorial CO2 emissions",
    "emerging sector support": "+emerging share of industry",
    "green credit share": "-cost of capital +renewable capacity",
    "green budget": "+budget",
    "high tech doubling": "+high tech firms +emerging share of industry",
    "technology transfer": "-primary energy consumption",
    "firm ladder programme": "+technology SMEs +specialised firms +emerging share of industry",
    "energy control": "-primary energy consumption -energy intensity change from 2020",
    "hydrogen trucks": "+truck stock[truck=hydrogen truck] +electricity consumption",
    "resource recovery": "+CO2 avoided elsewhere",
    "solid waste in cement": "-process CO2 -territorial CO2 emissions",
    "sewage treatment": "+sewage treatment share -sewage methane",
    "carbon capture": "+total captured CO2 -territorial CO2 emissions +electricity consumption",
    "energy saving retrofit": "-primary energy consumption -energy intensity change from 2020",
    "cleaner production audit": "-primary energy consumption -NOx emissions",
    "park circular renovation": "-primary energy consumption",
    "green data centres": "-electricity consumption",
    "heavy power surcharge": "-value added[sector=steel]",
    "wind and solar auctions": "+renewable capacity +non fossil share -grid emission factor",
    "storage ratio": "-curtailment +non fossil share",
    "grid flexibility": "-curtailment",
    "green power imports": "+non fossil share -grid emission factor -coal consumption",
    "coal plant retirement": "-plant capacity[plant=coal plants] -territorial CO2 emissions",
    "coal boiler phase out": "-coal consumption +gas consumption -PPM25 emissions -SO2 emissions",
    "heating gas conversion": "-coal consumption +gas consumption",
    "scattered coal replacement": "-PPM25 emissions",
    "rail investment": "+rail share of freight +clean share of port bulk",
    "rail sidings": "+rail share of freight",
    "road bulk surcharge": "+rail share of freight -NOx emissions",
    "rail tariff discount": "+rail share of freight",
    "sea rail containers": "+sea rail containers in TEU",
    "truck load improvement": "-NOx emissions",
    "old truck scrappage": "-NOx emissions -truck stock[truck=old diesel]",
    "new energy truck mandate": "+truck stock[truck=electric truck] -NOx emissions",
    "charging network": "+new energy share of car sales",
    "green travel": "-territorial CO2 emissions",
    "new berth shore power": "+equipped share of berths +shore electricity",
    "berth retrofit programme": "+equipped share of berths +shore electricity",
    "ship retrofit subsidy": "+shore power share of berth energy",
    "shore power price subsidy": "+shore power share of berth energy -berth NOx emissions",
    "shore power use obligation": "+shore power share of berth energy -berth NOx emissions",
    "harbour craft electrification": "+shore electricity -berth NOx emissions",
    "port equipment electrification": "-NOx emissions +electricity consumption",
    "steel scrap share": "-territorial CO2 emissions +electric furnace share",
    "scrap collection": "+scrap available",
    "waste fee rise": "-waste generated -waste incinerated",
    "waste sorting": "+recycled share of waste",
    "waste power yield": "+non fossil share",
    "desalination supply": "+electricity consumption",
    "manure use": "-NH3 emissions",
    "straw use": "-PPM25 emissions",
    "fertiliser saving": "-NH3 emissions",
    "steel ultra low emission": "-NOx emissions -SO2 emissions -PM25 concentration",
    "industry deep treatment": "-VOC emissions -PM25 concentration",
    "low VOC solvents": "-VOC emissions",
    "dust control": "-PPM25 emissions -PM25 concentration",
    "enforcement": "-PPM25 emissions -NOx emissions",
    "building retrofit": "-primary energy consumption",
    "green building standard": "-primary energy consumption",
    "green barrier coverage": "+green barrier cover",
    "carbon price floor": "+carbon price -territorial CO2 emissions",
    "carbon cap decline": "+carbon price -territorial CO2 emissions",
    "auction share": "+carbon revenue +budget",
}


@pytest.fixture(scope="module")
def alone(run, model: Model, catalogue: Catalogue) -> xr.Dataset:
    """Each lever raised alone, half-way from its default to its limit."""
    cases: dict[str, dict[str, float]] = {"base": {}}
    for name in catalogue.levers:
        default = float(np.asarray(model.variables[name].default))
        most = model.variables[name].limits[1]
        assert most is not None
        cases[name] = {name: default + 0.5 * (most - default)}
    names = sorted({item[1:].split("[")[0] for text in EFFECTS.values() for item in parts(text)})
    return run(cases, names)


def parts(text: str) -> list[str]:
    """Split `+one outcome -another` into signed names."""
    found: list[str] = []
    for word in text.split(" "):
        if word[0] in "+-":
            found.append(word)
        else:
            found[-1] += f" {word}"
    return found


def test_every_lever_is_examined(catalogue: Catalogue) -> None:
    assert set(EFFECTS) == set(catalogue.levers)


@pytest.mark.parametrize("lever", sorted(EFFECTS))
def test_a_lever_moves_what_it_should(alone: xr.Dataset, lever: str) -> None:
    at = alone.sel(time=YEAR)
    for item in parts(EFFECTS[lever]):
        sign, (name, _, rest) = item[0], item[1:].partition("[")
        values = at[name]
        if rest:
            dim, element = rest.rstrip("]").split("=")
            values = values.sel({dim: element})
        base = float(values.sel(member="base"))
        change = (float(values.sel(member=lever)) - base) / (abs(base) or 1.0)
        assert (change > 1e-6) if sign == "+" else (change < -1e-6), (name, change)
