"""What the printed text looks like; what it computes is compared in `tests/conformance`."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from haihe.compile import compile_model
from haihe.compile.emit_javascript import emit_javascript
from haihe.compile.ir import Node, Program
from haihe.compile.javascript_text import Writer, count_uses, number
from haihe.errors import InputError, InputErrors
from haihe.model.translate import read_model
from haihe.model.types import TimeAxis

HOSTILE = '"a</script><script>alert(1)//"'
MODEL = """{UTF-8}
stock = INTEG(0.5 - stock / tau, 1) ~~|
tau = 4 ~~|
%s = stock * 2 ~~|
"海河 & co" = stock * 3 ~~|
"`${alert(2)}`" = stock * 4 ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""
NAMES = re.compile(r'NAMES=("(?:[^"\\]|\\.)*")')


def _program(folder: Path, text: str, varying: tuple[str, ...] = ("tau",)) -> Program:
    path = folder / "m.mdl"
    path.write_text(text, "utf-8")
    return compile_model(read_model(path), [], varying)


@pytest.fixture
def hostile(tmp_path: Path) -> Program:
    return _program(tmp_path, MODEL % HOSTILE)


def test_no_word_of_the_model_is_code(hostile: Program) -> None:
    text = emit_javascript(hostile, form="script")
    assert text.isascii()
    for sign in ("</", "<!", "-->", "]]>", "`"):
        assert sign not in text
    (quoted,) = NAMES.findall(text)
    code = text.replace(quoted, "")
    assert not re.search("alert|stock|tau|u6d77", code)
    names = json.loads(json.loads(quoted))
    assert [o["name"] for o in names["outputs"]] == [o.name for o in hostile.outputs]
    assert any("</script>" in o["name"] for o in names["outputs"])


@pytest.mark.skipif(which("node") is None, reason="Node is not installed")
def test_hostile_names_arrive_whole(hostile: Program, tmp_path: Path) -> None:
    script = tmp_path / "page.js"
    printing = "console.log(JSON.stringify(Object.keys(createModel().run({}))))"
    script.write_text(emit_javascript(hostile, form="script") + printing, "ascii")
    done = subprocess.run(["node", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [o.name for o in hostile.outputs]


def test_the_same_program_gives_the_same_text(tmp_path: Path) -> None:
    program = _program(tmp_path, MODEL % "doubled")
    assert emit_javascript(program) == emit_javascript(program)


def test_forms(tmp_path: Path) -> None:
    program = _program(tmp_path, MODEL % "doubled")
    module = emit_javascript(program, name="create")
    script = emit_javascript(program, form="script", name="create")
    assert module == script + "export default create;\n"
    assert '{"use strict";' in script
    assert not re.search(r"\b(import|eval|require|fetch|Function|document|window)\b", script)


@pytest.mark.parametrize("name", ["", "1a", "a b", "a;alert(1)", "河", "a\n"])
def test_name_of_the_factory_must_be_a_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no name"):
        emit_javascript(_program(tmp_path, MODEL % "doubled"), name=name)


def test_curves_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_text(MODEL % "doubled", "utf-8")
    program = compile_model(read_model(path), [], (), ["doubled"])
    x = np.array([0.0, 1.0])
    with pytest.raises(InputError, match="shape"):
        emit_javascript(program, curves={"doubled": (x, np.zeros(3))})
    with pytest.raises(InputError, match="announced"):
        emit_javascript(program, curves={"tau": (x, x)})
    with pytest.raises(InputErrors, match="save step"):
        emit_javascript(program, time=TimeAxis(0.0, 4.0, 1.0, 1.5))


@pytest.mark.parametrize(
    ("value", "text"),
    [(5.0, "5"), (0.25, ".25"), (-0.25, "-.25"), (1e-6, "1e-6"), (1e16, "1e16"), (-0.0, "-0"),
     (1e-300, "1e-300"), (100.0, "100"), (10.5, "10.5"), (float("inf"), "Infinity"),
     (float("-inf"), "-Infinity"), (float("nan"), "NaN"), (np.float64(0.1), ".1")],
)  # fmt: skip
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    "value", np.random.default_rng(5).standard_normal(50) * 10.0 ** np.arange(-25, 25)
)
def test_numbers_keep_their_bits(value: float) -> None:
    text = number(value)
    assert float(text) == value
    assert len(text) <= len(repr(float(value)))


def _written(nodes: list[Node]) -> str:
    own = [n for n, node in enumerate(nodes) if node.args]
    writer = Writer(nodes, (), lambda n: "ab"[n], count_uses(nodes, own, ()))
    for n in own:
        writer.compute(n, ["r"] if n == own[-1] else [])
    return writer.text()


def test_few_brackets() -> None:
    inputs = [Node("input"), Node("input", index=1)]
    left = [Node("sub", (0, 1)), Node("const", value=3.0), Node("sub", (2, 3))]
    assert _written([*inputs, *left]) == "r=a-b-3"
    right = [Node("sub", (0, 1)), Node("const", value=3.0), Node("sub", (3, 2))]
    assert _written([*inputs, *right]) == "r=3-(a-b)"
    signs = [Node("neg", (0,)), Node("sub", (1, 2))]
    assert _written([*inputs, *signs]) == "r=b-(-a)"
    twice = [Node("exp", (0,)), Node("mul", (2, 2))]
    assert _written([*inputs, *twice]) == "const _a=Math.exp(a);r=_a*_a"
    choice = [Node("lt", (0, 1)), Node("select", (2, 0, 2))]
    assert _written([*inputs, *choice]).startswith("const _a=a,_b=_a<b;r=_b?_a:(_b?1:0)")
