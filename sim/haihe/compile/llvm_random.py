"""Random numbers and the normal distribution over lanes, in LLVM's text.

`lanes_draw` gives the bits of `draws.draw`. The normal distribution below its middle is
exp(-x^2 / 2) p(y) / (1 + x) with y = (x - 5) / (x + 5), where p is a Chebyshev interpolation of our
own; the inverse is Wichura's, whose numbers are those of the paper.

Sources
-------
M. J. Wichura, Algorithm AS 241: the percentage points of the normal distribution, Applied
Statistics 37 (1988) 477-484, routine PPND16.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from haihe.compile import llvm_math
from haihe.compile.draws import BELOW_ONE, LOW, MULTIPLIERS, ONE_BITS, ROUNDS, WEYL, WHOLE
from haihe.compile.llvm_text import Machine, Writer, function, splat

PHI_MIDDLE = 5.0
PHI_END = 40.0
"""Beyond it nothing is left of the tail."""
PHI_TERMS = tuple(map(float.fromhex, (
    "0x1.d8979b0f2b3a2p-2", "-0x1.76ff86859ebb7p-4", "0x1.fc66cc64a18d9p-6",
    "0x1.47c1d0306f921p-7", "-0x1.b08e0007bf324p-6", "0x1.92037ba9e651bp-6",
    "-0x1.f11aab01b86b1p-7", "0x1.ab6d03d01ff0dp-8", "-0x1.b75f4fdda3549p-10",
    "0x1.056e1c3c9e9f0p-17", "0x1.7e61eff00aa36p-13", "-0x1.c1ae246fd13dcp-15",
    "-0x1.4c10c3316de6fp-17", "0x1.2fdd1db319f94p-17", "-0x1.2c35b61f22839p-24",
    "-0x1.5d20de51fee10p-20", "0x1.116444e0de679p-23", "0x1.95020b27e6d88p-23",
    "-0x1.bbe80d1626c40p-26", "-0x1.b6ab12df0537ap-26", "0x1.d76ae32c14980p-29",
    "0x1.31476d17f149ap-29", "-0x1.0d209da42fdf3p-32",
)))  # fmt: skip
QUANTILE_MIDDLE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
     1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
     3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
     5.2264952788528545610e3),
)  # fmt: skip
QUANTILE_NEAR = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9),
)  # fmt: skip
QUANTILE_FAR = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15),
)  # fmt: skip


def _write_phi(machine: Machine) -> str:
    """Share of the standard normal distribution below x."""
    w = Writer(machine)
    size = w.unary("fabs", "%x")
    size = w.select(w.compare("ogt", size, splat(PHI_END)), splat(PHI_END), size)
    middle = splat(PHI_MIDDLE)
    y = w.div(w.sub(size, middle), w.add(size, middle))
    curve = w.div(w.polynomial(y, PHI_TERMS), w.add(size, splat(1.0)))
    bell = _call(w, "exp", w.mul(w.mul(size, size), splat(-0.5)))
    tail = w.mul(bell, curve)
    whole = w.sub(splat(1.0), tail)
    result = w.select(w.compare("ogt", "%x", splat(0.0)), whole, tail)
    w.say(f"ret {machine.vector} {result}")
    return function(llvm_math.head(machine, "phi", 1), w)


def _write_quantile(machine: Machine) -> str:
    """Where the standard normal distribution has the share x below."""
    w = Writer(machine)
    side = w.sub("%x", splat(0.5))
    r = w.sub(splat(0.180625), w.mul(side, side))
    middle = w.mul(side, _ratio(w, r, QUANTILE_MIDDLE))
    other = w.sub(splat(1.0), "%x")
    tail = w.select(w.compare("olt", "%x", other), "%x", other)
    t = w.unary("sqrt", w.negate(_call(w, "log", tail)))
    near = _ratio(w, w.sub(t, splat(1.6)), QUANTILE_NEAR)
    far = _ratio(w, w.sub(t, splat(5.0)), QUANTILE_FAR)
    size = w.select(w.compare("ole", t, splat(5.0)), near, far)
    size = w.select(w.compare("oeq", tail, splat(0.0)), splat(math.inf), size)
    outer = w.select(w.compare("olt", side, splat(0.0)), w.negate(size), size)
    central = w.compare("ole", w.unary("fabs", side), splat(0.425))
    w.say(f"ret {machine.vector} {w.select(central, middle, outer)}")
    return function(llvm_math.head(machine, "quantile", 1), w)


def _ratio(w: Writer, x: str, terms: tuple[tuple[float, ...], tuple[float, ...]]) -> str:
    return w.div(w.polynomial(x, terms[0]), w.polynomial(x, terms[1]))


def _call(w: Writer, name: str, x: str) -> str:
    vector = w.machine.vector
    return w.new(f"call {vector} @lanes_{name}({vector} {x})")


def _spread(w: Writer, one: str) -> str:
    """A whole number in every lane."""
    bits = w.machine.bits
    lane = w.new(f"insertelement {bits} poison, i64 {one}, i32 0")
    zeros = f"<{w.machine.lanes} x i32> zeroinitializer"
    return w.new(f"shufflevector {bits} {lane}, {bits} poison, {zeros}")


def _write_draw(machine: Machine) -> str:
    """The bits of `draws.draw`."""
    w = Writer(machine)
    bits = machine.bits

    def both(op: str, a: str, b: str) -> str:
        return w.new(f"{op} {bits} {a}, {b}")

    salt = w.integer("and", w.to_bits(w.add("%noise", splat(WHOLE))), LOW)
    c0, c1 = w.integer("and", _spread(w, "%step"), LOW), "%number"
    stream = _spread(w, "%stream")
    c2, c3 = w.integer("and", stream, LOW), both("xor", w.integer("lshr", stream, 32), salt)
    seed = _spread(w, "%seed")
    k0, k1 = w.integer("and", seed, LOW), w.integer("lshr", seed, 32)
    for _ in range(ROUNDS):
        a, b = w.integer("mul", c0, MULTIPLIERS[0]), w.integer("mul", c2, MULTIPLIERS[1])
        c0 = both("xor", both("xor", w.integer("lshr", b, 32), c1), k0)
        c2 = both("xor", both("xor", w.integer("lshr", a, 32), c3), k1)
        c1, c3 = w.integer("and", b, LOW), w.integer("and", a, LOW)
        k0 = w.integer("and", w.integer("add", k0, WEYL[0]), LOW)
        k1 = w.integer("and", w.integer("add", k1, WEYL[1]), LOW)
    high = w.integer("shl", w.integer("lshr", c0, 12), 32)
    drawn = w.from_bits(w.integer("or", both("or", high, c1), ONE_BITS))
    w.say(f"ret {machine.vector} {w.sub(drawn, splat(BELOW_ONE))}")
    params = f"{bits} %number, i64 %step, i64 %stream, {machine.vector} %noise, i64 %seed"
    return function(f"define internal {machine.vector} @lanes_draw({params}) #2", w)


OWN: Mapping[str, Callable[[Machine], str]] = {
    **llvm_math.OWN,
    "phi": _write_phi,
    "quantile": _write_quantile,
    "draw": _write_draw,
}
"""Functions that a kernel brings with it."""
_NEEDS = {
    "phi": ("exp",),
    "quantile": ("log",),
    "draw_start": ("draw",),
    "clearing": ("phi", "exp"),
}


def functions_of(used: Iterable[str], machine: Machine) -> list[str]:
    """Texts of the functions that these operations need."""
    wanted = dict.fromkeys(used)
    for op in tuple(wanted):
        wanted.update(dict.fromkeys(_NEEDS.get(op, ())))
    return [text(machine) for op, text in OWN.items() if op in wanted]
