"""`haihe page`: the page of a run from what the run left, or a page that runs the model itself."""

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
        "由已有结果重新生成页面，不再运行；加 --live 则由情景生成可当场试算的页面。\n\n"
        "SOURCE 是 haihe run 写出的文件夹或其中的 results.zarr；加 --live 时是一个情景。"
        "实时页面是一个文件，内含整个模型：移动政策杆，模型当场重算到 2060 年；不需要服务器，"
        "也不访问网络。",
        "Make the page of a run again from its results; nothing is run. With --live, make a page "
        "of a scenario that computes.\n\n"
        "SOURCE is a folder that `haihe run` wrote, or the results.zarr in it; with --live it is a "
        "scenario. A live page is one file that holds the whole model: move a lever and the model "
        "runs again to its last year, without a server and without any request.",
    ),
    example="haihe page output/plan --lang en\nhaihe page plan --live -o plan.html",
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
    default="tianjin",
    show_default=True,
    zh="模型名称或文件。",
    en="Model, by name or file.",
)
@common_options
@click.pass_context
def command(
    context: click.Context,
    source: str,
    live: bool,
    against: str | None,
    futures: int | None,
    output: Path | None,
    model: str,
    as_json: bool,
) -> None:
    """Make one page."""
    if live:
        return write_live(context, source, against, futures, output, as_json)
    if against is not None or futures is not None:
        raise InputError("--against and --futures are for a live page", expected="--live too")
    return write_again(context, Path(source), output, model, as_json)


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
        f"{show_path(path)} holds no results",
        expected="a folder that `haihe run` wrote; for a page of a scenario add --live",
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
