"""haihe: a system-dynamics scenario simulator for a city's green transition.

    import haihe

    model = haihe.read_model("models/tianjin/tianjin.mdl")
    results = haihe.simulate(model, ["scenarios/plan.yaml", "scenarios/frozen-2021.yaml"])

Names are loaded when they are first used, so `import haihe` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from haihe.errors import InputError, InputErrors
    from haihe.model.catalogue import load_catalogue
    from haihe.model.find import find_variable
    from haihe.model.lint import lint_model
    from haihe.model.translate import read_model
    from haihe.results.export import write_csv, write_netcdf
    from haihe.results.store import open_results, write_results
    from haihe.run.simulate import simulate
    from haihe.scenario.load import load_scenario

__version__ = "0.1.0"

__all__ = [
    "InputError",
    "InputErrors",
    "__version__",
    "find_variable",
    "lint_model",
    "load_catalogue",
    "load_scenario",
    "open_results",
    "read_model",
    "simulate",
    "write_csv",
    "write_netcdf",
    "write_results",
]

_PLACES = {
    "InputError": "haihe.errors",
    "InputErrors": "haihe.errors",
    "find_variable": "haihe.model.find",
    "lint_model": "haihe.model.lint",
    "load_catalogue": "haihe.model.catalogue",
    "load_scenario": "haihe.scenario.load",
    "open_results": "haihe.results.store",
    "read_model": "haihe.model.translate",
    "simulate": "haihe.run.simulate",
    "write_csv": "haihe.results.export",
    "write_netcdf": "haihe.results.export",
    "write_results": "haihe.results.store",
}


def __getattr__(name: str) -> Any:
    """Load a public name (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module 'haihe' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
