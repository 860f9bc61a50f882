"""Measures of a plan, article by article, and what became of each in the model.

`articles.yaml` is read here. The file is hand-written; its fields are documented by `MeasureEntry`.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from haihe.errors import Refused
from haihe.model.types import canonical_name
from haihe.results.report import Coverage
from haihe.text import Text
from haihe.yaml import Record, read_yaml, validate

STATUSES = ("modelled", "partly_modelled", "not_modelled")


class MeasureEntry(Record):
    """One entry of `articles.yaml`."""

    id: str = Field(pattern=r"^L\d{3}$")
    article: str = Field(pattern=r"^[一二三四五六七八九十]+$")
    title: Text
    quote: str = Field(min_length=4)
    levers: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    """Constants of the schedule, for a measure that is about carrying out, not about substance."""
    status: Literal["modelled", "partly_modelled", "not_modelled"]
    reason: Text | None = None

    @model_validator(mode="after")
    def _hold_together(self) -> MeasureEntry:
        carried = bool(self.levers or self.parameters)
        if self.status == "not_modelled" and carried:
            raise Refused(
                Text(
                    "未进入模型的措施不写 `levers`",
                    "a measure that is not modelled has no `levers`",
                )
            )
        if self.status != "not_modelled" and not carried:
            raise Refused(
                Text(
                    f"状态为 {self.status} 的措施须写 `levers`",
                    f"a measure that is {self.status} names its `levers`",
                )
            )
        if self.status != "modelled" and self.reason is None:
            raise Refused(
                Text(
                    f"状态为 {self.status} 的措施须写 `reason`",
                    f"a measure that is {self.status} needs a `reason`",
                )
            )
        return self

    def coverage(self) -> Coverage:
        """The same as a frozen value."""
        return Coverage(
            id=self.id,
            article=self.article,
            title=self.title,
            quote=self.quote,
            levers=self.levers,
            status=self.status,
            reason=self.reason or Text("", ""),
        )


class BeyondEntry(Record):
    """A lever that no measure of the plan asks for."""

    lever: str
    reason: Text


class MeasureFile(Record):
    """The whole of `articles.yaml`."""

    articles: tuple[MeasureEntry, ...]
    beyond_plan: tuple[BeyondEntry, ...] = ()

    @model_validator(mode="after")
    def _number_once(self) -> MeasureFile:
        ids = [entry.id for entry in self.articles]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise Refused(
                Text(f"编号 {'、'.join(twice)} 重复", f"the ids {', '.join(twice)} stand twice")
            )
        return self


def load_articles(path: Path) -> tuple[Coverage, ...]:
    """Read `articles.yaml`, in the order of the file.

    Raises
    ------
    InputErrors
        Everything that is wrong with the file, each with its line.
    """
    return tuple(entry.coverage() for entry in read_measures(path).articles)


def read_measures(path: Path) -> MeasureFile:
    """Read `articles.yaml` whole, with the levers that go beyond the plan."""
    return validate(read_yaml(path), MeasureFile)


def count_statuses(measures: Iterable[Coverage]) -> Mapping[str, int]:
    """How many measures there are of each status, in a fixed order."""
    counted = Counter(measure.status for measure in measures)
    return {status: counted[status] for status in STATUSES}


def find_unknown_levers(measures: Iterable[Coverage], known: Iterable[str]) -> tuple[str, ...]:
    """Levers that a measure names and the catalogue does not know: "L034: rail investmnt"."""
    names = {canonical_name(name) for name in known}
    return tuple(
        f"{measure.id}: {lever}"
        for measure in measures
        for lever in measure.levers
        if canonical_name(lever) not in names
    )


def find_unnamed_levers(measures: Iterable[Coverage], known: Iterable[str]) -> tuple[str, ...]:
    """Levers of the catalogue that no measure of the plan names."""
    named = {canonical_name(lever) for measure in measures for lever in measure.levers}
    return tuple(name for name in known if canonical_name(name) not in named)


def fold_text(text: str) -> str:
    """Text without blanks and with one width of letters and signs, to compare quotations."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def split_articles(plan: str) -> Mapping[str, str]:
    """Text of each article by its number (一, 二, ...), folded by `fold_text`."""
    folded = fold_text(plan)
    numbers = [chinese_number(count) for count in range(1, 29)]
    starts = {number: folded.find(f"({number})") for number in numbers}
    present = [(at, number) for number, at in starts.items() if at >= 0]
    ordered = [*sorted(present), (len(folded), "")]
    return {number: folded[at:end] for (at, number), (end, _) in pairwise(ordered)}


def chinese_number(count: int) -> str:
    """A number from 1 to 99 in Chinese figures."""
    figures = "一二三四五六七八九"
    tens, ones = divmod(count, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{figures[tens - 1]}十")
    return head + (figures[ones - 1] if ones else "")
