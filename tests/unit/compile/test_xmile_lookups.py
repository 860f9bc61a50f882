"""Lookups of XMILE that PySD reads as if they held their ends: the standard is followed.

Sources
-------
OASIS, XMILE Version 1.0 (2015), section 3.1.4: continuous, extrapolate and discrete functions.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_models import BACKENDS

from haihe.compile import compile_model, evaluate
from haihe.model.translate import read_model

TEXT = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
  <header><vendor>haihe</vendor><product version="1.0">tests</product></header>
  <sim_specs method="Euler"><start>-2</start><stop>6</stop><dt>0.5</dt></sim_specs>
  <model><variables>
    <aux name="seen"><eqn>TIME</eqn><gf type="{kind}">
      <xpts>0,1,3,5</xpts><ypts>0,2,3,-1</ypts></gf></aux>
  </variables></model>
</xmile>
"""


def by_hand(kind: str, t: np.ndarray) -> np.ndarray:
    x, y = np.array([0.0, 1, 3, 5]), np.array([0.0, 2, 3, -1])
    if kind == "discrete":
        return y[np.clip(np.searchsorted(x, t, side="right") - 1, 0, 3)]
    middle = np.interp(t, x, y)
    if kind == "extrapolate":
        middle = np.where(t < 0, 2 * t, middle)
        middle = np.where(t > 5, -1 - 2 * (t - 5), middle)
    return middle


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["continuous", "extrapolate", "discrete"])
def test_kind_of_a_lookup(tmp_path: Path, kind: str, backend: str) -> None:
    path = tmp_path / "model.xmile"
    path.write_text(TEXT.format(kind=kind))
    model = read_model(path)
    got = evaluate(compile_model(model, ["seen"]), 1, backend=backend)["seen"][0]
    times = -2 + 0.5 * np.arange(got.size) * round(model.time.save_step / 0.5)
    np.testing.assert_allclose(got, by_hand(kind, times), atol=1e-15)
