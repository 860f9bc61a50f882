"""Tables of `haihe robust`: plans of a store, and plans that a search found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from haihe.cli.console import open_console
from haihe.text import Lang, Text

if TYPE_CHECKING:
    import xarray as xr


YES = Text("是", "yes")


NO = Text("否", "no")


PLAN = Text("方案", "Plan")


PARETO = Text("不被支配", "Not dominated")


MEASURES = {
    "mean": Text("均值", "Mean"),
    "p5": Text("5%", "5 %"),
    "p95": Text("95%", "95 %"),
    "worst": Text("最差", "Worst"),
    "regret_max": Text("最大后悔", "Greatest regret"),
    "regret_p90": Text("90%后悔", "Regret, 90 %"),
}


Tabulated = tuple[list[str], list[list[str]]]


def tabulate_plans(found: xr.Dataset, lang: Lang) -> Tabulated:
    """Heads and cells: for each plan every outcome's measures, then what is met."""
    outcomes = [str(name) for name in found["outcome"].to_numpy()]
    units = [str(unit) for unit in found["unit"].to_numpy()]
    heads = [PLAN.get(lang)]
    for outcome, unit in zip(outcomes, units):
        label = f"{outcome} [{unit}]" if unit not in ("", "1", "Dmnl") else outcome
        heads += [f"{label} {MEASURES[name].get(lang)}" for name in MEASURES]
    needs = found["requirement" if lang == "en" else "requirement_zh"] if "met" in found else []
    heads += [str(name) for name in getattr(needs, "values", [])]
    heads += [Text("全部达到", "All met").get(lang)] * ("met_all" in found)
    heads.append(PARETO.get(lang))
    rows = []
    for place, plan in enumerate(found["plan"].to_numpy()):
        one = found.isel(plan=place)
        row = [str(plan)]
        row += [show(one[m].to_numpy()[k]) for k in range(len(outcomes)) for m in MEASURES]
        row += [f"{100 * share:.0f}%" for share in (one["met"].to_numpy() if "met" in one else [])]
        row += [f"{100 * float(one['met_all']):.0f}%"] * ("met_all" in one)
        row.append((YES if bool(one["pareto"]) else NO).get(lang))
        rows.append(row)
    return heads, rows


def tabulate_search(found: xr.Dataset, lang: Lang) -> Tabulated:
    """Heads and cells: outcomes in other futures, those of the search, and the levers."""
    outcomes = [f"{o} [{u}]" for o, u in zip(found["outcome"].values, found["unit"].values)]
    fresh = Text("另一批未来", "other futures").get(lang)
    own = Text("搜索所用未来", "futures of the search").get(lang)
    levers = zip(found[f"lever_{lang}"].values, found["lever_unit"].values)
    heads = [
        PLAN.get(lang),
        *(f"{o}, {fresh}" for o in outcomes),
        *(f"{o}, {own}" for o in outcomes),
    ]
    heads += [f"{title} [{unit}]" for title, unit in levers]
    rows = []
    for place, plan in enumerate(found["plan"].to_numpy()):
        one = found.isel(plan=place)
        cells = [v for name in ("checked", "found", "values") for v in one[name].to_numpy()]
        name = Text("情景原样", "as it stands").get(lang) if plan == "as it stands" else str(plan)
        rows.append([name, *map(show, cells)])
    return heads, rows


def print_plans(found: xr.Dataset, lang: Lang) -> None:
    """A table for each outcome, a row for each plan; then what is met, and what is dominated."""
    from haihe.analysis.tables import in_brackets, print_rows

    console = open_console()
    plans = [str(plan) for plan in found["plan"].to_numpy()]
    heads = [PLAN.get(lang), *(words.get(lang) for words in MEASURES.values())]
    for place, title in enumerate(found[f"title_{lang}"].to_numpy()):
        unit = str(found["unit"].to_numpy()[place])
        console.print(f"{title}{in_brackets(unit, lang)}")
        columns = [found[name].to_numpy()[:, place] for name in MEASURES]
        rows = zip(plans, *columns)
        print_rows(console, heads, ([plan, *map(show, row)] for plan, *row in rows))
    print_met(found, plans, lang)
    for note in found.attrs[f"notes_{lang}"]:
        console.print(note, soft_wrap=True)


def print_met(found: xr.Dataset, plans: Sequence[str], lang: Lang) -> None:
    """Shares in which requirements are met, a row for each; then what is dominated."""
    from haihe.analysis.tables import print_rows

    rows = []
    if "met" in found:
        names = found["requirement_zh" if lang == "zh" else "requirement"].to_numpy()
        shares = [*found["met"].to_numpy().T, found["met_all"].to_numpy()]
        words = [*map(str, names), Text("全部达到", "All met").get(lang)]
        for word, share in zip(words, shares, strict=True):
            rows.append([word, *(f"{100 * one:.0f}%" for one in share)])
    best = [(YES if one else NO).get(lang) for one in found["pareto"].to_numpy()]
    rows.append([PARETO.get(lang), *best])
    print_rows(open_console(), [Text("要求", "Requirement").get(lang), *plans], rows)


def print_search(found: xr.Dataset, heads: list[str], rows: list[list[str]], lang: Lang) -> None:
    """The table turned, so that it fits: a row for each number, a column for each plan."""
    from haihe.analysis.tables import print_rows

    console = open_console()
    turned = [list(cells) for cells in zip(heads, *rows)]
    limit = 9 if len(rows) > 9 else len(rows)
    if len(rows) > limit:  # the best by the first outcome, spread over the rest, and the last
        step = (len(rows) - 1) / (limit - 1)
        places = sorted({round(i * step) + 1 for i in range(limit)})
        turned = [[cells[0], *(cells[place] for place in places)] for cells in turned]
        text = Text(
            f"{len(rows)} 个方案中的 {len(places)} 个；全部见 --csv。",
            f"{len(places)} of {len(rows)} plans; --csv has all.",
        )
        console.print(text.get(lang))
    print_rows(console, turned[0], turned[1:])
    text = Text(
        f"共运行 {found.attrs['runs']:,} 个成员；每个方案 {found.attrs['futures']} 个未来，"
        f"按 {found.attrs['statistic']} 比较。",
        f"{found.attrs['runs']:,} members were run; each plan in {found.attrs['futures']}"
        f" futures, compared by {found.attrs['statistic']}.",
    )
    console.print(text.get(lang), soft_wrap=True)


def show(value: float) -> str:
    """A number with four digits."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
