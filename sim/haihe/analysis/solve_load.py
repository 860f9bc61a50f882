"""Read a task for `haihe solve`: a YAML file to frozen values, all mistakes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from haihe.analysis.solve_schema import AimFields, BandFields, SolveFile
from haihe.analysis.solve_task import Goal, Knob, Part, Source, Task
from haihe.analysis.targets import Measure, Target, load_targets
from haihe.errors import InputError, InputErrors, raise_all
from haihe.model.catalogue import Catalogue, Outcome, find_outcome
from haihe.model.find import find_variable, fold_name, near_names
from haihe.model.types import Model, Variable
from haihe.project import show_path, show_text
from haihe.results.solution import Aim, Band
from haihe.scenario.load import find_scenario_model, load_scenario
from haihe.scenario.schema import read_words
from haihe.scenario.values import Scenario, Trajectory
from haihe.scenario.vocabulary import POLICY
from haihe.text import Text
from haihe.units import convert, parse_quantity
from haihe.yaml import Mapping, Node, Scalar, Sequence, read_scalar, read_yaml, validate

Found = TypeVar("Found")

DEFAULT_COST = "discounted cost"
NO_TEXT = Text("", "")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known while a task is read; `errors` grows."""

    model: Model
    catalogue: Catalogue
    scenario: Scenario
    errors: list[InputError] = field(default_factory=list)

    def attempt(self, read: Callable[[], Found]) -> Found | None:
        """What `read` gives; its mistakes are kept for later."""
        try:
            return read()
        except InputError as error:
            self.errors.append(error)
        except InputErrors as several:
            self.errors.extend(several.errors)
        return None


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
    reading = _Reading(model, catalogue, load_scenario(name, model, catalogue))
    goals = _read_goals(tree, fields, reading)
    knobs = _read_knobs(tree, fields, reading)
    confidence = reading.attempt(lambda: _read_share(tree, "confidence", fields.confidence, 0.0))
    within = reading.attempt(lambda: _read_share(tree, "within", fields.within, 0.1))
    last = max((goal.aim.last_year for goal in goals), default=model.time.stop)
    cost = reading.attempt(lambda: _read_cost(tree, fields, reading))
    year = float(fields.objective.year or last)
    if cost is not None and not model.time.start <= year <= model.time.stop:
        node = _node(tree, "objective", "year") or tree
        reading.errors.append(node.error(f"{year:g} lies outside the model's time", _span(model)))
    if not knobs and not reading.errors:
        reading.errors.append(tree.error("there is no lever to turn", "at least one"))
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


def _span(model: Model) -> str:
    return f"a year from {model.time.start:g} to {model.time.stop:g}"


# --- targets ------------------------------------------------------------------------------------


def _read_goals(tree: Mapping, fields: SolveFile, reading: _Reading) -> list[Goal]:
    nodes = tree.get("targets")
    assert isinstance(nodes, Sequence)
    file = reading.model.path.parent / "targets.yaml"
    known = load_targets(file) if file.is_file() else ()
    goals: list[Goal] = []
    for node, item in zip(nodes.items, fields.targets, strict=True):

        def read(node: Node = node, item: str | AimFields = item) -> Goal:
            if isinstance(item, str):
                return _plan_goal(node, item, known, reading)
            return _own_goal(node, item, reading)

        goal = reading.attempt(read)
        if goal is None:
            continue
        if any(goal.aim.id == other.aim.id for other in goals):
            reading.errors.append(node.error(f"the target {goal.aim.id} stands twice"))
        goals.append(goal)
    return goals


def _plan_goal(node: Node, name: str, known: tuple[Target, ...], reading: _Reading) -> Goal:
    ids = {target.id: target for target in known}
    folded = {fold_name(key): key for key in ids}
    target = ids.get(folded.get(fold_name(name), ""))
    if target is None:
        expected = "an id that `haihe list targets` shows"
        raise node.error(f"there is no target {show_text(name)}", expected, near_names(name, ids))
    if not target.scorable:
        raise node.error(f"{target.id} cannot be scored: {target.reason.en}", "another target")
    if target.measure is Measure.PEAK_YEAR:
        raise node.error(f"{target.id} asks for the year of a peak", "a target with a level")
    _check_year(node, float(target.year), reading.model)
    assert target.value is not None
    source = _source(node, target.indicator, list(target.elements), reading)
    per = _source(node, target.per, [], reading) if target.per else None
    higher = target.better == "higher"
    aim = Aim(
        id=target.id,
        title=target.title,
        outcome=source.outcome,
        unit=target.unit,
        relation=">=" if higher else "<=",
        threshold=target.value,
        first_year=float(target.year),
        last_year=float(target.year),
        statistic="at" if target.measure is Measure.LEVEL else str(target.measure),
        base=float("nan"),
    )
    return Goal(
        aim,
        source,
        per,
        target.measure,
        target.base_year,
        target.offset,
        target.unit,
        1.0 if higher else -1.0,
        1.0,
    )


def _own_goal(node: Node, item: AimFields, reading: _Reading) -> Goal:
    assert isinstance(node, Mapping)
    outcome = _find_outcome(node.get("outcome") or node, item.outcome, reading)
    source = _source(node.get("elements") or node, outcome.id, item.elements, reading)
    first = item.first if item.year is None else item.year
    last = item.last if item.year is None else item.year
    assert first is not None
    assert last is not None
    for year in {first, last}:
        _check_year(node, float(year), reading.model)
    value = _quantity(node.get("value") or node, item.value, outcome.shown)
    period = item.year is None
    unit, over = outcome.shown, ""
    if period and item.statistic == "sum":
        unit, over = unit.removesuffix("/yr"), "合计"
    when = f"{first}–{last}" if period else f"{first}"
    aim = Aim(
        id=item.id or f"{outcome.id} {when}",
        title=Text(f"{when}年{outcome.title.zh}{over}", f"{outcome.title.en}, {when}"),
        outcome=outcome.id,
        unit=unit,
        relation=item.relation,
        threshold=value,
        first_year=float(first),
        last_year=float(last),
        statistic=item.statistic if period else "at",
        base=float("nan"),
    )
    sign = 1.0 if item.relation == ">=" else -1.0
    return Goal(aim, source, None, Measure.LEVEL, None, 0.0, outcome.shown, sign, item.weight)


def _check_year(node: Node, year: float, model: Model) -> None:
    if not model.time.start <= year <= model.time.stop:
        raise node.error(f"{year:g} lies outside the model's time", _span(model))


def _find_outcome(node: Node, name: str, reading: _Reading) -> Outcome:
    outcomes = reading.catalogue.outcomes
    for outcome in outcomes.values():
        titles = (outcome.title.zh, outcome.title.en)
        if fold_name(name) in {fold_name(title) for title in titles if title}:
            return outcome
    try:
        return find_outcome(reading.catalogue, name)
    except InputError as error:
        expected = "an id that `haihe list outcomes` shows"
        raise node.error(error.problem, expected, error.suggestions) from None


def _source(node: Node, name: str, elements: list[str], reading: _Reading) -> Source:
    outcome = _find_outcome(node, name, reading)
    variable = find_variable(reading.model, outcome.variable)
    places: tuple[int, ...] = ()
    if elements and not variable.dims:
        raise node.error(f"{outcome.id} has no elements", "no `elements`")
    if elements:
        known = reading.model.dimensions[variable.dims[0]].elements
        places = tuple(_place(node, element, known, variable.dims[0]) for element in elements)
    return Source(outcome.id, variable.name, variable.units or "Dmnl", outcome.shown, places)


def _place(node: Node, element: str, known: tuple[str, ...], dim: str) -> int:
    for place, name in enumerate(known):
        if fold_name(name) == fold_name(element):
            return place
    expected = f"an element of {dim}: {', '.join(known)}"
    raise node.error(f"unknown element {show_text(element)}", expected, near_names(element, known))


def _read_cost(tree: Mapping, fields: SolveFile, reading: _Reading) -> Source | None:
    objective = fields.objective
    if objective.effort:
        return None
    name = objective.cost
    if name is None:
        known = {fold_name(key) for key in reading.catalogue.outcomes}
        if fold_name(DEFAULT_COST) not in known:
            return None
        name = DEFAULT_COST
    node = _node(tree, "objective", "cost") or tree
    return _source(node, name, objective.elements, reading)


# --- levers -------------------------------------------------------------------------------------


def _read_knobs(tree: Mapping, fields: SolveFile, reading: _Reading) -> list[Knob]:
    asked = fields.levers
    if asked is None:
        asked = list(reading.catalogue.levers)
    pairs = asked if isinstance(asked, dict) else dict.fromkeys(asked)
    if not reading.catalogue.levers and fields.levers is None:
        reading.errors.append(tree.error("the model names no levers", "`levers` that name some"))
    knobs: list[Knob] = []
    seen: dict[str, str] = {}
    for name, band in pairs.items():
        node = _node(tree, "levers", name) or _item(tree, name) or tree

        def read(name: str = name, band: BandFields | None = band, node: Node = node) -> list[Knob]:
            variable = _find_lever(node, name, reading)
            if variable.name in seen:
                raise node.error(f"{variable.name} is named twice")
            seen[variable.name] = name
            return list(_lever_knobs(node, variable, band or BandFields(), fields, reading))

        knobs += reading.attempt(read) or []
    return knobs


def _find_lever(node: Node, name: str, reading: _Reading) -> Variable:
    levers = {key: entry.title for key, entry in reading.catalogue.levers.items()}
    levers |= {key: NO_TEXT for key in POLICY if key in reading.model.variables}
    levers = levers or {
        key: NO_TEXT for key, v in reading.model.variables.items() if v.default is not None
    }
    for key, title in levers.items():
        words = {fold_name(text) for text in (key, title.zh, title.en) if text}
        if fold_name(name) in words:
            return find_variable(reading.model, key)
    expected = "a lever that `haihe list levers` shows"
    raise node.error(f"there is no lever {show_text(name)}", expected, near_names(name, levers))


def _lever_knobs(
    node: Node, variable: Variable, band: BandFields, fields: SolveFile, reading: _Reading
) -> Iterator[Knob]:
    timed = band.start is not None or band.ramp is not None
    entry = next(
        (
            e
            for k, e in reading.catalogue.levers.items()
            if fold_name(k) == fold_name(variable.name)
        ),
        None,
    )
    shown = entry.shown if entry is not None else (variable.units or "Dmnl")
    title = entry.title if entry is not None else Text(variable.name, variable.name)
    group = entry.group if entry is not None else ""
    assert variable.default is not None
    own = np.asarray(variable.default, dtype=float)
    places = tuple(np.ndindex(own.shape))
    base = _base_of(variable, reading.scenario)
    low, high = variable.limits
    least = _limit(node, "least", band.least, low, variable, shown)
    most = _limit(node, "most", band.most, high, variable, shown)
    if fields.never_weaker:
        default = float(own.mean())
        least, most = (max(least, base), most) if base >= default else (least, min(most, base))
    if least > most:
        raise node.error(f"{variable.name}: least {least:g} is above most {most:g}")
    if timed and variable.dims:
        raise node.error(f"{variable.name} has elements and follows the model's schedule alone")
    if timed and f"{variable.name} in force" not in reading.model.variables:
        raise node.error(f"{variable.name} has no schedule", "no `start` and no `ramp`")
    units = variable.units or "Dmnl"

    def knob(part: Part, low: float, high: float, value: float, unit: str, mark: str) -> Knob:
        said = {
            "value": NO_TEXT,
            "start": Text("：起始年", ": first year"),
            "ramp": Text("：推进年数", ": years to full strength"),
        }[part]
        one, other, own = (
            float(convert(v, units, unit)) if part == "value" else v for v in (low, high, value)
        )
        words = Text(title.zh + said.zh, title.en + said.en)
        seen = Band(variable.name + mark, words, unit, one, other, own, group)
        return Knob(variable.name, part, places, low, high, value, band.weight, seen)

    yield knob("value", least, most, min(max(base, least), most), shown, "")
    if timed:
        start, ramp = band.start or (2022.0, 2022.0), band.ramp or (1.0, 1.0)
        for label, (first, last), floor in (("start", start, 2022.0), ("ramp", ramp, 0.25)):
            if not floor <= first <= last:
                raise node.error(f"`{label}` runs from {first:g} to {last:g}", f"from {floor:g} on")
        yield knob("start", *start, start[0], "yr", " start")
        yield knob("ramp", *ramp, ramp[0], "yr", " ramp")


def _base_of(variable: Variable, scenario: Scenario) -> float:
    """Value of a lever in a scenario: the mean over its elements, the last of a trajectory."""
    assert variable.default is not None
    own = np.array(variable.default, dtype=float)
    settings = [s for s in scenario.settings if s.name == variable.name]
    values = [s.value.values[-1] if isinstance(s.value, Trajectory) else s.value for s in settings]
    if not variable.dims:
        return float(values[-1]) if values else float(own)
    rest = own.size - len(values)
    return float((sum(values) + own.mean() * rest) / own.size)


def _limit(
    node: Node,
    key: str,
    given: float | str | None,
    limit: float | None,
    variable: Variable,
    shown: str,
) -> float:
    at = node.get(key) if isinstance(node, Mapping) else None
    if given is None:
        if limit is None:
            raise node.error(f"the model gives {variable.name} no limit", f"`{key}`")
        return float(limit)
    value = _quantity(at or node, given, variable.units or "Dmnl")
    low, high = variable.limits
    if (low is not None and value < low - 1e-12) or (high is not None and value > high + 1e-12):
        span = " to ".join("…" if v is None else f"{v:g}" for v in variable.limits)
        problem = f"{variable.name} = {value:g} is outside the limits of the model"
        raise (at or node).error(problem, f"{span} {variable.units}")
    return value


# --- numbers and nodes --------------------------------------------------------------------------


def _quantity(node: Node, given: float | str, unit: str) -> float:
    """A number in `unit`, or a quantity with a unit of its own."""
    if isinstance(given, int | float):
        return float(given)
    try:
        number, written = parse_quantity(given)
        return float(f"{convert(number, written or unit, unit):.15g}")
    except InputError as error:
        raise node.error(error.problem, error.expected or f"a value in {unit}") from None


def _read_share(tree: Mapping, key: str, given: float | str | None, none: float) -> float:
    if given is None:
        return none
    node = tree.get(key) or tree
    value = _quantity(node, given, "1") if isinstance(given, str) else float(given)
    if not 0 < value < 1:
        raise node.error(f"`{key}` is {value:g}", "a share between 0 and 1, such as 80 %")
    return value


def _node(tree: Mapping, *keys: str) -> Node | None:
    node: Node | None = tree
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    if isinstance(node, Scalar) and read_scalar(node) is None:
        # `lever:` with nothing behind it: the place of the key says more.
        return node
    return node


def _item(tree: Mapping, name: str) -> Node | None:
    node = tree.get("levers")
    items = node.items if isinstance(node, Sequence) else ()
    return next((i for i in items if isinstance(i, Scalar) and i.text == name), None)


def with_aims(task: Task, bases: list[float]) -> Task:
    """The task with what each target has in the scenario that it begins from."""
    goals = tuple(
        replace(goal, aim=replace(goal.aim, base=value))
        for goal, value in zip(task.goals, bases, strict=True)
    )
    return replace(task, goals=goals)
