"""The scorecard with probabilities: a chart of chances, and tables.

>>> show(outlook_chart(outlooks))    # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Sequence

from bokeh.models import ColumnDataSource, HoverTool
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from haihe.results.outlook import Chance, Flip, Outlook
from haihe.results.report import Score
from haihe.text import Lang, Text, Words
from haihe_viz import words
from haihe_viz.bilingual import localise, set_words
from haihe_viz.labels import typeset_text, unit_text, with_unit
from haihe_viz.margins import write_note
from haihe_viz.numbers import MINUS, format_number
from haihe_viz.rows import row_figure, write_beside
from haihe_viz.sheet import SheetPart, Table
from haihe_viz.theme import ACCENT, BRICK, INK, QUIET

SCOPES = {
    "plan": Text("本计划的目标", "Targets of the plan"),
    "sibling": Text("同城其他规划的目标", "Targets of sibling plans"),
    "backtest": Text("回测：年份已过的目标", "Back-tests: targets whose year is past"),
}
YES, NO, NONE = Text("达到", "met"), Text("未达到", "not met"), Text("–", "–")


def outlook_chart(
    outlooks: Sequence[Outlook], *, lang: Lang = "zh", title: Words = ""
) -> figure | None:
    """Chance of every target that has one, with its interval; None where none has."""
    rows = [(outlook.score, outlook.chance) for outlook in outlooks]
    known = [(score, chance) for score, chance in rows if chance is not None]
    if not known:
        return None
    names = [typeset_text(_name(score)) for score, _ in known]
    fig = row_figure(
        names, (0.0, 112.0), title=title, axis=Text("达标概率 [%]", "Probability of meeting it [%]")
    )
    _draw_chances(fig, known)
    fig.add_layout(Span(location=50, dimension="height", line_color=QUIET, line_dash="dotted"))
    write_note(
        fig,
        Text(
            "实色：按原样运行达到；斜纹：没有达到；细线：95%区间（只反映未来的个数）",
            "Solid: met as it stands; hatched: missed; thin line: 95 % interval (of the number of"
            " futures alone)",
        ),
    )
    localise(fig, lang)
    return fig


def _name(score: Score) -> Text:
    basis = f" {score.standard.split('，')[0].split(' / ')[0]}" if score.standard else ""
    return Text(f"{score.year} {score.title.zh}{basis}", f"{score.year} {score.title.en}{basis}")


def _draw_chances(fig: figure, known: Sequence[tuple[Score, Chance]]) -> None:
    rows = [-float(i) for i in range(len(known))]
    shares = [100 * chance.probability for _, chance in known]
    source = ColumnDataSource(
        {
            "y": rows,
            "right": shares,
            "low": [100 * chance.low for _, chance in known],
            "high": [100 * chance.high for _, chance in known],
            "colour": [ACCENT if score.met else BRICK for score, _ in known],
            "hatch": [" " if score.met else "right_diagonal_line" for score, _ in known],
            "shown": [show_chance(chance).en for _, chance in known],
            "count": [f"{chance.futures:,}" for _, chance in known],
        }
    )
    drawn = fig.hbar(
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
    fig.segment(x0="low", x1="high", y0="y", y1="y", line_color=INK, line_width=1.6, source=source)
    shares_said = [percent(chance.probability) for _, chance in known]
    words_beside = [Text(share, share) for share in shares_said]
    write_beside(fig, [100 * c.high for _, c in known], rows, words_beside, right=True)
    tool = HoverTool(renderers=[drawn])
    set_words(
        tool,
        tooltips=(
            [["概率", "@shown"], ["未来个数", "@count"]],
            [["Probability", "@shown"], ["Futures", "@count"]],
        ),
    )
    fig.add_tools(tool)


def percent(share: float) -> str:
    """A share in per cent, without a false 0 or 100."""
    if 0 < share < 0.001:
        return "<0.1%"
    if 0.999 < share < 1:
        return ">99.9%"
    places = 1 if 0 < share < 0.1 or 0.9 < share < 1 else 0
    return f"{100 * share:.{places}f}%"


def show_chance(chance: Chance | None) -> Text:
    """`77% (74%–80%)`; a dash where there is none."""
    if chance is None:
        return NONE
    shown = f"{percent(chance.probability)} ({percent(chance.low)}–{percent(chance.high)})"
    return Text(shown, shown)


def show_flip(outlook: Outlook) -> Text:
    """What flips the verdict; that nothing does; or a dash where nobody looked."""
    flip: Flip | None = outlook.flip
    if flip is None:
        return Text("没有单一假设能反转", "no single assumption") if outlook.searched else NONE
    unit = unit_text(flip.unit)
    moved = f"{flip.own:.4g} → {flip.value:.4g}"
    return Text(
        f"{flip.title.zh} {with_unit(moved, unit).zh}（{flip.distance:+.2f} 标准差）",
        f"{flip.title.en} {with_unit(moved, unit).en} ({flip.distance:+.2f} sd)",
    )


def outlook_parts(outlooks: Sequence[Outlook]) -> list[SheetPart]:
    """Chances and tables by scope, then what cannot be scored, for a page."""
    parts = []
    for scope, title in SCOPES.items():
        scored = [o for o in outlooks if o.score.scope == scope and o.score.met is not None]
        if scored:
            parts.append(SheetPart(title, figure=outlook_chart(scored), table=tabulate(scored)))
    left = [o.score for o in outlooks if o.score.met is None]
    if left:
        columns = (Text("目标", "Target"), Text("性质", "Kind"), Text("原因", "Reason"))
        rows = tuple((typeset_text(s.title), _kind(s), typeset_text(s.reason)) for s in left)
        head = Text("不能打分的目标", "Targets that cannot be scored")
        parts.append(SheetPart(head, table=Table(columns, rows)))
    return parts


def _kind(score: Score) -> Text:
    return words.STRENGTHS[score.strength.value]


def tabulate(outlooks: Sequence[Outlook]) -> Table:
    """Scores with chances and flips as a table."""
    columns = (
        Text("目标", "Target"),
        Text("性质", "Kind"),
        Text("要求", "Asked for"),
        Text("结果", "Value"),
        Text("余量", "Margin"),
        Text("结论", "Verdict"),
        Text("2021年", "In 2021"),
        Text("首次达到", "First met"),
        Text("概率（95%区间）", "Probability (95 %)"),
        Text("反转结论的假设", "What flips it"),
        Text("等级", "Grade"),
    )
    return Table(columns, tuple(_cells(outlook) for outlook in outlooks))


def _cells(outlook: Outlook) -> tuple[Text, ...]:
    score = outlook.score
    year = score.unit == "year"
    unit = Text("", "") if year else unit_text(score.unit)
    digits = 0 if year or abs(score.value or 0.0) >= 1000 else 1
    while (
        score.margin and digits < 4 and round(score.margin, digits) == 0
    ):  # a margin is not shown as none
        digits += 1

    def show(number: float | None, signed: bool = False) -> str:
        if year and number is not None and not signed:
            return f"{number:.0f}"
        return format_number(number, digits, signed=signed)

    threshold = "–" if score.threshold is None else f"{score.threshold:.10g}".replace("-", MINUS)
    asked = f"{words.RELATIONS.get(score.relation, score.relation)} {threshold}"
    before = score.met_in_base_year
    first = "–" if score.first_year_met is None else str(score.first_year_met)
    margin = show(score.margin, signed=True)
    return (
        typeset_text(_name(score)),
        _kind(score),
        with_unit(asked, unit),
        with_unit(show(score.value), unit),
        Text(margin, margin),
        YES if score.met else NO,
        NONE if before is None else (YES if before else NO),
        Text(first, first),
        show_chance(outlook.chance),
        show_flip(outlook),
        Text(score.grade, score.grade),
    )
