"""Random stock-and-flow models, printed as Vensim files.

A model has one to four stocks, up to eight auxiliaries, up to two dimensions, functions from the
engine's table and a share of arguments that are not safe (a division by what may be zero, the
logarithm of what may be negative). A variable reads stocks, constants, time, and the auxiliaries
before it, so there are no loops within a step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

DIMS = {"row": ("r1", "r2"), "col": ("c1", "c2", "c3")}
NUMBERS = ("0.5", "2", "3", "0.1", "7", "1.25")


@dataclass
class Drawn:
    """The model so far."""

    names: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Variables that may be read, with their dimensions."""
    lines: list[str] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)


def subscripted(name: str, dims: tuple[str, ...]) -> str:
    return f"{name}[{', '.join(dims)}]" if dims else name


@st.composite
def atom(draw: st.DrawFn, model: Drawn, dims: tuple[str, ...]) -> str:
    """A number, Time, or a variable whose dimensions are all at hand."""
    choices = [subscripted(n, d) for n, d in model.names if set(d) <= set(dims)]
    return draw(st.sampled_from([*choices, *choices, *NUMBERS, "Time"]))


@st.composite
def expression(draw: st.DrawFn, model: Drawn, dims: tuple[str, ...], depth: int) -> str:
    """An expression over these dimensions."""
    if depth == 0:
        return draw(atom(model, dims))
    part = expression(model, dims, depth - 1)
    kind = draw(st.sampled_from(KINDS))
    if kind == "sum":
        return draw(reduction(model, dims, depth))
    if kind == "lookup" and not model.lookups:
        kind = "max"
    form = FORMS[kind]
    args = [draw(part) for _ in range(form.count("{}"))]
    text = form.format(*args)
    return text.replace("@", draw(st.sampled_from(model.lookups))) if kind == "lookup" else text


FORMS = {
    "add": "({} + {})",
    "sub": "({} - {})",
    "mul": "({} * {})",
    "scaled": "(0.3 * {})",
    "safe div": "({} / (1 + ABS({})))",
    "div": "({} / ({} + 0.37))",
    "zidz": "ZIDZ({}, {})",
    "xidz": "XIDZ({}, {}, 2)",
    "min": "MIN({}, {})",
    "max": "MAX({}, {})",
    "if": "IF THEN ELSE({} > {} + 0.123, {}, {})",
    "both": "IF THEN ELSE({} > 0.71 :AND: {} < 2.93, {}, 1)",
    "exp": "EXP(-ABS({}) / 10)",
    "ln": "LN(1 + ABS({}))",
    "unsafe ln": "LN({} + 2.7)",
    "sqrt": "SQRT(ABS({}))",
    "sin": "SIN({})",
    "tanh": "TANH({} / 5)",
    "power": "((1 + ABS({})) ^ 0.7)",
    "square": "(SIN({}) ^ 2)",
    "lookup": "@({})",
    "inline": "WITH LOOKUP({}, ((-5,2),(0,1),(3,4),(9,0)))",
    "step": "({} + STEP(2, 3))",
    "ramp": "({} + RAMP(0.5, 1, 4))",
    "pulse": "({} * PULSE(2, 2))",
    "negative": "(-{})",
    "sum": "",
}
KINDS = sorted(FORMS)


@st.composite
def reduction(draw: st.DrawFn, model: Drawn, dims: tuple[str, ...], depth: int) -> str:
    """A function over a dimension that is not at hand yet."""
    free = [d for d in DIMS if d not in dims]
    if not free:
        return draw(expression(model, dims, depth - 1))
    dim = draw(st.sampled_from(free))
    over = [(n, d) for n, d in model.names if dim in d and set(d) <= {*dims, dim}]
    if not over:
        return draw(expression(model, dims, depth - 1))
    name, own = draw(st.sampled_from(over))
    marked = tuple(d + "!" if d == dim else d for d in own)
    function = draw(st.sampled_from(["SUM", "VMIN", "VMAX"]))
    factor = draw(st.sampled_from(NUMBERS))
    return f"{function}({subscripted(name, marked)} * {factor})"


some_dims = st.sampled_from([(), (), ("row",), ("col",), ("row", "col")])
STATES = (
    "SMOOTH({}, 2)",
    "SMOOTH3I({}, 3, 1)",
    "DELAY1({}, 2.5)",
    "DELAY3I({}, 3, 0.5)",
    "DELAY FIXED({}, 1.5, 0.25)",
    "SAMPLE IF TRUE({} > 0.517, Time, 3)",
    "INITIAL({})",
    "TREND({}, 3, 0.01)",
    "FORECAST({}, 3, 2)",
)


@st.composite
def vensim_models(draw: st.DrawFn) -> str:
    """Text of a whole model."""
    model = Drawn()
    model.lines += [f"{name}: {', '.join(elements)}" for name, elements in DIMS.items()]
    for i in range(draw(st.integers(1, 3))):
        dims = draw(some_dims)
        model.lines.append(f"{subscripted(f'k{i}', dims)} = {draw(_constant(dims))}")
        model.names.append((f"k{i}", dims))
    for i in range(draw(st.integers(0, 2))):
        points = draw(st.lists(st.integers(-4, 8), min_size=2, max_size=5, unique=True))
        pairs = ",".join(f"({x},{draw(st.sampled_from(NUMBERS))})" for x in sorted(points))
        model.lines.append(f"table{i}({pairs})")
        model.lookups.append(f"table{i}")
    stocks = [(f"s{i}", draw(some_dims)) for i in range(draw(st.integers(1, 4)))]
    model.names += stocks
    for i in range(draw(st.integers(0, 8))):
        dims = draw(some_dims)
        text = draw(expression(model, dims, draw(st.integers(1, 3))))
        if draw(st.integers(0, 3)) == 0:
            text = draw(st.sampled_from(STATES)).format(text)
        model.lines.append(f"{subscripted(f'a{i}', dims)} = {text}")
        model.names.append((f"a{i}", dims))
    for name, dims in stocks:
        rate = draw(expression(model, dims, 2))
        start = draw(
            st.sampled_from(
                [
                    *NUMBERS,
                    *(
                        subscripted(n, d)
                        for n, d in model.names
                        if n.startswith("k") and set(d) <= set(dims)
                    ),
                ]
            )
        )
        own = subscripted(name, dims)
        model.lines.append(f"{own} = INTEG(0.2 * TANH({rate}) - 0.1 * {own}, {start})")
    model.lines += ["INITIAL TIME = 0", "FINAL TIME = 6", "TIME STEP = 0.5", "SAVEPER = 1"]
    return "{UTF-8}\n" + "\n".join(f"{line} ~~|" for line in model.lines)


@st.composite
def _constant(draw: st.DrawFn, dims: tuple[str, ...]) -> str:
    rows = [len(DIMS[d]) for d in dims]
    if not rows:
        return draw(st.sampled_from(NUMBERS))
    row = [
        ", ".join(draw(st.sampled_from(NUMBERS)) for _ in range(rows[-1]))
        for _ in range(rows[0] if len(rows) == 2 else 1)
    ]
    return "; ".join(row) + (";" if len(rows) == 2 else "")
