"""Why did it change? Two scenarios, two stores, or two versions of a model or its data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from haihe.analysis.causes import Flow, list_ancestors, run_steps, trace_flow
from haihe.analysis.causes_equation import Runs, is_clock
from haihe.analysis.compare_inputs import Side, compare_inputs, settings_by_name
from haihe.analysis.compare_words import explain_limits, say_comparison
from haihe.analysis.indicators import derive_indicators
from haihe.compile.explain import causal_graph
from haihe.model.catalogue import Outcome, find_outcome
from haihe.model.clock import saved_times
from haihe.model.find import find_variable, fold_name
from haihe.model.types import Kind, Model
from haihe.results.comparison import (
    Comparison,
    InputChange,
    OutcomeMove,
    Trace,
    TraceEdge,
    TraceNode,
)
from haihe.run.compiled import CompiledBackend
from haihe.run.simulate import simulate
from haihe.scenario.design import build_batch
from haihe.scenario.values import Role, Scenario
from haihe.text import Text
from haihe.units import conversion_factor

YEAR = 2035.0
"""Year that is told where none is asked for: the plan's second horizon."""
SHOWN = 0.01
"""Share of the change below which a variable is left out of what is told."""
RANKED = 12
"""Inputs up to which each is tried alone."""
_CHINESE = re.compile(r"[\u3400-\u9fff][\u3400-\u9fff\w（）、·．.%～—-]*")
_ROLES = {"lever", "driver", "parameter", "initial", "forced"}

Tell = Callable[[Text], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a comparison."""

    outcome: str = ""
    """Outcome to be traced; "" for the headline that moved most."""
    year: float | None = None
    trace: bool = True


def compare(
    a: Side,
    b: Side,
    question: Question,
    stores: tuple[xr.Dataset, xr.Dataset] | None = None,
    tell: Tell = lambda _: None,
) -> Comparison:
    """Compare two sides.

    Parameters
    ----------
    stores
        Results that are compared as they are; None: the sides are run. Where a side's scenario and
        model are those that its store was made from, its causes are traced too.

    Raises
    ------
    InputError
        Where there is no such outcome, or its year lies outside the runs.
    """
    tell(Text("比较输入", "Comparing inputs"))
    known = stores is None or (a.scenario is not None and b.scenario is not None)
    inputs = compare_inputs(a, b) if known else ()
    tell(Text("比较结果", "Comparing outcomes"))
    results = stores or (_run(a), _run(b))
    indicators = [derive_indicators(r, s.catalogue) for r, s in zip(results, (a, b), strict=True)]
    year = choose_year(indicators, question.year)
    moves, unmoved = compare_outcomes(indicators[0], indicators[1], year)
    chosen = choose_outcome(b, moves, question.outcome)
    trace = None
    if chosen is not None and question.trace and known and inputs:
        if _can_swap(a, b, inputs):
            tell(Text("逐项替换输入", "Trying the inputs one by one"))
            inputs = rank_inputs(a, b, inputs, chosen, year)
        tell(Text("沿因果结构回溯", "Tracing back along the equations"))
        trace = trace_outcome(a, b, chosen, year)
    if trace is not None and not all(one.effect is not None for one in inputs):
        inputs = order_by_trace(inputs, trace)
    found = Comparison(
        a=a.label,
        b=b.label,
        title_a=a.title,
        title_b=b.title,
        same=known and not inputs and not moves,
        inputs=inputs,
        outcomes=moves,
        unmoved=unmoved,
        trace=trace,
        sentence=Text("", ""),
    )
    return replace(found, sentence=say_comparison(found), notes=tuple(explain_limits(found)))


def _run(side: Side) -> xr.Dataset:
    return simulate(side.model, side.scenario, outputs=list(side.catalogue.outcomes) or None)


def choose_year(indicators: Sequence[xr.Dataset], asked: float | None) -> float:
    """The asked year, else the plan's second horizon, else the last that both runs have.

    Raises
    ------
    InputError
        Where a run does not have the asked year.
    """
    from haihe.errors import InputError

    common = set(indicators[0]["time"].values.tolist()) & set(indicators[1]["time"].values.tolist())
    if not common:
        raise InputError(Text("两次运行没有共同的年份", "the two runs have no year in common"))
    if asked is not None and asked not in common:
        expected = Text(
            f"{min(common):g} 到 {max(common):g} 之间的年份",
            f"a year from {min(common):g} to {max(common):g}",
        )
        raise InputError(
            Text(f"{asked:g} 不是两次运行共有的年份", f"{asked:g} is not a year of both runs"),
            None,
            expected,
        )
    return asked if asked is not None else YEAR if YEAR in common else float(max(common))


# --- outcomes -----------------------------------------------------------------------------------


def compare_outcomes(
    a: xr.Dataset, b: xr.Dataset, year: float
) -> tuple[tuple[OutcomeMove, ...], int]:
    """Outcomes that moved, those that moved most first, and how many did not."""
    moves, unmoved = [], 0
    for name in map(str, b.data_vars):
        if name not in a or a[name].dims != b[name].dims:
            continue
        move = _measure(a[name].isel(member=0), b[name].isel(member=0), name, year)
        if move.peak > 1e-12:
            moves.append(move)
        else:
            unmoved += 1
    return tuple(sorted(moves, key=lambda move: (-move.size, -move.peak))), unmoved


def _measure(a: xr.DataArray, b: xr.DataArray, name: str, year: float) -> OutcomeMove:
    years = [t for t in b["time"].values.tolist() if t in set(a["time"].values.tolist())]
    one, other = a.sel(time=years).values, b.sel(time=years).values
    gap = np.abs(np.reshape(other - one, (len(years), -1))).max(axis=1)
    scale = float(np.nanmax(np.maximum(np.abs(one), np.abs(other)), initial=0.0))
    shares = np.nan_to_num(gap / scale) if scale > 0 else np.zeros(len(years))
    at, top = years.index(year), int(np.argmax(shares))
    attrs = b.attrs
    add = np.mean if _is_share(str(attrs["units"])) else np.sum
    sums = [add(np.reshape(v, (len(years), -1)), axis=1) for v in (one, other)]
    return OutcomeMove(
        id=name,
        title=Text(str(attrs["title_zh"]), str(attrs["title_en"])),
        unit=str(attrs["units"]),
        digits=int(attrs["digits"]),
        headline=bool(attrs["headline"]),
        year=year,
        a=float(sums[0][at]),
        b=float(sums[1][at]),
        size=float(shares[at]),
        peak=float(shares[top]),
        peak_year=float(years[top]),
        years=tuple(years),
        values_a=tuple(float(v) for v in sums[0]),
        values_b=tuple(float(v) for v in sums[1]),
    )


def choose_outcome(side: Side, moves: Sequence[OutcomeMove], asked: str) -> Outcome | None:
    """The outcome to trace: the asked one, else the headline that moved most.

    Raises
    ------
    InputError
        Where there is no such outcome.
    """
    if asked:
        for outcome in side.catalogue.outcomes.values():
            if fold_name(asked) in {fold_name(outcome.title.zh), fold_name(outcome.title.en)}:
                return outcome
        return find_outcome(side.catalogue, asked)
    headlines = [move for move in moves if move.headline] or list(moves)
    return side.catalogue.outcomes[headlines[0].id] if headlines else None


# --- inputs, one by one -------------------------------------------------------------------------


def _can_swap(a: Side, b: Side, inputs: Sequence[InputChange]) -> bool:
    same = a.model.digest == b.model.digest and a.scenario is not None and b.scenario is not None
    return same and 0 < len(inputs) <= RANKED and all(one.kind in _ROLES for one in inputs)


def rank_inputs(
    a: Side, b: Side, inputs: Sequence[InputChange], outcome: Outcome, year: float
) -> tuple[InputChange, ...]:
    """Inputs with what each does alone and as the last one, the strongest first."""
    assert a.scenario is not None
    assert b.scenario is not None
    ends = [replace(a.scenario, id="A"), replace(b.scenario, id="B")]
    alone = [_swap(a.scenario, b.scenario, one, f"+{i}") for i, one in enumerate(inputs)]
    last = [_swap(b.scenario, a.scenario, one, f"-{i}") for i, one in enumerate(inputs)]
    axis = a.scenario.time or a.model.time
    batch = build_batch(a.model, a.catalogue, [*ends, *alone, *last], axis)
    variable = find_variable(a.model, outcome.variable)
    values = CompiledBackend().run(a.model, batch, [variable.name])[variable.name]
    at = int(np.argmin(np.abs(saved_times(batch.time) - year)))
    factor = conversion_factor(variable.units or "Dmnl", outcome.shown)
    told = values[:, at].reshape(len(values), -1).sum(axis=1) * factor
    count = len(inputs)
    ranked = [
        replace(
            one,
            alone=float(told[2 + i] - told[0]),
            last=float(told[1] - told[2 + count + i]),
        )
        for i, one in enumerate(inputs)
    ]
    return tuple(sorted(ranked, key=lambda one: -abs(one.effect or 0.0)))


def _swap(scenario: Scenario, other: Scenario, change: InputChange, label: str) -> Scenario:
    """A scenario with one input taken from another."""
    place = (Role(change.kind), change.name)
    kept = [s for s in scenario.settings if (s.role, s.name) != place]
    taken = list(settings_by_name(other).get(place, {}).values())
    return replace(scenario, id=label, settings=(*kept, *taken))


def order_by_trace(inputs: Sequence[InputChange], trace: Trace) -> tuple[InputChange, ...]:
    """Inputs by what the trace found that they bring."""
    brought = {name.removeprefix("= "): abs(amount) for name, amount in trace.sources}
    return tuple(sorted(inputs, key=lambda one: -brought.get(one.name, 0.0)))


# --- the trace ----------------------------------------------------------------------------------


def trace_outcome(a: Side, b: Side, outcome: Outcome, year: float) -> Trace | None:
    """Trace the change of an outcome in a year; None where the models cannot be laid together."""
    variable = find_variable(b.model, outcome.variable)
    if variable.name not in a.model.variables:
        return None
    runs = _lay_together(a, b, variable.name, year)
    if runs is None:
        return None
    factor = conversion_factor(variable.units or "Dmnl", outcome.shown)
    size = runs.change(variable.name).shape[1]
    flow = trace_flow(runs, variable.name, np.full(size, factor))
    return _tell_trace(a, b, runs, flow, outcome, variable.name, year, factor)


def _lay_together(a: Side, b: Side, name: str, year: float) -> Runs | None:
    reads = {
        key: tuple(c for c in causes if not is_clock(c) and _has_course(a.model, c))
        for key, causes in causal_graph(a.model).items()
    }
    batches = [_batch(side) for side in (a, b)]
    given = {name for batch in batches for name in (*batch.series, *batch.initial)}
    names = [n for n in list_ancestors(reads, name) if _shared(a.model, b.model, n)]
    if name not in names:
        return None
    one, other = (
        run_steps(side.model, batch, names, year)
        for side, batch in zip((a, b), batches, strict=True)
    )
    if len(one[name]) != len(other[name]):
        return None
    return Runs(a.model, batches[0].time, one, other, reads, frozenset(given))


def _batch(side: Side):  # type: ignore[no-untyped-def]
    if side.scenario is not None:
        return build_batch(side.model, side.catalogue, [side.scenario])
    from haihe.scenario.values import Batch

    return Batch((side.model.name,), {}, {}, {}, side.model.time)


def _has_course(model: Model, name: str) -> bool:
    return name in model.variables and model.variables[name].kind is not Kind.LOOKUP


def _shared(one: Model, other: Model, name: str) -> bool:
    if name not in one.variables or name not in other.variables:
        return False
    same_dims = one.variables[name].dims == other.variables[name].dims
    return same_dims and all(
        one.dimensions[dim] == other.dimensions[dim] for dim in one.variables[name].dims
    )


def _tell_trace(
    a: Side,
    b: Side,
    runs: Runs,
    flow: Flow,
    outcome: Outcome,
    variable: str,
    year: float,
    factor: float,
) -> Trace:
    ends = [float(run[variable][-1].sum()) * factor for run in (runs.a, runs.b)]
    change = abs(ends[1] - ends[0])
    sources = dict(_name_sources(runs, flow))
    kept = {
        name
        for name, amount in flow.through.items()
        if abs(amount) >= SHOWN * change or name == variable
    }
    kept |= {name for name, amount in flow.sources.items() if abs(amount) >= SHOWN * change}
    nodes = [
        _node(a, b, runs, flow, name, variable)
        for name in sorted(kept, key=lambda n: (n != variable, -abs(flow.through.get(n, 0.0))))
    ]
    edges = [
        TraceEdge(cause, effect, amount)
        for (cause, effect), amount in sorted(flow.edges.items(), key=lambda e: -abs(e[1]))
        if cause in kept and effect in kept and abs(amount) >= 0.5 * SHOWN * change
    ]
    ordered = sorted(sources.items(), key=lambda pair: -abs(pair[1]))
    return Trace(
        outcome.id,
        outcome.title,
        outcome.shown,
        year,
        ends[0],
        ends[1],
        tuple(nodes),
        tuple(edges),
        tuple(ordered),
        flow.rest,
    )


def _name_sources(runs: Runs, flow: Flow) -> Mapping[str, float]:
    """Inputs by the name that people set them by, and equations that differ as `= name`."""
    found: dict[str, float] = {}
    for name, amount in flow.sources.items():
        told = name.removesuffix(" in force") if name in runs.given else name
        found[told] = found.get(told, 0.0) + amount
    for name, amount in flow.equations.items():
        found[f"= {name}"] = found.get(f"= {name}", 0.0) + amount
    return found


def _node(a: Side, b: Side, runs: Runs, flow: Flow, name: str, outcome: str) -> TraceNode:
    variable = runs.model.variables[name]
    title, unit, factor = _node_words(b, name)
    whole = _is_share(unit)
    values = [
        float(np.mean(run[name][-1]) if whole else np.sum(run[name][-1])) * factor
        for run in (runs.a, runs.b)
    ]
    kind = "outcome" if name == outcome else "input" if name in flow.sources else "variable"
    if kind == "variable":
        kind = "equation" if name in flow.equations else kind
        kind = "stock" if variable.kind is Kind.STOCK else kind
    return TraceNode(
        name,
        title,
        unit,
        kind,
        values[0],
        values[1],
        flow.through.get(name, 0.0),
        flow.distance.get(name, 0),
    )


def _node_words(side: Side, name: str) -> tuple[Text, str, float]:
    """Title and unit for people, where the catalogue has them."""
    units = side.model.variables[name].units or "Dmnl" if name in side.model.variables else "Dmnl"
    base = name.removesuffix(" in force")
    tables = (
        [(e.variable, e) for e in side.catalogue.outcomes.values()],
        list(side.catalogue.levers.items()),
        list(side.catalogue.drivers.items()),
    )
    for entries in tables:
        for key, entry in entries:
            if fold_name(key) in {fold_name(name), fold_name(base)}:
                title = entry.title
                if base != name:
                    title = Text(f"{title.zh}（实施值）", f"{title.en} (in force)")
                return title, entry.shown, conversion_factor(units, entry.shown)
    return _doc_title(side, name), units, 1.0


def _doc_title(side: Side, name: str) -> Text:
    """Chinese words of the author's comment beside the name."""
    variable = side.model.variables.get(name)
    first = variable.doc.splitlines()[0] if variable is not None and variable.doc else ""
    found = _CHINESE.search(first)
    return Text(found[0].strip() if found else name, name)


def _is_share(unit: str) -> bool:
    """Whether elements are told by their mean: shares do not add up."""
    return unit.startswith("%") or unit in {"Dmnl", "1", ""}


__all__ = ["Question", "Side", "compare"]
