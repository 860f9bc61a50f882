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
)
from haihe.scenario.names import index_names
from haihe.scenario.schema import ScenarioFile
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
    raise _at(where, f"there is no model {show_text(name)}", "the name of a folder in models/")


def _model_path(base: Path, name: str, where: Node | None) -> Path:
    root = find_project_root(base)
    path = resolve_inside(root, name, base.parent, where.where if where else None)
    if not path.is_file():
        raise _at(where, f"there is no model file {show_text(name)}", "a path from this file")
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
        raise item.error(f"`extends` goes in a circle: {names}", "a chain that ends")
    if len(chain) >= MAX_DEPTH:
        raise item.error(f"`extends` is too deep: {names}", f"at most {MAX_DEPTH} files in a row")
    if len(reading.parents) >= MAX_FILES:
        raise item.error("`extends` takes in too many files", f"at most {MAX_FILES}")


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
            problem = f"there is no scenario {show_text(item.text)}"
            raise item.error(problem, "", names.suggest(Path(item.text).name))
        return path
    if "/" in item.text or (problem := find_name_problem(item.text)):
        problem = "names no file" if "/" in item.text else problem
        expected = "an id, or a path that ends in .yaml and stays inside the project"
        raise item.error(f"the scenario {show_text(item.text)} {problem}", expected)
    near = (base.resolve().parent,) if beside else ()
    folders = (*near, root / "scenarios", find_bundled("scenarios"))
    for folder in folders:
        if found := find_id(folder, item.text):
            home = find_project_root(folder / "x")
            return resolve_inside(home, found.name, folder, item.where)
    known = {p.stem: None for folder in folders for p in list_files(folder)}
    raise item.error(
        f"there is no scenario {show_text(item.text)}", "", index_names(known).suggest(item.text)
    )


def _contradictions(reading: _Reading) -> Iterator[InputError]:
    """Lists whose order does not hold in the order of the files."""
    rank = {source.path.resolve(): i for i, source in enumerate(reading.order)}
    for parents in reading.parents.values():
        for i, (path, item) in enumerate(parents):
            before = [other for other, _ in parents[:i]]
            if path in before:
                yield item.error(f"{path.stem} stands twice in this list", "it once")
            elif late := next((other for other in before if rank[other] > rank[path]), None):
                yield item.error(
                    f"{path.stem} is to win over {late.stem} here, but comes before it elsewhere",
                    f"{path.stem} before {late.stem}, or only one of them",
                )


def _child(tree: MapNode, key: str) -> Node | None:
    return tree.get(key)


def _at(node: Node | None, problem: str, expected: str) -> InputError:
    return InputError(problem, None, expected) if node is None else node.error(problem, expected)
