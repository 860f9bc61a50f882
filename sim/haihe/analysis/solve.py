"""What would it take? Search for the cheapest package that meets targets, price it, or say why not.

The order of a search: turn one lever at a time and leave out those that move nothing; look for the
cheapest package; price each target by searching again with it stricter and without it; look for
packages that differ. Where none is found: how far each target can be brought alone, which bounds
bind, and the smallest change of what was asked that would do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from haihe.analysis.packages import distance, find_alternatives, tidy, without
from haihe.analysis.relax import (
    Relaxed,
    find_reach,
    relax_bounds,
    relax_one,
    relax_targets,
    starts_for,
)
from haihe.analysis.solve_evaluate import (
    TIE,
    Evaluator,
    Ledger,
    OutOfBudget,
    base_point,
    make_evaluator,
    write_settings,
)
from haihe.analysis.solve_load import with_aims
from haihe.analysis.solve_problem import (
    Problem,
    describe_reached,
    holding,
    shifting,
    worst_margin,
)
from haihe.analysis.solve_screen import Screen, screen_knobs
from haihe.analysis.solve_search import Best, evolve, polish
from haihe.analysis.solve_task import Task
from haihe.analysis.solve_words import (
    note_check,
    note_free,
    note_held,
    note_limit,
    note_method,
    say_solution,
)
from haihe.model.types import FloatArray
from haihe.results.solution import (
    Check,
    Effort,
    Package,
    Price,
    Reach,
    Relaxation,
    Solution,
    Verdict,
)
from haihe.text import Text

CHECKS = 400
"""Futures on which an answer is checked."""
LOOKING = 0.55
"""Share of the time and the runs after which looking for the cheapest package ends, so that prices
and other packages have their turn."""
STRICTER = 0.01
"""How much stricter a target is made to price it, as a share of how far the levers move it."""

Tell = Callable[[Text], None]


@dataclass(slots=True)
class _Search:
    """A search that is under way."""

    task: Task
    ledger: Ledger
    plain: Problem
    """Without futures."""
    problem: Problem
    screen: Screen
    tell: Tell
    best: Best = field(default_factory=Best)


@dataclass(frozen=True, slots=True)
class Solved:
    """The answer, and what the packages set in the words of a scenario file."""

    solution: Solution
    task: Task
    settings: tuple[dict[str, float | list[list[float]]], ...]
    """By package: lever to number or trajectory, in the model's units."""


def solve(task: Task, threads: int = 1, tell: Tell = lambda _: None) -> Solved:
    """Answer a task.

    Parameters
    ----------
    tell
        Called with what is being done.

    Raises
    ------
    InputErrors
        Where the model has no futures and the task asks for a confidence.
    """
    ledger = Ledger(task.members, task.seconds)
    search = _begin(task, ledger, threads, tell)
    reaches: tuple[Reach, ...] = ()
    relaxed: tuple[Relaxed, ...] = ()
    points: list[FloatArray] = []
    prices: tuple[Price, ...] = ()
    hopeless: list[int] = []
    _attempt(search, lambda: hopeless.extend(_find_hopeless(search)))
    if not hopeless:
        tell(Text("寻找可行且成本最低的方案", "Looking for the cheapest package"))
        _attempt(search, lambda: _find_cheapest(search), LOOKING)
    if search.best.point is None and not hopeless:
        _attempt(search, lambda: _find_feasible(search), LOOKING)
    if search.best.point is None:
        tell(Text("没有找到可行方案：逐个目标找极限", "None found: how far can each target go?"))
        reaches, relaxed = _explain_failure(search)
    else:
        points, prices = _enrich(search)
    return _answer(search, points, prices, reaches, relaxed)


def _begin(task: Task, ledger: Ledger, threads: int, tell: Tell) -> _Search:
    tell(Text("逐个转动杠杆", "Turning the levers one by one"))
    plain = make_evaluator(task, ledger, None, threads)
    start = plain.run_scenario()
    task = with_aims(task, [float(v) for v in start.numbers[0, :, 0]])
    plain = replace(plain, task=task)
    screen = screen_knobs(plain, task.seed)
    futures = _draw(task)
    chance = replace(plain, futures=futures) if futures is not None else plain
    active = tuple(int(i) for i in np.flatnonzero(screen.moves > 1e-9))
    tie = 0.0
    if task.cost is not None:
        size = max(float(np.abs(start.cost[0])), float(screen.cost.max()), 1e-9)
        tie = TIE * float(10.0 ** np.floor(np.log10(size))) / max(1, len(active))
    first = Problem(
        plain,
        active,
        tuple(goal.aim.threshold for goal in task.goals),
        (True,) * len(task.goals),
        tuple(float(s) for s in screen.scales),
        0.0,
        task.each,
        tie,
    )
    second = replace(first, evaluate=chance, confidence=task.confidence)
    return _Search(task, ledger, first, second, screen, tell)


def _draw(task: Task):  # type: ignore[no-untyped-def]
    if task.confidence == 0:
        return None
    from haihe.scenario.futures import draw_futures

    return draw_futures(task.model, task.catalogue, task.futures, task.seed)


def _attempt(search: _Search, work: Callable[[], object], part: float = 1.0) -> bool:
    """Do a part of the search; what it found stays, also where it is cut short.

    Parameters
    ----------
    part
        Share of the task's time and runs that may be used up when it ends.
    """
    ledger = search.ledger
    ledger.part = part
    try:
        work()
    except OutOfBudget:
        if part < 1 and ledger.limit != "stopped":
            ledger.cut, ledger.limit = ledger.limit, ""
        return False
    except KeyboardInterrupt:
        ledger.limit = "stopped"
        return False
    finally:
        ledger.part = 1.0
    return True


def _find_hopeless(search: _Search) -> list[int]:
    """Targets that are missed with every lever at its helpful limit, where levers are one-way.

    A search for a package would be in vain; the corners are the nearest misses there are.
    """
    problem, goals = search.problem, range(len(search.task.goals))
    corners = problem.extract(np.stack([search.screen.helpful(goal) for goal in goals]))
    values = problem.run(corners)
    search.best.take(corners, problem.worth(corners, values), problem.constraints(values))
    return [
        goal
        for goal in goals
        if not search.screen.mixed(goal).any()
        and holding(problem, [goal]).constraints(values)[goal].min() < 0
    ]


def _find_cheapest(search: _Search) -> None:
    problem, best = search.problem, search.best
    starts = starts_for(problem, search.screen)
    if problem.confidence:
        # Explore in one future, where a look costs a hundredth; then hold it in all of them.
        first = Best()
        _explore(search.plain, starts, first, search.task.seed)
        if first.point is not None:
            starts = np.vstack([first.point, starts])
    values, rows = problem.assess(starts)
    best.take(starts, values, rows)
    order = np.lexsort((values, -np.minimum(rows.min(axis=1), 0.0)))
    for place in order[:3]:
        polish(problem.assess, starts[place], best)
    if not problem.confidence:
        _explore(problem, starts, best, search.task.seed)
    if best.point is not None:
        polish(problem.assess, best.point, best)


def _explore(problem: Problem, starts: FloatArray, best: Best, seed: int) -> None:
    """Populations, then slopes from the best of them."""
    size = int(np.clip(3 * starts.shape[1], 40, 120))
    seeds = starts if best.point is None else np.vstack([best.point, starts])
    evolve(problem.assess, seeds, best, seed, 40, size)
    end = best.point if best.point is not None else best.miss
    if end is not None:
        polish(problem.assess, end, best)


def _find_feasible(search: _Search) -> None:
    """Make the worst miss as small as can be; where it vanishes, go on to the cheapest."""
    problem = search.problem
    aim = worst_margin(problem)
    found = Best()
    starts = starts_for(problem, search.screen)
    worst = problem.constraints(problem.run(starts)).min(axis=1)
    for place in np.argsort(-worst)[:3]:
        level = np.clip((worst[place] - 1e-3 + 5.0) / 10.0, 0.0, 1.0)
        polish(aim, np.append(starts[place], level), found)
    points = [found.point[:-1]] if found.point is not None else []
    for point in points:
        values, rows = problem.assess(point[np.newaxis])
        search.best.take(point[np.newaxis], values, rows)
    evolve(
        lambda x: (-(rows := problem.constraints(problem.run(x))).min(axis=1), rows[:, :0]),
        np.vstack([*points, starts]),
        (deep := Best()),
        search.task.seed,
        25,
        max(40, starts.shape[1]),
    )
    if deep.point is not None:
        end = deep.point[np.newaxis]
        search.best.take(end, *problem.assess(end))
        polish(aim, np.append(deep.point, np.clip((5.0 - deep.value) / 10, 0, 1)), found)
    if found.point is not None:
        end = found.point[np.newaxis, :-1]
        search.best.take(end, *problem.assess(end))
    if search.best.point is not None:
        polish(problem.assess, search.best.point, search.best)


# --- where there is a package -------------------------------------------------------------------


def _enrich(search: _Search) -> tuple[list[FloatArray], tuple[Price, ...]]:
    """The optimum and its alternatives, and what each target costs."""
    problem, best = search.problem, search.best
    assert best.point is not None
    _attempt(search, lambda: _harden(search), 0.7)
    problem = search.problem
    optimum, least = best.point, best.value
    prices: list[Price] = []
    search.tell(Text("为每个目标定价", "Pricing each target"))
    _attempt(search, lambda: _price_all(search, prices), 0.85)
    # A price may have met something cheaper that meets all targets as they are.
    if best.value < least:
        optimum, least = best.point, best.value
    slack = least + 2e-3 * abs(least)
    points = [tidy(problem, optimum, slack)]
    if search.task.packages > 1 and not search.ledger.limit:
        search.tell(Text("寻找不同的近优方案", "Looking for packages that differ"))
        room = search.task.within
        others = find_alternatives(
            problem, optimum, least, room, search.task.packages, search.task.seed
        )
        allowed = least + room * abs(least)
        points += [tidy(problem, other, allowed) for other in others]
    return points, tuple(prices)


def _harden(search: _Search) -> None:
    """Aim a little higher where fresh futures show that the search was lucky."""
    task, problem = search.task, search.problem
    if problem.confidence == 0:
        return
    for turn in range(2):
        assert search.best.point is not None
        check = _check(search, search.best.point, turn)
        short = problem.confidence - check.share_met
        if short <= 0:
            return
        aim = min(search.problem.confidence + short, 1.0 - 0.5 / task.futures)
        if aim <= search.problem.confidence:
            return
        search.tell(
            Text("新抽样上未达置信度：提高要求再找", "Short on fresh futures: aiming higher")
        )
        harder = replace(search.problem, confidence=aim)
        found = Best()
        polish(harder.assess, search.best.point, found)
        if found.point is None:
            return
        search.problem, search.best = harder, found


def _check(search: _Search, point: FloatArray, turn: int) -> Check:
    """A package on futures that no earlier step saw."""
    from haihe.scenario.futures import draw_future_block
    from haihe.scenario.futures_read import read_future_sources

    task = search.task
    sources = read_future_sources(task.model, task.catalogue)
    first = task.futures + turn * CHECKS
    fresh = draw_future_block(sources, task.model, task.catalogue, first, first + CHECKS, task.seed)
    evaluate = replace(search.problem.evaluate, futures=fresh)
    problem = replace(search.problem, evaluate=evaluate)
    margins = problem.margins(problem.run(point))[0]
    met = margins >= 0
    share = float(met.mean(axis=1).min() if task.each else met.all(axis=0).mean())
    low, high = wilson(share, CHECKS)
    return Check(CHECKS, task.seed, share, low, high)


def wilson(share: float, count: int, z: float = 1.959964) -> tuple[float, float]:
    """Interval of a share that was seen in a sample (Wilson 1927)."""
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def _price_all(search: _Search, prices: list[Price]) -> None:
    for goal in range(len(search.problem.held)):
        prices.append(_price(search, goal))


def _price(search: _Search, goal: int) -> Price:
    problem, optimum = search.problem, search.best.point
    assert optimum is not None
    aim = search.task.goals[goal].aim
    step = STRICTER * problem.scales[goal]
    shifts = [0.0] * len(problem.held)
    shifts[goal] = step
    stricter = Best()
    tighter = shifting(problem, shifts)
    polish(tighter.assess, _step_inside(search, tighter, goal, optimum), stricter, 25)
    # What meets the stricter targets meets the others too.
    if stricter.point is not None and stricter.value < search.best.value:
        search.best.point, search.best.value = stricter.point, stricter.value
    freed = Best()
    left = without(problem, goal)
    base = problem.extract(base_point(search.task.knobs))
    for start in (optimum, base) if any(left.held) else (base,):
        if any(left.held):
            polish(left.assess, start, freed, 25)
        else:
            polish(_unbound(left), start, freed, 25)
    shadow = None
    if stricter.point is not None:
        shadow = max(0.0, stricter.value - search.best.value) / step
    saved = None if freed.point is None else max(0.0, search.best.value - freed.value)
    return Price(aim.id, step, shadow, saved)


def _step_inside(search: _Search, problem: Problem, goal: int, point: FloatArray) -> FloatArray:
    """The first point on the way to the helpful corner at which a stricter task is met.

    Over futures a constraint has kinks, and a search that begins outside may not find its way in.
    """
    corner = problem.extract(search.screen.helpful(goal))
    way = point + np.linspace(0.0, 1.0, 25)[:, None] ** 2 * (corner - point)
    inside = np.flatnonzero(problem.constraints(problem.run(way)).min(axis=1) >= 0)
    return way[inside[0]] if inside.size else point


def _unbound(problem: Problem):  # type: ignore[no-untyped-def]
    """No target is left: the cheapest of all packages."""
    return lambda points: (
        problem.worth(points, problem.run(points)),
        np.zeros((len(points), 0)),
    )


# --- where there is none ------------------------------------------------------------------------


def _explain_failure(search: _Search) -> tuple[tuple[Reach, ...], tuple[Relaxed, ...]]:
    problem, task = search.problem, search.task
    reaches: list[Reach] = []
    relaxed: list[Relaxed] = []

    def reach() -> None:
        for goal in range(len(task.goals)):
            reaches.append(find_reach(problem, search.plain, search.screen, goal, task.seed))

    def relax() -> None:
        _attempt(search, lambda: _near(search))
        miss = search.best.miss
        assert miss is not None
        search.tell(Text("寻找最小的放宽", "Looking for the smallest relaxation"))
        found = [relax_targets(problem, miss)]
        if len(task.goals) > 1:
            found += [relax_one(problem, g, miss, task.seed) for g in range(len(task.goals))]
        found.append(relax_bounds(problem, miss))
        relaxed.extend(one for one in found if one is not None)

    _attempt(search, reach) and _attempt(search, relax)
    return tuple(reaches), tuple(_drop_repeated(relaxed))


def _near(search: _Search) -> None:
    """The nearest miss: the worst of the targets as little missed as can be."""
    problem, aim = search.problem, worst_margin(search.problem)
    found = Best()
    start = search.best.miss
    assert start is not None
    level = np.clip((search.best.least - 1e-3 + 5.0) / 10.0, 0.0, 1.0)
    polish(aim, np.append(start, level), found, 15)
    if found.point is not None:
        end = found.point[np.newaxis, :-1]
        search.best.take(end, *problem.assess(end))


def _drop_repeated(relaxed: list[Relaxed]) -> list[Relaxed]:
    """A relaxation of all targets that touches one of them is told once."""
    told: list[Relaxed] = []
    for one in relaxed:
        if one.kind == "target" and any(one.shifts == other.shifts for other in told):
            continue
        told.append(one)
    return told


# --- the answer ---------------------------------------------------------------------------------


def _answer(
    search: _Search,
    points: list[FloatArray],
    prices: tuple[Price, ...],
    reaches: tuple[Reach, ...],
    relaxed: tuple[Relaxed, ...],
) -> Solved:
    task, problem = search.task, search.problem
    limit = search.ledger.limit or search.ledger.cut
    # What is told is run again outside the budget: an answer without its numbers is none.
    search.ledger.members_limit, search.ledger.limit = 2**62, ""
    search.ledger.part = 1.0
    search.ledger.seconds_limit = float("inf")
    if search.best.point is not None and not points:
        points = [search.best.point]
    shown = points or ([search.best.miss] if search.best.miss is not None else [])
    packages = [
        _package(search, problem, point, chr(65 + i), bool(points), shown[0])
        for i, point in enumerate(shown)
    ]
    packages = [packages[0], *sorted(packages[1:], key=lambda p: p.cost)] if packages else []
    order = [next(i for i, p in enumerate(shown) if chr(65 + i) == one.label) for one in packages]
    packages = [replace(one, label=chr(65 + i)) for i, one in enumerate(packages)]
    relaxations = tuple(_tell_relaxed(search, one) for one in relaxed)
    base = problem.evaluate.run_scenario()
    whole = replace(problem, active=tuple(range(len(task.knobs))))
    base_rows = holding(whole, range(len(task.goals))).constraints(base)
    verdict = _judge(search, reaches, limit)
    free = _list_free(search)
    bands = tuple(replace(knob.band, priced=knob.band.id not in free) for knob in task.knobs)
    idle = tuple(k.band.id for i, k in enumerate(task.knobs) if i not in problem.active)
    title = _objective_title(task)
    notes = [
        *note_held(task),
        *note_free(task, free),
        *note_check(packages, task.confidence),
        *note_method(verdict, reaches),
        *note_limit(limit),
    ]
    solution = Solution(
        title=task.title,
        scenario=task.scenario.id,
        verdict=verdict,
        objective=title,
        objective_unit=task.cost.shown if task.cost is not None else "",
        base_cost=float(base.cost[0]),
        base_meets=bool(base_rows.min() >= 0),
        confidence=task.confidence,
        each=task.each,
        futures=task.futures,
        seed=task.seed,
        bands=bands,
        aims=tuple(goal.aim for goal in task.goals),
        packages=tuple(packages),
        prices=prices,
        reaches=reaches,
        relaxations=relaxations,
        idle=idle,
        effort=Effort(search.ledger.members, search.ledger.points, search.ledger.seconds, limit),
        sentence=Text("", ""),
        notes=tuple(notes),
    )
    solution = replace(solution, sentence=say_solution(solution))
    settings = tuple(
        write_settings(task, problem.evaluate.lasting, problem.embed(shown[i])[0]) for i in order
    )
    return Solved(solution, task, settings)


def _list_free(search: _Search) -> tuple[str, ...]:
    """Levers that move a target and that the model gives no cost."""
    if search.task.cost is None:
        return ()
    costs = search.screen.cost
    small = 1e-9 * max(1e-12, float(costs.max()))
    knobs = search.task.knobs
    return tuple(knobs[i].band.id for i in search.problem.active if costs[i] <= small)


def _objective_title(task: Task) -> Text:
    if task.cost is None:
        return Text("努力（各杠杆偏离情景的幅度之和）", "Effort: how far levers leave the scenario")
    title = task.catalogue.outcomes[task.cost.outcome].title
    return Text(f"{title.zh}（{task.cost_year:g}年）", f"{title.en}, {task.cost_year:g}")


def _judge(search: _Search, reaches: tuple[Reach, ...], limit: str) -> Verdict:
    if search.best.point is not None:
        return Verdict.FOUND
    hopeless = [r for r in reaches if not r.possible]
    if any(r.monotone and not r.beaten for r in hopeless):
        return Verdict.IMPOSSIBLE
    return Verdict.UNDECIDED if limit and not hopeless else Verdict.NOT_FOUND


def _package(
    search: _Search, problem: Problem, point: FloatArray, label: str, met: bool, first: FloatArray
) -> Package:
    plain = replace(search.plain, thresholds=problem.thresholds)
    values = problem.run(point)
    asked = replace(problem, confidence=search.task.confidence)
    reached, share = describe_reached(asked, plain.run(point), values, 0)
    full = problem.embed(point)[0]
    shares = tuple(
        float(knob.band.least + s * (knob.band.most - knob.band.least))
        for knob, s in zip(search.task.knobs, full, strict=True)
    )
    check = _check(search, point, 2) if met and problem.confidence else None
    return Package(
        label, shares, float(values.cost[0]), reached, share, distance(point, first), check
    )


def _tell_relaxed(search: _Search, found: Relaxed) -> Relaxation:
    task, problem = search.task, search.problem
    changes: list[tuple[str, float, float]] = []
    for goal, shift, threshold in zip(task.goals, found.shifts, problem.thresholds, strict=True):
        if shift > 0:
            changes.append((goal.aim.id, threshold, threshold - goal.sign * shift))
    if found.knobs:
        wider = replace(task, knobs=found.knobs)
        problem = replace(problem, evaluate=replace(problem.evaluate, task=wider))
        for old, new in zip(task.knobs, found.knobs, strict=True):
            if new.band.least < old.band.least:
                changes.append((new.band.id, old.band.least, new.band.least))
            if new.band.most > old.band.most:
                changes.append((new.band.id, old.band.most, new.band.most))
    eased = shifting(problem, [-shift for shift in found.shifts])
    rows = eased.constraints(eased.run(found.point))
    other = replace(search, task=eased.evaluate.task, problem=eased)
    package = _package(other, eased, found.point, "R", False, found.point)
    return Relaxation(found.kind, tuple(changes), bool(rows.min() >= 0), package)


__all__ = ["Evaluator", "Solved", "solve", "wilson"]
