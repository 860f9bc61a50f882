"""The catalogue: what it holds, and every way in which it may not fit its model."""

from __future__ import annotations

from pathlib import Path

import pytest

from haihe.errors import InputError, InputErrors
from haihe.model.catalogue import find_outcome, load_catalogue, read_catalogue
from haihe.model.translate import read_model

MODEL = """{UTF-8}
policy group: freight, port ~~|
d: p, q ~~|
rail = 0 ~ Mt/Year [0,9] ~ a lever |
rail in force = rail * 1 ~ Mt/Year ~ |
background table((2010,1),(2060,2)) ~ ug/m3 ~ |
background = background table(Time) ~ ug/m3 ~ |
CO2 total = rail in force + background * 0 ~ Mt/Year ~ |
parts[d] = 1 ~ kt ~ |
INITIAL TIME = 2010 ~ Year ~ |
FINAL TIME = 2012 ~ Year ~ |
TIME STEP = 1 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""
TEXT = """title: {zh: 模型, en: Model}
dimensions:
  d: {title: {zh: 维, en: Dim}, elements: {p: {zh: 甲, en: P}, q: {zh: 乙, en: Q}}}
groups:
  freight: {zh: 货运, en: Freight}
  port: {zh: 港口, en: Port}
levers:
  rail: {title: {zh: 铁路, en: Rail}, group: freight, shown: Mt/yr, articles: ["九"]}
drivers:
  background: {title: {zh: 本底, en: Background}, shown: "ug/m3"}
outcomes:
  CO2: {variable: CO2 total, title: {zh: 碳, en: CO2}, shown: kt/yr, group: g, grade: B, source: s}
  parts: {variable: parts, title: {zh: 分, en: Parts}, shown: t, group: g, grade: A, source: s}
"""


def read(folder: Path, text: str = TEXT, model: str = MODEL) -> None:
    (folder / "m.mdl").write_text(model, encoding="utf-8")
    (folder / "catalogue.yaml").write_text(text, encoding="utf-8")
    read_catalogue(folder / "catalogue.yaml", read_model(folder / "m.mdl"))


def test_what_it_holds(tmp_path: Path) -> None:
    read(tmp_path)
    catalogue = load_catalogue(read_model(tmp_path / "m.mdl"))
    assert catalogue.levers["rail"].title.zh == "铁路"
    assert catalogue.levers["rail"].where.line == 8
    assert catalogue.levers["rail"].articles == ("九",)
    assert catalogue.outcomes["CO2"].variable == "CO2 total"
    assert catalogue.dimensions["d"].elements["q"].en == "Q"
    assert find_outcome(catalogue, "co2").id == "CO2"
    with pytest.raises(InputError, match=r"no outcome CO3; did you mean CO2\?"):
        find_outcome(catalogue, "CO3")


def test_a_model_without_one(tmp_path: Path) -> None:
    (tmp_path / "m.mdl").write_text(MODEL, encoding="utf-8")
    assert not load_catalogue(read_model(tmp_path / "m.mdl")).outcomes


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("  rail:", "  rial:", 8, "no variable rial; did you mean rail?"),
        ("group: freight", "group: frieght", 8, "did you mean freight?"),
        ("shown: Mt/yr", "shown: GW", 8, "cannot be said in GW"),
        ("  background:", "  CO2 total:", 10, "is no driver"),
        ("variable: CO2 total", "variable: CO2 sum", 12, "no variable CO2 sum"),
        ("variable: CO2 total", "variable: background table", 12, "is a lookup"),
        ("shown: kt/yr", "shown: ktt/yr", 12, "ktt"),
        (", q: {zh: 乙, en: Q}", "", 0, "the elements of d lack q"),
        ("elements: {p:", "elements: {r:", 0, "r is not among the elements of d"),
        ("  d: {", "  e: {", 0, "no dimension e"),
        ("  port: {zh: 港口, en: Port}\n", "", 0, "the policy groups lack port"),
        ("grade: B", "grade: D", 12, "does not fit"),
        ("source: s}\n  parts", "sources: s}\n  parts", 12, "did you mean source?"),
        (", en: Rail}", "}", 8, "`en` is missing"),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert TEXT.count(old) >= 1
    with pytest.raises(InputErrors) as caught:
        read(tmp_path, TEXT.replace(old, new, 1))
    found = [e for e in caught.value.errors if words in str(e)]
    assert found, str(caught.value)
    assert found[0].where is not None
    assert found[0].where.line == line


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("rail in force =", "rail at work =", "no variable rail in force"),
        ("rail = 0 ~", "rail = 0 * Time ~", "a constant, for a lever"),
        ("background = background table(Time)", "background = background table(Time) + 0",
         "is no driver"),
    ],
)  # fmt: skip
def test_models_that_break_the_conventions(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = MODEL.replace(old, new).replace("rail in force +", "rail +")
    with pytest.raises(InputErrors, match=words):
        read(tmp_path, model=text)
