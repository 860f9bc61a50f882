"""Tables for the terminal: the scorecard, the coverage, and plain lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from haihe.analysis.coverage import count_statuses
from haihe.results.report import Coverage, Score
from haihe.text import Lang, Text
from haihe.units.words import say_unit

SCOPES = {
    "plan": Text("本计划的目标", "Targets of the plan"),
    "sibling": Text("同城其他规划的目标", "Targets of sibling plans"),
    "backtest": Text("回测：年份已过的目标", "Back-tests: targets whose year is past"),
}
STATUSES = {
    "modelled": Text("已模拟", "modelled"),
    "partly_modelled": Text("部分模拟", "partly modelled"),
    "not_modelled": Text("未模拟", "not modelled"),
}
SCORE_COLUMNS = (
    Text("目标", "Target"),
    Text("年份", "Year"),
    Text("要求", "Asked for"),
    Text("结果", "Value"),
    Text("基线", "Baseline"),
    Text("余量", "Margin"),
    Text("达到", "Met"),
    Text("首次达到", "First met"),
    Text("2021年已达到", "In 2021"),
    Text("等级", "Grade"),
)
RULED = Text(
    "* 按注明的规则打分：文件只有文字、口径另有说明，或数值由情景直接给定；见 haihe list targets。",
    "* scored by a stated rule: words without a number, another basis, or a value that the "
    "scenario sets itself; see `haihe list targets`.",
)
YES, NO = Text("是", "yes"), Text("否", "no")


def print_scorecard(console: Console, scores: Sequence[Score], lang: Lang) -> None:
    """Print what was scored, scope by scope, and how many targets were not."""
    for scope, title in SCOPES.items():
        scored = [score for score in scores if score.scope == scope and score.met is not None]
        if scored:
            console.print(tabulate_scores(scored, title.get(lang), lang))
    if any(score.rule.zh and score.met is not None for score in scores):
        console.print(RULED.get(lang), markup=False)
    left = sum(score.met is None for score in scores)
    if left:
        console.print(
            Text(
                f"另有 {left} 个目标没有打分；原因见 haihe list targets。",
                f"{left} more targets are not scored; `haihe list targets` says why.",
            ).get(lang),
            markup=False,
        )


def tabulate_scores(scores: Sequence[Score], title: str, lang: Lang) -> Table:
    """Scores as a table; met or not stands in words, not in colour alone."""
    table = Table(title=Styled(title), title_justify="left", pad_edge=False)
    for index, column in enumerate(SCORE_COLUMNS):
        table.add_column(
            Styled(column.get(lang)),
            justify="right" if 1 <= index <= 5 else "left",
            no_wrap=index > 0,
            overflow="fold",
        )
    for score in scores:
        table.add_row(*score_cells(score, lang))
    return table


def score_cells(score: Score, lang: Lang) -> tuple[Styled, ...]:
    """One score as cells."""
    title, unit = score.title.get(lang), word_unit(score.unit, lang)
    met = Styled((YES if score.met else NO).get(lang), style="green" if score.met else "red")
    before = score.met_in_base_year
    return (
        Styled(f"{title} *" if score.rule.zh else title),
        Styled(str(score.year)),
        Styled(f"{score.relation} {show_threshold(score.threshold, unit)}"),
        Styled(show_value(score.value, unit, apart=score.threshold)),
        Styled(show_value(score.baseline, unit)),
        Styled(show_value(score.margin, "", signed=True, apart=0.0)),
        met,
        Styled(str(score.first_year_met or "–")),
        Styled("–" if before is None else (YES if before else NO).get(lang)),
        Styled(score.grade),
    )


def word_unit(unit: str, lang: Lang) -> str:
    """A unit in a table, as people write it; years are told by themselves."""
    return unit if unit == "year" else say_unit(unit).get(lang)


def in_brackets(unit: str, lang: Lang) -> str:
    """A unit behind a title; nothing for a count."""
    words = word_unit(unit, lang)
    return f" [{words}]" if words else ""


def show_threshold(value: float | None, unit: str) -> str:
    """A threshold as the document writes it: no more digits than it has."""
    if value is None or unit == "year":
        return show_value(value, unit)
    return join_unit(f"{value:,.10g}", unit)


def show_value(
    value: float | None, unit: str, *, signed: bool = False, apart: float | None = None
) -> str:
    """A number as people write it, with its unit; a dash where there is none.

    Where rounding would make it look like `apart`, from which it differs, it gets more digits.
    """
    if value is None:
        return "–"
    if unit == "year":
        return f"{value:.0f}"
    places = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    while apart is not None and 1e-6 < abs(value - apart) < 0.5 * 10.0**-places:
        places += 1
    rounded = round(value, places) + 0.0  # no minus before a zero
    number = f"{rounded:+,.{places}f}" if signed else f"{rounded:,.{places}f}"
    return join_unit(number, unit)


def join_unit(number: str, unit: str) -> str:
    """A number and its unit; counts have none."""
    if unit in ("", "1"):
        return number
    return f"{number}{'' if unit.startswith('%') else ' '}{unit}"


def print_coverage(console: Console, coverage: Sequence[Coverage], lang: Lang) -> None:
    """Print every measure with its levers or the reason why it is not modelled."""
    heads = (
        ("", ""),
        ("条", "Art."),
        ("措施", "Measure"),
        ("状态", "Status"),
        ("政策杠杆 / 原因", "Levers / reason"),
    )
    rows = (
        (
            measure.id,
            measure.article,
            f"{measure.title.get(lang)}\n{measure.quote}",
            STATUSES[measure.status].get(lang),
            "\n".join(filter(None, (", ".join(measure.levers), measure.reason.get(lang)))),
        )
        for measure in coverage
    )
    print_rows(console, [Text(*head).get(lang) for head in heads], rows)
    console.print(sum_up_coverage(coverage, lang), markup=False)


def sum_up_coverage(coverage: Sequence[Coverage], lang: Lang) -> str:
    """How many measures have which status, in one line."""
    counted = count_statuses(coverage)
    parts = [f"{STATUSES[status].get(lang)} {count}" for status, count in counted.items()]
    total = Text(f"共 {len(coverage)} 项措施", f"{len(coverage)} measures").get(lang)
    return f"{total}{Text('：', ': ').get(lang)}{Text('，', ', ').get(lang).join(parts)}"


def print_rows(console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a plain table; texts are shown as they are, never read as markup."""
    table = Table(pad_edge=False, show_lines=False)
    for head in heads:
        table.add_column(Styled(head), overflow="fold")
    for row in rows:
        table.add_row(*(Styled(cell) for cell in row))
    console.print(table)
