"""Hold the names that equations use against the names that a model defines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from haihe.errors import InputError, Location
from haihe.model.find import near_names
from haihe.model.scan import Definition, name_of
from haihe.model.tree import calls, is_number, references, walk
from haihe.model.types import canonical_name
from haihe.text import Text

_ALWAYS = ("time",)


@dataclass(frozen=True, slots=True)
class Known:
    """Names that a section may use, folded, each with its spelling."""

    variables: dict[str, str]
    functions: dict[str, str]
    """Functions and macros."""
    subscripts: dict[str, str]
    """Dimensions and elements."""


def known_names(abstract: Any, section: Any, functions: Iterable[str]) -> Known:
    """Names that the equations of a section may use."""
    names = [element.name for element in section.elements] + list(section.params)
    macros = [part.name for part in abstract.sections[1:]]
    return Known(
        _folded([*names, *_ALWAYS]),
        _folded([*(f.replace("_", " ") for f in functions), *macros]),
        subscript_names(section),
    )


def subscript_names(section: Any) -> dict[str, str]:
    """Names of dimensions and elements of a section, folded, each as declared first."""
    names: list[str] = []
    for part in section.subscripts:
        names.append(part.name)
    for part in section.subscripts:
        names += part.subscripts if isinstance(part.subscripts, list) else []
    return _folded(names)


def check_names(
    abstract: Any,
    definitions: tuple[tuple[Definition, ...], ...],
    functions: Iterable[str],
    file: str,
) -> Iterator[InputError]:
    """Every name that is used and not defined, and every name that is defined twice."""
    functions = tuple(functions)
    for section, places in zip(abstract.sections, definitions):
        known = known_names(abstract, section, functions)
        found = definitions_by_name(places)
        yield from _collisions(section, places, file)
        for element in section.elements:
            if canonical_name(element.name) not in found:
                yield _unplaced(element.name, file)
                continue
            for component, place in _placed(element, found):
                yield from _undefined(component, known, Location(file, place.line), element.name)


def _unplaced(name: str, file: str) -> InputError:
    """A name that PySD reads otherwise than it stands in the file, such as one with a backslash."""
    return InputError(
        Text(f"{name} 的名称与文件中的写法不一致", f"the name of {name} is not as the file has it"),
        Location(file),
        Text("不含反斜杠的名称", "a name without backslashes"),
    )


def _placed(element: Any, found: dict[str, list[Definition]]) -> Iterator[tuple[Any, Definition]]:
    """Components of an element, each with its definition; XMILE has one for all of them."""
    places = found[canonical_name(element.name)]
    return zip(element.components, [*places, *[places[-1]] * len(element.components)])


def _undefined(component: Any, known: Known, where: Location, name: str) -> Iterator[InputError]:
    subscripts = [
        *component.subscripts[0],
        *(s for group in component.subscripts[1] for s in group),
    ]
    for used, inner in references(component.ast):
        subscripts += inner
        folded = canonical_name(used)
        if folded not in known.variables and folded not in known.subscripts:
            yield _unknown(Text("变量", "variable"), used, name, where, known.variables.values())
    for used, inner in calls(component.ast):
        subscripts += inner
        folded = canonical_name(used)
        if folded == "a function of":
            yield InputError(
                Text(f"{name} 还没有方程", f"{name} has no equation yet"),
                where,
                Text("一个方程", "an equation"),
            )
        elif folded not in known.functions and folded not in known.variables:
            near = [*known.functions.values(), *known.variables.values()]
            yield _unknown(Text("函数或表函数", "function or lookup"), used, name, where, near)
    for node in walk(component.ast):
        if is_number(node) and abs(node) == float("inf"):
            yield InputError(
                Text(f"{name} 中有超过 1e308 的数", f"{name} holds a number beyond 1e308"),
                where,
                Text("更小的数", "a smaller number"),
            )
    for used in dict.fromkeys(subscripts):
        if canonical_name(used.rstrip("!")) not in known.subscripts:
            near = list(known.subscripts.values())
            yield _unknown(
                Text("维度或元素", "dimension or element"), used.rstrip("!"), name, where, near
            )


def _unknown(what: Text, used: str, name: str, where: Location, names: Iterable[str]) -> InputError:
    shown = used.replace("_", " ").strip('"')
    return InputError(
        Text(
            f"{name} 用到 {shown}，而模型中没有这个{what.zh}",
            f"{name} uses {shown}, and the model defines no {what.en} of that name",
        ),
        where,
        suggestions=near_names(shown, names),
    )


def _collisions(section: Any, places: tuple[Definition, ...], file: str) -> Iterator[InputError]:
    """Names that are the same but for case, blanks and underscores, or come twice."""
    first: dict[tuple[str, str], Definition] = {}
    spelt: dict[str, tuple[str, int]] = {}
    dimensions = {canonical_name(part.name): part.name for part in section.subscripts}
    for place in places:
        written = name_of(place.left)
        name, subscripts = canonical_name(written), canonical_name(place.left[len(written) :])
        where = Location(file, place.line)
        earlier = first.setdefault((name, subscripts), place)
        if earlier is not place:
            yield InputError(
                say_twice(written, name_of(earlier.left), earlier.line),
                where,
                Text(
                    "一处定义；名称的差别不能只在大小写、空格和下划线",
                    "one definition; names differ by more than case, blanks and underscores",
                ),
            )
        elif spelt.setdefault(name, (written, place.line))[0] != written:
            other, line = spelt[name]
            yield InputError(
                Text(
                    f"{written} 与第 {line} 行的 {other} 是同一个名称",
                    f"{written} and {other} of line {line} are the same name",
                ),
                where,
                Text("统一的写法", "one spelling"),
            )
        elif name in dimensions:
            yield InputError(
                Text(
                    f"{written} 同时也是一个维度的名称",
                    f"{written} is also the name of a dimension",
                ),
                where,
                Text("不同的名称", "names that differ"),
            )
        elif name in _ALWAYS:
            yield InputError(
                Text(
                    f"{written} 是模型时钟专用的名称", f"{written} is the name of the model's clock"
                ),
                where,
                Text("别的名称", "another name"),
            )


def say_twice(written: str, earlier: str, line: int) -> Text:
    """That a name is defined a second time."""
    zh, en = (f"，写作 {earlier}", f" as {earlier}") if earlier != written else ("", "")
    return Text(
        f"{written} 重复定义，首次在第 {line} 行{zh}",
        f"{written} is defined twice, first in line {line}{en}",
    )


def definitions_by_name(places: Iterable[Definition]) -> dict[str, list[Definition]]:
    """Definitions of each variable, under its folded name, in the order of the file."""
    found: dict[str, list[Definition]] = {}
    for place in places:
        found.setdefault(canonical_name(name_of(place.left)), []).append(place)
    return found


def _folded(names: Iterable[str]) -> dict[str, str]:
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(canonical_name(name), name.strip('"'))
    return folded
