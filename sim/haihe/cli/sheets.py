"""Write the page of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from haihe.cli.console import say
from haihe.cli.page import write_text_whole
from haihe.errors import InputError
from haihe.project import show_path
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe_viz.sheet import SheetPart


def write_sheet(
    path: Path, title: Text, lead: Text, parts: Sequence[SheetPart], lang: Lang
) -> None:
    """Write a page and say where it lies.

    Raises
    ------
    InputError
        Where the place is a folder, or the name is not that of a page.
    """
    from haihe_viz.sheet import render_sheet

    if path.is_dir() or path.suffix.lower() not in (".html", ".htm"):
        raise InputError(
            Text(f"{show_path(path)} 不是页面", f"{show_path(path)} is no page"),
            None,
            Text("以 .html 结尾的文件", "a file that ends in .html"),
        )
    write_text_whole(path, render_sheet(title, lead, parts, lang))
    say(f"{Text('页面', 'Page').get(lang)}: {show_path(path)}")
