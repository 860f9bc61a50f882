"""What a scenario sets and what futures are drawn from, as lines of an annex."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from haihe.errors import InputError
from haihe.model.catalogue import Catalogue
from haihe.model.types import Model, Variable, canonical_name
from haihe.results.facts import Assumption
from haihe.scenario.distributions import describe_distribution
from haihe.scenario.factors import split_words
from haihe.scenario.futures_read import read_future_sources
from haihe.scenario.values import Scenario, Setting
from haihe.text import Text
from haihe.units import convert
from haihe.units.words import say_unit

NO_WORDS = Text("", "")
NAMED = 6
"""How many fitted parameters are named."""
CHANGES = {"": NO_WORDS, "scale": Text("乘以 ", "times "), "shift": Text("加上 ", "plus ")}
SHAPES = {
    "uniform": Text("均匀分布", "uniform"),
    "triangular": Text("三角分布", "triangular"),
    "normal": Text("正态分布", "normal"),
    "lognormal": Text("对数正态分布", "lognormal"),
    "levels": Text("若干取值", "levels"),
    "choice": Text("离散取值", "choice"),
    "data": Text("抽样值", "draws"),
}
PARTS = {
    "low": Text("最低", "low"),
    "mode": Text("众数", "mode"),
    "high": Text("最高", "high"),
    "mean": Text("均值", "mean"),
    "sd": Text("标准差", "sd"),
    "median": Text("中位数", "median"),
    "sd of the logarithm": Text("对数标准差", "sd of the logarithm"),
}
FITTED = Text("拟合参数的后验抽样", "draws of the posterior of the calibration")


def list_settings(scenario: Scenario, catalogue: Catalogue) -> tuple[Assumption, ...]:
    """What a scenario sets, one line for each lever, driver or parameter."""
    return tuple(_describe_settings(scenario, catalogue))


def _describe_settings(scenario: Scenario, catalogue: Catalogue) -> Iterator[Assumption]:
    levers = {canonical_name(one.name): one for one in catalogue.levers.values()}
    for (name, _), group in groupby(scenario.settings, lambda s: (s.name, str(s.origin))):
        settings = tuple(group)
        lever = levers.get(canonical_name(name))
        title = lever.title if lever else Text(name, name)
        shown = lever.shown if lever else settings[0].unit
        values = dict.fromkeys(_say(one, shown) for one in settings)
        said = Text("、".join(one.zh for one in values), ", ".join(one.en for one in values))
        origin = settings[0].origin
        place = f"{origin.file}:{origin.line}"
        yield Assumption(title, said, place, "", NO_WORDS)


def _say(setting: Setting, shown: str) -> Text:
    """A value in the unit for people; a course as its points."""

    def number(value: float) -> str:
        try:
            return f"{convert(value, setting.unit, shown):.4g}"
        except InputError:  # a unit of the model's own: the number stands as it is
            return f"{value:.4g}"

    unit = say_unit(shown)
    ends = [words if words in ("", "%") else f" {words}" for words in (unit.zh, unit.en)]
    if isinstance(setting.value, float | int):
        return Text(*(f"{number(setting.value)}{end}" for end in ends))
    points = [(f"{y:g}", number(v)) for y, v in zip(setting.value.years, setting.value.values)]
    return Text(
        "；".join(f"{year}年：{value}{ends[0]}" for year, value in points),
        "; ".join(f"{year}: {value}{ends[1]}" for year, value in points),
    )


def list_draws(model: Model, catalogue: Catalogue) -> tuple[Assumption, ...]:
    """What futures are drawn from: the posterior, then every input of `futures.yaml`."""
    sources = read_future_sources(model, catalogue)
    found = []
    if sources.posterior is not None:
        places = sources.posterior.places
        drawn = dict.fromkeys(name for name, _ in places)
        first = [*drawn][:NAMED]
        titles = [name_parameter(model.variables[name]).zh for name in first]
        ends = Text("等", ", …") if len(drawn) > NAMED else NO_WORDS
        names = Text("、".join(titles) + ends.zh, ", ".join(first) + ends.en)
        count = Text(f"{len(places)}个参数", f"{len(places)} parameters")
        found.append(Assumption(FITTED, count, "", "", names))
    for factor in sources.factors:
        shape, change = (
            say_shape(describe_distribution(factor.distribution)),
            CHANGES[factor.change],
        )
        said = Text(f"{change.zh}{shape.zh}", f"{change.en}{shape.en}")
        origin = str(factor.origin)
        found.append(Assumption(factor.title, said, origin, factor.grade, factor.source))
    return tuple(found)


def say_shape(about: Mapping[str, Any]) -> Text:
    """A distribution as `describe_distribution` wrote it, in one line."""
    shape = about.get("shape")
    if shape is None:
        return NO_WORDS
    parts = [_say_part(str(key), value) for key, value in about.items() if key != "shape"]
    name = SHAPES.get(str(shape), Text(str(shape)[:40], str(shape)[:40]))
    return Text(
        f"{name.zh} {'，'.join(part.zh for part in parts)}",
        f"{name.en} {', '.join(part.en for part in parts)}",
    )


def _say_part(key: str, value: object) -> Text:
    """One number of a distribution with its name, or how many values it has and their ends."""
    if isinstance(value, list):
        ends = [_number(value[0]), _number(value[-1])] if value else ["–", "–"]
        range_zh, range_en = " 至 ".join(ends), " to ".join(ends)
        if key == "within":
            return Text(f"限于 {range_zh}", f"within {range_en}")
        return Text(f"{len(value)} 个，{range_zh}", f"{len(value)} values, {range_en}")
    name = PARTS.get(key, Text(key, key))
    return Text(f"{name.zh} {_number(value)}", f"{name.en} {_number(value)}")


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float | int) else str(value)[:40]


def name_parameter(variable: Variable) -> Text:
    """What the model says of a parameter, in both languages; its name where it says nothing."""
    words = variable.doc.splitlines()
    return split_words(words[0]) if words else Text(variable.name, variable.name)
