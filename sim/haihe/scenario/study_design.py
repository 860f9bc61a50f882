"""The design of a study: whether it fits its inputs, and what its scenarios have themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from haihe import yaml
from haihe.model.find import fold_name
from haihe.model.types import Kind
from haihe.scenario.designs import MAX_SOBOL, RANDOM, Design, find_mixing
from haihe.scenario.factors import Factor, find_excess, list_elements
from haihe.scenario.settings import read_default
from haihe.scenario.study_source import Reading, StudySource
from haihe.scenario.values import Role, Scenario, Setting, Trajectory

_NEEDS_SAMPLES = {"latin-hypercube": 1, "sobol": 2, "morris": 2, "monte-carlo": 1, "posterior": 1}
"""Least number of samples of the methods that take one."""
_INDICES = {"sobol", "morris"}


def check_design(factors: Sequence[Factor], futures: bool, reading: Reading) -> Design:
    """Rule of the design, without its inputs; what does not fit is put among the errors."""
    source = reading.source
    given = source.fields.design
    method = given.method
    samples = given.samples
    least = _NEEDS_SAMPLES.get(method)
    at = source.at("design", "samples")
    if least is None and samples is not None:
        reading.refuse(at, f"a {method} design has no samples", "no `samples`")
    if least is not None and samples is None:
        reading.refuse(at, f"{method} needs `samples`", "a whole number")
    elif least is not None and samples is not None and samples < least:
        reading.refuse(at, f"{samples} samples are too few", f"at least {least}")
    if method == "sobol" and samples is not None and samples > MAX_SOBOL:
        reading.refuse(at, f"{samples} base samples", f"at most {MAX_SOBOL}")
    if method in _INDICES and futures:
        problem = f"{method} indices are those of its own inputs, without futures beside them"
        expected = "`include: [futures]`, which makes them inputs"
        reading.refuse(source.at("futures"), problem, expected)
    if source.fields.futures == "each" and method not in RANDOM:
        problem = f"the rows of a {method} design are no draws: a future each would mix the two"
        reading.refuse(source.at("futures"), problem, "a number of futures")
    # An input that could not be read has an error of its own.
    if not factors and not (futures and method in RANDOM) and not reading.errors:
        reading.refuse(source.at("design"), "nothing varies", "inputs under `vary`")
    _check_levels(factors, reading)
    _check_quantiles(reading)
    return Design(
        method=method,
        factors=(),
        samples=samples or 0,
        seed=given.seed,
        levels=given.levels,
        quantiles=tuple(given.quantiles),
        second_order=given.second_order,
    )


def _check_levels(factors: Sequence[Factor], reading: Reading) -> None:
    source = reading.source
    given = source.fields.design
    at = source.at("design", "levels")
    if given.method == "morris" and (given.levels < 2 or given.levels % 2):
        reading.refuse(at, f"{given.levels} levels", "an even number, such as 4")
    if given.method == "grid" and given.levels < 2:
        reading.refuse(at, f"{given.levels} levels", "at least 2")
    if given.method not in {"grid", "morris"}:
        return
    for factor in factors:
        if all(math.isfinite(end) for end in factor.distribution.support):
            continue
        node = _node_of(reading.source, factor)
        what = "a grid" if given.method == "grid" else "morris"
        problem = f"{factor.label} has no end, and {what} goes from end to end"
        expected = "`levels`, or the distribution cut off by `within: [low, high]`"
        reading.refuse(node, problem, expected)


def _check_quantiles(reading: Reading) -> None:
    source = reading.source
    quantiles = source.fields.design.quantiles
    at = source.at("design", "quantiles")
    if not quantiles or any(not 0 <= q <= 1 for q in quantiles):
        reading.refuse(at, "quantiles lie between 0 and 1", "[0.05, 0.95], say")
    elif list(quantiles) != sorted(set(quantiles)):
        reading.refuse(at, "these quantiles do not rise", "[0.05, 0.95], say")


def _node_of(source: StudySource, factor: Factor) -> yaml.Node:
    """What a factor was written as; the whole of `include` for one that was not."""
    vary = source.tree.get("vary")
    for key, value in vary if isinstance(vary, yaml.Mapping) else ():
        if key.where == factor.origin:
            return value
    return source.at("include")


def correlate(factors: Sequence[Factor], reading: Reading) -> tuple[tuple[float, ...], ...]:
    """Triangle that makes the inputs go together as the study asks."""
    source = reading.source
    node = source.tree.get("correlations")
    items = node.items if isinstance(node, yaml.Sequence) else ()
    method = source.fields.design.method
    if items and method not in RANDOM | _INDICES:
        assert node is not None
        reading.errors.append(
            node.error(f"the rows of a {method} design are given, not drawn", "no `correlations`")
        )
        return ()
    labels = {fold_name(factor.label): factor.label for factor in factors}
    pairs: dict[tuple[str, str], float] = {}
    for item, given in zip(items, source.fields.correlations):
        found = [labels.get(fold_name(name)) for name in given.between]
        if len(found) != 2 or None in found or found[0] == found[1]:
            unknown = [n for n, f in zip(given.between, found) if f is None]
            close = yaml.suggest(unknown[0], [*labels.values()]) if unknown else ()
            problem = f"{unknown[0]} does not vary" if unknown else "a correlation is between two"
            reading.refuse(item, problem, "two inputs of `vary`", close)
            continue
        first, second = sorted(str(name) for name in found)
        if (first, second) in pairs:
            reading.refuse(item, f"{first} and {second} stand twice", "once")
        pairs[first, second] = given.rank
    mixing = find_mixing([factor.label for factor in factors], pairs)
    if mixing is None:
        assert node is not None
        reading.errors.append(
            node.error(
                "these correlations contradict each other: no numbers can go together so",
                "weaker ones (if a goes with b, and b with c, then a and c are not free)",
            )
        )
    return mixing or ()


def warn_design(design: Design, reading: Reading) -> None:
    """Doubts about a design that will run."""
    where = reading.source.at("design").where
    if design.mixing and design.method in _INDICES:
        reading.warnings.append(
            f"{where}: {design.method} indices assume that inputs are independent; with "
            "correlations they share out the variance in ways that nothing defines"
        )
    if design.mixing and design.method == "latin-hypercube":
        reading.warnings.append(
            f"{where}: correlated inputs keep their distributions, but no longer have exactly one "
            "row in each part of them"
        )
    samples = design.samples
    if design.method == "sobol" and samples & (samples - 1):
        below = 2 ** int(math.log2(samples))
        reading.warnings.append(
            f"{where}: {samples} base samples are no power of two, at which the sequence is even; "
            f"{below} or {2 * below} give better indices for their cost"
        )


def find_own(
    factors: Sequence[Factor], scenarios: Sequence[Scenario], reading: Reading
) -> tuple[tuple[float, ...], ...]:
    """What each scenario has for each input; NaN where that is not one number."""
    for factor in factors:
        _check_courses(factor, scenarios, reading)
        _check_scaled(factor, scenarios, reading)
    return tuple(
        tuple(_find_one(factor, scenario, reading) for factor in factors) for scenario in scenarios
    )


def _find_one(factor: Factor, scenario: Scenario, reading: Reading) -> float:
    if factor.change:
        return {"scale": 1.0, "shift": 0.0}.get(factor.change, math.nan)
    values = {_single(value) for value in _list_values(factor, scenario, reading)}
    return values.pop() if len(values) == 1 else math.nan


def _single(value: float | Trajectory) -> float:
    if not isinstance(value, Trajectory):
        return value
    return value.values[0] if len(value.values) == 1 else math.nan


def _list_values(factor: Factor, scenario: Scenario, reading: Reading) -> list[float | Trajectory]:
    """What a scenario has for each element of an input, else the model."""
    model = reading.vocabulary.model
    variable = model.variables[factor.name]
    if variable.kind is Kind.STOCK:
        return []
    given = _index_settings(scenario, factor.name)
    return [
        given[element].value if element in given else read_default(variable, element, model)
        for element in list_elements(factor, model)
    ]


def _index_settings(scenario: Scenario, name: str) -> dict[tuple[str, ...], Setting]:
    return {s.element: s for s in scenario.settings if s.name == name}


def _check_courses(factor: Factor, scenarios: Sequence[Scenario], reading: Reading) -> None:
    """One number cannot take the place of a course with several points."""
    if factor.role is not Role.LEVER or factor.change:
        return
    for scenario in scenarios:
        moving = [
            setting
            for setting in _index_settings(scenario, factor.name).values()
            if factor.element in {(), setting.element}
            and isinstance(setting.value, Trajectory)
            and len(setting.value.values) > 1
        ]
        if moving:
            problem = (
                f"{factor.label} follows a course of several years in {scenario.id} "
                f"({moving[0].origin}): one number does not say which course"
            )
            expected = "`change: scale` or `change: shift`, or a scenario with one value"
            reading.errors.append(_node_of(reading.source, factor).error(problem, expected))
            return


def _check_scaled(factor: Factor, scenarios: Sequence[Scenario], reading: Reading) -> None:
    """A change of what a scenario has must stay within the limits too."""
    if not factor.change or factor.role is Role.DRIVER:
        return
    for scenario in scenarios:
        listed = _list_values(factor, scenario, reading)
        ends = [
            end
            for value in listed
            for end in (value.values if isinstance(value, Trajectory) else (value,))
        ]
        node = _node_of(reading.source, factor)
        excess = find_excess(factor, reading.vocabulary, node, np.asarray(ends))
        if excess is None:
            continue
        if reading.source.fields.allow_out_of_range:
            reading.warnings.append(f"{excess.where}: {excess.problem} (allowed)")
        elif not any(str(error) == str(excess) for error in reading.errors):
            excess = replace(excess, problem=f"{excess.problem} in {scenario.id}")
            reading.errors.append(excess)
        return
