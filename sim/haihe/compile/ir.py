"""The two representations of a model inside the compiler: frozen nodes, no behaviour.

Level one is the equation as its author wrote it: a tree over whole variables. Level two is the
`Program`: one list of scalar operations on numbers, each after the ones that it uses.

Between the two the same trees hold `Cell` in place of `Ref`: one element of one variable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Literal

from haihe.errors import Location
from haihe.model.types import FloatArray, Kind, TimeAxis
from haihe.text import Text

Mode = Literal["interpolate", "extrapolate", "hold_backward", "look_forward", "raw"]
Place = tuple[str, int]
"""A cell: key of a variable, and the position of the element in C order."""


# --- level one: equations -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True, slots=True)
class Array:
    """A table of numbers as written, in C order over the left-hand side."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a lookup or of data; x does not decrease."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    mode: Mode = "interpolate"


@dataclass(frozen=True, slots=True)
class Tables:
    """One lookup for each element of the left-hand side, in C order."""

    points: tuple[Points, ...]


@dataclass(frozen=True, slots=True)
class Sub:
    """One subscript of a reference: a dimension or an element."""

    name: str
    over: bool = False
    """Written with `!`: the function around it runs over the dimension."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a variable."""

    name: str
    subs: tuple[Sub, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A reference to one element of a variable."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of the table in `builtins`, or a function that `expand` takes apart."""

    function: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A lookup read at `arg`."""

    table: Expr
    """Ref, Cell, Points or Given."""
    arg: Expr


@dataclass(frozen=True, slots=True)
class Read:
    """The value of a state."""

    index: int


@dataclass(frozen=True, slots=True)
class Given:
    """A value that comes with each member: "constant", "series", "points" or "initial"."""

    kind: str
    name: str
    position: int


Expr = Number | Array | Points | Tables | Ref | Cell | Call | Lookup | Read | Given


class Role(StrEnum):
    """What an equation defines."""

    CONSTANT = "constant"
    AUXILIARY = "auxiliary"
    STOCK = "stock"
    LOOKUP = "lookup"
    DATA = "data"

    @property
    def words(self) -> Text:
        """What it is called."""
        return Kind(self.value).words


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation: the whole of a variable, or the part that its subscripts name."""

    name: str
    """Name as written."""
    key: str
    """Name as it is compared."""
    subs: tuple[str, ...]
    excepts: tuple[tuple[str, ...], ...]
    role: Role
    expr: Expr
    where: Location | None = None
    text: str = ""
    """Right-hand side as written, for messages only."""


@dataclass(frozen=True, slots=True)
class Macro:
    """Equations that a call copies, with its own arguments."""

    key: str
    params: tuple[str, ...]
    returns: tuple[str, ...]
    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A whole model at level one."""

    dimensions: Mapping[str, tuple[str, ...]]
    """Elements by dimension, both as compared, in the order of the file."""
    mappings: Mapping[str, tuple[str, ...]]
    """Dimensions that a dimension maps to, position by position."""
    equations: Mapping[str, tuple[Equation, ...]]
    """By variable, as compared."""
    macros: Mapping[str, Macro]
    time: TimeAxis
    dims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dimensions of the variables that the model knows."""


# --- between: one expression for each element ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shaped:
    """A variable whose elements stand alone."""

    name: str
    key: str
    role: Role
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    exprs: tuple[Expr, ...]
    """One for each element, in C order."""
    where: Location | None = None
    text: str = ""


class StateKind(StrEnum):
    """How a state goes on."""

    EULER = "euler"
    """s + dt * rate; a step of RK4 where the axis asks for it."""
    NONNEGATIVE = "nonnegative"
    """The same, never below zero."""
    ASSIGN = "assign"
    """The value that the expression had at the end of the last step."""
    PIPE = "pipe"
    """The value that the expression had a given number of steps ago."""


@dataclass(frozen=True, slots=True)
class State:
    """Something that is remembered from one step to the next."""

    owner: Place
    """The cell whose equation asked for it."""
    kind: StateKind
    initial: Expr
    next: Expr
    """Rate for EULER and NONNEGATIVE; value for ASSIGN and PIPE."""
    delay: Expr = field(default_factory=lambda: Number(0.0))
    """Length of a PIPE [unit of time], read once."""


@dataclass(frozen=True, slots=True)
class Elements:
    """A whole model, element by element, with its states taken out."""

    variables: Mapping[str, Shaped]
    states: tuple[State, ...]


# --- level two: the program ---------------------------------------------------------------------


class Level(IntEnum):
    """How often a node must be computed."""

    CONSTANT = 0
    COMMON = 1
    """Once, the same for all members."""
    RUN = 2
    """Once for each member, before the first step."""
    TIME = 3
    """Once for each step, the same for all members."""
    STEP = 4
    """Once for each member and step."""


@dataclass(frozen=True, slots=True)
class Node:
    """One scalar operation. `value` for "const"; `index` for what is read from outside."""

    op: str
    args: tuple[int, ...] = ()
    value: float = 0.0
    index: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """One number that is given for each member."""

    name: str
    key: str
    position: int
    default: float


@dataclass(frozen=True, slots=True)
class Register:
    """A state of the program: which node starts it and which carries it on."""

    kind: StateKind
    initial: int
    next: int
    owner: Place
    delay: int = -1


@dataclass(frozen=True, slots=True)
class Output:
    """A variable that is asked for."""

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    nodes: tuple[int, ...]
    """One for each element, in C order."""


@dataclass(frozen=True, slots=True)
class Input:
    """A variable that is given: constant, series, points of a lookup, or initial value."""

    name: str
    key: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    defaults: FloatArray | None = None
    """Values (*shape) of a constant; None where there is no default."""


@dataclass(frozen=True, slots=True)
class Program:
    """A model ready to be run: nodes in an order in which they can be computed."""

    nodes: tuple[Node, ...]
    levels: tuple[Level, ...]
    tables: tuple[Points, ...]
    slots: tuple[Slot, ...]
    """Constants and initial values that are given for each member."""
    curves: tuple[Place, ...]
    """Cells that are given as a series, in the order of their index."""
    registers: tuple[Register, ...]
    outputs: tuple[Output, ...]
    constants: Mapping[str, Input]
    series: Mapping[str, Input]
    initial: Mapping[str, Input]
    lookups: Mapping[str, Input]
    """Lookups whose points are given, as `series`."""
    time: TimeAxis
    integration: Literal["euler", "rk4"]
    digest: str
    """SHA-256 over everything above that changes a result."""
