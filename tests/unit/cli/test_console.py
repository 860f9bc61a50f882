"""Progress shows on a terminal and stays quiet in a pipe; JSON holds no NaN."""

from __future__ import annotations

import io
import sys

import pytest

from haihe.cli.console import open_console, show_progress, write_json


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_progress_shows_count_and_time_left_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with show_progress("Running [all]") as progress:
        progress(1, 2)
        progress(2, 2)
    shown = stream.getvalue()
    assert "Running [all]" in shown
    assert "2/2" in shown
    assert "ETA" in shown


def test_progress_is_quiet_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with show_progress("Running") as progress:
        progress(1, 2)
    assert stream.getvalue() == ""


def test_tables_in_a_pipe_are_wide_and_not_read_as_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    open_console().print("[red]" + "x" * 120)
    assert capsys.readouterr().out == "[red]" + "x" * 120 + "\n"


def test_json_keeps_chinese_and_refuses_nan(capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"a": "天津"})
    assert "天津" in capsys.readouterr().out
    with pytest.raises(ValueError, match="JSON"):
        write_json({"a": float("nan")})
