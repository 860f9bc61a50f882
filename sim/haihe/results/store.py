"""Write and read results as a Zarr 3 store in which every chunk carries its checksum.

A store is written beside its place and moved there whole, so a reader never sees half of one. A
folder that is no store of ours is never touched. Reading holds the numbers against the content
hash: a flipped bit fails its checksum, and a lost chunk, which Zarr reads as empty, fails the hash.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from haihe.errors import InputError, cannot_write
from haihe.project import show_path
from haihe.results.array_names import encode_name
from haihe.results.dataset import FORMAT, hash_content, validate_results
from haihe.text import Text, Words

HASH = "content_sha256"
"""Global attr that holds the content hash."""

ORDER = "variables"
"""Global attr that holds the variables in order; a folder has none."""

SYNCED = 16
"""Files that are brought to the disk at a time."""


def write_results(dataset: xr.Dataset, path: str | Path) -> Path:
    """Write results to a store; an older store of ours in its place is replaced.

    Raises
    ------
    InputErrors
        Where the Dataset does not have the written layout.
    InputError
        Where something else than results lies at `path`.
    EnvironmentFault
        Where the disk says no.
    """
    path = Path(path)
    validate_results(dataset)
    _refuse_others(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise cannot_write(show_path(path), error) from None
    try:
        _write(dataset, part / "new")
        _sync(part / "new")
        if path.exists():
            path.rename(part / "old")
        (part / "new").rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        if not path.exists() and (part / "old").exists():
            (part / "old").rename(path)
        raise cannot_write(show_path(path), error) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return path


def open_results(path: str | Path, verify: bool = True) -> xr.Dataset:
    """Read results into memory.

    Raises
    ------
    InputError
        Where there are none, or (with `verify`) where they are not what was written.
    """
    path = Path(path)
    if not is_results(path):
        shown = show_path(path)
        problem = (
            Text(f"{shown} 中没有结果", f"{shown} holds no results")
            if path.exists()
            else Text(f"{shown} 不存在", f"{shown} does not exist")
        )
        raise InputError(problem, None, Text("haihe 写出的结果", "a store that haihe wrote"))
    try:
        with _quiet(), xr.open_zarr(path, consolidated=False) as lazy:
            dataset = _decode(lazy.load())
    except Exception as error:  # checksums, codecs, missing metadata: all of them are damage
        raise _damaged(path, str(error).splitlines()[0][:160]) from error
    if verify and hash_content(dataset) != dataset.attrs.get(HASH):
        raise _damaged(
            path,
            Text(
                "数值与随之写入的校验值不符",
                "its numbers do not have the hash that was written with them",
            ),
        )
    return dataset


def is_results(path: Path) -> bool:
    """Is there a store at `path` that haihe wrote?"""
    try:
        content = json.loads((path / "zarr.json").read_text(encoding="utf-8"))
        return str(content["attributes"]["format"]) == FORMAT
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write(dataset: xr.Dataset, place: Path) -> None:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    order = json.dumps([str(name) for name in dataset.data_vars], ensure_ascii=False)
    stored = dataset.assign_attrs({HASH: hash_content(dataset), ORDER: order})
    encoding: dict[str, Any] = {}
    renamed = {name: encode_name(str(name)) for name in [*stored.data_vars, *stored.dims]}
    stored = stored.rename({old: new for old, new in renamed.items() if old != new})
    for old, new in renamed.items():
        stored[new].attrs["name"] = str(old)
    for name, array in stored.variables.items():
        encoding[str(name)] = {"compressors": [ZstdCodec(level=3), Crc32cCodec()]}
        if "member" in array.dims and array.dtype == np.float64:
            encoding[str(name)]["chunks"] = (1, *array.shape[1:])
        array.encoding.clear()
    with _quiet():
        stored.to_zarr(place, mode="w-", zarr_format=3, consolidated=False, encoding=encoding)


def _decode(dataset: xr.Dataset) -> xr.Dataset:
    names = {name: array.attrs.pop("name", str(name)) for name, array in dataset.variables.items()}
    for variable in dataset.variables.values():
        variable.encoding.clear()
    dataset = dataset.rename({old: new for old, new in names.items() if old != new})
    texts = {n: c.astype(np.str_) for n, c in dataset.coords.items() if c.dtype.kind in "OTSU"}
    order = json.loads(dataset.attrs.pop(ORDER, "[]"))
    return dataset.assign_coords(texts)[order] if order else dataset.assign_coords(texts)


def _refuse_others(path: Path) -> None:
    if path.is_symlink() or (path.exists() and not is_results(path)):
        raise InputError(
            Text(
                f"{show_path(path)} 已存在且不是结果存储，未作改动",
                f"{show_path(path)} exists and is no store of results; it is left alone",
            ),
            None,
            Text("别的路径，或空的位置", "another path, or an empty place"),
        )


def _sync(place: Path) -> None:
    """Bring everything below a folder to the disk, many at a time: a disk takes them together."""
    found = list(os.walk(place))
    with ThreadPoolExecutor(SYNCED) as pool:
        # What one of them raises comes out of the list.
        list(
            pool.map(_sync_file, (Path(root) / name for root, _, names in found for name in names))
        )
        list(pool.map(_sync_folder, (Path(root) for root, _, _ in found)))


def _sync_file(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _damaged(path: Path, reason: Words) -> InputError:
    problem = Text("{path} 已损坏：{reason}", "{path} is damaged: {reason}")
    return InputError(problem.fill(path=show_path(path), reason=reason))


def _quiet() -> warnings.catch_warnings:
    """Strings in Zarr 3 are an extension whose warning says nothing about our numbers."""
    return warnings.catch_warnings(action="ignore")
