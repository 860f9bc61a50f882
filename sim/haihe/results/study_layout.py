"""What lies where in the store of a study.

A store is a Zarr 3 group that any reader of Zarr opens. Every array has members as its first
dimension and is cut into blocks of members only, so a block is one chunk of each array and no two
writers share a file. Chunks are compressed (Blosc, LZ4, bytes shuffled) and carry a CRC-32C.

Besides the outcomes there are three arrays: `member inputs` (member, factor), what each member was
given; `member scenario`, which scenario it is of; `member status`, 0 or what went wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haihe.results.array_names import encode_name

FORMAT = "haihe study 1"
INPUTS, SCENARIO, STATUS = "member inputs", "member scenario", "member status"
DIED, REFUSED, NOT_RUN = -1, -2, -3
"""Status of a member whose worker died, of one that the engine would not run, and what a reader
sees where a block is missing."""

_LEVEL = 5
"""Of LZ4. Measured on a block of the Tianjin model (`python -m benchmarks.studies --codecs`)."""


@dataclass(frozen=True, slots=True)
class StudyArray:
    """One array of a store."""

    name: str
    dtype: str
    """"float32", "float64" or "int32"."""
    dims: tuple[str, ...] = ()
    """Behind `member`."""
    shape: tuple[int, ...] = ()
    """Lengths of `dims`."""
    attrs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StudyLayout:
    """Everything of a store but its numbers."""

    members: int
    block: int
    """Members of a chunk."""
    arrays: tuple[StudyArray, ...]
    times: tuple[float, ...]
    elements: Mapping[str, tuple[str, ...]]
    """Names of the elements of each dimension of the model."""
    factors: tuple[str, ...]
    scenarios: tuple[str, ...]
    checked: tuple[str, ...]
    """Variables that a member's status speaks of, by their place."""
    attrs: Mapping[str, Any]
    """Global attributes."""

    @property
    def blocks(self) -> int:
        """How many there are."""
        return -(-self.members // self.block)

    def range_of(self, block: int) -> tuple[int, int]:
        """First member of a block, and the one behind its last."""
        return block * self.block, min((block + 1) * self.block, self.members)


@dataclass(frozen=True, slots=True)
class EncodedBlock:
    """A block as it will lie on disk."""

    start: int
    stop: int
    chunks: Mapping[str, bytes]
    """By array."""
    failed: int
    notes: Mapping[int, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    """What took how long [s of CPU], by what."""


def explain_status(layout: StudyLayout, code: int, note: str = "") -> str:
    """What went wrong with a member: "" where nothing did."""
    if code > 0:
        variable, time = divmod(code - 1, len(layout.times))
        return f"{layout.checked[variable]} is not finite from {layout.times[time]:g} on"
    words = {0: "", DIED: "the worker that ran it died", NOT_RUN: "it was not run"}
    return words.get(code, f"the engine refused it: {note}" if note else "the engine refused it")


def bytes_per_member(layout: StudyLayout) -> int:
    """Bytes of a member before compression."""
    return sum(np.dtype(a.dtype).itemsize * int(np.prod(a.shape)) for a in layout.arrays)


def folder_of(array: StudyArray) -> str:
    """Folder of an array in the store."""
    return encode_name(array.name)


def chunk_file(array: StudyArray, block: int) -> str:
    """File of a block in the folder of an array."""
    return ".".join(["c", str(block), *("0" for _ in array.shape)])


def encode_chunk(array: StudyArray, values: NDArray[Any], block: int) -> bytes:
    """A block of an array as it will lie on disk.

    Parameters
    ----------
    values
        (member, *shape); fewer members than `block` are filled up, as Zarr asks.
    """
    import google_crc32c

    rows = np.zeros((block, *array.shape), f"<{np.dtype(array.dtype).str[1:]}")
    rows[: len(values)] = values
    packed: bytes = _codec().encode(rows)
    return packed + int(google_crc32c.value(packed)).to_bytes(4, "little")


def decode_chunk(array: StudyArray, content: bytes, block: int) -> NDArray[Any]:
    """Values (member, *shape) of a chunk, with those that only fill it up.

    Raises
    ------
    ValueError
        Where the checksum does not fit.
    """
    import google_crc32c

    packed = content[:-4]
    if int(google_crc32c.value(packed)).to_bytes(4, "little") != content[-4:]:
        raise ValueError("its checksum does not fit")
    dtype = f"<{np.dtype(array.dtype).str[1:]}"
    rows: NDArray[Any] = np.frombuffer(_codec().decode(packed), dtype)
    return rows.reshape(block, *array.shape)


def _codec() -> Any:
    import numcodecs.blosc

    numcodecs.blosc.use_threads = False  # blocks are encoded side by side already
    return numcodecs.blosc.Blosc(cname="lz4", clevel=_LEVEL, shuffle=numcodecs.blosc.SHUFFLE)


# --- metadata -----------------------------------------------------------------------------------


def describe_files(layout: StudyLayout) -> dict[str, bytes]:
    """Metadata files of a store that is not sealed, by their path in it."""
    files = {"zarr.json": describe_root(layout)}
    for array in layout.arrays:
        files[f"{folder_of(array)}/zarr.json"] = _describe_array(layout, array)
    times = np.asarray(layout.times, dtype="<f8")
    files["time/zarr.json"] = _as_json(
        _array_metadata((len(times),), (len(times),), "float64", ("time",), {"name": "time"}, [])
    )
    files["time/c.0"] = times.tobytes()
    return files


def describe_root(layout: StudyLayout, content_hash: str = "") -> bytes:
    """Metadata of the whole store; with its content hash where it is sealed."""
    attributes = {
        **layout.attrs,
        "format": FORMAT,
        "members": layout.members,
        "block": layout.block,
        "arrays": [array.name for array in layout.arrays],
        "times": list(layout.times),
        "elements": {name: list(found) for name, found in layout.elements.items()},
        "factors": list(layout.factors),
        "scenarios": list(layout.scenarios),
        "checked": list(layout.checked),
        "content_hash": content_hash,
    }
    return _as_json({"zarr_format": 3, "node_type": "group", "attributes": attributes})


def read_layout(files: Mapping[str, bytes]) -> StudyLayout:
    """Layout of the metadata files of a store (what `describe_files` made of it).

    Raises
    ------
    KeyError, ValueError, TypeError
        Where they are not ours.
    """
    attributes = dict(json.loads(files["zarr.json"])["attributes"])
    if attributes.pop("format") != FORMAT:
        raise ValueError("another format")
    names = attributes.pop("arrays")
    attributes.pop("content_hash")
    elements = {name: tuple(found) for name, found in attributes.pop("elements").items()}
    layout = StudyLayout(
        members=attributes.pop("members"),
        block=attributes.pop("block"),
        arrays=(),
        times=tuple(attributes.pop("times")),
        elements=elements,
        factors=tuple(attributes.pop("factors")),
        scenarios=tuple(attributes.pop("scenarios")),
        checked=tuple(attributes.pop("checked")),
        attrs=attributes,
    )
    arrays = [_read_array(json.loads(files[f"{encode_name(name)}/zarr.json"])) for name in names]
    return replace(layout, arrays=tuple(arrays))


def _describe_array(layout: StudyLayout, array: StudyArray) -> bytes:
    codec = _codec()
    compressors: list[Mapping[str, Any]] = [
        {
            "name": "blosc",
            "configuration": {
                "typesize": np.dtype(array.dtype).itemsize,
                "cname": codec.cname,
                "clevel": codec.clevel,
                "shuffle": "shuffle",
                "blocksize": 0,
            },
        },
        {"name": "crc32c"},
    ]
    return _as_json(
        _array_metadata(
            (layout.members, *array.shape),
            (layout.block, *array.shape),
            array.dtype,
            ("member", *array.dims),
            {"name": array.name, **array.attrs},
            compressors,
        )
    )


def _array_metadata(
    shape: Sequence[int],
    chunks: Sequence[int],
    dtype: str,
    dims: Sequence[str],
    attrs: Mapping[str, Any],
    compressors: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunks)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "fill_value": "NaN" if dtype.startswith("float") else NOT_RUN,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, *compressors],
        "attributes": dict(attrs),
        "dimension_names": list(dims),
        "storage_transformers": [],
    }


def _read_array(metadata: Mapping[str, Any]) -> StudyArray:
    attrs = dict(metadata["attributes"])
    return StudyArray(
        name=attrs.pop("name"),
        dtype=metadata["data_type"],
        dims=tuple(metadata["dimension_names"][1:]),
        shape=tuple(metadata["shape"][1:]),
        attrs=attrs,
    )


def _as_json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
