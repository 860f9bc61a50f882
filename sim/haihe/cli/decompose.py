"""`haihe decompose`: what drove CO2, observed and projected?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.answers import as_series, chart_option, check_year, csv_option, words_of, write_rows
from haihe.cli.console import open_console, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import InputError
from haihe.text import Text

if TYPE_CHECKING:
    from haihe.results.decomposition import Decomposition

BASE_YEAR = 2021.0


@click.command(
    "decompose",
    cls=Command,
    words=Text(
        "按恒等式把二氧化碳的变化分解到各因素（LMDI，逐年相连，没有余项）。\n\n"
        "kaya：人口、人均GDP、单位GDP能耗、单位能耗碳排放；structure：再分到产业结构、终端能源强度、用能结构、"
        "电力等。有观测的序列同时分解观测值。",
        "Take the change of CO2 apart by an identity (LMDI, chained by years, no remainder).\n\n"
        "kaya: population, GDP per person, energy per GDP, CO2 per energy; structure goes on to "
        "the structure of the economy, intensity of final energy, fuel mix, power and so on. What "
        "was observed is taken apart too, where every series was.",
    ),
    example="haihe decompose plan --to 2035\n"
    "haihe decompose plan --identity structure --from 2021 --to 2030 --csv",
)
@click.argument("scenario", metavar="SCENARIO")
@option(
    "--identity",
    default="kaya",
    show_default=True,
    metavar="ID",
    zh="恒等式，见模型文件夹中的 identities.yaml。",
    en="Identity, of identities.yaml in the model's folder.",
)
@option("--from", "start", type=float, metavar="YEAR", zh="起始年。", en="First year.")
@option("--to", "stop", type=float, metavar="YEAR", zh="终止年。", en="Last year.")
@csv_option
@chart_option
@common_options
@click.pass_context
def command(
    context: click.Context,
    scenario: str,
    identity: str,
    start: float | None,
    stop: float | None,
    as_csv: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Decompose one scenario, and what was observed."""
    from haihe.analysis.answer_tables import list_effects, print_decomposition
    from haihe.analysis.answer_words import say_decomposition

    lang = settings_of(context).lang
    found = find_decompositions(scenario, identity)
    spans = [find_spans(one, start, stop) for one in found]
    told = [say_decomposition(one, *span) for one, own in zip(found, spans) for span in own]
    if output is not None:
        from haihe.cli.sheets import write_sheet
        from haihe_viz.attribution import decomposition_parts

        lead = Text("".join(t.zh for t in told), " ".join(t.en for t in told))
        title = Text(
            f"什么推动了{found[0].outcome_title.zh}", f"What drove {found[0].outcome_title.en}"
        )
        write_sheet(output, title, lead, decomposition_parts(found, spans), lang)
    if as_json:
        write_json({"decompositions": [describe(one, own) for one, own in zip(found, spans)]})
    elif as_csv:
        write_rows(list_effects(found, lang))
    else:
        console = open_console()
        for one, own in zip(found, spans):
            if own:
                print_decomposition(console, one, own, lang)
        for text in told:
            console.print(text.get(lang), soft_wrap=True)


def find_decompositions(scenario: str, identity: str) -> list[Decomposition]:
    """What was observed, where it can be taken apart, then the scenario."""
    from haihe.analysis.decomposition import (
        OBSERVED,
        decompose_run,
        find_identity,
        list_variables,
        load_identities,
        observe_run,
    )
    from haihe.analysis.history import collect_history
    from haihe.cli.inputs import open_scenarios
    from haihe.run.simulate import simulate

    opened, (loaded,) = open_scenarios([scenario])
    wanted = find_identity(load_identities(opened.folder), identity)
    run = simulate(opened.model, loaded, list_variables(wanted, opened.model)).isel(member=0)
    history = collect_history(opened.catalogue, opened.folder / "data")
    seen = observe_run(wanted, opened.model, opened.catalogue, history, run)
    found = [decompose_run(wanted, opened.model, opened.catalogue, run, loaded.title)]
    if seen is not None:
        found.insert(0, decompose_run(wanted, opened.model, opened.catalogue, seen, OBSERVED))
    return found


def find_spans(
    found: Decomposition, start: float | None, stop: float | None
) -> list[tuple[float, float]]:
    """Spans that are shown: what was asked for, else up to 2021 and from there on.

    Raises
    ------
    InputError
        Where the run does not hold the years; an observation that does not is left out.
    """
    from haihe.analysis.decomposition import OBSERVED

    first = float(found.years[0]) if start is None else start
    last = float(found.years[-1]) if stop is None else stop
    if found.source == OBSERVED:
        inside = found.years[(found.years > first - 1e-6) & (found.years < last + 1e-6)]
        return [(float(inside[0]), float(inside[-1]))] if len(inside) > 1 else []
    for year in (first, last):
        check_year(year, found.years)
    if first >= last:
        raise InputError(
            Text(
                f"--from {first:g} 不早于 --to {last:g}",
                f"--from {first:g} is not before --to {last:g}",
            )
        )
    if start is None and first < BASE_YEAR < last:
        return [(first, BASE_YEAR), (BASE_YEAR, last)]
    return [(first, last)]


def describe(found: Decomposition, spans: list[tuple[float, float]]) -> dict[str, Any]:
    """One decomposition as JSON, by year and by span."""
    from haihe.analysis.answer_words import say_decomposition

    return {
        "identity": found.identity,
        "outcome": found.outcome,
        "unit": found.unit,
        "source": words_of(found.source),
        "total": as_series(found.years, found.total),
        "effects": [
            {
                "factor": effect.factor,
                "title": words_of(effect.title),
                "values": as_series(found.years, effect.values),
            }
            for effect in found.effects
        ],
        "spans": [
            {
                "from": span[0],
                "to": span[1],
                "change": found.change(*span),
                "effects": found.between(*span),
                "sentence": words_of(say_decomposition(found, *span)),
            }
            for span in spans
        ],
    }
