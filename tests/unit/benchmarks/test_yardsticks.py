"""The benchmark measures what it says: models of their size, peers that make the same numbers."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks import generate
from benchmarks.cases import FREIGHT, WORLD, Case, Subject, draw_inputs, read_case
from benchmarks.measure import DifferentNumbersError, check
from benchmarks.profile import CLASSES, count_operations, take_out
from benchmarks.yardsticks import (
    MissingError,
    Yardstick,
    cpp,
    haihe,
    numba,
    reference,
    sdeverywhere,
    tools,
)

from haihe.compile import evaluate
from haihe.model.types import FloatArray, Kind

MEMBERS = 3


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """Two regions of the generated model: tables, smooths, delays, sums over a dimension."""
    path = tmp_path_factory.mktemp("generated") / "small.mdl"
    path.write_text(generate.print_model(50))
    case = Case("small", path, generate.OUTPUTS, generate.VARYING)
    found = read_case(case)
    time = replace(found.program.time, stop=10.0)
    model = replace(found.model, time=time)
    return replace(found, model=model, program=replace(found.program, time=time))


def _truth(subject: Subject) -> tuple[FloatArray, FloatArray]:
    inputs = draw_inputs(subject, MEMBERS)
    found = evaluate(
        subject.program,
        MEMBERS,
        {s.name: row for s, row in zip(subject.program.slots, inputs)},
        backend="numpy",
    )
    return inputs, haihe.joined(list(found.values()))


def test_the_world_model_has_its_size_and_does_not_explode() -> None:
    subject = read_case(WORLD)
    kinds = [v.kind for v in subject.model.variables.values()]
    assert len(kinds) - kinds.count(Kind.LOOKUP) >= 250
    assert kinds.count(Kind.LOOKUP) >= 40
    assert subject.steps == 400
    population = _truth(subject)[1][:, :, 0]
    assert np.isfinite(population).all()
    assert population.min() > 500.0
    assert population.max() < 20_000.0


def test_the_freight_model_chooses_by_exponentials_and_powers() -> None:
    subject = read_case(FREIGHT)
    counts = count_operations(subject.program)
    assert (counts["exp"], counts["pow"], subject.steps) == (40, 10, 120)
    rail = _truth(subject)[1][:, :, 3]
    assert rail.min() > 0.0
    assert rail.max() < 1.0


def _needs_numba() -> None:
    beside = tools.folder() / tools.folder_name("numba", numba.VERSION)
    if importlib.util.find_spec("numba") is None and not beside.exists():
        pytest.skip("numba is not installed; make bench installs it for itself")


def _needs_sdeverywhere() -> None:
    for tool in ("node", "gcc"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    if not sdeverywhere.is_installed():
        pytest.skip("SDEverywhere is not installed; make bench installs it for itself")


@pytest.mark.parametrize(
    "build",
    [
        lambda s: haihe.build(s, "llvm", MEMBERS),
        lambda s: cpp.build(s, 4, MEMBERS),
        lambda s: cpp.build(s, 8, MEMBERS),
        lambda s: cpp.build(s, 4, MEMBERS, chain=True),
        lambda s: numba.build(s, MEMBERS),
        lambda s: sdeverywhere.build(s, MEMBERS, pruned=True),
        lambda s: sdeverywhere.build(s, MEMBERS, pruned=False),
        lambda s: reference.build(s),
    ],
    ids=["llvm", "cpp4", "cpp8", "cpp4 chains", "numba", "sde", "sde unpruned", "pysd"],
)
def test_every_yardstick_makes_the_same_numbers(
    build: Callable[[Subject], Yardstick], small: Subject, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.id
    if kind == "numba":
        _needs_numba()
    if kind.startswith("sde"):
        _needs_sdeverywhere()
    try:
        yardstick = build(small)
    except MissingError as error:
        pytest.skip(str(error))
    inputs, truth = _truth(small)
    assert check(yardstick, small, truth, inputs) <= 1.0


def test_sdeverywhere_keeps_every_variable(small: Subject) -> None:
    _needs_sdeverywhere()
    everything = read_case(small.case, all_outputs=True)
    inputs, truth = _truth(everything)
    assert truth.shape[2] > 50
    assert check(sdeverywhere.build_all(everything, MEMBERS), everything, truth, inputs) <= 1.0


@pytest.mark.parametrize("fault", [1e-8, np.nan])
def test_other_numbers_are_not_timed(fault: float, small: Subject) -> None:
    inputs, truth = _truth(small)

    def wrong(values: FloatArray) -> FloatArray:
        shifted = truth.copy()
        shifted[1, 4, 2] *= 1.0 + fault
        return shifted

    with pytest.raises(DifferentNumbersError, match="all soil"):
        check(Yardstick("wrong", wrong, wrong, MEMBERS, 0.0), small, truth, inputs)


@pytest.mark.parametrize("name", list(CLASSES))
def test_what_the_profile_takes_out_is_gone_and_the_rest_stays_near(
    name: str, small: Subject
) -> None:
    ops = CLASSES[name]
    before, after = small.program, take_out(small, ops)
    assert not any(count_operations(after)[op] for op in ops)
    if not any(count_operations(before)[op] for op in ops):
        assert after.digest == before.digest
        return
    found = evaluate(after, 1, {"policy": np.array([1.04])}, backend="numpy")["all people"]
    truth = evaluate(before, 1, {"policy": np.array([1.04])}, backend="numpy")["all people"]
    np.testing.assert_allclose(found, truth, rtol=0.2)


def test_inputs_are_the_same_for_any_number_of_members(small: Subject) -> None:
    np.testing.assert_array_equal(draw_inputs(small, 50)[:, :MEMBERS], draw_inputs(small, MEMBERS))


def test_the_generated_model_has_about_the_scalars_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_text(generate.print_model(500))
    subject = read_case(Case("generated", path, generate.OUTPUTS, generate.VARYING))
    sizes = [
        int(np.prod([len(subject.model.dimensions[d].elements) for d in v.dims]))
        for v in subject.model.variables.values()
    ]
    assert 0.9 * 500 <= sum(sizes) <= 1.1 * 500
