"""`haihe discover`: under which conditions something happens in a study."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import open_console, say, write_json
from haihe.cli.study_inputs import model_option, open_study_store, scenario_option, write_page
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.results.discovery import Box, Discovery

HEADS = (
    Text("因素", "Factor"),
    Text("不低于", "At least"),
    Text("不高于", "At most"),
    Text("样本范围", "Range in the sample"),
    Text("准 p 值", "Quasi-p"),
)


@click.command(
    "discover",
    cls=Command,
    words=Text(
        "从研究结果库找出某种情形在什么条件下出现（PRIM 情景发现）。\n\n"
        "条件用通俗语句给出，并用未参与寻找的成员检验；找不到时如实说明。",
        "Find the conditions under which something happens in a study (scenario discovery by"
        " PRIM).\n\n"
        "Conditions are given in plain sentences and held against members that the search did not"
        " see; where there are none it says so.",
    ),
    example="haihe discover output/what-could-break-PM2.5 --where 'PM2.5 at 2030 > 30'\n"
    "haihe discover STORE --where 'CO2 peak year > 2030 or rail share at 2035 < 25 %' --boxes 2",
)
@click.argument("store")
@option(
    "--where",
    required=True,
    zh="情形，如 'PM2.5 at 2030 > 30'；可用 and、or、not（且、或、非）、括号、单位和 peak、"
    "peak year、2025-2035 mean。",
    en="What makes a case, such as 'PM2.5 at 2030 > 30'; with and, or, not, brackets, units, and"
    " peak, peak year, 2025-2035 mean.",
)
@option(
    "--boxes",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    zh="最多几组条件。",
    en="Most sets of conditions.",
)
@option(
    "--density",
    type=click.FloatRange(0, 1),
    default=0.0,
    zh="条件之内至少有这一比例的情形（0–1）；默认在比例与覆盖之间取平衡。",
    en="Least share of cases within the conditions (0 to 1); balanced against coverage by default.",
)
@option(
    "--seed", type=int, default=0, show_default=True, zh="随机划分的种子。", en="Of the halves."
)
@option("--chart", zh="把图写入这个 HTML 文件。", en="Draw the boxes into this HTML file.")
@scenario_option
@model_option
@common_options
@click.pass_context
def command(
    context: click.Context,
    store: str,
    where: str,
    boxes: int,
    density: float,
    seed: int,
    chart: str | None,
    scenario: str,
    model: str,
    as_json: bool,
) -> None:
    """Print what was found, sentence by sentence."""
    from haihe.analysis.discover import discover

    study, catalogue = open_study_store(store, model)
    found = discover(
        study, where, catalogue, scenario=scenario, boxes=boxes, density=density, seed=seed
    )
    lang = settings_of(context).lang
    if chart:
        from haihe_viz.studies import render_discovery

        write_page(chart, render_discovery(found, lang))
        say(Text(f"已写入 {chart}", f"wrote {chart}").get(lang))
    if as_json:
        write_json({"discovery": describe(found)})
        return
    print_discovery(found, lang)


def print_discovery(found: Discovery, lang: Lang) -> None:
    """Sentences, each with its table."""
    from haihe.analysis.tables import print_rows

    console = open_console()
    for number, sentence in enumerate(found.sentences):
        console.print(sentence.get(lang), soft_wrap=True)
        if number < len(found.boxes):
            heads = [head.get(lang) for head in HEADS]
            print_rows(console, heads, box_rows(found.boxes[number], lang))
    for note in found.notes:
        console.print(note.get(lang), soft_wrap=True)


def box_rows(box: Box, lang: Lang) -> list[list[str]]:
    """Restrictions of a box as cells."""
    from haihe.analysis.discover_words import say_after, write_number

    rows = []
    for limit in box.limits:
        title = limit.title.get(lang)
        alike = sum(one.title.get(lang) == title for one in box.limits)
        name = title if alike == 1 else f"{title} ({limit.factor})"
        unit = say_after(limit.unit).get(lang)
        low, high = (
            "" if end is None else write_number(end, limit.reach) + unit
            for end in (limit.low, limit.high)
        )
        reach = " … ".join(write_number(end, limit.reach) for end in limit.reach) + unit
        if limit.only:
            low, high, reach = ", ".join(limit.only), "", ""
        rows.append([name, low, high, reach, f"{limit.p_value:.2g}"])
    return rows


def describe(found: Discovery) -> dict[str, Any]:
    """What was found as JSON."""
    return {**asdict(found), "share": found.share}
