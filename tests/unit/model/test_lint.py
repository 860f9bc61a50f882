"""The linter: each rule finds its fault, with the line, and leaves a clean model alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from haihe.model.lint import Finding, lint_model
from haihe.text import say

CLEAN = """{UTF-8}
d: p, q ~ ~ what |
level = INTEG(inflow - outflow, start) ~ Mt ~ a stock |
inflow = rate * capacity ~ Mt/Year ~ what comes |
outflow = level / life ~ Mt/Year ~ what goes |
rate = GET DIRECT CONSTANTS('t.csv', ',', 'D2') ~ 1/Year [0,1] ~ a rate, source |
capacity = SUM(part[d!]) ~ Mt ~ all |
part[d] = GET DIRECT CONSTANTS('t.csv', ',', 'D3*') ~ Mt ~ parts, source |
life = 10 ~ Year [1,?] ~ assumed |
start = 5 ~ Mt ~ assumed |
f([(0,0)-(9,9)],(0,1),(2,3)) ~ Dmnl ~ a table |
used = f(Time / one year) ~ Dmnl ~ a lookup in use |
one year = 1 ~ Year ~ a unit |
INITIAL TIME = 0 ~ Year ~ |
FINAL TIME = 4 ~ Year ~ |
TIME STEP = 0.5 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""
TABLE = """variable,element,unit,value,low,high,grade,source
rate,,1/Year,0.5,0.4,0.6,C,assumption
part,p,Mt,1,1,1,C,assumption
part,q,Mt,2,2,2,C,assumption
"""


def lint(folder: Path, text: str = CLEAN, table: str = TABLE) -> tuple[Finding, ...]:
    (folder / "t.csv").write_text(table, encoding="utf-8")
    (folder / "m.mdl").write_text(text, encoding="utf-8")
    return lint_model(folder / "m.mdl")


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [str(finding) for finding in findings]
    return findings[0]


def test_a_clean_model_has_no_findings(tmp_path: Path) -> None:
    assert lint(tmp_path) == ()


@pytest.mark.parametrize(
    ("old", "new", "severity", "code", "line", "words"),
    [
        ("level / life", "levl / life", "error", "undefined", 5, "did you mean level"),
        ("life = 10", "Level = 10", "error", "collision", 9, "line 3"),
        ("what comes", "what | comes", "error", "stray-mark", 4, "may not hold one"),
        ("what comes", "~ what ~ comes", "error", "stray-mark", 4, "may not hold one"),
        ("what comes", "what ~ comes", "warning", "stray-tilde", 4, "comment is lost"),
        ("rate * capacity", "rate * * capacity", "error", "syntax", 4, "cannot be read"),
        ("5 ~ Mt ~ assumed", "5 ~ ~ assumed", "warning", "unit-missing", 10, "start has no unit"),
        ("~ Dmnl ~ a lookup", "~ Blorp ~ a lookup", "warning", "unit-unknown", 12, "Blorp of used"),
        ("[1,?] ~ assumed", "[1,?] ~", "warning", "undocumented", 9, "life has no comment"),
        ("life = 10", "life = 0.5", "error", "limits", 9, "outside of its own limits"),
        ("(0,1),(2,3)", "(2,1),(0,3)", "warning", "lookup", 11, "do not increase at 0"),
        ("(0,1),(2,3)", "(0,1),(0,3)", "error", "lookup", 11, "do not increase at 0"),
        ("'D2'", "'D3'", "error", "csv-row", 6, "rate is wanted, part p stands there"),
        ("'D2'", "'E2'", "error", "csv-row", 6, "the column low"),
        ("'D3*'", "'D2*'", "error", "csv-row", 8, "part [p] is wanted, rate stands there"),
        ("'D3*'", "'D3'", "error", "csv-row", 8, "reads across the columns"),
        ("Mt ~ parts", "kt ~ parts", "error", "csv-unit", 8, "has kt, the row has Mt"),
        ("t.csv', ',', 'D2'", "u.csv', ',', 'D2'", "error", "data", 6, "did you mean t.csv"),
    ],
)  # fmt: skip
def test_rules(
    tmp_path: Path, old: str, new: str, severity: str, code: str, line: int, words: str
) -> None:
    assert CLEAN.count(old) == 1
    findings = lint(tmp_path, CLEAN.replace(old, new))
    found = [f for f in findings if f.code == code and f.where.line == line]
    assert found, [str(finding) for finding in findings]
    assert found[0].severity == severity
    assert words in say(found[0].message, "en")
    assert str(found[0]).startswith(f"{tmp_path / 'm.mdl'}:{line}: {severity}: ")


def test_order_of_elements_in_a_table_matters(tmp_path: Path) -> None:
    rows = TABLE.splitlines()
    swapped = "\n".join([rows[0], rows[1], rows[3], rows[2]])
    found = only(lint(tmp_path, table=swapped))
    assert say(found.message, "en") == "t.csv row 3: part [p] is wanted, part q stands there"


@pytest.mark.parametrize("raw", ["﻿a=1~~|".encode(), "a=1~~天津|".encode("gbk"), b"", b"a=1~~|"])
def test_files_that_are_no_models_are_findings_not_crashes(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "m.mdl").write_bytes(raw)
    assert only(lint_model(tmp_path / "m.mdl")).severity == "error"


def test_line_ends_of_windows_are_fine(tmp_path: Path) -> None:
    assert lint(tmp_path, CLEAN.replace("\n", "\r\n")) == ()


def test_runge_kutta_is_said(tmp_path: Path) -> None:
    text = """<xmile xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
    <sim_specs method="RK4"><start>0</start><stop>2</stop><dt>1</dt></sim_specs>
    <model><variables><aux name="a"><eqn>1</eqn><units>Dmnl</units><doc>d</doc></aux>
    </variables></model></xmile>"""
    (tmp_path / "m.xmile").write_text(text, encoding="utf-8")
    assert [finding.code for finding in lint_model(tmp_path / "m.xmile")] == ["method"]
