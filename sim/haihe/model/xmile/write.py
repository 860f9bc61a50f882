"""Flattened variables into the translator's structures: names bound, subscripts made explicit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pysd.translators.structures import abstract_expressions as ae

from haihe.model.find import near_names
from haihe.model.types import canonical_name
from haihe.model.xmile.calls import write_call
from haihe.model.xmile.equation import Call, Name, Number, Operation, Star, Tree
from haihe.model.xmile.flatten import Flat, Path, World
from haihe.model.xmile.functions import (
    CONSTANTS,
    call,
    chain,
    choose,
    clock,
    modulo,
    points_of,
    safe_division,
    test,
)
from haihe.model.xmile.parts import CLOCK, Macro, Part, Written
from haihe.model.xmile.reading import clean_name
from haihe.model.xmile.scope import Dimension, Scope
from haihe.text import Text

MOST_NODES = 50_000
"""Of one variable, with its macros written out."""
Component = tuple[list[str], Any, Written]
"""Subscripts of the left-hand side, the tree, and the text that it was made of."""


@dataclass(slots=True)
class Writer:
    """What is known of the model while its equations are written; lives for one model."""

    world: World
    dimensions: Mapping[str, Dimension]
    macros: Mapping[str, Macro]
    shown: str
    waiting: list[Flat] = field(default_factory=list)
    """Variables that calls of macros have made."""
    given: dict[tuple[Path, str], tuple[Tree, Scope]] = field(default_factory=dict)
    """Arguments of macros, by the parameter that holds them."""
    calls: int = 0
    nodes: int = 0
    marked: set[str] = field(default_factory=set)
    """Dimensions that the innermost function over an array runs over."""

    # --- variables ------------------------------------------------------------------------------

    def components(self, flat: Flat) -> list[Component]:
        """The equations of a variable.

        Raises
        ------
        InputError
            With the line of what cannot be read or is not supported.
        """
        self.nodes = 0
        variable = flat.variable
        blank = Written("", variable.line)
        given = self.given.get((flat.path, variable.key))
        if given:
            tree, scope = given
            return [(list(variable.dims), self.write(tree, scope), scope.text)]
        dims = [self.dimension(dim, flat) for dim in variable.dims]
        free: dict[str, str | None] = {canonical_name(d.name): None for d in dims}
        names = [d.name for d in dims]
        if flat.source:
            name, path = flat.source
            text = replace(blank, text=str(name))
            scope = Scope(flat.name, path, self.shown, text, free)
            return [(names, self.write(name, scope), text)]
        found = []
        for part in variable.parts:
            scope = Scope(
                flat.name, flat.path, self.shown, part.equation or replace(blank, line=part.line)
            )
            subscripts, binding = (
                self._left(part, dims, scope) if part.subscripts else (names, free)
            )
            tree = self._right(flat, part, replace(scope, binding=binding))
            found.append((subscripts, tree, scope.text))
        return found

    def dimension(self, name: str, flat: Flat) -> Dimension:
        known = self.dimensions.get(canonical_name(name))
        if known is None:
            scope = Scope(flat.name, flat.path, self.shown, Written("", flat.variable.line))
            near = near_names(name, [d.name for d in self.dimensions.values()])
            raise scope.error(
                Text(f"没有维度 {name}", f"there is no dimension {name}"), suggestions=near
            )
        return known

    def _left(
        self, part: Part, dims: list[Dimension], scope: Scope
    ) -> tuple[list[str], dict[str, str | None]]:
        written = part.subscripts or ()
        if len(written) != len(dims):
            raise scope.error(
                Text(
                    f"[{', '.join(written)}] 给出了 {len(written)} 个元素",
                    f"[{', '.join(written)}] names {len(written)} elements",
                ),
                Text(f"{len(dims)} 个", f"{len(dims)} of them"),
            )
        names: list[str] = []
        binding: dict[str, str | None] = {}
        for text, dim in zip(written, dims):
            element = dim.element(text)
            if element is None:
                near = near_names(text, dim.elements)
                raise scope.error(
                    Text(f"{text} 不是 {dim.name} 的元素", f"{text} is no element of {dim.name}"),
                    suggestions=near,
                )
            names.append(element)
            binding[canonical_name(dim.name)] = element
        return names, binding

    def _right(self, flat: Flat, part: Part, scope: Scope) -> Any:
        variable = flat.variable
        tree = scope.parse()
        if variable.kind == "gf" or (tree is None and part.graph):
            if part.graph is None:
                raise scope.error(Text("没有点", "it has no points"), "<ypts>")
            return points_of(part.graph)
        if tree is None:
            raise scope.error(
                Text(
                    "这个输入变量没有连接，也没有方程",
                    "it is an input that nothing is connected to, and it has no equation",
                )
                if variable.is_input
                else Text("没有方程", "it has no equation"),
                "<eqn>",
            )
        if variable.kind == "stock":
            return self._stock(flat, tree, scope)
        value = self.write(tree, scope)
        if part.graph:
            value = ae.InlineLookupsStructure(value, points_of(part.graph))
        # A uniflow is never negative, and says so itself.
        return call("max", value, 0.0) if variable.non_negative else value

    def _stock(self, flat: Flat, initial: Tree, scope: Scope) -> Any:
        variable = flat.variable
        signs: list[str] = []
        rates: list[Any] = []
        for sign, texts in (("+", variable.inflows), ("-", variable.outflows)):
            for text in texts:
                inner = replace(scope, text=text)
                # A flow is named here, and may be so without quotes around its blanks.
                name = Name((clean_name(text.text),))
                tree = name if self.world.find(name, flat.path) else inner.parse()
                if tree is None:
                    raise inner.error(
                        Text("有一个流量没有名称", "a flow has no name"),
                        Text("流量的名称", "the name of a flow"),
                    )
                signs.append(sign)
                rates.append(self.write(tree, inner))
        if signs and signs[0] == "-":
            rates[0] = ae.ArithmeticStructure(["negative"], [rates[0]])
        rate = rates[0] if len(rates) == 1 else chain(signs[1:], *rates) if rates else 0.0
        return ae.IntegStructure(rate, self.write(initial, scope), variable.non_negative)

    # --- expressions ----------------------------------------------------------------------------

    def write(self, tree: Tree, scope: Scope) -> Any:
        """The structure of an expression."""
        self.count(1, scope)
        if isinstance(tree, Number):
            return tree.value
        if isinstance(tree, Name):
            return self._name(tree, scope)
        if isinstance(tree, Call):
            return write_call(self, tree, scope)
        if isinstance(tree, Star):
            raise scope.error(Text("`*` 不在下标的位置", "`*` stands where no subscript is"))
        return self._operation(tree, scope)

    def count(self, nodes: int, scope: Scope) -> None:
        """An equation must not grow without bound when it is written out."""
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            raise scope.error(
                Text("展开后的方程过大", "written out it is too large"),
                Text("更小的方程", "a smaller equation"),
            )

    def _operation(self, tree: Operation, scope: Scope) -> Any:
        before = self.nodes
        arguments = [self.write(argument, scope) for argument in tree.arguments]
        operator = tree.operators[0]
        if operator == "if":
            return choose(*arguments)
        if operator == "neg":
            if isinstance(arguments[0], float):
                return -arguments[0]
            return ae.ArithmeticStructure(["negative"], arguments)
        if operator in {"mod", "//"}:
            # What is used twice counts twice.
            self.count(self.nodes - before, scope)
            return (modulo if operator == "mod" else safe_division)(*arguments)
        if operator in {"and", "or", "not"}:
            signs = [f":{o.upper()}:" for o in tree.operators]
            return ae.LogicStructure(signs, arguments)
        if operator in {"=", "<>", "<", "<=", ">", ">="}:
            return test(operator, *arguments)
        return ae.ArithmeticStructure(list(tree.operators), arguments)

    def _name(self, name: Name, scope: Scope) -> Any:
        key = canonical_name(name.parts[-1])
        plain = len(name.parts) == 1 and not name.absolute
        if plain and not name.subscripts and key in scope.parameters:
            tree, outer = scope.parameters[key]
            return self.write(tree, replace(outer, reducing=outer.reducing or scope.reducing))
        flat = self.world.find(name, scope.path)
        if flat and key in CLOCK and flat.path == ():
            return clock(CLOCK[key])
        if flat and (plain or not scope.macros):
            return self._reference(flat, name, scope)
        if plain and not name.subscripts:
            if key in CONSTANTS:
                return CONSTANTS[key]()
            if key in CLOCK:
                return clock(CLOCK[key])
        if not name.subscripts and (index := self._index(name, scope)) is not None:
            return index
        suggestions = () if scope.macros else self.world.near(name, scope.path)
        raise scope.error(
            Text(f"没有名为 {name} 的变量", f"nothing is called {name}"), suggestions=suggestions
        )

    def _index(self, name: Name, scope: Scope) -> Any:
        """A dimension or an element that is used as a number."""
        keys = [canonical_name(part) for part in name.parts]
        dim = self.dimensions.get(keys[0])
        if name.absolute or len(keys) > 2:
            return None
        if len(keys) == 2:
            element = dim.element(keys[1]) if dim else None
            return float(dim.elements.index(element) + 1) if dim and element else None
        if dim and keys[0] in scope.binding:
            fixed = scope.binding[keys[0]]
            if fixed is not None:
                return float(dim.elements.index(fixed) + 1)
            return ae.ReferenceStructure(dim.name)
        places = {
            position
            for known in self.dimensions.values()
            for position, element in enumerate(known.elements, 1)
            if canonical_name(element) == keys[0]
        }
        return float(places.pop()) if len(places) == 1 else None

    def _reference(self, flat: Flat, name: Name, scope: Scope) -> Any:
        dims = [self.dimension(dim, flat) for dim in flat.variable.dims]
        if flat.variable.kind == "gf":
            raise scope.error(
                Text(f"{name} 是图形函数", f"{name} is a graphical function"), f"{name}(...)"
            )
        return self.subscripted(flat, dims, name.subscripts, scope)

    def subscripted(
        self, flat: Flat, dims: list[Dimension], subscripts: tuple[Tree, ...], scope: Scope
    ) -> Any:
        if not dims:
            if subscripts:
                raise scope.error(
                    Text(f"{flat.name} 没有维度", f"{flat.name} has no dimensions"), flat.name
                )
            return ae.ReferenceStructure(flat.name)
        if subscripts and len(subscripts) != len(dims):
            listed = ", ".join(dim.name for dim in dims)
            raise scope.error(
                Text(
                    f"{flat.name} 有 {len(dims)} 个维度", f"{flat.name} has {len(dims)} dimensions"
                ),
                f"{flat.name}[{listed}]",
            )
        names = [
            self._subscript(tree, dim, flat, scope)
            for tree, dim in zip(subscripts or [None] * len(dims), dims)
        ]
        over = [name for name in names if name.endswith("!")]
        if len(set(over)) != len(over):
            raise scope.error(
                Text(
                    f"{flat.name} 对同一维度求和两次",
                    f"{flat.name} is summed over one dimension twice",
                )
            )
        self.marked |= {name.rstrip("!") for name in over}
        return ae.ReferenceStructure(flat.name, ae.SubscriptsReferenceStructure(names))

    def _subscript(self, tree: Tree | None, dim: Dimension, flat: Flat, scope: Scope) -> str:
        """A subscript, as the translator writes it: an element, a dimension, or `dimension!`."""
        key = canonical_name(dim.name)
        if isinstance(tree, Star) or (tree is None and scope.reducing):
            if not scope.reducing:
                raise scope.error(
                    Text(
                        f"{flat.name}[*] 只能用在对数组求值的函数中",
                        f"{flat.name}[*] stands outside of a function over an array",
                    )
                )
            return f"{dim.name}!"
        if tree is None:
            if key not in scope.binding:
                raise scope.error(
                    Text(
                        f"{flat.name} 带有维度 {dim.name}，而这个方程没有",
                        f"{flat.name} has the dimension {dim.name}, and this equation has not",
                    ),
                    Text(
                        f"{flat.name}[某元素] 或 SUM({flat.name}[*])",
                        f"{flat.name}[an element], or SUM({flat.name}[*])",
                    ),
                )
            return scope.binding[key] or dim.name
        return self._written_subscript(tree, dim, flat, scope)

    def _written_subscript(self, tree: Tree, dim: Dimension, flat: Flat, scope: Scope) -> str:
        element: str | None = None
        if isinstance(tree, Number) and tree.value.is_integer():
            element = dim.element(str(int(tree.value)))
        elif isinstance(tree, Name) and not tree.subscripts and not tree.absolute:
            keys = [canonical_name(part) for part in tree.parts]
            if len(keys) == 1:
                element = dim.element(keys[0])
                if element is None and keys[0] in scope.binding:
                    return scope.binding[keys[0]] or self.dimensions[keys[0]].name
                if element is None and keys[0] in self.dimensions and scope.reducing:
                    return f"{self.dimensions[keys[0]].name}!"
            elif len(keys) == 2 and keys[0] == canonical_name(dim.name):
                element = dim.element(keys[1])
        if element is None:
            shown = str(tree) if isinstance(tree, Name) else ""
            zh, en = shown or "这个表达式", shown or "an expression"
            raise scope.error(
                Text(
                    f"{zh} 不是 {dim.name} 的元素；不读取由计算得出的下标",
                    f"{en} is no element of {dim.name}; subscripts that are computed are not read",
                ),
                Text(f"{dim.name} 的一个元素", f"an element of {dim.name}"),
                near_names(shown, dim.elements) if shown else (),
            )
        return element
