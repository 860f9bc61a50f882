"""Equations as mathematics and in words; loops of feedback."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from haihe.compile.explain import (
    Explanation,
    causal_graph,
    explain_model,
    explain_variable,
    find_loops,
    strong_components,
)
from haihe.errors import InputError
from haihe.model.translate import read_model
from haihe.model.types import Model

ROOT = Path(__file__).parents[3]
CONTROLS = "INITIAL TIME=0~~|\nFINAL TIME=9~~|\nTIME STEP=1~Year~|\nSAVEPER=1~~|\n"
HEAD = """{UTF-8}
Fuel: Coal, Natural Gas ~~|
Stock = INTEG(Inflow - Loss, Start) ~t~What lies there|
Start = 5 ~t~|
Inflow = 2 ~t/Year~|
Loss = Stock / Life ~t/Year~|
Life = 4 ~Year~|
Share[Fuel] = 0.25, 0.75 ~~|
Use[Fuel] = Stock * Share[Fuel] ~t~|
Whole Use = SUM(Use[Fuel!]) ~t~|
Effect((0,1),(5,2)) ~~|
"""


def _model(folder: Path, equation: str = "") -> Model:
    path = folder / "m.mdl"
    path.write_text(HEAD + equation + CONTROLS, "utf-8")
    return read_model(path)


def _x(folder: Path, equation: str) -> Explanation:
    return explain_variable(_model(folder, f"X = {equation} ~~|\n"), "x")


def _plain(math: str) -> str:
    """The text of a formula, without its markup."""
    return "".join(ElementTree.fromstring(math).itertext())


def test_a_stock(tmp_path: Path) -> None:
    found = explain_variable(_model(tmp_path), "stock")
    assert (found.name, found.kind, found.units) == ("Stock", "stock", "t")
    assert found.doc == "What lies there"
    assert found.reads == ("Inflow", "Loss", "Start")
    assert found.read_by == ("Loss", "Use")
    (line,) = found.lines
    assert line.words.en == (
        "Stock is a stock: it starts at Start and changes per Year by Inflow minus Loss"
    )
    assert line.words.zh == "存量 Stock：初值为 Start，每 Year 变化 Inflow 减 Loss"
    assert _plain(line.math.en) == "dStockdt=Inflow−Loss,Stock(t0)=Start"


def test_names_are_the_authors(tmp_path: Path) -> None:
    found = explain_variable(_model(tmp_path), "whole_use")
    assert found.lines[0].words.en == "Whole Use = the sum of Use [Fuel] over Fuel"
    assert found.lines[0].words.zh == "Whole Use = Use [Fuel] 对 Fuel 求和"
    assert _plain(found.lines[0].math.en) == "Whole Use=∑FuelUseFuel"
    share = explain_variable(_model(tmp_path), "share")
    assert share.dims == ("Fuel",)
    assert _plain(share.lines[0].math.en) == "ShareFuel=(0.25,0.75)"


CASES = [
    ("Start + Life * 2", "Start+Life⋅2", "Start plus Life times 2"),
    ("(Start + Life) * 2", "(Start+Life)⋅2", "(Start plus Life) times 2"),
    ("Start - (Life - 2)", "Start−(Life−2)", "Start minus (Life minus 2)"),
    ("Start - Life - 2", "Start−Life−2", "Start minus Life minus 2"),
    ("Start / Life / 2", "StartLife2", "Start divided by Life divided by 2"),
    ("Start / (Life / 2)", "StartLife2", "Start divided by (Life divided by 2)"),
    ("(Start / Life) ^ 2", "(StartLife)2", "(Start divided by Life) to the power of 2"),
    ("-(Start + Life)", "−(Start+Life)", "the negative of (Start plus Life)"),
    ("Start - (-Life)", "Start−(−Life)", "Start minus the negative of Life"),
    ("EXP(Start - 1)", "eStart−1", "e to the power of (Start minus 1)"),
    ("MAX(Start, Life + 1)", "max⁡(Start,Life+1)", "the greater of Start and (Life plus 1)"),
    ("SQRT(Start)", "Start", "the square root of Start"),
    ("ABS(Start)", "|Start|", "the absolute value of Start"),
    ("Effect(Start)", "Effect⁡(Start)", "the curve Effect read at Start"),
    ("Time * 2", "t⋅2", "the time times 2"),
    ("Use[Coal]", "UseCoal", "Use [Coal]"),
    ("VMIN(Use[Fuel!])", "minFuel(UseFuel)", "the least of Use [Fuel] over Fuel"),
    ("ZIDZ(Start, Life)", "{StartLifeLife≠00otherwise",
     "Start divided by Life (0 where Life is 0)"),
    ("IF THEN ELSE(Start > 1 :AND: Life < 2, 3, 4)", "{3Start>1∧Life<24otherwise",
     "if Start is greater than 1 and Life is less than 2 then 3, otherwise 4"),
    ("SMOOTH(Start, Life)", "SMOOTH⁡(Start,Life,Start,1)",
     "Start smoothed over Life in 1 stages, from Start"),
    ("SUM(Use[Fuel!] + 1) * 2", "∑Fuel(UseFuel+1)⋅2",
     "the sum of (Use [Fuel] plus 1) over Fuel times 2"),
]  # fmt: skip


@pytest.mark.parametrize(("equation", "math", "words"), CASES)
def test_equations(equation: str, math: str, words: str, tmp_path: Path) -> None:
    (line,) = _x(tmp_path, equation).lines
    assert _plain(line.math.en) == "X=" + math
    assert line.words.en == "X = " + words


def test_a_formula_speaks_both_languages(tmp_path: Path) -> None:
    (line,) = _x(tmp_path, "IF THEN ELSE(Start > 1, 3, 4)").lines
    assert "<mtext>否则</mtext>" in line.math.zh
    assert line.words.zh == "X = 若 Start 大于 1，则 3，否则 4"


def test_structure_of_a_quotient(tmp_path: Path) -> None:
    # Text alone does not tell a/(b/c) from (a/b)/c: the fractions must nest to the right side.
    for equation, side in (("Start / Life / 2", 0), ("Start / (Life / 2)", 1)):
        root = ElementTree.fromstring(_x(tmp_path, equation).lines[0].math.en)
        tag = "{http://www.w3.org/1998/Math/MathML}mfrac"
        outer = next(root.iter(tag))
        assert [len(list(part.iter(tag))) for part in outer] == [1 - side, side]


def test_long_tables_are_cut_short(tmp_path: Path) -> None:
    points = ",".join(f"({i},{i * i})" for i in range(40))
    model = _model(tmp_path, f"Long({points}) ~~|\n")
    (line,) = explain_variable(model, "Long").lines
    assert line.words.en == "Long = a curve of 40 points from (0, 0) to (39, 1521)"
    assert "…" in line.math.en
    assert "1521" not in line.math.en


def test_hostile_names_are_text(tmp_path: Path) -> None:
    hostile = '"<script>alert(1)</script>&amp;{0}"'
    model = _model(tmp_path, f"{hostile} = Stock ~~|\nX = {hostile} + 1 ~~|\n")
    for found in explain_model(model).values():
        for line in found.lines:
            for math in (line.math.zh, line.math.en):
                assert not re.search("<script|onerror", math)
                ElementTree.fromstring(math)
    (line,) = explain_variable(model, "X").lines
    assert _plain(line.math.en) == "X=<script>alert(1)</script>&amp;{0}+1"
    assert line.words.en == "X = <script>alert(1)</script>&amp;{0} plus 1"


def test_unknown_names_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        explain_variable(_model(tmp_path), "Stok")
    assert "Stock" in caught.value.suggestions


MODELS = sorted((ROOT / "tests" / "conformance" / "models").glob("*.mdl"))


@pytest.mark.parametrize("path", MODELS[::6], ids=lambda p: p.stem)
def test_every_feature_is_well_formed(path: Path) -> None:
    model = read_model(path)
    for name, found in explain_model(model).items():
        assert found.lines, name
        for line in found.lines:
            ElementTree.fromstring(line.math.en)
            for words in (line.words.en, line.words.zh):
                assert not re.search(r"\{\d|Call\(|Ref\(|np\.", words)


# --- graph and loops ----------------------------------------------------------------------------


def test_graph_and_what_is_read_once(tmp_path: Path) -> None:
    model = _model(tmp_path)
    graph = causal_graph(model)
    assert graph["Use"] == ("Stock", "Share")
    assert graph["Stock"] == ("Inflow", "Loss", "Start")
    assert causal_graph(model, initial=False)["Stock"] == ("Inflow", "Loss")
    assert list(graph) == list(model.variables)


LOOPS = """A = INTEG(B - C, 1) ~~|
B = A * 2 ~~|
C = D + A ~~|
D = SMOOTH(C, 2) ~~|
E = A + G ~~|
G = INTEG(1, E0) ~~|
E0 = INITIAL(A) ~~|
"""


def test_loops(tmp_path: Path) -> None:
    model = _model(tmp_path, LOOPS)
    assert find_loops(model) == (
        ("Stock", "Loss"),
        ("A", "B"),
        ("A", "C"),
        ("C", "D"),
    )
    assert find_loops(model, without=["c", "loss"]) == (("A", "B"),)


def test_an_initial_value_makes_no_loop(tmp_path: Path) -> None:
    # P starts at Q, Q reads P: nothing feeds back during the run.
    model = _model(tmp_path, "P = INTEG(1, Q0) ~~|\nQ0 = INITIAL(Start) ~~|\nQ = P ~~|\n")
    assert find_loops(model) == (("Stock", "Loss"),)


def test_components_of_random_graphs() -> None:
    random = np.random.default_rng(8)
    for _ in range(100):
        size = int(random.integers(1, 9))
        names = [f"n{k}" for k in range(size)]
        edges = random.random((size, size)) < 0.2
        graph = {n: tuple(m for j, m in enumerate(names) if edges[i, j])
                 for i, n in enumerate(names)}  # fmt: skip
        reach = edges.copy()
        for k, i in itertools.product(range(size), repeat=2):
            reach[i] |= reach[i, k] & reach[k]
        expected = {
            frozenset(m for j, m in enumerate(names) if reach[i, j] and reach[j, i])
            for i in range(size)
            if reach[i, i]
        }
        assert set(strong_components(graph)) == expected


def test_a_deep_chain_needs_no_recursion() -> None:
    names = [f"n{k}" for k in range(5000)]
    graph = {n: (names[(k + 1) % 5000],) for k, n in enumerate(names)}
    assert strong_components(graph) == [frozenset(names)]
