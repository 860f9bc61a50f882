"""The compiled backend equals the reference, on small models with inputs of every kind and on the
model of Tianjin.

The bar is |a - b| <= 1e-12 max|series| + 1e-9 |b| in every cell, and the same NaN and infinities.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from haihe.model.translate import read_model
from haihe.model.types import FloatArray, Kind, Model, TimeAxis
from haihe.project import find_bundled
from haihe.run.backends import PysdBackend
from haihe.run.batch import shape_of
from haihe.run.compiled import CompiledBackend, group_members
from haihe.scenario.values import Batch

TEXT = """{UTF-8}
d: p, q ~~|
k = 2 ~ Dmnl ~ |
v[d] = 1, 10 ~ Dmnl ~ |
level = INTEG(k - level/5, 100) ~ Dmnl ~ |
parts[d] = INTEG(v[d] - parts[d]/7, own start[d]) ~ Dmnl ~ |
own start[d] = v[d] * 2 ~ Dmnl ~ |
aux = k * Time ~ Dmnl ~ |
table((0,0),(2,3),(4,1)) ~ Dmnl ~ |
driver = table(Time) ~ Dmnl ~ |
seen = SMOOTH3(aux, 2) + driver + level ~ Dmnl ~ |
all = SUM(parts[d!]) / (seen - 3) ~ Dmnl ~ |
INITIAL TIME = 0 ~ Year ~ |
FINAL TIME = 6 ~ Year ~ |
TIME STEP = 0.125 ~ Year ~ |
SAVEPER = 0.5 ~ Year ~ |
"""
NAMES = ("k", "v", "level", "parts", "aux", "driver", "seen", "all")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "m.mdl").write_text(TEXT, encoding="utf-8")
    return read_model(tmp_path / "m.mdl")


def assert_equal(one: Mapping[str, FloatArray], other: Mapping[str, FloatArray]) -> None:
    assert list(one) == list(other)
    for name, reference in one.items():
        found = other[name]
        assert found.shape == reference.shape, name
        finite = np.isfinite(reference)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(reference), name)
        np.testing.assert_array_equal(found[~finite], reference[~finite], name)
        scale = np.abs(reference[finite]).max(initial=0.0)
        error = np.abs(found[finite] - reference[finite])
        worst = (error - 1e-12 * scale - 1e-9 * np.abs(reference[finite])).max(initial=0.0)
        assert worst <= 0, (name, worst)


def batch_of(model: Model, count: int, seed: int) -> Batch:
    """Members that replace different things: some a series, some a part of an initial value."""
    generator = np.random.default_rng(seed)
    years = np.array([1.0, 2.5, 5.0])
    series = generator.normal(3, 1, (count, 3))
    series[generator.random(count) < 0.5] = np.nan
    tables = generator.normal(3, 1, (count, 3, 2))
    tables[generator.random(count) < 0.5] = np.nan
    initial = generator.normal(5, 1, (count, 2))
    initial[generator.random((count, 2)) < 0.4] = np.nan
    return Batch(
        tuple(f"m{i}" for i in range(count)),
        {"k": generator.normal(2, 1, count)},
        {"aux": (years, series), "v": (years, tables)},
        {"parts": initial, "level": generator.normal(100, 5, count)},
        model.time,
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_inputs_of_every_kind(model: Model, seed: int) -> None:
    batch = batch_of(model, 5, seed)
    reference = PysdBackend().run(model, batch, NAMES)
    assert_equal(reference, CompiledBackend().run(model, batch, NAMES))
    assert_equal(reference, CompiledBackend("numpy").run(model, batch, NAMES))


def test_members_do_not_notice_each_other(model: Model) -> None:
    """Bit for bit: alone, in another order, with others, with more threads."""
    batch = batch_of(model, 40, 4)
    assert len(group_members(batch)) > 4
    whole = CompiledBackend().run(model, batch, NAMES)
    threaded = CompiledBackend(threads=2).run(model, batch, NAMES)
    rows = np.random.default_rng(1).permutation(40)[:9]
    some = Batch(
        tuple(batch.members[i] for i in rows),
        {n: v[rows] for n, v in batch.constants.items()},
        {n: (x, v[rows]) for n, (x, v) in batch.series.items()},
        {n: v[rows] for n, v in batch.initial.items()},
        batch.time,
    )
    part = CompiledBackend().run(model, some, NAMES)
    for name in NAMES:
        np.testing.assert_array_equal(whole[name], threaded[name])
        np.testing.assert_array_equal(whole[name][rows], part[name])


def test_defaults_given_are_defaults_kept(model: Model) -> None:
    plain = Batch(("m",), {}, {}, {}, model.time)
    given = {
        name: variable.default[None]
        for name, variable in model.variables.items()
        if variable.default is not None and variable.kind is Kind.CONSTANT and name in NAMES
    }
    for backend in (PysdBackend(), CompiledBackend()):
        one = backend.run(model, plain, NAMES)
        other = backend.run(model, Batch(("m",), given, {}, {}, model.time), NAMES)
        for name in NAMES:
            np.testing.assert_array_equal(one[name], other[name])


@pytest.fixture(scope="module")
def tianjin(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("models") / "tianjin"
    shutil.copytree(find_bundled("models") / "tianjin", folder)
    return read_model(folder / "tianjin.mdl")


@pytest.mark.slow
def test_every_variable_of_the_model_of_tianjin(tianjin: Model) -> None:
    """Ten years are enough to pass through every equation, and the schedule of levers begins."""
    names = [n for n, v in tianjin.variables.items() if v.kind is not Kind.LOOKUP]
    time = TimeAxis(2010.0, 2024.0, tianjin.time.step, 1.0, tianjin.time.units)
    batch = Batch(("as it stands",), {}, {}, {}, time)
    assert_equal(
        PysdBackend().run(tianjin, batch, names), CompiledBackend().run(tianjin, batch, names)
    )


@pytest.mark.slow
def test_levers_and_drivers_of_the_model_of_tianjin(tianjin: Model) -> None:
    """Every lever half way to its limit, and every driver 5 % up from 2015 on."""
    levers = {n: v for n, v in tianjin.variables.items() if f"{n} in force" in tianjin.variables}
    tables = {n: v for n, v in tianjin.variables.items() if f"{n} table" in tianjin.variables}
    assert len(levers) > 20
    assert len(tables) > 5
    constants = {}
    for name, lever in levers.items():
        limit = lever.limits[1]
        assert lever.default is not None
        goal = lever.default if limit is None else (lever.default + limit) / 2
        constants[name] = np.reshape(goal, (1, *shape_of(tianjin, lever)))
    series = {}
    for name in tables:
        points = tianjin.variables[f"{name} table"].points
        if points is not None and not tianjin.variables[name].dims:
            years = np.array(points.x)
            values = np.array(points.y) * np.where(years >= 2015, 1.05, 1.0)
            series[name] = (years, values[None])
    time = TimeAxis(2010.0, 2028.0, tianjin.time.step, 1.0, tianjin.time.units)
    batch = Batch(("all levers",), constants, series, {}, time)
    names = [n for n, v in tianjin.variables.items() if v.kind not in {Kind.LOOKUP, Kind.CONSTANT}]
    assert_equal(
        PysdBackend().run(tianjin, batch, names), CompiledBackend().run(tianjin, batch, names)
    )
