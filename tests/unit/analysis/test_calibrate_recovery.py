"""A small model whose truth is known: the fit finds it, its intervals hold it, priors matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from haihe.analysis.calibrate import Fit, find_jacobian, fit
from haihe.analysis.calibration_load import load_calibration
from haihe.analysis.errors_of_fit import measure_errors
from haihe.analysis.fit_files import write_draws, write_fitted
from haihe.analysis.fit_problem import (
    Problem,
    hold_tables,
    predict,
    predict_own,
    state_problem,
    whiten,
)
from haihe.analysis.forecasts import forecast, roll, score_split
from haihe.analysis.posterior import find_rhat, sample
from haihe.analysis.validation import validate_model
from haihe.analysis.validation_page import write_page
from haihe.model.catalogue import load_catalogue
from haihe.model.translate import read_model
from haihe.scenario.load import load_scenario

MODEL = """{UTF-8}
kind: heavy, light ~~ Kinds of use. |
growth = 0.05 ~ 1/Year [0,0.2] ~ Growth of output. |
need[kind] = 2, 1 ~ Mt/Mt [0.1,5] ~ Energy need of each kind. |
boost = boost table(Time) ~ Dmnl ~ A driver. |
boost table((2000,1),(2005,1),(2012,2)) ~ Dmnl ~ It doubles after 2005. |
output = INTEG(output * growth, 100) ~ Mt ~ Output. |
use[kind] = output * need[kind] * boost / year length ~ Mt/Year ~ Use by kind. |
year length = 1 ~ Year ~ One year. |
total use = SUM(use[kind!]) ~ Mt/Year ~ Use of all kinds. |
INITIAL TIME = 2000 ~ Year ~ Start. |
FINAL TIME = 2020 ~ Year ~ Stop. |
TIME STEP = 0.25 ~ Year ~ Step. |
SAVEPER = 1 ~ Year ~ Kept. |
"""
CATALOGUE = """
title: {zh: 小, en: Tiny}
groups: {}
dimensions: {kind: {title: {zh: 类, en: Kind}, elements: {heavy: {zh: 重, en: H}, light: {zh: 轻, en: L}}}}
drivers:
  boost: {title: {zh: 驱动, en: Boost}, shown: "1"}
outcomes:
  total: {variable: total use, shown: Mt/yr, title: {zh: 总, en: Total}, group: e, grade: A, source: s, history: {file: history.csv, series: total}}
"""  # noqa: E501
CALIBRATION = """years: [2000, 2012]
split: 2009
seed: 1
blocks:
  - name: economy
    series: [output]
    parameters:
      growth: {variable: growth, prior: normal, centre: GROWTH, spread: SPREAD, bounds: [0, 0.2], source: s}
  - name: freight
    series: [total, heavy]
    parameters:
      heavy: {variable: need, elements: [heavy], by: factor, prior: lognormal, centre: 1, spread: 0.5, bounds: [0.3, 2.5], source: s}
      light: {variable: need, elements: [light], prior: uniform, bounds: [0.2, 4], source: s}
series:
  output: {variable: output, file: history.csv, series: output, error: 0.02}
  total: {outcome: total, error: 0.02, memory: 0.5}
  heavy: {variable: use, elements: [heavy], file: history.csv, series: heavy, factor: 1000, error: 0.02}
  unseen: {variable: total use, file: history.csv, series: total, error: 0.02, weight: 0, skill: consistency}
"""  # noqa: E501
TRUTH = {"growth": 0.04, "heavy": 1.3, "light": 1.7}


def tell_history(seed: int, last: int = 2012) -> str:
    """Observations of the true model with errors as the calibration believes them."""
    draw = np.random.default_rng(seed)
    years = np.arange(2000, last + 1)
    output = 100 * (1 + 0.25 * TRUTH["growth"]) ** (4.0 * (years - 2000))
    boost = np.interp(years, [2000, 2005, 2012], [1, 1, 2])
    apart = np.abs(years[:, None] - years)
    tied = np.linalg.cholesky(0.02**2 * 0.5**apart)
    heavy = output * boost * 2 * TRUTH["heavy"]
    series = {
        "output": ("Mt", output * np.exp(0.02 * draw.standard_normal(len(years)))),
        "heavy": ("kt", 1000 * heavy * np.exp(0.02 * draw.standard_normal(len(years)))),
        "total": (
            "Mt",
            (heavy + output * boost * TRUTH["light"])
            * np.exp(tied @ draw.standard_normal(len(years))),
        ),
    }
    rows = ["series,unit,year,value,grade,source"]
    for name, (unit, values) in series.items():
        rows += [f"{name},{unit},{y},{v:.9g},B,made" for y, v in zip(years, values)]
    return "\n".join(rows) + "\n"


def make_problem(
    folder: Path, seed: int = 1, growth: float = 0.08, spread: float = 0.05, last: int = 2012
) -> Problem:
    folder = folder / "models" / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.mdl").write_text(MODEL, encoding="utf-8")
    (folder / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "history.csv").write_text(tell_history(seed, last), encoding="utf-8")
    text = CALIBRATION.replace("GROWTH", str(growth)).replace("SPREAD", str(spread))
    (folder / "calibration.yaml").write_text(text, encoding="utf-8")
    model = read_model(folder / "tiny.mdl")
    calibration = load_calibration(folder / "calibration.yaml", model, load_catalogue(model))
    return state_problem(model, calibration, folder)


def inside(fitted: Fit) -> list[bool]:
    return [e.interval[0] <= TRUTH[e.name] <= e.interval[1] for e in fitted.estimates]


def test_known_parameters_are_found_in_their_own_unit(tmp_path: Path) -> None:
    fitted = fit(make_problem(tmp_path), 2012)
    for estimate in fitted.estimates:
        assert estimate.value == pytest.approx(TRUTH[estimate.name], rel=0.06)
        assert estimate.learned > 0.9
        assert not estimate.at_bound


def test_intervals_hold_the_truth_about_as_often_as_they_say(tmp_path: Path) -> None:
    """Of 60 histories × 3 parameters nine tenths are held; 0.9 ± 4 standard errors."""
    held = [inside(fit(make_problem(tmp_path, seed=seed), 2012)) for seed in range(60)]
    share = np.mean(held)
    assert 0.9 - 4 * (0.09 / 180) ** 0.5 < share < 0.9 + 4 * (0.09 / 180) ** 0.5


def test_a_strong_prior_holds_against_the_data(tmp_path: Path) -> None:
    loose = fit(make_problem(tmp_path, spread=0.05), 2012).estimates[0]
    strong = fit(make_problem(tmp_path, spread=0.001), 2012).estimates[0]
    assert abs(loose.value - 0.04) < 0.003
    assert strong.value > loose.value + 0.01
    assert strong.learned < loose.learned


def test_later_years_are_not_seen(tmp_path: Path) -> None:
    """A fit to 2009 is the same whether or not later years are there."""
    whole = fit(make_problem(tmp_path / "whole", last=2012), 2009)
    problem = make_problem(tmp_path / "changed", last=2012)
    path = problem.model.path.parent / "history.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    spoilt = [
        line.replace(line.split(",")[3], "9e9") if line.split(",")[2] > "2009" else line
        for line in lines[1:]
    ]
    path.write_text("\n".join([lines[0], *spoilt]) + "\n", encoding="utf-8")
    again = state_problem(problem.model, problem.calibration, path.parent)
    np.testing.assert_array_equal(fit(again, 2009).coordinates, whole.coordinates)


def test_blind_forecast_holds_the_driver(tmp_path: Path) -> None:
    problem = make_problem(tmp_path)
    assert set(problem.tables) == {"boost table"}
    values = np.array([[0.04, 1.3, 1.7]])
    said = predict(problem, values)["total"][0]
    blind = predict(problem, values, held_from=2008)["total"][0]
    np.testing.assert_allclose(blind[:9], said[:9], rtol=1e-12)
    boost = np.interp(np.arange(2008, 2013), [2005, 2012], [1, 2])
    np.testing.assert_allclose(blind[8:] / said[8:], boost[0] / boost, rtol=1e-12)
    times, points = hold_tables(problem, 2008, 2)["boost table"]
    assert times[-1] == 2008
    assert points.shape == (2, len(times))


def test_the_model_as_it_stands_is_measured_too(tmp_path: Path) -> None:
    problem = make_problem(tmp_path)
    own = predict_own(problem)["total"]
    np.testing.assert_allclose(own, predict(problem, np.array([[0.05, 1.0, 1.0]]))["total"][0])


def test_memory_makes_repeated_looks_worth_less(tmp_path: Path) -> None:
    problem = make_problem(tmp_path)
    whiteners = {w.name: w for w in whiten(problem, 2012)}
    assert set(whiteners) == {"output", "total", "heavy"}
    level = np.full((1, 13), np.e)
    free = whiteners["output"].residuals(np.exp(whiteners["output"].logs) * level)
    tied = whiteners["total"].residuals(np.exp(whiteners["total"].logs) * level)
    assert (free**2).sum() == pytest.approx(13 / 0.02**2)
    assert (tied**2).sum() < 0.5 * (free**2).sum()


def test_impossible_predictions_are_far_off_and_finite(tmp_path: Path) -> None:
    whitener = whiten(make_problem(tmp_path), 2012)[0]
    said = np.full((3, 13), 1.0)
    said[0, 0], said[1, 0], said[2, 0] = np.nan, -1.0, 0.0
    far = (whitener.residuals(said) ** 2).sum(axis=1)
    assert np.isfinite(far).all()
    assert (far > 1e9).all()


def test_jacobian_is_one_sided_at_a_bound() -> None:
    low, high = np.array([0.0, 0.0]), np.array([1.0, 1.0])
    asked: list[np.ndarray] = []

    def residuals(places: np.ndarray) -> np.ndarray:
        asked.append(places)
        return np.stack([3 * places[:, 0], 2 * places[:, 1], places.sum(axis=1)], axis=1)

    slopes = find_jacobian(residuals, np.array([0.0, 1.0]), low, high)
    np.testing.assert_allclose(slopes, [[3, 0], [0, 2], [1, 1]], atol=1e-9)
    assert len(asked) == 1
    assert (asked[0] >= low).all()
    assert (asked[0] <= high).all()


def test_forecasts_are_what_they_are_called(tmp_path: Path) -> None:
    problem = make_problem(tmp_path)
    split = score_split(problem, fit(problem, 2009))
    course = next(c for c in split.courses if c.seen.series.name == "total")
    said = forecast(course, 2009)
    known = dict(zip(course.seen.years, course.seen.values))
    assert set(said["persistence"]) == {known[2009]}
    error = np.log(known[2009] / course.said[9])
    np.testing.assert_allclose(
        said["carried"], said["model"] * np.exp(error * 0.5 ** np.arange(1, 4))
    )
    line = np.polyfit(range(2000, 2010), [known[year] for year in range(2000, 2010)], 1)
    np.testing.assert_allclose(said["trend"], np.polyval(line, [2010, 2011, 2012]), rtol=1e-6)
    score = next(s for s in split.scores if s.seen.series.name == "total")
    assert score.counted
    assert score.beats
    assert not next(s for s in split.scores if s.seen.series.name == "unseen").counted
    rolled = {r.seen.series.name: r for r in roll(problem, (2008, 2011), 2)}
    assert rolled["total"].forecasts == 3
    only = measure_errors(said["model"], np.array([known[y] for y in (2010, 2011, 2012)]))
    assert score.after["model"] == only


def test_posterior_agrees_with_the_fit_and_is_fixed_by_its_seed(tmp_path: Path) -> None:
    pytest.importorskip("emcee")
    problem = make_problem(tmp_path)
    fitted = fit(problem, 2012)
    first = sample(problem, fitted, 200, seed=3, steps=150)
    again = sample(problem, fitted, 200, seed=3, steps=150)
    np.testing.assert_array_equal(first.values, again.values)
    assert (first.values != sample(problem, fitted, 200, seed=4, steps=150).values).any()
    assert (first.rhat < 1.05).all()
    assert (first.ess > 200).all()
    wide = [(e.interval[1] - e.interval[0]) / 3.29 for e in fitted.estimates]
    assert (np.abs(first.values.mean(axis=0) - fitted.values) < 0.5 * np.array(wide)).all()
    np.testing.assert_allclose(first.values.std(axis=0), wide, rtol=0.3)


def test_rhat_sees_ensembles_that_disagree() -> None:
    draw = np.random.default_rng(0)
    chain = draw.standard_normal((4, 100, 8, 1))
    assert find_rhat(chain)[0] < 1.01
    chain[0] += 2
    assert find_rhat(chain)[0] > 1.2


def test_written_files_are_read_back(tmp_path: Path) -> None:
    """A scenario that extends the file runs with the fitted values; draws name the same."""
    pytest.importorskip("emcee")
    problem = make_problem(tmp_path)
    fitted = fit(problem, 2012)
    path = problem.model.path.parent / "fitted.yaml"
    path.write_text(write_fitted(problem, fitted, 1, "2024-01-02"), encoding="utf-8")
    assert problem.model.digest in path.read_text(encoding="utf-8")
    scenario = load_scenario(path, problem.model, load_catalogue(problem.model))
    set_values = {(s.name, s.element): s.value for s in scenario.settings}
    growth, heavy, light = fitted.values
    assert set_values == {
        ("growth", ()): pytest.approx(growth, rel=1e-5),
        ("need", ("heavy",)): pytest.approx(2 * heavy, rel=1e-5),
        ("need", ("light",)): pytest.approx(light, rel=1e-5),
    }
    drawn = sample(problem, fitted, 5, seed=1, steps=60)
    lines = write_draws(problem, drawn, "2024-01-02").splitlines()
    table = [line for line in lines if not line.startswith("#")]
    assert table[0] == "draw,log_density,growth,need[heavy],need[light]"
    assert len(table) == 6
    last = [float(cell) for cell in table[-1].split(",")]
    assert last[2:] == pytest.approx(drawn.values[-1] * [1, 2, 1], rel=1e-5)


def test_the_page_says_what_was_measured(tmp_path: Path) -> None:
    problem = make_problem(tmp_path)
    found = validate_model(problem)
    page = write_page(problem, found, None, "x/fit.svg")
    score = next(s for s in found.split.scores if s.seen.series.name == "total")
    assert f"| {score.after['model'].mape:.1f} | {score.after['blind'].mape:.1f} |" in page
    assert "unseen *c* *n*" in page
    assert "nearer than naive persistence on 3 of 3 series (at least" in page
    assert "nan" not in page
