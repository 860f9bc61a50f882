"""exp, log and pow of our own: accuracy, special values, the same in every lane and width."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from scipy import special

from haihe.compile import llvm_math, llvm_wide
from haihe.compile.kernel import outside_addresses
from haihe.compile.llvm_math import bind_function, declarations
from haihe.compile.llvm_random import OWN
from haihe.compile.llvm_text import Machine, Writer, function

llvm = pytest.importorskip("llvmlite.binding")
Array = np.ndarray
WIDE = Machine(8, True, True)
HAS_WIDE = bool(llvm.get_host_cpu_features().get("avx512dq", False))
needs_wide = pytest.mark.skipif(not HAS_WIDE, reason="this processor has no AVX-512")
MACHINES = [
    Machine(4, True), Machine(8, True), Machine(4, False), pytest.param(WIDE, marks=needs_wide)
]  # fmt: skip
COUNT = 32768

LOOP = """
define void @go(ptr %a, ptr %b, ptr %o, i64 %n) {{
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%i2, %loop]
  %pa = getelementptr double, ptr %a, i64 %i
  %pb = getelementptr double, ptr %b, i64 %i
  %po = getelementptr double, ptr %o, i64 %i
  %x = load {v}, ptr %pa, align 8
  %y = load {v}, ptr %pb, align 8
  %r = call {v} @lanes_{name}({args})
  store {v} %r, ptr %po, align 8
  %i2 = add i64 %i, {lanes}
  %c = icmp slt i64 %i2, %n
  br i1 %c, label %loop, label %end
end:
  ret void
}}
attributes #1 = {{ nounwind }}
"""


@cache
def built(name: str, machine: Machine, needs: str = "") -> Callable[..., Array]:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    v = machine.vector
    args = f"{v} %x, {v} %y" if name == "pow" else f"{v} %x"
    loop = LOOP.format(v=v, name=name, args=args, lanes=machine.lanes)
    texts = (declarations(machine), needs, OWN[name](machine), bind_function(machine), loop)
    module = llvm.parse_assembly("".join(texts))
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=1
    )
    engine = llvm.create_mcjit_compiler(module, target)
    engine.finalize_object()
    bind = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(engine.get_function_address("bind"))
    bind(outside_addresses().ctypes.data)
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(
        engine.get_function_address("go")
    )

    def run(x: Array, y: Array | None = None, engine: object = engine) -> Array:
        x, y = np.ascontiguousarray(x), np.ascontiguousarray(x if y is None else y)
        out = np.empty_like(x)
        call(x.ctypes.data, y.ctypes.data, out.ctypes.data, x.size)
        return out

    return run


def ulps(got: Array, exact: Array) -> float:
    """Greatest error in units of the last place; `exact` has more digits than a double."""
    rounded = exact.astype(np.float64)
    normal = np.isfinite(rounded) & (np.abs(rounded) > 1e-300)
    unit = np.spacing(np.abs(rounded)).astype(np.longdouble)
    return float(np.max((np.abs(got.astype(np.longdouble) - exact) / unit)[normal]))


def long(x: Array) -> Array:
    return x.astype(np.longdouble)


needs_long_double = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 60, reason="long double is no longer than double here"
)


@needs_long_double
@pytest.mark.parametrize("machine", MACHINES)
def test_accuracy(machine: Machine) -> None:
    rng = np.random.default_rng(7)
    for x in (rng.uniform(-700, 709, COUNT), rng.uniform(-1, 1, COUNT)):
        assert ulps(built("exp", machine)(x), np.exp(long(x))) < 0.8
    for x in (np.exp(rng.uniform(-700, 709, COUNT)), rng.uniform(0.5, 2, COUNT)):
        assert ulps(built("log", machine)(x), np.log(long(x))) < 1.0
    pairs = [
        (np.exp(rng.uniform(-300, 300, COUNT)), rng.uniform(-2.2, 2.2, COUNT)),
        (rng.uniform(0.5, 3, COUNT), rng.uniform(-600, 600, COUNT)),
        (rng.uniform(0.99, 1.01, COUNT), rng.uniform(-5e4, 5e4, COUNT)),
        (rng.uniform(1.03, 1.07, COUNT), rng.uniform(-1e4, 1e4, COUNT)),
    ]
    for x, y in pairs:
        assert ulps(built("pow", machine)(x, y), np.power(long(x), long(y))) < 0.8


SPECIAL = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1e300, -1e300,
     5e-324, 1e-310, 1e308, 2.0**-1000, 1 + 2.0**-52, 709.78, 709.79, -745.1, -745.2]
)  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", ["exp", "log", "pow"])
def test_special_values(name: str, machine: Machine) -> None:
    reference = {"exp": np.exp, "log": np.log, "pow": np.power}[name]
    with np.errstate(all="ignore"):
        if name == "pow":
            x, y = (a.ravel() for a in np.meshgrid(SPECIAL, SPECIAL))
            got, wanted = built(name, machine)(x, y), reference(x, y)
        else:
            got, wanted = built(name, machine)(SPECIAL), reference(SPECIAL)
    np.testing.assert_allclose(got, wanted, rtol=3e-16, atol=0)
    np.testing.assert_array_equal(np.isinf(got), np.isinf(wanted))
    np.testing.assert_array_equal(got == 0, wanted == 0)


@pytest.mark.parametrize("machine", MACHINES)
def test_whole_powers_are_exact(machine: Machine) -> None:
    # INTEGER(10 ^ 2) must not be 99.
    base, exponent = (a.ravel() for a in np.meshgrid(np.arange(1.0, 33), np.arange(-8.0, 24)))
    exact = np.array([b**e for b, e in zip(base, exponent, strict=True)])
    sure = exact == np.floor(exact)
    sure &= exact < 2.0**53
    got = built("pow", machine)(base, exponent)
    np.testing.assert_array_equal(got[sure], exact[sure])
    squares = np.arange(1.0, 1025) ** 2
    half = np.full(1024, 0.5)
    np.testing.assert_array_equal(built("pow", machine)(squares, half), np.arange(1.0, 1025))


@pytest.mark.parametrize("name", ["exp", "log", "pow"])
def test_a_lane_does_not_see_the_others(name: str) -> None:
    rng = np.random.default_rng(3)
    x, y = np.exp(rng.uniform(-5, 5, 64)), rng.uniform(-3, 3, 64)
    machine = WIDE if HAS_WIDE else Machine(8, True)
    alone = built(name, machine)(x, y)
    order = rng.permutation(64)
    np.testing.assert_array_equal(built(name, machine)(x[order], y[order]), alone[order])
    # A special value in a lane sends the block another way; the other lanes keep their bits.
    x2, y2 = x.copy(), y.copy()
    x2[::8], y2[3::8] = -1.0, np.inf
    same = (x2 == x) & (y2 == y)
    np.testing.assert_array_equal(built(name, machine)(x2, y2)[same], alone[same])


@needs_wide
@pytest.mark.parametrize("y", [0.6, -0.2, 1.0, -1.0, 2.5, 3.0, -3.0, 4.0, -20.0, 1048575.0, 1e-9])
def test_a_constant_power_has_the_bits_of_any_power(
    y: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Otherwise giving a member the model's own exponent would change its results.
    rng = np.random.default_rng(8)
    spread = 600.0 / max(abs(y), 1.0)
    x = np.exp(rng.uniform(-spread, spread, 4096))
    x = np.concatenate([x, -x, rng.uniform(0.9, 1.1, 4096), SPECIAL, -SPECIAL])
    x = np.resize(x, -(-x.size // 8) * 8)
    w = Writer(WIDE)
    w.say(f"ret {WIDE.vector} {llvm_wide.power(w, '%x', y)}")
    text = function(llvm_math.head(WIDE, "constant", 1), w)
    monkeypatch.setitem(OWN, "constant", lambda machine: text)  # type: ignore[misc]
    constant = built.__wrapped__("constant", WIDE)(x)
    general = built("pow", WIDE)(x, np.full_like(x, y))
    np.testing.assert_array_equal(constant, general)
    seen = ~np.isnan(general)
    np.testing.assert_array_equal(np.signbit(constant)[seen], np.signbit(general)[seen])


def test_width_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    x, y = np.exp(rng.uniform(-5, 5, 64)), rng.uniform(-3, 3, 64)
    for name in ("exp", "log", "pow"):
        four = built(name, Machine(4, True))(x, y)
        np.testing.assert_array_equal(four, built(name, Machine(8, True))(x, y))
    for name in ("phi", "quantile"):
        four = with_needs(name, Machine(4, True))(x)
        np.testing.assert_array_equal(four, with_needs(name, Machine(8, True))(x))


# --- the normal distribution --------------------------------------------------------------------


def with_needs(name: str, machine: Machine) -> Callable[..., Array]:
    needs = {"phi": "exp", "quantile": "log"}[name]
    return built(name, machine, OWN[needs](machine))


@pytest.mark.parametrize("machine", MACHINES)
def test_normal_distribution(machine: Machine) -> None:
    x = np.concatenate(
        [np.linspace(-37.0, 9.0, COUNT - 8), [0.0, -0.0, -40, 40, -1e9, 1e9, 50, -50]]
    )
    got, exact = with_needs("phi", machine)(x), special.ndtr(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(got / exact - 1.0)
    # Whoever squares x loses x^2 / 2 roundings in the tail.
    assert np.nanmax(error / (1.0 + x**2 / 4.0)) <= 3e-15
    assert got[-4:].tolist() == [0.0, 1.0, 1.0, 0.0]
    p = np.concatenate([np.logspace(-300, -1, COUNT // 2), np.linspace(1e-6, 1 - 1e-6, COUNT // 2)])
    assert np.max(np.abs(with_needs("quantile", machine)(p) / special.ndtri(p) - 1.0)) <= 3e-15


@pytest.mark.parametrize("machine", MACHINES)
def test_normal_distribution_special_values(machine: Machine) -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0, 0.5, -0.1, 1.1] * 2)
    for name, exact in (("phi", special.ndtr), ("quantile", special.ndtri)):
        np.testing.assert_allclose(with_needs(name, machine)(x), exact(x), rtol=1e-15)
