"""A study as NetCDF 4 with the attributes of the CF conventions, written block by block."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from haihe.results.export import _plain_names, replacing

if TYPE_CHECKING:
    import xarray as xr

BYTES = 32_000_000
"""Of a variable that are held at once, about."""
CHUNK = 4_096
"""Most members of a chunk in the file."""
SPECIAL: Mapping[str, Mapping[str, Any]] = {
    "time": {"axis": "T", "standard_name": "time", "units": "year", "long_name": "year"},
    "member": {"axis": "E", "standard_name": "realization", "units": "1"},
}


def write_netcdf_blocks(data: xr.Dataset, path: Path) -> Path:
    """Write an opened study; memory is that of one block of one variable.

    Names become letters, digits and underscores; `model_name` keeps the name in the model and
    `long_name` its words.

    Raises
    ------
    EnvironmentFault
        Where the disk says no.
    """
    import h5netcdf

    names = _plain_names([str(name) for name in [*data.data_vars, *data.coords]])
    with replacing(path) as part, h5netcdf.File(part, "w") as file:
        used = {str(dim): data.sizes[dim] for dim in data.sizes if dim in data.coords}
        file.dimensions = {names.get(dim, dim): size for dim, size in used.items()}
        file.attrs.update(_global(data))
        for name in map(str, [*data.coords, *data.data_vars]):
            if all(str(dim) in used for dim in data[name].dims):
                _write_variable(file, data[name], name, names)
    return path


def _global(data: xr.Dataset) -> dict[str, Any]:
    title = str(data.attrs.get("model", ""))
    attrs = {name: _plain(value) for name, value in data.attrs.items()}
    return {"Conventions": "CF-1.11", "title": title, **attrs}


def _plain(value: Any) -> Any:
    """An attribute that the file can hold."""
    if isinstance(value, str | int | float | np.number):
        return value
    return str(value)


def _write_variable(file: Any, array: xr.DataArray, name: str, names: Mapping[str, str]) -> None:
    import h5py  # type: ignore[import-untyped]

    words = array.dtype.kind in "OUS"
    dims = tuple(names[str(dim)] for dim in array.dims)
    kind = h5py.string_dtype() if words else array.dtype
    shape = tuple(min(CHUNK, n) if dim == "member" else n for dim, n in array.sizes.items())
    packing = {} if words or not dims else {"chunks": shape, "compression": "gzip", "shuffle": True}
    made = file.create_variable(names[name], dims, dtype=kind, **packing)
    attrs = {k: _plain(v) for k, v in array.attrs.items()} | dict(SPECIAL.get(name, {}))
    made.attrs.update({"model_name": name, "long_name": name, **attrs})
    if "member" not in array.dims:
        made[...] = _values(array, words)
        return
    each = max(int(np.prod(array.shape[1:])), 1) * max(array.dtype.itemsize, 8)
    step = max(BYTES // each, 1)
    for start in range(0, array.sizes["member"], step):
        part = slice(start, min(start + step, array.sizes["member"]))
        made[part] = _values(array.isel(member=part), words)


def _values(array: xr.DataArray, words: bool) -> Any:
    return np.asarray(array.values, dtype=object if words else None)
