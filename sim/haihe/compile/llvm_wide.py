"""What processors with AVX-512 do in one instruction: tables in registers, and exp and pow by them.

A table of up to 16 numbers is read by a permutation of two registers. So e^x needs a polynomial
over a sixteenth of the usual range only, and x^y a logarithm without a division. Scaling by a power
of two, taking a number apart and what belongs to zeros, infinities and NaN are instructions too.

Tables are made here with 50 digits; polynomials are our own, made by the exchange of Remez (exp)
and Chebyshev interpolation. Accuracy is tested (`tests/unit/compile/test_llvm_math.py`).

Sources
-------
Reduction by tables: P. T. P. Tang, ACM Trans. Math. Softw. 15 (1989) 144-157 (exp) and 16 (1990)
378-400 (log). Instructions: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from itertools import pairwise

from haihe.compile.ir import Mode
from haihe.compile.llvm_text import Writer, hexadecimal, splat

LANES = 8
"""Numbers of a register."""
LARGEST = 2 * LANES
"""Numbers of a table."""
BYTES = 8 * LANES
"""Bytes of a register."""
MAGIC = 422212465065984.0
"""1.5 * 2^48: added to a number, it puts the nearest sixteenth into the low bits."""
DIGITS = 50
NEARLY = 1e-9
"""Of a place: starts that far from a place of a grid are tried on it."""
NEIGHBOURS = 3
"""Factors of a grid that are tried to either side of the nearest."""

EXP_TERMS = tuple(map(float.fromhex, (
    "0x1.fffffffffffb9p-2", "0x1.555555548f873p-3", "0x1.55555558fcaf7p-5",
    "0x1.11123aafd514bp-7", "0x1.6c14c6e933959p-10",
)))  # fmt: skip
"""(e^r - 1 - r) / r^2 for |r| <= ln 2 / 32; what is left out is at most 1.2e-17 of e^r."""
LOG_TERMS = tuple(map(float.fromhex, (
    "0x1.555555555554ep-2", "-0x1.00000000004f2p-2", "0x1.99999999da56fp-3",
    "-0x1.55555548fba2cp-3", "0x1.2492460d99c1ep-3", "-0x1.0000321c362e8p-3",
    "0x1.c7366d6e0e4f0p-4", "-0x1.99a019c34926bp-4", "0x1.511aab2674c20p-4",
)))  # fmt: skip
"""(log(1 + r) - r + r^2 / 2) / r^3 for r from -0.0372 to 0.0625."""
POW_TERMS = tuple(map(float.fromhex, (
    "-0x1.0000000000000p-2", "0x1.999999999996ap-3", "-0x1.55555555572adp-3",
    "0x1.24924924ef6e5p-3", "-0x1.ffffffd3dae88p-4", "0x1.c71c6acd173a5p-4",
    "-0x1.999a2e826486dp-4", "0x1.74775aa22fb39p-4", "-0x1.552776727db3bp-4",
    "0x1.19b7d7db7433dp-4",
)))  # fmt: skip
"""(log(1 + r) - r + r^2 / 2 - r^3 / 3) / r^4."""
INVERSES = tuple(k / 32 for k in (32, 29, 28, 26, 25, 24, 23, 22, 21, 20, 19, 19, 18, 17, 17, 16))
"""About 1 / m, by sixteenths of m from 1 to 2: so short that m times it less 1 is exact, and exact
at both ends, so that the logarithm of a number near 1 has all its digits."""


def literal(numbers: Sequence[float]) -> str:
    """Eight numbers as one value."""
    return "<" + ", ".join(f"double {hexadecimal(v)}" for v in numbers) + ">"


def pick(w: Writer, numbers: Sequence[float], index: str) -> str:
    """Numbers of a table of up to 16, by the low bits of `index`."""
    vector, bits = w.machine.vector, w.machine.bits
    if len(numbers) <= LANES:
        row = [*numbers, *[numbers[-1]] * (LANES - len(numbers))]
        return w.new(f"call {vector} @llvm.x86.avx512.permvar.df.512"
                     f"({vector} {literal(row)}, {bits} {index})")  # fmt: skip
    row = [*numbers, *[numbers[-1]] * (LARGEST - len(numbers))]
    low, high = literal(row[:LANES]), literal(row[LANES:])
    return w.new(f"call {vector} @llvm.x86.avx512.vpermi2var.pd.512"
                 f"({vector} {low}, {bits} {index}, {vector} {high})")  # fmt: skip


# --- tables -------------------------------------------------------------------------------------


def read_table(w: Writer, rows: Sequence[Sequence[float]], x: str, mode: Mode) -> str:
    """A chain of straight lines read at `x`, from their starts, values and slopes."""
    starts = rows[0]
    # A grid is for what lies between its ends.
    grid = find_grid(tuple(starts), _most_places(w, starts)) if mode == "interpolate" else None
    places: Sequence[int] = range(len(starts))
    if grid is None:
        index = _search(w, starts, x)
    elif len(grid.places) > (LARGEST if len(starts) > LANES else LANES) and w.machine.bytewise:
        index = _part_of(w, grid.places, _count(w, grid, x))
    else:
        index, places = _count(w, grid, x), grid.places
    start, value, slope = (pick(w, [row[k] for k in places], index) for row in rows)
    return w.add(value, w.mul(slope, w.sub(x, start)))


def _most_places(w: Writer, starts: Sequence[float]) -> int:
    return 2 * BYTES if w.machine.bytewise else LARGEST


def _part_of(w: Writer, parts: Sequence[int], place: str) -> str:
    """Part of a table at a place of its grid: by bytes, of which the lowest of each lane counts."""
    m, kind = w.machine, f"<{BYTES} x i8>"
    index = w.new(f"bitcast {m.bits} {place} to {kind}")
    rows = [parts[k : k + BYTES] for k in range(0, len(parts), BYTES)]
    low, *high = ("<" + ", ".join(f"i8 {v}" for v in [*row, *[row[-1]] * (BYTES - len(row))]) + ">"
                  for row in rows)  # fmt: skip
    if high:
        found = w.new(f"call {kind} @llvm.x86.avx512.vpermi2var.qi.512"
                      f"({kind} {low}, {kind} {index}, {kind} {high[0]})")  # fmt: skip
    else:
        found = w.new(f"call {kind} @llvm.x86.avx512.permvar.qi.512({kind} {low}, {kind} {index})")
    return w.new(f"bitcast {kind} {found} to {m.bits}")


def _search(w: Writer, starts: Sequence[float], x: str) -> str:
    """Which is the last start that is not beyond x: by halves, the greatest first."""
    m = w.machine
    half = 1
    while 2 * half < len(starts):
        half *= 2
    index = "zeroinitializer"
    while half:
        ahead = [starts[k + half] if k + half < len(starts) else math.inf
                 for k in range(len(starts))]  # fmt: skip
        start = splat(ahead[0]) if index == "zeroinitializer" else pick(w, ahead, index)
        beyond = w.compare("oge", x, start)
        tried = w.integer("add", index, half)
        index = w.new(f"select {m.mask} {beyond}, {m.bits} {tried}, {m.bits} {index}")
        half //= 2
    return index


@dataclass(frozen=True, slots=True)
class Grid:
    """Even places that tell the part of a table by one product."""

    first: float
    per: float
    """Places for each unit of x."""
    places: tuple[int, ...]
    """Part of the table at each place."""


def _count(w: Writer, grid: Grid, x: str) -> str:
    """At which place of a grid x lies; what is beyond all starts is at the last."""
    if grid.first != 0.0:
        x = w.sub(x, splat(grid.first))
    if grid.per != 1.0:
        x = w.mul(x, splat(grid.per))
    return w.new(f"call {w.machine.bits} @llvm.x86.avx512.mask.cvttpd2qq.512"
                 f"({w.machine.vector} {x}, {w.machine.bits} poison, i8 -1, i32 4)")  # fmt: skip


@cache
def find_grid(starts: tuple[float, ...], most: int = LARGEST) -> Grid | None:
    """The coarsest grid of up to `most` places that tells the parts exactly; None: there is none.

    Difference, product and the step down to a whole number never decrease with x, so that a grid
    which is right at each start and at the number just below it is right everywhere.
    """
    span = starts[-1] - starts[0]
    if not math.isfinite(span) or not all(a < b for a, b in pairwise(starts)):
        return None
    for last in range(len(starts) - 1, most):
        ends = [(start - starts[0]) / span * last for start in starts]
        if all(abs(end - round(end)) < NEARLY for end in ends):
            grid = _fit_grid(starts, [round(end) for end in ends])
            if grid is not None:
                return grid
    return None


def _fit_grid(starts: Sequence[float], ends: Sequence[int]) -> Grid | None:
    """A grid whose places these starts are, if a factor makes it exact."""
    if not all(a < b for a, b in pairwise(ends)):
        return None
    near = ends[-1] / (starts[-1] - starts[0])
    for per in _around(near):
        if all(_is_exact(starts, per, k, end) for k, end in enumerate(ends)):
            parts = [sum(end <= place for end in ends) - 1 for place in range(ends[-1] + 1)]
            return Grid(starts[0], per, tuple(parts))
    return None


def _around(number: float) -> Iterator[float]:
    """A number and its neighbours, the nearest first."""
    yield number
    below = above = number
    for _ in range(NEIGHBOURS):
        above, below = math.nextafter(above, math.inf), math.nextafter(below, 0.0)
        yield above
        yield below


def _is_exact(starts: Sequence[float], per: float, k: int, end: int) -> bool:
    below = (math.nextafter(starts[k], -math.inf) - starts[0]) * per
    return int((starts[k] - starts[0]) * per) == end and (k == 0 or int(below) == end - 1)


# --- exp ----------------------------------------------------------------------------------------


@cache
def _powers() -> tuple[list[float], list[float]]:
    """2^(j / 16), and what its rounding leaves, over itself."""
    with localcontext() as context:
        context.prec = DIGITS
        exact = [(Decimal(2).ln() * j / 16).exp() for j in range(16)]
        high = [float(v) for v in exact]
        return high, [float((v - Decimal(h)) / v) for v, h in zip(exact, high)]


def _in_two(exact: Decimal) -> tuple[float, float]:
    """A number, and what its rounding leaves."""
    return float(exact), float(exact - Decimal(float(exact)))


@cache
def _constants() -> dict[str, tuple[float, float]]:
    """Numbers in two parts."""
    with localcontext() as context:
        context.prec = DIGITS
        return {"ln 2": _in_two(Decimal(2).ln()), "-2/3": _in_two(Decimal(-2) / 3)}


def raise_e(w: Writer, x: str, low: str | None = None) -> str:
    """e^(x + low) for x from -760 to 760 and a small rest."""
    two, two_low = _constants()["ln 2"]
    whole = x if low is None else w.add(x, low)
    raised = w.fma(whole, splat(1.0 / two), splat(MAGIC))
    index = w.to_bits(raised)
    n = w.sub(raised, splat(MAGIC))
    r = w.fma(n, splat(-two), x)
    if low is None:
        r = w.fma(n, splat(-two_low), r)
    else:
        r = w.add(r, w.fma(n, splat(-two_low), low))
    powers, rests = _powers()
    power, rest = pick(w, powers, index), pick(w, rests, index)
    grown = w.fma(w.mul(r, r), w.polynomial(r, EXP_TERMS), w.add(r, rest))
    mantissa = w.fma(power, grown, power)
    # The instruction takes the whole number below n, and rounds once.
    vector = w.machine.vector
    return w.new(f"call {vector} @llvm.x86.avx512.mask.scalef.pd.512({vector} {mantissa},"
                 f" {vector} {n}, {vector} poison, i8 -1, i32 4)")  # fmt: skip


def clamp(w: Writer, x: str, low: float, high: float) -> str:
    """x within bounds; NaN stays."""
    x = w.select(w.compare("ogt", x, splat(high)), splat(high), x)
    return w.select(w.compare("olt", x, splat(low)), splat(low), x)


def exponential(w: Writer, x: str) -> str:
    """e^x"""
    return raise_e(w, clamp(w, x, -746.0, 710.5))


# --- log and pow --------------------------------------------------------------------------------

LOG_STEP = 42
"""Digits after the point of the greater part of a logarithm, so that sums of it are exact."""


@cache
def _logarithms() -> tuple[list[float], list[float], float, float]:
    """-log of the inverses in two parts; log 2 in two parts."""

    def parts(exact: Decimal) -> tuple[float, float]:
        high = float((exact * 2**LOG_STEP).to_integral_value()) / 2**LOG_STEP
        return high, float(exact - Decimal(high))

    with localcontext() as context:
        context.prec = DIGITS
        pairs = [parts(-Decimal(v).ln() if v != 1.0 else Decimal(0)) for v in INVERSES]
        return [h for h, _ in pairs], [low for _, low in pairs], *parts(Decimal(2).ln())


@dataclass(frozen=True, slots=True)
class Reduced:
    """log |x| = base + base_low + log(1 + r)"""

    base: str
    """Exact, and greater in size than r or 0."""
    base_low: str
    r: str


def _reduce(w: Writer, x: str) -> Reduced:
    """For a number that is not 0 and finite."""
    vector = w.machine.vector
    # |x| = 2^k m with m from 1 to 2, below the normal range too.
    m = w.new(f"call {vector} @llvm.x86.avx512.mask.getmant.pd.512({vector} {x}, i32 4,"
              f" {vector} poison, i8 -1, i32 4)")  # fmt: skip
    k = w.new(f"call {vector} @llvm.x86.avx512.mask.getexp.pd.512({vector} {x},"
              f" {vector} poison, i8 -1, i32 4)")  # fmt: skip
    index = w.integer("lshr", w.to_bits(m), 48)
    highs, lows, two, two_low = _logarithms()
    return Reduced(
        base=w.fma(k, splat(two), pick(w, highs, index)),
        base_low=w.fma(k, splat(two_low), pick(w, lows, index)),
        r=w.fma(m, pick(w, INVERSES, index), splat(-1.0)),
    )


def logarithm(w: Writer, x: str) -> str:
    """log x"""
    x_parts = _reduce(w, x)
    r = x_parts.r
    curve = w.fma(r, w.polynomial(r, LOG_TERMS), splat(-0.5))
    high, low = w.total(x_parts.base, r)
    found = w.add(high, w.add(low, w.fma(w.mul(r, r), curve, x_parts.base_low)))
    return _mend(w, found, x, (_ITSELF, _QUIET, _MINUS_INFINITY, _ZERO, _NAN, _INFINITY, _NAN, 0))


def _near_power(w: Writer, x: str, y: str) -> str:
    """|x|^y for |y| <= 1, where errors of the logarithm do not grow."""
    x_parts = _reduce(w, x)
    r = x_parts.r
    curve = w.fma(r, w.polynomial(r, LOG_TERMS), splat(-0.5))
    rest = w.add(r, w.fma(w.mul(r, r), curve, x_parts.base_low))
    p, p_low = w.product(x_parts.base, y)
    return raise_e(w, p, w.fma(rest, y, p_low))


def _far_power(w: Writer, x: str, y: str, bounded: bool) -> str:
    """|x|^y with a logarithm of about twice the digits; `bounded`: |y| is at most 2^20."""
    x_parts = _reduce(w, x)
    r = x_parts.r
    first, first_low = w.total(x_parts.base, r)
    half = w.mul(r, splat(-0.5))
    square, square_low = w.product(half, r)
    second, second_low = w.total(first, square)
    # r^3 / 3 is -2/3 r times -r^2 / 2.
    ratio, ratio_low = _constants()["-2/3"]
    cube, cube_low = w.product(square, r)
    cube_low = w.fma(square_low, r, cube_low)
    third, third_low = w.product(cube, splat(ratio))
    third_low = w.fma(cube_low, splat(ratio), w.fma(cube, splat(ratio_low), third_low))
    high, high_low = w.total(second, third)
    squared = w.mul(r, r)
    tail = w.mul(w.mul(squared, squared), w.polynomial(r, POW_TERMS))
    lows = w.add(w.add(first_low, second_low), w.add(high_low, x_parts.base_low))
    log, log_low = w.total(high, w.add(w.add(lows, tail), w.add(square_low, third_low)))
    p, p_low = w.product(log, y)
    p_low = w.fma(log_low, y, p_low)
    if not bounded:
        far = w.compare("ogt", w.unary("fabs", p), splat(760.0))
        p_low = w.select(far, splat(0.0), p_low)
    return raise_e(w, clamp(w, p, -760.0, 760.0), p_low)


def is_simple(y: float) -> bool:
    """Is `power` right for this exponent?"""
    return 0.0 < abs(y) <= 2.0**20


def power(w: Writer, x: str, y: float) -> str:
    """x to a constant power that is simple: the bits of `any_power`."""
    if abs(y) <= 1.0:
        found = _near_power(w, x, splat(y))
    else:
        found = _far_power(w, x, splat(y), True)
    if _is_odd(y):
        found = _with_sign(w, found, x)
    return _mend(w, found, x, _answers(y))


def any_power(w: Writer, x: str, y: str) -> str:
    """|x|^y, for numbers that are finite and not 0."""
    near = w.compare("ole", w.unary("fabs", y), splat(1.0))
    return w.select(near, _near_power(w, x, y), _far_power(w, x, y, False))


def negative_power(w: Writer, x: str, y: str, size: str, otherwise: str) -> str:
    """x^y: from |x|^y where x < 0 and `power` takes y, a whole number."""
    half = w.mul(y, splat(0.5))
    odd = w.compare("une", w.unary("trunc", half), half)
    signed = w.select(odd, _with_sign(w, size, x), size)
    whole = w.compare("oeq", w.unary("trunc", y), y)
    bounded = w.logic("and", w.compare("one", y, splat(0.0)),
                      w.compare("ole", w.unary("fabs", y), splat(2.0**20)))  # fmt: skip
    below = w.logic("and", w.compare("olt", x, splat(0.0)),
                    w.compare("ogt", x, splat(-math.inf)))  # fmt: skip
    mine = w.logic("and", below, w.logic("and", whole, bounded))
    return w.select(mine, signed, otherwise)


def _with_sign(w: Writer, value: str, x: str) -> str:
    """A number that is not negative, with the sign of x."""
    sign = w.integer("and", w.to_bits(x), -(2**63))
    return w.from_bits(w.new(f"or {w.machine.bits} {w.to_bits(value)}, {sign}"))


def _is_odd(y: float) -> bool:
    return y % 2.0 == 1.0


_COMPUTED, _ITSELF, _QUIET, _NAN, _MINUS_INFINITY, _INFINITY, _SIGNED_INFINITY = range(7)
_MINUS_ZERO, _ZERO, _ONE = 7, 8, 10
"""What the instruction puts in the place of a result."""


def _answers(y: float) -> tuple[int, ...]:
    """What x^y is for NaN, NaN that signals, 0, 1, -inf, inf, x < 0 and x > 0."""
    positive, odd, whole = y > 0.0, _is_odd(y), y % 1.0 == 0.0
    zero = (_ITSELF if positive else _SIGNED_INFINITY) if odd else _ZERO if positive else _INFINITY
    infinity = _INFINITY if positive else _ZERO
    minus = (_MINUS_INFINITY if positive else _MINUS_ZERO) if odd else infinity
    return (_ITSELF, _QUIET, zero, _ONE, minus, infinity, _COMPUTED if whole else _NAN, _COMPUTED)


def _mend(w: Writer, value: str, x: str, answers: Sequence[int]) -> str:
    """A value of a function, and what belongs to x that are not plain numbers."""
    vector, bits = w.machine.vector, w.machine.bits
    table = sum(answer << 4 * place for place, answer in enumerate(answers))
    return w.new(f"call {vector} @llvm.x86.avx512.mask.fixupimm.pd.512({vector} {value},"
                 f" {vector} {x}, {bits} splat (i64 {table}), i32 0, i8 -1, i32 4)")  # fmt: skip


def declarations() -> str:
    """The instructions that are called by name."""
    v, b, t = f"<{LANES} x double>", f"<{LANES} x i64>", f"<{BYTES} x i8>"
    start = "@llvm.x86.avx512"
    lines = [
        f"declare {v} {start}.permvar.df.512({v}, {b})",
        f"declare {v} {start}.vpermi2var.pd.512({v}, {b}, {v})",
        f"declare {t} {start}.permvar.qi.512({t}, {t})",
        f"declare {t} {start}.vpermi2var.qi.512({t}, {t}, {t})",
        f"declare {b} {start}.mask.cvttpd2qq.512({v}, {b}, i8, i32 immarg)",
        f"declare {v} {start}.mask.scalef.pd.512({v}, {v}, {v}, i8, i32 immarg)",
        f"declare {v} {start}.mask.getmant.pd.512({v}, i32 immarg, {v}, i8, i32 immarg)",
        f"declare {v} {start}.mask.getexp.pd.512({v}, {v}, i8, i32 immarg)",
        f"declare {v} {start}.mask.fixupimm.pd.512({v}, {v}, {b}, i32 immarg, i8, i32 immarg)",
    ]
    return "\n".join(lines) + "\n"
