"""Plans over futures, by hand; a search that must find what is known to be best."""

from __future__ import annotations

import json

import numpy as np
import pytest
from study_example import make_study

from haihe.analysis.robust import Goal, compare_plans, find_plans
from haihe.analysis.robust_pareto import find_pareto
from haihe.errors import InputError

PLANS = ("bold", "middling", "timid")
COST = np.array([[1.0, 9, 2, 8], [4, 5, 4, 5], [6, 6, 6, 6]])
"""Three plans in four futures; less is better."""
JOBS = np.array([[3.0, 3, 3, 3], [2, 2, 2, 2], [1, 1, 1, 1]])


def make_plans(futures: np.ndarray | None = None, **more):
    drawn = np.arange(4.0) if futures is None else futures
    inputs = np.resize(drawn, 12)[:, None]
    labels = [plan for plan in PLANS for _ in range(4)]
    outcomes = {"cost": COST.ravel(), "jobs": JOBS.ravel()}
    return make_study(inputs, outcomes, scenario=labels, **more)


GOALS = (Goal("cost at 2030", "lower"), Goal("jobs at 2030", "higher"))


def test_regret_by_hand() -> None:
    found = compare_plans(make_plans(), GOALS)
    cost = found.sel(outcome="cost at 2030")
    # The best in the four futures are 1, 5, 2, 5.
    np.testing.assert_allclose(cost["regret_max"], [4, 3, 5])
    np.testing.assert_allclose(cost["regret_mean"], [7 / 4, 5 / 4, 11 / 4])
    np.testing.assert_allclose(cost["worst"], [9, 5, 6])
    np.testing.assert_allclose(cost["best"], [1, 4, 6])
    jobs = found.sel(outcome="jobs at 2030")
    np.testing.assert_allclose(jobs["regret_max"], [0, 1, 2])
    np.testing.assert_allclose(jobs["worst"], [3, 2, 1])


def test_what_is_dominated_hangs_on_the_statistic() -> None:
    worst = compare_plans(make_plans(), GOALS, statistic="worst")
    assert list(worst["pareto"]) == [True, True, False]
    alone = compare_plans(make_plans(), GOALS[:1], statistic="regret_max")
    assert list(alone["pareto"]) == [False, True, False]


def test_shares_of_futures_that_meet_requirements() -> None:
    found = compare_plans(make_plans(), GOALS, ["cost at 2030 <= 5", "jobs at 2030 >= 2"])
    np.testing.assert_allclose(found["met"], [[0.5, 1], [1, 1], [0, 0]])
    np.testing.assert_allclose(found["met_all"], [0.5, 1, 0])


def test_futures_that_differ_give_no_regret() -> None:
    found = compare_plans(make_plans(np.arange(12.0)), GOALS)
    assert np.isnan(found["regret_max"]).all()
    assert "not meet the same futures" in " ".join(found.attrs["notes_en"])
    assert not find_plans(make_plans(np.arange(12.0))).matched


def test_a_future_that_one_plan_failed_in_counts_for_none() -> None:
    status = [""] * 12
    status[5] = "diverged"  # the second plan in the second future
    found = compare_plans(make_plans(status=status), GOALS)
    assert (found.attrs["futures"], found.attrs["lost"]) == (3, 1)
    np.testing.assert_allclose(found.sel(outcome="cost at 2030")["worst"], [8, 5, 6])


def test_rows_crossed_with_futures_are_plans() -> None:
    study = make_plans()
    labels = ["plan"] * 12
    study = study.assign_coords(scenario=("member", np.asarray(labels)))
    about = {"futures": {"count": 4}, "varied": 0, "row_labels": list(PLANS)}
    study.attrs["study"] = json.dumps(about)
    plans = find_plans(study)
    assert plans.labels == PLANS
    np.testing.assert_array_equal(plans.rows, np.arange(12).reshape(3, 4))


def test_a_direction_must_be_known() -> None:
    with pytest.raises(InputError, match="--minimise or --maximise"):
        compare_plans(make_plans(), [Goal("cost at 2030")])
    with pytest.raises(InputError, match="course over time"):
        compare_plans(make_plans(), [Goal("cost", "lower")])


def test_pareto_against_every_pair() -> None:
    costs = np.random.default_rng(2).integers(0, 6, (80, 3)).astype(float)
    costs[7] = np.nan
    beaten = [
        any((other <= cost).all() and (other < cost).any() for other in np.delete(costs, 7, 0))
        for cost in costs
    ]
    want = ~np.array(beaten) & np.isfinite(costs).all(axis=1)
    np.testing.assert_array_equal(find_pareto(costs), want)
