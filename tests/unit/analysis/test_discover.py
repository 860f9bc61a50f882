"""Boxes that were planted are found, and none where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from study_example import make_study

from haihe.analysis.discover import discover
from haihe.analysis.discover_prim import (
    Samples,
    choose_box,
    find_box,
    find_inside,
    find_p_value,
    peel_boxes,
)
from haihe.analysis.discover_where import Quantity, judge_members, read_condition
from haihe.errors import InputError
from haihe.text import Text


def planted(count: int = 3000, seed: int = 1, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    x = generator.uniform(size=(count, 5))
    case = (x[:, 0] > 0.7) & (x[:, 2] < 0.4)
    flips = generator.uniform(size=count) < noise
    return x, case ^ flips


def sample(x: np.ndarray, case: np.ndarray, codes: tuple[int, ...] = ()) -> Samples:
    return Samples(x, case, codes or (0,) * x.shape[1])


def test_a_planted_box_is_found() -> None:
    x, case = planted()
    region, way = find_box(sample(x, case))
    assert region.restricted(sample(x, case)) == (0, 2)
    assert region.low[0] == pytest.approx(0.7, abs=0.02)
    assert region.high[2] == pytest.approx(0.4, abs=0.02)
    inside = find_inside(region, sample(x, case))
    assert case[inside].mean() > 0.95
    assert case[inside].sum() > 0.95 * case.sum()
    assert len(way) > 20


def test_a_planted_box_is_found_through_noise() -> None:
    x, case = planted(noise=0.1)
    found = discover(make_study(x, {"y": case.astype(float)}), "y at 2030 > 0.5", boxes=1)
    (box,) = found.boxes
    limits = {limit.factor: limit for limit in box.limits}
    assert set(limits) == {"x1", "x3"}
    assert limits["x1"].low == pytest.approx(0.7, abs=0.04)
    assert limits["x1"].high is None
    assert limits["x3"].high == pytest.approx(0.4, abs=0.04)
    assert all(limit.p_value < 1e-6 for limit in box.limits)
    assert box.density == pytest.approx(0.9, abs=0.04)
    assert box.held_density == pytest.approx(box.density, abs=0.06)


def test_two_boxes_are_found_one_after_another() -> None:
    x, _ = planted(4000)
    case = ((x[:, 0] > 0.8) & (x[:, 1] > 0.5)) | ((x[:, 3] < 0.2) & (x[:, 4] < 0.6))
    found = discover(make_study(x, {"y": case.astype(float)}), "y at 2030 > 0.5")
    assert len(found.boxes) >= 2
    named = {frozenset(limit.factor for limit in box.limits) for box in found.boxes[:2]}
    assert named == {frozenset({"x1", "x2"}), frozenset({"x4", "x5"})}
    assert sum(box.coverage for box in found.boxes) > 0.85
    assert sum(box.cases for box in found.boxes) <= found.cases


def test_nothing_is_found_in_noise() -> None:
    """Of thirty studies where chance alone decides, hardly one seems to say something."""
    found = 0
    for seed in range(30):
        generator = np.random.default_rng(seed)
        x = generator.uniform(size=(400, 6))
        y = (generator.uniform(size=400) < 0.3).astype(float)
        result = discover(make_study(x, {"y": y}), "y at 2030 > 0.5")
        found += bool(result.boxes)
        if not result.boxes:
            assert "no conditions were found" in result.sentences[0].en
            assert "没有找到" in result.sentences[0].zh
    assert found <= 4


def test_peeling_by_hand() -> None:
    """Ten members, one factor 1…10, cases 8, 9, 10: each step takes one from the low end."""
    x = np.arange(1.0, 11.0)[:, None]
    case = x[:, 0] >= 8
    way = peel_boxes(sample(x, case), part=0.1, least=0.1)
    assert [len(x[find_inside(region, sample(x, case))]) for region in way] == [
        10,
        9,
        8,
        7,
        6,
        5,
        4,
        3,
    ]
    assert [region.low[0] for region in way[1:]] == [2, 3, 4, 5, 6, 7, 8]
    assert choose_box(way, sample(x, case), 0.0) is way[-1]
    assert choose_box(way, sample(x, case), 0.5) is way[4]  # six members, three of them cases


def test_ties_are_peeled_together() -> None:
    x = np.repeat([0.0, 1.0, 2.0], [50, 30, 20])[:, None]
    case = x[:, 0] == 2
    way = peel_boxes(sample(x, case), least=0.01)
    assert [region.low[0] for region in way[1:]] == [1, 2]


def test_quasi_p_value_by_hand() -> None:
    """Four inside, all cases, where half of those without the limit are: (1/2)^4."""
    x = np.array([[1.0], [1], [1], [1], [0], [0], [0], [0]])
    case = x[:, 0] == 1
    region = sample(x, case).whole().narrow(0, 0.5, np.inf, None)
    assert find_p_value(region, 0, sample(x, case)) == pytest.approx(1 / 16)


def test_which_scenario_can_be_the_condition() -> None:
    x, _ = planted(1200)
    labels = np.array(["plan", "frozen", "late"])[np.arange(1200) % 3]
    case = (labels != "plan") & (x[:, 1] > 0.5)
    study = make_study(x, {"y": case.astype(float)}, scenario=list(labels))
    found = discover(study, "y at 2030 > 0.5", boxes=1)
    limits = {limit.factor: limit for limit in found.boxes[0].limits}
    assert set(limits["scenario"].only) == {"frozen", "late"}
    assert "情景为" in found.sentences[0].zh
    alone = discover(study, "y at 2030 > 0.5", scenario="plan")
    assert alone.cases == 0
    assert "None of 400 members" in alone.sentences[0].en


def test_failed_members_are_left_out_and_counted() -> None:
    x, case = planted(1000)
    y = case.astype(float)
    y[3] = np.nan
    status = [""] * 1000
    status[3] = status[9] = "diverged"
    found = discover(make_study(x, {"y": y}, status=status), "y at 2030 > 0.5")
    assert (found.members, found.failed) == (998, 2)
    assert any("2 members have no result" in note.en for note in found.notes)


VALUES = {
    "a at 2030": Quantity(np.array([1.0, 2, 3]), "Mt/yr", Text("甲", "A")),
    "b peak": Quantity(np.array([2.5, 2.5, np.nan]), "Mt/yr", Text("乙", "B")),
    "c and d at 2030": Quantity(np.array([0.1, 0.2, 0.3]), "%", Text("丙", "C")),
}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("a at 2030 > 2", [False, False, True]),
        ("a at 2030 ≥ 2", [False, True, True]),
        ("2e3 kt/yr <= a at 2030", [False, True, True]),
        ("1 < a at 2030 < 3", [False, True, False]),
        ("a at 2030 < b peak", [True, True, False]),
        ("not a at 2030 > 2", [True, True, False]),
        ("a at 2030 < 2 or a at 2030 > 2", [True, False, True]),
        ("a at 2030 > 2 or a at 2030 > 0 and a at 2030 < 2", [True, False, True]),
        ("(a at 2030 > 2 or a at 2030 > 0) and a at 2030 < 2", [True, False, False]),
        ("a at 2030 > 1 且 非 (a at 2030 > 2)", [False, True, False]),
        ("c and d at 2030 > 0.15 and a at 2030 < 3", [False, True, False]),
        ("c and d at 2030 > 0.0015 Dmnl", [False, True, True]),
    ],
)
def test_conditions_mean_what_they_say(text: str, want: list[bool]) -> None:
    assert list(judge_members(read_condition(text), VALUES.__getitem__).case) == want


def test_a_missing_number_is_neither() -> None:
    judged = judge_members(read_condition("not b peak > 1"), VALUES.__getitem__)
    assert list(judged.known) == [True, True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an outcome or a number"),
        ("a at 2030", "such as `PM2.5 at 2030 > 30`"),
        ("a at 2030 = 3", "no test for numbers that vary"),
        ("a at 2030 > 3 and", "the end does not fit"),
        ("(a at 2030 > 3", "`)`"),
        ("3 > 2", "compares two numbers"),
        ("a at 2030 > 3 days", "cannot be said in"),
        ("(" * 60 + "a > 1" + ")" * 60, "too deep"),
        ("a > 1 " * 1000, "too long"),
    ],
)
def test_what_is_wrong_with_a_condition_is_said(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        judge_members(read_condition(text), VALUES.__getitem__)
    assert said in str(caught.value)


def test_a_course_needs_a_year() -> None:
    with pytest.raises(InputError, match="y at 2030"):
        discover(make_study(np.ones((4, 1)), {"y": np.ones(4)}), "y > 3")


def test_large_studies_are_not_held_in_memory(tmp_path, monkeypatch) -> None:
    """Of more members than a box is sought among, whole columns are read, and few at a time."""
    from haihe.analysis import discover as module
    from haihe.analysis import discover_table, select_inputs

    x, case = planted(4000)
    study = make_study(x, {"y": case.astype(float)})
    whole = discover(study, "y at 2030 > 0.5", boxes=1)
    asked = []

    def spy(study, factors, rows):
        asked.append((len(factors), len(rows)))
        return select_inputs.read_inputs(study, factors, rows)

    monkeypatch.setattr(discover_table, "read_inputs", spy)
    monkeypatch.setattr(module, "MOST", 1000)
    found = discover(study, "y at 2030 > 0.5", boxes=1)
    assert max(rows for factors, rows in asked if factors > 1) == 1000
    assert {rows for factors, rows in asked if factors == 1} == {4000}
    assert [one.factor for one in found.boxes[0].limits] == [
        one.factor for one in whole.boxes[0].limits
    ]
    assert found.boxes[0].members == pytest.approx(whole.boxes[0].members, rel=0.1)
