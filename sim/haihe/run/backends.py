"""Who evaluates a model: the protocol, and the reference behind it, PySD with its faults mended.

The mends, each with a test that fails without it:

- Numbers are floats, what enters a stock or a delay too: PySD cuts the input of a SMOOTH off where
  its initial value is a whole number.
- Division and powers follow IEEE 754: PySD raises for scalars and gives infinity for arrays.
- Points of lookups and tables of constants keep all their digits: PySD writes eight of them.
- Time is `start + i * step`, not a running sum, and what is saved is `start + k * save_step`.
- NaN is passed on by functions over dimensions, and stocks keep their states apart (`mended`).
- Every member starts from the model as it was read: a parameter that is set in a run of PySD stays
  set in the next.
- The generated module is made of a copy without the author's words (`neutral`), is checked
  (`harden`), and lies in a private cache, never beside the model.
- A scalar lookup is interpolated by `numpy.interp`, which gives the same bits as PySD's way through
  xarray and takes a hundredth of the time.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import haihe
from haihe.cache import cache_folder, forget_old
from haihe.errors import InputError, raise_all
from haihe.model.assemble import check_unchanged
from haihe.model.clock import count_steps, saved_times, steps_per_save
from haihe.model.types import FloatArray, Model, TimeAxis, Variable
from haihe.run.batch import check_batch, shape_of
from haihe.run.harden import harden
from haihe.run.mended import mended
from haihe.run.neutral import Neutral, neutralise
from haihe.scenario.values import Batch
from haihe.text import Text

Progress = Callable[[int, int], None]
"""Called with the members that are done and all of them."""

_FORMAT = "1"
"""Raised when what is generated changes, so that old caches are not read."""


class Backend(Protocol):
    """Evaluates a batch of members."""

    @property
    def name(self) -> str:
        """Name and version, as the results carry it."""

    def run(
        self,
        model: Model,
        batch: Batch,
        outputs: Sequence[str],
        progress: Progress | None = None,
    ) -> Mapping[str, FloatArray]:
        """Values of each output (member, time, *dims) at the saved times.

        A member that cannot be evaluated is NaN from there on; it does not end the others.

        Raises
        ------
        InputErrors
            Where the batch does not fit the model.
        """


@dataclass(frozen=True, slots=True)
class PysdBackend:
    """The reference: slow, one member after the other."""

    @property
    def name(self) -> str:
        """Name and version of PySD."""
        import pysd

        return f"pysd {pysd.__version__}"

    def run(
        self,
        model: Model,
        batch: Batch,
        outputs: Sequence[str],
        progress: Progress | None = None,
    ) -> Mapping[str, FloatArray]:
        """Values of each output (member, time, *dims) at the saved times.

        Raises
        ------
        InputErrors
            Where the batch does not fit the model, or the model asks for more than Euler's method.
        """

        def tell(member: int, saved: int) -> bool:
            if progress and saved == len(saved_times(batch.time)):
                progress(member + 1, len(batch.members))
            return True

        return run_while(tell, model, batch, outputs)


GoOn = Callable[[int, int], bool]
"""Called with the number of a member and the times of it that are saved: go on?"""


def run_while(
    go_on: GoOn, model: Model, batch: Batch, outputs: Sequence[str]
) -> Mapping[str, FloatArray]:
    """Run the reference until it is done, or until `go_on` says no; what was not reached is NaN.

    Raises
    ------
    InputErrors
        Where the batch does not fit the model, or the model asks for more than Euler's method.
    """
    raise_all(check_batch(model, batch, outputs))
    if batch.time.method != "euler":
        raise InputError(
            Text(
                f"参照用欧拉法积分，而 {model.name} 要求用 {batch.time.method}",
                f"the reference integrates by Euler's method, and {model.name} asks for"
                f" {batch.time.method}",
            ),
            None,
            Text("欧拉法，或换用其他计算后端", "method Euler, or another backend"),
        )
    times = len(saved_times(batch.time))
    results = {
        name: np.full((len(batch.members), times, *shape_of(model, model.variables[name])), np.nan)
        for name in outputs
    }
    with _quiet(), mended(), prepared(model) as loaded:
        for number in range(len(batch.members)):
            rows = {name: values[number] for name, values in results.items()}
            if not _run_member(loaded, batch, number, rows, functools.partial(go_on, number)):
                break
    return results


@dataclass(frozen=True, slots=True)
class Loaded:
    """A generated module that is ready to be run."""

    model: Model
    neutral: Neutral
    path: Path


@contextlib.contextmanager
def prepared(model: Model) -> Iterator[Loaded]:
    """The generated module of a model, from the cache or made now."""
    import pysd

    check_unchanged(model)
    parts = (_FORMAT, haihe.__version__, pysd.__version__, model.digest, model.path.suffix)
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    folder = cache_folder("reference") / key
    neutral = neutralise(model, folder)
    if not (folder / "model.py").is_file():
        _generate(model, folder)
    yield Loaded(model, neutral, folder / "model.py")


def _generate(model: Model, folder: Path) -> None:
    """Write the module beside its place and move it there whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="part-", dir=folder.parent))
    try:
        neutral = neutralise(model, part)
        for file, cells in neutral.tables.items():
            rows = [",".join(repr(float(cell)) for cell in row) for row in cells]
            (part / file).write_text("\n".join(rows) + "\n", encoding="ascii")
        _build(neutral, part)
        with contextlib.suppress(OSError):
            # Another process may have been first; what it made is the same.
            part.rename(folder)
        if not (folder / "model.py").is_file():
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
        forget_old(folder.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _build(neutral: Neutral, folder: Path) -> None:
    from pysd.builders.python import python_model_builder as builder

    class Unformatted:
        """In place of black: nobody reads what is generated."""

        FileMode = staticmethod(lambda: None)
        format_file_contents = staticmethod(lambda text, **_: text)

    original = builder.black
    builder.black = Unformatted
    try:
        with np.printoptions(precision=17, floatmode="unique", threshold=2**62, linewidth=2**20):
            builder.ModelBuilder(neutral.abstract).build_model()
    finally:
        builder.black = original
    for path in folder.glob("*.py"):
        path.write_text(harden(path.read_text(encoding="utf-8")), encoding="utf-8")


def _load(loaded: Loaded) -> Any:
    """A fresh model of PySD: nothing that was set before is left in it."""
    from pysd.py_backend.external import Excels
    from pysd.py_backend.model import Model as PysdModel

    Excels.clean()
    for file, cells in loaded.neutral.tables.items():
        # Numbers as they are, not as a table would have them read again.
        path = (loaded.path.parent / file).resolve()
        Excels._Excels[path.joinpath(",")] = np.array(cells, dtype=np.float64)
    loaded_model = PysdModel(str(loaded.path), None, None, False, "ignore")
    _hasten_lookups(loaded_model)
    return loaded_model


def _run_member(
    loaded: Loaded,
    batch: Batch,
    number: int,
    rows: Mapping[str, FloatArray],
    go_on: Callable[[int], bool],
) -> bool:
    """Run one member; False where it was stopped."""
    running = _load(loaded)
    _set_inputs(running, loaded, batch, number)
    time = batch.time
    running.time.set_control_vars(
        initial_time=time.start,
        final_time=time.stop,
        time_step=time.step,
        saveper=time.save_step,
    )
    running._assign_cache_type()
    running.initialize()
    running._add_constant_cache()
    running.time.stage = "Run"
    running.clean_caches()
    return _integrate(running, loaded, time, rows, go_on)


def _integrate(
    running: Any,
    loaded: Loaded,
    time: TimeAxis,
    rows: Mapping[str, FloatArray],
    go_on: Callable[[int], bool],
) -> bool:
    readers = {name: _reader(running, loaded, name) for name in rows}
    every, last = steps_per_save(time), count_steps(time)
    for i in range(last + 1):
        if i % every == 0:
            for name, read in readers.items():
                rows[name][i // every] = read()
            if not go_on(i // every + 1):
                return False
        if i < last:
            running._euler_step(time.step)
            running.time.update(time.start + (i + 1) * time.step)
            running.clean_caches()
    return True


def _reader(running: Any, loaded: Loaded, name: str) -> Callable[[], Any]:
    """A function that gives the present value of a variable (*dims)."""
    function = getattr(running.components, _python_name(running, loaded, name))
    wanted = [loaded.neutral.dimensions[dim] for dim in loaded.model.variables[name].dims]

    def read() -> Any:
        value = function()
        if wanted and hasattr(value, "transpose"):
            return value.transpose(*wanted).values
        return value

    return read


def _python_name(running: Any, loaded: Loaded, name: str) -> str:
    return str(running._namespace[loaded.neutral.names[name]])


def _set_inputs(running: Any, loaded: Loaded, batch: Batch, number: int) -> None:
    for name, values in batch.constants.items():
        value = _labelled(running, loaded, loaded.model.variables[name], values[number])
        _replace(running, loaded, name, functools.partial(_same, value), {})
    for name, (years, values) in batch.series.items():
        if not np.isnan(values[number]).all():
            function = _follow(running, loaded, name, years, values[number])
            _replace(running, loaded, name, function, {"time": 1})
    for name, values in batch.initial.items():
        if not np.isnan(values[number]).all():
            _set_initial(running, loaded, name, values[number])


def _same(value: Any) -> Any:
    return value


def _labelled(running: Any, loaded: Loaded, variable: Variable, values: Any) -> Any:
    """A number, or an array as PySD has it."""
    import xarray as xr

    if not variable.dims:
        return float(values)
    dims = [loaded.neutral.dimensions[dim] for dim in variable.dims]
    coords = {dim: running._subscript_dict[dim] for dim in dims}
    return xr.DataArray(np.array(values, dtype=np.float64), coords, dims)


def _follow(
    running: Any, loaded: Loaded, name: str, years: FloatArray, values: FloatArray
) -> Callable[[], Any]:
    """Straight lines between points (point, *dims), ends held."""
    variable = loaded.model.variables[name]
    columns = values.reshape(len(years), -1)

    def value() -> Any:
        now = [np.interp(running.time(), years, columns[:, i]) for i in range(columns.shape[1])]
        if not variable.dims:
            return float(now[0])
        return _labelled(running, loaded, variable, np.reshape(now, values.shape[1:]))

    return value


def _replace(
    running: Any,
    loaded: Loaded,
    name: str,
    function: Callable[[], Any],
    dependencies: dict[str, int],
) -> None:
    """Put a function in the place of a variable's equation."""
    python = _python_name(running, loaded, name)
    original = getattr(running.components, python)

    def replaced() -> Any:
        return function()

    replaced.__name__ = python
    replaced.__dict__.update({k: v for k, v in vars(original).items() if k != "__wrapped__"})
    running.components._set_component(python, replaced)
    running._dependencies[python] = dependencies
    running.cache.cached_funcs.discard(python)


def _set_initial(running: Any, loaded: Loaded, name: str, values: FloatArray) -> None:
    """Let a stock begin with given values; where they are NaN it keeps its own."""
    from pysd.py_backend.statefuls import Integ

    python = _python_name(running, loaded, name)
    stocks = [
        running._stateful_elements[key]
        for key in running._dependencies[python]
        if isinstance(running._stateful_elements.get(key), Integ)
    ]
    if len(stocks) != 1:
        raise InputError(
            Text(
                f"{name} 由 {len(stocks)} 个存量组成，不能设定初值",
                f"{name} is made of {len(stocks)} stocks, and its initial value cannot be set",
            )
        )
    own = stocks[0].init_func
    given = _labelled(running, loaded, loaded.model.variables[name], values)
    if np.isnan(values).any():
        stocks[0].init_func = lambda: given.where(~np.isnan(given), own())
    else:
        stocks[0].init_func = lambda: given


def _hasten_lookups(running: Any) -> None:
    """Give every scalar lookup a quicker way to the same bits."""
    from pysd.py_backend.lookups import Lookups

    for name in dir(running.components):
        lookup = getattr(running.components, name)
        if isinstance(lookup, Lookups) and lookup.is_float and lookup.interp == "interpolate":
            kind = type(lookup)
            lookup.__class__ = type(f"Quick{kind.__name__}", (_Quick, kind), {})


class _Quick:
    """A lookup of numbers, straight lines between points, ends held."""

    data: Any

    def _call(self, data: Any, x: Any, final_subs: Any = None) -> Any:
        import xarray as xr

        points, values = data["lookup_dim"].values, data.values
        if not isinstance(x, xr.DataArray) or not x.dims:
            return float(np.interp(float(x), points, values))
        found = xr.DataArray(np.interp(x.values, points, values), x.coords, x.dims)
        if list(found.dims) == list(final_subs or found.dims):
            return found
        outdata = xr.DataArray(np.nan, final_subs, list(final_subs))
        return xr.broadcast(outdata, found)[1]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """PySD warns of what is checked or mended here."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
