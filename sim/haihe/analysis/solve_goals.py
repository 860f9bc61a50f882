"""Targets of a task, and what is made least."""

from __future__ import annotations

from haihe.analysis.solve_read import (
    Reading,
    find_node,
    read_amount,
    say_span,
)
from haihe.analysis.solve_schema import AimFields, SolveFile
from haihe.analysis.solve_task import Goal, Source
from haihe.analysis.targets import Measure, Target, load_targets
from haihe.errors import InputError
from haihe.model.catalogue import Outcome, find_outcome
from haihe.model.find import find_variable, fold_name, near_names
from haihe.model.types import Model
from haihe.project import show_text
from haihe.results.solution import Aim
from haihe.text import Text
from haihe.yaml import Mapping, Node, Sequence

DEFAULT_COST = "discounted cost"


def read_goals(tree: Mapping, fields: SolveFile, reading: Reading) -> list[Goal]:
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
            reading.errors.append(
                node.error(
                    Text(f"目标 {goal.aim.id} 出现两次", f"the target {goal.aim.id} stands twice")
                )
            )
        goals.append(goal)
    return goals


def _plan_goal(node: Node, name: str, known: tuple[Target, ...], reading: Reading) -> Goal:
    ids = {target.id: target for target in known}
    folded = {fold_name(key): key for key in ids}
    target = ids.get(folded.get(fold_name(name), ""))
    if target is None:
        expected = Text("`haihe list targets` 列出的编号", "an id that `haihe list targets` shows")
        raise node.error(
            Text(f"没有目标 {show_text(name)}", f"there is no target {show_text(name)}"),
            expected,
            near_names(name, ids),
        )
    if not target.scorable:
        raise node.error(
            Text(
                f"{target.id} 不能评分：{target.reason.zh}",
                f"{target.id} cannot be scored: {target.reason.en}",
            ),
            Text("别的目标", "another target"),
        )
    if target.measure is Measure.PEAK_YEAR:
        raise node.error(
            Text(f"{target.id} 要求的是达峰年份", f"{target.id} asks for the year of a peak"),
            Text("有数值水平的目标", "a target with a level"),
        )
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


def _own_goal(node: Node, item: AimFields, reading: Reading) -> Goal:
    assert isinstance(node, Mapping)
    outcome = _find_outcome(node.get("outcome") or node, item.outcome, reading)
    source = _source(node.get("elements") or node, outcome.id, item.elements, reading)
    first = item.first if item.year is None else item.year
    last = item.last if item.year is None else item.year
    assert first is not None
    assert last is not None
    for year in {first, last}:
        _check_year(node, float(year), reading.model)
    value = read_amount(node.get("value") or node, item.value, outcome.shown)
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
        raise node.error(
            Text(f"{year:g} 年在模型的时间范围之外", f"{year:g} lies outside the model's time"),
            say_span(model),
        )


def _find_outcome(node: Node, name: str, reading: Reading) -> Outcome:
    outcomes = reading.catalogue.outcomes
    for outcome in outcomes.values():
        titles = (outcome.title.zh, outcome.title.en)
        if fold_name(name) in {fold_name(title) for title in titles if title}:
            return outcome
    try:
        return find_outcome(reading.catalogue, name)
    except InputError as error:
        expected = Text(
            "`haihe list outcomes` 列出的编号", "an id that `haihe list outcomes` shows"
        )
        raise node.error(error.problem, expected, error.suggestions) from None


def _source(node: Node, name: str, elements: list[str], reading: Reading) -> Source:
    outcome = _find_outcome(node, name, reading)
    variable = find_variable(reading.model, outcome.variable)
    places: tuple[int, ...] = ()
    if elements and not variable.dims:
        raise node.error(
            Text(f"{outcome.id} 没有元素", f"{outcome.id} has no elements"),
            Text("不写 `elements`", "no `elements`"),
        )
    if elements:
        known = reading.model.dimensions[variable.dims[0]].elements
        places = tuple(_place(node, element, known, variable.dims[0]) for element in elements)
    return Source(outcome.id, variable.name, variable.units or "Dmnl", outcome.shown, places)


def _place(node: Node, element: str, known: tuple[str, ...], dim: str) -> int:
    for place, name in enumerate(known):
        if fold_name(name) == fold_name(element):
            return place
    expected = Text(f"{dim} 的元素：{'、'.join(known)}", f"an element of {dim}: {', '.join(known)}")
    raise node.error(
        Text(f"未知的元素 {show_text(element)}", f"unknown element {show_text(element)}"),
        expected,
        near_names(element, known),
    )


def read_cost(tree: Mapping, fields: SolveFile, reading: Reading) -> Source | None:
    objective = fields.objective
    if objective.effort:
        return None
    name = objective.cost
    if name is None:
        known = {fold_name(key) for key in reading.catalogue.outcomes}
        if fold_name(DEFAULT_COST) not in known:
            return None
        name = DEFAULT_COST
    node = find_node(tree, "objective", "cost") or tree
    return _source(node, name, objective.elements, reading)
