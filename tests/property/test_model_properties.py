"""What holds for every model and every unit, not only for examples."""

from __future__ import annotations

import contextlib
import math
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from haihe.errors import InputError, InputErrors
from haihe.model.scan import blank_comments, scan_model
from haihe.model.translate import read_model
from haihe.model.types import Model
from haihe.run.compiled import CompiledBackend
from haihe.scenario.values import Batch
from haihe.units import convert, is_commensurate, parse_quantity, parse_unit

CLOCK = "INITIAL TIME=0~~|\nFINAL TIME=3~~|\nTIME STEP=0.25~~|\nSAVEPER=1~~|\n"
EQUATIONS = (
    "level = INTEG(gain - loss, 5) ~ Mt ~ |",
    "gain = rate * level + table(Time) ~ Mt/Year ~ |",
    "loss = SUM(part[d!]) / life ~ Mt/Year ~ |",
    "d: p, q ~ ~ |",
    "part[d] = weight[d] * SMOOTH(level, life) ~ Mt ~ |",
    "weight[p] = 0.25 ~ Dmnl ~ |",
    "weight[q] = 0.5 ~ Dmnl ~ |",
    "table((0,1),(2,4),(3,0)) ~ Dmnl ~ |",
    "rate = 0.1 ~ 1/Year ~ |",
    "life = 4 ~ Year ~ |",
)
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='~|"{}\\'), max_size=40
)


def read_text(text: str) -> Model:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.mdl"
        path.write_text("{UTF-8}\n" + text, encoding="utf-8")
        return read_model(path)


def run_text(text: str) -> dict[str, np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.mdl"
        path.write_text("{UTF-8}\n" + text, encoding="utf-8")
        model = read_model(path)
        batch = Batch(("m",), {}, {}, {}, model.time)
        return dict(CompiledBackend("numpy").run(model, batch, ["level", "part"]))


@settings(max_examples=25, deadline=None)
@given(st.permutations(EQUATIONS))
def test_the_order_of_equations_changes_nothing(equations: list[str]) -> None:
    """But for the order in which elements of a range are declared, which is a choice."""
    first = run_text("\n".join(EQUATIONS) + "\n" + CLOCK)
    other = run_text("\n".join(equations) + "\n" + CLOCK)
    for name, values in first.items():
        np.testing.assert_allclose(other[name], values, rtol=1e-13)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=8))
def test_comments_and_units_never_move_an_equation(words: list[tuple[str, str]]) -> None:
    text = "".join(
        f"v{i} = {i} ~ {unit.replace('[', '').replace(']', '')} ~ {doc} |\n"
        for i, (unit, doc) in enumerate(words)
    )
    scan = scan_model(blank_comments(text))
    assert [d.left for d in scan.definitions] == [f"v{i}" for i in range(len(words))]
    assert [d.right for d in scan.definitions] == [str(i) for i in range(len(words))]
    assert not scan.faults


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from('ab =~|"[](){}:,.1\\\n'), max_size=80))
@example("1\\=")
def test_any_text_is_a_model_or_an_error(text: str) -> None:
    """Nothing else is raised, and what is read has every definition that was written."""
    try:
        model = read_text(text + CLOCK)
    except (InputError, InputErrors):
        return
    definitions = scan_model(blank_comments("{UTF-8}\n" + text + CLOCK)).definitions
    assert len(model.variables) + len(model.dimensions) <= len(definitions)
    assert {"INITIAL TIME", "SAVEPER"} <= set(model.variables)


UNITS = st.sampled_from(
    ["t", "Mt", "kg/kWh", "GW", "TWh/yr", "%", "1", "万吨", "yuan/tce", "ug/m3", "day", "1/Year"]
)


@given(st.floats(-1e12, 1e12, allow_nan=False), UNITS, UNITS)
def test_conversion_there_and_back(value: float, one: str, other: str) -> None:
    if not is_commensurate(one, other):
        return
    back = convert(convert(value, one, other), other, one)
    assert math.isclose(back, value, rel_tol=1e-13, abs_tol=1e-300)


@given(UNITS, UNITS)
def test_products_and_quotients_of_units(one: str, other: str) -> None:
    left, right = parse_unit(one), parse_unit(other)
    assert (left * right / right).dimension == left.dimension
    assert math.isclose((left * right / right).factor, left.factor, rel_tol=1e-14)
    written = parse_unit(f"({one})*({other})")
    assert written.dimension == (left * right).dimension
    assert math.isclose(written.factor, left.factor * right.factor, rel_tol=1e-14)


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_any_text_is_a_unit_or_an_error(text: str) -> None:
    for read in (parse_unit, parse_quantity):
        with contextlib.suppress(InputError):
            read(text)


@given(st.floats(allow_nan=False, allow_infinity=False), UNITS)
def test_quantities_are_read_as_they_were_written(value: float, unit: str) -> None:
    number, written = parse_quantity(f"{value!r} {unit}")
    assert (number, written) == (value, unit if unit != "1" else "1")
