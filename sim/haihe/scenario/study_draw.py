"""Which members a study has, and what each is given: any block of them without the others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from haihe.model.types import FloatArray
from haihe.scenario.designs import count_rows, draw_rows
from haihe.scenario.futures import draw_future_values
from haihe.scenario.study_values import Study

IntArray = NDArray[np.int64]


def count_members(study: Study) -> int:
    """How many members a study has; nothing is drawn for it."""
    return len(study.scenarios) * count_scenario_members(study)


def count_scenario_members(study: Study) -> int:
    """How many members each scenario has."""
    return count_rows(study.design) * count_crossed(study)


def count_crossed(study: Study) -> int:
    """Futures that every row runs in; 1 where there are none, or where each row has its own."""
    return max(1, study.futures.count) if study.futures else 1


def member_scenarios(study: Study, start: int, stop: int) -> IntArray:
    """Place of each member's scenario (member,)."""
    return np.arange(start, stop, dtype=np.int64) // count_scenario_members(study)


def member_rows(study: Study, start: int, stop: int) -> IntArray:
    """Row of the design that each member is (member,)."""
    inside = np.arange(start, stop, dtype=np.int64) % count_scenario_members(study)
    return inside // count_crossed(study)


def member_futures(study: Study, start: int, stop: int) -> IntArray:
    """Future of each member (member,); its row where each row has a future of its own."""
    if study.futures is None or study.futures.count == 0:
        return member_rows(study, start, stop)
    return np.arange(start, stop, dtype=np.int64) % study.futures.count


def draw_inputs(study: Study, start: int, stop: int) -> FloatArray:
    """Inputs of members `start` to `stop` (member, factor), in the units of the model.

    The same members get the same inputs in whichever block they are drawn. NaN says that a member
    keeps what its scenario, else the model, has, and that this is not one number.

    Raises
    ------
    IndexError
        For members that the study does not have.
    """
    if not 0 <= start <= stop <= count_members(study):
        raise IndexError(f"members {start} to {stop} of {count_members(study)}")
    varied = len(study.design.factors)
    inputs = np.empty((stop - start, len(study.factors)))
    for part, rows in split_rows(member_rows(study, start, stop)):
        first, last = find_span(rows)
        inputs[part, :varied] = _spread(draw_rows(study.design, first, last), rows - first)
    unset = np.isnan(inputs[:, :varied])
    if unset.any():
        own = np.asarray(study.own, dtype=float).reshape(len(study.scenarios), varied)
        kept = own[member_scenarios(study, start, stop)]
        inputs[:, :varied] = np.where(unset, kept, inputs[:, :varied])
    if study.futures is not None:
        inputs[:, varied:] = _draw_future_inputs(study, start, stop)
    return inputs


def _spread(rows: FloatArray, places: IntArray) -> FloatArray:
    """Rows as often as they are named; the rows themselves where each is named once, in order."""
    if len(rows) == len(places) and (len(places) < 2 or int(np.diff(places).min()) > 0):
        return rows
    return rows[places]


def _draw_future_inputs(study: Study, start: int, stop: int) -> FloatArray:
    assert study.futures is not None
    columns = list(study.futures.columns)
    found = np.empty((stop - start, len(columns)))
    for part, numbers in split_rows(member_futures(study, start, stop)):
        first, last = find_span(numbers)
        values = draw_future_values(study.futures.sources, first, last, study.seed)
        found[part] = values[numbers - first][:, columns]
    return found


def split_rows(numbers: IntArray) -> Iterator[tuple[slice, IntArray]]:
    """Parts of a block whose numbers lie close together, so that each is drawn at one go.

    A block that crosses from one scenario to the next holds the last rows of the one and the first
    of the other: what lies between them is not drawn.
    """
    first, last = find_span(numbers)
    if last - first <= len(numbers):
        yield slice(0, len(numbers)), numbers
        return
    begins = [0, *(np.flatnonzero(np.diff(numbers) < 0) + 1).tolist(), len(numbers)]
    for first, last in pairwise(begins):
        if last > first:
            yield slice(first, last), numbers[first:last]


def find_span(numbers: IntArray) -> tuple[int, int]:
    """First number, and one past the last; nothing where there are none."""
    return (int(numbers.min()), int(numbers.max()) + 1) if len(numbers) else (0, 0)
