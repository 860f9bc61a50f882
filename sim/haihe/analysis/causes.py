"""Trace a change back along the equations: from an outcome to the inputs that made it change.

At each variable its equation is run again with the values of its direct causes taken from one run
or the other, in every combination; what each cause brings is its Shapley value, so the parts add up
to the change, in every year. A stock is run with the whole courses of its flows, so what they bring
is what they have accumulated. What a variable passes on is split in the same proportions among its
own causes, element by element, until inputs are reached.

Within one equation the split is exact. Across equations it is proportional: two causes that work
together through several variables share by their parts in each of them. For what a measure itself
is worth, all else as in a scenario, there is attribution.

Sources: Shapley (1953), Contributions to the theory of games II; Castro, Gómez & Tejada (2009),
Computers & Operations Research 36, 1726, for sampling orders (both unverified, from memory).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from haihe.analysis.causes_equation import (
    TOGETHER,
    Key,
    Runs,
    Split,
    has_memory,
    is_leaf,
    split_all,
)
from haihe.model.types import FloatArray, Model
from haihe.run.compiled import CompiledBackend

if TYPE_CHECKING:
    from haihe.scenario.values import Batch

ENOUGH = 0.004
"""Share of the change below which a branch is not followed further."""
MOST = 160
"""Variables whose equations are run again at most."""


@dataclass(slots=True)
class Flow:
    """What passes where, in the outcome's unit; it grows."""

    edges: dict[tuple[str, str], float] = field(default_factory=dict)
    through: dict[str, float] = field(default_factory=dict)
    sources: dict[str, float] = field(default_factory=dict)
    equations: dict[str, float] = field(default_factory=dict)
    distance: dict[str, int] = field(default_factory=dict)
    rest: float = 0.0


def run_steps(
    model: Model, batch: Batch, names: Sequence[str], year: float
) -> dict[str, FloatArray]:
    """Values (step, *dims) of variables at every step of a single member, up to a year."""
    time = replace(batch.time, stop=year, save_step=batch.time.step)
    values = CompiledBackend().run(model, replace(batch, time=time), names)
    return {name: array[0] for name, array in values.items()}


def list_ancestors(reads: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    """A variable and everything that it hangs on."""
    seen = {name: None}
    front = [name]
    while front:
        front = [cause for one in front for cause in reads.get(one, ()) if cause not in seen]
        seen |= dict.fromkeys(front)
    return tuple(seen)


def trace_flow(runs: Runs, outcome: str, weights: FloatArray) -> Flow:
    """Follow the change of an outcome in the last year back to inputs.

    Parameters
    ----------
    weights
        (element,): what one unit of each element counts, in the unit that is told.
    """
    flow = Flow()
    change = runs.change(outcome)[-1] * weights
    if not change.any():
        return flow
    splits = _explore(runs, outcome, flow)
    masses = solve_masses(runs, (outcome, False), change, splits)
    for key, mass in masses.items():
        _book(runs, key, mass, splits.get(key), flow)
    told = sum(flow.sources.values()) + sum(flow.equations.values())
    flow.rest = float(change.sum()) - told
    return flow


def _explore(runs: Runs, outcome: str, flow: Flow) -> dict[Key, Split]:
    """Splits of everything that matters: by how much of the change can come this way at most."""
    start: Key = (outcome, False)
    weight: dict[Key, float] = {start: 1.0}
    splits: dict[Key, Split] = {}
    flow.distance[outcome] = 0
    while len(splits) < MOST:
        live = [
            k
            for k, w in weight.items()
            if w > ENOUGH and k not in splits and not is_leaf(runs, k[0])
        ]
        if not live:
            break
        live = sorted(live, key=lambda k: -weight[k])[: 3 * TOGETHER]
        for key, split in split_all(runs, live).items():
            splits[key] = split
            _weigh_causes(runs, key, split, weight, flow)
    return splits


def _weigh_causes(runs: Runs, key: Key, split: Split, weight: dict[Key, float], flow: Flow) -> None:
    sizes = {cause: float(np.abs(part.sum(axis=0)).mean()) for cause, part in split.parts.items()}
    total = sum(sizes.values()) + float(np.abs(split.own).mean())
    onward = key[1] or has_memory(runs, key[0])
    for cause, size in sizes.items():
        place = (cause, onward)
        part = weight[key] * size / total if total > 0 else 0.0
        weight[place] = max(weight.get(place, 0.0), part)
        steps = flow.distance[key[0]] + 1
        flow.distance[cause] = min(flow.distance.get(cause, steps), steps)


def solve_masses(
    runs: Runs, start: Key, change: FloatArray, splits: Mapping[Key, Split]
) -> dict[Key, FloatArray]:
    """What passes through every variable (element,), loops and all: mass = start + parts @ mass.

    A loop that feeds back is a set of equations, not a walk that goes round and round: going round
    need not settle, the equations are solved at once.
    """
    from scipy.sparse import coo_matrix, eye
    from scipy.sparse.linalg import splu

    keys = [start]
    for (name, over), split in splits.items():
        onward = over or has_memory(runs, name)
        keys += [(name, over), *((cause, onward) for cause in split.parts)]
    keys = list(dict.fromkeys(keys))
    widths = [runs.change(name).shape[1] for name, _ in keys]
    offsets = dict(zip(keys, np.concatenate([[0], np.cumsum(widths)[:-1]]).tolist(), strict=True))
    size = int(sum(widths))
    rows, columns, values = [], [], []
    for (name, over), split in splits.items():
        onward = over or has_memory(runs, name)
        for cause, part in split.parts.items():
            at = np.nonzero(part)
            rows.append(at[0] + offsets[cause, onward])
            columns.append(at[1] + offsets[name, over])
            values.append(part[at])
    joined = [np.concatenate(x) if x else np.zeros(0) for x in (values, rows, columns)]
    links = coo_matrix((joined[0], (joined[1], joined[2])), shape=(size, size))
    right = np.zeros(size)
    right[offsets[start] : offsets[start] + len(change)] = change
    mass = splu((eye(size) - links).tocsc()).solve(right)
    return {
        key: mass[offsets[key] : offsets[key] + width]
        for key, width in zip(keys, widths, strict=True)
    }


def _book(runs: Runs, key: Key, mass: FloatArray, split: Split | None, flow: Flow) -> None:
    name = key[0]
    flow.through[name] = flow.through.get(name, 0.0) + float(mass.sum())
    if split is None:
        if is_leaf(runs, name):
            flow.sources[name] = flow.sources.get(name, 0.0) + float(mass.sum())
        return
    own = float((split.own * mass).sum())
    if own:
        flow.equations[name] = flow.equations.get(name, 0.0) + own
    for cause, part in split.parts.items():
        link = (cause, name)
        flow.edges[link] = flow.edges.get(link, 0.0) + float((part @ mass).sum())


# --- one equation at a time ---------------------------------------------------------------------
