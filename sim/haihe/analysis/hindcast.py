"""A run beside what was observed: errors of every series that a table of observations brings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from haihe.analysis.errors_of_fit import measure_errors
from haihe.errors import InputError, InputErrors, raise_all
from haihe.model.catalogue import Catalogue
from haihe.project import show_text
from haihe.scenario.names import index_names
from haihe.scenario.yearly_table import Column, read_yearly
from haihe.text import Text


@dataclass(frozen=True, slots=True)
class Compared:
    """One series: what the run says, what was observed, and how far apart they are."""

    outcome: str
    title: Text
    unit: str
    years: tuple[float, ...]
    said: tuple[float, ...]
    seen: tuple[float, ...]
    lines: tuple[str, ...]
    """File and line of each observation."""
    mape: float | None
    """Mean absolute error [% of the observation]; None where an observation is zero."""
    bias: float | None
    """Mean error, run less observation [% of the mean observation]; None where that is zero."""
    rmse: float
    """Root mean square error [unit]."""


def read_observed(path: Path, catalogue: Catalogue) -> dict[str, Column]:
    """Read a table of observations: its columns by outcome.

    Raises
    ------
    InputError, InputErrors
        Names that are no outcomes, units that do not fit, numbers that are none.
    """
    names = index_names({key: entry.title for key, entry in catalogue.outcomes.items()})
    found: dict[str, Column] = {}
    errors: list[InputError] = []
    for column in read_yearly(path):
        short = names.find(column.name)
        if short is None:
            problem = Text(
                f"{show_text(column.name)} 不是指标", f"{show_text(column.name)} is no outcome"
            )
            near = names.suggest(column.name)
            expected = Text(
                "`haihe list outcomes` 列出的编号或标题",
                "an id or a title that `haihe list outcomes` shows",
            )
            errors.append(InputError(problem, column.where, expected, near))
            continue
        shown = catalogue.outcomes[short].shown
        if short in found:
            errors.append(
                InputError(
                    Text(f"{column.name} 出现两次", f"{column.name} stands twice"),
                    column.where,
                    Text("只出现一次", "once"),
                )
            )
        elif column.unit is None and shown != "1":
            errors.append(
                InputError(
                    Text(f"{column.name} 没有单位", f"{column.name} has no unit"),
                    column.where,
                    f"{column.name} [{shown}]",
                )
            )
        elif not column.entries:
            errors.append(
                InputError(
                    Text(f"{column.name} 没有数字", f"{column.name} has no numbers"), column.where
                )
            )
        else:
            errors += _check_units(column, shown)
            found[short] = column
    raise_all(errors)
    return found


def _check_units(column: Column, shown: str) -> Iterator[InputError]:
    try:
        column.convert(column.entries[0], shown)
    except InputError as error:
        yield error


def compare_observed(
    indicators: xr.Dataset, member: str, observed: dict[str, Column]
) -> tuple[Compared, ...]:
    """Errors of one member against observations, in the units for people.

    Raises
    ------
    InputErrors
        Where the run does not hold an outcome or a year.
    """
    found, errors = [], []
    for short, column in observed.items():
        try:
            found.append(_compare(indicators, member, short, column))
        except InputError as error:
            errors.append(error)
        except InputErrors as several:
            errors += several.errors
    raise_all(errors)
    return tuple(found)


def _compare(indicators: xr.Dataset, member: str, short: str, column: Column) -> Compared:
    if short not in indicators:
        raise InputError(
            Text(f"运行没有保存 {short}", f"the run does not keep {short}"),
            column.where,
            Text("在 `outputs` 中写上它", "`outputs` with it"),
        )
    array = indicators[short].sel(member=member)
    if array.dims != ("time",):
        raise InputError(
            Text(
                f"{short} 有多个元素，而一列只是一个序列",
                f"{short} has several elements; a column is one series",
            ),
            column.where,
        )
    known = array["time"].to_numpy()
    missing = [entry for entry in column.entries if entry.year not in known]
    raise_all(
        InputError(Text(f"运行没有 {e.year:g} 年", f"the run has no year {e.year:g}"), e.where)
        for e in missing
    )
    years = [entry.year for entry in column.entries]
    said = array.sel(time=years).to_numpy().astype(float)
    unit = str(array.attrs["units"])
    seen = np.array([column.convert(entry, unit) for entry in column.entries])
    with np.errstate(all="ignore"):
        errors = measure_errors(said, seen)
    return Compared(
        short,
        Text(str(array.attrs["title_zh"]), str(array.attrs["title_en"])),
        unit,
        tuple(years),
        tuple(said.tolist()),
        tuple(seen.tolist()),
        tuple(str(entry.where) for entry in column.entries),
        errors.mape if np.isfinite(errors.mape) else None,
        errors.bias if np.isfinite(errors.bias) else None,
        errors.rmse,
    )
