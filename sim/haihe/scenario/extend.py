"""Read what a scenario extends, and put it into order.

Order, later wins over earlier: every file once; a file after whatever it extends itself; otherwise
as the lists have it. Where both cannot hold the lists contradict each other, which is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from haihe.errors import InputError, InputErrors, Location, raise_all
from haihe.project import (
    find_bundled,
    find_name_problem,
    find_project_root,
    resolve_inside,
    show_path,
    show_text,
)
from haihe.scenario.files import (
    SUFFIXES,
    ScenarioHead,
    find_id,
    find_scenario,
    list_files,
    list_scenarios,
    say_missing,
)
from haihe.scenario.names import index_names
from haihe.scenario.schema import ScenarioFile
from haihe.text import Text
from haihe.yaml import Mapping as MapNode
from haihe.yaml import Node, Scalar, parse_yaml, read_scalar, read_yaml, validate
from haihe.yaml import Sequence as ListNode

MAX_DEPTH = 16
"""Longest chain of scenarios that extend each other."""
MAX_FILES = 64
"""Most files that one scenario may be made of."""
DEFAULT_MODEL = "tianjin"

__all__ = [
    "DEFAULT_MODEL",
    "ScenarioHead",
    "ScenarioSource",
    "find_model",
    "find_scenario",
    "list_scenarios",
    "read_draft",
    "read_sources",
]


@dataclass(frozen=True, slots=True)
class ScenarioSource:
    """One scenario file as read: its tree with positions, and its checked fields."""

    id: str
    path: Path
    tree: MapNode
    fields: ScenarioFile

    @property
    def where(self) -> Location:
        """The file."""
        return Location(show_path(self.path))


def read_sources(path_or_id: str | Path) -> tuple[ScenarioSource, ...]:
    """Read a scenario and all that it extends, in the order in which values are taken.

    Returns
    -------
    Sources with the scenario itself last.

    Raises
    ------
    InputErrors
        For files that are missing or malformed, circular, contradictory or too deep `extends`, and
        paths that leave the project.
    """
    return _read(find_scenario(path_or_id), {})


def read_draft(path: Path, text: str) -> tuple[ScenarioSource, ...]:
    """Read a text as if it stood in a file already, with all that it extends.

    Raises
    ------
    InputErrors
        As `read_sources`.
    """
    return _read(path, {path.resolve(): text})


def _read(path: Path, drafts: Mapping[Path, str]) -> tuple[ScenarioSource, ...]:
    reading = _Reading({}, [], [], drafts)
    _visit(path, (), reading)
    raise_all(reading.errors)
    raise_all(_contradictions(reading))
    return tuple(reading.order)


def find_model(sources: Sequence[ScenarioSource]) -> Path:
    """Model file that a scenario runs: the last one named wins.

    Raises
    ------
    InputError
        Where there is no such model, or its path leaves the project.
    """
    source = next((s for s in reversed(sources) if s.fields.model is not None), None)
    name = DEFAULT_MODEL if source is None else str(source.fields.model)
    base = (source or sources[-1]).path
    where = None if source is None else _child(source.tree, "model")
    if name.endswith((".mdl", ".xmile", ".stmx")):
        return _model_path(base, name, where)
    for folder in (find_project_root(base) / "models", find_bundled("models")):
        if not find_name_problem(name) and (folder / name / f"{name}.mdl").is_file():
            return folder / name / f"{name}.mdl"
    raise _at(
        where,
        Text(f"没有模型 {show_text(name)}", f"there is no model {show_text(name)}"),
        Text("models/ 下的文件夹名", "the name of a folder in models/"),
    )


def _model_path(base: Path, name: str, where: Node | None) -> Path:
    root = find_project_root(base)
    path = resolve_inside(root, name, base.parent, where.where if where else None)
    if not path.is_file():
        raise _at(
            where,
            Text(f"没有模型文件 {show_text(name)}", f"there is no model file {show_text(name)}"),
            Text("相对于本文件的路径", "a path from this file"),
        )
    return path


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known while the files are read."""

    parents: dict[Path, tuple[tuple[Path, Node], ...]]
    """By file: what it extends, and where it says so. Holds a file as soon as it is begun."""
    order: list[ScenarioSource]
    errors: list[InputError]
    drafts: Mapping[Path, str]
    """Texts that take the place of a file's own."""


def _visit(path: Path, chain: tuple[Path, ...], reading: _Reading) -> None:
    """Read a file after everything that it extends."""
    key = path.resolve()
    if key in reading.parents:
        return
    reading.parents[key] = ()
    try:
        tree = _read_tree(path, reading.drafts.get(key))
        fields = validate(tree, ScenarioFile)
    except InputError as error:
        reading.errors.append(error)
        return
    except InputErrors as found:
        reading.errors.extend(found.errors)
        return
    assert isinstance(tree, MapNode)
    parents = []
    for item in _extends_items(tree):
        try:
            parent = find_parent(item, path)
            _check_chain(parent, (*chain, path), item, reading)
        except InputError as error:
            reading.errors.append(error)
            continue
        parents.append((parent.resolve(), item))
        _visit(parent, (*chain, path), reading)
    reading.parents[key] = tuple(parents)
    reading.order.append(ScenarioSource(path.stem, path, tree, fields))


def _read_tree(path: Path, draft: str | None) -> Node:
    return read_yaml(path) if draft is None else parse_yaml(draft, show_path(path))


def _extends_items(tree: MapNode) -> Iterator[Scalar]:
    node = tree.get("extends")
    if isinstance(node, Scalar) and read_scalar(node) is not None:
        yield node
    if isinstance(node, ListNode):
        yield from (item for item in node.items if isinstance(item, Scalar))


def _check_chain(parent: Path, chain: tuple[Path, ...], item: Node, reading: _Reading) -> None:
    names = " → ".join(path.stem for path in (*chain, parent))
    if parent.resolve() in {path.resolve() for path in chain}:
        raise item.error(
            Text(f"`extends` 循环继承：{names}", f"`extends` goes in a circle: {names}"),
            Text("有终点的继承关系", "a chain that ends"),
        )
    if len(chain) >= MAX_DEPTH:
        raise item.error(
            Text(f"`extends` 层数过多：{names}", f"`extends` is too deep: {names}"),
            Text(f"至多 {MAX_DEPTH} 层", f"at most {MAX_DEPTH} files in a row"),
        )
    if len(reading.parents) >= MAX_FILES:
        raise item.error(
            Text("`extends` 涉及的文件过多", "`extends` takes in too many files"),
            Text(f"至多 {MAX_FILES} 个", f"at most {MAX_FILES}"),
        )


def find_parent(item: Scalar, base: Path, beside: bool = True) -> Path:
    """Scenario that a file names: a path relative to it, or an id.

    Parameters
    ----------
    base : the file that names it.
    beside : look for ids in the folder of that file first.

    Raises
    ------
    InputError
        Where there is none, or where it lies outside the project.
    """
    root = find_project_root(base)
    if item.text.endswith(SUFFIXES):
        path = resolve_inside(root, item.text, base.parent, item.where)
        if not path.is_file():
            names = index_names(dict.fromkeys(p.name for p in list_files(path.parent)))
            close = names.suggest(Path(item.text).name)
            raise item.error(say_missing("scenario", item.text), "", close)
        return path
    problem = find_name_problem(item.text)
    if "/" in item.text or problem:
        why = Text("不是文件名", "names no file") if "/" in item.text or not problem else problem
        raise item.error(
            Text("情景 {name} {why}", "the scenario {name} {why}").fill(
                name=show_text(item.text), why=why
            ),
            Text(
                "编号，或项目之内以 .yaml 结尾的路径",
                "an id, or a path that ends in .yaml and stays inside the project",
            ),
        )
    near = (base.resolve().parent,) if beside else ()
    folders = (*near, root / "scenarios", find_bundled("scenarios"))
    for folder in folders:
        if found := find_id(folder, item.text):
            home = find_project_root(folder / "x")
            return resolve_inside(home, found.name, folder, item.where)
    known = {p.stem: None for folder in folders for p in list_files(folder)}
    raise item.error(say_missing("scenario", item.text), "", index_names(known).suggest(item.text))


def _contradictions(reading: _Reading) -> Iterator[InputError]:
    """Lists whose order does not hold in the order of the files."""
    rank = {source.path.resolve(): i for i, source in enumerate(reading.order)}
    for parents in reading.parents.values():
        for i, (path, item) in enumerate(parents):
            before = [other for other, _ in parents[:i]]
            if path in before:
                yield item.error(
                    Text(f"{path.stem} 在列表中出现两次", f"{path.stem} stands twice in this list"),
                    Text("只出现一次", "it once"),
                )
            elif late := next((other for other in before if rank[other] > rank[path]), None):
                yield item.error(*_say_contradiction(path.stem, late.stem))


def _say_contradiction(winner: str, other: str) -> tuple[Text, Text]:
    return (
        Text(
            f"此处要求 {winner} 优先于 {other}，而别处的顺序相反",
            f"{winner} is to win over {other} here, but comes before it elsewhere",
        ),
        Text(
            f"{winner} 排在 {other} 之前，或只保留其一",
            f"{winner} before {other}, or only one of them",
        ),
    )


def _child(tree: MapNode, key: str) -> Node | None:
    return tree.get(key)


def _at(node: Node | None, problem: Text, expected: Text) -> InputError:
    return InputError(problem, None, expected) if node is None else node.error(problem, expected)
