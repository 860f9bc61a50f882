"""How a number is written, and what was meant where it is written otherwise."""

from __future__ import annotations

import math
import re
import unicodedata

MAX_DIGITS = 40
"""Longest number, in characters. A double holds 17 digits."""

_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_WORDS = dict.fromkeys(("no", "off", "false", "n"), "0") | dict.fromkeys(
    ("yes", "on", "true", "y"), "1"
)


def read_number(text: str) -> int | float | None:
    """Read a decimal number; None where it is not spelt as one.

    `1e-3` and `.5` are numbers. `010`, `0x10`, `1_000`, `1,5`, `12:30`, `50%`, `NO` and `.nan` are
    not: versions of YAML and of spreadsheets disagree about them.
    """
    if len(text) > MAX_DIGITS or not _NUMBER.fullmatch(text):
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    value = float(text)
    return value if math.isfinite(value) else None


def suggest_number(text: str) -> str:
    """Spell a number that was probably meant; "" where none can be guessed."""
    if len(text) > MAX_DIGITS:
        return ""
    folded = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-")
    for guess in (_WORDS.get(folded.casefold(), ""), *(rule(folded) for rule in _RULES)):
        if guess and read_number(guess) is not None:
            return guess
    return ""


def _drop_zeros(text: str) -> str:
    return re.sub(r"^([-+]?)0+(?=[0-9])", r"\1", text)


def _read_percent(text: str) -> str:
    value = read_number(_drop_zeros(text[:-1].strip())) if text.endswith("%") else None
    return "" if value is None else f"{value / 100:.15g}"


def _read_based(text: str) -> str:
    return str(int(text, 0)) if re.fullmatch(r"0(x[0-9a-fA-F]+|o[0-7]+|b[01]+)", text) else ""


def _drop_thousands(text: str) -> str:
    grouped = re.fullmatch(r"[-+]?[0-9]{1,3}([,_ '][0-9]{3})+(\.[0-9]+)?", text)
    return re.sub(r"[,_ ']", "", text) if grouped or re.fullmatch(r"[0-9]+(_[0-9]+)+", text) else ""


def _read_decimal_comma(text: str) -> str:
    return text.replace(",", ".") if re.fullmatch(r"[-+]?[0-9]+,[0-9]+", text) else ""


def _read_pair(text: str) -> str:
    pair = re.fullmatch(r"([0-9]+)([:/])([0-9]+)", text)
    if not pair:
        return ""
    first, sign, second = int(pair[1]), pair[2], int(pair[3])
    if sign == ":":
        return f"{first + second / 60:.6g}"
    return f"{first / second:.6g}" if second else ""


def _read_date(text: str) -> str:
    return text[:4] if re.fullmatch(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?|[0-9]{4}年", text) else ""


def _keep(text: str) -> str:
    return text


_RULES = (
    _keep,
    _drop_zeros,
    _read_percent,
    _read_based,
    _drop_thousands,
    _read_decimal_comma,
    _read_pair,
    _read_date,
)
