"""Load a scenario: its files in order, every value with who set it, all mistakes at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from haihe.errors import InputError, Location, raise_all
from haihe.model.types import Model, TimeAxis
from haihe.project import show_text
from haihe.scenario.extend import ScenarioSource, find_model, read_sources
from haihe.scenario.names import index_names
from haihe.scenario.schema import read_words
from haihe.scenario.settings import (
    ONE_VALUE,
    FileSettings,
    read_default,
    read_settings,
    say_allowed,
)
from haihe.scenario.timeaxis import FIELDS, resolve_time
from haihe.scenario.values import POLICY_START, Role, Scenario, Setting, Trajectory
from haihe.scenario.vocabulary import Vocabulary, index_vocabulary
from haihe.text import Text, Words
from haihe.yaml import Mapping, Node, Scalar
from haihe.yaml import Sequence as ListNode

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue

_BY_SCENARIO = Text("情景已允许", "allowed by the scenario")
Place = tuple[Role, str, tuple[str, ...]]
"""What a setting sets: role, name, element."""


def find_scenario_model(path_or_id: str | Path) -> Path:
    """Model file that a scenario runs.

    Raises
    ------
    InputError, InputErrors
        Where the scenario, something that it extends or the model cannot be found or read.
    """
    return find_model(read_sources(path_or_id))


def load_scenario(path_or_id: str | Path, model: Model, catalogue: Catalogue) -> Scenario:
    """Load a scenario with everything that it extends, resolved against a model.

    Parameters
    ----------
    path_or_id : a path, or an id in `./scenarios` or among the bundled scenarios.
    model : the model that it runs; `find_scenario_model` says which.

    Raises
    ------
    InputErrors
        With every mistake in all the files.
    """
    return resolve_scenario(read_sources(path_or_id), model, catalogue)


def resolve_scenario(
    sources: Sequence[ScenarioSource], model: Model, catalogue: Catalogue
) -> Scenario:
    """Merge the files of a scenario, later over earlier, and check them against a model.

    Raises
    ------
    InputErrors
        With every mistake in all the files.
    """
    vocabulary = index_vocabulary(model, catalogue)
    files = [read_settings(source, vocabulary) for source in sources]
    settings = merge_settings([found.settings for found in files])
    time, wrong_time, warnings = resolve_time(_last_nodes(sources, "time"), model.time)
    outputs, wrong_outputs = _resolve_outputs(sources, vocabulary)
    errors = [error for found in files for error in found.errors]
    errors += [*_check_whole(settings, vocabulary), *wrong_time, *wrong_outputs]
    allowed = bool(_last(source.fields.allow_out_of_range for source in sources))
    excesses = _excesses(files, settings if allowed else None)
    raise_all(_in_order(errors if allowed else [*errors, *excesses], sources))
    last = sources[-1]
    warnings += [say_allowed(excess, _BY_SCENARIO) for excess in excesses]
    warnings += _warn_forced(settings)
    return Scenario(
        id=last.id,
        title=read_words(last.fields.title, last.id),
        story=read_words(last.fields.story, ""),
        model=model.path,
        settings=settings,
        time=None if time == model.time else time,
        outputs=outputs,
        chain=tuple(source.id for source in reversed(sources[:-1])),
        digest=digest_settings(settings, time, outputs, model),
        origin=last.where,
        warnings=tuple(warnings),
    )


def _in_order(errors: Iterable[InputError], sources: Sequence[ScenarioSource]) -> list[InputError]:
    """Errors as the files have them; those of tables last."""
    rank = {source.where.file: i for i, source in enumerate(sources)}

    def place(error: InputError) -> tuple[int, int, int]:
        where = error.where or Location("")
        return rank.get(where.file, len(rank)), where.line, where.column

    return sorted(errors, key=place)


def merge_settings(files: Iterable[Sequence[Setting]]) -> tuple[Setting, ...]:
    """Settings of files in order; a later one takes the place of an earlier one and keeps it."""
    merged: dict[Place, Setting] = {}
    for settings in files:
        for setting in settings:
            place = (setting.role, setting.name, setting.element)
            merged[place] = replace(setting, overrode=merged.get(place))
    return tuple(merged.values())


def digest_settings(
    settings: Iterable[Setting], time: TimeAxis, outputs: Sequence[str], model: Model
) -> str:
    """SHA-256 over what makes a scenario differ from the model, in an order of its own."""
    rows = sorted(
        (setting.role.value, setting.name, list(setting.element), _plain(setting.value))
        for setting in settings
        if not is_default(setting, model)
    )
    axis = None if time == model.time else [time.start, time.stop, time.step, time.save_step]
    text = json.dumps([rows, axis, sorted(outputs)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: float | Trajectory) -> list[list[float]]:
    if isinstance(value, Trajectory):
        return [list(value.years), list(value.values)]
    return [[value]]


def is_default(setting: Setting, model: Model) -> bool:
    """Does a setting say what the model has anyway?"""
    return setting.value == read_default(model.variables[setting.name], setting.element, model)


def _check_whole(settings: Sequence[Setting], vocabulary: Vocabulary) -> Iterator[InputError]:
    """What only shows when all files are merged."""
    groups: dict[tuple[Role, str], list[Setting]] = {}
    for setting in settings:
        groups.setdefault((setting.role, setting.name), []).append(setting)
    for (role, name), group in groups.items():
        if role is Role.LEVER:
            yield from _check_lever(name, group, vocabulary)
        if role is Role.FORCED:
            yield from _check_forced(name, group, vocabulary)


def _check_lever(name: str, group: list[Setting], vocabulary: Vocabulary) -> Iterator[InputError]:
    moving = [setting for setting in group if isinstance(setting.value, Trajectory)]
    if moving and name not in vocabulary.in_force:
        problem = Text(
            f"{name} 不能随时间变化：模型中没有 `{name} in force`",
            f"{name} cannot change over time: the model has no `{name} in force`",
        )
        yield InputError(problem, moving[0].origin, ONE_VALUE)
    for setting in moving:
        yield from _check_start(setting, vocabulary.model)
    for setting in group if moving else ():
        still = not isinstance(setting.value, Trajectory)
        if still and not is_default(setting, vocabulary.model):
            element = f"{name}[{', '.join(setting.element)}]"
            yield InputError(
                Text(
                    f"{element} 只有一个值，而其他元素为轨迹",
                    f"{element} is one value where other elements have trajectories",
                ),
                setting.origin,
                Text("此元素也写成轨迹", "a trajectory for this element too"),
            )


def _check_start(setting: Setting, model: Model) -> Iterator[InputError]:
    """A trajectory may name the start of policy only to say what the model has then anyway."""
    assert isinstance(setting.value, Trajectory)
    default = read_default(model.variables[setting.name], setting.element, model)
    if setting.value.years[0] == POLICY_START and setting.value.values[0] != default:
        yield InputError(
            Text(
                f"{setting.name} 在 {POLICY_START:g} 年及以前不起作用",
                f"{setting.name} does nothing up to {POLICY_START:g}",
            ),
            setting.origin,
            Text(
                f"首点晚于 {POLICY_START:g} 年，或在该年取默认值 {default:g}",
                f"a first point after {POLICY_START:g}, or the default {default:g} there",
            ),
        )


def _check_forced(name: str, group: list[Setting], vocabulary: Vocabulary) -> Iterator[InputError]:
    dims = vocabulary.model.variables[name].dims
    count = 1
    for dim in dims:
        count *= len(vocabulary.model.dimensions[dim].elements)
    if len(group) < count:
        problem = Text(
            f"{name} 的 {count} 个元素中只强制给定了 {len(group)} 个",
            f"{name} is forced for {len(group)} of {count} elements",
        )
        every = Text(f"{'、'.join(dims)} 的全部元素", f"every element of {', '.join(dims)}")
        yield InputError(problem, group[0].origin, every)


def _excesses(
    files: Sequence[FileSettings], settings: Sequence[Setting] | None
) -> list[InputError]:
    """Values outside the limits; only those that hold in the end where settings are given."""
    found = [error for file in files for error in file.excesses]
    if settings is None:
        return found
    live: set[Location | None] = {setting.origin for setting in settings}
    return [error for error in found if error.where in live]


def _warn_forced(settings: Sequence[Setting]) -> list[Words]:
    forced = {s.name: s.origin for s in settings if s.role is Role.FORCED}
    return [
        Text(
            f"{origin}: {name} 为强制给定，模型不再计算它",
            f"{origin}: {name} is forced; the model no longer computes it",
        )
        for name, origin in forced.items()
    ]


def _resolve_outputs(
    sources: Sequence[ScenarioSource], vocabulary: Vocabulary
) -> tuple[tuple[str, ...], list[InputError]]:
    """Outcome ids that the last file with `outputs` asks for; other files are checked too."""
    errors: list[InputError] = []
    ids: tuple[str, ...] = ()
    for source in sources:
        node = source.tree.get("outputs")
        if not isinstance(node, ListNode):
            continue
        found = [(item, vocabulary.outcomes.find(item.text)) for item in _scalars(node)]
        errors += [_unknown_outcome(item, vocabulary) for item, name in found if name is None]
        ids = tuple(dict.fromkeys(name for _, name in found if name is not None))
    return ids, errors


def _unknown_outcome(item: Scalar, vocabulary: Vocabulary) -> InputError:
    titles = {key: entry.title for key, entry in vocabulary.catalogue.outcomes.items()}
    close = index_names(titles).suggest(item.text)
    listed = Text("`haihe list outcomes` 列出的编号", "an id that `haihe list outcomes` shows")
    return item.error(say_unknown_outcome(item.text), "" if close else listed, close)


def say_unknown_outcome(text: str) -> Text:
    """There is no outcome of a name."""
    return Text(f"未知的指标 {show_text(text)}", f"unknown outcome {show_text(text)}")


def _scalars(node: ListNode) -> list[Scalar]:
    return [item for item in node.items if isinstance(item, Scalar)]


def _last_nodes(sources: Sequence[ScenarioSource], section: str) -> dict[str, Node]:
    """Nodes under a section that are set last, by key."""
    found: dict[str, Node] = {}
    for source in sources:
        node = source.tree.get(section)
        pairs = node.pairs if isinstance(node, Mapping) else ()
        found |= {key.text: value for key, value in pairs if key.text in FIELDS}
    return found


def _last(values: Iterable[bool | None]) -> bool | None:
    given = [value for value in values if value is not None]
    return given[-1] if given else None
