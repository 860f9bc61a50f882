"""Numbers of a briefing: one value, its interval over futures, and what compares two of them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
import xarray as xr

from haihe.errors import InputError
from haihe.results.facts import Facts
from haihe.results.outlook import Outlook
from haihe.text import Text, list_choices
from haihe_viz.briefing_rounding import TAILS
from haihe_viz.labels import value_at

OBSERVED = "observed"
POINTS = Text("个百分点", " percentage points")


@dataclass(frozen=True, slots=True)
class Number:
    """A value and where nine futures in ten put it."""

    value: float
    interval: tuple[float, float] | None

    @property
    def half(self) -> float | None:
        """Half the width of the interval."""
        return None if self.interval is None else (self.interval[1] - self.interval[0]) / 2


def find_outcome(facts: Facts, outcome: str) -> xr.DataArray:
    """An outcome by its id.

    Raises
    ------
    InputError
        Where there is none, or where it has dimensions.
    """
    indicators = facts.report.indicators
    known = [str(n) for n, a in indicators.data_vars.items() if set(a.dims) == {"member", "time"}]
    if outcome in known:
        return indicators[outcome]
    expected = Text(
        "每年一个数的指标（`haihe list outcomes`）",
        "an outcome that is one number a year (`haihe list outcomes`)",
    )
    raise InputError(
        Text(f"没有指标 {outcome!r:.60}", f"there is no outcome {outcome!r:.60}"),
        None,
        expected,
        near(outcome, known),
    )


def find_target(facts: Facts, target: str) -> Outlook:
    """A target by its id.

    Raises
    ------
    InputError
        Where there is none.
    """
    known = {one.score.id: one for one in facts.outlooks}
    if target in known:
        return known[target]
    meant = near(target, list(known))
    raise InputError(
        Text(f"没有目标 {target!r:.60}", f"there is no target {target!r:.60}"),
        None,
        Text("`haihe list targets` 所列编号", "`haihe list targets`"),
        meant,
    )


def near(name: object, known: list[str]) -> tuple[str, ...]:
    """What may have been meant, best first."""
    folded = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(str(name).casefold(), folded, n=3, cutoff=0.5)
    return tuple(folded[one] for one in found)


def find_member(facts: Facts, of: str) -> str:
    """Label of a run by what a template calls it.

    Raises
    ------
    InputError
        Where there is none.
    """
    report = facts.report
    members = [str(one) for one in report.indicators["member"].to_numpy()]
    if of in ("", "scenario", "plan") and of not in members:
        return report.scenario
    if of == "baseline" and of not in members:
        if not report.baseline:
            raise InputError(
                Text("没有基线", "there is no baseline"),
                None,
                Text("用 --against 给出情景", "--against a scenario"),
            )
        return report.baseline
    if of in members:
        return of
    known = ["scenario", "baseline", OBSERVED, *members]
    raise InputError(
        Text(f"没有名为 {of!r:.60} 的运行", f"there is no run {of!r:.60}"),
        None,
        list_choices(known),
        near(of, known),
    )


def read_number(facts: Facts, outcome: str, year: float, of: str = "scenario") -> Number:
    """Value of an outcome in a year, of a run or as it was observed.

    Raises
    ------
    InputError
        Where there is no such outcome, run or year, or no number.
    """
    array = find_outcome(facts, outcome)
    if of == OBSERVED:
        history = facts.report.history
        seen = value_at(history[outcome], year) if outcome in history else None
        if seen is None:
            raise InputError(
                Text(
                    f"{outcome} 在 {year:g} 年没有观测值", f"{outcome} was not observed in {year:g}"
                )
            )
        return Number(seen, None)
    member = find_member(facts, of)
    value = value_at(array.sel(member=member), year)
    if value is None:
        times = array["time"].to_numpy()
        raise InputError(
            Text(f"{outcome} 在 {year:g} 年没有数值", f"{outcome} has no number in {year:g}"),
            None,
            Text(
                f"{times[0]:g} 至 {times[-1]:g} 之间的年份",
                f"a year from {times[0]:g} to {times[-1]:g}",
            ),
        )
    draws = draw_of(facts, outcome, year, member)
    return Number(value, None if draws is None else find_ends(draws))


def draw_of(facts: Facts, outcome: str, year: float, member: str) -> np.ndarray | None:
    """The value in every future (future,); None where nothing is known of it."""
    sample = facts.sample
    if sample is None or outcome not in sample:
        return None
    drawn = sample[outcome].sel(member=member)
    times = np.flatnonzero(np.isclose(drawn["time"].to_numpy().astype(float), year, atol=1e-6))
    if not times.size:
        return None
    values = drawn.transpose("future", "time").to_numpy()[:, times[0]]
    return values if np.isfinite(values).any() else None


def find_ends(values: np.ndarray) -> tuple[float, float] | None:
    """Where nine futures in ten lie; None without any number."""
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    low, high = np.quantile(known, TAILS)
    return float(low), float(high)


def is_share(array: xr.DataArray) -> bool:
    """Whether changes are said in percentage points."""
    return str(array.attrs.get("units", "")).startswith("%")


def compare(
    facts: Facts,
    outcome: str,
    new: tuple[float, str],
    old: tuple[float, str],
    absolute: bool = False,
) -> Number:
    """Change of an outcome from one year and run to another.

    In percent of the old value; in percentage points where the outcome is a share, in the
    outcome's unit where `absolute`. The interval is that of the change, future by future.

    Parameters
    ----------
    new, old
        Year and member's label.

    Raises
    ------
    InputError
        Where a number is missing, or the old one is zero.
    """
    plain = absolute or is_share(find_outcome(facts, outcome))
    one, other = (read_number(facts, outcome, *side).value for side in (new, old))
    if not plain and other == 0:
        raise InputError(
            Text(
                f"{outcome} 在 {old[0]:g} 年为 0，无法以百分比表示变化",
                f"{outcome} is 0 in {old[0]:g}, so that no change in percent can be said",
            ),
            None,
            "absolute=True",
        )
    value = one - other if plain else 100 * (one - other) / abs(other)
    draws = [draw_of(facts, outcome, *side) for side in (new, old)]
    if draws[0] is None or draws[1] is None:
        return Number(value, None)
    gap = draws[0] - draws[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = gap if plain else 100 * gap / np.abs(draws[1])
    return Number(value, find_ends(found))
