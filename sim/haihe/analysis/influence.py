"""What the headline results hang on: every parameter moved by itself, all of them in one batch.

Each number of the model that is no lever goes to the low and to the high end of the range that its
table gives, and, apart from that, a tenth down and a tenth up. Where a table gives no range the
tenth stands for it. Definitions (selectors, switches, scales of one) are no quantities and stay.
One number is moved at a time, so that what two of them do together is not seen, and shares that
ought to sum to one do not while one is moved.

A parameter's weight is its share of what all of them do: the square of its swing over the sum of
the squares, for each headline outcome, then averaged over the outcomes. So an outcome near zero
counts no more than any other.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from haihe.errors import InputError, Location
from haihe.model.catalogue import Catalogue, Outcome
from haihe.model.clock import saved_times
from haihe.model.find import find_variable
from haihe.model.parameters import Parameter, collect_parameters
from haihe.model.types import FloatArray, Model, canonical_name
from haihe.project import show_path
from haihe.scenario.values import Batch, Scenario
from haihe.text import Text

FILE = "influence.csv"
"""Where the table lies in a model's folder."""
FIRST, LAST = 2025.0, 2060.0
"""Years that are looked at [Year]."""
TENTH = 0.1
DEFINITION = "definition"
"""Source of a number that is none."""
BLOCK = 256
"""Members that are run at once, so that memory stays small [member]."""
_HEAD = ("name", "element", "grade", "weight", "reason")
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Influence:
    """What one parameter does to the headline outcomes."""

    name: str
    element: tuple[str, ...]
    grade: str
    weight: float
    """Average share of what all parameters do to the headline outcomes, 0 to 1."""
    swings: Mapping[str, float]
    """By outcome: mean distance of the two ends over the mean of the outcome, 2025 to 2060."""
    elasticities: Mapping[str, float]
    """By outcome: relative change of its mean by one of the parameter, from a tenth up and down."""
    reason: str = ""
    """Why it has no weight: "definition", "zero" (without a range), "failed" (no finite numbers);
    empty where it was moved."""

    @property
    def leading(self) -> str:
        """The outcome that reacts most; empty where none does."""
        moved = {name: swing for name, swing in self.swings.items() if swing > 0.0}
        return max(moved, key=lambda name: moved[name]) if moved else ""


@dataclass(frozen=True, slots=True)
class InfluenceTable:
    """Influences of all parameters, the weightiest first."""

    rows: tuple[Influence, ...]
    digest: str
    """Of the model with its data, and of the scenario: `influence_digest`."""
    scenario: str


def influence_digest(model: Model, scenario: Scenario) -> str:
    """What a table of influences was computed from."""
    text = "\0".join(("haihe influence 1", model.digest, scenario.digest))
    return hashlib.sha256(text.encode()).hexdigest()


# --- computing ----------------------------------------------------------------------------------


def measure_influence(model: Model, catalogue: Catalogue, scenario: Scenario) -> InfluenceTable:
    """Move every parameter by itself and see what the headline outcomes do.

    Raises
    ------
    InputErrors
        Where the scenario or the engine does not fit the model.
    """
    found = collect_parameters(model, catalogue, model.path.parent / "data")
    parameters = [one for one in found if not is_definition(one)]
    outcomes = {short: one for short, one in catalogue.outcomes.items() if one.headline}
    ends = np.array([_ends(parameter) for parameter in parameters])
    means = _run(model, catalogue, scenario, parameters, ends, outcomes)
    base, moved = means[0], means[1:].reshape(len(parameters), 4, -1)
    with np.errstate(all="ignore"):
        swings = np.abs(moved[:, 1] - moved[:, 0]) / np.abs(base)
        tenths = (moved[:, 3] - moved[:, 2]) / base / (2.0 * TENTH)
    fine = np.asarray(np.isfinite(moved).all(axis=(1, 2)))
    weights = _weigh(np.where(fine[:, None], swings, 0.0))
    rows = [
        Influence(
            parameter.name,
            parameter.element,
            parameter.grade,
            float(weights[k]),
            _by_outcome(outcomes, swings[k]),
            _by_outcome(outcomes, tenths[k]),
            _reason(ends[k], parameter, bool(fine[k])),
        )
        for k, parameter in enumerate(parameters)
    ]
    rows += [_unmoved(one, outcomes) for one in found if is_definition(one)]
    rows.sort(key=lambda row: -row.weight)
    return InfluenceTable(tuple(rows), influence_digest(model, scenario), scenario.id)


def is_definition(parameter: Parameter) -> bool:
    """Does a number say what is meant, rather than how things are?"""
    return parameter.source.strip().casefold() == DEFINITION


def _unmoved(parameter: Parameter, outcomes: Mapping[str, Outcome]) -> Influence:
    still = dict.fromkeys(outcomes, 0.0)
    place = (parameter.name, parameter.element, parameter.grade)
    return Influence(*place, 0.0, still, still, DEFINITION)


def _ends(parameter: Parameter) -> tuple[float, float, float, float]:
    """Low and high end of the range, then a tenth down and up."""
    down, up = parameter.value * (1.0 - TENTH), parameter.value * (1.0 + TENTH)
    graded = parameter.file.partition(":")[0].endswith(".csv")
    low = parameter.low if graded and parameter.low is not None else down
    high = parameter.high if graded and parameter.high is not None else up
    return low, high, down, up


def _reason(ends: FloatArray, parameter: Parameter, fine: bool) -> str:
    if not fine:
        return "failed"
    return "zero" if ends[0] == ends[1] == parameter.value else ""


def _weigh(swings: FloatArray) -> FloatArray:
    """Average share (parameter,) of swings (parameter, outcome)."""
    squares = np.nan_to_num(swings, nan=0.0, posinf=0.0) ** 2
    total = squares.sum(axis=0)
    shares = np.divide(squares, total, out=np.zeros_like(squares), where=total > 0.0)
    return np.asarray(shares[:, total > 0.0].mean(axis=1))


def _by_outcome(outcomes: Mapping[str, Outcome], values: FloatArray) -> dict[str, float]:
    pairs = zip(outcomes, values, strict=True)
    return {short: float(value) if np.isfinite(value) else 0.0 for short, value in pairs}


def _run(
    model: Model,
    catalogue: Catalogue,
    scenario: Scenario,
    parameters: Sequence[Parameter],
    ends: FloatArray,
    outcomes: Mapping[str, Outcome],
) -> FloatArray:
    """Mean of each outcome over the years (member, outcome): the scenario, then four for each."""
    from haihe.run.compiled import CompiledBackend
    from haihe.scenario.design import build_batch

    base = build_batch(model, catalogue, [scenario])
    names = [find_variable(model, one.variable).name for one in outcomes.values()]
    times = saved_times(base.time)
    years = (times >= FIRST) & (times <= LAST)
    places = [(find_variable(model, p.name).name, _place(model, p)) for p in parameters]
    varied = dict.fromkeys(name for name, _ in places)
    total = 1 + 4 * len(parameters)
    found = []
    for start in range(0, total, BLOCK):
        count = min(BLOCK, total - start)
        batch = _block(model, base, varied, start, count)
        for row in range(count):
            if number := start + row:
                which, end = divmod(number - 1, 4)
                name, place = places[which]
                batch.constants[name][(row, *place)] = ends[which, end]
        values = CompiledBackend(first=0).run(model, batch, list(dict.fromkeys(names)))
        found.append(np.stack([_mean(values[name][:, years]) for name in names], axis=1))
    return np.concatenate(found)


def _mean(values: FloatArray) -> FloatArray:
    """Mean size of an outcome (member, time, *dims) over years and elements (member,)."""
    return np.asarray(values.reshape(len(values), -1).mean(axis=1))


def _place(model: Model, parameter: Parameter) -> tuple[int, ...]:
    """Where an element stands in its variable."""
    variable = find_variable(model, parameter.name)
    found = []
    for dim, element in zip(variable.dims, parameter.element, strict=True):
        elements = [canonical_name(e) for e in model.dimensions[dim].elements]
        found.append(elements.index(canonical_name(element)))
    return tuple(found)


def _block(model: Model, base: Batch, varied: Mapping[str, None], start: int, count: int) -> Batch:
    """Members of the scenario alone, with room for what is moved."""
    constants = {n: np.repeat(values, count, axis=0) for n, values in base.constants.items()}
    for name in varied:
        default = model.variables[name].default
        if name not in constants and default is not None:
            constants[name] = np.repeat(default[None], count, axis=0)
    return Batch(
        members=tuple(str(start + k) for k in range(count)),
        constants=constants,
        series={n: (y, np.repeat(v, count, axis=0)) for n, (y, v) in base.series.items()},
        initial={n: np.repeat(v, count, axis=0) for n, v in base.initial.items()},
        time=base.time,
    )


# --- the table ----------------------------------------------------------------------------------


def write_influence(table: InfluenceTable, model: Model) -> str:
    """A table as the text of a CSV file."""
    outcomes = list(table.rows[0].swings) if table.rows else []
    stream = io.StringIO()
    stream.write(f"# digest {table.digest}\n")
    stream.write(f"# `haihe model influence --write`; model {model.name}, {table.scenario}\n")
    writer = csv.writer(stream, lineterminator="\n")
    heads = [f"{short}: {what}" for short in outcomes for what in ("swing", "elasticity")]
    writer.writerow([*_HEAD, *heads])
    for row in table.rows:
        cells = [
            _short(found[short]) for short in outcomes for found in (row.swings, row.elasticities)
        ]
        writer.writerow(
            [row.name, "|".join(row.element), row.grade, f"{row.weight:.3g}", row.reason, *cells]
        )
    return stream.getvalue()


def _short(value: float) -> str:
    """A number with few digits; nothing where nothing can be seen of it."""
    return "" if abs(value) < 1e-5 else f"{value:.{_DIGITS}g}"


def read_influence(path: Path, scenario: str) -> InfluenceTable:
    """Read a table that `write_influence` wrote.

    Raises
    ------
    InputError
        Where it is none.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    shown = show_path(path)
    if not lines or not lines[0].startswith("# digest "):
        raise InputError(
            Text(f"{shown} 不是影响程度表", f"{shown} is no table of influences"),
            Location(shown, 1),
        )
    reader = csv.DictReader(line for line in lines if not line.startswith("#"))
    outcomes = [h.removesuffix(": swing") for h in reader.fieldnames or () if h.endswith(": swing")]
    try:
        rows = tuple(_read_row(row, outcomes) for row in reader)
    except (KeyError, ValueError, AttributeError) as error:
        raise InputError(
            Text(
                f"{shown} 不能作为影响程度表读取：{error}",
                f"{shown} cannot be read as a table of influences: {error}",
            )
        ) from None
    return InfluenceTable(rows, lines[0].removeprefix("# digest ").strip(), scenario)


def _read_row(row: Mapping[str, str], outcomes: Sequence[str]) -> Influence:
    return Influence(
        row["name"],
        tuple(part for part in row["element"].split("|") if part),
        row["grade"],
        float(row["weight"]),
        {short: float(row[f"{short}: swing"] or 0.0) for short in outcomes},
        {short: float(row[f"{short}: elasticity"] or 0.0) for short in outcomes},
        row["reason"],
    )


def find_influence(model: Model, catalogue: Catalogue, scenario: Scenario) -> InfluenceTable:
    """The table that lies beside the model, where it was made from it; else it is made now.

    Raises
    ------
    InputError, InputErrors
        Where the table cannot be read, or the model cannot be run.
    """
    path = model.path.parent / FILE
    if path.is_file():
        table = read_influence(path, scenario.id)
        if table.digest == influence_digest(model, scenario):
            return table
    return measure_influence(model, catalogue, scenario)
