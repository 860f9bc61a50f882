"""Statements about a model, as a reality check writes them: text to tree.

::

    SUM(realised share[commodity, mode!]) = 1
    0 <= ship readiness <= 1
    berth CO2 including grid > AGAINST(berth CO2 including grid)
    grid emission factor > break even grid factor :IMPLIES: berth CO2 > 0
    RISES(high tech firms)

Names are the model's, blanks included; subscripts are elements, dimensions, or subranges; `!` marks
what a SUM runs over, as in Vensim. Nothing is ever executed: the tree is data.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from haihe.text import Text, Words, say

CONNECT = {":and:": "and", ":implies:": "implies"}
COMPARE = ("<=", ">=", "<", ">", "=")
REDUCE = ("sum", "vmin", "vmax")
"""Over the dimensions marked with `!`."""
ELEMENTWISE = {"abs": 1, "exp": 1, "ln": 1, "sqrt": 1, "min": 2, "max": 2, "zidz": 2}
"""Functions of values, with the number of arguments."""
IN_TIME = {"at": (1, 1), "total": (0, 2), "largest": (0, 2), "smallest": (0, 2), "mean": (0, 2)}
"""Functions of a course over time, with how many years may follow."""
COURSE = ("previous", "against")
SENTENCES = ("rises", "falls", "finite")
"""Functions that are statements by themselves."""
FUNCTIONS = (*REDUCE, *ELEMENTWISE, *IN_TIME, *COURSE, *SENTENCES)
DEEPEST = 40
"""Most brackets within brackets."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
  | (?P<connect>:\w+:)
  | (?P<name>[^\W\d]\w*(?:[ \t]+\w+)*|"[^"]+")
  | (?P<sign><=|>=|[-+*/^<>=(),\[\]!])
    )""",
    re.VERBOSE,
)


class ExpressionError(Exception):
    """Something in an expression cannot be read."""

    def __init__(self, problem: Words, at: int, expected: Words = "", near: tuple[str, ...] = ()):
        super().__init__(say(problem, "en"))
        self.problem, self.at, self.expected, self.near = problem, at, expected, near

    @property
    def words(self) -> Text:
        """What cannot be read, in both languages."""
        return Text(say(self.problem, "zh"), say(self.problem, "en"))


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float
    at: int


@dataclass(frozen=True, slots=True)
class Subscript:
    """One place in the brackets of a name."""

    name: str
    over: bool
    """Marked with `!`."""
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A variable of the model."""

    text: str
    subscripts: tuple[Subscript, ...] | None
    """None where no brackets stand: every element."""
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """Two values joined by + - * / ^."""

    sign: str
    left: Term
    right: Term
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of values."""

    function: str
    arguments: tuple[Term, ...]
    at: int


Term = Number | Name | Binary | Call


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values held against each other."""

    left: Term
    sign: str
    """One of `COMPARE`, or "finite" (the right side counts for nothing then)."""
    right: Term
    at: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What must hold, wherever what it hangs on holds."""

    premises: tuple[Comparison, ...]
    """Empty: everywhere."""
    claims: tuple[Comparison, ...]


def parse_statement(text: str) -> Statement:
    """Read a statement.

    Raises
    ------
    ExpressionError
        With the position (from 0) of what is wrong.
    """
    reader = _Reader(text)
    first = reader.conjunction()
    if reader.word == ":implies:":
        reader.take()
        statement = Statement(first, reader.conjunction())
    else:
        statement = Statement((), first)
    if reader.kind != "end":
        raise reader.refuse(Text("运算符或结尾", "an operator or the end"))
    return statement


def names_in(statement: Statement) -> Iterator[Name]:
    """Every name, in the order in which they stand."""
    for comparison in (*statement.premises, *statement.claims):
        for side in (comparison.left, comparison.right):
            yield from names_of(side)


def names_of(term: Term) -> Iterator[Name]:
    """Every name of a term."""
    if isinstance(term, Name):
        yield term
    elif isinstance(term, Binary):
        yield from names_of(term.left)
        yield from names_of(term.right)
    elif isinstance(term, Call):
        for argument in term.arguments:
            yield from names_of(argument)


def uses(statement: Statement, function: str) -> bool:
    """Whether a function is called anywhere."""
    sides = [s for c in (*statement.premises, *statement.claims) for s in (c.left, c.right)]
    return any(_calls(side, function) for side in sides)


def _calls(term: Term, function: str) -> bool:
    if isinstance(term, Binary):
        return _calls(term.left, function) or _calls(term.right, function)
    if isinstance(term, Call):
        return term.function == function or any(_calls(a, function) for a in term.arguments)
    return False


class _Reader:
    """Recursive descent over tokens, one at a time."""

    def __init__(self, text: str):
        self.text = text
        self.next = 0
        self.depth = 0
        self.take()

    def take(self) -> str:
        """Go on; the word that was left behind."""
        before = getattr(self, "shown", "")
        rest = self.text[self.next :]
        self.at = self.next + len(rest) - len(rest.lstrip())
        match = _TOKEN.match(self.text, self.next)
        if match is None:
            if rest.strip():
                found = self.text[self.at]
                raise ExpressionError(
                    Text(f"此处的“{found}”没有意义", f"`{found}` means nothing here"), self.at
                )
            self.kind, self.word, self.shown = "end", "", ""
            return before
        self.kind = str(match.lastgroup)
        self.shown = match[self.kind]
        self.word = self.shown.casefold() if self.kind == "connect" else self.shown
        if self.kind == "connect" and self.word not in CONNECT:
            raise ExpressionError(
                Text(f"没有连接词 {self.shown}", f"there is no connective {self.shown}"),
                self.at,
                Text(":AND: 或 :IMPLIES:", ":AND: or :IMPLIES:"),
            )
        self.next = match.end()
        return before

    def refuse(self, expected: Words) -> ExpressionError:
        """An error at what is read now."""
        found = (
            Text(f"“{self.shown}”", f"`{self.shown}`") if self.shown else Text("结尾", "the end")
        )
        return ExpressionError(
            Text(f"{found.zh}不应在此处", f"{found.en} does not fit here"), self.at, expected
        )

    def expect(self, sign: str) -> None:
        if self.kind != "sign" or self.word != sign:
            raise self.refuse(f"`{sign}`")
        self.take()

    def accept(self, *signs: str) -> str:
        """One of these signs, taken; "" where another stands."""
        return self.take() if self.kind == "sign" and self.word in signs else ""

    def conjunction(self) -> tuple[Comparison, ...]:
        found = [*self.comparisons()]
        while self.word == ":and:":
            self.take()
            found += self.comparisons()
        return tuple(found)

    def comparisons(self) -> Iterator[Comparison]:
        left = self.sum()
        if isinstance(left, Call) and left.function in SENTENCES:
            yield _sentence(left)
            return
        if self.word not in COMPARE:
            raise self.refuse(Text("= <= >= < > 之一", "one of = <= >= < >"))
        while self.kind == "sign" and self.word in COMPARE:
            at = self.at
            sign = self.take()
            right = self.sum()
            yield Comparison(left, sign, right, at)
            left = right

    def sum(self) -> Term:
        left = self.product()
        at = self.at
        while sign := self.accept("+", "-"):
            left = Binary(sign, left, self.product(), at)
        return left

    def product(self) -> Term:
        left = self.power()
        at = self.at
        while sign := self.accept("*", "/"):
            left = Binary(sign, left, self.power(), at)
        return left

    def power(self) -> Term:
        at = self.at
        if self.accept("-"):
            return Binary("-", Number(0.0, at), self.deeper(self.power), at)
        base = self.atom()
        at = self.at
        return Binary("^", base, self.deeper(self.power), at) if self.accept("^") else base

    def deeper(self, read: object) -> Term:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(
                Text("嵌套过深", "is nested too deep"),
                self.at,
                Text(f"不超过 {DEEPEST} 层括号", f"at most {DEEPEST} brackets"),
            )
        found: Term = read()  # type: ignore[operator]
        self.depth -= 1
        return found

    def atom(self) -> Term:
        at = self.at
        if self.kind == "number":
            return Number(float(self.take()), at)
        if self.kind == "name":
            name = self.take()
            if self.kind == "sign" and self.word == "(":
                return self.call(name, at)
            return Name(name, self.subscripts(), at)
        if self.accept("("):
            inner = self.deeper(self.sum)
            self.expect(")")
            return inner
        raise self.refuse(Text("数字、变量或函数", "a number, a variable or a function"))

    def subscripts(self) -> tuple[Subscript, ...] | None:
        if not self.accept("["):
            return None
        found: list[Subscript] = []
        while True:
            if self.kind != "name":
                raise self.refuse(Text("元素或维度", "an element or a dimension"))
            at = self.at
            name = self.take()
            found.append(Subscript(name, bool(self.accept("!")), at))
            if self.accept("]"):
                return tuple(found)
            self.expect(",")

    def call(self, name: str, at: int) -> Term:
        function = name.casefold()
        if function not in FUNCTIONS:
            near = difflib.get_close_matches(function, FUNCTIONS, n=1)
            raise ExpressionError(
                Text(f"没有函数 {name}", f"there is no function {name}"),
                at,
                ""
                if near
                else Text(
                    f"以下之一：{'、'.join(FUNCTIONS).upper()}",
                    f"one of {', '.join(FUNCTIONS).upper()}",
                ),
                tuple(n.upper() for n in near),
            )
        self.expect("(")
        arguments = [self.deeper(self.sum)]
        while self.accept(","):
            arguments.append(self.deeper(self.sum))
        self.expect(")")
        if problem := _count_problem(function, arguments):
            raise ExpressionError(Text(f"{name} {problem.zh}", f"{name} {problem.en}"), at)
        return Call(function, tuple(arguments), at)


def _sentence(call: Call) -> Comparison:
    """RISES, FALLS and FINITE as comparisons."""
    of = call.arguments[0]
    if call.function == "finite":
        return Comparison(of, "finite", of, call.at)
    sign = ">=" if call.function == "rises" else "<="
    return Comparison(of, sign, Call("previous", (of,), call.at), call.at)


def _count_problem(function: str, arguments: list[Term]) -> Text | None:
    """What is wrong with the arguments of a function; None where nothing is."""
    if function in IN_TIME:
        least, most = IN_TIME[function]
        years = arguments[1:]
        if len(years) not in (least, most):
            if most == 1:
                return Text("须给一个量和一个年份", "takes a value and a year")
            return Text("须给一个量，可再给两个年份", "takes a value and two years, or none")
        if not all(isinstance(year, Number) for year in years):
            return Text("的年份须直接写成数字", "takes years written as numbers")
        return None
    wanted = ELEMENTWISE.get(function, 1)
    if len(arguments) == wanted:
        return None
    return Text(f"须有 {wanted} 个参数", f"takes {wanted} argument{'s' * (wanted > 1)}")
