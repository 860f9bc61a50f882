"""Small studies of functions whose answers are known, laid out as a store is."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import xarray as xr

ISHIGAMI_FIRST = (0.3138, 0.4424, 0.0)
ISHIGAMI_TOTAL = (0.5576, 0.4424, 0.2436)
"""For a = 7, b = 0.1; Homma and Saltelli (1996), doi:10.1016/0951-8320(96)00002-6."""


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def sobol_g(x: np.ndarray, a: np.ndarray) -> np.ndarray:
    return np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=1)


def sobol_g_indices(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and total indices of the G function; Saltelli, Sobol' (1995)."""
    parts = 1 / (3 * (1 + a) ** 2)
    whole = np.prod(1 + parts) - 1
    total = np.array([p * np.prod(1 + np.delete(parts, i)) for i, p in enumerate(parts)])
    return parts / whole, total / whole


def make_study(
    inputs: np.ndarray,
    outcomes: dict[str, np.ndarray],
    *,
    design: str = "latin-hypercube",
    years: Sequence[float] = (2025.0, 2030.0),
    names: Sequence[str] = (),
    scenario: Sequence[str] | None = None,
    status: Sequence[str] | None = None,
    roles: Sequence[str] = (),
) -> xr.Dataset:
    """A study's Dataset from inputs (member, factor) and outcomes (member,) or (member, time)."""
    count, factors = inputs.shape
    names = names or [f"x{i + 1}" for i in range(factors)]
    roles = roles or ["parameter"] * factors
    data: dict[str, object] = {}
    for i, name in enumerate(names):
        attrs = {
            "kind": "input",
            "factor": name,
            "role": roles[i],
            "units": "Dmnl",
            "long_name": name,
            "title_zh": f"因素{name}",
            "title_en": f"Factor {name}",
            "distribution": json.dumps({"kind": "uniform"}),
        }
        data[f"input: {name}"] = ("member", inputs[:, i], attrs)
    for name, values in outcomes.items():
        full = values if values.ndim == 2 else np.repeat(values[:, None], len(years), axis=1)
        attrs = {"kind": "auxiliary", "units": "Mt/Year", "long_name": name}
        data[name] = (("member", "time"), full, attrs)
    coords = {
        "member": np.arange(count),
        "time": list(years),
        "scenario": ("member", np.asarray(scenario or ["plan"] * count, dtype=np.str_)),
        "status": ("member", np.asarray(status or [""] * count, dtype=np.str_)),
    }
    return xr.Dataset(data, coords, {"format": "haihe study 1", "design": design})


def saltelli(bounds: Sequence[tuple[float, float]], base: int, seed: int, second: bool = False):
    """A Saltelli design of SALib, (member, factor)."""
    from SALib.sample import sobol

    problem = {
        "num_vars": len(bounds),
        "names": [f"x{i + 1}" for i in range(len(bounds))],
        "bounds": [list(b) for b in bounds],
    }
    return sobol.sample(problem, base, calc_second_order=second, seed=seed)
