"""A member has the same bits alone as in a block; what is kept of it is what was asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from haihe.analysis.study_summary import SAMPLE, sample_members
from haihe.model.translate import read_model
from haihe.results.dataset import find_status
from haihe.results.study_layout import explain_status
from haihe.run.compiled import CompiledBackend
from haihe.run.reductions import Reduction, list_reductions, reduce_values
from haihe.run.study_work import (
    BLOCK_BYTES,
    choose_block,
    find_statuses,
    lay_out_study,
    plan_work,
)
from haihe.scenario.study import Period, Savings
from haihe.scenario.study_load import load_study
from haihe.scenario.values import Batch

TIMES = np.arange(2020.0, 2031.0)
VALUES = arrays(np.float64, (4, 11), elements=st.floats(-1e12, 1e12))


def test_reductions_are_those_that_a_study_saves():
    savings = Savings((), (2025.0,), (Period(2022.0, 2024.0, "sum"),), True)
    labels = [reduction.label for reduction in list_reductions(savings)]
    assert labels == ["at 2025", "2022-2024 sum", "peak", "peak year"]
    assert [r.label for r in list_reductions(Savings((), None))] == [""]
    assert list(list_reductions(Savings((), ()))) == []


@given(values=VALUES)
def test_reductions(values):
    span = values[:, 2:5]
    years = (2022.0, 2024.0)
    for how, expected in (
        ("mean", span.mean(axis=1)),
        ("sum", span.sum(axis=1)),
        ("min", span.min(axis=1)),
        ("max", span.max(axis=1)),
    ):
        found = reduce_values(values, TIMES, Reduction(how, years))
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-3)
    np.testing.assert_array_equal(reduce_values(values, TIMES, Reduction("at", (2025.0,))),
                                  values[:, 5])  # fmt: skip
    peak = reduce_values(values, TIMES, Reduction("peak"))
    when = reduce_values(values, TIMES, Reduction("peak year"))
    np.testing.assert_array_equal(peak, values.max(axis=1))
    np.testing.assert_array_equal(values[np.arange(4), (when - 2020).astype(int)], peak)


@given(values=VALUES, member=st.integers(0, 3))
def test_reduction_of_a_member_has_the_same_bits_alone(values, member):
    for reduction in (Reduction("mean", (2020.0, 2030.0)), Reduction("sum", (2021.0, 2029.0))):
        whole = reduce_values(values, TIMES, reduction)
        alone = reduce_values(values[member : member + 1].copy(), TIMES, reduction)
        assert whole[member].tobytes() == alone[0].tobytes()


@given(data=st.data())
def test_status_says_what_a_run_says(data):
    """The first variable and time without a finite number, as `haihe run` names it."""
    spoil = st.sampled_from([np.nan, np.inf, -np.inf])
    values = {"a": np.ones((3, 11)), "b": np.ones((3, 11, 2))}
    for _ in range(data.draw(st.integers(0, 4))):
        member, time = data.draw(st.integers(0, 2)), data.draw(st.integers(0, 10))
        name = data.draw(st.sampled_from(["a", "b"]))
        place = (member, time) if name == "a" else (member, time, 1)
        values[name][place] = data.draw(spoil)
    codes = find_statuses(list(values.values()), "float64")
    layout = replace(
        _small_layout(), checked=("a", "b"), times=tuple(TIMES.tolist())
    )  # what a code is explained by
    told = [explain_status(layout, int(code)) for code in codes]
    assert told == [find_status(values, TIMES, member) for member in range(3)]


def _small_layout():
    from study_toy import lay_out

    return lay_out()


def test_number_too_large_for_what_is_saved_is_a_failure():
    values = np.array([[1.0, 1e39], [1.0, 2.0]])
    assert find_statuses([values], "float32").tolist() == [2, 0]
    assert find_statuses([values], "float64").tolist() == [0, 0]


@pytest.mark.parametrize("members", [1, 7, 1000, 10_000, 1_000_000, 10**9])
@pytest.mark.parametrize("size", [8, 8160, 10**6, 10**9])
def test_blocks_fit_into_memory(members, size):
    block = choose_block(members, size)
    assert 1 <= block <= members
    assert block * size <= max(BLOCK_BYTES, size)


def test_sample_is_all_of_a_small_study_and_even_slices_of_a_large_one():
    assert sample_members(SAMPLE).tolist() == list(range(SAMPLE))
    sample = sample_members(10**9)
    assert len(sample) == SAMPLE
    assert (sample[0], sample[-1]) == (0, 10**9 - 1)
    assert len(np.unique(sample // (10**8))) == 10


def test_draws_inside_the_model_hang_on_the_number_of_the_member(tmp_path):
    path = tmp_path / "noise.mdl"
    path.write_text(
        "{UTF-8}\nnoise = RANDOM UNIFORM(0, 1, 7) ~ Dmnl ~ |\n"
        "INITIAL TIME = 0 ~ Year ~ |\nFINAL TIME = 3 ~ Year ~ |\n"
        "TIME STEP = 1 ~ Year ~ |\nSAVEPER = 1 ~ Year ~ |\n"
    )
    model = read_model(path)

    def run(first, count):
        labels = tuple(map(str, range(first, first + count)))
        batch = Batch(labels, {}, {}, {}, model.time)
        return CompiledBackend(first=first).run(model, batch, ["noise"])["noise"]

    whole = run(0, 6)
    assert len(np.unique(whole)) > 12
    np.testing.assert_array_equal(run(4, 2), whole[4:])
    np.testing.assert_array_equal(run(1, 1), whole[1:2])


@pytest.mark.parametrize("study", ["plan-uncertainty", "what-could-break-pm25"])
def test_member_of_a_shipped_study_has_the_same_bits_alone(study):
    work = plan_work(load_study(study))
    layout = lay_out_study(work)
    stop = layout.members
    block = work.run(stop - 37, stop).rows
    for member in (0, 17, 36):
        alone = work.run(stop - 37 + member, stop - 36 + member).rows
        for array in layout.arrays:
            one = np.asarray(alone[array.name][0], dtype=array.dtype)
            many = np.asarray(block[array.name][member], dtype=array.dtype)
            assert one.tobytes() == many.tobytes(), array.name
