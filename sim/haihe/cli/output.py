"""Write a folder of results so that a reader never sees half of one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from haihe.errors import EnvironmentFault, InputError, describe_refusal
from haihe.project import show_path
from haihe.text import Text, lead


@contextmanager
def write_beside(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder`; what was written there moves in at the end.

    Where anything fails, `folder` is left as it was. Files in it that the new ones do not replace
    stay.

    Raises
    ------
    InputError
        Where `folder` is a file.
    EnvironmentFault
        Where the place cannot be written to.
    """
    check_folder(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as fault:
        raise EnvironmentFault(
            lead(show_path(folder.parent), describe_refusal(fault)),
            Text("请用 -o 指定其他文件夹", "choose another folder with -o"),
        ) from fault
    try:
        yield draft
        move_in(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def check_folder(folder: Path) -> None:
    """Refuse an output folder that is something else."""
    if folder.exists() and not folder.is_dir():
        shown = show_path(folder)
        raise InputError(
            Text(f"{shown} 是文件", f"{shown} is a file"),
            expected=Text("-o 之后为文件夹", "a folder for -o"),
        )


def move_in(draft: Path, folder: Path) -> None:
    """Move everything in `draft` into `folder`, replacing what has the same name."""
    folder.mkdir(exist_ok=True)
    for made in sorted(draft.iterdir()):
        place = folder / made.name
        if place.is_dir() and not place.is_symlink():
            place.replace(draft / f".old-{made.name}")
        made.replace(place)
