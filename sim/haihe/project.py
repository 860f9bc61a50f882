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
from haihe.text import Text

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
        Text(f"缺少随程序附带的文件夹 `{folder}`", f"the bundled folder `{folder}` is missing"),
        Text(
            "请重新安装 haihe，或在其源码目录中运行",
            "install haihe again, or run it in its checkout",
        ),
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
    shown = show_text(text)
    if problem := find_name_problem(text):
        raise InputError(
            Text(f"路径 {shown} {problem.zh}", f"the path {shown} {problem.en}"),
            where,
            Text("项目文件夹之内的路径", "a path inside the project"),
        )
    inside = root.resolve()
    try:
        found = ((base or root) / text).resolve()
    except (OSError, RuntimeError) as fault:
        raise InputError(
            Text(f"路径 {shown} 无法解析", f"the path {shown} cannot be followed"), where
        ) from fault
    if not found.is_relative_to(inside):
        raise InputError(
            Text(f"路径 {shown} 超出了项目文件夹", f"the path {shown} leaves the project"),
            where,
            Text(f"{show_path(inside)}/ 之内的路径", f"a path inside {show_path(inside)}/"),
        )
    return found


def find_name_problem(text: str) -> Text | None:
    """Say why a path may not be used on some system or at all; None where it may."""
    if not text.strip():
        return Text("为空", "is empty")
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in text):
        return Text("含有控制字符", "holds a control character")
    if text.startswith(("/", "~")) or text[1:2] == ":":
        return Text("是绝对路径", "is absolute")
    if bad := sorted(_FORBIDDEN.intersection(text)):
        return Text(f"含有 {' '.join(bad)}", f"holds {' '.join(bad)}")
    return next((p for part in text.split("/") if (p := _part_problem(part))), None)


def _part_problem(part: str) -> Text | None:
    if len(part) > MAX_NAME or len(part.encode()) > 255:
        return Text(
            f"中有一级名称超过 {MAX_NAME} 个字符", f"has a name longer than {MAX_NAME} characters"
        )
    if part.split(".")[0].strip().casefold() in _RESERVED:
        return Text(
            f"使用了 Windows 的保留名称 {part}", f"uses the name {part}, which Windows reserves"
        )
    if part not in {".", ".."} and part != part.rstrip(". "):
        return Text("中有一级名称以点或空格结尾", "has a name that ends with a dot or a blank")
    return None


def show_text(text: str, limit: int = 60) -> str:
    """Quote what a person wrote, shortened, with nothing in it that a terminal would obey."""
    kept = text if len(text) <= limit else text[: limit - 1] + "…"
    return "`" + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in kept) + "`"
