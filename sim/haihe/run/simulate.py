"""Run scenarios: from a model and scenarios to a Dataset."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import haihe
from haihe.errors import HaiheError, InputError, InputErrors, Notice, raise_all
from haihe.model.catalogue import Catalogue, find_outcome, load_catalogue
from haihe.model.clock import check_time, saved_times
from haihe.model.find import find_variable
from haihe.model.translate import read_model
from haihe.model.types import FloatArray, Kind, Model, TimeAxis, Variable, canonical_name
from haihe.results.dataset import Column, build_dataset, find_status
from haihe.run.backends import Backend, Progress, PysdBackend
from haihe.run.batch import check_batch
from haihe.scenario.values import Batch, Scenario
from haihe.text import Text

if TYPE_CHECKING:
    import xarray as xr

Runnable = Batch | Scenario | str | Path | Sequence[Scenario | str | Path]
"""A batch, a scenario, the path or id of one, or several."""

_CLOCK = ("initial time", "final time", "time step", "saveper")


def simulate(
    model: Model | str | Path,
    scenarios: Runnable | None = None,
    outputs: Sequence[str] | None = None,
    backend: str | Backend | None = None,
    time: TimeAxis | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run scenarios of a model.

    Parameters
    ----------
    model
        A model, or the path of one.
    scenarios
        What to run; each scenario is a member. None runs the model as it stands.
    outputs
        Names of variables or ids of outcomes; None takes what the scenarios ask for, else every
        outcome of the catalogue, else every variable.
    backend
        "compiled", "pysd" (the reference), or a backend of your own. None is the compiled one, once
        it was held against the reference on this model (`haihe.run.verify`), and the reference
        where the two disagree or the compiler does not know what the model uses; a warning says so.
    time
        Start, stop and steps; None takes those of the scenarios, else of the model.
    progress
        Called with the members that are done and all of them.

    Returns
    -------
    xr.Dataset
        The layout of `haihe.results.dataset`.

    Raises
    ------
    InputErrors
        Where the model, a scenario or a name is wrong; nothing was run then.
    """
    model = model if isinstance(model, Model) else read_model(model)
    catalogue = load_catalogue(model)
    if time is not None:
        raise_all(check_time(time))
    batch, found = _as_batch(model, catalogue, scenarios, time)
    variables = choose_outputs(model, catalogue, outputs, found)
    names = [variable.name for variable in variables]
    raise_all(check_batch(model, batch, names))
    runner, values = _run(model, batch, names, backend, progress)
    times = saved_times(batch.time)
    return build_dataset(
        [_column(variable) for variable in variables],
        values,
        batch.members,
        times,
        {name: dimension.elements for name, dimension in model.dimensions.items()},
        digests=[scenario.digest for scenario in found],
        status=[find_status(values, times, i) for i in range(len(batch.members))],
        time_units=batch.time.units,
        attrs={
            "haihe_version": haihe.__version__,
            "model": model.name,
            "model_digest": model.digest,
            "backend": runner.name,
            "time_step": batch.time.step,
            "save_step": batch.time.save_step,
        },
    )


def _run(
    model: Model,
    batch: Batch,
    names: Sequence[str],
    backend: str | Backend | None,
    progress: Progress | None,
) -> tuple[Backend, Mapping[str, FloatArray]]:
    """Values of the variables, and who computed them."""
    runner = choose_backend(backend)
    if backend is not None:
        return runner, runner.run(model, batch, names, progress)
    refusal: InputError | InputErrors | None = None
    try:
        doubt = find_doubt(model)
        if not doubt:
            return runner, runner.run(model, batch, names, progress)
    except (InputError, InputErrors) as error:
        doubt, refusal = error.words, error
    runner = PysdBackend()
    words = Text("改由 {runner} 运行 {model}：{doubt}", "{runner} runs {model}: {doubt}")
    told = words.fill(runner=runner.name, model=model.name, doubt=doubt)
    warnings.warn(Notice(told), stacklevel=3)
    try:
        return runner, runner.run(model, batch, names, progress)
    except (HaiheError, MemoryError, OSError):
        raise
    except Exception:
        # PySD fails with whatever it meets; what the compiler said of the model has a line.
        if refusal is None:
            raise
        raise refusal from None


def find_doubt(model: Model) -> Text | None:
    """Why the compiled engine is not to be trusted with a model; None where it is."""
    from haihe.run.verify import judge_first_use, say_extent

    verdict, new = judge_first_use(model)
    if verdict is None:
        return None
    if not verdict.equal:
        return Text(
            f"编译引擎与参照不一致，始于 {verdict.begins}；详见 `haihe model check --engine`",
            f"the compiled engine disagrees with the reference from {verdict.begins} on;"
            " `haihe model check --engine` shows more",
        )
    if new and not verdict.complete:
        warnings.warn(Notice(say_extent(verdict)), stacklevel=4)
    return None


def choose_backend(backend: str | Backend | None) -> Backend:
    """Backend of a name.

    Raises
    ------
    InputError
        Where there is none of that name.
    """
    if backend is not None and not isinstance(backend, str):
        return backend
    if backend == "pysd":
        return PysdBackend()
    if backend in {None, "compiled"}:
        from haihe.run.compiled import CompiledBackend

        return CompiledBackend()
    raise InputError(
        Text(f"没有计算后端 {backend}", f"there is no backend {backend}"),
        None,
        Text("pysd 或 compiled", "pysd or compiled"),
    )


def choose_outputs(
    model: Model,
    catalogue: Catalogue,
    outputs: Sequence[str] | None,
    scenarios: Sequence[Scenario] = (),
) -> tuple[Variable, ...]:
    """Variables to keep, each once.

    Raises
    ------
    InputErrors
        Where a name is neither an outcome nor a variable.
    """
    wanted = list(outputs or [])
    if outputs is None:
        wanted = [name for scenario in scenarios for name in scenario.outputs]
        if any(not scenario.outputs for scenario in scenarios) or not wanted:
            wanted = [*wanted, *catalogue.outcomes] or _all_names(model)
    found: dict[str, Variable] = {}
    errors: list[InputError] = []
    for name in wanted:
        try:
            variable = find_output(model, catalogue, name)
        except InputError as error:
            errors.append(error)
        else:
            found[variable.name] = variable
    raise_all(errors)
    return tuple(found.values())


def find_output(model: Model, catalogue: Catalogue, name: str) -> Variable:
    """Variable of an outcome's id, or of its own name.

    Raises
    ------
    InputError
        Where the name is neither.
    """
    try:
        return find_variable(model, find_outcome(catalogue, name).variable)
    except InputError as first:
        try:
            return find_variable(model, name)
        except InputError as error:
            near = tuple(dict.fromkeys((*first.suggestions, *error.suggestions)))
            raise replace(error, suggestions=near) from None


def _all_names(model: Model) -> list[str]:
    return [
        name
        for name, variable in model.variables.items()
        if variable.kind is not Kind.LOOKUP and canonical_name(name) not in _CLOCK
    ]


def _as_batch(
    model: Model, catalogue: Catalogue, scenarios: Runnable | None, time: TimeAxis | None
) -> tuple[Batch, tuple[Scenario, ...]]:
    if scenarios is None:
        return Batch((model.name,), {}, {}, {}, time or model.time), ()
    if isinstance(scenarios, Batch):
        return (replace(scenarios, time=time) if time else scenarios), ()
    from haihe.scenario.design import build_batch

    listed = [scenarios] if isinstance(scenarios, Scenario | str | Path) else list(scenarios)
    found: list[Scenario] = []
    errors: list[InputError] = []
    for item in listed:
        try:
            found.append(_as_scenario(item, model, catalogue))
        except InputErrors as error:
            errors += error.errors
        except InputError as error:
            errors.append(error)
    raise_all(errors)
    return build_batch(model, catalogue, found, time), tuple(found)


def _as_scenario(item: Scenario | str | Path, model: Model, catalogue: Catalogue) -> Scenario:
    if isinstance(item, Scenario):
        return item
    from haihe.scenario.load import load_scenario

    return load_scenario(item, model, catalogue)


def _column(variable: Variable) -> Column:
    words = variable.doc.splitlines()
    return Column(
        variable.name,
        variable.dims,
        variable.units or "Dmnl",
        words[0] if words else variable.name,
        str(variable.kind),
    )
