"""The page of a study: small for any study, inert whatever it is told, the numbers of the store."""

from __future__ import annotations

import base64
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hostile import PAYLOADS, _spoil
from study_page_example import make_page

from haihe.results.study_page import StudyPage
from haihe.text import Text
from haihe_viz.sheet import SheetPart, Table
from haihe_viz.studypage import EMPTY, LOOKS, describe_page, render_study

sys.path.insert(0, str(Path(__file__).parents[1] / "analysis"))
from study_example import make_study

from haihe.analysis import study_findings
from haihe.analysis.study_explorer import MOST_GROUPS, explore_study
from haihe.analysis.study_findings import find_findings
from haihe.analysis.study_stream import FINE, summarise_outcome

LEAD = Text("结论。", "The answer.")


def decode(packed: dict[str, object]) -> np.ndarray:
    codes = np.frombuffer(base64.b64decode(str(packed["codes"])), "<u2")
    low, high = float(packed["low"]), float(packed["high"])  # type: ignore[arg-type]
    return np.where(codes == EMPTY, np.nan, low + codes / (EMPTY - 1) * (high - low))


def make_large(members: int = 60_000) -> xr.Dataset:
    """Two scenarios in the same futures; the second is lower by a known amount."""
    generator = np.random.default_rng(3)
    half = members // 2
    x = np.tile(generator.uniform(size=(half, 3)), (2, 1))
    late = np.repeat([0.0, -5.0], half)[:, None] * np.array([0.0, 1.0, 2.0])
    y = (50 + 10 * x[:, :1] ** 2 + late).astype(np.float32)
    labels = ["bau"] * half + ["plan"] * half
    return make_study(x, {"y": y, "z": 2 * y}, years=(2021.0, 2030.0, 2035.0), scenario=labels,
                      design="monte-carlo")  # fmt: skip


def test_percentiles_of_blocks_are_those_of_the_whole() -> None:
    study = make_large()
    group_of = np.repeat([0, 1], study.sizes["member"] // 2)
    whole = summarise_outcome(study, "y", group_of, 2)
    parts = summarise_outcome(study, "y", group_of, 2, block=7_001)
    np.testing.assert_array_equal(parts.edges, whole.edges)
    np.testing.assert_array_equal(parts.counts.sum(axis=2), whole.counts.sum(axis=2))
    width = (whole.edges[:, 1] - whole.edges[:, 0]) / FINE
    assert (np.abs(parts.percentiles - whole.percentiles) <= 1.01 * width).all()
    # A value on the edge of two bins may fall to either side by rounding.
    assert np.abs(parts.counts - whole.counts).sum() <= 1e-3 * whole.counts.sum()


def test_failed_members_are_in_no_summary() -> None:
    y = np.array([[1.0, 2], [3, 4], [np.nan, 9], [5, 6]])
    study = make_study(np.arange(8.0).reshape(4, 2), {"y": y}, status=["", "", "NaN", ""])
    page = explore_study(study)
    assert page.failed == page.groups[0].failed == 1
    assert page.groups[0].members == 3
    np.testing.assert_allclose(page.courses[0].percentiles[0, 2], [3, 4])
    assert page.courses[0].counts.sum() == 6
    assert np.isfinite(page.courses[0].drawn).all()


def test_drawn_members_are_the_same_futures_in_each_scenario() -> None:
    page = explore_study(make_large())
    half = len(page.group_of) // 2
    assert page.paired
    for axis in page.axes:
        np.testing.assert_array_equal(axis.drawn[:half], axis.drawn[half:])
    assert page.axes[0].label == "x1"  # the one that matters comes first
    np.testing.assert_allclose(
        page.courses[0].drawn[half:, 2] - page.courses[0].drawn[:half, 2], -10, atol=1e-4
    )


def test_the_page_does_not_grow_with_the_study() -> None:
    study = make_large()
    few = len(render_study(explore_study(study.isel(member=slice(27_000, 33_000))), LEAD))
    many = len(render_study(explore_study(study, block=10_000), LEAD))
    assert abs(many - few) < 20_000
    assert many < 5_000_000


def test_the_largest_page_is_under_five_megabytes() -> None:
    """As many scenarios, outcomes and years as a page takes."""
    page = make_page(1200)
    course = page.courses[0]
    years = np.arange(2010.0, 2061.0)
    group_of = np.repeat(np.arange(MOST_GROUPS), 34)
    generator = np.random.default_rng(1)
    big = replace(
        course,
        years=years,
        percentiles=generator.normal(size=(MOST_GROUPS, 5, 51)),
        counts=generator.integers(0, 99, size=(MOST_GROUPS, 51, 32)),
        edges=generator.normal(size=(51, 2)),
        drawn=generator.normal(size=(len(group_of), 51)),
    )
    groups = tuple(replace(page.groups[0], label=f"g{k}") for k in range(MOST_GROUPS))
    whole = replace(page, groups=groups, group_of=group_of, courses=(big,) * 24)
    assert len(render_study(whole, LEAD).encode()) < 5_000_000
    assert len(LOOKS) > MOST_GROUPS
    assert len(set(LOOKS)) == len(LOOKS)


def test_scripts_get_the_numbers_of_the_store() -> None:
    page = make_page()
    data = describe_page(page)
    course = page.courses[0]
    drawn = decode(data["courses"][0]["drawn"]).reshape(course.drawn.shape)
    step = (course.drawn.max() - course.drawn.min()) / (EMPTY - 1)
    np.testing.assert_allclose(drawn, course.drawn, atol=0.51 * step)
    kept = np.frombuffer(base64.b64decode(data["courses"][0]["percentiles"]), "<f4")
    np.testing.assert_allclose(kept, course.percentiles.ravel(), rtol=1e-6)
    assert data["year"] == 2035.0
    assert [group["members"] for group in data["groups"]] == [200, 200]


def test_what_is_found_is_what_was_planted() -> None:
    study = make_large(8_000)
    page = explore_study(study)
    found = find_findings(study, page, None, where="y at 2030 > 52")
    assert found.year == 2035.0
    assert [one.lower for one in found.differences] == [1.0, 1.0]
    np.testing.assert_allclose(found.differences[0].values, -10, atol=1e-3)
    assert str(found.sensitivity[0]["factor"].values[0]) == "x1"
    assert found.discovery is not None
    assert {limit.factor for limit in found.discovery.boxes[0].limits} == {"x1"}


def test_a_part_of_a_study_holds_every_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_large()
    part = study_findings.take_part(study, 1_600)
    labels, counts = np.unique(part["scenario"].values, return_counts=True)
    assert (labels.tolist(), counts.tolist()) == (["bau", "plan"], [1_600, 1_600])
    whole = study.assign_attrs(design="sobol")  # its rows belong together
    assert study_findings.take_part(whole, 1_600).sizes == study.sizes


# --- text that tries to be more


def spoil_page(page: StudyPage, payload: str) -> StudyPage:
    """A payload behind every text of every field."""
    kept = {"provenance": {f"{k}{payload}": f"{v}{payload}" for k, v in page.provenance.items()}}
    courses = tuple(_spoil(replace(one, better=""), payload) for one in page.courses)
    spoilt = _spoil(replace(page, courses=(), left_out={}, provenance={}), payload)
    return replace(spoilt, courses=courses, left_out=page.left_out, **kept)


def hostile_part(payload: str) -> SheetPart:
    words = Text("字" + payload, "w" + payload)
    return SheetPart(words, words, table=Table((words, words), ((words, words),)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_words_stay_words(payload: str) -> None:
    plain = render_study(make_page(20), LEAD, [hostile_part("")])
    lead = Text("结论" + payload, "Answer" + payload)
    text = render_study(spoil_page(make_page(20), payload), lead, [hostile_part(payload)])
    for tag in ("script", "img", "svg", "iframe", "style", "link", "meta", "base", "a"):
        assert len(re.findall(rf"<{tag}[\s/>]", text)) == len(re.findall(rf"<{tag}[\s/>]", plain))
    assert text.count("<!--") == plain.count("<!--")
    block = re.search(r'id="study">(.*?)</script>', text, re.DOTALL)
    assert block is not None
    data = json.loads(block[1])
    if "PM" not in payload and "<" in payload:
        assert payload in data["courses"][0]["title"]["en"]
    assert not re.search(r"[<>&\u2028\u2029]", block[1])
