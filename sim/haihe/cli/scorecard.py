"""`haihe scorecard`: will the targets be met, how likely, and what would change that?"""

from __future__ import annotations

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
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.project import show_text
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.analysis.targets import Target
    from haihe.results.outlook import Outlook

MOST_FUTURES = 1_000_000


@click.command(
    "scorecard",
    cls=Command,
    words=Text(
        "逐项给目标打分：结果、余量、2021年是否已达到、首次达到的年份、在校准未来中达到的概率、"
        "最容易反转结论的假设、所依据数字的等级。\n\n"
        "NAME 是情景，或研究（haihe sweep）的结果库。概率以相同的未来计算，误差是 95% Wilson 区间；"
        "不确定性只含 futures.yaml 与校准后验所列的输入。",
        "Score every target: value, margin, whether it was met in 2021 already, first year met, "
        "probability over calibrated futures, the assumption that flips it, and the grade of the "
        "numbers it rests on.\n\n"
        "NAME is a scenario, or the store of a study. Every scenario gets the same futures; the "
        "interval is Wilson's, 95 %. What is uncertain is what futures.yaml and the posterior of "
        "the calibration list, and no more.",
    ),
    example="haihe scorecard plan --against frozen-2021\n"
    "haihe scorecard plan --futures 10000 --target non-fossil-share-2025",
)
@click.argument("name", metavar="SCENARIO|STORE")
@option("--against", metavar="BASELINE", zh="作为基线的情景。", en="Scenario to compare with.")
@option(
    "--futures",
    type=click.IntRange(0, MOST_FUTURES),
    default=1000,
    show_default=True,
    zh="校准未来的个数；0 表示不算概率。",
    en="How many calibrated futures; 0 for no probabilities.",
)
@option(
    "--target",
    "wanted",
    multiple=True,
    metavar="ID",
    zh="只看这一目标；可重复。",
    en="Only this target; may be repeated.",
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
    against: str | None,
    futures: int,
    wanted: tuple[str, ...],
    label: str,
    seed: int,
    as_csv: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Score one scenario, or one study."""
    from haihe.analysis.answer_tables import list_outlooks, print_outlooks
    from haihe.analysis.answer_words import say_outlook, say_scorecard

    lang = settings_of(context).lang
    store = find_study(name)
    if store is not None:
        title, rows = score_store(store, label, wanted)
        seed, futures = -1, max((o.chance.futures for o in rows if o.chance), default=0)
    else:
        title, rows = score_scenario(name, against, futures, wanted, seed, lang)
    told = say_scorecard(rows) if len(rows) > 1 else say_outlook(rows[0])
    if output is not None:
        from haihe.cli.sheets import write_sheet
        from haihe_viz.outlook import outlook_parts

        write_sheet(output, title, told, outlook_parts(rows), lang)
    if as_json:
        head = {"name": name, "against": against, "futures": futures}
        head |= {} if seed < 0 else {"seed": seed}
        described = [describe_outlook(outlook) for outlook in rows]
        write_json({**head, "sentence": words_of(told), "targets": described})
    elif as_csv:
        write_rows(list_outlooks(rows, lang))
    else:
        console = open_console()
        console.print(title.get(lang))
        print_outlooks(console, rows, lang)
        console.print(told.get(lang), soft_wrap=True)


def score_scenario(
    name: str, against: str | None, futures: int, wanted: tuple[str, ...], seed: int, lang: Lang
) -> tuple[Text, tuple[Outlook, ...]]:
    """Score a scenario in its model."""
    from haihe.analysis.outlook import find_outlooks
    from haihe.cli.inputs import open_scenarios
    from haihe.scenario.futures_read import read_future_sources

    opened, scenarios = open_scenarios([name, *([against] if against else [])])
    for loaded in scenarios:
        for warning in loaded.warnings:
            say(warning)
    targets = pick_targets(opened.folder, wanted)
    if futures:
        for warning in read_future_sources(opened.model, opened.catalogue).warnings:
            say(warning)
    with show_progress(Text("运行校准未来", "Running futures").get(lang)) as progress:
        rows = find_outlooks(
            opened.model,
            opened.catalogue,
            scenarios[0],
            scenarios[1] if against else None,
            targets,
            futures,
            seed,
            progress,
        )
    title = scenarios[0].title
    return Text(f"{title.zh}（{scenarios[0].id}）", f"{title.en} ({scenarios[0].id})"), rows


def score_store(
    store: Path, label: str, wanted: tuple[str, ...]
) -> tuple[Text, tuple[Outlook, ...]]:
    """Score the members of a study."""
    from haihe.analysis.outlook import outlooks_of_members

    opened, members, scenario = open_members(store, label)
    targets = pick_targets(opened.folder, wanted)
    rows = outlooks_of_members(members, opened.catalogue, targets)
    count = members.sizes["member"]
    title = Text(f"{scenario}，{count} 个成员", f"{scenario}, {count} members")
    return title, rows


LISTED = Text("`haihe list targets` 列出的编号", "an id that `haihe list targets` shows")


def pick_targets(folder: Path, wanted: tuple[str, ...]) -> tuple[Target, ...]:
    """Targets of a model's folder, or those that are asked for.

    Raises
    ------
    InputError
        Where there are none, or none of a name.
    """
    from haihe.analysis.report import load_plan
    from haihe.model.find import fold_name, near_names

    targets = load_plan(folder).targets
    if not targets:
        raise InputError(
            Text("模型没有目标", "the model has no targets"),
            None,
            Text("模型旁的 targets.yaml", "targets.yaml beside it"),
        )
    if not wanted:
        return targets
    by_id = {fold_name(target.id): target for target in targets}
    for name in wanted:
        if fold_name(name) not in by_id:
            near = near_names(name, [target.id for target in targets])
            problem = Text(f"没有目标 {show_text(name)}", f"there is no target {show_text(name)}")
            raise InputError(problem, None, "" if near else LISTED, near)
    return tuple(by_id[fold_name(name)] for name in dict.fromkeys(wanted))


def describe_outlook(outlook: Outlook) -> dict[str, Any]:
    """One target as JSON."""
    from dataclasses import asdict

    from haihe.analysis.answer_words import say_outlook
    from haihe.cli.run import describe_score

    return {
        **describe_score(outlook.score),
        "chance": asdict(outlook.chance) if outlook.chance else None,
        "flip": asdict(outlook.flip) if outlook.flip else None,
        "flip_searched": outlook.searched,
        "sentence": words_of(say_outlook(outlook)),
    }
