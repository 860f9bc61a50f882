"""Open what a command works on: a model with its catalogue, and scenarios of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from haihe.errors import InputError, InputErrors, raise_all
from haihe.model.catalogue import FILE_NAME, Catalogue, load_catalogue, read_catalogue
from haihe.model.find import near_names
from haihe.model.translate import read_model
from haihe.model.types import Model
from haihe.project import find_bundled, find_name_problem, show_text
from haihe.scenario.extend import DEFAULT_MODEL, find_model, read_sources
from haihe.scenario.load import load_scenario
from haihe.scenario.study_load import say_many_models
from haihe.scenario.values import Scenario
from haihe.text import Text, list_choices

Read = TypeVar("Read")

MODEL_SUFFIXES = (".mdl", ".xmile", ".stmx", ".itmx", ".xml")


@dataclass(frozen=True, slots=True)
class Opened:
    """A model, what people see of it, and the folder in which its plan and its data lie."""

    model: Model
    catalogue: Catalogue
    folder: Path


def open_model(name: str) -> Opened:
    """Open a model by its name or its path, with the catalogue beside it.

    Raises
    ------
    InputError, InputErrors
        Where there is no such model, or where it or its catalogue is wrong.
    """
    return open_path(find_model_file(name))


def open_path(path: Path) -> Opened:
    """Open a model file, with the catalogue beside it."""
    model = read_model(path)
    return Opened(model, load_catalogue(model), path.parent)


def open_catalogue(name: str) -> tuple[Catalogue, Path]:
    """Catalogue of a model and the model's folder, without reading the model."""
    folder = find_model_folder(name)
    return read_catalogue(folder / FILE_NAME), folder


def find_model_file(name: str) -> Path:
    """File of a model: a path, or the name of a folder in `models/`.

    Raises
    ------
    InputError
        Where there is none.
    """
    path = Path(name)
    if path.suffix.lower() in MODEL_SUFFIXES:
        if path.is_file():
            return path
        shown = show_text(name)
        raise InputError(Text(f"没有模型文件 {shown}", f"there is no model file {shown}"))
    folders = (Path("models"), find_bundled("models"))
    for folder in folders:
        found = folder / name / f"{name}.mdl"
        if not find_name_problem(name) and found.is_file():
            return found
    known = sorted({made.stem for folder in folders for made in folder.glob("*/*.mdl")})
    shown, choices = show_text(name), list_choices(known)
    raise InputError(
        Text(f"没有模型 {shown}", f"there is no model {shown}"),
        expected=Text(f"路径，或{choices.zh}", f"a path, or {choices.en}"),
        suggestions=near_names(name, known),
    )


def find_model_folder(name: str) -> Path:
    """Folder of a model, for what can be listed without reading it."""
    return find_model_file(name).parent


def open_scenarios(names: Sequence[str]) -> tuple[Opened, tuple[Scenario, ...]]:
    """Read scenarios and the model that they share.

    Raises
    ------
    InputError, InputErrors
        Everything that is wrong with them, or that they run different models.
    """
    paths = gather(lambda name: find_model(read_sources(name)), names)
    if len({path.resolve() for path in paths}) > 1:
        problem = say_many_models(dict(zip(names, paths)))
        raise InputError(problem, expected=Text("同一模型", "the same model"))
    opened = open_path(paths[0])
    loaded = gather(lambda name: load_scenario(name, opened.model, opened.catalogue), names)
    return opened, tuple(loaded)


def gather(read: Callable[[str], Read], names: Sequence[str]) -> list[Read]:
    """Read every name, and raise what is wrong with all of them at once."""
    found: list[Read] = []
    errors: list[InputError] = []
    for name in names:
        try:
            found.append(read(name))
        except InputError as error:
            errors.append(error)
        except InputErrors as several:
            errors += several.errors
    raise_all({str(error): error for error in errors}.values())
    return found


__all__ = [
    "DEFAULT_MODEL",
    "Opened",
    "find_model_file",
    "find_model_folder",
    "open_catalogue",
    "open_model",
    "open_path",
    "open_scenarios",
]
