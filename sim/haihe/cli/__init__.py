"""The command line: one module for each command, each loaded when it is called."""

from __future__ import annotations


def main() -> None:
    """Entry point of the console script."""
    from haihe.cli.app import app

    app.main(prog_name="haihe")
