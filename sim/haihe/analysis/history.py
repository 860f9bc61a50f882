"""What was observed, beside what the model says: one value a year, the best there is."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from haihe.errors import InputError, Location
from haihe.model.catalogue import Catalogue, Outcome
from haihe.project import show_path
from haihe.text import Text
from haihe.units import convert

GRADES = "ABC"
COLUMNS = ("series", "unit", "year", "value", "grade", "source")


@dataclass(frozen=True, slots=True)
class Observation:
    """One row of a table of observations."""

    series: str
    unit: str
    year: int
    value: float
    grade: str
    source: str
    where: Location


def collect_history(catalogue: Catalogue, folder: Path) -> xr.Dataset:
    """Observed series of the outcomes that name one, in the units shown to people.

    Parameters
    ----------
    catalogue
        Its outcomes say in which file and series they were observed.
    folder
        Folder that the files are named relative to.

    Returns
    -------
    xarray.Dataset
        Dims (time,), one variable for each observed outcome; NaN in years without observation.
    """
    observed = [
        (short, outcome) for short, outcome in catalogue.outcomes.items() if outcome.history
    ]
    tables: dict[str, tuple[Observation, ...]] = {}
    found: dict[str, dict[int, Observation]] = {}
    for short, outcome in observed:
        assert outcome.history is not None
        name = outcome.history.file
        if name not in tables:
            if not (folder / name).is_file():
                raise InputError(
                    Text(f"没有观测数据表 {name}", f"there is no table {name} of observations"),
                    outcome.where,
                )
            tables[name] = read_observations(folder / name)
        best = pick_best(row for row in tables[name] if row.series == outcome.history.series)
        if best:
            found[short] = best
    years = sorted({year for best in found.values() for year in best})
    arrays = {
        short: make_series(short, catalogue.outcomes[short], best, years)
        for short, best in found.items()
    }
    return xr.Dataset(arrays, coords={"time": np.array(years, dtype=float)})


def read_observations(path: Path) -> tuple[Observation, ...]:
    """Read a table of observations.

    Raises
    ------
    InputError
        Where a column is missing or a number is none.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(
                Text(f"缺少列 {'、'.join(missing)}", f"no column {', '.join(missing)}"),
                Location(show_path(path), 1),
                Text(f"含有列 {'、'.join(COLUMNS)}", f"the columns {', '.join(COLUMNS)}"),
            )
        return tuple(read_row(row, path, reader.line_num) for row in reader)


def read_row(row: Mapping[str, str], path: Path, line: int) -> Observation:
    """One row as a value."""
    where = Location(show_path(path), line)
    try:
        year, value = int(row["year"]), float(row["value"])
    except ValueError as fault:
        raise InputError(
            Text("year 或 value 不是数字", "year or value is not a number"),
            where,
            shown=str(dict(row)),
        ) from fault
    return Observation(row["series"], row["unit"], year, value, row["grade"], row["source"], where)


def pick_best(rows: Iterable[Observation]) -> dict[int, Observation]:
    """One row for each year: the best grade, then the newest vintage, which stands last."""
    best: dict[int, Observation] = {}
    for row in rows:
        known = best.get(row.year)
        if known is None or rank_grade(row.grade) <= rank_grade(known.grade):
            best[row.year] = row
    return best


def rank_grade(grade: str) -> int:
    """0 for the best grade; an unknown one comes last."""
    return GRADES.index(grade) if grade in GRADES and grade else len(GRADES)


def make_series(
    short: str, outcome: Outcome, best: Mapping[int, Observation], years: Iterable[int]
) -> xr.DataArray:
    """Observations of one outcome as an array (time,), with their sources and worst grade."""
    values = [
        convert_observation(best[year], outcome.shown) if year in best else np.nan for year in years
    ]
    sources = dict.fromkeys(row.source for row in best.values() if row.source)
    grade = max((row.grade for row in best.values()), key=rank_grade)
    attrs = {"units": outcome.shown, "source": "; ".join(sources), "grade": grade}
    grades = "".join(best[year].grade if year in best else " " for year in years)
    return xr.DataArray(values, dims=("time",), name=short, attrs={**attrs, "grades": grades})


def convert_observation(row: Observation, shown: str) -> float:
    """An observation in the unit shown to people; a yearly total is a flow over that year.

    Raises
    ------
    InputError
        Where the two units do not fit.
    """
    for candidate in (row.unit, f"{row.unit}/yr"):
        try:
            return convert(row.value, candidate, shown)
        except InputError:
            continue
    raise InputError(
        Text(
            f"序列 {row.series!r} 的单位是 {row.unit!r}",
            f"series {row.series!r} is in {row.unit!r}",
        ),
        row.where,
        Text(f"可换算为 {shown!r} 的单位", f"a unit that {shown!r} can be made from"),
    )
