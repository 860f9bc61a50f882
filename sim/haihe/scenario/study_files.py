"""Where study files are, and what a list of them shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from haihe.errors import InputError, InputErrors
from haihe.project import find_bundled
from haihe.scenario.files import find_file, read_heads
from haihe.scenario.study_schema import StudyFile
from haihe.text import Text
from haihe.yaml import Mapping, read_yaml

FOLDER = "studies"
"""Of `scenarios`."""


@dataclass(frozen=True, slots=True)
class StudyHead:
    """What a list of studies shows."""

    id: str
    title: Text
    story: Text
    method: str
    scenarios: tuple[str, ...]
    path: Path


def find_study(path_or_id: str | Path) -> Path:
    """File of a study that a person asked for.

    A path wins; an id is looked for in `./scenarios/studies`, then among the bundled ones.

    Raises
    ------
    InputError
        Where there is none, with the ids that look like it.
    """
    return find_file(path_or_id, study_folders(), "study", list_studies)


def study_folders() -> tuple[Path, Path]:
    """Folders in which ids are looked for, first one first."""
    return Path("scenarios") / FOLDER, find_bundled("scenarios") / FOLDER


def list_studies(folder: Path | None = None, strict: bool = True) -> tuple[StudyHead, ...]:
    """Studies of a folder (default: the bundled ones) by id.

    Parameters
    ----------
    strict : raise for a file that cannot be read; else leave it out.
    """
    heads: list[StudyHead] = []
    folder = folder or find_bundled("scenarios") / FOLDER
    for head, fields in read_heads(folder, StudyFile, strict):
        named = (fields.scenarios,) if isinstance(fields.scenarios, str) else fields.scenarios
        method = fields.design.method
        heads.append(StudyHead(head.id, head.title, head.story, method, tuple(named), head.path))
    return tuple(heads)


def is_study_file(path: Path) -> bool:
    """Does a file look like a study: has it a design?"""
    return has_key(path, "design", FOLDER)


def has_key(path: Path, key: str, folder: str) -> bool:
    """Is a file of the kind that has a key, or that lies in a folder?"""
    try:
        tree = read_yaml(path)
    except (InputError, InputErrors):
        tree = None
    said = isinstance(tree, Mapping) and tree.get(key) is not None
    return said or path.resolve().parent.name == folder
