"""Reality checks: what passes, what fails and where, and the language they are written in."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from haihe.analysis.check_members import Range, draw_hypercube
from haihe.analysis.checks import Verdict, run_checks
from haihe.analysis.checks_schema import CheckList, load_checks
from haihe.analysis.courses import Runs, Scope, evaluate_term
from haihe.analysis.expressions import (
    FUNCTIONS,
    Binary,
    Call,
    Comparison,
    ExpressionError,
    Name,
    Number,
    Term,
    parse_statement,
)
from haihe.cli.app import app
from haihe.errors import HaiheError, InputErrors
from haihe.model.catalogue import load_catalogue
from haihe.model.translate import read_model
from haihe.model.types import Model
from haihe.project import find_bundled
from haihe.text import say

MODEL = """{UTF-8}
tank: oil, water ~~|
pump: big, small ~~|
inflow table((0,1),(10,3)) ~ l/Year ~|
inflow = inflow table(Time) ~ l/Year ~|
split[tank] = 0.25, 0.75 ~ Dmnl [0,1] ~|
leak = 0.1 ~ 1/Year [0,0.5] ~|
size = 2 ~ Dmnl [1,4] ~|
level[tank] = INTEG(inflow * split[tank] - level[tank] * leak, 10) ~ l ~|
total = SUM(level[tank!]) ~ l ~|
work[big] = size ~ Dmnl ~|
work[small] = size * 2 ~ Dmnl ~|
ratio = total / leak ~ l*Year ~|
INITIAL TIME = 0 ~ Year ~|
FINAL TIME = 10 ~ Year ~|
TIME STEP = 0.5 ~ Year ~|
SAVEPER = 1 ~ Year ~|
"""
HEAD = "draws: {seed: 7, shares: {split: tank}}\nchecks:\n"
CHECK = (
    "- {id: one, kind: extreme, statement: {zh: 一, en: one}, members: [default, minimum, maximum, "
    "{latin-hypercube: 30}], %s}\n"
)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    path = tmp_path / "tank.mdl"
    path.write_text(MODEL, encoding="utf-8")
    return read_model(path)


def load(model: Model, *checks: str) -> CheckList:
    path = model.path.parent / "checks.yaml"
    path.write_text(HEAD + "".join(CHECK % text for text in checks), encoding="utf-8")
    return load_checks(path, model, load_catalogue(model))


def run_one(model: Model, text: str) -> Verdict:
    return run_checks(model, load_catalogue(model), load(model, text))[0]


@pytest.mark.parametrize(
    "text",
    [
        "inputs: {leak: 0.1}, expect: ['SUM(level[tank!]) = total', '0 <= split <= 1']",
        "expect: ['SUM(split[tank!]) = 1'], tolerance: 1e-12",
        "inputs: {inflow: 0}, expect: ['FALLS(total)', 'AT(total, 0) = 20']",
        "inputs: {inflow: {times: 2}}, against: {}, since: 1, expect: [total > AGAINST(total)]",
        "inputs: {inflow: [[0, 5], [10, 5]], leak: 0}, expect: ['RISES(total)'], at: [3, 7]",
        "inputs: {leak: 0.1}, against: {leak: 0.1, TIME STEP: 0.25}, "
        "expect: ['ABS(total - AGAINST(total)) < 0.02 * total'], tolerance: 0",
        "every_step: true, expect: ['total = PREVIOUS(total) + TIME STEP * PREVIOUS(inflow * "
        "SUM(split[tank!]) - total * leak)']",
        "expect: ['work[small] = 2 * work[big]', 'work[pump] >= size']",
        "inputs: {'split[oil]': 1, 'split[water]': 0, leak: 0}, expect: ['level[water] = 10']",
        "inputs: {total: 7, leak: 0.1}, expect: ['ratio * leak = 7']",
        "inputs: {leak: 0.1}, expect: ['inflow > 2 :IMPLIES: inflow >= 2 :AND: total > 0']",
        "inputs: {leak: 0, inflow: 1}, expect: ['TOTAL(inflow, 0, 9) = 10', "
        "'AT(total, 10) = 20 + TOTAL(inflow, 0, 9)', 'MEAN(inflow) = 1', "
        "'LARGEST(total) = AT(total, 10)', 'SMALLEST(total) = 20']",
        "against: {levers: default, parameters: default}, inputs: {parameters: default}, "
        "expect: [total = AGAINST(total)], tolerance: 0",
        "each: [level, split], expect: ['SUM(it[tank!]) > VMAX(it[tank!])']"
        ", inputs: {parameters: default}",
    ],
)
def test_what_holds_passes(model: Model, text: str) -> None:
    verdict = run_one(model, text)
    assert verdict.passed, verdict
    assert verdict.points > 0


@pytest.mark.parametrize(
    ("text", "member", "element", "year"),
    [
        ("inputs: {parameters: default}, expect: ['level[tank] <= 12']", None, ("water",), 10.0),
        ("inputs: {leak: 0.1}, expect: ['RISES(level[oil])']", None, (), 1.0),
        ("expect: ['size <= 3.9']", "maximum", (), 0.0),
        ("expect: ['size >= 1.01']", "minimum", (), 0.0),
        ("inputs: {leak: 0}, expect: ['FINITE(ratio)'], at: [4]", None, (), 4.0),
        ("inputs: {leak: 0}, expect: ['ratio >= 0']", None, (), 0.0),
        ("expect: ['total < total'], tolerance: 0", None, (), 0.0),
        ("inputs: {leak: 0.1}, expect: ['AT(total, 10) = 20']", None, (), math.nan),
    ],
)
def test_what_does_not_hold_is_shown_where_it_is_worst(
    model: Model, text: str, member: str | None, element: tuple[str, ...], year: float
) -> None:
    verdict = run_one(model, text)
    assert verdict.passed is False
    assert verdict.failures > 0
    worst = verdict.worst
    assert worst is not None
    assert worst.element == element
    assert worst.year == pytest.approx(year, nan_ok=True)
    if member is not None:
        assert (worst.member, verdict.failures < verdict.members) == (member, True)


def test_a_member_without_a_number_fails_beside_members_that_pass(model: Model) -> None:
    """`minimum` has no leak, so its ratio is infinite; the others are fine."""
    verdict = run_one(model, "expect: [ratio > 0]")
    assert (verdict.passed, verdict.failures, verdict.broken) == (False, 1, 1)
    assert verdict.worst is not None
    assert verdict.worst.member == "minimum"


def test_a_premise_that_never_holds_is_no_pass(model: Model) -> None:
    verdict = run_one(model, "expect: ['size > 99 :IMPLIES: total > 0']")
    assert verdict.passed is False
    assert "never held" in say(verdict.problem, "en")


def test_years_that_are_not_saved_are_no_pass(model: Model) -> None:
    verdict = run_one(model, "expect: [total > 0], at: [99]")
    assert verdict.passed is False
    assert "saves none" in say(verdict.problem, "en")


def test_a_strict_side_must_be_passed_by_more_than_the_tolerance(model: Model) -> None:
    by_half = "inputs: {size: 2.5}, expect: [size %s 2], tolerance: 0.5"
    assert run_one(model, by_half % "<=").passed
    assert run_one(model, by_half % "=").passed
    assert run_one(model, by_half % ">").passed is False


@pytest.mark.parametrize(
    ("text", "says", "column"),
    [
        ("expect: [totl = 1]", "did you mean total", "totl"),
        ("expect: [total = 1 + inflw]", "did you mean inflow", "inflw"),
        ("expect: ['level[oyl] = 1']", "did you mean oil", "oyl"),
        ("expect: ['SMU(level[tank!]) = 1']", "did you mean SUM", "SMU"),
        ("expect: ['level[tank!] = 1']", "`!` marks", "level"),
        ("expect: ['SUM(level) = 1']", "over what", "SUM"),
        ("expect: [total]", "one of =", ""),
        ("expect: ['total = (1']", "expected `)`", ""),
        ("expect: ['inflow table = 1']", "lookup", "inflow table"),
        ("expect: ['level[oil, water] = 1']", "other dimensions", "level"),
        ("expect: ['total > AGAINST(total)']", "second run", "total"),
        ("expect: ['AT(total) = 1']", "a year", "AT("),
        ("expect: ['total = 1 :OR: total = 2']", ":IMPLIES:", ":OR:"),
        ("expect: ['total = __import__(1)']", "no function", "__import__"),
        ("inputs: {lek: 0}, expect: [total = 1]", "did you mean leak", "lek"),
        ("status: not_yet", "needs a `reason`", ""),
        ("status: active", "needs `expect`", ""),
        ("expect: [total = 1], colour: red", "unknown key", "colour"),
    ],
)
def test_mistakes_are_named_with_their_place(
    model: Model, text: str, says: str, column: str
) -> None:
    with pytest.raises(HaiheError) as caught:
        load(model, text)
    assert isinstance(caught.value, InputErrors)
    error = caught.value.errors[0]
    assert says in str(error)
    assert error.where is not None
    lines = (HEAD + CHECK % text).splitlines()
    assert lines[error.where.line - 1].startswith("- {id: one")
    if column:
        assert lines[error.where.line - 1][error.where.column - 1 :].startswith(column)


@given(st.text(max_size=60))
def test_no_text_is_more_than_an_error(text: str) -> None:
    fault = None
    try:
        parse_statement(text)
    except ExpressionError as found:
        fault = found
    assert fault is None or 0 <= fault.at <= len(text)


TERMS = st.recursive(
    st.one_of(
        st.integers(0, 99).map(lambda number: str(number)),
        st.sampled_from(["total", "size", "level[oil]", "SUM(level[tank!])"]),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"MAX({p[0]}, {p[1]})"),
        inner.map(lambda text: f"ABS(-{text})"),
    ),
    max_leaves=12,
)


VALUES = {"SUM(level[tank!])": 30.5, "level[oil]": 10.5, "total": 30.5, "size": 2.0}


def evaluate_by_python(text: str) -> float:
    """The same text with numbers for names, as Python reads it."""
    for name, value in VALUES.items():
        text = text.replace(name, repr(value))
    text = text.replace("ABS", "abs").replace("MAX", "max")
    return float(eval(text, {"__builtins__": {}}, {"abs": abs, "max": max}))  # noqa: S307


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    path = tmp_path_factory.mktemp("scope") / "tank.mdl"
    path.write_text(MODEL, encoding="utf-8")
    return Scope(read_model(path))


@given(TERMS)
def test_arithmetic_is_that_of_python(scope: Scope, text: str) -> None:
    comparison = parse_statement(f"{text} = 0").claims[0]
    values = {
        "total": np.full((1, 1), 30.5),
        "size": np.full((1, 1), 2.0),
        "level": np.array([[[10.5, 20.0]]]),
    }
    course = evaluate_term(comparison.left, Runs(values, None, np.array([0.0]), 1.0), scope)
    assert course.dims == ()
    assert float(course.data[0, 0]) == pytest.approx(evaluate_by_python(text), rel=1e-12)


def write(term: Term) -> str:
    """A term as text, with every bracket."""
    if isinstance(term, Number):
        return f"{term.value:.17g}"
    if isinstance(term, Name):
        marks = [s.name + "!" * s.over for s in term.subscripts or ()]
        return term.text + (f"[{', '.join(marks)}]" if term.subscripts else "")
    if isinstance(term, Binary):
        return f"({write(term.left)} {term.sign} {write(term.right)})"
    assert isinstance(term, Call)
    return f"{term.function.upper()}({', '.join(map(write, term.arguments))})"


@given(TERMS)
def test_what_was_read_can_be_written_and_read_again(text: str) -> None:
    def plain(comparison: Comparison) -> str:
        return write(comparison.left)

    once = parse_statement(f"{text} = 0").claims[0]
    again = parse_statement(f"{write(once.left)} = 0").claims[0]
    assert plain(again) == plain(once)


@pytest.mark.parametrize(
    ("text", "value"),
    [("2 + 3 * 4", 14), ("2 ^ 3 ^ 2", 512), ("-2 ^ 2", -4), ("8 / 4 / 2", 1), ("7 - 2 - 1", 4)],
)
def test_signs_bind_as_in_vensim(scope: Scope, text: str, value: float) -> None:
    term = parse_statement(f"{text} = 0").claims[0].left
    assert (
        float(evaluate_term(term, Runs({}, None, np.array([0.0]), 1.0), scope).data[0, 0]) == value
    )


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_hypercube_visits_every_stratum_once(count: int, seed: int) -> None:
    low, high = np.array([0.0, -2.0]), np.array([1.0, 6.0])
    one = Range("x", False, np.array([0.5, 0.0]), low, high, None)
    values = draw_hypercube([one], count, seed)[0]
    strata = np.floor((values - low) / (high - low) * count).astype(int)
    for column in strata.T:
        assert sorted(column) == list(range(count))


def test_shares_keep_their_sum(model: Model) -> None:
    text = "expect: ['SUM(split[tank!]) = 1', 'split[oil] = 0.25']"
    verdict = run_one(model, text)
    assert verdict.passed is False, "draws must differ from the default, or they test nothing"
    assert verdict.worst is not None
    assert "split[oil]" in verdict.worst.claim


def test_model_check_exits_with_one_where_a_check_fails(model: Model) -> None:
    load(model, "expect: [total > 0], inputs: {leak: 0.1}")
    good = CliRunner().invoke(app, ["model", "check", str(model.path), "--json"])
    assert good.exit_code == 0, good.output
    row = json.loads(good.stdout)["checks"][0]
    assert (row["id"], row["passed"], row["worst"]["sign"]) == ("one", True, ">")
    assert row["tolerance"] == {"absolute": 0.0, "relative": 1e-9}

    load(model, "expect: [total < 0], inputs: {leak: 0.1}")
    bad = CliRunner().invoke(app, ["model", "check", str(model.path), "--lang", "en"])
    assert bad.exit_code == 1
    assert "failed: one" in bad.output
    left_out = CliRunner().invoke(app, ["model", "check", str(model.path), "--no-reality"])
    assert left_out.exit_code == 0
    unknown = CliRunner().invoke(app, ["model", "check", str(model.path), "--only", "on"])
    assert unknown.exit_code == 2
    assert "did you mean one" in unknown.output


@pytest.fixture(scope="module")
def shipped() -> tuple[Verdict, ...]:
    folder = find_bundled("models") / "tianjin"
    found = read_model(folder / "tianjin.mdl")
    catalogue = load_catalogue(found)
    checks = load_checks(folder / "checks.yaml", found, catalogue)
    return run_checks(found, catalogue, checks, most_draws=24)


def test_the_tianjin_model_holds_its_checks(shipped: tuple[Verdict, ...]) -> None:
    assert {v.entry.id: v.worst for v in shipped if v.passed is False} == {}


def test_every_check_of_the_design_is_accounted_for(shipped: tuple[Verdict, ...]) -> None:
    numbers = {number for verdict in shipped for number in verdict.entry.design}
    assert numbers == set(range(1, 54))


def test_what_is_held_elsewhere_is_there(shipped: tuple[Verdict, ...]) -> None:
    root = Path(__file__).resolve().parents[3]
    for verdict in shipped:
        place = verdict.entry.covered_by
        assert place.startswith(("haihe ", "tests/")) or not place
        if place.startswith("tests/"):
            assert (root / place).is_file(), place


def test_checks_compare_something(shipped: tuple[Verdict, ...]) -> None:
    """A check whose sides are both always zero would pass whatever the model did."""
    ran = [verdict for verdict in shipped if verdict.passed is not None]
    assert len(ran) > 70
    assert all(verdict.points > 0 for verdict in ran)


def test_functions_are_documented() -> None:
    """The head of the shipped file names every function of the language."""
    text = (find_bundled("models") / "tianjin" / "checks.yaml").read_text(encoding="utf-8")
    head = text[: text.index("draws:")]
    assert [name for name in FUNCTIONS if name.upper() not in head] == []
