"""Indices against what is known of the functions, and against SALib."""

from __future__ import annotations

import numpy as np
import pytest
from study_example import (
    ISHIGAMI_FIRST,
    ISHIGAMI_TOTAL,
    ishigami,
    make_study,
    saltelli,
    sobol_g,
    sobol_g_indices,
)

from haihe.analysis.sensitivity import complete_outcome, measure_sensitivity, rank_factors
from haihe.analysis.sensitivity_given import (
    estimate_given,
    measure_pawn,
    measure_rbd_fast,
    regress_ranks,
)
from haihe.analysis.sensitivity_morris import estimate_morris, find_steps
from haihe.analysis.sensitivity_sobol import estimate_sobol, find_saltelli_rows
from haihe.errors import InputError

ANGLE = [(-np.pi, np.pi)] * 3


def problem(bounds):
    return {
        "num_vars": len(bounds),
        "names": [str(i) for i in range(len(bounds))],
        "bounds": bounds,
    }


def test_ishigami_within_its_intervals() -> None:
    inputs = saltelli(ANGLE, 4096, seed=11)
    study = make_study(inputs, {"y": ishigami(inputs)}, design="sobol")
    found = measure_sensitivity(study, "y at 2030")
    for name, known in (("S1", ISHIGAMI_FIRST), ("ST", ISHIGAMI_TOTAL)):
        gap = np.abs(found[name].to_numpy() - known)
        assert np.all(gap <= found[f"{name}_conf"].to_numpy()), (name, gap)
        assert np.all(found[f"{name}_conf"] < 0.06)
    assert found.attrs["converged"] == "yes"
    assert list(rank_factors(found)) == [0, 1, 2]


def test_sobol_g_within_its_intervals() -> None:
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])
    inputs = saltelli([(0, 1)] * 8, 4096, seed=5)
    found = measure_sensitivity(
        make_study(inputs, {"y": sobol_g(inputs, a)}, design="sobol"), "y at 2030"
    )
    for name, known in zip(("S1", "ST"), sobol_g_indices(a), strict=True):
        assert np.all(np.abs(found[name] - known) <= found[f"{name}_conf"] + 2e-4), name


def test_intervals_hold_what_they_promise() -> None:
    """Of many independent designs, about 95 % of the intervals hold the true index."""
    generator = np.random.default_rng(3)
    held = []
    for _ in range(60):
        a, b = (generator.uniform(-np.pi, np.pi, (400, 3)) for _ in range(2))
        mixed = [np.where(np.arange(3) == i, b, a) for i in range(3)]
        inputs = np.concatenate([a, b, *mixed])
        found = estimate_sobol(ishigami(inputs)[:, None], find_saltelli_rows(inputs))
        held.append(np.abs(found.first[:, 0] - ISHIGAMI_FIRST) <= found.first_conf[:, 0])
        held.append(np.abs(found.total[:, 0] - ISHIGAMI_TOTAL) <= found.total_conf[:, 0])
    assert 0.90 <= np.mean(held) <= 0.99


def test_every_order_of_the_members_is_recognised() -> None:
    inputs = saltelli(ANGLE, 64, seed=1, second=True)
    by_block = inputs.reshape(64, 8, 3).transpose(1, 0, 2).reshape(-1, 3)
    moved = by_block.reshape(8, 64, 3)[[0, 7, 1, 2, 3, 4, 5, 6]].reshape(-1, 3)
    want = estimate_sobol(ishigami(inputs)[:, None], find_saltelli_rows(inputs))
    for other in (by_block, moved):
        got = estimate_sobol(ishigami(other)[:, None], find_saltelli_rows(other))
        np.testing.assert_allclose(got.total, want.total)
        assert got.second is not None
    with pytest.raises(InputError, match="no Saltelli design"):
        find_saltelli_rows(inputs[np.random.default_rng(0).permutation(len(inputs))])


def test_second_order_is_that_of_salib() -> None:
    from SALib.analyze import sobol

    inputs = saltelli(ANGLE, 256, seed=2, second=True)
    y = ishigami(inputs)
    known = sobol.analyze(problem(ANGLE), y, seed=1)
    found = estimate_sobol(y[:, None], find_saltelli_rows(inputs))
    assert found.second is not None
    np.testing.assert_allclose(found.second[:, :, 0], known["S2"], atol=1e-6)
    np.testing.assert_allclose(found.first[:, 0], known["S1"], atol=1e-6)
    np.testing.assert_allclose(found.total[:, 0], known["ST"], rtol=1e-9)
    # SALib centres on the mean of all samples, which S1 and S2 feel in the seventh digit.


def test_years_are_measured_together_as_each_alone() -> None:
    inputs = saltelli(ANGLE, 128, seed=2)
    y = np.stack([ishigami(inputs), inputs[:, 1] ** 2, np.full(len(inputs), 3.3)], axis=1)
    study = make_study(inputs, {"y": y}, design="sobol", years=(2021, 2025, 2030))
    over = measure_sensitivity(study, "y")
    assert over["ST"].dims == ("factor", "time")
    for year in (2021, 2025):
        one = measure_sensitivity(study, f"y at {year}")
        np.testing.assert_allclose(over["ST"].sel(time=year), one["ST"])
        np.testing.assert_allclose(over["ST_conf"].sel(time=year), one["ST_conf"])
    assert np.isnan(over["ST"].sel(time=2030)).all()
    assert "1 years" in " ".join(over.attrs["notes_en"])


def test_float32_noise_of_a_constant_is_no_influence() -> None:
    inputs = saltelli(ANGLE, 64, seed=2)
    y = np.float32(1000) + np.float32(2e-5) * inputs[:, 0].astype(np.float32)
    assert len(np.unique(y)) > 1
    found = measure_sensitivity(make_study(inputs, {"y": y}, design="sobol"), "y at 2030")
    assert np.isnan(found["ST"]).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("design", ["latin-hypercube", "sobol", "morris"])
def test_years_in_which_nothing_moves_are_measured_by_nobody(design: str) -> None:
    """They have no indices, break no other year's, and do not keep it from having settled."""
    if design == "morris":
        from SALib.sample import morris

        inputs = morris.sample(problem([[0, 1]] * 3), 40, num_levels=4, seed=3)
    else:
        inputs = saltelli([(0, 1)] * 3, 256, seed=3)
    moves = inputs[:, 0] + 0.2 * inputs[:, 1]
    still = np.full(len(moves), 3.0)
    years = (2025, 2030)
    both = make_study(inputs, {"y": np.stack([moves, still], axis=1)}, design=design, years=years)
    over, one = (measure_sensitivity(both, asked) for asked in ("y", "y at 2025"))
    name = str(one.attrs["importance"])
    np.testing.assert_allclose(over[name].sel(time=2025), one[name])
    assert (over.attrs["converged"], over.attrs["width"]) == (
        one.attrs["converged"],
        pytest.approx(one.attrs["width"]),
    )
    alone = measure_sensitivity(make_study(inputs, {"y": still}, design=design), "y at 2030")
    assert not np.nan_to_num(alone[name]).any()


def test_a_failed_member_takes_its_base_sample_with_it() -> None:
    inputs = saltelli(ANGLE, 64, seed=2)
    y = ishigami(inputs)
    status = [""] * len(y)
    for row in (7, 8, 101):  # the first two share a base sample of five members
        y[row], status[row] = np.nan, "diverged"
    found = measure_sensitivity(
        make_study(inputs, {"y": y}, design="sobol", status=status), "y at 2030"
    )
    assert found.attrs["used"] == 62 * 5
    assert found.attrs["failed"] == 3
    assert "2 base samples are left out" in " ".join(found.attrs["notes_en"])
    left = np.delete(np.arange(64), [1, 20])
    kept = inputs.reshape(64, 5, 3)[left].reshape(-1, 3)
    want = estimate_sobol(ishigami(kept)[:, None], find_saltelli_rows(kept))
    np.testing.assert_allclose(found["ST"], want.total[:, 0])


def test_too_few_members_are_said_and_how_many_would_do() -> None:
    inputs = saltelli(ANGLE, 64, seed=2)
    found = measure_sensitivity(
        make_study(inputs, {"y": ishigami(inputs)}, design="sobol"), "y at 2030"
    )
    assert found.attrs["converged"] == "no"
    note = next(n for n in found.attrs["notes_en"] if "Not converged" in n)
    needed = 2 ** np.ceil(np.log2(64 * (found.attrs["width"] / 0.1) ** 2))
    assert f"{needed:,.0f} base samples ({5 * needed:,.0f} members)" in note


def test_morris_is_that_of_salib() -> None:
    from SALib.analyze import morris
    from SALib.sample import morris as sample

    inputs = sample.sample(problem(ANGLE), 40, num_levels=4, seed=3)
    y = ishigami(inputs)
    known = morris.analyze(problem(ANGLE), inputs, y, num_levels=4)
    found = measure_sensitivity(make_study(inputs, {"y": y}, design="morris"), "y at 2030")
    assert found.attrs["method"] == "morris"
    for name in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose(found[name], np.asarray(known[name]), rtol=1e-9)


def test_morris_of_a_straight_line_is_its_slopes() -> None:
    from SALib.sample import morris as sample

    inputs = sample.sample(problem([[0, 1], [10, 30], [-1, 1]]), 8, num_levels=4, seed=3)
    y = 2 * inputs[:, 0] - 0.5 * inputs[:, 1]
    y[5] = np.nan
    found = estimate_morris(y[:, None], inputs)
    np.testing.assert_allclose(found.mu[:, 0], [2, -10, 0], atol=1e-9)
    np.testing.assert_allclose(found.sigma[:, 0], 0, atol=1e-9)
    assert found.effects.min() == 7, "two effects touch the failed member"
    with pytest.raises(InputError, match="no Morris trajectories"):
        find_steps(inputs[::-1][1:])


def test_given_data_is_that_of_salib() -> None:
    from SALib.analyze import pawn, rbd_fast
    from SALib.sample import latin

    inputs = latin.sample(problem(ANGLE), 1000, seed=4)
    y = ishigami(inputs)
    known = pawn.analyze(problem(ANGLE), inputs, y, S=10)
    np.testing.assert_allclose(measure_pawn(y[:, None], inputs)[:, 0], known["median"], atol=0.006)
    spectral = rbd_fast.analyze(problem(ANGLE), inputs, y)
    np.testing.assert_allclose(
        measure_rbd_fast(y[:, None], inputs)[:, 0], spectral["S1"], atol=2e-3
    )


def test_a_factor_without_influence_stays_in_the_noise() -> None:
    generator = np.random.default_rng(8)
    inputs = generator.uniform(size=(2000, 6))
    y = np.exp(inputs[:, :1]) + 0.5 * inputs[:, 1:2]
    for measure in (measure_pawn, measure_rbd_fast):
        found = estimate_given(measure, y, inputs, seed=1)
        assert np.all(found.index[:2, 0] > 2 * found.noise)
        assert np.sum(found.index[2:, 0] > found.noise) <= 1
        assert np.all(found.conf > 0)


def test_rank_regression_sees_signs_and_says_when_it_does_not_fit() -> None:
    generator = np.random.default_rng(8)
    inputs = np.column_stack([generator.uniform(-1, 1, (3000, 2)), np.ones(3000)])
    y = np.stack([np.exp(3 * inputs[:, 0]) - 0.2 * inputs[:, 1], inputs[:, 0] ** 2], axis=1)
    found = regress_ranks(y, inputs)
    assert found.srrc[0, 0] > 0.8 > -0.02 > found.srrc[1, 0]
    assert found.r2[0] > 0.85
    assert found.r2[1] < 0.02
    assert np.isnan(found.srrc[2]).all()


def test_correlated_inputs_are_warned_of() -> None:
    generator = np.random.default_rng(8)
    inputs = generator.normal(size=(800, 3))
    inputs[:, 1] += inputs[:, 0]
    study = make_study(inputs, {"y": inputs[:, 0]})
    notes = measure_sensitivity(study, "y at 2030").attrs["notes_en"]
    warned = [note for note in notes if note.startswith("Warning")]
    assert len(warned) == 1
    assert "Factor x1 ~ Factor x2" in warned[0]
    assert "x3" not in warned[0]


def test_one_at_a_time_takes_the_ends() -> None:
    inputs = np.array([[1.0, 5], [0, 5], [2, 5], [3, 5], [1, 4], [1, 7]])
    y = 10 * inputs[:, 0] - inputs[:, 1] ** 2
    found = measure_sensitivity(make_study(inputs, {"y": y}, design="one-at-a-time"), "y at 2030")
    np.testing.assert_allclose(found["low"], [-25, -6])
    np.testing.assert_allclose(found["high"], [5, -39])
    np.testing.assert_allclose(found["high_value"], [3, 7])
    assert float(found["base"]) == -15
    assert list(rank_factors(found)) == [1, 0]


def test_scenarios_are_kept_apart() -> None:
    inputs = saltelli(ANGLE, 64, seed=2)
    both = np.concatenate([inputs, inputs])
    y = np.concatenate([ishigami(inputs), inputs[:, 2]])
    labels = ["a"] * len(inputs) + ["b"] * len(inputs)
    study = make_study(both, {"y": y}, design="sobol", scenario=labels)
    with pytest.raises(InputError, match="several scenarios"):
        measure_sensitivity(study, "y at 2030")
    other = measure_sensitivity(study, "y at 2030", scenario="b")
    np.testing.assert_allclose(other["ST"], [0, 0, 1], atol=0.2)
    with pytest.raises(InputError, match="no scenario c"):
        measure_sensitivity(study, "y at 2030", scenario="c")


def test_an_outcome_without_a_year_is_that_of_the_last() -> None:
    study = make_study(np.ones((4, 1)), {"y": np.arange(4.0)})
    assert complete_outcome(study, "y", None) == "y at 2030"
    assert complete_outcome(study, "y at 2025", None) == "y at 2025"
    with pytest.raises(InputError, match="did you mean 2025 or 2030"):
        measure_sensitivity(study, "y at 2027")


def test_design_is_recognised_from_a_few_rows_of_the_store() -> None:
    inputs = saltelli([(0.0, 1.0)] * 3, 4096, 1)
    asked: list[int] = []

    class Counted:
        shape = inputs.shape

        def __getitem__(self, rows: np.ndarray) -> np.ndarray:
            asked.append(rows.size)
            return inputs[rows]

    found = find_saltelli_rows(Counted())
    assert found.base == 4096
    assert max(asked) <= 400 * 5
    assert sum(asked) < len(inputs) / 2


def test_parts_of_base_samples_change_no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = saltelli([(-np.pi, np.pi)] * 3, 512, 1)
    values, rows = ishigami(inputs)[:, None], find_saltelli_rows(inputs)
    whole = estimate_sobol(values, rows)
    monkeypatch.setattr("haihe.analysis.sensitivity_sobol.PART", 100)
    parts = estimate_sobol(values, rows)
    for name in ("first", "first_conf", "total", "total_conf", "halves"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-9)
