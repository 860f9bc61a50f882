"""What is believed of an uncertain number: distributions, and their quantiles.

Everything that is drawn goes through `Distribution.ppf`, from numbers between 0 and 1: a design
fills the unit cube, and the distributions stretch it. Whatever the design, the same place in the
cube is the same input.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from haihe.model.types import FloatArray
from haihe.text import Text

Shape = Literal["uniform", "triangular", "normal", "lognormal", "levels", "choice", "data"]

NUMBERS: Mapping[Shape, tuple[str, ...]] = {
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "normal": ("mean", "sd"),
    "lognormal": ("median", "sd of the logarithm"),
}
"""What the numbers of a shape are; those of the others are the values themselves."""
_NUMBERS_ZH = {
    "low": "下限",
    "mode": "众数",
    "high": "上限",
    "mean": "均值",
    "sd": "标准差",
    "median": "中位数",
    "sd of the logarithm": "对数的标准差",
}

LEAST_MASS = 1e-3
"""Least part of a distribution that truncation may leave."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A belief about one number.

    `uniform`, `triangular`, `normal` and `lognormal` hold the numbers that `NUMBERS` names;
    `levels` and `choice` the values that may be taken, equally likely or by `weights`; `data` the
    observed values in rising order, with straight lines between their quantiles.
    """

    shape: Shape
    numbers: tuple[float, ...]
    weights: tuple[float, ...] = ()
    """Of `choice`: probabilities, which add up to 1."""
    within: tuple[float, float] | None = None
    """Ends of truncation; what lies outside is spread over what lies inside."""

    @property
    def discrete(self) -> bool:
        """Are single values taken?"""
        return self.shape in {"levels", "choice"}

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest value; infinite where it has no end."""
        low, high = _find_support(self)
        if self.within is None:
            return low, high
        return max(low, self.within[0]), min(high, self.within[1])

    def ppf(self, u: FloatArray) -> FloatArray:
        """Quantiles of numbers between 0 and 1, of the same shape."""
        if self.within is None:
            return _find_quantiles(self, np.asarray(u, dtype=float))
        first, last = find_mass(self)
        inside = _find_quantiles(self, first + np.asarray(u, dtype=float) * (last - first))
        return np.clip(inside, *self.support)

    def cdf(self, x: FloatArray) -> FloatArray:
        """Part of the distribution at or below values."""
        plain = _find_shares(self, np.asarray(x, dtype=float))
        if self.within is None:
            return plain
        first, last = find_mass(self)
        return np.clip((plain - first) / (last - first), 0.0, 1.0)


def find_mass(distribution: Distribution) -> tuple[float, float]:
    """Parts of the untruncated distribution below the two ends of truncation."""
    if distribution.within is None:
        return 0.0, 1.0
    first, last = _find_shares(distribution, np.asarray(distribution.within))
    return float(first), float(last)


def describe_distribution(distribution: Distribution) -> dict[str, Any]:
    """Plain values that say all of a distribution, for JSON."""
    names = NUMBERS.get(distribution.shape)
    said: dict[str, Any] = {"shape": distribution.shape}
    said |= dict(zip(names, distribution.numbers)) if names else {"values": distribution.numbers}
    if distribution.weights:
        said["weights"] = distribution.weights
    if distribution.within:
        said["within"] = distribution.within
    return {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}


def read_description(said: Mapping[str, Any]) -> Distribution:
    """The distribution that `describe_distribution` wrote down.

    Raises
    ------
    KeyError
        Where it is no such description.
    """
    shape: Shape = said["shape"]
    names = NUMBERS.get(shape)
    numbers = [said[name] for name in names] if names else said["values"]
    within = said.get("within")
    return Distribution(
        shape,
        tuple(numbers),
        tuple(said.get("weights", ())),
        (within[0], within[1]) if within else None,
    )


def show_distribution(distribution: Distribution, digits: int = 4) -> str:
    """One line for people, such as `triangular 1, 2, 4`."""
    numbers = distribution.numbers
    few = [f"{number:.{digits}g}" for number in numbers[:6]]
    if distribution.shape == "data":
        few = [f"{len(numbers)} values from {numbers[0]:.{digits}g} to {numbers[-1]:.{digits}g}"]
    elif len(numbers) > len(few):
        few.append("…")
    text = f"{distribution.shape} {', '.join(few)}"
    if distribution.within:
        text += " within {:.{d}g} to {:.{d}g}".format(*distribution.within, d=digits)
    return text


def explain_problem(distribution: Distribution) -> Text | None:
    """What is wrong with the numbers of a distribution; None where nothing is."""
    numbers, shape = distribution.numbers, distribution.shape
    named = NUMBERS.get(shape)
    if named and len(numbers) != len(named):
        return Text(
            f"{shape} 需要 {len(named)} 个数：{'、'.join(_NUMBERS_ZH[one] for one in named)}",
            f"{shape} takes {len(named)} numbers: {', '.join(named)}",
        )
    problem = _explain_numbers(shape, numbers, distribution.weights)
    if problem or distribution.within is None:
        return problem
    if distribution.discrete:
        return Text(
            f"{shape} 只取所列的值，不能截断",
            f"{shape} takes the values it lists: nothing can be cut off",
        )
    low, high = distribution.within
    if low >= high:
        return Text(f"{low:g} 不小于 {high:g}", f"{low:g} does not come before {high:g}")
    first, last = find_mass(distribution)
    if last - first < LEAST_MASS:
        return Text(
            f"{shape} 分布只有 {last - first:.1g} 落在 {low:g} 至 {high:g} 之内",
            f"only {last - first:.1g} of the {shape} distribution lies within {low:g} to {high:g}",
        )
    return None


def _explain_numbers(
    shape: Shape, numbers: tuple[float, ...], weights: tuple[float, ...]
) -> Text | None:
    if shape in {"uniform", "triangular"} and list(numbers) != sorted(numbers):
        return Text("这些数不是由小到大", "these numbers do not rise")
    if shape in {"uniform", "triangular"} and numbers[0] == numbers[-1]:
        low, high = numbers[0], numbers[-1]
        return Text(f"从 {low:g} 到 {high:g} 没有变化", f"from {low:g} to {high:g} nothing varies")
    if shape in {"normal", "lognormal"} and numbers[1] <= 0:
        return _say_not_above(NUMBERS[shape][1], numbers[1])
    if shape == "lognormal" and numbers[0] <= 0:
        return _say_not_above("median", numbers[0])
    if shape == "data" and (len(numbers) < 2 or numbers[0] == numbers[-1]):
        return Text("数据中不同的值少于两个", "the data hold fewer than two different values")
    if shape in {"levels", "choice"} and not numbers:
        return Text(f"{shape} 没有列出任何值", f"{shape} lists no value")
    if shape in {"levels", "choice"} and len(set(numbers)) < len(numbers):
        return Text(f"{shape} 中有重复的值", f"{shape} lists a value twice")
    if weights and len(weights) != len(numbers):
        return Text(
            f"{len(numbers)} 个值却有 {len(weights)} 个权重",
            f"{len(weights)} weights for {len(numbers)} values",
        )
    return None


def _say_not_above(what: str, number: float) -> Text:
    return Text(
        f"{_NUMBERS_ZH[what]} {number:g} 不大于 0", f"a {what} of {number:g} is not above 0"
    )


def _find_support(distribution: Distribution) -> tuple[float, float]:
    if distribution.shape == "normal":
        return -math.inf, math.inf
    if distribution.shape == "lognormal":
        return 0.0, math.inf
    return min(distribution.numbers), max(distribution.numbers)


def _find_quantiles(distribution: Distribution, u: FloatArray) -> FloatArray:
    numbers, shape = distribution.numbers, distribution.shape
    if shape == "uniform":
        low, high = numbers
        return np.asarray(low + u * (high - low))
    if shape == "triangular":
        return _bend(u, *numbers)
    if shape in {"normal", "lognormal"}:
        from scipy.special import ndtri

        centre, spread = numbers
        z = ndtri(u)
        return np.asarray(centre + spread * z if shape == "normal" else centre * np.exp(spread * z))
    if shape == "data":
        return np.interp(u, np.linspace(0.0, 1.0, len(numbers)), numbers)
    ends = np.cumsum(_weigh(distribution))[:-1]
    return np.asarray(numbers, dtype=float)[np.searchsorted(ends, u, side="right")]


def _bend(u: FloatArray, low: float, mode: float, high: float) -> FloatArray:
    """Quantiles of the triangle."""
    span, left, right = high - low, mode - low, high - mode
    rising = low + np.sqrt(np.clip(u, 0, 1) * span * left)
    falling = high - np.sqrt(np.clip(1 - u, 0, 1) * span * right)
    return np.where(u * span < left, rising, falling)


def _find_shares(distribution: Distribution, x: FloatArray) -> FloatArray:
    numbers, shape = distribution.numbers, distribution.shape
    if shape == "uniform":
        low, high = numbers
        return np.clip((x - low) / (high - low), 0.0, 1.0)
    if shape == "triangular":
        return _find_triangle_share(x, *numbers)
    if shape in {"normal", "lognormal"}:
        from scipy.special import ndtr

        centre, spread = numbers
        if shape == "normal":
            return np.asarray(ndtr((x - centre) / spread))
        with np.errstate(divide="ignore"):
            return np.asarray(ndtr(np.log(np.maximum(x, 0.0) / centre) / spread))
    if shape == "data":
        return np.interp(x, numbers, np.linspace(0.0, 1.0, len(numbers)), left=0.0, right=1.0)
    order = np.argsort(numbers)
    shares = np.concatenate([[0.0], np.cumsum(np.asarray(_weigh(distribution))[order])])
    return shares[np.searchsorted(np.asarray(numbers)[order], x, side="right")]


def _find_triangle_share(x: FloatArray, low: float, mode: float, high: float) -> FloatArray:
    x = np.clip(x, low, high)
    span, left, right = high - low, mode - low, high - mode
    with np.errstate(divide="ignore", invalid="ignore"):
        rising = (x - low) ** 2 / (span * left)
        falling = 1 - (high - x) ** 2 / (span * right)
    return np.where(x < mode, rising, np.where(right > 0, falling, 1.0))


def _weigh(distribution: Distribution) -> tuple[float, ...]:
    count = len(distribution.numbers)
    return distribution.weights or (1.0 / count,) * count
