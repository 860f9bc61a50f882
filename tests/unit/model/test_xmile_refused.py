"""What is wrong with an XMILE file is said with its line, all at once; nothing hostile happens."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from haihe.errors import InputErrors
from haihe.model.translate import read_model
from haihe.model.xmile import document
from haihe.run.simulate import simulate

NAMESPACE = "http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"
KIND = '<dimensions><dim name="kind"><elem name="k1"/><elem name="k2"/></dim></dimensions>'
FILL = '<dimensions><dim name="kind"/></dimensions>'


def file(body: str, outside: str = "", specs: str = "") -> str:
    """A file whose variables begin in line 4."""
    clock = specs or "<sim_specs><start>0</start><stop>2</stop><dt>0.5</dt></sim_specs>"
    return f'<xmile version="1.0" xmlns="{NAMESPACE}">\n{clock}\n<model><variables>\n{body}\n' + (
        f"</variables></model>\n{outside}</xmile>\n"
    )


def write(folder: Path, text: str | bytes, name: str = "m.xmile") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def errors_of(folder: Path, text: str | bytes, name: str = "m.xmile") -> str:
    with pytest.raises(InputErrors) as caught:
        read_model(write(folder, text, name))
    return str(caught.value)


def aux(name: str, equation: str, more: str = "") -> str:
    return f'<aux name="{name}"><eqn>{equation}</eqn>{more}</aux>'


GRAPH = "<gf>{}<ypts>1,2</ypts></gf>"
REFUSED = {
    "conveyor": ('<stock name="a"><eqn>1</eqn>\n<conveyor/></stock>', 5, "conveyors are not"),
    "queue": ('<stock name="a"><eqn>1</eqn><queue/></stock>', 4, "queues are not supported"),
    "oven": ('<stock name="a"><eqn>1</eqn><isee:oven/></stock>', 4, "ovens are not supported"),
    "leak": ('<flow name="a"><eqn>1</eqn><leak/></flow>', 4, "leaks out of a conveyor"),
    "multiplier": ('<flow name="a"><eqn>1</eqn><multiplier>2</multiplier></flow>', 4, "its unit"),
    "no name": ("<aux><eqn>1</eqn></aux>", 4, "has no name"),
    "quote in a name": ('<aux name="a&quot;b"><eqn>1</eqn></aux>', 4, "quotation mark"),
    "twice": (aux("a b", "1") + "\n" + aux("A_b", "2"), 5, "defined twice, first in line 4"),
    "two equations": ('<aux name="a"><eqn>1</eqn><eqn>2</eqn></aux>', 4, "2 equations"),
    "no equation": ('<aux name="a"/>', 4, "it has no equation"),
    "syntax": ('<aux name="a"><eqn>1 +\n\n2 3</eqn></aux>', 6, "`3` cannot be read"),
    "unknown name": (aux("rate", "1") + "\n" + aux("a", "rat + 1"), 5, "did you mean rate"),
    "unknown function": (aux("a", "SMTH2(1, 2)"), 4, "there is no function SMTH2"),
    "random": (aux("a", "POISSON(2)"), 4, "random numbers is not supported"),
    "arguments": (aux("a", "STEP(1)"), 4, "STEP has 1 arguments; expected 2"),
    "not": (aux("a", "NOT TIME &gt; 1"), 4, "is read in two ways"),
    "name of the clock": (aux("time", "1"), 4, "is the name of something else"),
    "graph without x": (aux("a", "1", GRAPH.format("")), 4, "has no x"),
    "graph of other length": (aux("a", "1", GRAPH.format("<xpts>1,2,3</xpts>")), 4, "3 x and 2 y"),
    "graph downwards": (aux("a", "1", GRAPH.format("<xpts>2,1</xpts>")), 4, "do not ascend"),
    "graph of words": (aux("a", "1", GRAPH.format("<xpts>1,x</xpts>")), 4, "a point is no number"),
    "limits": (aux("a", "1", '<range min="2" max="1"/>'), 4, "the wrong way round"),
    "limits of words": (aux("a", "1", '<range min="exit()"/>'), 4, "limits cannot be read"),
    "module without model": ('<module name="m"/>', 4, "no model for the module m"),
    "resource": ('<module name="m" resource="../x.xmile"/>', 4, "in another file"),
    "dimension": (aux("a", "1", FILL), 4, "there is no dimension kind"),
    "gf as value": ('<gf name="f"><xpts>0,1</xpts><ypts>1,2</ypts></gf>' + aux("a", "f"), 4, "f("),
    "subscript": (aux("b", "1") + aux("a", "b[1]"), 4, "b has no dimensions"),
    "self": (aux("a", "PREVIOUS(b, 1)"), 4, "nothing is called b"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_line(tmp_path: Path, case: str) -> None:
    body, line, words = REFUSED[case]
    said = errors_of(tmp_path, file(body))
    assert f"m.xmile:{line}: " in said
    assert words in said


ARRAYS = {
    "element": ('<element subscript="k3"><eqn>1</eqn></element>', "no element of kind"),
    "missing": ('<element subscript="k1"><eqn>1</eqn></element>', "no equation for 1 of its 2"),
    "too many": ('<element subscript="k1,k2"><eqn>1</eqn></element>', "names 2 elements"),
    "computed": ("<eqn>b[INT(TIME)]</eqn>", "subscripts that are computed"),
    "star": ("<eqn>b[*]</eqn>", "outside of a function over an array"),
    "sum of no array": ("<eqn>SUM(TIME)</eqn>", "something that is no array"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays_refused_with_their_line(tmp_path: Path, case: str) -> None:
    body, words = ARRAYS[case]
    other = f'<aux name="b">{FILL}<eqn>1</eqn></aux>'
    said = errors_of(tmp_path, file(f'{other}\n<aux name="a">{FILL}{body}</aux>', KIND))
    assert "m.xmile:5: " in said
    assert words in said


def test_array_without_subscripts(tmp_path: Path) -> None:
    text = file(f'<aux name="b">{FILL}<eqn>1</eqn></aux>\n{aux("a", "b + 1")}', KIND)
    assert "this equation has not; expected b[an element], or SUM(b[*])" in errors_of(
        tmp_path, text
    )


OUTSIDE = {
    "two roots": ("<model><variables/></model>", "no name"),
    "lost model": ('<model name="x"><variables/></model>', "no module uses the model x"),
    "include": ('<header><includes><include resource="x"/></includes></header>', "includes are"),
    "import": ('<data><import resource="x.csv"/></data>', "imported data are not read"),
    "macro twice": ('<macro name="m"><eqn>1</eqn></macro>' * 2, "defined twice"),
    "macro without equation": ('<macro name="m"/>', "has no equation"),
    "filter": ('<macro name="m" filter="stock"><eqn>1</eqn></macro>', "what stocks and flows do"),
    "empty dimension": ('<dimensions><dim name="d"/></dimensions>', "has no elements"),
    "encrypted": ('<model name="x" encryption-scheme="AES"/>', "encrypted"),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_refused_beside_the_model(tmp_path: Path, case: str) -> None:
    outside, words = OUTSIDE[case]
    said = errors_of(tmp_path, file(aux("a", "1"), outside))
    assert words in said
    assert "m.xmile:6: " in said


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        ("<header/>", "has no <sim_specs>"),
        ("<sim_specs><stop>2</stop></sim_specs>", "has no <start>"),
        ("<sim_specs><start>x</start><stop>2</stop></sim_specs>", "start is no number"),
        ('<sim_specs method="gear"><start>0</start><stop>2</stop></sim_specs>', "gear is not"),
        (
            '<sim_specs><start>0</start><stop>2</stop><dt reciprocal="true">0</dt></sim_specs>',
            "no step",
        ),
    ],
)
def test_clock_refused(tmp_path: Path, specs: str, words: str) -> None:
    assert words in errors_of(tmp_path, file(aux("a", "1"), specs=specs))


def test_clock_that_contradicts_itself(tmp_path: Path) -> None:
    said = errors_of(tmp_path, file(aux("TIME STEP", "0.25")))
    assert "m.xmile:4: TIME STEP is 0.25 here and 0.5 in <sim_specs>" in said


def connected(connect: str, inner: str = '<aux name="x" access="input"/>') -> str:
    module = f'<module name="m">{connect}</module>' + aux("a", "1")
    return file(module, f'<model name="m"><variables>{inner}</variables></model>')


@pytest.mark.parametrize(
    ("connect", "words"),
    [
        ("", "nothing is connected to it, and it has no equation"),
        ('<connect to="x" from="b"/>', "no variable b to connect"),
        ('<connect to="y" from="a"/>', "no variable y to connect; did you mean"),
        ('<connect to="a + 1" from="a"/>', "joins two variables"),
        ('<connect to="x"/>', "needs both ends"),
        ('<connect to="x" from="a"/><connect to="m.x" from="a"/>', "connected twice"),
        ('<connect to=".a" from="m.x"/>', "a is no input"),
    ],
)
def test_connections_refused(tmp_path: Path, connect: str, words: str) -> None:
    assert words in errors_of(tmp_path, connected(connect))


def test_module_within_itself(tmp_path: Path) -> None:
    inner = '<model name="m"><variables><module name="m"/></variables></model>'
    assert "contains itself: m > m" in errors_of(tmp_path, file('<module name="m"/>', inner))


def macro(equation: str, variables: str = "", name: str = "F") -> str:
    return f'<macro name="{name}"><parm>x</parm><eqn>{equation}</eqn>{variables}</macro>'


@pytest.mark.parametrize(
    ("call", "macros", "words"),
    [
        ("F(1)", macro("F(x)"), "macros call each other: f > f"),
        ("F(1)", macro("G(x)") + macro("F(x)", name="G"), "f > g > f"),
        ("F()", macro("x"), "F is called without x"),
        ("F(1, 2)", macro("x"), "F has 2 arguments; expected 1"),
        ("F(1)", macro("x + b"), "nothing is called b"),
        ("F(1)", macro("x + "), "ends too early"),
    ],
)
def test_macros_refused(tmp_path: Path, call: str, macros: str, words: str) -> None:
    assert words in errors_of(tmp_path, file(aux("a", call) + aux("b", "1"), macros))


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    said = errors_of(tmp_path, file("\n".join(aux(f"a{i}", "nowhere") for i in range(5))))
    assert [line.split(":")[1] for line in said.splitlines() if "nothing" in line] == list("45678")


# --- hostile files ------------------------------------------------------------------------------


def test_nothing_is_expanded_or_fetched(tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(12))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>' + file(aux("a", "1", "<doc>&l12;</doc>"))
    outside = '<!DOCTYPE x SYSTEM "http://localhost:9/x.dtd">' + file(aux("a", "1"))
    started = time.perf_counter()
    for text in (bomb, outside):
        assert "may declare no entities" in errors_of(tmp_path, text)
    assert "undefined entity" in errors_of(tmp_path, file(aux("a", "1", "<doc>&x;</doc>")))
    assert time.perf_counter() - started < 1


def test_size_and_depth_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = "<g>" * 5000 + "</g>" * 5000
    assert "too many within each other" in errors_of(tmp_path, file(deep))
    monkeypatch.setattr(document, "MOST_BYTES", 100)
    assert "at most 100 bytes" in errors_of(tmp_path, file(aux("a", "1")))


def test_equations_that_grow_are_refused(tmp_path: Path) -> None:
    macros = macro("x + x", name="F0") + "".join(
        macro(f"F{i}(x) + F{i}(x)", name=f"F{i + 1}") for i in range(40)
    )
    started = time.perf_counter()
    assert "too large" in errors_of(tmp_path, file(aux("a", "F40(TIME)"), macros))
    nested = "INT(" * 60 + "TIME" + ")" * 60
    assert "too large" in errors_of(tmp_path, file(aux("a", nested)))
    assert time.perf_counter() - started < 5


def test_modules_that_multiply_are_refused(tmp_path: Path) -> None:
    models = "".join(
        f'<model name="m{i}"><variables>'
        + "".join(f'<module name="m{j}"/>' for j in range(12) if j != i)
        + "".join(aux(f"v{k}", "1") for k in range(5))
        + "</variables></model>"
        for i in range(12)
    )
    started = time.perf_counter()
    assert "m.xmile:" in errors_of(tmp_path, file('<module name="m0"/>', models))
    assert time.perf_counter() - started < 20


def test_deep_equations_pass_or_are_refused(tmp_path: Path) -> None:
    ladder = "".join(f"IF TIME &gt; {i} THEN {i} ELSE " for i in range(60)) + "0"
    model = read_model(write(tmp_path, file(aux("a", ladder))))
    simulate(model)
    deeper = "".join(f"IF TIME &gt; {i} THEN {i} ELSE " for i in range(500)) + "0"
    assert "nested too deeply" in errors_of(tmp_path, file(aux("a", deeper)))


def test_words_of_a_file_stay_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "cache"))
    bomb = "__import__('pathlib').Path('trace').touch()"
    name = f"a {bomb} =SUM(1)"
    words = f'<units>{bomb}</units><doc>"""\n{bomb}\n"""</doc>'
    body = f'<aux name="{name}"><eqn>2 {{{bomb}}}</eqn>{words}</aux>' + aux("b", f'"{name}" * 2')
    model = read_model(write(tmp_path, file(body)))
    results = simulate(model, backend="pysd")
    assert float(results["b"].values.ravel()[0]) == 4
    for text in (f"{bomb}", "().__class__", "a; b", "`ls`", "a\\b"):
        said = errors_of(tmp_path, file(aux("c", text)))
        assert "m.xmile:4: " in said
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<xmile",
        b"\xff\xfe<\x00x\x00",
        b'<?xml version="1.0" encoding="gbk"?><xmile/>',
        "<xmile><model name='河'/></xmile>".encode("gb18030"),
        b"<xmile></xmile>",
        b"<xmile>\x00</xmile>",
    ],
)
def test_broken_bytes_are_an_input_error(tmp_path: Path, raw: bytes) -> None:
    assert "m.xmile" in errors_of(tmp_path, raw)


@pytest.mark.parametrize("cut", range(20, 560, 23))
def test_a_torn_file_is_an_input_error(tmp_path: Path, cut: int) -> None:
    whole = file(
        '<stock name="a"><eqn>1</eqn><inflow>b</inflow></stock>'
        '<flow name="b"><eqn>a * 2</eqn><gf><xpts>0,1</xpts><ypts>1,2</ypts></gf></flow>'
        + aux("c", "MAX(a, b)")
    )
    assert len(whole) > 450
    if cut < len(whole) - 2:
        assert "m.xmile" in errors_of(tmp_path, whole[:cut])
