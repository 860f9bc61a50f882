"""Explain a model: gather all that its documentation says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from haihe.analysis.loops import find_switched_loops
from haihe.analysis.subsystems import collect_titles, find_subsystems, split_doc, title_of
from haihe.compile.explain import Explanation, causal_graph, explain_model
from haihe.compile.stock_flows import find_flows
from haihe.model.catalogue import Catalogue
from haihe.model.parameters import Parameter, collect_parameters, read_table
from haihe.model.types import Model, Variable, canonical_name
from haihe.project import show_path
from haihe.results.model_document import (
    EquationLine,
    ModelDocument,
    OutcomeMark,
    SubsystemEntry,
    ValueRow,
    VariableEntry,
)
from haihe.text import Text


def explain_whole(model: Model, catalogue: Catalogue) -> ModelDocument:
    """The documentation of a model.

    Raises
    ------
    InputError
        Where an equation or a table of it is not supported.
    """
    folder = model.path.parent / "data"
    reads = causal_graph(model, initial=False)
    explained = explain_model(model)
    values = _values(model, catalogue, folder)
    outcomes = _outcomes(catalogue)
    titles = collect_titles(catalogue)
    roles = {canonical_name(n): "lever" for n in catalogue.levers}
    roles |= {canonical_name(n): "driver" for n in catalogue.drivers}
    subsystems = []
    for part in find_subsystems(model, catalogue, reads, find_flows(model)):
        entries = tuple(
            _entry(v, explained[v.name], titles, roles, values, outcomes) for v in part.variables
        )
        subsystems.append(SubsystemEntry(part.name, part.slug, part.title, entries, part.picture))
    numbers = [row for rows in values.values() for row in rows]
    switches = {
        canonical_name(v.name): Text(split_doc(v.doc).zh, split_doc(v.doc).en)
        for v in model.variables.values()
    }
    time = model.time
    return ModelDocument(
        model.name,
        catalogue.title,
        model.digest,
        Text(
            f"{time.start:g}—{time.stop:g} 年，步长 {time.step:g}，{time.method} 积分",
            f"{time.start:g} to {time.stop:g} in steps of {time.step:g}, {time.method}",
        ),
        tuple(subsystems),
        find_switched_loops(model, reads, switches, {}),
        {
            grade: tuple(o for group in outcomes.values() for o in group if o.grade == grade)
            for grade in "CBA"
        },
        {grade: sum(row.grade == grade for row in numbers) for grade in "ABC"},
    )


def _values(model: Model, catalogue: Catalogue, folder: Path) -> Mapping[str, list[ValueRow]]:
    """Numbers of every constant by name as compared; those of levers from their table."""
    found: dict[str, list[ValueRow]] = {}
    for parameter in collect_parameters(model, catalogue, folder):
        found.setdefault(canonical_name(parameter.name), []).append(_row(parameter))
    levers = {canonical_name(name) for name in catalogue.levers}
    for path in sorted(folder.glob("*.csv")) if folder.is_dir() else ():
        for parameter in read_table(path):
            key = canonical_name(parameter.name)
            if key in levers:
                found.setdefault(key, []).append(_row(parameter))
    return found


def _row(one: Parameter) -> ValueRow:
    file = one.file if ".csv" in one.file else ""
    name = f"data/{file.rpartition('/')[2].partition(':')[0]}" if file else ""
    return ValueRow(
        one.element, one.value, one.unit, one.low, one.high, one.grade, one.source, name
    )


def _outcomes(catalogue: Catalogue) -> Mapping[str, list[OutcomeMark]]:
    found: dict[str, list[OutcomeMark]] = {}
    for short, one in catalogue.outcomes.items():
        mark = OutcomeMark(short, one.title, one.grade, one.origin, one.caveat)
        found.setdefault(canonical_name(one.variable), []).append(mark)
    return found


def _entry(
    variable: Variable,
    explained: Explanation,
    titles: Mapping[str, Text],
    roles: Mapping[str, str],
    values: Mapping[str, Iterable[ValueRow]],
    outcomes: Mapping[str, Iterable[OutcomeMark]],
) -> VariableEntry:
    key = canonical_name(variable.name)
    return VariableEntry(
        name=variable.name,
        title=title_of(variable, titles),
        kind=roles.get(key, str(variable.kind)),
        units=variable.units,
        dims=variable.dims,
        limits=variable.limits,
        doc=split_doc(variable.doc),
        equation=variable.equation,
        lines=tuple(EquationLine(x.subs, x.math, x.words) for x in explained.lines),
        values=tuple(values.get(key, ())),
        reads=explained.reads,
        read_by=explained.read_by,
        outcomes=tuple(outcomes.get(key, ())),
        where=f"{show_path(Path(variable.location.file))}:{variable.location.line}",
    )
