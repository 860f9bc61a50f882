"""A study's store as a Dataset that reads nothing before it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from haihe.results.array_names import encode_name
from haihe.results.study_journal import Journal
from haihe.results.study_layout import INPUTS, SCENARIO, STATUS, StudyLayout, explain_status

_OURS = ("members", "block", "arrays", "times", "elements", "factors", "scenarios", "checked")


def open_dataset(path: Path, layout: StudyLayout, journal: Journal) -> xr.Dataset:
    """The Dataset of `haihe.results.study_store.open_study`."""
    raw = xr.open_dataset(
        path, engine="zarr", chunks=None, consolidated=False, decode_cf=False,
        backend_kwargs={"zarr_format": 3},
    )  # fmt: skip
    stored = {array.name: raw.variables[encode_name(array.name)] for array in layout.arrays}
    for variable in stored.values():
        variable.attrs.pop("name", None)
        variable.attrs.pop("_FillValue", None)
        variable.encoding.clear()
    codes, factors, scenarios = stored.pop(STATUS), stored.pop(INPUTS), stored.pop(SCENARIO)
    about = factors.attrs.get("factors", [{}] * len(layout.factors))
    inputs = {
        f"input: {label}": _pick(factors, number, about[number])
        for number, label in enumerate(layout.factors)
    }
    attrs = {name: value for name, value in raw.attrs.items() if name not in _OURS}
    data = xr.Dataset({**inputs, **stored}, attrs=attrs)
    return data.assign_coords(
        {
            "member": (
                "member",
                pd.RangeIndex(layout.members),
                {"long_name": "place in the design"},
            ),
            "time": ("time", np.asarray(layout.times), {"long_name": "saved time"}),
            **{dim: (dim, np.asarray(found, dtype=np.str_)) for dim, found in _used(layout)},
            "scenario": _decode(scenarios, lambda found: _name(layout, found)),
            "status": _decode(codes, lambda found: _explain(layout, journal, found)),
        }
    )


def _used(layout: StudyLayout) -> list[tuple[str, tuple[str, ...]]]:
    dims = dict.fromkeys(dim for array in layout.arrays for dim in array.dims)
    return [(dim, layout.elements[dim]) for dim in dims if dim in layout.elements]


def _pick(factors: xr.Variable, number: int, about: Mapping[str, Any]) -> xr.Variable:
    picked = factors.isel(factor=number)
    picked.attrs = {"kind": "input", **about}
    return picked


def _name(layout: StudyLayout, found: NDArray[Any]) -> NDArray[np.object_]:
    names: NDArray[np.object_] = np.asarray([*layout.scenarios, ""], dtype=object)
    return names[found]


def _explain(layout: StudyLayout, journal: Journal, found: NDArray[Any]) -> NDArray[np.object_]:
    """Reasons (member,) of codes; what the engine said of single members stands in the journal."""
    codes, places = np.unique(found, return_inverse=True)
    words = np.asarray([explain_status(layout, int(code)) for code in codes] or [""], dtype=object)
    explained: NDArray[np.object_] = words[places.reshape(found.shape)]
    return explained


class _Words(BackendArray):
    """Words for codes that are read when they are asked for."""

    def __init__(self, codes: xr.Variable, decode: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
        self.codes, self.decode = codes, decode
        self.shape, self.dtype = codes.shape, np.dtype(object)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        """Words of some members."""
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._read
        )

    def _read(self, key: tuple[Any, ...]) -> NDArray[Any]:
        return self.decode(np.asarray(self.codes[key].values))


def _decode(codes: xr.Variable, decode: Callable[[NDArray[Any]], NDArray[Any]]) -> xr.Variable:
    lazy = indexing.LazilyIndexedArray(_Words(codes, decode))
    return xr.Variable(codes.dims, lazy, codes.attrs)
