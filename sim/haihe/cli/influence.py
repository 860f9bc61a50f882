"""What the headline results hang on: the ranked list of parameters, and the table behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from haihe.cli.console import say, show_progress, write_json
from haihe.cli.rows import Row
from haihe.errors import InputError
from haihe.model.find import near_names
from haihe.project import show_path
from haihe.text import Lang, Text, list_choices

if TYPE_CHECKING:
    from haihe.analysis.influence import InfluenceTable
    from haihe.cli.inputs import Opened
    from haihe.scenario.values import Scenario

SCENARIO = "plan"
"""Whose results are looked at."""
REASONS = {
    "definition": Text("定义值，不变动", "a definition, not moved"),
    "zero": Text("取值为零且无区间", "zero, without a range"),
    "failed": Text("变动后无有限结果", "no finite numbers when moved"),
}


def rank_rows(rows: Sequence[Row], model: str, outcome: str | None, lang: Lang) -> list[Row]:
    """Rows of parameters with their weight, the weightiest first.

    Parameters
    ----------
    outcome
        Rank by what moves this headline outcome; None: by all of them.

    Raises
    ------
    InputError
        Where the outcome is no headline outcome of the model.
    """
    table = open_table(model, lang)
    known = {(row.name, row.element): row for row in table.rows}
    names = list(table.rows[0].swings) if table.rows else []
    if outcome is not None and outcome not in names:
        raise InputError(
            Text(f"{outcome} 不是主要指标", f"{outcome} is no headline outcome"),
            expected=list_choices(names),
            suggestions=near_names(outcome, names),
        )
    found: list[Row] = []
    for row in rows:
        influence = known.get((row["name"], tuple(row["element"])))
        if influence is None:
            continue
        leading = outcome or influence.leading
        found.append(
            {
                **row,
                "weight": influence.weight,
                "leading": leading,
                "swing": influence.swings.get(leading, 0.0),
                "elasticity": influence.elasticities.get(leading, 0.0),
                "swings": dict(influence.swings),
                "reason": influence.reason,
            }
        )
    found.sort(key=lambda row: -row["weight" if outcome is None else "swing"])
    return [{"rank": k, **row} for k, row in enumerate(found, 1)]


def open_table(model: str, lang: Lang) -> InfluenceTable:
    """The table beside the model, or a new one where the model is another one now."""
    from haihe.analysis.influence import FILE, find_influence, influence_digest, read_influence

    opened, scenario = open_scenario(model)
    path = opened.folder / FILE
    fresh = path.is_file() and (
        read_influence(path, scenario.id).digest == influence_digest(opened.model, scenario)
    )
    if not fresh:
        said = Text(
            f"{show_path(path)} 与当前模型不符，重新计算",
            f"{show_path(path)} was not made from this model: computing anew",
        )
        say(said.get(lang))
    with show_progress(Text("逐个变动参数", "Moving parameters").get(lang)):
        return find_influence(opened.model, opened.catalogue, scenario)


def open_scenario(model: str) -> tuple[Opened, Scenario]:
    """The model and the plan; the model as it stands where there is no plan for it."""
    from haihe.cli.inputs import find_model_file, open_path
    from haihe.scenario.load import find_scenario_model, load_scenario
    from haihe.scenario.values import Scenario

    path = find_model_file(model)
    opened = open_path(path)
    if find_scenario_model(SCENARIO).resolve() == path.resolve():
        return opened, load_scenario(SCENARIO, opened.model, opened.catalogue)
    from haihe.errors import Location

    blank = Text("模型现状", "the model as it stands")
    place = Location(show_path(path))
    return opened, Scenario("default", blank, Text("", ""), path, (), None, (), (), "", place)


def show_influence(model: str, write: bool, as_json: bool, lang: Lang) -> int:
    """Compute the table anew; write it beside the model where that is asked for."""
    from haihe.analysis.influence import FILE, measure_influence, write_influence
    from haihe.results.export import replacing

    opened, scenario = open_scenario(model)
    with show_progress(Text("逐个变动参数", "Moving parameters").get(lang)):
        table = measure_influence(opened.model, opened.catalogue, scenario)
    place = opened.folder / FILE
    if write:
        with replacing(place) as part:
            part.write_text(write_influence(table, opened.model), encoding="utf-8")
    weight = {grade: sum(row.weight for row in table.rows if row.grade == grade) for grade in "ABC"}
    if as_json:
        written = show_path(place) if write else None
        write_json({"scenario": scenario.id, "weights": weight, "written": written})
        return 0
    shares = ", ".join(f"{grade} {share:.0%}" for grade, share in weight.items())
    said = Text(
        f"{len(table.rows)} 个参数；各等级对主要指标影响的占比：{shares}",
        f"{len(table.rows)} parameters; what each grade does to the headline outcomes: {shares}",
    )
    click.echo(said.get(lang))
    if write:
        click.echo(Text(f"已写出 {show_path(place)}", f"Written: {show_path(place)}").get(lang))
    return 0
