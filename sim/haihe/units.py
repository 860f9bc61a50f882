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
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import overload

import numpy as np
from numpy.typing import NDArray

from haihe.errors import InputError

FloatArray = NDArray[np.float64]
Dimension = tuple[tuple[str, Fraction], ...]

MAX_LENGTH = 120
"""Longest text of a unit or of a quantity, in characters."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as a multiple of a product of base units."""

    text: str
    """As it was written."""
    factor: float
    """How many of the base units it is."""
    dimension: Dimension
    """Exponent of each base unit, by name; () for a plain number."""

    def __mul__(self, other: Unit) -> Unit:
        return _combine(self, other, 1)

    def __truediv__(self, other: Unit) -> Unit:
        return _combine(self, other, -1)

    def power(self, exponent: Fraction | int) -> Unit:
        """The unit raised to a power."""
        powers = tuple((name, power * exponent) for name, power in self.dimension if exponent)
        try:
            factor = self.factor ** float(exponent)
        except OverflowError:
            factor = math.inf
        return Unit(f"({self.text})^{exponent}", factor, powers)


ONE = Unit("1", 1.0, ())


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
        raise InputError("a unit is longer than any unit", None, "such as Mt/yr", shown=text[:40])
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
            f"{source or '1'} cannot be said in {target or '1'}",
            None,
            f"a unit of {show_dimension(other.dimension)}",
        )
    # Products of decimal prefixes are a last digit off what they stand for.
    return float(f"{one.factor / other.factor:.15g}")


def _without_counts(one: Unit, other: Unit) -> Unit:
    """A count of things said without the thing: firms as a plain number, `Mveh` as millions."""
    said = {name for name, _ in other.dimension}
    kept = tuple((n, p) for n, p in one.dimension if n in said or n not in _COUNTED)
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
    expected = "a number and a unit, such as 80 % or 0.5 GW"
    if not match or len(match[0]) > 40:
        raise InputError("this is no quantity", None, expected, shown=text[:40])
    number, rest = float(match[0]), folded[match.end() :]
    if (
        not math.isfinite(number)
        or rest[:1] in {".", ",", ":", "_", "*", "^"}
        or (rest[:1].isdigit())
    ):
        raise InputError("this is no quantity", None, expected, shown=text[:40])
    return number, rest.strip()


def show_dimension(dimension: Dimension) -> str:
    """Base units of a dimension in words: `kg m^2 / s^2`; "a plain number" for none."""
    if not dimension:
        return "a plain number"
    above = [_show_power(name, power) for name, power in dimension if power > 0]
    below = [_show_power(name, -power) for name, power in dimension if power < 0]
    return " ".join(above or ["1"]) + ("" if not below else " / " + " ".join(below))


def _show_power(name: str, power: Fraction) -> str:
    return name if power == 1 else f"{name}^{power}"


def _combine(one: Unit, other: Unit, sign: int) -> Unit:
    powers = dict(one.dimension)
    for name, power in other.dimension:
        powers[name] = powers.get(name, Fraction(0)) + sign * power
    factor = one.factor * other.factor if sign > 0 else one.factor / other.factor
    mark = "*" if sign > 0 else "/"
    return Unit(
        f"{one.text}{mark}{other.text}",
        factor,
        tuple(sorted((name, power) for name, power in powers.items() if power)),
    )


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
    if text.casefold() in _PLAIN:
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
    names = list(_TABLE)
    near = tuple(difflib.get_close_matches(part, names, n=3, cutoff=0.6)) if part else ()
    what = f"{part} is no unit that is known" if part and part != text else "this is no unit"
    return InputError(what, None, "" if near else "such as Mt/yr, GW, %, kg/kWh", near, text[:60])


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
        if name in _TABLE:
            return _TABLE[name]
    for mark, factor in _MULTIPLES.items():
        rest = word[len(mark) :]
        if word.startswith(mark) and rest in _TABLE and rest in _CHINESE:
            return Unit(word, factor * _TABLE[rest].factor, _TABLE[rest].dimension)
    for mark, factor in _PREFIXES.items():
        rest = word[len(mark) :]
        if word.startswith(mark) and rest in _PREFIXABLE:
            return Unit(word, factor * _TABLE[rest].factor, _TABLE[rest].dimension)
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


def _unit(text: str, factor: float, **powers: int) -> Unit:
    dimension = tuple(sorted((name, Fraction(power)) for name, power in powers.items()))
    return Unit(text, factor, dimension)


_PLAIN = frozenset({"", "1", "-", "dmnl", "dimensionless", "ratio", "fraction", "unitless"})
_YEAR = 365.0 * 24 * 3600
_TCE = 29.3076e9

# Name: (factor, base units). Aliases follow in the same line of the second table.
_KNOWN: dict[str, tuple[float, Mapping[str, int]]] = {
    # plain numbers
    "dmnl": (1.0, {}),
    "%": (0.01, {}),
    "‰": (0.001, {}),
    "thousand": (1e3, {}),
    "million": (1e6, {}),
    "billion": (1e9, {}),
    # mass
    "g": (1e-3, {"kg": 1}),
    "kg": (1.0, {"kg": 1}),
    "t": (1e3, {"kg": 1}),
    "pound": (0.45359237, {"kg": 1}),
    # length, area, volume
    "m": (1.0, {"m": 1}),
    "cm": (1e-2, {"m": 1}),
    "mm": (1e-3, {"m": 1}),
    "km": (1e3, {"m": 1}),
    "ha": (1e4, {"m": 2}),
    "kha": (1e7, {"m": 2}),
    "km2": (1e6, {"m": 2}),
    "l": (1e-3, {"m": 3}),
    "Mm3": (1e6, {"m": 3}),
    "Gm3": (1e9, {"m": 3}),
    # time
    "s": (1.0, {"s": 1}),
    "min": (60.0, {"s": 1}),
    "h": (3600.0, {"s": 1}),
    "d": (86400.0, {"s": 1}),
    "week": (7 * 86400.0, {"s": 1}),
    "month": (_YEAR / 12, {"s": 1}),
    "yr": (_YEAR, {"s": 1}),
    # energy and power
    "J": (1.0, {"kg": 1, "m": 2, "s": -2}),
    "Wh": (3600.0, {"kg": 1, "m": 2, "s": -2}),
    "W": (1.0, {"kg": 1, "m": 2, "s": -3}),
    "tce": (_TCE, {"kg": 1, "m": 2, "s": -2}),
    "gce": (_TCE * 1e-6, {"kg": 1, "m": 2, "s": -2}),
    "toe": (41.868e9, {"kg": 1, "m": 2, "s": -2}),
    "cal": (4.1868, {"kg": 1, "m": 2, "s": -2}),
    "btu": (1055.05585262, {"kg": 1, "m": 2, "s": -2}),
    # temperature differences
    "K": (1.0, {"K": 1}),
    "degF": (5.0 / 9.0, {"K": 1}),
    # transport
    "tkm": (1e6, {"kg": 1, "m": 1}),
    "pkm": (1e3, {"person": 1, "m": 1}),
    "vkm": (1e3, {"vehicle": 1, "m": 1}),
    "TEU": (1.0, {"TEU": 1}),
    # money: currencies have no fixed rate to one another
    "yuan": (1.0, {"yuan": 1}),
    "EUR": (1.0, {"EUR": 1}),
    "USD": (1.0, {"USD": 1}),
    # what is counted
    "person": (1.0, {"person": 1}),
    "household": (1.0, {"household": 1}),
    "vehicle": (1.0, {"vehicle": 1}),
    "berth": (1.0, {"berth": 1}),
    "call": (1.0, {"call": 1}),
    "ship": (1.0, {"ship": 1}),
    "firm": (1.0, {"firm": 1}),
    "head": (1.0, {"head": 1}),
    "permit": (1.0, {"permit": 1}),
}  # fmt: skip

_ALIASES: dict[str, str] = {
    "dmnl": "dimensionless fraction ratio unitless share index count units unit 个 家 项",
    "%": "percent pct 百分比 百分点",
    "‰": "permille 千分比",
    "thousand": "thousands 千",
    "million": "mn millions 百万",
    "g": "gram grams gramme 克",
    "kg": "kilogram kilograms 千克 公斤",
    "t": "tonne tonnes ton tons metric_ton 吨",
    "pound": "lb lbs",
    "m": "meter metre meters metres 米",
    "km": "kilometer kilometre kilometers kilometres 公里 千米",
    "ha": "hectare hectares 公顷",
    "l": "L liter litre liters litres 升",
    "s": "second seconds sec 秒",
    "min": "minute minutes 分钟",
    "h": "hour hours hr hrs 小时",
    "d": "day days 天 日",
    "week": "weeks 周",
    "month": "months 月",
    "yr": "year years yrs a annum 年",
    "J": "joule joules 焦",
    "Wh": "瓦时",
    "W": "watt watts 瓦",
    "tce": "吨标准煤 吨标煤",
    "gce": "克标准煤 克标煤",
    "toe": "吨油当量",
    "K": "kelvin degC °C celsius degree_celsius 摄氏度",
    "degF": "°F fahrenheit degree_fahrenheit",
    "tkm": "t·km ton_kilometer tonne_kilometre 吨公里",
    "pkm": "人公里 passenger_kilometer",
    "vkm": "veh_km vehkm 车公里",
    "TEU": "teu 标箱 标准箱",
    "yuan": "CNY RMB cny rmb 元",
    "EUR": "eur euro euros €",
    "USD": "usd dollar dollars $",
    "person": "persons people capita cap inhabitant 人",
    "household": "households 户",
    "vehicle": "vehicles veh car cars truck trucks 辆",
    "berth": "berths 泊位",
    "call": "calls 艘次",
    "ship": "ships vessel vessels 艘",
    "firm": "firms enterprise enterprises company companies 企业",
    "head": "heads 头 只",
}

_COUNTED = frozenset(
    {
        *("person", "household", "vehicle", "berth", "call", "ship", "firm", "head", "permit"),
        "TEU",
    }
)
_ENERGY_CHINESE = {"千瓦时": 3.6e6, "度": 3.6e6, "千瓦": 1e3, "兆瓦": 1e6, "吉瓦": 1e9}
_SMALL = {"n": 1e-9, "u": 1e-6, "μ": 1e-6, "m": 1e-3}
_PREFIXES = {**_SMALL, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_PREFIXABLE = frozenset(
    {
        *("g", "t", "J", "Wh", "W", "tce", "gce", "toe", "cal", "s"),
        *("yuan", "CNY", "EUR", "USD", "TEU", "tkm", "pkm", "vkm", "vehicle", "veh", "person"),
    }
)
_MULTIPLES = {"万亿": 1e12, "千万": 1e7, "百万": 1e6, "亿": 1e8, "万": 1e4, "千": 1e3}
_SUBSTANCES = (
    *("CO2", "CO2e", "CO2eq", "SO2", "NOx", "NO2", "VOC", "VOCs", "NH3", "PM25", "PM2.5", "PM10"),
    *("O3", "N2O", "CH4", "标准煤"),
)


def _build_table() -> dict[str, Unit]:
    table = {name: _unit(name, factor, **powers) for name, (factor, powers) in _KNOWN.items()}
    for name, words in _ALIASES.items():
        for word in words.split():
            table[word.replace("_", " ")] = Unit(word, table[name].factor, table[name].dimension)
    for word, factor in _ENERGY_CHINESE.items():
        base = table["J"] if word in {"千瓦时", "度"} else table["W"]
        table[word] = Unit(word, factor, base.dimension)
    table["微克"] = Unit("微克", 1e-9, table["kg"].dimension)
    table["毫克"] = Unit("毫克", 1e-6, table["kg"].dimension)
    table["立方米"] = Unit("立方米", 1.0, table["Mm3"].dimension)
    table["平方米"] = Unit("平方米", 1.0, table["ha"].dimension)
    table["平方公里"] = Unit("平方公里", 1e6, table["ha"].dimension)
    for word in (*_MULTIPLES, "十亿"):
        table.setdefault(word, Unit(word, _MULTIPLES.get(word, 1e9), ()))
    for word in _SUBSTANCES:
        table[word] = Unit(word, 1.0, ())
    return table


_TABLE = _build_table()
_CHINESE = frozenset(name for name in _TABLE if not name.isascii() and name.isalpha())
