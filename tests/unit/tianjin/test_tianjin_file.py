"""The model file, its numbers and its catalogue agree with each other."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from haihe.model.catalogue import Catalogue
from haihe.model.types import Kind, Model

COLUMNS = ["variable", "element", "unit", "value", "low", "high", "grade", "source", "note"]
READ = re.compile(
    r"^([A-Za-z][\w ]*?)(\[[^\]]*\])? = GET DIRECT CONSTANTS\('data/(\w+)\.csv', ',', 'D(\d+)\*?'\)"
    r"\s*~ ([^\[~]*)",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def folder(model: Model) -> Path:
    return Path(model.path).parent


@pytest.fixture(scope="module")
def tables(folder: Path) -> dict[str, list[dict[str, str]]]:
    found = {}
    for path in sorted((folder / "data").glob("*.csv")):
        if path.stem != "history":
            with path.open(encoding="utf-8", newline="") as stream:
                reader = csv.DictReader(stream)
                found[path.stem] = list(reader)
                assert reader.fieldnames == COLUMNS, path.name
    return found


def test_every_number_has_a_range_a_grade_and_a_source(tables: dict) -> None:
    for name, rows in tables.items():
        for row in rows:
            where = (name, row["variable"], row["element"])
            assert float(row["low"]) <= float(row["value"]) <= float(row["high"]), where
            assert row["grade"] in {"A", "B", "C"}, where
            assert row["source"], where


def test_equations_read_the_rows_that_bear_their_name(folder: Path, tables: dict) -> None:
    """Variable, element and unit; and no row is left unread."""
    text = (folder / "tianjin.mdl").read_text(encoding="utf-8")
    read = set()
    for name, subscripts, table, row, unit in READ.findall(text):
        rows = tables[table]
        first = int(row) - 2
        assert rows[first]["variable"] == name
        count = sum(r["variable"] == name for r in rows) if subscripts else 1
        lead = subscripts.strip("[]").split(",")[0].strip()
        for offset in range(first, min(first + count, len(rows))):
            if rows[offset]["variable"] != name:
                break
            if "|" in rows[offset]["element"] and rows[offset]["element"].split("|")[0] != lead:
                break
            assert rows[offset]["unit"] == unit.strip(), name
            read.add((table, offset))
    unread = [(t, i) for t, rows in tables.items() for i in range(len(rows)) if (t, i) not in read]
    assert unread == []


def test_elements_stand_in_the_order_of_their_dimension(model: Model, tables: dict) -> None:
    for rows in tables.values():
        for name in {row["variable"] for row in rows}:
            elements = [row["element"] for row in rows if row["variable"] == name]
            dims = [model.dimensions[d].elements for d in model.variables[name].dims]
            expected = [""] if not dims else list(dims[0])
            if len(dims) == 2:
                expected = [f"{one}|{two}" for one in dims[0] for two in dims[1]]
            assert elements == expected, name


def test_each_lever_starts_from_the_state_of_2021(model: Model, catalogue: Catalogue) -> None:
    for name, lever in catalogue.levers.items():
        default = float(np.asarray(model.variables[name].default))
        state = model.variables.get(f"{name} in 2021")
        assert default == (float(np.asarray(state.default)) if state else 0.0), name
        equation = model.variables[f"{name} in force"].equation
        assert f"policy schedule[{lever.group}]" in equation, name


def test_levers_act_in_force_alone(model: Model, catalogue: Catalogue) -> None:
    """No equation but `X in force` reads the lever X itself."""
    names = "|".join(re.escape(name) for name in sorted(catalogue.levers, key=len, reverse=True))
    bare = re.compile(rf"(?<![\w ])\s*({names})(?! in force| in 2021|\w| \w)", re.IGNORECASE)
    for variable in model.variables.values():
        found = {match.lower() for match in bare.findall(variable.equation)}
        own = variable.name.lower().removesuffix(" in force")
        assert found <= {own}, variable.name


def test_drivers_follow_their_table(model: Model, catalogue: Catalogue) -> None:
    for name in catalogue.drivers:
        assert model.variables[f"{name} table"].kind is Kind.LOOKUP
        assert model.variables[name].equation.replace(" ", "") == f"{name} table(Time)".replace(
            " ", ""
        )


def test_history_ends_with_2021(folder: Path) -> None:
    """Later observations are held back for validation."""
    with (folder / "data" / "history.csv").open(encoding="utf-8", newline="") as stream:
        assert max(int(row["year"]) for row in csv.DictReader(stream)) <= 2021
