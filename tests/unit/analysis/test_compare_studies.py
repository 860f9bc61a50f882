"""Two studies held against each other: what differs, and how far distributions moved."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from study_example import make_study

from haihe.analysis.compare_studies import StudySide, compare_studies, measure_distance
from haihe.errors import InputError

COUNT = 2000


def draw(seed: int = 0, shift: float = 0.0, **more: object) -> xr.Dataset:
    inputs = np.random.default_rng(seed).random((COUNT, 2))
    outcomes = {"CO2": inputs.sum(axis=1) + shift, "PM": inputs[:, 0]}
    return make_study(inputs, outcomes, **more)  # type: ignore[arg-type]


def compare(a: xr.Dataset, b: xr.Dataset, *asked: object):
    return compare_studies(StudySide("a", a, None), StudySide("b", b, None), *asked)  # type: ignore[arg-type]


def test_study_against_itself_says_that_nothing_differs() -> None:
    found = compare(draw(), draw())
    assert found.same
    assert found.unmoved == 2
    assert "Nothing differs between a and b" in found.sentence.en
    assert "没有差别" in found.sentence.zh


def test_shift_of_the_same_members_is_seen_pair_by_pair() -> None:
    found = compare(draw(), draw(shift=0.001))
    (move,) = found.moves
    assert move.asked == "CO2 at 2030"
    assert move.change == pytest.approx(0.001)
    assert move.paired == 1.0  # every single one is higher, though the distributions lie together
    assert move.superiority == pytest.approx(0.5, abs=0.01)
    assert found.unmoved == 1
    assert "100 % of the pairs" in found.sentence.en


def test_other_draws_of_one_distribution_are_within_noise() -> None:
    found = compare(draw(0), draw(1))
    assert all(move.paired is None for move in found.moves)
    assert not any(move.beyond_noise for move in found.moves)
    assert "within the error of sampling" in found.sentence.en


def test_other_draws_of_another_distribution_are_beyond_noise() -> None:
    found = compare(draw(0), draw(1, shift=0.2))
    assert found.moves[0].asked == "CO2 at 2030"
    assert found.moves[0].beyond_noise
    # A sum of two uniforms, less another: P(T > -0.2) for T triangular-like with variance 1/3.
    assert found.moves[0].superiority == pytest.approx(0.63, abs=0.03)


def test_what_the_studies_were_made_of() -> None:
    one, other = draw(design="sobol"), draw(seed=3)
    for study, high, extra in ((one, 1.0, "x1"), (other, 2.0, "x9")):
        study["input: x2"].attrs["distribution"] = json.dumps(
            {"distribution": {"shape": "uniform", "low": 0.0, "high": high}}
        )
        study["input: x1"].attrs["factor"] = extra
        study.attrs |= {"model": "m", "model_digest": f"{high}", "study": json.dumps(
            {"seed": int(high), "futures": None, "scenarios": [{"id": "plan", "digest": "d"}]}
        )}  # fmt: skip
    renamed = other.rename({"input: x1": "input: x9"})
    said = {(c.kind, c.name): (c.a, c.b) for c in compare(one, renamed).changes}
    assert said[("factor", "x2")] == ("uniform 0, 1", "uniform 0, 2")
    assert said[("factor", "x1")][1] == ""
    assert said[("factor", "x9")][0] == ""
    assert said[("design", "seed")] == ("1", "2")
    assert said[("model", "model")] == ("m 1.0", "m 2.0")
    assert ("scenario", "plan") not in said


def test_scenarios_are_matched_by_name_and_single_ones_by_being_single() -> None:
    labels = ["plan"] * (COUNT // 2) + ["bau"] * (COUNT // 2)
    both = draw(scenario=labels)
    found = compare(both, draw(shift=1.0, scenario=["bau"] * COUNT))
    assert {move.scenario for move in found.moves} == {"bau"}
    assert ("scenario", "plan") in {(c.kind, c.name) for c in found.changes}
    single = compare(draw(), draw(shift=1.0, scenario=["bau"] * COUNT))
    assert single.moves[0].scenario == "plan → bau"
    with pytest.raises(InputError, match="share no scenario"):
        compare(both, draw(scenario=["x"] * COUNT))


def test_failed_members_are_left_out_and_told() -> None:
    status = ["broke"] * 10 + [""] * (COUNT - 10)
    broken = draw(shift=5.0, status=status)
    found = compare(draw(), broken)
    assert ("failed", "0", "10") in {(c.kind, c.a, c.b) for c in found.changes}
    assert found.moves[0].b.members == COUNT - 10


def test_year_and_outcome_that_are_asked_for() -> None:
    assert compare(draw(), draw(shift=1.0), "CO2", 2025.0).moves[0].asked == "CO2 at 2025"
    assert compare(draw(), draw(shift=1.0), "CO2 peak").moves[0].asked == "CO2 peak"
    assert compare(draw(), draw(shift=1.0), "PM").moves == ()
    with pytest.raises(InputError, match="in 2031"):
        compare(draw(), draw(), "", 2031.0)
    with pytest.raises(InputError, match="saved no CO3"):
        compare(draw(), draw(), "CO3")


VALUES = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=12).map(np.array)


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES)
def test_distance_and_superiority_by_their_definitions(one: np.ndarray, other: np.ndarray) -> None:
    superiority, distance = measure_distance(one, other)
    pairs = np.sign(other[:, None] - one[None, :])
    assert superiority == pytest.approx((pairs + 1).mean() / 2)
    ends = np.arange(6.0)
    steps = [[np.mean(values <= end) for end in ends] for values in (one, other)]
    assert distance == pytest.approx(np.abs(np.subtract(*steps)).max())
