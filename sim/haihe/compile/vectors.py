"""Functions over a whole vector, written element by element: sorting, ranking, selecting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from haihe.compile.ir import Call, Expr

if TYPE_CHECKING:
    from haihe.compile.subscripts import Scope

VECTORS: Mapping[str, Callable[[Call, Scope], Expr]] = {}
