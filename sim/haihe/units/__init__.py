"""Units: what a model, a scenario or a table writes, and how one becomes another.

A unit is read by a grammar of our own: names, whole powers, `*`, `/`, brackets and factors such as
`10^4`. Nothing of a text is evaluated, so no text can hang or run. The names stand in a table
below; pint is asked, and only then loaded, for a name that the table does not know.

Conventions: a year has 365 days of 24 hours [8760 h]; a tonne of coal equivalent is 29.3076 GJ;
`Mm3` and `Gm3` are millions and thousand millions of cubic metres, as gas is counted; words for a
substance (`CO2`, `NOx`) say what is weighed and change nothing.

Sources
-------
GB/T 2589-2020, General rules for calculation of the comprehensive energy consumption: 1 kg of coal
equivalent is 29,307.6 kJ. BIPM, The International System of Units, 9th edition, 2019.
"""

from __future__ import annotations

import difflib
import functools
import math
import re
import unicodedata
from fractions import Fraction
from typing import overload

import numpy as np
from numpy.typing import NDArray

from haihe.errors import InputError
from haihe.text import Text
from haihe.units.table import CHINESE, COUNTED, MULTIPLES, PLAIN, PREFIXABLE, PREFIXES, TABLE
from haihe.units.values import ONE, Dimension, Unit, say_dimension, show_dimension

__all__ = [
    "ONE",
    "Dimension",
    "Unit",
    "conversion_factor",
    "convert",
    "is_commensurate",
    "parse_quantity",
    "parse_unit",
    "say_dimension",
    "show_dimension",
]

FloatArray = NDArray[np.float64]

MAX_LENGTH = 120
"""Longest text of a unit or of a quantity, in characters."""


def parse_unit(text: str, own: frozenset[str] | None = None) -> Unit:
    """Read a unit.

    Parameters
    ----------
    text
        As a model or a person writes it: `Mt/Year`, `kg/kWh`, `ug/m3`, `10^4 t`, `万吨`, `%`.
    own
        Names that the model uses as units of its own; None refuses every unknown name.

    Raises
    ------
    InputError
        Where the text is no unit; it says which known unit is near.
    """
    folded = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    if len(folded) > MAX_LENGTH:
        raise InputError(
            Text("单位过长", "a unit is longer than any unit"),
            None,
            Text("Mt/yr 之类的单位", "such as Mt/yr"),
            shown=text[:40],
        )
    unit = _parse(folded, own or frozenset())
    return Unit(text.strip(), unit.factor, unit.dimension)


def is_commensurate(one: str, other: str) -> bool:
    """Can a value in one unit be said in the other?"""
    return parse_unit(one).dimension == parse_unit(other).dimension


@overload
def convert(value: float, source: str, target: str) -> float: ...
@overload
def convert(value: FloatArray, source: str, target: str) -> FloatArray: ...
def convert(value: float | FloatArray, source: str, target: str) -> float | FloatArray:
    """A value of one unit in another.

    Raises
    ------
    InputError
        Where a unit is unknown, or the two measure different things.
    """
    if source == target:
        return value
    factor = conversion_factor(source, target)
    # Dividing by 100 is exact where multiplying by 0.01 is not: 57 % is 0.57.
    return value * factor if factor >= 1 else value / conversion_factor(target, source)


@functools.lru_cache(maxsize=1024)
def conversion_factor(source: str, target: str) -> float:
    """What a value in `source` is multiplied with to be in `target`.

    Raises
    ------
    InputError
        Where a unit is unknown, or the two measure different things.
    """
    one, other = parse_unit(source), parse_unit(target)
    if one.dimension != other.dimension and other.factor >= 1:
        one = _without_counts(one, other)
    if one.dimension != other.dimension:
        raise InputError(
            Text(
                f"{source or '1'} 不能换算成 {target or '1'}",
                f"{source or '1'} cannot be said in {target or '1'}",
            ),
            None,
            Text("量纲为 {of} 的单位", "a unit of {of}").fill(of=say_dimension(other.dimension)),
        )
    # Products of decimal prefixes are a last digit off what they stand for.
    return float(f"{one.factor / other.factor:.15g}")


def _without_counts(one: Unit, other: Unit) -> Unit:
    """A count of things said without the thing: firms as a plain number, `Mveh` as millions."""
    said = {name for name, _ in other.dimension}
    kept = tuple((n, p) for n, p in one.dimension if n in said or n not in COUNTED)
    return Unit(one.text, one.factor, kept)


_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")


def parse_quantity(text: str) -> tuple[float, str]:
    """Number and unit of a quantity such as `80 %`, `0.5 GW`, `40 kt` or `-3`.

    The unit is returned as it was written, "" where there is none; whether it is one is the
    business of `parse_unit`.

    Raises
    ------
    InputError
        Where the text does not begin with a finite number.
    """
    folded = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    match = _NUMBER.match(folded) if len(folded) <= MAX_LENGTH else None
    refusal = InputError(
        Text("这不是一个数量", "this is no quantity"),
        None,
        Text("数字加单位，如 80 % 或 0.5 GW", "a number and a unit, such as 80 % or 0.5 GW"),
        shown=text[:40],
    )
    if not match or len(match[0]) > 40:
        raise refusal
    number, rest = float(match[0]), folded[match.end() :]
    if (
        not math.isfinite(number)
        or rest[:1] in {".", ",", ":", "_", "*", "^"}
        or (rest[:1].isdigit())
    ):
        raise refusal
    return number, rest.strip()


# --- the grammar: term = factor (("*" | "/" | blank) factor)*, factor = atom ["^" whole number]

_TOKEN = re.compile(
    # `100km` is one thing: `L/100km` is not `L/100*km`.
    r"\s*(?:(?P<count>[0-9]+(?=[^\W\d]))"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?)"
    r"|(?P<name>[^\W\d][\w$°'.]*(?:[ ]+(?=[^\W\d])[\w$°']+)*|[%‰°$¥€][\w]*)"
    r"|(?P<mark>\*\*|[-+*/^()·×]))"
)
_DEPTH = 20


@functools.lru_cache(maxsize=4096)
def _parse(text: str, own: frozenset[str]) -> Unit:
    if text.casefold() in PLAIN:
        return ONE
    tokens = _tokenize(text)
    unit, rest = _parse_term(tokens, own, text, 0)
    if rest or not (0 < unit.factor < math.inf):
        raise _no_unit(text, rest[0][1] if rest else text)
    return unit


def _tokenize(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if not match:
            raise _no_unit(text, text[position : position + 10].strip())
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return tokens


def _parse_term(
    tokens: list[tuple[str, str]], own: frozenset[str], text: str, depth: int
) -> tuple[Unit, list[tuple[str, str]]]:
    unit, tokens = _parse_factor(tokens, own, text, depth)
    while tokens and tokens[0][1] != ")":
        mark = tokens[0][1] if tokens[0][0] == "mark" else "*"
        if mark in {"*", "/", "·", "×"} and tokens[0][0] == "mark":
            tokens = tokens[1:]
        elif mark != "(" and tokens[0][0] == "mark":
            raise _no_unit(text, mark)
        other, tokens = _parse_factor(tokens, own, text, depth)
        unit = unit / other if mark == "/" else unit * other
        if not (0 < unit.factor < math.inf):
            raise _no_unit(text, text)
    return unit, tokens


def _parse_factor(
    tokens: list[tuple[str, str]], own: frozenset[str], text: str, depth: int
) -> tuple[Unit, list[tuple[str, str]]]:
    if not tokens or depth > _DEPTH:
        raise _no_unit(text, "")
    (kind, word), tokens = tokens[0], tokens[1:]
    if word == "(":
        unit, tokens = _parse_term(tokens, own, text, depth + 1)
        if not tokens or tokens[0][1] != ")":
            raise _no_unit(text, "(")
        tokens = tokens[1:]
    elif kind == "name":
        unit = _find_name(word, own, text)
    elif kind == "count":
        other, tokens = _parse_factor(tokens, own, text, depth + 1)
        return Unit(word, float(word), ()) * other, tokens
    elif kind == "number":
        unit = Unit(word, float(word), ())
        if not unit.factor:
            raise _no_unit(text, word)
    else:
        raise _no_unit(text, word)
    if tokens and tokens[0][1] in {"^", "**"}:
        exponent, tokens = _parse_exponent(tokens[1:], text)
        unit = unit.power(exponent)
    return unit, tokens


def _parse_exponent(tokens: list[tuple[str, str]], text: str) -> tuple[int, list[tuple[str, str]]]:
    sign = 1
    if tokens and tokens[0][1] in {"-", "+"}:
        sign, tokens = (-1 if tokens[0][1] == "-" else 1), tokens[1:]
    if not tokens or not re.fullmatch("[0-9]{1,2}", tokens[0][1]):
        raise _no_unit(text, tokens[0][1] if tokens else "^")
    return sign * int(tokens[0][1]), tokens[1:]


def _no_unit(text: str, part: str) -> InputError:
    names = list(TABLE)
    near = tuple(difflib.get_close_matches(part, names, n=3, cutoff=0.6)) if part else ()
    what = Text("这不是单位", "this is no unit")
    if part and part != text:
        what = Text(f"{part} 不是已知的单位", f"{part} is no unit that is known")
    example = Text("Mt/yr、GW、%、kg/kWh 之类的单位", "such as Mt/yr, GW, %, kg/kWh")
    return InputError(what, None, "" if near else example, near, text[:60])


def _find_name(word: str, own: frozenset[str], text: str) -> Unit:
    unit = _known_name(word) or _known_words(word)
    if unit is None and word.casefold() in own:
        unit = Unit(word, 1.0, ((word.casefold(), Fraction(1)),))
    unit = unit or _from_pint(word)
    if unit is None:
        raise _no_unit(text, word)
    return unit


def _known_words(word: str) -> Unit | None:
    """Several words: a known name of several words, else the product of the words."""
    parts = word.split()
    if len(parts) < 2:
        return None
    units = [_known_name(part) for part in parts]
    product = ONE
    for unit in units:
        if unit is None:
            return None
        product = product * unit
    return product


def _known_name(word: str) -> Unit | None:
    folded = word.casefold()
    # One letter and prefixed names mean different things in capitals; whole words do not.
    single = " ".join(_singular(part) for part in folded.split())
    for name in (word, folded, single) if len(word) > 2 else (word,):
        if name in TABLE:
            return TABLE[name]
    for mark, factor in MULTIPLES.items():
        rest = word[len(mark) :]
        if word.startswith(mark) and rest in TABLE and rest in CHINESE:
            return Unit(word, factor * TABLE[rest].factor, TABLE[rest].dimension)
    for mark, factor in PREFIXES.items():
        rest = word[len(mark) :]
        if word.startswith(mark) and rest in PREFIXABLE:
            return Unit(word, factor * TABLE[rest].factor, TABLE[rest].dimension)
    match = re.fullmatch(r"(.*?[^\d])([2-9])", word)
    bare = _known_name(match[1]) if match else None
    if match and bare is not None and bare.dimension in {_base("m"), _base("s")}:
        return bare.power(int(match[2]))
    match = re.fullmatch(r"(.+?)(CO2e?|CO2eq|NOx|SO2|PM25|VOC|NH3)", word)
    return _known_name(match[1]) if match else None


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


@functools.cache
def _from_pint(word: str) -> Unit | None:
    """What pint says to a single name; the text is nothing but letters."""
    if not re.fullmatch(r"[A-Za-z]{4,}(?:[ _][A-Za-z]+){0,2}", word) or len(word) > 30:
        return None
    registry = _pint_registry()
    try:
        quantity = registry.Quantity(1.0, word.replace(" ", "_").lower()).to_base_units()
    except Exception:  # pint raises several kinds, offset units among them
        return None
    names = {"kilogram": "kg", "meter": "m", "second": "s", "kelvin": "K", "radian": ""}
    units = quantity.unit_items()
    powers = {names.get(n, n): Fraction(p).limit_denominator(12) for n, p in units}
    powers.pop("", None)
    return Unit(word, float(quantity.magnitude), tuple(sorted(powers.items())))


@functools.cache
def _pint_registry():  # type: ignore[no-untyped-def]
    import pint  # takes a second, and is hardly ever needed

    return pint.UnitRegistry()


def _base(name: str) -> Dimension:
    return ((name, Fraction(1)),)
