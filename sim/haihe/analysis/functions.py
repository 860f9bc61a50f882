"""What a model may call: compiled or not, how, on whose word, and which test holds it.

The table is derived: from the compiler's own table of functions, from what the translator knows,
and, in a checkout, from the one-feature models of the tests, each of which is compared with the
reference in every cell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from haihe.compile.builtins import FUNCTIONS, PYSD, VENSIM, Function, How
from haihe.compile.ir import Call
from haihe.model.tree import kind_of, walk
from haihe.text import Text

TESTS = Path("tests/conformance/models")
TEST = "test_engine_models.py"
COVERED = Path(__file__).with_name("covered.json")

HOW: Mapping[str, Text] = {
    How.PRIMITIVE: Text("一条机器运算", "one operation of the program"),
    How.REWRITE: Text("改写成基本运算", "written with operations of the program"),
    How.REDUCE: Text("沿标有 ! 的维度逐元素展开", "taken over the dimensions marked with !"),
    How.VECTOR: Text("逐元素展开", "written element by element"),
    How.STATE: Text("化为状态变量", "turned into states"),
    How.RANDOM: Text("由计数器式随机数写成", "written with a counter-based random number"),
    How.MODE: Text("初始时刻另作解读", "read differently at the start"),
    "read": Text("翻译时直接读入", "read where it stands when the model is lowered"),
    "fallback": Text("不编译，由参照运行", "not compiled; the reference runs the whole model"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """A row of the table."""

    name: str
    """As the translator spells it."""
    compiled: bool
    how: str
    """Key of `HOW`."""
    source: str
    """Where the meaning that is claimed is written down."""
    tests: tuple[str, ...]
    """One-feature models that call it."""


def list_functions() -> tuple[Known, ...]:
    """Every function, the compiled ones first, in the order of the compiler's table."""
    from haihe.compile.lower import _RULES
    from haihe.model.translate import known_functions, tree_classes

    covered = read_covered()
    rows = [_describe(function, covered) for function in FUNCTIONS.values()]
    named = {row.name for row in rows}
    structures = {_spell(kind): kind in _RULES for kind in tree_classes() if _is_call(kind)}
    for name, compiled in structures.items():
        if name not in named and compiled:
            rows.append(Known(name, True, "read", VENSIM, covered.get(name, ())))
    named |= {row.name for row in rows}
    left = sorted({*structures, *(name.lower() for name in known_functions())} - named)
    rows += [Known(name, False, "fallback", PYSD, ()) for name in left]
    return tuple(rows)


def _describe(function: Function, covered: Mapping[str, tuple[str, ...]]) -> Known:
    name = function.name.lower()
    return Known(name, True, str(function.how), function.source, covered.get(name, ()))


_PARTS = {"Reference", "SubscriptsReference", "Arithmetic", "Logic", "Call", "Lookups", "Data"}
"""Structures that no call makes."""


def _is_call(kind: str) -> bool:
    return kind.endswith("Structure") and kind.removesuffix("Structure") not in _PARTS


def _spell(kind: str) -> str:
    """`AllocateAvailableStructure` as the compiler would spell it."""
    words = re.findall("[A-Z][a-z]*", kind.removesuffix("Structure"))
    return "_".join(words).lower()


# --- which test covers it -----------------------------------------------------------------------


@cache
def read_covered() -> Mapping[str, tuple[str, ...]]:
    """Models of the tests that call each function, as they were when the pages were written."""
    data = json.loads(COVERED.read_text(encoding="utf-8"))
    return {name: tuple(models) for name, models in data.items()}


def dump_covered(folder: Path) -> str:
    """The same from the models themselves, as JSON."""
    from haihe.compile.lower import lower
    from haihe.model.translate import read_model, tree_classes

    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*.*")):
        if path.suffix in {".mdl", ".xmile"}:
            model = read_model(path)
            source = lower(model)
            names = {*_called(source.equations), *_called(source.macros)}
            names |= {_spell(kind) for kind in map(kind_of, walk(model.abstract)) if _is_call(kind)}
            for name in names:
                found.setdefault(name, set()).add(path.relative_to(folder).as_posix())
    structures = {_spell(kind) for kind in tree_classes() if _is_call(kind)}
    kept = {
        name: sorted(found[name]) for name in sorted(found) if name in {*FUNCTIONS, *structures}
    }
    return json.dumps(kept, ensure_ascii=False, indent=1) + "\n"


def _called(node: Any) -> Iterator[str]:
    """Names of the operations in our own equations."""
    if isinstance(node, Mapping):
        yield from _called(tuple(node.values()))
    elif isinstance(node, tuple | list):
        for part in node:
            yield from _called(part)
    elif is_dataclass(node) and not isinstance(node, type):
        if isinstance(node, Call):
            yield node.function.lower()
        yield from _called(tuple(getattr(node, field.name) for field in fields(node)))
