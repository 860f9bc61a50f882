"""Reading models: what comes out, what is refused, and that nothing of a file ever runs."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest

from haihe.errors import InputError, InputErrors
from haihe.model.find import find_variable
from haihe.model.translate import read_model
from haihe.model.types import Kind

CLOCK = """
INITIAL TIME = 2010 ~ Year ~ |
FINAL TIME = 2012 ~ Year ~ |
TIME STEP = 0.25 ~ Year ~ |
SAVEPER = TIME STEP * 4 ~ Year ~ |
"""
XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<sim_specs{method} time_units="Year"><start>0</start><stop>2</stop><dt>0.5</dt></sim_specs>
<model><variables>
<stock name="Tank"><eqn>10</eqn><outflow>drain</outflow><units>m3</units>
<doc>{doc}</doc></stock>
<flow name="drain"><eqn>Tank * rate</eqn></flow>
<aux name="rate"><eqn>0.5</eqn><range min="0" max="1"/></aux>
</variables></model></xmile>
"""


def write(folder: Path, text: str, name: str = "m.mdl", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def errors_of(path: Path) -> str:
    with pytest.raises(InputErrors) as caught:
        read_model(path)
    return str(caught.value)


def test_kinds_dims_units_limits_places(tmp_path: Path) -> None:
    text = (
        "{UTF-8}\n****\n.Energy\n****~ about |\n"
        "fuel: coal, gas ~~|\n"
        "Stock Of Coal = INTEG(inflow - 2, 5) ~ Mt [0,?] ~ 库存 |\n"
        "inflow = rate * price[Coal] ~ Mt/Year ~ |\n"
        "rate = 0.5 ~ 1/Year [0,1] ~ how fast |\n"
        "half = -1/2 ~ Dmnl ~ |\n"
        "price[fuel] = 1.5, 2 ~ Dmnl ~ |\n"
        "f((0,0),(2,1),(1,5)) ~ Dmnl ~ |\n"
        "use[coal] = 1 ~ Mt ~ |\nuse[gas] = f(Time) ~ Mt ~ |\n" + CLOCK
    )
    model = read_model(write(tmp_path, text))
    kinds = {name: variable.kind for name, variable in model.variables.items()}
    assert list(kinds)[:7] == ["Stock Of Coal", "inflow", "rate", "half", "price", "f", "use"]
    assert kinds["Stock Of Coal"] is Kind.STOCK
    assert kinds["inflow"] is Kind.FLOW
    assert kinds["half"] is kinds["price"] is Kind.CONSTANT
    assert kinds["f"] is Kind.LOOKUP
    assert kinds["use"] is Kind.AUXILIARY
    stock = model.variables["Stock Of Coal"]
    assert (stock.units, stock.limits, stock.doc) == ("Mt", (0.0, None), "库存")
    assert (stock.group, stock.location.line) == ("Energy", 6)
    assert stock.equation == "INTEG(inflow - 2, 5)"
    assert model.dimensions["fuel"].elements == ("coal", "gas")
    np.testing.assert_array_equal(model.variables["price"].default, [1.5, 2.0])
    assert float(model.variables["half"].default) == -0.5
    assert model.variables["f"].points.x == (0.0, 1.0, 2.0)
    assert model.variables["f"].points.y == (0.0, 5.0, 1.0)
    assert (model.time.start, model.time.stop, model.time.step) == (2010.0, 2012.0, 0.25)
    assert model.time.save_step == 1.0


def test_constants_from_tables_ranges_from_tables_and_except(tmp_path: Path) -> None:
    write(tmp_path, "fuel,x,y\ncoal,1,10\ngas,2,20\noil,3,30\n", "data.csv")
    text = (
        "fuel: GET DIRECT SUBSCRIPT('data.csv', ',', 'A2', 'A4', '') ~~|\n"
        "year: y1, y2 ~~|\n"
        "a[fuel] = GET DIRECT CONSTANTS('data.csv', ',', 'B2*') ~ t ~ |\n"
        "b[fuel,year] = GET DIRECT CONSTANTS('data.csv', ',', 'B2') ~ t ~ |\n"
        "c[fuel] :EXCEPT: [gas] = 7 ~ t ~ |\nc[gas] = 8 ~ t ~ |\n"
        "d = 1 ~ t ~ |\n" + CLOCK
    )
    model = read_model(write(tmp_path, text))
    np.testing.assert_array_equal(model.variables["a"].default, [1, 2, 3])
    np.testing.assert_array_equal(model.variables["b"].default, [[1, 10], [2, 20], [3, 30]])
    np.testing.assert_array_equal(model.variables["c"].default, [7, 8, 7])
    before = model.digest
    write(tmp_path, "fuel,x,y\ncoal,1,10\ngas,2,20\noil,3,31\n", "data.csv")
    assert read_model(tmp_path / "m.mdl").digest != before


def test_line_ends_do_not_change_the_digest(tmp_path: Path) -> None:
    unix = read_model(write(tmp_path, "a = 1 ~~|\n" + CLOCK, "u.mdl"))
    dos = read_model(write(tmp_path, ("a = 1 ~~|\n" + CLOCK).replace("\n", "\r\n"), "d.mdl"))
    assert unix.digest == dos.digest
    assert dos.variables["a"].location.line == 1


def test_defaults_cannot_be_changed(tmp_path: Path) -> None:
    model = read_model(write(tmp_path, "a = 1 ~~|\n" + CLOCK))
    with pytest.raises(ValueError, match="read-only"):
        model.variables["a"].default[...] = 2


@pytest.mark.parametrize("mark", ["~ and ~ more", "| more"])
def test_a_stray_mark_never_loses_a_definition_in_silence(tmp_path: Path, mark: str) -> None:
    text = f"a = 1 ~ t ~ one\n{mark} |\nb = 2 ~ t ~ |\n" + CLOCK
    assert "m.mdl:2: " in errors_of(write(tmp_path, text))


def test_the_translator_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were our scanner to miss a fault, the number of definitions would still be held."""
    from pysd.translators.vensim import vensim_section

    visit = vensim_section.SectionElementsVisitor.visit_entry

    def forgetful(self: object, node: object, children: list[str]) -> None:
        if "b =" not in children[0]:
            visit(self, node, children)

    monkeypatch.setattr(vensim_section.SectionElementsVisitor, "visit_entry", forgetful)
    found = errors_of(write(tmp_path, "a = 1 ~ t ~ |\nb = 2 ~ t ~ |\n" + CLOCK))
    assert "m.mdl:2: the translator loses b" in found


def test_all_mistakes_come_at_once_with_their_lines(tmp_path: Path) -> None:
    text = "a = 1 + ~~|\n\nb = * 2 ~~|\nc = 3 ~~|\n" + CLOCK
    found = errors_of(write(tmp_path, text))
    assert "m.mdl:1: the equation cannot be read" in found
    assert "m.mdl:3: the equation cannot be read" in found


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a = grwoth * 2 ~~|", "uses grwoth, and the model defines no variable"),
        ("a = grwoth * 2 ~~|", "did you mean growth?"),
        ("a = table(Time) ~~|", "no function or lookup of that name"),
        ("a = EXPP(2) ~~|", "no function or lookup of that name"),
        ("a[fule] = 2 ~~|", "no dimension or element of that name"),
        ("a = x[oil] ~~|", "no dimension or element of that name"),
        ("Growth = 3 ~~|", "defined twice, first in line 1 as growth"),
        ("GROWTH[coal] = 3 ~~|", "are the same name"),
        ("Time = 3 ~~|", "the model's clock"),
        ("fuel = 3 ~~|", "also the name of a dimension"),
        ("y[coal] = 3 ~~|", "no equation for 1 of its 2 elements, for example [gas]"),
        ("y[fuel] = 3, 4, 5 ~~|", "y has 3 values; expected 2"),
        ("y[fuel] = GET DIRECT CONSTANTS('no.csv', ',', 'B2') ~~|", "no.csv does not exist"),
        ("y = GET DIRECT CONSTANTS('../x.csv', ',', 'B2') ~~|", "outside of its own folder"),
        ("y :RAW: := GET DIRECT DATA('m.mdl', ',', 'A', 'B9') ~~|", "A9 of m.mdl is not a number"),
        ("y(GET DIRECT LOOKUPS('no.csv', ',', 'A', 'B1')) ~~|", "no.csv does not exist"),
        ("y = A FUNCTION OF(growth) ~~|", "y has no equation yet"),
        ("y = 1e999 ~~|", "y holds a number beyond 1e308"),
    ],
)
def test_names_and_shapes(tmp_path: Path, line: str, message: str) -> None:
    text = f"growth = 1 ~~|\nfuel: coal, gas ~~|\nx[fuel] = 1 ~~|\n{line}\n" + CLOCK
    found = errors_of(write(tmp_path, text))
    assert message in found
    assert "m.mdl:4: " in found


@pytest.mark.parametrize(
    ("clock", "message"),
    [
        ("FINAL TIME = 2 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n", "no INITIAL TIME"),
        (CLOCK.replace("0.25", "INITIAL TIME / x"), "TIME STEP is no constant"),
    ],
)
def test_the_clock_is_needed(tmp_path: Path, clock: str, message: str) -> None:
    assert message in errors_of(write(tmp_path, "x = Time ~~|\n" + clock))


def test_files_that_are_none(tmp_path: Path) -> None:
    assert "does not exist" in errors_of(tmp_path / "no.mdl")
    (tmp_path / "d.mdl").mkdir()
    assert "is a folder" in errors_of(tmp_path / "d.mdl")
    assert "is empty" in errors_of(write(tmp_path, " \n"))
    assert "byte order mark" in errors_of(write(tmp_path, "﻿a=1~~|" + CLOCK))
    gbk = errors_of(write(tmp_path, "a = 1 ~~|\nb = 1 ~ ~ 天津 |\n" + CLOCK, "g.mdl", "gbk"))
    assert "g.mdl:2: the file is not UTF-8; it may be GBK" in gbk
    assert "no model file" in errors_of(write(tmp_path, "a", "m.txt"))
    assert "nobody knows" in errors_of(write(tmp_path, "{KLINGON}\na=1~~|" + CLOCK))


def test_gbk_that_says_so_is_read(tmp_path: Path) -> None:
    model = read_model(write(tmp_path, "{GBK}\na = 1 ~ t ~ 天津 |\n" + CLOCK, encoding="gbk"))
    assert model.variables["a"].doc == "天津"


def test_chinese_names(tmp_path: Path) -> None:
    model = read_model(write(tmp_path, "优良天数 = 2 * 比例 ~ 天 ~ |\n比例 = 3 ~~|\n" + CLOCK))
    assert find_variable(model, "优良天数").kind is Kind.AUXILIARY


# --- hostile files: the code in them leaves a file behind where it runs

TRACE = "haihe_was_here"
BOMB = f"__import__('pathlib').Path('{TRACE}').touch()"


def hostile_models() -> dict[str, str]:
    close = '"""'
    return {
        "limits of a lookup": f"f([{BOMB}],(0,0),(1,1)) ~~|\n",
        "limits of an inline lookup": f"a = WITH LOOKUP(Time, ([{BOMB}],(0,0),(1,1))) ~~|\n",
        "comment": f"a = 1 ~ t ~ x {close}\\{BOMB}\\{close} |\n",
        "comment with line ends": f"a = 1 ~ t ~ x\\n{close}\n{BOMB}\n{close} |\n",
        "unit": f"a = 1 ~ {close}+{BOMB}+{close} ~ |\n",
        "name": f"\"a'+{BOMB}+'\" = 1 ~ t ~ |\n",
        "file": f"a = GET DIRECT CONSTANTS('\\', '+{BOMB.replace(chr(39), chr(34))}+', 'B2') ~~|\n",
        "element": f"d: \"x'+{BOMB}+'\", y ~~|\na[d] = 1 ~~|\n",
        "string": f"a = GET DIRECT CONSTANTS('{BOMB.replace(chr(39), chr(34))}', ',', 'B2') ~~|\n",
    }


@pytest.mark.parametrize("case", hostile_models())
def test_nothing_of_a_vensim_file_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    from haihe.run.simulate import simulate

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "cache"))
    path = write(tmp_path, hostile_models()[case] + "b = Time ~~|\n" + CLOCK)
    with contextlib.suppress(InputError, InputErrors):
        simulate(read_model(path), backend="pysd")
    assert not (tmp_path / TRACE).exists()


def test_the_bomb_is_a_real_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PySD itself runs it: were it to stop, the tests above would show nothing."""
    import builtins

    from pysd.translators.vensim import vensim_element
    from pysd.translators.vensim.vensim_file import VensimFile

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(vensim_element, "eval", builtins.eval, raising=False)
    path = write(tmp_path, hostile_models()["limits of a lookup"] + CLOCK)
    with pytest.raises(Exception):  # noqa: B017, PT011 — parsimonious wraps what it likes
        VensimFile(path).parse()
    assert (tmp_path / TRACE).exists()


def test_nothing_of_an_xmile_file_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from haihe.run.simulate import simulate

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "cache"))
    doc = f'x """\\{BOMB}\\"""'
    model = read_model(write(tmp_path, XMILE.format(method="", doc=doc), "m.xmile"))
    simulate(model, backend="pysd")
    assert not (tmp_path / TRACE).exists()


def test_entities_of_xmile_are_refused(tmp_path: Path) -> None:
    secret = write(tmp_path, "secret", "secret.txt")
    text = XMILE.format(method="", doc="&x;").replace(
        "?>", f'?><!DOCTYPE xmile [<!ENTITY x SYSTEM "file://{secret}">]>', 1
    )
    assert "may declare no entities" in errors_of(write(tmp_path, text, "m.xmile"))


def test_xmile(tmp_path: Path) -> None:
    model = read_model(write(tmp_path, XMILE.format(method="", doc="水箱"), "m.stmx"))
    assert model.variables["Tank"].kind is Kind.STOCK
    assert (model.variables["Tank"].units, model.variables["Tank"].doc) == ("m3", "水箱")
    assert model.variables["rate"].limits == (0.0, 1.0)
    assert model.variables["drain"].location.line == 7
    assert model.time.method == "euler"
    rk4 = read_model(write(tmp_path, XMILE.format(method=' method="RK4"', doc=""), "r.xmile"))
    assert rk4.time.method == "rk4"


def test_xmile_that_would_be_read_as_nothing(tmp_path: Path) -> None:
    text = XMILE.format(method="", doc="")
    other = text.replace("http://docs.oasis-open.org/xmile/ns/XMILE/v1.0", "http://example.org/x")
    assert "is not one of XMILE" in errors_of(write(tmp_path, other, "o.xmile"))
    assert "no XMILE file" in errors_of(write(tmp_path, "<a/>", "a.xml"))
    assert "no XMILE file" in errors_of(write(tmp_path, "not xml", "n.xmile"))


def test_deep_nesting_is_an_error_not_a_crash(tmp_path: Path) -> None:
    text = f"a = {'(' * 3000}1{')' * 3000} ~~|\n" + CLOCK
    assert "m.mdl:1: " in errors_of(write(tmp_path, text))


def test_find_variable_says_what_is_near(tmp_path: Path) -> None:
    model = read_model(write(tmp_path, "rail share = 1 ~~|\nb_c = 2 ~~|\n" + CLOCK))
    assert find_variable(model, "Rail_Share").name == "rail share"
    assert find_variable(model, "rail-share").name == "rail share"
    assert find_variable(model, "B C").name == "b_c"
    with pytest.raises(InputError, match=r"no variable rail shore; did you mean rail share\?"):
        find_variable(model, "rail shore")


def test_nothing_is_written_beside_a_model(tmp_path: Path) -> None:
    path = write(tmp_path, "a = 1 ~~|\n" + CLOCK)
    read_model(path)
    assert os.listdir(tmp_path) == ["m.mdl"]  # noqa: PTH208


@pytest.mark.parametrize(
    "text",
    [
        "a=1~t~doc|",
        'a="b~|c"+2 ~ t [0,1] ~ it\'s "so ~ :SUPPLEMENTARY|b=2~~|',
        'a="x\\"y"~~|"q=1~~|b=3~~ "|',
        "**** .G ****~ words | a=1~~| b=2~~x ~ y ~ z| c=3~~|",
        "a=1~~| stray | b=2~~|",
        "~~|",
        "a~|b~~|",
    ],
)
def test_the_quick_grammar_is_the_same_language(text: str) -> None:
    """Also where it stops in silence: what it keeps is what PySD's own keeps."""
    from parsimonious import Grammar, ParseError
    from pysd.translators.vensim.vensim_section import SectionElementsVisitor
    from pysd.translators.vensim.vensim_utils import Grammar as Grammars

    from haihe.model.translate import _hasten_grammar

    def entries(grammar: Grammar) -> object:
        try:
            found = SectionElementsVisitor(grammar.parse(text)).entries
        except ParseError:
            return "nothing"
        return [(e.equation, e.units, e.limits, e.documentation) for e in found]

    _hasten_grammar()
    own = Grammar(Grammars._read_grammar("section_elements") % {})
    assert own != Grammars.get("section_elements")
    assert entries(Grammars.get("section_elements")) == entries(own)
