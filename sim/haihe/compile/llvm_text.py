"""Writing LLVM's text: names from a counter, numbers by their bits, nothing from the model."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Machine:
    """What the code is written for."""

    lanes: int
    """Members side by side."""
    fma: bool
    """Has the processor a fused multiply-add?"""
    wide: bool = False
    """Has it AVX-512? Then there are 8 lanes."""
    bytewise: bool = False
    """Can it read a table of 64 bytes in one instruction? For AVX-512 only."""

    @property
    def vector(self) -> str:
        """Type of a value."""
        return f"<{self.lanes} x double>"

    @property
    def mask(self) -> str:
        """Type of a truth."""
        return f"<{self.lanes} x i1>"

    @property
    def bits(self) -> str:
        """Type of a value's bits."""
        return f"<{self.lanes} x i64>"

    @property
    def suffix(self) -> str:
        """How LLVM spells the vector in the names of intrinsics."""
        return f"v{self.lanes}f64"


def hexadecimal(value: float) -> str:
    """A number by its bits, as LLVM reads it."""
    (bits,) = struct.unpack("<Q", struct.pack("<d", value))
    return f"0x{bits:016X}"


def bits_of(value: float) -> int:
    """The bits of a number as an integer."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return int(bits)


def splat(value: float) -> str:
    """The same number in every lane."""
    return f"splat (double {hexadecimal(value)})"


@dataclass(slots=True)
class Writer:
    """Text of one function body; lives until the function is written."""

    machine: Machine
    lines: list[str] = field(default_factory=list)
    count: int = 0

    def new(self, text: str) -> str:
        """A new value."""
        name = f"%v{self.count}"
        self.count += 1
        self.lines.append(f"  {name} = {text}")
        return name

    def say(self, text: str) -> None:
        """An instruction without a value, or a label."""
        self.lines.append(text if text.endswith(":") else f"  {text}")

    def label(self) -> str:
        """A new name of a block."""
        self.count += 1
        return f"b{self.count}"

    # --- arithmetic over lanes ------------------------------------------------------------------

    def binary(self, op: str, a: str, b: str) -> str:
        """fadd, fsub, fmul, fdiv"""
        return self.new(f"{op} {self.machine.vector} {a}, {b}")

    def add(self, a: str, b: str) -> str:
        """a + b"""
        return self.binary("fadd", a, b)

    def sub(self, a: str, b: str) -> str:
        """a - b"""
        return self.binary("fsub", a, b)

    def mul(self, a: str, b: str) -> str:
        """a * b"""
        return self.binary("fmul", a, b)

    def div(self, a: str, b: str) -> str:
        """a / b"""
        return self.binary("fdiv", a, b)

    def negate(self, a: str) -> str:
        """-a"""
        return self.new(f"fneg {self.machine.vector} {a}")

    def unary(self, intrinsic: str, a: str) -> str:
        """An intrinsic of one argument."""
        m = self.machine
        return self.new(f"call {m.vector} @llvm.{intrinsic}.{m.suffix}({m.vector} {a})")

    def fma(self, a: str, b: str, c: str) -> str:
        """a * b + c, rounded once where the machine can, else twice."""
        m = self.machine
        if not m.fma:
            return self.add(self.mul(a, b), c)
        args = ", ".join(f"{m.vector} {x}" for x in (a, b, c))
        return self.new(f"call {m.vector} @llvm.fma.{m.suffix}({args})")

    def product(self, a: str, b: str) -> tuple[str, str]:
        """a * b, and what rounding took away."""
        high = self.mul(a, b)
        if self.machine.fma:
            return high, self.fma(a, b, self.negate(high))
        a1, a2 = self._halves(a)
        b1, b2 = self._halves(b)
        left = self.sub(self.mul(a1, b1), high)
        middle = self.add(self.mul(a1, b2), self.mul(a2, b1))
        return high, self.add(self.add(left, middle), self.mul(a2, b2))

    def _halves(self, a: str) -> tuple[str, str]:
        scaled = self.mul(a, splat(134217729.0))
        high = self.sub(scaled, self.sub(scaled, a))
        return high, self.sub(a, high)

    def total(self, a: str, b: str) -> tuple[str, str]:
        """a + b, and what rounding took away; |a| is not less than |b|."""
        high = self.add(a, b)
        return high, self.sub(b, self.sub(high, a))

    def compare(self, predicate: str, a: str, b: str) -> str:
        """A truth."""
        return self.new(f"fcmp {predicate} {self.machine.vector} {a}, {b}")

    def logic(self, op: str, a: str, b: str) -> str:
        """and, or, xor of truths."""
        return self.new(f"{op} {self.machine.mask} {a}, {b}")

    def select(self, condition: str, yes: str, no: str) -> str:
        """`yes` where the truth holds."""
        m = self.machine
        return self.new(f"select {m.mask} {condition}, {m.vector} {yes}, {m.vector} {no}")

    def to_bits(self, a: str) -> str:
        """The bits of a value."""
        m = self.machine
        return self.new(f"bitcast {m.vector} {a} to {m.bits}")

    def from_bits(self, a: str) -> str:
        """The value of bits."""
        m = self.machine
        return self.new(f"bitcast {m.bits} {a} to {m.vector}")

    def integer(self, op: str, a: str, b: int) -> str:
        """An operation on bits with the same number in every lane."""
        return self.new(f"{op} {self.machine.bits} {a}, splat (i64 {b})")

    def polynomial(self, x: str, coefficients: tuple[float, ...]) -> str:
        """Value of a polynomial; the constant term comes first.

        In Estrin's order until three terms are left, which follow one another: one square less.
        """
        terms = [splat(c) for c in coefficients]
        power = x
        while len(terms) > 3:
            pairs = [self.fma(b, power, a) for a, b in zip(terms[::2], terms[1::2])]
            terms = pairs + ([terms[-1]] if len(terms) % 2 else [])
            power = self.mul(power, power)
        value = terms.pop()
        while terms:
            value = self.fma(value, power, terms.pop())
        return value

    # --- memory ---------------------------------------------------------------------------------

    def at(self, base: str, index: str | int) -> str:
        """Address of a number."""
        return self.new(f"getelementptr double, ptr {base}, i64 {index}")

    def load(self, address: str) -> str:
        """One value."""
        return self.new(f"load {self.machine.vector}, ptr {address}, align 8")

    def load_one(self, address: str) -> str:
        """One number, in every lane."""
        m = self.machine
        one = self.new(f"load double, ptr {address}, align 8")
        lane = self.new(f"insertelement {m.vector} poison, double {one}, i32 0")
        zeros = f"<{m.lanes} x i32> zeroinitializer"
        return self.new(f"shufflevector {m.vector} {lane}, {m.vector} poison, {zeros}")

    def store(self, value: str, address: str) -> None:
        """Keep a value."""
        self.say(f"store {self.machine.vector} {value}, ptr {address}, align 8")


def function(head: str, writer: Writer) -> str:
    """Text of a whole function."""
    return "\n".join([f"{head} {{", *writer.lines, "}", ""])
