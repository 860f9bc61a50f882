"""Fill a template in: Jinja in a sandbox, values as tokens, mistakes with their line."""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Mapping
from datetime import date
from typing import Any, NoReturn

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

import haihe
from haihe.errors import InputError, Location
from haihe.results.facts import Facts
from haihe.text import Lang, Text
from haihe_viz.briefing_calls import Calls
from haihe_viz.briefing_figures import member_title
from haihe_viz.briefing_ledger import Ledger, Phrase
from haihe_viz.labels import typeset

MOST = 2_000_000
"""Longest text that a template may come to [characters]."""
UNKNOWN = re.compile(r"'([^']+)' is undefined")


def make_fill(calls: Calls, facts: Facts, ledger: Ledger, lang: Lang, name: str) -> Fill:
    """What fills templates in for one briefing."""
    names: dict[str, Any] = {
        call: getattr(calls, call)
        for call in dir(calls)
        if not call.startswith("_") and call != "has_causes"
    }
    names |= _words(facts, ledger, lang)
    names["has_causes"] = calls.has_causes()
    return Fill(names, ledger, name)


def _words(facts: Facts, ledger: Ledger, lang: Lang) -> dict[str, Any]:
    report = facts.report

    def say(text: str) -> Phrase:
        return ledger.add(typeset(text))

    def named(member: str) -> Phrase:
        return say(member_title(facts, member).get(lang) if member else "")

    digests = {**report.provenance, **facts.digests}
    return {
        "title": say(report.title.get(lang)),
        "story": say(report.story.get(lang)),
        "scenario": named(report.scenario),
        "baseline": named(report.baseline),
        "scenario_id": say(report.scenario),
        "baseline_id": say(report.baseline),
        "has_baseline": bool(report.baseline),
        "futures": facts.futures,
        "kind": facts.kind,
        "lang": lang,
        "today": say(f"{date.today():%Y-%m-%d}"),
        "version": say(haihe.__version__),
        "digest": lambda part: say(str(digests.get(part, ""))[:12]),
        "digests": say(say_digests(facts, lang)),
        "pagebreak": "\n\n---\n\n",
    }


DIGESTS = {
    "model_digest": Text("模型", "model"),
    "data": Text("数据", "data"),
    "study_digest": Text("研究", "study"),
    "content_sha256": Text("结果", "results"),
    "content_hash": Text("结果", "results"),
}
SCENARIO = "scenario "


def say_digests(facts: Facts, lang: Lang) -> str:
    """What the numbers were made from, in a short line."""
    known = {**facts.report.provenance, **facts.digests}
    said = [
        f"{words.get(lang)} {str(known[key])[:12]}"
        for key, words in DIGESTS.items()
        if known.get(key)
    ]
    word = Text("情景", "scenario").get(lang)
    said += [
        f"{word} {key.removeprefix(SCENARIO)} {str(value)[:12]}"
        for key, value in known.items()
        if key.startswith(SCENARIO)
    ]
    return " · ".join(said)


class Fill:
    """Fills templates in; every value that it writes stands in the ledger."""

    def __init__(self, names: Mapping[str, Any], ledger: Ledger, file: str) -> None:
        self.names, self.ledger, self.file = dict(names), ledger, file
        self.environment = ImmutableSandboxedEnvironment(
            autoescape=True, undefined=StrictUndefined, trim_blocks=False, lstrip_blocks=True,
            keep_trailing_newline=True, finalize=self.write,
        )  # fmt: skip

    def write(self, value: Any) -> Any:
        """What stands in the text for a value.

        Raises
        ------
        InputError
            For a number that nothing binds: it could go stale unseen.
        """
        if isinstance(value, Phrase | Markup):
            return str(value)
        if isinstance(value, float):
            raise InputError(
                Text("正文中会出现没有出处的数字", "a bare number would stand in the text"),
                None,
                Text(
                    "indicator(…)，它带有单位和出处",
                    "indicator(…), which keeps its unit and its origin",
                ),
            )
        if isinstance(value, str) and value == self.names["pagebreak"]:
            return Markup(value)
        if value is None or isinstance(value, StrictUndefined):
            return value if value is not None else ""
        text = str(value)
        pieces = list(self.ledger.split(text))
        if any(piece.id is not None for piece in pieces):  # joined with ~: the tokens stay
            return text
        return str(self.ledger.add("".join(piece.text for piece in pieces)))

    def text(self, template: str, line: int = 0) -> str:
        """A template filled in; values are tokens.

        Parameters
        ----------
        line
            Lines of the file that come before the template.

        Raises
        ------
        InputError
            For every mistake of the template, with its line.
        """
        try:
            filled = self.environment.from_string(template).render(self.names)
        except TemplateSyntaxError as fault:
            problem = Text(
                f"模板无法读取：{fault.message}", f"the template cannot be read: {fault.message}"
            )
            raise InputError(problem, Location(self.file, line + fault.lineno)) from None
        except (TemplateError, InputError, TypeError, ValueError, OverflowError, KeyError,
                AttributeError, ZeroDivisionError) as fault:  # fmt: skip
            self._refuse(fault, template, line)
        if len(filled) > MOST:
            raise InputError(
                Text("模板生成的文字过长", "the template comes to too long a text"),
                Location(self.file),
            )
        return filled

    def _refuse(self, fault: Exception, template: str, line: int) -> NoReturn:
        frames = [
            f for f in traceback.extract_tb(fault.__traceback__) if f.filename == "<template>"
        ]
        at = frames[-1].lineno or 1 if frames else 1
        lines = template.splitlines()
        shown = lines[at - 1].strip()[:120] if at <= len(lines) else ""
        where = Location(self.file, line + at)
        if isinstance(fault, InputError):
            raise InputError(
                fault.problem, where, fault.expected, fault.suggestions, shown
            ) from None
        if isinstance(fault, UndefinedError) and (found := UNKNOWN.search(str(fault))):
            meant = tuple(difflib.get_close_matches(found[1], self.names, n=3))
            problem = Text(f"模板中没有 {found[1]!r:.60}", f"a template knows no {found[1]!r:.60}")
            raise InputError(
                problem,
                where,
                "" if meant else Text("docs/briefings.md 所列名称", "a name of docs/briefings.md"),
                meant,
                shown,
            ) from None
        said = (
            "this is not allowed in a template" if isinstance(fault, SecurityError) else str(fault)
        )
        raise InputError(
            said.splitlines()[0][:200] if said else "a mistake", where, shown=shown
        ) from None
