"""Studies of the small model by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scenario_example import CATALOGUE, MODEL, write

from haihe.errors import InputError, InputErrors
from haihe.scenario.study import Study, build_block, count_members, draw_inputs
from haihe.scenario.study_load import load_study
from haihe.scenario.values import Batch

SCENARIOS = {
    "base": "title: base\n",
    "plan": (
        "levers:\n  rail investment: 4\n  storage ratio: [[2025, 40 %], [2035, 60 %]]\n"
        "  berth mandate: [[2030, 80 %]]\nparameters: {rail life: 30}\n"
    ),
}
FUTURES = """
vary:
  rail life: {uniform: [20, 60], grade: C, source: {zh: 假设, en: assumption}}
  regional background: {change: scale, uniform: [0.5, 1.5], grade: C, source: {zh: 假, en: guess}}
"""
SAVE = "save: {outcomes: [CO2]}\n"


def place(folder: Path, text: str, **files: str) -> Path:
    """A project with its scenarios, and a study `s`."""
    for name, scenario in SCENARIOS.items():
        write(folder, f"scenarios/{name}.yaml", scenario)
    write(folder, "models/small/futures.yaml", FUTURES)
    for name, other in files.items():
        write(folder, f"scenarios/studies/{name}.csv", other)
    return write(folder, "scenarios/studies/s.yaml", text)


def model_of(folder: Path) -> Any:
    return replace(MODEL, path=folder / "models/small/small.mdl")


def load(folder: Path, text: str, **files: str) -> Study:
    return load_study(place(folder, text + SAVE, **files), model_of(folder), CATALOGUE)


def refuse(folder: Path, text: str, **files: str) -> str:
    """Message of a study that must be refused, without the folder's name."""
    save = "" if "save:" in text else SAVE
    path = place(folder, text + save, **files)
    try:
        study = load_study(path, model_of(folder), CATALOGUE)
    except (InputError, InputErrors) as error:
        return str(error).replace(str(folder) + "/", "")
    raise AssertionError(f"was taken: {study.factors}")


def block(folder: Path, study: Study, start: int = 0, stop: int | None = None) -> Batch:
    stop = count_members(study) if stop is None else stop
    return build_block(study, model_of(folder), CATALOGUE, start, stop)


def inputs(study: Study) -> np.ndarray:
    return draw_inputs(study, 0, count_members(study))
