"""Hold a catalogue against its model."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from haihe.errors import InputError, Location
from haihe.model.catalogue import IN_FORCE, POLICY_GROUP, Catalogue, Driver, Lever
from haihe.model.find import near_names
from haihe.model.types import Kind, Model, Variable, canonical_name
from haihe.text import Text, list_choices
from haihe.units import convert


def check_catalogue(model: Model, catalogue: Catalogue) -> Iterator[InputError]:
    """Everything in a catalogue that does not fit its model."""
    variables = {canonical_name(name): v for name, v in model.variables.items()}
    for lever in catalogue.levers.values():
        yield from _check_lever(lever, catalogue, variables)
    for driver in catalogue.drivers.values():
        yield from _check_driver(driver, variables)
    for outcome in catalogue.outcomes.values():
        found = variables.get(canonical_name(outcome.variable))
        if found is None:
            yield _missing(outcome.variable, outcome.where, variables)
        elif found.kind is Kind.LOOKUP:
            yield InputError(
                Text(
                    f"{found.name} 是表函数，没有数值", f"{found.name} is a lookup and has no value"
                ),
                outcome.where,
            )
        else:
            yield from _check_unit(outcome.shown, found, outcome.where)
    yield from _check_dimensions(model, catalogue)


def _check_lever(
    lever: Lever, catalogue: Catalogue, variables: Mapping[str, Variable]
) -> Iterator[InputError]:
    found = variables.get(canonical_name(lever.name))
    if found is None:
        yield _missing(lever.name, lever.where, variables)
        return
    if found.kind is not Kind.CONSTANT:
        yield InputError(
            Text(f"{found.name} 是{found.kind.words.zh}", f"{found.name} is a {found.kind}"),
            lever.where,
            Text("常数，才能作政策杠杆", "a constant, for a lever"),
        )
    if canonical_name(found.name + IN_FORCE) not in variables:
        yield InputError(
            Text(
                f"模型没有变量 {found.name}{IN_FORCE}",
                f"the model has no variable {found.name}{IN_FORCE}",
            ),
            lever.where,
            Text("每个政策杠杆各有一个", "one for every lever"),
        )
    if lever.group not in catalogue.groups:
        yield InputError(
            Text(f"{lever.group} 不是政策类别", f"{lever.group} is no policy group"),
            lever.where,
            list_choices(catalogue.groups),
            tuple(difflib.get_close_matches(lever.group, catalogue.groups, n=1)),
        )
    yield from _check_unit(lever.shown, found, lever.where)


def _check_driver(driver: Driver, variables: Mapping[str, Variable]) -> Iterator[InputError]:
    found = variables.get(canonical_name(driver.name))
    if found is None:
        yield _missing(driver.name, driver.where, variables)
        return
    table = variables.get(canonical_name(f"{found.name} table"))
    equation = canonical_name(found.equation.replace(" (", "("))
    if equation != canonical_name(f"{found.name} table(Time)") or found.dims:
        yield InputError(
            Text(
                f"{found.name} = {found.equation[:60]} 不是外生驱动",
                f"{found.name} = {found.equation[:60]} is no driver",
            ),
            driver.where,
            f"{found.name} = {found.name} table(Time)",
        )
    if table is None or table.kind is not Kind.LOOKUP or table.points is None:
        yield InputError(
            Text(f"{found.name} table 不是标量表函数", f"{found.name} table is no scalar lookup"),
            driver.where,
            Text("随时间变化的点", "points over time"),
        )
    yield from _check_unit(driver.shown, found, driver.where)


def _check_unit(shown: str, variable: Variable, where: Location) -> Iterator[InputError]:
    try:
        convert(1.0, variable.units, shown)
    except InputError as error:
        head = Text(
            "{name} [{units}] 以 {shown} 显示：{problem}",
            "{name} [{units}] shown in {shown}: {problem}",
        )
        problem = head.fill(
            name=variable.name, units=variable.units, shown=shown, problem=error.problem
        )
        yield InputError(problem, where, error.expected, error.suggestions)


def _check_dimensions(model: Model, catalogue: Catalogue) -> Iterator[InputError]:
    top = Location(catalogue.file)
    folded = {canonical_name(name): d for name, d in model.dimensions.items()}
    for name, titles in catalogue.dimensions.items():
        dimension = folded.get(canonical_name(name))
        if dimension is None:
            near = near_names(name, model.dimensions)
            yield InputError(
                Text(f"模型没有维度 {name}", f"the model has no dimension {name}"), top, "", near
            )
        else:
            yield from _same_names(
                titles.elements,
                dimension.elements,
                Text(f"{name} 的元素", f"elements of {name}"),
                top,
            )
    shown = {canonical_name(outcome.variable) for outcome in catalogue.outcomes.values()}
    dims = {d for n, v in model.variables.items() if canonical_name(n) in shown for d in v.dims}
    for name in sorted(dims - set(catalogue.dimensions)):
        yield InputError(
            Text(f"指标的维度 {name} 没有标题", f"dimension {name} of an outcome has no words"),
            top,
            Text("为它写的标题", "a title for it"),
        )
    groups = folded.get(POLICY_GROUP)
    if catalogue.groups and groups is not None:
        yield from _same_names(
            catalogue.groups, groups.elements, Text("政策类别", "policy groups"), top
        )


def _same_names(
    written: Iterable[str], wanted: Iterable[str], what: Text, where: Location
) -> Iterator[InputError]:
    written, wanted = list(written), list(wanted)
    for name in written:
        if name not in wanted:
            near = tuple(difflib.get_close_matches(name, wanted, n=1))
            yield InputError(
                Text(f"{name} 不在{what.zh}之中", f"{name} is not among the {what.en}"),
                where,
                "",
                near,
            )
    missing = [name for name in wanted if name not in written]
    if missing:
        yield InputError(
            Text(f"{what.zh}缺少 {'、'.join(missing)}", f"the {what.en} lack {', '.join(missing)}"),
            where,
        )


def _missing(name: str, where: Location, variables: Mapping[str, Variable]) -> InputError:
    near = near_names(name, [variable.name for variable in variables.values()])
    return InputError(
        Text(f"模型没有变量 {name}", f"the model has no variable {name}"), where, suggestions=near
    )
