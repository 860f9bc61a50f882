"""Units as people write them, in Chinese and in English."""

from __future__ import annotations

import re

from haihe.text import Text

UNIT_WORDS = tuple(
    (re.compile(rf"(?<![A-Za-z]){written}(?![A-Za-z])"), zh, en)
    for written, zh, en in (
        (r"^(count|firms?|[Dd]mnl|dimensionless|1)$", "", ""),
        ("ug", "µg", "µg"),
        ("m3", "m³", "m³"),
        ("Gm3", "十亿m³", "bn m³"),
        ("Mm3", "百万m³", "million m³"),
        ("km2", "km²", "km²"),
        ("(?<=/)([Yy]ear|yr|a)", "年", "yr"),
        ("^[Yy]ear$", "年", "Year"),
        ("days?", "天", "days"),
        ("Gyuan|bn yuan", "十亿元", "bn yuan"),
        ("yuan", "元", "yuan"),
        ("MTEU", "百万标箱", "million TEU"),
        ("kveh", "千辆", "thousand vehicles"),
        ("Mveh", "百万辆", "million vehicles"),
        ("Mtce", "百万吨标准煤", "Mtce"),
        ("tce", "吨标准煤", "tce"),
        ("Mt", "百万吨", "Mt"),
        ("kt", "千吨", "kt"),
        ("t", "吨", "t"),
    )
)
"""Pattern of a unit as the model writes it, and what people write."""


def say_unit(units: str) -> Text:
    """A unit as people write it; left alone where it is not known."""
    zh = en = units.strip()
    for pattern, chinese, english in UNIT_WORDS:
        zh, en = pattern.sub(chinese, zh), pattern.sub(english, en)
    return Text(re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])", "", zh), en)
