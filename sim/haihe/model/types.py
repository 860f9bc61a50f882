"""What a model is, once it has been read: frozen values, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haihe.errors import Location
from haihe.text import Text

FloatArray = NDArray[np.float64]


class Kind(StrEnum):
    """What a variable does in the model."""

    STOCK = "stock"
    FLOW = "flow"
    AUXILIARY = "auxiliary"
    CONSTANT = "constant"
    LOOKUP = "lookup"
    DATA = "data"

    @property
    def words(self) -> Text:
        """What it is called."""
        return KINDS[self]


KINDS: Mapping[Kind, Text] = {
    Kind.STOCK: Text("存量", "stock"),
    Kind.FLOW: Text("流量", "flow"),
    Kind.AUXILIARY: Text("辅助变量", "auxiliary"),
    Kind.CONSTANT: Text("常数", "constant"),
    Kind.LOOKUP: Text("表函数", "lookup"),
    Kind.DATA: Text("数据", "data"),
}


@dataclass(frozen=True, slots=True)
class Dimension:
    """A named axis of the model (Vensim: subscript range)."""

    name: str
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """When the model starts and stops, and how it steps.

    Time is `start + i * step`, never a running sum.
    """

    start: float
    stop: float
    step: float
    save_step: float
    units: str = "Year"
    method: str = "euler"
    """How stocks are integrated: "euler", or "rk4" where an XMILE file asks for it."""


@dataclass(frozen=True, slots=True)
class Points:
    """The points of a lookup: straight lines between them, ends held."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the model, under the name that its author gave it."""

    name: str
    kind: Kind
    dims: tuple[str, ...]
    """Names of its dimensions, outermost first; () for a scalar."""
    units: str
    """Unit as the model writes it."""
    doc: str
    """The author's comment."""
    limits: tuple[float | None, float | None]
    """Least and greatest value that the author allows."""
    group: str
    """The subsystem (Vensim: group) that it stands in."""
    location: Location
    equation: str = ""
    """Right-hand side as written."""
    default: FloatArray | None = None
    """Value of a constant, shape of `dims`; None for everything else."""
    points: Points | None = None
    """Points of a scalar lookup; None for everything else."""


@dataclass(frozen=True, slots=True)
class Model:
    """A translated model: names, shapes and the translator's own tree."""

    name: str
    path: Path
    digest: str
    """SHA-256 over the model file and every data file that it reads."""
    time: TimeAxis
    dimensions: Mapping[str, Dimension]
    variables: Mapping[str, Variable]
    """By name as written, in the order of the file. Look up through `find_variable`."""
    abstract: Any
    """PySD's AbstractModel, mended. Only `compile.lower` and `run.backends` look inside."""
    data_files: tuple[str, ...] = ()
    """Data files that it reads, relative to its folder."""


def canonical_name(name: str) -> str:
    """Fold a name as Vensim does: case, underscores and runs of blanks do not matter."""
    return " ".join(name.replace("_", " ").split()).casefold().strip('"')
