"""SDEverywhere: the C that it generates, made by gcc, in a loop over members.

It runs one member at a time. Asked for inputs and outputs it leaves out what the outputs do not
need; asked for inputs alone it computes every variable, as its own applications do that show many.

Source: https://github.com/climateinteractive/SDEverywhere (MIT), package `@sdeverywhere/compile`.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.cases import Subject
from benchmarks.yardsticks import MissingError, Run, Yardstick
from benchmarks.yardsticks.tools import INSTALL_S, call, compile_library, folder, need, runner
from haihe.model.types import FloatArray, canonical_name

VERSION = "0.7.28"
FLAGS = ("-O3", "-march=native", "-fvisibility=hidden", "-w")
HERE = Path(__file__).parent
PACKAGE = {
    "private": True,
    "type": "module",
    "dependencies": {"@sdeverywhere/compile": VERSION},
    # It asks for a file outside of the registry, to read workbooks; no benchmark model has one.
    "overrides": {"xlsx": "0.18.5"},
}
LOOP = r"""
__attribute__((visibility("default")))
void run(const double *inputs, int64_t stride, int64_t members, double *results) {
  double values[INPUTS + 1];
  sde_out = results;
  for (int64_t m = 0; m < members; m++) {
    for (int k = 0; k < INPUTS; k++) values[k] = inputs[k * stride + m];
    initConstants();
    setInputs(values, NULL);
    initLevels();
    _time = _initial_time;
    for (int i = 0;; i++) {
      evalAux();
      if (i % EVERY == 0) { STORE }
      if (i == STEPS) break;
      evalLevels();
      _time += _time_step;
    }
  }
}
"""


def _place() -> Path:
    return folder() / f"sdeverywhere-{VERSION}"


def is_installed() -> bool:
    """Has npm put the package into the cache folder?"""
    return (_place() / "node_modules" / "@sdeverywhere" / "compile" / "package.json").exists()


def install() -> Path:
    """The package, installed by npm in the cache folder.

    Raises
    ------
    MissingError
        Where node or npm is missing, or npm cannot reach its registry.
    """
    need("node")
    npm = need("npm")
    place = _place()
    if not is_installed():
        place.mkdir(exist_ok=True)
        (place / "package.json").write_text(json.dumps(PACKAGE))
        call([npm, "install", "--no-package-lock", "--no-audit", "--no-fund"], place, INSTALL_S)
    return place


def generate(subject: Subject, inputs: list[str], outputs: list[str]) -> str:
    """C of a model, for these inputs and outputs; no outputs: all of them."""
    place = install()
    shutil.copy(HERE / "generate.mjs", place)
    spec = {"inputVarNames": inputs} | ({"outputVarNames": outputs} if outputs else {})
    with tempfile.TemporaryDirectory() as made:
        call([need("node"), "generate.mjs", str(subject.case.path), json.dumps(spec), "m", made],
             place, INSTALL_S)  # fmt: skip
        return (Path(made) / "m.c").read_text()


def build(subject: Subject, members: int, pruned: bool) -> Yardstick:
    """The outputs of the case, with or without what they do not need."""
    start = time.perf_counter()
    inputs = [slot.name for slot in subject.program.slots]
    code = generate(subject, inputs, [output.name for output in subject.program.outputs])
    store = "storeOutputData();"
    if not pruned:
        store = " ".join(re.findall(r"outputVar\(\w+\);", code))
        code = generate(subject, inputs, [])
    run = _library(subject, code, store)
    name = "SDEverywhere, gcc" if pruned else "SDEverywhere, gcc, every variable computed"
    return Yardstick(name, run, run, members, time.perf_counter() - start)


def build_all(subject: Subject, members: int) -> Yardstick:
    """Every variable kept; `subject` is compiled for all outputs."""
    start = time.perf_counter()
    inputs = [slot.name for slot in subject.program.slots]
    code = generate(subject, inputs, [])
    names = _header(code)
    run = _library(subject, code, "storeOutputData();", len(names))
    order = _order(subject, names)

    def results(values: FloatArray) -> FloatArray:
        return np.ascontiguousarray(run(values)[:, :, order])

    took = time.perf_counter() - start
    return Yardstick("SDEverywhere, gcc, every variable kept", run, results, members, took)


def _library(subject: Subject, code: str, store: str, cells: int = 0) -> Run:
    """A function from inputs to results."""
    sizes = {"INPUTS": len(subject.program.slots), "EVERY": subject.every, "STEPS": subject.steps}
    defines = "".join(f"#define {name} {size}\n" for name, size in sizes.items())
    model = _own_declarations(code)
    text = (HERE / "sde_runtime.c").read_text() + model + defines + LOOP.replace("STORE", store)
    try:
        library = compile_library("gcc", FLAGS, text, "c")
    except MissingError as error:
        raise MissingError(f"SDEverywhere, {error}") from error
    return runner(library, subject.saves, cells or subject.cells)


def _own_declarations(code: str) -> str:
    """The generated code without the header that the run-time file stands for."""
    controls = "initial_time|final_time|time_step|saveper|time"
    code = code.replace('#include "sde.h"', "")
    return re.sub(rf"^double _({controls});$", "", code, flags=re.MULTILINE)


def _header(code: str) -> list[str]:
    """Names of the kept variables, in their order."""
    found = re.search(r'getHeader\(\) \{\s*return "(.*?)";', code, re.DOTALL)
    if found is None:
        raise MissingError("the generated code has no header")
    return [canonical_name(name) for name in found[1].replace(r"\"", "").split("\\t")]


def _order(subject: Subject, names: list[str]) -> list[int]:
    """Where each of the engine's cells stands among them."""
    place = {name: i for i, name in enumerate(names)}
    elements = {canonical_name(k): d.elements for k, d in subject.model.dimensions.items()}
    order = []
    for output in subject.program.outputs:
        for index in np.ndindex(*output.shape):
            subs = [elements[canonical_name(d)][i] for d, i in zip(output.dims, index)]
            name = f"{output.name}[{','.join(subs)}]" if subs else output.name
            order.append(place[canonical_name(name)])
    return order
