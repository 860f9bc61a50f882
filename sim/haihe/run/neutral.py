"""A copy of a model in which no word of its author is left.

The reference backend turns a model into Python and imports it. A comment could close the docstring
that it is put in; a quote in a name or in the name of a data file could close a string. So the
copy that is turned into Python has counters for names, no comments, no units, and its tables are
written out again under names of our own: there is nothing in it that could be code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from haihe.errors import InputError
from haihe.model.external import Filling, read_constant, read_series
from haihe.model.tree import kind_of, rebuild
from haihe.model.types import FloatArray, Model, canonical_name
from haihe.text import Text

_CLOCK = {
    "initial time": "INITIAL TIME",
    "final time": "FINAL TIME",
    "time step": "TIME STEP",
    "saveper": "SAVEPER",
}
_FILLINGS: Mapping[str | None, Filling] = {
    None: "interpolate",
    "interpolate": "interpolate",
    "hold_backward": "hold_backward",
    "look_forward": "look_forward",
    "raw": "raw",
}


@dataclass(frozen=True, slots=True)
class Neutral:
    """A model without words."""

    abstract: Any
    names: Mapping[str, str]
    """Name of each variable in the copy, by its name in the model."""
    dimensions: Mapping[str, str]
    elements: Mapping[str, str]
    tables: Mapping[str, FloatArray]
    """Cells of each table (row, column), by file name."""


def neutralise(model: Model, folder: Path) -> Neutral:
    """Copy a model without its words; what is generated from the copy goes to `folder`."""
    abstract = model.abstract
    dimensions, elements = _subscript_names(model)
    macros = {
        canonical_name(section.name): f"m{i:03d}"
        for i, section in enumerate(abstract.sections[1:], 1)
    }
    tables: dict[str, FloatArray] = {}
    sections, names = [], {}
    for number, section in enumerate(abstract.sections):
        own = {canonical_name(e.name): f"v{i:05d}" for i, e in enumerate(section.elements)}
        own |= {name: clock for name, clock in _CLOCK.items() if name in own}
        own |= {canonical_name(name): f"p{i:03d}" for i, name in enumerate(section.params)}
        if number:
            own[canonical_name(section.name)] = macros[canonical_name(section.name)]
        copy = _Copy(model, own, macros, dimensions, elements, tables)
        stem = "model" if number == 0 else own[canonical_name(section.name)]
        sections.append(copy.section(section, folder / f"{stem}.py"))
        if number == 0:
            names = {name: own[canonical_name(name)] for name in model.variables}
    neutral = replace(abstract, original_path=folder / "model.mdl", sections=tuple(sections))
    return Neutral(neutral, names, dimensions, elements, tables)


def _subscript_names(model: Model) -> tuple[dict[str, str], dict[str, str]]:
    # Among equal ranges the translator takes the first one by the alphabet, so the counters of
    # dimensions follow it.
    names = sorted(model.dimensions, key=lambda name: name.replace(" ", "_").lower())
    dimensions = {name: f"d{i:03d}" for i, name in enumerate(names)}
    elements: dict[str, str] = {}
    for dimension in model.dimensions.values():
        for element in dimension.elements:
            elements.setdefault(element, f"e{len(elements):05d}")
    return dimensions, elements


@dataclass(frozen=True, slots=True)
class _Copy:
    """What the copy of one section needs."""

    model: Model
    variables: Mapping[str, str]
    macros: Mapping[str, str]
    dimensions: Mapping[str, str]
    elements: Mapping[str, str]
    tables: dict[str, FloatArray]

    def section(self, section: Any, path: Path) -> Any:
        return replace(
            section,
            name="__main__" if section.type == "main" else path.stem,
            path=path,
            params=[self.variables[canonical_name(name)] for name in section.params],
            returns=[self.variables[canonical_name(name)] for name in section.returns],
            subscripts=[self._range(part) for part in section.subscripts],
            elements=[self._element(element) for element in section.elements],
            constraints=[],
            test_inputs=[],
            split=False,
            views_dict=None,
        )

    def _range(self, part: Any) -> Any:
        names = part.subscripts
        spelt = [self._subscript(n) for n in names] if isinstance(names, list) else names
        return replace(
            part,
            name=self.dimensions[part.name],
            subscripts=spelt if isinstance(names, list) else self._subscript(names),
            mapping=[self._subscript(name) for name in part.mapping],
        )

    def _subscript(self, name: str) -> str:
        bare, mark = name.rstrip("!"), "!" if name.endswith("!") else ""
        return (self.elements.get(bare) or self.dimensions[bare]) + mark

    def _element(self, element: Any) -> Any:
        return replace(
            element,
            name=self.variables[canonical_name(element.name)],
            components=[self._component(part) for part in element.components],
            units="",
            limits=(None, None),
            documentation="",
        )

    def _component(self, component: Any) -> Any:
        used, excepted = component.subscripts
        spelt = (
            [self._subscript(name) for name in used],
            [[self._subscript(name) for name in group] for group in excepted],
        )
        keyword = getattr(component, "keyword", None)
        tree = rebuild(component.ast, self._change(used, keyword))
        return replace(component, subscripts=spelt, ast=tree)

    def _change(self, used: list[str], keyword: str | None) -> Callable[[Any], Any]:
        def change(node: Any) -> Any:
            kind = kind_of(node)
            if kind == "SubscriptsReferenceStructure":
                return replace(node, subscripts=[self._subscript(n) for n in node.subscripts])
            if kind == "ReferenceStructure":
                return replace(node, reference=self._reference(node.reference))
            if kind.startswith("Get"):
                return self._table(node, self._lengths(used), keyword)
            return node

        return change

    def _reference(self, name: str) -> str:
        key = canonical_name(name)
        if key in self.macros:
            return self.macros[key]
        if key in self.variables:
            return self.variables[key].lower().replace(" ", "_")
        for known in (self.dimensions, self.elements):
            for written, counter in known.items():
                if canonical_name(written) == key:
                    return counter
        return name

    def _lengths(self, used: list[str]) -> tuple[int, ...]:
        return tuple(
            1 if name in self.elements else len(self.model.dimensions[name].elements)
            for name in used
        )

    def _table(self, node: Any, lengths: tuple[int, ...], keyword: str | None) -> Any:
        """Write the numbers that a node reads into a table of their own."""
        folder, file = self.model.path.parent, f"t{len(self.tables):05d}.csv"
        if kind_of(node) == "GetConstantsStructure":
            values = read_constant(folder, node.file, node.tab, node.cell, lengths)
            long = [length for length in lengths if length > 1]
            rows, columns = [1] * (2 - len(long)) + long
            self.tables[file] = values.reshape(rows, columns)
            return replace(node, file=file, tab=",", cell="A1")
        place = node.x_row_or_col if hasattr(node, "x_row_or_col") else node.time_row_or_col
        filling = _FILLINGS.get(keyword)
        if filling is None:
            raise InputError(
                Text(
                    f"不支持 :{keyword}: 类型的数据",
                    f"data of the kind :{keyword}: are not supported",
                )
            )
        x, y = read_series(folder, node.file, node.tab, place, node.cell, lengths, filling)
        self.tables[file] = np.column_stack([x, y.reshape(x.size, -1)])
        column = "x_row_or_col" if hasattr(node, "x_row_or_col") else "time_row_or_col"
        return replace(node, **{column: "A"}, file=file, tab=",", cell="B1")
