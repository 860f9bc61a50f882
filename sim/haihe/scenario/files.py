"""Where scenario files are, and what a list of them shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from haihe.errors import InputError, InputErrors
from haihe.model.find import fold_name
from haihe.project import find_bundled, show_text
from haihe.scenario.names import index_names
from haihe.scenario.schema import ScenarioFile, Words, read_words
from haihe.text import Text, list_choices
from haihe.yaml import read_yaml, validate

SUFFIXES = (".yaml", ".yml")


Sort = Literal["scenario", "study", "task"]
SORTS: Mapping[Sort, Text] = {
    "scenario": Text("情景", "scenario"),
    "study": Text("研究", "study"),
    "task": Text("任务", "task"),
}
"""Kinds of files that people write and ask for by an id."""


@dataclass(frozen=True, slots=True)
class ScenarioHead:
    """What a list of scenarios shows, and what every kind of file has."""

    id: str
    title: Text
    story: Text
    path: Path


class Headed(Protocol):
    """What a list of files shows."""

    @property
    def id(self) -> str:
        """Name of the file without its ending."""

    @property
    def title(self) -> Text:
        """Title, or the id."""


class Titled(Protocol):
    """What every kind of file may say of itself."""

    @property
    def title(self) -> Words | str | None:
        """In one language or in both."""

    @property
    def story(self) -> Words | str | None:
        """What a reader should know of it."""


class Lister(Protocol):
    """Lists the files of a folder."""

    def __call__(self, folder: Path | None = None, strict: bool = True) -> Sequence[Headed]:
        """Files by id; `strict` raises for one that cannot be read."""


Fields = TypeVar("Fields", bound=Titled)


def find_scenario(path_or_id: str | Path) -> Path:
    """File of a scenario that a person asked for.

    A path wins; an id is looked for in `./scenarios`, then among the bundled ones.

    Raises
    ------
    InputError
        Where there is none, with the ids that look like it.
    """
    folders = (Path("scenarios"), find_bundled("scenarios"))
    return find_file(path_or_id, folders, "scenario", list_scenarios)


def find_file(
    path_or_id: str | Path, folders: tuple[Path, ...], sort: Sort, list_heads: Lister
) -> Path:
    """File that a person asked for: a path wins, an id is looked for in folders.

    Parameters
    ----------
    list_heads : lists what there is; asked only where nothing was found.

    Raises
    ------
    InputError
        Where there is none, with those that look like it.
    """
    path, text = Path(path_or_id), str(path_or_id)
    if "\0" in text:
        shown = show_text(text)
        raise InputError(
            Text(f"路径 {shown} 含有控制字符", f"the path {shown} holds a control character")
        )
    if path.suffix in SUFFIXES or len(path.parts) > 1:
        if not _exists(path):
            near = index_names(dict.fromkeys(map(str, list_files(path.parent))))
            raise InputError(say_missing(sort, text), None, "", near.suggest(text))
        return path
    found = next((f for folder in folders if (f := find_id(folder, text))), None)
    if found is None:
        heads = [head for folder in folders for head in list_heads(folder, strict=False)]
        titles: dict[str, Text | None] = {head.id: head.title for head in heads}
        close = index_names(titles).suggest(text)
        known = list_choices(sorted(titles))
        expected = Text(f"路径，或{known.zh}", f"a path, or {known.en}")
        raise InputError(say_missing(sort, text), None, "" if close else expected, close)
    return found


def say_missing(sort: Sort, text: str) -> Text:
    """There is no file of a kind that is called so."""
    shown, what = show_text(text), SORTS[sort]
    return Text(f"没有{what.zh} {shown}", f"there is no {what.en} {shown}")


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
    folder = folder or find_bundled("scenarios")
    return tuple(head for head, _ in read_heads(folder, ScenarioFile, strict))


def read_heads(
    folder: Path, record: type[Fields], strict: bool = True
) -> Iterator[tuple[ScenarioHead, Fields]]:
    """Files of a folder by id, as far as they are of a kind: their heads and their fields.

    Parameters
    ----------
    strict : raise for a file that cannot be read; else leave it out.
    """
    for path in list_files(folder):
        try:
            fields = validate(read_yaml(path), record)
        except (InputError, InputErrors):
            if strict:
                raise
            continue
        title, story = read_words(fields.title, path.stem), read_words(fields.story, "")
        yield ScenarioHead(path.stem, title, story, path), fields


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
