"""The scanner: what is a definition, where it stands, and what is none."""

from __future__ import annotations

import pytest

from haihe.model.scan import (
    blank_comments,
    fold_blanks,
    name_of,
    scan_model,
    split_equation,
    split_limits,
)

GROUP = "****\n\t.Port\n****~\n\t\tShips\n\t|\n"


def test_fields_lines_and_group() -> None:
    text = GROUP + '\n\na = \\\n\t1 + b\n\t~ t [0,?]\n\t~ says "so\n\tand so\n\t|\nb=2~~|\n'
    scan = scan_model(text)
    first, second = scan.definitions
    assert (first.equation, first.units, first.limits) == ("a = 1 + b", "t", (0.0, None))
    assert (first.line, first.doc_line, first.group) == (8, 11, "Port")
    assert first.doc == 'says "so\nand so'
    assert (second.left, second.right, second.line) == ("b", "2", 14)
    assert not scan.faults


def test_quoted_names_hold_marks_and_comments_hold_quotes() -> None:
    scan = scan_model('"a ~ | b" = 1 ~ t ~ it is 5" wide |\nc = 2 ~ t ~ |\n')
    assert [name_of(d.left) for d in scan.definitions] == ["a ~ | b", "c"]


def test_the_sketch_is_no_part() -> None:
    text = blank_comments("a=1~~|\n\\\\\\---/// Sketch information ~ | ~\nx=1")
    assert len(scan_model(text).definitions) == 1
    assert not scan_model(text).faults


def test_braces_are_blanked_in_equations_only_and_lines_stay() -> None:
    text = '{UTF-8}\n{two\nlines}\na = 1 {one ~ |} + 2 ~ t ~ in {braces} |\n"b{c}" = 3 ~ ~ |\n'
    blanked = blank_comments(text)
    assert blanked.count("\n") == text.count("\n")
    first, second = scan_model(blanked).definitions
    assert (first.equation, first.line, first.doc) == ("a = 1 + 2", 4, "in {braces}")
    assert second.left == '"b{c}"'


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a=1~t~one\n~ two ~ three|\nb=2~~|\n", "stray-tilde", 2),
        ("a=1~t~one\n| two|\nb=2~~|\n", "stray-bar", 2),
        ("a=1~~|\n\nb=2~ no unit|\n", "missing-tilde", 3),
        ("a=1~~|\nb=2~~\n", "unclosed", 2),
        ("a=1~~|\n~~ nothing |\n", "stray-bar", 2),
        ("a=1\n~t [0,x]~|\n", "limits", 2),
        ("a=1\n~t [9,1]~|\n", "limits", 2),
        ("a=1\n~t [0,1~|\n", "limits", 2),
    ],
)
def test_what_is_no_definition_is_a_fault(text: str, code: str, line: int) -> None:
    scan = scan_model(text)
    assert [(fault.code, fault.line, fault.fatal) for fault in scan.faults] == [(code, line, True)]


def test_one_more_tilde_costs_only_words() -> None:
    scan = scan_model("a=1~t~one ~ two|\nb=2~t~doc~:SUPPLEMENTARY|\n")
    assert len(scan.definitions) == 2
    assert [(f.code, f.fatal) for f in scan.faults] == [("stray-tilde", False)]


def test_macros_are_told_from_the_model() -> None:
    text = ":MACRO: GROW(input, rate)\nGROW = input*rate~~|\n:END OF MACRO:\na=GROW(1,2)~~|\n"
    assert [d.macro for d in scan_model(text).definitions] == ["GROW", ""]


@pytest.mark.parametrize(
    ("equation", "left", "right"),
    [
        ("a[x] = b + (c)", "a[x]", "b + (c)"),
        ("f( (0,0),(1,1) )", "f", "( (0,0),(1,1) )"),
        ("f[x]( [(0,0)-(1,1)],(0,0))", "f[x]", "( [(0,0)-(1,1)],(0,0))"),
        ("fuel: coal, gas", "fuel", "coal, gas"),
        ("clean <-> fuel", "clean", "fuel"),
        ("a[x] :EXCEPT: [b] = 2", "a[x] :EXCEPT: [b]", "2"),
        ("d :INTERPOLATE: := GET DIRECT DATA('f','s','A','B2')", "d :INTERPOLATE:",
         "GET DIRECT DATA('f','s','A','B2')"),
        ("k == 3", "k", "3"),
        ('"x = (y): z"[e] = 1', '"x = (y): z"[e]', "1"),
        ("d :RAW:", "d :RAW:", ""),
    ],
)  # fmt: skip
def test_sides(equation: str, left: str, right: str) -> None:
    assert split_equation(equation) == (left, right)


def test_names_limits_and_blanks() -> None:
    assert name_of('"a[b]"[c]') == "a[b]"
    assert name_of("a b [c] :EXCEPT: [d]") == "a b"
    assert split_limits("kt [0,100,1]") == ("kt", (0.0, 100.0))
    assert split_limits("kt [?,1]") == ("kt", (None, 1.0))
    assert split_limits("kt") == ("kt", (None, None))
    assert fold_blanks(" a \\\n\t\t+\n b ") == "a + b"
