"""`<sim_specs>`: when a model starts and stops, how it steps and how it integrates."""

from __future__ import annotations

from collections.abc import Sequence

from haihe.errors import InputError
from haihe.model.scan import fold_blanks
from haihe.model.xmile.document import Node, child
from haihe.model.xmile.parts import Clock
from haihe.model.xmile.reading import Reading, to_number
from haihe.text import Text

_METHODS = {"euler": "euler", "rk4": "rk4", "rk2": "rk4"}
"""The standard lets a program that has no RK2 take RK4."""


def read_clock(root: Node, models: Sequence[Node], reading: Reading) -> Clock:
    """The clock of the file, or else that of its root model.

    Raises
    ------
    InputError
        Where there is none, or something in it is no number.
    """
    specs = child(root, "sim_specs")
    inner = [found for model in models if (found := child(model, "sim_specs")) is not None]
    specs = specs or (inner[0] if inner else None)
    if specs is None:
        raise InputError(
            Text("模型没有 <sim_specs>", "the model has no <sim_specs>"),
            reading.at(0),
            "<sim_specs>",
        )
    clock = _clock(specs, reading)
    for other in inner:
        if other is not specs and not _same(_clock(other, reading), clock):
            reading.fail(
                Text("子模型自带时钟，不能读取", "a model with a clock of its own is not read"),
                other.line,
                Text("唯一的 <sim_specs>", "one <sim_specs>"),
            )
    return clock


def _same(one: Clock, other: Clock) -> bool:
    return (one.start, one.stop, one.step, one.method) == (
        other.start,
        other.stop,
        other.step,
        other.method,
    )


def _clock(specs: Node, reading: Reading) -> Clock:
    step = 1.0 if child(specs, "dt") is None else _value(specs, "dt", reading)
    held = child(specs, "dt")
    if held is not None and held.attributes.get("reciprocal", "").strip().lower() == "true":
        if step == 0.0:
            raise InputError(
                Text("1 / 0 不能作步长", "1 / 0 is no step"),
                reading.at(held.line),
                Text("每个时间单位的步数", "the steps in a unit"),
            )
        step = 1.0 / step
    save = [v for k, v in specs.attributes.items() if k.rpartition(":")[2] == "save_interval"]
    return Clock(
        start=_value(specs, "start", reading),
        stop=_value(specs, "stop", reading),
        step=step,
        save_step=_number(save[0], specs.line, "save_interval", reading) if save else None,
        units=fold_blanks(specs.attributes.get("time_units", "")),
        method=_method(specs, reading),
        line=specs.line,
    )


def _method(specs: Node, reading: Reading) -> str:
    """The first of the methods that the file names and that there is."""
    named = [m.strip().lower() for m in specs.attributes.get("method", "euler").split(",")]
    known = [_METHODS[method] for method in named if method in _METHODS]
    if not known:
        raise InputError(
            Text(
                f"不支持积分方法 {'、'.join(named)}",
                f"the method {', '.join(named)} is not supported",
            ),
            reading.at(specs.line),
            Text("euler 或 rk4", "euler or rk4"),
        )
    return known[0]


def _value(specs: Node, tag: str, reading: Reading) -> float:
    node = child(specs, tag)
    if node is None:
        raise InputError(
            Text(f"<sim_specs> 中没有 <{tag}>", f"<sim_specs> has no <{tag}>"),
            reading.at(specs.line),
            f"<{tag}>",
        )
    return _number(node.text, node.line, tag, reading)


def _number(text: str, line: int, what: str, reading: Reading) -> float:
    value = to_number(text.strip())
    if value is None:
        raise InputError(
            Text(f"{what} 不是数字", f"{what} is no number"),
            reading.at(line),
            Text("数字", "a number"),
            shown=text.strip()[:80],
        )
    return value
