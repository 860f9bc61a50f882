"""Every fault of a YAML file is refused at its place, and quickly."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from haihe.errors import InputError, Location
from haihe.yaml import MAX_BYTES, Mapping, Scalar, Sequence, parse_yaml, read_yaml


def refuse(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "a.yaml")
    return caught.value


def test_every_node_knows_its_place():
    root = parse_yaml("title: 海河\nlist:\n  - 1\n  - [2, {x: 3}]\n", "a.yaml")
    assert isinstance(root, Mapping)
    items = root.get("list")
    assert isinstance(items, Sequence)
    inner = items.items[1]
    assert isinstance(inner, Sequence)
    mapping = inner.items[1]
    assert isinstance(mapping, Mapping)
    key, value = mapping.pairs[0]
    assert (key.text, key.where) == ("x", Location("a.yaml", 4, 10))
    assert value.where == Location("a.yaml", 4, 13)
    assert value.place.shown == "- [2, {x: 3}]"


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: [1, 2\nb: 3\n", 1, 4, "does not end"),
        ("a: 'one\n", 1, 4, "does not end"),
        ("a:\n\tb: 1\n", 2, 1, "tab"),
        ("a: b: c\n", 1, 5, "colon"),
        ("a: 1\n b: 2\n", 2, 3, "indent"),
        ("- a\nb: 1\n", 2, 1, "does not belong"),
        ("a: 1\n---\nb: 1\n", 2, 1, "second document"),
        ("%YAML 1.1\n---\na: 1\n", 2, 1, "directive"),
        ("a: @b\n", 1, 4, "quotes"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "in lines 1 and 3"),
        ("x: {a: 1, a: 2}\n", 1, 11, "in lines 1 and 1"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, 4, "tag"),
        ("a: !secret x\n", 1, 4, "tag"),
        ("a: !!str 3\n", 1, 4, "tag"),
        ("a: *b\n", 1, 4, "itself or to nothing"),
        ("a: &a [*a]\n", 1, 8, "itself or to nothing"),
        ("a: &a {x: &b [*a]}\n", 1, 15, "itself or to nothing"),
        ("<<: {a: 1}\n", 1, 1, "extends"),
        ("? [a, b]\n: 1\n", 1, 3, "not a name"),
        (": 1\n", 1, 1, "not a name"),
        ("a: x\x00y\n", 1, 5, "control character"),
        ("a: 1\nb: " + "9" * 5000, 2, 4, "5000 digits"),
        ("a: 1\nb: -" + "9" * 5000, 2, 4, "digits"),
    ],
)
def test_fault_is_refused_at_its_place(text, line, column, says):
    error = refuse(text)
    assert error.where == Location("a.yaml", line, column)
    assert says in str(error)


def test_line_is_shown():
    assert refuse("a: 1\nlevers: {x: 1, x: 2}\n").shown == "levers: {x: 1, x: 2}"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "\ufeff"])
def test_empty_file_is_refused(text, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="is empty"):
        read_yaml(path)


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\ntitle: " + "天津".encode("gbk"))
    with pytest.raises(InputError, match=r"a\.yaml:2: is not UTF-8"):
        read_yaml(path)


def test_byte_order_mark_and_windows_lines_are_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    root = read_yaml(path)
    assert isinstance(root, Mapping)
    assert [(key.text, key.where.line) for key, _ in root] == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("kind", ["missing", "folder", "large"])
def test_what_is_no_small_file_is_refused(kind, tmp_path):
    path = tmp_path / "a.yaml"
    if kind == "folder":
        path.mkdir()
    if kind == "large":
        path.write_text("#" * (MAX_BYTES + 1))
    with pytest.raises(InputError, match={"missing": "no such", "folder": "not a file"}.get(kind)):
        read_yaml(path)


def test_aliases_are_shared_not_copied():
    root = parse_yaml("a: &x {p: 1}\nb: *x\n", "a.yaml")
    assert isinstance(root, Mapping)
    assert root.get("a") is root.get("b")


def test_quoted_and_plain_scalars_differ():
    root = parse_yaml("a: '1'\nb: 1\nc: |\n  1\n", "a.yaml")
    assert isinstance(root, Mapping)
    found = [value for _, value in root if isinstance(value, Scalar)]
    assert [value.quoted for value in found] == [True, False, True]


def bombs() -> dict[str, str]:
    lists = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lists += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    maps = ["b0: &b0 {x: 1}"]
    maps += [f"b{i}: &b{i} {{p: *b{i - 1}, q: *b{i - 1}}}" for i in range(1, 60)]
    return {
        "lists": "\n".join(lists),
        "maps": "\n".join(maps),
        "brackets": "a: " + "[" * 100_000,
        "braces": "{a: " * 50_000,
        "dashes": "- " * 100_000,
        "questions": "? " * 100_000,
        "indents": "".join(" " * i + "a:\n" for i in range(600)),
        "digits": "a: " + "9" * 200_000,
        "items": "a: [" + "1," * 100_000 + "]",
        "tags": "!" * 200_000,
        "anchors": "".join(f"k{i}: &a{i} 1\n" for i in range(12_000)),
    }


@pytest.mark.parametrize("name", sorted(bombs()))
def test_bomb_is_refused_in_a_second(name):
    text = bombs()[name]
    begin = time.process_time()
    refuse(text)
    assert time.process_time() - begin < 1.0


@pytest.mark.parametrize("name", ["digits", "items", "lists", "maps"])
def test_bomb_needs_less_than_200_megabytes(name):
    """Python itself needs some 40 of them."""
    text = bombs()[name]
    tracemalloc.start()
    try:
        refuse(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 150 * 1024 * 1024


def test_endless_file_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "endless.yaml"
    with path.open("wb") as stream:
        stream.truncate(20 * 1024**3)
    begin = time.process_time()
    with pytest.raises(InputError, match="too large"):
        read_yaml(Path(path))
    assert time.process_time() - begin < 1.0
