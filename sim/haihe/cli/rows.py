"""What `haihe list` lists: one row for each thing, as JSON holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from haihe.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from haihe.model.types import Variable

Row = dict[str, Any]


def list_scenarios(model: str) -> list[Row]:
    """Scenarios of this folder and the bundled ones; an own one hides a bundled one."""
    import pathlib

    from haihe.project import find_bundled
    from haihe.scenario.extend import list_scenarios as read_heads

    folders = (pathlib.Path("scenarios"), find_bundled("scenarios"))
    return list_files(folders, read_heads, lambda head: {})


def list_studies(model: str) -> list[Row]:
    """Studies of this folder and the bundled ones; an own one hides a bundled one."""
    from haihe.scenario.study_files import list_studies as read_heads
    from haihe.scenario.study_files import study_folders

    return list_files(
        study_folders(),
        read_heads,
        lambda head: {"method": head.method, "scenarios": list(head.scenarios)},
    )


def list_tasks(model: str) -> list[Row]:
    """Tasks for `haihe solve` of this folder and the bundled ones; an own one hides a bundled."""
    from haihe.analysis.solve_files import list_tasks as read_heads
    from haihe.analysis.solve_files import task_folders

    return list_files(
        task_folders(),
        read_heads,
        lambda head: {"scenario": head.scenario, "targets": list(head.targets)},
    )


def list_files(
    folders: Iterable[Path],
    read_heads: Callable[..., Iterable[Any]],
    describe: Callable[[Any], Row],
) -> list[Row]:
    """Files of one kind, by id; the first folder that has an id hides the others."""
    from haihe.project import show_path

    found: dict[str, Row] = {}
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        for head in read_heads(folder, strict=False):
            told = {"id": head.id, "title": as_words(head.title), "story": as_words(head.story)}
            found.setdefault(head.id, told | describe(head) | {"file": show_path(head.path)})
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
