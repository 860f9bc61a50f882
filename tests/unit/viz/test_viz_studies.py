"""Charts of studies: what is drawn is what was found, small for any study, in both languages."""

from __future__ import annotations

import json
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from bokeh.embed import json_item
from hostile import PAYLOADS

sys.path.insert(0, str(Path(__file__).parents[1] / "analysis"))
from study_example import ishigami, make_study, saltelli

from haihe.analysis.discover import discover
from haihe.analysis.robust import Goal, compare_plans
from haihe.analysis.select_outcome import select_outcome
from haihe.analysis.sensitivity import measure_sensitivity
from haihe_viz.charts import (
    box_chart,
    density_chart,
    fan_chart,
    index_bars,
    index_course,
    localise,
    morris_plane,
    parallel_chart,
    plan_lines,
    tornado_chart,
    trade_off_chart,
)
from haihe_viz.fans import make_fans
from haihe_viz.studies import render_discovery, render_plans, render_sensitivity

YEARS = tuple(range(2021, 2061))


@pytest.fixture(scope="module")
def large() -> xr.Dataset:
    """A study of 200,000 members."""
    generator = np.random.default_rng(4)
    inputs = generator.uniform(size=(200_000, 3))
    y = 10 * inputs[:, :1] + np.linspace(0, 5, 40)
    return make_study(inputs, {"y": y.astype(np.float32)}, years=YEARS)


@pytest.fixture(scope="module")
def sobol() -> xr.Dataset:
    inputs = saltelli([(-np.pi, np.pi)] * 3, 128, seed=1)
    y = ishigami(inputs)[:, None] * np.linspace(0, 1, 40)
    return make_study(inputs, {"y": y}, design="sobol", years=YEARS)


def size_of(fig) -> int:
    """Bytes that a figure adds to a page."""
    return len(json.dumps(json_item(fig)))


def test_charts_stay_small_whatever_the_study(large: xr.Dataset) -> None:
    y, x = select_outcome(large, "y at 2030"), large["input: x1"]
    assert size_of(fan_chart(select_outcome(large, "y"))) < 40_000
    assert size_of(density_chart(x, y)) < 150_000
    chosen = x.to_numpy() > 0.9
    assert size_of(parallel_chart([x, large["input: x2"], y], chosen)) < 80_000


def test_a_fan_holds_the_percentiles(large: xr.Dataset) -> None:
    (fan,) = make_fans(select_outcome(large, "y"))
    want = np.percentile(large["y"].to_numpy()[:, 9].astype(float), (5, 25, 50, 75, 95))
    np.testing.assert_allclose(fan.values[:, 9], want)
    assert fan.members == 200_000


def test_a_fan_for_each_scenario_leaves_out_failed_members() -> None:
    y = np.array([[1.0, 2], [3, 4], [np.nan, 1], [10, 20], [30, 40], [50, 60]])
    labels = ["b", "b", "b", "a", "a", "a"]
    study = make_study(np.ones((6, 1)), {"y": y}, scenario=labels)
    fans = make_fans(select_outcome(study, "y"))
    assert [(fan.label.en, fan.members) for fan in fans] == [("b", 2), ("a", 3)]
    np.testing.assert_allclose(fans[1].values[2], [30, 40])


def test_every_member_is_counted_in_a_cell(large: xr.Dataset) -> None:
    fig = density_chart(large["input: x1"], select_outcome(large, "y at 2030"))
    numbers = fig.renderers[0].data_source.data["number"]
    assert sum(int(n.replace(",", "")) for n in numbers) == 200_000


def test_bars_stand_in_the_order_of_the_index(sobol: xr.Dataset) -> None:
    found = measure_sensitivity(sobol, "y at 2060")
    source = next(
        r.data_source.data for r in index_bars(found).renderers if "index" in r.data_source.data
    )
    assert source["index"] == sorted(found["ST"].to_numpy(), reverse=True)
    assert source["y"] == [0, -1, -2]


def test_courses_begin_where_the_outcome_begins_to_vary(sobol: xr.Dataset) -> None:
    fig = index_course(measure_sensitivity(sobol, "y"))
    source = next(r.data_source.data for r in fig.renderers if "year" in r.data_source.data)
    assert source["year"][0] == 2022
    assert np.isfinite(source["y0"]).all()


def test_a_box_is_drawn_where_its_limits_are() -> None:
    generator = np.random.default_rng(1)
    x = generator.uniform(size=(2000, 3))
    case = (x[:, 0] > 0.6).astype(float)
    found = discover(make_study(x, {"y": case}), "y at 2030 > 0.5", boxes=1)
    fig = box_chart(found)
    source = next(r.data_source.data for r in fig.renderers if "p" in r.data_source.data)
    assert source["left"][0] == pytest.approx(0.6, abs=0.02)
    assert source["right"][0] == 1
    with pytest.raises(ValueError, match="no box 1"):
        box_chart(found, 1)
    way = trade_off_chart(found).renderers[0].data_source.data
    assert (way["x"][0], way["y"][0]) == (100, pytest.approx(100 * found.share))


def test_the_better_end_is_on_top() -> None:
    study = make_study(
        np.resize(np.arange(3.0), 6)[:, None],
        {"cost": np.array([1.0, 1, 1, 5, 5, 5]), "jobs": np.array([1.0, 1, 1, 5, 5, 5])},
        scenario=["thrift"] * 3 + ["works"] * 3,
    )
    found = compare_plans(study, [Goal("cost at 2030", "lower"), Goal("jobs at 2030", "higher")])
    lines = [
        r for r in plan_lines(found, found["mean"]).renderers if type(r.glyph).__name__ == "Line"
    ]
    assert [list(line.data_source.data["y"]) for line in lines] == [[1, 0], [0, 1]]


def spoiled(payload: str) -> xr.Dataset:
    inputs = np.array([[1.0, 5], [0, 5], [3, 5], [1, 4], [1, 7]])
    study = make_study(inputs, {"y": 10 * inputs[:, 0] - inputs[:, 1]}, design="one-at-a-time")
    for name in study.data_vars:
        study[name].attrs.update(long_name=payload, title_zh=payload, title_en=payload)
    return study


class Tags(HTMLParser):
    """Elements of a page, with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


@pytest.mark.parametrize("payload", PAYLOADS[::2])
def test_titles_are_text_and_nothing_else(payload: str, plain_tags: list) -> None:
    """A page has the same elements whatever its titles are."""
    page = render_sensitivity([measure_sensitivity(spoiled(payload), "y at 2030")])
    assert Tags(page).found == plain_tags


@pytest.fixture(scope="module")
def plain_tags() -> list:
    return Tags(render_sensitivity([measure_sensitivity(spoiled("x"), "y at 2030")])).found


def test_no_label_is_read_as_tex() -> None:
    x = make_study(np.arange(6.0)[:, None], {"y": np.arange(6.0)})["input: x1"]
    x.attrs.update(title_zh="$$a$$", title_en="\\(b\\)")
    fig = density_chart(x, x)
    for lang in ("zh", "en"):
        localise(fig, lang)
        assert not {"$$", "\\("} & {fig.xaxis[0].axis_label[:2]}


def test_every_chart_speaks_both_languages(sobol: xr.Dataset) -> None:
    from SALib.sample import morris

    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[-3, 3]] * 3}
    steps = morris.sample(problem, 10, num_levels=4, seed=1)
    tour = make_study(steps, {"y": ishigami(steps)}, design="morris")
    figures = [
        index_bars(measure_sensitivity(sobol, "y at 2060")),
        morris_plane(measure_sensitivity(tour, "y at 2030")),
        tornado_chart(measure_sensitivity(spoiled("x"), "y at 2030")),
        fan_chart(select_outcome(sobol, "y")),
    ]
    for fig in figures:
        said = json.dumps(json_item(fig), ensure_ascii=False)
        localise(fig, "en")
        other = json.dumps(json_item(fig), ensure_ascii=False)
        assert said != other


def test_pages_say_what_was_found() -> None:
    generator = np.random.default_rng(1)
    x = generator.uniform(size=(600, 2))
    study = make_study(x, {"y": x[:, 0]})
    none = discover(study, "y at 2030 > 5")
    assert "None of 600 members" in render_discovery(none, "en")
    labels = ["a"] * 300 + ["b"] * 300
    plans = make_study(np.resize(x[:300, :1], (600, 1)), {"y": x[:, 0]}, scenario=labels)
    found = compare_plans(plans, [Goal("y at 2030", "lower")])
    assert "2 个方案，300 个共同的未来" in render_plans(found, "zh")
