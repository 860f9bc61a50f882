"""Whatever is said to a user about a mistake is said in both languages.

The packages are read, not run: the words that reach `InputError(…)`, `EnvironmentFault(…)`,
`node.error(…)` and their like must be `Text(zh, en)` wherever they are words at all. Followed are
literals, names assigned in the same function, and functions of the same module that give them.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sim/haihe", "viz/haihe_viz")

SAYING = {
    *("InputError", "EnvironmentFault", "Refused", "error", "refuse", "_refuse"),
    *("BadParameter", "UsageError", "ClickException", "FileError", "BadOptionUsage", "fail"),
}
"""Functions and methods whose words a user reads."""
SILENT = {"where", "suggestions", "shown", "ctx", "param", "close"}
"""Arguments of these that carry no words of ours."""
BILINGUAL = {"Text", "Words", "list_choices"}
"""Calls whose arguments are in both languages already, or are the same in both."""
WORDS = re.compile(r"[A-Za-z']+,? [A-Za-z']+")

NOT_YET: set[str] = {
    "sim/haihe/cli/embed.py",
    "viz/haihe_viz/briefing_fill.py",
    "viz/haihe_viz/briefing_manifest.py",
}
"""Files that still speak English alone. The list may only become shorter."""


@functools.cache
def find_all_english() -> dict[str, list[tuple[int, str]]]:
    """Line and words of what is said in English alone, by module."""
    return {
        path.relative_to(ROOT).as_posix(): Module(
            ast.parse(path.read_text(encoding="utf-8"))
        ).find_english()
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def name_of(call: ast.Call) -> str:
    """Last name of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def read_template(node: ast.Constant | ast.JoinedStr) -> str:
    """Text of a literal without what it quotes; `{}` stands for what is filled in."""
    if isinstance(node, ast.Constant):
        text = node.value if isinstance(node.value, str) else ""
    else:
        parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
        text = "".join(str(part) for part in parts)
    return re.sub(r"`[^`]*`", "{}", text)


class Module:
    """What can be followed within one module."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
        self.constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def find_english(self) -> list[tuple[int, str]]:
        """Line and words of everything that is said in English alone."""
        found: set[tuple[int, str]] = set()
        for scope, call in self._list_calls(self.tree, None):
            words = [*call.args, *(k.value for k in call.keywords if k.arg not in SILENT)]
            seen: set[ast.AST] = set()
            for word in words:
                found.update(self._scan(word, scope, seen))
        for clause in self._list_validators():
            found.update(clause)
        return sorted(found)

    def _list_calls(
        self, node: ast.AST, scope: ast.FunctionDef | None
    ) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
        for child in ast.iter_child_nodes(node):
            inner = child if isinstance(child, ast.FunctionDef) else scope
            if isinstance(child, ast.Call) and name_of(child) in SAYING:
                yield scope, child
            yield from self._list_calls(child, inner)

    def _list_validators(self) -> Iterator[set[tuple[int, str]]]:
        """What a pydantic validator raises is shown to the user too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef) and any(
                "validator" in ast.unparse(mark) for mark in node.decorator_list
            ):
                for call in ast.walk(node):
                    if isinstance(call, ast.Call) and name_of(call) == "ValueError":
                        yield {e for a in call.args for e in self._scan(a, node, set())}

    def _scan(
        self, node: ast.AST, scope: ast.FunctionDef | None, seen: set[ast.AST]
    ) -> Iterator[tuple[int, str]]:
        """Words in an expression, and in what it names."""
        if node in seen:
            return
        seen.add(node)
        if isinstance(node, ast.Compare):
            return  # held against something, not said
        if isinstance(node, ast.Constant | ast.JoinedStr):
            text = read_template(node)
            if WORDS.search(text):
                yield node.lineno, text
            for filled in node.values if isinstance(node, ast.JoinedStr) else ():
                if isinstance(filled, ast.FormattedValue):
                    yield from self._scan(filled.value, scope, seen)
            return
        if isinstance(node, ast.Call) and name_of(node) in BILINGUAL:
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from self._follow(node.func.id, seen)
        if isinstance(node, ast.Name):
            for given in self._find_values(node.id, scope):
                yield from self._scan(given, scope, seen)
        # Of a dictionary only what it gives is said, not what it is asked for.
        parts = node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
        for part in parts:
            yield from self._scan(part, scope, seen)

    def _follow(self, name: str, seen: set[ast.AST]) -> Iterator[tuple[int, str]]:
        """What a function of this module returns, where that is words."""
        function = self.functions.get(name)
        if function is None or function.returns is None:
            return
        if not re.search(r"\bstr\b|\bWords\b|\bText\b", ast.unparse(function.returns)):
            return
        for node in ast.walk(function):
            if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
                yield from self._scan(node.value, function, seen)

    def _find_values(self, name: str, scope: ast.FunctionDef | None) -> Iterator[ast.AST]:
        if scope is not None:
            for node in ast.walk(scope):
                targets = (
                    node.targets
                    if isinstance(node, ast.Assign)
                    else [node.target]
                    if isinstance(node, ast.NamedExpr | ast.AugAssign | ast.AnnAssign)
                    else []
                )
                value = getattr(node, "value", None)
                names = {t.id for t in targets for t in ast.walk(t) if isinstance(t, ast.Name)}
                if name in names and value is not None:
                    yield value
        if name in self.constants:
            yield self.constants[name]


def test_every_message_is_in_both_languages() -> None:
    """No message is in English alone, but in the files that are listed as such."""
    found = [
        f"{path}:{line}: {words!r}"
        for path, english in find_all_english().items()
        for line, words in english
        if path not in NOT_YET
    ]
    assert not found, "\n".join(found)


def test_list_of_english_files_only_shrinks() -> None:
    """A file whose messages are all in both languages is taken off the list."""
    english = {path for path, words in find_all_english().items() if words}
    assert sorted(NOT_YET - english) == []


def test_the_search_sees_what_it_should() -> None:
    """Literals, names and functions are followed; what is bilingual or no words is left alone."""

    def search(text: str) -> list[str]:
        return [words for _, words in Module(ast.parse(text)).find_english()]

    assert search("raise InputError(f'{x} is wrong', None, 'a number')") == [
        "a number",
        "{} is wrong",
    ]
    assert search("def f(n):\n  p = 'no good'\n  raise n.error(p)") == ["no good"]
    assert search("def g() -> str:\n  return 'too big'\ndef f(n):\n  n.error(g())") == ["too big"]
    assert search("P = 'too big'\nraise EnvironmentFault(x, mend=P)") == ["too big"]
    assert search("InputError(Text('太大', 'too big'), where, show(x), ('so it is',))") == [
        "so it is"
    ]
    assert search("InputError(Text('太大', 'too big'), suggestions=('so it is',))") == []
    assert search("InputError(f'{name}: `haihe list levers`')") == []
    assert search(
        "@field_validator('x')\ndef f(v):\n  raise ValueError('is big')\nraise ValueError('a b')"
    ) == ["is big"]
