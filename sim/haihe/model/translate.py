"""Read a model: PySD's translators, with their doors closed, and nothing lost on the way.

While it parses, PySD evaluates pieces of the file as Python (limits and points of lookups). Here
that evaluation knows literals only, so reading a model runs nothing of it. PySD also stops in
silence where a comment holds a `~` or a `|`; here every definition that our own scanner finds must
come out of the translator as well.

Sources
-------
PySD 3.14.3, `pysd.translators` (pysd.readthedocs.io). OASIS, XML Interchange Language for System
Dynamics (XMILE) Version 1.0, 2015.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

from haihe.errors import InputError, InputErrors, Location, raise_all
from haihe.model.find import find_variable
from haihe.model.scan import (
    Definition,
    Fault,
    blank_comments,
    decode_model,
    fold_blanks,
    name_of,
    scan_model,
)
from haihe.model.types import Model, canonical_name
from haihe.project import show_path
from haihe.text import Text

__all__ = ["Translation", "find_variable", "read_model", "translate"]

VENSIM = (".mdl",)
XMILE = (".xmile", ".stmx", ".itmx", ".xml")


@dataclass(frozen=True, slots=True)
class Translation:
    """What the translator made of a file, and where everything stood."""

    path: Path
    abstract: Any
    """PySD's AbstractModel, as it came."""
    definitions: tuple[tuple[Definition, ...], ...]
    """Definitions of variables, for each section of `abstract`."""
    ranges: tuple[Definition, ...]
    """Definitions of dimensions."""
    faults: tuple[Fault, ...]
    """What the scanner passed over."""
    functions: frozenset[str]
    """Functions that the translator knows."""
    method: str
    """"euler" or "rk4"."""


def read_model(path: str | Path) -> Model:
    """Read a Vensim or XMILE model. Nothing of the file is executed.

    Raises
    ------
    InputErrors
        Where the file cannot be read, or something in it cannot be understood.
    """
    from haihe.model.assemble import assemble
    from haihe.model.cache import read_through

    try:
        return read_through(Path(path), lambda place: assemble(translate(place)))
    except InputError as error:
        raise InputErrors((error,)) from None


def translate(path: Path) -> Translation:
    """Translate a file with PySD, and hold the outcome against our own reading.

    Raises
    ------
    InputErrors
        With the line of everything that is wrong.
    """
    suffix = path.suffix.lower()
    if suffix not in VENSIM + XMILE and not path.is_dir() and path.is_file():
        raise InputErrors(
            (
                InputError(
                    Text(f"{show_path(path)} 不是模型文件", f"{show_path(path)} is no model file"),
                    None,
                    Text(".mdl、.xmile 或 .stmx 文件", "a .mdl, .xmile or .stmx file"),
                ),
            )
        )
    try:
        return _translate_xmile(path) if suffix in XMILE else _translate_vensim(path)
    except InputError as error:
        raise InputErrors((error,)) from None


def _translate_vensim(path: Path) -> Translation:
    text = blank_comments(decode_model(path))
    shown = show_path(path)
    scan = scan_model(text)
    raise_all(fault_error(fault, shown) for fault in scan.faults if fault.fatal)
    if not scan.definitions:
        raise InputError(
            Text(f"{shown} 中没有任何定义", f"{shown} defines nothing"),
            None,
            Text("Vensim 模型", "a Vensim model"),
        )
    with closed_doors():
        try:
            file = _vensim_file(path, text)
            file.parse(parse_all=False)
            for section in file.sections:
                section.parse(parse_all=False)
        except Exception as error:
            raise _unreadable(error, Location(shown)) from None
        sections = _match_sections(file.sections, scan.definitions, shown)
        errors: list[InputError] = []
        definitions = [_parse_section(s, d, shown, errors) for s, d in zip(file.sections, sections)]
        raise_all(errors)
        abstract = file.get_abstract_model()
    return Translation(
        path,
        abstract,
        tuple(variables for variables, _ in definitions),
        tuple(found for _, ranges in definitions for found in ranges),
        tuple(scan.faults),
        known_functions(),
        "euler",
    )


def _vensim_file(path: Path, text: str) -> Any:
    """PySD's reader of a file, given the text that was scanned."""
    from pysd.translators.vensim.vensim_file import VensimFile

    _hasten_grammar()

    class Given(VensimFile):  # type: ignore[misc]
        """Reads nothing: it drops in silence the bytes that it cannot decode."""

        def _read(self, encoding: str | None) -> str:
            return text

    return Given(path)


@functools.cache
def _hasten_grammar() -> None:
    """Let PySD's grammar of a file take runs of characters at once: the same language, in half the
    time that reading a model takes.
    """
    from parsimonious import Grammar
    from pysd.translators.vensim.vensim_utils import Grammar as Grammars

    text = Grammars._read_grammar("section_elements") % {}
    for slow, quick in (
        ('( escape_group / ~r"[^~|]")*', '( escape_group / ~r"[^~|\\"]+" / ~r"[^~|]")*'),
        ('doc = (~r"[^~|]")*', 'doc = ~r"[^~|]*"'),
    ):
        text = text.replace(slow, quick)
    Grammars._grammar["section_elements"] = Grammar(text)


def fault_error(fault: Fault, shown: str) -> InputError:
    """A fault of the scanner as an error."""
    where = Location(shown, fault.line)
    return InputError(fault.problem, where, fault.expected, shown=fault.shown)


@contextlib.contextmanager
def closed_doors() -> Iterator[None]:
    """PySD's translators with `eval` replaced by one that knows literals only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pysd.translators.vensim import vensim_element
        from pysd.translators.xmile import xmile_element

        # A name in the module is found before the builtin. It stays: there is no moment at which
        # this process would want the other one.
        for module in (vensim_element, xmile_element):
            module.eval = _literal
        yield


def subscript_manager(section: Any, folder: Path) -> Any:
    """PySD's own resolution of ranges, subranges and copies, so that both sides agree.

    The section must hold no dimension that is still in a table (`assemble.mend` reads them).
    """
    from pysd.builders.python.subscripts import SubscriptManager

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SubscriptManager(list(section.subscripts), folder)


def known_functions() -> frozenset[str]:
    """Functions that PySD's translators know by name."""
    from pysd.builders.python.python_functions import functionspace

    return frozenset(functionspace)


def tree_classes() -> Mapping[str, type]:
    """PySD's structures by name: what a tree is made of."""
    from pysd.translators.structures import abstract_expressions, abstract_model

    return {
        name: found
        for module in (abstract_expressions, abstract_model)
        for name, found in vars(module).items()
        if is_dataclass(found) and isinstance(found, type) and found.__module__ == module.__name__
    }


def _literal(text: str) -> Any:
    """Numbers, texts and rows of them, and nothing that runs.

    Sums are among them: the translator reads `0.1 + 0.2` as one literal.
    """
    return _value_of(ast.parse(text.strip(), mode="eval").body)


def _value_of(node: ast.expr) -> Any:
    if isinstance(node, ast.Tuple | ast.List):
        values = [_value_of(item) for item in node.elts]
        return tuple(values) if isinstance(node, ast.Tuple) else values
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        left, right = _value_of(node.left), _value_of(node.right)
        if all(isinstance(side, int | float) for side in (left, right)):
            return left + right if isinstance(node.op, ast.Add) else left - right
    return ast.literal_eval(node)


def _match_sections(
    sections: list[Any], definitions: list[Definition], shown: str
) -> list[list[Definition]]:
    """Definitions of each section; every one that was scanned must have been translated."""
    matched = []
    for section in sections:
        macro = "" if section.type == "main" else section.name
        wanted = [d for d in definitions if canonical_name(d.macro) == canonical_name(macro)]
        found = [fold_blanks(element.equation) for element in section.elements]
        for i, definition in enumerate(wanted):
            if i >= len(found) or found[i] != definition.equation:
                raise InputError(
                    Text(
                        f"翻译时丢失 {name_of(definition.left)}（文件中有 {len(wanted)} 处定义，译"
                        f"出 {len(found)} 处）",
                        f"the translator loses {name_of(definition.left)}"
                        f" ({len(wanted)} definitions in the file, {len(found)} translated)",
                    ),
                    Location(shown, definition.line),
                    Text(
                        "形如“方程 ~ 单位 ~ 注释 |”的定义",
                        "a definition of the form: equation ~ units ~ comment |",
                    ),
                    shown=definition.equation[:80],
                )
        matched.append(wanted)
    total = sum(len(part) for part in matched)
    if total != len(definitions):
        raise InputError(
            Text(
                f"文件中有 {len(definitions)} 处定义，译出 {total} 处",
                f"{len(definitions)} definitions stand in the file, {total} were translated",
            ),
            Location(shown),
        )
    return matched


def _parse_section(
    section: Any, definitions: list[Definition], shown: str, errors: list[InputError]
) -> tuple[tuple[Definition, ...], tuple[Definition, ...]]:
    """Parse the elements of a section one by one, so that an error knows its line."""
    parts: dict[str, list[Any]] = {"range": [], "Constraint": [], "TestInput": [], "component": []}
    variables, ranges = [], []
    for element, definition in zip(section.elements, definitions):
        try:
            component = element.parse()
            if hasattr(component, "parse"):
                component.parse()
        except Exception as error:
            errors.append(_unreadable(error, Location(shown, definition.line), definition.equation))
            continue
        kind = type(component).__name__
        if kind == "SubscriptRange":
            parts["range"].append(component)
            ranges.append(definition)
        elif kind in parts:
            parts[kind].append(component)
        else:
            parts["component"].append(component)
            variables.append(definition)
    section.subscripts = parts["range"]
    section.components = parts["component"]
    section.constraints = parts["Constraint"]
    section.test_inputs = parts["TestInput"]
    section.elements = [component for part in parts.values() for component in part]
    return tuple(variables), tuple(ranges)


def _unreadable(error: Exception, where: Location, equation: str = "") -> InputError:
    if isinstance(error, RecursionError):
        return InputError(
            Text("方程嵌套过深", "the equation is nested too deeply"), where, shown=equation[:80]
        )
    reason = str(error).strip().splitlines()
    match = re.search(r"(?:match\sat|begins\swith) '(.*?)' \(line", str(error), re.DOTALL)
    if match:
        return InputError(
            Text("方程从 `{rest}` 起无法读取", "the equation cannot be read from `{rest}` on").fill(
                rest=match[1].strip()
            )
            if match[1]
            else Text("方程无法读取", "the equation cannot be read"),
            where,
            Text("Vensim 语法", "Vensim syntax"),
            shown=equation[:120],
        )
    first = reason[0] if reason else type(error).__name__
    return InputError(
        Text(f"无法读取：{first[:160]}", f"cannot be read: {first[:160]}"),
        where,
        shown=equation[:120],
    )


def _translate_xmile(path: Path) -> Translation:
    with closed_doors():
        from haihe.model.xmile.model import read_xmile

        whole = read_xmile(path)
    return Translation(
        path,
        whole.abstract,
        (whole.definitions,),
        (),
        (),
        known_functions(),
        whole.method,
    )
