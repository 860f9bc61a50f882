"""Files of a project that the app may touch: scenarios and studies to edit, results to read."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from haihe.analysis.solve_files import FOLDER as TASKS
from haihe.errors import EnvironmentFault, InputError, describe_refusal
from haihe.project import find_bundled, find_name_problem, resolve_inside, show_path, show_text
from haihe.scenario.files import find_id, list_files
from haihe.scenario.study_files import FOLDER as STUDIES
from haihe.text import Text, lead
from haihe.yaml import MAX_BYTES, read_text

Sort = Literal["scenario", "study", "task"]
BELOW: dict[Sort, str] = {"scenario": "", "study": STUDIES, "task": TASKS}
"""Folder of each kind of text in `scenarios`."""
NAMES: dict[Sort, Text] = {
    "scenario": Text("情景", "scenario"),
    "study": Text("研究", "study"),
    "task": Text("任务", "task"),
}
MAX_ID = 80
"""Longest name of a scenario or a study."""
OUTPUT = "output"
OTHER_NAME = Text("另一个名称", "another name")


class Conflict(InputError):
    """What is to be written is there already, or is not what it was; a person has to say."""


@dataclass(frozen=True, slots=True)
class Project:
    """The folder that haihe serves."""

    root: Path

    def folder(self, sort: Sort) -> Path:
        """Folder of a person's own scenarios, studies or tasks."""
        return self.root / "scenarios" / BELOW[sort]

    def folders(self, sort: Sort) -> tuple[Path, ...]:
        """Own folder, then the one that ships with haihe; one where both are the same."""
        shipped = find_bundled("scenarios") / BELOW[sort]
        own = self.folder(sort)
        return (own,) if own.resolve() == shipped.resolve() else (own, shipped)

    @property
    def output(self) -> Path:
        """Folder of results."""
        return self.root / OUTPUT


def is_shipped(sort: Sort, path: Path) -> bool:
    """Does a file come with haihe?"""
    return path.resolve().parent == (find_bundled("scenarios") / BELOW[sort]).resolve()


def find_text(project: Project, sort: Sort, name: str) -> Path:
    """File of a scenario or a study by its id; no path is taken.

    Raises
    ------
    InputError
        Where there is none.
    """
    for folder in project.folders(sort):
        found = {path.stem: path for path in list_files(folder)}.get(name)
        if found is not None and found.resolve().is_relative_to(folder.resolve()):
            return found
    shown, what = show_text(name), NAMES[sort]
    raise InputError(Text(f"没有{what.zh} {shown}", f"there is no {what.en} {shown}"))


def list_ids(project: Project, sort: Sort) -> tuple[str, ...]:
    """Ids that can be asked for, own ones first."""
    found = [path.stem for folder in project.folders(sort) for path in list_files(folder)]
    return tuple(dict.fromkeys(found))


def read_own(path: Path) -> tuple[str, str]:
    """Text of a file and its digest, by which a change by somebody else is seen."""
    text = read_text(path)
    return text, digest_file(path)


def digest_file(path: Path) -> str:
    """SHA-256 of what stands in a file; "" where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def place_draft(project: Project, sort: Sort, name: str) -> Path:
    """Where a scenario or a study of that name is saved.

    Raises
    ------
    InputError
        For a name that no file can have on some system, or that leaves the folder.
    """
    problem = find_name_problem(f"{name}.yaml") if name.strip() else Text("为空", "is empty")
    if not problem and ("/" in name or name.startswith((".", "-", "_")) or name != name.strip()):
        problem = Text(
            "不能以 . - _ 或空格开头，也不能含有 /",
            "may not begin with . - _ or a blank, nor hold /",
        )
    if not problem and len(name) > MAX_ID:
        problem = Text(f"超过 {MAX_ID} 个字符", f"is longer than {MAX_ID} characters")
    if problem:
        raise InputError(
            Text("名称 {name} {why}", "the name {name} {why}").fill(
                name=show_text(name), why=problem
            ),
            expected=Text("my-plan 之类的名称", "a name such as my-plan"),
        )
    folder = project.folder(sort)
    resolve_inside(project.root, folder.relative_to(project.root).as_posix() + f"/{name}.yaml")
    return folder / f"{name}.yaml"


def save_text(project: Project, sort: Sort, name: str, text: str, replace: str | None) -> Path:
    """Save a scenario or a study in the person's own folder, whole or not at all.

    Parameters
    ----------
    replace : digest of the file that may be replaced; None: nothing may be there.

    Raises
    ------
    Conflict
        Where something is there that was not to be replaced.
    InputError
        For a name or a text that cannot be saved.
    """
    path = place_draft(project, sort, name)
    data = text.encode("utf-8", errors="strict") if _is_text(text) else b""
    if not data or len(data) > MAX_BYTES:
        raise InputError(
            Text("这段文字无法保存", "the text cannot be saved"),
            expected=Text(f"不超过 {MAX_BYTES} 字节的文字", f"text, at most {MAX_BYTES} bytes"),
        )
    near = find_id(path.parent, name)
    if near is not None and near != path:
        shown, what = show_text(near.stem), NAMES[sort]
        said = Text(f"已有{what.zh} {shown}", f"there is a {what.en} {shown} already")
        raise Conflict(said, expected=OTHER_NAME)
    shown = show_path(path)
    if path.is_symlink():
        raise InputError(Text(f"{shown} 是链接", f"{shown} is a link"), expected=OTHER_NAME)
    there = digest_file(path)
    if there and there != replace:
        changed = Text(f"{shown} 打开之后已被改动", f"{shown} has changed since it was opened")
        raise Conflict(changed if replace else _say_taken(path))
    _write_whole(path, data, bool(there))
    return path


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return bool(text.strip()) and "\0" not in text


def _write_whole(path: Path, data: bytes, over: bool) -> None:
    """Write beside, then put in place in one step."""
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if over:
            part.replace(path)
        else:
            _put_new(part, path)
    except FileExistsError:
        raise Conflict(_say_taken(path)) from None
    except OSError as fault:
        raise EnvironmentFault(lead(show_path(path), describe_refusal(fault))) from fault
    finally:
        part.unlink(missing_ok=True)


def _say_taken(path: Path) -> Text:
    return Text(f"{show_path(path)} 已存在", f"{show_path(path)} is there already")


def _put_new(part: Path, path: Path) -> None:
    """Put a file where none is: a link fails where somebody was quicker, a rename would not."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except (OSError, AttributeError):  # no links on this disk
        if path.exists():
            raise FileExistsError from None
        part.replace(path)


def find_result(project: Project, text: str) -> Path:
    """File of results by its path in `output/`.

    Raises
    ------
    InputError
        For a path that leaves the folder, whatever it is written like, and where there is no file.
    """
    path = resolve_inside(project.output, text)
    inside = path.relative_to(project.output.resolve()).parts
    if any(part.startswith(".") for part in inside) or not path.is_file():
        shown = show_text(text)
        raise InputError(Text(f"没有成果 {shown}", f"there is no result {shown}"))
    return path
