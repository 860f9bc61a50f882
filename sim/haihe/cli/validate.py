"""`haihe validate`: is a scenario, a study or a task right, and who set each of its values?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import open_console, say, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.text import Lang, Text
from haihe.text import say as put

if TYPE_CHECKING:
    from haihe.scenario.explain import ExplainedSetting
    from haihe.scenario.values import Scenario


@click.command(
    "validate",
    cls=Command,
    words=Text(
        "检查情景、研究或 haihe solve 的任务文件，不运行。\n\n所有错误一次列出，带文件、行和列。"
        "有错误时退出码为 2。对研究，说明将有多少成员、输入及其分布、保存的内容；"
        "对任务，说明要达到的目标和可调的杠杆及区间。",
        "Check a scenario, a study or a task for `haihe solve`; run nothing.\n\nAll mistakes are "
        "shown at once, with file, line and column. The exit code is 2 where there are any. Of a "
        "study it says how many members there would be, what varies and how, and what would be "
        "kept; of a task, which targets are to be met, and how far each lever may be turned.",
    ),
    example="haihe validate plan --explain\nhaihe validate my-scenario.yaml --json\n"
    "haihe validate which-assumptions-matter\n"
    "haihe validate scenarios/solve/co2-and-air-2030.yaml",
)
@click.argument("name", metavar="SCENARIO|STUDY|TASK")
@option(
    "--explain",
    is_flag=True,
    zh="列出每个值来自哪个文件哪一行，以及它取代了什么；对研究，列出全部输入。",
    en="Show where each value comes from, and what it took the place of; of a study, every input.",
)
@common_options
@click.pass_context
def command(context: click.Context, name: str, explain: bool, as_json: bool) -> None:
    """Check one file, whichever kind it is of."""
    from haihe.cli.inputs import open_scenarios
    from haihe.cli.kinds import find_kind
    from haihe.cli.studies import check_study
    from haihe.cli.tasks import check_task
    from haihe.scenario.explain import explain_scenario

    lang = settings_of(context).lang
    kind, path = find_kind(name)
    if kind == "study":
        check_study(path, explain, as_json, lang)
        return
    if kind == "task":
        check_task(path, as_json, lang)
        return
    _, (loaded,) = open_scenarios([name])
    rows = explain_scenario(loaded) if explain else ()
    for warning in loaded.warnings:
        say(warning)
    if as_json:
        write_json(describe(loaded, rows, explain, lang))
        return
    if explain:
        print_origins(rows, lang)
    count = len(loaded.settings)
    click.echo(
        Text(
            f"{loaded.id}（{loaded.title.zh}）：没有错误，共 {count} 个设定。",
            f"{loaded.id} ({loaded.title.en}): nothing is wrong; it sets {count} values.",
        ).get(lang)
    )


def describe(
    scenario: Scenario, rows: tuple[ExplainedSetting, ...], explain: bool, lang: Lang
) -> dict[str, Any]:
    """A scenario as JSON."""
    data: dict[str, Any] = {
        "valid": True,
        "scenario": scenario.id,
        "title": {"zh": scenario.title.zh, "en": scenario.title.en},
        "story": {"zh": scenario.story.zh, "en": scenario.story.en},
        "extends": list(scenario.chain),
        "settings": len(scenario.settings),
        "digest": scenario.digest,
        "warnings": [put(warning, lang) for warning in scenario.warnings],
    }
    if explain:
        data["explained"] = [
            {
                "role": str(row.role),
                "name": row.name,
                "element": list(row.element),
                "value": row.value,
                "unit": row.unit,
                "origin": str(row.origin),
                "overrode": [{"value": value, "origin": str(at)} for value, at in row.overrode],
            }
            for row in rows
        ]
    return data


def print_origins(rows: tuple[ExplainedSetting, ...], lang: str) -> None:
    """Who set what, as a table."""
    from haihe.analysis.tables import print_rows
    from haihe.scenario.vocabulary import ROLES

    heads = (
        ("种类", "名称", "值", "单位", "来自", "取代"),
        ("Kind", "Name", "Value", "Unit", "Set by", "Instead of"),
    )[0 if lang == "zh" else 1]
    print_rows(
        open_console(),
        heads,
        (
            (
                ROLES[row.role].zh if lang == "zh" else str(row.role),
                f"{row.name}[{', '.join(row.element)}]" if row.element else row.name,
                row.value,
                row.unit,
                str(row.origin),
                "\n".join(f"{value} ({at})" for value, at in row.overrode),
            )
            for row in rows
        ),
    )
