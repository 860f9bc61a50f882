"""A study's store as a Dataset that reads nothing before it is asked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
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

Decode = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]
"""Words of codes of members."""

_OURS = ("members", "block", "arrays", "times", "elements", "factors", "scenarios", "checked")


def open_dataset(path: Path, layout: StudyLayout, journal: Journal) -> xr.Dataset:
    """The Dataset of `haihe.results.study_store.open_study`."""
    with warnings.catch_warnings(action="ignore"):  # the journal is no array, and need not be
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
    found = data.assign_coords(
        {
            "member": (
                "member",
                pd.RangeIndex(layout.members),
                {"long_name": "place in the design"},
            ),
            "time": ("time", np.asarray(layout.times), {"long_name": "saved time"}),
            **{dim: (dim, np.asarray(found, dtype=np.str_)) for dim, found in _used(layout)},
            "scenario": _decode(scenarios, _name(layout)),
            "status": _decode(codes, _explain(layout, journal)),
        }
    )
    found.encoding["source"] = str(path)  # where `read_member_inputs` finds the whole table
    return found


def read_member_inputs(
    study: xr.Dataset, labels: Sequence[str], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Inputs of members of an opened store (row, label), each block decoded once for all.

    Parameters
    ----------
    rows
        Places in the Dataset, which may be a part of the store.
    """
    source = study.encoding.get("source")
    if source is None:
        columns = [study[f"input: {label}"].to_numpy()[rows] for label in labels]
        return np.stack([np.asarray(column, dtype=float) for column in columns], axis=1)
    import zarr

    group = zarr.open_group(source, mode="r")
    table: Any = group[encode_name(INPUTS)]
    known: list[str] = list(group.attrs["factors"])  # type: ignore[arg-type]
    places = [known.index(label) for label in labels]
    members = np.asarray(study["member"].values)[rows]
    values = np.empty((len(rows), len(labels)))
    block = int(table.chunks[0])
    for start in np.unique(members // block) * block:
        here = np.flatnonzero((members >= start) & (members < start + block))
        part = table[int(start) : int(start) + block]
        values[here] = part[members[here] - start][:, places]
    return values


def _used(layout: StudyLayout) -> list[tuple[str, tuple[str, ...]]]:
    dims = dict.fromkeys(dim for array in layout.arrays for dim in array.dims)
    return [(dim, layout.elements[dim]) for dim in dims if dim in layout.elements]


def _pick(factors: xr.Variable, number: int, about: Mapping[str, Any]) -> xr.Variable:
    picked = factors.isel(factor=number)
    picked.attrs = {"kind": "input", **about}
    return picked


def _name(layout: StudyLayout) -> Decode:
    names: NDArray[np.object_] = np.asarray([*layout.scenarios, ""], dtype=object)
    # A member that was not run has no code yet, and so no name.
    return lambda codes, members: names[np.where(codes < 0, len(layout.scenarios), codes)]


def _explain(layout: StudyLayout, journal: Journal) -> Decode:
    """Reasons of codes; what the engine said of single members stands in the journal."""
    notes = {int(m): note for block in journal.blocks.values() for m, note in block.notes.items()}

    def explain(codes: NDArray[Any], members: NDArray[Any]) -> NDArray[np.object_]:
        words = np.full(np.shape(codes), "", dtype=object)
        for place in np.flatnonzero(codes):
            member = int(members.flat[place])
            words.flat[place] = explain_status(layout, codes.flat[place], notes.get(member, ""))
        return words

    return explain


class _Words(BackendArray):
    """Words for codes that are read when they are asked for."""

    def __init__(self, codes: xr.Variable, decode: Decode) -> None:
        self.codes, self.decode = codes, decode
        self.shape, self.dtype = codes.shape, np.dtype(object)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        """Words of some members."""
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._read
        )

    def _read(self, key: tuple[Any, ...]) -> NDArray[Any]:
        members = np.asarray(pd.RangeIndex(self.shape[0])[key[0]])
        return self.decode(np.asarray(self.codes[key].values), members)


def _decode(codes: xr.Variable, decode: Decode) -> xr.Variable:
    lazy = indexing.LazilyIndexedArray(_Words(codes, decode))
    return xr.Variable(codes.dims, lazy, codes.attrs)
