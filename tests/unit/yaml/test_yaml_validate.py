"""Records of a YAML file: strict types, every error at once, each at its place."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field, field_validator

from haihe.errors import InputErrors
from haihe.text import Text
from haihe.yaml import Record, parse_yaml, read_number, suggest_number, validate


class Lever(Record):
    title: Text
    digits: int = 0
    share: float | None = None
    shown: str = ""
    headline: bool = False
    better: Literal["lower", "higher"] = "lower"

    @field_validator("digits")
    @classmethod
    def _few(cls, digits: int) -> int:
        if digits > 9:
            raise ValueError("more digits than a double holds")
        return digits


class Book(Record):
    title: str
    levers: dict[str, Lever] = Field(default_factory=dict)
    years: tuple[int, ...] = ()


def refuse(text: str) -> list[str]:
    with pytest.raises(InputErrors) as caught:
        validate(parse_yaml(text, "a.yaml"), Book)
    return [str(error).split("\n")[0] for error in caught.value.errors]


def test_values_are_read():
    text = (
        "title: 海河\nlevers: {rail: {title: {zh: 铁路, en: Rail}, share: 1e-3}}\nyears: [2025]\n"
    )
    book = validate(parse_yaml(text, "a.yaml"), Book)
    assert book.levers["rail"].title == Text("铁路", "Rail")
    assert book.levers["rail"].share == 0.001
    assert book.years == (2025,)


def test_text_is_taken_as_written():
    text = "title: 010\nlevers: {x: {title: {zh: 2025, en: true}, shown: 1.50}}\n"
    book = validate(parse_yaml(text, "a.yaml"), Book)
    assert book.title == "010"
    assert book.levers["x"].title == Text("2025", "true")
    assert book.levers["x"].shown == "1.50"


def test_all_errors_come_at_once_in_order():
    found = refuse(
        "titel: x\nlevers:\n  a: {title: {zh: x, en: y, fr: z}, digit: 1}\n"
        "  b: {title: {zh: x}, share: much, better: lowr}\nyears: [2025, soon]\n"
    )
    assert [line.split(": ")[0] for line in found] == [
        "a.yaml:1:1",
        "a.yaml:1:1",
        "a.yaml:3:29",
        "a.yaml:3:37",
        "a.yaml:4:14",
        "a.yaml:4:30",
        "a.yaml:4:44",
        "a.yaml:5:15",
    ]
    text = "\n".join(found)
    assert "unknown key `titel`; did you mean title?" in text
    assert "the key `title` is missing" in text
    assert "unknown key `fr`; expected one of zh, en" in text
    assert "unknown key `digit`; did you mean digits?" in text
    assert "did you mean lower?" in text


def test_a_rule_of_the_record_speaks_at_the_place():
    text = "title: x\nlevers: {a: {title: {zh: x, en: y}, digits: 12}}\n"
    assert refuse(text) == ["a.yaml:2:45: more digits than a double holds"]


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("NO", "0"),
        ("yes", "1"),
        ("12:30", "12.5"),
        ("010", "10"),
        ("-007.5", "-7.5"),
        ("1,5", "1.5"),
        ("1,234", "1234"),
        ("1_000", "1000"),
        ("1 000", "1000"),
        ("50%", "0.5"),
        ("7 %", "0.07"),
        ("0x10", "16"),
        ("0o17", "15"),
        ("1/4", "0.25"),
        ("２０２５", "2025"),
        ("−3", "-3"),
        ("2025-06-30", "2025"),
        ("2025年", "2025"),
        ("true", "1"),
    ],
)
def test_number_trap_is_refused_with_the_spelling_that_works(written, spelling):
    assert read_number(written) is None
    assert suggest_number(written) == spelling
    assert read_number(spelling) is not None
    text = f"title: x\nlevers: {{a: {{title: {{zh: x, en: y}}, share: {written}}}}}\n"
    if "," not in written:
        assert f"written {spelling}" in refuse(text)[0]


@pytest.mark.parametrize("written", [".nan", ".inf", "-.inf", "nan", "inf", "1e999", "", "much"])
def test_what_is_no_number_is_refused(written):
    text = f"title: x\nyears: []\nlevers: {{a: {{title: {{zh: x, en: y}}, digits: {written}}}}}\n"
    assert refuse(text)[0].startswith("a.yaml:3:")


@pytest.mark.parametrize(
    ("written", "value"),
    [("1e-3", 0.001), ("1E3", 1000.0), (".5", 0.5), ("5.", 5.0), ("+3", 3), ("-0.5e+2", -50.0)],
)
def test_yaml_1_2_numbers_are_numbers(written, value):
    assert read_number(written) == value


def test_quoted_number_is_a_text():
    text = "title: x\nyears: ['2025']\n"
    assert refuse(text) == ['a.yaml:2:9: "2025" is a text; expected 2025 without quotes']


@pytest.mark.parametrize(("written", "value"), [("1", "1"), ("yes", "yes"), ("'true'", "true")])
def test_only_true_and_false_are_truths(written, value):
    text = f"title: x\nlevers: {{a: {{title: {{zh: x, en: y}}, headline: {written}}}}}\n"
    assert refuse(text) == [f"a.yaml:2:47: `{value}` does not fit here; expected true or false"]


def test_root_that_is_no_mapping_is_refused():
    assert refuse("- 1\n") == ["a.yaml:1:1: a list does not fit here; expected keys and values"]
