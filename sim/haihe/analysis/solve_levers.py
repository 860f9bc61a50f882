"""Levers of a task: how far each may be turned, and when."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from haihe.analysis.solve_read import (
    NO_TEXT,
    Reading,
    find_item,
    find_node,
    read_amount,
)
from haihe.analysis.solve_schema import BandFields, SolveFile
from haihe.analysis.solve_task import Knob, Part
from haihe.model.find import find_variable, fold_name, near_names
from haihe.model.types import Variable
from haihe.project import show_text
from haihe.results.solution import Band
from haihe.scenario.values import Scenario, Trajectory
from haihe.scenario.vocabulary import POLICY
from haihe.text import Text, join_all
from haihe.units import convert
from haihe.yaml import Mapping, Node


def read_knobs(tree: Mapping, fields: SolveFile, reading: Reading) -> list[Knob]:
    asked = fields.levers
    if asked is None:
        asked = list(reading.catalogue.levers)
    pairs = asked if isinstance(asked, dict) else dict.fromkeys(asked)
    if not reading.catalogue.levers and fields.levers is None:
        reading.errors.append(
            tree.error(
                Text("模型没有列出政策杠杆", "the model names no levers"),
                Text("在 `levers` 中列出", "`levers` that name some"),
            )
        )
    knobs: list[Knob] = []
    seen: dict[str, str] = {}
    for name, band in pairs.items():
        node = find_node(tree, "levers", name) or find_item(tree, name) or tree

        def read(name: str = name, band: BandFields | None = band, node: Node = node) -> list[Knob]:
            variable = _find_lever(node, name, reading)
            if variable.name in seen:
                raise node.error(
                    Text(f"{variable.name} 出现两次", f"{variable.name} is named twice")
                )
            seen[variable.name] = name
            return list(_lever_knobs(node, variable, band or BandFields(), fields, reading))

        knobs += reading.attempt(read) or []
    return knobs


def _find_lever(node: Node, name: str, reading: Reading) -> Variable:
    levers = {key: entry.title for key, entry in reading.catalogue.levers.items()}
    levers |= {key: NO_TEXT for key in POLICY if key in reading.model.variables}
    levers = levers or {
        key: NO_TEXT for key, v in reading.model.variables.items() if v.default is not None
    }
    for key, title in levers.items():
        words = {fold_name(text) for text in (key, title.zh, title.en) if text}
        if fold_name(name) in words:
            return find_variable(reading.model, key)
    expected = Text("`haihe list levers` 列出的政策杠杆", "a lever that `haihe list levers` shows")
    raise node.error(
        Text(f"没有政策杠杆 {show_text(name)}", f"there is no lever {show_text(name)}"),
        expected,
        near_names(name, levers),
    )


def _lever_knobs(
    node: Node, variable: Variable, band: BandFields, fields: SolveFile, reading: Reading
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
        raise node.error(
            Text(
                f"{variable.name}：最小值 {least:g} 大于最大值 {most:g}",
                f"{variable.name}: least {least:g} is above most {most:g}",
            )
        )
    if timed and variable.dims:
        raise node.error(
            Text(
                f"{variable.name} 带有元素，只能按模型的实施进度推进",
                f"{variable.name} has elements and follows the model's schedule alone",
            )
        )
    if timed and f"{variable.name} in force" not in reading.model.variables:
        raise node.error(
            Text(f"{variable.name} 没有实施进度", f"{variable.name} has no schedule"),
            Text("不写 `start` 和 `ramp`", "no `start` and no `ramp`"),
        )
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
                raise node.error(
                    Text(
                        f"`{label}` 从 {first:g} 到 {last:g}",
                        f"`{label}` runs from {first:g} to {last:g}",
                    ),
                    Text(f"从 {floor:g} 起", f"from {floor:g} on"),
                )
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
            raise node.error(
                Text(
                    f"模型没有给出 {variable.name} 的界限",
                    f"the model gives {variable.name} no limit",
                ),
                Text(f"写明 `{key}`", f"`{key}`"),
            )
        return float(limit)
    value = read_amount(at or node, given, variable.units or "Dmnl")
    low, high = variable.limits
    if (low is not None and value < low - 1e-12) or (high is not None and value > high + 1e-12):
        ends = ["…" if v is None else f"{v:g}" for v in variable.limits]
        span = join_all(ends, " 到 ", " to ")
        problem = Text(
            f"{variable.name} = {value:g} 超出模型的界限",
            f"{variable.name} = {value:g} is outside the limits of the model",
        )
        raise (at or node).error(
            problem, Text(f"{span.zh} {variable.units}", f"{span.en} {variable.units}")
        )
    return value
