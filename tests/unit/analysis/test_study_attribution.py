"""Credit for the corners of a grid: exact, complete, and told where it cannot be given."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import xarray as xr
from study_example import make_study

from haihe.analysis.study_attribution import find_corners, share_grid, share_study
from haihe.analysis.study_explorer import explore_study

YEARS = (2030, 2035)


def make_grid(levels: tuple[tuple[float, ...], ...], skip: int = -1) -> xr.Dataset:
    """A grid of three factors: y = 2a + b + 4ab, and c does nothing."""
    inputs = np.array([row for k, row in enumerate(product(*levels)) if k != skip])
    a, b, _ = inputs.T
    y = (2 * a + b + 4 * a * b)[:, None] * np.array([1.0, 3.0])
    return make_study(inputs, {"y": y}, design="grid", years=YEARS)


LEVELS = ((0.0, 0.5, 1.0), (0.0, 1.0), (2.0, 3.0, 7.0))


def test_credit_of_a_grid_is_that_of_its_corners() -> None:
    study = make_grid(LEVELS)
    page = explore_study(study)
    shared = share_grid(study, page.courses, None)
    assert shared is not None
    (found,) = shared.found
    at = found.at(2030)
    # 2a + b + 4ab from nothing to all is 7: each of the two has half of what they do together.
    assert [float(c.shapley[at]) for c in found.credits] == pytest.approx([4.0, 3.0, 0.0])
    assert [float(c.on[at]) for c in found.credits] == pytest.approx([2.0, 1.0, 0.0])
    assert [float(c.off[at]) for c in found.credits] == pytest.approx([6.0, 5.0, 0.0])
    pairs = {(p.first, p.second): float(p.values[at]) for p in found.interactions}
    assert max(pairs.values()) == pytest.approx(4.0)
    np.testing.assert_allclose(sum(c.shapley for c in found.credits), found.total)
    assert found.coalitions == 8
    assert found.exact


def test_a_corner_that_was_not_run_leaves_no_credit() -> None:
    whole = make_grid(LEVELS)
    assert share_grid(make_grid(LEVELS, skip=0), explore_study(whole).courses, None) is None
    values = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert find_corners(values, values.min(axis=0), values.max(axis=0)) is None


@pytest.mark.parametrize(
    ("design", "told"),
    [("one-at-a-time", "tornado"), ("monte-carlo", "one plan")],
)
def test_a_study_without_credit_says_why(design: str, told: str) -> None:
    inputs = np.random.default_rng(1).uniform(size=(40, 2))
    y = inputs[:, :1] + np.zeros((1, 2))
    study = make_study(inputs, {"y": y}, design=design, years=YEARS)
    shared = share_study(study, explore_study(study), None, None)
    assert shared.found == ()
    assert told in shared.how.en
    assert any("\u4e00" <= sign <= "\u9fff" for sign in shared.how.zh)
