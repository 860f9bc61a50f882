"""Hold a tree against a pydantic model: every error at once, each at its place."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass, is_dataclass, replace
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from haihe.errors import InputError, InputErrors, Location, Refused
from haihe.project import show_text
from haihe.text import Text, Words, join_all, list_choices, say
from haihe.yaml.nodes import Mapping, Node, Scalar, Sequence
from haihe.yaml.numbers import read_number, suggest_number

T = TypeVar("T")
NUMBER = Text("数字", "a number")
WHOLE = Text("整数", "a whole number")
Path = tuple[str | int, ...]


class Record(BaseModel):
    """Base of what a YAML file holds: no unknown key, no NaN, nothing changed later.

    The docstring below a field is its description in the manual.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def validate(node: Node, shape: type[T]) -> T:
    """Turn a tree into a value of `shape`: a `Record`, or any type that pydantic knows.

    Types are strict: a number is a number, `true` is not 1. Only where a text is wanted is
    everything taken as written, so that `zh: 2025` is the text "2025".

    Raises
    ------
    InputErrors
        With every error found, in the order of the file.
    """
    adapter: TypeAdapter[T] = TypeAdapter(shape)
    texts: frozenset[Path] = frozenset()
    while True:
        try:
            return adapter.validate_json(json.dumps(to_plain(node, texts)), strict=True)
        except ValidationError as fault:
            details = fault.errors(include_url=False)
        wanted = {found.path for detail in details if (found := _find_text(node, detail))}
        if wanted <= texts:
            raise InputErrors(_explain_all(node, shape, details))
        texts |= wanted


def to_plain(node: Node, texts: frozenset[Path] = frozenset(), path: Path = ()) -> Any:
    """Dictionaries, lists, numbers, texts, booleans and None, by the rules of YAML 1.2.

    Numbers that YAML versions read differently (`010`, `0x10`, `.inf`) stay texts, and so does
    every scalar whose path is in `texts`.
    """
    if isinstance(node, Mapping):
        return {k.text: to_plain(v, texts, (*path, k.text)) for k, v in node.pairs}
    if isinstance(node, Sequence):
        return [to_plain(item, texts, (*path, i)) for i, item in enumerate(node.items)]
    assert isinstance(node, Scalar)
    return node.text if path in texts else read_scalar(node)


def read_scalar(node: Scalar) -> str | int | float | bool | None:
    """What a scalar means in YAML 1.2."""
    if node.quoted:
        return node.text
    if node.text in {"", "~", "null", "Null", "NULL"}:
        return None
    if node.text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return node.text.casefold() == "true"
    number = read_number(node.text)
    return node.text if number is None else number


def suggest(word: str, known: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """At most three of `known` that look like `word`, best first."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=3, cutoff=0.6)
    return tuple(folded[name] for name in close)


@dataclass(frozen=True, slots=True)
class _Found:
    """What an error of pydantic speaks of."""

    node: Node
    path: Path
    """Where the node stands in the tree."""
    rest: Path
    """What of the error's path is not in the tree: a missing key, a name of a union branch."""
    key: Scalar | None


def _find(root: Node, loc: Path) -> _Found:
    found = _Found(root, (), (), None)
    for step in loc:
        node, key = found.node, found.key
        if isinstance(node, Mapping) and (value := node.get(str(step))) is not None:
            key = next(name for name, _ in node.pairs if name.text == str(step))
            found = _Found(value, (*found.path, key.text), (), key)
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            found = _Found(node.items[step], (*found.path, step), (), key)
        else:
            found = replace(found, rest=(*found.rest, step))
    return found


def _find_text(root: Node, detail: ErrorDetails) -> _Found | None:
    """Scalar that was read as something else where a text was wanted."""
    if detail["type"] not in {"string_type", "literal_error", "enum"}:
        return None
    found = _find(root, detail["loc"])
    node = found.node
    if not isinstance(node, Scalar) or read_scalar(node) is None:
        return None
    return found


def _explain_all(root: Node, shape: Any, details: list[ErrorDetails]) -> tuple[InputError, ...]:
    """One error for each place: the branches of a union are joined into one expectation."""
    joined: dict[tuple[Location | None, Words], InputError] = {}
    for detail in details:
        error = _explain(root, shape, detail)
        first = joined.setdefault((error.where, error.problem), error)
        first.expected = _either(first.expected, error.expected)
    return tuple(sorted(joined.values(), key=_order))


def _either(one: Words, other: Words) -> Words:
    """Both expectations, each once."""
    if say(other, "en") in say(one, "en"):
        return one
    if not one:
        return other
    return join_all((one, other), "或", " or ")


def _order(error: InputError) -> tuple[int, int]:
    return (error.where.line, error.where.column) if error.where else (0, 0)


def _explain(root: Node, shape: Any, detail: ErrorDetails) -> InputError:
    found = _find(root, detail["loc"])
    node, rest, key = found.node, found.rest, found.key
    kind = detail["type"]
    if kind == "missing":
        missing = rest[-1] if rest else ""
        return node.error(Text(f"缺少键 `{missing}`", f"the key `{missing}` is missing"))
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        at = key or node
        known = _known_keys(shape, detail["loc"][:-1])
        text = at.text if isinstance(at, Scalar) else str(detail["loc"][-1])
        close = suggest(text, known)
        problem = Text(f"未知的键 {show_text(text)}", f"unknown key {show_text(text)}")
        return at.error(problem, "" if close or not known else list_choices(known), close)
    if rest[-1:] == ("[key]",) and key is not None:
        node = key
    context = detail.get("ctx", {})
    if kind == "value_error":
        refused = context["error"]
        return node.error(refused.problem if isinstance(refused, Refused) else str(refused))
    if isinstance(node, Scalar) and kind in _NUMBERS:
        return explain_number(node, _NUMBERS[kind])
    expected = _say_expected(kind, context, detail["msg"])
    close = suggest(node.text, _options(expected.en)) if isinstance(node, Scalar) else ()
    problem = Text("{it}不适用于此处", "{it} does not fit here").fill(it=_show(node))
    return node.error(problem, expected, close)


def _say_expected(kind: str, context: Mapping_[str, Any], message: str) -> Text:
    """What an error of pydantic says was wanted; a kind that we do not know in its own words."""
    if kind in _EXPECTED or kind in _NUMBERS:
        return _EXPECTED.get(kind) or _NUMBERS[kind]
    numbers = [value for value in context.values() if isinstance(value, int | float)]
    if kind in _BOUNDS and numbers:
        return _BOUNDS[kind].fill(bound=f"{numbers[0]:g}")
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        return Text(f"符合 `{pattern}` 的文字", f"text that fits `{pattern}`")
    if "expected" in context:  # a literal or an enumeration: 'a', 'b' or 'c'
        options = str(context["expected"])
        return Text(list_choices(_options(options) or (options,)).zh, options)
    return Text("符合要求的值", message)


def explain_number(node: Scalar, wanted: Text = NUMBER) -> InputError:
    """Say why a scalar is not a number, with the spelling that would work."""
    guess = suggest_number(node.text)
    if wanted == WHOLE and not isinstance(read_number(guess), int):
        guess = ""
    if node.quoted and read_number(node.text) is not None:
        return node.error(
            Text(f'"{node.text}" 是文字', f'"{node.text}" is a text'),
            Text(f"不加引号的 {node.text}", f"{node.text} without quotes"),
        )
    problem = Text("{it}不是{what}", "{it} is not {what}").fill(it=_show(node), what=wanted)
    told = guess and guess != node.text
    return node.error(problem, _say_written(wanted, guess) if told else wanted)


def explain_cell(cell: str, where: Location, wanted: Text = NUMBER) -> InputError:
    """Say why a cell of a table is not a number, with the spelling that would work."""
    guess = suggest_number(cell)
    shown = show_text(cell)
    return InputError(
        Text(f"{shown} 不是数字", f"{shown} is not a number"),
        where,
        _say_written(wanted, guess) if guess else wanted,
    )


def _say_written(wanted: Text, guess: str) -> Text:
    return Text(f"{wanted.zh}，写作 {guess}", f"{wanted.en}, written {guess}")


def _show(node: Node) -> Text:
    if isinstance(node, Scalar):
        shown = show_text(node.text, 40)
        return Text(f"{shown} ", shown) if node.text else Text("空值", "nothing")
    return Text("列表", "a list") if isinstance(node, Sequence) else Text("键值对", "a mapping")


def _options(expected: str) -> tuple[str, ...]:
    parts = expected.replace(" or ", ", ").split(", ")
    return tuple(part[1:-1] for part in parts if part[:1] == part[-1:] == "'")


def _known_keys(shape: Any, loc: Path) -> tuple[str, ...]:
    """Keys that the mapping at a path may have."""
    shapes = [shape]
    for step in loc:
        fields = [pair for shape in shapes for pair in _fields(shape)]
        shapes = [hint for name, hint in fields if name == step] or shapes
    return tuple(dict.fromkeys(name for shape in shapes for name, _ in _fields(shape)))


def _fields(shape: Any) -> Iterator[tuple[str, Any]]:
    """Names and types of the fields of a record, or of the records within a union or a list."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        yield from ((f.alias or n, f.annotation) for n, f in shape.model_fields.items())
    elif isinstance(shape, type) and is_dataclass(shape):
        yield from get_type_hints(shape).items()
    else:
        for part in get_args(shape):
            yield from _fields(part)


_NUMBERS = {
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": Text("有限的数字", "a finite number"),
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_parsing_size": WHOLE,
    "int_from_float": WHOLE,
}
_TEXT = Text("文字", "text")
_LIST = Text("列表", "a list")
_KEYS = Text("键和值", "keys and values")
_EXPECTED = {
    "string_type": _TEXT,
    "bool_type": Text("true 或 false", "true or false"),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "dict_type": _KEYS,
    "mapping_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "dataclass_type": _KEYS,
    "none_required": Text("空值", "nothing"),
}
_BOUNDS = {
    "greater_than": Text("大于 {bound} 的数字", "a number > {bound}"),
    "greater_than_equal": Text("不小于 {bound} 的数字", "a number >= {bound}"),
    "less_than": Text("小于 {bound} 的数字", "a number < {bound}"),
    "less_than_equal": Text("不大于 {bound} 的数字", "a number <= {bound}"),
    "multiple_of": Text("{bound} 的整数倍", "a number that is a multiple of {bound}"),
    "too_short": Text("至少有 {bound} 项的列表", "a list of at least {bound}"),
    "too_long": Text("至多有 {bound} 项的列表", "a list of at most {bound}"),
    "string_too_short": Text("至少 {bound} 个字符的文字", "text of at least {bound} characters"),
    "string_too_long": Text("至多 {bound} 个字符的文字", "text of at most {bound} characters"),
}
