"""Each method, from the members of a case to columns of indices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from haihe.analysis.select_inputs import Factor, FloatArray, IntArray, Table
from haihe.analysis.sensitivity_given import (
    DUMMIES,
    GivenIndices,
    correlate_inputs,
    estimate_given,
    measure_pawn,
    measure_rbd_fast,
    regress_ranks,
)
from haihe.analysis.sensitivity_morris import (
    Swings,
    average_swings,
    estimate_morris,
    find_swings,
)
from haihe.analysis.sensitivity_sobol import (
    SaltelliRows,
    estimate_sobol,
    find_constant,
    find_saltelli_rows,
)
from haihe.analysis.sensitivity_words import Convergence, Sample, judge_convergence
from haihe.errors import InputError
from haihe.text import Text

Columns = dict[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a method found, before it is laid out."""

    columns: Columns
    """By variable (factor, time), or (time,), or (factor, factor, time)."""
    sample: Sample
    convergence: Convergence | None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a method works on."""

    factors: tuple[Factor, ...]
    inputs: Table
    """(member, factor); an array but for Sobol' indices, which look at a few columns of blocks."""
    values: FloatArray
    """(member, time); NaN in years that no member has."""
    good: np.ndarray
    """Members with a result (member,)."""
    resolution: float
    seed: int

    @property
    def years(self) -> np.ndarray:
        """Years that have numbers (time,)."""
        return np.asarray(np.isfinite(self.values[self.good]).any(axis=0))


def _measure_sobol(case: Case, method: str) -> Measured:
    rows = find_saltelli_rows(case.inputs)
    whole = np.asarray(case.good[rows.all()].all(axis=0))
    kept = rows.keep(whole)
    if kept.base < 8:
        raise InputError(
            Text(f"完整的基础样本为 {kept.base} 个", f"{kept.base} base samples are whole"),
            None,
            Text("8 个或更多", "8 or more"),
        )
    found = estimate_sobol(case.values, kept, case.seed, case.resolution)
    pair = np.concatenate([kept.a, kept.b])
    columns = {
        "S1": found.first,
        "S1_conf": found.first_conf,
        "ST": found.total,
        "ST_conf": found.total_conf,
        "SRRC": _signs(case, pair),
    }
    if found.second is not None and found.second_conf is not None:
        columns |= {"S2": found.second, "S2_conf": found.second_conf}
    sample = _sample_sobol(case, rows, kept, pair, found.constant)
    return Measured(columns, sample, judge_convergence(found.total, found.total_conf, found.halves))


def _sample_sobol(
    case: Case, rows: SaltelliRows, kept: SaltelliRows, pair: IntArray, constant: np.ndarray
) -> Sample:
    each = rows.all().shape[0]
    return Sample(
        unit=Text("个基础样本", "base samples"),
        drawn=rows.base,
        used=kept.base,
        members_each=each,
        failed=int((~case.good).sum()),
        constant=int(constant.sum()),
        years=case.values.shape[1],
        correlated=_find_correlated(case, pair),
        doubling=True,
    )


def _measure_morris(case: Case, method: str) -> Measured:
    values = np.where(case.good[:, None], case.values, np.nan)
    found = estimate_morris(values, case.inputs[:], case.seed)
    constant = find_constant(case.values[case.good], case.resolution)
    columns = {
        "mu": found.mu,
        "mu_star": found.mu_star,
        "mu_star_conf": found.mu_star_conf,
        "sigma": found.sigma,
    }
    each = len(case.factors) + 1
    whole = int(case.good.reshape(-1, each).all(axis=1).sum())
    sample = Sample(
        unit=Text("条轨迹", "trajectories"),
        drawn=len(case.good) // each,
        used=whole,
        members_each=each,
        failed=int((~case.good).sum()),
        constant=int(constant.sum()),
        years=case.values.shape[1],
        partial=True,
    )
    judged = judge_convergence(found.mu_star, found.mu_star_conf, found.halves)
    return Measured(columns, sample, judged)


def _measure_given(case: Case, method: str) -> Measured:
    values, inputs = case.values[case.good], case.inputs[case.good]
    constant = find_constant(values, case.resolution) | ~case.years
    values = values[:, ~constant]  # what does not vary has no indices, and nothing to settle
    columns: Columns = {}
    judged: Convergence | None = None
    if method in ("given data", "rbd-fast"):
        judged = _add_given(
            columns, "S1", estimate_given(measure_rbd_fast, values, inputs, case.seed)
        )
    if method in ("given data", "pawn"):
        judged = _add_given(
            columns, "PAWN", estimate_given(measure_pawn, values, inputs, case.seed)
        )
    if method in ("given data", "regression"):
        line = regress_ranks(values, inputs)
        columns |= {"SRRC": line.srrc, "SRRC_conf": line.conf, "R2": line.r2}
        judged = judged or judge_convergence(np.abs(line.srrc), line.conf, None)
    columns = {name: _put_years(column, ~constant) for name, column in columns.items()}
    sample = Sample(
        unit=Text("个成员", "members"),
        drawn=len(case.good),
        used=int(case.good.sum()),
        members_each=1,
        failed=int((~case.good).sum()),
        constant=int(constant.sum()),
        years=case.values.shape[1],
        correlated=_find_correlated(case, np.flatnonzero(case.good)),
        dummies=DUMMIES,
    )
    return Measured(columns, sample, judged)


def _put_years(column: FloatArray, varies: np.ndarray) -> FloatArray:
    """A column of the years that vary as one of all years; NaN in the others."""
    whole = np.full((*column.shape[:-1], len(varies)), np.nan)
    whole[..., varies] = column
    return whole


def _add_given(columns: Columns, name: str, found: GivenIndices) -> Convergence:
    columns |= {name: found.index, f"{name}_conf": found.conf, f"{name}_noise": found.noise}
    return judge_convergence(found.index, found.conf, found.halves)


def _measure_swings(case: Case, method: str) -> Measured:
    exact = True
    try:
        swings = find_swings(case.values, case.inputs[:])
    except InputError:
        exact = False
        swings = average_swings(case.values[case.good], case.inputs[case.good])
    sample = Sample(
        unit=Text("个成员", "members"),
        drawn=len(case.good),
        used=int(case.good.sum()),
        members_each=1,
        failed=int((~case.good).sum()),
        constant=int(find_constant(case.values[case.good], case.resolution).sum()),
        years=case.values.shape[1],
        averaged=not exact,
        correlated=() if exact else _find_correlated(case, np.flatnonzero(case.good)),
    )
    return Measured(_swing_columns(case, swings), sample, None)


def _swing_columns(case: Case, swings: Swings) -> Columns:
    ends = {"low_value": swings.low_value, "high_value": swings.high_value}
    shown = {
        name: np.array([f.convert(float(v)) for f, v in zip(case.factors, values)])
        for name, values in ends.items()
    }
    return {
        "low": swings.low,
        "high": swings.high,
        "swing": np.abs(swings.high - swings.low),
        "base": swings.base,
        **shown,
    }


MEASURES = {
    "sobol": _measure_sobol,
    "morris": _measure_morris,
    "one-at-a-time": _measure_swings,
    **dict.fromkeys(("given data", "pawn", "rbd-fast", "regression"), _measure_given),
}


def _signs(case: Case, rows: IntArray) -> FloatArray:
    return regress_ranks(case.values[rows], case.inputs[rows]).srrc


def _find_correlated(case: Case, rows: IntArray) -> tuple[tuple[Text, Text, float], ...]:
    """Pairs of factors whose rank correlation is more than chance, strongest first."""
    inputs = case.inputs[rows]
    found = correlate_inputs(inputs)
    limit = max(0.1, 4.5 / np.sqrt(min(len(inputs), 5000)))
    one, other = np.nonzero(np.triu(np.abs(found) > limit, k=1))
    pairs = [
        (case.factors[i].title, case.factors[j].title, float(found[i, j]))
        for i, j in zip(one, other)
    ]
    return tuple(sorted(pairs, key=lambda pair: -abs(pair[2])))
