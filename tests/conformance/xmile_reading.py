"""XMILE files as PySD's own translator reads them: a second opinion on our reading."""

from __future__ import annotations

from pathlib import Path

from engine_reference import Values, run_engine

from haihe.model.assemble import assemble
from haihe.model.scan import Definition
from haihe.model.translate import Translation, closed_doors, read_model
from haihe.model.types import Kind, Model

XMILE_MODELS = Path(__file__).parent / "models_xmile"
PAIRS = XMILE_MODELS / "pairs"
SUFFIXES = (".xmile", ".stmx", ".itmx", ".xml")
FILES = sorted(path.name for path in XMILE_MODELS.iterdir() if path.suffix in SUFFIXES)


def read_by_pysd(path: Path) -> Model:
    """A model as PySD's translator of XMILE has it."""
    with closed_doors():
        from pysd.builders.python.python_functions import functionspace
        from pysd.translators.xmile.xmile_file import XmileFile

        file = XmileFile(path)
        file.parse()
        abstract = file.get_abstract_model()
    places = [
        Definition(f'"{e.name}" = 0', "", (None, None), "", "", "", 1, 1)
        for e in abstract.sections[0].elements
    ]
    return assemble(
        Translation(path, abstract, (tuple(places),), (), (), frozenset(functionspace), "euler")
    )


def values_of(name: str, backend: str = "numpy") -> Values:
    """Every variable (time, *dims) of a file in the engine."""
    return run_engine(read_model(XMILE_MODELS / name), backend)


def plain_names(model: Model) -> list[str]:
    """Variables that have values."""
    return [v.name for v in model.variables.values() if v.kind is not Kind.LOOKUP]
