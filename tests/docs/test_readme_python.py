"""The Python lines of the READMEs run as written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_python_of_readme_runs(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block ends with a Dataset that holds the plan."""
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text("utf-8"), re.M | re.S)
    assert len(blocks) == 1
    names: dict[str, object] = {}
    exec(blocks[0], names)
    results = names["results"]
    assert list(results["member"].values) == ["plan"]  # type: ignore[index]
