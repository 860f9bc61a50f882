"""`haihe compare STORE_A STORE_B`: two studies held against each other."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haihe.cli.answers import TWO_OF_A_KIND, find_study, write_rows
from haihe.cli.console import open_console, write_json
from haihe.errors import InputError
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from rich.console import Console

    from haihe.analysis.compare_studies import StudySide
    from haihe.results.study_comparison import Spread, StudyComparison

MOST = 15
"""Rows of a table in the terminal; JSON and CSV hold all."""
CHANGES = (
    Text("不同之处", "What differs"),
    Text("种类", "Kind"),
    Text("A", "A"),
    Text("B", "B"),
    Text("单位", "Unit"),
)
MOVES = (
    Text("移动的指标", "Outcome that moved"),
    Text("情景", "Scenario"),
    Text("A 中位数（5%–95%）", "A median (5–95 %)"),
    Text("B 中位数（5%–95%）", "B median (5–95 %)"),
    Text("变化", "Change"),
    Text("单位", "Unit"),
    Text("B > A", "B > A"),
    Text("成对 B > A", "Pairs B > A"),
    Text("KS 距离", "KS distance"),
)


def compare_stores(
    names: tuple[str, str],
    outcome: str,
    year: float | None,
    lang: Lang,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Compare two stores and say how they differ.

    Raises
    ------
    InputError
        Where one of them is none, or they hold nothing that could be compared.
    """
    from haihe.analysis.compare_studies import compare_studies

    one, other = (open_side(name) for name in names)
    found = compare_studies(one, other, outcome, year)
    if as_json:
        write_json(describe(found))
    elif as_csv:
        write_rows(list_rows(found))
    else:
        print_comparison(found, lang)


def open_side(name: str) -> StudySide:
    """A store with the catalogue of its model."""
    from haihe.analysis.compare_studies import StudySide
    from haihe.cli.study_inputs import open_study_store

    if find_study(name) is None:
        what = Text("不是结果库", "is no store")
        if Path(name).is_dir():
            what = Text("是文件夹，但不是研究结果库", "is a folder, but not the store of a study")
        problem = Text(f"{name} {what.zh}，另一个是", f"{name} {what.en}, the other is")
        raise InputError(problem, None, TWO_OF_A_KIND)
    return StudySide(name, *open_study_store(name, ""))


def describe(found: StudyComparison) -> dict[str, Any]:
    """The whole comparison as JSON."""
    from haihe.cli.solve import plain

    told: dict[str, Any] = plain(asdict(found))
    for one, move in zip(told["moves"], found.moves, strict=True):
        one |= {"change": move.change, "beyond_noise": move.beyond_noise}
    return told


def list_rows(found: StudyComparison) -> list[tuple[object, ...]]:
    """What differs and what moved, as rows."""
    rows: list[tuple[object, ...]] = [
        ("kind", "id", "title_zh", "title_en", "unit", "scenario", "a", "b", "change", "p5_a",
         "p95_a", "p5_b", "p95_b", "superiority", "paired", "distance", "noise")
    ]  # fmt: skip
    for c in found.changes:
        rows.append((c.kind, c.name, c.title.zh, c.title.en, c.unit, "", c.a, c.b, *[""] * 9))
    for m in found.moves:
        paired = "" if m.paired is None else m.paired
        rows.append(("outcome", m.asked, m.title.zh, m.title.en, m.unit, m.scenario, m.a.median,
                     m.b.median, m.change, m.a.p5, m.a.p95, m.b.p5, m.b.p95, m.superiority,
                     paired, m.distance, m.noise))  # fmt: skip
    return rows


def print_comparison(found: StudyComparison, lang: Lang) -> None:
    """The sentence, what differs, what moved."""
    console = open_console()
    console.print(
        f"A {found.title_a.get(lang)} ({found.a})   B {found.title_b.get(lang)} ({found.b})"
    )
    console.print(found.sentence.get(lang), soft_wrap=True)
    if found.changes:
        _print_changes(console, found, lang)
    if found.moves:
        _print_moves(console, found, lang)
    for note in found.notes:
        console.print(note.get(lang), soft_wrap=True)


def _print_changes(console: Console, found: StudyComparison, lang: Lang) -> None:
    from haihe.analysis.tables import print_rows, word_unit
    from haihe.results.study_comparison import STUDY_KINDS

    rows = [
        (
            c.title.get(lang),
            STUDY_KINDS[c.kind].get(lang),
            c.a or "–",
            c.b or "–",
            word_unit(c.unit, lang),
        )
        for c in found.changes[:MOST]
    ]
    print_rows(console, [head.get(lang) for head in CHANGES], rows)
    tell_rest(console, len(found.changes), lang)


def _print_moves(console: Console, found: StudyComparison, lang: Lang) -> None:
    from haihe.analysis.compare_words import number
    from haihe.analysis.tables import print_rows

    rows = [
        (
            m.title.get(lang) + ("" if m.beyond_noise or m.paired is not None else " ≈"),
            m.scenario,
            show_spread(m.a),
            show_spread(m.b),
            number(m.change, True),
            m.unit,
            f"{100 * m.superiority:.0f} %",
            "–" if m.paired is None else f"{100 * m.paired:.0f} %",
            f"{m.distance:.2f}",
        )
        for m in found.moves[:MOST]
    ]
    print_rows(console, [head.get(lang) for head in MOVES], rows)
    tell_rest(console, len(found.moves), lang)


def show_spread(spread: Spread) -> str:
    """Median, and the range from 5 to 95 %."""
    from haihe.analysis.compare_words import number

    return f"{number(spread.median)} ({number(spread.p5)}–{number(spread.p95)})"


def tell_rest(console: Console, count: int, lang: Lang) -> None:
    """How many rows a table leaves out, where it does."""
    if count > MOST:
        more = count - MOST
        console.print(Text(f"另有 {more} 项，见 --json", f"{more} more: --json").get(lang))
