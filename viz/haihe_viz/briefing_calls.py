"""What a template may ask for: every function gives words that keep the call that made them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from haihe.errors import InputError
from haihe.results.attribution import Attribution
from haihe.results.facts import Assumption, Facts
from haihe.results.outlook import Outlook
from haihe.text import Lang, Text
from haihe_viz import briefing_figures as figures
from haihe_viz import words
from haihe_viz.briefing_ledger import Ledger, Phrase, clean_value
from haihe_viz.briefing_numbers import (
    POINTS,
    Number,
    compare,
    find_member,
    find_outcome,
    find_target,
    is_share,
    near,
    read_number,
)
from haihe_viz.briefing_rounding import choose_digits, say_change, say_share
from haihe_viz.labels import (
    caveat_of,
    digits_of,
    grade_of,
    title_of,
    typeset,
    unit_of,
    unit_text,
    with_unit,
)
from haihe_viz.numbers import format_number
from haihe_viz.place import text_width
from haihe_viz.static_chart import Figure, Sheet
from haihe_viz.static_svg import draw_figure

Explain = Callable[[str, str], tuple[Attribution, Callable[[float], Text]]]
"""Outcome and grouping: the attribution, and its sentence for a year."""
VERDICTS = {
    True: Text("达到", "met"),
    False: Text("未达到", "not met"),
    None: Text("未评", "not scored"),
}
BETWEEN = Text("{} 至 {}", "{} to {}")
PERCENT = Text("%", "%")
MINUS = re.compile(r"(?<![\w.)\]])-(?=[0-9])", re.ASCII)
TEXT_WIDTH = 442.0
"""Of a page of a document [pt]."""
NOT_MODELLED = ("not_modelled", "partly_modelled")


@dataclass(frozen=True, slots=True)
class TargetView:
    """A target as a template sees it."""

    id: str
    title: Phrase
    sentence: Phrase
    value: Phrase
    asked: Phrase
    year: int
    probability: Phrase
    verdict: Phrase
    quote: Phrase
    grade: Phrase
    scope: str
    strength: str
    met: bool | None
    scored: bool
    likely: bool


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """An outcome as a template sees it."""

    id: str
    title: Phrase
    unit: Phrase
    grade: Phrase
    caveat: Phrase
    group: str


@dataclass(frozen=True, slots=True)
class LineView:
    """An assumption, or a measure that is not modelled, as a template sees it."""

    title: Phrase
    value: Phrase
    origin: Phrase
    grade: Phrase
    source: Phrase


class Calls:
    """The functions of a template over one set of facts, in one language."""

    def __init__(self, facts: Facts, lang: Lang, ledger: Ledger, explain: Explain | None) -> None:
        self._facts, self._lang, self._ledger, self._explain = facts, lang, ledger, explain

    def _say(self, call: str, args: tuple[Any, ...], options: dict[str, Any], text: str) -> Phrase:
        kept = {key: value for key, value in options.items() if value not in ("", None)}
        return self._ledger.add(text, call, args, kept)

    def _words(self, text: Text | str) -> Phrase:
        return self._ledger.add(typeset(text.get(self._lang) if isinstance(text, Text) else text))

    # --- numbers

    def indicator(self, outcome: str, year: int, of: str = "scenario", unit: bool = True) -> Phrase:
        """Value of an outcome, with its unit, in as many digits as it deserves."""
        array = find_outcome(self._facts, outcome)
        number = read_number(self._facts, outcome, year, of)
        text = format_number(number.value, self._digits(array, number))
        if unit:
            text = with_unit(text, unit_of(array)).get(self._lang)
        options = {"of": of if of != "scenario" else "", "unit": None if unit else False}
        return self._say("indicator", (outcome, year), options, text)

    def interval(self, outcome: str, year: int, of: str = "scenario") -> Phrase:
        """Where nine futures in ten put it; a dash where nothing was drawn."""
        array = find_outcome(self._facts, outcome)
        number = read_number(self._facts, outcome, year, of)
        text = "–"
        if number.interval is not None:
            digits = self._digits(array, number)
            ends = [format_number(end, digits) for end in number.interval]
            text = with_unit(BETWEEN.get(self._lang).format(*ends), unit_of(array)).get(self._lang)
        return self._say("interval", (outcome, year), {"of": of if of != "scenario" else ""}, text)

    def _digits(self, array: Any, number: Number) -> int:
        return choose_digits(number.value, number.half, grade_of(array), digits_of(array))

    def change(self, outcome: str, start: int, stop: int, of: str = "scenario",
               absolute: bool = False) -> Phrase:  # fmt: skip
        """How an outcome changes between two years, in words."""
        member = find_member(self._facts, of)
        found = compare(self._facts, outcome, (stop, member), (start, member), absolute)
        options = {"of": of if of != "scenario" else "", "absolute": absolute or None}
        return self._compared("change", (outcome, start, stop), options, found, absolute, False)

    def versus(self, outcome: str, year: int, of: str = "scenario", to: str = "baseline",
               absolute: bool = False) -> Phrase:  # fmt: skip
        """How an outcome differs from the baseline's in a year, in words."""
        sides = (year, find_member(self._facts, of)), (year, find_member(self._facts, to))
        found = compare(self._facts, outcome, *sides, absolute)
        options = {"of": of if of != "scenario" else "", "to": to if to != "baseline" else "",
                   "absolute": absolute or None}  # fmt: skip
        return self._compared("versus", (outcome, year), options, found, absolute, True)

    def _compared(self, call: str, args: tuple[Any, ...], options: dict[str, Any], found: Number,
                  absolute: bool, beside: bool) -> Phrase:  # fmt: skip
        array = find_outcome(self._facts, str(args[0]))
        unit, digits = PERCENT, 0 if abs(found.value) >= 10 else 1
        if is_share(array):
            unit, digits = POINTS, max(1, digits_of(array))
        elif absolute:
            unit, digits = unit_of(array), digits_of(array)
            unit = Text(f" {unit.zh}", f" {unit.en}")
        text = say_change(found.value, found.interval, unit, digits, self._lang, beside)
        return self._say(call, args, options, text)

    def value(self, outcome: str, year: int, of: str = "scenario") -> float:
        """The bare number, for a condition; it cannot be written into the text."""
        return read_number(self._facts, outcome, year, of).value

    # --- targets

    def target(self, name: str) -> TargetView:
        """A target by its id."""
        return self._view(find_target(self._facts, name))

    def targets(self, scope: str = "plan", scored: bool = True) -> list[TargetView]:
        """Targets of the plan, or of another scope; "" for all."""
        found = [one for one in self._facts.outlooks if not scope or one.score.scope == scope]
        kept = [one for one in found if not scored or one.score.value is not None]
        return [self._view(one) for one in kept]

    def _view(self, one: Outlook) -> TargetView:
        score = one.score
        return TargetView(
            score.id, self._words(score.title), self.sentence(score.id), self.reached(score.id),
            self.asked(score.id), score.year, self.probability(score.id), self.verdict(score.id),
            self._words(score.quote), self._words(score.grade), score.scope, str(score.strength),
            score.met, score.value is not None,
            one.chance is not None and one.chance.probability >= 0.8,
        )  # fmt: skip

    def sentence(self, name: str) -> Phrase:
        """What became of a target, as one sentence."""
        find_target(self._facts, name)
        said = set_signs(self._facts.sentences[name].get(self._lang))
        return self._say("sentence", (name,), {}, said)

    def reached(self, name: str) -> Phrase:
        """What the scenario comes to, in the target's unit."""
        score = find_target(self._facts, name).score
        return self._say("reached", (name,), {}, self._in_unit(score.value, score))

    def asked(self, name: str) -> Phrase:
        """What is asked for."""
        score = find_target(self._facts, name).score
        relation = {">=": "≥", "<=": "≤"}.get(score.relation, "")
        text = f"{relation}{self._in_unit(score.threshold, score)}" if score.relation else "–"
        return self._say("asked", (name,), {}, text)

    def _in_unit(self, value: float | None, score: Any) -> str:
        if value is None:
            return "–"
        if score.unit == "year":
            return f"{value:.0f}"
        digits = self._target_digits(value, score)
        return with_unit(format_number(value, digits), unit_text(score.unit)).get(self._lang)

    def _target_digits(self, value: float, score: Any) -> int:
        """Digits enough to tell the value from the threshold, and no less than it was set with."""
        set_with = (
            len(f"{score.threshold:g}".partition(".")[2]) if score.threshold is not None else 1
        )
        if value == score.threshold:
            return set_with
        digits = max(set_with, 1 if abs(value) < 100 else 0)
        while (
            digits < 4
            and score.threshold is not None
            and value != score.threshold
            and (round(value, digits) == round(score.threshold, digits))
        ):
            digits += 1
        return digits

    def probability(self, name: str) -> Phrase:
        """Share of futures in which a target is met; a dash where none was run."""
        chance = find_target(self._facts, name).chance
        text = "–" if chance is None else say_share(chance.probability, chance.futures)
        return self._say("probability", (name,), {}, text)

    def verdict(self, name: str) -> Phrase:
        """Met, not met, or not scored."""
        return self._say(
            "verdict",
            (name,),
            {},
            VERDICTS[find_target(self._facts, name).score.met].get(self._lang),
        )

    def scorecard(self) -> Phrase:
        """All targets of the plan in a sentence."""
        return self._say("scorecard", (), {}, set_signs(self._facts.summary.get(self._lang)))

    def causes(self, outcome: str, year: int, by: str = "chapter") -> Phrase:
        """Which measures made the difference to the baseline, as a sentence."""
        _, said = self._attribute(outcome, by)
        options = {"by": by if by != "chapter" else ""}
        return self._say("causes", (outcome, year), options, set_signs(said(year).get(self._lang)))

    def _attribute(self, outcome: str, by: str) -> tuple[Attribution, Callable[[float], Text]]:
        find_outcome(self._facts, outcome)
        if self._explain is None:
            raise InputError(
                Text(
                    "只有带基线的情景才能归因",
                    "causes are known for scenarios with a baseline alone",
                ),
                None,
                "`haihe briefing SCENARIO --against BASELINE`",
            )
        return self._explain(outcome, by)

    def has_causes(self) -> bool:
        """Whether differences can be shared among measures."""
        return self._explain is not None

    # --- words

    def outcome(self, name: str) -> OutcomeView:
        """Title, unit, grade and caveat of an outcome."""
        array = find_outcome(self._facts, name)
        return OutcomeView(
            name, self._words(title_of(array)), self._words(unit_of(array)),
            self._words(grade_of(array)), self._words(caveat_of(array)),
            str(array.attrs.get("group", "")),
        )  # fmt: skip

    def outcomes(self, *names: str) -> list[OutcomeView]:
        """Outcomes that the facts hold, of those that are named; the headlines where none is."""
        held = self._facts.report.indicators
        if not names:
            names = tuple(str(n) for n, a in held.data_vars.items() if a.attrs.get("headline"))
            return [
                self.outcome(name) for name in names if set(held[name].dims) == {"member", "time"}
            ]
        return [self.outcome(name) for name in names if name in held]

    def has(self, outcome: str) -> bool:
        """Whether the facts hold an outcome: a study may have saved others."""
        return outcome in self._facts.report.indicators

    def settings(self) -> list[LineView]:
        """What the scenario sets."""
        return [self._line(one) for one in self._facts.settings]

    def uncertain(self) -> list[LineView]:
        """What futures were drawn from."""
        return [self._line(one) for one in self._facts.uncertain]

    def not_modelled(self) -> list[LineView]:
        """Measures of the plan that are not, or only partly, in the model."""
        return [
            LineView(self._words(one.title), self._words(words.STATUSES[one.status]),
                     self._words(one.article), self._words(""), self._words(one.reason))
            for one in self._facts.report.coverage if one.status in NOT_MODELLED
        ]  # fmt: skip

    def _line(self, one: Assumption) -> LineView:
        return LineView(
            *(
                self._words(part)
                for part in (one.title, one.value, one.origin, one.grade, one.source)
            )
        )

    # --- figures and tables

    def figure(
        self,
        outcome: str,
        start: int = 2010,
        stop: int = 2060,
        kind: str = "course",
        year: int = 2035,
        by: str = "chapter",
        caption: str = "",
        data: bool = False,
    ) -> Phrase:
        """A picture: "course" of an outcome, "causes" of its difference, "chances" of targets."""
        lang = self._lang
        if kind == "course":
            made = figures.make_course(
                self._facts, outcome, lang, start, stop, self._ledger.resolve(str(caption)), data
            )
        elif kind == "causes":
            found = self._attribute(outcome, by)[0]
            made = figures.make_waterfall(
                found, year, lang, self._ledger.resolve(str(caption)), data
            )
        elif kind == "chances":
            kept = [o for o in self._facts.outlooks if o.score.scope == (outcome or "plan")]
            made = figures.make_chances(kept, lang, self._ledger.resolve(str(caption)), data)
        else:
            kinds = ["course", "causes", "chances"]
            raise InputError(
                Text(f"没有 {kind!r:.40} 这种图", f"there is no kind of figure {kind!r:.40}"),
                None,
                " | ".join(kinds),
                near(kind, kinds),
            )
        made = clean_value(made)
        options = {
            "start": start,
            "stop": stop,
            "kind": kind,
            "year": year,
            "by": by,
            "caption": self._ledger.resolve(str(caption)),
        }
        return self._ledger.add(fingerprint(made), "figure", (outcome,), options, made)

    def table(
        self, *names: str, years: Sequence[int] = (2021, 2025, 2030, 2035), caption: str = ""
    ) -> Phrase:
        """Outcomes by year: the scenario, and the baseline's last year beside it."""
        lang, facts = self._lang, self._facts
        kept = [name for name in names if name in facts.report.indicators] or [
            view.id for view in self.outcomes()
        ]
        base = bool(facts.report.baseline)
        heads = [
            Text("指标", "Outcome").get(lang),
            Text("单位", "Unit").get(lang),
            *map(str, years),
        ]
        if base:
            heads.append(Text(f"基准{years[-1]}", f"Baseline {years[-1]}").get(lang))
        rows = []
        for name in kept:
            view = self.outcome(name)
            cells = [self._cell(name, year, "scenario") for year in years]
            if base:
                cells.append(self._cell(name, years[-1], "baseline"))
            rows.append((str(view.title), str(view.unit), *map(str, cells)))
        widths = share_widths(self._columns(heads, rows))
        made = Sheet(
            self._ledger.resolve(str(caption)),
            tuple(heads),
            tuple(rows),
            widths,
            tuple(range(2, len(heads))),
        )
        return self._ledger.add("", "table", names, {}, made)

    def _cell(self, outcome: str, year: int, of: str) -> Phrase:
        """A number of a table; a dash where a study saved no such year."""
        held = np.isclose(self._facts.report.indicators["time"].to_numpy(), year, atol=1e-6).any()
        return self.indicator(outcome, year, of, unit=False) if held else self._words("–")

    def target_table(
        self, scope: str = "plan", caption: str = "", numbers_only: bool = False
    ) -> Phrase:
        """Targets: what is asked for, what comes, how sure."""
        lang = self._lang
        heads = [Text("目标", "Target"), Text("年份", "Year"), Text("要求", "Asked"),
                 Text("结果", "Result"), Text("达到", "Met"), Text("概率", "Chance"),
                 Text("证据", "Grade")]  # fmt: skip
        rows = tuple(
            tuple(map(str, (t.title, t.year, t.asked, t.value, t.verdict, t.probability, t.grade)))
            for t in self.targets(scope)
            if not (numbers_only and t.strength == "qualitative")
        )
        shown = tuple(head.get(lang) for head in heads)
        widths = share_widths(self._columns(shown, rows))
        made = Sheet(self._ledger.resolve(str(caption)), shown, rows, widths, (1, 2, 3, 5))
        return self._ledger.add("", "target_table", (), {}, made)

    def lines_table(
        self, lines: Sequence[LineView], caption: str = "", origin: bool = True
    ) -> Phrase:
        """Assumptions, or measures that are not modelled, as a table."""
        lang = self._lang
        heads = [Text("名称", "Name"), Text("取值或情况", "Value or state"), Text("出处", "Set in"),
                 Text("等级", "Grade"), Text("说明", "Note")]  # fmt: skip
        keep = [
            0,
            1,
            *([2] if origin else []),
            *[i for i in (3, 4) if any(self._cells(one)[i] for one in lines)],
        ]
        rows = tuple(
            tuple(str((one.title, one.value, one.origin, one.grade, one.source)[i]) for i in keep)
            for one in lines
        )
        shown = tuple(heads[i].get(lang) for i in keep)
        widths = share_widths(self._columns(shown, rows))
        made = Sheet(self._ledger.resolve(str(caption)), shown, rows, widths)
        return self._ledger.add("", "lines_table", (), {}, made)

    def _columns(
        self, heads: Sequence[str], rows: Sequence[tuple[str, ...]]
    ) -> list[tuple[str, ...]]:
        """Words of a table column by column, the heading first."""
        said = [tuple(self._ledger.resolve(cell) for cell in row) for row in rows]
        return list(zip(heads, *said))

    def _cells(self, one: LineView) -> tuple[str, ...]:
        return tuple(p.text for p in (one.title, one.value, one.origin, one.grade, one.source))


def set_signs(sentence: str) -> str:
    """A sentence with the minus signs and the small figures that numbers elsewhere have."""
    return typeset(MINUS.sub("\u2212", sentence))


def share_widths(columns: Sequence[Sequence[str]]) -> tuple[float, ...]:
    """Shares of a table's width: a column of short words gets no more than it needs.

    Parameters
    ----------
    columns
        Words of each column, its heading first.
    """
    wanted = []
    for head, *cells in columns:
        most = float(np.quantile([text_width(text, 10) for text in cells or [head]], 0.95))
        longest = max((text_width(word, 11) for word in head.split()), default=0.0)
        wanted.append(max(longest, min(300.0, most)) + 20)
    # What is too much is taken from wide columns: a year or a number that breaks cannot be read.
    even = TEXT_WIDTH / len(wanted)
    much, wide = sum(wanted) - TEXT_WIDTH, sum(max(0.0, one - even) for one in wanted)
    if much > 0 and wide > much:
        wanted = [one - max(0.0, one - even) * much / wide for one in wanted]
    return tuple(one / sum(wanted) for one in wanted)


def fingerprint(figure: Figure) -> str:
    """What a picture shows, as a digest: two that look alike have the same."""
    drawn = re.sub(r"<title>.*?</title>", "", draw_figure(figure), flags=re.S)
    return hashlib.sha256(drawn.encode()).hexdigest()[:16]


BOUND = ("indicator", "interval", "change", "versus", "sentence", "reached", "asked", "probability",
         "verdict", "scorecard", "causes", "figure")  # fmt: skip
"""Functions whose words are numbers: they are held against the facts again by a check."""
