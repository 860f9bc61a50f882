"""Make a `Model` of what the translator found: shapes, kinds, values, places."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from haihe.errors import InputError, Location, raise_all
from haihe.model.external import read_constant, read_series, resolve_data
from haihe.model.mend import mend
from haihe.model.names import check_names, definitions_by_name
from haihe.model.scan import SKETCH, Definition
from haihe.model.shape import Shape, mask_of, shape_of
from haihe.model.translate import Translation, subscript_manager
from haihe.model.tree import (
    evaluate,
    kind_of,
    references,
    walk,
)
from haihe.model.types import (
    Dimension,
    FloatArray,
    Kind,
    Model,
    Points,
    TimeAxis,
    Variable,
    canonical_name,
)
from haihe.project import show_path
from haihe.text import Text

_CLOCK = ("initial time", "final time", "time step", "saveper")


def assemble(translation: Translation) -> Model:
    """Make a model of a translated file.

    Raises
    ------
    InputErrors
        Where names do not fit, values are missing, or data files cannot be read.
    """
    path, file = translation.path, show_path(translation.path)
    abstract = mend(translation, file)
    raise_all(check_names(abstract, translation.definitions, translation.functions, file))
    main = abstract.sections[0]
    manager = subscript_manager(main, path.parent)
    places = definitions_by_name(translation.definitions[0])
    flows = _flow_names(main)
    errors: list[InputError] = []
    variables: dict[str, Variable] = {}
    for element in main.elements:
        try:
            found = places[canonical_name(element.name)]
            variable = _variable(element, found, manager, flows, path.parent, file)
        except InputError as error:
            errors.append(error)
        else:
            variables[variable.name] = variable
    raise_all(errors)
    time = replace(_time_axis(main, variables, file), method=translation.method)
    files = _data_files(translation.abstract)
    dimensions = {
        name: Dimension(name, tuple(elements)) for name, elements in manager.subscripts.items()
    }
    return Model(
        name=path.stem,
        path=path,
        digest=hash_model(path, files),
        time=time,
        dimensions=dimensions,
        variables=variables,
        abstract=abstract,
        data_files=files,
    )


def _flow_names(section: Any) -> set[str]:
    """Variables that stand in a rate of change by themselves, as a sum's term."""
    found: set[str] = set()
    for element in section.elements:
        for component in element.components:
            if kind_of(component.ast) == "IntegStructure":
                found |= {canonical_name(name) for name, _ in _terms(component.ast.flow)}
    return found


def _terms(node: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    if kind_of(node) == "ReferenceStructure":
        yield from references(node)
    elif kind_of(node) == "ArithmeticStructure" and set(node.operators) <= {"+", "-", "negative"}:
        for part in node.arguments:
            yield from _terms(part)


def _variable(
    element: Any,
    places: list[Definition],
    manager: Any,
    flows: set[str],
    folder: Path,
    file: str,
) -> Variable:
    name = element.name.strip('"')
    where = Location(file, places[0].line)
    shape = shape_of(element, manager, where)
    kind = _kind_of_element(element, flows)
    _read_tables(element, shape, folder, [Location(file, place.line) for place in places])
    default = None
    if kind is Kind.CONSTANT:
        lines = [Location(file, place.line) for place in places]
        default = _default(element, shape, folder, lines)
    return Variable(
        name=name,
        kind=kind,
        dims=shape.dims,
        units=_last([place.units for place in places]),
        doc=_last([place.doc for place in places]),
        limits=_last([p.limits for p in places if p.limits != (None, None)]) or (None, None),
        group=places[0].group,
        location=where,
        equation=places[0].right if len(places) == 1 else "\n".join(p.equation for p in places),
        default=default,
        points=_points(element, shape, folder, where) if kind is Kind.LOOKUP else None,
    )


def _last(values: list[Any]) -> Any:
    """The last that says something, as the translator merges them."""
    said = [value for value in values if value]
    return said[-1] if said else (values[-1] if values else None)


def _kind_of_element(element: Any, flows: set[str]) -> Kind:
    kinds = {kind_of(component) for component in element.components}
    trees = [component.ast for component in element.components]
    if "AbstractData" in kinds:
        return Kind.DATA
    if "AbstractLookup" in kinds:
        return Kind.LOOKUP
    if any(kind_of(tree) == "IntegStructure" for tree in trees):
        return Kind.STOCK
    if all(_is_constant(tree) for tree in trees):
        return Kind.CONSTANT
    return Kind.FLOW if canonical_name(element.name) in flows else Kind.AUXILIARY


def _is_constant(tree: Any) -> bool:
    if isinstance(tree, np.ndarray) or kind_of(tree) == "GetConstantsStructure":
        return True
    return evaluate(tree) is not None


def _default(element: Any, shape: Shape, folder: Path, lines: list[Location]) -> FloatArray:
    values = np.zeros(shape.lengths, dtype=np.float64)
    for number, component in enumerate(element.components):
        where = lines[min(number, len(lines) - 1)]
        block = tuple(len(axis) for axis in shape.blocks[number])
        part = _constant_value(component.ast, block, element.name, folder, where)
        whole = np.zeros(shape.lengths, dtype=np.float64)
        whole[np.ix_(*shape.blocks[number])] = part
        mask = mask_of(shape, number)
        values[mask] = whole[mask]
    values.setflags(write=False)
    return values


def _constant_value(
    tree: Any, block: tuple[int, ...], name: str, folder: Path, where: Location
) -> FloatArray:
    if kind_of(tree) == "GetConstantsStructure":
        return read_constant(folder, tree.file, tree.tab, tree.cell, block, where)
    if isinstance(tree, np.ndarray):
        if tree.size != int(np.prod(block)):
            raise InputError(
                Text(f"{name} 有 {tree.size} 个值", f"{name} has {tree.size} values"),
                where,
                Text(f"{int(np.prod(block))} 个", f"{int(np.prod(block))} of them"),
            )
        return tree.reshape(block)
    return np.full(block, evaluate(tree), dtype=np.float64)


def _read_tables(element: Any, shape: Shape, folder: Path, lines: list[Location]) -> None:
    """Read every series once, so that a table that is wrong is known before anything runs."""
    for number, component in enumerate(element.components):
        node = component.ast
        if kind_of(node) in {"GetLookupsStructure", "GetDataStructure"}:
            place = node.x_row_or_col if hasattr(node, "x_row_or_col") else node.time_row_or_col
            block = tuple(len(axis) for axis in shape.blocks[number])
            where = lines[min(number, len(lines) - 1)]
            read_series(folder, node.file, node.tab, place, node.cell, block, "raw", where)


def _points(element: Any, shape: Shape, folder: Path, where: Location) -> Points | None:
    if shape.dims or len(element.components) != 1:
        return None
    tree = element.components[0].ast
    if kind_of(tree) == "GetLookupsStructure":
        x, y = read_series(
            folder, tree.file, tree.tab, tree.x_row_or_col, tree.cell, (), "interpolate", where
        )
        return Points(tuple(x.tolist()), tuple(y.tolist()))
    if tree.type != "interpolate":
        return None
    return Points(tuple(tree.x), tuple(tree.y))


def _time_axis(section: Any, variables: Mapping[str, Variable], file: str) -> TimeAxis:
    """Start, stop and steps of the model.

    Raises
    ------
    InputError
        Where one is missing, depends on more than constants, or does not fit the others.
    """
    trees = {canonical_name(e.name): e.components[0].ast for e in section.elements}
    values: dict[str, float] = {}

    def known(name: str, depth: int = 0) -> float | None:
        tree = trees.get(canonical_name(name))
        if tree is None or depth > len(_CLOCK):
            return None
        return evaluate(tree, lambda inner: known(inner, depth + 1))

    by_name = {canonical_name(name): variable for name, variable in variables.items()}
    for name in _CLOCK:
        where = by_name[name].location if name in by_name else Location(file)
        if name not in trees:
            raise InputError(
                Text(f"模型没有 {name.upper()}", f"the model has no {name.upper()}"),
                where,
                Text(f"{name.upper()} = 一个数", f"{name.upper()} = a number"),
            )
        value = evaluate(trees[name], known)
        if value is None or not np.isfinite(value):
            raise InputError(
                Text(f"{name.upper()} 不是常数", f"{name.upper()} is no constant"),
                where,
                Text("一个数，或若干数之和", "a number or a sum of numbers"),
            )
        values[name] = value
    units = by_name["time step"].units or by_name["final time"].units
    return TimeAxis(
        values["initial time"],
        values["final time"],
        values["time step"],
        values["saveper"],
        units or "Year",
    )


def check_unchanged(model: Model) -> None:
    """Make sure that the files of a model still are what it was read from.

    Raises
    ------
    InputError
        Where one was changed: parts of a model that are read at different times do not fit.
    """
    if hash_model(model.path, model.data_files) != model.digest:
        raise InputError(
            Text(
                f"读取模型之后，{show_path(model.path)} 或其数据有改动",
                f"{show_path(model.path)} or its data changed after the model was read",
            ),
            None,
            Text("重新读取的模型", "a model that is read again"),
        )


def hash_model(path: Path, data_files: tuple[str, ...]) -> str:
    """SHA-256 over a model and its data files, line ends as on Unix.

    The sketch of a Vensim file does not count: how a model is drawn changes nothing that it says.
    """
    digest = hashlib.sha256(_without_sketch(_unix(path), path.suffix))
    for name in data_files:
        digest.update(b"\0" + name.encode() + b"\0" + _unix(resolve_data(path.parent, name)))
    return digest.hexdigest()


def _data_files(abstract: Any) -> tuple[str, ...]:
    """Names of the files that equations and dimensions read, in order."""
    names = {
        node.file.replace("\\", "/")
        for node in walk([section.elements for section in abstract.sections])
        if kind_of(node).startswith("Get")
    }
    ranges = [part.subscripts for section in abstract.sections for part in section.subscripts]
    names |= {part["file"].replace("\\", "/") for part in ranges if isinstance(part, dict)}
    return tuple(sorted(names))


def _without_sketch(raw: bytes, suffix: str) -> bytes:
    """A Vensim file up to its sketch, which ends as a file without one does."""
    equations, marker, _ = raw.partition(SKETCH.encode())
    return equations.rstrip(b"\n") + b"\n" if marker and suffix.lower() == ".mdl" else raw


def _unix(path: Path) -> bytes:
    raw = path.read_bytes()
    return raw.replace(b"\r\n", b"\n") if path.suffix.lower() not in {".xlsx", ".xlsm"} else raw
