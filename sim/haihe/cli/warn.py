"""`haihe warn`: which observable tells in time that a target will be missed?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.answers import (
    chart_option,
    csv_option,
    find_study,
    label_option,
    open_members,
    seed_option,
    words_of,
    write_rows,
)
from haihe.cli.console import open_console, say, show_progress, write_json
from haihe.cli.scorecard import pick_targets
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.results.signal import EarlyWarning, Signal

NOTE = Text(
    "“没有参与选取的未来”与选取时用的未来来自同一模型：偏离会持续下去。现实中单年的天气和统计误差会使误报、"
    "漏报高于此数。",
    "The futures that test come from the same model as those that choose: in it a deviation lasts. "
    "Weather of a single year and errors of statistics make real rates higher.",
)


@click.command(
    "warn",
    cls=Command,
    words=Text(
        "找出能提前说明目标将落空的指标：到哪一年、越过哪条线。\n\n"
        "在一半校准未来里逐个试验所有单值指标和年份，选出最好的警戒线；在另一半未来里数误报率和漏报率。"
        "给出两项都不超过上限的最早年份；没有这样的指标时直说。",
        "Find what tells in time that a target will be missed: which observable, by which year, "
        "past which threshold.\n\n"
        "Every outcome that is one number is tried in every year on one half of the calibrated "
        "futures; false alarms and misses are counted on the other half. The earliest year in "
        "which both rates are within the limit is given, or it is said that nothing can tell.",
    ),
    example="haihe warn plan --target peak-plan-non-fossil-2030\n"
    "haihe warn plan --target hub-containers-2035 --limit 0.1 --json",
)
@click.argument("name", metavar="SCENARIO|STORE")
@option("--target", required=True, metavar="ID", zh="哪一项目标。", en="Which target.")
@option(
    "--futures",
    type=click.IntRange(100, 100_000),
    default=4000,
    show_default=True,
    zh="校准未来的个数。",
    en="How many calibrated futures.",
)
@option(
    "--limit",
    type=click.FloatRange(0, 0.5),
    default=0.2,
    show_default=True,
    zh="误报率和漏报率的上限。",
    en="Largest false-alarm and miss rate that are accepted.",
)
@label_option
@seed_option
@csv_option
@chart_option
@common_options
@click.pass_context
def command(
    context: click.Context,
    name: str,
    target: str,
    futures: int,
    limit: float,
    label: str,
    seed: int,
    as_csv: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Look for a warning of one target."""
    from haihe.analysis.answer_tables import list_alarms, print_warning
    from haihe.analysis.answer_words import say_warning

    lang = settings_of(context).lang
    store = find_study(name)
    if store is not None:
        found = warn_in_store(store, label, target, limit)
    else:
        found = warn_in_scenario(name, target, futures, limit, seed, lang)
    told = say_warning(found)
    if output is not None:
        write_page(output, found, told, lang)
    if as_json:
        write_json(describe_warning(found))
    elif as_csv:
        write_rows(list_alarms(found, lang))
    else:
        console = open_console()
        print_warning(console, found, lang)
        console.print(told.get(lang), soft_wrap=True)
        if found.by_year:
            say(NOTE.get(lang))


def warn_in_scenario(
    name: str, target: str, futures: int, limit: float, seed: int, lang: Lang
) -> EarlyWarning:
    """Run futures of a scenario and look."""
    from haihe.analysis.early_warning import find_warning, observe_futures
    from haihe.cli.inputs import open_scenarios

    opened, (scenario,) = open_scenarios([name])
    (wanted,) = pick_targets(opened.folder, (target,))
    with show_progress(Text("运行校准未来", "Running futures").get(lang)) as progress:
        observed = observe_futures(
            opened.model, opened.catalogue, scenario, wanted, futures, seed, progress
        )
    return find_warning(observed, opened.catalogue, wanted, scenario.title, limit)


def warn_in_store(store: Path, label: str, target: str, limit: float) -> EarlyWarning:
    """Look among the members of a study."""
    from haihe.analysis.early_warning import find_warning, observe_members

    opened, members, scenario = open_members(store, label)
    (wanted,) = pick_targets(opened.folder, (target,))
    observed = observe_members(members, opened.catalogue, wanted)
    return find_warning(observed, opened.catalogue, wanted, Text(scenario, scenario), limit)


def write_page(output: Path, found: EarlyWarning, told: Text, lang: Lang) -> None:
    """Courses, rates and the alarm as a page."""
    from haihe.cli.sheets import write_sheet
    from haihe_viz.signal import warning_parts

    title = Text(f"预警：{found.title.zh}", f"Early warning: {found.title.en}")
    lead = Text(f"{told.zh}{NOTE.zh}", f"{told.en} {NOTE.en}") if found.by_year else told
    write_sheet(output, title, lead, warning_parts(found), lang)


def describe_warning(found: EarlyWarning) -> dict[str, Any]:
    """All that was found, as JSON."""
    from haihe.analysis.answer_words import say_warning

    return {
        "target": found.target,
        "title": words_of(found.title),
        "year": found.year,
        "futures": found.futures,
        "probability": found.probability,
        "limit": found.limit,
        "sentence": words_of(say_warning(found)),
        "reason": words_of(found.reason),
        "first": describe_signal(found.first) if found.first else None,
        "by_year": [describe_signal(signal) for signal in found.by_year],
        "rivals": [describe_signal(signal) for signal in found.rivals],
    }


def describe_signal(signal: Signal) -> dict[str, Any]:
    """One alarm as JSON."""
    return {
        "outcome": signal.outcome,
        "title": words_of(signal.title),
        "year": signal.year,
        "above": signal.above,
        "threshold": signal.threshold,
        "unit": signal.unit,
        "false_alarm": asdict(signal.false_alarm),
        "miss": asdict(signal.miss),
        "auc": signal.auc,
        "usable": signal.good,
    }
