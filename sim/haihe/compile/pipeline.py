"""The public face of the compiler: model in, program out; program and members in, values out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np

from haihe.compile.expand import expand
from haihe.compile.fold import fold
from haihe.compile.give import give
from haihe.compile.inline import inline
from haihe.compile.ir import Program, Role, Shaped
from haihe.compile.prepare import Prepared, Series, prepare
from haihe.compile.reciprocals import share_divisions
from haihe.compile.subscripts import separate
from haihe.errors import InputError, Notice, raise_all
from haihe.model.types import FloatArray, Model, TimeAxis, canonical_name
from haihe.text import Text


def compile_model(
    model: Model,
    outputs: Sequence[str],
    varying: Sequence[str] = (),
    series: Sequence[str] = (),
    initial: Sequence[str] = (),
    *,
    integration: str | None = None,
) -> Program:
    """Compile a model for one set of outputs and inputs.

    Parameters
    ----------
    outputs
        Variables that are asked for; what they do not need is left out. Empty: every variable.
    varying
        Constants that come with each member. Where a member brings none, the model's own value
        is used. Any other variable named here is replaced by a number.
    series
        Variables whose equation is replaced by a series over time; lookups whose points are.
    initial
        Stocks whose initial value comes with each member.
    integration
        "euler" or "rk4"; None: what the model asks for.

    Raises
    ------
    InputErrors
        Where the model or a name is wrong.
    """
    from haihe.compile.lower import lower

    source = inline(lower(model))
    variables = separate(source)
    wanted = _wanted(variables, outputs)
    given, gifts = give(variables, varying, series, initial)
    elements = share_divisions(expand(given))
    return fold(elements, gifts, wanted, source.time, integration or source.time.method)


def _wanted(variables: Mapping[str, Shaped], outputs: Sequence[str]) -> list[str]:
    """Keys of the outputs."""
    if not outputs:
        return [k for k, v in variables.items() if v.role is not Role.LOOKUP and "\0" not in k]
    errors, keys = [], []
    for name in outputs:
        variable = variables.get(canonical_name(name))
        if variable is None:
            near = get_close_matches(canonical_name(name), variables, n=3)
            suggestions = tuple(variables[n].name for n in near)
            errors.append(
                InputError(
                    Text(f"没有名为 {name} 的变量", f"no variable is called {name}"),
                    suggestions=suggestions,
                )
            )
        elif variable.role is Role.LOOKUP:
            errors.append(
                InputError(
                    Text(
                        f"{variable.name} 是表函数，没有随时间变化的值",
                        f"{variable.name} is a lookup and has no value over time",
                    )
                )
            )
        else:
            keys.append(variable.key)
    raise_all(errors)
    return list(dict.fromkeys(keys))


def evaluate(
    program: Program,
    members: int,
    constants: Mapping[str, FloatArray] | None = None,
    series: Mapping[str, Series] | None = None,
    initial: Mapping[str, FloatArray] | None = None,
    time: TimeAxis | None = None,
    backend: str = "llvm",
    threads: int = 1,
    seed: int = 0,
    numbers: Sequence[int] | None = None,
) -> dict[str, FloatArray]:
    """Run members of a program.

    Parameters
    ----------
    constants
        By variable: values (member, *dims).
    series
        By variable: times (point,) and values (member, point, *dims); straight lines between
        the points, ends held. For a lookup: its points.
    initial
        By stock: values (member, *dims).
    time
        None: the model's own.
    backend
        "llvm" or "numpy". Where llvmlite is missing NumPy runs, and a warning says so.
    threads
        Threads of the kernel; results do not depend on it.
    seed
        What random functions draw by, from 0 to 2^64; another seed gives other draws.
    numbers
        Numbers of the members (member,), which their draws hang on; None: 0, 1, 2, ...

    Returns
    -------
    dict
        By variable under its name in the model: values (member, time, *dims) at the saved times
        `start + k * save_step`. Values that are the same for all members or times may stand in
        memory once: copy before you write to them.

    Raises
    ------
    InputErrors
        Where what is given does not fit the program.
    """
    prepared = prepare(
        program, members, constants or {}, series or {}, initial or {}, time or program.time,
        seed, numbers,
    )  # fmt: skip
    found = _simulate(program, prepared, backend, threads)
    return {
        output.name: values.reshape(members, prepared.saves, *output.shape)
        for output, values in zip(program.outputs, found, strict=True)
    }


def _simulate(
    program: Program, prepared: Prepared, backend: str, threads: int
) -> Sequence[FloatArray]:
    """Cells of each output (member, saved time, cell)."""
    if backend == "llvm":
        from haihe.compile import kernel

        if kernel.available():
            return kernel.simulate(program, prepared, threads)
        warnings.warn(
            Notice(
                Text(
                    "llvmlite 没有安装，成员改用 NumPy 计算，用时会长得多",
                    "llvmlite is not installed; members run with NumPy, which takes far longer",
                )
            ),
            stacklevel=3,
        )
    elif backend != "numpy":
        raise InputError(
            Text(f"没有计算后端 {backend}", f"there is no backend {backend}"),
            expected=Text("llvm 或 numpy", "llvm or numpy"),
        )
    from haihe.compile import emit_numpy

    ends = np.cumsum([len(o.nodes) for o in program.outputs])[:-1]
    return np.split(emit_numpy.simulate(program, prepared), ends, axis=2)
