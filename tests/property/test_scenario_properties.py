"""What must hold for any scenario: round trip, order of `extends`, units, defaults, digests."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "scenario"))

from scenario_example import CATALOGUE, MODEL, load, values

from haihe.scenario.design import build_batch
from haihe.scenario.load import load_scenario
from haihe.scenario.values import POLICY_START, Scenario, Trajectory
from haihe.yaml import parse_yaml, read_number, to_plain

SHARE = st.floats(0, 1)
GROWTH = st.floats(-0.2, 0.2)
YEARS = st.lists(
    st.floats(2022.25, 2060, exclude_min=True).map(lambda y: round(y, 2)),
    min_size=1,
    max_size=5,
    unique=True,
).map(sorted)


@st.composite
def trajectories(draw: st.DrawFn, value: st.SearchStrategy[float]) -> list[list[float]]:
    return [[year, draw(value)] for year in draw(YEARS)]


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "levers": st.fixed_dictionaries(
            {},
            optional={
                "rail investment": st.floats(0, 20),
                "storage ratio": SHARE | trajectories(SHARE),
                "berth mandate": SHARE
                | st.fixed_dictionaries({}, optional={"container berth": SHARE}),
                "policy delay": st.fixed_dictionaries(
                    {"freight": st.floats(0, 20)}, optional={"port": st.floats(0, 20)}
                ),
            },
        ),
        "drivers": st.fixed_dictionaries({}, optional={"demand growth": trajectories(GROWTH)}),
        "parameters": st.fixed_dictionaries({}, optional={"rail life": st.floats(1, 100)}),
        "initial": st.fixed_dictionaries({}, optional={"rail capacity": st.floats(0, 1e6)}),
    },
)


def dump(value: object) -> str:
    """YAML in flow style, written by hand so that it does not depend on what reads it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {dump(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dump, value)) + "]"
    return repr(value)


def scenario(settings: dict[str, object], **others: dict[str, object]) -> Scenario:
    with tempfile.TemporaryDirectory() as folder:
        texts = {name: dump(other) for name, other in others.items()}
        return load(Path(folder), dump(settings), **texts)


def arrays(made: Scenario) -> dict[str, object]:
    batch = build_batch(MODEL, CATALOGUE, [made])
    parts: dict[str, object] = {**batch.constants, **batch.initial}
    for name, (years, found) in batch.series.items():
        parts[name] = np.vstack([years, found[0].reshape(len(years), -1).T])
    return parts


def assert_same(one: dict[str, object], other: dict[str, object]) -> None:
    assert one.keys() == other.keys()
    for name, found in one.items():
        np.testing.assert_array_equal(found, other[name], err_msg=name)


@given(SETTINGS)
def test_values_survive_the_file(settings):
    made = values(scenario(settings))
    for section in settings.values():
        for name, value in section.items():
            found = {element: v for (n, element), v in made.items() if n == name}
            if isinstance(value, list):
                years, points = zip(*value)
                assert found == {(): Trajectory(years, points)}
            elif isinstance(value, dict):
                assert {element[0]: v for element, v in found.items()} == value
            else:
                assert set(found.values()) == {value}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_survives_yaml(value):
    root = parse_yaml(f"x: {value!r}", "a.yaml")
    assert to_plain(root) == {"x": value}
    assert read_number(repr(value)) == value


@given(SETTINGS, st.randoms(use_true_random=False))
def test_order_of_keys_does_not_matter(settings, random):
    def shuffle(value):
        if not isinstance(value, dict):
            return value
        items = [(key, shuffle(item)) for key, item in value.items()]
        random.shuffle(items)
        return dict(items)

    one, other = scenario(settings), scenario(shuffle(settings))
    assert one.digest == other.digest
    assert values(one) == values(other)
    assert_same(arrays(one), arrays(other))


@given(SETTINGS, SETTINGS, SETTINGS)
def test_extends_is_associative(first, second, third):
    flat = scenario({"extends": ["b", "c", "d"]}, b=first, c=second, d=third)
    left = scenario({"extends": ["e", "d"]}, b=first, c=second, d=third, e={"extends": ["b", "c"]})
    right = scenario({"extends": ["b", "e"]}, b=first, c=second, d=third, e={"extends": ["c", "d"]})
    chain = scenario(
        {"extends": "e"},
        b=first,
        c={"extends": "b", **second},
        e={"extends": "c", **third},
    )
    assert values(flat) == values(left) == values(right) == values(chain)
    assert flat.digest == left.digest == right.digest == chain.digest


@given(SETTINGS, SETTINGS)
def test_later_wins_and_nothing_is_lost(first, second):
    both = values(scenario({"extends": ["b", "c"]}, b=first, c=second))
    assert both == {**values(scenario(first)), **values(scenario(second))}


@given(SETTINGS)
def test_extending_nothing_new_changes_nothing(settings):
    alone = scenario(settings)
    assert scenario({"extends": "b"}, b=settings).digest == alone.digest
    assert scenario({"extends": "b", **settings}, b=settings).digest == alone.digest


@given(st.floats(0, 20))
def test_unit_does_not_matter(value):
    plain = scenario({"levers": {"rail investment": value}})
    for factor, unit in ((1, "Mt/yr/yr"), (1e3, "kt/yr/yr"), (1e6, "t/Year/Year")):
        written = scenario({"levers": {"rail investment": _Raw(f"{value * factor!r} {unit}")}})
        (found,) = values(written).values()
        assert found == pytest.approx(value, rel=1e-14, abs=1e-300)
    assert scenario({"levers": {"rail investment": _Raw(f"{value!r} Mt/Year/Year")}}) is not None
    assert next(iter(values(plain).values())) == value


@given(st.integers(0, 1000))
def test_percent_is_exactly_the_decimal(thousandth):
    percent = scenario({"levers": {"storage ratio": _Raw(f"{thousandth / 10} %")}})
    decimal = scenario({"levers": {"storage ratio": thousandth / 1000}})
    assert values(percent) == values(decimal)
    assert percent.digest == decimal.digest


@given(st.sampled_from(["rail investment", "storage ratio", "berth mandate", "policy completion"]))
def test_default_said_is_default_unsaid(name):
    variable = MODEL.variables[name]
    elements = MODEL.dimensions[variable.dims[0]].elements if variable.dims else ()
    default = (
        dict(zip(elements, variable.default.tolist())) if elements else float(variable.default)
    )
    said, unsaid = scenario({"levers": {name: default}}), scenario({})
    assert said.digest == unsaid.digest
    np.testing.assert_array_equal(arrays(said)[name], [variable.default])


@given(SETTINGS, SETTINGS)
def test_digests_differ_where_arrays_do(first, second):
    one, other = scenario(first), scenario(second)
    if one.digest == other.digest:
        defaults = {name: v.default for name, v in MODEL.variables.items()}
        for made, against in ((one, other), (other, one)):
            theirs = arrays(against)
            for name, found in arrays(made).items():
                np.testing.assert_array_equal(found, theirs.get(name, [defaults.get(name)]))


@given(trajectories(SHARE), st.floats(2022, 2060))
def test_lever_follows_its_points(points, year):
    made = scenario({"levers": {"storage ratio": points}})
    batch = build_batch(MODEL, CATALOGUE, [made])
    years, found = batch.series["storage ratio in force"]
    x, y = zip(*points)
    expected = np.interp(year, (POLICY_START, *x), (0.1, *y))
    assert np.interp(year, years, found[0]) == pytest.approx(expected, abs=1e-12)
    assert np.interp(POLICY_START, years, found[0]) == 0.1
    assert np.interp(2010, years, found[0]) == 0.1


@given(trajectories(GROWTH), st.floats(2010, 2060))
def test_driver_follows_the_table_and_then_its_points(points, year):
    made = scenario({"drivers": {"demand growth": points}})
    batch = build_batch(MODEL, CATALOGUE, [made])
    years, found = batch.series["demand growth"]
    x, y = zip(*points)
    if year >= x[0]:
        assert np.interp(year, years, found[0]) == pytest.approx(np.interp(year, x, y))
    table = MODEL.variables["demand growth table"].points
    kept = max(t for t in table.x if t < x[0])
    if year <= kept:
        own = np.interp(year, table.x, table.y)
        assert np.interp(year, years, found[0]) == pytest.approx(own)


@given(st.lists(SETTINGS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_order_of_members_only_permutes_the_batch(all_settings, random):
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for i, settings in enumerate(all_settings):
            path = Path(folder) / f"m{i}.yaml"
            path.write_text(dump(settings))
            made.append(load_scenario(path, MODEL, CATALOGUE))
    order = list(range(len(made)))
    random.shuffle(order)
    one = build_batch(MODEL, CATALOGUE, made)
    other = build_batch(MODEL, CATALOGUE, [made[i] for i in order])
    assert other.members == tuple(one.members[i] for i in order)
    for name, found in one.constants.items():
        np.testing.assert_array_equal(other.constants[name], found[order])
    for name, found in one.initial.items():
        np.testing.assert_array_equal(other.initial[name], found[order])
    for name, (years, found) in one.series.items():
        np.testing.assert_array_equal(other.series[name][0], years)
        np.testing.assert_array_equal(other.series[name][1], found[order])


class _Raw:
    """Text that is dumped as it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text
