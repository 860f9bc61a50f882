"""ALLOCATE AVAILABLE and ALLOCATE BY PRIORITY: closed forms, what is not allowed, what varies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_models import BACKENDS, model_of
from scipy import stats

from haihe.compile import compile_model, evaluate
from haihe.compile.builtins import FUNCTIONS
from haihe.errors import InputError, InputErrors
from haihe.model.types import FloatArray

PAIR = """profile: ptype, ppriority, pwidth, pextra
client: a, b
wish[client] = {wish}
priority[client, profile] = {rows};
supply = {supply}
given[client] = ALLOCATE AVAILABLE(wish[client], priority[client, ptype], supply)
"""
RANKED = """client: a, b, c
wish[client] = {wish}
rank[client] = {rank}
width = {width}
supply = {supply}
given[client] = ALLOCATE BY PRIORITY(wish[client], rank[client], 3, width, supply)
"""


def given(folder: Path, text: str, backend: str, **numbers: object) -> FloatArray:
    model = model_of(folder, text.format(**numbers), (0, 0, 1, 1))
    return evaluate(compile_model(model, ["given"]), 1, backend=backend)["given"][0, 0]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_twins_share_evenly_and_a_higher_priority_comes_first(
    tmp_path: Path, backend: str, kind: int
) -> None:
    same = given(tmp_path, PAIR, backend, wish="4, 4", rows=f"{kind},5,2,0;{kind},5,2,0", supply=3)
    np.testing.assert_allclose(same, [1.5, 1.5], rtol=1e-14)
    far = given(tmp_path, PAIR, backend, wish="4, 4", rows=f"{kind},500,1,0;{kind},5,1,0", supply=5)
    np.testing.assert_allclose(far, [4.0, 1.0], rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_closed_forms(tmp_path: Path, backend: str) -> None:
    # Straight curves from 6 to 4 and from 5 to 3; 2 (6 - x) + 2 (5 - x) = 6 at x = 4.
    found = given(tmp_path, PAIR, backend, wish="4, 4", rows="1,5,2,0;1,4,2,0", supply=6)
    np.testing.assert_allclose(found, [4.0, 2.0], rtol=1e-14)
    # By symmetry the price lies in the middle of the two priorities, and gives 8 in all.
    for kind, share in ((3, stats.norm.cdf(0.5)), (4, 1.0 - 0.5 * np.exp(-0.5)), (2, 1 - 2 / 64)):
        rows = {2: "2,5,4,0;2,4,4,0"}.get(kind, f"{kind},5,1,0;{kind},4,1,0")
        share = 1.0 - 2.0 * (0.5 - 0.125) ** 2 if kind == 2 else share
        found = given(tmp_path, PAIR, backend, wish="8, 8", rows=rows, supply=8)
        np.testing.assert_allclose(found, [8 * share, 8 * (1 - share)], rtol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_by_priority_closed_forms(tmp_path: Path, backend: str) -> None:
    def found(**numbers: object) -> list[float]:
        return given(tmp_path, RANKED, backend, **numbers).tolist()

    # A gap as wide as the width: one after the other.
    strict = found(wish="3, 4, 5", rank="3, 2, 1", width=1, supply=5)
    assert strict == pytest.approx([3, 2, 0], abs=1e-13)
    # No gap: in proportion.
    assert found(wish="3, 4, 5", rank="2, 2, 2", width=1, supply=6) == pytest.approx([1.5, 2, 2.5])
    # Half a gap: b begins when a has half, 2 of 4; the remaining 3 go in proportion 4 : 8.
    half = found(wish="4, 8, 5", rank="2, 1.5, 0", width=1, supply=5)
    assert half == pytest.approx([3, 2, 0], abs=1e-13)
    # More than enough; nothing at all.
    assert found(wish="3, 4, 5", rank="3, 2, 1", width=1, supply=50) == [3, 4, 5]
    assert found(wish="3, 4, 5", rank="3, 2, 1", width=1, supply=0) == [0, 0, 0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_not_allowed_is_missing(tmp_path: Path, backend: str) -> None:
    for numbers in ({"wish": "-3, 4, 5"}, {"width": 0}, {"width": -1}, {"supply": -1}):
        every = {"wish": "3, 4, 5", "rank": "3, 2, 1", "width": 1, "supply": 5, **numbers}
        assert np.isnan(given(tmp_path, RANKED, backend, **every)).all(), numbers
    assert np.isnan(
        given(tmp_path, PAIR, backend, wish="4, 4", rows="1,5,2,0;3,4,0,0", supply=6)
    ).all()


def test_kind_of_a_curve_must_be_known_or_come_with_members(tmp_path: Path) -> None:
    for kind in (0, 5, 1.5):
        with pytest.raises((InputError, InputErrors), match="the kind 1, 2, 3 or 4"):
            given(tmp_path, PAIR, "numpy", wish="4, 4", rows=f"{kind},5,2,0;1,4,2,0", supply=6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_profiles_that_come_with_members(tmp_path: Path, backend: str) -> None:
    text = PAIR.format(wish="4, 6", rows="1,5,2,0;3,4,1,0", supply=6)
    model = model_of(tmp_path, text, (0, 0, 1, 1))
    program = compile_model(model, ["given"], ["priority"])
    profiles = np.array([[[k, 5, 2, 0], [j, 4, 1, 0]] for k in (1, 2, 3, 4) for j in (1, 3, 4, 7)])
    together = evaluate(program, 16, {"priority": profiles * 1.0}, backend=backend)["given"]
    for (k, j), found in zip([(k, j) for k in (1, 2, 3, 4) for j in (1, 3, 4)],
                             together[profiles[:, 1, 0] != 7, 0], strict=True):  # fmt: skip
        alone = given(tmp_path, PAIR, "numpy", wish="4, 6", rows=f"{k},5,2,0;{j},4,1,0", supply=6)
        np.testing.assert_allclose(found, alone, rtol=1e-13)
    assert np.isnan(together[profiles[:, 1, 0] == 7]).any(axis=(1, 2)).all()


def test_the_table_has_them() -> None:
    assert {"allocate_available", "allocate_by_priority"} <= FUNCTIONS.keys()
