"""exp, log and pow over lanes, in LLVM's text.

Polynomials are our own Chebyshev interpolations, made in rational arithmetic; accuracy is tested
(`tests/unit/compile/test_llvm_math.py`). Other functions go to the C library lane by lane: models
call them rarely, and mostly on time alone.

There is no conversion between integers and numbers, which AVX2 lacks: adding 1.5 * 2^52 puts a
whole number into the low bits.

Sources
-------
Reduction by a two-part ln 2, and log through s = f / (2 + f): J.-M. Muller, Elementary Functions,
3rd ed., Birkhäuser 2016, chapters 3 and 11. Error-free products and sums: T. J. Dekker, Numer.
Math. 18 (1971) 224-242.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from haihe.compile import llvm_wide
from haihe.compile.llvm_text import Machine, Writer, bits_of, function, splat

MAGIC = 6755399441055744.0
LOG2E = float.fromhex("0x1.71547652b82fep+0")
LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")
"""32 bits, so that a whole number times it is exact."""
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
ONE_BITS = bits_of(1.0)
TINY = 2.2250738585072014e-308

EXP_TERMS = tuple(map(float.fromhex, (
    "0x1.0000000000001p-1", "0x1.5555555555556p-3", "0x1.5555555553d68p-5",
    "0x1.11111111109b5p-7", "0x1.6c16c17889f40p-10", "0x1.a01a01a7c2f2ep-13",
    "0x1.a019b9148739fp-16", "0x1.71de0db2eafc6p-19", "0x1.28917ca046b86p-22",
    "0x1.af389eeb9e5e9p-26",
)))  # fmt: skip
"""(e^r - 1 - r) / r^2 for |r| <= ln 2 / 2."""
LOG_TERMS = tuple(map(float.fromhex, (
    "0x1.5555555555558p-1", "0x1.99999999952dfp-2", "0x1.2492492df1985p-2",
    "0x1.c71c62e51a9eep-3", "0x1.7462b4c80c1c4p-3", "0x1.39fe5ca5d7accp-3",
    "0x1.2b58790128a8ep-3",
)))  # fmt: skip
"""(log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2."""
POW_TERMS = tuple(map(float.fromhex, (
    "0x1.999999999999ap-2", "0x1.2492492492521p-2", "0x1.c71c71c6eaa6dp-3",
    "0x1.745d177a90e0dp-3", "0x1.3b1395d43e912p-3", "0x1.1118c76ff0dd2p-3",
    "0x1.df7ce152e7058p-4", "0x1.e02d70926101bp-4",
)))  # fmt: skip
"""The same without its first term, divided by s^2 once more."""
TWO_THIRDS = (float.fromhex("0x1.5555555555555p-1"), float.fromhex("0x1.5555555555555p-55"))


def _whole(w: Writer, x: str) -> tuple[str, str]:
    """The nearest whole number, as a value and in the low bits."""
    raised = w.add(x, splat(MAGIC))
    return w.sub(raised, splat(MAGIC)), w.to_bits(raised)


def _power_of_two(w: Writer, bits: str) -> str:
    """2^n, n in the low bits."""
    exponent = w.integer("shl", bits, 52)
    return w.from_bits(w.integer("add", exponent, ONE_BITS))


def _exp_reduced(w: Writer, x: str, low: str | None) -> str:
    """e^(x + low) for x from -760 to 760."""
    n, _ = _whole(w, w.mul(x, splat(LOG2E)))
    exact = w.sub(x, w.mul(n, splat(LN2_HIGH)))
    taken = w.mul(n, splat(LN2_LOW))
    r = w.sub(exact, taken)
    r_low = w.sub(w.sub(exact, r), taken)
    if low is not None:
        r, r_low = w.total(r, w.add(r_low, low))
    # 1 + r + r^2 (...): what the first sum loses comes back, so that whole powers come out exact.
    curved = w.mul(w.mul(r, r), w.polynomial(r, EXP_TERMS))
    high, lost = w.total(splat(1.0), r)
    mantissa = w.add(high, w.add(lost, w.add(r_low, curved)))
    half, half_bits = _whole(w, w.mul(n, splat(0.5)))
    _, rest_bits = _whole(w, w.sub(n, half))
    # In two steps, so that a result below the normal range is rounded once.
    scaled = w.mul(mantissa, _power_of_two(w, half_bits))
    return w.mul(scaled, _power_of_two(w, rest_bits))


def _clamp(w: Writer, x: str, low: float, high: float) -> str:
    """x within bounds; NaN stays."""
    x = w.select(w.compare("ogt", x, splat(high)), splat(high), x)
    return w.select(w.compare("olt", x, splat(low)), splat(low), x)


def _write_exp(machine: Machine) -> str:
    w = Writer(machine)
    if machine.wide:
        result = llvm_wide.exponential(w, "%x")
    else:
        result = _exp_reduced(w, _clamp(w, "%x", -746.0, 710.5), None)
    w.say(f"ret {machine.vector} {result}")
    return function(head(machine, "exp", 1), w)


def _split(w: Writer, x: str) -> tuple[str, str]:
    """x = 2^k * m with m from sqrt(1/2) to sqrt(2): k and m - 1, for x > 0."""
    below = w.compare("olt", x, splat(TINY))
    raised = w.select(below, w.mul(x, splat(2.0**54)), x)
    bits = w.to_bits(raised)
    offset = w.integer("sub", bits, SQRT_HALF_BITS)
    whole = w.integer("ashr", offset, 52)
    exponent = w.integer("shl", whole, 52)
    m = w.from_bits(w.new(f"sub {w.machine.bits} {bits}, {exponent}"))
    k = w.sub(w.from_bits(w.integer("add", whole, bits_of(MAGIC))), splat(MAGIC))
    k = w.sub(k, w.select(below, splat(54.0), splat(0.0)))
    return k, w.sub(m, splat(1.0))


def _write_log(machine: Machine) -> str:
    w = Writer(machine)
    result = llvm_wide.logarithm(w, "%x") if machine.wide else _log(w, "%x")
    w.say(f"ret {machine.vector} {result}")
    return function(head(machine, "log", 1), w)


def _log(w: Writer, x: str) -> str:
    k, f = _split(w, x)
    s = w.div(f, w.add(f, splat(2.0)))
    z = w.mul(s, s)
    tail = w.mul(z, w.polynomial(z, LOG_TERMS))
    half = w.mul(splat(0.5), w.mul(f, f))
    # log(1 + f) = f - f^2/2 + s (f^2/2 + tail)
    low = w.fma(k, splat(LN2_LOW), w.mul(s, w.add(half, tail)))
    inner = w.sub(f, w.sub(half, low))
    result = w.fma(k, splat(LN2_HIGH), inner)
    result = w.select(w.compare("oeq", x, splat(0.0)), splat(-math.inf), result)
    result = w.select(w.compare("olt", x, splat(0.0)), splat(math.nan), result)
    return w.select(w.compare("ueq", x, splat(math.inf)), x, result)


def _log_double(w: Writer, x: str) -> tuple[str, str]:
    """log x with about twice the digits, for x > 0."""
    k, f = _split(w, x)
    d = w.add(f, splat(2.0))
    d_low = w.sub(f, w.sub(d, splat(2.0)))
    inverse = w.div(splat(1.0), d)
    s = w.mul(f, inverse)
    p, p_low = w.product(s, d)
    rest = w.sub(w.sub(w.sub(f, p), p_low), w.mul(s, d_low))
    s_low = w.mul(rest, inverse)
    z, z_low = w.product(s, s)
    z_low = w.add(z_low, w.mul(w.add(s, s), s_low))
    # q = 2/3 z + z^2 (...), then log m = 2 s + s q
    q, q_low = w.product(z, splat(TWO_THIRDS[0]))
    q_low = w.add(q_low, w.add(w.mul(z, splat(TWO_THIRDS[1])), w.mul(z_low, splat(TWO_THIRDS[0]))))
    tail = w.mul(w.mul(z, z), w.polynomial(z, POW_TERMS))
    q, carried = w.total(q, tail)
    q_low = w.add(q_low, carried)
    t, t_low = w.product(s, q)
    t_low = w.add(t_low, w.add(w.mul(s, q_low), w.mul(s_low, q)))
    main, main_low = w.total(w.add(s, s), t)
    main_low = w.add(main_low, w.add(t_low, w.add(s_low, s_low)))
    # k ln 2: its high part is exact, and greater than what is added unless k is 0.
    middle = w.mul(k, splat(LN2_LOW))
    high, high_low = w.total(w.mul(k, splat(LN2_HIGH)), main)
    high, carried = w.total(high, middle)
    return w.total(high, w.add(w.add(high_low, carried), main_low))


def _write_pow(machine: Machine) -> str:
    w = Writer(machine)
    normal = llvm_wide.any_power(w, "%x", "%y") if machine.wide else _power(w, "%x", "%y")
    # What is left to the C library: x not above 0, anything not finite, and exponents so large
    # that splitting them would overflow.
    plain = w.logic(
        "and",
        w.logic("and", w.compare("ogt", "%x", splat(0.0)), w.compare("olt", "%x", splat(math.inf))),
        w.compare("olt", w.unary("fabs", "%y"), splat(2.0**900)),
    )
    every = w.new(f"call i1 @llvm.vector.reduce.and.v{machine.lanes}i1({machine.mask} {plain})")
    w.say(f"br i1 {every}, label %done, label %special")
    w.say("done:")
    w.say(f"ret {machine.vector} {normal}")
    w.say("special:")
    exact = by_lanes(w, "pow", ("%x", "%y"))
    if machine.wide:
        exact = llvm_wide.negative_power(w, "%x", "%y", normal, exact)
    w.say(f"ret {machine.vector} {w.select(plain, normal, exact)}")
    return function(head(machine, "pow", 2), w)


def _power(w: Writer, x: str, y: str) -> str:
    """x^y for x > 0, finite."""
    log, log_low = _log_double(w, x)
    p, p_low = w.product(y, log)
    p_low = w.add(p_low, w.mul(y, log_low))
    far = w.compare("ogt", w.unary("fabs", p), splat(755.0))
    p = _clamp(w, p, -755.0, 755.0)
    p_low = w.select(far, splat(0.0), p_low)
    return _exp_reduced(w, p, p_low)


def by_lanes(w: Writer, symbol: str, args: tuple[str, ...]) -> str:
    """A function of the C library, called for each lane."""
    m = w.machine
    whole = "poison"
    called = w.new(f"load ptr, ptr @at_{symbol}")
    for lane in range(m.lanes):
        ones = [w.new(f"extractelement {m.vector} {a}, i32 {lane}") for a in args]
        given = ", ".join(f"double {one}" for one in ones)
        one = w.new(f"call double {called}({given})")
        whole = w.new(f"insertelement {m.vector} {whole}, double {one}, i32 {lane}")
    return whole


def head(machine: Machine, name: str, arity: int) -> str:
    """Opening line of a function of one or two arguments."""
    params = ", ".join(f"{machine.vector} %{p}" for p in "xy"[:arity])
    return f"define internal {machine.vector} @lanes_{name}({params}) #1"


LIBRARY: Mapping[str, str] = {
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "asin",
    "acos": "acos",
    "atan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
}
"""Operations that the C library does, by its names."""

OUTSIDE = ("pow", "fmod", *LIBRARY.values())
"""Functions of the C library that a kernel may call."""

OWN: Mapping[str, Callable[[Machine], str]] = {
    "exp": _write_exp,
    "log": _write_log,
    "pow": _write_pow,
}


def declarations(machine: Machine) -> str:
    """Everything that generated code may call."""
    m = machine
    lines = [
        f"declare {m.vector} @llvm.{name}.{m.suffix}({m.vector})"
        for name in ("fabs", "sqrt", "trunc", "floor")
    ]
    if m.wide:
        lines.append(llvm_wide.declarations())
    lines.append(f"declare {m.vector} @llvm.fma.{m.suffix}({', '.join([m.vector] * 3)})")
    lines.append(f"declare i1 @llvm.vector.reduce.and.v{m.lanes}i1({m.mask})")
    lines += [f"@at_{symbol} = internal global ptr null" for symbol in OUTSIDE]
    return "\n".join(lines) + "\n"


def bind_function(machine: Machine) -> str:
    """What takes the addresses of `OUTSIDE`, in their order: a kernel names no other code."""
    w = Writer(machine)
    for number, symbol in enumerate(OUTSIDE):
        address = w.new(f"getelementptr ptr, ptr %addresses, i64 {number}")
        w.say(f"store ptr {w.new(f'load ptr, ptr {address}')}, ptr @at_{symbol}")
    w.say("ret void")
    return function("define void @bind(ptr %addresses) #1", w)
