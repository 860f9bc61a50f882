"""The mends of PySD's machinery, each with a model that fails without it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from haihe.model.translate import read_model
from haihe.model.types import FloatArray
from haihe.run import backends
from haihe.run.backends import PysdBackend
from haihe.run.compiled import CompiledBackend
from haihe.scenario.values import Batch

CLOCK = """
INITIAL TIME = 0 ~~|
FINAL TIME = 3 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""
TOTALS = """{UTF-8}
d: p, q ~~|
e: u, v ~~|
x[d, e] = 1 - Time ~~|
root[d, e] = SQRT(x[d, e]) ~~|
total = SUM(root[d!, e!]) ~~|
product[d] = PROD(root[d, e!]) ~~|
least = VMIN(root[d!, e!]) ~~|
greatest[e] = VMAX(root[d!, e]) ~~|
"""
# One stock of 2, one of 2 x 3: NumPy packs them as neither.
SHAPES = """{UTF-8}
d: p, q ~~|
e: u, v, w ~~|
one[d] = INTEG(1, 0) ~~|
two[d, e] = INTEG(0.5, 1) ~~|
"""


@contextlib.contextmanager
def unmended() -> Iterator[None]:
    yield


def run(path: Path, text: str, backend: PysdBackend | CompiledBackend) -> dict[str, FloatArray]:
    path.write_text(text + CLOCK, encoding="utf-8")
    model = read_model(path)
    names = [n for n in model.variables if n.casefold() not in {"saveper", "time step"}]
    return dict(backend.run(model, Batch(("m",), {}, {}, {}, model.time), names))


def test_nan_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run(tmp_path / "m.mdl", TOTALS, PysdBackend())
    for name in ("total", "product", "least", "greatest"):
        missing = np.isnan(found[name][0]).reshape(4, -1).all(axis=1)
        assert missing.tolist() == [False, False, True, True], name
    ours = run(tmp_path / "m.mdl", TOTALS, CompiledBackend())
    for name, values in found.items():
        np.testing.assert_array_equal(values, ours[name], name)
    monkeypatch.setattr(backends, "mended", unmended)
    assert np.isfinite(run(tmp_path / "m.mdl", TOTALS, PysdBackend())["total"]).all()


def test_stocks_of_different_shapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run(tmp_path / "m.mdl", SHAPES, PysdBackend())
    assert found["one"][0, -1].tolist() == [3, 3]
    assert found["two"][0, -1].tolist() == [[2.5] * 3] * 2
    monkeypatch.setattr(backends, "mended", unmended)
    with pytest.raises(ValueError, match="broadcast"):
        run(tmp_path / "m.mdl", SHAPES, PysdBackend())


def test_mends_are_undone(tmp_path: Path) -> None:
    import xarray as xr
    from pysd.py_backend import functions
    from pysd.py_backend.model import Macro
    from pysd.py_backend.statefuls import Stateful

    def seen() -> list[object]:
        return [
            xr.DataArray.__init__, Macro.ddt, vars(Macro)["state"], vars(Stateful)["state"],
            functions.sum, functions.prod, functions.vmin, functions.vmax,
        ]  # fmt: skip

    before = seen()
    run(tmp_path / "m.mdl", TOTALS, PysdBackend())
    assert seen() == before


MARKET = """{UTF-8}
profile: ptype, ppriority, pwidth, pextra ~~|
client: home, shop, plant ~~|
wish[client] = 3, 5, 4 ~~|
priority[client, profile] = 3,5,2,0;3,4,1,0;3,2,1,0; ~~|
supply = 3 + 2 * Time ~~|
given[client] = ALLOCATE AVAILABLE(wish[client], priority[client, ptype], supply) ~~|
left = supply - SUM(given[client!]) ~~|
"""


def test_a_market_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run(tmp_path / "m.mdl", MARKET, PysdBackend())
    assert np.abs(found["left"]).max() < 1e-13
    monkeypatch.setattr(backends, "mended", unmended)
    assert np.abs(run(tmp_path / "m.mdl", MARKET, PysdBackend())["left"]).max() > 1e-11
