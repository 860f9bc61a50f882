"""The written layout of results: a plain `xr.Dataset`, and what makes it valid.

Dimensions are `member`, `time` and those of the model. Every variable of the model stands under
its own name, dims (member, time, *dims), float64, with attrs `units`, `long_name` and `kind`.
Coordinates: `member` holds labels, `time` the saved times, each model dimension the names of its
elements; `status` (member) is "" or says what went wrong; `scenario_digest` (member) says what was
run. Global attrs say which model, backend and version made it. `created` is the only thing that
two equal runs do not share, and it is no part of the content hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from haihe.errors import InputError, raise_all
from haihe.text import Text

FORMAT = "haihe results 1"
"""Value of the attr `format`."""

REQUIRED = ("format", "haihe_version", "model", "model_digest", "backend", "created")
"""Global attrs that every Dataset of results carries."""


@dataclass(frozen=True, slots=True)
class Column:
    """What is to be known of a variable."""

    name: str
    dims: tuple[str, ...]
    units: str
    long_name: str
    kind: str


def build_dataset(
    columns: Sequence[Column],
    values: Mapping[str, NDArray[np.float64]],
    members: Sequence[str],
    times: NDArray[np.float64],
    elements: Mapping[str, Sequence[str]],
    *,
    digests: Sequence[str] = (),
    status: Sequence[str] = (),
    time_units: str = "Year",
    attrs: Mapping[str, str | float] | None = None,
) -> xr.Dataset:
    """Lay results out as a Dataset.

    Parameters
    ----------
    values
        By variable (member, time, *dims).
    times
        Saved times (time,).
    elements
        Names of the elements of each dimension that a column has.
    digests, status
        One for each member; empty: none is known, none went wrong.
    """
    blank = [""] * len(members)
    coords: dict[str, object] = {
        "member": ("member", _texts(members), {"long_name": "run of the model"}),
        "time": ("time", times, {"units": time_units, "long_name": "saved time"}),
        "status": ("member", _texts(status or blank), {"long_name": "what went wrong"}),
        "scenario_digest": ("member", _texts(digests or blank), {"long_name": "SHA-256"}),
    }
    for dim in dict.fromkeys(dim for column in columns for dim in column.dims):
        coords[dim] = (dim, _texts(elements[dim]), {"long_name": dim})
    data = {
        column.name: (
            ("member", "time", *column.dims),
            np.asarray(values[column.name], dtype=np.float64),
            {"units": column.units, "long_name": column.long_name, "kind": column.kind},
        )
        for column in columns
    }
    made = {
        "format": FORMAT,
        **(attrs or {}),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return xr.Dataset(data, coords, made)


def find_status(
    values: Mapping[str, NDArray[np.float64]], times: NDArray[np.float64], member: int
) -> str:
    """What went wrong in a member: "" or the first variable and time without a finite value."""
    first: tuple[int, str] | None = None
    for name, array in values.items():
        bad = ~np.isfinite(array[member]).reshape(len(times), -1).all(axis=1)
        if bad.any():
            at = int(np.argmax(bad))
            first = min(first or (at, name), (at, name), key=lambda found: found[0])
    return "" if first is None else f"{first[1]} is not finite from {times[first[0]]:g} on"


def validate_results(dataset: xr.Dataset) -> None:
    """Hold a Dataset against the written layout.

    Raises
    ------
    InputErrors
        With everything that does not fit.
    """
    raise_all(_problems(dataset))


def _problems(dataset: xr.Dataset) -> Iterator[InputError]:
    for name in REQUIRED:
        if name not in dataset.attrs:
            yield InputError(
                Text(f"结果中缺少属性 {name}", f"the results lack the attribute {name}")
            )
    if str(dataset.attrs.get("format", FORMAT)) != FORMAT:
        yield InputError(
            Text(
                f"结果的格式是 {dataset.attrs['format']}",
                f"the results are of the format {dataset.attrs['format']}",
            ),
            None,
            Text(FORMAT, FORMAT),
        )
    for name in ("member", "time"):
        if name not in dataset.coords:
            yield InputError(
                Text(f"结果中缺少坐标 {name}", f"the results lack the coordinate {name}")
            )
    if "time" in dataset.coords and np.any(np.diff(dataset["time"].values) <= 0):
        yield InputError(Text("保存的时间没有递增", "the saved times do not increase"))
    if "member" in dataset.coords:
        labels = [str(label) for label in dataset["member"].values]
        if len(set(labels)) != len(labels):
            yield InputError(Text("有两个成员的标签相同", "two members have the same label"))
    for variable, array in dataset.data_vars.items():
        yield from _check_variable(dataset, str(variable), array)


def _check_variable(dataset: xr.Dataset, name: str, array: xr.DataArray) -> Iterator[InputError]:
    if array.dims[:2] != ("member", "time"):
        yield InputError(
            Text(f"{name} 的维度是 {array.dims}", f"{name} has dims {array.dims}"),
            None,
            "`(member, time, *dims)`",
        )
    if array.dtype != np.float64:
        yield InputError(
            Text(f"{name} 的类型是 {array.dtype}", f"{name} is {array.dtype}"), None, "float64"
        )
    for attr in ("units", "long_name", "kind"):
        if attr not in array.attrs:
            yield InputError(Text(f"{name} 缺少属性 {attr}", f"{name} lacks the attribute {attr}"))
    for dim in array.dims[2:]:
        if dim not in dataset.coords:
            yield InputError(Text(f"{dim} 的元素没有名称", f"the elements of {dim} have no names"))


def hash_content(dataset: xr.Dataset) -> str:
    """SHA-256 over names, labels and numbers, whoever computed them and whenever."""
    digest = hashlib.sha256()
    for name in sorted(str(name) for name in dataset.coords):
        _add(digest, name, dataset[name])
    for name in sorted(str(name) for name in dataset.data_vars):
        _add(digest, name, dataset[name])
        digest.update(str(dataset[name].attrs.get("units", "")).encode())
    return digest.hexdigest()


def _add(digest: hashlib._Hash, name: str, array: xr.DataArray) -> None:
    digest.update(f"\0{name}\0{','.join(str(dim) for dim in array.dims)}\0".encode())
    if array.dtype.kind == "f":
        numbers = np.array(array.values, dtype="<f8", order="C")
        numbers[np.isnan(numbers)] = np.nan  # one NaN, whatever its bits
        digest.update(numbers.tobytes())
    else:
        digest.update("\0".join(str(value) for value in array.values.ravel()).encode())


def _texts(values: Sequence[str]) -> NDArray[np.str_]:
    return np.asarray([str(value) for value in values], dtype=np.str_)
