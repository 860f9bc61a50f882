"""The table of functions is what the compiler can do, and names tests that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from haihe.analysis.functions import COVERED, HOW, TESTS, Known, dump_covered, list_functions
from haihe.compile import compile_model
from haihe.errors import InputError, InputErrors
from haihe.model.translate import read_model

ROOT = Path(__file__).resolve().parents[3]
CALLS = {
    "random_uniform": "RANDOM UNIFORM(0, 1, 3)",
    "random_0_1": "RANDOM 0 1()",
    "random_normal": "RANDOM NORMAL(0, 1, 0, 1, 3)",
    "random_exponential": "RANDOM EXPONENTIAL(0, 1, 0, 1, 3)",
    "exp": "EXP(Time)",
    "smooth": "SMOOTH(Time, 2)",
}


@pytest.fixture(scope="module")
def rows() -> dict[str, Known]:
    return {row.name: row for row in list_functions()}


def test_tests_of_the_table_are_those_of_the_models() -> None:
    """`make docs` would change nothing."""
    assert dump_covered(ROOT / TESTS) == COVERED.read_text(encoding="utf-8")


def test_rows_are_whole(rows: dict[str, Known]) -> None:
    assert len(rows) > 70
    for row in rows.values():
        assert row.how in HOW, row.name
        assert row.source, row.name
        assert row.compiled == (row.how != "fallback"), row.name
        for name in row.tests:
            assert (ROOT / TESTS / name).is_file(), row.name


def test_functions_that_are_compiled_have_a_test(rows: dict[str, Known]) -> None:
    """All but those that no model file can spell differently, and those that XMILE alone has."""
    without = {row.name for row in rows.values() if row.compiled and not row.tests}
    assert len(without) <= 10, sorted(without)
    assert {"exp", "sum", "integ", "delay_fixed", "get_data"}.isdisjoint(without)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_compiled_says_the_truth(rows: dict[str, Known], name: str, tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    clock = "".join(
        f"{n} = {v} ~~|\n"
        for n, v in (("INITIAL TIME", 0), ("FINAL TIME", 2), ("TIME STEP", 1), ("SAVEPER", 1))
    )
    path.write_text("{UTF-8}\n" + f"a = {CALLS[name]} ~~|\n" + clock)
    model = read_model(path)
    if rows[name].compiled:
        compile_model(model, [])
    else:
        with pytest.raises((InputError, InputErrors)):
            compile_model(model, [])
