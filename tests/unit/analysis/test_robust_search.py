"""The search for plans on a problem whose Pareto front is known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from haihe.analysis.robust import Goal
from haihe.analysis.robust_search import search_plans
from haihe.errors import InputError
from haihe.model.catalogue import Catalogue, load_catalogue
from haihe.model.translate import read_model
from haihe.model.types import Model
from haihe.scenario.futures import draw_futures
from haihe.scenario.load import load_scenario
from haihe.scenario.values import Scenario

MODEL = """{UTF-8}
where = 0.5 ~ Dmnl [0,1] ~ Which of the two is served |
waste = 0.5 ~ Dmnl [0,1] ~ What serves neither |
where in force = where ~ Dmnl ~ In force |
waste in force = waste ~ Dmnl ~ In force |
many in force = many ~ Dmnl ~ In force |
luck = 1 ~ Dmnl [0.5,2] ~ How dear both are |
many = 3 ~ Dmnl ~ Without limits |
first = luck * (where in force ^ 2 + waste in force)
  + 0 * many in force + 0 * Time ~ Dmnl ~ One cost |
second = luck * ((1 - where in force) ^ 2 + waste in force) + 0 * Time ~ Dmnl ~ The other cost |
INITIAL TIME = 2020 ~ Year ~ |
FINAL TIME = 2030 ~ Year ~ |
TIME STEP = 1 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""


def _lever(name: str) -> str:
    return (
        f'  {name}: {{group: g, shown: "%", title: {{zh: {name}, en: {name}}},'
        " note: {zh: 无, en: none}, articles: [one]}\n"
    )


def _outcome(name: str, better: str) -> str:
    return (
        f'  {name}: {{variable: {name}, shown: "1", title: {{zh: {name}, en: {name}}}, digits: 2,'
        f" headline: true, group: g, better: {better}, grade: B, source: here,"
        " caveat: {zh: 无, en: none}}\n"
    )


CATALOGUE = (
    "title: {zh: 两难, en: Dilemma}\ndimensions: {}\ngroups: {g: {zh: 组, en: Group}}\nlevers:\n"
    + "".join(map(_lever, ("where", "waste", "many")))
    + "drivers: {}\noutcomes:\n"
    + _outcome("first", "lower")
    + _outcome("second", "lower")
)
FUTURES = "vary: {luck: {uniform: [0.5, 2], grade: C, source: {zh: 假设, en: assumed}}}\n"
GOALS = (Goal("first at 2030"), Goal("second at 2030"))
COUNT = 20


@pytest.fixture(scope="module")
def dilemma(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Catalogue, Scenario]:
    folder = tmp_path_factory.mktemp("dilemma")
    (folder / "dilemma.mdl").write_text(MODEL, encoding="utf-8")
    (folder / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "futures.yaml").write_text(FUTURES, encoding="utf-8")
    scenario = folder / "plan.yaml"
    scenario.write_text("model: dilemma.mdl\n", encoding="utf-8")
    model = read_model(folder / "dilemma.mdl")
    catalogue = load_catalogue(model)
    return model, catalogue, load_scenario(scenario, model, catalogue)


def search(dilemma: tuple[Model, Catalogue, Scenario], **more: object) -> xr.Dataset:
    asked = {"population": 24, "generations": 30, "futures": COUNT, **more}
    return search_plans(*dilemma, ["where", "waste"], GOALS, **asked)  # type: ignore[arg-type]


def lucks(dilemma: tuple[Model, Catalogue, Scenario], seed: int = 0) -> np.ndarray:
    model, catalogue, _ = dilemma
    return draw_futures(model, catalogue, COUNT, seed).values[:, 0]


@pytest.fixture(scope="module")
def found(dilemma: tuple[Model, Catalogue, Scenario]) -> xr.Dataset:
    return search(dilemma)


def test_plans_lie_on_the_known_front_and_all_along_it(
    dilemma: tuple[Model, Catalogue, Scenario], found: xr.Dataset
) -> None:
    # Nothing is wasted on the front: costs w² and (1 - w)², whose roots add up to 1.
    scale = np.percentile(lucks(dilemma), 90)
    costs = found["found"].to_numpy()[:-1] / scale
    np.testing.assert_allclose(np.sqrt(costs).sum(axis=1), 1, atol=0.05)
    assert np.ptp(costs[:, 0]) > 0.8
    assert np.ptp(costs[:, 1]) > 0.8
    assert len(costs) > 10


def test_no_plan_is_beaten_by_another_or_by_the_scenario(found: xr.Dataset) -> None:
    costs = found["found"].to_numpy()
    for place, cost in enumerate(costs[:-1]):
        others = np.delete(costs, place, axis=0)
        assert not ((others <= cost).all(axis=1) & (others < cost).any(axis=1)).any()


@pytest.mark.parametrize(
    ("statistic", "reduce"),
    [("mean", np.mean), ("worst", np.max), ("p90", lambda luck: np.percentile(luck, 90))],
)
def test_numbers_are_those_of_the_futures(
    dilemma: tuple[Model, Catalogue, Scenario], statistic: str, reduce: object
) -> None:
    few = search(dilemma, statistic=statistic, generations=3)
    where, waste = few["values"].to_numpy().T / 100  # shown in per cent
    plain = np.stack([where**2 + waste, (1 - where) ** 2 + waste], axis=1)
    for name, seed in (("found", 0), ("checked", 1_000_003)):
        scale = reduce(lucks(dilemma, seed))  # type: ignore[operator]
        np.testing.assert_allclose(few[name], plain * scale, rtol=1e-9)
    assert list(few["values"].to_numpy()[-1]) == [50, 50]  # the scenario as it stands
    assert few.attrs["runs"] == 24 * 3 * COUNT


def test_same_seed_same_plans(dilemma: tuple[Model, Catalogue, Scenario]) -> None:
    one, again, other = (search(dilemma, generations=3, seed=s) for s in (4, 4, 5))
    xr.testing.assert_identical(one, again)
    assert not one["values"].equals(other["values"])


def test_progress_is_told_for_each_generation(
    dilemma: tuple[Model, Catalogue, Scenario],
) -> None:
    told: list[tuple[int, int]] = []
    search(dilemma, generations=3, progress=lambda done, all_: told.append((done, all_)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("levers", "goals", "more", "said"),
    [
        (["wher"], GOALS, {}, "there is no lever wher"),
        (["luck"], GOALS, {}, "there is no lever luck"),
        (["many"], GOALS, {}, "cannot be searched"),
        ([], GOALS, {}, "needs levers"),
        (["where"], (), {}, "needs levers and outcomes"),
        (["where"], (Goal("first"),), {}, "course over time"),
        (["where"], (Goal("firs at 2030"),), {}, "firs"),
        (["where"], GOALS, {"statistic": "median"}, "no statistic median"),
    ],
)
def test_what_cannot_be_searched(
    dilemma: tuple[Model, Catalogue, Scenario],
    levers: list[str],
    goals: tuple[Goal, ...],
    more: dict[str, str],
    said: str,
) -> None:
    with pytest.raises(InputError, match=said):
        search_plans(*dilemma, levers, goals, **more)  # type: ignore[arg-type]
