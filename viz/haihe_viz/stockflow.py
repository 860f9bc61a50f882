"""Stock-and-flow pictures as SVG: boxes, pipes with valves, and arrows that inform.

A picture stands by itself: no script, no font and no file beside it. It is light on purpose, so
that many fit in one page; stocks and pipes are drawn over arrows, names over everything.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from math import hypot

from haihe.results.stock_flow import COLUMN, HEIGHT, WIDTH, Picture, Pipe, Shape
from haihe.text import Lang, Text

STOCK, PIPE, ARROW, SHADOW, INK = "#0b5394", "#44546a", "#9db2c9", "#7a7a7a", "#1a1a1a"
FONT = "system-ui, 'Noto Sans SC', 'Microsoft YaHei', sans-serif"
LINE = 13.0
"""Distance of lines of text [pixel]."""
VALVE = 7.0
CLOUD = 44.0
"""How far from a stock or a valve a cloud lies [pixel]."""
_LONGEST: Mapping[str, int] = {"zh": 9, "en": 19}
_MOST = 3


def draw_picture(picture: Picture, lang: Lang) -> str:
    """A picture as the text of an SVG file."""
    shapes = {shape.name: shape for shape in picture.shapes}
    width, height = picture.width + 2 * CLOUD, picture.height
    title = html.escape(picture.title.get(lang), quote=True)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-CLOUD:g} 0 {width:g} {height:g}"'
        f' width="{width:g}" height="{height:g}" role="img" font-family="{FONT}" font-size="11">',
        f"<title>{title}</title>",
        f'<rect x="{-CLOUD:g}" width="100%" height="100%" fill="#fff"/>',
        _marks(),
        *(_arrow(shapes[a], shapes[b]) for a, b in picture.arrows),
        *(part for pipe in picture.pipes for part in _pipe(pipe, shapes)),
        *(part for shape in picture.shapes for part in _shape(shape, lang)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _marks() -> str:
    def mark(name: str, color: str, size: int) -> str:
        return (
            f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="{size}"'
            f' markerHeight="{size}" markerUnits="userSpaceOnUse" orient="auto-start-reverse">'
            f'<path d="M0 0 8 4 0 8z" fill="{color}"/></marker>'
        )

    return f"<defs>{mark('info', ARROW, 7)}{mark('pipe', PIPE, 12)}</defs>"


def _arrow(cause: Shape, effect: Shape) -> str:
    """A curve from a cause to what it informs."""
    x1, x2 = cause.x + WIDTH / 2, effect.x - WIDTH / 2
    y1, y2 = cause.y, effect.y
    if x2 <= x1 - WIDTH:
        # Back to the left: over the top, so that it is seen to close a loop.
        x1, x2 = cause.x, effect.x
        y1, y2 = cause.y - HEIGHT / 2, effect.y - HEIGHT / 2
        lift = min(y1, y2) - 22 - abs(x1 - x2) / 16
        curve = f"M{x1:.0f} {y1:.0f}C{x1:.0f} {lift:.0f} {x2:.0f} {lift:.0f} {x2:.0f} {y2:.0f}"
        dash = ' stroke-dasharray="4 2"'
    elif x2 < x1:
        side = WIDTH / 2
        down = y1 < y2
        x1 = x2 = cause.x
        y1 += HEIGHT / 2 if down else -HEIGHT / 2
        y2 += -HEIGHT / 2 if down else HEIGHT / 2
        bend = x1 + side * 0.6
        curve = f"M{x1:.0f} {y1:.0f}Q{bend:.0f} {(y1 + y2) / 2:.0f} {effect.x:.0f} {y2:.0f}"
        dash = ""
    else:
        reach = max(24.0, (x2 - x1) / 2)
        curve = (
            f"M{x1:.0f} {y1:.0f}C{x1 + reach:.0f} {y1:.0f} {x2 - reach:.0f} {y2:.0f}"
            f" {x2:.0f} {y2:.0f}"
        )
        dash = ""
    return (
        f'<path d="{curve}" fill="none" stroke="{ARROW}" stroke-width="1"{dash}'
        ' marker-end="url(#info)"/>'
    )


def _pipe(pipe: Pipe, shapes: Mapping[str, Shape]) -> Iterator[str]:
    """The pipe through a flow, with a cloud where it leaves the model."""
    valve = shapes.get(pipe.flow)
    source, target = shapes.get(pipe.source), shapes.get(pipe.target)
    if valve is None:
        held = source or target
        assert held is not None
        away = CLOUD if source else -CLOUD
        end = (held.x + (WIDTH / 2 + away if source else away - WIDTH / 2), held.y)
        edge = (held.x + (WIDTH / 2 if source else -WIDTH / 2), held.y)
        yield _tube(edge, end) if source else _tube(end, edge)
        middle = ((edge[0] + end[0]) / 2, held.y)
        yield _valve(*middle)
        yield _cloud(*end)
        return
    place = (valve.x, valve.y - HEIGHT / 4)
    for held, towards in ((source, False), (target, True)):
        if held is None:
            end = (place[0] + (CLOUD * 1.2 if towards else -CLOUD * 1.2), place[1])
            yield _tube(place, end) if towards else _tube(end, place, arrow=False)
            yield _cloud(*end)
        else:
            yield (
                _tube(place, _edge(held, place))
                if towards
                else _tube(_edge(held, place), place, arrow=False)
            )


def _edge(shape: Shape, other: tuple[float, float]) -> tuple[float, float]:
    """Where a line to another place leaves a box."""
    dx, dy = other[0] - shape.x, other[1] - shape.y
    if not dx and not dy:
        return shape.x, shape.y
    scale = min(
        WIDTH / 2 / abs(dx) if dx else float("inf"), HEIGHT / 2 / abs(dy) if dy else float("inf")
    )
    return shape.x + dx * scale, shape.y + dy * scale


def _tube(start: tuple[float, float], end: tuple[float, float], arrow: bool = True) -> str:
    (x1, y1), (x2, y2) = start, end
    if arrow and (length := hypot(x2 - x1, y2 - y1)) > 12:
        short = (length - 8) / length
        x2, y2 = x1 + (x2 - x1) * short, y1 + (y2 - y1) * short
    line = f'x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}"'
    mark = ' marker-end="url(#pipe)"' if arrow else ""
    return (
        f'<line {line} stroke="{PIPE}" stroke-width="6"{mark}/>'
        f'<line {line} stroke="#fff" stroke-width="3"/>'
    )


def _valve(x: float, y: float) -> str:
    v = VALVE
    return (
        f'<path d="M{x - v:.0f} {y - v:.0f}L{x + v:.0f} {y + v:.0f}V{y - v:.0f}'
        f'L{x - v:.0f} {y + v:.0f}z" fill="#fff" stroke="{PIPE}" stroke-width="1.5"/>'
    )


def _cloud(x: float, y: float) -> str:
    circles = ((-6, 1, 6), (0, -4, 7), (7, 1, 6), (0, 4, 6))
    drawn = "".join(
        f'<circle cx="{x + dx:.0f}" cy="{y + dy:.0f}" r="{r}"/>' for dx, dy, r in circles
    )
    return f'<g fill="#eef2f6" stroke="{PIPE}" stroke-width=".6">{drawn}</g>'


def _shape(shape: Shape, lang: Lang) -> Iterator[str]:
    lines = wrap(shape.label.get(lang), lang)
    y = shape.y
    if shape.kind == "stock":
        yield (
            f'<rect x="{shape.x - WIDTH / 2:.0f}" y="{y - HEIGHT / 2:.0f}" width="{WIDTH:g}"'
            f' height="{HEIGHT:g}" fill="#eaf2fb" stroke="{STOCK}" stroke-width="1.6"/>'
        )
    elif shape.kind == "flow":
        y += HEIGHT / 4
        yield _valve(shape.x, shape.y - HEIGHT / 4)
    else:
        wide = max(map(_measure, lines)) + 6
        tall = LINE * len(lines) + 2
        yield (
            f'<rect x="{shape.x - wide / 2:.0f}" y="{y - tall / 2:.0f}" width="{wide:.0f}"'
            f' height="{tall:.0f}" fill="#fff" fill-opacity=".82"/>'
        )
    color = SHADOW if shape.kind == "shadow" else INK
    weight = ' font-weight="600"' if shape.kind == "stock" else ""
    slant = ' font-style="italic"' if shape.kind == "shadow" else ""
    name = html.escape(shape.name, quote=True)
    top = y - LINE * (len(lines) - 1) / 2 + 4
    halo = ' paint-order="stroke" stroke="#fff" stroke-width="3"' if shape.kind == "flow" else ""
    yield (
        f'<text x="{shape.x:.0f}" text-anchor="middle" fill="{color}"{weight}{slant}{halo}>'
        f"<title>{name}</title>"
        + "".join(
            f'<tspan x="{shape.x:.0f}" y="{top + k * LINE:.0f}">{html.escape(line)}</tspan>'
            for k, line in enumerate(lines)
        )
        + "</text>"
    )


def _measure(line: str) -> float:
    """Width of a line [pixel]: Chinese letters are twice as wide."""
    return sum(11.0 if ord(letter) > 0x2E7F else 5.9 for letter in line)


def wrap(label: str, lang: Lang) -> list[str]:
    """A label in few short lines; what does not fit ends with an ellipsis."""
    longest = _LONGEST[lang] if any(ord(c) > 0x2E7F for c in label) else _LONGEST["en"]
    words = list(label) if longest == _LONGEST["zh"] and " " not in label else label.split(" ")
    glue = "" if words == list(label) else " "
    lines = [""]
    for word in words:
        joined = f"{lines[-1]}{glue}{word}" if lines[-1] else word
        if len(joined) <= longest or not lines[-1] or word in "）)，、":
            lines[-1] = joined
        else:
            lines.append(word)
    if len(lines) > _MOST:
        lines = [*lines[: _MOST - 1], lines[_MOST - 1][: longest - 1] + "…"]
    return lines


def legend(lang: Lang) -> str:
    """What the signs mean, in a sentence."""
    return Text(
        "方框为存量，带阀门的管道为流量，云为模型边界；细箭头为信息联系，虚线为返回左侧的联系；"
        "灰色斜体为其他子系统的变量。常数和表函数不画出。",
        "Boxes are stocks, pipes with valves are flows, clouds are the end of the model; thin "
        "arrows inform, dashed ones go back to the left; what is grey and slanted stands in "
        "another subsystem. Constants and tables are not drawn.",
    ).get(lang)


__all__ = ["COLUMN", "draw_picture", "legend", "wrap"]
