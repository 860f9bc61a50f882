"""The feedback loops that a model can switch off, found in its equations.

A loop has a constant called `switch R1 name` (or `B1 name`). The link that the switch cuts is what
stands beside it in the smallest part of an equation that holds both; the loop is the shortest way
round through that link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from haihe.compile.explain import Graph
from haihe.compile.ir import Call, Expr, Lookup, Ref, Source
from haihe.model.types import Kind, Model, Variable, canonical_name
from haihe.results.model_document import LoopEntry
from haihe.text import Text

_SWITCH = re.compile(r"switch ([RB]\d+) (.+)")
NO_TEXT = Text("", "")


def find_switched_loops(
    model: Model, reads: Graph, titles: Mapping[str, Text], directions: Mapping[str, Text]
) -> tuple[LoopEntry, ...]:
    """Every loop with a switch, R before B, by number.

    Parameters
    ----------
    reads
        Of `causal_graph`, without initial values.
    titles
        Titles of the switches, by name as compared.
    directions
        What happens when a loop is cut, by id.
    """
    from haihe.compile.lower import lower

    source = lower(model)
    found = []
    for variable in model.variables.values():
        match = _SWITCH.fullmatch(variable.name)
        if match is None or variable.default is None:
            continue
        key = canonical_name(variable.name)
        found.append(
            LoopEntry(
                match[1],
                titles.get(key, Text(match[2], match[2])),
                match[1].startswith("R"),
                variable.name,
                bool(variable.default.ravel()[0]),
                _way_round(variable, model, source, reads),
                directions.get(match[1], NO_TEXT),
            )
        )
    found.sort(key=lambda loop: (not loop.reinforcing, int(loop.id[1:])))
    return tuple(found)


def _way_round(switch: Variable, model: Model, source: Source, reads: Graph) -> tuple[str, ...]:
    key = canonical_name(switch.name)
    names = {canonical_name(name): name for name in model.variables}
    effects: dict[str, list[str]] = {}
    for effect, causes in reads.items():
        for cause in causes:
            effects.setdefault(cause, []).append(effect)
    best: tuple[str, ...] = ()
    for equations in source.equations.values():
        for equation in equations:
            for beside in _gated(equation.expr, key, model, names):
                ways = [_shortest(names[equation.key], cause, effects) for cause in beside]
                found = min((way for way in ways if way), key=len, default=())
                if found:
                    best = found if not best or len(found) < len(best) else best
                    break
    return best


def _gated(
    expr: Expr, key: str, model: Model, names: Mapping[str, str]
) -> Iterator[tuple[str, ...]]:
    """Variables beside the switch: in the smallest part that holds both, then in larger ones."""
    if not isinstance(expr, Call | Lookup) or key not in set(_keys(expr)):
        return
    for part in expr.args if isinstance(expr, Call) else (expr.arg,):
        yield from _gated(part, key, model, names)
    written = (names[name] for name in dict.fromkeys(_keys(expr)) if name in names)
    still = (Kind.CONSTANT, Kind.LOOKUP)
    yield tuple(name for name in written if model.variables[name].kind not in still)


def _keys(expr: Expr) -> Iterator[str]:
    if isinstance(expr, Ref):
        yield expr.name
    elif isinstance(expr, Lookup):
        yield from _keys(expr.table)
        yield from _keys(expr.arg)
    elif isinstance(expr, Call):
        for arg in expr.args:
            yield from _keys(arg)


def _shortest(start: str, goal: str, effects: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The shortest way from effect to effect, both ends in it; () where there is none."""
    came = {start: start}
    front = [start]
    while front and goal not in came:
        following = []
        for name in front:
            new = [e for e in effects.get(name, ()) if e not in came]
            came.update(dict.fromkeys(new, name))
            following += new
        front = following
    if goal not in came:
        return ()
    way = [goal]
    while way[-1] != start:
        way.append(came[way[-1]])
    return tuple(reversed(way))
