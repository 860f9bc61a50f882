"""Inputs of a study that are not written one by one: tables of rows, futures, whole ranges."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from haihe import yaml
from haihe.errors import InputError, raise_all
from haihe.model.find import fold_name
from haihe.model.parameters import CLOCK, UNFOUNDED, collect_parameters
from haihe.model.types import Variable
from haihe.project import find_project_root, resolve_inside, show_path, show_text
from haihe.scenario.distributions import Distribution, explain_problem
from haihe.scenario.factor_numbers import read_rows
from haihe.scenario.factors import (
    Factor,
    find_excess,
    find_target,
    list_elements,
    name_factor,
    say_no_course,
)
from haihe.scenario.futures_read import FutureSources, read_future_sources
from haihe.scenario.quantities import read_quantity
from haihe.scenario.settings import ALLOWED, say_allowed
from haihe.scenario.study_source import Reading, StudySource
from haihe.scenario.values import Role
from haihe.scenario.vocabulary import Vocabulary
from haihe.text import Text

MAX_LIST = 64 * 1024 * 1024
"""Largest table of rows [byte]."""
LABEL = "label"
TABLES = "data"
"""Folder of a model's tables of parameters."""
_CHANGES = ("scale", "shift")
_MOST_ERRORS = 20


def read_list(
    reading: Reading,
) -> tuple[tuple[Factor, ...], tuple[tuple[float, ...], ...], tuple[str, ...]]:
    """Inputs, rows and names of rows of a table.

    Raises
    ------
    InputError, InputErrors
        For a table that is missing, columns that are no inputs, cells that are no numbers or that
        leave the limits of the model.
    """
    source, vocabulary = reading.source, reading.vocabulary
    node = source.at("design", "file")
    if source.fields.design.file is None:
        raise node.error(
            Text("list 设计需要数据表", "a list needs its table"),
            Text("`design` 之下的 `file: rows.csv`", "`file: rows.csv` under `design`"),
        )
    if source.fields.vary:
        raise source.at("vary").error(
            Text("变化的输入由数据表的表头给出", "the head of the table names what varies"),
            Text("不写 `vary`", "no `vary`"),
        )
    header, rows = read_rows(source.fields.design.file, source.path, node, MAX_LIST)
    place = _place(source, node)
    head = [yaml.Scalar(replace(place, line=1), cell.strip(), False) for cell in header]
    named = next((i for i, cell in enumerate(head) if fold_name(cell.text) == LABEL), None)
    columns = [i for i in range(len(head)) if i != named]
    errors: list[InputError] = []
    factors = [_read_head(head[i], vocabulary, errors) for i in columns]
    raise_all(errors)
    table = [
        _read_cells(line, row, columns, factors, place, vocabulary, errors) for line, row in rows
    ]
    raise_all(errors[:_MOST_ERRORS])
    made = [
        _complete(factor, [row[i] for row in table], head[columns[i]])
        for i, factor in enumerate(factors)
    ]
    _check_reach(made, [head[i] for i in columns], reading)
    labels = () if named is None else tuple(row[named].strip() for _, row in rows)
    return tuple(made), tuple(table), labels


def _place(source: StudySource, node: yaml.Node) -> yaml.Place:
    """First place of the table, for errors that show their line."""
    name = str(source.fields.design.file)
    path = resolve_inside(find_project_root(source.path), name, source.path.parent, node.where)
    text = yaml.read_text(path, MAX_LIST)
    return yaml.Place(yaml.Source(show_path(path), tuple(text.splitlines())), 1, 1)


def _read_head(cell: yaml.Scalar, vocabulary: Vocabulary, errors: list[InputError]) -> Factor:
    """Input that a column names; `name (scale)` and `name (shift)` change what is there."""
    text, change = cell.text, ""
    for word in _CHANGES:
        if text.endswith(f"({word})"):
            text, change = text[: -len(word) - 2].strip(), word
    dummy = Distribution("levels", (0.0,))
    try:
        variable, element, role = find_target(replace(cell, text=text), vocabulary)
        if role is Role.DRIVER and not change:
            scale, shift = f"`{variable.name} (scale)`", f"`{variable.name} (shift)`"
            said = Text(f"{scale} 或 {shift}", f"{scale} or {shift}")
            raise cell.error(say_no_course(variable), said)
    except InputError as error:
        errors.append(error)
        return Factor("", Role.PARAMETER, "", (), "", dummy, Text("", ""), cell.where)
    return Factor(
        label=f"{variable.name}[{', '.join(element)}]" if element else variable.name,
        role=role,
        name=variable.name,
        element=element,
        unit="Dmnl" if change == "scale" else variable.units or "Dmnl",
        distribution=dummy,
        title=name_factor(variable, element, vocabulary),
        origin=cell.where,
        change=change,
    )


def _read_cells(
    line: int,
    row: Sequence[str],
    columns: Sequence[int],
    factors: Sequence[Factor],
    place: yaml.Place,
    vocabulary: Vocabulary,
    errors: list[InputError],
) -> tuple[float, ...]:
    found = []
    for column, factor in zip(columns, factors):
        text = row[column].strip() if column < len(row) else ""
        if not text:
            found.append(math.nan)
            continue
        cell = yaml.Scalar(replace(place, line=line), text, False)
        unit = _unit_of(factor, vocabulary)
        try:
            found.append(read_quantity(cell, unit))
        except InputError as error:
            errors.append(error)
            found.append(math.nan)
    return tuple(found)


def _unit_of(factor: Factor, vocabulary: Vocabulary) -> Variable:
    variable = vocabulary.model.variables[factor.name]
    return replace(variable, units="Dmnl") if factor.change == "scale" else variable


def _complete(factor: Factor, column: Sequence[float], cell: yaml.Scalar) -> Factor:
    levels = tuple(sorted({value for value in column if not math.isnan(value)}))
    if not levels:
        shown = show_text(cell.text)
        raise cell.error(
            Text(f"列 {shown} 为空", f"the column {shown} is empty"),
            Text("至少一个数", "at least one number"),
        )
    return replace(factor, distribution=Distribution("levels", levels))


def _check_reach(factors: Sequence[Factor], head: Sequence[yaml.Scalar], reading: Reading) -> None:
    """Columns that leave the limits of the model, and two that change the same number."""
    vocabulary = reading.vocabulary
    seen: dict[tuple[str, tuple[str, ...]], Factor] = {}
    for factor, cell in zip(factors, head):
        excess = find_excess(factor, vocabulary, cell)
        if excess and reading.source.fields.allow_out_of_range:
            reading.warnings.append(say_allowed(replace(excess, expected=""), ALLOWED))
        elif excess:
            reading.errors.append(excess)
        elements = [(factor.name, e) for e in list_elements(factor, vocabulary.model)]
        if any(element in seen for element in elements):
            problem = Text(f"有两列改变 {factor.label}", f"two columns change {factor.label}")
            reading.refuse(cell, problem, Text("只用一列", "one column for it"))
        seen |= dict.fromkeys(elements, factor)


def include_inputs(factors: Sequence[Factor], reading: Reading) -> tuple[Factor, ...]:
    """Inputs under `vary`, then those that `include` adds; the former win."""
    source, vocabulary = reading.source, reading.vocabulary
    found = list(factors)
    for word in dict.fromkeys(source.fields.include):
        if word == "futures":
            sources = read_future_sources(vocabulary.model, vocabulary.catalogue)
            added: Sequence[Factor] = sources.factors
        else:
            added = list(_list_ranges(source, vocabulary))
        taken = {(f.name, e) for f in found for e in list_elements(f, vocabulary.model)}
        found += [
            factor
            for factor in added
            if not taken & {(factor.name, e) for e in list_elements(factor, vocabulary.model)}
        ]
    return tuple(found)


def _list_ranges(source: StudySource, vocabulary: Vocabulary) -> Iterator[Factor]:
    """Parameters of grade B and C with a range in the model's tables.

    Grade A is a definition, a standard or a count: a screening that moved it would screen another
    model. The state of a lever in 2021 (`lever in 2021`) has the range of the lever: that is how
    far policy can go, not how little is known.
    """
    model = vocabulary.model
    states = tuple(f"{fold_name(lever)} in " for lever in vocabulary.catalogue.levers)
    where = source.at("include").where
    for row in collect_parameters(model, vocabulary.catalogue, model.path.parent / TABLES):
        name = vocabulary.names.find(row.name)
        if name is None or vocabulary.roles.get(name) is not Role.PARAMETER:
            continue
        low, high = row.low, row.high
        if fold_name(name).startswith(states):
            continue
        if row.grade == "A" or low is None or high is None or fold_name(name) in CLOCK:
            continue
        belief = Distribution("uniform", (low, high))
        if explain_problem(belief) or ".csv:" not in row.file:
            continue
        variable = model.variables[name]
        said = row.source or "assumption"
        factor = Factor(
            label=f"{name}[{', '.join(row.element)}]" if row.element else name,
            role=Role.PARAMETER,
            name=name,
            element=row.element,
            unit=variable.units or "Dmnl",
            distribution=belief,
            title=name_factor(variable, row.element, vocabulary),
            origin=where,
            grade=row.grade or UNFOUNDED,
            source=Text(said, said),
        )
        if find_excess(factor, vocabulary, source.at("include")) is None:
            yield factor


def list_future_factors(sources: FutureSources, vocabulary: Vocabulary) -> tuple[Factor, ...]:
    """What futures draw, as inputs: the fitted parameters by their draws, then the others."""
    found: list[Factor] = []
    fitted = sources.posterior
    for group in fitted.groups if fitted else ():
        assert fitted is not None
        column = group[0]
        name, place = fitted.places[column]
        variable = vocabulary.model.variables[name]
        dims = [vocabulary.model.dimensions[dim].elements for dim in variable.dims]
        element = tuple(names[i] for names, i in zip(dims, place))
        draws = tuple(sorted(float(x) for x in fitted.values[:, column]))
        found.append(
            Factor(
                label=fitted.columns[column],
                role=Role.PARAMETER,
                name=name,
                element=element,
                unit=variable.units or "Dmnl",
                distribution=Distribution("data", draws),
                title=name_factor(variable, element, vocabulary),
                origin=variable.location,
                source=Text("校准后的后验抽样", "draws of the posterior"),
            )
        )
    return (*found, *sources.factors)
