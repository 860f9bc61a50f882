"""A printed model inside a page: in a `<script>`, in a worker, and equal to the engine there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haihe.compile import compile_model, evaluate
from haihe.compile.emit_javascript import emit_javascript
from haihe.model.catalogue import read_catalogue
from haihe.model.translate import read_model

pytestmark = pytest.mark.browser

TIANJIN = Path(__file__).parents[2] / "models" / "tianjin" / "tianjin.mdl"
SETTINGS = 201
OUTCOMES = ("CO2", "PM2.5", "energy", "coal", "NOx", "rail share", "curtailment", "power mix")

HOSTILE = """{UTF-8}
stock = INTEG(1, 0) ~~|
"</script><script>window.hurt=1</script><!--" = stock * 2 ~~|
"<img src=x onerror=window.hurt=1>" = stock * 3 ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 3 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""
WORKER = """text => new Promise((resolve, reject) => {
  const main = "onmessage=e=>{const r=createModel().run(e.data);" +
    "postMessage(Object.keys(r).map(k=>[k,Array.from(r[k])]))}";
  const worker = new Worker(URL.createObjectURL(new Blob([text, main])));
  worker.onmessage = e => resolve(e.data);
  worker.onerror = e => reject(new Error(e.message));
  worker.postMessage({});
})"""


@pytest.fixture
def page(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    """An empty tab that fails the test on any complaint."""
    tab = chromium.new_page()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda message: complaints.append(message.text))
    yield tab
    tab.close()
    assert complaints == []


def _open(page: Any, folder: Path, text: str) -> None:
    path = folder / "page.html"
    path.write_text(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>m</title></head>'
        f'<body><script id="model">{text}</script></body></html>',
        "utf-8",
    )
    page.goto(path.as_uri())


def test_hostile_names_in_a_script_and_in_a_worker(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_text(HOSTILE, "utf-8")
    program = compile_model(read_model(path), [])
    text = emit_javascript(program, form="script")
    _open(page, tmp_path, text)
    expected = {k: v[0].tolist() for k, v in evaluate(program, 1, backend="numpy").items()}
    inline = page.evaluate(
        "() => Object.entries(createModel().run({})).map(([k, v]) => [k, Array.from(v)])"
    )
    assert dict(inline) == expected
    whole = page.evaluate("() => document.getElementById('model').textContent")
    assert whole == text
    assert dict(page.evaluate(WORKER, text)) == expected
    assert page.evaluate("() => window.hurt === undefined && document.scripts.length === 1")


def test_tianjin_in_a_browser(page: Any, tmp_path: Path) -> None:
    model = read_model(TIANJIN)
    catalogue = read_catalogue(TIANJIN.parent / "catalogue.yaml", model)
    outputs = [catalogue.outcomes[o].variable for o in OUTCOMES]
    program = compile_model(model, outputs, list(catalogue.levers))
    random = np.random.default_rng(31)
    constants = {}
    for name in catalogue.levers:
        variable = model.variables[name]
        low, high = variable.limits
        constants[name] = random.uniform(low, high, (SETTINGS, *variable.default.shape))
        constants[name][0] = variable.default
    _open(page, tmp_path, emit_javascript(program, form="script"))
    members = [
        {"constants": {k: v[i].ravel().tolist() for k, v in constants.items()}}
        for i in range(SETTINGS)
    ]
    text = page.evaluate(
        """text => {
          const model = createModel();
          return JSON.stringify(JSON.parse(text).map(member => {
            const r = model.run(member);
            return model.names.outputs.map(o => Array.from(r[o.name]));
          }));
        }""",
        json.dumps(members),
    )
    found = json.loads(text)
    plain = evaluate(program, SETTINGS, constants)
    for k, (name, theirs) in enumerate(plain.items()):
        ours = np.array([member[k] for member in found]).reshape(theirs.shape)
        scale = np.max(np.abs(theirs), axis=1, keepdims=True)
        assert np.all(np.abs(ours - theirs) <= 1e-9 * scale), name
