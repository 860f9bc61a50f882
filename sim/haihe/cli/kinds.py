"""Which kind of file a name means: a scenario, a study, or a task for `haihe solve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from haihe.errors import InputError
from haihe.project import show_text
from haihe.text import Text

if TYPE_CHECKING:
    from haihe.scenario.files import Sort


def find_kind(name: str) -> tuple[Sort, Path]:
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
    kinds: tuple[Sort, ...] = ("scenario", "study", "task")
    for kind, find in zip(kinds, (find_scenario, find_study, find_task), strict=True):
        try:
            return kind, find(name)
        except InputError as error:
            near += error.suggestions
    listed = Text("路径，或 `haihe list` 列出的编号", "a path, or an id that `haihe list` shows")
    shown = show_text(name)
    problem = Text(f"没有情景、研究或任务 {shown}", f"there is no scenario, study or task {shown}")
    raise InputError(problem, None, "" if near else listed, tuple(near))
