"""Reality checks of a model, as `checks.yaml` writes them.

A check says which members of the model run, under which inputs, and what must hold then. The file
is hand-written; its fields are documented by `CheckEntry`, the language of `expect` by
`haihe.analysis.expressions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from haihe.analysis.courses import Scope, dims_of
from haihe.analysis.expressions import (
    ExpressionError,
    Statement,
    names_in,
    parse_statement,
    uses,
)
from haihe.errors import InputError, Location, Refused, raise_all
from haihe.model.catalogue import Catalogue
from haihe.model.find import near_names
from haihe.model.types import Model, canonical_name
from haihe.text import Text
from haihe.yaml import Mapping, Node, Record, Scalar, Sequence, read_yaml, validate

FILE_NAME = "checks.yaml"

Extreme = Literal["default", "minimum", "maximum"]
Whole = ("levers", "parameters")
"""Names in `inputs` that stand for every lever, or every parameter."""
LISTS = ("outcomes", "headlines")
"""Words in `each` that stand for variables of the catalogue."""


class Times(Record):
    """A change of what the member has of its own."""

    times: float


class Draw(Record):
    """Draws from the ranges of levers and parameters."""

    hypercube: int = Field(alias="latin-hypercube", ge=1, le=100_000)


class Tolerance(Record):
    """How far two sides may lie apart."""

    absolute: float = Field(default=0.0, ge=0)
    """In the unit of what is compared."""
    relative: float = Field(default=0.0, ge=0)
    """Of the larger side."""


class CheckEntry(Record):
    """One entry of `checks.yaml`."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    statement: Text
    kind: Literal["conservation", "extreme", "monotonicity", "numerics", "hygiene"]
    design: tuple[int, ...] = ()
    """Numbers of the checks that the model was designed with."""
    members: tuple[Extreme | Draw, ...] = ("default",)
    """Who runs: the model as it stands, every lever and parameter at an end of its range, draws."""
    inputs: dict[str, float | tuple[tuple[float, float], ...] | Times | Extreme] = Field(
        default_factory=dict
    )
    """Test inputs: a number, [year, value] pairs, or {times: n}, by variable or variable[element].
    A constant is set; a driver's table is replaced; any other variable is held at the number.
    `levers` and `parameters` go to default, minimum or maximum as a whole; TIME STEP may be set."""
    against: dict[str, float | tuple[tuple[float, float], ...] | Times | Extreme] | None = None
    """Inputs of a second run of the same members, which AGAINST(…) reads; {}: none."""
    each: tuple[str, ...] = ()
    """Variables that `it` stands for, one after the other; `outcomes`, `headlines`: those of the
    catalogue."""
    expect: tuple[str, ...] = ()
    """Statements that must hold, all of them."""
    at: tuple[float, ...] = ()
    """Years at which they must hold; without it always."""
    since: float | None = None
    """First year at which they must hold."""
    until: float | None = None
    """Last year at which they must hold."""
    every_step: bool = False
    """Look at every step of the integration, not at saved years only."""
    tolerance: float | Tolerance = Tolerance(relative=1e-9)
    """A number is absolute."""
    status: Literal["active", "not_yet", "elsewhere"] = "active"
    reason: Text | None = None
    """Why the model cannot carry the check yet."""
    note: Text | None = None
    """Where the check departs from its design, and why."""
    covered_by: str = ""
    """What holds the check where this file cannot say it: a test, or a command."""

    @model_validator(mode="after")
    def _hold_together(self) -> CheckEntry:
        if self.status == "active" and not self.expect:
            raise Refused(Text("检验须写 `expect`", "a check needs `expect`"))
        if self.status != "active" and self.expect:
            raise Refused(
                Text(
                    f"状态为 {self.status} 的检验不运行，不写 `expect`",
                    f"a check that is {self.status} has no `expect`: nothing is run",
                )
            )
        if self.status == "not_yet" and self.reason is None:
            raise Refused(
                Text(
                    "状态为 not_yet 的检验须写 `reason`", "a check that is not_yet needs a `reason`"
                )
            )
        if (self.status == "elsewhere") != bool(self.covered_by):
            raise Refused(
                Text(
                    "只有在别处检验的条目才写 `covered_by`，且必须写",
                    "a check that is held elsewhere, and no other, names `covered_by`",
                )
            )
        if self.at and (self.since is not None or self.until is not None):
            raise Refused(
                Text(
                    "`at` 已写明年份，不再写 `since` 和 `until`",
                    "`at` names the years; `since` and `until` do not go with it",
                )
            )
        return self

    @property
    def allowed(self) -> Tolerance:
        """Tolerance, spelt out."""
        given = self.tolerance
        return given if isinstance(given, Tolerance) else Tolerance(absolute=given)


class DrawRules(Record):
    """How members are drawn."""

    seed: int
    keep: tuple[str, ...] = ()
    """Constants that are no quantities and never vary: `*` stands for any letters."""
    ranges: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """Constants whose members stay in another range than the model's own; the file says why."""
    shares: dict[str, str] = Field(default_factory=dict)
    """Constants that are scaled back to the sum they have in the model, over a dimension."""


class CheckFile(Record):
    """The whole of `checks.yaml`."""

    draws: DrawRules = DrawRules(seed=1)
    checks: tuple[CheckEntry, ...]

    @model_validator(mode="after")
    def _name_once(self) -> CheckFile:
        ids = [entry.id for entry in self.checks]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise Refused(
                Text(f"编号 {'、'.join(twice)} 重复", f"the ids {', '.join(twice)} stand twice")
            )
        return self


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of a check about one variable."""

    text: str
    statement: Statement
    it: str
    """Variable that `it` stands for; "" where there is none."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check that fits its model."""

    entry: CheckEntry
    where: Location
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class CheckList:
    """Checks of a model."""

    draws: DrawRules
    checks: tuple[Check, ...]


def load_checks(path: Path, model: Model, catalogue: Catalogue) -> CheckList:
    """Read `checks.yaml`.

    Raises
    ------
    InputErrors
        Everything that is wrong with the file or does not fit the model, each with its place.
    """
    root = read_yaml(path)
    file = validate(root, CheckFile)
    nodes = _child(root, "checks")
    assert isinstance(nodes, Sequence)
    scope, errors, checks = Scope(model), list[InputError](), list[Check]()
    errors += _check_draws(file.draws, root, model)
    for entry, node in zip(file.checks, nodes.items, strict=True):
        errors += _check_inputs(node, model)
        claims = _read_claims(entry, node, scope, catalogue, errors)
        checks.append(Check(entry, node.where, claims))
    raise_all(errors)
    return CheckList(file.draws, tuple(checks))


def _check_draws(draws: DrawRules, root: Node, model: Model) -> list[InputError]:
    node = _child(root, "draws") or root
    known = {canonical_name(name) for name in model.variables}
    return [
        node.error(
            Text(f"{model.name} 没有常数 {name}", f"{model.name} has no constant {name}"),
            "",
            near_names(name, model.variables),
        )
        for name in (*draws.shares, *draws.ranges, *(k for k in draws.keep if "*" not in k))
        if canonical_name(name) not in known
    ]


def _check_inputs(node: Node, model: Model) -> list[InputError]:
    errors: list[InputError] = []
    scope = Scope(model)
    for key in ("inputs", "against"):
        part = _child(node, key)
        if not isinstance(part, Mapping):
            continue
        for scalar, _ in part:
            if scalar.text in Whole:
                continue
            try:
                statement = parse_statement(f"{scalar.text} = 0")
                for found in names_in(statement):
                    variable = scope.variables.get(canonical_name(found.text))
                    if variable is None:
                        near = near_names(found.text, model.variables)
                        raise ExpressionError(
                            Text(f"没有变量 {found.text}", f"there is no variable {found.text}"),
                            0,
                            "",
                            near,
                        )
                    if found.subscripts is not None:
                        scope.pick(found)
            except ExpressionError as fault:
                errors.append(_place(fault, scalar))
    return errors


def _read_claims(
    entry: CheckEntry, node: Node, scope: Scope, catalogue: Catalogue, errors: list[InputError]
) -> tuple[Claim, ...]:
    found: list[Claim] = []
    part = _child(node, "expect")
    scalars = part.items if isinstance(part, Sequence) else ()
    for text, scalar in zip(entry.expect, scalars, strict=True):
        try:
            statement = parse_statement(text)
            if uses(statement, "against") and entry.against is None:
                raise ExpressionError(
                    Text("AGAINST 没有可比的另一次运行", "AGAINST has no second run"),
                    0,
                    Text("写明 `against`", "the key `against`"),
                )
            for it in expand_each(entry.each, catalogue) or ("",):
                _check_dims(statement, scope, it)
                found.append(Claim(text, statement, it))
        except ExpressionError as fault:
            errors.append(_place(fault, scalar))
    return tuple(found)


def expand_each(each: tuple[str, ...], catalogue: Catalogue) -> tuple[str, ...]:
    """Variables of `each`, its words spelt out."""
    found: list[str] = []
    for name in each:
        chosen = [o for o in catalogue.outcomes.values() if name == "outcomes" or o.headline]
        found += [o.variable for o in chosen] if name in LISTS else [name]
    return tuple(dict.fromkeys(found))


def _check_dims(statement: Statement, scope: Scope, it: str) -> None:
    for comparison in (*statement.premises, *statement.claims):
        for side in (comparison.left, comparison.right):
            dims_of(side, scope, it)


def _place(fault: ExpressionError, node: Node) -> InputError:
    """An error at its column, as far as the text stands in one line of the file."""
    error = node.error(fault.problem, fault.expected, fault.near)
    if isinstance(node, Scalar) and error.where is not None:
        line = node.place.source.lines[node.place.line - 1]
        start = node.place.column - 1 + node.quoted
        if line[start:].startswith(node.text):
            error.where = Location(error.where.file, error.where.line, start + 1 + fault.at)
    return error


def _child(node: Node, key: str) -> Node | None:
    return node.get(key) if isinstance(node, Mapping) else None
