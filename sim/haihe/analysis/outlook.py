"""The scorecard with probabilities: every target scored, its chance, and what would flip it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from haihe.analysis.ensemble import (
    end_at,
    list_outcomes,
    prepare_ensemble,
    read_number,
    read_targets,
    sample_futures,
)
from haihe.analysis.flip import find_flips
from haihe.analysis.indicators import derive_indicators
from haihe.analysis.probability import are_met, find_chance, find_interval
from haihe.analysis.scorecard import (
    Reading,
    blank_score,
    find_obstacle,
    read_members,
    score_reading,
    score_targets,
)
from haihe.analysis.targets import Measure, Target
from haihe.errors import InputError
from haihe.model.catalogue import Catalogue
from haihe.model.find import near_names
from haihe.model.types import FloatArray, Model
from haihe.results.outlook import Flip, Outlook
from haihe.run.backends import Progress
from haihe.run.simulate import simulate
from haihe.scenario.values import Scenario
from haihe.text import Text

FUTURES = 1000
"""Futures of a scorecard where nobody says how many."""
WINDOWS = 10
"""How many windows side by side hold all members."""
LEAST_WINDOW = 30
"""Least members of a window."""
SURE = 3.0
"""Standard errors by which a window's verdict must be the other one."""


def find_outlooks(
    model: Model,
    catalogue: Catalogue,
    scenario: Scenario,
    baseline: Scenario | None,
    targets: Sequence[Target],
    count: int = FUTURES,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Outlook, ...]:
    """Score targets of a scenario, with their chance over futures and their flips.

    Parameters
    ----------
    count
        Futures; 0 scores the scenario as it stands and nothing else.
    seed
        What the futures are drawn by; the same for every scenario.
    """
    outcomes = [n for n in list_outcomes(targets) if n in catalogue.outcomes]
    compared = _run_baseline(model, catalogue, baseline, targets, outcomes)
    if not count:
        plain = derive_indicators(simulate(model, scenario, outcomes), catalogue)
        return _join(targets, plain, compared, None, None, [None] * len(targets))
    setup, plain = prepare_ensemble(model, catalogue, scenario, outcomes)
    last = max((t.year for t in targets if t.scorable), default=0)
    # A peak is a property of the whole run.
    whole = any(t.measure is Measure.PEAK_YEAR for t in targets)
    short = setup if whole else end_at(setup, last)
    sample = sample_futures(
        short, count, seed, lambda found: read_targets(targets, found), progress
    )
    verdicts = judge(targets, read_targets(targets, plain)[0])
    flips = find_flips(short, targets, verdicts)
    return _join(targets, plain, compared, sample.values, verdicts, flips)


def judge(targets: Sequence[Target], numbers: FloatArray) -> FloatArray:
    """1.0 met, 0.0 not met, NaN not scored (target,), of one number for each target."""
    found = [
        are_met(t, numbers[i : i + 1])[0] if t.scorable else np.nan for i, t in enumerate(targets)
    ]
    return np.array(found)


def _run_baseline(
    model: Model,
    catalogue: Catalogue,
    baseline: Scenario | None,
    targets: Sequence[Target],
    outcomes: Sequence[str],
) -> FloatArray | None:
    if baseline is None:
        return None
    found = derive_indicators(simulate(model, baseline, outcomes), catalogue)
    return np.asarray(read_targets(targets, found)[0])


def _join(
    targets: Sequence[Target],
    plain: xr.Dataset,
    compared: FloatArray | None,
    values: FloatArray | None,
    verdicts: FloatArray | None,
    flips: Sequence[Flip | None],
) -> tuple[Outlook, ...]:
    scenario = str(plain["member"].to_numpy()[0])
    rows = []
    for i, (target, score) in enumerate(zip(targets, score_targets(targets, plain, scenario))):
        if compared is not None and score.value is not None and np.isfinite(compared[i]):
            score = replace(score, baseline=float(compared[i]))
        chance = None if values is None else find_chance(target, values[:, i])
        rows.append(Outlook(score, chance, flips[i], verdicts is not None))
    return tuple(rows)


# --- from the members of a study


def pick_members(study: xr.Dataset, scenario: str) -> tuple[xr.Dataset, str]:
    """Members of one scenario of a study that came through, and the scenario's label.

    Raises
    ------
    InputError
        Where the study has several scenarios and none of them is asked for.
    """
    labels = (
        np.asarray(study["scenario"].values).astype(str) if "scenario" in study.coords else None
    )
    status = np.asarray(study["status"].values).astype(str) if "status" in study.coords else None
    keep = np.ones(study.sizes["member"], dtype=bool) if status is None else status == ""
    if labels is None:
        return study.isel(member=np.flatnonzero(keep)), scenario
    known = list(dict.fromkeys(labels.tolist()))
    if not scenario and len(known) == 1:
        scenario = known[0]
    if scenario not in known:
        what = (
            Text(f"没有情景 {scenario}", f"has no scenario {scenario}")
            if scenario
            else Text("有多个情景", "has several scenarios")
        )
        near = near_names(scenario, known) if scenario else ()
        raise InputError(
            Text(f"该研究{what.zh}", f"the study {what.en}"),
            None,
            f"--scenario {' | '.join(known)}",
            near,
        )
    return study.isel(member=np.flatnonzero(keep & (labels == scenario))), scenario


def outlooks_of_members(
    members: xr.Dataset, catalogue: Catalogue, targets: Sequence[Target]
) -> tuple[Outlook, ...]:
    """Score targets over the members of a study: the value is the median member's."""
    names = {
        catalogue.outcomes[n].variable for n in list_outcomes(targets) if n in catalogue.outcomes
    }
    held = [n for n in members.data_vars if str(n) in names and "time" in members[n].dims]
    indicators = derive_indicators(members[held].load(), catalogue)
    inputs = read_inputs(members)
    return tuple(_outlook_of(target, indicators, inputs) for target in targets)


Inputs = Sequence[tuple[str, Text, str, FloatArray]]
"""Label, title, unit and draws (member,) of every input."""


def read_inputs(members: xr.Dataset) -> Inputs:
    """What the members of a study were given."""
    found = []
    for name in members.data_vars:
        if not str(name).startswith("input: "):
            continue
        attrs = members[name].attrs
        label = str(attrs.get("factor") or str(name).removeprefix("input: "))
        title = Text(str(attrs.get("title_zh") or label), str(attrs.get("title_en") or label))
        draws = np.asarray(members[name].values, dtype=float)
        found.append((label, title, str(attrs.get("units", "")), draws))
    return found


def _outlook_of(target: Target, indicators: xr.Dataset, inputs: Inputs) -> Outlook:
    why_not = find_obstacle(target, indicators)
    if why_not is not None:
        return Outlook(blank_score(target, why_not), None, None)
    years, series = read_members(target, indicators)
    numbers = read_number(target, indicators)
    known = np.isfinite(series).any(axis=0)
    middle = np.full(series.shape[1], np.nan)
    middle[known] = np.nanmedian(series[:, known], axis=0)
    score = score_reading(target, Reading(years, middle), indicators)
    flip = flip_by_data(target, numbers, inputs)
    return Outlook(score, find_chance(target, numbers, False), flip, bool(inputs))


def flip_by_data(target: Target, numbers: FloatArray, inputs: Inputs) -> Flip | None:
    """The input whose members have the other verdict nearest to its median.

    Members are sorted by one input at a time, whatever their others are, and looked at in windows
    from the median outwards. A window counts where its share of the usual verdict lies below one
    half by three standard errors, so that among many inputs and windows chance is not taken for
    a cause.
    """
    met = are_met(target, numbers)
    known = np.isfinite(met)
    if known.sum() < 2 * LEAST_WINDOW:
        return None
    usual = float(np.mean(met[known]) >= 0.5)
    found = [
        flip
        for label, title, unit, draws in inputs
        if (flip := _flip_one(label, title, unit, draws[known], met[known], numbers[known], usual))
    ]
    return min(found, key=lambda flip: abs(flip.distance), default=None)


def _flip_one(
    label: str,
    title: Text,
    unit: str,
    draws: FloatArray,
    met: FloatArray,
    numbers: FloatArray,
    usual: float,
) -> Flip | None:
    from scipy.special import ndtri

    if np.ptp(draws) == 0:
        return None
    order, count = np.argsort(draws, kind="stable"), len(draws)
    width = max(LEAST_WINDOW, count // WINDOWS)
    starts = np.arange(0, count - width + 1, max(1, width // 5))
    centres = (starts + width / 2) / count
    for number in np.argsort(np.abs(centres - 0.5), kind="stable"):
        inside = order[starts[number] : starts[number] + width]
        if find_interval(int(np.sum(met[inside] == usual)), width, SURE)[1] >= 0.5:
            continue
        quantile = float(centres[number])
        return Flip(
            label,
            title,
            float(np.median(draws)),
            float(np.median(draws[inside])),
            unit,
            float(ndtri(quantile)),
            quantile,
            float(np.median(numbers[inside])),
            by_data=True,
        )
    return None
