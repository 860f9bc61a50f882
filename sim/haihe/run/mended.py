"""PySD's own machinery, mended while the reference runs.

- SUM, PROD, VMIN and VMAX pass NaN on: left alone, PySD drops NaN in silence, and a total looks
  finite where a term is not.
- A NumPy number is spread over dimensions like a Python one: left alone, xarray refuses it.
- ALLOCATE AVAILABLE finds its price to the last bit: left alone, PySD's search stops at 1e-8.
- The states of stocks are kept apart: left alone, PySD packs them into one array, which stops it
  where shapes are alike by half.
- DELAY FIXED and SAMPLE IF TRUE take what the model says before any stock has moved: left alone,
  PySD moves its stocks one after the other, and the input of one is read after others have moved.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np


@contextlib.contextmanager
def mended() -> Iterator[None]:
    """PySD as long as it is the reference."""
    import xarray as xr
    from pysd.py_backend import allocation, functions
    from pysd.py_backend.model import Macro
    from pysd.py_backend.statefuls import DelayFixed, SampleIfTrue, Stateful

    started = xr.DataArray.__init__

    def initialize(self: Any, data: Any = np.nan, *args: Any, **named: Any) -> None:
        started(self, float(data) if isinstance(data, np.floating) else data, *args, **named)

    with contextlib.ExitStack() as stack:
        for place, name, value in (
            (xr.DataArray, "__init__", initialize),
            (Macro, "ddt", _changes),
            (Macro, "state", property(_states, _move)),
            (DelayFixed, "update", _update_delay),
            (SampleIfTrue, "update", _update_sample),
            (allocation, "least_squares", _halve),
            (Stateful, "state", Stateful.state.setter(_set_state)),
            *((functions, name, _reduction(method)) for name, method in _REDUCTIONS.items()),
        ):
            stack.callback(setattr, place, name, vars(place)[name])
            setattr(place, name, value)
        yield


_REDUCTIONS = {"sum": "sum", "prod": "prod", "vmin": "min", "vmax": "max"}


def _reduction(method: str) -> Callable[..., Any]:
    """A function over dimensions that is NaN where a term is."""

    def reduce(x: Any, dim: Any = None) -> Any:
        if dim is None or set(x.dims) == set(dim):
            return float(getattr(x, method)(skipna=False))
        return getattr(x, method)(dim=dim, skipna=False)

    return reduce


def _halve(fun: Callable[[Any], Any], start: Any, bounds: tuple[Any, Any], **_: Any) -> Any:
    """Where a function that falls is zero, as SciPy's `least_squares` gives it back."""
    low, high = (float(bound) for bound in bounds)
    for _step in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if fun(middle) > 0.0 else (low, middle)
    return SimpleNamespace(x=[0.5 * (low + high)])


def _set_state(self: Any, value: Any) -> None:
    import xarray as xr

    if self.shape_info:
        numbers = np.asarray(value, dtype=np.float64)
        self._state = xr.DataArray(data=numbers, **self.shape_info)
    else:
        self._state = value


def _changes(self: Any) -> Any:
    return _apart([stock.ddt() for stock in self._dynamicstateful_elements])


def _states(self: Any) -> Any:
    return _apart([stock.state for stock in self._dynamicstateful_elements])


def _move(self: Any, states: Any) -> None:
    """Give every stock its new state; who reads the model in doing so has read it before."""
    for stock in _readers(self):
        stock.read_before = stock() if hasattr(stock, "condition") else stock.input_func()
    for stock, state in zip(self._dynamicstateful_elements, states):
        stock.update(state)


def _readers(self: Any) -> Iterator[Any]:
    """Stocks of a model, and of the macros in it, whose update reads the model.

    What an outer model has read stays read when the macros within are moved in their turn.
    """
    from pysd.py_backend.model import Macro
    from pysd.py_backend.statefuls import DelayFixed, SampleIfTrue

    for stock in self._dynamicstateful_elements:
        if isinstance(stock, Macro):
            yield from _readers(stock)
        elif isinstance(stock, DelayFixed | SampleIfTrue) and not hasattr(stock, "read_before"):
            yield stock


def _update_delay(self: Any, state: Any) -> None:
    self.pipe[self.pointer] = self.read_before
    self.pointer = (self.pointer + 1) % self.order
    self.state = self.pipe[self.pointer]
    del self.read_before


def _update_sample(self: Any, state: Any) -> None:
    self.state = self.state * 0 + self.read_before
    del self.read_before


def _apart(values: list[Any]) -> Any:
    """Numbers and arrays side by side, none of them packed with another."""
    packed = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        packed[i] = np.asarray(value, dtype=np.float64) if np.ndim(value) else value
    return packed
