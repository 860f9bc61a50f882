"""Rewrite generated Python, so that it computes as the model means and can do nothing else.

Division and powers follow IEEE 754 instead of raising (Python) or turning complex (a negative base
with a fractional exponent); what stocks and delays begin with is a float (a whole number there
makes the whole state a whole number, and an input that comes in is cut off).
"""

from __future__ import annotations

import ast

_STATEFUL = {
    "Integ", "NonNegativeInteg", "Delay", "DelayN", "DelayFixed", "Smooth", "Trend", "Forecast",
    "SampleIfTrue", "Initial",
}  # fmt: skip
_ORDERED = {"Delay", "DelayN", "Smooth"}
_ORDER = 3
"""Position of the order among the arguments; it counts the stages, so it stays whole."""
_MODULES = {"pathlib", "numpy", "xarray", "scipy", "pysd"}
_FORBIDDEN = {
    "eval", "exec", "compile", "open", "input", "getattr", "setattr", "delattr", "globals",
    "locals", "vars", "__import__", "__builtins__", "breakpoint",
}  # fmt: skip
_HEADER = (
    "from haihe.run.arithmetic import divide as _divide, power as _power, real as _real,"
    " whole as _whole\n"
)


def harden(source: str) -> str:
    """Source of a generated module, made safe to import.

    Raises
    ------
    ValueError
        Where the source does anything that a generated model has no reason to do.
    """
    tree = ast.parse(source)
    tree = _Rewrite().visit(tree)
    for node in ast.walk(tree):
        _check(node)
    return _HEADER + ast.unparse(ast.fix_missing_locations(tree)) + "\n"


class _Rewrite(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        # Docstrings, and nothing else, are expressions that are only text.
        if isinstance(node.value, ast.Constant):
            return None
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        name = {ast.Div: "_divide", ast.Pow: "_power"}.get(type(node.op))
        return _call(name, node.left, node.right) if name else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _STATEFUL:
            for position, argument in enumerate(node.args):
                if isinstance(argument, ast.Lambda):
                    whole = position == _ORDER and node.func.id in _ORDERED
                    argument.body = _call("_whole" if whole else "_real", argument.body)
        return node


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _check(node: ast.AST) -> None:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or "?"]
    for name in names:
        if name.split(".")[0] not in _MODULES:
            raise ValueError(f"the generated model imports {name}")
    if isinstance(node, ast.Name) and node.id in _FORBIDDEN:
        raise ValueError(f"the generated model uses {node.id}")
    if isinstance(node, ast.Attribute) and node.attr.startswith("__"):
        raise ValueError(f"the generated model uses {node.attr}")
