"""Hand results over: a long table in CSV, and NetCDF.

Both are written beside their place and moved there whole.
"""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from haihe.errors import cannot_write
from haihe.project import show_path

HEADER = ("member", "time", "variable", "element", "value", "unit")
"""Columns of the table; `element` holds the elements of a subscripted variable, with commas."""

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # full-width ones are formulas to a Chinese spreadsheet


def write_csv(dataset: xr.Dataset, path: str | Path) -> Path:
    """Write results as a long table: one row for each member, time, variable and element.

    It is UTF-8 with a byte order mark, which spreadsheets need to show Chinese.

    Raises
    ------
    EnvironmentFault
        Where the disk says no.
    """
    with replacing(Path(path)) as part, part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(_rows(dataset))
    return Path(path)


def write_netcdf(dataset: xr.Dataset, path: str | Path) -> Path:
    """Write results as NetCDF with the attributes of the CF conventions.

    Names become letters, digits and underscores; `long_name` keeps the words and `model_name` the
    name in the model.

    Raises
    ------
    EnvironmentFault
        Where the disk says no.
    """
    names = _plain_names([str(name) for name in [*dataset.data_vars, *dataset.coords]])
    plain = dataset.rename({old: new for old, new in names.items() if old != new})
    for old, new in names.items():
        plain[new].attrs["model_name"] = old
    title = str(dataset.attrs.get("model", ""))
    plain.attrs = {"Conventions": "CF-1.11", "title": title, **dataset.attrs}
    if "time" in plain.coords:
        plain["time"].attrs["axis"] = "T"
    with replacing(Path(path)) as part:
        if find_spec("h5py"):
            plain.to_netcdf(part, engine="h5netcdf")
        else:
            # Without HDF5 there is the classic format, which every reader of NetCDF knows.
            plain.to_netcdf(part, engine="scipy", format="NETCDF3_64BIT")
    return Path(path)


def as_text(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when everything went well.

    Raises
    ------
    EnvironmentFault
        Where the disk says no.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise cannot_write(show_path(path), error) from None
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        raise cannot_write(show_path(path), error) from None
    finally:
        part.unlink(missing_ok=True)


def _rows(dataset: xr.Dataset) -> Iterator[tuple[Any, ...]]:
    members = [_cell(str(label)) for label in dataset["member"].values]
    times = [_number(time) for time in dataset["time"].values]
    for name, array in dataset.data_vars.items():
        variable, unit = _cell(str(name)), _cell(str(array.attrs.get("units", "")))
        ranges = [[str(e) for e in dataset[dim].values] for dim in array.dims[2:]]
        elements = [_cell(", ".join(parts)) for parts in product(*ranges)]
        cells = array.values.reshape(len(members), len(times), -1)
        for m, member in enumerate(members):
            for t, time in enumerate(times):
                for e, element in enumerate(elements):
                    value = cells[m, t, e]
                    yield member, time, variable, element, _number(value), unit


def _cell(words: str) -> str:
    """No formula, and no carriage return: the writer of CSV leaves it bare, and readers end a row
    there."""
    return as_text(words.replace("\r", "\n"))


def _number(value: Any) -> str:
    """Shortest text that reads back as the same number; whole numbers without a point."""
    number = float(value)
    if np.isfinite(number) and number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def _plain_names(names: list[str]) -> dict[str, str]:
    plain: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        base = re.sub(r"\W+", "_", name).strip("_") or "variable"
        base = base if not base[0].isdigit() else f"v_{base}"
        candidate, count = base, 2
        while candidate in taken:
            candidate, count = f"{base}_{count}", count + 1
        taken.add(candidate)
        plain[name] = candidate
    return plain
