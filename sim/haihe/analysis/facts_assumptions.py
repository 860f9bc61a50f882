"""What a scenario sets and what futures are drawn from, as lines of an annex."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from haihe.errors import InputError
from haihe.model.catalogue import Catalogue
from haihe.model.types import Model, canonical_name
from haihe.results.facts import Assumption
from haihe.scenario.distributions import show_distribution
from haihe.scenario.futures_read import read_future_sources
from haihe.scenario.values import Scenario, Setting
from haihe.text import Text
from haihe.units import convert

NO_WORDS = Text("", "")
CHANGES = {"": NO_WORDS, "scale": Text("乘以 ", "times "), "shift": Text("加上 ", "plus ")}
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
        said = ", ".join(values)
        origin = settings[0].origin
        place = f"{origin.file}:{origin.line}"
        yield Assumption(title, Text(said, said), place, "", NO_WORDS)


def _say(setting: Setting, shown: str) -> str:
    """A value in the unit for people; a course as its points."""

    def number(value: float) -> str:
        try:
            return f"{convert(value, setting.unit, shown):.4g}"
        except InputError:  # a unit of the model's own: the number stands as it is
            return f"{value:.4g}"

    unit = "" if shown in ("", "1", "Dmnl") else f" {shown}"
    if isinstance(setting.value, float | int):
        return f"{number(setting.value)}{unit}"
    points = zip(setting.value.years, setting.value.values)
    return "; ".join(f"{year:g}: {number(value)}{unit}" for year, value in points)


def list_draws(model: Model, catalogue: Catalogue) -> tuple[Assumption, ...]:
    """What futures are drawn from: the posterior, then every input of `futures.yaml`."""
    sources = read_future_sources(model, catalogue)
    found = []
    if sources.posterior is not None:
        columns = sources.posterior.columns
        names = ", ".join(dict.fromkeys(column.partition("[")[0] for column in columns))
        count = Text(f"{len(columns)}个参数", f"{len(columns)} parameters")
        found.append(Assumption(FITTED, count, "", "", Text(names, names)))
    for factor in sources.factors:
        shape = show_distribution(factor.distribution)
        said = Text(f"{CHANGES[factor.change].zh}{shape}", f"{CHANGES[factor.change].en}{shape}")
        origin = str(factor.origin)
        found.append(Assumption(factor.title, said, origin, factor.grade, factor.source))
    return tuple(found)


def say_shape(about: Mapping[str, Any]) -> str:
    """A distribution as `describe_distribution` wrote it, in one line."""
    shape = about.get("shape")
    if shape is None:
        return ""
    rest = {key: value for key, value in about.items() if key != "shape"}
    return f"{shape} " + ", ".join(f"{key} {_few(value)}" for key, value in rest.items())


def _few(value: object) -> str:
    if isinstance(value, list):
        return " to ".join(map(_few, value)) if len(value) == 2 else f"{len(value)} values"
    return f"{value:.4g}" if isinstance(value, float | int) else str(value)[:40]
