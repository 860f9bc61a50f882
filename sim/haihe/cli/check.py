"""`haihe check`: do the numbers hang on the time step?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from haihe.cli.console import open_console, say, show_progress, write_json
from haihe.cli.usage import Misuse
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.analysis.timestep import Refinement
    from haihe.cli.inputs import Opened
    from haihe.scenario.values import Scenario

NOTE = Text(
    "误差是占该序列最大值的比例；≥ 表示差别没有按规律缩小；0 表示与步长无关；! 表示超过 1%。",
    "The error is a share of the largest value of the series; ≥: the differences shrink by no law;"
    " 0: it does not hang on the step; !: more than 1 %.",
)


@click.command(
    "check",
    cls=Command,
    words=Text(
        "检查模型或情景的数值。\n\n"
        "--dt 用编译引擎以步长、其一半、其四分之一各运行一次，给出每个指标观测到的收敛阶，以及按 "
        "Richardson 外推估计的误差（占该序列最大值的比例），分早期和后期；误差超过 1% 时提醒。",
        "Check the numbers of a model or a scenario.\n\n--dt runs it with the time step, half of "
        "it and a quarter of it on the compiled engine, and says for each outcome the order of "
        "convergence that is observed and the error estimated by Richardson's extrapolation (as a "
        "share of the largest value of the series), for early and later years; it warns of an "
        "error of more than 1 %.",
    ),
    example="haihe check --dt\nhaihe check --dt plan --json",
)
@click.argument("target", default="tianjin", metavar="[SCENARIO|MODEL]")
@option("--dt", is_flag=True, zh="检查时间步长。", en="Check the time step.")
@option(
    "--split",
    type=float,
    default=2035.0,
    show_default=True,
    metavar="YEAR",
    zh="早期的最后一年。",
    en="Last of the early years.",
)
@common_options
@click.pass_context
def command(context: click.Context, target: str, dt: bool, split: float, as_json: bool) -> None:
    """Check one model or scenario."""
    if not dt:
        raise Misuse(Text("请说明要检查什么：--dt", "say what is to be checked: --dt"))
    from haihe.analysis.timestep import describe_refinement, refine

    lang = settings_of(context).lang
    opened, scenario = open_target(target)
    with show_progress(Text("以三种步长运行", "Running with three steps").get(lang)):
        rows = refine(opened.model, opened.catalogue, scenario, split)
    axis = (scenario.time if scenario else None) or opened.model.time
    if as_json:
        outcomes = [describe_refinement(row) for row in rows]
        write_json({"target": target, "step": axis.step, "split": split, "outcomes": outcomes})
    else:
        print_refinements(rows, split, axis.step, lang)
    warn(rows, lang)


def open_target(name: str) -> tuple[Opened, Scenario | None]:
    """A model by its name or path; else a scenario with its model.

    Raises
    ------
    InputError, InputErrors
        Where there is neither.
    """
    from haihe.cli.inputs import find_model_file, open_path, open_scenarios

    try:
        path = find_model_file(name)
    except InputError:
        opened, (scenario,) = open_scenarios([name])
        return opened, scenario
    return open_path(path), None


def print_refinements(rows: Sequence[Refinement], split: float, step: float, lang: Lang) -> None:
    """Every outcome with its order and error, in early and in later years."""
    from haihe.analysis.tables import print_rows

    early, late = f"≤ {split:g}", f"> {split:g}"
    what, years = ("指标", "名称"), (("阶", "误差"), "误差最大处")
    if lang == "en":
        what, years = ("Outcome", "Title"), (("Order", "Error"), "Largest at")
    parts = [f"{name} {part}" for part in (early, late) for name in years[0]]
    heads = [*what, *parts, years[1]]
    console = open_console()
    console.print(Text(f"时间步长 {step:g}", f"Time step {step:g}").get(lang))
    by_outcome: dict[str, list[Refinement]] = {}
    for row in rows:
        by_outcome.setdefault(row.outcome, []).append(row)
    print_rows(console, heads, (cells(several, lang) for several in by_outcome.values()))
    console.print(NOTE.get(lang))


def cells(parts: Sequence[Refinement], lang: Lang) -> tuple[str, ...]:
    """Both parts of one outcome as a row."""
    shown = [
        cell
        for early in (True, False)
        for cell in next((numbers(p) for p in parts if p.early is early), ("", ""))
    ]
    worst = max(parts, key=lambda part: part.error or 0.0)
    at = "" if worst.time is None else " ".join((f"{worst.time:g}", *worst.element))
    return parts[0].outcome, parts[0].title.get(lang), *shown, at


def numbers(part: Refinement) -> tuple[str, str]:
    """Order and error of one part."""
    if part.finding == "undefined":
        return "–", "NaN"
    if part.finding == "exact" or part.error is None:
        return "–", "0"
    order = "–" if part.order is None else f"{part.order:.2f}"
    mark = "≥ " if part.finding == "slow" else ""
    return order, f"{mark}{part.error:.3%}{' !' if part.warned else ''}"


def warn(rows: Sequence[Refinement], lang: Lang) -> None:
    """One sentence on stderr about what is off by more than 1 %."""
    names = list(dict.fromkeys(row.outcome for row in rows if row.warned))
    if names:
        listed = ", ".join(names)
        say(
            Text(
                f"提醒：时间步长使下列指标的误差超过 1% 或无法估计：{listed}",
                f"warning: the time step makes an error of more than 1 %, or one that cannot be"
                f" estimated, in: {listed}",
            ).get(lang)
        )
