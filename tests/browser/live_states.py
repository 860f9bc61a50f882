"""Settings of the levers of a live page, and what the engine makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from haihe.analysis.live import Live, build_live
from haihe.analysis.report import Background, load_background
from haihe.cli.inputs import Opened, open_scenarios
from haihe.cli.live import load_presets
from haihe.errors import Location
from haihe.model.catalogue import Catalogue
from haihe.model.types import FloatArray, Model
from haihe.run.simulate import simulate
from haihe.scenario.design import build_batch
from haihe.scenario.futures import Futures, draw_futures
from haihe.scenario.values import Role, Scenario, Setting, Trajectory
from haihe.text import Text

PATTERNS = 2
"""Sets of levers that move on dates of their own; the engine compiles each once."""


STATES = 200
FUTURES = 100


@cache
def open_plan() -> tuple[Opened, tuple[Scenario, ...], Background, Futures]:
    """The Tianjin model with plan and baseline, opened once."""
    opened, scenarios = open_scenarios(["plan", "frozen-2021"])
    background = load_background(opened.catalogue, opened.folder)
    return opened, scenarios, background, draw_futures(opened.model, opened.catalogue, FUTURES)


@cache
def make_live_plan() -> Live:
    """The live page of the plan."""
    opened, (plan, frozen), background, futures = open_plan()
    return build_live(
        opened.model, background, plan, frozen, load_presets(opened), futures, "tianjin"
    )


@cache
def run_random_states() -> tuple[list[dict[str, Any]], list[str], dict[str, FloatArray]]:
    """Random settings of all levers, the outcomes, and what the engine makes of them."""
    opened, *_ = open_plan()
    data = make_live_plan().data
    states = draw_states(data, STATES, seed=7)
    outputs = list(dict.fromkeys(one["variable"] for one in data["outcomes"]))
    return states, outputs, run_states(opened.model, opened.catalogue, data, states, outputs)


def draw_states(data: Mapping[str, Any], count: int, seed: int) -> list[dict[str, Any]]:
    """Values of all sliders, within their limits; the first state is the model's own."""
    random = np.random.default_rng(seed)
    plain = [one for one in data["sliders"] if one["moves"]]
    moving = [{one["id"] for one in plain if random.random() < 0.3} for _ in range(PATTERNS)]
    moving[0] = set()
    states: list[dict[str, Any]] = [{one["id"]: one["default"] for one in data["sliders"]}]
    for k in range(1, count):
        state: dict[str, Any] = {}
        for one in data["sliders"]:
            low, high = one["limits"]
            value = float(random.uniform(low, high))
            if one["id"] in moving[k % PATTERNS]:
                years = np.sort(random.choice(np.arange(2022, 2060), 2, replace=False)) + 0.5
                first = float(random.uniform(low, high))
                state[one["id"]] = [[float(years[0]), first], [float(years[1]), value]]
            else:
                state[one["id"]] = value
        states.append(state)
    return states


def make_scenario(
    data: Mapping[str, Any], state: Mapping[str, Any], label: str, model: Model
) -> Scenario:
    """The scenario that says what a state says."""
    where = Location("test")
    settings = []
    for one in data["sliders"]:
        value = state[one["id"]]
        if isinstance(value, list):
            value = Trajectory(tuple(x for x, _ in value), tuple(y for _, y in value))
        settings.append(Setting(one["name"], tuple(one["element"]), value, Role.LEVER, where))
    none = Text("", "")
    return Scenario(
        label, none, none, model.path, tuple(settings), None, (), (), "", where
    )  # fmt: skip


def run_states(
    model: Model,
    catalogue: Catalogue,
    data: Mapping[str, Any],
    states: Sequence[Mapping[str, Any]],
    outputs: Sequence[str],
) -> dict[str, FloatArray]:
    """What the engine says: by variable, values (state, time * cells)."""
    scenarios = [make_scenario(data, one, f"s{k}", model) for k, one in enumerate(states)]
    batch = build_batch(model, catalogue, scenarios)
    results = simulate(model, batch, outputs)
    return {
        str(name): array.to_numpy().reshape(len(states), -1)
        for name, array in results.data_vars.items()
    }


def largest_gap(ours: FloatArray, theirs: FloatArray) -> float:
    """Largest difference (state, value), against the largest value of the series."""
    scale = np.max(np.abs(theirs), axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        gaps = np.where(ours == theirs, 0.0, np.abs(ours - theirs) / np.where(scale == 0, 1, scale))
    return float(np.max(gaps))
