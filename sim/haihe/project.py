"""Where files are, and which of them a file may name.

The bundled models and scenarios lie in `haihe/_bundled` of an installed wheel, else in the
checkout. A path that a person gives on the command line is taken as it is. A path that stands
*inside* a file must stay inside the project of that file: a scenario that came by mail must not
read `/etc/passwd`.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

from haihe.errors import EnvironmentFault, InputError, Location

MAX_NAME = 120
"""Longest file name, in characters, that a file may refer to."""

_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"
}
_FORBIDDEN = set('<>:"|?*\\')


def find_bundled(folder: str) -> Path:
    """Bundled folder `models` or `scenarios`: of the wheel first, else of the checkout."""
    package = Path(__file__).resolve().parent
    for place in (package / "_bundled" / folder, package.parents[1] / folder):
        if place.is_dir():
            return place
    raise EnvironmentFault(
        f"the bundled folder `{folder}` is missing",
        "install haihe again, or run it in its checkout",
    )


def find_project_root(path: Path) -> Path:
    """Folder that a file's own references must stay inside.

    For a file under a folder `scenarios` or `models` it is the parent of the outermost such folder
    among its nearest two ancestors, else the folder of the file. Nothing is looked up on disk but
    the links on the way, so that a stray folder further up never widens the project.
    """
    folder = path.resolve().parent
    for place in (folder, folder.parent):
        if place.name.casefold() in {"scenarios", "models"} and place != place.parent:
            return place.parent
    return folder


def show_path(path: Path) -> str:
    """Path as a person should see it: relative to here, or to the bundled data, where it can be."""
    absolute = path if path.is_absolute() else Path.cwd() / path
    package = Path(__file__).resolve().parent
    for base in (Path.cwd(), package / "_bundled", package.parents[1]):
        if absolute.is_relative_to(base):
            return absolute.relative_to(base).as_posix()
    return path.as_posix()


def resolve_inside(
    root: Path, text: str, base: Path | None = None, where: Location | None = None
) -> Path:
    """Turn a path written in a file into a path inside `root`, links followed.

    Parameters
    ----------
    root : folder that the result must lie in.
    text : the path as written, with `/` between folders, relative to `base` (default `root`).
    where : who wrote it, for the message.

    Raises
    ------
    InputError
        For an absolute path, one that leaves `root` (also by a link), a name that some systems
        reserve, a character that some systems refuse, or a name that is too long. Nothing is read.
    """
    named = f"the path {show_text(text)}"
    if problem := find_name_problem(text):
        raise InputError(f"{named} {problem}", where, "a path inside the project")
    inside = root.resolve()
    try:
        found = ((base or root) / text).resolve()
    except (OSError, RuntimeError) as fault:
        raise InputError(f"{named} cannot be followed", where) from fault
    if not found.is_relative_to(inside):
        raise InputError(
            f"the path {show_text(text)} leaves the project",
            where,
            f"a path inside {show_path(inside)}/",
        )
    return found


def find_name_problem(text: str) -> str:
    """Say why a path may not be used on some system or at all; "" where it may."""
    if not text.strip():
        return "is empty"
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in text):
        return "holds a control character"
    if text.startswith(("/", "~")) or text[1:2] == ":":
        return "is absolute"
    if bad := sorted(_FORBIDDEN.intersection(text)):
        return f"holds {' '.join(bad)}"
    return next((p for part in text.split("/") if (p := _part_problem(part))), "")


def _part_problem(part: str) -> str:
    if len(part) > MAX_NAME or len(part.encode()) > 255:
        return f"has a name longer than {MAX_NAME} characters"
    if part.split(".")[0].strip().casefold() in _RESERVED:
        return f"uses the name {part}, which Windows reserves"
    if part not in {".", ".."} and part != part.rstrip(". "):
        return "has a name that ends with a dot or a blank"
    return ""


def show_text(text: str, limit: int = 60) -> str:
    """Quote what a person wrote, shortened, with nothing in it that a terminal would obey."""
    kept = text if len(text) <= limit else text[: limit - 1] + "…"
    return "`" + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in kept) + "`"
