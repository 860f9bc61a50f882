"""What the futures of a model are drawn from: fitted draws, and ranges of what was not fitted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from haihe.errors import InputError, raise_all
from haihe.model.types import Model
from haihe.project import show_path
from haihe.scenario.factors import Factor, list_elements, read_factors
from haihe.scenario.futures_posterior import Posterior, read_posterior
from haihe.scenario.values import Role
from haihe.scenario.vocabulary import ROLES, index_vocabulary
from haihe.text import Text, Words
from haihe.yaml import Mapping as MapNode
from haihe.yaml import Record, parse_yaml, read_text, validate

if TYPE_CHECKING:
    from haihe.model.catalogue import Catalogue


FUTURES = "futures.yaml"


POSTERIOR = "calibration/posterior.csv"
"""Where they lie in a model's folder."""


class FuturesFile(Record):
    """Uncertain parameters and drivers that were not fitted, by name: see the keys of a factor."""

    vary: dict[str, object]
    """Factors by `name` or `name[element]`.

    按名称（或 `名称[元素]`）列出的不确定输入。"""


@dataclass(frozen=True, slots=True)
class FutureSources:
    """What futures are drawn from."""

    posterior: Posterior | None
    factors: tuple[Factor, ...]
    digest: str
    warnings: tuple[Words, ...]


def read_future_sources(model: Model, catalogue: Catalogue) -> FutureSources:
    """Read what the futures of a model are drawn from.

    Raises
    ------
    InputErrors
        Everything that is wrong with it; also a number that is both fitted and in `futures.yaml`.
    """
    folder = model.path.parent
    paths = [folder / POSTERIOR, folder / FUTURES]
    found = [path for path in paths if path.is_file()]
    if not found:
        raise InputError(
            Text(
                f"模型 {model.name} 没有说明其未来的不确定性",
                f"{model.name} says nothing of its futures",
            ),
            None,
            Text(
                f"{show_path(model.path)} 旁的 {POSTERIOR} 或 {FUTURES}",
                f"{POSTERIOR} or {FUTURES} beside {show_path(model.path)}",
            ),
        )
    posterior = read_posterior(paths[0], model) if paths[0] in found else None
    factors = _read_file(paths[1], model, catalogue) if paths[1] in found else ()
    raise_all(_check_fitted_twice(factors, posterior, model))
    hashed = hashlib.sha256(b"".join(hashlib.sha256(p.read_bytes()).digest() for p in found))
    return FutureSources(posterior, factors, hashed.hexdigest(), _doubt(posterior, paths[0], model))


def _doubt(posterior: Posterior | None, path: Path, model: Model) -> tuple[Words, ...]:
    name, shown = model.name, show_path(path)
    if posterior is None:
        return (
            Text(
                f"模型 {name} 没有拟合参数的抽样，其未来只由取值范围构成",
                f"{name} has no draws of fitted parameters: its futures are ranges alone",
            ),
        )
    if posterior.model_digest and posterior.model_digest != model.digest:
        return (
            Text(
                f"{shown} 是用模型的另一版本抽样的，请重新校准",
                f"{shown} was drawn with another state of the model; calibrate it again",
            ),
        )
    return ()


def _read_file(path: Path, model: Model, catalogue: Catalogue) -> tuple[Factor, ...]:
    tree = parse_yaml(read_text(path), show_path(path))
    validate(tree, FuturesFile)
    assert isinstance(tree, MapNode)
    vary = tree.get("vary")
    factors, errors, _ = read_factors(vary, index_vocabulary(model, catalogue), path)
    raise_all([*errors, *_check_founded(factors)])
    return factors


def _check_founded(factors: Sequence[Factor]) -> Iterator[InputError]:
    for factor in factors:
        if factor.role not in {Role.DRIVER, Role.PARAMETER}:
            role = ROLES[factor.role]
            problem = Text(
                f"{factor.label} 是{role.zh}：由规划决定的不属于未来的不确定性",
                f"{factor.label} is a {factor.role}: what a plan decides is no future",
            )
            yield InputError(problem, factor.origin, Text("参数或驱动", "a parameter or a driver"))
        missing = [name for name in ("grade", "source") if not _said(factor, name)]
        if missing:
            yield InputError(
                Text(
                    f"{factor.label} 缺少 {'、'.join(missing)}",
                    f"{factor.label} has no {' and no '.join(missing)}",
                ),
                factor.origin,
                Text(
                    "取值范围的依据及可靠程度",
                    "how well its range is founded, and on what",
                ),
            )


def _said(factor: Factor, name: str) -> str:
    return factor.grade if name == "grade" else factor.source.zh and factor.source.en


def _check_fitted_twice(
    factors: Sequence[Factor], posterior: Posterior | None, model: Model
) -> Iterator[InputError]:
    fitted = set(posterior.places) if posterior else set()
    for factor in factors:
        if factor.role is Role.DRIVER:
            continue
        dims = model.variables[factor.name].dims
        for element in list_elements(factor, model):
            place = tuple(model.dimensions[d].elements.index(e) for d, e in zip(dims, element))
            if (factor.name, place) in fitted:
                yield InputError(
                    Text(
                        f"{factor.label} 属于拟合参数，已有抽样",
                        f"{factor.label} is among the fitted parameters and has draws already",
                    ),
                    factor.origin,
                    Text(
                        f"只出现在一处：{POSTERIOR} 或 {FUTURES}",
                        f"it in one place: {POSTERIOR} or {FUTURES}",
                    ),
                )
                break
