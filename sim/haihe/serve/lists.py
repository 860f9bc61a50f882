"""What there is: scenarios, studies, results."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haihe.errors import InputError, InputErrors
from haihe.serve.asks import list_stores, page_of
from haihe.serve.places import Project, Sort, find_text, is_shipped, list_ids, read_own
from haihe.text import Text

if TYPE_CHECKING:
    from haihe.serve.drafts import Models, Opened
    from haihe.serve.jobs import Job, Measure

MOST_RESULTS = 500
DEPTH = 3
"""Folders below `output/` that are looked into."""
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".yaml": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".nc": "application/x-netcdf",
    ".parquet": "application/vnd.apache.parquet",
}
"""Results that are handed out, and as what."""
HEAD = 65_536
"""How far into a page its title is looked for [byte]."""


def list_texts(project: Project, sort: Sort) -> list[dict[str, Any]]:
    """Texts of a kind with their titles; one that cannot be read is there all the same."""
    return [_describe_text(project, sort, name) for name in list_ids(project, sort)]


def _describe_text(project: Project, sort: Sort, name: str) -> dict[str, Any]:
    from haihe.analysis.solve_schema import SolveFile
    from haihe.scenario.schema import ScenarioFile, read_words
    from haihe.scenario.study_schema import StudyFile
    from haihe.yaml import read_yaml, validate

    kinds: dict[Sort, Any] = {"scenario": ScenarioFile, "study": StudyFile, "task": SolveFile}
    found: dict[str, Any] = {"id": name, "shipped": False, "broken": False}
    title, story = read_words(None, name), read_words(None, "")
    try:
        path = find_text(project, sort, name)
        found["shipped"] = is_shipped(sort, path)
        fields: Any = validate(read_yaml(path), kinds[sort])
        title, story = read_words(fields.title, name), read_words(fields.story, "")
        if sort == "study":
            named = fields.scenarios
            found["method"] = fields.design.method
            found["scenarios"] = [named] if isinstance(named, str) else list(named)
        elif sort == "task":
            found["scenarios"] = [fields.scenario]
        else:
            above = fields.extends
            found["extends"] = [above] if isinstance(above, str) else list(above or [])
    except (InputError, InputErrors):
        found["broken"] = True
    return {**found, "title": asdict(title), "story": asdict(story)}


def describe_text(project: Project, sort: Sort, name: str) -> dict[str, Any]:
    """One scenario, study or task to be edited.

    Raises
    ------
    InputError
        Where there is none.
    """
    path = find_text(project, sort, name)
    text, digest = read_own(path)
    own = path.resolve().parent == project.folder(sort).resolve()
    return {
        "id": name,
        "text": text,
        "digest": digest if own else "",
        "shipped": is_shipped(sort, path),
    }


def list_results(project: Project) -> list[dict[str, Any]]:
    """Pages, tables, documents and stores in `output/`, newest first."""
    stores = set(list_stores(project))
    found = [_describe_store(project, name) for name in stores]
    found += list(_walk(project, project.output, DEPTH))[:MOST_RESULTS]
    return sorted(found, key=lambda one: -one["changed"])


def _walk(project: Project, folder: Path, depth: int) -> Iterator[dict[str, Any]]:
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return
    for path in inside:
        if path.is_symlink() or path.name.startswith(".") or path.suffix == ".zarr":
            continue
        if path.is_dir() and depth > 1:
            yield from _walk(project, path, depth - 1)
        elif path.suffix in TYPES and path.is_file():
            yield _describe_file(project, path)


def _describe_file(project: Project, path: Path) -> dict[str, Any]:
    inside = path.relative_to(project.output).as_posix()
    status = path.stat()
    return {
        "path": inside,
        "folder": inside.rpartition("/")[0],
        "sort": path.suffix[1:],
        "title": read_title(path) if path.suffix == ".html" else "",
        "size": status.st_size,
        "changed": status.st_mtime,
    }


def read_title(path: Path) -> str:
    """Title of a page; "" where it has none near its beginning."""
    with path.open("rb") as stream:
        text = stream.read(HEAD).decode("utf-8", errors="replace")
    found = re.search(r"<title>([^<]{0,300})</title>", text)
    return html.unescape(found[1]).strip() if found else ""


def _describe_store(project: Project, name: str) -> dict[str, Any]:
    path = project.output / name
    found = {
        "path": name,
        "folder": name.removesuffix(".zarr"),
        "sort": "store",
        "title": "",
        "size": 0,
        "changed": path.stat().st_mtime,
        "members": 0,
        "done": 0,
    }
    try:
        done, total = measure_store(path)
    except Exception:  # whatever lies there, it is no store that can be shown
        return found
    return {**found, "members": total, "done": done}


def measure_store(path: Path) -> tuple[int, int]:
    """Members that are in a store, and how many there will be."""
    from haihe.results.study_store import read_store

    layout, journal = read_store(path)
    return sum(span.stop - span.start for span in journal.blocks.values()), layout.members


def measure_job(project: Project, job: Job) -> Measure | None:
    """How far a study is; None for what is over in seconds."""
    if job.kind != "sweep":
        return None
    return lambda: measure_store(project.root / job.result)


def sum_up_store(project: Project, models: Models, name: str) -> dict[str, Any]:
    """Outcomes of a study, spread over its members.

    Raises
    ------
    InputError
        Where there is no such store.
    """
    from haihe.analysis.study_summary import summarise_study
    from haihe.results.study_store import open_study

    if name not in list_stores(project):
        raise InputError(Text("没有这个名称的结果", "there are no results of that name"))
    path = project.output / name
    done, total = measure_store(path)
    study = open_study(path, unfinished=True)
    rows = list(summarise_study(study, _find_catalogue(project, models, name)))
    page = project.root / page_of(name)
    return {
        "store": name,
        "page": page_of(name) if page.is_file() and not page.is_symlink() else "",
        "members": total,
        "done": done,
        "failed": int((study["status"].to_numpy() != "").sum()) - (total - done),
        "outcomes": [{**asdict(row), "title": asdict(row.title)} for row in rows],
    }


def _find_catalogue(project: Project, models: Models, name: str) -> Any:
    """Words for a store's outcomes, where the study is still there; None where it is not."""
    from haihe.scenario.study_load import find_study_model

    try:
        study = find_text(project, "study", name.removesuffix(".zarr"))
        return models.open(find_study_model(study)).catalogue
    except (InputError, InputErrors):
        return None


def list_choices(models: Models, opened: Opened) -> dict[str, Any]:
    """Outcomes and targets that a person may ask for; read once for each state of a model."""
    kept = models.choices.get(opened.stamp)
    if kept is None:
        kept = models.choices[opened.stamp] = _read_choices(opened)
    return kept


def _read_choices(opened: Opened) -> dict[str, Any]:
    from haihe.analysis.report import load_background

    background = load_background(opened.catalogue, opened.model.path.parent)
    return {
        "outcomes": [
            {"id": key, "title": asdict(one.title), "headline": bool(one.headline)}
            for key, one in opened.catalogue.outcomes.items()
        ],
        "targets": [
            {"id": one.id, "title": asdict(one.title), "year": one.year}
            for one in background.plan.targets
        ],
        "levers": [
            {"id": key, "title": asdict(one.title)} for key, one in opened.catalogue.levers.items()
        ],
    }
