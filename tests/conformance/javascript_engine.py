"""Printed models run in Node, for the tests."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haihe.compile.emit_javascript import emit_javascript
from haihe.compile.ir import Program
from haihe.compile.prepare import saved_times
from haihe.model.types import FloatArray

RUNNER = Path(__file__).with_name("javascript_runner.mjs")
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(
    NODE is None, reason="Node is not installed: printed JavaScript is not compared with the engine"
)


def run_node(*args: str | Path) -> str:
    """What Node says; its complaint becomes the failure."""
    assert NODE is not None
    done = subprocess.run(
        [NODE, *map(str, args)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_javascript(
    program: Program, folder: Path, members: Sequence[dict[str, Any]] = ({},), **printed: Any
) -> dict[str, FloatArray]:
    """Outputs (member, time, *dims) of a program printed as a module."""
    module, inputs, out = folder / "model.mjs", folder / "inputs.json", folder / "out.bin"
    module.write_text(emit_javascript(program, **printed), "ascii")
    inputs.write_text(json.dumps(list(members)), "utf-8")
    run_node(RUNNER, module, inputs, out)
    raw = np.frombuffer(out.read_bytes()).reshape(len(members), -1)
    saves = saved_times(printed.get("time") or program.time).size
    values, first = {}, 0
    for output in program.outputs:
        last = first + saves * len(output.nodes)
        values[output.name] = raw[:, first:last].reshape(len(members), saves, *output.shape)
        first = last
    assert first == raw.shape[1]
    return values
