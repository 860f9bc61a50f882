"""A stock-and-flow picture as values: what stands in it, and where.

The layout is in layers, causes to the left of effects: links that close a loop are turned while
layers are found, each layer is ordered by the middle of its neighbours, and what stands in it is
moved towards them as far as there is room.

Sources
-------
K. Sugiyama, S. Tagawa, M. Toda, Methods for visual understanding of hierarchical system structures,
IEEE Trans. SMC 11(2), 1981 (unverified, from memory).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from haihe.text import Text

WIDTH, HEIGHT = 124.0, 44.0
"""Room of one variable [pixel]."""
COLUMN, ROW = 178.0, 60.0
"""Distance of layers, and of variables in one [pixel]."""
MARGIN = 30.0
_SWEEPS = 12
_TALLEST = 16
"""Variables that a layer takes before the next one is begun."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One variable of a picture."""

    name: str
    kind: str
    """"stock", "flow", "auxiliary", or "shadow" for one of another subsystem."""
    label: Text
    x: float = 0.0
    """Middle of it [pixel]."""
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Pipe:
    """What a flow moves, and from where to where; "" is a cloud, the end of the model."""

    source: str
    flow: str
    """The flow; "" where the rate has no name of its own."""
    target: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A stock-and-flow picture."""

    title: Text
    shapes: tuple[Shape, ...]
    pipes: tuple[Pipe, ...]
    arrows: tuple[tuple[str, str], ...]
    """Cause and effect."""
    width: float = 0.0
    height: float = 0.0


def lay_out(picture: Picture) -> Picture:
    """The same picture with a place for everything."""
    names = [shape.name for shape in picture.shapes]
    links = _links(picture)
    layers = _order(_layers(names, links), links)
    rows = _rows(layers, links)
    places = {
        name: (MARGIN + WIDTH / 2 + COLUMN * column, MARGIN + HEIGHT / 2 + ROW * rows[name])
        for column, layer in enumerate(layers)
        for name in layer
    }
    shapes = tuple(replace(s, x=places[s.name][0], y=places[s.name][1]) for s in picture.shapes)
    width = max((s.x for s in shapes), default=0.0) + WIDTH / 2 + MARGIN
    height = max((s.y for s in shapes), default=0.0) + HEIGHT / 2 + MARGIN
    return replace(picture, shapes=shapes, width=width, height=height)


def _links(picture: Picture) -> list[tuple[str, str]]:
    """What goes from left to right: arrows, and pipes from stock to flow to stock."""
    known = {shape.name for shape in picture.shapes}
    pairs = [*picture.arrows]
    for pipe in picture.pipes:
        if pipe.flow:
            pairs += [(pipe.source, pipe.flow), (pipe.flow, pipe.target)]
        else:
            pairs.append((pipe.source, pipe.target))
    kept = dict.fromkeys((a, b) for a, b in pairs if a != b and a in known and b in known)
    return list(kept)


def _layers(names: Sequence[str], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Names by layer: every effect to the right of its causes, but for links that close a loop."""
    forward = _without_loops(names, links)
    causes: dict[str, list[str]] = {name: [] for name in names}
    effects: dict[str, list[str]] = {name: [] for name in names}
    for cause, effect in forward:
        causes[effect].append(cause)
        effects[cause].append(effect)
    depth: dict[str, int] = {}
    for name in _sorted(names, causes, effects):
        depth[name] = max((depth[c] + 1 for c in causes[name]), default=0)
    for name in reversed(_sorted(names, causes, effects)):
        # What nothing of the picture moves stands beside what it moves.
        if not causes[name] and effects[name]:
            depth[name] = min(depth[e] for e in effects[name]) - 1
        if not causes[name] and not effects[name]:
            depth[name] = 0
    wide: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in names:
        wide[depth[name]].append(name)
    return [part for layer in wide if layer for part in _split(layer)]


def _split(layer: list[str]) -> list[list[str]]:
    """A layer that is too tall becomes several of like height."""
    count = -(-len(layer) // _TALLEST)
    size = -(-len(layer) // count)
    return [layer[k : k + size] for k in range(0, len(layer), size)]


def _without_loops(names: Sequence[str], links: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Links without those that close a loop, going through the names in their order."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for cause, effect in links:
        after[cause].append(effect)
    state: dict[str, int] = {}
    back: set[tuple[str, str]] = set()
    for root in names:
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(after[root]))]
        while stack:
            name, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[name] = 2
                stack.pop()
            elif state.get(following) == 1:
                back.add((name, following))
            elif following not in state:
                state[following] = 1
                stack.append((following, iter(after[following])))
    return [link for link in links if link not in back]


def _sorted(
    names: Sequence[str], causes: Mapping[str, list[str]], effects: Mapping[str, list[str]]
) -> list[str]:
    """Causes before effects."""
    waiting = {name: len(causes[name]) for name in names}
    ready = [name for name in names if not waiting[name]]
    found = []
    while ready:
        name = ready.pop(0)
        found.append(name)
        for effect in effects[name]:
            waiting[effect] -= 1
            if not waiting[effect]:
                ready.append(effect)
    return found


def _order(layers: list[list[str]], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Every layer in the order of the middle of its neighbours."""
    near: dict[str, list[str]] = {}
    for cause, effect in links:
        near.setdefault(cause, []).append(effect)
        near.setdefault(effect, []).append(cause)
    for sweep in range(_SWEEPS):
        place = {n: k / max(1, len(layer)) for layer in layers for k, n in enumerate(layer)}
        turned = layers if sweep % 2 else layers[::-1]
        for layer in turned:
            middle = {
                n: sum(place[m] for m in near[n]) / len(near[n]) if near.get(n) else place[n]
                for n in layer
            }
            layer.sort(key=lambda n: middle[n])
            place |= {n: k / max(1, len(layer)) for k, n in enumerate(layer)}
    return layers


def _rows(layers: list[list[str]], links: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Row of every name: near its neighbours, one row apart at least."""
    near: dict[str, list[str]] = {}
    for cause, effect in links:
        near.setdefault(cause, []).append(effect)
        near.setdefault(effect, []).append(cause)
    tallest = max((len(layer) for layer in layers), default=0)
    rows = {
        name: k + (tallest - len(layer)) / 2.0 for layer in layers for k, name in enumerate(layer)
    }
    for _ in range(_SWEEPS):
        for layer in layers:
            wanted = [
                sum(rows[m] for m in near[n]) / len(near[n]) if near.get(n) else rows[n]
                for n in layer
            ]
            for name, row in zip(layer, _apart(wanted, tallest), strict=True):
                rows[name] = row
    top = min(rows.values(), default=0.0)
    return {name: row - top for name, row in rows.items()}


def _apart(wanted: Sequence[float], tallest: int) -> list[float]:
    """Rows in the given order, near to what is wanted, one apart and within the picture."""
    last = -1.0
    down = []
    for k, row in enumerate(wanted):
        last = max(min(row, tallest - len(wanted) + k), last + 1.0, 0.0)
        down.append(last)
    return down
