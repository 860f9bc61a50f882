"""Pages that show what an analysis of a study found: charts that fit it, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from bokeh.plotting import figure

from haihe.results.discovery import Discovery
from haihe.text import Lang, Text
from haihe_viz.boxes import box_chart, trade_off_chart
from haihe_viz.indices import NAMES, factor_titles, index_bars, index_course, order_factors
from haihe_viz.labels import NO_TEXT
from haihe_viz.morris import morris_plane
from haihe_viz.parallel import plan_lines
from haihe_viz.sheet import SheetPart, render_sheet
from haihe_viz.tornado import tornado_chart

MEASURES = {
    "mean": Text("各方案的均值", "Mean of each plan"),
    "worst": Text("各方案在最差的未来", "Each plan in its worst future"),
    "regret_max": Text("各方案的最大后悔值", "Greatest regret of each plan"),
    "regret_p90": Text("各方案的后悔值（90%分位）", "Regret of each plan, 90th percentile"),
}


def render_sensitivity(found: Sequence[xr.Dataset], lang: Lang = "zh") -> str:
    """A page of what `measure_sensitivity` gives, for one scenario or several."""
    first = found[0].attrs
    title = Text(f"{first['title_zh']}取决于什么", f"What decides: {first['title_en']}")
    parts = [part for one in found for part in sensitivity_parts(one, lang)]
    return render_sheet(title, say_leaders(found[0]), parts, lang)


def sensitivity_parts(found: xr.Dataset, lang: Lang) -> list[SheetPart]:
    """Charts that fit the method, of one scenario."""
    notes = Text("".join(found.attrs["notes_zh"]), " ".join(found.attrs["notes_en"]))
    name = NAMES[str(found.attrs["importance"])]
    scenario = str(found.attrs.get("scenario") or "")
    mark = f" · {scenario}" if scenario else ""
    charts: list[tuple[Text, figure]] = []
    if "time" in found.dims:
        charts.append((name, index_course(found, lang=lang, titled=False)))
    elif found.attrs["method"] == "one-at-a-time":
        charts.append((name, tornado_chart(found, lang=lang, titled=False)))
    else:
        if found.attrs["method"] == "morris":
            plane = morris_plane(found, lang=lang, titled=False)
            charts.append((Text("影响大小与其变化", "Size of effects, and how they vary"), plane))
        charts.append((name, index_bars(found, lang=lang, titled=False)))
    return [SheetPart(Text(words.zh + mark, words.en + mark), notes, fig) for words, fig in charts]


def say_leaders(found: xr.Dataset) -> Text:
    """The three factors that matter most, in a sentence."""
    index = np.abs(found[str(found.attrs["importance"])].to_numpy())
    if not np.isfinite(index).any():
        return Text("所变动的因素都不影响它。", "None of the factors moves it.")
    titles = [factor_titles(found)[i] for i in order_factors(found)[:3]]
    zh = "、".join(title.zh for title in titles)
    en = "; ".join(title.en for title in titles)
    return Text(f"影响最大的因素依次是：{zh}。", f"What matters most, in order: {en}.")


def render_discovery(found: Discovery, lang: Lang = "zh") -> str:
    """A page of what `discover` gives: each box and the way to it."""
    title = Text(f"何时出现：{found.where.zh}", f"When: {found.where.en}")
    return render_sheet(title, found.sentences[0], discovery_parts(found, lang), lang)


def discovery_parts(found: Discovery, lang: Lang) -> list[SheetPart]:
    """Each box and the way to it; the first sentence leads the page and is not repeated."""
    notes = Text("".join(n.zh for n in found.notes), " ".join(n.en for n in found.notes))
    parts = []
    for number in range(len(found.boxes)):
        chart = box_chart(found, number, lang=lang, titled=False)
        head = Text(f"条件之{number + 1}", f"Conditions {number + 1}")
        words = found.sentences[number] if number else NO_TEXT  # the first one leads the page
        parts.append(SheetPart(head, words, chart))
        way = trade_off_chart(found, number, lang=lang, titled=False)
        parts.append(SheetPart(Text("覆盖与密度的取舍", "Coverage against density"), notes, way))
    if not parts:
        way = trade_off_chart(found, lang=lang, titled=False)
        parts = [SheetPart(Text("寻找的过程", "The search"), notes, way)]
    return parts


def render_plans(found: xr.Dataset, lang: Lang = "zh") -> str:
    """A page of what `compare_plans` or `search_plans` gives: plans across outcomes."""
    searched = "found" in found
    count = int(found["pareto"].values.sum())
    total = found.sizes["plan"]
    lead = Text(
        f"{total} 个方案中，{count} 个不被其他方案全面超过。",
        f"Of {total} plans, {count} are not beaten in everything by another one.",
    )
    notes = Text(*("".join(found.attrs.get(f"notes_{g}", [])) for g in ("zh", "en")))
    title = Text("众多未来中的方案", "Plans in many futures")
    if searched:
        titles = [str(name) for name in found["outcome"].values]
        found = found.assign_coords(title_zh=("outcome", titles), title_en=("outcome", titles))
        head = Text("搜索所得方案，在另一批未来中", "Plans that a search found, in other futures")
        return render_sheet(
            title,
            lead,
            [SheetPart(head, notes, plan_lines(found, found["checked"], lang=lang))],
            lang,
        )
    return render_sheet(title, lead, plan_parts(found, lang), lang)


def plan_parts(found: xr.Dataset, lang: Lang) -> list[SheetPart]:
    """Plans as lines over their outcomes, by each measure that says something."""
    notes = Text(*("".join(found.attrs.get(f"notes_{g}", [])) for g in ("zh", "en")))
    return [
        SheetPart(MEASURES[name], notes, plan_lines(found, found[name], lang=lang))
        for name in dict.fromkeys((str(found.attrs["statistic"]), "mean"))
        if np.isfinite(found[name].values).all()
    ]
