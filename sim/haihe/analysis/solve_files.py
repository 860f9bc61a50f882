"""Where tasks for `haihe solve` are, what a list of them shows, and the manual of such a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from haihe.analysis.solve_schema import AimFields, BandFields, ObjectiveFields, SolveFile
from haihe.project import find_bundled
from haihe.scenario.files import find_file, read_heads
from haihe.scenario.schema import dump_record, write_manual
from haihe.scenario.study_files import has_key
from haihe.text import Lang, Text
from haihe.yaml import Record

FOLDER = "solve"
"""Of `scenarios`."""


@dataclass(frozen=True, slots=True)
class TaskHead:
    """What a list of tasks shows."""

    id: str
    title: Text
    story: Text
    scenario: str
    targets: tuple[str, ...]
    """Ids; of a target of one's own without an id, its outcome."""
    path: Path


def find_task(path_or_id: str | Path) -> Path:
    """File of a task that a person asked for.

    A path wins; an id is looked for in `./scenarios/solve`, then among the bundled ones.

    Raises
    ------
    InputError
        Where there is none, with the ids that look like it.
    """
    return find_file(path_or_id, task_folders(), "task", list_tasks)


def task_folders() -> tuple[Path, Path]:
    """Folders in which ids are looked for, first one first."""
    return Path("scenarios") / FOLDER, find_bundled("scenarios") / FOLDER


def is_task_file(path: Path) -> bool:
    """Does a file look like a task: has it targets?"""
    return has_key(path, "targets", FOLDER)


def list_tasks(folder: Path | None = None, strict: bool = True) -> tuple[TaskHead, ...]:
    """Tasks of a folder (default: the bundled ones) by id.

    Parameters
    ----------
    strict : raise for a file that cannot be read; else leave it out.
    """
    heads: list[TaskHead] = []
    folder = folder or find_bundled("scenarios") / FOLDER
    for head, fields in read_heads(folder, SolveFile, strict):
        aims = tuple(a if isinstance(a, str) else a.id or a.outcome for a in fields.targets)
        heads.append(TaskHead(head.id, head.title, head.story, fields.scenario, aims, head.path))
    return tuple(heads)


# --- the manual ---------------------------------------------------------------------------------

RECORDS: tuple[tuple[type[Record], str], ...] = (
    (SolveFile, "keys"),
    (AimFields, "target"),
    (BandFields, "lever"),
    (ObjectiveFields, "objective"),
)


def dump_task_schema() -> str:
    """Text of `scenarios/solve/schema.json`."""
    return dump_record(SolveFile, "haihe solve")


def task_manual(lang: Lang) -> str:
    """Manual of a task file in Markdown, made of the field docstrings."""
    return write_manual("task", RECORDS, _TITLES[lang], lang)


_TITLES = {
    "en": {
        "task": "Task files for `haihe solve`",
        "intro": (
            "A task is one YAML 1.2 file: targets that are to be met together, and the levers that "
            "may be turned for it. Its id is the name of the file. `haihe validate FILE` says what "
            "would be asked, and runs nothing; `haihe solve FILE` answers."
        ),
        "keys": "Keys",
        "target": "Under one target of one's own",
        "lever": "Under one lever",
        "objective": "Under `objective`",
    },
    "zh": {
        "task": "`haihe solve` 的任务文件",
        "intro": (
            "一项任务是一个 YAML 1.2 文件：需同时达到的目标，以及可以调整的杠杆。编号即文件名。"
            "`haihe validate 文件` 说明任务内容但不运行；`haihe solve 文件` 求解。"
        ),
        "keys": "键",
        "target": "单个自定目标之下",
        "lever": "单个杠杆之下",
        "objective": "`objective` 之下",
    },
}
