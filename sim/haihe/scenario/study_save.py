"""What a study keeps: outcomes, years, periods, peaks."""

from __future__ import annotations

import math

from haihe import yaml
from haihe.errors import InputError, raise_all
from haihe.model.clock import saved_times
from haihe.model.types import Kind, TimeAxis
from haihe.project import show_text
from haihe.scenario.study_schema import SaveFields
from haihe.scenario.study_source import Reading, StudySource
from haihe.scenario.study_values import Period, Savings
from haihe.scenario.vocabulary import Vocabulary


def read_savings(reading: Reading, time: TimeAxis) -> Savings:
    """What is kept of every member.

    Raises
    ------
    InputErrors
        For an outcome that is not known, and years that are not saved.
    """
    source = reading.source
    fields = source.fields.save
    errors: list[InputError] = []
    outcomes = _find_outcomes(source, fields, reading.vocabulary, errors)
    # A time axis that is wrong has its own error; there are no years to hold others against.
    times = [float(t) for t in saved_times(time)] if time.step > 0 < time.save_step else []
    years: tuple[float, ...] | None = None
    if fields.years != "all":
        years = tuple(float(year) for year in fields.years)
        errors += _check_years(source.at("save", "years"), times)
    periods = _read_periods(source, fields, times, errors)
    if years == () and not periods and not fields.peak:
        errors.append(source.at("save").error("nothing is saved", "years, periods or peak"))
    raise_all(errors)
    return Savings(outcomes, years, periods, fields.peak)


def _find_outcomes(
    source: StudySource, fields: SaveFields, vocabulary: Vocabulary, errors: list[InputError]
) -> tuple[str, ...]:
    catalogue, model = vocabulary.catalogue, vocabulary.model
    if fields.outcomes is None:
        headlines = [key for key, one in catalogue.outcomes.items() if one.headline]
        if not headlines and not catalogue.outcomes:
            errors.append(source.tree.error("the model has no outcomes", "`save: {outcomes: […]}`"))
        return tuple(headlines or catalogue.outcomes)
    node = source.at("save", "outcomes")
    items = node.items if isinstance(node, yaml.Sequence) else ()
    if not items:
        errors.append(node.error("no outcome is saved", "at least one"))
    found: dict[str, None] = {}
    for item in items:
        assert isinstance(item, yaml.Scalar)
        name = vocabulary.outcomes.find(item.text) or vocabulary.names.find(item.text)
        if name is None:
            close = vocabulary.outcomes.suggest(item.text) or vocabulary.names.suggest(item.text)
            expected = "" if close else "an id that `haihe list outcomes` shows, or a variable"
            errors.append(item.error(f"unknown outcome {show_text(item.text)}", expected, close))
        elif name not in catalogue.outcomes and model.variables[name].kind is Kind.LOOKUP:
            errors.append(item.error(f"{name} is a table and has no value over time"))
        else:
            found[name] = None
    return tuple(found)


def _check_years(node: yaml.Node, times: list[float]) -> list[InputError]:
    errors = []
    seen: set[float] = set()
    for item in node.items if isinstance(node, yaml.Sequence) else ():
        assert isinstance(item, yaml.Scalar)
        year = yaml.read_scalar(item)
        assert isinstance(year, int | float)
        if year in seen:
            errors.append(item.error(f"the year {year:g} stands twice", "each once"))
        elif times and year not in times:
            near = min(times, key=lambda t: abs(t - year))
            errors.append(item.error(f"{year:g} is no saved time", f"{near:g}, say"))
        seen.add(year)
    return errors


def _read_periods(
    source: StudySource, fields: SaveFields, times: list[float], errors: list[InputError]
) -> tuple[Period, ...]:
    node = source.at("save", "periods")
    items = node.items if isinstance(node, yaml.Sequence) else ()
    found: dict[Period, None] = {}
    for item, given in zip(items, fields.periods):
        period = Period(given.start, given.stop, given.statistic)
        inside = [t for t in times if period.start <= t <= period.stop]
        if times and not inside:
            problem = f"{period.start:g} to {period.stop:g} holds no saved time"
            errors.append(item.error(problem, f"years from {times[0]:g} to {times[-1]:g}"))
        elif times and (period.start < times[0] - 1e-9 or period.stop > times[-1] + 1e-9):
            problem = f"{period.start:g} to {period.stop:g} goes beyond the run"
            errors.append(item.error(problem, f"years from {times[0]:g} to {times[-1]:g}"))
        elif period in found:
            errors.append(item.error("this period stands twice", "each once"))
        elif math.isfinite(period.start):
            found[period] = None
    return tuple(found)
