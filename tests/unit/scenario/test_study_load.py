"""Studies: what is read, what is refused, and what every member is given."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from scenario_example import CATALOGUE, MODEL, write
from study_loading import block, inputs, load, refuse

from haihe.scenario.design import build_batch
from haihe.scenario.load import load_scenario
from haihe.scenario.study import (
    count_members,
    describe_study,
    draw_inputs,
    member_scenarios,
)
from haihe.text import join_all, say

GRID = "scenarios: base\ndesign: {method: grid}\nvary:\n"
MANY = "scenarios: [base, plan]\ndesign: {method: monte-carlo, samples: 50, seed: 3}\nvary:\n"
EVERY = MANY + (
    "  rail investment: {uniform: [0, 10]}\n"
    "  policy delay[port]: {uniform: [0 Year, 5 Year]}\n"
    "  regional background: {change: scale, uniform: [0.8, 1.2]}\n"
    "  equipped berths[container berth]: {uniform: [0, 1]}\n"
    "  distance: {change: scale, lognormal: [1, 0.1]}\n"
)


def test_members_go_scenario_by_scenario_with_the_same_draws(tmp_path):
    study = load(tmp_path, EVERY)
    assert count_members(study) == 100
    assert member_scenarios(study, 48, 52).tolist() == [0, 0, 1, 1]
    drawn = inputs(study)
    np.testing.assert_array_equal(drawn[:50], drawn[50:])
    made = block(tmp_path, study)
    assert made.members[:2] == ("0", "1")
    np.testing.assert_array_equal(made.constants["rail investment"], drawn[:, 0])
    np.testing.assert_array_equal(made.constants["policy delay"][:, 1], drawn[:, 1])
    np.testing.assert_array_equal(made.constants["policy delay"][:, 0], np.zeros(100))
    np.testing.assert_array_equal(
        made.constants["distance"], np.multiply.outer(drawn[:, 4], [[1, 2], [3, 4]])
    )
    np.testing.assert_array_equal(made.initial["equipped berths"][:, 0], drawn[:, 3])
    assert np.isnan(made.initial["equipped berths"][:, 1]).all()
    # What the scenario sets stays, where nothing varies it.
    np.testing.assert_array_equal(made.constants["rail life"], [40.0] * 50 + [30.0] * 50)


@pytest.mark.parametrize(
    "text", [EVERY, EVERY + "futures: 7\n", EVERY + "futures: each\n"], ids=["plain", "7", "each"]
)
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (37, 63), (49, 51), (99, 100), (5, 5)])
def test_block_is_a_slice_of_the_whole(tmp_path, text, start, stop):
    study = load(tmp_path, text)
    whole, part = block(tmp_path, study), block(tmp_path, study, start, stop)
    np.testing.assert_array_equal(draw_inputs(study, start, stop), inputs(study)[start:stop])
    assert part.members == whole.members[start:stop]
    for name, values in whole.constants.items():
        np.testing.assert_array_equal(part.constants[name], values[start:stop], name)
    for name, values in whole.initial.items():
        np.testing.assert_array_equal(part.initial[name], values[start:stop])
    for name, (years, values) in part.series.items():
        np.testing.assert_array_equal(years, whole.series[name][0])
        np.testing.assert_array_equal(values, whole.series[name][1][start:stop])


def test_late_course_is_that_of_a_scenario_which_is_late(tmp_path):
    """A delay drawn by a study does what the same delay written into the scenario does."""
    study = load(
        tmp_path,
        "scenarios: plan\ndesign: {method: grid}\nvary:\n"
        "  policy delay[port]: {levels: [0, 1.3, 20]}\n"
        "  policy completion[port]: {levels: [0.6, 1]}\n",
    )
    made = block(tmp_path, study)
    years, values = made.series["storage ratio in force"]
    for member, (delay, done) in enumerate(inputs(study)):
        text = (
            "extends: plan\n"
            f"levers: {{policy delay: {{port: {delay}}}, policy completion: {{port: {done}}}}}\n"
        )
        path = write(tmp_path, "scenarios/late.yaml", text)
        alone = build_batch(MODEL, CATALOGUE, [load_scenario(path, MODEL, CATALOGUE)])
        wanted = alone.series["storage ratio in force"]
        np.testing.assert_allclose(
            values[member], np.interp(years, wanted[0], wanted[1][0]), atol=1e-13
        )
        assert made.constants["policy delay"][member, 1] == delay
    # The model looks at its steps alone, and all of them are there.
    assert set(np.arange(2022, 2060.01, 0.25)) <= set(years)


def test_one_point_of_a_course_is_varied_at_its_date(tmp_path):
    study = load(
        tmp_path,
        "scenarios: [base, plan]\ndesign: {method: grid}\nvary:\n"
        "  berth mandate[dry bulk berth]: {levels: [50 %, 100 %]}\n",
    )
    years, values = block(tmp_path, study).series["berth mandate in force"]
    at = {float(year): i for i, year in enumerate(years)}
    assert np.isnan(values[:2]).all(), "no course in the base: the model's own schedule"
    np.testing.assert_allclose(values[2:, at[2030.0], 1], [0.5, 1.0])
    np.testing.assert_allclose(values[2:, at[2030.0], 0], [0.8, 0.8])
    np.testing.assert_allclose(values[2:, at[2022.0]], [[0.2, 0.1]] * 2)
    constants = block(tmp_path, study).constants["berth mandate"]
    np.testing.assert_allclose(constants[:2], [[0.2, 0.5], [0.2, 1.0]])


def test_course_of_several_points_is_scaled_not_replaced(tmp_path):
    said = refuse(tmp_path, MANY + "  storage ratio: {uniform: [0, 1]}\n")
    assert "s.yaml:4:18: storage ratio follows a course of several years in plan" in said
    study = load(tmp_path, MANY + "  storage ratio: {change: scale, uniform: [0.5, 1]}\n")
    years, values = block(tmp_path, study).series["storage ratio in force"]
    scale = inputs(study)[50:, 0]
    late = float(years[-1])
    assert late >= 2035
    np.testing.assert_allclose(values[50:, -1], 0.6 * scale)


def test_scaled_value_stays_within_limits_in_every_scenario(tmp_path):
    said = refuse(tmp_path, MANY + "  storage ratio: {change: scale, uniform: [1, 2]}\n")
    assert "storage ratio would reach from 0.4 to 1.2 in plan" in said


def test_driver_is_changed_from_what_the_scenario_has(tmp_path):
    write(
        tmp_path, "scenarios/own.yaml", "drivers: {regional background: [[2030, 10], [2060, 10]]}"
    )
    study = load(
        tmp_path,
        "scenarios: [base, own]\ndesign: {method: grid}\nvary:\n"
        "  regional background: {change: shift, levels: [0, 5], since: 2040}\n",
    )
    years, values = block(tmp_path, study).series["regional background"]
    at = [float(np.interp(2050, years, row)) for row in values]
    np.testing.assert_allclose(at, [24, 29, 10, 15])
    before = [float(np.interp(2039, years, row)) for row in values]
    np.testing.assert_allclose(before, [28.4, 28.4, 10, 10])


def test_driver_takes_one_of_several_courses(tmp_path):
    study = load(
        tmp_path,
        MANY.replace("50", "2000") + "  demand growth:\n    weights: [3, 1]\n    paths:\n"
        "      - [[2025, 3 %/yr], [2035, 2 %/yr]]\n      - {file: slow.csv, value: rate}\n",
        slow="year,rate\n2025,0.01\n2060,0.0\n",
    )
    years, values = block(tmp_path, study).series["demand growth"]
    chosen = inputs(study)[:, 0]
    assert set(chosen) == {0, 1}
    assert np.mean(chosen == 0) == pytest.approx(0.75, abs=0.03)
    rates = [float(np.interp(2060, years, row)) for row in values]
    np.testing.assert_allclose(rates, np.where(chosen == 0, 0.02, 0.0))
    np.testing.assert_allclose([np.interp(2015, years, row) for row in values], 0.075)


def test_base_run_comes_first_and_says_what_each_scenario_has(tmp_path):
    study = load(
        tmp_path,
        "scenarios: [base, plan]\ndesign: {method: one-at-a-time}\nvary:\n"
        "  rail life: {levels: [20, 50]}\n"
        "  regional background: {change: scale, uniform: [0.5, 1.5]}\n"
        "  policy delay: {levels: [2]}\n",
    )
    drawn = inputs(study).reshape(2, 6, 3)
    np.testing.assert_array_equal(drawn[:, 0], [[40, 1, 0], [30, 1, 0]])
    np.testing.assert_allclose(drawn[1, 3], [30, 0.55, 0])
    np.testing.assert_array_equal(drawn[0, 5], [40, 1, 2])
    plain = build_batch(MODEL, CATALOGUE, study.scenarios)
    first = block(tmp_path, study, 6, 7)
    np.testing.assert_array_equal(first.constants["rail life"], plain.constants["rail life"][1:])


def test_table_of_rows_keeps_what_it_leaves_empty(tmp_path):
    text = "scenarios: [base, plan]\ndesign: {method: list, file: rows.csv}\n"
    study = load(
        tmp_path,
        text,
        rows=(
            "label,rail life,policy delay[freight],regional background (scale)\n"
            "# a note\nas it is,,,\nlonger,50,2 Year,\ncleaner,,,80 %\n"
        ),
    )
    assert study.row_labels == ("as it is", "longer", "cleaner")
    drawn = inputs(study)
    np.testing.assert_allclose(drawn[:3], [[40, 0, 1], [50, 2, 1], [40, 0, 0.8]])
    np.testing.assert_allclose(drawn[3:, 0], [30, 50, 30])
    life = block(tmp_path, study).constants["rail life"]
    np.testing.assert_array_equal(life, [40, 50, 40, 30, 50, 30])


def test_futures_are_crossed_with_rows_and_the_scenario_wins(tmp_path):
    study = load(
        tmp_path,
        "scenarios: [base, plan]\ndesign: {method: grid}\nfutures: 4\nvary:\n"
        "  policy delay[freight]: {levels: [0, 3]}\n",
    )
    assert count_members(study) == 16
    assert [factor.label for factor in study.factors[1:]] == ["rail life", "regional background"]
    drawn = inputs(study)
    np.testing.assert_array_equal(drawn[:4, 1:], drawn[4:8, 1:])
    np.testing.assert_array_equal(drawn[:8, 0], [0, 0, 0, 0, 3, 3, 3, 3])
    life = block(tmp_path, study).constants["rail life"]
    np.testing.assert_array_equal(life[:8], drawn[:8, 1])
    np.testing.assert_array_equal(life[8:], np.full(8, 30))
    assert any("plan sets rail life itself" in say(warning, "en") for warning in study.warnings)


def test_input_of_the_study_takes_the_place_of_its_future(tmp_path):
    study = load(tmp_path, MANY + "  rail life: {levels: [33]}\nfutures: each\n")
    assert [factor.label for factor in study.factors] == ["rail life", "regional background"]
    assert set(block(tmp_path, study).constants["rail life"]) == {33}


def test_futures_may_be_inputs_of_the_design(tmp_path):
    text = "scenarios: base\ndesign: {method: sobol, samples: 8}\ninclude: [futures]\n"
    study = load(tmp_path, text)
    assert [factor.label for factor in study.factors] == ["rail life", "regional background"]
    assert count_members(study) == 32
    said = refuse(tmp_path, text + "futures: 5\n")
    assert "sobol indices are those of its own inputs" in said


def test_same_meaning_same_digest_and_another_seed_another(tmp_path):
    text = MANY + "  rail life: {uniform: [20, 60 Year]}\n"
    first = load(tmp_path, text)
    same = load(tmp_path, "title: other\n" + text.replace("60 Year", "60.0"))
    assert first.digest == same.digest
    for old, new in (("seed: 3", "seed: 4"), ("50", "51"), ("60 Year", "61"), ("plan", "plan ")):
        other = load(tmp_path, text.replace(old, new))
        assert (other.digest == first.digest) == (old == "plan"), old


def test_study_is_described_as_json_and_travels_to_workers(tmp_path):
    study = load(tmp_path, EVERY + "futures: each\n")
    said = json.loads(json.dumps(describe_study(study), allow_nan=False))
    assert said["members"] == 100
    assert said["factors"][0]["distribution"] == {"shape": "uniform", "low": 0.0, "high": 10.0}
    assert said["save"]["outcomes"] == ["CO2"]
    travelled = pickle.loads(pickle.dumps(study))
    np.testing.assert_array_equal(inputs(travelled), inputs(study))


def test_a_thousand_million_members_are_counted_in_no_time(tmp_path):
    few = load(tmp_path, MANY + "  rail life: {uniform: [20, 60]}\n")
    with pytest.raises(IndexError, match="members 99 to 101 of 100"):
        draw_inputs(few, 99, 101)
    study = load(tmp_path, MANY.replace("50", "500000000") + "  rail life: {uniform: [20, 60]}\n")
    assert count_members(study) == 10**9
    assert draw_inputs(study, 10**9 - 2, 10**9).shape == (2, 1)


def test_doubts_are_said_and_nothing_is_refused(tmp_path):
    text = (
        "scenarios: base\ndesign: {method: sobol, samples: 100}\nvary:\n"
        "  rail life: {uniform: [20, 60]}\n  policy delay[port]: {uniform: [0, 5]}\n"
        "correlations: [{between: [rail life, 'policy delay[port]'], rank: 0.5}]\n"
    )
    warnings = join_all(load(tmp_path, text).warnings).en
    assert "assume that inputs are independent" in warnings
    assert "64 or 128 give better indices" in warnings
    wide = MANY + "  storage ratio: {change: scale, uniform: [1, 2]}\nallow_out_of_range: true\n"
    assert "(allowed)" in join_all(load(tmp_path, wide).warnings).en


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("design: {method: grid}\n", "the key `scenarios` is missing"),
        ("scenarios: bse\ndesign: {method: grid}\n", "s.yaml:1:12: there is no scenario `bse`"),
        ("scenarios: [base, base]\ndesign: {method: grid}\n", "named twice"),
        ("scenarios: base\ndesign: {method: gird}\n", "did you mean grid"),
        ("scenarios: base\ndesign: {method: grid, sampels: 3}\n", "did you mean samples"),
        ("scenarios: base\ndesign: {method: grid}\n", "nothing varies"),
        ("scenarios: base\ndesign: {method: sobol}\ninclude: [futures]\n", "sobol needs `samples`"),
        (MANY.replace("50", "1e3"), "is not a whole number"),
        (MANY.replace("50", "0") + "  rail life: {levels: [20]}\n", "0 samples are too few"),
        (MANY + "  rail live: {uniform: [20, 60]}\n", "did you mean rail life"),
        (MANY + "  rail life: {uniform: [20]}\n", "uniform takes 2 numbers"),
        (
            MANY + "  rail life: {uniform: [20, 60], normal: [1, 2]}\n",
            "uniform and normal is given",
        ),
        (MANY + "  rail life: {change: scale}\n", "none is given"),
        (MANY + "  rail life: {normal: [40, 5]}\n", "has no end, the model has (1 to no upper"),
        (MANY + "  rail life: {uniform: [20 %, 60]}\n", "rail life = `20 %`"),
        (MANY + "  rail capacity: {change: scale, uniform: [1, 2]}\n", "is a stock"),
        (MANY + "  freight by mode: {uniform: [1, 2]}\n", "is computed by the model"),
        (MANY + "  policy delay[prot]: {uniform: [1, 2]}\n", "has no element `prot`"),
        (MANY + "  policy delay[port: {uniform: [1, 2]}\n", "no closing bracket"),
        (
            MANY + "  policy delay: {uniform: [1, 2]}\n  policy delay[port]: {levels: [1]}\n",
            "change the same number, in lines 4 and 5",
        ),
        (GRID + "  rail life: {lognormal: [40, 0.1], within: [1, 99]}\n  rail life : 1\n", "twice"),
        (GRID + "  rail life: {lognormal: [40, 0.1]}\n", "rail life: a lognormal distribution"),
        (GRID + "  distance: {lognormal: [4, 0.1]}\n", "a grid goes from end to end"),
        (GRID + "  rail life: {levels: [20]}\nfutures: each\n", "a future each would mix"),
        (GRID + "  rail life: {levels: [20]}\nfutures: 0\n", "0 futures"),
        (
            GRID + "  rail life: {levels: [20]}\ncorrelations: [{between: [a, b], rank: 0.5}]\n",
            "given, not drawn",
        ),
        (
            MANY
            + "  rail life: {levels: [20]}\ncorrelations: [{between: [rail life, b], rank: 1}]\n",
            "expected a number < 1",
        ),
        (
            MANY + "  rail life: {levels: [20]}\n"
            "correlations: [{between: [rail life, ral], rank: 0.1}]\n",
            "ral does not vary",
        ),
        (MANY + "  rail life: {data: {file: no.csv, column: a}}\n", "there is no table `no.csv`"),
        (MANY + "  rail life: {data: {file: ../../../x.csv, column: a}}\n", "leaves the project"),
        (MANY + "  rail life: {levels: [20]}\nsave: {outcomes: [CO3]}\n", "unknown outcome `CO3`"),
        (
            MANY + "  rail life: {levels: [20]}\nsave: {outcomes: [CO2], years: [2030, 2030.5]}\n",
            "2030.5 is no saved time",
        ),
        (
            MANY + "  rail life: {levels: [20]}\nsave: {outcomes: [CO2], years: []}\n",
            "nothing is saved",
        ),
        (
            MANY + "  rail life: {levels: [20]}\n"
            "save: {outcomes: [CO2], periods: [{from: 2050, to: 2070}]}\n",
            "goes beyond the run",
        ),
        (MANY + "  rail life: {levels: [20]}\ntime: {step: 0.3}\n", "no whole"),
    ],
)
def test_faults_are_named_at_their_line(tmp_path, text, said):
    message = refuse(tmp_path, text)
    assert said in message
    assert "s.yaml:" in message


def test_all_mistakes_come_at_once(tmp_path):
    said = refuse(
        tmp_path,
        "scenarios: base\ndesign: {method: sobol}\nvary:\n  rail live: {uniform: [1, 2]}\n"
        "  rail life: {uniform: [9, 2]}\nsave: {outcomes: [CO3]}\n",
    )
    assert [line.split(":")[1] for line in said.splitlines() if "s.yaml:" in line] == [
        "2",
        "4",
        "5",
        "6",
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("rail live\n20\n", "rows.csv:1:1: unknown input `rail live`; did you mean rail life"),
        ("rail life\n2o\n", "rows.csv:2:1: rail life = `2o`: this is no unit"),
        ("label,rail life\na,0.5\n", "would reach from 0.5"),
        ("rail life,rail life\n20,30\n", "two columns change rail life"),
        ("regional background\n1\n", "`regional background (scale)`"),
        ("rail life\n", "has no rows"),
        ("label,rail life\na,\n", "is empty"),
    ],
)
def test_faults_of_a_table_are_named_in_it(tmp_path, rows, said):
    text = "scenarios: base\ndesign: {method: list, file: rows.csv}\n"
    assert said in refuse(tmp_path, text, rows=rows)


def test_observed_values_give_their_quantiles(tmp_path):
    study = load(
        tmp_path,
        MANY + "  rail life: {data: {file: seen.csv, column: Life, unit: Month}}\n",
        seen="life,other\n240,1\n480,2\n720,3\n",
    )
    assert study.factors[0].distribution.numbers == pytest.approx((20, 40, 60))
