"""Hold a plan's files against the catalogue of its model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from haihe.analysis.coverage import read_measures
from haihe.analysis.targets import Measure, Target, load_targets
from haihe.errors import InputError, Location
from haihe.model.catalogue import Catalogue
from haihe.model.find import near_names
from haihe.model.types import canonical_name
from haihe.project import show_path
from haihe.text import Text, Words
from haihe.units import convert


def check_plan(folder: Path, catalogue: Catalogue) -> Iterator[InputError]:
    """Everything in `targets.yaml` and `articles.yaml` of a folder that does not fit the model."""
    targets, articles = folder / "targets.yaml", folder / "articles.yaml"
    if targets.is_file():
        for target in load_targets(targets):
            yield from check_target(target, catalogue, Location(show_path(targets)))
    if articles.is_file():
        yield from check_articles(articles, catalogue)


def check_target(target: Target, catalogue: Catalogue, where: Location) -> Iterator[InputError]:
    """Unknown outcomes of a target, and a unit that its outcome cannot be said in."""
    for name in filter(None, (target.indicator, target.per)):
        if name not in catalogue.outcomes:
            near = near_names(name, catalogue.outcomes)
            yield InputError(
                Text(
                    f"目标 {target.id}：没有指标 {name}",
                    f"target {target.id}: there is no outcome {name}",
                ),
                where,
                "",
                near,
            )
    outcome = catalogue.outcomes.get(target.indicator)
    measured = target.measure in (Measure.LEVEL, Measure.DIFFERENCE) and not target.per
    if outcome is None or not measured:
        return
    try:
        convert(1.0, outcome.shown, target.unit)
    except InputError:
        problem = Text(
            f"目标 {target.id} 的单位是 {target.unit!r}，{outcome.id} 的单位是 {outcome.shown!r}",
            f"target {target.id} is in {target.unit!r}, {outcome.id} in {outcome.shown!r}",
        )
        yield InputError(problem, where, Text("同类的单位", "units of the same kind"))


def check_articles(path: Path, catalogue: Catalogue) -> Iterator[InputError]:
    """Levers that no catalogue knows, and levers that no measure and no exception names."""
    where = Location(show_path(path))
    known = {canonical_name(name) for name in catalogue.levers}
    found = read_measures(path)
    claims: list[tuple[Words, str]] = [
        (Text(f"措施 {entry.id}", f"measure {entry.id}"), lever)
        for entry in found.articles
        for lever in entry.levers
    ]
    claims += [("beyond_plan", entry.lever) for entry in found.beyond_plan]
    for who, lever in claims:
        if canonical_name(lever) not in known:
            near = near_names(lever, catalogue.levers)
            yield InputError(
                Text("{who}：没有政策杠杆 {lever}", "{who}: there is no lever {lever}").fill(
                    who=who, lever=lever
                ),
                where,
                "",
                near,
            )
    named = {canonical_name(lever) for _, lever in claims}
    for name in catalogue.levers:
        if canonical_name(name) not in named:
            yield InputError(
                Text(
                    f"规划的措施中没有一条提到政策杠杆 {name}",
                    f"no measure of the plan names the lever {name}",
                ),
                where,
                Text(
                    "某条措施，或在 `beyond_plan` 中写明原因",
                    "a measure, or an entry of `beyond_plan` that says why not",
                ),
            )
