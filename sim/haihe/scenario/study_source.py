"""A study file while it is being read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from haihe import yaml
from haihe.errors import InputError, InputErrors
from haihe.scenario.study_schema import StudyFile
from haihe.scenario.vocabulary import Vocabulary
from haihe.text import Words

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class StudySource:
    """A study file as read: its tree with positions, and its checked fields."""

    path: Path
    tree: yaml.Mapping
    fields: StudyFile

    def at(self, *keys: str) -> yaml.Node:
        """Node under some keys; the last one on the way that there is."""
        node: yaml.Node = self.tree
        for key in keys:
            found = node.get(key) if isinstance(node, yaml.Mapping) else None
            if found is None:
                return node
            node = found
        return node


@dataclass(frozen=True, slots=True)
class Reading:
    """What is found on the way through a study file."""

    source: StudySource
    vocabulary: Vocabulary
    errors: list[InputError] = field(default_factory=list)
    warnings: list[Words] = field(default_factory=list)

    def refuse(
        self, node: yaml.Node, problem: Words, expected: Words = "", close: tuple[str, ...] = ()
    ) -> None:
        """Keep a mistake, and go on."""
        self.errors.append(node.error(problem, expected, close))

    def collect(self, read: Callable[[], Made]) -> Made | None:
        """What a reader gives; None where it finds mistakes, which are kept."""
        try:
            return read()
        except InputErrors as several:
            self.errors.extend(several.errors)
        except InputError as error:
            self.errors.append(error)
        return None


def read_source(path: Path) -> StudySource:
    """Read a study file by itself.

    Raises
    ------
    InputError, InputErrors
        For a file that is no study.
    """
    tree = yaml.read_yaml(path)
    fields = yaml.validate(tree, StudyFile)
    assert isinstance(tree, yaml.Mapping)
    return StudySource(path, tree, fields)
