"""Which factors an outcome of a study hangs on: a table as a Dataset, from the store alone.

Layout of what `measure_sensitivity` gives: dims (factor) or (factor, time); coordinates `factor`
(labels), `title_zh`, `title_en`, `unit` (factor). Variables by method:

- sobol: `S1`, `ST` with `S1_conf`, `ST_conf`; `S2`, `S2_conf` (factor, factor_2) where the design
  has a second order; `SRRC` for the sign
- morris: `mu`, `mu_star`, `mu_star_conf`, `sigma`
- given data: `PAWN`, `PAWN_conf`, `S1`, `S1_conf` (RBD-FAST), `SRRC`, `SRRC_conf`; `PAWN_noise` and
  `S1_noise` (what a factor without influence stays below), `R2`
- one-at-a-time: `low`, `high`, `swing` in the outcome's unit, `base`; `low_value`, `high_value`
  (factor) in the unit that people see

Attributes say the method, the outcome, how many members were used and left out, whether the
indices have converged, and `notes_zh`, `notes_en`. `importance` names the variable that ranks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from haihe.analysis.select_inputs import (
    FloatArray,
    IntArray,
    StoredInputs,
    find_failed,
    find_members,
    list_scenarios,
    read_crossing,
    read_factors,
    thin_members,
)
from haihe.analysis.select_outcome import TIME, Asked, list_outcomes, read_asked, select_outcome
from haihe.analysis.sensitivity_methods import MEASURES, Case, Measured
from haihe.analysis.sensitivity_words import write_notes
from haihe.errors import InputError
from haihe.text import Text, list_choices

if TYPE_CHECKING:
    import xarray as xr

    from haihe.model.catalogue import Catalogue

METHODS = ("auto", "sobol", "morris", "pawn", "rbd-fast", "regression", "one-at-a-time")
IMPORTANCE = {
    "sobol": "ST",
    "morris": "mu_star",
    "pawn": "PAWN",
    "rbd-fast": "S1",
    "regression": "SRRC",
    "given data": "PAWN",
    "one-at-a-time": "swing",
}
"""What a method ranks by."""
MOST_AT_ONCE, MOST_OVER_TIME = 100_000, 20_000
"""Most members that PAWN, RBD-FAST and the regression read for one year, and for every year."""


def measure_sensitivity(
    study: xr.Dataset,
    outcome: str,
    catalogue: Catalogue | None = None,
    *,
    method: str = "auto",
    scenario: str = "",
    seed: int = 0,
) -> xr.Dataset:
    """Which factors an outcome hangs on.

    Parameters
    ----------
    study
        An opened store of a study.
    outcome
        `PM2.5 at 2030`, `CO2 peak`, …; without a reduction, every saved year.
    catalogue
        For ids, titles and units that people use.
    method
        One of `METHODS`; "auto" takes what the design of the study was made for.
    scenario
        Which scenario; it may be left out where the study has one only.
    seed
        Of bootstraps and shuffles.

    Raises
    ------
    InputError
        Where the study does not hold the outcome, the scenario, or the design that is asked for.
    """
    chosen = choose_method(study, method)
    rows = find_members(study, _only_scenario(study, scenario))
    given = chosen in ("given data", "pawn", "rbd-fast", "regression")
    asked = read_asked(outcome)
    if given:
        rows = thin_members(rows, MOST_AT_ONCE if asked.how else MOST_OVER_TIME, seed)
    crossing = read_crossing(study)
    factors = read_factors(study, catalogue)
    # An index of the design's own method is of what the design varies.
    factors = factors if given else factors[: crossing.varied]
    if not factors:
        raise InputError(
            Text("研究没有变动任何因素", "the study varies nothing"),
            expected=Text("有变动因素的研究", "a study with factors"),
        )
    array = select_outcome(study, asked, catalogue)
    values = np.atleast_2d(array.to_numpy().T).T
    values = values if len(rows) == len(values) else values[rows]
    inputs = StoredInputs(study, factors, rows)
    case = _make_case(study, inputs, values, float(array.attrs["resolution"]), seed)
    if chosen != "sobol":
        case = replace(case, inputs=inputs[np.arange(len(rows))])
    case = case if given else average_futures(case, crossing.futures)
    measured = MEASURES[chosen](case, chosen)
    found = _lay_out(case, array, chosen, measured)
    found.attrs["scenario"] = scenario or list_scenarios(study)[0]
    found.attrs["members"] = len(find_members(study, scenario))
    return found


def average_futures(case: Case, futures: int) -> Case:
    """One row of the design for the futures that it was crossed with: their mean outcome."""
    if futures == 1:
        return case
    values = case.values.reshape(-1, futures, case.values.shape[1]).mean(axis=1)
    good = np.asarray(case.good.reshape(-1, futures).all(axis=1))
    inputs = case.inputs
    if isinstance(inputs, StoredInputs):
        inputs = replace(inputs, rows=inputs.rows[::futures])
    else:
        inputs = inputs[::futures]
    return replace(case, inputs=inputs, values=values, good=good)


def choose_method(study: xr.Dataset, method: str) -> str:
    """Method that fits the design, where none is asked for."""
    if method not in METHODS:
        raise InputError(
            Text(f"没有方法 {method}", f"there is no method {method}"),
            expected=list_choices(METHODS),
        )
    design = str(study.attrs.get("design", ""))
    if method == "auto":
        return design if design in ("sobol", "morris", "one-at-a-time") else "given data"
    return method


def complete_outcome(study: xr.Dataset, outcome: str, catalogue: Catalogue | None) -> str:
    """An outcome with a reduction: what was asked, else the only summary, else the last year."""
    asked = read_asked(outcome)
    if asked.how:
        return outcome
    try:
        array = select_outcome(study.isel(member=slice(0, 1)), asked, catalogue)
    except InputError:
        names = [str(n) for n, a in study.data_vars.items() if a.attrs.get("kind") == "summary"]
        fitting = [name for name in names if _is_of(study, name, asked, catalogue)]
        if len(fitting) != 1:
            raise
        return f"{outcome} {study[fitting[0]].attrs['reduction']}"
    return f"{outcome} at {float(array[TIME].to_numpy()[-1]):g}"


def _is_of(study: xr.Dataset, name: str, asked: Asked, catalogue: Catalogue | None) -> bool:
    one = study[[name]]
    return list_outcomes(one, catalogue) == list_outcomes(one) == (asked.name,)


def _only_scenario(study: xr.Dataset, scenario: str) -> str:
    known = list_scenarios(study)
    if not scenario and len(known) > 1:
        raise InputError(
            Text(
                "研究有多个情景，而敏感性指标只属于其中一个",
                "the study has several scenarios, and indices belong to one",
            ),
            expected=list_choices(known),
        )
    return scenario


def _make_case(
    study: xr.Dataset, inputs: StoredInputs, values: FloatArray, resolution: float, seed: int
) -> Case:
    failed = find_failed(study)[inputs.rows]
    known = np.isfinite(values)
    has_year = (known & ~failed[:, np.newaxis]).any(axis=0)
    good = ~failed & (known | ~has_year).all(axis=1)
    if not has_year.any() or good.sum() < 3:
        count, total = int(good.sum()), len(failed)
        raise InputError(
            Text(
                f"{total} 个成员中有结果的为 {count} 个",
                f"{count} of {total} members have a result",
            ),
            None,
            Text("更多", "more"),
        )
    return Case(inputs.factors, inputs, values, good, resolution, seed)


def _lay_out(case: Case, array: xr.DataArray, method: str, measured: Measured) -> xr.Dataset:
    import xarray as xr

    over_time = TIME in array.dims
    labels = [factor.label for factor in case.factors]
    coords: dict[str, Any] = {
        "factor": labels,
        "title_zh": ("factor", [factor.title.zh for factor in case.factors]),
        "title_en": ("factor", [factor.title.en for factor in case.factors]),
        "unit": ("factor", [factor.shown or factor.unit for factor in case.factors]),
    }
    if over_time:
        coords["time"] = array[TIME].to_numpy()
    found = xr.Dataset(coords=coords)
    for name, values in measured.columns.items():
        dims: tuple[str, ...] = ("factor", "factor_2")[: max(values.ndim - 1, 0)]
        if name in ("low_value", "high_value"):
            found[name] = ("factor", values)
        elif over_time:
            found[name] = ((*dims, "time"), values)
        else:
            found[name] = (dims, values[..., 0])
    if "S2" in found:
        found = found.assign_coords(factor_2=labels)
    found.attrs = _describe(array, method, measured)
    return found


def _describe(
    array: xr.DataArray, method: str, measured: Measured
) -> dict[str, str | int | float | list[str]]:
    attrs = array.attrs
    notes = write_notes(method, measured.sample, measured.convergence)
    judged = measured.convergence
    return {
        "method": method,
        "importance": IMPORTANCE[method],
        "outcome": str(attrs["asked"]),
        "title_zh": str(attrs["title_zh"]),
        "title_en": str(attrs["title_en"]),
        "units": str(attrs["units"]),
        "digits": int(attrs.get("digits", 1)),
        "used": measured.sample.used * measured.sample.members_each,
        "failed": measured.sample.failed,
        "converged": "" if judged is None else ("yes" if judged.converged else "no"),
        "width": -1.0 if judged is None or not np.isfinite(judged.width) else judged.width,
        "notes_zh": [note.zh for note in notes],
        "notes_en": [note.en for note in notes],
    }


def rank_factors(found: xr.Dataset) -> IntArray:
    """Positions of the factors, the most important first; over time, by the mean over years."""
    values = np.abs(found[str(found.attrs["importance"])].to_numpy())
    if values.ndim > 1:
        known = np.isfinite(values)
        values = np.where(known, values, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.argsort(-np.nan_to_num(values, nan=-1.0), kind="stable").astype(np.int64)
