"""The layers hold, heavy libraries stay off the start-up path, and nothing local is committed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pysd", "bokeh", "xarray", "pandas", "pint", "zarr", "llvmlite", "scipy")


def test_import_contracts_hold() -> None:
    """import-linter finds every contract of pyproject.toml kept."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("line", ["import haihe", "import haihe.cli", "import haihe_viz"])
def test_import_is_light(line: str) -> None:
    """Importing the packages loads none of the heavy libraries."""
    script = f"{line}; import sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def tracked_files() -> list[Path]:
    """Files that git tracks; every file where this is no checkout."""
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name]


def test_nothing_local_is_tracked() -> None:
    """No tracked text names a home folder, a package index or a file address."""
    local = re.compile(r"file:///(?!etc/)|--(extra-)?index-url|/home/[a-z]|/root/|[A-Z]:\\\\Users")
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in tracked_files()
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".yml", ".lock", ".csv", ".mdl", ""}
        and path.is_file()
        and path != Path(__file__)
        and (match := local.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


def test_lock_has_hashes_for_everything() -> None:
    """Each pinned package of both lock files carries at least one SHA-256."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        entries = re.split(r"\n(?=[a-z0-9])", text.strip())
        assert len(entries) > 30
        assert [e.splitlines()[0] for e in entries if "--hash=sha256:" not in e] == []
