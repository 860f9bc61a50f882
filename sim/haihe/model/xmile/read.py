"""The nodes of an XMILE file into its parts; what cannot be read is refused with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from haihe.errors import raise_all
from haihe.model.names import say_twice
from haihe.model.scan import fold_blanks
from haihe.model.types import canonical_name
from haihe.model.xmile.clock import read_clock
from haihe.model.xmile.document import Node, all_text, child, children, walk
from haihe.model.xmile.graphs import read_graph
from haihe.model.xmile.parts import (
    Connect,
    File,
    Macro,
    Module,
    Part,
    Submodel,
    Variable,
    Written,
)
from haihe.model.xmile.reading import Reading, clean_name, to_number
from haihe.text import Text

KINDS = ("stock", "flow", "aux", "gf")
_REFUSED = {
    "conveyor": Text("不支持传送带（conveyor）", "conveyors are not supported"),
    "queue": Text("不支持队列（queue）", "queues are not supported"),
    "oven": Text("不支持烘箱（oven）", "ovens are not supported"),
    "leak": Text("不支持传送带的泄漏流量", "a flow that leaks out of a conveyor is not supported"),
    "overflow": Text("不支持队列的溢出流量", "a flow that overflows a queue is not supported"),
    "multiplier": Text(
        "不支持中途改变单位的流量", "a flow that changes its unit on the way is not supported"
    ),
}
_INSTEAD = {
    "conveyor": Text("存量，其流出可用 DELAY", "a stock, or DELAY for what leaves it"),
    "queue": Text("存量", "a stock"),
    "oven": Text("存量，其流出可用 DELAY", "a stock, or DELAY for what leaves it"),
    "leak": Text("写明方程的流出量", "an outflow with an equation"),
    "overflow": Text("写明方程的流出量", "an outflow with an equation"),
    "multiplier": Text("每种单位各用一个流量", "a flow for each unit"),
}


@dataclass(frozen=True, slots=True)
class Behavior:
    """What stocks and flows do where they say nothing themselves."""

    stock: bool = False
    flow: bool = False


def read_file(root: Node, shown: str) -> File:
    """The parts of a file.

    Raises
    ------
    InputErrors
        With the line of everything that is missing, contradicts itself or is not supported.
    """
    reading = Reading(shown)
    _refuse_parts(root, reading)
    nodes = list(children(root, "model"))
    if not nodes:
        reading.fail(
            Text("文件中没有 <model>", "the file has no <model>"),
            root.line,
            Text("含有 <variables> 的 <model>", "a <model> with <variables>"),
        )
    raise_all(reading.errors)
    clock = read_clock(root, nodes, reading)
    dimensions = _dimensions(root, reading)
    behavior = _behavior(root, Behavior())
    models = [_model(node, behavior, reading) for node in nodes]
    macros = [_macro(node, behavior, reading) for node in children(root, "macro")]
    _check_macros(macros, reading)
    _check_count(root, [*models, *macros], reading)
    raise_all(reading.errors)
    return File(clock, dimensions, tuple(models), tuple(macros))


def _refuse_parts(root: Node, reading: Reading) -> None:
    for node in walk(root):
        own = node.tag.rpartition(":")[2]
        if own in _REFUSED and node.tag not in {"isee:overflow"}:
            reading.fail(_REFUSED[own], node.line, _INSTEAD[own])
        elif node.tag in {"model", "module"} and "resource" in node.attributes:
            reading.fail(
                Text("不读取其他文件中的模型", "a model in another file is not read"),
                node.line,
                Text("单个文件", "one file"),
            )
        elif node.tag == "model" and "encryption-scheme" in node.attributes:
            reading.fail(
                Text("模型已加密", "the model is encrypted"),
                node.line,
                Text("可以读取的模型", "a model that can be read"),
            )
        elif node.tag == "include":
            reading.fail(
                Text("不读取 include 的内容", "includes are not read"),
                node.line,
                Text("单个文件", "one file"),
            )
        elif node.tag == "import" and _brings_data(node):
            reading.fail(
                Text("不读取导入的数据", "imported data are not read"),
                node.line,
                Text("写在模型里的数值", "the values in the model"),
            )


def _brings_data(node: Node) -> bool:
    return (
        node.attributes.get("enabled", "true").strip().lower() != "false"
        and node.attributes.get("frequency", "").strip().lower() != "on_demand"
    )


def _check_count(root: Node, owners: Iterable[Submodel | Macro], reading: Reading) -> None:
    """Every variable of the file must have been read."""
    wanted = [
        node
        for parent in walk(root)
        if parent.tag in {"variables", "model"}
        for node in children(parent, *KINDS)
    ]
    read = {(v.line, v.kind, v.name) for owner in owners for v in owner.variables}
    for node in wanted:
        name = clean_name(node.attributes.get("name", ""))
        if (node.line, node.tag, name) not in read and not reading.errors:
            reading.fail(
                Text(
                    f"读取时丢失{f' {name}' if name else '一个变量'}",
                    f"the reading loses {name or 'a variable'}",
                ),
                node.line,
            )


def read_name(node: Node, reading: Reading) -> str:
    """The name of a node, which must be one that can be told from others."""
    name = clean_name(node.attributes.get("name", ""))
    if not canonical_name(name):
        reading.fail(
            Text(f"有一个 <{node.tag}> 没有名称", f"a <{node.tag}> has no name"),
            node.line,
            'name="..."',
        )
    elif any(letter in '"\\' or not letter.isprintable() for letter in name):
        reading.fail(
            Text(
                "名称中有引号、反斜杠或不可打印的字符",
                "a name holds a quotation mark, a backslash or something that cannot be printed",
            ),
            node.line,
            Text("字母、数字和空格", "letters, digits and blanks"),
            shown=ascii(name)[:80],
        )
    return name


def _dimensions(root: Node, reading: Reading) -> tuple[tuple[str, tuple[str, ...], int], ...]:
    found = []
    for holder in children(root, "dimensions"):
        for node in children(holder, "dim"):
            name = read_name(node, reading)
            elements = tuple(read_name(part, reading) for part in children(node, "elem"))
            size = node.attributes.get("size", "").strip()
            if not elements and re.fullmatch(r"\d{1,6}", size) and int(size):
                # Numbers alone would be the same elements in every dimension.
                elements = tuple(f"{name} {i}" for i in range(1, int(size) + 1))
            if not elements:
                reading.fail(
                    Text(f"维度 {name} 没有元素", f"the dimension {name} has no elements"),
                    node.line,
                    Text("<elem> 或 size=", "<elem> or size="),
                )
            elif len({canonical_name(e) for e in elements}) != len(elements):
                reading.fail(
                    Text(f"维度 {name} 有重复的元素", f"the dimension {name} has an element twice"),
                    node.line,
                )
            found.append((name, elements, node.line))
    keys = [canonical_name(name) for name, _, _ in found]
    for i, (name, _, line) in enumerate(found):
        if keys[i] in keys[:i]:
            reading.fail(
                Text(f"维度 {name} 重复定义", f"the dimension {name} is defined twice"), line
            )
    return tuple(found)


# --- models and macros --------------------------------------------------------------------------


def _behavior(node: Node, above: Behavior) -> Behavior:
    found = child(node, "behavior")
    if found is None:
        return above
    both = _flag(found, None)
    stock, flow = child(found, "stock"), child(found, "flow")
    return Behavior(
        bool(_flag(stock, both if both is not None else above.stock)),
        bool(_flag(flow, both if both is not None else above.flow)),
    )


def _flag(node: Node | None, otherwise: bool | None) -> bool | None:
    """Does a node say `<non_negative/>`? A text `false` takes it back."""
    said = child(node, "non_negative") if node is not None else None
    return otherwise if said is None else said.text.strip().lower() != "false"


def _model(node: Node, above: Behavior, reading: Reading) -> Submodel:
    behavior = _behavior(node, above)
    # Files from before the standard have their variables right in the model.
    holders = [node, *children(node, "variables")]
    groups = _groups(holders)
    variables = _variables(holders, groups, behavior, reading)
    modules = [_module(part, reading) for h in holders for part in children(h, "module")]
    for i, module in enumerate(modules):
        others = [*(m.name for m in modules[:i])]
        if canonical_name(module.name) in {canonical_name(name) for name in others}:
            reading.fail(
                Text(
                    f"模块 {module.name} 在此处出现两次",
                    f"the module {module.name} stands here twice",
                ),
                module.line,
            )
    name = clean_name(node.attributes.get("name", ""))
    return Submodel(name, variables, tuple(modules), node.line)


def _groups(holders: Iterable[Node]) -> dict[str, str]:
    """Group of each variable that one names."""
    return {
        canonical_name(clean_name(entity.attributes.get("name", ""))): clean_name(
            group.attributes.get("name", "")
        )
        for holder in holders
        for group in children(holder, "group")
        for entity in children(group, "entity")
    }


def _variables(
    holders: Iterable[Node], groups: Mapping[str, str], behavior: Behavior, reading: Reading
) -> tuple[Variable, ...]:
    found = [
        _variable(node, groups, behavior, reading)
        for holder in holders
        for node in children(holder, *KINDS)
    ]
    first: dict[str, Variable] = {}
    for variable in found:
        earlier = first.setdefault(variable.key, variable)
        if earlier is not variable:
            reading.fail(
                say_twice(variable.name, earlier.name, earlier.line),
                variable.line,
                Text(
                    "一处定义；名称的差别不能只在大小写、空格和下划线",
                    "one definition; names differ by more than case, blanks and underscores",
                ),
            )
    return tuple(found)


def _module(node: Node, reading: Reading) -> Module:
    connects = []
    for part in children(node, "connect"):
        to, source = (part.attributes.get(key, "").strip() for key in ("to", "from"))
        if not to or not source:
            reading.fail(
                Text("<connect> 需要写明两端", "a <connect> needs both ends"),
                part.line,
                '`<connect to="..." from="..."/>`',
            )
        connects.append(Connect(to, source, part.line))
    return Module(read_name(node, reading), tuple(connects), node.line)


def _macro(node: Node, behavior: Behavior, reading: Reading) -> Macro:
    name = read_name(node, reading)
    if "filter" in node.attributes:
        reading.fail(
            Text(
                f"{name} 改变存量和流量的行为，不能读取",
                f"{name} changes what stocks and flows do; that is not read",
            ),
            node.line,
        )
    specs = child(node, "sim_specs")
    if specs is not None:
        reading.fail(
            Text(
                f"宏 {name} 自带时钟，不能读取",
                f"the macro {name} has a clock of its own; that is not read",
            ),
            specs.line,
        )
    equation = _written(child(node, "eqn"))
    if equation is None:
        reading.fail(
            Text(f"宏 {name} 没有方程", f"the macro {name} has no equation"), node.line, "<eqn>"
        )
    parameters = tuple(
        (
            clean_name(part.text),
            Written(part.attributes["default"], part.line)
            if "default" in part.attributes
            else None,
        )
        for part in children(node, "parm")
    )
    variables = _variables(children(node, "variables"), {}, behavior, reading)
    for variable in variables:
        if variable.dims:
            reading.fail(
                Text(
                    f"宏内的 {variable.name} 带有维度",
                    f"{variable.name} has dimensions inside of a macro",
                ),
                variable.line,
            )
    names = [canonical_name(parameter) for parameter, _ in parameters]
    for i, parameter in enumerate(names):
        if not parameter or parameter in names[:i]:
            reading.fail(
                Text(f"{name} 的参数无法区分", f"the parameters of {name} are not told apart"),
                node.line,
            )
    return Macro(name, parameters, equation or Written("0", node.line), variables, node.line)


def _check_macros(macros: list[Macro], reading: Reading) -> None:
    keys = [canonical_name(macro.name) for macro in macros]
    for i, macro in enumerate(macros):
        if keys[i] in keys[:i]:
            reading.fail(
                Text(f"宏 {macro.name} 重复定义", f"the macro {macro.name} is defined twice"),
                macro.line,
            )


# --- variables ----------------------------------------------------------------------------------


def _variable(
    node: Node, groups: Mapping[str, str], behavior: Behavior, reading: Reading
) -> Variable:
    name = read_name(node, reading)
    holder = child(node, "dimensions")
    dims = [] if holder is None else [read_name(part, reading) for part in children(holder, "dim")]
    if len({canonical_name(dim) for dim in dims}) != len(dims):
        reading.fail(
            Text(f"{name} 的同一维度出现两次", f"{name} has the same dimension twice"),
            node.line,
            Text("两个不同的维度", "two dimensions"),
        )
    general = getattr(behavior, node.tag, False)
    return Variable(
        kind=node.tag,
        name=name,
        line=node.line,
        dims=tuple(dims),
        parts=_parts(node, name, reading),
        inflows=_texts(node, "inflow"),
        outflows=_texts(node, "outflow"),
        non_negative=bool(_flag(node, general)) and node.tag in {"stock", "flow"},
        is_input=node.attributes.get("access", "").strip().lower() == "input",
        units=fold_blanks(all_text(child(node, "units"))),
        doc=all_text(child(node, "doc")).strip(),
        limits=_limits(node, reading),
        group=groups.get(canonical_name(name), ""),
    )


def _parts(node: Node, name: str, reading: Reading) -> tuple[Part, ...]:
    equation, graph = _equation(node, name, reading), read_graph(node, name, reading)
    elements = list(children(node, "element"))
    if not elements:
        return (Part(None, equation, graph, node.line),)
    parts = []
    for element in elements:
        written = element.attributes.get("subscript", "")
        subscripts = tuple(clean_name(part) for part in written.split(","))
        own = _equation(element, name, reading)
        curve = read_graph(element, name, reading)
        # What all elements have in common stands in the variable itself.
        parts.append(Part(subscripts, own or equation, curve or graph, element.line))
    return tuple(parts)


def _equation(node: Node, name: str, reading: Reading) -> Written | None:
    found = list(children(node, "eqn"))
    if len(found) > 1:
        reading.fail(
            Text(f"{name} 有 {len(found)} 个方程", f"{name} has {len(found)} equations"),
            found[1].line,
            Text("一个 <eqn>", "one <eqn>"),
        )
    return _written(found[0]) if found else None


def _written(node: Node | None) -> Written | None:
    return None if node is None else Written(node.text, node.line)


def _texts(node: Node, tag: str) -> tuple[Written, ...]:
    return tuple(Written(part.text, part.line) for part in children(node, tag))


def _limits(node: Node, reading: Reading) -> tuple[float | None, float | None]:
    found = child(node, "range")
    if found is None:
        return (None, None)
    low, high = (_limit(found, end, reading) for end in ("min", "max"))
    if low is not None and high is not None and low > high:
        reading.fail(
            Text("上下限写反了", "the limits are the wrong way round"),
            found.line,
            Text("min 小于 max", "min below max"),
        )
    return (low, high)


def _limit(node: Node, end: str, reading: Reading) -> float | None:
    text = node.attributes.get(end, "").strip()
    value = to_number(text)
    if text and value is None:
        reading.fail(
            Text("上下限无法读取", "the limits cannot be read"),
            node.line,
            Text("数字", "a number"),
            shown=text[:80],
        )
    return value
