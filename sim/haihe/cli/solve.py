"""`haihe solve`: what would it take to meet these targets?"""

from __future__ import annotations

import math
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.answers import csv_option, write_rows
from haihe.cli.console import say, write_json
from haihe.cli.solve_tables import print_solution
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import EXIT_STOPPED, InputError, words_of
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.analysis.solve import Solved
    from haihe.results.solution import Solution

SUFFIXES = (".yaml", ".yml", ".html")


@click.command(
    "solve",
    cls=Command,
    words=Text(
        "要达到这些目标，需要什么？在可行区间内寻找成本（或努力）最小的措施组合。\n\n"
        "TASK 是任务文件或其编号（haihe list tasks），写明目标、可调杠杆和置信度；"
        "写法见 docs/reference/solve.zh.md。"
        "回答包括：方案及其成本、每个目标的影子价格、成本相近而做法不同的其他方案；"
        "做不到时说明极限在哪里、受限于什么、最小要放宽多少。"
        "Ctrl-C 停止并给出当时的最好结果。",
        "What would it take to meet these targets? Finds the package of measures with the least "
        "cost (or effort) within feasible bands.\n\n"
        "TASK is a file, or an id that `haihe list tasks` shows: it names the targets, the levers "
        "that may be turned and the confidence, as docs/reference/solve.md says. The answer: the "
        "package and its cost, the shadow price of each target, other packages at nearly the same "
        "cost; and where it cannot be done, how far the levers go, what binds, and the smallest "
        "relaxation that would do. "
        "Ctrl-C stops and leaves the best so far.",
    ),
    example="haihe solve co2-and-air-2030\n"
    "haihe solve scenarios/solve/co2-and-air-2030.yaml -o cheapest.yaml -o answer.html\n"
    "haihe run cheapest.yaml --against plan",
)
@click.argument("targets", metavar="TASK")
@option(
    "-o",
    "--output",
    "outputs",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    zh="写出最省方案的情景文件（.yaml，可用 haihe run 运行）或带图页面（.html）；可重复。",
    en="Write the cheapest package as a scenario (.yaml, for `haihe run`) or a page with charts "
    "(.html); may be repeated.",
)
@option("--seed", type=click.IntRange(0), metavar="N", zh="随机种子；默认按文件。", en="Seed of "
        "every random draw; the file's own where it is not given.")  # fmt: skip
@option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    metavar="S",
    zh="时间上限（秒）；默认按文件。",
    en="Most time [s]; the file's own where it is not given.",
)
@option("--threads", type=click.IntRange(1, 256), default=1, show_default=True, zh="线程数。",
        en="Threads; the answer does not depend on them.")  # fmt: skip
@csv_option
@common_options
@click.pass_context
def command(
    context: click.Context,
    targets: str,
    outputs: tuple[Path, ...],
    seed: int | None,
    seconds: float | None,
    threads: int,
    as_csv: bool,
    as_json: bool,
) -> int:
    """Answer one task."""
    from dataclasses import replace

    from haihe.analysis.solve import solve

    lang = settings_of(context).lang
    check_outputs(outputs)
    task = open_task(targets)
    task = replace(
        task,
        seed=task.seed if seed is None else seed,
        seconds=task.seconds if seconds is None else seconds,
    )
    for warning in task.scenario.warnings:
        say(warning)
    solved = solve(task, threads, lambda words: say(words.get(lang) + " …"))
    for path in outputs:
        write_output(path, solved, lang)
    if as_json:
        write_json(describe_solution(solved))
    elif as_csv:
        write_rows(list_rows(solved.solution))
    else:
        print_solution(solved.solution, lang)
    return EXIT_STOPPED if solved.solution.effort.limit == "stopped" else 0


def check_outputs(outputs: tuple[Path, ...]) -> None:
    """Refuse what cannot be written before anything runs."""
    for path in outputs:
        if path.suffix.lower() not in SUFFIXES:
            ending = Text("以 .yaml 或 .html 结尾的文件", "a file that ends in .yaml or .html")
            raise InputError(f"-o {path.name}", None, ending)
        if path.is_dir():
            problem = Text(f"-o {path.name} 是文件夹", f"-o {path.name} is a folder")
            raise InputError(problem, None, Text("文件", "a file"))


def open_task(path: str | Path) -> Any:
    """Read a task, by its path or its id, and its model."""
    from haihe.analysis.solve_files import find_task
    from haihe.analysis.solve_load import load_task
    from haihe.cli.inputs import open_path

    def open_model(file: Path) -> Any:
        opened = open_path(file)
        return opened.model, opened.catalogue

    return load_task(find_task(path), open_model)


def write_output(path: Path, solved: Solved, lang: Lang) -> None:
    """A scenario or a page."""
    if path.suffix.lower() == ".html":
        from haihe.cli.sheets import write_sheet
        from haihe_viz.packages import solution_parts

        found = solved.solution
        write_sheet(path, found.title, found.sentence, solution_parts(found), lang)
        return
    from haihe.analysis.solve_write import check_scenario, write_scenario

    if not solved.solution.packages:
        say(Text("没有方案可写出", "there is no package to write").get(lang))
        return
    write_scenario(path, solved)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", RuntimeWarning)
        verdict = check_scenario(path, solved)
    for warning in told:
        if issubclass(warning.category, RuntimeWarning):
            say(words_of(warning.message))
    say(verdict.get(lang))


# --- JSON and CSV -------------------------------------------------------------------------------


def describe_solution(solved: Solved) -> dict[str, Any]:
    """The whole answer as JSON."""
    told = plain(asdict(solved.solution))
    for package, settings in zip(told["packages"], solved.settings, strict=False):
        package["settings"] = settings
    return dict(told)


def plain(value: Any) -> Any:
    """What JSON holds: a number that is none becomes null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, str) else value


def list_rows(found: Solution) -> list[tuple[object, ...]]:
    """Levers and targets by package, as rows."""
    labels = [package.label for package in found.packages]
    rows: list[tuple[object, ...]] = [
        ("kind", "id", "title_zh", "title_en", "unit", "least", "most", "scenario", *labels)
    ]
    for i, band in enumerate(found.bands):
        values = [package.values[i] for package in found.packages]
        rows.append(
            ("lever", band.id, band.title.zh, band.title.en, band.unit, band.least, band.most,
             band.base, *values)
        )  # fmt: skip
    for i, aim in enumerate(found.aims):
        ends = (aim.threshold, "") if aim.relation == ">=" else ("", aim.threshold)
        values = [package.reached[i].value for package in found.packages]
        rows.append(
            ("target", aim.id, aim.title.zh, aim.title.en, aim.unit, *ends, aim.base, *values)
        )
    costs = [package.cost for package in found.packages]
    words = found.objective
    rows.append(
        ("cost", "", words.zh, words.en, found.objective_unit, "", "", found.base_cost, *costs)
    )
    return rows


# --- the terminal -------------------------------------------------------------------------------
