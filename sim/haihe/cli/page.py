"""`haihe page`: the page of a run or a study from what it left, or one that runs the model."""

from __future__ import annotations

from pathlib import Path

import click

from haihe.cli.console import write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.project import show_path
from haihe.text import Text


@click.command(
    "page",
    cls=Command,
    words=Text(
        "由已有结果生成页面，不再运行；加 --live 则由情景生成可当场试算的页面。\n\n"
        "SOURCE 是 haihe run 写出的文件夹或其中的 results.zarr，或 haihe sweep 写出的研究结果库；"
        "加 --live 时是一个情景。研究的页面含区间、达标概率、敏感性、条件和情景比较，各图联动，"
        "成员再多也不超过 5 MB。"
        "实时页面是一个文件，内含整个模型：移动政策杆，模型当场重算到 2060 年；不需要服务器，"
        "也不访问网络。",
        "Make the page of a run or a study from its results; nothing is run. With --live, make a "
        "page of a scenario that computes.\n\n"
        "SOURCE is a folder that `haihe run` wrote, or the results.zarr in it, or the store of a "
        "study that `haihe sweep` wrote; with --live it is a scenario. The page of a study has "
        "fans, chances of targets, sensitivity, conditions and scenarios compared, with charts "
        "that follow one another, in less than 5 MB for any number of members. A live page is one "
        "file that holds the whole model: move a lever and the model runs again to its last year, "
        "without a server and without any request.",
    ),
    example="haihe page output/plan --lang en\n"
    "haihe page output/plan-uncertainty.zarr --at 2030 -o study.html\n"
    "haihe page plan --live -o plan.html",
)
@click.argument("source", metavar="SOURCE")
@option(
    "--live",
    is_flag=True,
    zh="由情景生成内含整个模型、可当场试算的页面。",
    en="Make a page of a scenario that holds the whole model and computes.",
)
@option(
    "--against",
    metavar="BASELINE",
    zh="（--live）作为基线的情景；默认取情景最终所基于的情景。",
    en="With --live: scenario to compare with; what the scenario builds on in the end where it is "
    "not given.",
)
@option(
    "--futures",
    type=click.IntRange(0, 1000),
    metavar="N",
    zh="（--live）页面内含多少种校准过的未来，用于区间和概率；默认 100。",
    en="With --live: how many calibrated futures go along, for bands and chances; 100 where it is "
    "not given.",
)
@option(
    "--outcome",
    "outcomes",
    multiple=True,
    metavar="ID",
    zh="（研究）页面所含的指标；可多次给出，默认全部。",
    en="For a study: outcome on the page; may be given again, all of them where it is not.",
)
@option(
    "--at",
    "year",
    type=float,
    metavar="YEAR",
    zh="（研究）分析所看的年份；默认 2035 或最后一年。",
    en="For a study: year that is looked at; 2035, or the last one, where it is not given.",
)
@option(
    "--where",
    default="",
    metavar="CONDITION",
    zh="（研究）寻找何时出现这一情形，如 'PM2.5 at 2030 > 35'；默认取最没有把握的目标。",
    en="For a study: find when this happens, such as 'PM2.5 at 2030 > 35'; the target that is most "
    "in doubt where it is not given.",
)
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    zh="页面文件；默认写在结果旁边，加 --live 时为 output/<情景>/live.html。",
    en="Page to write; beside the results where it is not given, and output/<scenario>/live.html "
    "with --live.",
)
@option(
    "--model",
    default="",
    zh="模型名称或文件；默认为研究所用的模型，否则为 tianjin。",
    en="Model, by name or file; that of the study, else tianjin, where it is not given.",
)
@common_options
@click.pass_context
def command(
    context: click.Context,
    source: str,
    live: bool,
    against: str | None,
    futures: int | None,
    outcomes: tuple[str, ...],
    year: float | None,
    where: str,
    output: Path | None,
    model: str,
    as_json: bool,
) -> None:
    """Make one page."""
    from haihe.cli.answers import find_study

    store = None if live else find_study(source)
    if store is None and (outcomes or year is not None or where):
        raise InputError(
            Text(
                "--outcome、--at、--where 用于研究的页面",
                "--outcome, --at and --where are for the page of a study",
            ),
            expected=Text("`haihe sweep` 写出的结果库", "a store that `haihe sweep` wrote"),
        )
    if live:
        return write_live(context, source, against, futures, output, as_json)
    if against is not None or futures is not None:
        raise InputError(
            Text(
                "--against 和 --futures 用于实时页面",
                "--against and --futures are for a live page",
            ),
            expected=Text("同时给出 --live", "--live too"),
        )
    if store is not None:
        return write_study(context, store, (outcomes, year, where), output, model, as_json)
    return write_again(context, Path(source), output, model or "tianjin", as_json)


def write_study(
    context: click.Context,
    store: Path,
    asked: tuple[tuple[str, ...], float | None, str],
    output: Path | None,
    model: str,
    as_json: bool,
) -> None:
    """The page of a study from its store."""
    from haihe.cli.study_page import make_study_page
    from haihe.results.export import replacing

    lang = settings_of(context).lang
    place = output or store.with_suffix(".html")
    text, about = make_study_page(store, *asked, model, lang)
    with replacing(place) as draft:
        draft.write_text(text, encoding="utf-8")
    if as_json:
        write_json({"page": show_path(place), "bytes": len(text.encode()), **about})
    else:
        click.echo(f"{Text('页面', 'Page').get(lang)}: {show_path(place)}")


def write_live(
    context: click.Context,
    scenario: str,
    against: str | None,
    futures: int | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """A page that runs the model itself."""
    from haihe.cli.live import PAGE, describe_live, make_live
    from haihe_viz.live import render_live

    lang = settings_of(context).lang
    made = make_live(scenario, against, 100 if futures is None else futures, lang)
    place = output or Path("output") / made.data["start"] / PAGE
    text = render_live(made.script, made.data, lang)
    write_text_whole(place, text)
    if as_json:
        write_json(describe_live(made, place, len(text.encode())))
    else:
        click.echo(f"{Text('页面', 'Page').get(lang)}: {show_path(place)}")


def write_again(
    context: click.Context, results: Path, output: Path | None, model: str, as_json: bool
) -> None:
    """The page of a run from its results."""
    from haihe.analysis.report import build_report, load_background
    from haihe.cli.inputs import open_catalogue
    from haihe.results.store import open_results
    from haihe_viz.page import render_page

    lang = settings_of(context).lang
    store = find_store(results)
    report = build_report(open_results(store), load_background(*open_catalogue(model)))
    place = output or store.parent / "page.html"
    write_text_whole(place, render_page(report, lang))
    if as_json:
        write_json({"page": show_path(place)})
    else:
        click.echo(f"{Text('页面', 'Page').get(lang)}: {show_path(place)}")


def find_store(path: Path) -> Path:
    """Store of a run: the path itself, or `results.zarr` in it.

    Raises
    ------
    InputError
        Where there is none.
    """
    if path.suffix == ".zarr" and path.is_dir():
        return path
    if (path / "results.zarr").is_dir():
        return path / "results.zarr"
    raise InputError(
        Text(f"{show_path(path)} 中没有结果", f"{show_path(path)} holds no results"),
        expected=Text(
            "`haihe run` 写出的文件夹；若要情景的实时页面，请加 --live",
            "a folder that `haihe run` wrote; for a page of a scenario add --live",
        ),
    )


def write_text_whole(path: Path, text: str) -> None:
    """Write a file beside its place, then put it there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
