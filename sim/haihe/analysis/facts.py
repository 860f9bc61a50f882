"""Collect what a briefing may say, from scenarios, from a run's store or from a study's."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from haihe.analysis.answer_words import say_outlook, say_scorecard
from haihe.analysis.ensemble import list_outcomes, prepare_ensemble, read_targets, sample_futures
from haihe.analysis.facts_assumptions import list_draws, list_settings, say_shape
from haihe.analysis.indicators import derive_indicators, describe_outcome
from haihe.analysis.outlook import outlooks_of_members, pick_members
from haihe.analysis.probability import find_chance
from haihe.analysis.report import LANGS, build_report, label_results, load_background
from haihe.analysis.scorecard import score_targets
from haihe.analysis.select_outcome import select_outcome
from haihe.analysis.targets import Target, load_targets, order_targets
from haihe.errors import InputError
from haihe.model.catalogue import Catalogue
from haihe.model.types import FloatArray, Model
from haihe.results.facts import Assumption, Facts
from haihe.results.outlook import Outlook
from haihe.results.report import Report
from haihe.run.backends import Progress
from haihe.run.simulate import simulate
from haihe.scenario.values import Scenario
from haihe.text import Text

FUTURES = 300
"""Futures of a briefing where nobody says how many."""
MOST_MEMBERS = 2000
"""Members of a study that a briefing reads, for each scenario: evenly spread over the study."""
AT_YEAR = re.compile(r"at ([0-9]{4})")
NO_WORDS = Text("", "")


def facts_of_scenarios(
    model: Model,
    catalogue: Catalogue,
    folder: Path,
    scenarios: Sequence[Scenario],
    futures: int = FUTURES,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    compared: bool = True,
) -> Facts:
    """Run a scenario, and others beside it, as they stand and in many futures.

    Parameters
    ----------
    folder
        The model's folder: its plan and its observations are read from there.
    scenarios
        The scenario, then its baseline if there is one, then whatever else is to be named.
    compared
        Whether the second one is the baseline.
    futures
        Calibrated futures; 0: numbers are written without anything known of their error.

    Raises
    ------
    InputError, InputErrors
        Where a file of the plan is wrong, or the model has no futures.
    """
    background = load_background(catalogue, folder)
    targets = read_plan_targets(folder)
    results = label_results(simulate(model, list(scenarios), list(catalogue.outcomes)), scenarios)
    if not compared:
        results = results.assign_attrs(baseline="")
    report = build_report(results, background)
    draws: list[FloatArray] = []
    met: FloatArray | None = None
    names = _list_plain(report.indicators)
    for position, scenario in enumerate(scenarios if futures else ()):
        wanted = list(dict.fromkeys([*names, *(list_outcomes(targets) if not position else ())]))
        setup, _ = prepare_ensemble(model, catalogue, scenario, wanted)
        chosen = targets if not position else ()
        read = functools.partial(_read, names=names, targets=chosen)
        found = sample_futures(setup, futures, seed, read, progress).values
        if not position:
            met = found[:, : len(targets)]
        draws.append(found[:, len(chosen) :].reshape(futures, len(names), -1))
    sample = _stack(report, names, draws, [s.id for s in scenarios]) if draws else None
    return _join(
        report,
        targets,
        sample,
        met,
        settings=list_settings(scenarios[0], catalogue),
        uncertain=list_draws(model, catalogue) if futures else (),
        digests=hash_folder(folder),
        kind="scenario",
    )


def facts_of_run(results: xr.Dataset, catalogue: Catalogue, folder: Path) -> Facts:
    """Facts of a store that `haihe run` wrote: numbers without intervals."""
    report = build_report(results, load_background(catalogue, folder))
    return _join(report, read_plan_targets(folder), None, None, (), (), hash_folder(folder), "run")


def facts_of_study(
    study: xr.Dataset, catalogue: Catalogue, folder: Path, scenario: str, baseline: str
) -> Facts:
    """Facts of a study's store: medians over members, and their 5–95 %.

    Parameters
    ----------
    scenario, baseline
        Labels of the study's scenarios; "" for none as the baseline.

    Raises
    ------
    InputError
        Where the study does not hold them, or holds no course of any outcome.
    """
    background = load_background(catalogue, folder)
    labels = [scenario, *([baseline] if baseline else [])]
    parts = [_read_members(pick_members(study, label)[0], catalogue) for label in labels]
    count = min(part.sizes["member"] for part in parts)
    if not count:
        raise InputError(Text("研究中没有一个成员运行成功", "no member of the study came through"))
    cut = [part.isel(member=slice(0, count)) for part in parts]
    sample = xr.concat(
        [one.rename(member="future").drop_vars("future", errors="ignore") for one in cut],
        xr.DataArray(np.array(labels), dims="member", name="member"),
        combine_attrs="override",
    )
    medians = sample.median("future", keep_attrs=True)
    for name in medians.data_vars:
        medians[name].attrs = dict(cut[0][name].attrs)
    medians["member"].attrs = _name_members(study, labels)
    targets = read_plan_targets(folder)
    about = _read_study(study)
    report = Report(
        title=_read_text(about, "title"),
        story=_read_text(about, "story"),
        scenario=scenario,
        baseline=baseline,
        indicators=medians,
        history=background.history,
        scores=score_targets(background.plan.targets, medians, scenario, baseline),
        coverage=background.plan.coverage,
        provenance={
            name: str(study.attrs[name])
            for name in ("study_digest", "model_digest", "content_hash", "engine", "haihe_version")
            if name in study.attrs
        },
    )
    outlooks = outlooks_of_members(pick_members(study, scenario)[0], catalogue, targets)
    return Facts(
        report=report,
        sample=sample,
        outlooks=outlooks,
        sentences={one.score.id: say_outlook(one) for one in outlooks},
        summary=say_scorecard(outlooks),
        settings=(),
        uncertain=tuple(_describe_inputs(study)),
        digests=hash_folder(folder),
        kind="study",
    )


def read_plan_targets(folder: Path) -> tuple[Target, ...]:
    """Targets of a model's folder, in the order of a report; none where it has none."""
    path = folder / "targets.yaml"
    return order_targets(load_targets(path)) if path.is_file() else ()


def hash_folder(folder: Path) -> Mapping[str, str]:
    """SHA-256 over what lies in a model's folder beside the model: data, plan, calibration."""
    digest = hashlib.sha256()
    found = [p for p in folder.rglob("*") if p.suffix in (".csv", ".yaml") and p.is_file()]
    for path in sorted(found):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return {"data": digest.hexdigest()}


def _join(
    report: Report,
    targets: Sequence[Target],
    sample: xr.Dataset | None,
    met: FloatArray | None,
    settings: tuple[Assumption, ...],
    uncertain: tuple[Assumption, ...],
    digests: Mapping[str, str],
    kind: str,
) -> Facts:
    chances = [None if met is None else find_chance(t, met[:, i]) for i, t in enumerate(targets)]
    outlooks = tuple(Outlook(s, chance, None) for s, chance in zip(report.scores, chances))
    return Facts(
        report=report,
        sample=sample,
        outlooks=outlooks,
        sentences={one.score.id: say_outlook(one) for one in outlooks},
        summary=say_scorecard(outlooks) if outlooks else NO_WORDS,
        settings=settings,
        uncertain=uncertain,
        digests=digests,
        kind=kind,
    )


def _list_plain(indicators: xr.Dataset) -> list[str]:
    return [str(n) for n, a in indicators.data_vars.items() if set(a.dims) == {"member", "time"}]


def _read(indicators: xr.Dataset, names: Sequence[str], targets: Sequence[Target]) -> FloatArray:
    """Numbers of targets, then every year of every outcome (member, …)."""
    series = [indicators[n].transpose("member", "time").to_numpy() for n in names]
    courses = np.concatenate(series, axis=1)
    if not targets:
        return courses
    return np.concatenate([read_targets(targets, indicators), courses], axis=1)


def _stack(
    report: Report, names: Sequence[str], draws: Sequence[FloatArray], members: Sequence[str]
) -> xr.Dataset:
    values = np.stack(draws)
    dims = ("member", "future", "time")
    return xr.Dataset(
        {name: (dims, values[:, :, i, :]) for i, name in enumerate(names)},
        {"member": list(members), "time": report.indicators["time"].to_numpy()},
    )


def _read_members(members: xr.Dataset, catalogue: Catalogue) -> xr.Dataset:
    """Outcomes without dimensions (member, time), of members evenly spread over a study.

    A study that saved single years has those years alone.
    """
    step = max(1, -(-members.sizes["member"] // MOST_MEMBERS))
    taken = members.isel(member=slice(0, None, step))
    held = [n for n, a in taken.data_vars.items() if set(a.dims) == {"member", "time"}]
    if held:
        found = derive_indicators(taken[held].load(), catalogue)
        return found.reset_coords(drop=True)
    made = {}
    for name, years in _list_single_years(taken).items():
        parts = [select_outcome(taken, f"{name} at {year:g}", catalogue) for year in years]
        whole = np.stack([part.to_numpy() for part in parts], axis=1)
        made[name] = xr.DataArray(whole, dims=("member", "time"), coords={"time": list(years)})
        if name in catalogue.outcomes:
            made[name].attrs = describe_outcome(catalogue.outcomes[name])
    if not made:
        raise InputError(
            Text("研究没有保存任何年份的指标", "the study saved no outcome of a year"),
            None,
            Text("保存了指标年份的研究", "a study that saves years of outcomes"),
        )
    return xr.Dataset(made)


def _list_single_years(study: xr.Dataset) -> Mapping[str, tuple[float, ...]]:
    single: dict[str, set[float]] = {}
    for array in study.data_vars.values():
        at = AT_YEAR.fullmatch(str(array.attrs.get("reduction", "")))
        if at is not None and array.dims == ("member",):
            single.setdefault(str(array.attrs["outcome"]), set()).add(float(at[1]))
    shared = sorted(set.intersection(*single.values())) if single else []
    return {outcome: tuple(shared) for outcome in single if shared}


def _read_study(study: xr.Dataset) -> Mapping[str, Any]:
    """What the study says of itself; nothing where that is no mapping."""
    return _read_json(str(study.attrs.get("study", "{}")))


def _read_text(about: Mapping[str, Any], key: str) -> Text:
    words = about.get(key)
    return (
        Text(str(words.get("zh", "")), str(words.get("en", "")))
        if isinstance(words, dict)
        else NO_WORDS
    )


def _name_members(study: xr.Dataset, labels: Sequence[str]) -> Mapping[str, str]:
    """Titles of scenarios, as attributes of the coordinate of members."""
    told = _read_study(study).get("scenarios", [])
    titles = {str(one["id"]): _read_text(one, "title") for one in told if isinstance(one, dict)}
    known = {label: titles.get(label) or Text(label, label) for label in labels}
    return {f"{label}|{lang}": words.get(lang) for label, words in known.items() for lang in LANGS}


def _describe_inputs(study: xr.Dataset) -> Iterator[Assumption]:
    for name, array in study.data_vars.items():
        if array.attrs.get("kind") != "input":
            continue
        label = str(array.attrs.get("factor") or name)
        title = Text(
            str(array.attrs.get("title_zh") or label), str(array.attrs.get("title_en") or label)
        )
        about = _read_json(str(array.attrs.get("distribution", "")))
        shape = say_shape(_as_mapping(about.get("distribution", about)))
        grade, source = str(about.get("grade", "")), _read_text(about, "source")
        yield Assumption(title, shape, "", grade, source)


def _read_json(written: str) -> Mapping[str, Any]:
    try:
        return _as_mapping(json.loads(written))
    except ValueError:
        return {}


def _as_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
