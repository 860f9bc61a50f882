"""Elementary effects: trajectories of Morris, and one factor at a time.

An elementary effect is the change of the outcome divided by the change of the factor, which is
measured in parts of the factor's whole range. So it reads as "what moving the factor from one end
to the other would do, were the response straight", in the unit of the outcome.

Sources
-------
Morris (1991), Technometrics 33, 161-174, doi:10.1080/00401706.1991.10484804.
Campolongo, Cariboni, Saltelli (2007), Environmental Modelling & Software 22, 1509-1518,
doi:10.1016/j.envsoft.2006.10.004 (the mean of absolute effects, mu_star).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from haihe.analysis.select_inputs import FloatArray, IntArray
from haihe.analysis.sensitivity_sobol import RESAMPLES, Z95
from haihe.errors import InputError
from haihe.text import Text


@dataclass(frozen=True, slots=True)
class MorrisMeasures:
    """Measures of elementary effects (factor, time)."""

    mu: FloatArray
    mu_star: FloatArray
    mu_star_conf: FloatArray
    sigma: FloatArray
    halves: FloatArray
    """mu_star from each half of the trajectories (half, factor, time)."""
    effects: IntArray
    """How many effects each factor has (factor,)."""


def find_steps(inputs: FloatArray) -> tuple[IntArray, FloatArray]:
    """Which factor each step of each trajectory moves, and by how much of its range.

    Parameters
    ----------
    inputs
        Values (member, factor), trajectories of (factors + 1) members one after another.

    Returns
    -------
    tuple
        Factor and change, both (trajectory, step).

    Raises
    ------
    InputError
        Where the members are no such trajectories.
    """
    members, factors = inputs.shape
    if factors < 1 or members % (factors + 1):
        raise _no_trajectories(members, factors)
    paths = inputs.reshape(-1, factors + 1, factors)
    moves = np.diff(paths, axis=1)
    moved = moves != 0
    if not np.all(moved.sum(axis=2) == 1) or not np.all(moved.sum(axis=1) == 1):
        raise _no_trajectories(members, factors)
    which = np.argmax(moved, axis=2)
    extent = np.ptp(inputs, axis=0)
    change = np.take_along_axis(moves, which[:, :, None], axis=2)[:, :, 0] / extent[which]
    return which.astype(np.int64), change


def _no_trajectories(members: int, factors: int) -> InputError:
    return InputError(
        Text(
            f"这 {members} 个成员不是 {factors} 个因素的 Morris 轨迹",
            f"the {members} members are no Morris trajectories of {factors} factors",
        ),
        expected=Text(
            "morris 设计的研究，或 --method pawn、rbd-fast、regression",
            "a study of the design morris, or --method pawn, rbd-fast or regression",
        ),
    )


def estimate_morris(values: FloatArray, inputs: FloatArray, seed: int = 0) -> MorrisMeasures:
    """Measures of elementary effects; effects that touch a failed member are left out.

    Parameters
    ----------
    values
        Outcomes (member, time), NaN where a member failed.
    inputs
        Values of the factors (member, factor).
    """
    which, change = find_steps(inputs)
    trajectories, factors = which.shape
    paths = values.reshape(trajectories, factors + 1, -1)
    slopes = np.diff(paths, axis=1) / change[:, :, None]
    effects = np.take_along_axis(slopes, np.argsort(which, axis=1)[:, :, None], axis=1)
    return _measure(effects, seed)


def _measure(effects: FloatArray, seed: int) -> MorrisMeasures:
    """Measures of effects (trajectory, factor, time)."""
    count = len(effects)
    generator = np.random.default_rng([seed, count])
    size = np.abs(effects)
    half = count // 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a factor without any effect is NaN
        drawn = [
            np.nanmean(size[generator.integers(0, count, count)], axis=0) for _ in range(RESAMPLES)
        ]
        return MorrisMeasures(
            mu=np.nanmean(effects, axis=0),
            mu_star=np.nanmean(size, axis=0),
            mu_star_conf=Z95 * np.std(drawn, axis=0, ddof=1),
            sigma=np.nanstd(effects, axis=0, ddof=1),
            halves=np.stack([np.nanmean(part, axis=0) for part in (size[:half], size[half:])]),
            effects=np.isfinite(effects).all(axis=2).sum(axis=0).astype(np.int64),
        )


@dataclass(frozen=True, slots=True)
class Swings:
    """What an outcome does between the ends of each factor."""

    low: FloatArray
    """Outcome at the factor's low end (factor, time)."""
    high: FloatArray
    base: FloatArray
    """Outcome of the base run, or the mean of all (time,)."""
    low_value: FloatArray
    """Value of the factor at its low end (factor,)."""
    high_value: FloatArray


def find_swings(values: FloatArray, inputs: FloatArray) -> Swings:
    """Outcomes at the ends of each factor, one moved at a time from the first member, the base.

    Raises
    ------
    InputError
        Where a member moves more than one factor.
    """
    unset = np.isnan(inputs) & np.isnan(inputs[0])  # the scenario's own course, no single number
    moved = (inputs != inputs[0]) & ~unset
    if np.any(moved.sum(axis=1) > 1):
        raise InputError(
            Text(
                "有成员与首个成员相比变动了不止一个因素",
                "a member moves more than one factor from the first one",
            ),
            expected=Text("one-at-a-time 设计的研究", "a study of the design one-at-a-time"),
        )
    ends = [_ends_of(inputs[:, i], moved[:, i]) for i in range(inputs.shape[1])]
    low, high = (np.array([end[side] for end in ends], dtype=np.int64) for side in (0, 1))
    factors = np.arange(inputs.shape[1])
    return Swings(values[low], values[high], values[0], inputs[low, factors], inputs[high, factors])


def _ends_of(values: FloatArray, moved: np.ndarray) -> tuple[int, int]:
    """Members with the least and the greatest value of a factor, the base run among them."""
    rows = np.concatenate([[0], np.flatnonzero(moved)])
    rows = rows[~np.isnan(values[rows])] if np.isfinite(values[rows]).any() else rows
    return int(rows[np.argmin(values[rows])]), int(rows[np.argmax(values[rows])])


def average_swings(values: FloatArray, inputs: FloatArray, share: float = 0.1) -> Swings:
    """Mean outcome where a factor is in its lowest and its highest tenth, from any sample."""
    count = max(1, round(share * len(values)))
    low, high, ends = [], [], []
    for factor in range(inputs.shape[1]):
        x = inputs[:, factor]
        below, above = np.partition(x, count - 1)[count - 1], np.partition(x, -count)[-count]
        low.append(values[x <= below].mean(axis=0))
        high.append(values[x >= above].mean(axis=0))
        ends.append((x[x <= below].mean(), x[x >= above].mean()))
    means = np.array(ends)
    return Swings(np.array(low), np.array(high), values.mean(axis=0), means[:, 0], means[:, 1])
