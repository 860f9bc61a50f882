"""`haihe robust`: plans held against each other over many futures, and a search for better ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import say, show_progress, write_json
from haihe.cli.robust_tables import print_plans, print_search, tabulate_plans, tabulate_search
from haihe.cli.study_inputs import model_option, open_study_store, write_page, write_table
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.text import Lang, Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.analysis.robust import Goal
    from haihe.analysis.targets import Target


@click.command(
    "robust",
    cls=Command,
    words=Text(
        "比较各方案在众多未来中的表现：后悔值、达到要求的比例、不被支配的方案。\n\n"
        "方案是研究中的各个情景（或列表的各行）。加 --search 则不读结果库，"
        "而是移动政策杠杆，搜索在众多未来中都站得住的方案，并在另一批未来中检验。",
        "Hold plans against each other over many futures: regret, how often requirements are met,"
        " which plans are not dominated.\n\n"
        "Plans are the scenarios of a study (or the rows of its list). With --search no store is"
        " read: levers are moved in search of plans that hold up in many futures, and what is found"
        " is judged in other futures.",
    ),
    example="haihe robust output/robust-packages --outcome 'CO2 at 2030' --outcome 'PM2.5 at 2030'"
    " --require 'PM2.5 at 2030 <= 35'\n"
    "haihe robust output/robust-packages --outcome 'CO2 at 2030' --targets\n"
    "haihe robust --search --scenario plan --lever 'rail investment' --lever 'solar subsidy'"
    " --outcome 'CO2 at 2030'",
)
@click.argument("store", required=False)
@option(
    "--outcome",
    "outcomes",
    multiple=True,
    zh="比较的指标，好坏方向取自模型目录；可多次给出。",
    en="Outcome to compare by; which way is better the catalogue says. May be given again.",
)
@option("--minimise", multiple=True, zh="越小越好的指标。", en="Outcome of which less is better.")
@option("--maximise", multiple=True, zh="越大越好的指标。", en="Outcome of which more is better.")
@option(
    "--require",
    multiple=True,
    zh="要求，如 'PM2.5 at 2030 <= 35'；可多次给出。",
    en="What has to be met, such as 'PM2.5 at 2030 <= 35'. May be given again.",
)
@option(
    "--target",
    "wanted",
    multiple=True,
    metavar="ID",
    zh="要求达到 targets.yaml 中的这一目标（haihe list targets）；可多次给出。",
    en="This target of targets.yaml (`haihe list targets`) has to be met. May be given again.",
)
@option(
    "--targets",
    "all_targets",
    is_flag=True,
    zh="要求达到 targets.yaml 中结果库能判断的全部目标。",
    en="Every target of targets.yaml that the store can judge has to be met.",
)
@option(
    "--statistic",
    type=click.Choice(["mean", "worst", "regret_max", "regret_p90", "p90"]),
    default=None,
    zh="按什么判断不被支配：默认 worst；搜索可用 mean、p90（默认）或 worst。",
    en="What plans are judged by: `worst` by default; a search takes mean, p90 (default) or worst.",
)
@option("--search", is_flag=True, zh="搜索方案。", en="Search for plans.")
@option(
    "--scenario",
    default="plan",
    show_default=True,
    zh="搜索的出发点，未移动的部分照此。",
    en="Where a search starts; what it does not move stays so.",
)
@option(
    "--lever",
    "levers",
    multiple=True,
    zh="搜索中移动的政策杠杆，在模型给定的上下限之间；可多次给出。",
    en="Lever that a search moves between its limits in the model. May be given again.",
)
@option(
    "--futures",
    type=click.IntRange(1, 10_000),
    default=30,
    show_default=True,
    zh="搜索中每个方案的未来数。",
    en="Futures of each plan of a search.",
)
@option(
    "--population",
    type=click.IntRange(4, 10_000),
    default=40,
    show_default=True,
    zh="每代方案数。",
    en="Plans of a generation.",
)
@option(
    "--generations",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    zh="代数。",
    en="Generations.",
)
@option("--seed", type=int, default=0, show_default=True, zh="搜索种子。", en="Of the search.")
@option("--csv", "csv_file", zh="把表写入这个文件。", en="Write the table to this file.")
@option("--chart", zh="把图写入这个 HTML 文件。", en="Draw the plans into this HTML file.")
@model_option
@common_options
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:
    """Compare the plans of a store, or search for plans."""
    from haihe.analysis.robust import Goal

    goals = [Goal(name) for name in given["outcomes"]]
    goals += [Goal(name, "lower") for name in given["minimise"]]
    goals += [Goal(name, "higher") for name in given["maximise"]]
    if not goals:
        raise InputError(
            Text("没有给出指标", "no outcome is given"),
            expected=Text(
                "--outcome、--minimise 或 --maximise", "--outcome, --minimise or --maximise"
            ),
        )
    if bool(given["store"]) == given["search"]:
        raise InputError(
            Text("要么比较结果库，要么搜索方案", "a store is compared, or plans are searched"),
            None,
            Text("STORE 或 --search", "STORE or --search"),
        )
    lang = settings_of(context).lang
    found = search(given, goals, lang) if given["search"] else compare(given, goals, lang)
    heads, rows = (tabulate_search if given["search"] else tabulate_plans)(found, lang)
    if given["csv_file"]:
        write_table(given["csv_file"], heads, rows)
        say(Text(f"已写入 {given['csv_file']}", f"wrote {given['csv_file']}").get(lang))
    if given["chart"]:
        draw(found, given["chart"], lang)
        say(Text(f"已写入 {given['chart']}", f"wrote {given['chart']}").get(lang))
    if given["as_json"]:
        write_json({"robust": describe(found)})
        return
    if given["search"]:
        print_search(found, heads, rows, lang)
    else:
        print_plans(found, lang)


def compare(given: dict[str, Any], goals: Sequence[Goal], lang: Lang) -> xr.Dataset:
    """Plans of a store."""
    from haihe.analysis.robust import compare_plans

    if given["levers"]:
        raise InputError(
            Text("--lever 用于搜索", "--lever belongs to a search"), expected="--search"
        )
    study, catalogue = open_study_store(given["store"], given["model"])
    statistic = given["statistic"] or "worst"
    targets = pick(given, study, lang)
    needs = given["require"]
    return compare_plans(study, goals, needs, catalogue, statistic=statistic, targets=targets)


def pick(given: dict[str, Any], study: xr.Dataset, lang: Lang) -> tuple[Target, ...]:
    """Targets that are asked for: those named, or those that the store can judge."""
    from haihe.analysis.robust_requirements import judge_targets
    from haihe.analysis.targets import Scope
    from haihe.cli.answers import read_model_name
    from haihe.cli.inputs import open_catalogue
    from haihe.cli.scorecard import pick_targets

    wanted = given["wanted"]
    if not wanted and not given["all_targets"]:
        return ()
    if wanted and given["all_targets"]:
        raise InputError(
            Text("--target 与 --targets 不能同时使用", "--target and --targets exclude each other"),
            expected=Text("其中之一", "one of them"),
        )
    catalogue, folder = open_catalogue(given["model"] or read_model_name(study))
    targets = pick_targets(folder, wanted)
    if wanted:
        return targets
    left = {target.id for target, _ in judge_targets(study, targets, catalogue)[1]}
    judged = [target for target in targets if target.id not in left]
    # A target whose year is past tests the model, not a plan.
    kept = tuple(target for target in judged if target.scope is not Scope.BACKTEST)
    if not kept:
        raise InputError(
            Text("该结果库不能判断任何目标", "the store can judge none of the targets"),
            None,
            Text("保存目标所需的指标", "outcomes that they need"),
        )
    text = Text(
        f"{len(targets)} 个目标中，结果库能判断 {len(kept)} 个（回测目标除外）。",
        f"The store can judge {len(kept)} of {len(targets)} targets (back-tests left out).",
    )
    say(text.get(lang))
    return kept


def search(given: dict[str, Any], goals: Sequence[Goal], lang: Lang) -> xr.Dataset:
    """Plans that a search found."""
    from haihe.analysis.robust_search import search_plans
    from haihe.cli.inputs import open_scenarios

    if given["require"] or given["wanted"] or given["all_targets"]:
        raise InputError(
            Text("搜索不接受 --require 和目标", "a search takes no --require and no targets"),
            expected=Text("用 `haihe solve` 求解目标", "`haihe solve`, which meets targets"),
        )
    opened, scenarios = open_scenarios([given["scenario"]])
    with show_progress(Text("代", "Generations").get(lang)) as progress:
        return search_plans(
            opened.model,
            opened.catalogue,
            scenarios[0],
            given["levers"],
            goals,
            futures=given["futures"],
            statistic=given["statistic"] or "p90",
            population=given["population"],
            generations=given["generations"],
            seed=given["seed"],
            progress=progress,
        )


def describe(found: xr.Dataset) -> dict[str, Any]:
    """A Dataset as JSON."""
    arrays = {**found.coords, **found.data_vars}
    return {
        **found.attrs,
        **{str(name): plain(a.to_numpy().tolist()) for name, a in arrays.items()},
    }


def plain(value: Any) -> Any:
    """Numbers that JSON can hold."""
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def draw(found: xr.Dataset, path: str, lang: Lang) -> None:
    """A page with the plans as lines over their outcomes."""
    from haihe_viz.studies import render_plans

    write_page(path, render_plans(found, lang))
