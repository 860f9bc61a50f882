"""Equations of XMILE into trees: a tokenizer and a parser by precedence.

The binding of operators, from the tightest: `^` (from the right), `+ - NOT` before an operand,
`* / MOD`, `+ -`, `< <= > >=`, `= <>`, `AND`, `OR`. `IF c THEN a ELSE b` is an expression, and
`{...}` is a comment.

Sources
-------
OASIS, XML Interchange Language for System Dynamics (XMILE) Version 1.0, 2015, sections 3.2, 3.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from haihe.text import Text, Words, say

DEEPEST = 100
"""Parentheses within each other; every pass over a tree goes down it."""

_TOKEN = re.compile(
    r"(?P<blank>\s+|\{[^{}]*\})"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r'|(?P<quoted>"(?:\\.|[^"\\])*")'
    r"|(?P<name>[^\W\d][\w$']*)"
    r"|(?P<sign><=|>=|<>|//|[-+*/^()<>=,\[\].])"
)
_ESCAPES = {"n": " ", "t": " ", '"': '"', "\\": "\\"}
_CHAINS = {"or": 1, "and": 2, "=": 3, "<>": 3, "<": 4, "<=": 4, ">": 4, ">=": 4}
_CHAINS |= {"+": 5, "-": 5, "*": 6, "/": 6, "mod": 6, "//": 6}
_UNARY, _POWER = 7, 8
_SUMS = {o: {o} for o in ("and", "or")} | {o: set(pair) for pair in ("+-", "*/") for o in pair}
"""Operators that make one chain, each with its companions."""
_LOGIC = {3, 4}
_WORDS = {"if", "then", "else", "and", "or", "not", "mod"}


class EquationError(Exception):
    """An equation that cannot be read, and where."""

    def __init__(self, problem: Words, position: int, expected: Words = "") -> None:
        super().__init__(say(problem, "en"))
        self.problem = problem
        self.position = position
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True, slots=True)
class Star:
    """`*` in the place of a subscript: all elements."""


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, a dimension or an element."""

    parts: tuple[str, ...]
    """`module`, `variable` of a qualified name; names as written, escapes read."""
    absolute: bool = False
    """Did it begin with a dot: is it sought from the root model on?"""
    subscripts: tuple[Tree, ...] = ()

    def __str__(self) -> str:
        return ("." if self.absolute else "") + ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Call:
    """A function, a macro or a graphical function with its arguments."""

    name: Name
    arguments: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A chain of operators of equal rank, read from the left; one argument more than operators.

    `neg`, `not` have one argument and `if` three, and stand alone.
    """

    operators: tuple[str, ...]
    arguments: tuple[Tree, ...]


Tree = Number | Star | Name | Call | Operation


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse_equation(text: str) -> Tree | None:
    """The tree of an equation; None where it holds nothing but blanks and comments.

    Raises
    ------
    EquationError
        With the position of what cannot be read.
    """
    tokens = _tokenize(text)
    if not tokens:
        return None
    parser = _Parser(tokens, len(text))
    tree = parser.expression(0)
    if parser.next:
        raise parser.error(Text("“{token}”无法读取", "`{token}` cannot be read"), parser.next)
    return tree


def _tokenize(text: str) -> list[_Token]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise EquationError(
                Text(
                    f"此处的“{text[position]}”无法读取", f"`{text[position]}` cannot be read here"
                ),
                position,
            )
        kind = str(match.lastgroup)
        written = match[0]
        if kind == "name" and written.lower() in _WORDS:
            kind, written = "sign", written.lower()
        if kind != "blank":
            tokens.append(_Token(kind, written, match.start(), match.end()))
        position = match.end()
    return tokens


@dataclass(slots=True)
class _Parser:
    """The place in a row of tokens; lives for one equation."""

    tokens: list[_Token]
    end: int
    position: int = 0
    depth: int = 0
    denied: set[int] = field(default_factory=set)
    """Positions of NOT whose reach would be read differently by different programs."""

    @property
    def next(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def error(self, problem: Text, token: _Token | None, expected: Words = "") -> EquationError:
        if token is None:
            return EquationError(
                Text("方程不完整", "the equation ends too early"), self.end, expected
            )
        return EquationError(problem.fill(token=token.text), token.start, expected)

    def take(self, *texts: str) -> bool:
        """Pass over a sign if it comes next."""
        token = self.next
        if token and token.kind == "sign" and token.text in texts:
            self.position += 1
            return True
        return False

    def need(self, text: str) -> None:
        if not self.take(text):
            raise self.error(
                Text("“{token}”位置不对", "`{token}` stands in the wrong place"),
                self.next,
                text.upper(),
            )

    def expression(self, least: int) -> Tree:
        """Everything that binds at least as tightly as `least`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise EquationError(Text("方程嵌套过深", "the equation is nested too deeply"), 0)
        left = self.operand()
        while (token := self.next) and token.kind == "sign":
            rank = _POWER if token.text == "^" else _CHAINS.get(token.text, -1)
            if rank < max(least, 0):
                break
            self._check_not(token, rank)
            self.position += 1
            # `^` joins from the right; a power may begin with a sign.
            right = self.expression(_UNARY if token.text == "^" else rank + 1)
            left = _join(left, token.text, right)
        self.depth -= 1
        return left

    def _check_not(self, token: _Token, rank: int) -> None:
        if self.position in self.denied and rank >= min(_LOGIC):
            raise self.error(
                Text("NOT 之后的“{token}”有两种读法", "`{token}` after NOT is read in two ways"),
                token,
                Text("在 NOT 之后或其外加括号", "parentheses after NOT, or around it"),
            )

    def operand(self) -> Tree:
        token = self.next
        if token is None:
            raise self.error(Text("", ""), None, Text("数字、名称或 (", "a number, a name or ("))
        if self.take("+"):
            return self.expression(_UNARY)
        if self.take("-"):
            return Operation(("neg",), (self.expression(_UNARY),))
        if self.take("not"):
            inner = self.expression(_UNARY)
            self.denied.add(self.position)
            return Operation(("not",), (inner,))
        if self.take("if"):
            return self.condition()
        if self.take("("):
            inner = self.expression(0)
            self.need(")")
            return inner
        if token.kind == "number":
            self.position += 1
            return Number(float(token.text))
        if self.take("mod"):
            self.need("(")
            return Call(Name(("MOD",)), self.row(")", lambda: self.expression(0)))
        return self.named()

    def condition(self) -> Tree:
        test = self.expression(0)
        self.need("then")
        yes = self.expression(0)
        self.need("else")
        return Operation(("if",), (test, yes, self.expression(0)))

    def named(self) -> Tree:
        absolute = self.take(".")
        parts = [self.part()]
        while self.take("."):
            parts.append(self.part())
        name = Name(tuple(parts), absolute)
        if self.take("["):
            name = Name(name.parts, absolute, self.row("]", self.subscript))
        if self.take("("):
            return Call(name, () if self.take(")") else self.row(")", lambda: self.expression(0)))
        return name

    def part(self) -> str:
        token = self.next
        if token is None or token.kind not in {"name", "quoted"}:
            raise self.error(
                Text("“{token}”的位置应是名称", "`{token}` stands where a name is expected"),
                token,
                Text("名称", "a name"),
            )
        self.position += 1
        return token.text if token.kind == "name" else unescape(token.text[1:-1])

    def subscript(self) -> Tree:
        return Star() if self.take("*") else self.expression(0)

    def row(self, close: str, read: Callable[[], Tree]) -> tuple[Tree, ...]:
        """Things between commas, up to a closing bracket."""
        found = [read()]
        while self.take(","):
            found.append(read())
        self.need(close)
        return tuple(found)


def _join(left: Tree, operator: str, right: Tree) -> Tree:
    """A chain grows where the ranks are equal, so that a long sum is no deep tree."""
    if isinstance(left, Operation) and operator in _SUMS and set(left.operators) <= _SUMS[operator]:
        return Operation((*left.operators, operator), (*left.arguments, right))
    return Operation((operator,), (left, right))


def unescape(text: str) -> str:
    """A name with `\\n`, `\\t`, `\\\\` and `\\"` read; line ends in names are blanks."""
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text)
