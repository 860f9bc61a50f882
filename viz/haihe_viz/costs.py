"""What the measures cost for what they avoid: an abatement cost curve from two attributions.

>>> show(cost_curve(avoided, cost, 2030))    # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass

from bokeh.models import ColumnDataSource, HoverTool
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from haihe.results.attribution import Attribution
from haihe.text import Lang, Text
from haihe.units import convert
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import NO_TEXT, typeset_text, unit_text
from haihe_viz.margins import write_note
from haihe_viz.names import Name, write_names
from haihe_viz.numbers import format_number
from haihe_viz.place import make_axis, step_digits
from haihe_viz.rows import label_axis
from haihe_viz.theme import INK, band_colour, new_figure, set_ticks

HEIGHT = 320
SMALL = 0.005
"""Share of all that is avoided below which a group has no cost of its own."""
YEARLY = ("/yr", "/Year", "/a")


@dataclass(frozen=True, slots=True)
class Wedge:
    """A group that avoids something, and what that costs."""

    title: Text
    avoided: float
    """In the unit of what is avoided."""
    price: float
    """Cost of one unit of it."""


def cost_curve(
    avoided: Attribution, cost: Attribution, year: float, *, lang: Lang = "zh", titled: bool = True
) -> figure | None:
    """Groups by what they cost for each unit that they avoid, the cheapest first.

    A block is as wide as what the group avoids in the year and as high as what that costs on
    average; its area is the cost. Both are Shapley shares of the same two scenarios, so blocks
    neither count anything twice nor leave anything out. None where nothing is avoided.

    Parameters
    ----------
    avoided, cost
        Attributions of two outcomes to the same groups.
    """
    unit = price_unit(cost.unit, avoided.unit)
    wedges, left = list_wedges(avoided, cost, year, unit)
    if not wedges:
        return None
    prices = [wedge.price for wedge in wedges]
    x = make_axis(0.0, sum(wedge.avoided for wedge in wedges))
    y = make_axis(min(0.0, *prices), max(0.0, *prices))
    title = Text(
        f"减排成本曲线：{avoided.title.zh}，{year:g}年",
        f"What it costs to avoid: {avoided.title.en}, {year:g}",
    )
    fig = new_figure(
        (0.0, x.stop),
        (y.start, y.stop),
        height=HEIGHT,
        title=typeset_text(title) if titled else NO_TEXT,
    )
    set_ticks(fig, x.ticks, y.ticks, step_digits(y.ticks))
    own, each = unit_text(avoided.unit), unit_text(unit)
    label_axis(
        fig,
        Text(f"累计减少（{own.zh}）", f"Avoided, added up [{own.en}]"),
        Text(f"平均成本（{each.zh}）", f"Average cost [{each.en}]"),
    )
    _draw_blocks(fig, wedges, own, each)
    names = [
        Name(typeset_text(wedge.title), wedge.price, band_colour(i), swatch=True)
        for i, wedge in enumerate(wedges)
    ]
    write_names(fig, names, HEIGHT)
    zh = "宽：减少的量；高：该年平均成本；均按沙普利值分摊，成本不含能源支出"
    en = "Width: what is avoided; height: average cost in the year; both by Shapley values;"
    en += " energy bills stand apart"
    many = f"{left} groups that avoid nothing are" if left > 1 else "a group that avoids nothing is"
    more = Text(f"；未减少的 {left} 组不在图中", f"; {many} left out")
    write_note(fig, Text(zh + (more.zh if left else ""), en + (more.en if left else "")))
    localise(fig, lang)
    return fig


def price_unit(cost: str, avoided: str) -> str:
    """Unit of a price as people say it: yuan a tonne where that fits."""
    whole = f"{_amount(cost)}/{_amount(avoided)}"
    return "yuan/t" if _amount(avoided) in ("Mt", "kt", "t") else whole


def _amount(unit: str) -> str:
    return next((unit.removesuffix(end) for end in YEARLY if unit.endswith(end)), unit)


def list_wedges(
    avoided: Attribution, cost: Attribution, year: float, unit: str
) -> tuple[list[Wedge], int]:
    """Groups that avoid something, the cheapest first, and how many do not.

    Raises
    ------
    ValueError
        Where the two are not of the same groups.
    """
    if [c.name for c in avoided.credits] != [c.name for c in cost.credits]:
        raise ValueError("the two attributions are not of the same groups")
    places = avoided.at(year), cost.at(year)
    factor = convert(1.0, f"{_amount(cost.unit)}/{_amount(avoided.unit)}", unit)
    total = abs(float(avoided.total[places[0]]))
    found = []
    for gain, price in zip(avoided.credits, cost.credits, strict=True):
        amount = -float(gain.shapley[places[0]])
        if amount > SMALL * total:
            each = factor * float(price.shapley[places[1]]) / amount
            found.append(Wedge(gain.title, amount, each))
    return sorted(found, key=lambda wedge: wedge.price), len(avoided.credits) - len(found)


def _draw_blocks(fig: figure, wedges: list[Wedge], own: Text, each: Text) -> None:
    edges = [0.0]
    for wedge in wedges:
        edges.append(edges[-1] + wedge.avoided)
    source = ColumnDataSource(
        {
            "left": edges[:-1],
            "right": edges[1:],
            "top": [wedge.price for wedge in wedges],
            "colour": [band_colour(i) for i in range(len(wedges))],
            "zh": [typeset_text(wedge.title).zh for wedge in wedges],
            "en": [typeset_text(wedge.title).en for wedge in wedges],
            "amount": [format_number(wedge.avoided, 2) for wedge in wedges],
            "price": [format_number(wedge.price, 0) for wedge in wedges],
        }
    )
    drawn = fig.quad(
        left="left", right="right", top="top", bottom=0, source=source, fill_color="colour",
        line_color="#ffffff", line_width=1,
    )  # fmt: skip
    fig.add_layout(Span(location=0, dimension="width", line_color=INK, line_width=1.2))
    tool = HoverTool(renderers=[drawn])
    set_words(
        tool,
        tooltips=(
            [["措施组", "@zh"], [f"减少（{own.zh}）", "@amount"], [f"成本（{each.zh}）", "@price"]],
            [["Group", "@en"], [f"Avoided [{own.en}]", "@amount"], [f"Cost [{each.en}]", "@price"]],
        ),
    )
    fig.add_tools(tool)
