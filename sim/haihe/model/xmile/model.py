"""An XMILE file as the translator's model, with the place of everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pysd.translators.structures import abstract_expressions as ae
from pysd.translators.structures import abstract_model as am

from haihe.errors import InputError, raise_all
from haihe.model.scan import Definition, fold_blanks
from haihe.model.types import canonical_name
from haihe.model.xmile.document import parse_document
from haihe.model.xmile.flatten import Flat, flatten
from haihe.model.xmile.functions import CONSTANTS
from haihe.model.xmile.parts import CLOCK, File, Written
from haihe.model.xmile.read import read_file
from haihe.model.xmile.reading import Reading
from haihe.model.xmile.scope import Dimension, Scope
from haihe.model.xmile.write import Component, Writer
from haihe.project import show_path
from haihe.text import Text


@dataclass(frozen=True, slots=True)
class Whole:
    """A model that was read."""

    abstract: Any
    """The translator's AbstractModel."""
    definitions: tuple[Definition, ...]
    method: str


def read_xmile(path: Path) -> Whole:
    """Read an XMILE file into the translator's structures. Nothing of it is executed.

    Raises
    ------
    InputError, InputErrors
        With the line of everything that cannot be read or is not supported.
    """
    shown = show_path(path)
    file = read_file(parse_document(path), shown)
    reading = Reading(shown)
    dimensions = {canonical_name(n): Dimension(n, e) for n, e, _ in file.dimensions}
    macros = {canonical_name(macro.name): macro for macro in file.macros}
    writer = Writer(flatten(file, reading), dimensions, macros, shown)
    elements, definitions = _write_all(writer, reading)
    clock, places = _clock(file, writer, reading)
    raise_all(reading.errors)
    ranges = [am.AbstractSubscriptRange(d.name, list(d.elements), []) for d in dimensions.values()]
    section = am.AbstractSection(
        name="__main__",
        path=path.with_suffix(".py"),
        type="main",
        params=[],
        returns=[],
        subscripts=ranges,
        elements=elements + clock,
        constraints=[],
        test_inputs=[],
        split=False,
        views_dict=None,
    )
    abstract = am.AbstractModel(original_path=path, sections=(section,))
    return Whole(abstract, (*definitions, *places), file.clock.method)


def _write_all(writer: Writer, reading: Reading) -> tuple[list[Any], list[Definition]]:
    """Every variable with its equations; macros add variables on the way."""
    elements: list[Any] = []
    definitions: list[Definition] = []
    seen: dict[str, Flat] = {}
    queue = [f for f in writer.world if not (f.path == () and f.variable.key in CLOCK)]
    while queue:
        for flat in queue:
            earlier = seen.setdefault(canonical_name(flat.name), flat)
            if earlier is not flat or canonical_name(flat.name) in CONSTANTS:
                what = (
                    Text("与其他名称重复", "is the name of something else")
                    if earlier is flat
                    else Text("出现两次", "stands twice")
                )
                reading.fail(
                    Text("{name} {what}", "{name} {what}").fill(name=flat.name, what=what),
                    flat.variable.line,
                    Text("别的名称", "another name"),
                )
                continue
            try:
                components = writer.components(flat)
            except InputError as error:
                reading.errors.append(error)
                continue
            elements.append(_element(flat, components))
            definitions += _definitions(flat, components)
        queue, writer.waiting = writer.waiting, []
    return elements, definitions


def _element(flat: Flat, components: Iterable[Component]) -> Any:
    parts = []
    for subscripts, tree, _ in components:
        made = am.AbstractLookup if isinstance(tree, ae.LookupsStructure) else am.AbstractComponent
        parts.append(made((subscripts, []), tree))
    variable = flat.variable
    return am.AbstractElement(flat.name, parts, variable.units, variable.limits, variable.doc)


def _definitions(flat: Flat, components: list[Component]) -> list[Definition]:
    variable = flat.variable
    several = len(components) > 1
    found = []
    for subscripts, _, text in components:
        left = f'"{flat.name}"' + (f"[{','.join(subscripts)}]" if several else "")
        found.append(
            Definition(
                f"{left} = {fold_blanks(text.text)}",
                variable.units,
                variable.limits,
                variable.doc,
                variable.group,
                "",
                text.line if several else variable.line,
                variable.line,
            )
        )
    return found


def _clock(file: File, writer: Writer, reading: Reading) -> tuple[list[Any], list[Definition]]:
    """The clock as variables, as the translator has it."""
    clock = file.clock
    values: dict[str, Any] = {
        "initial time": clock.start,
        "final time": clock.stop,
        "time step": clock.step,
        "saveper": clock.save_step,
    }
    for key, own in _own_clock(writer, reading).items():
        if key == "saveper" and values[key] is None:
            values[key] = own
        elif isinstance(own, float) and own != values[key]:
            line = writer.world.flats[()][key].variable.line
            reading.fail(
                Text(
                    f"{CLOCK[key]} 在此处为 {own:g}，在 <sim_specs> 中为 {values[key]:g}",
                    f"{CLOCK[key]} is {own:g} here and {values[key]:g} in <sim_specs>",
                ),
                line,
                Text("两处相同的值", "the same in both"),
            )
    if values["saveper"] is None:
        values["saveper"] = ae.ReferenceStructure("TIME STEP")
    elements, places = [], []
    for key, value in values.items():
        name = CLOCK[key]
        part = am.AbstractComponent(([], []), value)
        elements.append(am.AbstractControlElement(name, [part], clock.units, (None, None), ""))
        shown = "TIME STEP" if not isinstance(value, float) else f"{value!r}"
        places.append(
            Definition(
                f'"{name}" = {shown}', clock.units, (None, None), "", "", "", clock.line, clock.line
            )
        )
    return elements, places


def _own_clock(writer: Writer, reading: Reading) -> dict[str, Any]:
    """Variables of the root model that carry the names of the clock: converters write them."""
    found: dict[str, Any] = {}
    for key, flat in writer.world.flats[()].items():
        if key not in CLOCK:
            continue
        part = flat.variable.parts[0]
        text = part.equation or Written("", part.line)
        scope = Scope(flat.name, (), reading.shown, text)
        try:
            tree = scope.parse()
            found[key] = writer.write(tree, scope) if tree is not None else None
        except InputError as error:
            reading.errors.append(error)
    return {key: value for key, value in found.items() if value is not None}
