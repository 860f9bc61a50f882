"""Every command that the documentation shows is run, and its output is what the page shows.

A page shows a command in a ```console block: lines that begin with `$ ` (and the `> ` lines that go
on with them) are run by a shell in a copy of the checkout's `models/` and `scenarios/`, the lines
under them are the output. A line
`...` stands for any number of lines, and `…` within a line for any text. `make` and `pip` lines
set a machine up and are not run here.

HAIHE_UPDATE_DOCS=1 rewrites the shown output. In an excerpt with `...` every other line is replaced
by the printed line that begins alike.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/**/*.md")])
NOT_RUN = re.compile(r"\s*(make|pip|python3? -m (pip|venv)|py |git|\.venv|source)\b")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """One `$ ` line of a page and the output shown under it."""

    page: Path
    line: int
    text: str
    shown: str


def read_commands(page: Path) -> Iterator[Command]:
    """Yield the commands of one page in order."""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        lines = block.group(1).splitlines()
        starts = [i for i, line in enumerate(lines) if line.startswith("$ ")]
        for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
            body = start + 1
            while body < stop and lines[body].startswith("> "):
                body += 1
            text_lines = [line[2:] for line in lines[start:body]]
            yield Command(page, first + start, "\n".join(text_lines), "\n".join(lines[body:stop]))


COMMANDS = [
    command for page in PAGES for command in read_commands(page) if not NOT_RUN.match(command.text)
]


def shown_pattern(shown: str) -> str:
    """Turn shown output into a regular expression; `...` and `…` stand for anything."""
    parts = [
        ".*" if line.strip() == "..." else r"[^\n]*".join(map(re.escape, line.rstrip().split("…")))
        for line in shown.strip().splitlines()
    ]
    return r"\s*".join(parts)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a reader's commands name: models, scenarios, examples."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("models", "scenarios"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def run_in_shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a documented line as a reader would, with this environment's `haihe` first on PATH."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HAIHE_LANG": "en",
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        text,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_pages_show_commands() -> None:
    """The README shows at least one command, or the parser of this test has gone blind."""
    assert any(command.page.name == "README.md" for command in COMMANDS)
    assert any(command.page.name == "README.zh.md" for command in COMMANDS)


@pytest.mark.skipif(os.name == "nt", reason="the pages show POSIX shell lines")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: f"{c.page.name}:{c.line}")
def test_documented_command(command: Command, checkout: Path) -> None:
    """The command ends as the page says, and prints what the page shows."""
    done = run_in_shell(command.text, checkout)
    expected_exit = 2 if re.search(r"^\S+:\d+:", command.shown) else 0
    assert done.returncode == expected_exit, done.stdout + done.stderr
    # Notices of a first run go to stderr; what a page shows is the answer, or the mistake.
    printed = (done.stderr if expected_exit else done.stdout).strip()
    if os.environ.get("HAIHE_UPDATE_DOCS"):
        rewrite_output(command, printed)
        return
    if command.shown.strip():
        trimmed = "\n".join(line.rstrip() for line in printed.splitlines())
        assert re.fullmatch(shown_pattern(command.shown), trimmed, re.DOTALL), trimmed


def rewrite_output(command: Command, printed: str) -> None:
    """Put the output that was printed under the command on its page."""
    if not command.shown.strip():
        return
    text = command.page.read_text(encoding="utf-8")
    asked = "$ " + command.text.replace("\n", "\n> ")
    old = f"{asked}\n{command.shown}"
    assert text.count(old) == 1, f"shown twice: {command.text}"
    new = f"{asked}\n{refresh_excerpt(command.shown, printed)}"
    command.page.write_text(text.replace(old, new), encoding="utf-8")


def refresh_excerpt(shown: str, printed: str) -> str:
    """Return what is shown with today's lines: all of them, or those that an excerpt names."""
    lines = [line.rstrip() for line in printed.splitlines()]
    if not any(line.strip() == "..." or "…" in line for line in shown.splitlines()):
        return "\n".join(lines)
    return "\n".join(
        line if line.strip() == "..." or "…" in line else most_alike(line, lines)
        for line in shown.splitlines()
    )


def most_alike(line: str, lines: list[str], width: int = 48) -> str:
    """Return the line whose beginning is most like that of `line`."""
    close = difflib.get_close_matches(line[:width], [one[:width] for one in lines], n=1, cutoff=0.5)
    assert close, f"no printed line begins like {line!r}"
    return next(one for one in lines if one[:width] == close[0])
