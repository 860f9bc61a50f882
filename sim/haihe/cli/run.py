"""`haihe run`: scenario in, page, tables and results out."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import open_console, say, show_progress, write_json
from haihe.cli.output import check_folder, write_beside
from haihe.cli.words import Command, Settings, common_options, option, settings_of
from haihe.errors import EXIT_SOME_FAILED, words_of
from haihe.project import show_path
from haihe.text import Lang, Text, lead

if TYPE_CHECKING:
    import xarray as xr

    from haihe.cli.inputs import Opened
    from haihe.results.report import Report
    from haihe.scenario.values import Scenario

PAGE, TABLE, STORE, NETCDF = "page.html", "indicators.csv", "results.zarr", "results.nc"


@click.command(
    "run",
    cls=Command,
    words=Text(
        "运行情景，与基线比较，打印目标达成表，并写出页面和数据。\n\n"
        "在 -o 指定的文件夹（默认 output/<情景>）中写出 page.html、indicators.csv 和 "
        "results.zarr；要么全部写出，要么什么都不改动。\n\n"
        "--drivers 用观测到的外生驱动替换表中各年的取值（条件后报），--observed 把结果与观测比较，"
        "给出各序列的误差；见 docs/hindcast.md。",
        "Run a scenario, compare it with a baseline, print the scorecard, and write a page and "
        "the data.\n\nWrites page.html, indicators.csv and results.zarr into the folder of -o "
        "(output/<scenario> where it is not given): all of them, or nothing at all.\n\n"
        "--drivers takes observed drivers for the years that a table gives (a conditional "
        "hindcast); --observed holds the results against observations and gives the error of each "
        "series: see docs/hindcast.md.",
    ),
    example="haihe run plan --against frozen-2021\n"
    "haihe run scenarios/plan.yaml --against scenarios/frozen-2021.yaml --json > plan.json\n"
    "haihe run bau --drivers observed-drivers.csv --observed observed-results.csv",
)
@click.argument("scenario", metavar="SCENARIO")
@option(
    "--against",
    metavar="BASELINE",
    zh="作为基线的情景。",
    en="Scenario to compare with.",
)
@option(
    "--drivers",
    type=click.Path(path_type=Path),
    metavar="FILE",
    zh="CSV：年份一列，每个外生驱动一列（名称 [单位]）；取代这些年份的取值，也用于基线。",
    en="CSV with a column of years and one for each driver, `name [unit]`; it takes the place of "
    "their values in those years, in the baseline too.",
)
@option(
    "--observed",
    type=click.Path(path_type=Path),
    metavar="FILE",
    zh="CSV：年份一列，每个指标一列（名称 [单位]）；打印各序列的误差。",
    en="CSV with a column of years and one for each outcome, `name [unit]`; the error of each "
    "series is printed.",
)
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    zh="输出文件夹。",
    en="Folder to write into.",
)
@option(
    "--backend",
    type=click.Choice(["auto", "compiled", "pysd"]),
    default="auto",
    show_default=True,
    zh="计算后端；pysd 是参照，慢。",
    en="Backend that computes; pysd is the reference, and slow.",
)
@option("--netcdf", is_flag=True, zh="另写 results.nc。", en="Write results.nc too.")
@common_options
@click.pass_context
def command(
    context: click.Context,
    scenario: str,
    against: str | None,
    drivers: Path | None,
    observed: Path | None,
    output: Path | None,
    backend: str,
    netcdf: bool,
    as_json: bool,
) -> int:
    """Run one scenario, and its baseline beside it."""
    from haihe.analysis.report import build_report, load_background
    from haihe.cli.hindcast import open_hindcast
    from haihe.cli.inputs import open_scenarios

    spare_imports()
    settings = settings_of(context)
    names = [scenario] if against is None else [scenario, against]
    if output is not None:
        check_folder(output)
    lang = settings.lang
    with show_progress(Text("读取模型和情景", "Reading model and scenarios").get(lang)):
        opened, scenarios = open_scenarios(names)
        background = load_background(opened.catalogue, opened.folder)
        hindcast = open_hindcast(opened, drivers, observed)
        scenarios = hindcast.change(scenarios, opened)
    for loaded in scenarios:
        for warning in loaded.warnings:
            say(warning)
    folder = output or Path("output") / scenarios[0].id
    check_folder(folder)
    results = hindcast.note(simulate_scenarios(opened, scenarios, backend, settings))
    report = build_report(results, background)
    compared = hindcast.compare(report)
    label = Text("绘制页面，写出数据", "Drawing the page, writing data").get(lang)
    with show_progress(label), write_beside(folder) as draft:
        write_outputs(draft, report, results, lang, netcdf)
        hindcast.write(draft, compared)
    failed = find_failures(results)
    for problem in failed:
        say(problem)
    if as_json:
        more = hindcast.describe(compared)
        described = describe_report(report)
        write_json(
            {**described, **more, "folder": show_path(folder), "failed": [f.en for f in failed]}
        )
    else:
        print_report(report, folder, lang)
        hindcast.show(compared, lang)
    return EXIT_SOME_FAILED if failed else 0


def simulate_scenarios(
    opened: Opened, scenarios: tuple[Scenario, ...], backend: str, settings: Settings
) -> xr.Dataset:
    """Run the scenarios as members of one batch, labelled with whose they are."""
    from haihe.analysis.report import label_results
    from haihe.run.simulate import simulate

    label = Text("运行", "Running").get(settings.lang)
    with warnings.catch_warnings(record=True) as told, show_progress(label) as progress:
        warnings.simplefilter("always", RuntimeWarning)
        results = simulate(
            opened.model,
            scenarios,
            backend=None if backend == "auto" else backend,
            progress=progress,
        )
    for warning in told:
        if issubclass(warning.category, RuntimeWarning):
            say(words_of(warning.message))
    return label_results(results, scenarios)


def spare_imports() -> None:
    """Settle that the arrays of this process are NumPy's.

    The first array that xarray is given makes it import what else might hold one, dask with all
    that it needs: half a second in which nothing is done that a run could use.
    """
    spared = [name for name in ("dask.array", "pint") if name not in sys.modules]
    blocked: dict[str, Any] = dict.fromkeys(spared)
    sys.modules.update(blocked)
    try:
        import xarray as xr

        xr.DataArray([0.0], {"member": [""]}, ["member"])
    finally:
        for name in spared:
            del sys.modules[name]


def write_outputs(
    draft: Path, report: Report, results: xr.Dataset, lang: Lang, netcdf: bool
) -> None:
    """Write page, table and store into a folder that is moved to its place when all is there."""
    from haihe.results.export import write_csv, write_netcdf
    from haihe.results.store import write_results
    from haihe_viz.page import render_page

    (draft / PAGE).write_text(render_page(report, lang), encoding="utf-8")
    write_csv(report.indicators, draft / TABLE)
    write_results(results, draft / STORE)
    if netcdf:
        write_netcdf(results, draft / NETCDF)


def find_failures(results: xr.Dataset) -> list[Text]:
    """One sentence for each member that did not come through."""
    from haihe.results.status import say_status

    if "status" not in results.coords:
        return []
    told = zip(results["member"].to_numpy(), results["status"].to_numpy())
    return [lead(str(member), say_status(str(status))) for member, status in told if status]


def describe_report(report: Report) -> dict[str, Any]:
    """A report as JSON: headline indicators year by year for both runs, and every target."""
    from haihe.analysis.indicators import pick_headlines

    return {
        "scenario": report.scenario,
        "baseline": report.baseline or None,
        "title": {"zh": report.title.zh, "en": report.title.en},
        "indicators": {
            name: describe_indicator(report, name) for name in pick_headlines(report.indicators)
        },
        "targets": [describe_score(score) for score in report.scores],
        "provenance": dict(report.provenance),
    }


def describe_indicator(report: Report, name: str) -> dict[str, Any]:
    """One indicator, year by year, for the scenario and its baseline."""
    array = report.indicators[name]
    years = [as_year(year) for year in array["time"].to_numpy()]
    data: dict[str, Any] = {
        "title": {"zh": array.attrs["title_zh"], "en": array.attrs["title_en"]},
        "unit": array.attrs["units"],
        "grade": array.attrs["grade"],
        "better": array.attrs["better"],
        "years": years,
        "scenario": as_numbers(array.sel(member=report.scenario)),
        "baseline": None,
    }
    if report.baseline:
        data["baseline"] = as_numbers(array.sel(member=report.baseline))
    return data


def as_year(time: float) -> int | float:
    """2025 for 2025.0."""
    return int(time) if float(time).is_integer() else float(time)


def as_numbers(array: xr.DataArray) -> list[float | None]:
    """Values as JSON holds them: what is not a number becomes null."""
    import numpy as np

    values = array.to_numpy().astype(float)
    return [float(value) if np.isfinite(value) else None for value in values]


def describe_score(score: Any) -> dict[str, Any]:
    """One target and how it fared."""
    from dataclasses import asdict

    return {**asdict(score), "strength": str(score.strength)}


def head_report(report: Report, lang: Lang) -> str:
    """Whose run it is, and against what: titles with ids."""
    attrs = report.indicators["member"].attrs

    def name(member: str) -> str:
        return f"{attrs.get(f'{member}|{lang}', member)} ({member})"

    if not report.baseline:
        return name(report.scenario)
    against = Text("对比", "against").get(lang)
    return f"{name(report.scenario)} {against} {name(report.baseline)}"


def print_report(report: Report, folder: Path, lang: Lang) -> None:
    """The scorecard, the coverage in one line, and where the page lies."""
    from haihe.analysis.tables import print_scorecard, sum_up_coverage

    console = open_console()
    console.print(head_report(report, lang))
    print_scorecard(console, report.scores, lang)
    if report.coverage:
        console.print(sum_up_coverage(report.coverage, lang))
    console.print(f"{Text('页面', 'Page').get(lang)}: {show_path(folder / PAGE)}", soft_wrap=True)
