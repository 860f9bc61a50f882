"""Why it changed, as charts: the way from the inputs to an outcome, and what moved how far.

>>> show(trace_chart(comparison.trace))    # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from haihe.results.comparison import (
    KINDS,
    Comparison,
    InputChange,
    OutcomeMove,
    Trace,
    TraceNode,
)
from haihe.text import Lang, Text
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import NO_TEXT, typeset_text, unit_text, with_unit
from haihe_viz.lines import line_chart
from haihe_viz.margins import keep_frame, write_note
from haihe_viz.numbers import format_number
from haihe_viz.packages import short
from haihe_viz.place import wrap_words
from haihe_viz.rows import row_figure, write_beside
from haihe_viz.sheet import SheetPart, Table
from haihe_viz.theme import ACCENT, BRICK, FONT, INK, LABEL_SIZE, new_figure

MOST = 14
"""Rows of the chart of outcomes."""
COLUMNS = 7
"""Most columns of the trace; what lies further back is drawn in the last."""
LABEL = 136
"""Width of a name in the trace [px]."""
SLOT = 0.3
"""Least height that a bar with its name takes, as a share of the whole change."""
GAP = 0.04
"""Room between two of them."""


# --- the trace ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Net:
    """Nodes and links that are drawn; chains of one cause and one effect are one link."""

    nodes: dict[str, TraceNode]
    links: dict[tuple[str, str], float]
    column: dict[str, int] = field(default_factory=dict)

    def causes(self, name: str) -> list[str]:
        """Who passes something on to a variable."""
        return [cause for cause, effect in self.links if effect == name]

    def effects(self, name: str) -> list[str]:
        """Whom a variable passes something on to."""
        return [effect for cause, effect in self.links if cause == name]


def trace_chart(trace: Trace, *, lang: Lang = "zh", titled: bool = True) -> figure:
    """Inputs at the left, the outcome at the right; widths are what passes along, in its unit."""
    net = simplify(trace)
    place_columns(net)
    centres, tall = place_rows(net, abs(trace.change))
    last = max(net.column.values(), default=0)
    size = max(tall, 1.0)
    title = Text(
        f"{trace.title.zh}的变化从哪里来，{trace.year:g}年",
        f"Where the change of {trace.title.en} comes from, {trace.year:g}",
    )
    fig = new_figure(
        (-last - 0.04, 0.95),
        (-size / 2 - 0.08, size / 2 + 0.08),
        height=round(min(1000, max(260, 185 * size))),
        title=typeset_text(title) if titled else NO_TEXT,
    )
    keep_frame(fig, round((last + 0.99) * (LABEL + 16)))
    fig.xaxis.visible = fig.yaxis.visible = False
    fig.xgrid.grid_line_color = fig.ygrid.grid_line_color = None
    _draw_links(fig, net, centres, trace.change)
    _draw_nodes(fig, net, centres, trace)
    unit = unit_text(trace.unit)
    write_note(
        fig,
        Text(
            f"数字：经由该变量的变化，{unit.zh}；斜纹：方向相反；反馈回路与较小的支流未画出",
            f"Numbers: what passes through, {unit.en}; hatched: against the change; feedback and"
            " small branches are not drawn",
        ),
    )
    localise(fig, lang)
    return fig


def simplify(trace: Trace) -> _Net:
    """What is worth drawing: larger branches, chains drawn as one link."""
    total = max(abs(trace.change), 1e-300)
    kept = {n.name: n for n in trace.nodes if abs(n.through) >= 0.04 * total}
    outcome = trace.nodes[0].name
    kept[outcome] = trace.nodes[0]
    links = {
        (e.cause, e.effect): e.amount
        for e in trace.edges
        if e.cause in kept
        and e.effect in kept
        and kept[e.cause].distance > kept[e.effect].distance
        and abs(e.amount) >= 0.02 * total
    }
    net = _Net(kept, links)
    _drop_chains(net, outcome)
    while loose := [n for n in net.nodes if n != outcome and not net.effects(n)]:
        for name in loose:
            del net.nodes[name]
            net.links = {k: v for k, v in net.links.items() if name not in k}
        _drop_chains(net, outcome)
    return net


def _drop_chains(net: _Net, outcome: str) -> None:
    for name in list(net.nodes):
        causes, effects = net.causes(name), net.effects(name)
        plain = net.nodes[name].kind not in {"outcome", "input", "equation"}
        if name == outcome or not plain or len(causes) != 1 or len(effects) != 1:
            continue
        link, other = (causes[0], name), (name, effects[0])
        direct = (causes[0], effects[0])
        if direct in net.links:
            continue
        net.links[direct] = net.links[other]
        del net.links[link], net.links[other], net.nodes[name]


def place_columns(net: _Net) -> None:
    """Columns from the outcome (0) leftwards, each cause left of all its effects."""
    order = sorted(net.nodes, key=lambda name: net.nodes[name].distance)
    for name in order:
        effects = [net.column[e] for e in net.effects(name) if e in net.column]
        net.column[name] = min(COLUMNS, 1 + max(effects, default=-1))


def place_rows(net: _Net, change: float) -> tuple[dict[str, float], float]:
    """Centre of each bar and height of the tallest column, in shares of the change."""
    centres: dict[str, float] = {}
    tallest = 0.0
    for column in range(max(net.column.values(), default=0) + 1):
        names = [name for name, at in net.column.items() if at == column]
        names.sort(key=lambda name: -_aim(net, centres, name))
        heights = [max(_height(net, name, change), SLOT) for name in names]
        room = sum(heights) + GAP * (len(names) - 1)
        tallest = max(tallest, room)
        top = room / 2
        for name, height in zip(names, heights, strict=True):
            centres[name] = top - height / 2
            top -= height + GAP
    return centres, tallest


def _aim(net: _Net, centres: Mapping[str, float], name: str) -> float:
    """Height that a node would like: the mean of what it leads to."""
    pairs = [(abs(net.links[name, e]), centres[e]) for e in net.effects(name) if e in centres]
    weight = sum(w for w, _ in pairs)
    return sum(w * c for w, c in pairs) / weight if weight else 0.0


def _height(net: _Net, name: str, change: float) -> float:
    return min(2.0, max(abs(net.nodes[name].through) / max(change, 1e-300), 0.02))


def _draw_links(fig: figure, net: _Net, centres: Mapping[str, float], change: float) -> None:
    """Curved bands from the right of a cause to the left of its effect, stacked."""
    used: dict[tuple[str, str], float] = {}
    size = max(abs(change), 1e-300)
    ordered = sorted(net.links.items(), key=lambda item: -centres[item[0][0]])
    for (cause, effect), amount in ordered:
        width = abs(amount) / size
        out = used.get((cause, "out"), 0.0)
        into = used.get((effect, "in"), 0.0)
        starts = centres[cause] + _height(net, cause, size) / 2 - out - width / 2
        ends = centres[effect] + _height(net, effect, size) / 2 - into - width / 2
        used[cause, "out"], used[effect, "in"] = out + width, into + width
        x0, x1 = -net.column[cause] + 0.02, -net.column[effect] - 0.005
        bend = np.linspace(0.0, 1.0, 24)
        middle = starts + (ends - starts) * (3 * bend**2 - 2 * bend**3)
        along = x0 + (x1 - x0) * bend
        same = amount * change > 0
        fig.patch(
            x=[*along, *along[::-1]],
            y=[*(middle + width / 2), *(middle - width / 2)[::-1]],
            fill_color=ACCENT if same else BRICK,
            fill_alpha=0.28,
            line_color=None,
            hatch_pattern=" " if same else "right_diagonal_line",
            hatch_color="#ffffff",
            hatch_alpha=0.8,
            hatch_scale=8,
        )


def _draw_nodes(fig: figure, net: _Net, centres: Mapping[str, float], trace: Trace) -> None:
    names = list(net.nodes)
    size = max(abs(trace.change), 1e-300)
    colours = [ACCENT if net.nodes[n].through * trace.change >= 0 else BRICK for n in names]
    heights = [_height(net, name, size) for name in names]
    inputs = {name for name, _ in trace.sources}
    zh, en = [], []
    for name in names:
        node = net.nodes[name]
        amount = _signed(node.through)
        title = typeset_text(node.title)
        zh.append(f"{wrap_words(title.zh, LABEL_SIZE, LABEL)}\n{amount}")
        en.append(f"{wrap_words(title.en, LABEL_SIZE, LABEL)}\n{amount}")
    source = ColumnDataSource(
        {
            "left": [-net.column[n] - 0.005 for n in names],
            "right": [-net.column[n] + 0.02 for n in names],
            "top": [centres[n] + h / 2 for n, h in zip(names, heights, strict=True)],
            "bottom": [centres[n] - h / 2 for n, h in zip(names, heights, strict=True)],
            "x": [-net.column[n] + 0.02 for n in names],
            "y": [centres[n] for n in names],
            "colour": colours,
            "style": ["bold" if _is_input(net.nodes[n], inputs) else "normal" for n in names],
            "zh": zh,
            "en": en,
        }
    )
    fig.quad(
        left="left", right="right", top="top", bottom="bottom", fill_color="colour",
        line_color="colour", source=source,
    )  # fmt: skip
    written = fig.text(
        x="x",
        y="y",
        text="zh",
        text_baseline="middle",
        text_color=INK,
        text_font=value(FONT),
        text_font_size=f"{LABEL_SIZE}px",
        text_font_style="style",
        text_line_height=1.15,
        x_offset=6,
        level="annotation",
        source=source,
    )
    set_words(written.glyph, text=({"field": "zh"}, {"field": "en"}))


def _is_input(node: TraceNode, inputs: set[str]) -> bool:
    return node.kind == "input" or node.name in inputs


def _signed(number: float) -> str:
    text = short(number)
    return text if number <= 0 else f"+{text}"


# --- outcomes -----------------------------------------------------------------------------------


def moves_chart(moves: Sequence[OutcomeMove], *, lang: Lang = "zh", titled: bool = True) -> figure:
    """Outcomes that moved most: how far, as a share of the greatest value that they have."""
    shown = moves[:MOST]
    sizes = [100 * m.size * (1 if m.change >= 0 else -1) for m in shown]
    year = shown[0].year if shown else 0.0
    title = Text(f"变化最大的指标，{year:g}年", f"What moved most, {year:g}")
    edge = max([abs(s) for s in sizes] or [1.0])
    fig = row_figure(
        [typeset_text(m.title) for m in shown],
        (min([0.0, *sizes]) - 0.35 * edge, max([0.0, *sizes]) + 0.35 * edge),
        title=title if titled else NO_TEXT,
        axis=Text("占该指标最大值的比例，%", "Share of its greatest value, %"),
    )
    rows = [-float(i) for i in range(len(shown))]
    source = ColumnDataSource(
        {
            "y": rows,
            "right": sizes,
            "colour": [ACCENT if s >= 0 else BRICK for s in sizes],
            "hatch": [" " if s >= 0 else "right_diagonal_line" for s in sizes],
        }
    )
    fig.hbar(
        y="y", left=0, right="right", height=0.5, fill_color="colour", line_color="colour",
        hatch_pattern="hatch", hatch_color="#ffffff", hatch_alpha=0.5, source=source,
    )  # fmt: skip
    fig.add_layout(Span(location=0, dimension="height", line_color=INK, line_width=1.2))
    for right in (True, False):
        here = [i for i, size in enumerate(sizes) if (size >= 0) == right]
        words = [_say_move(shown[i]) for i in here]
        write_beside(fig, [sizes[i] for i in here], [rows[i] for i in here], words, right=right)
    localise(fig, lang)
    return fig


def _say_move(move: OutcomeMove) -> Text:
    return with_unit(f"{short(move.a)} → {short(move.b)}", unit_text(move.unit))


def move_lines(
    found: Comparison, move: OutcomeMove, *, lang: Lang = "zh", titled: bool = True
) -> figure:
    """Both runs over time."""
    data = xr.DataArray(
        np.array([move.values_b, move.values_a]),
        dims=("member", "time"),
        coords={"member": ["B", "A"], "time": list(move.years)},
        name=move.id,
        attrs={
            "title_zh": move.title.zh,
            "title_en": move.title.en,
            "units": move.unit,
            "digits": move.digits,
        },
    )
    words = {
        f"{label}|{lang}": f"{label} {title.get(lang)}"
        for label, title in (("A", found.title_a), ("B", found.title_b))
        for lang in LANGS
    }
    data["member"].attrs.update(words)
    return line_chart(data, lang=lang, titled=titled)


LANGS: tuple[Lang, ...] = ("zh", "en")


# --- the page -----------------------------------------------------------------------------------


def comparison_parts(found: Comparison) -> tuple[SheetPart, ...]:
    """Parts of a page: the way, what differs, what moved."""
    return tuple(_list_parts(found))


def _list_parts(found: Comparison) -> Iterator[SheetPart]:
    trace = found.trace
    if trace is not None and trace.change:
        title = Text(
            f"{trace.title.zh}的变化从哪里来，{trace.year:g}年",
            f"Where the change of {trace.title.en} comes from, {trace.year:g}",
        )
        lead = found.notes[0] if found.notes else NO_TEXT
        chart = trace_chart(trace, titled=False)
        yield SheetPart(typeset_text(title), lead, chart, _source_table(found, trace))
    if found.inputs:
        yield SheetPart(
            Text("不同的输入", "Inputs that differ"), NO_TEXT, None, _input_table(found)
        )
    if found.outcomes:
        yield SheetPart(
            Text("变化的指标", "Outcomes that moved"),
            NO_TEXT,
            moves_chart(found.outcomes, titled=False),
            _move_table(found.outcomes),
        )
        for move in [m for m in found.outcomes if m.headline][:4]:
            unit = unit_text(move.unit)
            name = Text(
                f"{move.title.zh}，{unit.zh}".rstrip("，"),
                f"{move.title.en}, {unit.en}".rstrip(", "),
            )
            yield SheetPart(typeset_text(name), NO_TEXT, move_lines(found, move, titled=False))


def _same(text: str) -> Text:
    return Text(text, text)


def _source_table(found: Comparison, trace: Trace) -> Table:
    unit = unit_text(trace.unit)
    titles = {one.name: one.title for one in found.inputs}
    rows = []
    for name, amount in trace.sources:
        plain = name.removeprefix("= ")
        title = titles.get(plain, _same(plain))
        if name.startswith("= "):
            title = Text(f"{title.zh}（方程改变）", f"{title.en} (its equation)")
        share = f"{100 * amount / trace.change:.0f}%" if trace.change else ""
        rows.append((title, _same(_signed(amount)), _same(share)))
    rest = Text("未追到输入", "Not followed to an input")
    rows.append(
        (rest, _same(_signed(trace.rest)), _same(f"{100 * trace.rest / trace.change:.0f}%"))
    )
    columns = (
        Text("来源", "Source"),
        Text(f"带来的变化，{unit.zh}", f"What it brings, {unit.en}"),
        Text("份额", "Share"),
    )
    return Table(columns, tuple(rows))


def _input_table(found: Comparison) -> Table:
    columns = (
        Text("输入", "Input"), Text("种类", "Kind"), _same("A"), _same("B"), Text("单位", "Unit"),
        Text("A 的出处", "Where in A"), Text("B 的出处", "Where in B"),
    )  # fmt: skip
    rows = tuple(_input_row(one) for one in found.inputs)
    return Table(columns, rows)


def _input_row(one: InputChange) -> tuple[Text, ...]:
    cells = (one.a, one.b)
    places = (one.where_a, one.where_b)
    return (
        typeset_text(one.title),
        KINDS.get(one.kind, _same(one.kind)),
        *map(_same, cells),
        unit_text(one.unit),
        *map(_same, places),
    )


def _move_table(moves: Sequence[OutcomeMove]) -> Table:
    columns = (
        Text("指标", "Outcome"), Text("单位", "Unit"), _same("A"), _same("B"),
        Text("变化", "Change"), Text("相对大小", "Relative size"),
    )  # fmt: skip
    rows = tuple(
        (
            typeset_text(m.title),
            unit_text(m.unit),
            _same(format_number(m.a, m.digits)),
            _same(format_number(m.b, m.digits)),
            _same(_signed(m.change)),
            _same(f"{100 * m.size:.1f}%"),
        )
        for m in moves
    )
    return Table(columns, rows)
