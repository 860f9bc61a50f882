"""Answers as one sentence each, to be read aloud: every word follows its number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from haihe.analysis.tables import show_threshold, show_value
from haihe.results.attribution import Attribution, Credit
from haihe.results.decomposition import Decomposition
from haihe.results.outlook import Chance, Flip, Outlook
from haihe.results.report import Score, Strength
from haihe.results.signal import EarlyWarning, Rate, Signal
from haihe.text import Lang, Text
from haihe.units.words import say_unit

ASKED = {
    ">=": Text("不低于", "at least"),
    "<=": Text("不高于", "at most"),
    "=": Text("达到", ""),
}
BY_YEAR = Text("不晚于", "no later than")
FEW = 3
"""How many groups a sentence names."""
MISLED = 0.05
"""Share of a total from which on a wedge's residual is worth a clause."""


def say_chance(chance: Chance) -> Text:
    """`77 % of 1,000 futures (95 % interval 74 to 80 %)`."""
    share, ends = percent(chance.probability), (percent(chance.low), percent(chance.high))
    count = f"{chance.futures:,}"
    zh, en = ("校准未来", "calibrated futures") if chance.calibrated else ("成员", "members")
    return Text(
        f"{count} 个{zh}中有 {share}（95%区间 {ends[0]} 至 {ends[1]}）",
        f"{share} of {count} {en} (95 % interval {ends[0]} to {ends[1]})",
    )


def percent(share: float) -> str:
    """A share without a false 0 or 100 per cent."""
    if 0 < share < 0.001:
        return "<0.1%"
    if 0.999 < share < 1:
        return ">99.9%"
    places = 1 if share < 0.1 or share > 0.9 else 0
    return f"{100 * share:.{places}f}%".replace(".0%", "%")


def say_flip(flip: Flip) -> Text:
    """What one assumption would have to be for the verdict to be the other one."""
    unit = say_unit(flip.unit)
    own, value = (
        Text(_number(number, unit.zh), _number(number, unit.en))
        for number in (flip.own, flip.value)
    )
    away = f"{abs(flip.distance):.1f}"
    zh, en = flip.title.zh, flip.title.en
    if flip.by_data:
        return Text(
            f"{zh}在 {value.zh} 附近的成员多数结论相反",
            f"most members with {en} near {value.en} have the other verdict",
        )
    return Text(
        f"{zh}由 {own.zh} 变为 {value.zh}（偏离 {away} 个标准差）即反转结论",
        f"{en} at {value.en} instead of {own.en} ({away} standard deviations away) turns the"
        " verdict",
    )


def say_amount(
    value: float | None, unit: str, *, signed: bool = False, apart: float | None = None
) -> Text:
    """A number with its unit as people of either language write it."""
    words = Text(unit, unit) if unit == "year" else say_unit(unit)
    return Text(
        show_value(value, words.zh, signed=signed, apart=apart),
        show_value(value, words.en, signed=signed, apart=apart),
    )


def _number(value: float, unit: str) -> str:
    number = f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return number if unit in ("", "1", "Dmnl", "dmnl") else f"{number} {unit}"


def say_outlook(outlook: Outlook) -> Text:
    """One target: what is asked, what comes out, how likely it is, and what would flip it."""
    score = outlook.score
    if score.met is None:
        zh, en = f"{score.title.zh}没有打分", f"{score.title.en} is not scored"
        return Text(f"{zh}：{score.reason.zh}。", f"{en}: {score.reason.en}.")
    said = _say_score(score)
    zh_parts, en_parts = [said.zh], [said.en]
    if score.met_in_base_year:
        zh_parts.append("2021年已经达到")
        en_parts.append("it was met in 2021 already")
    if outlook.chance:
        chance = say_chance(outlook.chance)
        zh_parts.append(f"{chance.zh}达到")
        en_parts.append(f"it is met in {chance.en}")
    if outlook.flip:
        zh_parts.append(say_flip(outlook.flip).zh)
        en_parts.append(say_flip(outlook.flip).en)
    elif outlook.searched and outlook.chance and not outlook.chance.calibrated:
        zh_parts.append("成员中看不出哪一个输入单独就能反转结论")
        en_parts.append("no single input of the study is seen to turn the verdict")
    elif outlook.searched:
        zh_parts.append("没有哪一个假设在其合理范围内单独变动就能反转结论")
        en_parts.append("no single assumption within its plausible range turns the verdict")
    return Text("；".join(zh_parts) + "。", "; ".join(en_parts) + ".")


def _say_score(score: Score) -> Text:
    asked = BY_YEAR if score.unit == "year" else ASKED.get(score.relation, Text("", ""))
    unit = Text("year", "year") if score.unit == "year" else say_unit(score.unit)
    level = Text(*(show_threshold(score.threshold, words) for words in (unit.zh, unit.en)))
    value = say_amount(score.value, score.unit, apart=score.threshold)
    verdict = "meets" if score.met else "misses"
    standard = _read_standard(score.standard)
    basis = f"（{standard.zh}）" if standard.zh else ""
    basis_en = f" ({standard.en})" if standard.en else ""
    return Text(
        f"{score.title.zh}{basis}{score.year}年要求{asked.zh} {level.zh}，情景为 {value.zh}，"
        f"{'达到' if score.met else '没有达到'}",
        f"{score.title.en}{basis_en}: {asked.en + ' ' if asked.en else ''}{level.en} is asked for "
        f"in {score.year}; the scenario gives {value.en} and {verdict} it",
    )


def _read_standard(written: str) -> Text:
    """A standard whose basis is written as `Chinese / English` behind a comma, in each language."""
    name, comma, basis = written.partition("，")
    zh, apart, en = basis.partition(" / ")
    if not apart:
        return Text(written, written)
    return Text(f"{name}{comma}{zh}", f"{name}, {en}")


def say_scorecard(outlooks: Sequence[Outlook], scope: str = "plan") -> Text:
    """How the targets of one scope end, and which hangs in the balance."""
    own = count_once([o for o in outlooks if o.score.scope == scope])
    scored = [o for o in own if o.score.met is not None]
    firm = [o for o in scored if o.score.strength is not Strength.QUALITATIVE]
    met = [o for o in firm if o.score.met]
    before = sum(bool(o.score.met_in_base_year) for o in met)
    zh = [
        f"本计划可打分的 {len(firm)} 项定量目标中，情景达到 {len(met)} 项，其中 {before} 项在2021年"
        f"已经达到；另有 {len(scored) - len(firm)} 项定性目标按注明的规则打分，"
        f"{len(own) - len(scored)} 项不能打分"
    ]
    en = [
        f"of the plan's {len(firm)} targets with a number that can be scored the scenario meets "
        f"{len(met)}, {before} of which were met in 2021 already; {len(scored) - len(firm)} "
        f"qualitative ones are scored by a stated rule, {len(own) - len(scored)} cannot be scored"
    ]
    known = [(o, o.chance) for o in firm if o.chance]
    if known:
        sure = sum(chance.low >= 0.8 for _, chance in known)
        tight, chance = min(known, key=lambda pair: abs(pair[1].probability - 0.5))
        title, year = tight.score.title, tight.score.year
        zh.append(
            f"{sure} 项的达标概率在八成以上，最悬的是{year}年的{title.zh}"
            f"（{percent(chance.probability)}）"
        )
        en.append(
            f"{sure} {'is' if sure == 1 else 'are'} met with a probability of 80 % or more, and the"
            f" closest call is {title.en} in {year} ({percent(chance.probability)})"
        )
    said = "; ".join(en)
    return Text("；".join(zh) + "。", said[0].upper() + said[1:] + ".")


def target_key(score: Score) -> tuple[object, ...]:
    """What scores share that hold one target of a plan against several standards."""
    if not score.standard:
        return (score.id,)
    return score.plan, score.quote, score.threshold, score.unit


def count_once(outlooks: Sequence[Outlook]) -> list[Outlook]:
    """Every target once: by the standard that is listed first, the one it was set under."""
    first: dict[tuple[object, ...], Outlook] = {}
    for outlook in outlooks:
        first.setdefault(target_key(outlook.score), outlook)
    return list(first.values())


def say_attribution(found: Attribution, year: float) -> Text:
    """The difference, who made most of it, and how far the usual wedges are off."""
    at = found.at(year)
    total = float(found.total[at])
    names = found.scenario_title, found.baseline_title
    change = _amount(found, abs(total))
    if not abs(total) > 0:
        return Text(
            f"{year:g}年{found.title.zh}在“{names[0].zh}”与“{names[1].zh}”中没有差别。",
            f"In {year:g} “{found.title.en}” is the same in “{names[0].en}” and “{names[1].en}”.",
        )
    lower = total < 0
    ranked = rank_credits(found, year)
    along = [c for c in ranked if c.shapley[at] * total > 0][:FEW]
    against = [c for c in ranked if c.shapley[at] * total < -MISLED * total**2][:FEW]
    zh = (
        f"{year:g}年“{names[0].zh}”的{found.title.zh}比“{names[1].zh}”{'低' if lower else '高'}"
        f" {change.zh}，主要来自{'、'.join(_say_credit(found, c, at).zh for c in along)}"
    )
    en = (
        f"In {year:g} “{found.title.en}” is {change.en} {'lower' if lower else 'higher'} in "
        f"“{names[0].en}” than in “{names[1].en}”, mostly by "
        f"{', '.join(_say_credit(found, c, at).en for c in along)}"
    )
    if against:
        zh += f"；与之相抵的是{'、'.join(_say_credit(found, c, at).zh for c in against)}"
        en += f"; {', '.join(_say_credit(found, c, at).en for c in against)} works against it"
    off = float(found.off_residual[at])
    if abs(off) > MISLED * abs(total):
        zh += f"；逐项关停的算法有 {_amount(found, abs(off)).zh} 的差额说不清"
        en += f"; switching one off at a time leaves {_amount(found, abs(off)).en} unexplained"
    return Text(zh + "。", en + ".")


def rank_credits(found: Attribution, year: float) -> list[Credit]:
    """Groups by the size of their share in a year, largest first."""
    at = found.at(year)
    return sorted(found.credits, key=lambda credit: -abs(float(credit.shapley[at])))


def _say_credit(found: Attribution, credit: Credit, at: int) -> Text:
    number = say_amount(float(credit.shapley[at]), found.unit, signed=True)
    share = f"{100 * abs(credit.shapley[at] / found.total[at]):.0f}%"
    return Text(
        f"{credit.title.zh}（{number.zh}，{share}）", f"{credit.title.en} ({number.en}, {share})"
    )


def _amount(found: Attribution, value: float) -> Text:
    return say_amount(value, found.unit)


def is_misled(credit: Credit, at: int) -> bool:
    """Whether both simple wedges of a group lie on opposite sides of its share, well apart."""
    gap = abs(float(credit.off[at]) - float(credit.on[at]))
    return bool(gap > 0.2 * max(abs(float(credit.shapley[at])), np.finfo(float).tiny))


def say_warning(found: EarlyWarning) -> Text:
    """What tells by when, past which threshold, and how often it is wrong."""
    head = Text(
        f"{found.year}年的“{found.title.zh}”（{found.asked.zh}）",
        f"“{found.title.en}” ({found.asked.en}, {found.year})",
    )
    signal = found.first
    if signal is None:
        best = found.by_year[-1] if found.by_year else None
        rest = _say_best(best) if best else Text("", "")
        return Text(
            f"对{head.zh}没有可用的预警：{found.reason.zh}{rest.zh}。",
            f"Nothing warns of missing {head.en}: {found.reason.en}{rest.en}.",
        )
    level = say_amount(signal.threshold, signal.unit)
    zh = (
        f"若{signal.year:g}年{signal.title.zh}{'高' if signal.above else '低'}于 {level.zh}，"
        f"{head.zh}多半达不到；误报率 {_say_rate(signal.false_alarm)}，"
        f"漏报率 {_say_rate(signal.miss)}，均由没有参与选取的未来检验"
    )
    en = (
        f"If “{signal.title.en}” is {'above' if signal.above else 'below'} {level.en} in "
        f"{signal.year:g}, {head.en} is off track: false alarms in {_say_rate(signal.false_alarm)}"
        f" of the futures that meet it, misses in {_say_rate(signal.miss)} of those that do not,"
        " both counted on futures that had no part in the choice"
    )
    return Text(zh + "。", en + ".")


def _say_best(signal: Signal) -> Text:
    wrong = percent(max(signal.false_alarm.share, signal.miss.share))
    return Text(
        f"；最好的是{signal.year:g}年的{signal.title.zh}，误报、漏报中较大的一项为 {wrong}",
        f"; the best is {signal.title.en} in {signal.year:g}, with {wrong} for the larger of the"
        " two",
    )


def _say_rate(rate: Rate) -> str:
    return percent(rate.share)


SLIGHT = 1e-3
"""Of the greatest effect: what is less is not worth a word, and may be nothing but rounding."""


def say_decomposition(found: Decomposition, start: float, stop: float) -> Text:
    """What pushed a total up and what pulled it down between two years."""
    change, effects = found.change(start, stop), found.between(start, stop)
    titles = {effect.factor: effect.title for effect in found.effects}
    ordered = sorted(effects, key=lambda name: -abs(effects[name]))
    least = SLIGHT * max(map(abs, effects.values()), default=0.0)
    up = [n for n in ordered if effects[n] > least][:FEW]
    down = [n for n in ordered if effects[n] < -least][:FEW]

    def name(chosen: Sequence[str], lang: Lang) -> str:
        parts = [
            f"{titles[n].zh if lang == 'zh' else titles[n].en}"
            f" {say_amount(effects[n], found.unit, signed=True).get(lang)}"
            for n in chosen
        ]
        return ("、" if lang == "zh" else ", ").join(parts) or ("无" if lang == "zh" else "nothing")

    span = f"{start:g}–{stop:g}"
    whole = say_amount(change, found.unit, signed=True)
    return Text(
        f"{found.source.zh}：{span}年{found.outcome_title.zh}变化"
        f" {whole.zh}：推高的是{name(up, 'zh')}；"
        f"拉低的是{name(down, 'zh')}。",
        f"{found.source.en}: from {start:g} to {stop:g} {found.outcome_title.en} changed by"
        f" {whole.en}: pushed up by {name(up, 'en')}; pulled"
        f" down by {name(down, 'en')}.",
    )
