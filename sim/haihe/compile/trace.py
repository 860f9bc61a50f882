"""Where a member that did not finish went wrong: the first value that is not finite.

The kernel does not look: it would cost every member a little to help the few that fail. A failed
member is run once more, alone, with NumPy, and every variable of it is kept at every step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from haihe.compile.expand import expand
from haihe.compile.give import give
from haihe.compile.inline import inline
from haihe.compile.lower import lower
from haihe.compile.order import order_step
from haihe.compile.pipeline import compile_model, evaluate
from haihe.compile.prepare import Series, saved_times
from haihe.compile.subscripts import separate
from haihe.model.types import FloatArray, Model, TimeAxis


@dataclass(frozen=True, slots=True)
class Failure:
    """The first value of a member that is not finite."""

    time: float
    """In the unit of the model's time."""
    variable: str
    """Name in the model. What it reads was finite still."""
    element: tuple[str, ...]
    """Elements of its dimensions; () for a scalar."""
    value: float
    """NaN or an infinity."""

    def __str__(self) -> str:
        place = f"[{', '.join(self.element)}]" if self.element else ""
        return f"{self.variable}{place} is {self.value} at {self.time:g}"


def trace_failure(
    model: Model,
    constants: Mapping[str, FloatArray] | None = None,
    series: Mapping[str, Series] | None = None,
    initial: Mapping[str, FloatArray] | None = None,
    time: TimeAxis | None = None,
    integration: str | None = None,
) -> Failure | None:
    """Find where one member fails; None where every value of it is finite.

    Parameters
    ----------
    constants, series, initial
        As for `evaluate`, with one member.
    """
    constants, series, initial = constants or {}, series or {}, initial or {}
    axis = time or model.time
    fine = replace(axis, save_step=axis.step)
    program = compile_model(
        model, [], list(constants), list(series), list(initial), integration=integration
    )
    values = evaluate(program, 1, constants, series, initial, fine, backend="numpy")
    times = saved_times(fine)
    wrong = {name: ~np.isfinite(v[0]) for name, v in values.items()}
    steps = [
        int(np.argmax(w.reshape(len(times), -1).any(axis=1))) for w in wrong.values() if w.any()
    ]
    if not steps:
        return None
    return _first_at(model, values, min(steps), float(times[min(steps)]))


def _first_at(
    model: Model, values: Mapping[str, FloatArray], step: int, time: float
) -> Failure | None:
    """The first value in the order of computation that is not finite at a step."""
    source = inline(lower(model))
    variables = separate(source)
    elements = expand(give(variables, (), (), ())[0])
    for key, position in order_step(elements):
        variable = variables[key]
        if variable.name not in values:
            continue
        value = float(values[variable.name][0, step].reshape(-1)[position])
        if not np.isfinite(value):
            where = np.unravel_index(position, variable.shape) if variable.shape else ()
            names = tuple(source.dimensions[d][int(i)] for d, i in zip(variable.dims, where))
            return Failure(time, variable.name, names, value)
    return None
