"""Read a task for `haihe solve`: a YAML file to frozen values, all mistakes at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from haihe.analysis.solve_goals import read_cost, read_goals
from haihe.analysis.solve_levers import read_knobs
from haihe.analysis.solve_read import (
    Reading,
    find_node,
    read_share,
    say_span,
)
from haihe.analysis.solve_schema import SolveFile
from haihe.analysis.solve_task import Task
from haihe.errors import raise_all
from haihe.model.catalogue import Catalogue
from haihe.model.types import Model
from haihe.project import show_path
from haihe.scenario.load import find_scenario_model, load_scenario
from haihe.scenario.schema import read_words
from haihe.text import Text
from haihe.yaml import Mapping, read_yaml, validate


def load_task(path: Path, open_model: Callable[[Path], tuple[Model, Catalogue]]) -> Task:
    """Read a task.

    Parameters
    ----------
    open_model
        Model and catalogue of a model file.

    Raises
    ------
    InputErrors
        With every mistake in the file and in the scenario that it begins from.
    """
    tree = read_yaml(path)
    fields = validate(tree, SolveFile)
    assert isinstance(tree, Mapping)
    name = _beside(path, fields.scenario)
    model, catalogue = open_model(find_scenario_model(name))
    reading = Reading(model, catalogue, load_scenario(name, model, catalogue))
    goals = read_goals(tree, fields, reading)
    knobs = read_knobs(tree, fields, reading)
    confidence = reading.attempt(lambda: read_share(tree, "confidence", fields.confidence, 0.0))
    within = reading.attempt(lambda: read_share(tree, "within", fields.within, 0.1))
    last = max((goal.aim.last_year for goal in goals), default=model.time.stop)
    cost = reading.attempt(lambda: read_cost(tree, fields, reading))
    year = float(fields.objective.year or last)
    if cost is not None and not model.time.start <= year <= model.time.stop:
        node = find_node(tree, "objective", "year") or tree
        reading.errors.append(
            node.error(
                Text(f"{year:g} 年在模型的时间范围之外", f"{year:g} lies outside the model's time"),
                say_span(model),
            )
        )
    if not knobs and not reading.errors:
        reading.errors.append(
            tree.error(
                Text("没有可调的政策杠杆", "there is no lever to turn"),
                Text("至少一个", "at least one"),
            )
        )
    raise_all(reading.errors)
    return Task(
        title=read_words(fields.title, path.stem),
        story=read_words(fields.story, ""),
        model=model,
        catalogue=catalogue,
        scenario=reading.scenario,
        knobs=tuple(knobs),
        goals=tuple(goals),
        cost=cost,
        cost_year=year,
        confidence=confidence or 0.0,
        each=fields.each,
        futures=fields.futures if confidence else 0,
        packages=fields.packages,
        within=within or 0.0,
        seed=fields.seed,
        members=fields.members,
        seconds=fields.seconds,
        where=show_path(path),
    )


def _beside(path: Path, name: str) -> str | Path:
    """A scenario's path is read from the file that names it; an id is an id."""
    return path.parent / name if name.endswith((".yaml", ".yml")) else name


# --- targets ------------------------------------------------------------------------------------


# --- levers -------------------------------------------------------------------------------------


# --- numbers and nodes --------------------------------------------------------------------------


def with_aims(task: Task, bases: list[float]) -> Task:
    """The task with what each target has in the scenario that it begins from."""
    goals = tuple(
        replace(goal, aim=replace(goal.aim, base=value))
        for goal, value in zip(task.goals, bases, strict=True)
    )
    return replace(task, goals=goals)
