"""Observed drivers and observations beside a run: what was taken from where, and the errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haihe.cli.console import open_console
from haihe.project import show_path
from haihe.text import Lang, Text

if TYPE_CHECKING:
    import xarray as xr

    from haihe.analysis.hindcast import Compared
    from haihe.cli.inputs import Opened
    from haihe.results.report import Report
    from haihe.scenario.observed_drivers import ObservedValue
    from haihe.scenario.values import Scenario
    from haihe.scenario.yearly_table import Column

DRIVERS, ERRORS = "drivers.csv", "observed.csv"


@dataclass(frozen=True, slots=True)
class Hindcast:
    """What a run is given beside its scenario, and what it is held against."""

    drivers: tuple[ObservedValue, ...] = ()
    source: str = ""
    """The table of drivers, for the provenance."""
    observed: dict[str, Column] | None = None

    def change(self, scenarios: tuple[Scenario, ...], opened: Opened) -> tuple[Scenario, ...]:
        """Scenarios under the drivers that were observed."""
        if not self.drivers:
            return scenarios
        from haihe.scenario.observed_drivers import observe_drivers

        return tuple(
            observe_drivers(one, self.drivers, opened.model, opened.catalogue) for one in scenarios
        )

    def note(self, results: xr.Dataset) -> xr.Dataset:
        """Results that carry where their drivers come from."""
        return results.assign_attrs(observed_drivers=self.source) if self.source else results

    def compare(self, report: Report) -> tuple[Compared, ...]:
        """The scenario against observations; the baseline is not compared."""
        if self.observed is None:
            return ()
        from haihe.analysis.hindcast import compare_observed

        return compare_observed(report.indicators, report.scenario, self.observed)

    def write(self, folder: Path, compared: Sequence[Compared]) -> None:
        """Every number that was taken, and every observation beside the run."""
        if self.drivers:
            write_drivers(folder / DRIVERS, self.drivers)
        if compared:
            write_errors(folder / ERRORS, compared)

    def describe(self, compared: Sequence[Compared]) -> dict[str, Any]:
        """What was given and the errors, as JSON; nothing where nothing was given."""
        drivers = {"drivers": describe_drivers(self.drivers)} if self.drivers else {}
        return {**drivers, **({"observed": describe_errors(compared)} if compared else {})}

    def show(self, compared: Sequence[Compared], lang: Lang) -> None:
        """Print the errors."""
        if compared:
            print_errors(compared, lang)


def open_hindcast(opened: Opened, drivers: Path | None, observed: Path | None) -> Hindcast:
    """Read the tables that a run is given.

    Raises
    ------
    InputError, InputErrors
        Everything that is wrong with either of them.
    """
    from haihe.cli.inputs import gather

    def read_given(name: str) -> tuple[ObservedValue, ...]:
        from haihe.scenario.observed_drivers import read_drivers

        return read_drivers(Path(name), opened.model, opened.catalogue)

    def read_seen(name: str) -> dict[str, Column]:
        from haihe.analysis.hindcast import read_observed

        return read_observed(Path(name), opened.catalogue)

    tasks: dict[str, Any] = {}
    if drivers is not None:
        tasks["drivers"] = lambda: read_given(str(drivers))
    if observed is not None:
        tasks["observed"] = lambda: read_seen(str(observed))
    found = dict(zip(tasks, gather(lambda name: tasks[name](), tuple(tasks)), strict=True))
    given = found.get("drivers", ())
    source = name_drivers(drivers, given) if drivers is not None else ""
    return Hindcast(given, source, found.get("observed"))


def name_drivers(path: Path, values: Sequence[ObservedValue]) -> str:
    """The table and what it gives, for the provenance of a run."""
    import hashlib

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    names = dict.fromkeys(value.driver for value in values)
    return f"{show_path(path)} (SHA-256 {digest}): {', '.join(names)}"


def write_drivers(path: Path, values: Sequence[ObservedValue]) -> None:
    """Every number that was taken, with the line that it came from."""
    heads = ("driver", "year", "value", "unit", "written", "written unit", "from")
    rows = [
        (v.driver, v.year, v.value, v.unit, v.written, v.written_unit, str(v.where)) for v in values
    ]
    write_rows(path, heads, rows)


def write_errors(path: Path, found: Sequence[Compared]) -> None:
    """Every observation beside what the run says."""
    heads = ("outcome", "unit", "year", "run", "observed", "error", "from")
    rows = [
        (one.outcome, one.unit, year, said, seen, said - seen, line)
        for one in found
        for year, said, seen, line in zip(one.years, one.said, one.seen, one.lines, strict=True)
    ]
    write_rows(path, heads, rows)


def write_rows(path: Path, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for spreadsheets: no cell of it is a formula, whatever a file is called."""
    import csv

    from haihe.results.export import as_text

    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(heads)
        for row in rows:
            writer.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in row])


def describe_drivers(values: Sequence[ObservedValue]) -> list[dict[str, Any]]:
    """Numbers that were taken, as JSON."""
    return [
        {
            "driver": value.driver,
            "year": value.year,
            "value": value.value,
            "unit": value.unit,
            "written": value.written,
            "written_unit": value.written_unit,
            "from": str(value.where),
        }
        for value in values
    ]


def describe_errors(found: Sequence[Compared]) -> list[dict[str, Any]]:
    """Errors of each series, as JSON."""
    return [
        {
            "outcome": one.outcome,
            "title": {"zh": one.title.zh, "en": one.title.en},
            "unit": one.unit,
            "years": list(one.years),
            "run": list(one.said),
            "observed": list(one.seen),
            "from": list(one.lines),
            "mape": one.mape,
            "bias": one.bias,
            "rmse": one.rmse,
        }
        for one in found
    ]


def print_errors(found: Sequence[Compared], lang: Lang) -> None:
    """A table of errors for people."""
    from haihe.analysis.tables import print_rows

    heads = (
        Text("指标", "Outcome"),
        Text("年份", "Years"),
        Text("单位", "Unit"),
        Text("平均绝对误差", "MAPE"),
        Text("偏差", "Bias"),
        Text("均方根误差", "RMSE"),
    )
    rows = [
        (
            one.title.get(lang),
            f"{one.years[0]:g}–{one.years[-1]:g} ({len(one.years)})",
            one.unit,
            show_percent(one.mape),
            show_percent(one.bias, signed=True),
            f"{one.rmse:.4g}",
        )
        for one in found
    ]
    print_rows(open_console(), [head.get(lang) for head in heads], rows)


def show_percent(value: float | None, signed: bool = False) -> str:
    """A percentage; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:+.1f} %" if signed else f"{value:.1f} %"
