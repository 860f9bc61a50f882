"""The answer of `haihe solve` in words, to be read aloud in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from haihe.analysis.solve_task import Task
from haihe.results.solution import Aim, Band, Package, Reach, Relaxation, Solution, Verdict
from haihe.text import Text
from haihe.units.words import say_unit


def number(value: float) -> str:
    """A number as it is said: four digits, or all of a whole number."""
    text = f"{value:.4g}"
    return f"{value:,.0f}" if "e" in text else text


def say_solution(solution: Solution) -> Text:
    """The whole answer in a sentence or two."""
    if solution.verdict is Verdict.FOUND:
        return _say_found(solution)
    if solution.verdict is Verdict.UNDECIDED:
        return Text(
            "在给定的时间和运行次数内没有找到可行方案，也没有证明不存在。",
            "No package was found within the time and the runs allowed; nor was it shown that "
            "there is none.",
        )
    return _say_failed(solution)


def _say_found(solution: Solution) -> Text:
    if solution.base_meets and not _moved(solution, solution.packages[0]):
        return Text(
            "现有情景已达到全部目标，无需改动。", "The scenario meets every target as it is."
        )
    package = solution.packages[0]
    moved = _moved(solution, package)[:3]
    count = len(_moved(solution, package))
    aims = Text(
        "、".join(say_aim(aim).zh for aim in solution.aims[:3]) + _rest_zh(len(solution.aims) - 3),
        ", ".join(say_aim(aim).en for aim in solution.aims[:3]) + _rest_en(len(solution.aims) - 3),
    )
    steps_zh = "、".join(_say_move(b, v).zh for b, v in moved)
    steps_en = ", ".join(_say_move(b, v).en for b, v in moved)
    many = Text(f" {count} 项措施，主要是", f"{count} levers, above all ")
    how = many if count > 1 else Text("一项措施，即", "one lever, ")
    zh = f"要达到{aims.zh}，最省的方案改动{how.zh}{steps_zh}"
    en = f"To reach {aims.en}, the least package moves {how.en}{steps_en}"
    if solution.objective_unit:
        more = package.cost - solution.base_cost
        unit = say_unit(solution.objective_unit)
        word = ("多", "more") if more >= 0 else ("少", "less")
        zh += f"，成本 {number(package.cost)} {unit.zh}，"
        zh += f"比原情景{word[0]} {number(abs(more))} {unit.zh}"
        en += (
            f"; it costs {number(package.cost)} {unit.en}, {number(abs(more))} {unit.en} "
            f"{word[1]} than "
            "the scenario"
        )
    if solution.confidence and package.check:
        share = f"{100 * package.check.share_met:.0f}"
        zh += f"；在 {package.check.futures} 个新抽取的未来中，{share}% 达标"
        en += f"; in {share} % of {package.check.futures} fresh futures the targets are met"
    others = len(solution.packages) - 1
    if others:
        zh += f"；另有 {others} 个成本相近而做法不同的方案"
        en += (
            f"; {others} other package{'s' if others > 1 else ''} would do at nearly the same cost"
        )
    return Text(zh + "。", en + ".")


def _say_failed(solution: Solution) -> Text:
    hopeless = [reach for reach in solution.reaches if not reach.possible]
    aims = {aim.id: aim for aim in solution.aims}
    if not hopeless:
        zh, en = (
            "各目标单独可达，但没有找到能同时达到的方案",
            ("Each target can be reached alone, but no package was found that reaches all of them"),
        )
    else:
        worst = hopeless[0]
        aim, proved = aims[worst.aim], worst.monotone and not worst.beaten
        value = _with_unit(worst.best, aim.unit)
        asked = _with_unit(aim.threshold, aim.unit)
        at = f"（置信度 {solution.confidence:.0%}）" if solution.confidence else ""
        at_en = f" at {solution.confidence:.0%} confidence" if solution.confidence else ""
        if proved:
            zh = f"做不到：所有杠杆都推到极限，{aim.title.zh}仍为 {value.zh}{at}，达不到 {asked.zh}"
            en = (
                f"It cannot be done: with every lever at its limit, {aim.title.en} is still "
                f"{value.en}{at_en}, short of {asked.en}"
            )
        else:
            zh = f"没有找到可行方案：最好结果是{aim.title.zh} {value.zh}{at}，达不到 {asked.zh}"
            en = (
                f"No package was found: the best that the search found for {aim.title.en} is "
                f"{value.en}{at_en}, short of {asked.en}"
            )
        if worst.binding:
            titles = {band.id: band.title for band in solution.bands}
            first = [titles[name] for name in worst.binding[:3]]
            zh += "；受限于" + "、".join(title.zh for title in first)
            en += "; what binds is " + ", ".join(title.en for title in first)
    change = next((r for r in solution.relaxations if r.verified), None)
    if change is not None:
        told = say_relaxation(change, solution)
        zh, en = f"{zh}；{told.zh}即可", f"{en}; it would do to {told.en}"
    return Text(zh + "。", en + ".")


def say_relaxation(change: Relaxation, solution: Solution) -> Text:
    """What would do instead."""
    units = {aim.id: (aim.title, aim.unit) for aim in solution.aims}
    units |= {band.id: (band.title, band.unit) for band in solution.bands}
    parts = [(units[name], value) for name, _, value in change.changes]
    zh = [f"把{title.zh}放宽到 {_with_unit(v, unit).zh}" for (title, unit), v in parts]
    en = [f"relax {title.en} to {_with_unit(v, unit).en}" for (title, unit), v in parts]
    return Text("、".join(zh), " and ".join(en))


def say_aim(aim: Aim) -> Text:
    """A target: title and threshold."""
    word = {">=": ("不低于", "at least"), "<=": ("不高于", "at most")}[aim.relation]
    value = _with_unit(aim.threshold, aim.unit)
    when = "" if f"{aim.last_year:g}" in aim.title.en else f" {aim.last_year:g}"
    return Text(f"{aim.title.zh}{word[0]} {value.zh}", f"{aim.title.en}{when} {word[1]} {value.en}")


def _moved(solution: Solution, package: Package) -> list[tuple[Band, float]]:
    """Bands that a package turns, the furthest first."""
    pairs = list(zip(solution.bands, package.values, strict=True))

    def far(pair: tuple[Band, float]) -> float:
        band, value = pair
        return abs(value - band.base) / max(band.most - band.least, 1e-300)

    return sorted((p for p in pairs if far(p) > 5e-3), key=far, reverse=True)


def _say_move(band: Band, value: float) -> Text:
    reached = _with_unit(value, band.unit)
    return Text(
        f"{band.title.zh}由 {number(band.base)} 到 {reached.zh}",
        f"{band.title.en} from {number(band.base)} to {reached.en}",
    )


def _with_unit(value: float, unit: str) -> Text:
    words = say_unit(unit)
    return Text(f"{number(value)} {words.zh}".strip(), f"{number(value)} {words.en}".strip())


def _rest_zh(count: int) -> str:
    return f"等 {count + 3} 项" if count > 0 else ""


def _rest_en(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


# --- notes --------------------------------------------------------------------------------------


def note_held(task: Task) -> Iterator[Text]:
    """What was not turned in its dates."""
    if any(knob.part == "start" for knob in task.knobs):
        yield Text(
            "给出起始年的杠杆按自身时间表直线推进，不随政策组的进度。",
            "Levers with a start of their own rise straight, outside their group's schedule.",
        )


def note_free(task: Task, free: Sequence[str]) -> Iterator[Text]:
    """Levers that cost nothing in the model: the answer uses them as if they were free."""
    if task.cost is not None and free:
        shown = ", ".join(free[:6]) + (" …" if len(free) > 6 else "")
        yield Text(
            f"模型没有为这 {len(free)} 项杠杆计成本，方案会优先用足它们：{shown}",
            f"Levers that have no cost in the model, so that the answer uses them first: {shown}",
        )


def note_check(packages: Sequence[Package], confidence: float) -> Iterator[Text]:
    """How the first package does on futures that the search never saw."""
    if packages and packages[0].check and confidence:
        check = packages[0].check
        span = f"{100 * check.low:.0f}–{100 * check.high:.0f}"
        yield Text(
            f"在 {check.futures} 个新抽取的未来中达标 {100 * check.share_met:.1f}%"
            f"（95% 区间 {span}%），要求 {confidence:.0%}。",
            f"On {check.futures} fresh futures the targets are met in {100 * check.share_met:.1f} %"
            f" (95 % interval {span} %); {confidence:.0%} was asked for.",
        )


def note_method(verdict: Verdict, reaches: Sequence[Reach]) -> Iterator[Text]:
    """How far a "no" holds."""
    if verdict is Verdict.IMPOSSIBLE:
        count = max((reach.samples for reach in reaches), default=0)
        yield Text(
            f"依据：在抽查的 {count} 个点上，每个杠杆对该目标只有一个方向的作用，"
            "因此极限组合就是最好结果；搜索也没有找到更好的。单调性是抽查所得，不是证明。",
            f"On what ground: at {count} points looked at, each lever pushed the target one way "
            "only, so all of them at their limits is the best there is; a search from there found "
            "nothing better. That levers push one way only was sampled, not proved.",
        )
    elif verdict is Verdict.NOT_FOUND:
        yield Text(
            "这是搜索结果，不是证明：有的杠杆在不同情况下作用方向不同，或目标之间相互牵制。",
            "This is what the search found, not a proof: levers push both ways, or targets stand "
            "in each other's way.",
        )
    else:
        yield Text(
            "成本最低指搜索所见最低：模型不是凸的，无法保证没有更好的方案。",
            "The least is the least that the search met: the model is not convex, and nothing "
            "guarantees that there is no better package.",
        )


def note_limit(limit: str) -> Iterator[Text]:
    """What ended the search early."""
    told = {
        "seconds": Text(
            "搜索因时间上限而提前结束。", "The search ended early: its time was used up."
        ),
        "members": Text(
            "搜索因运行次数上限而提前结束。", "The search ended early: its runs were used up."
        ),
        "stopped": Text(
            "搜索被中止；以下是当时的最好结果。", "The search was stopped; this is the best so far."
        ),
    }
    if limit in told:
        yield told[limit]
