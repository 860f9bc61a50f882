"""Where scenario files are, and what a list of them shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from haihe.errors import InputError, InputErrors
from haihe.model.find import fold_name
from haihe.project import find_bundled, show_text
from haihe.scenario.names import index_names
from haihe.scenario.schema import ScenarioFile, read_words
from haihe.text import Text
from haihe.yaml import read_yaml, validate

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class ScenarioHead:
    """What a list of scenarios shows."""

    id: str
    title: Text
    story: Text
    path: Path


def find_scenario(path_or_id: str | Path) -> Path:
    """File of a scenario that a person asked for.

    A path wins; an id is looked for in `./scenarios`, then among the bundled ones.

    Raises
    ------
    InputError
        Where there is none, with the ids that look like it.
    """
    folders = (Path("scenarios"), find_bundled("scenarios"))

    def list_titles() -> dict[str, Text]:
        heads = [head for folder in folders for head in list_scenarios(folder, strict=False)]
        return {head.id: head.title for head in heads}

    return find_file(path_or_id, folders, "scenario", list_titles)


def find_file(
    path_or_id: str | Path,
    folders: tuple[Path, ...],
    what: str,
    list_titles: Callable[[], dict[str, Text]],
) -> Path:
    """File that a person asked for: a path wins, an id is looked for in folders.

    Parameters
    ----------
    what : what such a file is, for the error.
    list_titles : ids and titles that there are; asked only where nothing was found.

    Raises
    ------
    InputError
        Where there is none, with those that look like it.
    """
    path, text = Path(path_or_id), str(path_or_id)
    if "\0" in text:
        raise InputError(f"the path {show_text(text)} holds a control character")
    if path.suffix in SUFFIXES or len(path.parts) > 1:
        if not _exists(path):
            near = index_names(dict.fromkeys(map(str, list_files(path.parent))))
            raise InputError(f"there is no {what} {show_text(text)}", None, "", near.suggest(text))
        return path
    found = next((f for folder in folders if (f := find_id(folder, text))), None)
    if found is None:
        titles = list_titles()
        close = index_names(dict(titles)).suggest(text)
        expected = "" if close else "a path, or one of " + ", ".join(sorted(titles))
        raise InputError(f"there is no {what} {show_text(text)}", None, expected, close)
    return found


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # A name that the system cannot even ask for, or a folder that is closed to us.
        return False


def list_scenarios(folder: Path | None = None, strict: bool = True) -> tuple[ScenarioHead, ...]:
    """Scenarios of a folder (default: the bundled ones) by id, with title and story.

    Parameters
    ----------
    strict : raise for a file that cannot be read; else leave it out.
    """
    heads: list[ScenarioHead] = []
    for path in list_files(folder or find_bundled("scenarios")):
        try:
            fields = validate(read_yaml(path), ScenarioFile)
        except (InputError, InputErrors):
            if strict:
                raise
            continue
        title = read_words(fields.title, path.stem)
        heads.append(ScenarioHead(path.stem, title, read_words(fields.story, ""), path))
    return tuple(heads)


def find_id(folder: Path, text: str) -> Path | None:
    """Scenario file of a folder by its id, in any spelling; None where there is none."""
    names = {path.stem: path for path in list_files(folder)}
    found = names.get(text)
    if found is None:
        folded = {fold_name(stem): path for stem, path in names.items()}
        found = folded.get(fold_name(text))
    return found


def list_files(folder: Path) -> list[Path]:
    """Scenario files of a folder, by name."""
    try:
        return sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES and p.is_file())
    except OSError:
        # No such folder, or one that is closed to us: it offers nothing.
        return []
