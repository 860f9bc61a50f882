"""The verdict about the engine, as `haihe model check --engine` makes and shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import say, show_progress
from haihe.project import show_path
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.run.verify import Verdict, Worst


def check_engine(path: Path, write: bool, lang: Lang) -> Verdict:
    """Compare engine and reference on a model, in full, and keep the verdict."""
    from haihe.model.translate import read_model
    from haihe.run.verify import judge, write_beside

    model = read_model(path)
    with show_progress(Text("与参照比较", "Comparing with the reference").get(lang)) as progress:
        verdict = judge(model, progress=progress)
    if write and verdict.complete:
        say(show_path(write_beside(model, verdict)))
    return verdict


def describe_check(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON."""
    from haihe.run.verify import describe_verdict

    return describe_verdict(verdict)


def print_check(verdict: Verdict, lang: Lang) -> None:
    """A verdict as a few lines."""
    for line in describe_lines(verdict):
        click.echo(line.get(lang))


def describe_lines(verdict: Verdict) -> Iterator[Text]:
    """What was compared, the worst cell, and where a disagreement begins."""
    if verdict.problem:
        from haihe.run.verify import say_problem

        yield Text("没有比较：{why}", "not compared: {why}").fill(why=say_problem(verdict))
        return
    share = verdict.equal_bits / max(verdict.cells, 1)
    yield Text(
        f"{verdict.backend} 与 {verdict.reference}：{verdict.finished} 个成员"
        f"（{verdict.varied} 个常数随机变动），{verdict.cells} 格，其中 {share:.1%} 逐位相同；"
        f"用时 {verdict.seconds:g} 秒",
        f"{verdict.backend} against {verdict.reference}: {verdict.finished} members"
        f" ({verdict.varied} constants drawn), {verdict.cells} cells, {share:.1%} of them equal to"
        f" the last bit; {verdict.seconds:g} s",
    )
    if verdict.worst is None:
        yield Text("所有格逐位相同", "every cell is equal to the last bit")
    else:
        cell = describe_cell(verdict.worst)
        yield Text(f"最差的格：{cell.zh}", f"the worst cell: {cell.en}")
    if verdict.begins is None:
        yield Text("引擎与参照一致", "the engine equals the reference")
    else:
        cell = describe_cell(verdict.begins)
        yield Text(f"引擎与参照不一致，始于：{cell.zh}", f"the engine differs, first at {cell.en}")


def describe_cell(cell: Worst) -> Text:
    """A cell with both values, its distance and its equation."""
    distance = f"{cell.ulp:.3g} ulp, {cell.relative:.2g}"
    end = f"\n    {cell.variable} = {cell.equation}"
    return Text(
        f"{cell.words.zh}：{cell.ours!r}，参照 {cell.reference!r}"
        f"（{distance}；允许值的 {cell.of_bar:.2g}）{end}",
        f"{cell.words.en}: {cell.ours!r}, reference {cell.reference!r}"
        f" ({distance}; {cell.of_bar:.2g} of what is allowed){end}",
    )
