"""Every chart with the line that makes it: the gallery, which is the visual test as well.

The lines are run as they are shown, on examples by these names:

- `results`: indicators (member, time, …) of a scenario and its baseline; `history`: observations
- `study`: an outcome (member, time) of a study; `at_2030`: the same in one year; `growth`: a factor
- `given`, `over_time`, `sobol`, `morris`, `late`: what `measure_sensitivity` found, by design
- `found`: what `discover` found; `plans`: what `compare_plans` found
- `outlooks`, `credit`, `cost`, `warning`, `causes`: scorecard, attribution of CO2 and of the cost,
  early warning, decomposition
- `package`, `beyond`: what `solve` found, and for a task that asks for too much
- `comparison`: what `compare` found; `added`: what the scenario adds to its baseline
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bokeh.plotting import figure

from haihe.text import Lang, Text
from haihe_viz import attribution, charts, comparison, costs, outlook, packages, signal
from haihe_viz.bilingual import localise
from haihe_viz.sheet import SheetPart, render_sheet

NAMES: Mapping[str, Any] = {
    **{name: getattr(charts, name) for name in charts.__all__},
    "Text": Text,
    "outlook_chart": outlook.outlook_chart,
    "attribution_chart": attribution.attribution_chart,
    "attribution_years": attribution.attribution_years,
    "interaction_chart": attribution.interaction_chart,
    "decomposition_chart": attribution.decomposition_chart,
    "cost_curve": costs.cost_curve,
    "trace_chart": comparison.trace_chart,
    "moves_chart": comparison.moves_chart,
    "move_lines": comparison.move_lines,
    "course_chart": signal.course_chart,
    "rates_chart": signal.rates_chart,
    "roc_chart": signal.roc_chart,
    "package_chart": packages.package_chart,
    "price_chart": packages.price_chart,
    "reach_chart": packages.reach_chart,
}
"""What a line may call."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A chart of the gallery."""

    title: Text
    line: str
    """Python that gives the figure."""


def _show(zh: str, en: str, line: str) -> Exhibit:
    return Exhibit(Text(zh, en), line)


EXHIBITS = (
    _show("指标随时间，含观测", "A course with observations",
          'line_chart(results["CO2"], history["CO2"])'),
    _show("同一单位的两个指标", "Two outcomes of one unit",
          'compare_chart(results["good days"], results["good days in force"],'
          ' title=Text("优良天数", "Good-air days"))'),
    _show("构成（面积）", "A mix as areas",
          'stacked_area(results["power mix"].sel(member="plan"), share=True)'),
    _show("构成（条形）", "A mix as bars",
          'mix_bars(results["energy by fuel"], "plan", "frozen-2021")'),
    _show("不确定性（扇形）", "Uncertainty as a fan", "fan_chart(study)"),
    _show("因素与指标的密度", "A factor against an outcome", "density_chart(growth, at_2030)"),
    _show("平行坐标", "Parallel coordinates",
          "parallel_chart([growth, at_2030], at_2030.values > 130)"),
    _show("给定数据的敏感性", "Sensitivity from given data", "index_bars(given)"),
    _show("敏感性随时间", "Sensitivity over time", "index_course(over_time)"),
    _show("Sobol' 指数", "Sobol' indices", "index_bars(sobol)"),
    _show("Morris 平面", "The plane of Morris", "morris_plane(morris)"),
    _show("龙卷风图", "A tornado", "tornado_chart(late)"),
    _show("出现的条件（PRIM）", "Conditions found by PRIM", "box_chart(found)"),
    _show("覆盖与密度", "Coverage against density", "trade_off_chart(found)"),
    _show("众多未来中的方案", "Plans in many futures", 'plan_lines(plans, plans["mean"])'),
    _show("达标概率", "Chances of targets", "outlook_chart(outlooks[:12])"),
    _show("措施的贡献", "What each chapter did", "attribution_chart(credit, 2030)"),
    _show("贡献随时间", "What each chapter did, over time", "attribution_years(credit)"),
    _show("措施的相互作用", "How chapters interact", "interaction_chart(credit, 2030)"),
    _show("因素分解", "Decomposition", "decomposition_chart(causes, 2021, 2035)"),
    _show("预警指标", "Early warning: the observable", "course_chart(warning)"),
    _show("误报与漏报", "False alarms and misses", "rates_chart(warning)"),
    _show("预警的区分能力", "How well it tells", "roc_chart(warning)"),
    _show("最省的措施组合", "The least package", "package_chart(package)"),
    _show("每个目标的代价", "What each target costs", "price_chart(package)"),
    _show("推到极限能走多远", "How far all levers reach", "reach_chart(beyond)"),
    _show("减排成本曲线", "An abatement cost curve", "cost_curve(credit, cost, 2030)"),
    _show("谁付钱", "Who pays", 'stacked_area(added["cost by payer"])'),
    _show("变化从哪里来", "Where a change comes from", "trace_chart(comparison.trace)"),
    _show("变化最大的指标", "What moved most", "moves_chart(comparison.outcomes)"),
    _show("两次运行的同一指标", "An outcome of two runs",
          "move_lines(comparison, comparison.outcomes[0])"),
)  # fmt: skip


def draw_exhibit(exhibit: Exhibit, examples: Mapping[str, Any]) -> figure:
    """Run the line of an exhibit.

    Raises
    ------
    ValueError
        Where it gives no figure.
    """
    made = eval(exhibit.line, {"__builtins__": {}}, {**NAMES, **examples})  # noqa: S307
    if not isinstance(made, figure):
        raise ValueError(f"{exhibit.line} gives no figure")
    return made


def render_gallery(examples: Mapping[str, Any], lang: Lang = "zh") -> str:
    """The gallery as one HTML text."""
    parts = []
    for exhibit in EXHIBITS:
        made = draw_exhibit(exhibit, examples)
        localise(made, lang)
        parts.append(SheetPart(exhibit.title, figure=made, code=exhibit.line))
    lead = Text(
        "每种图，以及生成它的那一行代码；数据来自模型的真实运行。",
        "Every chart with the line that makes it; the data are real runs of the model.",
    )
    return render_sheet(Text("图库", "Gallery of charts"), lead, parts, lang)


def write_listing() -> str:
    """The gallery as a page of documentation."""
    lines = [
        "# Gallery of charts · 图库",
        "",
        "Written by `python -m haihe.cli.gallery --listing`; `python -m haihe.cli.gallery` draws",
        "all of them, from real runs of the model, into `output/gallery.html`. Every function",
        "takes a Dataset, a DataArray or what an analysis gave, and gives a Bokeh figure in both",
        'languages: `lang="en"`, or `localise(figure, "en")` afterwards. The tests run the lines.',
        "",
        "| 图 | Chart | Python |",
        "|---|---|---|",
        *(f"| {e.title.zh} | {e.title.en} | `{e.line}` |" for e in EXHIBITS),
        "",
        "Imports: `from haihe_viz.charts import *`; `outlook_chart` is in `haihe_viz.outlook`,",
        "`attribution_*`, `interaction_chart` and `decomposition_chart` are in",
        "`haihe_viz.attribution`, `course_chart`, `rates_chart` and `roc_chart` in",
        "`haihe_viz.signal`, packages, prices and reach in `haihe_viz.packages`, `cost_curve` in",
        "`haihe_viz.costs`, `trace_chart` and `move*` in `haihe_viz.comparison`. What the names",
        "stand for is told in `haihe_viz.gallery`, and made in `haihe.cli.gallery`.",
        "",
    ]
    return "\n".join(lines)
