"""Which inputs differ: settings of two scenarios, equations and data of two models."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from haihe.errors import Location
from haihe.model.catalogue import Catalogue
from haihe.model.find import fold_name
from haihe.model.types import Kind, Model, Variable, canonical_name
from haihe.results.comparison import InputChange
from haihe.scenario.settings import read_default
from haihe.scenario.values import Role, Scenario, Setting, Trajectory
from haihe.text import Text
from haihe.units import convert

SHOWN = 4
"""Elements that are told one by one."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared."""

    label: str
    title: Text
    model: Model
    catalogue: Catalogue
    scenario: Scenario | None
    """None: the model as it stands; for results, nobody knows what they were made of."""


def compare_inputs(a: Side, b: Side) -> tuple[InputChange, ...]:
    """Everything that was given and differs."""
    found = list(compare_settings(a, b))
    found += compare_time(a, b)
    if a.model.digest != b.model.digest:
        found += compare_models(a.model, b.model)
    return tuple(found)


# --- scenarios ----------------------------------------------------------------------------------

Place = tuple[Role, str]


def settings_by_name(scenario: Scenario | None) -> dict[Place, dict[tuple[str, ...], Setting]]:
    """Settings of a scenario by role and variable, then by element."""
    found: dict[Place, dict[tuple[str, ...], Setting]] = {}
    for setting in scenario.settings if scenario is not None else ():
        found.setdefault((setting.role, setting.name), {})[setting.element] = setting
    return found


def compare_settings(a: Side, b: Side) -> Iterator[InputChange]:
    """Settings that differ; one that says what the model has anyway is no difference."""
    ours, theirs = settings_by_name(a.scenario), settings_by_name(b.scenario)
    for place in dict.fromkeys([*theirs, *ours]):
        one, other = ours.get(place, {}), theirs.get(place, {})
        elements = [
            e
            for e in dict.fromkeys([*other, *one])
            if not same_value(
                _value(one.get(e), place, e, a.model), _value(other.get(e), place, e, b.model)
            )
        ]
        if elements:
            yield _tell(place, elements, one, other, a, b)


def same_value(one: float | Trajectory, other: float | Trajectory) -> bool:
    """Whether two settings say the same; what no model has (NaN) is the same as itself."""
    if isinstance(one, Trajectory) or isinstance(other, Trajectory):
        return one == other
    return one == other or (np.isnan(one) and np.isnan(other))


def _value(
    setting: Setting | None, place: Place, element: tuple[str, ...], model: Model
) -> float | Trajectory:
    if setting is not None:
        return setting.value
    variable = model.variables.get(place[1])
    return float("nan") if variable is None else read_default(variable, element, model)


def _tell(
    place: Place,
    elements: Sequence[tuple[str, ...]],
    one: Mapping[tuple[str, ...], Setting],
    other: Mapping[tuple[str, ...], Setting],
    a: Side,
    b: Side,
) -> InputChange:
    role, name = place
    unit, title = _words(name, b)
    own = (b.model.variables.get(name) or a.model.variables[name]).units or "Dmnl"
    values = [_value(one.get(e), place, e, a.model) for e in elements]
    others = [_value(other.get(e), place, e, b.model) for e in elements]
    return InputChange(
        name=name,
        title=title,
        kind=str(role),
        unit=unit,
        a=_show_all(elements, values, own, unit),
        b=_show_all(elements, others, own, unit),
        where_a=_origin(one, elements),
        where_b=_origin(other, elements),
    )


def _words(name: str, side: Side) -> tuple[str, Text]:
    """Unit for people and title of a lever or a driver; the model's own words for all else."""
    for entries in (side.catalogue.levers, side.catalogue.drivers):
        for key, entry in entries.items():
            if fold_name(key) == fold_name(name):
                return entry.shown, entry.title
    variable = side.model.variables.get(name)
    return (variable.units or "Dmnl") if variable is not None else "", Text(name, name)


def _show_all(
    elements: Sequence[tuple[str, ...]],
    values: Sequence[float | Trajectory],
    units: str,
    shown: str,
) -> str:
    words = [show_value(value, units, shown) for value in values]
    if len(set(words)) == 1:
        return words[0]
    told = [f"{', '.join(e)}: {word}" for e, word in zip(elements, words, strict=True)]
    return "; ".join(told[:SHOWN]) + (f" … ({len(told)})" if len(told) > SHOWN else "")


def show_value(value: float | Trajectory, units: str, shown: str) -> str:
    """A value in the unit for people."""
    if isinstance(value, Trajectory):
        points = [
            f"{year:g}: {convert(v, units, shown):.6g}"
            for year, v in zip(value.years, value.values, strict=True)
        ]
        middle = [] if len(points) <= SHOWN else [f"… ({len(points)})"]
        return (
            ", ".join([*points[: SHOWN - 1], *middle, points[-1]]) if middle else ", ".join(points)
        )
    return "–" if np.isnan(value) else f"{convert(value, units, shown):.6g}"


def _origin(
    settings: Mapping[tuple[str, ...], Setting], elements: Sequence[tuple[str, ...]]
) -> str:
    found = next((settings[e].origin for e in elements if e in settings), None)
    return "" if found is None else show_place(found)


def show_place(where: Location) -> str:
    """file:line."""
    return f"{where.file}:{where.line}" if where.line else where.file


def compare_time(a: Side, b: Side) -> Iterator[InputChange]:
    """Time axes that differ."""
    one = (a.scenario.time if a.scenario else None) or a.model.time
    other = (b.scenario.time if b.scenario else None) or b.model.time
    if one != other:
        words = [f"{t.start:g}–{t.stop:g}, {t.step:g}, {t.save_step:g}" for t in (one, other)]
        places = [str(s.scenario.origin) if s.scenario else "" for s in (a, b)]
        title = Text("时间轴", "Time axis")
        yield InputChange(
            "time", title, "time", one.units, words[0], words[1], places[0], places[1]
        )


# --- models -------------------------------------------------------------------------------------


def compare_models(one: Model, other: Model) -> Iterator[InputChange]:
    """Variables and data that differ between two versions of a model."""
    ours = {canonical_name(n): v for n, v in one.variables.items()}
    theirs = {canonical_name(n): v for n, v in other.variables.items()}
    for key in dict.fromkeys([*ours, *theirs]):
        if key not in theirs:
            yield _change(ours[key], None, "removed", ours[key].equation, "")
        elif key not in ours:
            yield _change(None, theirs[key], "added", "", theirs[key].equation)
        else:
            yield from _compare_variables(ours[key], theirs[key])
    yield from compare_files(one, other)


def _compare_variables(one: Variable, other: Variable) -> Iterator[InputChange]:
    if one.points != other.points:
        yield _change(one, other, "table", _points(one), _points(other))
    elif _plain(one.equation) != _plain(other.equation):
        constant = Kind.CONSTANT in {one.kind, other.kind}
        kind = "constant" if constant else "equation"
        yield _change(one, other, kind, one.equation.strip(), other.equation.strip())
    elif one.default is not None and not np.array_equal(
        one.default, np.asarray(other.default), equal_nan=True
    ):
        yield _change(one, other, "constant", _array(one), _array(other))
    if one.units != other.units:
        yield _change(one, other, "unit", one.units, other.units)
    if one.limits != other.limits:
        yield _change(one, other, "limits", str(one.limits), str(other.limits))


def _change(one: Variable | None, other: Variable | None, kind: str, a: str, b: str) -> InputChange:
    known = other or one
    assert known is not None
    return InputChange(
        known.name,
        Text(known.name, known.name),
        kind,
        known.units,
        _short(a),
        _short(b),
        show_place(one.location) if one else "",
        show_place(other.location) if other else "",
    )


def _plain(equation: str) -> str:
    return " ".join(equation.replace("\\", " ").split()).casefold()


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 160 else words[:159] + "…"


def _points(variable: Variable) -> str:
    if variable.points is None:
        return variable.equation
    return ", ".join(f"({x:g}, {y:g})" for x, y in zip(variable.points.x, variable.points.y))


def _array(variable: Variable) -> str:
    return ", ".join(f"{value:g}" for value in np.ravel(np.asarray(variable.default)))


def compare_files(one: Model, other: Model) -> Iterator[InputChange]:
    """Rows of data files that differ, with their lines."""
    for file in dict.fromkeys([*one.data_files, *other.data_files]):
        texts = [_read(model, file) for model in (one, other)]
        if texts[0] == texts[1]:
            continue
        a, b = (list(csv.reader(io.StringIO(text or ""))) for text in texts)
        lines = [i for i in range(max(len(a), len(b))) if a[i : i + 1] != b[i : i + 1]]
        at = lines[0] + 1 if lines else 0
        rows = [_short(",".join(table[at - 1])) if len(table) >= at > 0 else "" for table in (a, b)]
        more = f" … ({len(lines)})" if len(lines) > 1 else ""
        yield InputChange(
            file,
            Text(file, file),
            "data",
            "",
            rows[0] + more,
            rows[1] + more,
            f"{file}:{at}" if texts[0] is not None else "",
            f"{file}:{at}" if texts[1] is not None else "",
        )


def _read(model: Model, file: str) -> str | None:
    path = model.path.parent / file
    return path.read_text(encoding="utf-8-sig", errors="replace") if path.is_file() else None
