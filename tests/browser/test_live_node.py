"""The script of a live page in Node: the engine's numbers, and the scorecard's verdicts."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from live_states import STATES, largest_gap, make_live_plan, open_plan, run_random_states

from haihe.analysis.indicators import derive_indicators
from haihe.analysis.live import Live
from haihe.analysis.scorecard import score_targets
from haihe.results.dataset import Column, build_dataset

NODE = shutil.which("node")
RUNNER = Path(__file__).with_name("live_runner.mjs")

pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed")


def run_node(
    live: Live, states: list[dict[str, object]], outputs: list[str], folder: Path
) -> tuple[np.ndarray, list[list[dict[str, object] | None]]]:
    core = files("haihe_viz").joinpath("templates", "live_core.js").read_text("utf-8")
    paths = [folder / name for name in ("model.js", "core.js", "data.json", "states.json", "out")]
    job = {"preset": "frozen-2021", "outputs": outputs, "states": states}
    for path, text in zip(paths, (live.script, core, json.dumps(live.data), json.dumps(job))):
        path.write_text(text, "utf-8")
    done = subprocess.run(
        [str(NODE), str(RUNNER), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    raw = np.frombuffer(paths[-1].read_bytes()).reshape(len(states), -1)
    return raw, json.loads(done.stdout)


def test_the_script_is_the_engine(tmp_path: Path) -> None:
    opened, _, background, _ = open_plan()
    live = make_live_plan()
    states, outputs, theirs = run_random_states()
    raw, scores = run_node(live, states, outputs, tmp_path)
    first = 0
    for name in outputs:
        last = first + theirs[name].shape[1]
        assert largest_gap(raw[:, first:last], theirs[name]) <= 1e-9, name
        first = last
    assert first == raw.shape[1]

    # The verdicts are those of the scorecard, target by target.
    years = np.arange(2010.0, 2061.0)
    model = opened.model
    labels = [f"s{k}" for k in range(STATES)]
    columns, values = [], {}
    for name in outputs:
        variable = model.variables[name]
        shape = tuple(len(model.dimensions[dim].elements) for dim in variable.dims)
        columns.append(
            Column(name, variable.dims, variable.units or "Dmnl", name, str(variable.kind))
        )
        values[name] = theirs[name].reshape(STATES, years.size, *shape)
    dims = {name: one.elements for name, one in model.dimensions.items()}
    results: xr.Dataset = build_dataset(columns, values, labels, years, dims)
    indicators = derive_indicators(results, opened.catalogue)
    verdicts = set()
    for k in (0, 1, 2, 3, 77):
        expected = score_targets(background.plan.targets, indicators, f"s{k}")
        for target, score, found in zip(live.data["targets"], expected, scores[k], strict=True):
            assert (found is None) == (not target["scored"])
            if found is None:
                continue
            assert found["met"] is score.met, target["id"]
            if score.value is not None:
                assert found["value"] == pytest.approx(score.value, rel=1e-9, abs=1e-9), target[
                    "id"
                ]
                assert found["margin"] == pytest.approx(score.margin, rel=1e-6, abs=1e-7), target[
                    "id"
                ]
            verdicts.add(score.met)
    assert verdicts >= {True, False}
