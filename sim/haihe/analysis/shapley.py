"""Who contributed what to the worth of a coalition: values of cooperative game theory.

A set function is an array `values` (2^n, cell): row `s` is the worth of the coalition whose members
are the bits of `s`. All functions are linear in `values` and work on every cell (a year, an
outcome) at once.

Sources: Shapley (1953), "A value for n-person games"; Owen (1977), "Values of games with a priori
unions"; Grabisch and Roubens (1999), International Journal of Game Theory 28:547, for the
interaction index; Castro, Gómez and Tejada (2009), Computers & Operations Research 36:1726, for
sampling of orders (all unverified, from memory).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from haihe.model.types import FloatArray

Masks = NDArray[np.bool_]
"""Coalitions (coalition, player): who is in."""
Worth = Callable[[Masks], FloatArray]
"""Worth (coalition, cell) of coalitions."""
Unions = Sequence[Sequence[int]]
"""Players by union; each player stands in exactly one."""

MOST_EXACT = 15
"""Most players of whom every coalition is evaluated."""


def list_coalitions(players: int) -> Masks:
    """Every coalition (2^n, n), in the order of the rows of a set function."""
    rows = np.arange(1 << players)
    return (rows[:, None] >> np.arange(players) & 1).astype(bool)


def shapley_values(values: FloatArray) -> FloatArray:
    """Shapley value of each player (player, cell): the mean of what it adds, over all orders."""
    players = count_players(values)
    result = np.empty((players, values.shape[1]))
    for player in range(players):
        rows, added = marginals(values, player)
        sizes = np.bitwise_count(rows)
        weights = np.array([1 / (players * comb(players - 1, size)) for size in range(players)])
        result[player] = weights[sizes] @ added
    return result


def count_players(values: FloatArray) -> int:
    """How many players a set function has.

    Raises
    ------
    ValueError
        Where the rows are not all coalitions of some players.
    """
    players = len(values).bit_length() - 1
    if len(values) != 1 << players:
        raise ValueError(f"{len(values)} rows are not all the coalitions of any players")
    return players


def marginals(values: FloatArray, player: int) -> tuple[NDArray[np.int64], FloatArray]:
    """Coalitions without a player (row,), and what it adds to each (row, cell)."""
    rows = np.arange(len(values))
    without = rows[rows >> player & 1 == 0]
    return without, values[without | 1 << player] - values[without]


def marginal_range(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and most that a player adds in any order, both (player, cell)."""
    found = [marginals(values, player)[1] for player in range(count_players(values))]
    return np.array([f.min(axis=0) for f in found]), np.array([f.max(axis=0) for f in found])


def switch_one_off(values: FloatArray) -> FloatArray:
    """What is lost when a player alone leaves the whole (player, cell)."""
    whole = len(values) - 1
    return np.array([values[whole] - values[whole ^ 1 << i] for i in range(count_players(values))])


def switch_one_on(values: FloatArray) -> FloatArray:
    """What is gained when a player alone joins nobody (player, cell)."""
    return np.array([values[1 << i] - values[0] for i in range(count_players(values))])


def interaction_values(values: FloatArray) -> FloatArray:
    """Shapley interaction index of each pair (player, player, cell), symmetric, 0 on the diagonal.

    Below zero two players stand in for each other, above zero they need each other.
    """
    players = count_players(values)
    result = np.zeros((players, players, values.shape[1]))
    for player in range(players - 1):
        rows, added = marginals(values, player)
        others = np.arange(player + 1, players)
        signed = pair_weights(rows, others, players)
        result[player, others] = signed @ added
        result[others, player] = result[player, others]
    return result


def pair_weights(
    rows: NDArray[np.int64], others: NDArray[np.int64], players: int
) -> NDArray[np.float64]:
    """Weights (other, row) by which the marginals of one player make its interactions."""
    weights = np.array([1 / ((players - 1) * comb(players - 2, s)) for s in range(players - 1)])
    inside = rows[None] >> others[:, None] & 1
    return np.asarray((2 * inside - 1) * weights[np.bitwise_count(rows)[None] - inside])


def owen_values(values: FloatArray, unions: Unions) -> FloatArray:
    """Owen value of each player (player, cell): orders in which no union is broken up."""
    result = np.zeros((count_players(values), values.shape[1]))
    outer = [sum(1 << player for player in union) for union in unions]
    for place, union in enumerate(unions):
        rest = outer[:place] + outer[place + 1 :]
        for player in union:
            mates = [1 << mate for mate in union if mate != player]
            rows, weights = zip(*_pair_sets(_weigh(rest), _weigh(mates)), strict=True)
            at = np.array(rows)
            result[player] = np.array(weights) @ (values[at | 1 << player] - values[at])
    return result


def _weigh(parts: Sequence[int]) -> list[tuple[int, float]]:
    """Every subset of disjoint bit sets, as a row, with its share of the orders."""
    count = len(parts)
    return [
        (sum(chosen), 1 / ((count + 1) * comb(count, size)))
        for size in range(count + 1)
        for chosen in combinations(parts, size)
    ]


def _pair_sets(
    outer: Sequence[tuple[int, float]], inner: Sequence[tuple[int, float]]
) -> Iterator[tuple[int, float]]:
    for row, weight in outer:
        for mates, share in inner:
            yield row | mates, weight * share


@dataclass(frozen=True, slots=True)
class Sampled:
    """What sampled orders say; every array is (player, cell)."""

    values: FloatArray
    """Estimates; in every cell they sum to the total, whatever the sample."""
    errors: FloatArray
    """Standard errors, over the pairs of an order and its reverse."""
    low: FloatArray
    """Least marginal that was seen: the true least is no higher."""
    high: FloatArray
    off: FloatArray
    on: FloatArray
    worth: FloatArray
    """Worth of nobody and of all (2, cell)."""
    coalitions: int
    """How many were evaluated."""


def sample_values(
    worth: Worth, players: int, pairs: int, seed: int = 0, unions: Unions | None = None
) -> Sampled:
    """Estimate Shapley values (Owen values with unions) from orders drawn at random.

    Orders come in antithetic pairs, each with its reverse; what the orders share is evaluated once.

    Parameters
    ----------
    worth
        Called once, with every coalition that is needed.
    pairs
        How many pairs of orders [1], at least 2.
    unions
        Draw only orders that break up no union.
    """
    orders = draw_orders(players, pairs, np.random.default_rng(seed), unions)
    needed, index = list_needed(orders, players)
    values = worth(needed)
    empty, whole, on, off = _simple_rows(index, players)
    summed = np.zeros((players, values.shape[1]))
    squared, low, high = (
        summed.copy(),
        np.full(summed.shape, np.inf),
        np.full(summed.shape, -np.inf),
    )
    for pair in orders.reshape(pairs, 2, players):
        mean = np.zeros(summed.shape)
        for order in pair:
            added = np.empty(summed.shape)
            added[order] = np.diff(values[_climb(order, index)], axis=0)
            low, high = np.minimum(low, added), np.maximum(high, added)
            mean += added / 2
        summed += mean
        squared += mean**2
    mean = summed / pairs
    spread = np.maximum(squared / pairs - mean**2, 0) * pairs / (pairs - 1)
    return Sampled(
        mean,
        np.sqrt(spread / pairs),
        np.minimum(low, values[on] - values[empty]),
        np.maximum(high, values[on] - values[empty]),
        values[whole] - values[off],
        values[on] - values[empty],
        values[[empty, whole]],
        len(needed),
    )


def draw_orders(
    players: int, pairs: int, random: np.random.Generator, unions: Unions | None = None
) -> NDArray[np.int64]:
    """Orders (2 * pairs, player), each followed by its reverse."""
    parts = [np.array(union) for union in unions or [range(players)]]
    drawn = []
    for _ in range(pairs):
        order = np.concatenate(
            [random.permutation(parts[i]) for i in random.permutation(len(parts))]
        )
        drawn += [order, order[::-1]]
    return np.array(drawn, dtype=np.int64)


Index = dict[bytes, int]


def list_needed(orders: NDArray[np.int64], players: int) -> tuple[Masks, Index]:
    """Coalitions that orders pass through, each once, with those of the simple wedges."""
    single = np.eye(players, dtype=bool)
    rows = [np.zeros((1, players), dtype=bool), np.ones((1, players), dtype=bool), single, ~single]
    rows += [_steps(order) for order in orders]
    needed = np.unique(np.concatenate(rows), axis=0)
    return needed, {row.tobytes(): at for at, row in enumerate(needed)}


def _steps(order: NDArray[np.int64]) -> Masks:
    """Coalitions on the way from nobody to all (step, player)."""
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[None] < np.arange(len(order) + 1)[:, None])


def _climb(order: NDArray[np.int64], index: Index) -> list[int]:
    return [index[step.tobytes()] for step in _steps(order)]


def _simple_rows(index: Index, players: int) -> tuple[int, int, list[int], list[int]]:
    single = np.eye(players, dtype=bool)
    empty, whole = np.zeros(players, dtype=bool), np.ones(players, dtype=bool)
    on = [index[row.tobytes()] for row in single]
    off = [index[row.tobytes()] for row in ~single]
    return index[empty.tobytes()], index[whole.tobytes()], on, off
