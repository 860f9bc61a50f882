"""Where words go: data to stdout, progress and messages to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from haihe import text as words
from haihe.cli.words import settings_of
from haihe.text import Words

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 160
"""Width of tables that go into a pipe or a file [character]."""

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is."""


def write_json(data: Any) -> None:
    """Write data to stdout as JSON; whatever is not a number there is a mistake of ours."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False))


def say(message: Words) -> None:
    """Write a message to stderr, in the language of the running call."""
    context = click.get_current_context(silent=True)
    lang = settings_of(context).lang if context else "en"
    click.echo(words.say(message, lang), err=True)


def open_console() -> Console:
    """A console on stdout that interprets nothing in what it prints."""
    from rich.console import Console

    stream = sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


@contextmanager
def show_progress(label: str) -> Iterator[Progress]:
    """A bar with the time left on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
