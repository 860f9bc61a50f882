"""Whatever a person may write wrongly into a file, the answer is in both languages."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import haihe
from haihe.errors import InputErrors, Refused
from haihe.text import Text, say
from haihe.yaml import Record, parse_yaml, validate

WRONG = (
    *("nonsense", '""', "3", "-1e9", "1e9", "2.5", "true", "", '"7"', ".nan", "[]", "{}"),
    *("[nonsense]", "[1, 2, 3]", "[[]]", "{nonsense: 1}", "{nonsense: [1]}", "[{}]"),
)
FALLBACK = "符合要求的值"
PACKAGES = ("model", "scenario", "analysis")
READERS = ("futures_read", "coverage", "decomposition", "targets", "attribution_groups")
"""Modules with records whose names do not say so."""


def list_records(base: type[Record] = Record) -> Iterator[type[Record]]:
    """Every record that a file of ours is held against."""
    for record in base.__subclasses__():
        yield record
        yield from list_records(record)


def import_all() -> None:
    """Load every module that may define a record."""
    for package in PACKAGES:
        home = importlib.import_module(f"haihe.{package}")
        for module in pkgutil.iter_modules(home.__path__, f"haihe.{package}."):
            if "schema" in module.name or module.name.endswith(READERS):
                importlib.import_module(module.name)


def collect(record: type[Record]) -> Iterator[tuple[str, str]]:
    """Every complaint about a record in Chinese, each field being given every wrong value."""
    for name, field in record.model_fields.items():
        for value in WRONG:
            tree = parse_yaml(f"{field.alias or name}: {value}\nunknown: 1\n", "a.yaml")
            try:
                validate(tree, record)
            except InputErrors as found:
                for error in found.errors:
                    yield say(error.problem, "zh"), say(error.expected, "zh")


import_all()
RECORDS = sorted(
    {record for record in list_records() if record.__module__.startswith(haihe.__name__)},
    key=lambda record: record.__qualname__,
)


def test_there_are_records() -> None:
    """The search finds the files that people write."""
    names = {record.__name__ for record in RECORDS}
    assert {"ScenarioFile", "StudyFile", "SolveFile", "TargetFile", "FuturesFile"} <= names


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__qualname__)
def test_every_wrong_value_is_answered_in_chinese(record: type[Record]) -> None:
    """No complaint is left in English, and none falls back on pydantic's own words."""
    for problem, expected in set(collect(record)):
        assert re.search(r"[\u4e00-\u9fff]", problem), problem
        assert FALLBACK not in expected, problem
        bare = re.sub(r"`[^`]*`", "", expected)
        assert not bare or re.search(r"[\u4e00-\u9fff]", bare), expected


def test_rules_of_our_own_are_said_in_both_languages() -> None:
    """What a validator raises reaches the user in the language of the call."""
    from pydantic import field_validator

    class Sized(Record):
        size: int

        @field_validator("size")
        @classmethod
        def _check(cls, size: int) -> int:
            if size > 3:
                raise Refused(Text("过大", "is too big"))
            return size

    with pytest.raises(InputErrors) as caught:
        validate(parse_yaml("size: 4\n", "a.yaml"), Sized)
    assert caught.value.say("zh").startswith("a.yaml:1:7: 过大")
    assert caught.value.say("en").startswith("a.yaml:1:7: is too big")
