"""The table of the IAMC: a row for each scenario and variable, a column for each year.

Columns are `model`, `scenario`, `region`, `variable`, `unit` and the years, as pyam reads them. An
ensemble is told by percentiles, each a variable of its own: `Emissions|CO2|Median`,
`Emissions|CO2|5th Percentile`.

Names of variables follow the common hierarchy where there is one for what the model computes;
everything else stands under `Haihe|` with its English title, so that nothing is taken for what it
is not. `NAMES` is the table; units are those that people see, with the species where the hierarchy
has it.

Sources
-------
Huppmann et al. (2021), Open Research Europe 1:74, doi:10.12688/openreseurope.13633.2 (pyam and its
data format; unverified, from memory).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from haihe.results.export import as_text, replacing
from haihe.results.study_page import FloatArray, StudyPage

HEAD = ("model", "scenario", "region", "variable", "unit")
NAMES: Mapping[str, tuple[str, str]] = {
    "CO2": ("Emissions|CO2", "Mt CO2/yr"),
    "NOx": ("Emissions|NOx", "kt NOx/yr"),
    "SO2": ("Emissions|Sulfur", "kt SO2/yr"),
    "VOC": ("Emissions|VOC", "kt VOC/yr"),
    "NH3": ("Emissions|NH3", "kt NH3/yr"),
    "PPM2.5": ("Emissions|PM2.5", "kt PM2.5/yr"),
    "GDP": ("GDP|MER", "billion CNY_2020/yr"),
    "carbon price": ("Price|Carbon", "CNY_2020/t CO2"),
    "energy": ("Primary Energy", "Mtce/yr"),
    "electricity": ("Final Energy|Electricity", "TWh/yr"),
    "renewable capacity": ("Capacity|Electricity|Renewables", "GW"),
    "storage": ("Capacity|Electricity|Storage", "GW"),
}
"""Variable and unit of an outcome, by its id. Primary energy is in coal equivalent by the
method of Chinese statistics, which is not the direct equivalent of the IAMC."""
ORDINALS = {5: "5th Percentile", 25: "25th Percentile", 50: "Median", 75: "75th Percentile",
            95: "95th Percentile"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A variable of a scenario over the years."""

    scenario: str
    variable: str
    unit: str
    years: FloatArray
    values: FloatArray


def name_variable(outcome: str, title: str, unit: str) -> tuple[str, str]:
    """IAMC variable and unit of an outcome."""
    if outcome in NAMES:
        return NAMES[outcome]
    return f"Haihe|{_level(title or outcome)}", unit


def _level(words: str) -> str:
    """A level of the hierarchy: without its mark, and without what pyam takes for a wildcard."""
    return " ".join(words.replace("|", "/").replace("*", "x").split())


def rows_of_study(page: StudyPage) -> Iterable[Row]:
    """Percentiles of every outcome in every scenario."""
    from haihe.results.study_page import PERCENTILES

    for place, group in enumerate(page.groups):
        for course in page.courses:
            variable, unit = name_variable(course.id, course.title.en, course.unit)
            for number, percent in enumerate(PERCENTILES):
                values = course.percentiles[place, number]
                name = f"{variable}|{ORDINALS[percent]}"
                yield Row(group.label, name, unit, course.years, values)


def write_iamc(rows: Iterable[Row], path: Path, *, model: str, region: str) -> int:
    """Write the table; how many rows it has.

    Raises
    ------
    EnvironmentFault
        Where the disk says no.
    """
    kept = [row for row in rows if np.isfinite(row.values).any()]
    years = sorted({int(year) for row in kept for year in row.years if float(year).is_integer()})
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*HEAD, *years])
        for row in kept:
            unit = "dimensionless" if row.unit in ("", "1", "Dmnl") else row.unit
            words = (model, row.scenario, region, row.variable, unit)
            writer.writerow([*map(_word, words), *_cells(row, years)])
    return len(kept)


def _word(text: str) -> str:
    """One line, and no formula."""
    return as_text(" ".join(text.split()))


def _cells(row: Row, years: Sequence[int]) -> list[str]:
    known = {
        int(year): float(value)
        for year, value in zip(row.years, row.values, strict=True)
        if float(year).is_integer() and math.isfinite(value)
    }
    return [f"{known[year]:.9g}" if year in known else "" for year in years]
