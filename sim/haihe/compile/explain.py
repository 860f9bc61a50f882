"""What a variable is, in mathematics and in words, and what depends on what.

Everything is read from the equations as their author wrote them, not from the compiled program:
nothing is folded, and names are the author's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from haihe.compile.explain_math import equation_math
from haihe.compile.explain_tree import Spelling, spelling
from haihe.compile.explain_words import equation_words
from haihe.compile.ir import Call, Expr, Lookup, Ref, Source
from haihe.model.find import find_variable
from haihe.model.types import Model, canonical_name
from haihe.text import Text

Graph = Mapping[str, tuple[str, ...]]
"""Variables that each variable reads, by name."""


@dataclass(frozen=True, slots=True)
class Line:
    """One equation of a variable."""

    subs: tuple[str, ...]
    """Dimensions and elements that it defines the variable for."""
    math: Text
    """A `<math>` element (MathML); the model's text in it is escaped."""
    words: Text
    """Plain text: escape it where it is shown."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A variable as documentation shows it. All but `math` is plain text."""

    name: str
    kind: str
    units: str
    doc: str
    dims: tuple[str, ...]
    lines: tuple[Line, ...]
    reads: tuple[str, ...]
    """Variables that its equations read."""
    read_by: tuple[str, ...]
    """Variables whose equations read it."""


def explain_variable(model: Model, name: str) -> Explanation:
    """One variable.

    Raises
    ------
    InputError
        Where the model has no such variable, or an equation is not supported.
    """
    variable = find_variable(model, name)
    return _explain(model, [variable.name])[variable.name]


def explain_model(model: Model) -> dict[str, Explanation]:
    """Every variable, by name, in the order of the model.

    Raises
    ------
    InputError
        Where an equation is not supported.
    """
    return _explain(model, list(model.variables))


def _explain(model: Model, wanted: Sequence[str]) -> dict[str, Explanation]:
    from haihe.compile.lower import lower

    source = lower(model)
    names = spelling(model, source)
    reads = _graph(source, names, initial=True)
    read_by: dict[str, list[str]] = {}
    for reader, read in reads.items():
        for each in read:
            read_by.setdefault(each, []).append(reader)
    found = {}
    for name in wanted:
        variable = model.variables[name]
        equations = source.equations.get(canonical_name(name), ())
        lines = tuple(
            Line(
                subs=tuple(names.subscript(s) for s in equation.subs),
                math=equation_math(equation, names),
                words=equation_words(equation, names),
            )
            for equation in equations
        )
        found[name] = Explanation(
            name=name,
            kind=str(variable.kind),
            units=variable.units,
            doc=variable.doc,
            dims=variable.dims,
            lines=lines,
            reads=reads.get(name, ()),
            read_by=tuple(read_by.get(name, ())),
        )
    return found


# --- what depends on what -----------------------------------------------------------------------


def causal_graph(model: Model, initial: bool = True) -> Graph:
    """Variables that each variable reads.

    Parameters
    ----------
    initial
        Count also what is read only once, for an initial value.
    """
    from haihe.compile.lower import lower

    source = lower(model)
    return _graph(source, spelling(model, source), initial)


def _graph(source: Source, names: Spelling, initial: bool) -> dict[str, tuple[str, ...]]:
    graph = {}
    for key, equations in source.equations.items():
        read = (k for e in equations for k in _read(e.expr, names, initial))
        kept = dict.fromkeys(k for k in read if k in source.equations)
        graph[names.variable(key)] = tuple(names.variable(k) for k in kept)
    return graph


ONCE: Mapping[str, tuple[int, ...]] = {
    "integ": (1,),
    "integ_nonnegative": (1,),
    "delay": (2,),
    "delay_n": (2,),
    "delay_fixed": (1, 2),
    "smooth": (2,),
    "trend": (2,),
    "forecast": (3,),
    "sample_if_true": (2,),
    "initial": (0,),
    "active_initial": (1,),
}
"""Arguments that are read at the start only."""


def _read(expr: Expr, names: Spelling, initial: bool) -> Iterator[str]:
    """Keys of the names that an expression reads, from left to right."""
    if isinstance(expr, Ref):
        yield expr.name
    elif isinstance(expr, Lookup):
        yield from _read(expr.table, names, initial)
        yield from _read(expr.arg, names, initial)
    elif isinstance(expr, Call):
        table = names.lookup(expr)
        if table is not None:
            yield table.name
        once = () if initial or table is not None else ONCE.get(expr.function, ())
        for position, arg in enumerate(expr.args):
            if position not in once:
                yield from _read(arg, names, initial)


def find_loops(model: Model, without: Sequence[str] = ()) -> tuple[tuple[str, ...], ...]:
    """Feedback loops: for each link of cause and effect the shortest loop through it, once.

    So every link that feeds back is in one of them; longer ways round are left out. A loop is
    told from cause to effect, and starts at the variable that the model names first.
    Loops that only initial values make are none.

    Parameters
    ----------
    without
        Variables that are held still: loops through them are cut.

    Raises
    ------
    InputError
        Where a variable of `without` does not exist.
    """
    cut = {find_variable(model, name).name for name in without}
    reads = {
        name: tuple(r for r in read if r not in cut)
        for name, read in causal_graph(model, initial=False).items()
        if name not in cut
    }
    order = {name: k for k, name in enumerate(reads)}
    loops: dict[tuple[str, ...], None] = {}
    for group in strong_components(reads):
        inside = {n: tuple(r for r in reads[n] if r in group) for n in group}
        for effect, cause in ((e, c) for e, causes in inside.items() for c in causes):
            loop = _way_round(effect, cause, inside)
            first = min(range(len(loop)), key=lambda k: order[loop[k]])
            loops[(*loop[first:], *loop[:first])] = None
    return tuple(sorted(loops, key=lambda loop: (len(loop), [order[n] for n in loop])))


def _way_round(effect: str, cause: str, reads: Graph) -> tuple[str, ...]:
    """The shortest loop through a link, from cause to effect: it begins at `effect`."""
    came = {cause: cause}
    front = [cause]
    while effect not in came:
        following = []
        for name in front:
            new = [n for n in reads[name] if n not in came]
            came.update(dict.fromkeys(new, name))
            following += new
        front = following
    loop = [effect]
    while loop[-1] != cause:
        loop.append(came[loop[-1]])
    return tuple(loop)


def strong_components(graph: Graph) -> list[frozenset[str]]:
    """Groups of variables that all reach one another, those of a loop only.

    Sources
    -------
    R. Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1(2), 1972; without
    recursion, for models deeper than Python's stack.
    """
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found: list[frozenset[str]] = []
    for root in graph:
        if root in number:
            continue
        path = [(root, iter(graph[root]))]
        while path:
            name, rest = path[-1]
            if name not in number:
                number[name] = low[name] = len(number)
                stack.append(name)
                waiting.add(name)
            following = next((n for n in rest if n in graph), None)
            if following is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[name])
                if low[name] == number[name]:
                    found += _take(name, stack, waiting, graph)
            elif following not in number:
                path.append((following, iter(graph[following])))
            elif following in waiting:
                low[name] = min(low[name], number[following])
    return found


def _take(name: str, stack: list[str], waiting: set[str], graph: Graph) -> list[frozenset[str]]:
    """The group that ends at `name`, off the stack; none where it is no loop."""
    at = stack.index(name)
    group = frozenset(stack[at:])
    del stack[at:]
    waiting -= group
    return [group] if len(group) > 1 or name in graph[name] else []


__all__ = [
    "Explanation",
    "Line",
    "causal_graph",
    "explain_model",
    "explain_variable",
    "find_loops",
    "strong_components",
]
