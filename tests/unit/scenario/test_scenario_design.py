"""Scenarios as arrays: what a backend gets."""

from __future__ import annotations

import numpy as np
import pytest
from scenario_example import CATALOGUE, MODEL, load, write

from haihe.errors import InputErrors
from haihe.scenario.design import build_batch
from haihe.scenario.explain import explain_scenario
from haihe.scenario.load import load_scenario
from haihe.scenario.values import Batch, Scenario


def batch(*scenarios: Scenario) -> Batch:
    return build_batch(MODEL, CATALOGUE, scenarios)


def scenarios(folder, **texts: str) -> tuple[Scenario, ...]:
    return tuple(
        load_scenario(write(folder, f"scenarios/{name}.yaml", text), MODEL, CATALOGUE)
        for name, text in texts.items()
    )


def test_scenario_that_sets_nothing_names_nothing(tmp_path):
    made = batch(load(tmp_path, "title: nothing"))
    assert (made.constants, made.series, made.initial) == ({}, {}, {})
    assert made.members == ("a",)
    assert made.time == MODEL.time


def test_scalar_lever_is_a_constant_over_its_defaults(tmp_path):
    made = batch(load(tmp_path, "levers: {berth mandate: {dry bulk berth: 0.9}}"))
    np.testing.assert_array_equal(made.constants["berth mandate"], [[0.2, 0.9]])
    assert made.series == {}


def test_lever_trajectory_starts_from_the_default_in_2022(tmp_path):
    made = batch(load(tmp_path, "levers: {storage ratio: [[2025, 40 %], [2035, 50 %]]}"))
    years, values = made.series["storage ratio in force"]
    np.testing.assert_array_equal(years, [2022, 2025, 2035])
    np.testing.assert_array_equal(values, [[0.1, 0.4, 0.5]])
    np.testing.assert_array_equal(made.constants["storage ratio"], [0.1])


def test_point_in_2022_may_say_what_holds_anyway(tmp_path):
    made = batch(load(tmp_path, "levers: {storage ratio: [[2022, 10 %], [2030, 1]]}"))
    years, values = made.series["storage ratio in force"]
    np.testing.assert_array_equal(years, [2022, 2030])
    np.testing.assert_array_equal(values, [[0.1, 1.0]])


def test_elements_that_are_not_set_stay_at_their_default(tmp_path):
    made = batch(load(tmp_path, "levers: {berth mandate: {container berth: [[2030, 1]]}}"))
    years, values = made.series["berth mandate in force"]
    np.testing.assert_array_equal(years, [2022, 2030])
    np.testing.assert_array_equal(values, [[[0.2, 0.1], [1.0, 0.1]]])


def test_driver_keeps_the_models_points_before_its_first(tmp_path):
    made = batch(load(tmp_path, "drivers: {demand growth: [[2025, 0.03], [2040, 0.01]]}"))
    years, values = made.series["demand growth"]
    np.testing.assert_array_equal(years, [2010, 2020, 2025, 2040])
    np.testing.assert_array_equal(values, [[0.1, 0.05, 0.03, 0.01]])


def test_driver_that_is_only_scaled_keeps_the_past(tmp_path):
    made = batch(load(tmp_path, "drivers: {demand growth: {scale: 2}}"))
    years, values = made.series["demand growth"]
    past = np.linspace(2010, 2022, 49)
    table = MODEL.variables["demand growth table"].points
    np.testing.assert_allclose(
        np.interp(past, years, values[0]), np.interp(past, table.x, table.y), rtol=1e-15
    )
    later = np.linspace(2023, 2060, 38)
    np.testing.assert_allclose(
        np.interp(later, years, values[0]), 2 * np.interp(later, table.x, table.y), rtol=1e-15
    )


def test_members_that_set_nothing_keep_the_equation(tmp_path):
    first, second, third = scenarios(
        tmp_path,
        a="levers: {storage ratio: [[2030, 1]]}",
        b="levers: {storage ratio: 0.5}",
        c="levers: {storage ratio: [[2040, 0]]}",
    )
    made = batch(first, second, third)
    years, values = made.series["storage ratio in force"]
    np.testing.assert_array_equal(years, [2022, 2030, 2040])
    assert np.isnan(values[1]).all()
    np.testing.assert_array_equal(values[0], [0.1, 1, 1])
    np.testing.assert_allclose(values[2], [0.1, 0.1 * 10 / 18, 0])
    np.testing.assert_array_equal(made.constants["storage ratio"], [0.1, 0.5, 0.1])


def test_initial_values_leave_other_elements_to_the_model(tmp_path):
    made = batch(load(tmp_path, "initial: {equipped berths: {dry bulk berth: 4}}"))
    np.testing.assert_array_equal(made.initial["equipped berths"], [[np.nan, 4]])


def test_forced_variable_is_a_series(tmp_path):
    made = batch(
        load(tmp_path, "force: {freight by mode: {road: [[2010, 1], [2020, 2]], rail: 3}}")
    )
    years, values = made.series["freight by mode"]
    assert values.shape == (1, len(years), 2)
    np.testing.assert_array_equal(
        np.interp([2010, 2015, 2030], years, values[0, :, 0]), [1, 1.5, 2]
    )
    np.testing.assert_array_equal(values[0, :, 1], 3)


def test_two_dimensional_parameter(tmp_path):
    made = batch(load(tmp_path, "parameters: {distance: {rail: {container berth: 9 km}, road: 7}}"))
    np.testing.assert_array_equal(made.constants["distance"], [[[7, 7], [9, 4]]])


def test_time_axes_must_agree(tmp_path):
    one, other = scenarios(tmp_path, a="time: {stop: 2050}", b="title: x")
    with pytest.raises(InputErrors, match="the time axes differ"):
        batch(one, other)
    assert build_batch(MODEL, CATALOGUE, (one, other), MODEL.time).time == MODEL.time


def test_members_need_names_of_their_own(tmp_path):
    (one,) = scenarios(tmp_path, a="title: x")
    with pytest.raises(InputErrors, match="two scenarios are called a"):
        batch(one, one)
    with pytest.raises(InputErrors, match="no scenario"):
        batch()


def test_explanation_says_who_set_what(tmp_path):
    scenario = load(
        tmp_path,
        "extends: b\nlevers:\n  storage ratio: 80 %\n  policy delay: 3\n",
        b="levers: {storage ratio: [[2030, 1]]}",
    )
    rows = {(row.name, row.element): row for row in explain_scenario(scenario)}
    row = rows["storage ratio", ()]
    assert (row.value, row.unit) == ("0.8", "Dmnl")
    assert str(row.origin).endswith("a.yaml:3:18")
    ((before, origin),) = row.overrode
    assert before == "2030: 1.0"
    assert str(origin).endswith("b.yaml:1:25")
    assert ("policy delay", ("port",)) in rows


def test_default_undoes_what_is_extended(tmp_path):
    base = "levers: {storage ratio: [[2030, 1]], berth mandate: 1, rail investment: 9}"
    scenario = load(
        tmp_path,
        "extends: b\nlevers: {storage ratio: default, berth mandate: {dry bulk berth: Default}}\n"
        "parameters: {distance: default}",
        b=base,
    )
    made = batch(scenario)
    assert made.series == {}
    np.testing.assert_array_equal(made.constants["storage ratio"], [0.1])
    np.testing.assert_array_equal(made.constants["berth mandate"], [[1, 0.1]])
    np.testing.assert_array_equal(made.constants["distance"], [[[1, 2], [3, 4]]])


def test_delay_and_completion_of_the_group_hold_for_trajectories(tmp_path):
    text = "levers: {storage ratio: [[2025, 0.5], [2035, 0.9]], rail investment: [[2030, 10]]"
    later = ", policy delay: {port: 2}, policy completion: {port: 50 %}}"
    made = batch(load(tmp_path, text + later))
    years, values = made.series["storage ratio in force"]
    np.testing.assert_array_equal(years, [2022, 2024, 2027, 2037])
    np.testing.assert_allclose(values, [[0.1, 0.1, 0.3, 0.5]], rtol=1e-15)
    years, values = made.series["rail investment in force"]
    np.testing.assert_array_equal(years, [2022, 2030])
    np.testing.assert_array_equal(values, [[0, 10]])
