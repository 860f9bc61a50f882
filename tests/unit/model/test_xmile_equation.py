"""Equations of XMILE: how operators bind, what names are, and what cannot be read."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haihe.model.xmile.equation import (
    Call,
    EquationError,
    Name,
    Number,
    Operation,
    Star,
    Tree,
    parse_equation,
)


def shown(tree: Tree | None) -> str:
    """A tree with every operation in parentheses."""
    if isinstance(tree, Number):
        return f"{tree.value:g}"
    if isinstance(tree, Star):
        return "*"
    if isinstance(tree, Name):
        inside = ",".join(map(shown, tree.subscripts))
        return str(tree) + (f"[{inside}]" if inside else "")
    if isinstance(tree, Call):
        return f"{tree.name}({','.join(map(shown, tree.arguments))})"
    assert isinstance(tree, Operation)
    arguments = [shown(argument) for argument in tree.arguments]
    if len(arguments) != len(tree.operators) + 1:
        return f"{tree.operators[0]}({','.join(arguments)})"
    pairs = zip(tree.operators, arguments[1:], strict=True)
    return "(" + arguments[0] + "".join(f"{o}{a}" for o, a in pairs) + ")"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("-2^2", "neg((2^2))"),
        ("2^-3^2", "(2^neg((3^2)))"),
        ("a^b^c", "(a^(b^c))"),
        ("-a * b", "(neg(a)*b)"),
        ("a - b + c", "(a-b+c)"),
        ("a - (b + c)", "(a-(b+c))"),
        ("a / b * c", "(a/b*c)"),
        ("a mod b * c", "((amodb)*c)"),
        ("a * b MOD c", "((a*b)modc)"),
        ("a // b", "(a//b)"),
        ("a + b < c * d", "((a+b)<(c*d))"),
        ("a < b = c > d", "((a<b)=(c>d))"),
        ("a and b or c AND d", "((aandb)or(candd))"),
        ("NOT a and b", "(not(a)andb)"),
        ("not (a > b)", "not((a>b))"),
        ("if a then b else c + 1", "if(a,b,(c+1))"),
        ("IF a THEN IF b THEN 1 ELSE 2 ELSE IF c THEN 3 ELSE 4", "if(a,if(b,1,2),if(c,3,4))"),
        ("2 * (IF a THEN 1 ELSE 2)", "(2*if(a,1,2))"),
        ("+a", "a"),
        ("14. + .375 + 6E5 + 1e-3", "(14+0.375+600000+0.001)"),
        ('"a b"."c, (d)" + .e', "(a b.c, (d)+.e)"),
        ("m.x[k1, *, 2]", "m.x[k1,*,2]"),
        ("{one {} two", None),
        ("f() + g(1, h(2))", "(f()+g(1,h(2)))"),
        ("MOD(a, 2)", "MOD(a,2)"),
        ("größe_河 * $", None),
        ("größe_河 * x$y'", "(größe_河*x$y')"),
    ],
)
def test_tree_of_an_equation(text: str, tree: str | None) -> None:
    if tree is None:
        with pytest.raises(EquationError):
            parse_equation(text)
    else:
        assert shown(parse_equation(text)) == tree


@pytest.mark.parametrize("text", ["", "  ", "{nothing}", "{a}\n {b} "])
def test_blanks_and_comments_say_nothing(text: str) -> None:
    assert parse_equation(text) is None


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("a +", 3),
        ("a b", 2),
        ("(a", 2),
        ("a)", 1),
        ("f(1,)", 4),
        ("a[", 2),
        ("IF a THEN b", 11),
        ("a + ; b", 4),
        ('"open', 0),
        ("{open", 0),
        ("1 2", 2),
        ("a..b", 2),
        ("then", 0),
        ("NOT a > b", 6),
        ("NOT a + b", 6),
    ],
)
def test_what_cannot_be_read_has_a_position(text: str, position: int) -> None:
    with pytest.raises(EquationError) as caught:
        parse_equation(text)
    assert caught.value.position == position


@pytest.mark.parametrize("text", ["(" * 3000 + "1" + ")" * 3000, "-" * 5000 + "1", "2^" * 5000])
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(EquationError):
        parse_equation(text)


def test_a_long_sum_is_no_deep_tree() -> None:
    tree = parse_equation("+".join(["a"] * 20_000))
    assert isinstance(tree, Operation)
    assert len(tree.arguments) == 20_000


@given(st.text(alphabet="ab12.+-*/^()[],<>= {}\"'$ifthenlsotmd \n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(EquationError):
        parse_equation(text)


@st.composite
def sums(draw: st.DrawFn, depth: int = 3) -> str:
    """An arithmetic expression."""
    if depth == 0 or draw(st.booleans()):
        return str(draw(st.integers(1, 9)))
    left, right = draw(sums(depth - 1)), draw(sums(depth - 1))
    operator = draw(st.sampled_from("+-*/"))
    return f"({left}) {operator} ({right})" if draw(st.booleans()) else f"{left}{operator}{right}"


@given(sums())
def test_arithmetic_binds_as_in_python(text: str) -> None:
    tree = parse_equation(text)
    try:
        wanted = _value(text)
    except ZeroDivisionError:
        return
    assert _evaluate(tree) == pytest.approx(wanted, rel=1e-12)


def _value(text: str) -> float:
    import ast

    def go(node: ast.expr) -> float:
        if isinstance(node, ast.Constant):
            return float(str(node.value))
        assert isinstance(node, ast.BinOp)
        a, b = go(node.left), go(node.right)
        if isinstance(node.op, ast.Div):
            return a / b
        return a * b if isinstance(node.op, ast.Mult) else a + (b if _adds(node.op) else -b)

    return go(ast.parse(text, mode="eval").body)


def _adds(operator: object) -> bool:
    return type(operator).__name__ == "Add"


def _evaluate(tree: Tree | None) -> float:
    if isinstance(tree, Number):
        return tree.value
    assert isinstance(tree, Operation)
    whole, *rest = (_evaluate(argument) for argument in tree.arguments)
    for operator, value in zip(tree.operators, rest, strict=True):
        if operator == "/":
            whole /= value
        else:
            whole = {"+": whole + value, "-": whole - value, "*": whole * value}[operator]
    return whole
