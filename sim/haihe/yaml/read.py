"""Read one YAML 1.2 document into a tree with positions, refusing whatever is not plain data.

ruamel.yaml splits the text into events; the tree is built here, so that every limit is checked
before anything is built: aliases share a node and count in full, nothing is ever constructed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from haihe.errors import EnvironmentFault, InputError, Location
from haihe.project import show_path, show_text
from haihe.yaml.nodes import Mapping, Node, Place, Scalar, Sequence, Source
from haihe.yaml.numbers import MAX_DIGITS

MAX_BYTES = 256 * 1024
"""Largest file: data belong in tables."""
MAX_DEPTH = 32
MAX_NODES = 12_000
"""Most values in a file, every alias counted in full."""

_TOO_MANY = "holds too many values", f"at most {MAX_NODES}, aliases counted in full"
_Made = tuple[Node, int]
"""A node, and how many values it stands for."""


def read_yaml(path: Path) -> Node:
    """Read a YAML file.

    Raises
    ------
    InputError
        Where it is missing, too large, not UTF-8, or not one plain YAML 1.2 document.
    EnvironmentFault
        Where it may not be read.
    """
    return parse_yaml(read_text(path), show_path(path))


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Read a small UTF-8 file that a person wrote.

    Raises
    ------
    InputError
        Where it is missing, not a file, larger than `limit` [byte], or not UTF-8.
    """
    where = Location(show_path(path))
    try:
        if not path.exists():
            raise InputError("there is no such file", where)
        if not path.is_file():
            raise InputError("is not a file", where)
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as fault:
        raise EnvironmentFault(f"{where}: cannot be read: {fault.strerror}") from fault
    if len(data) > limit:
        raise InputError("is too large", where, f"at most {limit // 1024} kB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise InputError(
            "is not UTF-8 text", Location(where.file, line), "UTF-8 (GBK files: save as UTF-8)"
        ) from fault


def parse_yaml(text: str, file: str) -> Node:
    """Read YAML from a text; `file` is the name that errors show.

    Raises
    ------
    InputError
        Where it is not one plain YAML 1.2 document.
    """
    composer = _Composer(Source(file, tuple(text.splitlines())))
    try:
        return composer.read_document(YAML(typ="safe", pure=True).parse(text))
    except ReaderError as fault:
        before = text[: fault.position]
        column = len(before) - (before.rfind("\n") + 1) + 1
        at = Place(composer.source, before.count("\n") + 1, column)
        raise _refuse(at, "a control character", "plain text") from fault
    except MarkedYAMLError as fault:
        raise _explain(composer.source, fault) from fault
    except (YAMLError, ValueError, RecursionError) as fault:
        raise InputError("is not YAML", Location(file), "", (), str(fault)[:100]) from fault


class _Composer:
    """Builds the tree from events; holds the anchors seen so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._anchors: dict[str, _Made] = {}

    def read_document(self, events: Iterator[Any]) -> Node:
        """The only document of a stream."""
        root: Node | None = None
        for event in events:
            if isinstance(event, StreamEndEvent):
                break
            if not isinstance(event, DocumentStartEvent):
                continue
            if root is not None:
                raise _refuse(self._place(event), "a second document begins", "one document a file")
            if event.version or event.tags:
                raise _refuse(self._place(event), "a % directive", "a file without directives")
            root, _ = self._compose(next(events), events, 0)
        if root is None or (isinstance(root, Scalar) and not root.quoted and not root.text):
            raise InputError("is empty", Location(self.source.file), "keys and values")
        return root

    def _compose(self, event: Any, events: Iterator[Any], depth: int) -> _Made:
        """Node that an event begins, and how many values it stands for."""
        place = self._place(event)
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise _refuse(
                    place, f"*{event.anchor} refers to itself or to nothing", "an anchor above"
                )
            return self._anchors[event.anchor]
        if event.tag is not None:
            raise _refuse(place, f"the tag {show_text(str(event.tag))}", "a value without a tag")
        if depth > MAX_DEPTH:
            raise _refuse(place, "is nested too deeply", f"at most {MAX_DEPTH} levels")
        if isinstance(event, ScalarEvent):
            made: _Made = self._compose_scalar(event, place), 1
        elif isinstance(event, SequenceStartEvent):
            made = self._compose_sequence(place, events, depth)
        elif isinstance(event, MappingStartEvent):
            made = self._compose_mapping(place, events, depth)
        else:  # pragma: no cover - the parser yields no other event here
            raise _refuse(place, "is not a value")
        if made[1] > MAX_NODES:
            raise _refuse(place, *_TOO_MANY)
        if event.anchor is not None:
            self._anchors[event.anchor] = made
        return made

    def _compose_scalar(self, event: ScalarEvent, place: Place) -> Scalar:
        text = event.value
        if len(text) > MAX_DIGITS and text.strip("+-").replace(".", "", 1).isdigit():
            raise _refuse(place, f"a number of {len(text)} digits", f"at most {MAX_DIGITS}")
        return Scalar(place, text, bool(event.style))

    def _compose_sequence(self, place: Place, events: Iterator[Any], depth: int) -> _Made:
        items, size = [], 1
        while not isinstance(event := next(events), SequenceEndEvent):
            item, count = self._compose(event, events, depth + 1)
            items.append(item)
            size = self._add(size, count, item.place)
        return Sequence(place, tuple(items)), size

    def _compose_mapping(self, place: Place, events: Iterator[Any], depth: int) -> _Made:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        size = 1
        while not isinstance(event := next(events), MappingEndEvent):
            key, _ = self._compose(event, events, depth + 1)
            self._check_key(key, pairs)
            assert isinstance(key, Scalar)
            value, count = self._compose(next(events), events, depth + 1)
            pairs[key.text] = key, value
            size = self._add(size, count + 1, key.place)
        return Mapping(place, tuple(pairs.values())), size

    def _check_key(self, key: Node, pairs: dict[str, tuple[Scalar, Node]]) -> None:
        if not isinstance(key, Scalar) or not key.text.strip():
            raise _refuse(key.place, "this key is not a name", "text before the colon")
        if key.text == "<<" and not key.quoted:
            raise _refuse(
                key.place, "merge keys (<<) are not read", "`extends`, or the keys themselves"
            )
        if key.text in pairs:
            lines = f"{pairs[key.text][0].place.line} and {key.place.line}"
            problem = f"the key {show_text(key.text)} stands twice, in lines {lines}"
            raise _refuse(key.place, problem, "it once")

    def _add(self, size: int, count: int, place: Place) -> int:
        if size + count > MAX_NODES:
            raise _refuse(place, *_TOO_MANY)
        return size + count

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self.source, mark.line + 1, mark.column + 1)


def _refuse(place: Place, problem: str, expected: str = "") -> InputError:
    return InputError(problem, place.where, expected, (), place.shown)


def _explain(source: Source, fault: MarkedYAMLError) -> InputError:
    """Say in our own words what ruamel.yaml stumbled over."""
    mark = fault.problem_mark or fault.context_mark
    place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source, 1, 1)
    problem = " ".join(str(fault.problem or fault.context or "").split())
    line = source.lines[place.line - 1] if place.line <= len(source.lines) else ""
    if "\t" in line[: place.column] and not line[: place.column].strip():
        return _refuse(place, "a tab indents this line", "blanks")
    unclosed = "unexpected end of stream" in problem or "expected ','" in problem
    if fault.context_mark and (unclosed or not line):
        begin = Place(source, fault.context_mark.line + 1, fault.context_mark.column + 1)
        return _refuse(begin, "what begins here does not end", "a closing quote or bracket")
    said = next((text for key, text in _SAYINGS.items() if key in problem), None)
    return _refuse(place, *(said or (f"is not YAML: {problem[:120]}", "")))


_SAYINGS = {
    "'<stream end>'": ("the file ends too early", "a value, or a closing quote or bracket"),
    "could not find expected ':'": (
        "a key without a colon, or a line indented wrongly",
        "`key: value`",
    ),
    "mapping values are not allowed": (
        "a colon where none can be",
        "the indent of the lines above, or quotes around a text that holds `: `",
    ),
    "tag": ("a tag", "a value without a tag"),
    "expected <block end>": (
        "this line does not belong to the ones above",
        "the same indent, and either keys or list items",
    ),
    "cannot start any token": ("a text cannot begin so", "quotes around it"),
    "unknown escape": ("a backslash that means nothing here", "single quotes"),
}
