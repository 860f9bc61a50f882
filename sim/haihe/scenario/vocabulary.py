"""What a scenario may name: levers, drivers, parameters, stocks, and what else there is."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from haihe.errors import InputError
from haihe.model.find import fold_name
from haihe.model.types import Kind, Model, Variable
from haihe.project import show_text
from haihe.scenario.names import Names, index_names
from haihe.scenario.schedule import COMPLETION, DELAY
from haihe.scenario.values import Role
from haihe.text import Text, Words
from haihe.yaml import Scalar

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue

SECTIONS = {
    Role.LEVER: "levers",
    Role.DRIVER: "drivers",
    Role.PARAMETER: "parameters",
    Role.INITIAL: "initial",
    Role.FORCED: "force",
}
"""Key of a scenario file that holds each role."""

ROLES = {
    Role.LEVER: Text("政策杠杆", "lever"),
    Role.DRIVER: Text("驱动", "driver"),
    Role.PARAMETER: Text("参数", "parameter"),
    Role.INITIAL: Text("存量", "stock"),
    Role.FORCED: Text("由模型计算的变量", "computed variable"),
}
"""What each role is called."""

POLICY = (DELAY, COMPLETION)
"""Constants that stretch and shorten the schedule; set among the levers."""

IN_FORCE = " in force"
_TIME = {
    "initial time": "start",
    "final time": "stop",
    "time step": "step",
    "saveper": "save_step",
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names of a model and its catalogue, ready to look up."""

    model: Model
    catalogue: Catalogue
    names: Names
    """Variables, with the titles of levers and drivers."""
    outcomes: Names
    """Short ids, with titles and the names of their variables."""
    roles: dict[str, Role]
    """By variable: what setting it would be."""
    in_force: dict[str, str]
    """By lever: the variable that a trajectory takes the place of."""


_LAST: deque[Vocabulary] = deque(maxlen=2)
"""The last ones that were made: every block of a study asks for the same again."""


def index_vocabulary(model: Model, catalogue: Catalogue) -> Vocabulary:
    """Gather what may be named."""
    for known in tuple(_LAST):
        if known.model is model and known.catalogue is catalogue:
            return known
    made = _index(model, catalogue)
    _LAST.append(made)
    return made


def _index(model: Model, catalogue: Catalogue) -> Vocabulary:
    plain = index_names(dict.fromkeys(model.variables))
    titles: dict[str, Text | None] = dict.fromkeys(model.variables)
    roles = dict(_basic_roles(model))
    for role, entries in ((Role.LEVER, catalogue.levers), (Role.DRIVER, catalogue.drivers)):
        for key, entry in entries.items():
            if name := plain.find(key):
                titles[name], roles[name] = entry.title, role
    roles |= {name: Role.LEVER for key in POLICY if (name := plain.find(key))}
    levers = [name for name, role in roles.items() if role is Role.LEVER]
    in_force = {name: found for name in levers if (found := plain.find(name + IN_FORCE))}
    return Vocabulary(
        model, catalogue, index_names(titles), _index_outcomes(catalogue), roles, in_force
    )


def _basic_roles(model: Model) -> Iterator[tuple[str, Role]]:
    for name, variable in model.variables.items():
        if variable.kind is Kind.CONSTANT:
            yield name, Role.PARAMETER
        elif variable.kind is Kind.STOCK:
            yield name, Role.INITIAL
        elif variable.kind is not Kind.LOOKUP:
            yield name, Role.FORCED


def _index_outcomes(catalogue: Catalogue) -> Names:
    ids = index_names({key: entry.title for key, entry in catalogue.outcomes.items()})
    variables: dict[str, str] = {}
    for key, entry in catalogue.outcomes.items():
        spelling = fold_name(entry.variable)
        variables[spelling] = "" if spelling in variables else key
    return replace(ids, spellings={**variables, **ids.spellings})


def find_setting(vocabulary: Vocabulary, key: Scalar, role: Role) -> Variable:
    """Variable that a key names, where it may be set in the section that it stands in.

    Raises
    ------
    InputError
        Where there is none, or where it belongs in another section.
    """
    name = vocabulary.names.find(key.text)
    if name is None:
        raise _unknown(vocabulary, key, role)
    variable = vocabulary.model.variables[name]
    if problem := _explain_role(vocabulary, variable, role):
        raise key.error(*problem)
    return variable


def _unknown(vocabulary: Vocabulary, key: Scalar, role: Role) -> InputError:
    outcome = vocabulary.outcomes.find(key.text)
    if outcome is not None:
        shown = show_text(key.text)
        return key.error(
            Text(f"{shown} 是结果", f"{shown} is a result"),
            Text(
                "政策杠杆、驱动或参数；要保存的结果写在 `outputs` 之下",
                "a lever, driver or parameter; results are chosen under `outputs`",
            ),
        )
    own = {n: t for n, t in _titles(vocabulary).items() if vocabulary.roles.get(n) is role}
    close = index_names(own).suggest(key.text) or vocabulary.names.suggest(key.text)
    listed = f"`haihe list {SECTIONS[role]}`"
    expected = Text(f"{listed} 列出的名称", f"a name that {listed} shows")
    if role not in {Role.LEVER, Role.DRIVER}:
        expected = Text("模型变量的名称", "the name of a variable of the model")
    what, shown = ROLES[role], show_text(key.text)
    problem = Text(f"未知的{what.zh} {shown}", f"unknown {what.en} {shown}")
    return key.error(problem, "" if close else expected, close)


def _titles(vocabulary: Vocabulary) -> dict[str, Text | None]:
    titles: dict[str, Text | None] = dict.fromkeys(vocabulary.model.variables)
    for entries in (vocabulary.catalogue.levers, vocabulary.catalogue.drivers):
        for key, entry in entries.items():
            if name := vocabulary.names.find(key):
                titles[name] = entry.title
    return titles


def _explain_role(
    vocabulary: Vocabulary, variable: Variable, role: Role
) -> tuple[Text, Words] | None:
    """What is wrong with setting a variable in a section, and what would be right."""
    name = variable.name
    if field := _TIME.get(fold_name(name)):
        return Text(f"{name} 属于时间轴", f"{name} is the time axis"), f"`time: {{{field}: …}}`"
    lever = next((key for key, found in vocabulary.in_force.items() if found == name), None)
    if lever is not None:
        return (
            Text(f"{name} 由政策杠杆 {lever} 决定", f"{name} follows from the lever {lever}"),
            Text(f"`levers` 之下的 {lever}", f"{lever} under `levers`"),
        )
    true = vocabulary.roles.get(name)
    if true is role:
        return None
    if true is None:
        driver = name.removesuffix(" table")
        is_driver = vocabulary.roles.get(driver) is Role.DRIVER
        right = Text("常量、政策杠杆或驱动", "a constant, a lever or a driver")
        if is_driver:
            right = Text(f"`drivers` 之下的 {driver}", f"{driver} under `drivers`")
        return Text(f"{name} 是数表", f"{name} is a table"), right
    words = Text(f"是{ROLES[true].zh}", f"is a {ROLES[true].en}")
    if true is Role.FORCED:
        words = Text("由模型计算", "is computed by the model")
    section = f"`{SECTIONS[true]}`"
    right = Text(f"写在 {section} 之下", f"it under {section}")
    if true is Role.INITIAL:
        right = Text(f"把初值写在 {section} 之下", f"its initial value under {section}")
    problem = Text(
        f"{name} {words.zh}，不是{ROLES[role].zh}",
        f"{name} {words.en}, not a {ROLES[role].en}",
    )
    return problem, right
