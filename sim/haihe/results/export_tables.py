"""Members of a study or a run as a table, block by block: CSV or Parquet, long or wide.

Long: a row for each member, time, variable and element: `member`, `scenario`, `time`, `variable`,
`element`, `value`, `unit`. What is no course over time (an input, a peak, a mean) has no time.

Wide: a row for each member and time with a column for each variable and element, named
`variable[element] [unit]`; inputs and summaries stand in every row of their member. Members that
failed have no rows in the long form and their reason in `status` in the wide one.

Memory is that of one block. Texts in CSV are never formulas to a spreadsheet; numbers are the
shortest that read back as the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from haihe.errors import EnvironmentFault
from haihe.results.export import as_text, replacing
from haihe.text import Text

if TYPE_CHECKING:
    import pyarrow as pa
    import xarray as xr

CELLS = 2_000_000
"""Numbers of a block, about."""
LONG = ("member", "scenario", "time", "variable", "element", "value", "unit")


@dataclass(frozen=True, slots=True)
class Field:
    """A variable and one of its elements."""

    variable: str
    element: str
    unit: str
    place: tuple[int, ...]
    """Of the element in the array behind member and time."""
    over_time: bool

    @property
    def label(self) -> str:
        """Head of a column."""
        element = f"[{self.element}]" if self.element else ""
        return f"{self.variable}{element}" + (f" [{self.unit}]" if self.unit else "")


def write_table(data: xr.Dataset, path: Path, *, form: str = "csv", wide: bool = False) -> int:
    """Write members as a table; how many rows there are.

    Parameters
    ----------
    data
        An opened study, or results.
    form
        "csv" or "parquet".

    Raises
    ------
    EnvironmentFault
        Where the disk says no, or pyarrow is not there.
    """
    check_arrow()
    fields = list_fields(data)
    text = form == "csv"
    make = _wide_tables if wide else _long_tables
    rows = 0
    with replacing(path) as part, _open_writer(part, form) as write:
        for block in _blocks(data, fields):
            for table in make(block, fields, text):
                write(table)
                rows += table.num_rows
    return rows


def check_arrow() -> None:
    """Make sure that tables can be written.

    Raises
    ------
    EnvironmentFault
        Where pyarrow is missing.
    """
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise EnvironmentFault(
            Text("导出研究的数据表需要 pyarrow", "tables of studies need pyarrow"),
            "`pip install 'haihe[studies]'`",
        )


def list_fields(data: xr.Dataset) -> list[Field]:
    """Columns of a Dataset, in its order: every element of every variable."""
    fields = []
    for name, array in data.data_vars.items():
        if "member" not in array.dims:
            continue
        dims = [dim for dim in array.dims if dim not in ("member", "time")]
        names = [[str(element) for element in data[dim].values] for dim in dims]
        unit = str(array.attrs.get("units", ""))
        for place in product(*(range(len(one)) for one in names)):
            element = ", ".join(one[i] for one, i in zip(names, place, strict=True))
            fields.append(Field(str(name), element, unit, place, "time" in array.dims))
    return fields


def _blocks(data: xr.Dataset, fields: list[Field]) -> Iterator[xr.Dataset]:
    times = data.sizes.get("time", 1)
    numbers = sum(times if field.over_time else 1 for field in fields)
    step = max(CELLS // max(numbers, 1), 1)
    for start in range(0, data.sizes["member"], step):
        yield data.isel(member=slice(start, start + step)).load()


@contextmanager
def _open_writer(path: Path, form: str) -> Iterator[Any]:
    """A function that takes tables; files are closed at the end."""
    import pyarrow.csv as pacsv
    import pyarrow.parquet as pq

    opened: list[Any] = []
    with path.open("wb") as stream:
        if form == "csv":
            stream.write(b"\xef\xbb\xbf")  # spreadsheets need it to show Chinese

        def write(table: pa.Table) -> None:
            if not opened:
                kind = pacsv.CSVWriter if form == "csv" else pq.ParquetWriter
                opened.append(kind(stream, table.schema))
            opened[0].write_table(table)

        try:
            yield write
        finally:
            for writer in opened:
                writer.close()


def _words(values: Any, text: bool) -> list[str]:
    return [as_text(str(v)) if text else str(v) for v in values]


def _labels(block: xr.Dataset, text: bool) -> tuple[Any, list[str], np.ndarray]:
    """Members, their scenarios, and which of them came through."""
    raw = block["member"].values
    members = raw if raw.dtype.kind in "iu" else np.asarray(_words(raw, text), dtype=object)
    blank = [""] * len(raw)
    scenarios = _words(block["scenario"].values, text) if "scenario" in block.coords else blank
    status = block["status"].values if "status" in block.coords else np.array(blank)
    return members, scenarios, np.asarray(status == "")


def _numbers(block: xr.Dataset, field: Field) -> np.ndarray:
    """Values (member,) or (member, time)."""
    array = block[field.variable]
    lead = ("member", "time") if field.over_time else ("member",)
    values = array.transpose(*lead, ...).values
    place: tuple[Any, ...] = (..., *field.place)
    return np.asarray(values[place])


def _constant(word: str, count: int, text: bool) -> pa.Array:
    """A word in every row: one copy, except in CSV, whose writer wants them all."""
    import pyarrow as pa

    if text:
        return pa.array([as_text(word)] * count)
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, dtype=np.int32)), [word])


def _column(values: np.ndarray) -> pa.Array:
    """Numbers; what is not finite is empty."""
    import pyarrow as pa

    if values.dtype.kind != "f":
        return pa.array(values)
    return pa.array(values, mask=~np.isfinite(values))


def _decimal(numbers: pa.Array) -> pa.Array:
    """Double precision that reads as single precision does: 0.1, not 0.10000000149."""
    import pyarrow as pa

    if numbers.type == pa.float32():
        return numbers.cast(pa.string()).cast(pa.float64())
    return numbers.cast(pa.float64())


def _long_tables(block: xr.Dataset, fields: list[Field], text: bool) -> Iterator[pa.Table]:
    import pyarrow as pa

    members, scenarios, good = _labels(block, text)
    times = np.asarray(block["time"].values, dtype=float) if "time" in block.coords else np.zeros(0)
    kept = np.flatnonzero(good)
    for field in fields:
        values = _numbers(block, field)[kept]
        each = len(times) if field.over_time else 1
        count = len(kept) * each
        when = np.tile(times, len(kept)) if field.over_time else np.full(count, np.nan)
        own = pa.array([scenarios[i] for i in kept for _ in range(each)])
        columns = [
            pa.array(np.repeat(members[kept], each)),
            own if text else own.dictionary_encode(),
            _column(when),
            _constant(field.variable, count, text),
            _constant(field.element, count, text),
            _decimal(_column(values.ravel())),
            _constant(field.unit, count, text),
        ]
        yield pa.Table.from_arrays(columns, names=list(LONG))


def _wide_tables(block: xr.Dataset, fields: list[Field], text: bool) -> Iterator[pa.Table]:
    import pyarrow as pa

    members, scenarios, _ = _labels(block, text)
    over_time = any(field.over_time for field in fields)
    times = np.asarray(block["time"].values, dtype=float) if over_time else np.zeros(1)
    each, count = len(times), block.sizes["member"]
    status = block["status"].values if "status" in block.coords else [""] * count
    columns: dict[str, pa.Array] = {
        "member": pa.array(np.repeat(members, each)),
        "scenario": pa.array([word for word in scenarios for _ in range(each)]),
        "status": pa.array([word for word in _words(status, text) for _ in range(each)]),
    }
    if over_time:
        columns["time"] = pa.array(np.tile(times, count))
    for field in fields:
        values = _numbers(block, field)
        values = values.ravel() if field.over_time else np.repeat(values, each)
        columns[as_text(field.label) if text else field.label] = _column(values)
    yield pa.table(columns)
