"""A small model and catalogue by hand, for tests of scenarios."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from haihe.errors import InputError, InputErrors, Location
from haihe.model.types import Dimension, Kind, Model, Points, TimeAxis, Variable
from haihe.scenario.load import load_scenario
from haihe.scenario.values import Scenario
from haihe.text import Text

NONE = (None, None)


def variable(
    name: str,
    kind: Kind,
    default: Any = None,
    units: str = "Dmnl",
    dims: tuple[str, ...] = (),
    limits: tuple[float | None, float | None] = NONE,
    points: Points | None = None,
) -> Variable:
    value = None if default is None else np.asarray(default, dtype=float)
    at = Location("small.mdl", 1)
    return Variable(name, kind, dims, units, "", limits, "", at, default=value, points=points)


BERTHS = ("container berth", "dry bulk berth")
VARIABLES = (
    variable("rail investment", Kind.CONSTANT, 0.0, "Mt/Year/Year", limits=(0, 20)),
    variable("rail investment in force", Kind.AUXILIARY, None, "Mt/Year/Year"),
    variable("storage ratio", Kind.CONSTANT, 0.1, limits=(0, 1)),
    variable("storage ratio in force", Kind.AUXILIARY),
    variable("berth mandate", Kind.CONSTANT, [0.2, 0.1], dims=("berth",), limits=(0, 1)),
    variable("berth mandate in force", Kind.AUXILIARY, dims=("berth",)),
    variable("policy delay", Kind.CONSTANT, [0, 0], "Year", ("policy group",), (0, 20)),
    variable("policy completion", Kind.CONSTANT, [1, 1], "Dmnl", ("policy group",), (0, 1)),
    variable("demand growth", Kind.AUXILIARY, None, "1/Year", limits=(-0.2, 0.2)),
    variable(
        "demand growth table",
        Kind.LOOKUP,
        None,
        "1/Year",
        points=Points((2010, 2020, 2030, 2060), (0.1, 0.05, 0.04, 0.02)),
    ),
    variable("regional background", Kind.AUXILIARY, None, "ug/m3", limits=(0, None)),
    variable("regional background table", Kind.LOOKUP, points=Points((2010, 2060), (40, 20))),
    variable("rail life", Kind.CONSTANT, 40.0, "Year", limits=(1, None)),
    variable("distance", Kind.CONSTANT, [[1, 2], [3, 4]], "km", ("mode", "berth")),
    variable("rail capacity", Kind.STOCK, None, "Mt/Year", limits=(0, None)),
    variable("equipped berths", Kind.STOCK, None, "Dmnl", ("berth",)),
    variable("territorial CO2 emissions", Kind.AUXILIARY, None, "Mt/Year"),
    variable("freight by mode", Kind.AUXILIARY, None, "Mt/Year", ("mode",)),
    variable("TIME STEP", Kind.CONSTANT, 0.25, "Year"),
)

MODEL = Model(
    name="small",
    path=Path("models/small/small.mdl"),
    digest="0" * 64,
    time=TimeAxis(2010, 2060, 0.25, 1),
    dimensions={
        "berth": Dimension("berth", BERTHS),
        "policy group": Dimension("policy group", ("freight", "port")),
        "mode": Dimension("mode", ("road", "rail")),
    },
    variables={item.name: item for item in VARIABLES},
    abstract=None,
)


@dataclass(frozen=True)
class Entry:
    title: Text
    group: str = ""
    variable: str = ""


@dataclass(frozen=True)
class SmallCatalogue:
    levers: dict[str, Entry] = field(
        default_factory=lambda: {
            "rail investment": Entry(Text("铁路专项投资", "Rail programme"), "freight"),
            "storage ratio": Entry(Text("新能源配储比例", "Storage ratio"), "port"),
            "berth mandate": Entry(Text("泊位岸电要求", "Berth mandate"), "port"),
        }
    )
    drivers: dict[str, Entry] = field(
        default_factory=lambda: {
            "demand growth": Entry(Text("需求增速", "Growth of demand")),
            "regional background": Entry(Text("区域本底", "Regional PM2.5")),
        }
    )
    outcomes: dict[str, Entry] = field(
        default_factory=lambda: {
            "CO2": Entry(Text("二氧化碳排放", "CO2 emissions"), "", "territorial CO2 emissions"),
            "freight by mode": Entry(Text("货运量", "Freight"), "", "freight by mode"),
            "rail capacity": Entry(Text("铁路能力", "Rail capacity"), "", "rail capacity"),
        }
    )
    dimensions: dict[str, Any] = field(
        default_factory=lambda: {
            "berth": SimpleNamespace(
                title=Text("泊位", "Berth"),
                elements={
                    "container berth": Text("集装箱泊位", "Container"),
                    "dry bulk berth": Text("干散货泊位", "Dry bulk"),
                },
            )
        }
    )


CATALOGUE: Any = SmallCatalogue()


def write(folder: Path, name: str, text: str) -> Path:
    """Write a scenario file below a folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str, **others: str) -> Scenario:
    """Load scenario `a` of a project; `others` are its neighbours by id (`_` for `-`)."""
    for name, other in others.items():
        write(folder / "scenarios", f"{name.replace('_', '-')}.yaml", other)
    return load_scenario(write(folder / "scenarios", "a.yaml", text), MODEL, CATALOGUE)


def refuse(folder: Path, text: str, **others: str) -> str:
    """Message of a scenario that must be refused, without the folder's name."""
    try:
        scenario = load(folder, text, **others)
    except (InputError, InputErrors) as error:
        return str(error).replace(str(folder) + "/", "")
    raise AssertionError(f"was taken: {scenario.settings}")


def values(scenario: Scenario) -> dict[tuple[str, tuple[str, ...]], Any]:
    """Values of a scenario by name and element."""
    return {(s.name, s.element): s.value for s in scenario.settings}
