"""What comes with each member takes the place of the model's own equation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np

from haihe.compile.ir import Expr, Given, Input, Number, Role, Shaped
from haihe.errors import InputError, raise_all
from haihe.model.types import canonical_name
from haihe.text import Text

CONTROLS = ("initial time", "final time", "time step", "saveper")
"""Variables that the time axis gives; the order is that of the parameters of a kernel."""


@dataclass(frozen=True, slots=True)
class Gifts:
    """Which variables are given, by key."""

    constants: Mapping[str, Input]
    series: Mapping[str, Input]
    lookups: Mapping[str, Input]
    initial: Mapping[str, Input]


def give(
    variables: Mapping[str, Shaped],
    varying: Sequence[str],
    series: Sequence[str],
    initial: Sequence[str],
) -> tuple[dict[str, Shaped], Gifts]:
    """Put a `Given` where a value comes with each member.

    A name under `varying` is a constant (any other variable is replaced whole); one under
    `series` is replaced by a series over time or, where it is a lookup, has its points replaced;
    one under `initial` is a stock. A stock under `series` follows the series and no longer adds up
    its flows.

    Raises
    ------
    InputErrors
        Where a name does not exist, or cannot be given in that way.
    """
    errors: list[InputError] = []

    def find(names: Sequence[str], roles: frozenset[Role], what: Text) -> list[Shaped]:
        found = []
        for name in names:
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
            elif variable.role not in roles:
                problem = Text(
                    f"{variable.name} 是{variable.role.words.zh}，{what.zh}",
                    f"{variable.name} is {_with_article(variable.role)} and cannot be {what.en}",
                )
                errors.append(InputError(problem, variable.where))
            else:
                found.append(variable)
        return found

    everything = frozenset(Role)
    constants = find(
        varying,
        everything - {Role.LOOKUP, Role.STOCK},
        Text("不能只给一个数", "given as one number"),
    )
    curves = find(series, everything, Text("不能以序列给出", "given as a series"))
    stocks = find(initial, frozenset({Role.STOCK}), Text("不能给初值", "given an initial value"))
    raise_all(errors)
    gifts = Gifts(
        constants={v.key: _input(v, with_defaults=True) for v in constants},
        series={v.key: _input(v) for v in curves if v.role is not Role.LOOKUP},
        lookups={v.key: _input(v) for v in curves if v.role is Role.LOOKUP},
        initial={v.key: _input(v) for v in stocks},
    )
    return _replace(variables, gifts), gifts


def _with_article(role: Role) -> str:
    return f"an {role}" if role is Role.AUXILIARY else f"a {role}"


def _input(variable: Shaped, with_defaults: bool = False) -> Input:
    defaults = None
    if with_defaults and all(isinstance(e, Number) for e in variable.exprs):
        numbers = [e.value for e in variable.exprs if isinstance(e, Number)]
        defaults = np.array(numbers, dtype=np.float64).reshape(variable.shape)
        defaults.setflags(write=False)
    return Input(variable.name, variable.key, variable.dims, variable.shape, defaults)


def _replace(variables: Mapping[str, Shaped], gifts: Gifts) -> dict[str, Shaped]:
    kinds = {
        **dict.fromkeys(gifts.constants, "constant"),
        **dict.fromkeys(gifts.series, "series"),
        **dict.fromkeys(gifts.lookups, "points"),
        **dict.fromkeys(CONTROLS, "control"),
    }
    given: dict[str, Shaped] = {}
    for key, variable in variables.items():
        if key in kinds:
            exprs: tuple[Expr, ...] = tuple(
                Given(kinds[key], key, position) for position in range(len(variable.exprs))
            )
            role = Role.AUXILIARY if variable.role is Role.STOCK else variable.role
            given[key] = replace(variable, role=role, exprs=exprs)
        else:
            given[key] = variable
    return given
