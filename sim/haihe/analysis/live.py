"""All that a live page holds: the model as JavaScript, and a plain value with everything else.

The page runs the model itself, so it is given inputs and words, not results: the levers with their
limits and what the plan says of them, scenarios as presets, calibrated futures, the targets with
how they are measured, and observations. The engine's own numbers of the scenario go along, for the
page to hold its first run against.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import haihe
from haihe.analysis.indicators import derive_indicators
from haihe.analysis.live_presets import Preset, find_hindrance, make_preset, slider_id
from haihe.analysis.live_program import Needs, find_timing, list_levers, print_programs, shape_of
from haihe.analysis.report import Background
from haihe.analysis.scorecard import find_obstacle, worst_grade
from haihe.analysis.targets import BASE_YEAR, Measure, Target
from haihe.model.types import FloatArray, Model, Variable, canonical_name
from haihe.run.simulate import simulate
from haihe.scenario.schedule import COMPLETION, DELAY
from haihe.scenario.values import POLICY_START, Scenario
from haihe.scenario.vocabulary import Vocabulary, index_vocabulary
from haihe.text import Text
from haihe.units import convert

if TYPE_CHECKING:
    import xarray as xr

    from haihe.scenario.futures import Futures

HEADING = re.compile("（([一二三四五六七八九十]+)）([^。；，]{2,40})。")
STANDARDS = ("good days", "good days in force")
"""Outcomes that are the same thing by the old and by the new standard of air."""


@dataclass(frozen=True, slots=True)
class Live:
    """What a live page is made of."""

    script: str
    """Defines `createSchedule` and `createModel`; holds nothing that means something to HTML."""
    data: Mapping[str, Any]
    """Plain JSON: numbers, texts, lists and mappings. Words are `{"zh", "en"}`; arrays of many
    numbers are base64 of little-endian doubles."""


def build_live(
    model: Model,
    background: Background,
    scenario: Scenario,
    baseline: Scenario | None = None,
    presets: Sequence[Scenario] = (),
    futures: Futures | None = None,
    name: str = "",
) -> Live:
    """Collect a live page.

    Parameters
    ----------
    scenario
        What the page opens with.
    baseline
        What stands behind the lines; None: the page has no such line.
    presets
        Further scenarios that a reader may choose; those that a live page cannot carry are named
        in the data with the reason.
    futures
        Calibrated futures for the bands and the probabilities; None: there are none.
    name
        How an exported scenario names the model.

    Raises
    ------
    InputError, InputErrors
        Where the page cannot carry the scenario or the baseline.
    """
    vocabulary = index_vocabulary(model, background.catalogue)
    shown = [scenario, *([baseline] if baseline and baseline.id != scenario.id else [])]
    made = [make_preset(one, vocabulary) for one in shown]
    others = [one for one in presets if one.id not in {s.id for s in shown}]
    left_out = {one.id: why for one in others if (why := find_hindrance(one, vocabulary))}
    made += [make_preset(one, vocabulary) for one in others if one.id not in left_out]
    time = scenario.time or model.time
    results = simulate(model, [scenario], list(background.catalogue.outcomes), time=time)
    indicators = derive_indicators(results, background.catalogue)
    needs = _find_needs(results, made, futures)
    data = {
        "format": "haihe live 1",
        "haihe": haihe.__version__,
        "model": {"name": name or model.name, "digest": model.digest},
        "time": {"start": time.start, "stop": time.stop, "step": time.step,
                 "saveStep": time.save_step, "differs": time != model.time},
        "baseYear": BASE_YEAR,
        "policyStart": POLICY_START,
        "groups": {key: asdict(title) for key, title in background.catalogue.groups.items()},
        "sliders": list(describe_sliders(vocabulary)),
        "levers": [describe_lever(vocabulary, lever) for lever in list_levers(vocabulary)],
        "articles": read_headings(model.path.with_name("plan.txt")),
        "measures": {m.id: _describe_measure(m) for m in background.plan.coverage},
        "outcomes": list(describe_outcomes(model, indicators, background.history)),
        "targets": [describe_target(t, indicators) for t in background.plan.targets],
        "presets": [asdict(preset) for preset in made],
        "leftOut": {key: asdict(why) for key, why in left_out.items()},
        "start": scenario.id,
        "baseline": baseline.id if baseline else "",
        "standards": [one for one in STANDARDS if all(s in indicators for s in STANDARDS)],
        "futures": None if futures is None else pack_futures(futures, model),
        "engine": {str(k): pack(v.to_numpy()[0]) for k, v in results.data_vars.items()},
        "digests": {"scenario": scenario.digest, "model": model.digest},
    }  # fmt: skip
    return Live(print_programs(vocabulary, needs, time), data)


def _find_needs(results: xr.Dataset, made: Iterable[Preset], futures: Futures | None) -> Needs:
    """Outcomes, and what a preset or a future sets beside levers."""
    made = tuple(made)
    constants = {name: None for preset in made for name in preset.constants}
    series = {name: None for preset in made for name in preset.series}
    if futures is not None:
        constants |= dict.fromkeys(futures.constants)
        series |= dict.fromkeys(futures.series)
    return Needs(tuple(map(str, results.data_vars)), tuple(constants), tuple(series))


def pack(values: FloatArray) -> str:
    """Numbers as text: base64 of little-endian doubles in C order."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def pack_futures(futures: Futures, model: Model) -> dict[str, Any]:
    """Futures as text, one block of numbers (future, …) for each variable."""
    return {
        "count": futures.count,
        "seed": futures.seed,
        "digest": futures.digest,
        "factors": list(futures.factors),
        "constants": {name: pack(values) for name, values in futures.constants.items()},
        "own": {
            name: np.ravel(np.asarray(model.variables[name].default, dtype=float)).tolist()
            for name in futures.constants
        },
        "series": {
            name: {"x": np.asarray(years).tolist(), "y": pack(values)}
            for name, (years, values) in futures.series.items()
        },
    }


# --- levers -------------------------------------------------------------------------------------


def describe_lever(vocabulary: Vocabulary, name: str) -> dict[str, Any]:
    """One variable among the levers: what replaces its schedule, and its own values."""
    variable = vocabulary.model.variables[name]
    return {
        "name": name,
        "inForce": vocabulary.in_force.get(name, ""),
        "default": np.ravel(np.asarray(variable.default)).tolist(),
        "sliders": [s["id"] for s in describe_elements(vocabulary, name)],
    }


def describe_sliders(vocabulary: Vocabulary) -> Iterable[dict[str, Any]]:
    """Every number that may be set among the levers, in the catalogue's order."""
    for name in list_levers(vocabulary):
        yield from describe_elements(vocabulary, name)


def describe_elements(vocabulary: Vocabulary, name: str) -> list[dict[str, Any]]:
    """One slider for each element of a lever."""
    model, variable = vocabulary.model, vocabulary.model.variables[name]
    names = [model.dimensions[dim].elements for dim in variable.dims]
    default = np.broadcast_to(np.asarray(variable.default, dtype=float), shape_of(model, name))
    words = _timing_words(vocabulary, name) or _lever_words(vocabulary, name)
    found = []
    for index in np.ndindex(default.shape):
        element = tuple(names[axis][place] for axis, place in enumerate(index))
        found.append(
            {
                **words,
                "id": slider_id(name, element),
                "name": name,
                "element": list(element),
                "group": words["group"] or (element[0] if element else ""),
                "elementTitle": _element_title(vocabulary, variable.dims, element),
                "default": float(default[index]),
                "limits": _widen(variable.limits, float(default[index])),
            }
        )
    return found


def _lever_words(vocabulary: Vocabulary, name: str) -> dict[str, Any]:
    found = {canonical_name(key): lever for key, lever in vocabulary.catalogue.levers.items()}
    lever = found[canonical_name(name)]
    units = vocabulary.model.variables[name].units
    return {
        "timing": "",
        "title": asdict(lever.title),
        "group": lever.group,
        "unit": lever.shown,
        "factor": float(convert(1.0, units, lever.shown)),
        "note": asdict(lever.note),
        "articles": list(lever.articles),
        "moves": name in vocabulary.in_force,
    }


def _timing_words(vocabulary: Vocabulary, name: str) -> dict[str, Any] | None:
    """Words of the delay and the completion, which are no levers of the catalogue's own."""
    key = canonical_name(name)
    if name not in find_timing(vocabulary) or key not in (DELAY, COMPLETION):
        return None
    late = key == DELAY
    title = Text("推迟", "Delay") if late else Text("完成程度", "Completion")
    return {
        "timing": "delay" if late else "completion",
        "title": asdict(title),
        "group": "",
        "unit": "year" if late else "%",
        "factor": 1.0 if late else 100.0,
        "note": asdict(Text("", "")),
        "articles": [],
        "moves": False,
    }


def _element_title(
    vocabulary: Vocabulary, dims: Sequence[str], element: Sequence[str]
) -> dict[str, str]:
    known = {canonical_name(key): entry for key, entry in vocabulary.catalogue.dimensions.items()}
    zh, en = [], []
    for dim, one in zip(dims, element, strict=True):
        entry = known.get(canonical_name(dim))
        title = entry.elements.get(one) if entry else None
        zh.append(title.zh if title else one)
        en.append(title.en if title else one)
    return {"zh": "，".join(zh), "en": ", ".join(en)}


def _widen(limits: tuple[float | None, float | None], default: float) -> list[float]:
    """Ends of a slider; where the model gives none, room on both sides of the default."""
    low, high = limits
    span = abs(default) or 1.0
    return [
        default - span if low is None else min(low, default),
        default + span if high is None else max(high, default),
    ]


def _describe_measure(measure: Any) -> dict[str, Any]:
    return {
        "article": measure.article,
        "title": asdict(measure.title),
        "quote": measure.quote,
        "levers": list(measure.levers),
        "status": measure.status,
        "reason": asdict(measure.reason),
    }


def read_headings(path: Path) -> dict[str, str]:
    """Headings of a plan's articles by their number, from its text; none where there is none.

    An article begins with its number in full-width brackets and its heading up to a full stop.
    """
    if not path.is_file():
        return {}
    lines = path.read_text("utf-8").splitlines()
    return {found[1]: found[2] for line in lines if (found := HEADING.match(line.strip()))}


# --- outcomes and targets -----------------------------------------------------------------------


def describe_outcomes(
    model: Model, indicators: xr.Dataset, history: xr.Dataset
) -> Iterable[dict[str, Any]]:
    """Outcomes in the units that people see, with their elements and observations."""
    for name, array in indicators.data_vars.items():
        variable, shown = _find_variable(model, array.attrs["variable"]), str(array.attrs["units"])
        units = variable.units or "Dmnl"
        zero = float(convert(0.0, units, shown))
        dims = [str(dim) for dim in array.dims[2:]]
        yield {
            "id": str(name),
            "variable": variable.name,
            "factor": float(convert(1.0, units, shown)) - zero,
            "offset": zero,
            "dims": dims,
            "elements": [
                {
                    "name": str(element),
                    "title": {
                        lang: str(indicators[dims[0]].attrs.get(f"{element}|{lang}", element))
                        for lang in ("zh", "en")
                    },
                }
                for element in (indicators[dims[0]].to_numpy() if len(dims) == 1 else ())
            ],
            "cells": int(np.prod(array.shape[2:])),
            "title": {"zh": array.attrs["title_zh"], "en": array.attrs["title_en"]},
            "caveat": {"zh": array.attrs["caveat_zh"], "en": array.attrs["caveat_en"]},
            **{k: array.attrs[k] for k in ("digits", "grade", "source", "better", "group")},
            "unit": shown,
            "headline": bool(array.attrs["headline"]),
            "history": _describe_history(history, str(name)),
        }


def _find_variable(model: Model, name: str) -> Variable:
    found = {canonical_name(key): variable for key, variable in model.variables.items()}
    return found[canonical_name(name)]


def _describe_history(history: xr.Dataset, name: str) -> list[list[Any]]:
    """Observed points: year, value, grade."""
    if name not in history:
        return []
    array = history[name]
    years, grades = history["time"].to_numpy(), str(array.attrs.get("grades", ""))
    return [
        [float(year), float(value), grade.strip()]
        for year, value, grade in zip(years, array.to_numpy(), grades.ljust(len(years)))
        if np.isfinite(value)
    ]


def describe_target(target: Target, indicators: xr.Dataset) -> dict[str, Any]:
    """A target, and how its number is made from an outcome."""
    why_not = find_obstacle(target, indicators)
    scored = why_not is None
    return {
        **{key: getattr(target, key) for key in (
            "id", "indicator", "per", "offset", "better", "relation", "value", "unit", "year",
            "standard", "plan", "article", "quote",
        )},
        "title": asdict(target.title),
        "rule": asdict(target.rule),
        "scope": str(target.scope),
        "strength": str(target.strength),
        "measure": str(target.measure),
        "baseYear": target.base_year,
        "cells": _target_cells(target, indicators) if scored else [],
        "factor": _target_factor(target, indicators) if scored else 1.0,
        "grade": worst_grade(target, indicators) if scored else "",
        "scored": scored,
        "reason": asdict(why_not or Text("", "")),
    }  # fmt: skip


def _target_cells(target: Target, indicators: xr.Dataset) -> list[int]:
    """Cells of the outcome that are summed; [] for all of them."""
    array = indicators[target.indicator]
    if not target.elements or array.ndim == 2:
        return []
    places = np.arange(int(np.prod(array.shape[2:]))).reshape(array.shape[2:])
    names = list(map(str, indicators[array.dims[2]].to_numpy()))
    return [int(cell) for one in target.elements for cell in places[names.index(one)].ravel()]


def _target_factor(target: Target, indicators: xr.Dataset) -> float:
    """From the outcome's unit to the target's, where the measure keeps the unit."""
    shown = str(indicators[target.indicator].attrs.get("units", ""))
    keeps = target.measure in (Measure.LEVEL, Measure.DIFFERENCE) and not target.per
    if not keeps or shown == target.unit:
        return 1.0
    return float(convert(1.0, shown, target.unit))
