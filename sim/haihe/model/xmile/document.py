"""The XML of a model file as frozen nodes, each with its line.

Nothing outside of the file is read and nothing in it is expanded: a document type, and so every
entity, is refused before its first byte is looked at. Prefixes need not be declared, since many
files use `isee:` without a declaration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from haihe.errors import InputError, Location
from haihe.model.scan import read_bytes
from haihe.project import show_path
from haihe.text import Text

MOST_BYTES = 64 * 2**20
MOST_NODES = 1_000_000
DEEPEST = 200

NAMESPACES = ("docs.oasis-open.org/xmile/ns/XMILE/v1.0", "www.systemdynamics.org/XMILE")
"""The standard's namespace, and the one of files written before it; http or https."""


@dataclass(frozen=True, slots=True)
class Node:
    """An element of the file."""

    tag: str
    """Its name; a vendor's own elements keep their prefix, `isee:prefs`."""
    attributes: Mapping[str, str]
    text: str
    """Its own text, without that of its children."""
    children: tuple[Node, ...]
    line: int


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    def close(self) -> Node:
        return Node(self.tag, self.attributes, "".join(self.text), tuple(self.children), self.line)


def parse_document(path: Path) -> Node:
    """Root element of an XMILE file.

    Raises
    ------
    InputError
        Where the file is no XML, is too large or too deep, declares entities, or is no XMILE.
    """
    raw = read_bytes(path)
    shown = show_path(path)
    if len(raw) > MOST_BYTES:
        raise InputError(
            Text(f"文件有 {len(raw)} 字节", f"the file has {len(raw)} bytes"),
            Location(shown),
            Text(f"不超过 {MOST_BYTES} 字节", f"at most {MOST_BYTES} bytes"),
        )
    root = _parse(raw, shown)
    _check_root(root, shown)
    return root


def _parse(raw: bytes, shown: str) -> Node:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    top = _Open("", {}, 0)
    stack, count, own = [top], 0, ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count, own
        count += 1
        line = parser.CurrentLineNumber
        if count > MOST_NODES or len(stack) > DEEPEST:
            raise InputError(
                Text(
                    "文件中元素过多，或嵌套过深",
                    "the file holds too many elements, or too many within each other",
                ),
                Location(shown, line),
                Text(
                    f"不超过 {MOST_NODES} 个元素、{DEEPEST} 层嵌套",
                    f"at most {MOST_NODES} elements, {DEEPEST} deep",
                ),
            )
        if count == 1:
            own = name.rpartition(":")[0]
        tag = name.removeprefix(f"{own}:") if own else name
        stack.append(_Open(tag, attributes, line))

    def end(_: str) -> None:
        closed = stack.pop().close()
        stack[-1].children.append(closed)

    def refuse(*_: object) -> None:
        raise InputError(
            Text("XMILE 文件不能声明实体", "an XMILE file may declare no entities"),
            Location(shown, parser.CurrentLineNumber),
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: stack[-1].text.append(text)
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        if count == 0:
            raise InputError(
                Text(f"{shown} 不是 XMILE 文件", f"{shown} is no XMILE file"),
                None,
                Text("以 <xmile> 为根元素的 XML", "XML with a root <xmile>"),
            ) from None
        raise InputError(
            Text(
                f"XML 无法读取：{expat.errors.messages[error.code]}",
                f"the XML cannot be read: {expat.errors.messages[error.code]}",
            ),
            Location(shown, error.lineno, error.offset + 1),
            Text("格式正确的 UTF-8 编码 XML", "well-formed XML in UTF-8"),
        ) from None
    except ValueError:
        raise InputError(
            Text("文件的编码无法读取", "the file is in an encoding that cannot be read"),
            Location(shown, 1),
            "UTF-8",
        ) from None
    return top.children[0]


def _check_root(root: Node, shown: str) -> None:
    if root.tag != "xmile":
        raise InputError(
            Text(f"{shown} 不是 XMILE 文件", f"{shown} is no XMILE file"),
            None,
            Text("以 <xmile> 为根元素的 XML", "XML with a root <xmile>"),
        )
    names = [value for key, value in root.attributes.items() if key.startswith("xmlns")]
    plain = [name.partition("://")[2].rstrip("/") for name in names]
    if names and not set(plain) & set(NAMESPACES):
        raise InputError(
            Text(
                f"命名空间 {names[0]} 不属于 XMILE", f"the namespace {names[0]} is not one of XMILE"
            ),
            Location(shown, root.line),
            f"http://{NAMESPACES[0]}",
        )


def children(node: Node, *tags: str) -> Iterator[Node]:
    """Children of a node with one of some tags, in the order of the file."""
    return (child for child in node.children if child.tag in tags)


def child(node: Node, tag: str) -> Node | None:
    """The first child with a tag."""
    return next(children(node, tag), None)


def walk(node: Node) -> Iterator[Node]:
    """A node and everything in it."""
    yield node
    for part in node.children:
        yield from walk(part)


def all_text(node: Node | None) -> str:
    """Text of a node and of everything in it, as a comment of HTML has it."""
    return "" if node is None else "".join([node.text, *map(all_text, node.children)])
