"""`haihe attribute`: which measures made the difference?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.answers import (
    as_series,
    chart_option,
    check_year,
    csv_option,
    seed_option,
    words_of,
    write_rows,
)
from haihe.cli.console import open_console, say, show_progress, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.results.attribution import Attribution, Credit


@click.command(
    "attribute",
    cls=Command,
    words=Text(
        "把两个情景之间的差别分摊到各组措施。\n\n"
        "15 组以内运行全部组合，得到精确的沙普利值；更多则随机抽取次序，给出标准误。表中并列"
        "“单独关停”和“单独启用”两种常用算法及其说不清的差额，以及欧文值（以方案各章为联盟）、"
        "次序的影响和两两相互作用。各年一次算完，JSON 和 CSV 含所有年份。",
        "Share the difference between two scenarios among groups of measures.\n\n"
        "Up to 15 groups every combination is run and the Shapley values are exact; beyond, orders "
        "are drawn and standard errors given. Beside them stand the two usual wedges (switch one "
        "off, switch one on) with what they leave unexplained, Owen values with the plan's "
        "chapters as unions, the range over orders, and pairwise interactions. All years come at "
        "once: JSON and CSV hold every one.",
    ),
    example="haihe attribute plan --against frozen-2021 --outcome CO2 --at 2030\n"
    "haihe attribute plan --against frozen-2021 --outcome NOx --outcome PM2.5 --at 2025 --by group",
)
@click.argument("scenario", metavar="SCENARIO")
@option("--against", required=True, metavar="BASELINE", zh="基线情景。", en="Baseline.")
@option(
    "--outcome",
    "outcomes",
    multiple=True,
    required=True,
    metavar="ID",
    zh="指标，如 CO2 或 “CO2 by sector[steel]”；可重复。",
    en="Outcome, as CO2 or “CO2 by sector[steel]”; may be repeated.",
)
@option(
    "--at",
    "years",
    multiple=True,
    type=float,
    default=(2030.0,),
    show_default=True,
    metavar="YEAR",
    zh="表中显示的年份；可重复。",
    en="Year that the tables show; may be repeated.",
)
@option(
    "--by",
    default="chapter",
    show_default=True,
    metavar="article|chapter|group|lever|FILE.yaml",
    zh="怎样分组：按条、按章、按政策组、逐个杠杆，或按文件。",
    en="How to group: by article, chapter, policy group, lever, or as a file says.",
)
@option(
    "--pairs",
    type=click.IntRange(2, 100_000),
    default=200,
    show_default=True,
    zh="超过 15 组时抽取的次序对数。",
    en="Pairs of orders drawn where there are more than 15 groups.",
)
@seed_option
@csv_option
@chart_option
@common_options
@click.pass_context
def command(
    context: click.Context,
    scenario: str,
    against: str,
    outcomes: tuple[str, ...],
    years: tuple[float, ...],
    by: str,
    pairs: int,
    seed: int,
    as_csv: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Attribute one difference."""
    from haihe.analysis.answer_tables import list_credits

    lang = settings_of(context).lang
    found = find_attributions((scenario, against), outcomes, years, by, pairs, seed, lang)
    if output is not None:
        write_page(output, found, years, lang)
    if as_json:
        write_json(describe_attributions(found, years))
    elif as_csv:
        write_rows(list_credits(found, lang))
    else:
        print_answers(found, years, lang)


def find_attributions(
    names: tuple[str, str],
    outcomes: tuple[str, ...],
    years: tuple[float, ...],
    by: str,
    pairs: int,
    seed: int,
    lang: Lang,
) -> tuple[Attribution, ...]:
    """Everything is checked before the first member runs."""
    from haihe.analysis.attribution import attribute, find_cells
    from haihe.analysis.attribution_groups import group_differences
    from haihe.analysis.coalitions import find_differences
    from haihe.cli.inputs import gather, open_scenarios
    from haihe.model.clock import saved_times

    opened, (scenario, baseline) = open_scenarios(names)
    for warning in (*scenario.warnings, *baseline.warnings):
        say(warning)
    gather(lambda name: find_cells(opened.model, opened.catalogue, [name]), outcomes)
    cells = find_cells(opened.model, opened.catalogue, outcomes)
    for year in years:
        check_year(year, saved_times(scenario.time or opened.model.time))
    keys = find_differences(scenario, baseline)
    groups = group_differences(keys, opened.catalogue, by, opened.folder)
    with show_progress(Text("运行各种组合", "Running combinations").get(lang)) as progress:
        return attribute(
            opened.model,
            opened.catalogue,
            scenario,
            baseline,
            cells,
            groups,
            by,
            pairs=pairs,
            seed=seed,
            progress=progress,
        )


def print_answers(found: tuple[Attribution, ...], years: tuple[float, ...], lang: Lang) -> None:
    """Tables, pairs and a sentence for each outcome and year."""
    from haihe.analysis.answer_tables import print_attribution, print_interactions
    from haihe.analysis.answer_words import say_attribution

    console = open_console()
    for one in found:
        for year in years:
            print_attribution(console, one, year, lang)
            print_interactions(console, one, year, lang)
            console.print(say_attribution(one, year).get(lang), soft_wrap=True)
    console.print(describe_method(found[0]).get(lang))


def describe_method(found: Attribution) -> Text:
    """How the shares were found, in one line."""
    count = f"{found.coalitions:,}"
    if found.exact:
        return Text(f"精确：运行了全部 {count} 种组合", f"exact: all {count} combinations were run")
    return Text(
        f"抽样：运行了 {count} 种组合；未计算两两相互作用",
        f"sampled: {count} combinations were run; no pairwise interactions",
    )


def write_page(
    output: Path, found: tuple[Attribution, ...], years: tuple[float, ...], lang: Lang
) -> None:
    """Waterfalls as a page."""
    from haihe.analysis.answer_words import say_attribution
    from haihe.cli.sheets import write_sheet
    from haihe_viz.attribution import attribution_parts

    first = found[0]
    title = Text(
        f"哪些措施起了作用：{first.scenario_title.zh} 对比 {first.baseline_title.zh}",
        f"Which measures did it: {first.scenario_title.en} against {first.baseline_title.en}",
    )
    said = [say_attribution(one, years[0]) for one in found]
    lead = Text("".join(t.zh for t in said), " ".join(t.en for t in said))
    write_sheet(output, title, lead, attribution_parts(found, years), lang)


def describe_attributions(
    found: tuple[Attribution, ...], years: tuple[float, ...]
) -> dict[str, Any]:
    """JSON: the first outcome at the top, all of them under `outcomes`."""
    described = {one.outcome: describe_attribution(one, years) for one in found}
    first = next(iter(described.values()))
    return first if len(described) == 1 else {**first, "outcomes": described}


def describe_attribution(found: Attribution, years: tuple[float, ...]) -> dict[str, Any]:
    """One outcome as JSON, by year."""
    from haihe.analysis.answer_words import say_attribution

    return {
        "outcome": found.outcome,
        "title": words_of(found.title),
        "unit": found.unit,
        "scenario": found.scenario,
        "baseline": found.baseline,
        "by": found.by,
        "exact": found.exact,
        "coalitions": found.coalitions,
        "at": list(years),
        "sentences": {f"{year:g}": words_of(say_attribution(found, year)) for year in years},
        "values": {
            "scenario": as_series(found.years, found.value),
            "baseline": as_series(found.years, found.against),
        },
        "total": as_series(found.years, found.total),
        "groups": [describe_credit(found, credit) for credit in found.credits],
        "interactions": [
            {"groups": [pair.first, pair.second], "values": as_series(found.years, pair.values)}
            for pair in found.interactions
        ],
        "unexplained": {
            "switch_one_off": as_series(found.years, found.off_residual),
            "switch_one_on": as_series(found.years, found.on_residual),
        },
    }


def describe_credit(found: Attribution, credit: Credit) -> dict[str, Any]:
    """One group as JSON."""
    series = {
        "shapley": credit.shapley,
        "owen": credit.owen,
        "switch_one_off": credit.off,
        "switch_one_on": credit.on,
        "least": credit.low,
        "most": credit.high,
        "standard_error": credit.error,
    }
    return {
        "name": credit.name,
        "title": words_of(credit.title),
        "union": credit.union,
        "settings": list(credit.settings),
        **{name: None if v is None else as_series(found.years, v) for name, v in series.items()},
    }
