"""Where study files are, and what a list of them shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from haihe.errors import InputError, InputErrors
from haihe.project import find_bundled, show_text
from haihe.scenario.files import SUFFIXES, find_id, list_files
from haihe.scenario.names import index_names
from haihe.scenario.schema import read_words
from haihe.scenario.study_schema import StudyFile
from haihe.text import Text
from haihe.yaml import Mapping, read_yaml, validate

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
    path, text = Path(path_or_id), str(path_or_id)
    if "\0" in text:
        raise InputError(f"the path {show_text(text)} holds a control character")
    if path.suffix in SUFFIXES or len(path.parts) > 1:
        if not _is_file(path):
            near = index_names(dict.fromkeys(map(str, list_files(path.parent))))
            raise InputError(f"there is no study {show_text(text)}", None, "", near.suggest(text))
        return path
    folders = study_folders()
    found = next((f for folder in folders if (f := find_id(folder, text))), None)
    if found is None:
        heads = {h.id: h.title for f in folders for h in list_studies(f, strict=False)}
        close = index_names(dict(heads)).suggest(text)
        expected = "" if close else "a path, or one of " + ", ".join(sorted(heads))
        raise InputError(f"there is no study {show_text(text)}", None, expected, close)
    return found


def study_folders() -> tuple[Path, Path]:
    """Folders in which ids are looked for, first one first."""
    return Path("scenarios") / FOLDER, find_bundled("scenarios") / FOLDER


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A name that the system cannot even ask for.
        return False


def list_studies(folder: Path | None = None, strict: bool = True) -> tuple[StudyHead, ...]:
    """Studies of a folder (default: the bundled ones) by id.

    Parameters
    ----------
    strict : raise for a file that cannot be read; else leave it out.
    """
    heads: list[StudyHead] = []
    for path in list_files(folder or find_bundled("scenarios") / FOLDER):
        try:
            fields = validate(read_yaml(path), StudyFile)
        except (InputError, InputErrors):
            if strict:
                raise
            continue
        named = (fields.scenarios,) if isinstance(fields.scenarios, str) else fields.scenarios
        title, story = read_words(fields.title, path.stem), read_words(fields.story, "")
        heads.append(StudyHead(path.stem, title, story, fields.design.method, tuple(named), path))
    return tuple(heads)


def is_study_file(path: Path) -> bool:
    """Does a file look like a study: has it a design?"""
    try:
        tree = read_yaml(path)
    except (InputError, InputErrors):
        return path.resolve().parent.name == FOLDER
    return isinstance(tree, Mapping) and tree.get("design") is not None
