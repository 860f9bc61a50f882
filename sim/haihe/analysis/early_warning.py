"""Which observable tells by when, past which threshold, that a target will be missed.

Futures are dealt into two halves. On one half, every outcome in every year before the target's is
tried as an alarm with one threshold, at the threshold that makes the larger of its two error rates
least; the best outcome of each year is kept. On the other half, which chose nothing, its rates are
counted: the rates of the half that chose would look better than they are.

Source: Fawcett (2006), "An introduction to ROC analysis", Pattern Recognition Letters 27:861
(unverified, from memory).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from haihe.analysis.answer_words import ASKED, BY_YEAR
from haihe.analysis.ensemble import (
    end_at,
    list_outcomes,
    prepare_ensemble,
    read_number,
    run_futures,
)
from haihe.analysis.indicators import derive_indicators
from haihe.analysis.probability import are_met, find_interval
from haihe.analysis.scorecard import find_obstacle
from haihe.analysis.tables import show_threshold
from haihe.analysis.targets import BASE_YEAR, Target
from haihe.errors import InputError
from haihe.model.catalogue import Catalogue
from haihe.model.types import FloatArray, Model
from haihe.results.signal import Course, EarlyWarning, Rate, Signal
from haihe.run.backends import Progress
from haihe.scenario.values import Scenario
from haihe.text import Text

FUTURES = 4000
LIMIT = 0.2
"""Largest false-alarm and miss rate that are accepted where nobody says."""
LEAST = 20
"""Least futures of either kind in either half."""
RIVALS = 8
BAND = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Observed:
    """Observables of many futures up to the target's year, and how each future ended."""

    names: tuple[str, ...]
    years: FloatArray
    values: FloatArray
    """(future, outcome, year), in the units of people."""
    missed: NDArray[np.bool_]
    """(future,)."""


def observe_futures(
    model: Model,
    catalogue: Catalogue,
    scenario: Scenario,
    target: Target,
    count: int = FUTURES,
    seed: int = 0,
    progress: Progress | None = None,
) -> Observed:
    """Run a scenario in many futures and keep every single-number outcome.

    Raises
    ------
    InputError
        Where the target cannot be scored.
    """
    names = [name for name, outcome in catalogue.outcomes.items() if _is_single(model, outcome)]
    setup, plain = prepare_ensemble(model, catalogue, scenario, [*names, *list_outcomes([target])])
    check_target(target, plain)
    parts = []
    for _, indicators in run_futures(end_at(setup, target.year), count, seed, progress):
        parts.append(observe(indicators, target))
    return Observed(
        parts[0].names,
        parts[0].years,
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.missed for part in parts]),
    )


def _is_single(model: Model, outcome: object) -> bool:
    from haihe.model.catalogue import Outcome
    from haihe.model.find import find_variable

    assert isinstance(outcome, Outcome)
    return not find_variable(model, outcome.variable).dims


def check_target(target: Target, indicators: xr.Dataset) -> None:
    """Refuse a target that cannot be scored, or whose year is past.

    Raises
    ------
    InputError
        With the reason.
    """
    why_not = find_obstacle(target, indicators)
    if why_not is not None:
        raise InputError(
            Text(f"{target.id} 不能评分：{why_not.zh}", f"{target.id} is not scored: {why_not.en}"),
            None,
            Text("别的目标", "another target"),
        )
    if target.year <= BASE_YEAR + 1:
        raise InputError(
            Text(
                f"{target.id} 是 {target.year} 年的目标，已没有可以预警的年份",
                f"{target.id} is of {target.year}: no year is left to warn in",
            )
        )


def observe_members(members: xr.Dataset, catalogue: Catalogue, target: Target) -> Observed:
    """The same from the members of a study.

    Raises
    ------
    InputError
        Where the target cannot be scored on them.
    """
    names = {outcome.variable for outcome in catalogue.outcomes.values()}
    held = [n for n in members.data_vars if str(n) in names and "time" in members[n].dims]
    indicators = derive_indicators(members[held].load(), catalogue)
    check_target(target, indicators)
    return observe(indicators, target)


def observe(indicators: xr.Dataset, target: Target) -> Observed:
    """Outcomes with a single number, in the years between 2021 and the target's."""
    times = indicators["time"].to_numpy().astype(float)
    whole = np.abs(times - np.round(times)) < 1e-6
    kept = whole & (times > BASE_YEAR + 0.5) & (times < target.year - 0.5)
    names = tuple(
        str(n) for n, a in indicators.data_vars.items() if set(a.dims) == {"member", "time"}
    )
    values = np.stack(
        [indicators[n].transpose("member", "time").to_numpy()[:, kept] for n in names], axis=1
    )
    met = are_met(target, read_number(target, indicators))
    known = np.isfinite(met)
    return Observed(names, times[kept], values[known].astype(float), met[known] == 0)


def find_warning(
    observed: Observed,
    catalogue: Catalogue,
    target: Target,
    scenario: Text,
    limit: float = LIMIT,
) -> EarlyWarning:
    """Look for the earliest year in which one observable tells, within the limit of both rates."""
    missed = observed.missed
    choose = np.arange(len(missed)) % 2 == 0
    reason = _explain_nothing(missed, choose, observed)
    by_year: list[Signal] = []
    rivals: list[Signal] = []
    if not reason.en:
        tried = try_alarms(observed.values[choose], missed[choose])
        by_year = [
            _test(observed, catalogue, tried, ~choose, int(np.argmin(tried.error[:, y])), y, limit)
            for y in range(len(observed.years))
        ]
    first = next((signal for signal in by_year if signal.good), None)
    if by_year:
        column = len(by_year) - 1 if first is None else by_year.index(first)
        order = np.argsort(tried.error[:, column], kind="stable")[1 : RIVALS + 1]
        usable = [int(o) for o in order if np.isfinite(tried.error[o, column])]
        rivals = [_test(observed, catalogue, tried, ~choose, o, column, limit) for o in usable]
        if first is None:
            reason = Text(
                f"{target.year}年之前没有哪个单一指标的误报率和漏报率都不超过{limit:.0%}",
                f"before {target.year} no single observable has a false-alarm and a miss rate of"
                f" {limit:.0%} or less",
            )
    word = BY_YEAR if target.unit == "year" else ASKED[target.relation]
    level = show_threshold(target.value, target.unit)
    shown = first or (by_year[-1] if by_year else None)
    return EarlyWarning(
        target.id,
        target.title,
        target.year,
        Text(f"{word.zh} {level}", f"{word.en} {level}".strip()),
        scenario,
        len(missed),
        float((~missed).mean()) if len(missed) else float("nan"),
        limit,
        first,
        tuple(by_year),
        tuple(rivals),
        _course(observed, catalogue, shown.outcome) if shown else None,
        reason,
    )


def _explain_nothing(
    missed: NDArray[np.bool_], choose: NDArray[np.bool_], observed: Observed
) -> Text:
    """Why no alarm can be found; empty where one may be."""
    if not len(missed):
        return Text("没有哪个未来给出该目标的数值", "no future gives the target a number")
    least = min(int((missed[h] == kind).sum()) for h in (choose, ~choose) for kind in (True, False))
    if not len(observed.years):
        return Text(
            "目标年之前没有可供观察的年份", "there is no year before the target's to look at"
        )
    if least >= LEAST:
        return Text("", "")
    share = float((~missed).mean())
    if share == 1:
        return Text("该目标在所有未来中都达到，无需预警", "the target is met in every future")
    if share == 0:
        return Text(
            "该目标在所有未来中都达不到，预警无从分辨", "the target is missed in every future"
        )
    return Text(
        f"该目标在 {share:.1%} 的未来中达到，另一种结局太少，分辨不出预警",
        f"the target is met in {share:.1%} of the futures: there are too few of the other kind to"
        " learn from",
    )


@dataclass(frozen=True, slots=True)
class Alarms:
    """The best alarm of every outcome and year, on the futures that choose; (outcome, year)."""

    error: FloatArray
    """Larger of the two rates; infinite where the outcome does not vary."""
    threshold: FloatArray
    above: NDArray[np.bool_]


def try_alarms(values: FloatArray, missed: NDArray[np.bool_]) -> Alarms:
    """Find for every outcome and year the threshold that makes the larger error rate least.

    Parameters
    ----------
    values
        (future, outcome, year).
    missed
        (future,).
    """
    count, outcomes, years = values.shape
    table = values.reshape(count, -1)
    order = np.argsort(table, axis=0, kind="stable")
    ordered = np.take_along_axis(table, order, axis=0)
    bad = np.cumsum(missed[order], axis=0)[:-1] / missed.sum()
    good = np.cumsum(~missed[order], axis=0)[:-1] / (~missed).sum()
    # At or below a threshold lie the shares `bad` and `good`; between equal values there is none.
    below = np.maximum(1 - bad, good)
    above = np.maximum(bad, 1 - good)
    error = np.minimum(below, above)
    error[~(ordered[1:] > ordered[:-1])] = np.inf
    row = np.argmin(error, axis=0)
    column = np.arange(table.shape[1])
    middle = (ordered[row, column] + ordered[row + 1, column]) / 2
    shape = (outcomes, years)
    return Alarms(
        error[row, column].reshape(shape),
        middle.reshape(shape),
        (above[row, column] <= below[row, column]).reshape(shape),
    )


def _test(
    observed: Observed,
    catalogue: Catalogue,
    tried: Alarms,
    held: NDArray[np.bool_],
    outcome: int,
    year: int,
    limit: float,
) -> Signal:
    """An alarm on the futures that were held out."""
    values, missed = observed.values[held, outcome, year], observed.missed[held]
    threshold, above = float(tried.threshold[outcome, year]), bool(tried.above[outcome, year])
    raised = values > threshold if above else values <= threshold
    false_alarm = make_rate(raised[~missed])
    miss = make_rate(~raised[missed])
    entry = catalogue.outcomes[observed.names[outcome]]
    roc = trace_roc(values if above else -values, missed)
    return Signal(
        entry.id,
        entry.title,
        entry.shown,
        float(observed.years[year]),
        threshold,
        above,
        false_alarm,
        miss,
        float(np.trapezoid(roc[1], roc[0])),
        roc,
        max(false_alarm.share, miss.share) <= limit,
    )


def make_rate(hits: NDArray[np.bool_]) -> Rate:
    """Share of hits with its interval."""
    count = len(hits)
    return Rate(float(hits.mean()), *find_interval(int(hits.sum()), count), count)


def trace_roc(values: FloatArray, missed: NDArray[np.bool_]) -> FloatArray:
    """False-alarm and hit rate (2, point) of every threshold; larger values raise the alarm."""
    order = np.argsort(-values, kind="stable")
    ends = np.append(np.diff(values[order]) != 0, True)  # thresholds between equal values are none
    hits = np.cumsum(missed[order])[ends] / missed.sum()
    false = np.cumsum(~missed[order])[ends] / (~missed).sum()
    return np.array([np.append(0.0, false), np.append(0.0, hits)])


def _course(observed: Observed, catalogue: Catalogue, name: str) -> Course:
    values = observed.values[:, observed.names.index(name)]
    entry = catalogue.outcomes[name]
    return Course(
        name,
        entry.title,
        entry.shown,
        entry.digits,
        observed.years,
        np.quantile(values[~observed.missed], BAND, axis=0),
        np.quantile(values[observed.missed], BAND, axis=0),
    )


def list_signals(found: EarlyWarning) -> Sequence[Signal]:
    """The best signal of every year, then the rivals."""
    return (*found.by_year, *found.rivals)
