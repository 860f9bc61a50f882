"""A run does not wait for packages that it has no use for."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from haihe.cli.run import spare_imports
spare_imports()
import xarray as xr
data = xr.Dataset({"a": (("member", "time"), [[1.0, 2.0]])}, {"member": ["m"], "time": [0.0, 1.0]})
assert float(data["a"].sel(member="m", time=1.0)) == 2.0
assert not {"dask.array", "pint"} & set(sys.modules), "xarray still imports them"
import dask.array, pint
"""


def test_a_run_imports_no_arrays_but_numpys_and_whoever_wants_others_still_gets_them() -> None:
    found = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
