"""Texts while they are written: checked as they stand, and changed by a slider."""

from __future__ import annotations

import functools
import io
import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haihe.errors import EnvironmentFault, InputError, InputErrors, describe_refusal
from haihe.model.find import fold_name
from haihe.project import show_path
from haihe.serve.places import Project, Sort, place_draft
from haihe.text import Lang, Text, lead, say
from haihe.yaml import MAX_BYTES, parse_yaml

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue
    from haihe.model.types import Model
    from haihe.scenario.values import Scenario, Setting
    from haihe.scenario.vocabulary import Vocabulary

MOST_ERRORS = 200
"""Mistakes of one text that are shown."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A model that is read, with what may be set in it."""

    model: Model
    catalogue: Catalogue
    vocabulary: Vocabulary
    stamp: tuple[int, int]


@dataclass(slots=True)
class Models:
    """Models that were read, so that a keystroke does not read one again."""

    opened: dict[Path, Opened] = field(default_factory=dict)
    choices: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    """Outcomes and targets, by the state of the model that they were read from."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, path: Path) -> Opened:
        """Read a model, or give it as it was read; one that changed on disk is read again."""
        from haihe.model.catalogue import load_catalogue
        from haihe.model.translate import read_model
        from haihe.scenario.vocabulary import index_vocabulary

        with self.lock:
            found, stamp = self.opened.get(path), _stamp(path)
            if found is None or found.stamp != stamp:
                model = read_model(path)
                catalogue = load_catalogue(model)
                found = Opened(model, catalogue, index_vocabulary(model, catalogue), stamp)
                self.opened[path] = found
            return found


def _stamp(path: Path) -> tuple[int, int]:
    """When a model or what people see of it was changed."""
    from haihe.model.catalogue import FILE_NAME

    beside = path.with_name(FILE_NAME)
    return (
        path.stat().st_mtime_ns,
        beside.stat().st_mtime_ns if beside.is_file() else 0,
    )


# --- check --------------------------------------------------------------------------------------


def check_draft(
    project: Project, models: Models, sort: Sort, name: str, text: str, lang: Lang = "en"
) -> dict[str, Any]:
    """Is a text right? Everything that is wrong, each at its place; else what it says."""
    file = ""
    try:
        path = place_draft(project, sort, name)
        file = show_path(path)
        if len(text.encode("utf-8", errors="replace")) > MAX_BYTES:
            most = f"{MAX_BYTES // 1024} kB"
            raise InputError(
                Text("文字过长", "the text is too long"),
                expected=Text(f"不超过 {most}", f"at most {most}"),
            )
        found = read_scenario if sort == "scenario" else functools.partial(read_beside, sort)
        said = found(models, path, text)
        warnings = [say(warning, lang) for warning in said["warnings"]]
        return {"valid": True, "errors": [], **said, "warnings": warnings}
    except InputError as error:
        errors: Sequence[InputError] = (error,)
    except InputErrors as several:
        errors = several.errors
    except EnvironmentFault as fault:
        errors = (InputError(fault.words),)
    shown = [describe_error(error, file, lang) for error in errors[:MOST_ERRORS]]
    return {"valid": False, "errors": shown, "more": max(0, len(errors) - MOST_ERRORS)}


def describe_error(error: InputError, file: str, lang: Lang) -> dict[str, Any]:
    """A mistake as JSON; `here` where it stands in the text itself, `written` what is wrong."""
    where = error.where
    written = re.search(r"`([^`]+)`", say(error.problem, "en"))
    here = where is not None and where.file == file
    return {
        "here": here,
        "file": "" if where is None or here else where.file,
        "line": where.line if where else 0,
        "column": where.column if where else 0,
        "problem": say(error.problem, lang),
        "expected": say(error.expected, lang),
        "written": written[1] if written else "",
        "suggestions": list(error.suggestions),
    }


def read_scenario(models: Models, path: Path, text: str) -> dict[str, Any]:
    """What a scenario says, as JSON."""
    from haihe.scenario.extend import find_model, read_draft
    from haihe.scenario.load import resolve_scenario

    sources = read_draft(path, text)
    opened = models.open(find_model(sources))
    scenario = resolve_scenario(sources, opened.model, opened.catalogue)
    return {
        "title": asdict(scenario.title),
        "story": asdict(scenario.story),
        "extends": list(scenario.chain),
        "settings": len(scenario.settings),
        "digest": scenario.digest,
        "warnings": list(scenario.warnings),
        "levers": list_values(scenario, show_path(path)),
    }


def list_values(scenario: Scenario, file: str) -> dict[str, Any]:
    """Levers that a scenario sets, by slider, in the model's unit."""
    from haihe.analysis.live_presets import slider_id
    from haihe.scenario.values import Role

    return {
        slider_id(setting.name, setting.element): _describe_setting(setting, file)
        for setting in scenario.settings
        if setting.role is Role.LEVER
    }


def _describe_setting(setting: Setting, file: str) -> dict[str, Any]:
    from haihe.scenario.values import Trajectory

    own = setting.origin.file == file
    before = setting.overrode if own else setting
    while before is not None and before.origin.file == file:
        before = before.overrode
    value = setting.value
    points = (
        [list(point) for point in zip(value.years, value.values)]
        if isinstance(value, Trajectory)
        else None
    )
    return {
        "value": value.values[-1] if isinstance(value, Trajectory) else value,
        "points": points,
        "own": own,
        "from": Path(before.origin.file).stem if before else "",
        "line": setting.origin.line if own else 0,
    }


def read_beside(sort: Sort, models: Models, path: Path, text: str) -> dict[str, Any]:
    """What a study or a task says, as JSON. The text lies beside its place while it is read."""
    describe = _describe_study if sort == "study" else _describe_task
    part = path.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        return describe(models, part)
    except OSError as fault:
        raise EnvironmentFault(lead(show_path(path), describe_refusal(fault))) from fault
    except InputError as error:
        raise _name(error, part, path) from None
    except InputErrors as several:
        raise InputErrors(tuple(_name(e, part, path) for e in several.errors)) from None
    finally:
        part.unlink(missing_ok=True)


def _name(error: InputError, part: Path, path: Path) -> InputError:
    """The error with the name that the text will have."""
    where = error.where
    if where is None or where.file != show_path(part):
        return error
    return replace(error, where=replace(where, file=show_path(path)))


def _describe_study(models: Models, path: Path) -> dict[str, Any]:
    from haihe.scenario.study import count_members
    from haihe.scenario.study_load import find_study_model, load_study

    opened = models.open(find_study_model(path))
    study = load_study(path, opened.model, opened.catalogue)
    file = show_path(path)
    return {
        "title": asdict(study.title),
        "story": asdict(study.story),
        "warnings": [
            Text(*(say(warning, lang).removeprefix(f"{file}:") for lang in ("zh", "en")))
            for warning in study.warnings
        ],
        "members": count_members(study),
        "method": study.method,
        "inputs": len(study.factors),
        "scenarios": [scenario.id for scenario in study.scenarios],
    }


def _describe_task(models: Models, path: Path) -> dict[str, Any]:
    from haihe.analysis.solve_load import load_task

    def open_model(file: Path) -> tuple[Model, Catalogue]:
        opened = models.open(file)
        return opened.model, opened.catalogue

    task = load_task(path, open_model)
    return {
        "title": asdict(task.title),
        "story": asdict(task.story),
        "warnings": list(task.scenario.warnings),
        "scenarios": [task.scenario.id],
        "targets": len(task.goals),
        "inputs": len(task.knobs),
    }


# --- change -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Move:
    """A slider that was moved."""

    lever: str
    element: tuple[str, ...]
    value: float | None
    """In the unit that people see; None: the scenario says nothing of it any more."""
    year: float | None
    """In which it is reached; None: the model's schedule says when."""
    unit: str


def move_lever(text: str, move: Move, vocabulary: Vocabulary) -> str:
    """Write what a slider says into the text of a scenario; comments and order stay.

    Raises
    ------
    InputError
        Where the text cannot be read.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    parse_yaml(text, "")  # whatever is not plain data is refused before anything is built
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 4096, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree = yaml.load(text)
    tree = CommentedMap() if tree is None else tree
    if not isinstance(tree, CommentedMap):
        raise InputError(
            Text("这不是情景", "is no scenario"), expected=Text("键和值", "keys and values")
        )
    if not isinstance(tree.get("levers"), CommentedMap):
        tree["levers"] = CommentedMap()
    levers = tree["levers"]
    key = next((k for k in levers if vocabulary.names.find(str(k)) == move.lever), move.lever)
    _put(levers, (key, *move.element), write_value(move), _elements(vocabulary, move))
    if not levers:
        del tree["levers"]
    stream = io.StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


def write_value(move: Move) -> Any:
    """A value as a person would write it; None where there is none."""
    from ruamel.yaml.comments import CommentedSeq

    if move.value is None:
        return None
    shown: Any = f"{move.value:.12g}"
    shown = f"{shown} {move.unit}" if move.unit else float(shown)
    if move.year is None:
        return shown
    year = int(move.year) if float(move.year).is_integer() else move.year
    points = CommentedSeq([CommentedSeq([year, shown])])
    points.fa.set_flow_style()
    points[0].fa.set_flow_style()
    return points


def _elements(vocabulary: Vocabulary, move: Move) -> list[Sequence[str]]:
    """Elements along each dimension of the lever."""
    model = vocabulary.model
    return [model.dimensions[dim].elements for dim in model.variables[move.lever].dims]


def _put(place: Any, keys: Sequence[str], value: Any, names: Sequence[Sequence[str]]) -> None:
    """Set or remove a value below a mapping; one number for all elements is spread over them."""
    from ruamel.yaml.comments import CommentedMap

    key = next((k for k in place if fold_name(str(k)) == fold_name(keys[0])), keys[0])
    if len(keys) == 1:
        if value is None:
            place.pop(key, None)
        else:
            place[key] = value
        return
    below = place.get(key)
    if not isinstance(below, CommentedMap):
        if below is None and value is None:
            return
        spread = {} if below is None else dict.fromkeys(names[0], below)
        below = place[key] = CommentedMap(spread)
    _put(below, keys[1:], value, names[1:])
    if not below:
        del place[key]


# --- levers -------------------------------------------------------------------------------------


def describe_levers(opened: Opened) -> dict[str, Any]:
    """Sliders and the groups that they stand in."""
    from haihe.analysis.live import describe_sliders

    return {
        "groups": {key: asdict(title) for key, title in opened.catalogue.groups.items()},
        "sliders": list(describe_sliders(opened.vocabulary)),
    }
