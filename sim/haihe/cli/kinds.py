"""Which kind of file a name means: a scenario, a study, or a task for `haihe solve`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from haihe.errors import InputError
from haihe.project import show_text

Kind = Literal["scenario", "study", "task"]


def find_kind(name: str) -> tuple[Kind, Path]:
    """Kind and file of what a person named: a path by what stands in the file, an id by its folder.

    Raises
    ------
    InputError
        Where no kind has such a file, with the names of every kind that look like it.
    """
    from haihe.analysis.solve_files import find_task, is_task_file
    from haihe.scenario.files import SUFFIXES, find_scenario
    from haihe.scenario.study_files import find_study, is_study_file

    if "\0" in name or Path(name).suffix in SUFFIXES or len(Path(name).parts) > 1:
        found = find_scenario(name)
        if is_study_file(found):
            return "study", found
        return ("task" if is_task_file(found) else "scenario"), found
    near: list[str] = []
    kinds: tuple[Kind, ...] = ("scenario", "study", "task")
    for kind, find in zip(kinds, (find_scenario, find_study, find_task), strict=True):
        try:
            return kind, find(name)
        except InputError as error:
            near += error.suggestions
    expected = "" if near else "a path, or an id that `haihe list` shows"
    problem = f"there is no scenario, study or task {show_text(name)}"
    raise InputError(problem, None, expected, tuple(near))
