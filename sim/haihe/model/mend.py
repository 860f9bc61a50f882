"""Mend the translator's tree, so that every reader of it sees the same plain thing.

Every number is a float (integers would grow without bound and divide differently), no NumPy
scalar is left, subscripts are spelt as they were declared, and dimensions that stand in a table
are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from haihe.errors import Location
from haihe.model.external import read_elements
from haihe.model.names import definitions_by_name, subscript_names
from haihe.model.translate import Translation
from haihe.model.tree import as_float_array, is_number, kind_of, rebuild
from haihe.model.types import canonical_name


def mend(translation: Translation, file: str) -> Any:
    """The translator's tree with floats for numbers and dimensions spelt as declared."""
    abstract = translation.abstract
    folder = translation.path.parent
    places = definitions_by_name(translation.ranges)
    sections = []
    main_names: dict[str, str] = {}
    for section in abstract.sections:
        ranges = []
        for part in section.subscripts:
            place = places.get(canonical_name(part.name))
            where = Location(file, place[0].line if place else 0)
            ranges.append(_mend_range(part, folder, where))
        section = replace(section, subscripts=ranges)
        # Macros see the dimensions of the model that calls them.
        main_names = main_names or subscript_names(section)
        names = main_names | subscript_names(section)
        elements = [_mend_element(element, names) for element in section.elements]
        ranges = [_respell_range(part, names) for part in ranges]
        sections.append(replace(section, subscripts=ranges, elements=elements))
    return replace(abstract, sections=tuple(sections))


def _mend_range(part: Any, folder: Path, where: Location) -> Any:
    if not isinstance(part.subscripts, dict):
        return part
    place = part.subscripts
    names = read_elements(
        folder,
        place["file"],
        place["tab"],
        place["firstcell"],
        place["lastcell"],
        place["prefix"],
        where,
    )
    return replace(part, subscripts=list(names))


def _respell_range(part: Any, names: Mapping[str, str]) -> Any:
    mapping = [_respell(name, names) for name in part.mapping]
    if isinstance(part.subscripts, list):
        subscripts = [_respell(name, names) for name in part.subscripts]
        return replace(part, subscripts=subscripts, mapping=mapping)
    return replace(part, subscripts=_respell(part.subscripts, names), mapping=mapping)


def _respell(name: str, names: Mapping[str, str]) -> str:
    mark = "!" if name.endswith("!") else ""
    return names.get(canonical_name(name.rstrip("!")), name.rstrip("!")) + mark


def _mend_element(element: Any, names: Mapping[str, str]) -> Any:
    def change(node: Any) -> Any:
        if kind_of(node) == "SubscriptsReferenceStructure":
            return type(node)([_respell(name, names) for name in node.subscripts])
        if kind_of(node).startswith("Get"):
            return replace(node, file=node.file.replace("\\", "/"))
        if isinstance(node, np.ndarray):
            return as_float_array(node)
        return float(node) if is_number(node) else node

    components = []
    for component in element.components:
        used, excepted = component.subscripts
        subscripts = (
            [_respell(name, names) for name in used],
            [[_respell(name, names) for name in group] for group in excepted],
        )
        tree = rebuild(component.ast, change)
        components.append(replace(component, subscripts=subscripts, ast=tree))
    return replace(element, components=components)
