"""Parts of a study's page: scenarios set side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from haihe.results.outlook import Outlook
from haihe.results.study_page import StudyPage
from haihe.text import Text
from haihe_viz.findings import POINTS
from haihe_viz.labels import typeset_text, unit_text, with_unit
from haihe_viz.numbers import format_number
from haihe_viz.outlook import percent, show_chance
from haihe_viz.sheet import SheetPart, Table


class Apart(Protocol):
    """How far two scenarios are apart in an outcome, in the same futures."""

    @property
    def title(self) -> Text:
        """Of the outcome and its year."""

    @property
    def unit(self) -> str:
        """As people see it."""

    @property
    def digits(self) -> int:
        """Behind the point."""

    @property
    def values(self) -> tuple[float, float, float]:
        """5 %, median, 95 %."""

    @property
    def lower(self) -> float:
        """Share of the futures in which the second is lower."""


def difference_part(differences: Sequence[Apart], page: StudyPage, year: float) -> SheetPart:
    """What the last scenario changes against the first, future by future."""
    first, last = page.groups[0].title, page.groups[-1].title
    columns = (
        Text("指标", "Outcome"),
        Text("5%", "5 %"),
        Text("中位数", "Median"),
        Text("95%", "95 %"),
        Text("更低的未来所占比例", "Lower in"),
    )
    rows = []
    for one in differences:
        shown = [format_number(value, one.digits, signed=True) for value in one.values]
        unit = POINTS if one.unit.startswith("%") else unit_text(one.unit)
        cells = [with_unit(number, unit) for number in shown]
        share = percent(one.lower)
        rows.append((typeset_text(one.title), *cells, Text(share, share)))
    return SheetPart(
        Text(f"同一未来中，“{last.zh}”与“{first.zh}”之差（{year:g}年）",
             f"“{last.en}” less “{first.en}” in the same futures, {year:g}"),
        Text("两者在相同的未来中运行，差值只来自情景本身。",
             "Both run in the same futures, so that the differences are the scenario's own."),
        table=Table(columns, tuple(rows)),
    )  # fmt: skip


def chance_part(outlooks: Mapping[str, Sequence[Outlook]], titles: Mapping[str, Text]) -> SheetPart:
    """How often each target is met in each scenario."""
    columns = (
        Text("目标", "Target"),
        *(typeset_text(titles.get(label, Text(label, label))) for label in outlooks),
    )
    rows = [
        (_name(found[0]), *(show_chance(one.chance) for one in found))
        for found in zip(*outlooks.values(), strict=True)
        if any(one.chance is not None for one in found)
    ]
    return SheetPart(
        Text("各情景达标的成员比例（95%区间）", "Share of members that meet each target (95 %)"),
        Text(
            "区间只反映成员个数；比例是概率，只有当各因素按其真实可能性抽取时才成立。",
            "Intervals are of the number of members alone; shares are probabilities only where the"
            " factors were drawn as probable as they are.",
        ),
        table=Table(columns, tuple(rows)),
    )


def _name(outlook: Outlook) -> Text:
    score = outlook.score
    return typeset_text(Text(f"{score.year} {score.title.zh}", f"{score.year} {score.title.en}"))
