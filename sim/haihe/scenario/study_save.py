"""What a study keeps: outcomes, years, periods, peaks."""

from __future__ import annotations

import math

from haihe import yaml
from haihe.errors import InputError, raise_all
from haihe.model.clock import saved_times
from haihe.model.types import Kind, TimeAxis
from haihe.scenario.load import say_unknown_outcome
from haihe.scenario.quantities import say_twice
from haihe.scenario.study_schema import SaveFields
from haihe.scenario.study_source import Reading, StudySource
from haihe.scenario.study_values import Period, Savings
from haihe.scenario.vocabulary import Vocabulary
from haihe.text import Text

_ONCE = Text("每个只出现一次", "each once")
_LISTED = Text(
    "`haihe list outcomes` 列出的编号，或变量名",
    "an id that `haihe list outcomes` shows, or a variable",
)


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
        errors.append(
            source.at("save").error(
                Text("没有保存任何内容", "nothing is saved"),
                Text("years、periods 或 peak", "years, periods or peak"),
            )
        )
    raise_all(errors)
    return Savings(outcomes, years, periods, fields.peak)


def _find_outcomes(
    source: StudySource, fields: SaveFields, vocabulary: Vocabulary, errors: list[InputError]
) -> tuple[str, ...]:
    catalogue, model = vocabulary.catalogue, vocabulary.model
    if fields.outcomes is None:
        headlines = [key for key, one in catalogue.outcomes.items() if one.headline]
        if not headlines and not catalogue.outcomes:
            problem = Text("模型没有指标", "the model has no outcomes")
            errors.append(source.tree.error(problem, "`save: {outcomes: […]}`"))
        return tuple(headlines or catalogue.outcomes)
    node = source.at("save", "outcomes")
    items = node.items if isinstance(node, yaml.Sequence) else ()
    if not items:
        problem = Text("没有保存任何指标", "no outcome is saved")
        errors.append(node.error(problem, Text("至少一个", "at least one")))
    found: dict[str, None] = {}
    for item in items:
        assert isinstance(item, yaml.Scalar)
        name = vocabulary.outcomes.find(item.text) or vocabulary.names.find(item.text)
        if name is None:
            close = vocabulary.outcomes.suggest(item.text) or vocabulary.names.suggest(item.text)
            expected = "" if close else _LISTED
            errors.append(item.error(say_unknown_outcome(item.text), expected, close))
        elif name not in catalogue.outcomes and model.variables[name].kind is Kind.LOOKUP:
            problem = Text(
                f"{name} 是数表，没有随时间变化的值",
                f"{name} is a table and has no value over time",
            )
            errors.append(item.error(problem))
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
            errors.append(item.error(say_twice(year), _ONCE))
        elif times and year not in times:
            near = min(times, key=lambda t: abs(t - year))
            problem = Text(f"{year:g} 不是保存的时间", f"{year:g} is no saved time")
            errors.append(item.error(problem, Text(f"保存的时间，如 {near:g}", f"{near:g}, say")))
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
            none = Text("{span}之间没有保存的时间", "{span} holds no saved time")
            errors.append(_refuse_period(item, period, none, times))
        elif times and (period.start < times[0] - 1e-9 or period.stop > times[-1] + 1e-9):
            beyond = Text("{span}超出运行的时间", "{span} goes beyond the run")
            errors.append(_refuse_period(item, period, beyond, times))
        elif period in found:
            errors.append(item.error(Text("此时段出现两次", "this period stands twice"), _ONCE))
        elif math.isfinite(period.start):
            found[period] = None
    return tuple(found)


def _refuse_period(
    item: yaml.Node, period: Period, problem: Text, times: list[float]
) -> InputError:
    start, stop = period.start, period.stop
    span = Text(f"{start:g} 至 {stop:g} ", f"{start:g} to {stop:g}")
    first, last = times[0], times[-1]
    expected = Text(f"{first:g} 至 {last:g} 的年份", f"years from {first:g} to {last:g}")
    return item.error(problem.fill(span=span), expected)
