"""What went wrong in a member is kept in English and said in both languages."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from haihe.results.dataset import find_status
from haihe.results.status import say_status
from haihe.results.study_layout import explain_status

LAYOUT: Any = SimpleNamespace(checked=("coal use",), times=(2020.0, 2021.0))
KEPT = (
    find_status({"coal use": np.array([[1.0, np.nan]])}, np.array([2020.0, 2021.0]), 0),
    *(explain_status(LAYOUT, code) for code in (1, 2, -1, -2, -3)),
    explain_status(LAYOUT, -3, "E12"),
)


@pytest.mark.parametrize("status", KEPT)
def test_every_status_that_is_kept_is_said_in_both_languages(status: str) -> None:
    told = say_status(status)
    assert told.en == status
    assert re.search(r"[\u3400-\u9fff]", told.zh)
    assert not re.search(r"[a-z]{2,}", told.zh.replace("coal use", ""))


def test_a_member_that_came_through_says_nothing() -> None:
    assert say_status("").zh == say_status("").en == ""
