"""The sketch section of a Vensim file: a view for each subsystem, laid out as its picture is.

A sketch says where things are drawn and nothing else: whatever reads the equations stops where it
begins. What was drawn before is replaced.

Sources
-------
Vensim help, "Sketch Information" and "Objects" under ".mdl Model Files"
(vensim.com/documentation/ref_sketch_format.html, vensim.com/documentation/24305.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from haihe.errors import InputError
from haihe.model.scan import SKETCH
from haihe.results.stock_flow import Picture, Pipe, Shape
from haihe.text import Text

END = "///---\\\\\\"
_HEAD = f"{SKETCH} Sketch information - do not modify anything except names"
_VERSION = "V300  Do not put anything below this section - it will be ignored"
_FONT = "$192-192-192,0,|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0"
_PLAIN = re.compile(r"[^\W\d][\w '$]*")
_BOX, _TEXT, _RATE = 3, 8, 40
_STOCK_SIZE, _TEXT_SIZE = (58, 22), (60, 20)
_FLOW_DROP = 20
"""How far below its valve the name of a flow stands [pixel]."""
_CLOUD = 70


@dataclass(slots=True)
class Sheet:
    """The objects of one view, numbered as they are made; lives for one view."""

    lines: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    """Number of the object that arrows of a variable begin or end at."""
    valves: dict[str, tuple[int, float, float]] = field(default_factory=dict)
    count: int = 0

    def add(self, kind: int, rest: str) -> int:
        """One object; its number."""
        self.count += 1
        self.lines.append(f"{kind},{self.count},{rest}")
        return self.count


def write_sketch(text: str, pictures: Sequence[tuple[str, Picture]]) -> str:
    """The text of a Vensim file with a new sketch; the equations stay letter by letter.

    Parameters
    ----------
    pictures
        Name and picture of each view.

    Raises
    ------
    InputError
        Where there is nothing to draw.
    """
    if not pictures:
        raise InputError(Text("模型没有可画的内容", "the model has nothing to draw"))
    equations, _, old = text.partition(SKETCH)
    # Settings of Vensim (runs, fonts, plots) stand after the sketch.
    _, found, rest = old.partition(END)
    views = "".join(f"{line}\n" for name, picture in pictures for line in _view(name, picture))
    settings = rest if found and rest.strip() else "\n"
    return f"{equations.rstrip(chr(10))}\n\n{views}{END}{settings}"


def _view(name: str, picture: Picture) -> Iterator[str]:
    yield _HEAD
    yield _VERSION
    yield "*" + re.sub(r"[^\w .&-]", " ", name)
    yield _FONT
    yield from _draw(picture).lines


def _draw(picture: Picture) -> Sheet:
    sheet = Sheet()
    piped = {pipe.flow for pipe in picture.pipes if pipe.flow}
    shapes = {shape.name: shape for shape in picture.shapes}
    for shape in picture.shapes:
        if shape.name not in piped or shape.kind == "shadow":
            sheet.numbers[shape.name] = sheet.add(10, _word(shape))
    for name in dict.fromkeys(pipe.flow for pipe in picture.pipes):
        if name in shapes and shapes[name].kind != "shadow":
            _draw_flow(shapes[name], picture.pipes, shapes, sheet)
    for pipe in picture.pipes:
        # A flow of another subsystem is drawn there; here it informs the stock.
        if pipe.flow in shapes and shapes[pipe.flow].kind == "shadow":
            for end in (pipe.source, pipe.target):
                if end:
                    _arrow(pipe.flow, end, shapes, sheet)
    for cause, effect in picture.arrows:
        _arrow(cause, effect, shapes, sheet)
    return sheet


def _word(shape: Shape) -> str:
    x, y = round(shape.x), round(shape.y)
    name = spell_name(shape.name)
    if shape.kind == "shadow":
        width, height = _TEXT_SIZE
        return (
            f"{name},{x},{y},{width},{height},{_TEXT},2,0,3,-1,0,0,0,128-128-128,0-0-0,"
            "|||128-128-128"
        )
    box = shape.kind == "stock"
    width, height = _STOCK_SIZE if box else _TEXT_SIZE
    return f"{name},{x},{y},{width},{height},{_BOX if box else _TEXT},3,0,0,0,0,0,0"


def _draw_flow(flow: Shape, pipes: Sequence[Pipe], shapes: dict[str, Shape], sheet: Sheet) -> None:
    """Clouds, pipes, the valve and the name: Vensim wants the name right after its valve."""
    own = next(pipe for pipe in pipes if pipe.flow == flow.name)
    x, y = round(flow.x), round(flow.y - _FLOW_DROP / 2)
    ends = []
    for end, side in ((own.target, 1), (own.source, -1)):
        if end in sheet.numbers:
            ends.append((sheet.numbers[end], shapes[end].x, shapes[end].y, side))
        else:
            place = x + side * _CLOUD
            number = sheet.add(12, f"48,{place},{y},10,8,0,3,0,0,-1,0,0,0")
            ends.append((number, place, y, side))
    valve = sheet.count + len(ends) + 1
    for number, ex, ey, side in ends:
        shape = 4 if side > 0 else 100
        middle = f"({round((x + ex) / 2)},{round((y + ey) / 2)})"
        sheet.add(1, f"{valve},{number},{shape},0,0,22,0,0,0,-1--1--1,,1|{middle}|")
    sheet.add(11, f"48,{x},{y},6,8,34,3,0,0,1,0,0,0")
    sheet.numbers[flow.name] = sheet.add(
        10, f"{spell_name(flow.name)},{x},{y + _FLOW_DROP},60,11,{_RATE},3,0,0,-1,0,0,0"
    )


def _arrow(cause: str, effect: str, shapes: dict[str, Shape], sheet: Sheet) -> None:
    start, end = sheet.numbers.get(cause), sheet.numbers.get(effect)
    if start is None or end is None:
        return
    one, other = shapes[cause], shapes[effect]
    middle = f"({round((one.x + other.x) / 2)},{round((one.y + other.y) / 2)})"
    sheet.add(1, f"{start},{end},0,0,0,0,0,64,0,-1--1--1,,1|{middle}|")


def spell_name(name: str) -> str:
    """A name as the equations write it: in quotes where it is more than letters and digits."""
    return name if _PLAIN.fullmatch(name) else '"' + name.strip('"') + '"'
