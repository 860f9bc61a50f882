"""Put together all that a page or a briefing of one run says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from haihe.analysis.coverage import load_articles
from haihe.analysis.history import collect_history
from haihe.analysis.indicators import derive_indicators
from haihe.analysis.scorecard import score_targets
from haihe.analysis.targets import Target, load_targets, order_targets
from haihe.model.catalogue import Catalogue
from haihe.results.report import Coverage, Report
from haihe.scenario.values import Scenario
from haihe.text import Lang, Text

LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan asks for: its targets and its measures, as far as the model has them."""

    targets: tuple[Target, ...]
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True, slots=True)
class Background:
    """What a run is shown against: the catalogue's words, the plan, and what was observed."""

    catalogue: Catalogue
    plan: Plan
    history: xr.Dataset


def load_plan(folder: Path) -> Plan:
    """Read `targets.yaml` and `articles.yaml` of a model's folder; empty where it has none."""
    targets, articles = folder / "targets.yaml", folder / "articles.yaml"
    return Plan(
        order_targets(load_targets(targets)) if targets.is_file() else (),
        load_articles(articles) if articles.is_file() else (),
    )


def load_background(catalogue: Catalogue, folder: Path) -> Background:
    """Read all that a report needs beside results, so that its faults show before a run.

    Parameters
    ----------
    folder
        The model's folder: its plan and its observations are read from there.

    Raises
    ------
    InputError, InputErrors
        Where the plan's files or the observations are wrong or missing.
    """
    return Background(catalogue, load_plan(folder), collect_history(catalogue, folder / "data"))


def label_results(results: xr.Dataset, scenarios: Sequence[Scenario]) -> xr.Dataset:
    """Write into results whose they are, so that they can be shown again without the scenarios.

    Parameters
    ----------
    results
        Dims (member, time, <dimensions>).
    scenarios
        The scenario that was asked for, then its baseline if there is one.
    """
    words = {
        f"{scenario.id}|{lang}": scenario.title.get(lang)
        for scenario in scenarios
        for lang in LANGS
    }
    first = scenarios[0]
    told = {f"story_{lang}": first.story.get(lang) for lang in LANGS}
    named = {f"title_{lang}": first.title.get(lang) for lang in LANGS}
    baseline = scenarios[1].id if len(scenarios) > 1 else ""
    labelled = results.assign_coords(member=results["member"].assign_attrs(words))
    return labelled.assign_attrs(scenario=first.id, baseline=baseline, **named, **told)


def build_report(results: xr.Dataset, background: Background) -> Report:
    """Indicators, history, scores and coverage of one run; results as `label_results` made them."""
    indicators = derive_indicators(results, background.catalogue)
    scenario = str(results.attrs.get("scenario") or results["member"].to_numpy()[0])
    baseline = str(results.attrs.get("baseline", ""))
    return Report(
        title=read_words(results, "title"),
        story=read_words(results, "story"),
        scenario=scenario,
        baseline=baseline,
        indicators=indicators,
        history=background.history,
        scores=score_targets(background.plan.targets, indicators, scenario, baseline),
        coverage=background.plan.coverage,
        provenance=read_provenance(results),
    )


def read_words(results: xr.Dataset, name: str) -> Text:
    """Words that `label_results` wrote."""
    return Text(str(results.attrs.get(f"{name}_zh", "")), str(results.attrs.get(f"{name}_en", "")))


def read_provenance(results: xr.Dataset) -> Mapping[str, str]:
    """Digests and versions that the results carry, by name."""
    own = {f"{name}_{lang}" for name in ("title", "story") for lang in LANGS}
    known = {
        str(name): str(value)
        for name, value in results.attrs.items()
        if value != "" and name not in own | {"scenario", "baseline"}
    }
    if "scenario_digest" in results.coords:
        for member, digest in zip(
            results["member"].to_numpy(), results["scenario_digest"].to_numpy(), strict=True
        ):
            known[f"scenario {member}"] = str(digest)
    return known
