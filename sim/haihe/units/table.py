"""Names of units: what each is worth, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from haihe.units.values import Unit


def _unit(text: str, factor: float, **powers: int) -> Unit:
    dimension = tuple(sorted((name, Fraction(power)) for name, power in powers.items()))
    return Unit(text, factor, dimension)


PLAIN = frozenset({"", "1", "-", "dmnl", "dimensionless", "ratio", "fraction", "unitless"})
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

COUNTED = frozenset(
    {
        *("person", "household", "vehicle", "berth", "call", "ship", "firm", "head", "permit"),
        "TEU",
    }
)
_ENERGY_CHINESE = {"千瓦时": 3.6e6, "度": 3.6e6, "千瓦": 1e3, "兆瓦": 1e6, "吉瓦": 1e9}
_SMALL = {"n": 1e-9, "u": 1e-6, "μ": 1e-6, "m": 1e-3}
PREFIXES = {**_SMALL, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
PREFIXABLE = frozenset(
    {
        *("g", "t", "J", "Wh", "W", "tce", "gce", "toe", "cal", "s"),
        *("yuan", "CNY", "EUR", "USD", "TEU", "tkm", "pkm", "vkm", "vehicle", "veh", "person"),
    }
)
MULTIPLES = {"万亿": 1e12, "千万": 1e7, "百万": 1e6, "亿": 1e8, "万": 1e4, "千": 1e3}
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
    for word in (*MULTIPLES, "十亿"):
        table.setdefault(word, Unit(word, MULTIPLES.get(word, 1e9), ()))
    for word in _SUBSTANCES:
        table[word] = Unit(word, 1.0, ())
    return table


TABLE = _build_table()
CHINESE = frozenset(name for name in TABLE if not name.isascii() and name.isalpha())
