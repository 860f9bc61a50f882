"""What `haihe list` lists: one row for each thing, as JSON holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from haihe.text import Text

if TYPE_CHECKING:
    from haihe.model.types import Variable

Row = dict[str, Any]


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


def list_studies(model: str) -> list[Row]:
    """Studies of this folder and the bundled ones; an own one hides a bundled one."""
    from haihe.project import show_path
    from haihe.scenario.study_files import list_studies as read_heads
    from haihe.scenario.study_files import study_folders

    folders = dict.fromkeys(folder.resolve() for folder in study_folders())
    found: dict[str, Row] = {}
    for head in (head for folder in folders for head in read_heads(folder, strict=False)):
        row = {
            "id": head.id,
            "title": as_words(head.title),
            "story": as_words(head.story),
            "method": head.method,
            "scenarios": list(head.scenarios),
            "file": show_path(head.path),
        }
        found.setdefault(head.id, row)
    return list(found.values())


def list_tasks(model: str) -> list[Row]:
    """Tasks for `haihe solve` of this folder and the bundled ones; an own one hides a bundled."""
    from haihe.analysis.solve_files import list_tasks as read_heads
    from haihe.analysis.solve_files import task_folders
    from haihe.project import show_path

    folders = dict.fromkeys(folder.resolve() for folder in task_folders())
    found: dict[str, Row] = {}
    for head in (head for folder in folders for head in read_heads(folder, strict=False)):
        row = {
            "id": head.id,
            "title": as_words(head.title),
            "story": as_words(head.story),
            "scenario": head.scenario,
            "targets": list(head.targets),
            "file": show_path(head.path),
        }
        found.setdefault(head.id, row)
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
            "source": as_words(entry.origin),
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
    from haihe.cli.inputs import open_model
    from haihe.model.parameters import collect_parameters

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
    "studies": list_studies,
    "tasks": list_tasks,
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
