"""The assumption that decides a verdict: the least change of one input that turns it over.

One uncertain input at a time is moved away from the value that the scenario is run with, all others
stay. Distance is measured on the scale of a normal distribution: the input's own value and the
other one are taken as quantiles of its distribution, and those as quantiles of the normal, so that
inputs of any unit and shape can be compared. A grid of distances is run first, for all inputs and
all targets at once; the nearest cell in which a verdict turns is then halved until it is narrow.
What is reported was run: it is the far end of the last cell. A verdict that turns and turns back
within one cell of the grid is not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from haihe.analysis.ensemble import Setup, read_targets, run_indicators
from haihe.analysis.probability import are_met
from haihe.analysis.targets import Target
from haihe.model.types import FloatArray
from haihe.results.outlook import Flip
from haihe.scenario.factors import Factor, find_place
from haihe.scenario.futures import Futures, cross_futures, make_futures
from haihe.scenario.futures_posterior import Posterior
from haihe.scenario.futures_read import FutureSources
from haihe.scenario.values import Role
from haihe.text import Text

GRID = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5)
"""Distances that are run first, on either side [standard deviations]."""
FARTHEST = 2.5758
"""What lies outside the middle 99 % of a distribution is not called plausible."""
NARROW = 0.01
"""Width at which halving ends [standard deviations]."""
BLOCK = 2000


@dataclass(frozen=True, slots=True)
class Input:
    """One uncertain input: where its own value stands, and what a quantile of it is."""

    label: str
    title: Text
    unit: str
    grade: str
    own: float
    start: float
    """Place of its own value on the scale of the normal distribution."""
    place: int
    """Position among the fitted groups, or among the factors behind them."""
    factor: Factor | None
    """None for a fitted parameter."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is moved, and with what it is run."""

    setup: Setup
    targets: tuple[Target, ...]
    inputs: tuple[Input, ...]

    def run(self, moves: Sequence[tuple[int, float]]) -> FloatArray:
        """Numbers of the targets (move, target); a move is an input and its place on the scale."""
        parts = []
        for start in range(0, len(moves), BLOCK):
            futures = place_inputs(self, moves[start : start + BLOCK])
            batch = cross_futures(self.setup.batch, futures)
            parts.append(read_targets(self.targets, run_indicators(self.setup, batch)))
        return np.concatenate(parts)


@dataclass(slots=True)
class Bracket:
    """Between `near` (the verdict stands) and `far` (it is the other one) lies the turn."""

    target: int
    input: int
    near: float
    far: float
    reached: float
    """Number of the target at `far`."""


def find_flips(setup: Setup, targets: Sequence[Target], verdicts: FloatArray) -> list[Flip | None]:
    """The nearest flip of each target; None where none lies within the plausible ranges.

    Parameters
    ----------
    verdicts
        1.0 met, 0.0 not met, NaN not scored (target,), of the scenario as it stands.
    """
    setup, inputs = keep_inputs(setup)
    if not inputs or not np.isfinite(verdicts).any():
        return [None] * len(targets)
    search = Search(setup, tuple(targets), inputs)
    brackets = narrow(search, find_brackets(search, verdicts), verdicts)
    best: list[Flip | None] = [None] * len(targets)
    for bracket in sorted(brackets, key=lambda b: abs(b.far - inputs[b.input].start)):
        if best[bracket.target] is None:
            best[bracket.target] = _report(search, bracket)
    return best


def find_brackets(search: Search, verdicts: FloatArray) -> list[Bracket]:
    """For each target and input the nearest cell of the grid in which the verdict turns."""
    steps = [sign * step for sign in (1.0, -1.0) for step in (*GRID,)]
    moves = [
        (number, _clip(given.start + step))
        for number, given in enumerate(search.inputs)
        for step in steps
    ]
    values = search.run(moves)
    turned = np.stack(
        [are_met(t, values[:, i]) == 1 - verdicts[i] for i, t in enumerate(search.targets)], axis=1
    ).reshape(len(search.inputs), 2, len(GRID), -1)
    numbers = values.reshape(turned.shape)
    found = []
    for number, side, target in np.argwhere(turned.any(axis=2)):
        cell = int(np.argmax(turned[number, side, :, target]))
        begin, sign = search.inputs[number].start, (1.0, -1.0)[side]
        near = begin + sign * GRID[cell - 1] if cell else begin
        far = _clip(begin + sign * GRID[cell])
        reached = float(numbers[number, side, cell, target])
        found.append(Bracket(int(target), int(number), near, far, reached))
    return found


def _clip(place: float) -> float:
    return float(np.clip(place, -FARTHEST, FARTHEST))


def narrow(search: Search, brackets: list[Bracket], verdicts: FloatArray) -> list[Bracket]:
    """Halve the cells that may still hold the nearest turn of their target, all at once."""
    while True:
        brackets = _drop_far(search, brackets)
        wide = [b for b in brackets if abs(b.far - b.near) > NARROW]
        if not wide:
            return brackets
        middles = [(b.input, (b.near + b.far) / 2) for b in wide]
        moves = list(dict.fromkeys(middles))
        rows = {move: row for row, move in enumerate(moves)}
        values = search.run(moves)
        for bracket, move in zip(wide, middles):
            number = values[rows[move], bracket.target]
            met = are_met(search.targets[bracket.target], np.array([number]))[0]
            if met == 1 - verdicts[bracket.target]:
                bracket.far, bracket.reached = move[1], float(number)
            else:
                bracket.near = move[1]


def _drop_far(search: Search, brackets: list[Bracket]) -> list[Bracket]:
    """Leave out cells that begin farther away than another cell of the target ends."""
    ends: dict[int, float] = {}
    for b in brackets:
        ends[b.target] = min(ends.get(b.target, np.inf), abs(b.far - search.inputs[b.input].start))
    return [b for b in brackets if abs(b.near - search.inputs[b.input].start) <= ends[b.target]]


def _report(search: Search, bracket: Bracket) -> Flip:
    from scipy.special import ndtr

    given = search.inputs[bracket.input]
    quantile = float(ndtr(bracket.far))
    return Flip(
        given.label,
        given.title,
        given.own,
        float(_quantile(given, quantile, search.setup.sources)),
        given.unit,
        bracket.far - given.start,
        quantile,
        bracket.reached,
        given.grade,
    )


# --- inputs: what can be moved, and how


def keep_inputs(setup: Setup) -> tuple[Setup, tuple[Input, ...]]:
    """Inputs that have a value of their own to be moved from; the others keep theirs, unmoved."""
    kept = tuple(f for f in setup.sources.factors if np.isfinite(_own_value(f, setup)))
    sources = replace(setup.sources, factors=kept)
    setup = replace(setup, sources=sources)
    fitted = [
        _fitted(setup, sources.posterior, place)
        for place in range(len(sources.posterior.groups) if sources.posterior else 0)
        if sources.posterior is not None
    ]
    return setup, (*fitted, *(_ranged(setup, place) for place in range(len(kept))))


def _own_value(factor: Factor, setup: Setup) -> float:
    """What a factor is while nothing is changed; NaN where no single number says it."""
    if factor.change in ("scale", "shift"):
        return 1.0 if factor.change == "scale" else 0.0
    if factor.change or factor.role is Role.DRIVER:
        return float("nan")
    default = np.asarray(setup.model.variables[factor.name].default, dtype=float)
    part = default[find_place(factor, setup.model)]
    return float(part.flat[0]) if np.ptp(part) == 0 else float("nan")


def _fitted(setup: Setup, posterior: Posterior, place: int) -> Input:
    column = posterior.groups[place][0]
    name, index = posterior.places[column]
    variable = setup.model.variables[name]
    own = float(np.asarray(variable.default, dtype=float)[index])
    ordered = np.sort(posterior.values[:, column])
    below = np.searchsorted(ordered, own, "left") + np.searchsorted(ordered, own, "right")
    label = posterior.columns[column]
    title = title_parameter(label, variable.doc)
    start = _to_scale(below / (2 * len(ordered)))
    return Input(label, title, variable.units, "", own, start, place, None)


def _ranged(setup: Setup, place: int) -> Input:
    factor = setup.sources.factors[place]
    own = _own_value(factor, setup)
    start = _to_scale(float(factor.distribution.cdf(np.array(own))))
    title = factor.title
    if title.zh == title.en:
        title = title_parameter(factor.label, setup.model.variables[factor.name].doc)
    return Input(factor.label, title, factor.unit, factor.grade, own, start, place, factor)


def title_parameter(label: str, doc: str) -> Text:
    """Title of a parameter: its name, and the Chinese words that end its comment in the model."""
    import re

    first = doc.splitlines()[0] if doc else ""
    found = re.search(r"([\u4e00-\u9fff][\u4e00-\u9fff\w.、（）()]*)\s*$", first)
    element = label[label.find("[") :] if "[" in label else ""
    return Text(f"{found[1]}{element}" if found else label, label)


def _to_scale(share: float) -> float:
    from scipy.special import ndtr, ndtri

    edge = float(ndtr(-FARTHEST))
    return float(ndtri(np.clip(share, edge, 1 - edge)))


def _quantile(given: Input, share: float, sources: FutureSources) -> float:
    if given.factor is not None:
        return float(given.factor.distribution.ppf(np.array(share)))
    assert sources.posterior is not None
    column = sources.posterior.groups[given.place][0]
    return float(np.quantile(sources.posterior.values[:, column], share))


def place_inputs(search: Search, moves: Sequence[tuple[int, float]]) -> Futures:
    """Futures in which everything has its own value, but one input each."""
    from scipy.special import ndtr

    setup, sources = search.setup, search.setup.sources
    fitted = [given for given in search.inputs if given.factor is None]
    places = sources.posterior.places if sources.posterior else ()
    own = [float(np.asarray(setup.model.variables[name].default)[at]) for name, at in places]
    rows = np.tile(np.array(own), (len(moves), 1))
    drawn = np.tile([given.own for given in search.inputs[len(fitted) :]], (len(moves), 1))
    for row, (number, place) in enumerate(moves):
        given = search.inputs[number]
        value = _quantile(given, float(ndtr(place)), sources)
        if given.factor is not None:
            drawn[row, given.place] = value
            continue
        assert sources.posterior is not None
        group = sources.posterior.groups[given.place]
        first = sources.posterior.values[:, group[0]]
        for column in group:
            ratio = float(first @ sources.posterior.values[:, column]) / float(first @ first)
            rows[row, column] = value * ratio
    return make_futures(sources, setup.model, setup.catalogue, rows, drawn)
