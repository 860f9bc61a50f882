"""What makes a member a case, as a person writes it.

::

    PM2.5 at 2030 > 30
    CO2 peak year > 2030 and (rail share at 2035 < 25 % or good days at 2030 < 290)
    20 < PM2.5 2025-2035 mean <= 35 ug/m3
    not CO2 at 2035 < CO2 at 2025

A side is a number, with or without its unit, or an outcome as `select_outcome` reads it. `and`,
`or` and `not` may be written 且, 或, 非. Nothing is ever executed: the tree is data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haihe.analysis.select_outcome import read_asked
from haihe.errors import InputError
from haihe.project import show_text
from haihe.text import Text, Words, set_apart
from haihe.units import convert
from haihe.units.words import say_unit

LONGEST = 2000
DEEPEST = 40
_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*")
  | (?P<sign><=|>=|==|!=|[<>=≤≥＜＞≠])
  | (?P<connect>\b(?:and|or|not)\b|并且|或者|且|或|非(?=[\s(（]))
  | (?P<bracket>[()（）])
  | (?P<text>[^<>=!≤≥＜＞≠()（）"]+?
      (?=\b(?:and|or|not)\b|并且|或者|且|或|非[\s(（]|[<>=!≤≥＜＞≠()（）"]|$))
  | (?P<wrong>.)""",
    re.VERBOSE | re.IGNORECASE,
)
_SIGNS = {"≤": "<=", "≥": ">=", "＜": "<", "＞": ">"}
_CONNECTS = {"且": "and", "并且": "and", "或": "or", "或者": "or", "非": "not"}
_NUMBER = re.compile(r"^[-+−]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?=$|[^\d\w.]|[^\W\d_])")
_COMPARE: dict[str, Callable[[NDArray, NDArray], NDArray]] = {  # type: ignore[type-arg]
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison."""

    text: str
    """An outcome, as `select_outcome` reads it; "" for a number."""
    value: float = 0.0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides held against each other."""

    left: Side
    sign: str
    right: Side


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions joined by "and" or "or", or one denied by "not"."""

    how: str
    parts: tuple[Condition, ...]


Condition = Comparison | Joined


@dataclass(frozen=True, slots=True)
class Quantity:
    """Values of an outcome and how it is called."""

    values: NDArray[np.float64]
    """(member,)"""
    unit: str
    title: Text


@dataclass(frozen=True, slots=True)
class Judged:
    """Which members fulfil a condition."""

    case: NDArray[np.bool_]
    known: NDArray[np.bool_]
    """False where a number is missing."""
    words: Text


def read_condition(text: str) -> Condition:
    """Read a condition.

    Raises
    ------
    InputError
        With the place where it goes wrong.
    """
    if len(text) > LONGEST:
        raise InputError(
            Text("条件太长", "the condition is too long"),
            expected=Text(f"不超过 {LONGEST} 个字符", f"at most {LONGEST} characters"),
        )
    reader = _Reader(text)
    found = reader.any_of(0)
    if reader.kind != "end":
        raise reader.refuse(Text("and、or 或结尾", "and, or, or the end"))
    return found


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    word: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    """Tokens, with words between signs put together to one text.

    `and` within a name that has not been compared yet belongs to the name, and so do brackets that
    do not begin a group.
    """
    held, start, compared, depth = "", 0, False, 0
    for match in _TOKEN.finditer(text):
        kind, word = str(match.lastgroup), match.group()
        if kind in ("text", "quoted", "wrong"):
            if not held.strip():
                start = match.start() + len(word) - len(word.lstrip())
            held += word
            continue
        opens = kind == "bracket" and word in "(（"
        inner = kind == "bracket" and (bool(held.strip()) if opens else depth > 0)
        joins = kind == "connect" and bool(held.strip())
        if inner or (joins and (not compared or _connect(word) == "not")):
            depth += (1 if opens else -1) if inner else 0
            held += word
            continue
        if held.strip():
            yield _Token("text", held.strip(), start)
        held = ""
        if kind == "connect" or opens:
            compared = False
        compared = compared or kind == "sign"
        yield _Token(kind, word, match.start())
    if held.strip():
        yield _Token("text", held.strip(), start)
    yield _Token("end", "", len(text))


def _connect(word: str) -> str:
    return _CONNECTS.get(word, word.casefold())


class _Reader:
    """Recursive descent, one token at a time."""

    def __init__(self, text: str):
        self.text = text
        self.tokens = _tokens(text)
        self.take()

    def take(self) -> str:
        """Go on; the word that was left behind."""
        before = getattr(self, "word", "")
        token = next(self.tokens)
        self.kind, self.word, self.at = token.kind, token.word, token.at
        return before

    def refuse(self, expected: Words, problem: Text | None = None) -> InputError:
        """An error at what is read now."""
        place = self.at + 1
        zh, en = (show_text(self.word) if self.word else end for end in ("结尾", "the end"))
        shown = "".join(c if c.isprintable() else " " for c in self.text)
        return InputError(
            problem
            or Text(
                f"条件第 {place} 个字符处的{set_apart(zh, 'zh')} 不合语法",
                f"{en} does not fit at position {place} of the condition",
            ),
            expected=expected,
            shown=shown if len(shown) <= 120 else "",
        )

    def any_of(self, depth: int) -> Condition:
        return self._joined("or", depth, self.all_of)

    def all_of(self, depth: int) -> Condition:
        return self._joined("and", depth, self.one)

    def _joined(self, how: str, depth: int, read: Callable[[int], Condition]) -> Condition:
        parts = [read(depth)]
        while self.kind == "connect" and _connect(self.word) == how:
            self.take()
            parts.append(read(depth))
        return parts[0] if len(parts) == 1 else Joined(how, tuple(parts))

    def one(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise self.refuse(
                Text(f"最多 {DEEPEST} 层括号", f"at most {DEEPEST} brackets"),
                Text("条件嵌套太深", "the condition is nested too deep"),
            )
        if self.kind == "connect" and _connect(self.word) == "not":
            self.take()
            return Joined("not", (self.one(depth + 1),))
        if self.kind == "bracket" and self.word in "(（":
            self.take()
            inner = self.any_of(depth + 1)
            if self.kind != "bracket" or self.word not in ")）":
                raise self.refuse("`)`")
            self.take()
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        sides = [self.side()]
        signs = []
        while self.kind == "sign":
            sign = _SIGNS.get(self.word, self.word)
            if sign not in _COMPARE:
                problem = Text(
                    f"{show_text(self.word)} 不能用来比较变动的数",
                    f"{show_text(self.word)} is no test for numbers that vary",
                )
                raise self.refuse(Text("<、<=、> 或 >=", "<, <=, > or >="), problem)
            signs.append(sign)
            self.take()
            sides.append(self.side())
        if not signs:
            raise self.refuse(
                Text(
                    "<、<=、> 或 >=，例如 `PM2.5 at 2030 > 30`",
                    "<, <=, > or >=, such as `PM2.5 at 2030 > 30`",
                )
            )
        found = tuple(
            Comparison(left, sign, right)
            for left, sign, right in zip(sides[:-1], signs, sides[1:], strict=True)
        )
        return found[0] if len(found) == 1 else Joined("and", found)

    def side(self) -> Side:
        if self.kind != "text":
            raise self.refuse(Text("指标或数值", "an outcome or a number"))
        return read_side(self.take())


def read_side(text: str) -> Side:
    """A number with its unit, or an outcome."""
    match = _NUMBER.match(text)
    if match is None or read_asked(text).how:
        return Side(text)
    number = match.group().replace("−", "-").replace(",", "")
    return Side("", float(number), text[match.end() :].strip())


def judge_members(condition: Condition, look: Callable[[str], Quantity]) -> Judged:
    """Which members fulfil a condition.

    Parameters
    ----------
    look
        Gives the values of an outcome, as it is written.

    Raises
    ------
    InputError
        Where an outcome or a unit is wrong.
    """
    if isinstance(condition, Comparison):
        return _compare(condition, look)
    parts = [judge_members(part, look) for part in condition.parts]
    known = np.logical_and.reduce([part.known for part in parts])
    if condition.how == "not":
        words = Text(f"并非（{parts[0].words.zh}）", f"not ({parts[0].words.en})")
        return Judged(~parts[0].case, known, words)
    join = np.logical_and if condition.how == "and" else np.logical_or
    glue = Text("且", " and ") if condition.how == "and" else Text("或", " or ")
    said = [_bracket(part, inner) for part, inner in zip(parts, condition.parts)]
    words = Text(glue.zh.join(s.zh for s in said), glue.en.join(s.en for s in said))
    return Judged(join.reduce([part.case for part in parts]), known, words)


def _bracket(part: Judged, inner: Condition) -> Text:
    if isinstance(inner, Joined) and inner.how == "or":
        return Text(f"（{part.words.zh}）", f"({part.words.en})")
    return part.words


def _compare(comparison: Comparison, look: Callable[[str], Quantity]) -> Judged:
    if not comparison.left.text and not comparison.right.text:
        raise InputError(
            Text("条件比较的是两个数值", "a condition compares two numbers"),
            expected=Text("至少一侧为指标", "an outcome on one side"),
        )
    left, right = (
        look(side.text) if side.text else None for side in (comparison.left, comparison.right)
    )
    unit = left.unit if left else right.unit if right else ""
    sides = [
        _in_unit(side, quantity, unit)
        for side, quantity in ((comparison.left, left), (comparison.right, right))
    ]
    one, other = np.broadcast_arrays(*(values for values, _ in sides))
    known = np.isfinite(one) & np.isfinite(other)
    shown = comparison.sign.replace("<=", "≤").replace(">=", "≥")
    words = Text(*(f"{sides[0][1].get(g)} {shown} {sides[1][1].get(g)}" for g in ("zh", "en")))
    return Judged(_COMPARE[comparison.sign](one, other) & known, known, words)


def _in_unit(side: Side, quantity: Quantity | None, unit: str) -> tuple[NDArray[np.float64], Text]:
    """Values of a side in a unit, and how it is called."""
    if quantity is not None:
        return convert(quantity.values, quantity.unit, unit), quantity.title
    value = convert(side.value, side.unit, unit) if side.unit else side.value
    words = Text("", "") if unit == "year" else say_unit(unit)
    return np.array([value]), Text(*(f"{value:.6g} {w}".strip() for w in (words.zh, words.en)))
