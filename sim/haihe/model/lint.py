"""What a reader of a model would stumble over, each with its file and line.

An error means that the model cannot be run as it stands; a warning, that it runs and may not say
what its author meant.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from haihe.errors import InputError, InputErrors, Location
from haihe.model.assemble import assemble
from haihe.model.dimensions import check_dimensions
from haihe.model.external import column_number, delimiter_of, resolve_data
from haihe.model.names import definitions_by_name
from haihe.model.scan import Definition
from haihe.model.translate import Translation, translate
from haihe.model.tree import kind_of
from haihe.model.types import Kind, Model, Variable, canonical_name
from haihe.project import show_path
from haihe.text import Lang, Text, Words, say
from haihe.units import parse_unit

Severity = Literal["error", "warning"]
SEVERITIES: Mapping[Severity, Text] = {
    "error": Text("错误", "error"),
    "warning": Text("提醒", "warning"),
}

_CLOCK = {"initial time", "final time", "time step", "saveper"}
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]+)(\*?)")
_POINT = re.compile(r"\(\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*,")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    severity: Severity
    where: Location
    code: str
    """Short name of the rule."""
    message: Words

    def __str__(self) -> str:
        return self.say("en")

    def say(self, lang: Lang) -> str:
        """The finding in one line, in `lang`."""
        said, severity = say(self.message, lang), SEVERITIES[self.severity].get(lang)
        colon = "：" if lang == "zh" else ": "
        return f"{self.where}: {severity}{colon}{said} [{self.code}]"


def lint_model(path: str | Path) -> tuple[Finding, ...]:
    """Everything that is wrong or doubtful in a model, errors first, each in the order of lines.

    It raises nothing for what is wrong in the model.
    """
    path = Path(path)
    try:
        translation = translate(path)
        findings = list(_faults(translation, show_path(path)))
        model = assemble(translation)
    except InputErrors as wrong:
        return tuple(_finding(error, path) for error in wrong.errors)
    except InputError as error:
        return (_finding(error, path),)
    places = definitions_by_name(translation.definitions[0])
    findings += _check_variables(model, places)
    findings += _check_rows(model, places)
    findings += _check_points(model, places)
    findings += (
        Finding("warning", where, "dimensions", message)
        for where, message in check_dimensions(model, places)
    )
    if model.time.method != "euler":
        where = Location(show_path(path))
        message = Text(
            "模型要求用龙格—库塔法积分，参照做不到",
            "the model asks for Runge-Kutta, which the reference does not do",
        )
        findings.append(Finding("warning", where, "method", message))
    return tuple(sorted(findings, key=_order))


def _order(finding: Finding) -> tuple[bool, str, int]:
    return finding.severity != "error", finding.where.file, finding.where.line


def _finding(error: InputError, path: Path) -> Finding:
    where = error.where or Location(show_path(path))
    return Finding("error", where, _code_of(say(error.problem, "en")), error.explain())


def _code_of(problem: str) -> str:
    """Rule that a problem belongs to, by its words."""
    for code, words in {
        "stray-mark": ("may not hold one", "closing |", "has one ~"),
        "encoding": ("is not UTF-8", "byte order mark", "its encoding"),
        "undefined": ("defines no",),
        "collision": ("defined twice", "same name", "also the name", "model's clock"),
        "data": ("data file", "cell ", ".csv", "sheet", "folder"),
        "syntax": ("cannot be read", "loses", "nested too deeply"),
    }.items():
        if any(word in problem for word in words):
            return code
    return "model"


def _faults(translation: Translation, shown: str) -> Iterator[Finding]:
    for fault in translation.faults:
        where = Location(shown, fault.line)
        message = Text(
            "{fault}；注释的其余部分丢失", "{fault}; the rest of the comment is lost"
        ).fill(fault=fault.problem)
        yield Finding("warning", where, fault.code, message)


def _check_variables(model: Model, places: Mapping[str, list[Definition]]) -> Iterator[Finding]:
    own: dict[str, Text | None] = {}
    for variable in model.variables.values():
        where, clock = variable.location, canonical_name(variable.name) in _CLOCK
        if not variable.units and not clock:
            message = Text(
                f"{variable.name} 没有单位；无量纲数请写 Dmnl",
                f"{variable.name} has no unit; write Dmnl for a plain number",
            )
            yield Finding("warning", where, "unit-missing", message)
        elif variable.units:
            if variable.units not in own:
                own[variable.units] = _unknown_unit(variable.units)
            if problem := own[variable.units]:
                message = Text(
                    f"{variable.name} 的单位 {variable.units}：{problem.zh}",
                    f"unit {variable.units} of {variable.name}: {problem.en}",
                )
                yield Finding("warning", where, "unit-unknown", message)
        if variable.kind is Kind.CONSTANT and not variable.doc and not clock:
            message = Text(
                f"常数 {variable.name} 没有注释：它是什么，从何而来？",
                f"constant {variable.name} has no comment: what is it, and whence?",
            )
            yield Finding("warning", where, "undocumented", message)
        yield from _check_limits(variable)


def _unknown_unit(units: str) -> Text | None:
    try:
        parse_unit(units)
    except InputError as error:
        return replace(error, expected="", shown="").explain()
    return None


def _check_limits(variable: Variable) -> Iterator[Finding]:
    low, high = variable.limits
    if variable.default is None:
        return
    below = low is not None and float(variable.default.min()) < low
    above = high is not None and float(variable.default.max()) > high
    if below or above:
        value = variable.default.min() if below else variable.default.max()
        message = Text(
            f"{variable.name} = {value:g} 超出自身界限 [{low}, {high}]",
            f"{variable.name} = {value:g} is outside of its own limits [{low}, {high}]",
        )
        yield Finding("error", variable.location, "limits", message)


def _check_points(model: Model, places: Mapping[str, list[Definition]]) -> Iterator[Finding]:
    """Points of a lookup as they were written: the translator sorts them in silence."""
    for variable in model.variables.values():
        for place in places[canonical_name(variable.name)]:
            for text in _lists_of_points(place.right):
                x = [float(match[1]) for match in _POINT.finditer(text)]
                where = Location(variable.location.file, place.line)
                fallen = [b for a, b in pairwise(x) if b <= a]
                if fallen:
                    message = Text(
                        f"{variable.name} 的 x 在 {fallen[0]:g} 处没有递增",
                        f"the x of {variable.name} do not increase at {fallen[0]:g}",
                    )
                    severity: Severity = "error" if len(set(x)) < len(x) else "warning"
                    yield Finding(severity, where, "lookup", message)


def _lists_of_points(text: str) -> Iterator[str]:
    bare = re.sub(r"\[[^\]]*\]\s*,?", " ", text)
    for match in re.finditer(r"(?:\(\s*[-+0-9.eE]+\s*,\s*[-+0-9.eE]+\s*\)\s*,?\s*){2,}", bare):
        yield match[0]


def _check_rows(model: Model, places: Mapping[str, list[Definition]]) -> Iterator[Finding]:
    """Does the row of a table that an equation reads speak of that variable?"""
    section = model.abstract.sections[0]
    for element in section.elements:
        for component, place in zip(element.components, places[canonical_name(element.name)]):
            if kind_of(component.ast) == "GetConstantsStructure":
                where = Location(show_path(model.path), place.line)
                name = element.name.strip('"')
                yield from _check_row(model, name, component, where)


def _check_row(model: Model, name: str, component: Any, where: Location) -> Iterator[Finding]:
    node = component.ast
    match = _CELL.fullmatch(node.cell)
    path = resolve_data(model.path.parent, node.file, where)
    if not match or path.suffix.lower() != ".csv":
        return
    rows = _read_rows(path, node.tab)
    header = [canonical_name(cell) for cell in rows[0]] if rows else []
    if header[:2] != ["variable", "element"]:
        return
    column = column_number(match[1])
    if header[column : column + 1] != ["value"]:
        held = header[column] if column < len(header) else Text("空白", "nothing")
        message = Text(
            "{name} 读取的是 {file} 的 {held} 列，不是 value 列",
            "{name} reads the column {held} of {file}, not value",
        ).fill(name=name, file=node.file, held=held)
        yield Finding("error", where, "csv-row", message)
        return
    ranges = [
        [sub] if sub not in model.dimensions else list(model.dimensions[sub].elements)
        for sub in component.subscripts[0]
    ]
    long = sum(len(elements) > 1 for elements in ranges)
    if long > 1 or (long == 1 and match[3] != "*"):
        message = Text(
            f"{name} 读取 {node.file} 时按行横读；{node.cell}* 才是按列下读",
            f"{name} reads across the columns of {node.file}; {node.cell}* reads downwards",
        )
        yield Finding("error", where, "csv-row", message)
        return
    wanted = _labels(ranges)
    first = int(match[2]) - 1
    for line, label in enumerate(wanted, first):
        record = dict(zip(header, rows[line] if line < len(rows) else []))
        broken = _compare_row(model.variables[name], label, record)
        if broken:
            code, problem = broken
            message = Text("{file} 第 {row} 行：{problem}", "{file} row {row}: {problem}")
            message = message.fill(file=node.file, row=line + 1, problem=problem)
            yield Finding("error", where, code, message)
            return


def _compare_row(
    variable: Variable, label: str, record: Mapping[str, str]
) -> tuple[str, Text] | None:
    """Rule that a row breaks, and how; nothing where it fits."""
    of = f"{variable.name} [{label}]" if label else variable.name
    held = " ".join(filter(None, (record.get("variable"), record.get("element"))))
    if canonical_name(record.get("variable", "")) != canonical_name(variable.name) or not (
        _same(record.get("element", ""), label)
    ):
        return "csv-row", Text(
            f"应为 {of}，实际是{f' {held}' if held else '空行'}",
            f"{of} is wanted, {held or 'nothing'} stands there",
        )
    unit = record.get("unit")
    if unit is not None and not _same_unit(unit, variable.units):
        return "csv-unit", Text(
            f"{of} 的单位是 {variable.units}，该行的单位是 {unit}",
            f"{of} has {variable.units}, the row has {unit}",
        )
    return None


def _labels(ranges: list[list[str]]) -> list[str]:
    labels = [""]
    for elements in ranges:
        labels = [f"{label}|{e}" if label else e for label in labels for e in elements]
    return labels


def _same(written: str, label: str) -> bool:
    parts = [canonical_name(part) for part in re.split(r"\s*[|,;]\s*", written)]
    return parts == [canonical_name(part) for part in label.split("|")]


def _same_unit(one: str, other: str) -> bool:
    if one.strip() == other:
        return True
    try:
        first, second = parse_unit(one), parse_unit(other)
    except InputError:
        return False
    return (first.factor, first.dimension) == (second.factor, second.dimension)


def _read_rows(path: Path, tab: str) -> list[list[str]]:
    text = io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")
    return list(csv.reader(text, delimiter=delimiter_of(path, tab)))
