"""Graphical functions: where their points lie and what they do between and beyond them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from haihe.model.xmile.document import Node, child
from haihe.model.xmile.parts import Graph
from haihe.model.xmile.reading import Reading, to_number
from haihe.text import Text

_GRAPHS = {
    "continuous": "interpolate",
    "extrapolate": "extrapolate",
    "discrete": "hold_backward",
}


def read_graph(node: Node, name: str, reading: Reading) -> Graph | None:
    """The graphical function of a variable or of an element; None where it has none."""
    holder = node if node.tag == "gf" else child(node, "gf")
    if holder is None:
        return None
    kind = holder.attributes.get("type", "continuous").strip().lower()
    y = _numbers(child(holder, "ypts"), holder, reading)
    x = _places(holder, len(y), reading)
    if kind not in _GRAPHS:
        reading.fail(
            Text(
                f"{name} 的图形函数类型为 {kind}",
                f"{name} has a graphical function of the kind {kind}",
            ),
            holder.line,
            Text("continuous、extrapolate 或 discrete", "continuous, extrapolate or discrete"),
        )
    elif not y:
        reading.fail(
            Text(f"{name} 的图形函数没有点", f"the graphical function of {name} has no points"),
            holder.line,
            "<ypts>",
        )
    elif not x:
        reading.fail(
            Text(f"{name} 的图形函数没有 x", f"the graphical function of {name} has no x"),
            holder.line,
            Text("<xscale> 或 <xpts>", "<xscale> or <xpts>"),
        )
    elif len(x) != len(y):
        reading.fail(
            Text(
                f"{name} 的图形函数有 {len(x)} 个 x、{len(y)} 个 y",
                f"the graphical function of {name} has {len(x)} x and {len(y)} y",
            ),
            holder.line,
        )
    elif any(a > b for a, b in pairwise(x)):
        reading.fail(
            Text(
                f"{name} 的图形函数中 x 没有递增",
                f"the graphical function of {name} has x that do not ascend",
            ),
            holder.line,
            Text("按顺序排列的 x", "x in order"),
        )
    else:
        return Graph(x, y, _GRAPHS[kind], holder.line)
    return None


def _numbers(node: Node | None, holder: Node, reading: Reading) -> tuple[float, ...]:
    if node is None or not node.text.strip():
        return ()
    separator = node.attributes.get("sep", ",")
    texts = node.text.strip().split(separator) if separator.strip() else node.text.split()
    # A separator may follow the last number as well.
    texts = texts[:-1] if len(texts) > 1 and not texts[-1].strip() else texts
    values = [to_number(text.strip()) for text in texts]
    if None in values:
        wrong = texts[values.index(None)].strip()
        reading.fail(
            Text("有的点不是数字", "a point is no number"),
            node.line or holder.line,
            Text("数字", "numbers"),
            shown=wrong[:80],
        )
    return tuple(value for value in values if value is not None)


def _places(holder: Node, count: int, reading: Reading) -> tuple[float, ...]:
    """Where the points lie: as `xpts` says, or evenly over `xscale`."""
    written = child(holder, "xpts")
    if written is not None:
        return _numbers(written, holder, reading)
    scale = child(holder, "xscale")
    if scale is None:
        return ()
    low, high = (to_number(scale.attributes.get(end, "").strip()) for end in ("min", "max"))
    if low is None or high is None or low >= high:
        reading.fail(
            Text("x 的范围无法读取", "the scale of x cannot be read"),
            scale.line,
            Text("min 小于 max", "min below max"),
        )
        return ()
    return tuple(float(value) for value in np.linspace(low, high, count))
