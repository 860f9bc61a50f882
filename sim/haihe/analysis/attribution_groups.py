"""Which settings are one measure: groups by article, by chapter, by policy group, or by a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from haihe.analysis.coalitions import Key, name_of
from haihe.analysis.coverage import chinese_number
from haihe.errors import InputError, raise_all
from haihe.model.catalogue import POLICY_GROUP, Catalogue
from haihe.model.find import fold_name, near_names
from haihe.project import show_text
from haihe.scenario.values import Role
from haihe.text import Text
from haihe.yaml import Record, read_yaml, validate

WAYS = ("article", "chapter", "group", "lever")
"""How differences can be grouped without a file."""

ROLES = {
    Role.LEVER: Text("方案以外的措施", "Measures beyond the plan"),
    Role.DRIVER: Text("外生驱动", "Drivers"),
    Role.PARAMETER: Text("参数", "Parameters"),
    Role.INITIAL: Text("初始值", "Initial values"),
    Role.FORCED: Text("强制给定的变量", "Forced variables"),
}
SCHEDULE = Text("进度与完成度", "Timing and completion")
OTHER = Text("其他", "Other")


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that are switched together."""

    name: str
    title: Text
    union: str
    """Name of the union that it belongs to; "" for none."""
    keys: tuple[Key, ...]


class ArticleHeads(Record):
    """One chapter of the plan."""

    id: str
    title: Text
    articles: dict[str, Text]


class ChapterFile(Record):
    """The whole of `chapters.yaml`."""

    chapters: tuple[ArticleHeads, ...]


class GroupEntry(Record):
    """One group of a file of groups."""

    name: str = Field(min_length=1)
    title: Text | None = None
    union: str = ""
    settings: tuple[str, ...] = Field(min_length=1)
    """Levers, drivers or parameters, by name; `policy delay[freight]` for one of the schedule."""


class GroupFile(Record):
    """A file of groups; settings that stand in none make the group "other"."""

    groups: tuple[GroupEntry, ...] = Field(min_length=1)


def group_differences(
    keys: Sequence[Key], catalogue: Catalogue, by: str, folder: Path
) -> tuple[Group, ...]:
    """Put every difference into one group.

    Parameters
    ----------
    by
        One of `WAYS`, or the path of a file of groups.
    folder
        The model's folder, with `chapters.yaml`.

    Raises
    ------
    InputError, InputErrors
        Where `by` is neither, or its file is wrong.
    """
    if by == "lever":
        heads = read_chapters(folder)
        return tuple(_one_lever(key, catalogue, heads) for key in keys)
    if by == "group":
        return gather(keys, lambda key: _policy_group(key, catalogue))
    if by in ("article", "chapter"):
        heads = read_chapters(folder)
        return gather(keys, lambda key: _article(key, catalogue, heads, by == "chapter"))
    path = Path(by)
    if not path.is_file():
        raise InputError(
            Text(
                f"不能按 {show_text(by)} 对差异分组",
                f"differences cannot be grouped by {show_text(by)}",
            ),
            expected=Text(
                f"{'、'.join(WAYS)}之一，或分组文件",
                f"one of {', '.join(WAYS)}, or a file of groups",
            ),
            suggestions=near_names(by, WAYS),
        )
    return _from_file(keys, path)


Label = tuple[str, Text, str]
"""Name, title and union of a group."""


def gather(keys: Iterable[Key], label: Callable[[Key], Label]) -> tuple[Group, ...]:
    """Groups in the order in which their first key comes."""
    found: dict[Label, list[Key]] = {}
    for key in keys:
        found.setdefault(label(key), []).append(key)
    return tuple(Group(*head, tuple(members)) for head, members in found.items())


def read_chapters(folder: Path) -> tuple[ArticleHeads, ...]:
    """Chapters of the plan; none where the model's folder has no `chapters.yaml`."""
    path = folder / "chapters.yaml"
    return validate(read_yaml(path), ChapterFile).chapters if path.is_file() else ()


def _role_label(key: Key) -> Label:
    """Group of what is no lever of the plan."""
    role, _, element = key
    name, title = ("schedule", SCHEDULE) if element else (f"{role}s", ROLES[role])
    return name, title, name


def _policy_group(key: Key, catalogue: Catalogue) -> Label:
    role, name, element = key
    group = element[0] if element else ""
    if role is Role.LEVER and name in catalogue.levers:
        group = catalogue.levers[name].group
    if not group:
        name, title, _ = _role_label(key)
        return name, title, ""
    words = catalogue.dimensions.get(POLICY_GROUP)
    titles = {fold_name(e): t for e, t in words.elements.items()} if words else {}
    return group, titles.get(fold_name(group), Text(group, group)), ""


def _article(
    key: Key, catalogue: Catalogue, chapters: Sequence[ArticleHeads], whole: bool
) -> Label:
    """Article of a lever, the first that it serves, or the chapter which holds that."""
    role, name, _ = key
    lever = catalogue.levers.get(name) if role is Role.LEVER else None
    if lever is None or not lever.articles:
        return _role_label(key)
    article = lever.articles[0]
    chapter = next((c for c in chapters if article in c.articles), None)
    if chapter is None:
        return article, Text(f"（{article}）", f"Article {number_of(article)}"), ""
    if whole:
        return chapter.id, Text(f"{chapter.id}、{chapter.title.zh}", chapter.title.en), ""
    words = chapter.articles[article]
    title = Text(f"（{article}）{words.zh}", f"{words.en} (Art. {number_of(article)})")
    return article, title, chapter.id


def number_of(article: str) -> str:
    """Number of an article, 九 → 9; as it is where it is none."""
    known = {chinese_number(count): str(count) for count in range(1, 100)}
    return known.get(article, article)


def _one_lever(key: Key, catalogue: Catalogue, chapters: Sequence[ArticleHeads]) -> Group:
    titles = {lever.name: lever.title for lever in catalogue.levers.values()}
    titles |= {driver.name: driver.title for driver in catalogue.drivers.values()}
    name = name_of(key)
    title = titles.get(name, Text(name, name))
    chapter, _, union = _article(key, catalogue, chapters, True)
    return Group(name, title, union or chapter, (key,))


def _from_file(keys: Sequence[Key], path: Path) -> tuple[Group, ...]:
    node = read_yaml(path)
    entries = validate(node, GroupFile).groups
    names = {fold_name(name_of(key)): key for key in keys}
    variables: dict[str, list[Key]] = {}
    for key in keys:
        variables.setdefault(fold_name(key[1]), []).append(key)
    taken: dict[Key, str] = {}
    errors: list[InputError] = []
    groups = []
    for entry in entries:
        own: list[Key] = []
        for text in entry.settings:
            found = [names[fold_name(text)]] if fold_name(text) in names else []
            found = found or variables.get(fold_name(text), [])
            if not found:
                errors.append(_no_difference(text, keys, node.where.file))
            twice = [key for key in found if key in taken]
            if twice:
                where = Text(
                    f"{taken[twice[0]]} 和 {entry.name}", f"{taken[twice[0]]} and {entry.name}"
                )
                errors.append(
                    InputError(
                        Text(
                            f"{text} 出现在两组中：{where.zh}",
                            f"{text} stands in two groups: {where.en}",
                        )
                    )
                )
            taken |= dict.fromkeys(found, entry.name)
            own += found
        title = entry.title or Text(entry.name, entry.name)
        groups.append(Group(entry.name, title, entry.union, tuple(own)))
    raise_all(errors)
    rest = tuple(key for key in keys if key not in taken)
    return (*groups, Group("other", OTHER, "", rest)) if rest else tuple(groups)


def _no_difference(text: str, keys: Sequence[Key], file: str) -> InputError:
    near = near_names(text, [name_of(key) for key in keys])
    return InputError(
        Text(
            f"{file}：两个情景在 {show_text(text)} 上没有差别",
            f"{file}: the two scenarios do not differ in {show_text(text)}",
        ),
        expected=Text(
            "两者有差别的政策杠杆、外生驱动或参数",
            "a lever, driver or parameter in which they differ",
        ),
        suggestions=near,
    )
