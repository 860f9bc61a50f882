"""Tables of answers for the terminal, and their rows for CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console

from haihe.analysis.answer_words import is_misled, percent, rank_credits, target_key
from haihe.analysis.tables import (
    NO,
    RULED,
    SCOPES,
    YES,
    in_brackets,
    print_rows,
    show_threshold,
    show_value,
    word_unit,
)
from haihe.results.attribution import Attribution
from haihe.results.decomposition import Decomposition
from haihe.results.outlook import Outlook
from haihe.results.report import Score, Strength
from haihe.results.signal import EarlyWarning, Rate, Signal
from haihe.text import Lang, Text

STRENGTHS = {
    Strength.BINDING: Text("约束", "binding"),
    Strength.STRIVEN: Text("力争", "striven"),
    Strength.QUALITATIVE: Text("定性", "qualitative"),
}
UNSCORED = Text("不能打分的目标", "Targets that cannot be scored")
STANDARDS = Text("同一目标，两种空气标准", "One target, by each air standard")


def print_outlooks(console: Console, outlooks: Sequence[Outlook], lang: Lang) -> None:
    """Scored targets scope by scope, the air standards side by side, and what is not scored."""
    heads = [
        Text(*head).get(lang)
        for head in (
            ("目标", "Target"),
            ("性质", "Kind"),
            ("年份", "Year"),
            ("要求", "Asked for"),
            ("结果", "Value"),
            ("余量", "Margin"),
            ("达到", "Met"),
            ("2021年", "In 2021"),
            ("首次", "First"),
            ("概率（95%区间）", "Probability (95 %)"),
            ("反转结论的假设", "What flips it"),
            ("等级", "Grade"),
        )
    ]
    for scope, title in SCOPES.items():
        rows = [o for o in outlooks if o.score.scope == scope and o.score.met is not None]
        if rows:
            console.print(title.get(lang))
            print_rows(console, heads, (outlook_cells(o, lang) for o in rows))
    print_standards(console, outlooks, lang)
    if any(o.score.rule.zh and o.score.met is not None for o in outlooks):
        console.print(RULED.get(lang))
    left = [o.score for o in outlooks if o.score.met is None]
    if left:
        console.print(UNSCORED.get(lang))
        heads = [Text("目标", "Target").get(lang), "", Text("原因", "Reason").get(lang)]
        rest = ((s.title.get(lang), kind(s, lang), s.reason.get(lang)) for s in left)
        print_rows(console, heads, rest)


def kind(score: Score, lang: Lang) -> str:
    """Binding, striven for, or qualitative."""
    return STRENGTHS[score.strength].get(lang)


def outlook_cells(outlook: Outlook, lang: Lang) -> tuple[str, ...]:
    """One target as cells."""
    score, before = outlook.score, outlook.score.met_in_base_year
    title = score.title.get(lang) + (" *" if score.rule.zh else "")
    return (
        title + (f" [{score.standard}]" if score.standard else ""),
        kind(score, lang),
        str(score.year),
        _show_asked(score, lang),
        show_value(score.value, word_unit(score.unit, lang), apart=score.threshold),
        show_value(score.margin, "", signed=True, apart=0.0),
        (YES if score.met else NO).get(lang),
        "–" if before is None else (YES if before else NO).get(lang),
        str(score.first_year_met or "–"),
        show_chance(outlook),
        show_flip(outlook, lang),
        score.grade,
    )


def _show_asked(score: Score, lang: Lang) -> str:
    return f"{score.relation} {show_threshold(score.threshold, word_unit(score.unit, lang))}"


def show_chance(outlook: Outlook) -> str:
    """`77% (74%–80%)`."""
    chance = outlook.chance
    if chance is None:
        return "–"
    return f"{percent(chance.probability)} ({percent(chance.low)}–{percent(chance.high)})"


def show_flip(outlook: Outlook, lang: Lang) -> str:
    """`grid import factor 1 → 1.2 (+1.9 sd)`, or that there is none."""
    flip = outlook.flip
    if flip is None:
        return Text("无", "none").get(lang) if outlook.searched else "–"
    return (
        f"{flip.title.get(lang)} {flip.own:.4g} → {flip.value:.4g} ({flip.distance:+.2f} "
        f"{Text('标准差', 'sd').get(lang)})"
    )


def group_standards(outlooks: Sequence[Outlook]) -> list[list[Outlook]]:
    """Targets that one sentence of a plan sets and several standards measure."""
    found: dict[tuple[object, ...], list[Outlook]] = {}
    for outlook in outlooks:
        score = outlook.score
        if score.standard and score.met is not None:
            found.setdefault(target_key(score), []).append(outlook)
    return [rows for rows in found.values() if len(rows) > 1]


def print_standards(console: Console, outlooks: Sequence[Outlook], lang: Lang) -> None:
    """The same target by one standard and by the other, beside each other."""
    for rows in group_standards(outlooks):
        first = rows[0].score
        console.print(f"{STANDARDS.get(lang)}{Text('：', ': ').get(lang)}{first.title.get(lang)}")
        heads = ["", *(f"{o.score.standard} ({o.score.year})" for o in rows)]
        lines: Mapping[Text, Sequence[str]] = {
            Text("要求", "Asked for"): [_show_asked(o.score, lang) for o in rows],
            Text("结果", "Value"): [
                show_value(o.score.value, word_unit(o.score.unit, lang)) for o in rows
            ],
            Text("达到", "Met"): [(YES if o.score.met else NO).get(lang) for o in rows],
            Text("概率", "Probability"): [show_chance(o) for o in rows],
        }
        print_rows(console, heads, ((head.get(lang), *cells) for head, cells in lines.items()))


def list_outlooks(outlooks: Sequence[Outlook], lang: Lang) -> Iterator[tuple[object, ...]]:
    """Rows of a CSV, the head first."""
    yield (
        *("id", "title", "scope", "strength", "standard", "year", "relation", "threshold", "unit"),
        *("value", "baseline", "margin", "met", "met_in_2021", "first_year_met", "grade"),
        *("futures", "futures_met", "probability", "low", "high", "p5", "p50", "p95"),
        *("flip", "flip_own", "flip_value", "flip_distance", "flip_reached", "reason"),
    )
    for o in outlooks:
        s, c, f = o.score, o.chance, o.flip
        yield (
            *(s.id, s.title.get(lang), s.scope, str(s.strength), s.standard, s.year, s.relation),
            *(s.threshold, s.unit, s.value, s.baseline, s.margin, s.met, s.met_in_base_year),
            *(s.first_year_met, s.grade),
            *(
                (c.futures, c.met, c.probability, c.low, c.high, c.least, c.middle, c.most)
                if c
                else (None,) * 8
            ),
            *((f.factor, f.own, f.value, f.distance, f.reached) if f else (None,) * 5),
            s.reason.get(lang),
        )


# --- attribution


def print_attribution(console: Console, found: Attribution, year: float, lang: Lang) -> None:
    """Shares of one year, largest first, with both wedges beside them."""
    at = found.at(year)
    unit = in_brackets(found.unit, lang)
    console.print(f"{found.title.get(lang)}{unit}, {year:g}")
    owen = any(credit.owen is not None for credit in found.credits)
    error = any(credit.error is not None for credit in found.credits)
    heads = [
        Text("措施组", "Group").get(lang),
        Text("沙普利值", "Shapley").get(lang),
        *([Text("标准误", "s.e.").get(lang)] if error else []),
        "%",
        *([Text("欧文值（按章）", "Owen").get(lang)] if owen else []),
        Text("单独关停", "Switch off").get(lang),
        Text("单独启用", "Switch on").get(lang),
        Text("各种次序", "Over orders").get(lang),
        "",
    ]
    print_rows(console, heads, _attribution_rows(found, at, year, owen, error, lang))


def _attribution_rows(
    found: Attribution, at: int, year: float, owen: bool, error: bool, lang: Lang
) -> Iterator[tuple[str, ...]]:
    total = float(found.total[at])

    def show(value: float) -> str:
        return show_value(float(value), "", signed=True)

    for c in rank_credits(found, year):
        share = f"{100 * c.shapley[at] / total:.0f}" if total else "–"
        mark = Text("分歧", "wedges disagree").get(lang) if is_misled(c, at) else ""
        yield (
            c.title.get(lang),
            show(c.shapley[at]),
            *([f"{c.error[at]:.2g}" if c.error is not None else ""] if error else []),
            share,
            *([show(c.owen[at]) if c.owen is not None else ""] if owen else []),
            show(c.off[at]),
            show(c.on[at]),
            f"{show(c.low[at])} … {show(c.high[at])}",
            mark,
        )
    residual = Text("没有解释的差额", "Left unexplained").get(lang)
    blank = [""] * error
    yield (
        residual, show(total - sum(c.shapley[at] for c in found.credits)), *blank, "",
        *([""] if owen else []), show(found.off_residual[at]), show(found.on_residual[at]), "", "",
    )  # fmt: skip
    yield (
        Text("合计", "Total").get(lang), show(total), *blank, "100" if total else "–",
        *([show(total)] if owen else []), show(total), show(total), "", "",
    )  # fmt: skip


def print_interactions(console: Console, found: Attribution, year: float, lang: Lang) -> None:
    """The strongest pairs of one year."""
    at = found.at(year)
    titles = {credit.name: credit.title for credit in found.credits}
    pairs = sorted(found.interactions, key=lambda pair: -abs(float(pair.values[at])))[:5]
    pairs = [pair for pair in pairs if abs(float(pair.values[at])) > 0]
    if not pairs:
        return
    heads = [Text("相互作用最强的组合", "Strongest interactions").get(lang), "", ""]
    rows = (
        (
            f"{titles[p.first].get(lang)} × {titles[p.second].get(lang)}",
            show_value(float(p.values[at]), "", signed=True),
            say_sign(float(p.values[at]), float(found.total[at])).get(lang),
        )
        for p in pairs
    )
    print_rows(console, heads, rows)


def say_sign(value: float, total: float) -> Text:
    """What the sign of an interaction means beside the direction of the difference."""
    if value * total > 0:
        return Text("合起来的作用大于各自之和", "together they do more")
    return Text("合起来的作用小于各自之和", "together they do less")


def list_credits(found: Sequence[Attribution], lang: Lang) -> Iterator[tuple[object, ...]]:
    """Rows of a CSV: every outcome, year and group."""
    yield (
        *("outcome", "unit", "year", "group", "title", "union", "shapley", "standard_error"),
        *("owen", "switch_one_off", "switch_one_on", "least", "most", "total"),
    )
    for a in found:
        for c in a.credits:
            for at, year in enumerate(a.years):
                yield (
                    *(a.outcome, a.unit, f"{year:g}", c.name, c.title.get(lang), c.union),
                    float(c.shapley[at]),
                    None if c.error is None else float(c.error[at]),
                    None if c.owen is None else float(c.owen[at]),
                    *(float(v[at]) for v in (c.off, c.on, c.low, c.high)),
                    float(a.total[at]),
                )


# --- early warning


def print_warning(console: Console, found: EarlyWarning, lang: Lang) -> None:
    """The best observable of each year, and its rivals in the year that counts."""
    heads = [
        Text(*head).get(lang)
        for head in (
            ("年份", "Year"),
            ("指标", "Observable"),
            ("警戒线", "Alarm"),
            ("误报率（95%区间）", "False alarms (95 %)"),
            ("漏报率（95%区间）", "Misses (95 %)"),
            ("AUC", "AUC"),
            ("可用", "Usable"),
        )
    ]
    tables = (
        (Text("各年最好的指标", "The best observable of each year"), found.by_year),
        (Text("同一年的其他指标", "Others in the same year"), found.rivals),
    )
    for title, signals in tables:
        if signals:
            console.print(title.get(lang))
            print_rows(console, heads, (signal_cells(signal, lang) for signal in signals))


def signal_cells(signal: Signal, lang: Lang) -> tuple[str, ...]:
    """One alarm as cells."""
    sign = ">" if signal.above else "<"
    return (
        f"{signal.year:g}",
        f"{signal.title.get(lang)} ({signal.outcome})",
        f"{sign} {show_value(signal.threshold, word_unit(signal.unit, lang))}",
        show_rate(signal.false_alarm),
        show_rate(signal.miss),
        f"{signal.auc:.3f}",
        (YES if signal.good else NO).get(lang),
    )


def show_rate(rate: Rate) -> str:
    """`12% (10%–14%)`."""
    return f"{percent(rate.share)} ({percent(rate.low)}–{percent(rate.high)})"


def list_alarms(found: EarlyWarning, lang: Lang) -> Iterator[tuple[object, ...]]:
    """Rows of a CSV."""
    yield (
        *("target", "kind", "year", "outcome", "title", "above", "threshold", "unit"),
        *("false_alarm", "false_alarm_low", "false_alarm_high"),
        *("miss", "miss_low", "miss_high", "auc", "usable"),
    )
    for kind_of, signals in (("best of year", found.by_year), ("rival", found.rivals)):
        for s in signals:
            yield (
                *(found.target, kind_of, f"{s.year:g}", s.outcome, s.title.get(lang), s.above),
                *(s.threshold, s.unit),
                *(s.false_alarm.share, s.false_alarm.low, s.false_alarm.high),
                *(s.miss.share, s.miss.low, s.miss.high, s.auc, s.good),
            )


# --- decomposition


def print_decomposition(
    console: Console, found: Decomposition, spans: Sequence[tuple[float, float]], lang: Lang
) -> None:
    """Effects of every factor over spans of years."""
    unit = in_brackets(found.unit, lang)
    words = (found.outcome_title.get(lang) + unit, found.title.get(lang), found.source.get(lang))
    console.print(" · ".join(words))
    heads = [Text("因素", "Factor").get(lang), *(f"{a:g}–{b:g}" for a, b in spans)]
    effects = [found.between(*span) for span in spans]

    def show(value: float) -> str:
        return show_value(value, "", signed=True)

    rows = [
        (effect.title.get(lang), *(show(of_span[effect.factor]) for of_span in effects))
        for effect in found.effects
    ]
    whole = Text("合计（＝变化）", "Sum (= change)").get(lang)
    rows.append((whole, *(show(found.change(*span)) for span in spans)))
    print_rows(console, heads, rows)


def list_effects(found: Sequence[Decomposition], lang: Lang) -> Iterator[tuple[object, ...]]:
    """Rows of a CSV: every year and factor."""
    yield ("source", "identity", "year", "factor", "title", "effect", "total", "unit")
    for one in found:
        for effect in one.effects:
            for at, year in enumerate(one.years):
                yield (
                    *(one.source.get(lang), one.identity, f"{year:g}", effect.factor),
                    *(effect.title.get(lang), float(effect.values[at]), float(one.total[at])),
                    one.unit,
                )
