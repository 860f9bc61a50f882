"""`haihe reproduce`: run one member of a store again and compare bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import open_console, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import EXIT_SOME_FAILED
from haihe.project import show_path
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.run.reproduce import Reproduced


@click.command(
    "reproduce",
    cls=Command,
    words=Text(
        "单独重新运行结果库中的一个成员，逐位比较。\n\n"
        "同时列出该成员的输入，便于查看失败或异常的成员。各位相同时退出码为 0，否则为 1。",
        "Run one member of a store again, alone, and compare every bit.\n\n"
        "What the member was given is shown too, so that a failed or odd one can be looked at. "
        "The exit code is 0 where all bits are the same, else 1.",
    ),
    example="haihe reproduce output/plan-uncertainty.zarr --member 731",
)
@click.argument("store", type=click.Path(path_type=Path), metavar="STORE")
@option(
    "--member",
    type=click.IntRange(0),
    required=True,
    metavar="K",
    zh="成员编号，从 0 起。",
    en="Number of the member, from 0.",
)
@option(
    "--study",
    metavar="STUDY",
    zh="研究文件或名称；默认为结果库记录的研究。",
    en="Study file or name; the one that the store names where it is not given.",
)
@common_options
@click.pass_context
def command(
    context: click.Context, store: Path, member: int, study: str | None, as_json: bool
) -> int:
    """Reproduce one member."""
    from haihe.results.study_store import read_store
    from haihe.run.reproduce import reproduce_member
    from haihe.run.study_work import plan_work
    from haihe.scenario.study_load import load_study

    layout, _ = read_store(store)
    loaded = load_study(study or str(layout.attrs["study_file"]))
    backend = "pysd" if str(layout.attrs["engine"]).startswith("pysd") else "compiled"
    found = reproduce_member(store, plan_work(loaded, backend), member)
    if as_json:
        write_json(describe(found, store))
    else:
        print_found(found, store, settings_of(context).lang)
    return 0 if found.same else EXIT_SOME_FAILED


def describe(found: Reproduced, store: Path) -> dict[str, Any]:
    """What came out, as JSON."""
    return {
        "store": show_path(store),
        "member": found.member,
        "scenario": found.scenario,
        "status": found.status,
        "same": found.same,
        "differs": list(found.differs),
        "inputs": found.inputs,
    }


def print_found(found: Reproduced, store: Path, lang: Lang) -> None:
    """What came out, for people."""
    from haihe.analysis.tables import print_rows
    from haihe.results.status import say_status

    heads = [Text("输入", "Input").get(lang), Text("值", "Value").get(lang)]
    rows = [[name, "" if value is None else f"{value:.8g}"] for name, value in found.inputs.items()]
    if rows:
        print_rows(open_console(), heads, rows)
    who = f"{show_path(store)}: {found.member} ({found.scenario})"
    if found.status:
        click.echo(f"{who}: {say_status(found.status).get(lang)}")
    if found.same:
        words = Text("重新运行，各位相同", "run again: the same bits")
    else:
        names = ", ".join(found.differs)
        words = Text(f"重新运行，结果不同：{names}", f"run again, these differ: {names}")
    click.echo(f"{who}: {words.get(lang)}")
