"""Make the gallery: `python -m haihe.cli.gallery` draws every chart from real runs of the model."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue

LISTING = Path("docs/gallery.md")
PAGE = Path("output/gallery.html")
VARY = """
vary:
  policy completion[power]: {uniform: [50 %, 100 %]}
  demand growth: {change: shift, uniform: [-1 %/yr, 1 %/yr]}
  regional background: {change: scale, uniform: [0.7, 1.4], since: 2025}
save: {outcomes: [CO2, PM2.5, good days], years: all}
"""
DESIGNS = {
    "hypercube": "[frozen-2021, plan]\ndesign: {method: latin-hypercube, samples: 300, seed: 1}",
    "sobol": "plan\ndesign: {method: sobol, samples: 64, seed: 1}",
    "morris": "plan\ndesign: {method: morris, samples: 8, seed: 1}",
    "late": "plan\ndesign: {method: one-at-a-time}",
    "three": "[frozen-2021, plan-delayed, plan]\ndesign: {method: latin-hypercube, samples: 40, "
    "seed: 1}",
}
"""Scenarios and design of each example study."""
TASK = """
title: {zh: 示例, en: Example}
scenario: plan
never_weaker: true
targets:
  - {id: co2-2030, outcome: CO2, year: 2030, relation: "<=", value: 112}
  - {id: pm25-2030, outcome: PM2.5, year: 2030, relation: "<=", value: 36.5}
levers: [wind and solar auctions, green power imports, energy saving retrofit, dust control]
packages: 1
"""
BEYOND = (
    TASK.replace("112", "60").replace("36.5", "30").replace("wind and solar auctions, ", "")
).replace("energy saving retrofit, ", "")
"""Two levers, asked for more than they can do."""


def make_examples(folder: Path) -> Mapping[str, Any]:
    """What the lines of the gallery are run on.

    Parameters
    ----------
    folder
        For the stores of small studies.
    """
    return {**make_runs(), **make_studies(folder), **make_answers(folder)}


def make_runs() -> Mapping[str, Any]:
    """The plan and its baseline, with observations."""
    import xarray as xr

    from haihe.analysis.report import build_report, label_results, load_background
    from haihe.cli.inputs import open_scenarios
    from haihe.run.simulate import simulate

    opened, scenarios = open_scenarios(["plan", "frozen-2021"])
    results = label_results(simulate(opened.model, scenarios), scenarios)
    report = build_report(results, load_background(opened.catalogue, opened.folder))
    found = report.indicators
    with xr.set_options(keep_attrs=True):  # type: ignore[no-untyped-call]
        added = found.sel(member="plan") - found.sel(member="frozen-2021")
    return {"results": found, "history": report.history, "added": added}


def make_studies(folder: Path) -> Mapping[str, Any]:
    """Small studies, one for each kind of design."""
    from haihe.analysis.discover import discover
    from haihe.analysis.robust import Goal, compare_plans
    from haihe.analysis.select_outcome import select_outcome
    from haihe.analysis.sensitivity import measure_sensitivity

    studies = {name: sweep_example(folder, name) for name in DESIGNS}
    wide, catalogue = studies["hypercube"]
    goals = [Goal(name) for name in ("CO2 at 2030", "PM2.5 at 2030", "good days at 2030")]

    def measure(name: str, asked: str) -> xr.Dataset:
        return measure_sensitivity(studies[name][0], asked, catalogue, scenario="plan")

    return {
        "study": select_outcome(wide, "CO2", catalogue),
        "at_2030": select_outcome(wide, "CO2 at 2030", catalogue),
        "growth": wide["input: demand growth"],
        "given": measure("hypercube", "CO2 at 2030"),
        "over_time": measure("hypercube", "CO2"),
        "sobol": measure("sobol", "CO2 at 2030"),
        "morris": measure("morris", "CO2 at 2030"),
        "late": measure("late", "CO2 at 2030"),
        "found": discover(wide, "PM2.5 at 2030 > 40", catalogue, scenario="plan"),
        "plans": compare_plans(studies["three"][0], goals, (), catalogue),
    }


def sweep_example(folder: Path, name: str) -> tuple[xr.Dataset, Catalogue | None]:
    """Run one of the example studies."""
    from haihe.cli.study_inputs import open_study_store
    from haihe.cli.sweep import Where, open_work, sweep_into
    from haihe.run.study_work import lay_out_study

    file, store = folder / f"{name}.yaml", folder / f"{name}.zarr"
    head = "title: {zh: 示例, en: Example}\nstory: {zh: 示例, en: Example}\nscenarios: "
    file.write_text(head + DESIGNS[name] + VARY, encoding="utf-8")
    work = open_work(str(file), False)
    sweep_into(store, work, lay_out_study(work, 0), Where(1, None, None), "en", False, None)
    return open_study_store(str(store), "")


def make_answers(folder: Path) -> Mapping[str, Any]:
    """One of each of the answers."""
    from haihe.analysis.attribution import attribute, find_cells
    from haihe.analysis.attribution_groups import group_differences
    from haihe.analysis.coalitions import find_differences
    from haihe.analysis.compare import Question, compare
    from haihe.analysis.compare_inputs import Side
    from haihe.analysis.solve import solve
    from haihe.cli.decompose import find_decompositions
    from haihe.cli.inputs import open_scenarios
    from haihe.cli.scorecard import score_scenario
    from haihe.cli.solve import open_task
    from haihe.cli.warn import warn_in_scenario

    opened, (plan, base) = open_scenarios(["plan", "frozen-2021"])
    groups = group_differences(
        find_differences(plan, base), opened.catalogue, "chapter", opened.folder
    )
    cells = find_cells(opened.model, opened.catalogue, ["CO2", "total cost"])
    credit, cost = attribute(opened.model, opened.catalogue, plan, base, cells, groups, "chapter")
    _, outlooks = score_scenario("plan", None, 200, (), 0, "en")
    tasks = {"package": TASK, "beyond": BEYOND}
    for name, text in tasks.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    one, other = (Side(s.id, s.title, opened.model, opened.catalogue, s) for s in (base, plan))
    return {
        "credit": credit,
        "cost": cost,
        "outlooks": [outlook for outlook in outlooks if outlook.chance is not None],
        "warning": warn_in_scenario("plan", "peak-plan-non-fossil-2030", 400, 0.2, 0, "en"),
        "causes": find_decompositions("plan", "structure")[-1],
        **{name: solve(open_task(folder / f"{name}.yaml")).solution for name in tasks},
        "comparison": compare(one, other, Question("CO2", 2035)),
    }


def main(args: Sequence[str] | None = None) -> None:
    """Write the gallery, or its listing."""
    from haihe.results.export import replacing
    from haihe_viz.gallery import render_gallery, write_listing

    parser = argparse.ArgumentParser(prog="python -m haihe.cli.gallery", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=PAGE, help="page to write")
    parser.add_argument("--listing", action="store_true", help=f"write {LISTING} instead")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language it opens in")
    given = parser.parse_args(args)
    if given.listing:
        LISTING.write_text(write_listing(), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as folder:
        text = render_gallery(make_examples(Path(folder)), given.lang)
    with replacing(given.output) as draft:
        draft.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
