"""The generated pages are those that the code would write today."""

from __future__ import annotations

from pathlib import Path

import pytest

from haihe.cli.reference import build_pages

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("name", "text"), sorted(build_pages().items()))
def test_reference_page_is_current(name: str, text: str) -> None:
    """`make docs` would change nothing."""
    assert (ROOT / name).read_text(encoding="utf-8") == text, f"{name}: run make docs"
