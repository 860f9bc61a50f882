"""Write a package as a scenario file, and run that file to see that it does what was said."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from haihe.analysis.solve import Solved
from haihe.analysis.solve_evaluate import list_sources, shorten
from haihe.analysis.solve_task import Task, read_goal
from haihe.analysis.solve_words import number
from haihe.errors import InputError
from haihe.project import find_bundled, find_project_root, show_path
from haihe.scenario.files import find_id
from haihe.scenario.load import load_scenario
from haihe.text import Text

AGREES = 1e-6
"""Relative difference of a target's number above which the file is not what was searched."""


def write_scenario(path: Path, solved: Solved, package: int = 0) -> None:
    """Write a package as a scenario that extends the one it began from.

    Raises
    ------
    InputError
        Where the scenario that it began from cannot be named from there.
    """
    task, found = solved.task, solved.solution
    chosen = found.packages[package]
    label = chosen.label
    title = (f"{task.title.zh}：方案 {label}", f"{task.title.en}: package {label}")
    lines = [
        f"# haihe solve {task.where}: package {label}, seed {task.seed}",
        f"title: {{zh: {quote(title[0])}, en: {quote(title[1])}}}",
        f"story: {{zh: {quote(found.sentence.zh)}, en: {quote(found.sentence.en)}}}",
        f"extends: {quote(name_parent(path, task))}",
        "",
        "levers:",
    ]
    moved = [*_list_moves(solved, package)]
    lines += moved or ["  {}"]
    if not moved:
        lines[-2:] = ["levers: {}"]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(path)


def _list_moves(solved: Solved, package: int) -> list[str]:
    found = solved.solution
    chosen, settings = found.packages[package], solved.settings[package]
    lines = []
    for lever, value in settings.items():
        bands = [
            (band, chosen.values[i])
            for i, (knob, band) in enumerate(zip(solved.task.knobs, found.bands, strict=True))
            if knob.lever == lever
        ]
        timed = len(bands) > 1
        if not timed and abs(bands[0][1] - bands[0][0].base) <= 1e-9 * max(
            1e-300, bands[0][0].most - bands[0][0].least
        ):
            continue
        units = solved.task.model.variables[lever].units or "Dmnl"
        band = bands[0][0]
        shown = f"{number(band.base)} → {number(bands[0][1])} {band.unit}"
        lines.append(f"  {quote(lever)}: {_yaml(value)}  # {units}; {shown}".rstrip())
    return lines


def _yaml(value: float | list[list[float]]) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(f"[{year:.12g}, {item!r}]" for year, item in value) + "]"
    return repr(value)


def quote(text: str) -> str:
    """A text as YAML takes it: in double quotes, where nothing is special but two signs."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def name_parent(path: Path, task: Task) -> str:
    """How a file at `path` names the scenario that it extends: its id, else a path."""
    origin = Path(task.scenario.origin.file)
    root = find_project_root(path.absolute())
    for folder in (path.absolute().parent, root / "scenarios", find_bundled("scenarios")):
        found = find_id(folder, task.scenario.id)
        if found is not None:
            same = not origin.exists() or found.resolve() == origin.resolve()
            if same:
                return task.scenario.id
            break
    if not origin.is_file():
        raise InputError(
            Text(
                f"从 {show_path(path)} 无法引用 {task.scenario.id}",
                f"{task.scenario.id} cannot be named from {show_path(path)}",
            )
        )
    return os.path.relpath(origin.resolve(), path.absolute().parent.resolve())


def check_scenario(path: Path, solved: Solved, package: int = 0) -> Text:
    """Run the file as anybody would, and say whether its numbers are those of the package."""
    from haihe.run.simulate import simulate

    task = solved.task
    scenario = load_scenario(path, task.model, task.catalogue)
    names = list(dict.fromkeys(source.variable for source in list_sources(task)))
    axis = shorten(task, scenario.time or task.model.time)
    results = simulate(task.model, scenario, outputs=names, time=axis)
    values = {name: results[name].to_numpy() for name in names}
    years = results["time"].to_numpy()
    worst = 0.0
    for goal, reached in zip(task.goals, solved.solution.packages[package].reached, strict=True):
        got = float(read_goal(goal, values, years)[0])
        worst = max(worst, abs(got - reached.value) / max(abs(reached.value), 1e-12))
    shown = show_path(path)
    if not np.isfinite(worst) or worst > AGREES:
        return Text(
            f"{shown} 已写出，但再运行时目标值相差 {worst:.1e}：请报告此问题。",
            f"{shown} is written, but run again its targets differ by {worst:.1e}: please report.",
        )
    return Text(
        f"{shown} 已写出并重新运行，目标值一致（相差不超过 {AGREES:g}）。",
        f"{shown} is written; run again, its targets are the same (within {AGREES:g}).",
    )
