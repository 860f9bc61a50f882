"""Read `calibration.yaml` and hold it against its model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from haihe.analysis.calibration_schema import (
    Calibration,
    CalibrationFile,
    FreeParameter,
    ParameterEntry,
    ScoredSeries,
    SeriesEntry,
)
from haihe.errors import InputError, raise_all
from haihe.model.catalogue import Catalogue, Outcome, find_outcome
from haihe.model.find import find_variable, near_names
from haihe.model.types import Kind, Model, Variable
from haihe.text import Text
from haihe.yaml import Mapping, Node, Sequence, read_yaml, validate

FILE_NAME = "calibration.yaml"


def load_calibration(path: Path, model: Model, catalogue: Catalogue) -> Calibration:
    """Read a calibration file and hold it against the model.

    Raises
    ------
    InputErrors
        Everything that is wrong with the file, each with its line.
    """
    tree = read_yaml(path)
    entry = validate(tree, CalibrationFile)
    errors: list[InputError] = []
    parameters = tuple(_bind_parameters(entry, tree, model, errors))
    series = tuple(_bind_all_series(entry, tree, model, catalogue, errors))
    errors += _check_blocks(entry, tree)
    errors += _check_drivers(entry, tree, catalogue)
    raise_all(errors)
    return Calibration(
        years=entry.years,
        split=entry.split,
        seed=entry.seed,
        parameters=parameters,
        blocks=tuple((block.name, block.series) for block in entry.blocks),
        series=series,
        known=entry.blind.known,
        fixed=tuple(entry.blind.set.items()),
        pseudo=entry.pseudo,
    )


def node_at(tree: Node, *path: str | int) -> Node:
    """Node under some keys; the last one on the way that there is."""
    for step in path:
        found: Node | None = None
        if isinstance(tree, Mapping) and isinstance(step, str):
            found = tree.get(step)
        elif isinstance(tree, Sequence) and isinstance(step, int) and step < len(tree.items):
            found = tree.items[step]
        if found is None:
            return tree
        tree = found
    return tree


def _bind_parameters(
    entry: CalibrationFile, tree: Node, model: Model, errors: list[InputError]
) -> Iterator[FreeParameter]:
    for number, block in enumerate(entry.blocks):
        for name, given in block.parameters.items():
            node = node_at(tree, "blocks", number, "parameters", name)
            try:
                yield _bind_parameter(name, block.name, given, node, model)
            except InputError as error:
                errors.append(error)


def _bind_parameter(
    name: str, block: str, given: ParameterEntry, node: Node, model: Model
) -> FreeParameter:
    at = node_at(node, "variable")
    variable = find_variable(model, given.variable, at.where)
    if variable.kind is not Kind.CONSTANT or variable.default is None:
        raise at.error(
            Text(
                f"{variable.name} 不是常数，而是{variable.kind.words.zh}",
                f"{variable.name} is no constant but a {variable.kind}",
            ),
            Text("常数", "a constant"),
        )
    elements, places = _find_places(model, variable, given.elements, node)
    low, high = given.bounds
    centre = (low + high) / 2 if given.centre is None else given.centre
    found = FreeParameter(
        name=name,
        block=block,
        variable=variable,
        elements=elements,
        places=places,
        factor=given.by == "factor",
        prior=given.prior,
        centre=centre,
        spread=(high - low) / 12**0.5 if given.spread is None else given.spread,
        bounds=given.bounds,
        source=given.source,
    )
    _check_limits(found, node_at(node, "bounds"))
    return found


def _check_limits(parameter: FreeParameter, node: Node) -> None:
    """Bounds that the model itself would refuse."""
    variable = parameter.variable
    assert variable.default is not None
    own = [float(variable.default.reshape(-1)[place]) for place in parameter.places or (0,)]
    for value in own if parameter.factor else (1.0,):
        ends = sorted(bound * value for bound in parameter.bounds)
        low, high = variable.limits
        slack = 1e-9 * max(abs(end) for end in ends)
        if (low is not None and ends[0] < low - slack) or (
            high is not None and ends[1] > high + slack
        ):
            raise node.error(
                Text(
                    f"{variable.name} 会在 {ends[0]:g} 到 {ends[1]:g} 之间变动",
                    f"{variable.name} would reach from {ends[0]:g} to {ends[1]:g}",
                ),
                Text(
                    f"在模型的界限 {low} 到 {high} 之内",
                    f"within the model's limits, {low} to {high}",
                ),
            )


def _find_places(
    model: Model, variable: Variable, wanted: tuple[str, ...], node: Node
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Elements of a variable with one dimension, and their places; none for a scalar."""
    at = node_at(node, "elements")
    if not variable.dims:
        if wanted:
            raise at.error(
                Text(f"{variable.name} 没有元素", f"{variable.name} has no elements"),
                Text("不写 `elements`", "no `elements`"),
            )
        return (), ()
    if len(variable.dims) > 1:
        raise at.error(
            Text(
                f"{variable.name} 有 {len(variable.dims)} 个维度",
                f"{variable.name} has {len(variable.dims)} dimensions",
            ),
            Text("至多一个", "at most one"),
        )
    known = model.dimensions[variable.dims[0]].elements
    chosen = wanted or known
    for name in chosen:
        if name not in known:
            problem = Text(
                f"{variable.name} 没有元素 {name}", f"{variable.name} has no element {name}"
            )
            raise at.error(problem, "", near_names(name, known))
    return tuple(chosen), tuple(known.index(name) for name in chosen)


def _bind_all_series(
    entry: CalibrationFile,
    tree: Node,
    model: Model,
    catalogue: Catalogue,
    errors: list[InputError],
) -> Iterator[ScoredSeries]:
    for name, given in entry.series.items():
        node = node_at(tree, "series", name)
        try:
            yield _bind_series(name, given, entry.years, node, model, catalogue)
        except InputError as error:
            errors.append(error)


def _bind_series(
    name: str,
    given: SeriesEntry,
    years: tuple[int, int],
    node: Node,
    model: Model,
    catalogue: Catalogue,
) -> ScoredSeries:
    file, series, shown, variable_name = given.file, given.series, "", given.variable
    if given.outcome:
        outcome = _find_outcome(catalogue, given.outcome, node_at(node, "outcome"))
        variable_name, shown = outcome.variable, outcome.shown
        if outcome.history:
            file, series = file or outcome.history.file, series or outcome.history.series
        if not (file and series):
            raise node_at(node, "outcome").error(
                Text(
                    f"没有写明 {given.outcome} 的观测数据",
                    f"no observations of {given.outcome} are named",
                ),
                Text("写明 `file` 和 `series`", "`file` and `series`"),
            )
    at = node_at(node, "variable" if given.variable else "outcome")
    variable = find_variable(model, variable_name, at.where)
    _, places = _find_places(model, variable, given.elements, node)
    return ScoredSeries(
        name=name,
        variable=variable,
        places=places,
        file=file,
        series=series,
        unit=shown,
        factor=given.factor,
        error=given.error,
        memory=given.memory,
        weight=given.weight,
        years=given.years or years,
        skip=given.skip,
        consistency=given.skill == "consistency",
        aim=given.aim,
        aim_rmse=given.aim_rmse,
        note=given.note,
        where=node.where,
    )


def _find_outcome(catalogue: Catalogue, name: str, node: Node) -> Outcome:
    try:
        return find_outcome(catalogue, name)
    except InputError as error:
        raise node.error(error.problem, error.expected, error.suggestions) from error


def _check_blocks(entry: CalibrationFile, tree: Node) -> Iterator[InputError]:
    for number, block in enumerate(entry.blocks):
        for place, name in enumerate(block.series):
            if name not in entry.series:
                at = node_at(tree, "blocks", number, "series", place)
                yield at.error(
                    Text(f"没有序列 {name}", f"there is no series {name}"),
                    "",
                    near_names(name, entry.series),
                )
    names = [block.name for block in entry.blocks]
    if entry.pseudo and entry.pseudo.block not in names:
        at, name = node_at(tree, "pseudo", "block"), entry.pseudo.block
        yield at.error(
            Text(f"没有分块 {name}", f"there is no block {name}"), "", near_names(name, names)
        )


def _check_drivers(
    entry: CalibrationFile, tree: Node, catalogue: Catalogue
) -> Iterator[InputError]:
    places: list[tuple[tuple[str | int, ...], str]] = [
        (("known", i), name) for i, name in enumerate(entry.blind.known)
    ]
    places += [(("set", name), name) for name in entry.blind.set]
    for path, name in places:
        if name not in catalogue.drivers:
            at = node_at(tree, "blind", *path)
            yield at.error(
                Text(f"没有外生驱动 {name}", f"there is no driver {name}"),
                "",
                near_names(name, catalogue.drivers),
            )
