"""What two studies were made of, and where that differs: model, scenarios, design, inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from haihe.analysis.select_inputs import Factor, find_failed, list_scenarios, read_factors
from haihe.analysis.select_outcome import list_outcomes
from haihe.results.study_comparison import StudyChange
from haihe.scenario.distributions import read_description, show_distribution
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

SHORT = 12
"""Digits of a digest that are shown."""
_DESIGN = {
    "method": Text("方法", "method"),
    "rows": Text("行数", "rows"),
    "seed": Text("种子", "seed"),
    "levels": Text("水平数", "levels"),
    "quantiles": Text("分位点", "quantiles"),
    "second_order": Text("二阶", "second order"),
    "correlated": Text("输入相关", "correlated inputs"),
    "precision": Text("精度", "precision"),
}


def read_about(study: xr.Dataset) -> Mapping[str, Any]:
    """What a store says of its study."""
    said = study.attrs.get("study", "{}")
    about: Mapping[str, Any] = json.loads(said) if isinstance(said, str) else said
    return about


def compare_made(a: xr.Dataset, b: xr.Dataset) -> Iterator[StudyChange]:
    """Everything that two studies were made of and that differs, the weightiest first."""
    one, other = read_about(a), read_about(b)
    yield from _compare_attrs(a, b)
    yield from _compare_scenarios(a, b, one, other)
    yield from _compare_factors(a, b)
    yield from _compare_futures(one.get("futures"), other.get("futures"))
    for key, title in _DESIGN.items():
        if one.get(key) != other.get(key):
            yield StudyChange("design", key, title, _show(one.get(key)), _show(other.get(key)))
    if one.get("time") != other.get("time"):
        shown = [_show_time(about.get("time")) for about in (one, other)]
        yield StudyChange("time", "time", Text("时间轴", "time axis"), *shown)
    saved = list_outcomes(a), list_outcomes(b)
    for name in dict.fromkeys([*saved[0], *saved[1]]):
        if (name in saved[0]) != (name in saved[1]):
            held = ["✓" if name in part else "" for part in saved]
            yield StudyChange("saved", name, Text(name, name), *held)
    failed = [int(find_failed(study).sum()) for study in (a, b)]
    if failed[0] != failed[1]:
        title = Text("失败的成员", "failed members")
        yield StudyChange("failed", "failed", title, f"{failed[0]:,}", f"{failed[1]:,}")


def _compare_attrs(a: xr.Dataset, b: xr.Dataset) -> Iterator[StudyChange]:
    names = [str(study.attrs.get("model", "")) for study in (a, b)]
    digests = [str(study.attrs.get("model_digest", ""))[:SHORT] for study in (a, b)]
    if digests[0] != digests[1] or names[0] != names[1]:
        shown = [f"{name} {digest}".strip() for name, digest in zip(names, digests, strict=True)]
        yield StudyChange("model", "model", Text("模型的状态", "state of the model"), *shown)
    for kind, key in (("engine", "engine"), ("version", "haihe_version")):
        said = [str(study.attrs.get(key, "")) for study in (a, b)]
        if said[0] != said[1]:
            yield StudyChange(kind, key, Text("引擎", "engine") if kind == "engine" else
                              Text("haihe 版本", "version of haihe"), *said)  # fmt: skip


def _compare_scenarios(
    a: xr.Dataset, b: xr.Dataset, one: Mapping[str, Any], other: Mapping[str, Any]
) -> Iterator[StudyChange]:
    told = [
        {name: {} for name in list_scenarios(study) if name}
        | {str(s["id"]): s for s in about.get("scenarios", ())}
        for study, about in ((a, one), (b, other))
    ]
    for name in dict.fromkeys([*told[0], *told[1]]):
        shown = []
        for part in told:
            digest = str(part[name].get("digest", "✓"))[:SHORT] if name in part else ""
            shown.append(digest)
        if shown[0] != shown[1]:
            words = (told[1].get(name) or told[0].get(name) or {}).get("title") or {}
            title = Text(str(words.get("zh") or name), str(words.get("en") or name))
            yield StudyChange("scenario", name, title, *shown)


def _compare_factors(a: xr.Dataset, b: xr.Dataset) -> Iterator[StudyChange]:
    ours = {factor.label: factor for factor in read_factors(a)}
    theirs = {factor.label: factor for factor in read_factors(b)}
    for label in dict.fromkeys([*theirs, *ours]):
        one, other = ours.get(label), theirs.get(label)
        if one is not None and other is not None and _core(one) == _core(other):
            continue
        known = other or one
        assert known is not None
        shown = ["" if factor is None else show_factor(factor) for factor in (one, other)]
        if shown[0] == shown[1]:  # alike to four digits
            shown = [f"{text} ({_core(f)[1]})" for text, f in zip(shown, (one, other)) if f]
        yield StudyChange("factor", label, known.title, shown[0], shown[1], known.unit)


def _core(factor: Factor) -> tuple[str, str, str]:
    """What makes two factors the same: unit, role and distribution, whatever they are called."""
    shown = {"title", "source", "grade"}
    said = {key: value for key, value in factor.distribution.items() if key not in shown}
    return factor.unit, json.dumps(said, sort_keys=True, ensure_ascii=False), factor.role


def show_factor(factor: Factor) -> str:
    """Distribution of a factor on one line, with how it acts."""
    said = factor.distribution
    inner = said.get("distribution", said)
    try:
        text = show_distribution(read_description(inner))
    except (KeyError, IndexError, TypeError):
        text = " ".join(str(value) for value in inner.values())
    change = str(said.get("change") or "")
    return f"{change} {text}".strip()


def _compare_futures(one: Any, other: Any) -> Iterator[StudyChange]:
    if one != other:
        shown = [_show_futures(said) for said in (one, other)]
        yield StudyChange("futures", "futures", Text("校准后的未来", "calibrated futures"), *shown)


def _show_futures(said: Any) -> str:
    if not said:
        return ""
    count = "each" if said.get("each") else f"{said.get('count', 0):,}"
    return f"{count} ({str(said.get('digest', ''))[:SHORT]})"


def _show_time(said: Any) -> str:
    if not said:
        return ""
    return f"{said['start']:g}–{said['stop']:g}, {said['step']:g}, {said['save_step']:g}"


def _show(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(_show, value))
    return str(value)
