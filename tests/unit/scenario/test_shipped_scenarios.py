"""The scenarios that come with the model say what they claim to say."""

from __future__ import annotations

import re

import numpy as np
import pytest

from haihe.model.catalogue import load_catalogue
from haihe.model.translate import read_model
from haihe.project import find_bundled
from haihe.scenario.design import build_batch
from haihe.scenario.extend import list_scenarios
from haihe.scenario.load import find_scenario_model, is_default, load_scenario
from haihe.scenario.values import Role, Trajectory

IDS = (
    "bau",
    "frozen-2021",
    "plan",
    "plan-delayed",
    "plan-without-modal-shift",
    "plan-without-shore-power",
)
NOT_SET_BY_THE_PLAN = {
    "carbon capture",  # the plan asks for research alone
    "auction share",
    "road bulk surcharge",
    "ship retrofit subsidy",
    "shore power price subsidy",
    "shore power use obligation",
    "coal plant retirement",
    "carbon price floor",
}


@pytest.fixture(scope="module")
def model():
    return read_model(find_scenario_model(find_bundled("scenarios") / "plan.yaml"))


@pytest.fixture(scope="module")
def catalogue(model):
    return load_catalogue(model)


@pytest.fixture(scope="module")
def scenarios(model, catalogue):
    folder = find_bundled("scenarios")
    return {name: load_scenario(folder / f"{name}.yaml", model, catalogue) for name in IDS}


def by_name(scenario):
    return {(s.role, s.name, s.element): s for s in scenario.settings}


def test_all_of_them_are_there():
    assert set(IDS) <= {head.id for head in list_scenarios()}


@pytest.mark.parametrize("name", IDS)
def test_it_loads_without_a_warning_in_both_languages(scenarios, name):
    scenario = scenarios[name]
    assert scenario.warnings == ()
    assert scenario.title.zh != scenario.title.en
    assert scenario.story.zh != scenario.story.en
    assert len(scenario.story.en) > 40


def test_they_differ(scenarios):
    assert len({scenario.digest for scenario in scenarios.values()}) == len(IDS)


def test_they_run_as_one_batch(scenarios, model, catalogue):
    batch = build_batch(model, catalogue, list(scenarios.values()))
    assert batch.members == IDS
    assert batch.time == model.time


def test_frozen_sets_nothing(scenarios):
    assert scenarios["frozen-2021"].settings == ()


def test_only_levers_are_set(scenarios):
    roles = {s.role for scenario in scenarios.values() for s in scenario.settings}
    assert roles == {Role.LEVER}


def test_plan_sets_every_lever_but_those_that_its_text_does_not_ask_for(scenarios, catalogue):
    named = {setting.name for setting in scenarios["plan"].settings}
    assert set(catalogue.levers) - named == NOT_SET_BY_THE_PLAN


def test_plan_moves_what_it_sets(scenarios, model):
    """Only the use of straw is at its goal already."""
    still = {
        s.name
        for s in scenarios["plan"].settings
        if is_default(s, model)
        or (
            isinstance(s.value, Trajectory)
            and set(s.value.values) == {float(model.variables[s.name].default)}
        )
    }
    assert still == {"straw use"}


def test_every_value_of_the_plan_carries_its_grade():
    text = (find_bundled("scenarios") / "plan.yaml").read_text(encoding="utf-8")
    lines = text[text.index("levers:") :].splitlines()[1:]
    graded = False
    count = 0
    for line in lines:
        value = re.match(r"  \w[^#]*:", line)
        count += bool(value)
        assert not value or graded or re.search(r"# [ABC]: \S", line), line
        # A comment above a value may carry its grade, over several lines.
        graded = bool(re.match(r"  # [ABC]: ", line)) or (graded and line.startswith("  # "))
    assert count > 40


def test_numbers_of_the_text_are_taken_as_they_are(scenarios):
    plan = {s.name: s.value for s in scenarios["plan"].settings}
    assert plan["manure use"] == Trajectory((2025.0,), (0.9,))
    assert plan["straw use"] == Trajectory((2025.0,), (0.98,))
    assert plan["green barrier coverage"] == Trajectory((2025.0,), (0.25,))
    assert plan["harbour craft electrification"] == Trajectory((2025.0,), (1.0,))
    assert plan["new berth shore power"].values == (1.0,)


@pytest.mark.parametrize(
    ("name", "levers"),
    [
        (
            "plan-without-modal-shift",
            {"rail investment", "rail sidings", "rail tariff discount", "sea rail containers"},
        ),
        (
            "plan-without-shore-power",
            {"new berth shore power", "berth retrofit programme", "harbour craft electrification"},
        ),
    ],
)
def test_what_is_left_out_is_at_the_state_of_2021(scenarios, model, name, levers):
    plan, without = by_name(scenarios["plan"]), by_name(scenarios[name])
    assert plan.keys() == without.keys()
    changed = {key[1] for key in plan if plan[key].value != without[key].value}
    assert changed == levers
    for key, setting in without.items():
        if key[1] in levers:
            assert is_default(setting, model)


def test_delay_is_all_that_the_delayed_plan_changes(scenarios):
    plan, delayed = by_name(scenarios["plan"]), by_name(scenarios["plan-delayed"])
    assert all(delayed[key].value == setting.value for key, setting in plan.items())
    more = {key[1]: setting.value for key, setting in delayed.items() if key not in plan}
    assert more == {"policy delay": 3.0, "policy completion": 0.7}


def test_delay_moves_dated_measures_as_the_schedule_moves_the_others(scenarios, model, catalogue):
    """A dated measure is 3 years late and 70 % done, as `policy schedule` is for the others."""
    batch = build_batch(model, catalogue, [scenarios["plan"], scenarios["plan-delayed"]])
    assert len(batch.series) >= 8
    for name, (years, values) in batch.series.items():
        default = float(model.variables[name.removesuffix(" in force")].default)
        for year in np.arange(2010, 2060, 0.25):
            own = np.interp(year - 3, years, values[0])
            late = np.interp(year, years, values[1])
            assert late == pytest.approx(default + 0.7 * (own - default), abs=1e-12)


def test_no_lever_is_in_force_up_to_2022(scenarios, model, catalogue):
    batch = build_batch(model, catalogue, list(scenarios.values()))
    for name, (years, values) in batch.series.items():
        default = float(model.variables[name.removesuffix(" in force")].default)
        for member in values:
            if not np.isnan(member).all():
                past = np.interp(np.arange(2010, 2022.25, 0.25), years, member)
                assert (past == default).all()
