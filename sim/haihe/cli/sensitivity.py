"""`haihe sensitivity`: which factors of a study an outcome hangs on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import say, write_json
from haihe.cli.sensitivity_tables import print_sensitivity
from haihe.cli.study_inputs import (
    model_option,
    open_study_store,
    scenario_option,
    write_page,
    write_table,
)
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.text import Lang, Text

if TYPE_CHECKING:
    import xarray as xr

METHODS = ("auto", "sobol", "morris", "pawn", "rbd-fast", "regression", "one-at-a-time")


@click.command(
    "sensitivity",
    cls=Command,
    words=Text(
        "从研究结果库计算某一指标取决于哪些因素。\n\n"
        "STORE 是 haihe sweep 写出的结果库。方法默认随研究设计而定：Sobol'、Morris、逐一变动；"
        "其他设计给出 PAWN、RBD-FAST 和秩回归。表后说明指数是否收敛、还需多少成员。",
        "Which factors an outcome of a study hangs on, from its store.\n\n"
        "STORE is what `haihe sweep` wrote. The method follows the design of the study: Sobol',"
        " Morris, one at a time; other designs get PAWN, RBD-FAST and the regression of ranks."
        " Below the table stands whether the indices have converged, and how many members would"
        " make them.",
    ),
    example="haihe sensitivity output/which-assumptions-matter --outcome 'PM2.5' --at 2030\n"
    "haihe sensitivity output/which-assumptions-matter --outcome CO2 --over-time --csv co2.csv",
)
@click.argument("store")
@option(
    "--outcome",
    required=True,
    zh="指标：编号、名称或模型变量；可带年份，如 'CO2 peak'、'CO2 2025-2035 mean'。",
    en="Outcome: its id, title or variable; with a reduction if wanted, such as 'CO2 peak' or"
    " 'CO2 2025-2035 mean'.",
)
@option("--at", type=float, zh="年份；默认最后一年。", en="Year; the last one by default.")
@option("--over-time", is_flag=True, zh="所有已保存的年份。", en="Every saved year.")
@option(
    "--method",
    type=click.Choice(METHODS),
    default="auto",
    show_default=True,
    zh="方法。",
    en="Method.",
)
@option("--seed", type=int, default=0, show_default=True, zh="自助法种子。", en="Of the bootstrap.")
@option("--csv", "csv_file", zh="把全部指数写入这个文件。", en="Write all indices to this file.")
@option(
    "--chart",
    zh="把图写入这个 HTML 文件。",
    en="Draw them into this HTML file.",
)
@scenario_option
@model_option
@common_options
@click.pass_context
def command(
    context: click.Context,
    store: str,
    outcome: str,
    at: float | None,
    over_time: bool,
    method: str,
    seed: int,
    csv_file: str | None,
    chart: str | None,
    scenario: str,
    model: str,
    as_json: bool,
) -> None:
    """Print a table for each scenario, the most important factor first."""
    from haihe.analysis.select_inputs import list_scenarios
    from haihe.analysis.sensitivity import measure_sensitivity

    if at is not None and over_time:
        raise InputError(
            Text("--at 与 --over-time 不能同时使用", "--at and --over-time exclude each other"),
            expected=Text("其中之一", "one of them"),
        )
    study, catalogue = open_study_store(store, model)
    asked = complete_words(study, outcome, at, over_time, catalogue)
    names = [scenario] if scenario else list_scenarios(study)
    found = [
        measure_sensitivity(study, asked, catalogue, method=method, scenario=name, seed=seed)
        for name in names
    ]
    lang = settings_of(context).lang
    if csv_file:
        write_table(csv_file, *tabulate_all(found, lang))
        say(Text(f"已写入 {csv_file}", f"wrote {csv_file}").get(lang))
    if chart:
        draw(found, chart, lang)
        say(Text(f"已写入 {chart}", f"wrote {chart}").get(lang))
    if as_json:
        write_json({"sensitivity": [describe(one) for one in found]})
        return
    for one in found:
        print_sensitivity(one, lang, several=len(found) > 1)


def complete_words(
    study: xr.Dataset, outcome: str, at: float | None, over_time: bool, catalogue: Any
) -> str:
    """What is asked for, with its year."""
    from haihe.analysis.select_outcome import read_asked
    from haihe.analysis.sensitivity import complete_outcome

    if read_asked(outcome).how:
        if at is not None or over_time:
            raise InputError(
                Text(
                    f"{outcome} 与选项都给出了时间", f"{outcome} says when, and so does an option"
                ),
                expected=Text("只给一处", "one of the two"),
            )
        return outcome
    if at is not None:
        return f"{outcome} at {at:g}"
    return outcome if over_time else complete_outcome(study, outcome, catalogue)


def tabulate_all(found: Sequence[xr.Dataset], lang: Lang) -> tuple[list[str], list[list[object]]]:
    """Everything as a long table: one row for each factor and year."""
    columns = sorted({str(n) for one in found for n, a in one.data_vars.items() if is_plain(a)})
    heads = ["scenario", "outcome", "factor", "title", "year", *columns]
    return heads, [row for one in found for row in long_rows(one, columns, lang)]


def is_plain(array: xr.DataArray) -> bool:
    """Is it of one factor, in a year or in each?"""
    return "factor" in array.dims and "factor_2" not in array.dims


def long_rows(found: xr.Dataset, columns: Sequence[str], lang: Lang) -> Iterator[list[object]]:
    """Rows of one scenario."""
    years = found["time"].to_numpy() if "time" in found.dims else [None]
    for i, factor in enumerate(found["factor"].to_numpy()):
        for place, year in enumerate(years):
            row: list[object] = [found.attrs["scenario"], found.attrs["outcome"], str(factor)]
            row += [str(found[f"title_{lang}"].to_numpy()[i]), "" if year is None else float(year)]
            for name in columns:
                value = math.nan
                if name in found:
                    one = found[name].isel(factor=i)
                    value = float(one[place] if "time" in one.dims else one)
                row.append(value if math.isfinite(value) else "")
            yield row


def describe(found: xr.Dataset) -> dict[str, Any]:
    """Indices as JSON; what is no finite number becomes null."""
    return {
        **{name: value for name, value in found.attrs.items() if name != "width"},
        "years": found["time"].to_numpy().tolist() if "time" in found.dims else [],
        "factors": [str(name) for name in found["factor"].to_numpy()],
        "indices": {str(name): plain(a.to_numpy().tolist()) for name, a in found.data_vars.items()},
    }


def plain(value: Any) -> Any:
    """Numbers that JSON can hold."""
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value if math.isfinite(value) else None


def draw(found: Sequence[xr.Dataset], path: str, lang: Lang) -> None:
    """A page of charts that fit the method."""
    from haihe_viz.studies import render_sensitivity

    write_page(path, render_sensitivity(found, lang))
