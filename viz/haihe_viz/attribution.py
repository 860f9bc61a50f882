"""Which measures made a difference, as charts: a waterfall, the pairs, and the years.

>>> show(attribution_chart(found, 2030))    # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from haihe.results.attribution import Attribution, Credit
from haihe.results.decomposition import Decomposition
from haihe.text import Lang, Text
from haihe_viz.bilingual import localise
from haihe_viz.labels import NO_TEXT, typeset_text, unit_text
from haihe_viz.margins import write_note
from haihe_viz.numbers import format_number
from haihe_viz.rows import row_figure, write_beside
from haihe_viz.sheet import SheetPart, Table
from haihe_viz.stacks import stacked_area
from haihe_viz.theme import ACCENT, BRICK, INK
from haihe_viz.waterfall import REST, Fall, Step, draw_fall

PAIRS = 8
"""Most pairs on a chart."""
BANDS = 8
"""Most groups in the chart over the years."""


def attribution_chart(
    found: Attribution, year: float, *, lang: Lang = "zh", titled: bool = True
) -> figure:
    """From the baseline to the scenario by Shapley values, the two simple wedges beside them."""
    at = found.at(year)
    return draw_fall(
        Fall(
            Text(f"{found.title.zh}，{year:g}年", f"{found.title.en}, {year:g}"),
            found.unit,
            found.digits,
            found.baseline_title,
            found.scenario_title,
            float(found.against[at]),
            float(found.value[at]),
            tuple(_step(credit, at) for credit in found.credits),
        ),
        lang=lang,
        titled=titled,
    )


def _step(credit: Credit, at: int) -> Step:
    off, on, low, high = (float(v[at]) for v in (credit.off, credit.on, credit.low, credit.high))
    return Step(credit.title, float(credit.shapley[at]), off, on, low, high)


def interaction_chart(
    found: Attribution, year: float, *, lang: Lang = "zh", titled: bool = True
) -> figure | None:
    """The strongest pairs; None where orders were drawn or nothing interacts."""
    at = found.at(year)
    titles = {credit.name: credit.title for credit in found.credits}
    pairs = [(float(pair.values[at]), pair) for pair in found.interactions]
    pairs = sorted((p for p in pairs if p[0]), key=lambda p: -abs(p[0]))[:PAIRS]
    if not pairs:
        return None
    names = [
        typeset_text(
            Text(
                f"{titles[p.first].zh} × {titles[p.second].zh}",
                f"{titles[p.first].en} × {titles[p.second].en}",
            )
        )
        for _, p in pairs
    ]
    numbers = [number for number, _ in pairs]
    total = float(found.total[at])
    edge = [0.0, *numbers]
    room = 0.2 * (max(edge) - min(edge))
    heading = Text(f"相互作用，{year:g}年", f"Interactions, {year:g}")
    fig = row_figure(
        names,
        (min(edge) - room, max(edge) + room),
        title=heading if titled else NO_TEXT,
        axis=unit_text(found.unit),
    )
    _draw_pairs(fig, numbers, total, found.digits)
    write_note(
        fig,
        Text(
            "实色：合起来的作用大于各自之和；斜纹：小于各自之和",
            "Solid: together they do more than the sum of both; hatched: less",
        ),
    )
    localise(fig, lang)
    return fig


def _draw_pairs(fig: figure, numbers: Sequence[float], total: float, digits: int) -> None:
    rows = [-float(i) for i in range(len(numbers))]
    helps = [number * total > 0 for number in numbers]
    largest = max(abs(number) for number in numbers)
    while digits < 6 and round(largest / 10, digits) == 0:
        digits += 1
    source = ColumnDataSource(
        {
            "y": rows,
            "right": list(numbers),
            "colour": [ACCENT if good else BRICK for good in helps],
            "hatch": [" " if good else "right_diagonal_line" for good in helps],
        }
    )
    fig.hbar(
        y="y",
        left=0,
        right="right",
        height=0.5,
        fill_color="colour",
        line_color="colour",
        hatch_pattern="hatch",
        hatch_color="#ffffff",
        hatch_alpha=0.6,
        hatch_scale=7,
        source=source,
    )
    fig.add_layout(Span(location=0, dimension="height", line_color=INK, line_width=1.2))
    for right in (True, False):
        here = [i for i, number in enumerate(numbers) if (number >= 0) == right]
        shown = [format_number(numbers[i], digits, signed=True) for i in here]
        words = [Text(number, number) for number in shown]
        write_beside(fig, [numbers[i] for i in here], [rows[i] for i in here], words, right=right)


def attribution_years(found: Attribution, *, lang: Lang = "zh", titled: bool = True) -> figure:
    """Shares of the groups over the years as bands: what lowers goes down, what raises, up."""
    ordered = sorted(found.credits, key=lambda c: -float(np.abs(c.shapley).max()))
    kept, rest = ordered, []
    if len(ordered) > BANDS:
        kept, rest = ordered[: BANDS - 1], ordered[BANDS - 1 :]
    columns = [credit.shapley for credit in kept]
    titles = [credit.title for credit in kept]
    if rest:
        columns.append(np.sum([credit.shapley for credit in rest], axis=0))
        titles.append(REST)
    names = [str(i) for i in range(len(columns))]
    attrs = {f"{n}|{g}": t.get(g) for n, t in zip(names, titles) for g in ("zh", "en")}
    heading = Text(f"{found.title.zh}：各组贡献", f"{found.title.en}: by group")
    after = found.years >= 2021
    data = xr.DataArray(
        np.stack(columns, axis=1)[after],
        {"time": found.years[after], "group": ("group", names, attrs)},
        ("time", "group"),
        name="shares",
        attrs={
            "title_zh": heading.zh,
            "title_en": heading.en,
            "units": found.unit,
            "digits": found.digits,
        },
    )
    return stacked_area(data, lang=lang, titled=titled, height=340)


def attribution_parts(found: Sequence[Attribution], years: Sequence[float]) -> list[SheetPart]:
    """Charts and a table of every outcome, for a page."""
    parts = []
    for one in found:
        for year in years:
            head = Text(f"{one.title.zh}，{year:g}年", f"{one.title.en}, {year:g}")
            chart = attribution_chart(one, year, titled=False)
            parts.append(SheetPart(typeset_text(head), figure=chart, table=_table(one, year)))
            pairs = interaction_chart(one, year, titled=False)
            if pairs is not None:
                words = Text(f"相互作用：{head.zh}", f"Interactions: {head.en}")
                parts.append(SheetPart(typeset_text(words), figure=pairs))
        words = Text(f"历年贡献：{one.title.zh}", f"Over the years: {one.title.en}")
        parts.append(SheetPart(typeset_text(words), figure=attribution_years(one, titled=False)))
    return [*parts, *_cost_parts(found, years)]


def _cost_parts(found: Sequence[Attribution], years: Sequence[float]) -> Iterator[SheetPart]:
    """What is avoided against what it costs, where both were asked for."""
    from haihe_viz.costs import cost_curve

    costs = [one for one in found if "yuan" in one.unit and one.unit.endswith("/yr")]
    tonnes = [one for one in found if one.unit in ("Mt/yr", "kt/yr")]
    for avoided, cost, year in product(tonnes, costs[:1], years):
        chart = cost_curve(avoided, cost, year, titled=False)
        if chart is not None:
            head = Text(
                f"减排成本曲线：{avoided.title.zh}，{year:g}年",
                f"What it costs to avoid: {avoided.title.en}, {year:g}",
            )
            yield SheetPart(typeset_text(head), figure=chart)


def _table(found: Attribution, year: float) -> Table:
    at, digits = found.at(year), max(found.digits, 2)
    ordered = sorted(found.credits, key=lambda c: -abs(float(c.shapley[at])))
    names = ("shapley", "owen", "off", "on", "low", "high", "error")
    kept = [n for n in names if any(getattr(credit, n) is not None for credit in ordered)]
    ends = {"shapley": 0.0, "off": found.off_residual[at], "on": found.on_residual[at]}
    lines = [(typeset_text(c.title), {n: float(getattr(c, n)[at]) for n in kept}) for c in ordered]
    lines.append((Text("没有解释的差额", "Left unexplained"), {n: float(ends[n]) for n in ends}))
    lines.append((Text("合计", "Total"), {n: float(found.total[at]) for n in ends}))

    def cell(number: float | None, name: str) -> Text:
        shown = "" if number is None else format_number(number, digits, signed=name != "error")
        return Text(shown, shown)

    rows = tuple((title, *(cell(given.get(n), n) for n in kept)) for title, given in lines)
    return Table((Text("措施组", "Group"), *(COLUMNS[n] for n in kept)), rows)


COLUMNS = {
    "shapley": Text("沙普利值", "Shapley"),
    "owen": Text("欧文值", "Owen"),
    "off": Text("单独关停", "Switched off alone"),
    "on": Text("单独启用", "Switched on alone"),
    "low": Text("最小", "Least"),
    "high": Text("最大", "Most"),
    "error": Text("标准误", "Standard error"),
}


def decomposition_chart(
    found: Decomposition, start: float, stop: float, *, lang: Lang = "zh", titled: bool = True
) -> figure:
    """From a total in one year to that in another, by the factors of an identity."""
    at = [int(np.argmin(np.abs(found.years - year))) for year in (start, stop)]
    effects = found.between(start, stop)
    return draw_fall(
        Fall(
            Text(
                f"{found.outcome_title.zh}，{start:g}–{stop:g}",
                f"{found.outcome_title.en}, {start:g}–{stop:g}",
            ),
            found.unit,
            found.digits,
            Text(f"{start:g}年", f"{start:g}"),
            Text(f"{stop:g}年", f"{stop:g}"),
            float(found.total[at[0]]),
            float(found.total[at[1]]),
            tuple(Step(effect.title, effects[effect.factor]) for effect in found.effects),
        ),
        lang=lang,
        titled=titled,
    )


def decomposition_parts(
    found: Sequence[Decomposition], spans: Sequence[Sequence[tuple[float, float]]]
) -> list[SheetPart]:
    """A waterfall for every span, for a page."""
    return [
        SheetPart(
            typeset_text(
                Text(
                    f"{one.source.zh}：{one.outcome_title.zh}，{a:g}–{b:g}",
                    f"{one.source.en}: {one.outcome_title.en}, {a:g}–{b:g}",
                )
            ),
            one.title,
            figure=decomposition_chart(one, a, b, titled=False),
        )
        for one, own in zip(found, spans)
        for a, b in own
    ]
