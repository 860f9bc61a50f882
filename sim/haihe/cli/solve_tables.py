"""The answer of `haihe solve` on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from haihe.cli.console import open_console
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from rich.console import Console

    from haihe.results.solution import Aim, Solution


def print_solution(found: Solution, lang: Lang) -> None:
    """The sentence, the tables, the notes."""
    console = open_console()
    console.print(found.title.get(lang))
    console.print(found.sentence.get(lang), soft_wrap=True)
    if found.packages:
        _print_levers(console, found, lang)
        _print_targets(console, found, lang)
    if found.reaches:
        _print_reaches(console, found, lang)
    _print_relaxations(console, found, lang)
    if found.idle:
        idle = ", ".join(found.idle)
        words = Text(
            f"对目标没有影响、保持不变：{idle}", f"Move no target, left as they are: {idle}"
        )
        console.print(words.get(lang), soft_wrap=True)
    for note in found.notes:
        console.print(note.get(lang), soft_wrap=True)
    effort = found.effort
    console.print(
        Text(
            f"{effort.members:,} 次模型运行，{effort.points:,} 个方案，"
            f"{effort.seconds:.0f} 秒，种子 {found.seed}",
            f"{effort.members:,} runs of the model, {effort.points:,} packages, "
            f"{effort.seconds:.0f} s, seed {found.seed}",
        ).get(lang)
    )


def _print_levers(console: Console, found: Solution, lang: Lang) -> None:
    from haihe.analysis.solve_words import number
    from haihe.analysis.tables import print_rows, word_unit

    heads = [
        Text("措施", "Lever"),
        Text("单位", "Unit"),
        Text("区间", "Band"),
        Text("原情景", "Scenario"),
    ]
    rows = []
    for i, band in enumerate(found.bands):
        values = [package.values[i] for package in found.packages]
        small = 5e-3 * max(band.most - band.least, 1e-300)
        if all(abs(value - band.base) <= small for value in values):
            continue
        free = "" if band.priced else " *"
        cells = [number(band.base), *(mark(v, band.least, band.most) for v in values)]
        title = band.title.get(lang) + free
        unit = word_unit(band.unit, lang)
        rows.append((title, unit, f"{number(band.least)}–{number(band.most)}", *cells))
    labels = [p.label for p in found.packages]
    costs = [number(p.cost) for p in found.packages]
    rows.append(
        (
            found.objective.get(lang),
            word_unit(found.objective_unit, lang),
            "",
            number(found.base_cost),
            *costs,
        )
    )
    print_rows(console, [*(head.get(lang) for head in heads), *labels], rows)
    if any(not band.priced for band in found.bands):
        console.print(Text("* 模型未计成本", "* the model gives it no cost").get(lang))
    console.print(Text("⊣ 到达区间端点", "⊣ at an end of its band").get(lang))


def mark(value: float, least: float, most: float) -> str:
    """A number, marked where it lies at an end of its band."""
    from haihe.analysis.solve_words import number

    end = min(value - least, most - value) <= 1e-6 * max(most - least, 1e-300)
    return number(value) + (" ⊣" if end else "")


def _print_targets(console: Console, found: Solution, lang: Lang) -> None:
    from haihe.analysis.solve_words import number
    from haihe.analysis.tables import print_rows

    heads = [
        Text("目标", "Target"),
        Text("要求", "Asked for"),
        Text("原情景", "Scenario"),
    ]
    labels = [p.label for p in found.packages]
    ends = [
        Text("再严一单位的成本", "Cost of one unit more"),
        Text("去掉可省", "Saved without it"),
    ]
    prices = {price.aim: price for price in found.prices}
    rows = []
    for i, aim in enumerate(found.aims):
        price = prices.get(aim.id)
        cells = [_reached_cell(found, package, i) for package in found.packages]
        told = [
            "–" if price is None or price.shadow is None else number(price.shadow),
            "–" if price is None or price.saved is None else number(price.saved),
        ]
        asked = say_threshold(aim, lang)
        rows.append((aim.title.get(lang), asked, number(aim.base), *cells, *told))
    heads_shown = [head.get(lang) for head in heads] + labels + [end.get(lang) for end in ends]
    print_rows(console, heads_shown, rows)


def say_threshold(aim: Aim, lang: Lang) -> str:
    """What a target asks for."""
    from haihe.analysis.solve_words import number
    from haihe.analysis.tables import word_unit

    sign = {">=": "≥", "<=": "≤"}[aim.relation]
    return f"{sign} {number(aim.threshold)} {word_unit(aim.unit, lang)}".rstrip()


def _reached_cell(found: Solution, package: Any, place: int) -> str:
    from haihe.analysis.solve_words import number

    reached = package.reached[place]
    chance = f" ({100 * reached.share_met:.0f} %)" if found.confidence else ""
    return f"{number(reached.value)}{chance}" + (" !" if reached.margin < -1e-9 else "")


def _print_reaches(console: Console, found: Solution, lang: Lang) -> None:
    from haihe.analysis.solve_words import number
    from haihe.analysis.tables import print_rows

    heads = [
        Text("目标单独的极限", "How far each target goes alone"),
        Text("要求", "Asked for"),
        Text("极限", "Best"),
        Text("依据", "Ground"),
        Text("受限于", "What binds"),
    ]
    aims = {aim.id: aim for aim in found.aims}
    titles = {band.id: band.title for band in found.bands}
    rows = []
    for reach in found.reaches:
        aim = aims[reach.aim]
        proved = reach.monotone and not reach.beaten
        ground = Text("单向，抽查", "one-way, sampled") if proved else Text("搜索", "search")
        binding = ", ".join(titles[name].get(lang) for name in reach.binding[:4])
        rows.append(
            (
                aim.title.get(lang),
                say_threshold(aim, lang),
                number(reach.best),
                ground.get(lang),
                binding,
            )
        )
    print_rows(console, [head.get(lang) for head in heads], rows)


def _print_relaxations(console: Console, found: Solution, lang: Lang) -> None:
    from haihe.analysis.solve_words import say_relaxation

    for change in found.relaxations:
        told = say_relaxation(change, found)
        proof = (
            Text("已代入核实可行", "applied and met")
            if change.verified
            else Text("未能核实", "not verified")
        )
        line = Text(f"放宽办法：{told.zh}（{proof.zh}）", f"It would do to {told.en} ({proof.en})")
        console.print(line.get(lang), soft_wrap=True)
