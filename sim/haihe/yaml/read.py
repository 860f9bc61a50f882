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

from haihe.errors import EnvironmentFault, InputError, Location, describe_refusal
from haihe.project import show_path, show_text
from haihe.text import Text, Words
from haihe.yaml.nodes import Mapping, Node, Place, Scalar, Sequence, Source
from haihe.yaml.numbers import MAX_DIGITS

MAX_BYTES = 256 * 1024
"""Largest file: data belong in tables."""
MAX_DEPTH = 32
MAX_NODES = 12_000
"""Most values in a file, every alias counted in full."""

_TOO_MANY = (
    Text("内容过多", "holds too many values"),
    Text(
        f"不超过 {MAX_NODES} 个值（别名按展开后计）",
        f"at most {MAX_NODES}, aliases counted in full",
    ),
)
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
            raise InputError(Text("没有这个文件", "there is no such file"), where)
        if not path.is_file():
            raise InputError(Text("不是文件", "is not a file"), where)
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as fault:
        reason = describe_refusal(fault)
        raise EnvironmentFault(
            Text(f"{where}：无法读取：{reason.zh}", f"{where}: cannot be read: {reason.en}")
        ) from fault
    if len(data) > limit:
        raise InputError(
            Text("文件过大", "is too large"),
            where,
            Text(f"不超过 {limit // 1024} kB", f"at most {limit // 1024} kB"),
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise InputError(
            Text("不是 UTF-8 文本", "is not UTF-8 text"),
            Location(where.file, line),
            Text(
                "UTF-8 编码（GBK 文件请另存为 UTF-8）",
                "UTF-8 (GBK files: save as UTF-8)",
            ),
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
        raise _refuse(
            at, Text("有控制字符", "a control character"), Text("普通文字", "plain text")
        ) from fault
    except MarkedYAMLError as fault:
        raise _explain(composer.source, fault) from fault
    except (YAMLError, ValueError, RecursionError) as fault:
        raise InputError(
            Text("不是 YAML 文件", "is not YAML"), Location(file), "", (), str(fault)[:100]
        ) from fault


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
                raise _refuse(self._place(event), *_SECOND)
            if event.version or event.tags:
                raise _refuse(self._place(event), *_DIRECTIVE)
            root, _ = self._compose(next(events), events, 0)
        if root is None or (isinstance(root, Scalar) and not root.quoted and not root.text):
            raise InputError(
                Text("文件为空", "is empty"),
                Location(self.source.file),
                Text("键和值", "keys and values"),
            )
        return root

    def _compose(self, event: Any, events: Iterator[Any], depth: int) -> _Made:
        """Node that an event begins, and how many values it stands for."""
        place = self._place(event)
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise _refuse(
                    place,
                    Text(
                        f"*{event.anchor} 指向自身或不存在的锚点",
                        f"*{event.anchor} refers to itself or to nothing",
                    ),
                    Text("上文已有的锚点", "an anchor above"),
                )
            return self._anchors[event.anchor]
        if event.tag is not None:
            tag = show_text(str(event.tag))
            raise _refuse(place, Text(f"有标签 {tag}", f"the tag {tag}"), _NO_TAG)
        if depth > MAX_DEPTH:
            raise _refuse(
                place,
                Text("嵌套过深", "is nested too deeply"),
                Text(f"不超过 {MAX_DEPTH} 层", f"at most {MAX_DEPTH} levels"),
            )
        if isinstance(event, ScalarEvent):
            made: _Made = self._compose_scalar(event, place), 1
        elif isinstance(event, SequenceStartEvent):
            made = self._compose_sequence(place, events, depth)
        elif isinstance(event, MappingStartEvent):
            made = self._compose_mapping(place, events, depth)
        else:  # pragma: no cover - the parser yields no other event here
            raise _refuse(place, Text("不是值", "is not a value"))
        if made[1] > MAX_NODES:
            raise _refuse(place, *_TOO_MANY)
        if event.anchor is not None:
            self._anchors[event.anchor] = made
        return made

    def _compose_scalar(self, event: ScalarEvent, place: Place) -> Scalar:
        text = event.value
        if len(text) > MAX_DIGITS and text.strip("+-").replace(".", "", 1).isdigit():
            raise _refuse(
                place,
                Text(f"这个数有 {len(text)} 位", f"a number of {len(text)} digits"),
                Text(f"不超过 {MAX_DIGITS} 位", f"at most {MAX_DIGITS}"),
            )
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
            raise _refuse(
                key.place,
                Text("这个键不是名称", "this key is not a name"),
                Text("冒号之前为文字", "text before the colon"),
            )
        if key.text == "<<" and not key.quoted:
            raise _refuse(
                key.place,
                Text("不支持合并键（<<）", "merge keys (<<) are not read"),
                Text("`extends`，或直接写出各键", "`extends`, or the keys themselves"),
            )
        if key.text in pairs:
            shown, one, other = show_text(key.text), pairs[key.text][0].place.line, key.place.line
            problem = Text(
                f"键 {shown} 出现两次（第 {one} 行和第 {other} 行）",
                f"the key {shown} stands twice, in lines {one} and {other}",
            )
            raise _refuse(key.place, problem, Text("只出现一次", "it once"))

    def _add(self, size: int, count: int, place: Place) -> int:
        if size + count > MAX_NODES:
            raise _refuse(place, *_TOO_MANY)
        return size + count

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self.source, mark.line + 1, mark.column + 1)


def _refuse(place: Place, problem: Words, expected: Words = "") -> InputError:
    return InputError(problem, place.where, expected, (), place.shown)


def _explain(source: Source, fault: MarkedYAMLError) -> InputError:
    """Say in our own words what ruamel.yaml stumbled over."""
    mark = fault.problem_mark or fault.context_mark
    place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source, 1, 1)
    problem = " ".join(str(fault.problem or fault.context or "").split())
    line = source.lines[place.line - 1] if place.line <= len(source.lines) else ""
    if "\t" in line[: place.column] and not line[: place.column].strip():
        return _refuse(
            place,
            Text("这一行用制表符缩进", "a tab indents this line"),
            Text("空格", "blanks"),
        )
    unclosed = "unexpected end of stream" in problem or "expected ','" in problem
    if fault.context_mark and (unclosed or not line):
        begin = Place(source, fault.context_mark.line + 1, fault.context_mark.column + 1)
        return _refuse(
            begin,
            Text("从这里开始的内容没有结束", "what begins here does not end"),
            Text("有对应的引号或括号", "a closing quote or bracket"),
        )
    said = next((text for key, text in _SAYINGS.items() if key in problem), None)
    if said is not None:
        return _refuse(place, *said)
    return _refuse(place, Text("不符合 YAML 语法", f"is not YAML: {problem[:120]}"))


_SECOND = (
    Text("第二个文档从这里开始", "a second document begins"),
    Text("一个文件只有一个文档", "one document a file"),
)
_DIRECTIVE = (
    Text("有 % 指令", "a % directive"),
    Text("没有指令的文件", "a file without directives"),
)
_NO_TAG = Text("不带标签的值", "a value without a tag")
_SAYINGS: dict[str, tuple[Words, Words]] = {
    "'<stream end>'": (
        Text("文件过早结束", "the file ends too early"),
        Text("一个值，或对应的引号、括号", "a value, or a closing quote or bracket"),
    ),
    "could not find expected ':'": (
        Text(
            "键之后缺少冒号，或此行缩进有误",
            "a key without a colon, or a line indented wrongly",
        ),
        Text("`键: 值`（冒号后有空格）", "`key: value`"),
    ),
    "mapping values are not allowed": (
        Text("此处不能有冒号", "a colon where none can be"),
        Text(
            "与上一行相同的缩进；含有 `: ` 的文字须加引号",
            "the indent of the lines above, or quotes around a text that holds `: `",
        ),
    ),
    "tag": (Text("有标签", "a tag"), _NO_TAG),
    "expected <block end>": (
        Text("此行与上文不属于同一层", "this line does not belong to the ones above"),
        Text(
            "相同的缩进，且同为键或同为列表项",
            "the same indent, and either keys or list items",
        ),
    ),
    "cannot start any token": (
        Text("文字不能这样开头", "a text cannot begin so"),
        Text("加引号", "quotes around it"),
    ),
    "unknown escape": (
        Text("此处的反斜杠没有意义", "a backslash that means nothing here"),
        Text("用单引号", "single quotes"),
    ),
}
