"""Futures: the same luck for every plan, whatever is drawn beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scenario_example import CATALOGUE, MODEL, load, write

from haihe.errors import InputError, InputErrors
from haihe.model.types import Model
from haihe.scenario.design import build_batch
from haihe.scenario.futures import cross_futures, draw_futures
from haihe.scenario.futures_read import FUTURES, POSTERIOR
from haihe.scenario.values import Batch

SOURCED = "grade: C, source: {zh: 假设, en: assumption}"
RANGES = f"""
vary:
  rail life: {{uniform: [20, 60], {SOURCED}}}
  demand growth: {{change: shift, normal: [0, 1 %/yr], within: [-2 %/yr, 2 %/yr], {SOURCED}}}
"""
HEAD = """# model: small, digest abc
draw,log_density,"distance[road, container berth]","distance[road, dry bulk berth]"
"""


def draws(count: int) -> str:
    rows = (f"{i},-1,{1 + 0.1 * i:.6g},{2 + 0.2 * i:.6g}" for i in range(count))
    return HEAD + "\n".join(rows) + "\n"


def place(folder: Path, futures: str = RANGES, posterior: str = "") -> Model:
    write(folder, f"models/small/{FUTURES}", futures)
    if posterior:
        write(folder, f"models/small/{POSTERIOR}", posterior)
    return replace(MODEL, path=folder / "models/small/small.mdl")


def refuse(model: Model) -> str:
    with pytest.raises((InputError, InputErrors)) as caught:
        draw_futures(model, CATALOGUE, 3)
    return str(caught.value)


def test_future_hangs_on_seed_and_place_alone(tmp_path):
    model = place(tmp_path, posterior=draws(6))
    few, many = (draw_futures(model, CATALOGUE, count, seed=7) for count in (3, 40))
    np.testing.assert_array_equal(few.values, many.values[:3])
    for name, values in few.constants.items():
        np.testing.assert_array_equal(values, many.constants[name][:3])
    np.testing.assert_array_equal(
        few.series["demand growth"][1], many.series["demand growth"][1][:3]
    )
    other = draw_futures(model, CATALOGUE, 3, seed=8)
    assert not np.any(few.values[:, 1:] == other.values[:, 1:])


def test_a_further_factor_changes_none_of_the_others(tmp_path):
    one = draw_futures(place(tmp_path / "a"), CATALOGUE, 5)
    more = RANGES + f"  regional background: {{change: scale, uniform: [0.8, 1.2], {SOURCED}}}\n"
    two = draw_futures(place(tmp_path / "b", more), CATALOGUE, 5)
    np.testing.assert_array_equal(one.values, two.values[:, :2])


def test_draws_are_dealt_once_each_before_any_is_smoothed(tmp_path):
    model = place(tmp_path, posterior=draws(6))
    drawn = draw_futures(model, CATALOGUE, 400)
    first = drawn.constants["distance"][:6, 0, 0]
    np.testing.assert_allclose(np.sort(first), 1 + 0.1 * np.arange(6))
    later = drawn.constants["distance"][6:, 0, 0]
    assert later.min() >= 1
    assert later.max() <= 1.5
    assert len(np.unique(later)) > 300
    # Fitted as one number: their ratio stays, and one label stands for both.
    np.testing.assert_allclose(
        drawn.constants["distance"][:, 0, 1], 2 * drawn.constants["distance"][:, 0, 0]
    )
    assert drawn.factors == ("distance[road, container berth]", "rail life", "demand growth")
    # What was not drawn keeps the model's value.
    np.testing.assert_array_equal(drawn.constants["distance"][:, 1], [[3, 4]] * 400)


def test_driver_is_changed_after_the_start_of_policy_alone(tmp_path):
    drawn = draw_futures(place(tmp_path), CATALOGUE, 50)
    years, values = drawn.series["demand growth"]
    shift = drawn.values[:, drawn.factors.index("demand growth")]
    own = np.interp(years, (2010, 2020, 2030, 2060), (0.1, 0.05, 0.04, 0.02))
    np.testing.assert_array_equal(values[:, years <= 2022], [own[years <= 2022]] * 50)
    late = years >= 2023
    np.testing.assert_allclose(values[:, late], own[late] + shift[:, np.newaxis])
    assert np.abs(shift).max() <= 0.02


def test_crossing_goes_member_by_member_and_the_scenario_wins(tmp_path):
    model = place(tmp_path)
    drawn = draw_futures(model, CATALOGUE, 3)
    course = np.array([[np.nan, np.nan], [0.01, 0.02]])
    batch = Batch(
        ("a", "b"),
        {"rail life": np.array([40.0, 25.0]), "storage ratio": np.array([0.1, 0.5])},
        {"demand growth": (np.array([2022.0, 2030.0]), course)},
        {},
        MODEL.time,
    )
    crossed = cross_futures(batch, drawn)
    assert crossed.members == ("a|0", "a|1", "a|2", "b|0", "b|1", "b|2")
    life = drawn.constants["rail life"]
    np.testing.assert_array_equal(crossed.constants["rail life"], [*life, 25, 25, 25])
    np.testing.assert_array_equal(crossed.constants["storage ratio"], [0.1] * 3 + [0.5] * 3)
    years, values = crossed.series["demand growth"]
    of_futures, of_draws = drawn.series["demand growth"]
    for k in range(3):
        np.testing.assert_allclose(values[k], np.interp(years, of_futures, of_draws[k]), rtol=1e-14)
        np.testing.assert_allclose(
            values[3 + k], np.interp(years, (2022, 2030), (0.01, 0.02)), rtol=1e-14
        )


def test_what_a_scenario_sets_to_the_models_own_value_stays(tmp_path):
    model = place(tmp_path, posterior=draws(6))
    plain = load(tmp_path, "title: plain\n")
    text = "parameters: {rail life: 40, distance: {road: {container berth: 1}}}\n"
    # The model has 40 years and 1 km anyway.
    own = replace(load(tmp_path, text), id="own")
    drawn = draw_futures(model, CATALOGUE, 3)
    crossed = cross_futures(build_batch(model, CATALOGUE, [plain, own]), drawn)
    np.testing.assert_array_equal(
        crossed.constants["rail life"], [*drawn.constants["rail life"], 40, 40, 40]
    )
    # Of a variable with elements, those that are set, and no others.
    distance = crossed.constants["distance"]
    np.testing.assert_array_equal(distance[:3], drawn.constants["distance"])
    assert set(distance[3:, 0, 0]) == {1.0}
    np.testing.assert_array_equal(distance[3:, 0, 1], drawn.constants["distance"][:, 0, 1])


def test_fitted_parameter_gets_no_second_distribution(tmp_path):
    text = RANGES.replace("rail life", "distance").replace("[20, 60]", "[1, 2]")
    said = refuse(place(tmp_path, text, draws(5)))
    assert "futures.yaml:3:3: distance is among the fitted parameters" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rail life: {uniform: [0, 60], X}", "rail life would reach from 0 to 60"),
        ("rail life: {normal: [40, 5], X}", "cut off by `within: [1, …]`"),
        ("rail live: {uniform: [20, 60], X}", "did you mean rail life"),
        ("rail life: {uniform: [60, 20], X}", "these numbers do not rise"),
        ("rail life: {uniform: [20, 60]}", "rail life has no grade and no source"),
        ("rail life: {unifrom: [20, 60], X}", "did you mean uniform"),
        ("storage ratio: {uniform: [0, 1], X}", "storage ratio is a lever"),
        ("demand growth: {uniform: [0, 1 %/yr], X}", "one number is not a course"),
        ("demand growth: {change: shift, uniform: [0, 1], X}", "would reach from"),
        ("rail life: {uniform: [20, 60 kg], X}", "rail life = `60 kg`"),
        ("distance[road]: {uniform: [1, 2], X}", "has 2 dimensions (mode, berth), not 1"),
        ("distance[sea, container berth]: {uniform: [1, 2], X}", "has no element `sea`"),
    ],
)
def test_faults_are_named_at_their_line(tmp_path, line, said):
    message = refuse(place(tmp_path, f"vary:\n  {line.replace('X', SOURCED)}\n"))
    assert said in message
    assert "futures.yaml:2:" in message


def test_model_without_sources_says_what_is_missing(tmp_path):
    model = replace(MODEL, path=tmp_path / "models/small/small.mdl")
    assert "calibration/posterior.csv or futures.yaml" in refuse(model)
