"""Modules into one model: every variable once for each place in which its model stands.

A variable of a module is called `module.variable`; one of the root model keeps its name. A name
in an equation is sought in its own model; `module.variable` among the modules beside it, then
among those around it, up to the root; `.variable` in the root.

Sources
-------
OASIS, XMILE Version 1.0, 2015, sections 3.2.2.3, 3.7.4 and 4.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from haihe.errors import InputError, raise_all
from haihe.model.find import near_names
from haihe.model.types import canonical_name
from haihe.model.xmile.equation import EquationError, Name, parse_equation
from haihe.model.xmile.parts import Connect, File, Module, Submodel, Variable
from haihe.model.xmile.reading import Reading
from haihe.text import Text

Path = tuple[str, ...]
"""Folded names of the modules on the way from the root; () is the root."""

MOST_VARIABLES = 100_000
DEEPEST = 20
"""Modules within modules."""


@dataclass(frozen=True, slots=True)
class Flat:
    """A variable in its place."""

    name: str
    """As the flattened model has it."""
    variable: Variable
    path: Path
    source: tuple[Name, Path] | None = None
    """What an input of a module reads, and from where that name is sought."""


@dataclass(slots=True)
class World:
    """All variables of a model, by place and folded name."""

    flats: dict[Path, dict[str, Flat]] = field(default_factory=dict)
    count: int = 0
    """Variables and places so far."""

    def find(self, name: Name, path: Path) -> Flat | None:
        """The variable that a name means in an equation of a model at `path`."""
        *modules, last = (canonical_name(part) for part in name.parts)
        if name.absolute:
            return self.flats.get(tuple(modules), {}).get(last)
        if not modules:
            return self.flats.get(path, {}).get(last)
        for depth in range(len(path), -1, -1):
            found = self.flats.get((*path[:depth], *modules), {}).get(last)
            if found:
                return found
        return None

    def near(self, name: Name, path: Path) -> tuple[str, ...]:
        """Names that may have been meant."""
        known = [flat.variable.name for flat in self.flats.get(path, {}).values()]
        return near_names(str(name), [*known, *(flat.name for flat in self)])

    def __iter__(self) -> Iterator[Flat]:
        for variables in self.flats.values():
            yield from variables.values()


def flatten(file: File, reading: Reading) -> World:
    """Every variable of a file in its places.

    Raises
    ------
    InputErrors
        Where a model or a variable is missing, is used by nobody, or contains itself.
    """
    root, others = _root_of(file, reading)
    world = World()
    used: set[str] = set()
    _stand(root, (), "", others, world, used, reading)
    for key, model in others.items():
        if key not in used:
            reading.fail(
                Text(
                    f"没有模块使用模型 {model.name}，其变量将会丢失",
                    f"no module uses the model {model.name}, and its variables would be lost",
                ),
                model.line,
                f'`<module name="{model.name}"/>`',
            )
    raise_all(reading.errors)
    _connect_all(root, (), others, world, reading)
    raise_all(reading.errors)
    return world


def _root_of(file: File, reading: Reading) -> tuple[Submodel, dict[str, Submodel]]:
    """The model that is no module's, and the others by name."""
    wanted = {canonical_name(m.name) for model in file.models for m in model.modules}
    free = [model for model in file.models if canonical_name(model.name) not in wanted]
    unnamed = [model for model in free if not model.name]
    root = (unnamed or free or list(file.models))[0]
    others: dict[str, Submodel] = {}
    for model in file.models:
        key = canonical_name(model.name)
        if model is root:
            continue
        if key in others or not key:
            reading.fail(
                Text(f"模型 {model.name} 重复定义", f"the model {model.name} is defined twice")
                if key
                else Text("有两个模型没有名称", "two models have no name"),
                model.line,
                Text(
                    "一个根模型，其余模型各有名称",
                    "one root model, and a name for each of the others",
                ),
            )
        others[key] = model
    raise_all(reading.errors)
    return root, others


def _stand(
    model: Submodel,
    path: Path,
    prefix: str,
    others: dict[str, Submodel],
    world: World,
    used: set[str],
    reading: Reading,
) -> None:
    """Put the variables of a model, and of the modules in it, into their places."""
    group = prefix.rstrip(".")
    world.flats[path] = {
        v.key: Flat(prefix + v.name, replace(v, group=v.group or group), path)
        for v in model.variables
    }
    world.count += len(model.variables) + 1
    if world.count > MOST_VARIABLES:
        raise InputError(
            Text("各模块的变量总数过多", "the modules hold too many variables"),
            reading.at(model.line),
            Text(f"不超过 {MOST_VARIABLES} 个", f"at most {MOST_VARIABLES}"),
        )
    for module in model.modules:
        inner = _model_of(module, path, others, reading)
        if inner:
            key = canonical_name(module.name)
            used.add(key)
            _stand(inner, (*path, key), f"{prefix}{module.name}.", others, world, used, reading)


def _model_of(
    module: Module, path: Path, others: dict[str, Submodel], reading: Reading
) -> Submodel | None:
    key = canonical_name(module.name)
    if key in path or len(path) >= DEEPEST:
        raise InputError(
            Text(
                f"模块 {module.name} 包含自身：{' > '.join((*path, key))}",
                f"the module {module.name} contains itself: {' > '.join((*path, key))}",
            ),
            reading.at(module.line),
        )
    if key not in others:
        reading.fail(
            Text(
                f"模块 {module.name} 没有对应的模型",
                f"there is no model for the module {module.name}",
            ),
            module.line,
            f'`<model name="{module.name}">`',
        )
    return others.get(key)


# --- connections --------------------------------------------------------------------------------


def _connect_all(
    model: Submodel, path: Path, others: dict[str, Submodel], world: World, reading: Reading
) -> None:
    for module in model.modules:
        inside = (*path, canonical_name(module.name))
        for connect in module.connects:
            _connect(connect, path, inside, world, reading)
        _connect_all(others[inside[-1]], inside, others, world, reading)


def _connect(connect: Connect, path: Path, inside: Path, world: World, reading: Reading) -> None:
    """Let an input read its source: the ends are named from the model around the module."""
    to, source = (_name_of(text, connect, reading) for text in (connect.to, connect.source))
    if to is None or source is None:
        return
    alone = len(to.parts) == 1 and not to.absolute
    target = world.find(to, inside if alone else path)
    if target is None or world.find(source, path) is None:
        missing, where = (to, inside if alone else path) if target is None else (source, path)
        reading.errors.append(
            InputError(
                Text(f"没有可供连接的变量 {missing}", f"there is no variable {missing} to connect"),
                reading.at(connect.line),
                suggestions=world.near(missing, where),
            )
        )
    elif not target.variable.is_input:
        reading.fail(
            Text(f"{target.name} 不是输入变量", f"{target.name} is no input"),
            connect.line,
            'access="input"',
        )
    elif target.source is not None:
        reading.fail(
            Text(f"{target.name} 重复连接", f"{target.name} is connected twice"),
            connect.line,
            Text("唯一的 <connect>", "one <connect>"),
        )
    else:
        world.flats[target.path][target.variable.key] = replace(target, source=(source, path))


def _name_of(text: str, connect: Connect, reading: Reading) -> Name | None:
    try:
        tree = parse_equation(text)
    except EquationError:
        tree = None
    if isinstance(tree, Name) and not tree.subscripts:
        return tree
    reading.fail(
        Text("<connect> 应连接两个变量", "a <connect> joins two variables"),
        connect.line,
        Text("两个名称", "names"),
        shown=text[:80],
    )
    return None
