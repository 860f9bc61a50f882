"""One function of a printed program: expressions of JavaScript with as few brackets as it takes.

An operation that is used once stands inside the one that uses it; one that is used more often
becomes a `const`. JavaScript's numbers are IEEE doubles and its operators are never contracted or
reordered, so `a+b+c` is the same as `(a+b)+c` and nothing else.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from haihe.compile.builtins import DRAWS, TRUTHS
from haihe.compile.clearing import kinds_of
from haihe.compile.draws import LOW
from haihe.compile.ir import Node, Points

LONGEST = 240
"""Characters of an expression that may still stand inside another."""

CONDITION, OR, AND, EQUAL, COMPARE, ADD, MULTIPLY, UNARY, WHOLE = range(9)
"""How tightly an expression holds together, as JavaScript ranks its operators."""

_ARITHMETIC = {"add": ("+", ADD), "sub": ("-", ADD), "mul": ("*", MULTIPLY), "div": ("/", MULTIPLY)}
_COMPARISONS = {
    "lt": ("<", COMPARE),
    "le": ("<=", COMPARE),
    "gt": (">", COMPARE),
    "ge": (">=", COMPARE),
    "eq": ("===", EQUAL),
    "ne": ("!==", EQUAL),
}
_FUNCTIONS = {
    **{
        name: f"Math.{name}"
        for name in ("abs", "sqrt", "min", "max", "trunc", "exp", "log", "sin", "cos", "tan",
                     "asin", "acos", "atan", "sinh", "cosh", "tanh")
    },
    "pow": "power",
    "phi": "normalShare",
    "quantile": "normalPlace",
    "mod": "modulo",
}  # fmt: skip
_READERS = {
    "interpolate": "look",
    "extrapolate": "lookBeyond",
    "hold_backward": "lookBack",
    "look_forward": "lookForward",
    "raw": "lookRaw",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an expression."""

    text: str
    rank: int = WHOLE
    truth: bool = False
    """Is it a truth of JavaScript's, not a number?"""


def number(value: float) -> str:
    """The shortest literal that has the same bits."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0.0 else "-Infinity"
    text = repr(float(value)).removesuffix(".0").replace("e+", "e").replace("e-0", "e-")
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def numbers(values: Iterable[float]) -> str:
    """Literals, separated by commas."""
    return ",".join(map(number, values))


def reader(points: Points) -> str:
    """The function that reads a table; one point is level however it is read."""
    return "look" if len(points.x) == 1 else _READERS[points.mode]


@dataclass(slots=True)
class Writer:
    """The function that is being written."""

    nodes: Sequence[Node]
    tables: Sequence[Points]
    outside: Callable[[int], str]
    """Text that reads a node which another function computed."""
    uses: Mapping[int, int]
    """How often each node is read in this function."""
    pieces: dict[int, Piece] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    named: int = 0

    def piece(self, n: int) -> Piece:
        """A node as it is at hand here."""
        node = self.nodes[n]
        if node.op == "const":
            return Piece(number(node.value), UNARY if _is_negative(node.value) else WHOLE)
        if n not in self.pieces:
            found = Piece(self.outside(n))
            self.pieces[n] = self.name(found) if self.uses[n] > 1 else found
        return self.pieces[n]

    def name(self, piece: Piece) -> Piece:
        """Keep an expression under a name."""
        label = "_" + _in_letters(self.named)
        self.named += 1
        self.statements.append(f"const {label}={piece.text}")
        return Piece(label, WHOLE, piece.truth)

    def compute(self, n: int, targets: Sequence[str]) -> None:
        """Write a node that this function computes, and put it where others find it."""
        piece = self._operation(self.nodes[n])
        uses = self.uses[n]
        if not targets and uses == 1 and len(piece.text) <= LONGEST:
            self.pieces[n] = piece
            return
        if uses > 1 or (uses and targets) or not targets:
            piece = self.name(piece)
        self.pieces[n] = piece
        self.put(n, targets)

    def put(self, n: int, targets: Sequence[str]) -> None:
        """Store a node."""
        if targets:
            self.statements.append("".join(f"{t}=" for t in targets) + self._number(n))

    def text(self) -> str:
        """The statements; neighbouring names share one `const`."""
        joined = ""
        naming = False
        for statement in self.statements:
            is_name = statement.startswith("const ")
            if naming and is_name:
                joined += "," + statement.removeprefix("const ")
            else:
                joined += (";" if joined else "") + statement
            naming = is_name
        return joined

    def _number(self, n: int) -> str:
        """A node as a number, to stand alone."""
        piece = self.piece(n)
        return f"{_held(piece, OR)}?1:0" if piece.truth else piece.text

    def _value(self, n: int, rank: int) -> str:
        """A node as a number that holds together at least as tightly as `rank`."""
        piece = self.piece(n)
        return f"({self._number(n)})" if piece.truth else _held(piece, rank)

    def _truth(self, n: int) -> Piece:
        """A node as a truth: whatever is not 0, NaN too."""
        piece = self.piece(n)
        return piece if piece.truth else Piece(f"{_held(piece, ADD)}!==0", EQUAL, True)

    def _operation(self, node: Node) -> Piece:
        op, args = node.op, node.args
        if op in _ARITHMETIC:
            sign, rank = _ARITHMETIC[op]
            return Piece(f"{self._value(args[0], rank)}{sign}{self._right(args[1], rank)}", rank)
        if op in TRUTHS:
            return self._condition(op, args)
        if op == "select":
            test = _held(self._truth(args[0]), OR)
            yes, no = self._value(args[1], OR), self._value(args[2], OR)
            return Piece(f"{test}?{yes}:{no}", CONDITION)
        if op == "neg":
            return Piece(f"-{self._value(args[0], WHOLE)}", UNARY)
        if op == "lookup":
            points = self.tables[node.index]
            return Piece(f"{reader(points)}({self._value(args[0], CONDITION)},L{node.index})")
        if op == "lookup_given":
            return Piece(f"look({self._value(args[0], CONDITION)},curves[{node.index}])")
        if op == "clearing":
            kinds = ",".join(map(str, kinds_of(node.index)))
            cells = ",".join(self._value(a, CONDITION) for a in args)
            return Piece(f"clearing([{kinds}],[{cells}])")
        if op in DRAWS:
            at = "now" if op == "draw" else "0"
            words = f"{node.index & LOW},{node.index >> 32}"
            return Piece(f"draw({at},{words},{self._value(args[0], CONDITION)})")
        given = ",".join(self._value(a, CONDITION) for a in args)
        return Piece(f"{_FUNCTIONS[op]}({given})")

    def _right(self, n: int, rank: int) -> str:
        """What stands to the right of an operator; `--` would mean something else."""
        text = self._value(n, rank + 1)
        return f"({text})" if text.startswith("-") else text

    def _condition(self, op: str, args: tuple[int, ...]) -> Piece:
        if op in _COMPARISONS:
            sign, rank = _COMPARISONS[op]
            return Piece(
                f"{self._value(args[0], ADD)}{sign}{self._value(args[1], ADD)}", rank, True
            )
        if op == "not":
            return Piece(f"!{_held(self._truth(args[0]), UNARY)}", UNARY, True)
        sign, rank = ("&&", AND) if op == "and" else ("||", OR)
        left, right = (self._truth(a) for a in args)
        return Piece(f"{_held(left, rank)}{sign}{_held(right, rank + 1)}", rank, True)


def count_uses(nodes: Sequence[Node], own: Sequence[int], read: Iterable[int]) -> Counter[int]:
    """How often a function reads each node, for its operations and for what it stores."""
    uses = Counter(a for n in own for a in nodes[n].args)
    uses.update(read)
    return uses


def _held(piece: Piece, rank: int) -> str:
    return piece.text if piece.rank >= rank else f"({piece.text})"


def _is_negative(value: float) -> bool:
    return math.copysign(1.0, value) < 0.0


def _in_letters(count: int) -> str:
    digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    while True:
        text = digits[count % len(digits)] + text
        count = count // len(digits) - 1
        if count < 0:
            return text
