"""The programs of a live page, printed as JavaScript: the schedule of policy, and the model itself.

A lever is a number that the model's schedule carries out, or a trajectory that takes the schedule's
place. So that one program serves both, `X in force` of every lever comes into the model as a
series: a first, small program computes it from the numbers at every step of the time axis, and a
trajectory stands in for it where there is one. Values at the steps are handed on as they are, so
nothing is lost between the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from haihe.compile import compile_model
from haihe.compile.emit_javascript import emit_javascript
from haihe.errors import InputError
from haihe.model.types import FloatArray, Model, TimeAxis
from haihe.scenario.settings import find_table
from haihe.scenario.vocabulary import POLICY, Vocabulary
from haihe.text import Text

MODEL, SCHEDULE = "createModel", "createSchedule"
"""Names of the two factories in the printed script."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a live page asks of the model beside its levers."""

    outputs: tuple[str, ...]
    """Variables of the outcomes."""
    constants: tuple[str, ...]
    """Parameters that a preset or a future sets."""
    series: tuple[str, ...]
    """Drivers that a preset or a future sets."""


def print_programs(vocabulary: Vocabulary, needs: Needs, time: TimeAxis) -> str:
    """Both programs as one classic script that defines `createSchedule` and `createModel`.

    Raises
    ------
    InputError
        Where something else than time decides what is in force, or a driver has no table.
    """
    model = vocabulary.model
    levers = (*vocabulary.in_force, *find_timing(vocabulary))
    schedule = compile_model(
        model, tuple(vocabulary.in_force.values()), levers, integration=time.method
    )
    if schedule.registers:
        raise InputError(
            Text("生效的政策取决于模型中的存量", "what is in force depends on stocks of the model"),
            expected=Text("只随时间变化的实施进度", "a schedule that time alone decides"),
        )
    whole = compile_model(
        model,
        needs.outputs,
        tuple(dict.fromkeys((*list_levers(vocabulary), *needs.constants))),
        (*vocabulary.in_force.values(), *needs.series),
        integration=time.method,
    )
    steps = TimeAxis(time.start, time.stop, time.step, time.step, time.units, time.method)
    return emit_javascript(schedule, form="script", name=SCHEDULE, time=steps) + emit_javascript(
        whole, form="script", name=MODEL, time=time, curves=read_tables(vocabulary, needs.series)
    )


def list_levers(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Every constant that a scenario sets among its levers, in the catalogue's order."""
    own = (vocabulary.names.find(name) for name in vocabulary.catalogue.levers)
    return (*filter(None, own), *find_timing(vocabulary))


def find_timing(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Delay and completion of policy, as far as the model has them."""
    return tuple(filter(None, map(vocabulary.names.find, POLICY)))


def read_tables(
    vocabulary: Vocabulary, drivers: Iterable[str]
) -> Mapping[str, tuple[FloatArray, FloatArray]]:
    """The model's own values of drivers: years (point,), values (point, *dims)."""
    found = {}
    for name in drivers:
        variable = vocabulary.model.variables[name]
        table = find_table(variable, vocabulary)
        if table is None or variable.dims:
            raise InputError(
                Text(f"外生驱动 {name} 没有数据表", f"the driver {name} has no table"),
                expected=Text(f"表函数 `{name} table`", f"a lookup `{name} table`"),
            )
        found[name] = (np.array(table.years), np.array(table.values))
    return found


def shape_of(model: Model, name: str) -> tuple[int, ...]:
    """Lengths of the dimensions of a variable."""
    return tuple(len(model.dimensions[dim].elements) for dim in model.variables[name].dims)
