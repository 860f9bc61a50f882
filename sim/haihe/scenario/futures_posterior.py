"""Draws of the fitted parameters, as `haihe calibrate` writes them, and more of their kind."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from haihe.errors import InputError, Location, raise_all
from haihe.model.types import FloatArray, Kind, Model
from haihe.project import show_path
from haihe.scenario.uniforms import draw_uniforms, mix_columns, permute
from haihe.text import Text
from haihe.yaml import NUMBER, read_number, read_text

if TYPE_CHECKING:
    pass


_COLUMNS = ("draw", "log_density")


_DIGEST = "digest "


_ALIKE = 1e-4
"""Columns whose ratio varies by less were one number when they were fitted."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Draws of the fitted parameters."""

    columns: tuple[str, ...]
    places: tuple[tuple[str, tuple[int, ...]], ...]
    """By column: variable and index."""
    values: FloatArray
    """(draw, column)."""
    groups: tuple[tuple[int, ...], ...]
    """Columns that were fitted as one number."""
    model_digest: str
    """Of the model that they were fitted with; "" where the file does not say."""


def read_posterior(path: Path, model: Model) -> Posterior:
    """Read a table of draws as `haihe calibrate` writes it.

    Raises
    ------
    InputErrors
        For columns that the model does not have, and cells that are no numbers.
    """
    shown = show_path(path)
    lines = read_text(path).splitlines()
    digest = next((x.split("digest ")[1].strip() for x in lines if _DIGEST in x), "")
    table = [(i, x) for i, x in enumerate(lines, 1) if x.strip() and not x.startswith("#")]
    rows = list(csv.reader(io.StringIO("\n".join(x for _, x in table))))
    if len(rows) < 2:
        raise InputError(
            Text("没有抽样", "holds no draws"),
            Location(shown),
            Text("表头和各行的数", "a header and rows of numbers"),
        )
    kept = [i for i, cell in enumerate(rows[0]) if cell.strip() not in _COLUMNS]
    columns = tuple(rows[0][i].strip() for i in kept)
    errors: list[InputError] = []
    places = tuple(
        _find_column_place(c, model, Location(shown, table[0][0]), errors) for c in columns
    )
    values = np.full((len(rows) - 1, len(kept)), np.nan)
    for row, (cells, (line, _)) in enumerate(zip(rows[1:], table[1:])):
        for column, i in enumerate(kept):
            number = read_number(cells[i].strip()) if i < len(cells) else None
            if number is None:
                name = columns[column]
                problem = Text(f"{name} 缺少数字", f"{name} has no number")
                errors.append(InputError(problem, Location(shown, line), NUMBER))
                continue
            values[row, column] = number
    raise_all(errors[:20])
    return Posterior(columns, places, values, _group_columns(places, values), digest)


def _find_column_place(
    column: str, model: Model, where: Location, errors: list[InputError]
) -> tuple[str, tuple[int, ...]]:
    name, _, rest = column.partition("[")
    elements = [part.strip() for part in rest.rstrip("]").split(",")] if rest else []
    variable = model.variables.get(name)
    if variable is None or variable.kind is not Kind.CONSTANT:
        problem = Text(f"{name} 不是 {model.name} 的常量", f"{name} is no constant of {model.name}")
        errors.append(InputError(problem, where))
        return name, ()
    known = [model.dimensions[dim].elements for dim in variable.dims]
    if len(known) != len(elements) or any(e not in k for e, k in zip(elements, known)):
        problem = Text(f"{column} 不是 {name} 的元素", f"{column} is no element of {name}")
        errors.append(InputError(problem, where))
        return name, ()
    return name, tuple(k.index(e) for e, k in zip(elements, known))


def _group_columns(
    places: Sequence[tuple[str, tuple[int, ...]]], values: FloatArray
) -> tuple[tuple[int, ...], ...]:
    """Columns of one variable that keep their ratio over all draws: they were fitted as one."""
    groups: list[list[int]] = []
    for column, (name, _) in enumerate(places):
        for group in groups:
            if places[group[0]][0] == name and _is_alike(values[:, group[0]], values[:, column]):
                group.append(column)
                break
        else:
            groups.append([column])
    return tuple(tuple(group) for group in groups)


def _is_alike(first: FloatArray, second: FloatArray) -> bool:
    scale = float(first @ second) / max(float(first @ first), 1e-300)
    worst = float(np.max(np.abs(second - scale * first)))
    return worst <= _ALIKE * max(float(np.max(np.abs(second))), 1e-300)


def draw_posterior(posterior: Posterior, start: int, stop: int, seed: int) -> FloatArray:
    """Draws of the fitted parameters (future, column) for futures `start` to `stop`."""
    have = len(posterior.values)
    numbers = np.arange(start, stop)
    dealt = numbers[numbers < have]
    rows = posterior.values[permute(dealt, have, seed, "posterior")]
    if stop <= have:
        return rows
    return np.concatenate([rows, _smooth(posterior, max(start, have), stop, seed)])


def _smooth(posterior: Posterior, start: int, stop: int, seed: int) -> FloatArray:
    """Smoothed bootstrap: no wider than the draws, and with their mean and covariance."""
    from scipy.special import ndtri

    heads = [group[0] for group in posterior.groups]
    points = posterior.values[:, heads]
    have, count = points.shape
    taken = (draw_uniforms(seed, "bootstrap/draw", start, stop) * have).astype(int)
    bandwidth = (4.0 / ((count + 2) * have)) ** (1.0 / (count + 4))
    noise = np.stack(
        [ndtri(draw_uniforms(seed, f"bootstrap/{i}", start, stop)) for i in range(count)], axis=1
    )
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(points, rowvar=False)))
    steps = mix_columns(noise, (vectors * np.sqrt(np.maximum(values, 0.0))).T)
    keep, move = np.sqrt(max(1.0 - bandwidth**2, 0.0)), min(bandwidth, 1.0)
    centre = points.mean(axis=0)
    made = centre + keep * (points[taken] - centre) + move * steps
    made = np.clip(made, points.min(axis=0), points.max(axis=0))
    full = np.empty((stop - start, posterior.values.shape[1]))
    for place, group in enumerate(posterior.groups):
        first = posterior.values[:, group[0]]
        for column in group:
            ratio = float(first @ posterior.values[:, column]) / max(float(first @ first), 1e-300)
            full[:, column] = made[:, place] * ratio
    return full
