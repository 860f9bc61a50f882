"""`haihe compare`: why did it change?"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.answers import TWO_OF_A_KIND, chart_option, csv_option, find_study, write_rows
from haihe.cli.compare_stores import MOST, compare_stores, tell_rest
from haihe.cli.console import open_console, say, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.text import Lang, Text, lead

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console

    from haihe.analysis.compare_inputs import Side
    from haihe.results.comparison import Comparison

STORE = "results.zarr"


@click.command(
    "compare",
    cls=Command,
    words=Text(
        "为什么变了？比较两个情景、两份结果、两项研究的结果库，或同一模型、数据的两个版本。\n\n"
        "列出哪些输入不同（含文件与行号）、哪些指标变化最大，"
        "并沿方程把所选指标的变化逐层回溯到输入："
        "每个方程内按夏普利值分摊，各部分相加等于变化。"
        "A、B 可以是情景、haihe run 的结果文件夹或模型文件；若为 haihe sweep 的结果库，"
        "则列出模型、情景、输入及其分布、设计的差别，以及各指标的分布如何移动。",
        "Why did it change? Compares two scenarios, two sets of results, two stores of studies, or "
        "two versions of a model or its data.\n\n"
        "Tells which inputs differ (with file and line), which outcomes moved most, and traces the "
        "change of one outcome back along the equations to the inputs: within each equation by "
        "Shapley values, so the parts add up. A and B are scenarios, folders of results that "
        "`haihe run` wrote, or model files. Of two stores that `haihe sweep` wrote it tells which "
        "model, scenarios, inputs, distributions and design differ, and how the distribution of "
        "each outcome moved.",
    ),
    example="haihe compare plan plan-without-shore-power --outcome 'berth NOx' --at 2035\n"
    "haihe compare plan plan --model-a models/tianjin/tianjin.mdl --model-b edited/tianjin.mdl\n"
    "haihe compare output/plan output/frozen-2021 --csv > moved.csv\n"
    "haihe compare output/plan-uncertainty.zarr output/edited.zarr --at 2030",
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@option("--outcome", default="", metavar="ID", zh="要回溯的指标；默认变化最大的主要指标。",
        en="Outcome to trace; the headline that moved most where it is not given.")  # fmt: skip
@option("--at", "year", type=float, metavar="YEAR", zh="年份；默认 2035 年。",
        en="Year; 2035 where it is not given.")  # fmt: skip
@option("--model-a", metavar="MODEL", zh="A 所用的模型文件。", en="Model file that A runs.")
@option("--model-b", metavar="MODEL", zh="B 所用的模型文件。", en="Model file that B runs.")
@option("--no-trace", is_flag=True, zh="不回溯，只列差别。", en="List what differs; do not trace.")
@csv_option
@chart_option
@common_options
@click.pass_context
def command(
    context: click.Context,
    a: str,
    b: str,
    outcome: str,
    year: float | None,
    model_a: str | None,
    model_b: str | None,
    no_trace: bool,
    as_csv: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Compare two things."""
    from haihe.analysis.compare import Question, compare

    lang = settings_of(context).lang
    if any(find_study(name) for name in (a, b)):
        unused = {"--model-a": model_a, "--model-b": model_b, "-o": output}
        refuse([name for name, given in unused.items() if given])
        compare_stores((a, b), outcome, year, lang, as_csv, as_json)
        return
    sides, stores = open_sides((a, b), (model_a, model_b))
    question = Question(outcome, year, not no_trace)
    found = compare(*sides, question, stores, lambda words: say(words.get(lang) + " …"))
    if output is not None:
        write_page(output, found, lang)
    if as_json:
        write_json(describe_comparison(found))
    elif as_csv:
        write_rows(list_rows(found))
    else:
        print_comparison(found, lang)


def refuse(options: list[str]) -> None:
    """Refuse options that say nothing of two studies."""
    if options:
        raise InputError(
            Text(
                f"{'、'.join(options)} 不适用于比较两项研究",
                f"{', '.join(options)} says nothing of two studies",
            ),
            expected=Text(
                "与情景、结果或模型一起使用；比较研究可用 --json 和 --csv",
                "scenarios, results or models with it; --json and --csv with studies",
            ),
        )


# --- what is compared ---------------------------------------------------------------------------


def open_sides(
    names: tuple[str, str], models: tuple[str | None, str | None]
) -> tuple[tuple[Side, Side], tuple[xr.Dataset, xr.Dataset] | None]:
    """Both sides, and their results where both are stores.

    Raises
    ------
    InputError, InputErrors
        Where something cannot be opened, or the two are not of one kind.
    """
    places = [find_store(name) for name in names]
    if all(places):
        if any(models):
            raise InputError(
                Text(
                    "--model-a 和 --model-b 用于情景，不用于结果",
                    "--model-a and --model-b go with scenarios, not with results",
                )
            )
        opened = [open_store(place, name) for place, name in zip(places, names) if place]
        return (opened[0][0], opened[1][0]), (opened[0][1], opened[1][1])
    if any(places):
        which = names[0] if places[0] else names[1]
        problem = Text(
            f"{which} 是结果文件夹，另一个不是",
            f"{which} is a folder of results, the other is not",
        )
        raise InputError(problem, None, TWO_OF_A_KIND)
    from haihe.cli.inputs import gather

    found = gather(lambda at: open_side(names[int(at)], models[int(at)]), ("0", "1"))
    first, second = found
    if first.label == second.label and first.model.path != second.model.path:
        from haihe.project import show_path

        first, second = (
            replace(side, label=f"{side.label} ({show_path(side.model.path)})")
            for side in (first, second)
        )
    return (first, second), None


def open_side(name: str, model: str | None) -> Side:
    """A scenario with its model, or a model as it stands."""
    from haihe.analysis.compare_inputs import Side
    from haihe.cli.inputs import MODEL_SUFFIXES, find_model_file, open_path
    from haihe.scenario.load import find_scenario_model, load_scenario

    if Path(name).suffix.lower() in MODEL_SUFFIXES:
        opened = open_path(find_model_file(name))
        return Side(name, opened.catalogue.title, opened.model, opened.catalogue, None)
    path = find_model_file(model) if model else find_scenario_model(name)
    opened = open_path(path)
    scenario = load_scenario(name, opened.model, opened.catalogue)
    for warning in scenario.warnings:
        say(warning)
    return Side(scenario.id, scenario.title, opened.model, opened.catalogue, scenario)


def find_store(name: str) -> Path | None:
    """Where the results of a folder lie; None where the name is none."""
    from haihe.results.store import is_results

    for path in (Path(name), Path(name) / STORE):
        if path.is_dir() and is_results(path):
            return path
    return None


def open_store(path: Path, name: str) -> tuple[Side, xr.Dataset]:
    """Results, with the scenario that they were made of where it is still the same."""
    from haihe.analysis.compare_inputs import Side
    from haihe.cli.inputs import open_model
    from haihe.results.store import open_results

    results = open_results(path)
    member = str(results.attrs.get("scenario") or results["member"].values[0])
    digest = str(results["scenario_digest"].sel(member=member).item())
    opened = open_model(str(results.attrs["model"]))
    scenario = find_same(member, digest, opened)
    if str(results.attrs["model_digest"]) != opened.model.digest:
        told = Text(
            "不说明其输入：它由模型的另一版本运行",
            "its inputs are not told: it was run with another state of the model",
        )
        say(lead(name, told))
        scenario = None
    elif scenario is None:
        told = Text(
            "不说明其输入：项目中没有与所运行的相同的情景",
            "its inputs are not told: no scenario of the project is the one that it ran",
        )
        say(lead(name, told))
    title = Text(
        str(results.attrs.get("title_zh") or member), str(results.attrs.get("title_en") or member)
    )
    side = Side(name, title, opened.model, opened.catalogue, scenario)
    return side, results.sel(member=[member])


def find_same(name: str, digest: str, opened: Any) -> Any:
    """Scenario of the project with this id and digest; None where it has changed or is gone."""
    from haihe.errors import InputErrors
    from haihe.scenario.load import load_scenario

    try:
        scenario = load_scenario(name, opened.model, opened.catalogue)
    except (InputError, InputErrors):
        return None
    return scenario if scenario.digest == digest else None


# --- output -------------------------------------------------------------------------------------


def write_page(output: Path, found: Comparison, lang: Lang) -> None:
    """The comparison as a page."""
    from haihe.cli.sheets import write_sheet
    from haihe_viz.comparison import comparison_parts

    title = Text(
        f"为什么变了：{found.title_a.zh} → {found.title_b.zh}",
        f"Why did it change: {found.title_a.en} → {found.title_b.en}",
    )
    write_sheet(output, title, found.sentence, comparison_parts(found), lang)


def describe_comparison(found: Comparison) -> dict[str, Any]:
    """The whole comparison as JSON."""
    from haihe.cli.solve import plain

    told: dict[str, Any] = plain(asdict(found))
    for one, change in zip(told["inputs"], found.inputs, strict=True):
        one["effect"] = change.effect
    for one, move in zip(told["outcomes"], found.outcomes, strict=True):
        one["change"] = move.change
    return told


def list_rows(found: Comparison) -> list[tuple[object, ...]]:
    """Inputs, outcomes and sources of the trace as rows."""
    rows: list[tuple[object, ...]] = [
        ("kind", "id", "title_zh", "title_en", "unit", "a", "b", "change", "where_a", "where_b")
    ]
    for one in found.inputs:
        effect = "" if one.effect is None else one.effect
        rows.append((one.kind, one.name, one.title.zh, one.title.en, one.unit, one.a, one.b,
                     effect, one.where_a, one.where_b))  # fmt: skip
    for move in found.outcomes:
        rows.append(("outcome", move.id, move.title.zh, move.title.en, move.unit, move.a, move.b,
                     move.change, "", ""))  # fmt: skip
    if found.trace is not None:
        for name, amount in found.trace.sources:
            rows.append(("source", name, "", "", found.trace.unit, "", "", amount, "", ""))
        rows.append(
            ("source", "(rest)", "", "", found.trace.unit, "", "", found.trace.rest, "", "")
        )
    return rows


def print_comparison(found: Comparison, lang: Lang) -> None:
    """The sentence, what differs, what moved, and the way back."""
    console = open_console()
    console.print(
        f"A {found.title_a.get(lang)} ({found.a})   B {found.title_b.get(lang)} ({found.b})"
    )
    console.print(found.sentence.get(lang), soft_wrap=True)
    if found.inputs:
        _print_inputs(console, found, lang)
    if found.outcomes:
        _print_outcomes(console, found, lang)
    if found.trace is not None and found.trace.change:
        _print_trace(console, found, lang)
    for note in found.notes:
        console.print(note.get(lang), soft_wrap=True)


def _print_inputs(console: Console, found: Comparison, lang: Lang) -> None:
    from haihe.analysis.compare_words import number
    from haihe.analysis.tables import print_rows, word_unit
    from haihe.results.comparison import KINDS

    trace = found.trace
    brought = {} if trace is None else {n.removeprefix("= "): v for n, v in trace.sources}
    rows = []
    for one in found.inputs[:MOST]:
        effect = one.effect if one.effect is not None else brought.get(one.name)
        where = f"{one.where_a} → {one.where_b}" if one.where_a or one.where_b else ""
        told = "" if effect is None else number(effect, True)
        kind = KINDS.get(one.kind, Text(one.kind, one.kind)).get(lang)
        rows.append(
            (one.title.get(lang), kind, one.a, one.b, word_unit(one.unit, lang), told, where)
        )
    unit = f" [{word_unit(trace.unit, lang)}]" if trace is not None else ""
    heads = [
        Text("不同的输入", "Input that differs"), Text("种类", "Kind"), Text("A", "A"),
        Text("B", "B"), Text("单位", "Unit"), Text(f"影响{unit}", f"Effect{unit}"),
        Text("出处（A → B）", "Where (A → B)"),
    ]  # fmt: skip
    print_rows(console, [head.get(lang) for head in heads], rows)
    tell_rest(console, len(found.inputs), lang)


def _print_outcomes(console: Console, found: Comparison, lang: Lang) -> None:
    from haihe.analysis.compare_words import number
    from haihe.analysis.tables import print_rows, word_unit

    year = found.outcomes[0].year
    rows = [
        (
            move.title.get(lang),
            number(move.a),
            number(move.b),
            number(move.change, True),
            word_unit(move.unit, lang),
            f"{100 * move.size:.1f} %",
            f"{100 * move.peak:.1f} % ({move.peak_year:g})",
        )
        for move in found.outcomes[:MOST]
    ]
    heads = [
        Text(f"变化的指标（{year:g}年）", f"Outcome that moved ({year:g})"), Text("A", "A"),
        Text("B", "B"), Text("变化", "Change"), Text("单位", "Unit"),
        Text("相对大小", "Relative size"), Text("最大时", "At most"),
    ]  # fmt: skip
    print_rows(console, [head.get(lang) for head in heads], rows)
    tell_rest(console, len(found.outcomes), lang)


def _print_trace(console: Console, found: Comparison, lang: Lang) -> None:
    from haihe.analysis.compare_words import number
    from haihe.analysis.tables import print_rows, word_unit

    trace = found.trace
    assert trace is not None
    unit = word_unit(trace.unit, lang)
    rows = [
        (
            "  " * node.distance + node.title.get(lang),
            number(node.through, True),
            f"{number(node.a)} → {number(node.b)} {word_unit(node.unit, lang)}".rstrip(),
            node.name if node.title.get(lang) != node.name else "",
        )
        for node in sorted(trace.nodes, key=lambda n: (n.distance, -abs(n.through)))[:30]
    ]
    heads = [
        Text(f"沿途变量：{trace.title.zh}", f"On the way to {trace.title.en}"),
        Text(f"经由 [{unit}]", f"Passes through [{unit}]"),
        Text("自身 A → B", "Its own A → B"),
        Text("模型变量", "Variable"),
    ]
    print_rows(console, [head.get(lang) for head in heads], rows)
