"""`haihe list`: what there is, with units, sources and what is not modelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import open_console, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.model.types import Variable

Row = dict[str, Any]

KINDS = ("scenarios", "levers", "outcomes", "targets", "articles", "drivers", "parameters")


@click.command(
    "list",
    cls=Command,
    words=Text(
        "列出情景、政策杠杆、指标、目标、条款措施、外生驱动或参数。\n\n"
        "articles 列出方案各条的措施、对应的政策杠杆，以及没有模拟的原因。",
        "List scenarios, levers, outcomes, targets, articles (measures of the plan), drivers or "
        "parameters.\n\n`articles` says for each measure which levers carry it, or why it is not "
        "modelled.",
    ),
    example="haihe list articles\nhaihe list parameters --grade C --json",
)
@click.argument("kind", type=click.Choice(KINDS))
@option(
    "--grade",
    type=click.Choice(["A", "B", "C"]),
    zh="只列出这一等级（A 官方，B 二手或推算，C 未核实）；适用于 outcomes 和 parameters。",
    en="Only this grade (A official, B secondary or derived, C unverified); for outcomes and "
    "parameters.",
)
@option(
    "--model",
    default="tianjin",
    show_default=True,
    zh="模型名称或文件。",
    en="Model, by name or file.",
)
@common_options
@click.pass_context
def command(
    context: click.Context, kind: str, grade: str | None, model: str, as_json: bool
) -> None:
    """List one kind of thing."""
    if grade and kind not in ("outcomes", "parameters"):
        raise InputError(f"{kind} have no grade", expected="--grade with outcomes or parameters")
    rows = LISTERS[kind](model)
    if grade:
        rows = [row for row in rows if row["grade"] == grade]
    lang = settings_of(context).lang
    if kind == "articles":
        rows = [{**row, "reason": row["reasons"][lang]} for row in rows]
    if as_json:
        write_json({kind: rows})
    else:
        print_list(kind, rows, lang)


def list_scenarios(model: str) -> list[Row]:
    """Scenarios of this folder and the bundled ones; an own one hides a bundled one."""
    from pathlib import Path

    from haihe.project import find_bundled, show_path
    from haihe.scenario.extend import list_scenarios as read_heads

    folders = dict.fromkeys(
        folder.resolve() for folder in (Path("scenarios"), find_bundled("scenarios"))
    )
    found: dict[str, Row] = {}
    for head in (head for folder in folders for head in read_heads(folder, strict=False)):
        found.setdefault(
            head.id,
            {
                "id": head.id,
                "title": as_words(head.title),
                "story": as_words(head.story),
                "file": show_path(head.path),
            },
        )
    return list(found.values())


def list_levers(model: str) -> list[Row]:
    """Levers, with their unit, default and limits in the unit for people."""
    return [
        {
            **describe_variable(variable, entry.shown),
            "title": as_words(entry.title),
            "group": entry.group,
            "articles": list(entry.articles),
            "note": as_words(entry.note),
        }
        for entry, variable in pair_with_variables(model, "levers")
    ]


def list_drivers(model: str) -> list[Row]:
    """What drives the model from outside."""
    return [
        {
            "name": variable.name,
            "title": as_words(entry.title),
            "unit": entry.shown,
            "note": as_words(entry.note),
        }
        for entry, variable in pair_with_variables(model, "drivers")
    ]


def list_outcomes(model: str) -> list[Row]:
    """What the model says, under short ids."""
    from haihe.cli.inputs import open_catalogue

    return [
        {
            "id": short,
            "title": as_words(entry.title),
            "unit": entry.shown,
            "variable": entry.variable,
            "group": entry.group,
            "headline": bool(entry.headline),
            "better": entry.better,
            "grade": entry.grade,
            "source": entry.source,
            "caveat": as_words(entry.caveat),
        }
        for short, entry in open_catalogue(model)[0].outcomes.items()
    ]


def list_targets(model: str) -> list[Row]:
    """Targets of the plan, of its siblings, and past ones."""
    from haihe.analysis.report import load_plan
    from haihe.cli.inputs import find_model_folder

    return [
        {
            "id": target.id,
            "title": as_words(target.title),
            "scope": str(target.scope),
            "scored": target.scorable,
            "indicator": target.indicator,
            "measure": str(target.measure),
            "base_year": target.base_year,
            "relation": target.relation,
            "value": target.value,
            "unit": target.unit,
            "year": target.year,
            "strength": str(target.strength),
            "standard": target.standard,
            "plan": target.plan,
            "article": target.article,
            "quote": target.quote,
            "source": target.source,
            "rule": as_words(target.rule),
            "reason": as_words(target.reason),
        }
        for target in load_plan(find_model_folder(model)).targets
    ]


def list_articles(model: str) -> list[Row]:
    """Measures of the plan, article by article, and what became of them."""
    from haihe.analysis.report import load_plan
    from haihe.cli.inputs import find_model_folder

    return [
        {
            "id": measure.id,
            "article": measure.article,
            "title": as_words(measure.title),
            "quote": measure.quote,
            "levers": list(measure.levers),
            "status": measure.status,
            "reasons": as_words(measure.reason),
        }
        for measure in load_plan(find_model_folder(model)).coverage
    ]


def list_parameters(model: str) -> list[Row]:
    """Constants that are no levers, with their grade and source."""
    from haihe.analysis.parameters import collect_parameters
    from haihe.cli.inputs import open_model

    opened = open_model(model)
    return [
        {
            "name": parameter.name,
            "element": list(parameter.element),
            "unit": parameter.unit,
            "value": parameter.value,
            "low": parameter.low,
            "high": parameter.high,
            "grade": parameter.grade,
            "source": parameter.source,
            "file": parameter.file,
        }
        for parameter in collect_parameters(opened.model, opened.catalogue, opened.folder / "data")
    ]


LISTERS: Mapping[str, Callable[[str], list[Row]]] = {
    "scenarios": list_scenarios,
    "levers": list_levers,
    "outcomes": list_outcomes,
    "targets": list_targets,
    "articles": list_articles,
    "drivers": list_drivers,
    "parameters": list_parameters,
}


def pair_with_variables(model: str, section: str) -> list[tuple[Any, Variable]]:
    """Entries of a section of the catalogue, each with its variable."""
    from haihe.cli.inputs import open_model
    from haihe.model.find import find_variable

    opened = open_model(model)
    entries = getattr(opened.catalogue, section)
    return [(entry, find_variable(opened.model, name)) for name, entry in entries.items()]


def describe_variable(variable: Variable, shown: str) -> Row:
    """Name, unit, default and limits of a lever, in the unit for people."""
    from haihe.units import convert

    def change(value: float | None) -> float | None:
        return None if value is None else float(convert(float(value), variable.units, shown))

    low, high = variable.limits
    default = None if variable.default is None else variable.default.ravel().tolist()
    values = None if default is None else [change(value) for value in default]
    return {
        "name": variable.name,
        "unit": shown,
        "default": values[0] if values and not variable.dims else values,
        "low": change(low),
        "high": change(high),
    }


def as_words(text: Text) -> Row:
    """Words in both languages, as JSON holds them."""
    return {"zh": text.zh, "en": text.en}


# --- tables for people: heading in both languages, and what stands in the cell

Cell = Callable[[Row, Lang], str]


def words(key: str) -> Cell:
    """A cell that shows words in the language of the call."""
    return lambda row, lang: str(row[key][lang])


def plain(key: str) -> Cell:
    """A cell that shows a value as it is."""
    return lambda row, lang: show(row[key])


def show(value: object) -> str:
    """A value as a person writes it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(show, value))
    return str(value)


def show_target(row: Row, lang: Lang) -> str:
    """What a target asks for."""
    if row["value"] is None:
        return ""
    unit = "" if row["unit"] == "1" else row["unit"]
    return f"{row['relation']} {show(row['value'])} {unit}".strip()


COLUMNS: Mapping[str, Sequence[tuple[Text, Cell]]] = {
    "scenarios": (
        (Text("情景", "Scenario"), plain("id")),
        (Text("名称", "Title"), words("title")),
        (Text("说明", "Story"), words("story")),
    ),
    "levers": (
        (Text("政策杠杆", "Lever"), plain("name")),
        (Text("名称", "Title"), words("title")),
        (Text("单位", "Unit"), plain("unit")),
        (Text("2021年", "2021"), plain("default")),
        (Text("最小", "Least"), plain("low")),
        (Text("最大", "Greatest"), plain("high")),
        (Text("条", "Art."), plain("articles")),
        (Text("说明", "Note"), words("note")),
    ),
    "outcomes": (
        (Text("指标", "Outcome"), plain("id")),
        (Text("名称", "Title"), words("title")),
        (Text("单位", "Unit"), plain("unit")),
        (Text("等级", "Grade"), plain("grade")),
        (Text("来源", "Source"), plain("source")),
        (Text("注意", "Caveat"), words("caveat")),
    ),
    "targets": (
        (Text("目标", "Target"), plain("id")),
        (Text("名称", "Title"), words("title")),
        (Text("要求", "Asked for"), show_target),
        (Text("年份", "Year"), plain("year")),
        (Text("指标", "Indicator"), plain("indicator")),
        (
            Text("计划 / 规则 / 不打分的原因", "Plan / rule / why not scored"),
            lambda row, lang: "\n".join(
                filter(None, (row["plan"], row["rule"][lang], row["reason"][lang]))
            ),
        ),
    ),
    "drivers": (
        (Text("外生驱动", "Driver"), plain("name")),
        (Text("名称", "Title"), words("title")),
        (Text("单位", "Unit"), plain("unit")),
        (Text("说明", "Note"), words("note")),
    ),
    "parameters": (
        (Text("参数", "Parameter"), plain("name")),
        (Text("元素", "Element"), plain("element")),
        (Text("值", "Value"), plain("value")),
        (Text("单位", "Unit"), plain("unit")),
        (Text("低", "Low"), plain("low")),
        (Text("高", "High"), plain("high")),
        (Text("等级", "Grade"), plain("grade")),
        (Text("来源", "Source"), plain("source")),
    ),
}


def print_list(kind: str, rows: Sequence[Row], lang: Lang) -> None:
    """Print a list as a table."""
    from haihe.analysis.tables import print_coverage, print_rows
    from haihe.results.report import Coverage

    if kind == "articles":
        keys = ("id", "article", "quote", "status")
        coverage = [
            Coverage(
                **{key: row[key] for key in keys},
                title=Text(**row["title"]),
                levers=tuple(row["levers"]),
                reason=Text(**row["reasons"]),
            )
            for row in rows
        ]
        print_coverage(open_console(), coverage, lang)
        return
    columns = COLUMNS[kind]
    heads = [head.get(lang) for head, _ in columns]
    print_rows(open_console(), heads, ([cell(row, lang) for _, cell in columns] for row in rows))
