"""`haihe calibrate`: fit parameters to observations, and print how wrong the model is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import open_console, say, show_progress, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError, cannot_write
from haihe.project import show_path
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.analysis.calibrate import Fit
    from haihe.analysis.fit_problem import Problem
    from haihe.analysis.forecasts import Course, Split
    from haihe.analysis.posterior import Posterior
    from haihe.analysis.validation import Validation

NO_DRAWS = 0


@click.command(
    "calibrate",
    cls=Command,
    words=Text(
        "按 calibration.yaml 用观测拟合参数：先按因果次序逐块，再一起微调；打印先验、拟合值、"
        "区间、相关与误差。\n\n模型自身的数据不变；--write 写出情景可用的参数文件。",
        "Fit parameters to observations as `calibration.yaml` says: block by block in causal "
        "order, then together; print priors, values, intervals, correlations and errors.\n\n"
        "The model's own data stay as they are; `--write` makes a parameter file that a scenario "
        "can extend.",
    ),
    example="haihe calibrate --until 2019\n"
    "haihe calibrate --write models/tianjin/calibration/fitted.yaml\n"
    "haihe calibrate --posterior 500 --draws models/tianjin/calibration/posterior.csv\n"
    "haihe calibrate --report docs/validation.md",
)
@click.argument("model", default="tianjin", metavar="[MODEL]")
@option(
    "--until",
    type=int,
    zh="拟合使用的最后一年；其后各年作预测检验。默认用全部年份。",
    en="Last year that the fit sees; later ones test it. All years where it is not given.",
)
@option(
    "--seed",
    type=click.IntRange(min=0),
    zh="随机种子；默认取自 calibration.yaml。",
    en="Seed of all chance; that of `calibration.yaml` where it is not given.",
)
@option(
    "--write",
    type=click.Path(dir_okay=False, path_type=Path),
    zh="把拟合值写成情景可继承的参数文件（含来源）。",
    en="Write the fitted values, with what they came of, as a file that a scenario can extend.",
)
@option(
    "--posterior",
    type=click.IntRange(1, 1000),
    metavar="N",
    zh="从后验抽取 N 个样本（至多 1000），并打印 R-hat 与有效样本量。",
    en="Draw N samples (at most 1,000) from the posterior; print R-hat and effective samples.",
)
@option(
    "--draws",
    type=click.Path(dir_okay=False, path_type=Path),
    zh="样本写入的 CSV 文件。",
    en="CSV file that the samples go to.",
)
@option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    zh="运行全部检验并写成 Markdown 页面，图在同名文件夹中。",
    en="Run every test and write the page of errors (Markdown); plots go into a folder beside it.",
)
@common_options
@click.pass_context
def command(
    context: click.Context,
    model: str,
    until: int | None,
    seed: int | None,
    write: Path | None,
    posterior: int | None,
    draws: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Fit one model."""
    from haihe.analysis.calibrate import fit
    from haihe.analysis.forecasts import score_split
    from haihe.analysis.posterior import load_emcee

    if draws and not posterior:
        raise InputError(
            Text("有 --draws 而无 --posterior", "--draws without --posterior"),
            expected=Text("同时给出 --posterior N", "--posterior N with it"),
        )
    problem = open_problem(model)
    first, last = problem.calibration.years
    until = last if until is None else until
    if not first + 2 <= until <= last:
        raise InputError(
            f"--until {until}",
            expected=Text(
                f"{first + 2} 至 {last} 之间的年份", f"a year from {first + 2} to {last}"
            ),
        )
    seed = problem.calibration.seed if seed is None else seed
    if posterior:
        load_emcee()
    lang = settings_of(context).lang
    with show_progress(Text("拟合", "fitting").get(lang)) as progress:
        fitted = fit(problem, until, seed, progress)
    split = score_split(problem, fitted)
    drawn = draw(problem, fitted, posterior, seed, lang) if posterior else None
    today = datetime.now(UTC).date().isoformat()
    if as_json:
        write_json(to_json(problem, split, drawn, seed))
    else:
        print_fit(fitted, lang)
        print_scores(split, lang)
        if drawn:
            print_posterior(drawn, lang)
    write_files(problem, fitted, drawn, seed, today, write, draws)
    if report:
        write_report(problem, drawn, seed, report, lang)


def open_problem(name: str) -> Problem:
    """Model, calibration and observations of a name."""
    from haihe.analysis.calibration_load import FILE_NAME, load_calibration
    from haihe.analysis.fit_problem import state_problem
    from haihe.cli.inputs import open_model

    opened = open_model(name)
    calibration = load_calibration(opened.folder / FILE_NAME, opened.model, opened.catalogue)
    return state_problem(opened.model, calibration, opened.folder / "data")


def draw(problem: Problem, fitted: Fit, count: int, seed: int, lang: Lang) -> Posterior:
    """Draws of the posterior, with a bar."""
    from haihe.analysis.posterior import sample

    with show_progress(Text("抽样", "sampling").get(lang)) as progress:
        return sample(problem, fitted, count, seed, progress=progress)


def print_fit(fitted: Fit, lang: Lang) -> None:
    """Parameters, then the pairs that hang together."""
    from haihe.analysis.validation_page import tied_pairs

    rows = [
        [
            e.name,
            e.block,
            f"{e.centre:.4g} [{e.prior[0]:.3g}, {e.prior[1]:.3g}]",
            f"{e.value:.4g}" + ("!" if e.at_bound else ""),
            f"[{e.interval[0]:.4g}, {e.interval[1]:.4g}]",
            f"{100 * e.learned:.0f} %",
            e.unit,
        ]
        for e in fitted.estimates
    ]
    head = Text(
        "参数,块,先验,拟合,90% 区间,所学,单位", "parameter,block,prior,fitted,90 %,learned,unit"
    )
    print_table(head.get(lang).split(","), rows)
    for one, other, together in tied_pairs(fitted):
        click.echo(Text("相关", "correlated").get(lang) + f": {one}, {other}: {together:+.2f}")
    click.echo(
        Text(
            f"残差 {fitted.residuals} 个，平方和 {fitted.misfit:.1f}；"
            f"先验 {fitted.prior_misfit:.1f}；{fitted.agreed} 个起点一致；! 触及界限",
            f"{fitted.residuals} residuals, sum of squares {fitted.misfit:.1f}; priors "
            f"{fitted.prior_misfit:.1f}; {fitted.agreed} starts agree; ! at a bound",
        ).get(lang)
    )


def print_scores(split: Split, lang: Lang) -> None:
    """Errors within the years of the fit and after them."""
    from haihe.analysis.forecasts import METHODS
    from haihe.analysis.validation_page import mark, shares, show

    later = any(score.after for score in split.scores)
    rows = []
    for score in split.scores:
        errors = score.within
        row = [score.seen.series.name + mark(score).replace("*", "")]
        row += ["–"] * 5 if errors is None else [f"{errors.mape:.1f}", f"{errors.bias:+.1f}"]
        row += [] if errors is None else [show(share) for share in shares(errors)]
        if later:
            row += [f"{score.after[m].mape:.1f}" if score.after else "–" for m in METHODS]
        rows.append(row)
    head = ["", "MAPE %", Text("偏差 %", "bias %").get(lang), "Um", "Us", "Uc"]
    print_table([*head, *(METHODS if later else ())], rows)


def print_posterior(posterior: Posterior, lang: Lang) -> None:
    """R-hat and effective samples."""
    rows = [
        [name, f"{rhat:.4f}", f"{ess:.0f}"]
        for name, rhat, ess in zip(posterior.names, posterior.rhat, posterior.ess)
    ]
    print_table([Text("后验", "posterior").get(lang), "R-hat", "ESS"], rows)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table on stdout."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    for number, title in enumerate(head):
        shown.add_column(title, justify="left" if number == 0 else "right", no_wrap=True)
    for row in rows:
        shown.add_row(*row)
    open_console().print(shown)


def to_json(
    problem: Problem, split: Split, posterior: Posterior | None, seed: int
) -> Mapping[str, Any]:
    """Everything of a fit, as plain data."""
    from dataclasses import asdict

    fitted = split.fit
    data: dict[str, Any] = {
        "model": problem.model.name,
        "digest": problem.model.digest,
        "until": fitted.until,
        "seed": seed,
        "parameters": [asdict(estimate) for estimate in fitted.estimates],
        "correlation": fitted.correlation.tolist(),
        "misfit": fitted.misfit,
        "prior_misfit": fitted.prior_misfit,
        "residuals": fitted.residuals,
        "spread": dict(fitted.spread),
        "series": [
            {
                "series": score.seen.series.name,
                "unit": score.seen.unit,
                "grades": score.seen.grades,
                "fitted": score.seen.series.weight > 0,
                "consistency": score.seen.series.consistency,
                "within": asdict(score.within) if score.within else None,
                "value_of_the_year_before_mape": score.before,
                "after": {name: asdict(errors) for name, errors in score.after.items()},
            }
            for score in split.scores
        ],
    }
    if posterior:
        data["posterior"] = {
            "draws": len(posterior.values),
            "rhat": dict(zip(posterior.names, posterior.rhat.tolist())),
            "ess": dict(zip(posterior.names, posterior.ess.tolist())),
            "acceptance": posterior.acceptance,
        }
    cleaned: Mapping[str, Any] = drop_nan(data)
    return cleaned


def drop_nan(value: Any) -> Any:
    """The same with None in the place of what is no number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: drop_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [drop_nan(item) for item in value]
    return value


def write_files(
    problem: Problem,
    fitted: Fit,
    posterior: Posterior | None,
    seed: int,
    today: str,
    write: Path | None,
    draws: Path | None,
) -> None:
    """The parameter file and the table of draws, where they were asked for."""
    from haihe.analysis.fit_files import write_draws, write_fitted

    if write:
        save(write, write_fitted(problem, fitted, seed, today))
    if draws and posterior:
        save(draws, write_draws(problem, posterior, today))


def write_report(
    problem: Problem, posterior: Posterior | None, seed: int, path: Path, lang: Lang
) -> None:
    """The page of errors, and its plots in a folder beside it."""
    from haihe.analysis.validation import validate_model
    from haihe.analysis.validation_page import write_page

    with show_progress(Text("检验", "validating").get(lang)) as progress:
        found = validate_model(problem, seed, progress)
    plot = path.parent / path.stem / "fit.svg"
    save(plot, draw_plots(found))
    save(path, write_page(problem, found, posterior, f"{path.stem}/fit.svg"))


def draw_plots(found: Validation) -> str:
    """Plots of every series that was predicted."""
    from haihe_viz.fit import draw_panels

    courses = [course for course in found.split.courses if len(course.seen.years) > 2]
    until = found.split.fit.until
    labels = [
        ("model", f"model, fitted to {until}"),
        ("blind", "drivers held"),
        ("naive", "last observation held"),
    ]
    return draw_panels(
        [make_panel(course, until) for course in courses], labels, "Model and observations"
    )


def make_panel(course: Course, until: int) -> Any:
    """One series as a panel."""
    import numpy as np

    from haihe_viz.fit import Line, Panel

    years = np.arange(course.first, course.first + len(course.said), dtype=float)
    later = years >= until
    kept = years >= min(course.seen.years)
    lines = [
        Line("model", tuple(years[kept]), tuple(course.said[kept])),
        Line("blind", tuple(years[later]), tuple(course.blind[later])),
    ]
    known = [value for year, value in zip(course.seen.years, course.seen.values) if year <= until]
    if known:
        lines.append(Line("naive", tuple(years[later]), (known[-1],) * int(later.sum())))
    return Panel(
        title=course.seen.series.name,
        unit=course.seen.unit,
        years=tuple(map(float, course.seen.years)),
        seen=tuple(map(float, course.seen.values)),
        lines=tuple(lines),
        split=float(until),
    )


def save(path: Path, text: str) -> None:
    """Write a file whole, and say so."""
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    except OSError as fault:
        raise cannot_write(show_path(path), fault) from fault
    say(show_path(path))
