"""Members of a study as arrays that a backend runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from haihe.model.types import FloatArray, Model
from haihe.scenario.design import build_batch
from haihe.scenario.factors import Factor, find_place
from haihe.scenario.futures import (
    change_constant,
    draw_future_block,
    overlay_futures,
    take_members,
)
from haihe.scenario.relative import join_table
from haihe.scenario.series import Series, change_series, merge_series
from haihe.scenario.settings import find_table
from haihe.scenario.study_courses import Block, carry_out_courses
from haihe.scenario.study_draw import (
    draw_inputs,
    find_span,
    member_futures,
    member_scenarios,
    split_rows,
)
from haihe.scenario.study_values import Study
from haihe.scenario.values import Batch, Role, Scenario, Trajectory
from haihe.scenario.vocabulary import index_vocabulary

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue


def build_block(
    study: Study,
    model: Model,
    catalogue: Catalogue,
    start: int,
    stop: int,
    inputs: FloatArray | None = None,
) -> Batch:
    """Members `start` to `stop` of a study, ready for a backend. Labels are positions.

    Parameters
    ----------
    inputs : what `draw_inputs` gives these members, where it is known already.
    """
    vocabulary = index_vocabulary(model, catalogue)
    which = member_scenarios(study, start, stop)
    plain = build_batch(model, catalogue, study.scenarios, study.time)
    labels = tuple(map(str, range(start, stop)))
    batch = take_members(plain, which, labels)
    if study.futures is not None:
        batch = _enter_futures(study, batch, model, catalogue, start, stop)
    if inputs is None:
        inputs = draw_inputs(study, start, stop)
    # Arrays that were just taken together for this block: nobody else has them.
    block = Block(study, vocabulary, which, batch, dict(batch.constants), {})
    for factor, values in zip(study.factors[: len(study.design.factors)], inputs.T):
        block = _apply(block, factor, values)
    return replace(carry_out_courses(block).batch, constants=block.constants)


def _enter_futures(
    study: Study, batch: Batch, model: Model, catalogue: Catalogue, start: int, stop: int
) -> Batch:
    assert study.futures is not None
    parts = []
    for part, numbers in split_rows(member_futures(study, start, stop)):
        first, last = find_span(numbers)
        futures = draw_future_block(
            study.futures.sources, model, catalogue, first, last, study.seed
        )
        rows = np.arange(len(batch.members))[part]
        taken = take_members(batch, rows, batch.members[part])
        parts.append(overlay_futures(taken, futures, numbers - first))
    return join_members(parts)


def join_members(parts: Sequence[Batch]) -> Batch:
    """Batches that set the same, one after the other."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return replace(
        first,
        members=tuple(label for part in parts for label in part.members),
        constants={n: np.concatenate([p.constants[n] for p in parts]) for n in first.constants},
        # Courses of futures have the years of the model's tables: the same in every part.
        series={
            n: (years, np.concatenate([p.series[n][1] for p in parts]))
            for n, (years, _) in first.series.items()
        },
        initial={n: np.concatenate([p.initial[n] for p in parts]) for n in first.initial},
    )


def _apply(block: Block, factor: Factor, values: FloatArray) -> Block:
    """Give members what one factor draws; NaN leaves them as they are."""
    if factor.role is Role.DRIVER:
        return _apply_driver(block, factor, values)
    if factor.role is Role.INITIAL:
        return _apply_initial(block, factor, values)
    model = block.vocabulary.model
    target = _own_constant(block, factor.name)
    chosen = ~np.isnan(values)
    if chosen.all():
        change_constant(target, factor, values, model)
    else:
        changed = target[chosen]
        change_constant(changed, factor, values[chosen], model)
        target[chosen] = changed
    if factor.role is Role.LEVER:
        return replace(block, levers={**block.levers, factor.label: (factor, values)})
    return block


def _own_constant(block: Block, name: str) -> FloatArray:
    """Values of a constant (member, *dims), to be written into: nobody else has them."""
    found = block.constants.get(name)
    if found is None:
        own = np.asarray(block.vocabulary.model.variables[name].default, dtype=float)
        found = np.repeat(own[np.newaxis], len(block.which), axis=0)
        block.constants[name] = found
    return found


def _apply_initial(block: Block, factor: Factor, values: FloatArray) -> Block:
    model, batch = block.vocabulary.model, block.batch
    dims = model.variables[factor.name].dims
    shape = tuple(len(model.dimensions[dim].elements) for dim in dims)
    none = np.full((len(batch.members), *shape), np.nan)
    target = np.array(batch.initial.get(factor.name, none))
    index: tuple[Any, ...] = (~np.isnan(values), *find_place(factor, model))
    given = values[~np.isnan(values)]
    target[index] = given.reshape(-1, *(1,) * (target[index].ndim - 1))
    return replace(block, batch=replace(batch, initial={**batch.initial, factor.name: target}))


def _apply_driver(block: Block, factor: Factor, values: FloatArray) -> Block:
    """Courses that a factor makes of what each scenario has."""
    made: Series | None = None
    table = find_table(block.vocabulary.model.variables[factor.name], block.vocabulary)
    for place, scenario in enumerate(block.study.scenarios):
        rows = (block.which == place) & ~np.isnan(values)
        if not rows.any():
            continue
        given = find_course(scenario, factor.name, ())
        base = join_table(table, given) if given is not None else table
        years, courses = change_series(factor, values[rows], block.vocabulary, base)
        full = np.full((len(values), len(years)), np.nan)
        full[rows] = courses
        made = merge_series(made, (years, full))
    if made is None:
        return block
    batch = block.batch
    series = (
        {**batch.series, factor.name: merge_series(made, batch.series[factor.name])}
        if (factor.name in batch.series)
        else {**batch.series, factor.name: made}
    )
    return replace(block, batch=replace(batch, series=series))


def find_course(scenario: Scenario, name: str, element: tuple[str, ...]) -> Trajectory | None:
    """Course that a scenario gives a variable; None where it gives none."""
    for setting in scenario.settings:
        if (setting.name, setting.element) == (name, element):
            return setting.value if isinstance(setting.value, Trajectory) else None
    return None
