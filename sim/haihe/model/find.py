"""Find a variable by what a person may write for its name."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from haihe.errors import InputError, Location
from haihe.model.types import Model, Variable, canonical_name
from haihe.text import Text


@lru_cache(maxsize=1 << 14)  # every block of a study folds the names of the model again
def fold_name(name: str) -> str:
    """Fold case, width (NFKC), blanks, `-` and `_`, so that `ＣＯ₂` is `co2`."""
    return canonical_name(unicodedata.normalize("NFKC", name).replace("-", " "))


def near_names(name: str, names: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Names that may have been meant, best first."""
    folded: dict[str, str] = {}
    for known in names:
        folded.setdefault(fold_name(known), known)
    near = difflib.get_close_matches(fold_name(name), folded, n=count, cutoff=0.6)
    return tuple(folded[match] for match in near)


def find_variable(model: Model, name: str, where: Location | None = None) -> Variable:
    """Variable of a model, whatever the case and the blanks of its name.

    Raises
    ------
    InputError
        Where the model has no such variable; it says which ones are near.
    """
    if name in model.variables:
        return model.variables[name]
    wanted, wide = canonical_name(name), fold_name(name)
    for known, variable in model.variables.items():
        if canonical_name(known) == wanted or fold_name(known) == wide:
            return variable
    raise InputError(
        Text(f"{model.name} 没有变量 {name}", f"{model.name} has no variable {name}"),
        where,
        suggestions=near_names(name, model.variables),
    )
