"""Random numbers that hang on nothing but their key: (seed, member, call, step).

Each draw is one block of a counter-based generator, so that no draw hangs on another: not on the
batch, on the order of evaluation, on the number of threads or on what else is computed.

Sources
-------
J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random numbers: as easy as 1, 2, 3,
SC '11 (2011), doi:10.1145/2063384.2063405: Philox-4x32 with ten rounds.
What a truncated draw is: Vensim reference manual, "RANDOM NORMAL", "RANDOM EXPONENTIAL",
"RANDOM UNIFORM"; which functions there are: PySD 3.14, `python_functions.py`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from haihe.compile.ir import Call, Expr, Number, Place
from haihe.compile.rewrite import ONE, ZERO, add, mul, select, sub, xidz
from haihe.model.types import FloatArray

Words = NDArray[np.uint64]

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
LOW = 0xFFFFFFFF
WHOLE = 6755399441055744.0
"""1.5 * 2^52: what is added to it stands, rounded, in the low bits."""
BELOW_ONE = 1.0 - 2.0**-53
ONE_BITS = 0x3FF0000000000000


def philox(counter: tuple[Words, Words, Words, Words], seed: int) -> tuple[Words, ...]:
    """Four words of 32 bits for each counter of four."""
    c0, c1, c2, c3 = counter
    k0, k1 = seed & LOW, seed >> 32
    low, shift = np.uint64(LOW), np.uint64(32)
    for _ in range(ROUNDS):
        a, b = c0 * np.uint64(MULTIPLIERS[0]), c2 * np.uint64(MULTIPLIERS[1])
        c0, c1, c2, c3 = (
            (b >> shift) ^ c1 ^ np.uint64(k0),
            b & low,
            (a >> shift) ^ c3 ^ np.uint64(k1),
            a & low,
        )
        k0, k1 = (k0 + WEYL[0]) & LOW, (k1 + WEYL[1]) & LOW
    return c0, c1, c2, c3


def draw(seed: int, numbers: Words, stream: int, noise: FloatArray, step: int) -> FloatArray:
    """One number between 0 and 1, both left out, for each member.

    Parameters
    ----------
    numbers
        Of the members, below 2^32 (member,).
    stream
        Of the call, 64 bits.
    noise
        The stream that the model's author names; rounded, its low 32 bits count.
    """
    salt = (np.asarray(noise, dtype=np.float64) + WHOLE).view(np.uint64) & np.uint64(LOW)
    counter = (
        np.full_like(numbers, step & LOW),
        numbers,
        np.full_like(numbers, stream & LOW),
        np.uint64(stream >> 32) ^ np.broadcast_to(salt, numbers.shape),
    )
    first, second, *_ = philox(counter, seed)
    bits = (first >> np.uint64(12)) << np.uint64(32) | second | np.uint64(ONE_BITS)
    return bits.view(np.float64) - BELOW_ONE


def stream_of(place: Place, occurrence: int) -> tuple[int, int]:
    """Low and high word of the stream of a call: of its cell, and its number within."""
    text = f"{place[0]}\0{place[1]}\0{occurrence}"
    (whole,) = np.frombuffer(hashlib.sha256(text.encode()).digest()[:8], dtype="<u8")
    return int(whole) & LOW, int(whole) >> 32


# --- distributions ------------------------------------------------------------------------------


def _uniform(u: Expr, low: Expr, high: Expr) -> Expr:
    return add(low, mul(u, sub(high, low)))


def _within(x: Expr, low: Expr, high: Expr) -> Expr:
    """What rounding carried over a limit comes back to it."""
    return Call("min", (Call("max", (x, low)), high))


def _normal(u: Expr, low: Expr, high: Expr, mean: Expr, deviation: Expr) -> Expr:
    """By the inverse of the distribution between the limits, on the side where it has digits."""
    first = xidz(sub(low, mean), deviation, Number(-math.inf))
    last = xidz(sub(high, mean), deviation, Number(math.inf))
    above = Call("gt", (first, ZERO))
    start = Call("phi", (select(above, Call("neg", (last,)), first),))
    end = Call("phi", (select(above, Call("neg", (first,)), last),))
    size = Call("quantile", (_uniform(u, start, end),))
    z = select(above, Call("neg", (size,)), size)
    return _within(add(mean, mul(deviation, z)), low, high)


def _exponential(u: Expr, low: Expr, high: Expr, shift: Expr, stretch: Expr) -> Expr:
    start = Call("max", (low, shift))
    length = xidz(sub(high, start), stretch, Number(math.inf))
    share = mul(u, sub(ONE, Call("exp", (Call("neg", (length,)),))))
    drawn = sub(start, mul(stretch, Call("log", (sub(ONE, share),))))
    return _within(drawn, start, high)


DISTRIBUTIONS: Mapping[str, Callable[..., Expr]] = {
    "random_0_1": lambda u: u,
    "random_uniform": _uniform,
    "random_normal": _normal,
    "random_exponential": _exponential,
}
"""By function: its value, of a number between 0 and 1 and of the arguments but the stream."""
