"""What an XMILE file holds, as frozen values: before modules are flattened."""

from __future__ import annotations

from dataclasses import dataclass

from haihe.model.types import canonical_name

CLOCK = {
    "initial time": "INITIAL TIME",
    "final time": "FINAL TIME",
    "time step": "TIME STEP",
    "saveper": "SAVEPER",
}
"""Names of the model's own clock in Vensim, which converted files carry along."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text of the file and where it begins."""

    text: str
    line: int

    def line_at(self, position: int) -> int:
        """Line of a position in the text."""
        return self.line + self.text.count("\n", 0, position)


@dataclass(frozen=True, slots=True)
class Graph:
    """A graphical function."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    kind: str
    """As the translator names it: "interpolate", "extrapolate" or "hold_backward"."""
    line: int


@dataclass(frozen=True, slots=True)
class Part:
    """An equation of a variable: of all of it, or of the elements that are named."""

    subscripts: tuple[str, ...] | None
    equation: Written | None
    graph: Graph | None
    line: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A stock, a flow, an auxiliary or a graphical function."""

    kind: str
    """"stock", "flow", "aux" or "gf"."""
    name: str
    line: int
    dims: tuple[str, ...]
    parts: tuple[Part, ...]
    inflows: tuple[Written, ...] = ()
    outflows: tuple[Written, ...] = ()
    non_negative: bool = False
    is_input: bool = False
    units: str = ""
    doc: str = ""
    limits: tuple[float | None, float | None] = (None, None)
    group: str = ""

    @property
    def key(self) -> str:
        """Its name, folded."""
        return canonical_name(self.name)


@dataclass(frozen=True, slots=True)
class Connect:
    """What an input of a module reads."""

    to: str
    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Module:
    """A place where another model stands."""

    name: str
    connects: tuple[Connect, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Submodel:
    """A `<model>`."""

    name: str
    variables: tuple[Variable, ...]
    modules: tuple[Module, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Macro:
    """A `<macro>`: a function that the file defines."""

    name: str
    parameters: tuple[tuple[str, Written | None], ...]
    """Names, each with its default."""
    equation: Written
    variables: tuple[Variable, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Clock:
    """Start, stop and steps of a run, and how stocks are integrated."""

    start: float
    stop: float
    step: float
    save_step: float | None
    units: str
    method: str
    line: int


@dataclass(frozen=True, slots=True)
class File:
    """All of it."""

    clock: Clock
    dimensions: tuple[tuple[str, tuple[str, ...], int], ...]
    """Name, elements and line of each."""
    models: tuple[Submodel, ...]
    macros: tuple[Macro, ...]
