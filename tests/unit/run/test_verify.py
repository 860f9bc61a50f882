"""The verdict about the engine: found, kept, shipped, and acted on."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import haihe
from haihe.model.translate import read_model
from haihe.model.types import FloatArray, Model
from haihe.project import find_bundled
from haihe.run import verify
from haihe.run.compiled import CompiledBackend
from haihe.run.difference import compare, shares_of_bar
from haihe.run.simulate import simulate
from haihe.run.verify import find_verdict, judge, plan_members, write_beside

TEXT = """{UTF-8}
d: p, q ~~|
rate[d] = 0.1, 0.2 ~ 1/Year [0, 1] ~|
start = 10 ~ t ~|
level[d] = INTEG(-level[d] * rate[d], start) ~ t ~|
first = SUM(level[d!]) ~ t ~|
then = first * 2 ~ t ~|
order = 3 ~ Dmnl ~|
late = DELAY N(first, 2, first, order) ~ t ~|
INITIAL TIME = 0 ~ Year ~|
FINAL TIME = 6 ~ Year ~|
TIME STEP = 0.5 ~ Year ~|
SAVEPER = 1 ~ Year ~|
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HAIHE_CHECK_SECONDS", raising=False)
    (tmp_path / "m.mdl").write_text(TEXT, encoding="utf-8")
    return read_model(tmp_path / "m.mdl")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that computes `first` wrong by 2e-9 from 3 on, and all that reads it."""
    right = CompiledBackend.run

    def run(self: Any, model: Any, batch: Any, outputs: Sequence[str], progress: Any = None) -> Any:
        values = dict(right(self, model, batch, outputs, progress))
        for name in {"first", "then"} & set(values):
            values[name] = values[name].copy()
            values[name][:, 3:] *= 1 + 2e-9
        return values

    monkeypatch.setattr(CompiledBackend, "run", run)


def test_members_vary_what_may_vary(model: Model) -> None:
    names, batch = plan_members(model)
    assert set(names) == {"rate", "start"}, "the order of a delay is the engine's to know"
    assert len(batch.members) == 6
    np.testing.assert_array_equal(batch.constants["rate"][0], [0.1, 0.2])
    drawn = batch.constants["rate"][1:]
    assert len(np.unique(drawn)) == 10
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert drawn.max() > 0.3, "limits are used where there are both"
    start = batch.constants["start"][1:]
    assert np.all(np.abs(start / 10 - 1) <= 0.1)
    again = plan_members(model)[1]
    np.testing.assert_array_equal(drawn, again.constants["rate"][1:])


def test_equal_engine_is_found_equal_and_remembered(model: Model) -> None:
    assert find_verdict(model) is None
    verdict = judge(model)
    assert verdict.equal
    assert verdict.complete
    assert verdict.problem == ""
    assert (verdict.members, verdict.finished, verdict.through, verdict.varied) == (6, 6, 6.0, 2)
    scalars = 2 + 1 + 2 + 1 + 1 + 1 + 1 + 4
    assert verdict.cells == 6 * 7 * scalars
    assert find_verdict(model) == verdict


@pytest.mark.usefixtures("broken")
def test_disagreement_begins_where_it_begins(model: Model) -> None:
    verdict = judge(model)
    assert not verdict.equal
    begins = verdict.begins
    assert begins is not None
    assert (begins.variable, begins.time) == ("first", 3.0)
    assert begins.equation == "SUM(level[d!])"
    assert begins.relative == pytest.approx(2e-9, rel=0.01)
    assert begins.of_bar > 1
    assert begins.ulp == pytest.approx(2e-9 / 2**-52, rel=1)


@pytest.mark.usefixtures("broken")
def test_disagreement_falls_back_to_the_reference(model: Model) -> None:
    with pytest.warns(RuntimeWarning, match=r"pysd .* disagrees .* first at 3 of as it stands"):
        results = simulate(model)
    assert str(results.attrs["backend"]).startswith("pysd")
    # Asked for by name it is what was asked for.
    named = simulate(model, backend="compiled")
    assert str(named.attrs["backend"]).startswith("compiled")


def test_first_use_compares_once_and_in_silence(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = simulate(model)
    assert str(results.attrs["backend"]).startswith("compiled")
    monkeypatch.setattr(verify, "judge", None)
    simulate(model)


def test_first_use_stops_in_time_and_says_how_far_it_came(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAIHE_CHECK_SECONDS", "1e-9")
    with pytest.warns(
        RuntimeWarning, match=r"0 of 6 members whole, the next to 1 of 6; .*--engine"
    ):
        simulate(model)
    found = find_verdict(model)
    assert found is not None
    assert not found.complete
    assert found.equal
    assert found.cells > 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate(model)


def test_check_of_first_use_can_be_left_out(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIHE_CHECK_SECONDS", "0")
    simulate(model)
    assert find_verdict(model) is None
    monkeypatch.setenv("HAIHE_CHECK_SECONDS", "soon")
    with pytest.warns(RuntimeWarning, match="HAIHE_CHECK_SECONDS"):
        simulate(model)


def test_model_that_the_reference_cannot_run(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Mapping[str, FloatArray]:
        raise ValueError("shapes differ")

    monkeypatch.setattr(verify, "run_while", fail)
    with pytest.warns(RuntimeWarning, match=r"not compared .*ValueError: shapes differ"):
        results = simulate(model)
    assert str(results.attrs["backend"]).startswith("compiled")


def test_verdict_of_another_engine_or_model_is_none(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(model)
    assert find_verdict(replace(model, digest="0" * 64)) is None
    monkeypatch.setattr(verify, "engine_digest", lambda: "another")
    assert find_verdict(model) is None


def test_verdict_beside_the_model(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_beside(model, judge(model))
    monkeypatch.setenv("HAIHE_CACHE", "off")
    assert find_verdict(model) is not None
    assert find_verdict(replace(model, digest="0" * 64)) is None
    for wrong in ("", "[]", "{}", json.dumps({**json.loads(path.read_text("utf-8")), "more": 1})):
        path.write_text(wrong, encoding="utf-8")
        assert find_verdict(model) is None


def test_verdict_survives_the_file(model: Model, broken: None) -> None:
    verdict = judge(model)
    strange = replace(verdict, begins=replace(verdict.begins, ulp=float("inf"), ours=float("-inf")))  # type: ignore[type-var]
    write_beside(model, strange)
    assert find_verdict(model) == strange


def test_shipped_verdict_is_about_the_shipped_model() -> None:
    """Else: `haihe model check --engine --write`."""
    path = find_bundled("models") / "tianjin" / "tianjin.mdl"
    shipped = json.loads(path.with_name(verify.FILE_NAME).read_text(encoding="utf-8"))
    assert shipped["digest"] == read_model(path).digest
    assert shipped["version"] == haihe.__version__
    assert shipped["equal"] is True
    assert shipped["complete"] is True
    assert shipped["finished"] == 1 + verify.RANDOM_MEMBERS


def test_bar() -> None:
    """Shares of `1e-12 max|series| + 1e-9 |b|`; NaN and infinities must be the same."""
    b = np.array([[1.0], [0.0], [-100.0]])
    bar = 1e-12 * 100 + 1e-9 * np.abs(b)
    np.testing.assert_allclose(shares_of_bar(b + bar / 2, b), 0.5, rtol=1e-3)
    for a, c, share in (
        (np.nan, np.nan, 0.0),
        (np.inf, np.inf, 0.0),
        (np.inf, -np.inf, np.inf),
        (np.nan, 1.0, np.inf),
        (1.0, np.nan, np.inf),
        (5e-324, 0.0, np.inf),
        (-0.0, 0.0, 0.0),
    ):
        assert shares_of_bar(np.array([a]), np.array([c])) == [share], (a, c)


def test_comparison_takes_what_was_reached() -> None:
    a = np.zeros((2, 3))
    a[1, 2] = 1.0
    found = compare({"v": a}, {"v": np.zeros((2, 3))}, [3, 2])
    assert (found.cells, found.equal_bits, found.worst, found.beyond) == (5, 5, None, ())
    found = compare({"v": a}, {"v": np.zeros((2, 3))}, [3, 3])
    assert found.worst is not None
    assert (found.worst.member, found.worst.time) == (1, 2)
    assert [cell.variable for cell in found.beyond] == ["v"]
