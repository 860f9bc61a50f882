"""`haihe page`: the page of a run, again, from what the run left."""

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
        "由已有结果重新生成页面，不再运行。\n\n"
        "RESULTS 是 haihe run 写出的文件夹或其中的 results.zarr。",
        "Make the page of a run again from its results; nothing is run.\n\n"
        "RESULTS is a folder that `haihe run` wrote, or the results.zarr in it.",
    ),
    example="haihe page output/plan --lang en",
)
@click.argument("results", type=click.Path(path_type=Path), metavar="RESULTS")
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    zh="页面文件；默认写在结果旁边。",
    en="Page to write; beside the results where it is not given.",
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
    context: click.Context, results: Path, output: Path | None, model: str, as_json: bool
) -> None:
    """Make one page."""
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
        f"{show_path(path)} holds no results", expected="a folder that `haihe run` wrote"
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
