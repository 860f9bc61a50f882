"""The studies that come with haihe: they load without a doubt, and their members run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from haihe.model.catalogue import Catalogue, load_catalogue
from haihe.model.translate import read_model
from haihe.model.types import Model
from haihe.project import find_bundled
from haihe.run.simulate import simulate
from haihe.scenario.load import load_scenario
from haihe.scenario.study import build_block, count_members, draw_inputs
from haihe.scenario.study_files import list_studies
from haihe.scenario.study_load import load_study

STUDIES = {head.id: head for head in list_studies()}


@pytest.fixture(scope="module")
def model() -> Model:
    return read_model(find_bundled("models") / "tianjin" / "tianjin.mdl")


@pytest.fixture(scope="module")
def catalogue(model: Model) -> Catalogue:
    return load_catalogue(model)


def test_studies_answer_questions_in_both_languages():
    assert len(STUDIES) >= 5
    assert {head.method for head in STUDIES.values()} >= {
        *("grid", "list", "one-at-a-time", "latin-hypercube", "sobol", "morris"),
        *("monte-carlo", "posterior"),
    }
    for head in STUDIES.values():
        assert head.title.zh != head.title.en
        assert min(len(head.story.zh), len(head.story.en)) > 30
        assert head.story.zh != head.story.en


@pytest.mark.parametrize("name", STUDIES)
def test_study_loads_and_its_first_and_last_members_can_be_made(
    name: str, model: Model, catalogue: Catalogue
):
    study = load_study(name, model, catalogue)
    count = count_members(study)
    for start in (0, count - 3):
        batch = build_block(study, model, catalogue, start, start + 3)
        for variable, values in batch.constants.items():
            assert np.isfinite(values).all(), variable
    assert np.isfinite(draw_inputs(study, 0, 5)).all()


def test_million_is_a_million_of_twenty_outcomes(model: Model, catalogue: Catalogue):
    study = load_study("million", model, catalogue)
    assert count_members(study) == 1_000_000
    assert len(study.savings.outcomes) == 20
    assert study.precision == "float32"


def test_base_member_is_the_scenario_itself(model: Model, catalogue: Catalogue):
    """The first member of what-if-late varies nothing: it is the plan, but for rounding."""
    study = load_study("what-if-late", model, catalogue)
    batch = build_block(study, model, catalogue, 0, 4)
    outputs = ["CO2", "PM2.5", "shore power share"]
    runs = simulate(model, batch, outputs, "compiled")
    plan = simulate(model, [load_scenario("plan", model, catalogue)], outputs, "compiled")
    for name in plan.data_vars:
        if "member" in plan[name].dims and plan[name].dtype.kind == "f":
            np.testing.assert_allclose(
                runs[name].isel(member=0), plan[name].isel(member=0), rtol=1e-9
            )
    late = runs["territorial CO2 emissions"].isel(member=3).sel(time=2030)
    assert float(late) != float(plan["territorial CO2 emissions"].isel(member=0).sel(time=2030))


def test_a_study_anywhere_finds_the_bundled_scenarios(
    tmp_path: Path, model: Model, catalogue: Catalogue
):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "scenarios: plan\ndesign: {method: grid}\nvary: {铁路专项投资: {levels: [1, 2]}}\n",
        encoding="utf-8",
    )
    study = load_study(path)
    assert study.factors[0].name == "rail investment"
    assert study.model == model.path


def test_example_of_the_manual_is_a_study(tmp_path: Path, model: Model, catalogue: Catalogue):
    page = Path(__file__).parents[3] / "docs" / "studies.md"
    text = page.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "scenarios" / "studies" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    study = load_study(path, model, catalogue)
    assert count_members(study) == 4000
    assert np.isfinite(draw_inputs(study, 1990, 2010)).all()
    table = page.read_text(encoding="utf-8").split("## What comes with haihe")[1]
    for name in STUDIES:
        assert f"| `{name}` |" in table
