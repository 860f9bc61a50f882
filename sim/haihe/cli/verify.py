"""`haihe verify`: is a store what was written?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from haihe.cli.console import show_progress, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import EXIT_SOME_FAILED
from haihe.project import show_path
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.results.study_verify import Verdict


@click.command(
    "verify",
    cls=Command,
    words=Text(
        "核验研究结果库：逐位检查每个数据块，并重算内容哈希。\n\n"
        "损坏、截断、缺失或调换的数据块逐一列出数组和成员范围。全部完好时退出码为 0，否则为 1。",
        "Verify the store of a study: every bit of every chunk, and the content hash.\n\n"
        "Chunks that changed, were cut, lost or swapped are named with array and members. "
        "The exit code is 0 where all is as it was written, else 1.",
    ),
    example="haihe verify output/plan-uncertainty.zarr",
)
@click.argument("store", type=click.Path(path_type=Path), metavar="STORE")
@option(
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    zh="线程数；默认为可用核数。",
    en="Threads; as many as there are cores where it is not given.",
)
@common_options
@click.pass_context
def command(context: click.Context, store: Path, threads: int | None, as_json: bool) -> int:
    """Verify one store."""
    from haihe.results.study_verify import verify_store
    from haihe.run.estimate import count_cores

    lang = settings_of(context).lang
    with show_progress(Text("核验", "Verifying").get(lang)) as progress:
        verdict = verify_store(store, progress, threads or count_cores())
    if as_json:
        write_json(
            {
                "store": show_path(store),
                "whole": verdict.whole,
                "content_hash": verdict.content_hash or None,
                "recorded_hash": verdict.recorded or None,
                "members": verdict.members,
                "done": verdict.done,
                "failed": verdict.failed,
                "damage": [asdict(damage) for damage in verdict.damage],
            }
        )
    else:
        print_verdict(verdict, store, lang)
    return 0 if verdict.whole else EXIT_SOME_FAILED


def print_verdict(verdict: Verdict, store: Path, lang: Lang) -> None:
    """What was found, for people."""
    for damage in verdict.damage:
        click.echo(str(damage))
    place, count = show_path(store), len(verdict.damage)
    if verdict.damage:
        words = Text(
            f"{place} 有 {count} 处损坏；用原来的 haihe sweep 命令可重算受损部分",
            f"{place} is damaged in {count} places; the `haihe sweep` that made it runs them again",
        )
    elif not verdict.recorded:
        words = Text(
            f"{place} 尚未完成（{verdict.done:,} / {verdict.members:,}），已有部分完好",
            f"{place} is not finished ({verdict.done:,} of {verdict.members:,} members); "
            "what is there is whole",
        )
    else:
        words = Text(
            f"{place} 完好：{verdict.members:,} 个成员，{verdict.failed:,} 个失败；"
            f"内容哈希 {verdict.content_hash}",
            f"{place} is whole: {verdict.members:,} members, {verdict.failed:,} failed; "
            f"content hash {verdict.content_hash}",
        )
    click.echo(words.get(lang))
