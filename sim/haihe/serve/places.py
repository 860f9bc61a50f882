"""Files of a project that the app may touch: scenarios and studies to edit, results to read."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from haihe.errors import EnvironmentFault, InputError
from haihe.project import find_bundled, find_name_problem, resolve_inside, show_path, show_text
from haihe.scenario.files import find_id, list_files
from haihe.scenario.study_files import FOLDER as STUDIES
from haihe.yaml import MAX_BYTES, read_text

Sort = Literal["scenario", "study"]
MAX_ID = 80
"""Longest name of a scenario or a study."""
OUTPUT = "output"


class Conflict(InputError):
    """What is to be written is there already, or is not what it was; a person has to say."""


@dataclass(frozen=True, slots=True)
class Project:
    """The folder that haihe serves."""

    root: Path

    def folder(self, sort: Sort) -> Path:
        """Folder of a person's own scenarios or studies."""
        scenarios = self.root / "scenarios"
        return scenarios if sort == "scenario" else scenarios / STUDIES

    def folders(self, sort: Sort) -> tuple[Path, ...]:
        """Own folder, then the one that ships with haihe; one where both are the same."""
        bundled = find_bundled("scenarios")
        shipped = bundled if sort == "scenario" else bundled / STUDIES
        own = self.folder(sort)
        return (own,) if own.resolve() == shipped.resolve() else (own, shipped)

    @property
    def output(self) -> Path:
        """Folder of results."""
        return self.root / OUTPUT


def is_shipped(sort: Sort, path: Path) -> bool:
    """Does a file come with haihe?"""
    bundled = find_bundled("scenarios").resolve()
    return path.resolve().parent == (bundled if sort == "scenario" else bundled / STUDIES)


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
    raise InputError(f"there is no {sort} {show_text(name)}")


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
    problem = find_name_problem(f"{name}.yaml") if name.strip() else "is empty"
    if not problem and ("/" in name or name.startswith((".", "-", "_")) or name != name.strip()):
        problem = "may not begin with . - _ or a blank, nor hold /"
    if not problem and len(name) > MAX_ID:
        problem = f"is longer than {MAX_ID} characters"
    if problem:
        raise InputError(f"the name {show_text(name)} {problem}", expected="a name such as my-plan")
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
        raise InputError("the text cannot be saved", expected=f"text, at most {MAX_BYTES} bytes")
    near = find_id(path.parent, name)
    if near is not None and near != path:
        raise Conflict(f"there is a {sort} {show_text(near.stem)} already", expected="another name")
    if path.is_symlink():
        raise InputError(f"{show_path(path)} is a link", expected="another name")
    there = digest_file(path)
    if there and there != replace:
        changed = "has changed since it was opened" if replace else "is there already"
        raise Conflict(f"{show_path(path)} {changed}")
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
        raise Conflict(f"{show_path(path)} is there already") from None
    except OSError as fault:
        raise EnvironmentFault(f"{show_path(path)}: {fault.strerror}") from fault
    finally:
        part.unlink(missing_ok=True)


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
    if any(part.startswith(".") for part in path.relative_to(project.output.resolve()).parts):
        raise InputError(f"there is no result {show_text(text)}")
    if not path.is_file():
        raise InputError(f"there is no result {show_text(text)}")
    return path
