"""A model that was read, kept on disk, so that the next reading takes a fraction of the time.

An entry is data: two lines of JSON, the model without the translator's tree and the tree. A tree is
made of dataclasses, written as a list of the name of the class and its fields, and rebuilt from
PySD's classes of these names and no others; numbers come back to the last bit. Nothing that stands
in an entry is executed.

The first line is read at once, the tree when somebody asks for it: whoever only wants names, units
and limits does not wait for PySD to be imported.

The name of an entry is the hash of the model's text, its place, this package's own sources and
PySD's version; the data files are held against the digest that the entry carries.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from haihe.cache import cache_root, read_entry, write_entry
from haihe.errors import InputError, InputErrors, Location
from haihe.model.types import (
    Dimension,
    FloatArray,
    Kind,
    Model,
    Points,
    TimeAxis,
    Variable,
)
from haihe.project import show_path
from haihe.text import Text

FOLDER = "models"
FORMAT = "haihe-model-1"
_TREES = "pysd.translators.structures."
_LIST, _TUPLE, _DICT, _ARRAY, _PATH = "[", "(", "{", "#", "/"


class Unfit(Exception):
    """A value that an entry cannot hold, or an entry that says nothing sensible."""


def read_through(path: Path, read: Callable[[Path], Model]) -> Model:
    """The model of a file: as it was read before, else as `read` reads it now.

    Raises
    ------
    InputErrors
        Where `read` does.
    """
    key = _key_of(path)
    model = _recall(path, key) if key else None
    if model is not None:
        return model
    model = read(path)
    if key and _key_of(path) == key:
        # Else the file changed while it was read.
        _keep(model, key)
    return model


def _recall(path: Path, key: str) -> Model | None:
    """The model of an entry; None where there is none that can be used."""
    try:
        content = read_entry(FOLDER, key)
        if content is None:
            return None
        head, tree = content.split(b"\n", 1)
        return _thaw(path, json.loads(head), tree)
    except (OSError, ValueError, TypeError, KeyError, IndexError, RecursionError, Unfit):
        return None
    except (InputError, InputErrors):
        # A data file has gone or has changed into something else; reading says what is wrong.
        return None


def _keep(model: Model, key: str) -> None:
    try:
        head = json.dumps(_freeze(model), ensure_ascii=False, separators=(",", ":"))
        tree = json.dumps(freeze_tree(model.abstract), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError, Unfit):
        return  # A model that no entry can hold is read again each time.
    write_entry(FOLDER, key, f"{head}\n{tree}".encode())


def _key_of(path: Path) -> str:
    """Name of the entry of a file; empty where nothing is kept, or where it cannot be read."""
    if cache_root() is None:
        return ""
    try:
        text = path.read_bytes()
        places = (str(path), str(path.resolve()), show_path(path))
        digest = hashlib.sha256("\0".join((FORMAT, digest_readers(), *places, "")).encode())
    except (OSError, ValueError):
        return ""
    digest.update(text)
    return digest.hexdigest()


@functools.cache
def digest_readers() -> str:
    """Hash over all that reads models: a reader that is changed does not find its old work."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    # The version is read where it stands: importing PySD takes longer than everything here.
    spec = importlib.util.find_spec("pysd")
    if spec is not None and spec.origin:
        digest.update((Path(spec.origin).parent / "_version.py").read_bytes())
    return digest.hexdigest()


# --- the model without the tree -----------------------------------------------------------------


def _freeze(model: Model) -> dict[str, Any]:
    time = model.time
    return {
        "name": model.name,
        "digest": model.digest,
        "time": [time.start, time.stop, time.step, time.save_step, time.units, time.method],
        "dimensions": [[d.name, list(d.elements)] for d in model.dimensions.values()],
        "variables": [_freeze_variable(v) for v in model.variables.values()],
        "data": list(model.data_files),
    }


def _freeze_variable(variable: Variable) -> list[Any]:
    where, points, default = variable.location, variable.points, variable.default
    return [
        variable.name,
        variable.kind.value,
        list(variable.dims),
        variable.units,
        variable.doc,
        list(variable.limits),
        variable.group,
        [where.file, where.line, where.column],
        variable.equation,
        None if default is None else [list(default.shape), default.ravel().tolist()],
        None if points is None else [list(points.x), list(points.y)],
    ]


def _thaw(path: Path, head: Mapping[str, Any], tree: bytes) -> Model | None:
    from haihe.model.assemble import hash_model

    files = tuple(head["data"])
    if hash_model(path, files) != head["digest"]:
        return None
    variables = [_thaw_variable(values) for values in head["variables"]]
    return StoredModel(
        name=head["name"],
        path=path,
        digest=head["digest"],
        time=TimeAxis(*head["time"]),
        dimensions={name: Dimension(name, tuple(parts)) for name, parts in head["dimensions"]},
        variables={variable.name: variable for variable in variables},
        abstract=tree,
        data_files=files,
    )


def _thaw_variable(values: list[Any]) -> Variable:
    name, kind, dims, units, doc, limits, group, where, equation, default, points = values
    low, high = limits
    return Variable(
        name=name,
        kind=Kind(kind),
        dims=tuple(dims),
        units=units,
        doc=doc,
        limits=(low, high),
        group=group,
        location=Location(*where),
        equation=equation,
        default=None if default is None else _thaw_array(*default),
        points=None if points is None else Points(tuple(points[0]), tuple(points[1])),
    )


def _thaw_array(shape: list[int], values: list[float]) -> FloatArray:
    array = np.array(values, dtype=np.float64).reshape(shape)
    array.setflags(write=False)
    return array


class StoredModel(Model):
    """A model from the cache: its tree is rebuilt when it is asked for."""

    __slots__ = ("_tree",)
    _tree: Any

    @property
    def abstract(self) -> Any:
        """PySD's AbstractModel, mended."""
        if isinstance(self._tree, bytes):
            object.__setattr__(self, "_tree", _thaw_or_read(self.path, self.digest, self._tree))
        return self._tree

    @abstract.setter
    def abstract(self, tree: Any) -> None:
        object.__setattr__(self, "_tree", tree)


def _thaw_or_read(path: Path, digest: str, tree: bytes) -> Any:
    try:
        return thaw_tree(json.loads(tree))
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, Unfit):
        from haihe.model.assemble import assemble
        from haihe.model.translate import translate

        model = assemble(translate(path))
        if model.digest != digest:
            raise InputError(
                Text(
                    f"读取模型之后，{show_path(path)} 或其数据有改动",
                    f"{show_path(path)} or its data changed after the model was read",
                ),
                None,
                Text("重新读取的模型", "a model that is read again"),
            ) from None
        return model.abstract


# --- the tree -----------------------------------------------------------------------------------


def freeze_tree(node: Any) -> Any:
    """A tree as JSON holds it.

    Raises
    ------
    Unfit
        Where it holds anything but PySD's structures, texts, numbers and tables.
    """
    if node is None or type(node) in (str, float, int, bool):
        return node
    if type(node) in (list, tuple):
        mark = _LIST if type(node) is list else _TUPLE
        return [mark, *(freeze_tree(part) for part in node)]
    if type(node) is dict:
        return [_DICT, *([freeze_tree(k), freeze_tree(v)] for k, v in node.items())]
    if type(node) is np.ndarray and node.dtype == np.float64:
        return [_ARRAY, list(node.shape), node.ravel().tolist()]
    if isinstance(node, os.PathLike):
        return [_PATH, str(node)]
    if is_dataclass(node) and type(node).__module__.startswith(_TREES):
        values = (freeze_tree(getattr(node, field.name)) for field in fields(node))
        return [type(node).__name__, *values]
    raise Unfit(f"a {type(node).__name__} in the tree of a model")


def thaw_tree(data: Any) -> Any:
    """The tree that was frozen.

    Raises
    ------
    Unfit, ValueError, TypeError, KeyError, IndexError
        Where `data` is no frozen tree.
    """
    from haihe.model.translate import tree_classes

    classes = tree_classes()
    tree = _thaw_node(data, classes)
    if type(tree) is not classes["AbstractModel"]:
        raise Unfit("no tree of a model")
    return tree


def _thaw_node(data: Any, classes: Mapping[str, type]) -> Any:
    if isinstance(data, dict):
        raise Unfit("a tree holds no objects")
    if not isinstance(data, list):
        return data
    mark, *parts = data
    if mark == _ARRAY:
        shape, values = parts
        return np.array(values, dtype=np.float64).reshape(shape)
    if mark == _PATH:
        return Path(parts[0])
    if mark == _DICT:
        return {_thaw_node(k, classes): _thaw_node(v, classes) for k, v in parts}
    values = [_thaw_node(part, classes) for part in parts]
    if mark == _LIST:
        return values
    if mark == _TUPLE:
        return tuple(values)
    kind = classes.get(mark)
    if kind is None or len(fields(kind)) != len(values):
        raise Unfit(f"{mark} is no structure of {len(values)} fields")
    return kind(*values)
