"""A model as an XMILE file: every equation, value, unit and comment, in one model with groups.

Numbers that stand in tables beside the model are written into the file. An equation is written once
for all elements where XMILE can say it so, and for each element where it cannot: subranges, mapped
dimensions, exceptions. A rate of change becomes flows: a variable that stands alone in it is the
flow itself, any other term gets a flow of its own.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.sax.saxutils import escape, quoteattr

from haihe.compile.inline import inline
from haihe.compile.ir import (
    Array,
    Call,
    Cell,
    Equation,
    Expr,
    Lookup,
    Number,
    Points,
    Ref,
    Role,
    Shaped,
    Source,
    Sub,
    Tables,
)
from haihe.compile.lower import lower
from haihe.compile.stock_flows import terms_of
from haihe.compile.subscripts import separate
from haihe.compile.xmile_text import (
    CLOCK,
    MACROS,
    OVER,
    Speech,
    spell,
    spell_name,
    spell_number,
)
from haihe.errors import InputError, InputErrors, raise_all
from haihe.model.types import Model, Variable, canonical_name
from haihe.text import Text

NAMESPACE = "http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"
_OWN_CLOCK = frozenset({"initial time", "final time", "time step", "saveper"})
_GRAPHS = {"interpolate": "continuous", "extrapolate": "extrapolate", "hold_backward": "discrete"}
_REFUSED = frozenset({"invert_matrix", "allocate_available", "allocate_by_priority"})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Piece:
    """One right-hand side: of the whole variable, or of one element."""

    elements: tuple[str, ...] | None
    text: str
    graph: Points | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One variable of the file."""

    tag: str
    name: str
    dims: tuple[str, ...]
    pieces: tuple[Piece, ...]
    group: str = ""
    units: str = ""
    doc: str = ""
    limits: tuple[float | None, float | None] = (None, None)
    inflows: tuple[str, ...] = ()
    outflows: tuple[str, ...] = ()
    non_negative: bool = False


@dataclass(slots=True)
class Export:
    """What is known while a file is written; lives for one file."""

    model: Model
    source: Source
    shaped: Mapping[str, Shaped]
    known: Mapping[str, Variable]
    """Variables of the model, by name as compared."""
    names: Mapping[str, str]
    """Name in the file of every variable, by name as compared."""
    elements: Mapping[str, str]
    """Names of dimensions and elements, as written, by name as compared."""
    taken: set[str] = field(default_factory=set)
    """Names that are in use, as compared."""
    macros: set[str] = field(default_factory=set)
    flows: dict[str, set[str]] = field(default_factory=lambda: {"+": set(), "-": set()})
    """Variables that are flows already, into a stock and out of one."""
    extra: list[Entry] = field(default_factory=list)
    """Flows and curves that the file needs beside the model's own variables."""

    def free_name(self, wanted: str) -> str:
        """A name that nothing else has."""
        name = wanted
        for number in itertools.count(2):
            if canonical_name(name) not in self.taken:
                break
            name = f"{wanted} {number}"
        self.taken.add(canonical_name(name))
        return name


def write_xmile(model: Model) -> str:
    """The text of an XMILE file of a model.

    Raises
    ------
    InputErrors
        Every equation that XMILE cannot say.
    """
    export = _open(model)
    entries: list[Entry] = []
    errors: list[InputError] = []
    for key, shaped in export.shaped.items():
        if key in _OWN_CLOCK:
            continue
        try:
            entries.append(_entry(key, shaped, export))
        except InputError as error:
            errors.append(error)
        except InputErrors as several:
            errors += several.errors
    raise_all(errors)
    flows = {canonical_name(n) for found in export.flows.values() for n in found}
    entries = [_as_flow(entry, flows) for entry in entries]
    return "\n".join(_document(export, [*entries, *export.extra])) + "\n"


def _open(model: Model) -> Export:
    source = inline(lower(model))
    _refuse(source)
    known = {canonical_name(name): v for name, v in model.variables.items()}
    names = {key: _name_of(key, known) for key in source.equations}
    written = [n for d in model.dimensions.values() for n in (d.name, *d.elements)]
    return Export(
        model,
        source,
        separate(source),
        known,
        names,
        {canonical_name(n): n for n in written},
        taken={canonical_name(n) for n in names.values()},
    )


def _say_refused(name: str, function: str) -> Text:
    return Text(
        f"{name}：函数 {function} 不能写成 XMILE",
        f"{name}: the function {function} cannot be written as XMILE",
    )


def _refuse(source: Source) -> None:
    """Refuse what would only be known to be too much once it is written out."""
    functions = {
        (e.name, c.function): e.where
        for equations in source.equations.values()
        for e in equations
        for c in _calls(e.expr)
        if c.function in _REFUSED
    }
    raise_all(
        InputError(_say_refused(name, function.replace("_", " ").upper()), where)
        for (name, function), where in functions.items()
    )


def _calls(expr: Expr) -> Iterator[Call]:
    if isinstance(expr, Call):
        yield expr
        for arg in expr.args:
            yield from _calls(arg)
    elif isinstance(expr, Lookup):
        yield from _calls(expr.arg)


def _name_of(key: str, known: Mapping[str, Variable]) -> str:
    """Name in the file; variables of macros stand under what they come from."""
    name = known[key].name if key in known else key.replace("\0", " ")
    return name.strip('"')


# --- variables ----------------------------------------------------------------------------------


def _entry(key: str, shaped: Shaped, export: Export) -> Entry:
    variable = export.known.get(key)
    blank = Entry("aux", export.names[key], _dims(shaped, export), ())
    if variable is not None:
        blank = _with(blank, group=variable.group, units=variable.units, doc=variable.doc,
                      limits=variable.limits)  # fmt: skip
    equations = export.source.equations[key]
    if shaped.role is Role.STOCK:
        return _stock(blank, shaped, equations, export)
    whole = _straight(equations, shaped, export)
    if whole is not None:
        return _with(blank, pieces=(Piece(None, _say(whole, shaped, blank, export)),))
    if shaped.role is Role.LOOKUP and not shaped.dims:
        blank = _with(blank, tag="gf")
    return _with(blank, pieces=tuple(_pieces(shaped.exprs, shaped, blank, export)))


def _with(entry: Entry, **changes: object) -> Entry:
    return replace(entry, **changes)  # type: ignore[arg-type]


def _dims(shaped: Shaped, export: Export) -> tuple[str, ...]:
    return tuple(export.elements.get(d, d) for d in shaped.dims)


def _as_flow(entry: Entry, flows: set[str]) -> Entry:
    if entry.tag == "aux" and canonical_name(entry.name) in flows:
        return _with(entry, tag="flow")
    return entry


def _straight(equations: Sequence[Equation], shaped: Shaped, export: Export) -> Expr | None:
    """The expression that holds for all elements as it stands; None where there is none."""
    first = equations[0]
    if len(equations) > 1 or first.excepts or first.subs != shaped.dims:
        return None
    expr = first.expr
    if isinstance(expr, Array | Tables | Points) or (first.role is Role.DATA):
        return None
    if isinstance(expr, Lookup) and isinstance(expr.table, Points):
        return None
    return expr if _is_plain(expr, first.subs, False, export) else None


def _is_plain(expr: Expr, bound: Sequence[str], inside: bool, export: Export) -> bool:
    """Does every reference run over its own dimensions, or name elements?"""
    if isinstance(expr, Ref):
        return _is_plain_reference(expr, bound, export)
    if isinstance(expr, Lookup):
        table = isinstance(expr.table, Points) or _is_plain(expr.table, bound, inside, export)
        return table and _is_plain(expr.arg, bound, inside, export)
    if isinstance(expr, Call):
        reduces = expr.function in OVER
        if reduces and inside:
            return False
        if not _known_function(expr, export):
            return False
        return all(_is_plain(a, bound, inside or reduces, export) for a in expr.args)
    return isinstance(expr, Number)


def _is_plain_reference(ref: Ref, bound: Sequence[str], export: Export) -> bool:
    own = export.shaped.get(ref.name)
    if own is None:
        return ref.name == "time"
    if len(own.dims) != len(ref.subs):
        return False
    ranges = export.source.dimensions
    return all(
        (sub.name == dim and (sub.over or dim in bound)) if sub.name in ranges else not sub.over
        for sub, dim in zip(ref.subs, own.dims)
    )


def _known_function(call: Call, export: Export) -> bool:
    from haihe.compile.builtins import FUNCTIONS, How

    function = FUNCTIONS.get(call.function)
    if call.function == "elmcount":
        return False
    if function is None:
        target = export.shaped.get(call.function.replace("_", " "))
        return target is not None and not target.dims
    return function.how is not How.VECTOR


def _pieces(exprs: Sequence[Expr], shaped: Shaped, entry: Entry, export: Export) -> Iterator[Piece]:
    """Every element by itself; one piece where all are alike."""
    made = [_piece(expr, shaped, entry, export) for expr in exprs]
    alike = len(set(made)) == 1 and isinstance(exprs[0], Number)
    if not shaped.dims or alike:
        yield made[0]
        return
    ranges = (export.source.dimensions[d] for d in shaped.dims)
    for (text, graph), elements in zip(
        ((p.text, p.graph) for p in made), itertools.product(*ranges), strict=True
    ):
        yield Piece(tuple(export.elements.get(e, e) for e in elements), text, graph)


def _piece(expr: Expr, shaped: Shaped, entry: Entry, export: Export) -> Piece:
    if isinstance(expr, Points):
        return Piece(None, "", expr)
    if isinstance(expr, Lookup) and isinstance(expr.table, Points):
        return Piece(None, _say(expr.arg, shaped, entry, export), expr.table)
    return Piece(None, _say(expr, shaped, entry, export))


def _say(expr: Expr, shaped: Shaped, entry: Entry, export: Export) -> str:
    def name(part: Ref | Cell) -> str:
        return _spell_reference(part, shaped, export)

    def curve(points: Points) -> str:
        made = export.free_name(f"{entry.name} graph")
        export.extra.append(Entry("gf", made, (), (Piece(None, "", points),), entry.group))
        return spell_name(made)

    lookups = {
        key: spell_name(export.names[key])
        for key, other in export.shaped.items()
        if other.role is Role.LOOKUP
    }
    speech = Speech(entry.name, name, curve, lookups, export.macros)
    text = spell(expr, speech)
    return text[1:-1] if text.startswith("(IF ") and _is_one_bracket(text) else text


def _is_one_bracket(text: str) -> bool:
    """Does the bracket that opens at the start close at the end?"""
    depth = 0
    quoted = False
    for position, letter in enumerate(text):
        quoted ^= letter == '"'
        if not quoted:
            depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return position == len(text) - 1
    return False


def _spell_reference(part: Ref | Cell, shaped: Shaped, export: Export) -> str:
    if part.name in CLOCK:
        return CLOCK[part.name]
    name = spell_name(export.names[part.name])
    other = export.shaped[part.name]
    if not other.dims:
        return name
    if isinstance(part, Cell):
        ranges = [export.source.dimensions[d] for d in other.dims]
        places = list(itertools.product(*ranges))[part.position]
        subs = [spell_name(export.elements.get(e, e)) for e in places]
    else:
        subs = [_spell_subscript(sub, export) for sub in part.subs]
    return f"{name}[{', '.join(subs)}]"


def _spell_subscript(sub: Sub, export: Export) -> str:
    return "*" if sub.over else spell_name(export.elements.get(sub.name, sub.name))


# --- stocks and their flows ---------------------------------------------------------------------


def _stock(entry: Entry, shaped: Shaped, equations: Sequence[Equation], export: Export) -> Entry:
    integ = [e for e in shaped.exprs if isinstance(e, Call) and e.function.startswith("integ")]
    if len(integ) != len(shaped.exprs):
        raise InputError(
            Text(f"{entry.name} 只有一部分是存量", f"{entry.name} is a stock in part"),
            shaped.where,
            Text("整个变量都是存量", "a stock in all of it"),
        )
    floor = {e.function for e in integ} == {"integ_nonnegative"}
    rate = _straight(equations, shaped, export)
    entry = _with(entry, tag="stock", non_negative=floor)
    if isinstance(rate, Call):
        start: tuple[Piece, ...] = (Piece(None, _say(rate.args[1], shaped, entry, export)),)
        inflows, outflows = _flows(rate.args[0], shaped, entry, export)
    else:
        start = tuple(_pieces([e.args[1] for e in integ], shaped, entry, export))
        net = tuple(_pieces([e.args[0] for e in integ], shaped, entry, export))
        inflows, outflows = (_own_flow("net flow", net, entry, export),), ()
    return _with(entry, pieces=start, inflows=inflows, outflows=outflows)


def _flows(
    rate: Expr, shaped: Shaped, entry: Entry, export: Export
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Flows into a stock and out of it: one for each term of its rate of change."""
    found: dict[str, list[str]] = {"+": [], "-": []}
    for sign, term in terms_of(rate):
        if isinstance(term, Number) and term.value == 0.0:
            continue
        name = _own_name(term, shaped, sign, export)
        if name is None:
            words = "inflow" if sign == "+" else "outflow"
            pieces = (Piece(None, _say(term, shaped, entry, export)),)
            name = _own_flow(words, pieces, entry, export)
        found[sign].append(name)
    return tuple(found["+"]), tuple(found["-"])


def _own_name(term: Expr, shaped: Shaped, sign: str, export: Export) -> str | None:
    """Name of the variable that a term is, where it can be a flow by itself."""
    if not isinstance(term, Ref) or term.name not in export.shaped:
        return None
    other = export.shaped[term.name]
    same = tuple(sub.name for sub in term.subs) == shaped.dims == other.dims
    name = export.names[term.name]
    if not same or other.role is not Role.AUXILIARY or name in export.flows[sign]:
        return None
    export.flows[sign].add(name)
    return name


def _own_flow(words: str, pieces: tuple[Piece, ...], entry: Entry, export: Export) -> str:
    """A flow that the model has no name for."""
    name = export.free_name(f"{entry.name} {words}")
    units = f"{entry.units}/{export.model.time.units}" if entry.units else ""
    export.extra.append(Entry("flow", name, entry.dims, pieces, entry.group, units))
    return name


# --- the document -------------------------------------------------------------------------------


def _document(export: Export, entries: Sequence[Entry]) -> Iterator[str]:
    model = export.model
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield f'<xmile version="1.0" xmlns="{NAMESPACE}" xmlns:isee="http://iseesystems.com/XMILE">'
    most = max((len(entry.dims) for entry in entries), default=0)
    yield "<header>"
    if most:
        yield f'\t<options><uses_arrays maximum_dimensions="{most}"/></options>'
    yield f"\t<name>{_text(model.name)}</name>"
    yield "\t<vendor>haihe</vendor>"
    yield '\t<product version="1.0" lang="en">haihe</product>'
    yield "</header>"
    yield from _clock(model)
    yield from _dimensions(model)
    for name in MACROS:
        if name in export.macros:
            yield from _macro(name)
    yield "<model>"
    yield "\t<variables>"
    for entry in entries:
        yield from _variable(entry)
    yield from _groups(entries)
    yield "\t</variables>"
    yield "</model>"
    yield "</xmile>"


def _clock(model: Model) -> Iterator[str]:
    time = model.time
    step = spell_number(time.save_step)
    yield (
        f"<sim_specs method={_quoted(time.method)} time_units={_quoted(time.units)}"
        f' isee:save_interval="{step}">'
    )
    for tag, value in (("start", time.start), ("stop", time.stop), ("dt", time.step)):
        yield f"\t<{tag}>{spell_number(value)}</{tag}>"
    yield "</sim_specs>"


def _dimensions(model: Model) -> Iterator[str]:
    if not model.dimensions:
        return
    yield "<dimensions>"
    for dimension in model.dimensions.values():
        elements = "".join(f"<elem name={_quoted(e)}/>" for e in dimension.elements)
        yield f"\t<dim name={_quoted(dimension.name)}>{elements}</dim>"
    yield "</dimensions>"


def _macro(name: str) -> Iterator[str]:
    parameters, equation = MACROS[name]
    listed = "".join(f"<parm>{parameter}</parm>" for parameter in parameters)
    yield f"<macro name={_quoted(name)}>{listed}<eqn>{_text(equation)}</eqn></macro>"


def _variable(entry: Entry) -> Iterator[str]:
    curve = entry.pieces[0].graph if entry.tag == "gf" else None
    kind = f' type="{_graph_kind(curve)}"' if curve else ""
    yield f"\t\t<{entry.tag} name={_quoted(entry.name)}{kind}>"
    if entry.doc:
        yield f"\t\t\t<doc>{_text(entry.doc)}</doc>"
    if entry.dims:
        listed = "".join(f"<dim name={_quoted(dim)}/>" for dim in entry.dims)
        yield f"\t\t\t<dimensions>{listed}</dimensions>"
    if curve:
        yield "\t\t\t" + _points(curve)
    else:
        for piece in entry.pieces:
            yield from _piece_lines(piece)
    for tag, flows in (("inflow", entry.inflows), ("outflow", entry.outflows)):
        for flow in flows:
            yield f"\t\t\t<{tag}>{_text(spell_name(flow))}</{tag}>"
    if entry.non_negative:
        yield "\t\t\t<non_negative/>"
    if entry.units:
        yield f"\t\t\t<units>{_text(entry.units)}</units>"
    low, high = entry.limits
    ends = (("min", low), ("max", high))
    limits = "".join(f' {end}="{spell_number(v)}"' for end, v in ends if v is not None)
    if limits:
        yield f"\t\t\t<range{limits}/>"
    yield f"\t\t</{entry.tag}>"


def _piece_lines(piece: Piece) -> Iterator[str]:
    lines = [f"<eqn>{_text(piece.text)}</eqn>"] if piece.text else []
    if piece.graph is not None:
        lines += _graph(piece.graph)
    if piece.elements is None:
        yield from (f"\t\t\t{line}" for line in lines)
        return
    place = _quoted(", ".join(piece.elements))
    yield f"\t\t\t<element subscript={place}>{''.join(lines)}</element>"


def _graph(points: Points) -> list[str]:
    return [f'<gf type="{_graph_kind(points)}">{_points(points)}</gf>']


def _graph_kind(points: Points) -> str:
    if points.mode not in _GRAPHS:
        raise InputError(
            Text(
                f"以 {points.mode} 方式读取的曲线不能写成 XMILE",
                f"a curve that is read as {points.mode} cannot be written as XMILE",
            )
        )
    return _GRAPHS[points.mode]


def _points(points: Points) -> str:
    x, y = (",".join(map(spell_number, row)) for row in (points.x, points.y))
    return f"<xpts>{x}</xpts><ypts>{y}</ypts>"


def _groups(entries: Sequence[Entry]) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for entry in entries:
        if entry.group:
            groups.setdefault(entry.group, []).append(entry.name)
    for group, names in groups.items():
        yield f"\t\t<group name={_quoted(group)}>"
        yield from (f"\t\t\t<entity name={_quoted(name)}/>" for name in names)
        yield "\t\t</group>"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("�", text))


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("�", text))
