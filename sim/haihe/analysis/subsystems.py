"""Subsystems of a model: what stands in each, what it reads from others, and its picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from haihe.compile.explain import Graph
from haihe.compile.stock_flows import Flow
from haihe.model.catalogue import Catalogue
from haihe.model.types import Kind, Model, Variable, canonical_name
from haihe.results.stock_flow import Picture, Pipe, Shape, lay_out
from haihe.text import Text

_SPOKEN = {Kind.STOCK, Kind.FLOW, Kind.AUXILIARY}
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_BREAK = re.compile(r"[\s；;，,。.、:：]+$")
IN_FORCE = " in force"
NOT_DRAWN = frozenset({"ranges", "schedule", "levers", "drivers", "control", "loops"})
"""Groups that hold inputs and lists: their pictures would say nothing."""


@dataclass(frozen=True, slots=True)
class Subsystem:
    """One group of the model file."""

    name: str
    title: Text
    variables: tuple[Variable, ...]
    picture: Picture | None

    @property
    def slug(self) -> str:
        """Its name as a file is called."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.casefold()).strip("-") or "model"


def split_doc(doc: str) -> Text:
    """An author's comment in both languages: English first, then a Chinese title at its end."""
    whole = " ".join(doc.split())
    words = whole.split(" ")
    place = next((k for k, word in enumerate(words) if _CHINESE.match(word)), None)
    last = next((k for k in range(len(words), 0, -1) if not _CHINESE.search(words[k - 1])), 0)
    start = last if place is None or last > place else place
    zh = " ".join(words[start:])
    if not _CHINESE.search(zh):
        return Text(whole, whole)
    en = " ".join(words[:start])
    return Text(_BREAK.sub("", zh), _BREAK.sub("", en) or whole)


def title_of(variable: Variable, titles: Mapping[str, Text]) -> Text:
    """What a variable is called: as the catalogue says, else by its comment and its name."""
    key = canonical_name(variable.name)
    known = titles.get(key)
    if known is not None:
        return Text(known.zh, variable.name)
    lever = titles.get(key.removesuffix(IN_FORCE))
    if lever is not None:
        return Text(f"{lever.zh}（实施）", variable.name)
    zh = split_doc(variable.doc).zh
    return Text(zh if _CHINESE.search(zh) and len(zh) <= 24 else variable.name, variable.name)


def collect_titles(catalogue: Catalogue) -> dict[str, Text]:
    """Titles of levers, drivers and outcomes, by name of the variable as compared."""
    found = {canonical_name(e.variable): e.title for e in catalogue.outcomes.values()}
    for entries in (catalogue.levers, catalogue.drivers):
        found |= {canonical_name(name): entry.title for name, entry in entries.items()}
    return found


def find_subsystems(
    model: Model, catalogue: Catalogue, reads: Graph, flows: Mapping[str, tuple[Flow, ...]]
) -> tuple[Subsystem, ...]:
    """Every group of a model, in the order of the file.

    Parameters
    ----------
    reads
        Of `causal_graph`.
    flows
        Of `find_flows`.
    """
    titles = collect_titles(catalogue)
    groups: dict[str, list[Variable]] = {}
    for variable in model.variables.values():
        groups.setdefault(variable.group or model.name, []).append(variable)
    found = []
    for name, variables in groups.items():
        title = GROUP_TITLES.get(name.casefold(), Text(name, name))
        picture = None
        if name.casefold() not in NOT_DRAWN:
            picture = draw_subsystem(title, variables, model, titles, reads, flows)
        found.append(Subsystem(name, title, tuple(variables), picture))
    return tuple(found)


def draw_subsystem(
    title: Text,
    variables: Sequence[Variable],
    model: Model,
    titles: Mapping[str, Text],
    reads: Graph,
    flows: Mapping[str, tuple[Flow, ...]],
) -> Picture | None:
    """Picture of one group: its stocks, flows and auxiliaries, and what they read elsewhere.

    None where there is nothing to draw. Constants and tables are left out: the list has them.
    """
    own = {v.name: v for v in variables if v.kind in _SPOKEN}
    if not own:
        return None
    pipes = tuple(_pipes(own, flows))
    piped = {pipe.flow for pipe in pipes if pipe.flow}
    arrows = tuple(_arrows(own, model, reads, flows))
    shapes = [
        Shape(
            name,
            "flow" if name in piped else "stock" if v.kind is Kind.STOCK else "auxiliary",
            title_of(v, titles),
        )
        for name, v in own.items()
    ]
    strange = dict.fromkeys(
        name for a, b in arrows for name in (a, b) if name not in own
    ) | dict.fromkeys(p.flow for p in pipes if p.flow and p.flow not in own)
    shapes += [Shape(n, "shadow", title_of(model.variables[n], titles)) for n in strange]
    return lay_out(Picture(title, tuple(shapes), pipes, arrows))


def _pipes(own: Mapping[str, Variable], flows: Mapping[str, tuple[Flow, ...]]) -> Iterator[Pipe]:
    """Pipes of the stocks of a group; a flow between two of them is one pipe."""
    into: dict[str, list[str]] = {}
    out_of: dict[str, list[str]] = {}
    for stock, parts in flows.items():
        if stock not in own:
            continue
        for part in parts:
            if not part.name:
                ends = (stock, "") if part.sign == "-" else ("", stock)
                yield Pipe(ends[0], "", ends[1])
            else:
                side = into if part.sign == "+" else out_of
                side.setdefault(part.name, []).append(stock)
    for flow in dict.fromkeys((*into, *out_of)):
        targets, sources = into.get(flow, []), out_of.get(flow, [])
        for k in range(max(len(targets), len(sources))):
            source = sources[k] if k < len(sources) else ""
            target = targets[k] if k < len(targets) else ""
            yield Pipe(source, flow, target)


def _arrows(
    own: Mapping[str, Variable],
    model: Model,
    reads: Graph,
    flows: Mapping[str, tuple[Flow, ...]],
) -> Iterator[tuple[str, str]]:
    """Links that inform: every cause that changes over time, but flows of a stock itself."""
    for name in own:
        moved = {part.name for part in flows.get(name, ())}
        for cause in reads.get(name, ()):
            variable = model.variables.get(cause)
            if variable is None or variable.kind not in _SPOKEN or cause in moved:
                continue
            if cause != name:
                yield cause, name


GROUP_TITLES: Mapping[str, Text] = {
    "schedule": Text("实施进度", "Schedule"),
    "levers": Text("政策杠杆", "Levers"),
    "drivers": Text("外生驱动", "Drivers"),
    "economy": Text("经济与产业结构", "Economy"),
    "innovation": Text("科技创新", "Innovation"),
    "energy": Text("能源需求与用能选择", "Energy"),
    "power": Text("电力", "Power"),
    "carbon market": Text("碳市场", "Carbon market"),
    "freight": Text("货运结构", "Freight"),
    "fleets": Text("车辆", "Fleets"),
    "port": Text("港口与岸电", "Port"),
    "circular economy and land": Text("循环经济与国土", "Circular economy and land"),
    "emissions": Text("排放", "Emissions"),
    "air quality": Text("空气质量", "Air quality"),
    "policy pressure": Text("政策压力", "Policy pressure"),
    "finance": Text("财政与金融", "Finance"),
    "costs": Text("成本", "Costs"),
    "health": Text("健康", "Health"),
    "loops": Text("反馈回路开关", "Loops"),
    "indicators": Text("考核指标", "Indicators"),
    "control": Text("时间控制", "Control"),
}
"""What the groups of the shipped model are called; others keep their own name."""
