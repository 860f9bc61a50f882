"""What it would take, as charts: levers with their bands, what targets cost, how far levers reach.

>>> show(package_chart(solution))    # doctest: +SKIP
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bokeh.core.properties import value
from bokeh.models import ColumnDataSource
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from haihe.results.solution import Aim, Band, Package, Solution
from haihe.text import Lang, Text
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import NO_TEXT, typeset_text, unit_text, with_unit
from haihe_viz.margins import set_border, write_note
from haihe_viz.numbers import MISSING, format_number
from haihe_viz.place import text_width
from haihe_viz.rows import FRAME, row_figure, write_beside
from haihe_viz.sheet import SheetPart, Table
from haihe_viz.theme import ACCENT, BRICK, FONT, INK, LABEL_SIZE, QUIET

FILLS = (ACCENT, BRICK, "#6d5f8d", "#8a7a2f", "#4d6b3c", "#1f3a4d")
"""Packages in their order; each carries its letter too."""
SMALL = 5e-3
"""Share of a band below which a lever was not moved."""
LANE = 15
"""Height of one package's bar within a row [px]."""
SHARE = Text("在可行区间中的位置，%", "Place within the band, %")
TOWARDS = Text("走向目标，%", "Way to the target, %")


def package_chart(found: Solution, *, lang: Lang = "zh", titled: bool = True) -> figure:
    """A row for each lever that is moved: its band, the scenario, and each package."""
    moved = list_moved(found)
    names = [typeset_text(band.title) for _, band in moved]
    title = Text("方案与可行区间", "Packages and bands")
    fig = row_figure(names, (0.0, 100.0), title=title if titled else NO_TEXT, axis=SHARE)
    lanes = max(1, len(found.packages))
    fig.height = round(FRAME + max(34, LANE * lanes + 12) * max(1, len(moved)))
    _draw_bands(fig, [band for _, band in moved])
    for lane, package in enumerate(found.packages):
        _draw_package(fig, moved, package, lane, lanes)
    _write_numbers(fig, moved, found.packages)
    write_note(
        fig,
        Text(
            "灰框：可行区间；竖线：原情景；字母：各方案；* 模型未计成本",
            "Frame: the band that may be used; upright line: the scenario; letters: packages;"
            " *: no cost in the model",
        ),
    )
    localise(fig, lang)
    return fig


def list_moved(found: Solution) -> list[tuple[int, Band]]:
    """Bands that any package moves, with their place; those moved furthest first."""

    def far(place: int, band: Band) -> float:
        moves = (
            abs(_share(band, p.values[place]) - _share(band, band.base)) for p in found.packages
        )
        return max(moves, default=0.0)

    pairs = [(i, band) for i, band in enumerate(found.bands) if far(i, band) > SMALL]
    return [
        (i, band if band.priced else _starred(band))
        for i, band in sorted(pairs, key=lambda pair: -far(*pair))
    ]


def _starred(band: Band) -> Band:
    from dataclasses import replace

    return replace(band, title=Text(f"{band.title.zh} *", f"{band.title.en} *"))


def _share(band: Band, number: float) -> float:
    width = band.most - band.least
    return 0.0 if width == 0 else (number - band.least) / width


def _draw_bands(fig: figure, bands: Sequence[Band]) -> None:
    rows = [-float(i) for i in range(len(bands))]
    fig.hbar(y=rows, left=0, right=100, height=0.84, fill_color="#f4f6f7", line_color="#c3ccd1")
    bases = [100 * _share(band, band.base) for band in bands]
    fig.segment(
        x0=bases,
        x1=bases,
        y0=[row - 0.42 for row in rows],
        y1=[row + 0.42 for row in rows],
        line_color=INK,
        line_width=2,
    )


def _draw_package(
    fig: figure, moved: Sequence[tuple[int, Band]], package: Package, lane: int, lanes: int
) -> None:
    height = 0.78 / lanes
    rows = [-i + 0.39 - height * (lane + 0.5) for i in range(len(moved))]
    ends = [100 * _share(band, package.values[i]) for i, band in moved]
    bases = [100 * _share(band, band.base) for _, band in moved]
    colour = FILLS[lane % len(FILLS)]
    fig.hbar(
        y=rows,
        left=[min(a, b) for a, b in zip(bases, ends, strict=True)],
        right=[max(a, b) for a, b in zip(bases, ends, strict=True)],
        height=height * 0.62,
        fill_color=colour,
        line_color=colour,
        fill_alpha=1.0 if lane == 0 else 0.75,
    )
    source = ColumnDataSource({"x": ends, "y": rows, "letter": [package.label] * len(rows)})
    # Above the frame: a circle at the end of a band is whole.
    fig.scatter(
        x="x",
        y="y",
        size=13,
        fill_color="#ffffff",
        line_color=colour,
        level="annotation",
        source=source,
    )
    fig.text(
        x="x",
        y="y",
        text="letter",
        text_align="center",
        text_baseline="middle",
        text_color=colour,
        text_font=value(FONT),
        text_font_size="9px",
        text_font_style="bold",
        level="annotation",
        source=source,
    )


def _write_numbers(
    fig: figure, moved: Sequence[tuple[int, Band]], packages: Sequence[Package]
) -> None:
    """Numbers of the packages at the right, in the lever's own unit."""
    zh, en = [], []
    for i, band in moved:
        unit = unit_text(band.unit)
        numbers = " · ".join(f"{p.label} {short(p.values[i])}" for p in packages[:4])
        start = short(band.base)
        zh.append(f"{start} → {numbers} {unit.zh}")
        en.append(f"{start} → {numbers} {unit.en}")
    source = ColumnDataSource({"y": [-i for i in range(len(moved))], "zh": zh, "en": en})
    written = fig.text(
        x=value(fig.x_range.end),  # type: ignore[attr-defined]
        y="y",
        text="zh",
        text_baseline="middle",
        text_color=QUIET,
        text_font=value(FONT),
        text_font_size=f"{LABEL_SIZE - 1}px",
        x_offset=10,
        level="annotation",
        source=source,
    )
    set_words(written.glyph, text=({"field": "zh"}, {"field": "en"}))
    widths = [max((text_width(t, LABEL_SIZE - 1) for t in texts), default=0) for texts in (zh, en)]
    set_border(fig, "right", (round(widths[0]) + 18, round(widths[1]) + 18))


def short(number: float) -> str:
    """Three digits, with a true minus sign."""
    if not math.isfinite(number):
        return MISSING
    if number == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(number))))
    text = format_number(number, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_chart(found: Solution, *, lang: Lang = "zh", titled: bool = True) -> figure | None:
    """What each target costs: how much would be saved without it. None where nothing was priced."""
    aims = {aim.id: aim for aim in found.aims}
    prices = [price for price in found.prices if price.saved is not None]
    if not prices:
        return None
    saved = [price.saved or 0.0 for price in prices]
    unit = unit_text(found.objective_unit)
    title = Text("每个目标的代价", "What each target costs")
    axis = Text(
        f"去掉该目标可省，{unit.zh}".rstrip("，"), f"Saved without it, {unit.en}".rstrip(", ")
    )
    fig = row_figure(
        [typeset_text(aims[price.aim].title) for price in prices],
        (0.0, max([*saved, 1e-9])),
        title=title if titled else NO_TEXT,
        axis=axis,
    )
    rows = [-float(i) for i in range(len(prices))]
    fig.hbar(y=rows, left=0, right=saved, height=0.5, fill_color=ACCENT, line_color=ACCENT)
    words = [_price_words(price.saved, price.shadow, aims[price.aim], found) for price in prices]
    write_beside(fig, saved, rows, words, right=True)
    localise(fig, lang)
    return fig


def _price_words(saved: float | None, shadow: float | None, aim: Aim, found: Solution) -> Text:
    one, cost = unit_text(aim.unit), unit_text(found.objective_unit)
    first = short(saved or 0.0)
    if shadow is None:
        return Text(f"{first}；更严则未找到方案", f"{first}; none found if stricter")
    more = short(shadow)
    return Text(
        f"{first}；再严 1 {one.zh}：+{more} {cost.zh}".strip(),
        f"{first}; 1 {one.en} stricter: +{more} {cost.en}".strip(),
    )


def reach_chart(found: Solution, *, lang: Lang = "zh", titled: bool = True) -> figure | None:
    """How far each target can be brought alone. None where that was not asked."""
    aims = {aim.id: aim for aim in found.aims}
    reaches = [r for r in found.reaches if aims[r.aim].base != aims[r.aim].threshold]
    if not reaches:
        return None
    ways = [
        100 * (r.best - aims[r.aim].base) / (aims[r.aim].threshold - aims[r.aim].base)
        for r in reaches
    ]
    title = Text("所有杠杆推到极限能走多远", "How far all levers at their limits go")
    low, high = min(0.0, *ways), min(max(100.0, *ways), 200.0)
    fig = row_figure(
        [typeset_text(aims[r.aim].title) for r in reaches],
        (low, high * 1.35),
        title=title if titled else NO_TEXT,
        axis=TOWARDS,
    )
    rows = [-float(i) for i in range(len(reaches))]
    colours = [ACCENT if r.possible else BRICK for r in reaches]
    hatches = [" " if r.possible else "right_diagonal_line" for r in reaches]
    source = ColumnDataSource(
        {"y": rows, "right": [min(w, high) for w in ways], "colour": colours, "hatch": hatches}
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
        source=source,
    )
    fig.add_layout(Span(location=100, dimension="height", line_color=INK, line_dash="dashed"))
    words = [_same(f"{short(r.best)} / {short(aims[r.aim].threshold)}") for r in reaches]
    write_beside(fig, [max(0.0, min(w, high)) for w in ways], rows, words, right=True)
    write_note(
        fig,
        Text(
            "0：原情景；虚线：要求；条旁：极限值 / 要求值；斜纹：达不到",
            "0: the scenario; dashed: what is asked; beside the bar: best / asked; hatched: out of"
            " reach",
        ),
    )
    localise(fig, lang)
    return fig


# --- the page -----------------------------------------------------------------------------------


def solution_parts(found: Solution) -> tuple[SheetPart, ...]:
    """Parts of a page: charts, then the numbers, then what a reader should know."""
    return tuple(_list_parts(found))


def _list_parts(found: Solution) -> Iterator[SheetPart]:
    if found.packages:
        title = Text("方案与可行区间", "Packages and bands")
        if not found.prices and found.reaches:
            title = Text("最接近的组合（未达标）", "The nearest miss")
        yield SheetPart(title, NO_TEXT, package_chart(found, titled=False), _lever_table(found))
        yield SheetPart(
            Text("目标", "Targets"),
            NO_TEXT,
            price_chart(found, titled=False),
            _target_table(found),
        )
    reached = reach_chart(found, titled=False)
    if reached is not None:
        yield SheetPart(
            Text("极限在哪里", "How far it can go"), NO_TEXT, reached, _reach_table(found)
        )
    if found.relaxations:
        yield SheetPart(
            Text("最小的放宽", "The smallest relaxations"), NO_TEXT, None, _relax_table(found)
        )
    yield SheetPart(Text("如何理解", "How far this holds"), _join_notes(found))


def _same(text: str) -> Text:
    return Text(text, text)


def _lever_table(found: Solution) -> Table:
    columns = [
        Text("措施", "Lever"), Text("单位", "Unit"), Text("最小", "Least"), Text("最大", "Most"),
        Text("原情景", "Scenario"), *(_same(p.label) for p in found.packages),
    ]  # fmt: skip
    rows = [
        (
            band.title,
            unit_text(band.unit),
            *(_same(short(v)) for v in (band.least, band.most, band.base)),
            *(_same(short(package.values[i])) for package in found.packages),
        )
        for i, band in list_moved(found)
    ]
    costs = (_same(format_number(p.cost, 2)) for p in found.packages)
    total = (found.objective, unit_text(found.objective_unit), NO_TEXT, NO_TEXT)
    rows.append((*total, _same(format_number(found.base_cost, 2)), *costs))
    return Table(tuple(columns), tuple(rows))


def _target_table(found: Solution) -> Table:
    columns = [
        Text("目标", "Target"), Text("要求", "Asked for"), Text("原情景", "Scenario"),
        *(_same(p.label) for p in found.packages),
        Text("再严一单位的成本", "Cost of one unit more"), Text("去掉可省", "Saved without it"),
    ]  # fmt: skip
    prices = {price.aim: price for price in found.prices}
    rows = []
    for i, aim in enumerate(found.aims):
        sign = {">=": "≥", "<=": "≤"}[aim.relation]
        asked = with_unit(f"{sign} {short(aim.threshold)}", unit_text(aim.unit))
        price = prices.get(aim.id)
        told = (None, None) if price is None else (price.shadow, price.saved)
        cells = [
            short(p.reached[i].value)
            + (f" ({100 * p.reached[i].share_met:.0f}%)" if found.confidence else "")
            for p in found.packages
        ]
        ends = (MISSING if v is None else short(v) for v in told)
        rows.append((typeset_text(aim.title), asked, *map(_same, [short(aim.base), *cells, *ends])))
    return Table(tuple(columns), tuple(rows))


def _reach_table(found: Solution) -> Table:
    columns = (
        Text("目标", "Target"), Text("要求", "Asked for"), Text("极限", "Best"),
        Text("依据", "Ground"), Text("受限于", "What binds"),
    )  # fmt: skip
    aims = {aim.id: aim for aim in found.aims}
    titles = {band.id: band.title for band in found.bands}
    rows = []
    for reach in found.reaches:
        aim = aims[reach.aim]
        proved = reach.monotone and not reach.beaten
        ground = (
            Text(f"抽查 {reach.samples} 点，杠杆作用单向", f"one-way at {reach.samples} points")
            if proved
            else Text("搜索结果", "what a search found")
        )
        named = [titles[name] for name in reach.binding[:5]]
        binding = Text("、".join(t.zh for t in named), ", ".join(t.en for t in named))
        asked = with_unit(short(aim.threshold), unit_text(aim.unit))
        rows.append((typeset_text(aim.title), asked, _same(short(reach.best)), ground, binding))
    return Table(columns, tuple(rows))


def _relax_table(found: Solution) -> Table:
    columns = (
        Text("放宽什么", "What is relaxed"), Text("原要求", "Asked for"),
        Text("放宽到", "Relaxed to"), Text("代入核实", "Applied"),
    )  # fmt: skip
    words = {aim.id: (aim.title, aim.unit) for aim in found.aims}
    words |= {band.id: (band.title, band.unit) for band in found.bands}
    rows = []
    for number, change in enumerate(found.relaxations, 1):
        done = Text("可行", "feasible") if change.verified else Text("未核实", "not verified")
        for name, asked, relaxed in change.changes:
            title, unit = words[name]
            shown = [with_unit(short(v), unit_text(unit)) for v in (asked, relaxed)]
            rows.append((Text(f"{number}. {title.zh}", f"{number}. {title.en}"), *shown, done))
    return Table(columns, tuple(rows))


def _join_notes(found: Solution) -> Text:
    effort = found.effort
    own = Text(
        f"{effort.members:,} 次模型运行，比较了 {effort.points:,} 个方案，种子 {found.seed}。",
        f"{effort.members:,} runs of the model, {effort.points:,} packages looked at,"
        f" seed {found.seed}.",
    )
    notes = (*found.notes, own)
    return Text(
        "".join(_stop(n.zh, "。") for n in notes), " ".join(_stop(n.en, ".") for n in notes)
    )


def _stop(sentence: str, mark: str) -> str:
    return sentence if sentence.endswith(("。", ".")) else sentence + mark
