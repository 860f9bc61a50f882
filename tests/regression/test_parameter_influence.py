"""Which parameters the headline results hang on: the table that is shipped, and what made it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from haihe.analysis.influence import (
    FILE,
    FIRST,
    InfluenceTable,
    influence_digest,
    measure_influence,
    read_influence,
    write_influence,
)
from haihe.cli.inputs import Opened, open_scenarios
from haihe.cli.listing import command as list_command
from haihe.run.compiled import CompiledBackend
from haihe.run.simulate import simulate
from haihe.scenario.design import build_batch
from haihe.scenario.values import Scenario

TIANJIN = Path(__file__).parents[2] / "models/tianjin"


@pytest.fixture(scope="module")
def plan() -> tuple[Opened, Scenario]:
    opened, (scenario,) = open_scenarios(["plan"])
    return opened, scenario


@pytest.fixture(scope="module")
def table(plan: tuple[Opened, Scenario]) -> InfluenceTable:
    opened, scenario = plan
    return measure_influence(opened.model, opened.catalogue, scenario)


def test_shipped_table_is_of_this_model(plan: tuple[Opened, Scenario]) -> None:
    shipped = read_influence(TIANJIN / FILE, "plan")
    assert shipped.digest == influence_digest(plan[0].model, plan[1]), (
        "the model or the plan changed: haihe model influence --write"
    )


def test_shipped_table_is_what_the_engine_finds(table: InfluenceTable) -> None:
    shipped = {(row.name, row.element): row for row in read_influence(TIANJIN / FILE, "plan").rows}
    assert len(shipped) == len(table.rows)
    for row in table.rows:
        other = shipped[row.name, row.element]
        assert other.grade == row.grade
        assert other.weight == pytest.approx(row.weight, rel=0.02, abs=1e-6)


def test_weights_are_shares_and_definitions_have_none(table: InfluenceTable) -> None:
    weights = np.array([row.weight for row in table.rows])
    assert np.all(weights >= 0.0)
    assert weights.sum() == pytest.approx(1.0)
    assert np.all(np.diff(weights) <= 0.0)
    still = [row for row in table.rows if row.reason == "definition"]
    assert still
    assert all(row.weight == 0.0 for row in still)
    assert {row.name for row in still} >= {"emission scale", "switch B9 site saturation"}


def test_swing_is_that_of_two_plain_runs(
    table: InfluenceTable, plan: tuple[Opened, Scenario]
) -> None:
    """The weightiest parameter, moved by hand through the ordinary way of running."""
    opened, scenario = plan
    row = next(row for row in table.rows if not row.element)
    outcome = opened.catalogue.outcomes[row.leading]
    ends = next(
        (one.low, one.high)
        for one in _parameters(opened)
        if (one.name, one.element) == (row.name, ())
    )
    means = []
    for value in (None, *ends):
        batch = build_batch(opened.model, opened.catalogue, [scenario])
        if value is not None:
            batch.constants[row.name] = np.array([value])  # type: ignore[index]
        found = simulate(opened.model, batch, [outcome.variable], CompiledBackend())
        means.append(float(found[outcome.variable].sel(time=slice(FIRST, None)).mean()))
    base, low, high = means
    assert row.swings[row.leading] == pytest.approx(abs(high - low) / abs(base), rel=1e-9)


def _parameters(opened: Opened) -> tuple:  # type: ignore[type-arg]
    from haihe.model.parameters import collect_parameters

    return collect_parameters(opened.model, opened.catalogue, opened.folder / "data")


def test_table_comes_back(
    table: InfluenceTable, plan: tuple[Opened, Scenario], tmp_path: Path
) -> None:
    path = tmp_path / FILE
    path.write_text(write_influence(table, plan[0].model), encoding="utf-8")
    back = read_influence(path, "plan")
    assert back.digest == table.digest
    assert [(row.name, row.element, row.reason) for row in back.rows] == [
        (row.name, row.element, row.reason) for row in table.rows
    ]


def test_list_ranks_and_refuses() -> None:
    runner = CliRunner()
    done = runner.invoke(list_command, ["parameters", "--grade", "C", "--ranked", "--json"])
    rows = json.loads(done.stdout)["parameters"]
    assert {row["grade"] for row in rows} == {"C"}
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(a["weight"] >= b["weight"] for a, b in pairwise(rows))
    by = runner.invoke(list_command, ["parameters", "--ranked", "--by", "CO2", "--json"])
    swings = [row["swings"]["CO2"] for row in json.loads(by.stdout)["parameters"]]
    assert swings == sorted(swings, reverse=True)
    wrong = runner.invoke(list_command, ["parameters", "--ranked", "--by", "CO"])
    assert "CO2" in str(wrong.exception)
    assert "rank" in str(runner.invoke(list_command, ["levers", "--ranked"]).exception)
