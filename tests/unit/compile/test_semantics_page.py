"""Every rule of `docs/semantics.md` names a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "semantics.md").read_text(encoding="utf-8")
RULES = [rule for rule in re.split(r"(?m)^(?=\d+\. )", PAGE) if rule[0].isdigit()]


def test_rules_are_numbered_in_order() -> None:
    assert [int(rule.split(".")[0]) for rule in RULES] == list(range(1, len(RULES) + 1))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.split(".")[0])
def test_the_named_test_exists(rule: str) -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)(?:\[([\w.]+)\])?`", rule)
    assert named, rule
    for file, function, case in named:
        (path,) = (ROOT / "tests").rglob(file)
        assert f"def {function}(" in path.read_text(encoding="utf-8"), (file, function)
        if case:
            assert (ROOT / "tests" / "conformance" / "models" / case).is_file(), case
