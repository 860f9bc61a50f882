"""What a task for `haihe solve` would ask: its targets and its levers; for `haihe validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import open_console, say, write_json
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from pathlib import Path

    from haihe.analysis.solve_task import Task

TARGET_HEADS = (
    Text("目标", "Target"),
    Text("名称", "Title"),
    Text("要求", "Asked for"),
    Text("年份", "Year"),
)
LEVER_HEADS = (
    Text("措施", "Lever"),
    Text("名称", "Title"),
    Text("单位", "Unit"),
    Text("最小", "Least"),
    Text("最大", "Greatest"),
    Text("起点情景", "Scenario"),
)


def check_task(path: Path, as_json: bool, lang: Lang) -> None:
    """Check a task and say what it asks."""
    from haihe.cli.solve import open_task

    task = open_task(path)
    for warning in task.scenario.warnings:
        say(warning)
    if as_json:
        write_json({"valid": True, "task": {"id": path.stem, **describe_task(task)}})
        return
    click.echo(f"{path.stem}: {task.title.get(lang)}")
    click.echo(summarise(task, lang))
    print_task(task, lang)
    click.echo(Text("没有错误，没有运行。", "Nothing is wrong; nothing was run.").get(lang))


def describe_task(task: Task) -> dict[str, Any]:
    """A task as JSON; the numbers of the scenario are known when it has run."""
    from dataclasses import asdict

    from haihe.cli.solve import plain

    aims = [{k: v for k, v in asdict(goal.aim).items() if k != "base"} for goal in task.goals]
    told: dict[str, Any] = {
        "title": asdict(task.title),
        "story": asdict(task.story),
        "scenario": task.scenario.id,
        "targets": aims,
        "levers": [
            {k: v for k, v in asdict(knob.band).items() if k != "priced"} for knob in task.knobs
        ],
        "objective": "effort" if task.cost is None else task.cost.outcome,
        "objective_year": task.cost_year,
        "confidence": task.confidence or None,
        "each": task.each,
        "futures": task.futures,
        "packages": task.packages,
        "within": task.within,
        "seed": task.seed,
        "members": task.members,
        "seconds": task.seconds,
    }
    return dict(plain(told))


def summarise(task: Task, lang: Lang) -> str:
    """What is asked, in a few lines."""
    goals, knobs, start = len(task.goals), len(task.knobs), task.scenario.id
    least = name_objective(task)
    lines = [
        Text(
            f"从 {start} 出发，同时达到 {goals} 个目标，可调 {knobs} 个数；最小化{least.zh}",
            f"begins from {start}; {goals} {'target' if goals == 1 else 'targets'} to be met "
            f"together by {knobs} {'number' if knobs == 1 else 'numbers'} that may be turned; "
            f"makes {least.en} least",
        )
    ]
    if task.confidence:
        share, futures = f"{100 * task.confidence:g} %", task.futures
        held = Text("逐项", "each") if task.each else Text("同时", "all of them")
        lines.append(
            Text(
                f"在 {futures} 个校准后的未来中，{held.zh}达标的份额不低于 {share}",
                f"{held.en} met in at least {share} of {futures} calibrated futures",
            )
        )
    lines.append(
        Text(
            f"最多 {task.packages} 个方案，成本相差不超过 {100 * task.within:g} %；"
            f"最多运行 {task.members:,} 次、{task.seconds:g} 秒，种子 {task.seed}",
            f"up to {task.packages} {'package' if task.packages == 1 else 'packages'} within "
            f"{100 * task.within:g} % of the cheapest; at most {task.members:,} runs and "
            f"{task.seconds:g} s, seed {task.seed}",
        )
    )
    return "\n".join(line.get(lang) for line in lines)


def name_objective(task: Task) -> Text:
    """What is made least."""
    from haihe.model.catalogue import find_outcome

    if task.cost is None:
        return Text("努力程度", "effort")
    title = find_outcome(task.catalogue, task.cost.outcome).title
    return Text(f"{task.cost_year:g}年{title.zh}", f"{title.en} in {task.cost_year:g}")


def print_task(task: Task, lang: Lang) -> None:
    """Targets and levers, as tables."""
    from haihe.analysis.solve_words import number
    from haihe.analysis.tables import print_rows
    from haihe.cli.solve_tables import say_threshold

    console = open_console()
    targets = [
        (
            aim.id,
            aim.title.get(lang),
            say_threshold(aim, lang),
            show_years(aim.first_year, aim.last_year),
        )
        for aim in (goal.aim for goal in task.goals)
    ]
    print_rows(console, [head.get(lang) for head in TARGET_HEADS], targets)
    levers = [
        (b.id, b.title.get(lang), b.unit, number(b.least), number(b.most), number(b.base))
        for b in (knob.band for knob in task.knobs)
    ]
    print_rows(console, [head.get(lang) for head in LEVER_HEADS], levers)


def show_years(first: float, last: float) -> str:
    """A year, or a period."""
    return f"{first:g}" if first == last else f"{first:g}–{last:g}"
